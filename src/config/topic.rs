//! Topics with placeholders: `{appliance}`, `{tag}` = `group/name`, `{group}`, `{name}`, `{attribute}`.

use crate::tag::attribute::Attribute;
use crate::tag::id::{MAX_NAME, TagName};

/// The longest topic MQTT can carry, in bytes (MQTT 3.1.1, 1.5.3).
pub const MAX_TOPIC: usize = 65_535;
/// Room kept for what placeholders become: appliance, group, name and attribute, each several times.
const MAX_TEMPLATE: usize = 4_000;

/// A checked template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicTemplate {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Placeholder {
    Appliance,
    Tag,
    Group,
    Name,
    Attribute,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Hole(Placeholder),
}

/// Why a text is no topic; the sentence stands at the field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    /// Nothing.
    #[error("a topic is missing")]
    Empty,
    /// Longer than a template may be.
    #[error("a topic template has at most {MAX_TEMPLATE} bytes")]
    TooLong,
    /// `+`, `#` or NUL.
    #[error("a topic does not contain `+`, `#` or NUL")]
    Wildcard,
    /// `{` without its `}` or the reverse.
    #[error("a `{{` or `}}` without its partner")]
    Brace,
    /// An unknown placeholder.
    #[error("`{{{0}}}` is not a placeholder; there are {{appliance}}, {{tag}}, {{group}}, {{name}} and {{attribute}}")]
    Unknown(String),
    /// Published to `$SYS` and the like.
    #[error("topics that begin with `$` belong to the broker")]
    Reserved,
}

/// What fills the placeholders.
#[derive(Debug, Clone, Copy)]
pub struct TopicContext<'a> {
    /// Name of the appliance.
    pub appliance: &'a str,
    /// The tag, where there is one.
    pub tag: Option<&'a TagName>,
    /// The attribute, where there is one.
    pub attribute: Option<Attribute>,
}

/// One level of a topic as a subscription sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Level {
    /// Exactly this text.
    Text(String),
    /// A placeholder alone: `+`.
    Any(Field),
    /// A placeholder among letters: can be many texts, cannot be subscribed to.
    Mixed,
}

/// What a level of a received topic stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The group half.
    Group,
    /// The name half.
    Name,
    /// The attribute.
    Attribute,
}

impl TopicTemplate {
    /// Parses a template.
    pub fn parse(text: &str) -> Result<Self, TopicError> {
        if text.starts_with('$') { Err(TopicError::Reserved) } else { Self::parse_any(text) }
    }

    /// Parses a template that may begin with `$`, where the broker says so.
    pub(super) fn parse_any(text: &str) -> Result<Self, TopicError> {
        if text.is_empty() {
            return Err(TopicError::Empty);
        }
        if MAX_TEMPLATE < text.len() {
            return Err(TopicError::TooLong);
        }
        if text.contains(['+', '#', '\0']) {
            return Err(TopicError::Wildcard);
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find(['{', '}']) {
            if rest[open..].starts_with('}') {
                return Err(TopicError::Brace);
            }
            let (before, hole) = (&rest[..open], &rest[open + 1..]);
            let close = hole.find('}').ok_or(TopicError::Brace)?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Hole(placeholder(&hole[..close])?));
            rest = &hole[close + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// This text as it stands, whatever braces it has.
    pub(super) fn plain(text: &str) -> Self {
        Self { parts: vec![Part::Text(text.to_owned())] }
    }

    /// The group of the tag.
    pub(super) fn group() -> Self {
        Self { parts: vec![Part::Hole(Placeholder::Group)] }
    }

    /// The template with the appliance filled in and the other placeholders as they are written.
    pub fn shown(&self, appliance: &str) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Hole(Placeholder::Appliance) => appliance.to_owned(),
            Part::Hole(Placeholder::Tag) => "{tag}".to_owned(),
            Part::Hole(Placeholder::Group) => "{group}".to_owned(),
            Part::Hole(Placeholder::Name) => "{name}".to_owned(),
            Part::Hole(Placeholder::Attribute) => "{attribute}".to_owned(),
        };
        self.parts.iter().map(part).collect()
    }

    /// Fills the placeholders; one that has nothing to say becomes empty, which `uses_*` lets a checker refuse.
    pub fn render(&self, context: TopicContext<'_>) -> String {
        let mut topic = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => topic.push_str(text),
                Part::Hole(Placeholder::Appliance) => topic.push_str(context.appliance),
                Part::Hole(Placeholder::Tag) => topic.push_str(context.tag.map_or("", TagName::as_str)),
                Part::Hole(Placeholder::Group) => topic.push_str(context.tag.map_or("", TagName::group)),
                Part::Hole(Placeholder::Name) => topic.push_str(context.tag.map_or("", TagName::name)),
                Part::Hole(Placeholder::Attribute) => {
                    topic.push_str(context.attribute.map_or("", Attribute::as_str));
                }
            }
        }
        topic
    }

    /// Bytes of the longest topic it can become.
    pub fn longest(&self, appliance: &str) -> usize {
        let attribute = Attribute::ALL.iter().map(|attribute| attribute.as_str().len()).max().unwrap_or_default();
        let bytes = |part: &Part| match part {
            Part::Text(text) => text.len(),
            Part::Hole(Placeholder::Appliance) => appliance.len(),
            Part::Hole(Placeholder::Tag) => 2 * MAX_NAME + 1,
            Part::Hole(Placeholder::Group | Placeholder::Name) => MAX_NAME,
            Part::Hole(Placeholder::Attribute) => attribute,
        };
        self.parts.iter().map(bytes).sum()
    }

    /// Whether different tags always give different topics.
    pub fn names_tag(&self) -> bool {
        self.has(Placeholder::Tag) || (self.has(Placeholder::Group) && self.has(Placeholder::Name))
    }

    /// Whether any part of it depends on the tag.
    pub fn uses_tag(&self) -> bool {
        [Placeholder::Tag, Placeholder::Group, Placeholder::Name].into_iter().any(|hole| self.has(hole))
    }

    /// Whether it depends on the attribute.
    pub fn uses_attribute(&self) -> bool {
        self.has(Placeholder::Attribute)
    }

    fn has(&self, hole: Placeholder) -> bool {
        self.parts.contains(&Part::Hole(hole))
    }

    /// The levels of the topic, `{appliance}` filled in.
    pub fn levels(&self, appliance: &str) -> Vec<Level> {
        let mut levels = vec![Vec::new()];
        let add = |levels: &mut Vec<Vec<Part>>, part: Part| {
            if let Some(level) = levels.last_mut() {
                level.push(part);
            }
        };
        for part in &self.parts {
            match part {
                Part::Hole(Placeholder::Appliance) => add(&mut levels, Part::Text(appliance.to_owned())),
                Part::Hole(Placeholder::Tag) => {
                    add(&mut levels, Part::Hole(Placeholder::Group));
                    levels.push(vec![Part::Hole(Placeholder::Name)]);
                }
                Part::Hole(hole) => add(&mut levels, Part::Hole(*hole)),
                Part::Text(text) => {
                    for (index, piece) in text.split('/').enumerate() {
                        if 0 < index {
                            levels.push(Vec::new());
                        }
                        if !piece.is_empty() {
                            add(&mut levels, Part::Text(piece.to_owned()));
                        }
                    }
                }
            }
        }
        levels.iter().map(|level| level_of(level)).collect()
    }
}

