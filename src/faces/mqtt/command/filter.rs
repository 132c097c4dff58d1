//! From a subscription to an MQTT filter, and from a received topic back to the point it means.

use crate::config::commands::Dialect;
use crate::config::iothinx;
use crate::config::subscription::SubscriptionConfig;
use crate::config::topic::{Field, Level};
use crate::tag::attribute::Attribute;
use crate::tag::id::TagName;
use crate::tag::pattern::TagPattern;

/// A subscription as the broker sees it.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) config: SubscriptionConfig,
    pub(super) levels: Vec<Level>,
    /// With each placeholder half as `+`; a cloud's commands may come in by several.
    pub(super) texts: Vec<String>,
}

/// What a topic means to a subscription.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Aim {
    /// A point of its tags.
    Allowed(TagName, Attribute),
    /// What the payload says.
    InPayload,
    /// Something it may not write, as far as it is known what.
    Refused { tag: Option<TagName>, attribute: Option<Attribute>, why: String },
}

impl Filter {
    /// `None` for a template that cannot be subscribed to; the settings refuse those.
    pub(super) fn new(config: SubscriptionConfig, appliance: &str) -> Option<Self> {
        let levels = config.levels(appliance);
        if let Some(commands) = config.dialect.cloud() {
            let texts = commands.filters();
            return Some(Self { config, levels, texts });
        }
        let words: Option<Vec<&str>> = levels
            .iter()
            .map(|level| match level {
                Level::Text(text) => Some(text.as_str()),
                Level::Any(_) => Some("+"),
                Level::Mixed => None,
            })
            .collect();
        let texts = vec![words?.join("/")];
        Some(Self { config, levels, texts })
    }

    /// The one tag it is about, where it lists one alone.
    pub(super) fn only(&self) -> Option<&TagName> {
        match self.config.tags.as_slice() {
            [TagPattern::Literal(only)] => Some(only),
            _ => None,
        }
    }

    /// What a topic means; `None` when it is none of ours.
    pub(super) fn aim(&self, topic: &str) -> Option<Aim> {
        if self.config.dialect.cloud().is_some() {
            // Judged by its content.
            return None;
        }
        let (mut group, mut name, mut attribute) = (None, None, None);
        let mut words = topic.split('/');
        for level in &self.levels {
            let word = words.next()?;
            match level {
                Level::Text(text) if text == word => (),
                Level::Text(_) | Level::Mixed => return None,
                Level::Any(Field::Group) => group = Some(word),
                Level::Any(Field::Name) => name = Some(word),
                Level::Any(Field::Attribute) => attribute = Some(word),
            }
        }
        if words.next().is_some() {
            return None;
        }
        if self.config.templates.tag.is_some() {
            return Some(Aim::InPayload);
        }
        Some(match self.config.dialect {
            Dialect::IoThinx => self.named_there(name.unwrap_or_default(), attribute.unwrap_or_default()),
            _ => self.point(group, name, attribute),
        })
    }

    /// `module@channel` and the attribute's name on the ioThinx.
    fn named_there(&self, place: &str, word: &str) -> Aim {
        let Some(tag) = iothinx::tag(place) else {
            let shown: String = place.chars().take(60).collect();
            return Aim::Refused { tag: None, attribute: None, why: format!("`{shown}` is not `module@channel`") };
        };
        let known = iothinx::attribute(word).map_or(word, |known| known.as_str());
        self.point(Some(tag.group()), Some(tag.name()), Some(known))
    }

    /// What the payload says, as a template found it.
    pub(super) fn found(&self, place: Option<Result<Vec<String>, String>>) -> Aim {
        match place {
            Some(Ok(parts)) => {
                let part = |index: usize| parts.get(index).map(String::as_str);
                // Never the only tag by default: what is named is meant.
                self.point(Some(part(0).unwrap_or_default()), Some(part(1).unwrap_or_default()), part(2))
            }
            Some(Err(why)) => Aim::Refused { tag: None, attribute: None, why },
            None => self.point(None, None, None),
        }
    }

    fn point(&self, group: Option<&str>, name: Option<&str>, attribute: Option<&str>) -> Aim {
        // A subscription of exactly one tag need not say in its topic which.
        let only = self.only();
        let group = group.or(only.map(TagName::group)).unwrap_or_default();
        let name = name.or(only.map(TagName::name)).unwrap_or_default();
        let known = attribute.map_or(Some(Attribute::Value), Attribute::parse);
        let Ok(tag) = TagName::join(group, name) else {
            let shown: String = format!("{group}/{name}").chars().take(60).collect();
            return Aim::Refused { tag: None, attribute: known, why: format!("`{shown}` is not the name of a tag") };
        };
        let Some(known) = known else {
            let shown: String = attribute.unwrap_or_default().chars().take(60).collect();
            return Aim::Refused { tag: Some(tag), attribute: None, why: format!("`{shown}` is not an attribute") };
        };
        if self.config.tags.iter().any(|pattern| pattern.matches(&tag)) {
            Aim::Allowed(tag, known)
        } else {
            let why = format!("`{tag}` is not one of the tags that can be written here");
            Aim::Refused { tag: Some(tag), attribute: Some(known), why }
        }
    }
}
