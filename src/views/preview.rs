//! What a publication would send now, for whoever edits it.

use super::json::TagRef;
use super::payload::{write_object, write_point};
use super::posts::{Catalogue, Form, Post, posts};
use crate::config::publication::{Payload, PublicationConfig};
use crate::tag::attribute::Attribute;
use crate::tag::id::TagName;
use crate::tag::pattern::TagPattern;
use crate::tag::reading::Stamp;
use std::collections::HashSet;
use std::fmt;

/// A message of this size is carried by MQTT, and is a burden for many who read it.
const LARGE: usize = 256 * 1024;

/// The first messages of a publication, and what is odd about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// At most as many as asked for.
    pub messages: Vec<PreviewMessage>,
    /// How many there are in all.
    pub total: usize,
    /// What the author should know.
    pub warnings: Vec<Warning>,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewMessage {
    /// The rendered topic.
    pub topic: String,
    /// The payload, as it would be now.
    pub payload: String,
}

/// Something that works and is perhaps not meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// A glob that means no tag.
    NoMatch(String),
    /// A literal that means no tag.
    UnknownTag(TagName),
    /// None of the tags has this attribute.
    NoneHas(Attribute),
    /// Several tags or attributes share one topic with payload `value`.
    SharedTopic(String),
    /// Tags whose topic would be longer than MQTT can carry.
    TopicTooLong,
    /// A very large message: topic and bytes.
    Large(String, usize),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMatch(glob) => write!(f, "`{glob}` matches no tag"),
            Self::UnknownTag(name) => write!(f, "there is no tag `{name}`"),
            Self::NoneHas(attribute) => write!(f, "none of these tags has `{attribute}`"),
            Self::SharedTopic(topic) => {
                write!(
                    f,
                    "several points share the topic `{topic}`: use `{{tag}}` and `{{attribute}}`, or payload `object`"
                )
            }
            Self::TopicTooLong => f.write_str("some topics are longer than 65,535 bytes and are left out"),
            Self::Large(topic, bytes) => write!(f, "a message on `{topic}` has {} KiB", bytes / 1024),
        }
    }
}

/// The first `limit` messages of a publication over these tags.
pub fn preview(
    publication: &PublicationConfig,
    appliance: &str,
    tags: &[TagRef<'_>],
    now: Stamp,
    limit: usize,
) -> Preview {
    let catalogue = Catalogue::new(tags.iter().map(|tag| tag.def));
    let all = posts(publication, appliance, &catalogue);
    let mut preview = Preview { warnings: warnings(publication, &catalogue, &all), ..Preview::default() };
    for post in &all {
        let seen = |place: &usize| tags[*place];
        match &post.form {
            Form::Value(messages) => {
                for (attribute, topic) in messages {
                    preview.add(topic, limit, |out| write_point(out, seen(&post.tags[0]), *attribute, now));
                }
            }
            Form::Object(topic) => {
                preview.add(topic, limit, |out| {
                    write_object(out, post.tags.iter().map(seen), &publication.attributes, now);
                });
            }
        }
    }
    preview
}

impl Preview {
    fn add(&mut self, topic: &str, limit: usize, write: impl FnOnce(&mut Vec<u8>)) {
        self.total += 1;
        if limit <= self.messages.len() {
            return;
        }
        let mut payload = Vec::new();
        write(&mut payload);
        if LARGE <= payload.len() {
            self.warnings.push(Warning::Large(topic.to_owned(), payload.len()));
        }
        let payload = String::from_utf8_lossy(&payload).into_owned();
        self.messages.push(PreviewMessage { topic: topic.to_owned(), payload });
    }
}

fn warnings(publication: &PublicationConfig, catalogue: &Catalogue<'_>, posts: &[Post]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for pattern in &publication.tags {
        match pattern {
            _ if !catalogue.matching(pattern).is_empty() => (),
            TagPattern::Literal(name) => warnings.push(Warning::UnknownTag(name.clone())),
            TagPattern::Glob { group, name } => warnings.push(Warning::NoMatch(format!("{group}/{name}"))),
        }
    }
    let matched = catalogue.all_matching(&publication.tags);
    for attribute in &publication.attributes {
        if !matched.is_empty() && !matched.iter().any(|place| catalogue.def(*place).has(*attribute)) {
            warnings.push(Warning::NoneHas(*attribute));
        }
    }
    let mut wanted = 0;
    let mut topics = HashSet::new();
    for post in posts {
        match &post.form {
            Form::Object(_) => wanted += post.tags.len(),
            Form::Value(messages) => {
                wanted += 1;
                let shared = messages.iter().find(|(_, topic)| !topics.insert(topic.as_str()));
                if let Some((_, topic)) = shared
                    && !warnings.iter().any(|warning| matches!(warning, Warning::SharedTopic(_)))
                {
                    warnings.push(Warning::SharedTopic(topic.clone()));
                }
            }
        }
    }
    let able = |place: &&usize| publication.attributes.iter().any(|attribute| catalogue.def(**place).has(*attribute));
    if wanted < matched.iter().filter(able).count() {
        warnings.push(Warning::TopicTooLong);
    }
    debug_assert!(publication.payload == Payload::Value || topics.is_empty());
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tags::definitions;
    use crate::tag::reading::{Raw, Reading, TagState};
    use crate::tag::value::Value;
    use crate::views::posts::tests::gateway;
    use serde_json::json;

    #[track_caller]
    fn check(publication: serde_json::Value, total: usize, first: (&str, &str), warnings: &[&str]) {
        let config = gateway(&publication);
        let defs = definitions(&config);
        let mut state = TagState::default();
        let at = Stamp { unix_ms: 1_767_323_045_678, mono_us: 0 };
        state.apply(Reading::Good { value: Value::F32(230.5), raw: Raw::new(), at });
        let tags: Vec<TagRef<'_>> = defs.iter().map(|def| TagRef { def, state: &state }).collect();
        let preview = preview(&config.connections[0].publications[0], &config.appliance.name, &tags, at, 2);
        assert!(preview.messages.len() <= 2);
        assert_eq!(preview.total, total);
        let message = preview.messages.first().map(|m| (m.topic.as_str(), m.payload.as_str()));
        assert_eq!(message.unwrap_or_default(), first);
        assert_eq!(preview.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(), warnings);
    }

    const VOLTAGE: &str = r#"{"value":230.5,"quality":"good","timestamp":"2026-01-02T03:04:05.678Z"}"#;

    #[test]
    fn the_author_sees_messages_and_doubts() {
        check(json!({"topic": "{appliance}/{tag}", "tags": ["*/*"]}), 5, ("line-3/meter1/voltage", VOLTAGE), &[]);
        check(
            json!({"topic": "x/{name}", "tags": ["meter1/voltage", "nix/*"], "attributes": ["value", "exception"]}),
            2,
            ("x/voltage", VOLTAGE),
            &[
                "`nix/*` matches no tag",
                "several points share the topic `x/voltage`: use `{tag}` and `{attribute}`, or payload `object`",
            ],
        );
        check(
            json!({"topic": "x", "tags": ["oven/heater"], "attributes": ["min"], "payload": "object"}),
            0,
            ("", ""),
            &["none of these tags has `min`"],
        );
        check(json!({"topic": "x", "tags": ["oven/nothing"]}), 0, ("", ""), &["there is no tag `oven/nothing`"]);
    }
}
