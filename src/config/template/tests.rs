//! Templates over made-up tags, and what hostile ones cost.

use super::*;
use crate::tag::attribute::Attribute;
use crate::tag::def::{Origin, TagDef};
use crate::tag::reading::{Raw, Reading, Stamp, TagState};
use crate::tag::value::{Value, ValueType};
use proptest::prelude::*;
use std::time::{Duration, Instant};

const NOW: Stamp = Stamp { unix_ms: 1_767_323_045_928, mono_us: 1_250_000 };

fn tag(name: &str, kind: ValueType, value: Option<Value>) -> SceneTag {
    let def = TagDef {
        unit: "degC".into(),
        description: "the \"hot\" side".into(),
        scaled: true,
        ..TagDef::plain(name, kind, Origin::Modbus)
    };
    let mut state = TagState::default();
    if let Some(value) = value {
        let at = Stamp { unix_ms: NOW.unix_ms - 250, mono_us: 1_000_000 };
        state.apply(Reading::Good { value, raw: Raw::from_slice(&[1, 2]), at });
    }
    SceneTag { def, state }
}

fn scene(tags: Vec<SceneTag>, attribute: Option<Attribute>) -> Scene {
    Scene { appliance: "line-3".into(), now: NOW, tags, attribute }
}

fn oven() -> Vec<SceneTag> {
    vec![
        tag("oven/temperature", ValueType::F32, Some(Value::F32(183.4))),
        tag("oven/heater", ValueType::Bool, Some(Value::Bool(true))),
        tag("oven/serial", ValueType::String, Some(Value::Text("a\"b".into()))),
        tag("oven/new", ValueType::I16, None),
    ]
}

fn rendered(template: &str, scene: Scene) -> Result<String, String> {
    let template = Template::parse(template).map_err(|error| error.to_string())?;
    let mut out = b"before".to_vec();
    let result = template.render(&mut out, scene);
    let text = String::from_utf8(out).unwrap().split_off(6);
    assert!(result.is_ok() || text.is_empty(), "what failed leaves nothing behind: {text}");
    result.map(|()| text).map_err(|error| error.to_string())
}

#[track_caller]
fn one(template: &str, expect: &str) {
    let text = rendered(template, scene(oven()[..1].to_vec(), Some(Attribute::Value)));
    assert_eq!(text.unwrap_or_else(|error| error), expect, "{template}");
}

#[track_caller]
fn all(template: &str, expect: &str) {
    assert_eq!(rendered(template, scene(oven(), None)).unwrap_or_else(|error| error), expect, "{template}");
}

#[test]
fn a_message_of_one_point_knows_its_point() {
    one(
        "{\"value\": {{ value }}, \"text\": \"oven above 180\", \"ts\": \"{{ timestamp }}\"}",
        "{\"value\": 183.4, \"text\": \"oven above 180\", \"ts\": \"2026-01-02T03:04:05.678Z\"}",
    );
    one(
        "{{ appliance }} {{ tag }} {{ group }} {{ name }} {{ attribute }}",
        "line-3 oven/temperature oven temperature value",
    );
    one(
        "{{ quality }} {{ reason }} {{ unit }} {{ timestamp_ms }} {{ now_ms }} {{ now }}",
        "good ok degC 1767323045678 1767323045928 2026-01-02T03:04:05.928Z",
    );
    one(
        "{{ value * 1.8 + 32 }} {{ (value * 1.8 + 32) | round(1) }} {{ value | round }} {{ value | int }}",
        "362.12 362.1 183 183",
    );
    one("{% if value > 180 and quality == 'good' %}hot{% else %}fine{% endif %}", "hot");
    one("{% set f = value * 10 %}{{ f | int }}{{ ' high' if f > 1000 else '' }}", "1834 high");
    one("{{ timestamp[:10] }} {{ unit | upper }} {{ -value }} {{ value is number }}", "2026-01-02 DEGC -183.4 true");
}

#[test]
fn a_message_of_many_tags_goes_through_them_or_names_them() {
    all(
        "{{ '{' }}{% for t in tags %}\"{{ t.name }}\":{{ t.value | tojson }}{% if not loop.last %},{% endif %}{% endfor %}}",
        "{\"temperature\":183.4,\"heater\":true,\"serial\":\"a\\\"b\",\"new\":null}",
    );
    all("{{ tags[\"oven/heater\"].value }} {{ tags[0].max }} {{ tags | length }}", "true 183.4 4");
    all(
        "{% for t in tags if t.quality == 'good' %}{{ loop.index }}{{ t.tag }} {% endfor %}",
        "1oven/temperature 2oven/heater 3oven/serial ",
    );
    all(
        "{% for t in tags[3:] %}{{ t.value | default(-1) }} {{ t.reason }}{% else %}none{% endfor %}",
        "-1 not yet read",
    );
    all("{% if tags %}{{ tags[0].raw }}{% endif %}", "[1,2]");
}

