//! Triggers of publications, as the document has them.

use super::GatewayConfig;
use super::publication::{Condition, Edges};
use crate::expr::Leave;
use serde_json::{Value as Json, json};
use std::time::Duration;

fn parse(trigger: Json) -> (GatewayConfig, Vec<String>) {
    let publication = json!({ "name": "p", "topic": "{tag}", "tags": ["internal/*"], "trigger": trigger });
    let (config, problems) = GatewayConfig::parse(&json!({
        "format": "dinrail/1",
        "internal": [{ "name": "level", "type": "f64" }, { "name": "on", "type": "bool" }],
        "mqtt": { "connections": [{ "name": "c", "url": "mqtt://127.0.0.1", "publications": [publication] }] },
    }));
    let told = problems.iter().map(|problem| {
        let place =
            problem.pointer.strip_prefix("/mqtt/connections/0/publications/0/trigger").unwrap_or(&problem.pointer);
        format!("{place}: {}", problem.detail)
    });
    (config, told.collect())
}

fn condition(trigger: Json) -> Condition {
    let (config, problems) = parse(trigger);
    assert_eq!(problems, Vec::<String>::new());
    config.connections[0].publications[0].condition.clone().unwrap()
}

#[test]
fn a_condition_has_an_end_edges_and_a_repetition() {
    let plain = condition(json!({ "condition": "internal.on" }));
    assert_eq!((plain.leave, plain.on, plain.repeat), (Leave::Untrue, Edges::Enter, None));
    let narrow =
        condition(json!({ "condition": "internal.level > 180.0", "hysteresis": 2.0, "on": "both", "repeat_ms": 1000 }));
    let expect = (Leave::Hysteresis(2.0), Edges::Both, Some(Duration::from_secs(1)));
    assert_eq!((narrow.leave, narrow.on, narrow.repeat), expect);
    let two =
        condition(json!({ "condition": "internal.on", "leave": "!internal.on || internal.level < 3", "on": "leave" }));
    assert!(matches!(two.leave, Leave::When(_)));
}

#[test]
fn members_that_do_not_go_together_are_told() {
    let refused = |trigger: Json, expect: &[&str]| assert_eq!(parse(trigger.clone()).1, expect, "{trigger}");
    refused(
        json!({}),
        &[": a trigger has `on_change`, `on_quality`, `every`, `interval_ms`, a `condition` or a `request_topic`"],
    );
    refused(
        json!({ "condition": "internal.on", "hysteresis": 1 }),
        &[
            "/hysteresis: `hysteresis` goes with one comparison of a point with a number, such as `oven.temperature > 180`; \
           others end by `leave`",
        ],
    );
    refused(
        json!({ "condition": "internal.level > 1", "hysteresis": 1, "leave": "internal.on" }),
        &["/leave: `hysteresis` and `leave` do not go together: a condition has one end"],
    );
    refused(
        json!({ "condition": "internal.level > 1", "hysteresis": -1 }),
        &["/hysteresis: a hysteresis is a number from 0"],
    );
    refused(
        json!({ "condition": "internal.on", "on_change": true }),
        &["/condition: a trigger with a `condition` has no other; `repeat_ms` repeats it while it lasts"],
    );
    refused(json!({ "on_change": true, "repeat_ms": 1000 }), &["/repeat_ms: `repeat_ms` goes with `condition`"]);
    refused(json!({ "on_change": true, "aligned": true }), &["/aligned: `aligned` goes with `interval_ms` alone"]);
    refused(json!({ "condition": "internal.level" }), &["/condition: a condition gives true or false, not a number"]);
    refused(
        json!({ "condition": "internal.on", "leave": "internal.lvel > 3" }),
        &["/leave: at character 1: there is no tag `internal/lvel`; `internal/level` is meant, perhaps"],
    );
    refused(
        json!({ "condition": "internal.on &" }),
        &["/condition: at character 13: write `&&` for and; bits are compared by `math.bitAnd`"],
    );
}

#[test]
fn the_plant_of_the_example_with_power_and_an_alarm_is_taken() {
    let mut document: Json = serde_json::from_str(include_str!("../../tests/fixtures/first-light-1.json")).unwrap();
    document["computed"] = json!([{ "name": "power", "expression": "meter1.voltage * meter1.current", "unit": "W" }]);
    let too_hot = json!({
        "name": "too-hot", "topic": "plant/{appliance}/alarm/oven", "tags": ["oven/temperature"], "attributes": ["value"],
        "payload": "template",
        "template": "{\"value\": {{ value }}, \"text\": \"oven above 180\", \"ts\": \"{{ timestamp }}\"}",
        "trigger": { "condition": "oven.temperature > 180.0", "hysteresis": 2.0 }, "qos": 2,
    });
    document["mqtt"]["connections"][0]["publications"].as_array_mut().unwrap().push(too_hot);
    let (config, problems) = GatewayConfig::parse(&document);
    assert_eq!(problems, []);
    let alarm = config.connections[0].publications.last().unwrap().condition.clone().unwrap();
    assert_eq!(alarm.leave, Leave::Hysteresis(2.0));
    assert_eq!(config.computed[0].expression.points().len(), 2);
}

#[test]
fn a_request_has_a_topic_of_its_own() {
    let (config, problems) = parse(json!({ "request_topic": "{appliance}/ask/now" }));
    assert_eq!(problems, Vec::<String>::new());
    assert!(config.connections[0].publications[0].request_topic.is_some());
    let refused =
        |topic: &str, expect: &str| assert_eq!(parse(json!({ "request_topic": topic })).1, [expect], "{topic}");
    refused(
        "refresh/{tag}",
        "/request_topic: a message there asks for the whole publication: of placeholders only `{appliance}` is possible",
    );
    refused("internal/level", "/request_topic: this topic can be one that publication `p` publishes");
}

#[test]
fn a_template_goes_with_its_payload_and_has_no_error() {
    let said = |members: Json| {
        let mut publication =
            json!({ "name": "p", "topic": "all", "tags": ["internal/*"], "trigger": { "on_change": true } });
        publication.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let (_, problems) = GatewayConfig::parse(&json!({
            "format": "dinrail/1",
            "internal": [{ "name": "level", "type": "f64" }, { "name": "on", "type": "bool" }],
            "mqtt": { "connections": [{ "name": "c", "url": "mqtt://127.0.0.1", "publications": [publication] }] },
        }));
        let told = problems
            .iter()
            .map(|problem| format!("{}: {}", problem.pointer.rsplit('/').next().unwrap_or_default(), problem.detail));
        told.collect::<Vec<_>>()
    };
    let many = "{% for t in tags %}{{ t.name }}={{ t.value }} {% endfor %}";
    assert_eq!(said(json!({ "payload": "template", "template": many })), [""; 0]);
    for (members, expect) in [
        (json!({ "template": "x" }), "template: `template` goes with payload `template`"),
        (json!({ "payload": "template" }), "template: `template` is missing"),
        (
            json!({ "payload": "template", "template": "\n{{ value" }),
            "template: line 2, column 4: unexpected end of input, expected end of variable block",
        ),
        // It speaks of one point, and two would go to one topic.
        (
            json!({ "payload": "template", "template": "{{ value }}" }),
            "topic: `internal/level` value and `internal/on` value would share the topic `all`: use `{tag}` and \
             `{attribute}`, or a payload of many tags",
        ),
    ] {
        assert_eq!(said(members), [expect]);
    }
}
