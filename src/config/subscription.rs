//! `subscriptions[]`: commands that come in by MQTT.

use super::fields::{Fields, Identity};
use super::problem::{Pointer, Problems};
use super::publication::{Qos, read_patterns, read_qos, read_topic};
use super::topic::{Field, Level, TopicTemplate};
use crate::tag::pattern::TagPattern;
use serde_json::Value as Json;
use std::time::Duration;

/// One subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionConfig {
    /// Id, name, description, enabled.
    pub identity: Identity,
    /// Where commands come in; its placeholders say which tag is meant.
    pub topic: TopicTemplate,
    /// Only these tags can be written.
    pub tags: Vec<TagPattern>,
    /// Delivery.
    pub qos: Qos,
    /// Where answers go, if anywhere.
    pub response_topic: Option<TopicTemplate>,
    /// JSON pointer (RFC 6901) to the value in the payload; `None` is the member `value`, or the bare payload.
    pub pointer: Option<String>,
    /// Commands with a `timestamp` older than this are refused.
    pub max_age: Option<Duration>,
}

impl SubscriptionConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let identity = fields.identity(problems);
        let topic = read_topic(&mut fields, "topic", problems);
        let tags = read_patterns(&mut fields, problems);
        if let Some(topic) = &topic {
            let levels = topic.levels("appliance");
            if levels.contains(&Level::Mixed) {
                fields.error(
                    "topic",
                    "in a subscription a placeholder fills a whole level, as in `write/{tag}`",
                    problems,
                );
            }
            let one_tag = matches!(tags.as_slice(), [TagPattern::Literal(_)]);
            let names = |field| levels.iter().filter(|level| **level == Level::Any(field)).count();
            if [Field::Group, Field::Name, Field::Attribute].into_iter().any(|field| 1 < names(field)) {
                fields.error("topic", "each placeholder stands once in a subscription", problems);
            }
            if !one_tag && !topic.names_tag() {
                let sentence = "the topic must say which tag is meant: use `{tag}`, or list exactly one tag";
                fields.error("topic", sentence, problems);
            }
        }
        let qos = read_qos(&mut fields, problems);
        let response_topic = match fields.get("response_topic") {
            Some(_) => read_topic(&mut fields, "response_topic", problems),
            None => None,
        };
        let max_age = fields.optional_integer("max_age_s", 1..=86_400u64, problems).map(Duration::from_secs);
        let pointer = fields.text("pointer", 500, problems).map(str::to_owned);
        if pointer.as_deref().is_some_and(|pointer| !is_pointer(pointer)) {
            fields.error("pointer", "`pointer` is a JSON pointer such as `/data/setpoint` (RFC 6901)", problems);
        }
        fields.not_yet(&["template"], problems);
        if !fields.finish(problems) {
            return None;
        }
        Some(Self { identity: identity?, topic: topic?, tags, qos, response_topic, pointer, max_age })
    }
}

/// RFC 6901, 3: empty, or each step behind a `/`; `~` only as `~0` or `~1`.
fn is_pointer(text: &str) -> bool {
    (text.is_empty() || text.starts_with('/'))
        && text.split('~').skip(1).all(|rest| rest.starts_with('0') || rest.starts_with('1'))
}
