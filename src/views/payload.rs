//! The payloads of publications.

use super::json::{TagRef, write_attribute, write_time, write_word};
use super::sparkplug::metric::{metric, metric_name};
use super::sparkplug::payload::Payload as Metrics;
use super::{preset, samples};
use crate::config::payload::Payload;
use crate::config::publication::PublicationConfig;
use crate::config::shape::Timestamps;
use crate::config::template::{Scene, SceneTag, TemplateError};
use crate::tag::attribute::Attribute;
use crate::tag::reading::Stamp;
use prost::Message as _;

/// Writes the payloads of one publication in one moment.
#[derive(Debug, Clone, Copy)]
pub struct PayloadWriter<'a> {
    /// The publication.
    pub publication: &'a PublicationConfig,
    /// Name of the appliance.
    pub appliance: &'a str,
    /// The time of the messages.
    pub now: Stamp,
}

impl PayloadWriter<'_> {
    /// A message of one attribute of one tag. On an error, which only a template has, nothing is written.
    pub fn point(self, out: &mut Vec<u8>, tag: TagRef<'_>, attribute: Attribute) -> Result<(), TemplateError> {
        let shape = &self.publication.shape;
        match (&self.publication.payload, &shape.members) {
            (Payload::Template(template), _) => return template.render(out, self.scene([tag], Some(attribute))),
            (Payload::Preset(_), _) => preset::write_number(out, tag, attribute, self.now),
            (_, Some(members)) => samples::write_members(out, members, shape.timestamps, tag, attribute, self.now),
            (_, None) => write_point(out, shape.timestamps, tag, attribute, self.now),
        }
        Ok(())
    }

    /// A message of several tags. On an error, which only a template has, nothing is written.
    pub fn tags<'t>(self, out: &mut Vec<u8>, tags: impl IntoIterator<Item = TagRef<'t>>) -> Result<(), TemplateError> {
        let attributes = &self.publication.attributes;
        match &self.publication.payload {
            Payload::Template(template) => return template.render(out, self.scene(tags, None)),
            Payload::Preset(form) => preset::write(out, *form, tags, attributes, self.now),
            payload if payload.is_gathered() => {
                let mut count = 0;
                for tag in tags {
                    for attribute in attributes.iter().filter(|attribute| tag.def.has(**attribute)) {
                        self.sample(out, count == 0, tag, *attribute);
                        count += 1;
                    }
                }
                self.end(out);
            }
            _ => write_object(out, self.publication.shape.timestamps, tags, attributes, self.now),
        }
        Ok(())
    }

    /// One sample of a list that grows; the `first` opens it.
    pub fn sample(self, out: &mut Vec<u8>, first: bool, tag: TagRef<'_>, attribute: Attribute) {
        let shape = &self.publication.shape;
        if self.publication.payload == Payload::Sparkplug {
            // A repeated field grows by what is written behind it.
            let name = metric_name(self.publication, tag.def, attribute);
            let one = Metrics { metrics: vec![metric(name, tag, attribute, self.now)], ..Metrics::default() };
            return out.extend_from_slice(&one.encode_to_vec());
        }
        // Lists always have them: see `Shape`.
        let members = shape.members.as_deref().unwrap_or_default();
        if self.publication.payload == Payload::Csv {
            if first {
                samples::write_header(out, members);
            }
            samples::write_row(out, members, shape.timestamps, tag, attribute, self.now);
        } else {
            out.push(if first { b'[' } else { b',' });
            samples::write_members(out, members, shape.timestamps, tag, attribute, self.now);
        }
    }

    /// Ends a list.
    pub fn end(self, out: &mut Vec<u8>) {
        if self.publication.payload == Payload::Array {
            out.push(b']');
        }
    }

    fn scene<'t>(self, tags: impl IntoIterator<Item = TagRef<'t>>, attribute: Option<Attribute>) -> Scene {
        let tag = |TagRef { def, state }: TagRef<'_>| SceneTag { def: def.clone(), state: state.clone() };
        let tags = tags.into_iter().map(tag).collect();
        Scene { appliance: self.appliance.to_owned(), now: self.now, tags, attribute }
    }
}