fn level_of(parts: &[Part]) -> Level {
    let holes = parts.iter().filter(|part| matches!(part, Part::Hole(_))).count();
    match parts {
        [Part::Hole(Placeholder::Group)] => Level::Any(Field::Group),
        [Part::Hole(Placeholder::Name)] => Level::Any(Field::Name),
        [Part::Hole(Placeholder::Attribute)] => Level::Any(Field::Attribute),
        _ if holes == 0 => {
            let text = |part: &Part| match part {
                Part::Text(text) => text.clone(),
                Part::Hole(_) => String::new(),
            };
            Level::Text(parts.iter().map(text).collect())
        }
        _ => Level::Mixed,
    }
}

fn placeholder(word: &str) -> Result<Placeholder, TopicError> {
    match word {
        "appliance" => Ok(Placeholder::Appliance),
        "tag" => Ok(Placeholder::Tag),
        "group" => Ok(Placeholder::Group),
        "name" => Ok(Placeholder::Name),
        "attribute" => Ok(Placeholder::Attribute),
        other => Err(TopicError::Unknown(other.chars().take(40).collect())),
    }
}

/// Whether some topic fits both: a publication and a subscription of ours must not talk to each other.
pub fn overlap(a: &[Level], b: &[Level]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| match (a, b) {
            (Level::Text(a), Level::Text(b)) => a == b,
            _ => true,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn render(template: &str, expect: &str) {
        let tag = TagName::parse("meter1/voltage").unwrap();
        let context = TopicContext { appliance: "line-3", tag: Some(&tag), attribute: Some(Attribute::Max) };
        assert_eq!(TopicTemplate::parse(template).unwrap().render(context), expect);
    }

    #[test]
    fn placeholders_are_filled() {
        render("{appliance}/read/{tag}/{attribute}", "line-3/read/meter1/voltage/max");
        render("a/{group}-{name}", "a/meter1-voltage");
        render("온도/{name}", "온도/voltage");
    }

    #[test]
    fn the_longest_topic_is_known_before_there_is_one() {
        let longest = |text: &str| TopicTemplate::parse(text).unwrap().longest("line-3");
        assert_eq!(longest("{appliance}/온도/{tag}"), "line-3/온도/".len() + 127);
        assert_eq!(longest("{group}{name}{attribute}"), 63 + 63 + "reset_current_count".len());
        let name = "n".repeat(MAX_NAME);
        let tag = TagName::join(&name, &name).unwrap();
        for attribute in Attribute::ALL {
            let template = TopicTemplate::parse("x{tag}{attribute}").unwrap();
            let context = TopicContext { appliance: "a", tag: Some(&tag), attribute: Some(attribute) };
            assert!(template.render(context).len() <= template.longest("a"));
        }
    }

    #[test]
    fn bad_templates_are_refused() {
        for (text, error) in [
            ("", TopicError::Empty),
            ("a/+", TopicError::Wildcard),
            ("a/#", TopicError::Wildcard),
            ("a/{tag", TopicError::Brace),
            ("a/tag}", TopicError::Brace),
            ("a/{tga}", TopicError::Unknown("tga".into())),
            ("$SYS/x", TopicError::Reserved),
        ] {
            assert_eq!(TopicTemplate::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn levels_tell_what_can_meet() {
        let levels = |text: &str| TopicTemplate::parse(text).unwrap().levels("line-3");
        let write = levels("{appliance}/write/{tag}");
        assert_eq!(write.len(), 4);
        assert_eq!(write[2], Level::Any(Field::Group));
        assert!(!overlap(&write, &levels("{appliance}/read/{tag}")));
        assert!(overlap(&write, &levels("line-3/write/{group}/x")));
        assert!(overlap(&write, &levels("{appliance}/write/oven/a-{name}")));
        assert!(!overlap(&write, &levels("{appliance}/write/{tag}/{attribute}")));
    }
}
