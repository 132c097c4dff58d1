//! What a publication would send now, for whoever edits it.

use super::json::TagRef;
use super::payload::PayloadWriter;
use super::posts::{Form, posts};
use super::sparkplug::message::device_birth;
use super::sparkplug::model::{Aliases, devices};
use super::sparkplug::show::shown;
use super::sparkplug::topic::Topics;
use crate::config::catalogue::Catalogue;
use crate::config::publication::PublicationConfig;
use crate::config::sparkplug::EdgeNodeConfig;
use crate::config::template::TemplateError;
use crate::tag::reading::Stamp;

/// A message of this size is carried by MQTT, and is a burden for many who read it.
const LARGE: usize = 256 * 1024;

/// The first messages of a publication, and what is odd about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// At most as many as asked for.
    pub messages: Vec<PreviewMessage>,
    /// How many there are in all.
    pub total: usize,
    /// What the author should know of the messages shown; of the settings themselves `config` says it.
    pub warnings: Vec<String>,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewMessage {
    /// The rendered topic.
    pub topic: String,
    /// The payload, as it would be now.
    pub payload: String,
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
    let mut preview = Preview::default();
    let writer = PayloadWriter { publication, appliance, now };
    for post in &all {
        let seen = |place: &usize| tags[*place];
        match &post.form {
            Form::Value(messages) => {
                for (attribute, topic) in messages {
                    preview.add(topic, limit, |out| writer.point(out, seen(&post.tags[0]), *attribute));
                }
            }
            Form::Object(topic) => {
                preview.add(topic, limit, |out| writer.tags(out, post.tags.iter().map(seen)));
            }
        }
    }
    preview
}

/// The births of the first `limit` devices of an edge node's publication, as people read them.
pub fn preview_births(
    edge_node: &EdgeNodeConfig,
    publication: &PublicationConfig,
    appliance: &str,
    tags: &[TagRef<'_>],
    now: Stamp,
    limit: usize,
) -> Preview {
    let catalogue = Catalogue::new(tags.iter().map(|tag| tag.def));
    let (topics, mut aliases, mut seq) = (Topics::of(edge_node), Aliases::default(), 0u8);
    let mut preview = Preview::default();
    for device in devices(std::slice::from_ref(publication), appliance, &catalogue) {
        seq = seq.wrapping_add(1);
        preview.add(&topics.device("DBIRTH", &device.name), limit, |out| {
            let metrics = device.metrics.iter().zip(aliases.of(&device));
            let birth = device_birth(metrics.map(|(metric, alias)| (metric, alias, tags[metric.place])), seq, now);
            out.extend_from_slice(shown(&birth).as_bytes());
            Ok(())
        });
    }
    preview
}

impl Preview {
    fn add(&mut self, topic: &str, limit: usize, write: impl FnOnce(&mut Vec<u8>) -> Result<(), TemplateError>) {
        self.total += 1;
        if limit <= self.messages.len() {
            return;
        }
        let mut payload = Vec::new();
        if let Err(error) = write(&mut payload) {
            self.warnings.push(format!("no message is made on `{topic}`: {error}"));
            self.total -= 1;
            return;
        }
        if LARGE <= payload.len() {
            self.warnings.push(format!("a message on `{topic}` has {} KiB", payload.len() / 1024));
        }
        let payload = String::from_utf8_lossy(&payload).into_owned();
        self.messages.push(PreviewMessage { topic: topic.to_owned(), payload });
    }
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
    fn check(publication: serde_json::Value, text: &str, total: usize, first: (&str, &str), warnings: &[&str]) {
        let config = gateway(&publication);
        let defs = definitions(&config);
        let mut state = TagState::default();
        let at = Stamp { unix_ms: 1_767_323_045_678, mono_us: 0 };
        let value = if text.is_empty() { Value::F32(230.5) } else { Value::Text(text.into()) };
        state.apply(Reading::Good { value, raw: Raw::new(), at });
        let tags: Vec<TagRef<'_>> = defs.iter().map(|def| TagRef { def, state: &state }).collect();
        let preview = preview(&config.connections[0].publications[0], &config.appliance.name, &tags, at, 2);
        assert!(preview.messages.len() <= 2);
        assert_eq!(preview.total, total);
        let message = preview.messages.first().map(|m| (m.topic.as_str(), m.payload.as_str()));
        if !first.0.is_empty() || message.is_none() {
            assert_eq!(message.unwrap_or_default(), first);
        }
        assert_eq!(preview.warnings, warnings);
    }

    const VOLTAGE: &str = r#"{"value":230.5,"quality":"good","timestamp":"2026-01-02T03:04:05.678Z"}"#;

    #[test]
    fn the_author_sees_the_first_messages() {
        check(json!({"topic": "{appliance}/{tag}", "tags": ["*/*"]}), "", 5, ("line-3/meter1/voltage", VOLTAGE), &[]);
        let none = json!({"topic": "x", "tags": ["oven/heater"], "attributes": ["min"], "payload": "object"});
        check(none, "", 0, ("", ""), &[]);
    }

    #[test]
    fn a_template_is_shown_on_the_present_values_and_so_are_its_errors() {
        let template = |text: &str| json!({"topic": "{tag}", "tags": ["*/*"], "payload": "template", "template": text});
        check(template("{{ value }} {{ unit | tojson }}"), "", 5, ("meter1/voltage", "230.5 \"\""), &[]);
        let sentence = "no message is made on `oven/serial-number`: line 1, column 8: there is no such value; \
                        `x | default(0)` helps where it may be missing";
        let serial = json!({
            "topic": "{tag}", "tags": ["oven/serial-number"], "payload": "template",
            "template": "{{ tags['oven/heater'].value }} {{ name }}",
        });
        check(serial, "", 0, ("", ""), &[sentence]);
    }

    #[test]
    fn of_an_edge_node_the_author_sees_the_births() {
        let publication = json!({"tags": ["oven/temperature", "meter1/*"], "payload": "sparkplug"});
        let config = gateway(&publication);
        let defs = definitions(&config);
        let state = TagState::default();
        let tags: Vec<TagRef<'_>> = defs.iter().map(|def| TagRef { def, state: &state }).collect();
        let connection = &config.connections[0];
        let edge_node = connection.sparkplug.as_ref().unwrap();
        let at = Stamp { unix_ms: 1_767_323_045_678, mono_us: 0 };
        let preview = preview_births(edge_node, &connection.publications[0], "line-3", &tags, at, 1);
        assert_eq!((preview.total, preview.messages.len()), (2, 1));
        let first = &preview.messages[0];
        assert_eq!(first.topic, "spBv1.0/plant/DBIRTH/line-3/oven");
        let birth: serde_json::Value = serde_json::from_str(&first.payload).unwrap();
        assert_eq!((&birth["seq"], &birth["metrics"][0]["name"]), (&json!(1), &json!("temperature")));
    }

    #[test]
    fn a_burden_for_many_is_told() {
        let large = "x".repeat(300 * 1024);
        check(
            json!({"topic": "x", "tags": ["oven/serial-number"]}),
            &large,
            1,
            ("", ""),
            &["a message on `x` has 300 KiB"],
        );
    }
}
