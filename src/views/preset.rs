//! Payloads as clouds and other devices have them; which and from which manual, `config::preset` says.

use super::json::{TagRef, put, write_attribute, write_value};
use super::register_map::point::value_of;
use crate::config::payload::Form;
use crate::tag::attribute::Attribute;
use crate::tag::reading::Stamp;
use crate::tag::value::Value;

/// The largest message id of Alibaba's thing model, and one more.
const ALIBABA_IDS: i64 = 1 << 32;

/// `{"value":1}`: bits, modes and states as numbers.
pub(super) fn write_number(out: &mut Vec<u8>, tag: TagRef<'_>, attribute: Attribute, now: Stamp) {
    let value = value_of(attribute, tag.def.kind, tag.def, tag.state, now);
    out.extend_from_slice(b"{\"value\":");
    write_value(out, value.map(number).as_ref());
    out.push(b'}');
}

/// A message of several tags. What has no value is left out: a cloud would take null for a value, or delete what it has.
pub(super) fn write<'t>(
    out: &mut Vec<u8>,
    form: Form,
    tags: impl IntoIterator<Item = TagRef<'t>>,
    attributes: &[Attribute],
    now: Stamp,
) {
    let attributes = |tag: TagRef<'t>| attributes.iter().copied().filter(move |attribute| tag.def.has(*attribute));
    match form {
        Form::Number => {
            for tag in tags.into_iter().take(1) {
                attributes(tag).take(1).for_each(|attribute| write_number(out, tag, attribute, now));
            }
        }
        Form::Flat | Form::Reported => {
            let (open, close): (&[u8], &[u8]) =
                if form == Form::Flat { (b"{", b"}") } else { (b"{\"state\":{\"reported\":{", b"}}}") };
            out.extend_from_slice(open);
            let start = out.len();
            for tag in tags {
                attributes(tag).for_each(|attribute| write_member(out, start, tag, attribute, now));
            }
            out.extend_from_slice(close);
        }
        Form::Series => {
            let mut last = None;
            let mut values = 0;
            for tag in tags {
                let Some(at) = tag.state.at else { continue };
                if last != Some(at.unix_ms) {
                    out.extend_from_slice(if last.is_none() { b"[" } else { b"}}," });
                    out.extend_from_slice(format!("{{\"ts\":{},\"values\":{{", at.unix_ms).as_bytes());
                    values = out.len();
                    last = Some(at.unix_ms);
                }
                attributes(tag).for_each(|attribute| write_member(out, values, tag, attribute, now));
            }
            out.extend_from_slice(if last.is_none() { b"[]" } else { b"}}]" });
        }
        Form::Properties => {
            let id = now.unix_ms.rem_euclid(ALIBABA_IDS);
            out.extend_from_slice(format!("{{\"id\":\"{id}\",\"version\":\"1.0\",\"params\":{{").as_bytes());
            let start = out.len();
            for tag in tags {
                attributes(tag).for_each(|attribute| write_property(out, start, tag, attribute, now));
            }
            out.extend_from_slice(b"},\"method\":\"thing.event.property.post\"}");
        }
    }
}

/// `"oven/temperature":23.4`, with the attribute behind the tag where it is not the value.
fn write_member(out: &mut Vec<u8>, start: usize, tag: TagRef<'_>, attribute: Attribute, now: Stamp) {
    let before = out.len();
    if start < before {
        out.push(b',');
    }
    match attribute {
        Attribute::Value => put(out, tag.def.name.as_str()),
        other => put(out, &format!("{}/{other}", tag.def.name)),
    }
    out.push(b':');
    let value = out.len();
    write_attribute(out, tag, attribute, now);
    if out[value..] == *b"null" {
        out.truncate(before);
    }
}

/// `"oven:temperature":{"value":23.4,"time":1767323045678}`: the group is the module, which the platform divides from the
/// identifier by a colon; bits are 0 and 1 there.
fn write_property(out: &mut Vec<u8>, start: usize, tag: TagRef<'_>, attribute: Attribute, now: Stamp) {
    let before = out.len();
    if start < before {
        out.push(b',');
    }
    let (group, name) = (tag.def.name.group(), tag.def.name.name());
    match attribute {
        Attribute::Value => put(out, &format!("{group}:{name}")),
        other => put(out, &format!("{group}:{name}_{other}")),
    }
    out.extend_from_slice(b":{\"value\":");
    let value = out.len();
    match (attribute, &tag.state.value) {
        (Attribute::Value, Some(Value::Bool(on))) => out.push(if *on { b'1' } else { b'0' }),
        _ => write_attribute(out, tag, attribute, now),
    }
    if out[value..] == *b"null" {
        return out.truncate(before);
    }
    if let Some(at) = tag.state.at {
        out.extend_from_slice(format!(",\"time\":{}", at.unix_ms).as_bytes());
    }
    out.push(b'}');
}

