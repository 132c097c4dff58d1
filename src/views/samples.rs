//! Samples one by one: members of a JSON object, or fields of a row (RFC 4180).

use super::json::{TagRef, put};
use super::payload::{write_moment, write_shown};
use crate::config::shape::{Member, Timestamps};
use crate::tag::attribute::Attribute;
use crate::tag::reading::Stamp;

type Members = [(Member, String)];

/// `{"v":23.4,"ts":1767323045678}`.
pub(super) fn write_members(
    out: &mut Vec<u8>,
    members: &Members,
    form: Timestamps,
    tag: TagRef<'_>,
    attribute: Attribute,
    now: Stamp,
) {
    out.push(b'{');
    for (index, (member, name)) in members.iter().enumerate() {
        if 0 < index {
            out.push(b',');
        }
        put(out, name.as_str());
        out.push(b':');
        write_member(out, *member, form, tag, attribute, now);
    }
    out.push(b'}');
}

/// The names of the columns.
pub(super) fn write_header(out: &mut Vec<u8>, members: &Members) {
    for (index, (_, name)) in members.iter().enumerate() {
        if 0 < index {
            out.push(b',');
        }
        write_field(out, name.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

/// A sample as a row; what is not known is an empty field.
pub(super) fn write_row(
    out: &mut Vec<u8>,
    members: &Members,
    form: Timestamps,
    tag: TagRef<'_>,
    attribute: Attribute,
    now: Stamp,
) {
    let mut json = Vec::new();
    for (index, (member, _)) in members.iter().enumerate() {
        if 0 < index {
            out.push(b',');
        }
        json.clear();
        write_member(&mut json, *member, form, tag, attribute, now);
        match json.first() {
            Some(b'n') => (),
            Some(b'"') => {
                let text: String = serde_json::from_slice(&json).unwrap_or_default();
                write_field(out, text.as_bytes());
            }
            _ => write_field(out, &json),
        }
    }
    out.extend_from_slice(b"\r\n");
}

/// Quoted where it must be.
fn write_field(out: &mut Vec<u8>, field: &[u8]) {
    if !field.iter().any(|byte| matches!(byte, b'"' | b',' | b'\r' | b'\n')) {
        return out.extend_from_slice(field);
    }
    out.push(b'"');
    for byte in field {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

fn write_member(
    out: &mut Vec<u8>,
    member: Member,
    form: Timestamps,
    tag: TagRef<'_>,
    attribute: Attribute,
    now: Stamp,
) {
    let name = &tag.def.name;
    match member {
        Member::Value => write_shown(out, form, tag, attribute, now),
        Member::Quality => write_shown(out, form, tag, Attribute::Quality, now),
        Member::Reason => write_shown(out, form, tag, Attribute::Reason, now),
        Member::Timestamp => write_moment(out, form, tag.state.at.map(|at| at.unix_ms)),
        Member::Unit => write_shown(out, form, tag, Attribute::Unit, now),
        Member::Tag => put(out, name.as_str()),
        Member::Group => put(out, name.group()),
        Member::Name => put(out, name.name()),
        Member::Attribute => put(out, attribute.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::tags::definitions;
    use crate::tag::quality::Reason;
    use crate::tag::reading::{Raw, Reading, Stamp, TagState};
    use crate::tag::value::Value;
    use crate::views::json::TagRef;
    use crate::views::payload::PayloadWriter;
    use crate::views::posts::tests::gateway;
    use serde_json::json;

    const AT: i64 = 1_767_323_045_678;

    /// The message of meter and oven, their two tags read once.
    #[track_caller]
    fn check(members: serde_json::Value, expect: &str) {
        let mut publication = json!({"topic": "all", "tags": ["meter1/voltage", "oven/serial-number"]});
        publication.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let config = gateway(&publication);
        let publication = &config.connections[0].publications[0];
        let at = Stamp { unix_ms: AT, mono_us: 0 };
        let (mut volts, mut text) = (TagState::default(), TagState::default());
        volts.apply(Reading::Good { value: Value::F32(230.5), raw: Raw::from_slice(&[1, 2]), at });
        text.apply(Reading::Good { value: Value::Text("a \"b\", c".into()), raw: Raw::new(), at });
        text.apply(Reading::Failed(Reason::NoAnswer));
        let defs = definitions(&config);
        let find = |name: &str| defs.iter().find(|def| def.name.as_str() == name).unwrap();
        let tags = [
            TagRef { def: find("meter1/voltage"), state: &volts },
            TagRef { def: find("oven/serial-number"), state: &text },
        ];
        let writer = PayloadWriter { publication, appliance: "line-3", now: Stamp { unix_ms: AT + 9, mono_us: 0 } };
        let mut out = Vec::new();
        if publication.payload.is_about_one() {
            writer.point(&mut out, tags[0], publication.attributes[0]).unwrap();
        } else {
            writer.tags(&mut out, tags).unwrap();
        }
        assert_eq!(String::from_utf8(out).unwrap(), expect);
    }

    #[test]
    fn a_list_of_samples_says_when_which_tag_and_what() {
        check(
            json!({"payload": "array"}),
            concat!(
                r#"[{"timestamp":"2026-01-02T03:04:05.678Z","tag":"meter1/voltage","value":230.5,"quality":"good"},"#,
                r#"{"timestamp":"2026-01-02T03:04:05.678Z","tag":"oven/serial-number","value":"a \"b\", c","quality":"bad"}]"#
            ),
        );
        check(
            json!({"payload": "array", "attributes": ["value", "max"], "timestamps": "ms",
                "members": {"attribute": "a", "value": "v", "timestamp": "ts", "name": "n"}}),
            concat!(
                r#"[{"a":"value","v":230.5,"ts":1767323045678,"n":"voltage"},"#,
                r#"{"a":"max","v":230.5,"ts":1767323045678,"n":"voltage"},"#,
                r#"{"a":"value","v":"a \"b\", c","ts":1767323045678,"n":"serial-number"}]"#
            ),
        );
    }

    #[test]
    fn a_table_has_a_line_of_names_and_quotes_what_must_be_quoted() {
        check(
            json!({"payload": "csv", "timestamps": "ms"}),
            "timestamp,tag,value,quality\r\n1767323045678,meter1/voltage,230.5,good\r\n\
             1767323045678,oven/serial-number,\"a \"\"b\"\", c\",bad\r\n",
        );
        check(
            json!({"payload": "csv", "attributes": ["raw", "min"], "members": {"group": "g, \"h\"", "value": "v"}}),
            "\"g, \"\"h\"\"\",v\r\nmeter1,\"[1,2]\"\r\nmeter1,230.5\r\noven,\r\n",
        );
    }

    #[test]
    fn a_value_has_the_members_that_were_asked_for() {
        check(json!({"topic": "{tag}", "members": {"value": "value"}}), r#"{"value":230.5}"#);
        check(
            json!({"topic": "{tag}", "timestamps": "ms", "attributes": ["timestamp"]}),
            r#"{"value":1767323045678,"quality":"good","timestamp":1767323045678}"#,
        );
        check(
            json!({"topic": "{tag}", "members": {"timestamp": "t", "value": "w", "reason": "why", "unit": "u"}}),
            r#"{"t":"2026-01-02T03:04:05.678Z","w":230.5,"why":"ok","u":""}"#,
        );
        check(
            json!({"payload": "object", "timestamps": "ms", "tags": ["meter1/voltage", "oven/serial-number"]}),
            concat!(
                r#"{"timestamp":1767323045687,"tags":{"meter1/voltage":{"value":230.5,"quality":"good","timestamp":1767323045678},"#,
                r#""oven/serial-number":{"value":"a \"b\", c","quality":"bad","timestamp":1767323045678}}}"#
            ),
        );
    }
}