/// A time as the publication wants it, `null` where there is none.
pub(super) fn write_moment(out: &mut Vec<u8>, form: Timestamps, unix_ms: Option<i64>) {
    match (form, unix_ms) {
        (Timestamps::Ms, Some(ms)) => out.extend_from_slice(ms.to_string().as_bytes()),
        (_, unix_ms) => write_time(out, unix_ms),
    }
}

/// An attribute; that of time as the publication wants times.
pub(super) fn write_shown(out: &mut Vec<u8>, form: Timestamps, tag: TagRef<'_>, attribute: Attribute, now: Stamp) {
    match attribute {
        Attribute::Timestamp => write_moment(out, form, tag.state.at.map(|at| at.unix_ms)),
        other => write_attribute(out, tag, other, now),
    }
}

/// `{"value":23.4,"quality":"good","timestamp":"2026-01-02T03:04:05.678Z"}`: one attribute of one tag, with the
/// quality and time of the tag.
fn write_point(out: &mut Vec<u8>, form: Timestamps, tag: TagRef<'_>, attribute: Attribute, now: Stamp) {
    out.extend_from_slice(b"{\"value\":");
    write_shown(out, form, tag, attribute, now);
    write_trust(out, form, tag);
    out.push(b'}');
}

/// `{"timestamp":"...","tags":{"oven/temperature":{"value":1,"min":0,"quality":"good","timestamp":"..."}}}`: the
/// attributes of several tags in the order given. The outer time is the message's own, the inner ones are the field's.
fn write_object<'a>(
    out: &mut Vec<u8>,
    form: Timestamps,
    tags: impl IntoIterator<Item = TagRef<'a>>,
    attributes: &[Attribute],
    now: Stamp,
) {
    out.extend_from_slice(b"{\"timestamp\":");
    write_moment(out, form, Some(now.unix_ms));
    out.extend_from_slice(b",\"tags\":{");
    for (index, tag) in tags.into_iter().enumerate() {
        if 0 < index {
            out.push(b',');
        }
        write_word(out, tag.def.name.as_str());
        out.extend_from_slice(b":{");
        let start = out.len();
        // Quality and timestamp close every entry, so they are not written twice.
        let own = |attribute: &&Attribute| !matches!(attribute, Attribute::Quality | Attribute::Timestamp);
        for attribute in attributes.iter().filter(own).filter(|attribute| tag.def.has(**attribute)) {
            if start < out.len() {
                out.push(b',');
            }
            write_word(out, attribute.as_str());
            out.push(b':');
            write_shown(out, form, tag, *attribute, now);
        }
        let from = out.len();
        write_trust(out, form, tag);
        if from == start {
            out.remove(start);
        }
        out.push(b'}');
    }
    out.extend_from_slice(b"}}");
}