fn number(value: Value) -> Value {
    match value {
        Value::Bool(on) => Value::U64(on.into()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::channel::{ChannelKind, Mode};
    use crate::tag::def::{Origin, TagDef};
    use crate::tag::reading::{Raw, Reading, TagState};
    use crate::tag::value::ValueType;

    const AT: i64 = 1_767_323_045_678;
    const NOW: Stamp = Stamp { unix_ms: AT + 250, mono_us: 1_250_000 };

    fn read(value: Value, unix_ms: i64) -> TagState {
        let mut state = TagState::default();
        state.apply(Reading::Good { value, raw: Raw::new(), at: Stamp { unix_ms, mono_us: 1_000_000 } });
        state
    }

    #[track_caller]
    fn check(form: Form, attributes: &[Attribute], expect: &str) {
        let hot = TagDef::plain("oven/temperature", ValueType::F64, Origin::Modbus);
        let heater = TagDef::plain("oven/heater", ValueType::Bool, Origin::Modbus);
        let unread = TagDef::plain("oven/unread", ValueType::F64, Origin::Modbus);
        let late = TagDef::plain("mill/speed", ValueType::U16, Origin::Modbus);
        let states =
            [read(Value::F64(23.4), AT), read(Value::Bool(true), AT), TagState::default(), read(Value::U64(7), AT + 1)];
        let tags = [&hot, &heater, &unread, &late].into_iter().zip(&states).map(|(def, state)| TagRef { def, state });
        let mut out = Vec::new();
        write(&mut out, form, tags, attributes, NOW);
        assert_eq!(String::from_utf8(out).unwrap(), expect);
    }

    #[test]
    fn each_cloud_gets_its_bytes() {
        check(Form::Flat, &[Attribute::Value], r#"{"oven/temperature":23.4,"oven/heater":true,"mill/speed":7}"#);
        check(
            Form::Reported,
            &[Attribute::Value],
            r#"{"state":{"reported":{"oven/temperature":23.4,"oven/heater":true,"mill/speed":7}}}"#,
        );
        check(
            Form::Series,
            &[Attribute::Value],
            concat!(
                r#"[{"ts":1767323045678,"values":{"oven/temperature":23.4,"oven/heater":true}},"#,
                r#"{"ts":1767323045679,"values":{"mill/speed":7}}]"#
            ),
        );
        check(
            Form::Properties,
            &[Attribute::Value],
            concat!(
                r#"{"id":"2091487272","version":"1.0","params":{"oven:temperature":{"value":23.4,"time":1767323045678},"#,
                r#""oven:heater":{"value":1,"time":1767323045678},"mill:speed":{"value":7,"time":1767323045679}},"#,
                r#""method":"thing.event.property.post"}"#
            ),
        );
        check(
            Form::Series,
            &[Attribute::Value, Attribute::Max],
            concat!(
                r#"[{"ts":1767323045678,"values":{"oven/temperature":23.4,"oven/temperature/max":23.4,"oven/heater":true}},"#,
                r#"{"ts":1767323045679,"values":{"mill/speed":7,"mill/speed/max":7}}]"#
            ),
        );
    }

    #[test]
    fn a_number_stands_for_bits_and_words() {
        let di = Origin::Channel { kind: ChannelKind::Ai, mode: Mode::Milliamp4To20 };
        let def = TagDef::plain("ai-1/AI-00", ValueType::F64, di);
        let state = read(Value::F64(4.5), AT);
        let heater = TagDef::plain("oven/heater", ValueType::Bool, Origin::Modbus);
        let on = read(Value::Bool(true), AT);
        for (def, state, attribute, expect) in [
            (&def, &state, Attribute::Value, r#"{"value":4.5}"#),
            (&def, &state, Attribute::Mode, r#"{"value":4}"#),
            (&heater, &on, Attribute::Value, r#"{"value":1}"#),
            (&heater, &TagState::default(), Attribute::Value, r#"{"value":null}"#),
        ] {
            let mut out = Vec::new();
            write_number(&mut out, TagRef { def, state }, attribute, NOW);
            assert_eq!(String::from_utf8(out).unwrap(), expect);
        }
    }
}
