//! `publications[]`: which points go out, where, how and when.

use super::fields::{Fields, Identity, shown_text};
use super::problem::{Pointer, Problems};
use super::topic::TopicTemplate;
use crate::tag::attribute::Attribute;
use crate::tag::pattern::TagPattern;
use serde_json::Value as Json;
use std::time::Duration;

/// One publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicationConfig {
    /// Id, name, description, enabled.
    pub identity: Identity,
    /// Where.
    pub topic: TopicTemplate,
    /// Which tags.
    pub tags: Vec<TagPattern>,
    /// Which of their attributes; those a tag lacks are left out.
    pub attributes: Vec<Attribute>,
    /// In what form.
    pub payload: Payload,
    /// When.
    pub trigger: Trigger,
    /// Delivery.
    pub qos: Qos,
    /// Whether the broker keeps the last message.
    pub retain: bool,
}

/// The form of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// `{"value", "quality", "timestamp"}`, one message per tag and attribute.
    Value,
    /// `{"timestamp", "tags": {...}}`, one message per distinct topic.
    Object,
}

/// When a publication speaks. At least one of the two is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trigger {
    /// On a change beyond the tag's deadband.
    pub on_change: bool,
    /// Periodically; together with `on_change`: at the latest after this time per tag.
    pub interval: Option<Duration>,
    /// Changes closer than this merge to the newest.
    pub min_gap: Option<Duration>,
}

/// MQTT quality of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Qos {
    /// 0
    #[default]
    AtMostOnce,
    /// 1
    AtLeastOnce,
    /// 2
    ExactlyOnce,
}

impl PublicationConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let identity = fields.identity(problems);
        let topic = read_topic(&mut fields, "topic", problems);
        let tags = read_patterns(&mut fields, problems);
        let attributes = read_attributes(&mut fields, problems);
        let payload = read_payload(&mut fields, problems);
        let trigger = read_trigger(&mut fields, problems);
        let qos = read_qos(&mut fields, problems);
        let retain = fields.flag("retain", false, problems);
        fields.not_yet(&["template", "batch", "gzip"], problems);
        if !fields.finish(problems) {
            return None;
        }
        Some(Self {
            identity: identity?,
            topic: topic?,
            tags,
            attributes,
            payload: payload?,
            trigger: trigger?,
            qos,
            retain,
        })
    }
}

/// A topic template that must be there.
pub(super) fn read_topic(
    fields: &mut Fields<'_>,
    name: &'static str,
    problems: &mut Problems,
) -> Option<TopicTemplate> {
    let text = fields.required_text(name, 10_000, problems)?;
    TopicTemplate::parse(text).map_err(|error| fields.error(name, error.to_string(), problems)).ok()
}

/// `tags`: at least one literal or glob.
pub(super) fn read_patterns(fields: &mut Fields<'_>, problems: &mut Problems) -> Vec<TagPattern> {
    let texts = fields.texts("tags", problems);
    if texts.is_empty() {
        fields.error("tags", "`tags` names at least one tag, such as `meter1/voltage` or `meter1/*`", problems);
    }
    let at = fields.at().member("tags");
    let mut patterns = Vec::with_capacity(texts.len());
    for (index, text) in texts {
        match TagPattern::parse(text) {
            Ok(pattern) => patterns.push(pattern),
            Err(error) => {
                problems.error(&at.index(index), format!("{} is not a tag or glob: {error}", shown_text(text)));
            }
        }
    }
    patterns
}

fn read_attributes(fields: &mut Fields<'_>, problems: &mut Problems) -> Vec<Attribute> {
    let texts = fields.texts("attributes", problems);
    if texts.is_empty() {
        return vec![Attribute::Value];
    }
    let at = fields.at().member("attributes");
    let mut attributes = Vec::with_capacity(texts.len());
    for (index, text) in texts {
        match Attribute::parse(text) {
            Some(attribute) if attributes.contains(&attribute) => {
                problems.error(&at.index(index), format!("`{attribute}` stands here twice"));
            }
            Some(attribute) => attributes.push(attribute),
            None => problems.error(&at.index(index), format!("{} is not an attribute", shown_text(text))),
        }
    }
    attributes
}

fn read_payload(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Payload> {
    let Some(word) = fields.text("payload", 40, problems) else { return Some(Payload::Value) };
    match word {
        "value" => Some(Payload::Value),
        "object" => Some(Payload::Object),
        "array" | "csv" | "sparkplug" | "template" => {
            let sentence = format!("payload `{word}` is not available in this version of dinrail");
            fields.error("payload", sentence, problems);
            None
        }
        other => {
            fields.error("payload", format!("`payload` is `value` or `object`, not {}", shown_text(other)), problems);
            None
        }
    }
}

fn read_trigger(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Trigger> {
    let Some(json) = fields.get("trigger") else {
        fields.error(
            "trigger",
            "`trigger` is missing: `{\"on_change\": true}`, `{\"interval_ms\": 5000}` or both",
            problems,
        );
        return None;
    };
    let at = fields.at().member("trigger");
    let mut inner = Fields::open(json, at, problems)?;
    let on_change = inner.flag("on_change", false, problems);
    let interval = inner.optional_integer("interval_ms", 10..=86_400_000u64, problems).map(Duration::from_millis);
    let min_gap = inner.optional_integer("min_gap_ms", 1..=3_600_000u64, problems).map(Duration::from_millis);
    inner.not_yet(&["condition", "hysteresis", "leave", "on", "repeat_ms", "every", "aligned"], problems);
    if min_gap.is_some() && !on_change {
        inner.error("min_gap_ms", "`min_gap_ms` goes with `on_change`", problems);
    }
    if !inner.finish(problems) {
        return None;
    }
    if !on_change && interval.is_none() {
        problems.error(&at, "a trigger has `on_change`, `interval_ms`, or both");
        return None;
    }
    Some(Trigger { on_change, interval, min_gap })
}

/// `qos`: 0, 1 or 2.
pub(super) fn read_qos(fields: &mut Fields<'_>, problems: &mut Problems) -> Qos {
    match fields.integer("qos", 0..=2u8, 0, problems) {
        0 => Qos::AtMostOnce,
        1 => Qos::AtLeastOnce,
        _ => Qos::ExactlyOnce,
    }
}