/// `,"quality":"good","timestamp":"..."`.
fn write_trust(out: &mut Vec<u8>, form: Timestamps, tag: TagRef<'_>) {
    out.extend_from_slice(b",\"quality\":");
    write_word(out, tag.state.quality.as_str());
    out.extend_from_slice(b",\"timestamp\":");
    write_moment(out, form, tag.state.at.map(|at| at.unix_ms));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::def::{Origin, TagDef};
    use crate::tag::quality::Reason;
    use crate::tag::reading::{Raw, Reading, TagState};
    use crate::tag::value::{Value, ValueType};

    const AT: i64 = 1_767_323_045_678;

    fn tag(name: &str, kind: ValueType) -> TagDef {
        TagDef {
            unit: "degC".into(),
            description: "the \"hot\" side".into(),
            scaled: true,
            ..TagDef::plain(name, kind, Origin::Modbus)
        }
    }

    fn read(values: &[Value]) -> TagState {
        let mut state = TagState::default();
        for value in values {
            let at = Stamp { unix_ms: AT, mono_us: 1_000_000 };
            state.apply(Reading::Good { value: value.clone(), raw: Raw::from_slice(&[0x00EA]), at });
        }
        state
    }

    const NOW: Stamp = Stamp { unix_ms: AT + 250, mono_us: 1_250_000 };

    #[track_caller]
    fn point(state: &TagState, attribute: Attribute, expect: &str) {
        let mut out = Vec::new();
        write_point(
            &mut out,
            Timestamps::Rfc3339,
            TagRef { def: &tag("oven/temperature", ValueType::I16), state },
            attribute,
            NOW,
        );
        assert_eq!(String::from_utf8(out).unwrap(), expect);
    }

    #[test]
    fn each_attribute_has_the_same_shape() {
        let state = read(&[Value::F64(20.0), Value::F64(23.4)]);
        let rest = r#","quality":"good","timestamp":"2026-01-02T03:04:05.678Z"}"#;
        for (attribute, value) in [
            (Attribute::Value, "23.4"),
            (Attribute::Raw, "[234]"),
            (Attribute::Min, "20.0"),
            (Attribute::Max, "23.4"),
            (Attribute::Quality, "\"good\""),
            (Attribute::Reason, "\"ok\""),
            (Attribute::Timestamp, "\"2026-01-02T03:04:05.678Z\""),
            (Attribute::AgeMs, "250"),
            (Attribute::Unit, "\"degC\""),
            (Attribute::Type, "\"i16\""),
            (Attribute::Description, "\"the \\\"hot\\\" side\""),
            (Attribute::ResetMin, "0"),
            (Attribute::Exception, "0"),
            (Attribute::DeviceStatus, "\"online\""),
        ] {
            point(&state, attribute, &format!("{{\"value\":{value}{rest}"));
        }
    }

    #[test]
    fn a_bad_tag_keeps_its_last_value_and_time() {
        let mut state = read(&[Value::F64(23.4)]);
        state.apply(Reading::Failed(Reason::Exception(2)));
        point(&state, Attribute::Value, r#"{"value":23.4,"quality":"bad","timestamp":"2026-01-02T03:04:05.678Z"}"#);
        point(
            &state,
            Attribute::Reason,
            r#"{"value":"exception 02","quality":"bad","timestamp":"2026-01-02T03:04:05.678Z"}"#,
        );
        point(&TagState::default(), Attribute::Value, r#"{"value":null,"quality":"bad","timestamp":null}"#);
        point(&TagState::default(), Attribute::AgeMs, r#"{"value":null,"quality":"bad","timestamp":null}"#);
        point(&TagState::default(), Attribute::Raw, r#"{"value":null,"quality":"bad","timestamp":null}"#);
    }

    #[track_caller]
    fn object(attributes: &[Attribute], expect: &str) {
        let (hot, on) = (tag("oven/temperature", ValueType::I16), tag("oven/heater", ValueType::Bool));
        let (heat, off) = (read(&[Value::F64(0.0), Value::F64(1.5)]), read(&[Value::Bool(true)]));
        let tags = [TagRef { def: &hot, state: &heat }, TagRef { def: &on, state: &off }];
        let mut out = Vec::new();
        write_object(&mut out, Timestamps::Rfc3339, tags, attributes, NOW);
        assert_eq!(String::from_utf8(out).unwrap(), expect);
    }

    #[test]
    fn an_object_leaves_out_what_a_tag_lacks() {
        object(
            &[Attribute::Value, Attribute::Min],
            concat!(
                r#"{"timestamp":"2026-01-02T03:04:05.928Z","tags":{"#,
                r#""oven/temperature":{"value":1.5,"min":0.0,"quality":"good","timestamp":"2026-01-02T03:04:05.678Z"},"#,
                r#""oven/heater":{"value":true,"quality":"good","timestamp":"2026-01-02T03:04:05.678Z"}}}"#
            ),
        );
        object(
            &[Attribute::Timestamp, Attribute::Max, Attribute::Quality],
            concat!(
                r#"{"timestamp":"2026-01-02T03:04:05.928Z","tags":{"#,
                r#""oven/temperature":{"max":1.5,"quality":"good","timestamp":"2026-01-02T03:04:05.678Z"},"#,
                r#""oven/heater":{"quality":"good","timestamp":"2026-01-02T03:04:05.678Z"}}}"#
            ),
        );
    }
}