#[test]
fn errors_name_line_and_column() {
    one(
        "{\n  \"value\": {{ valu }}\n}",
        "line 2, column 15: there is no value `valu`; there are `value`, `quality`, `reason`, `timestamp`, \
         `timestamp_ms`, `unit`, `tag`, `group`, `name`, `attribute`, `appliance`, `now`, `now_ms`, `tags`",
    );
    one("a\nb {{ value", "line 2, column 6: unexpected end of input, expected end of variable block");
    one(
        "{{ value | fresh }}",
        "line 1, column 12: there is no filter `fresh`; there are `abs`, `default`, `float`, `int`, `length`, \
         `lower`, `round`, `tojson`, `trim`, `upper`",
    );
    one(
        "{{ tags }}",
        "line 1, column 4: `tags` is a list: go through it with `for`, or name one as in `tags[\"oven/temperature\"]`",
    );
    all(
        "{% for t in tags %}{{ t }}{% endfor %}",
        "line 1, column 23: a tag has many values: name one, as in `t.value`",
    );
    all(
        "{% for t in tags %}{{ t.colour }}{% endfor %}",
        "line 1, column 23: a tag has no `colour`; it has its attributes, and `tag`, `group`, `name`, `timestamp_ms`",
    );
    // What only a rendering can find.
    all(
        "온도 {{ tags[\"oven/serial\"].value * 2.5 }}",
        "line 1, column 7: strings can only be multiplied with integers",
    );
    all(
        "{{ tags[\"oven/gone\"].value }}",
        "line 1, column 8: there is no such value; `x | default(0)` helps where it may be missing",
    );
    all("{{ tags[3].value + 1 }}", "line 1, column 4: tried to use + operator on unsupported types none and number");
}

#[test]
fn what_could_grow_without_end_is_refused_before_it_runs() {
    for template in [
        "{% set x = [value, value] %}",
        "{% set x = (value, value) %}",
        "{% set x = {'a': value} %}",
        "{% set x %}{{ value }}{% endset %}",
        "{% macro m() %}x{% endmacro %}",
        "{% filter upper %}x{% endfilter %}",
        "{% with x = value %}{% endwith %}",
        "{% include 'other' %}",
        "{% extends 'other' %}",
        "{% for i in range(10) %}{% endfor %}",
        "{% for c in name %}{% endfor %}",
        "{% for t in tags recursive %}{{ loop(tags) }}{% endfor %}",
        "{% set x = tags %}",
        "{{ tags + tags }}",
        "{{ tags * 1000 }}",
        "{{ tags == tags }}",
        "{{ value ** value }}",
        "{{ value.x }}",
        "{{ value() }}",
        "{{ name.upper() }}",
        "{{ cycler(1) }}",
        "{{ name | replace('a', 'aa') }}",
        "{{ name | join(name) }}",
        "{{ loop }}",
        "{% set value = 1 %}",
        "{% do value() %}",
    ] {
        assert!(Template::parse(template).is_err(), "{template}");
    }
    let deep = format!("{{{{ {}value{} }}}}", "(".repeat(5000), ")".repeat(5000));
    assert!(Template::parse(&deep).is_err());
    let nested = "{% if value %}".repeat(1000) + &"{% endif %}".repeat(1000);
    drop(Template::parse(&nested));
}

/// Renders within bounds or stops; what it took of either.
fn hostile(template: &str, tags: usize) -> String {
    let tags = (0..tags).map(|n| tag(&format!("d/t{n}"), ValueType::String, Some(Value::Text("x".repeat(200).into()))));
    let scene = scene(tags.collect(), Some(Attribute::Value));
    let began = Instant::now();
    let result = rendered(template, scene);
    assert!(began.elapsed() < Duration::from_secs(5), "{template} took {:?}", began.elapsed());
    result.map_or_else(|error| error, |text| format!("{} bytes", text.len()))
}

#[test]
fn hostile_templates_end_in_time_and_within_their_memory() {
    const FUEL_GONE: &str = "the template takes too many steps or too much memory";
    let doubling = |operation: &str| {
        format!("{{% set x = value %}}{}{{{{ x }}}}", format!("{{% set x = {operation} %}}").repeat(60))
    };
    for operation in ["x ~ x", "x + x", "x * 1000", "x | upper ~ x", "(x | tojson) ~ x", "x[:] ~ x[::-1]"] {
        let said = hostile(&doubling(operation), 1);
        assert!(said.ends_with(FUEL_GONE), "{operation}: {said}");
    }
    let said = hostile(
        "{% for t in tags %}{% for u in tags %}{% for v in tags %}{% set x = t.value ~ v.value %}{% endfor %}{% endfor %}{% endfor %}{{ value }}",
        300,
    );
    assert!(said.ends_with(FUEL_GONE), "{said}");
    // Much text is stopped by its own limit, before the fuel.
    let said = hostile(
        "{% for t in tags %}{% for u in tags %}{{ u.value }}{{ u.value }}{{ u.value }}{{ u.value }}{% endfor %}{% endfor %}",
        100,
    );
    assert!(said.ends_with("the message would have more than 1024 KiB"), "{said}");
    assert!(hostile("{{ value * 100000000000 }}", 1).ends_with(FUEL_GONE));
    assert!(hostile("{{ 'x' * 100000000 }}", 1).ends_with(FUEL_GONE));
    assert_eq!(hostile("{% for t in tags %}\"{{ t.tag }}\":{{ t.value | tojson }},{% endfor %}", 4000), "850890 bytes");
}

#[test]
fn a_large_plain_message_fits_its_fuel() {
    let tags = (0..10_000).map(|n| tag(&format!("d/t{n}"), ValueType::F32, Some(Value::F32(230.5))));
    let text = rendered(
        "{% for t in tags %}\"{{ t.tag }}\":{{ t.value }}{% if not loop.last %},{% endif %}{% endfor %}",
        scene(tags.collect(), None),
    );
    assert_eq!(text.map(|text| text.len()), Ok(158_889));
}

proptest! {
    #[test]
    fn no_text_breaks_the_parser(text in ".{0,200}", middle in "[a-z{}%|()\\[\\] .*~+0-9'\"]{0,80}") {
        for source in [text, format!("{{{{ {middle} }}}}"), format!("{{% {middle} %}}")] {
            if let Ok(template) = Template::parse(&source) {
                drop(template.render(&mut Vec::new(), scene(oven(), Some(Attribute::Value))));
            }
        }
    }
}
