use super::*;
use crate::config::GatewayConfig;
use crate::config::tags::definitions;
use serde_json::json;

/// A document with an oven, a meter and one publication.
pub(in crate::views) fn gateway(publication: &serde_json::Value) -> GatewayConfig {
    let mut whole = json!({"name": "p", "trigger": {"on_change": true}});
    for (name, value) in publication.as_object().unwrap() {
        whole[name] = value.clone();
    }
    let tag = |name: &str, address: u16, kind: &str| json!({"name": name, "table": "holding", "address": address, "type": kind});
    let mut document = json!({
        "format": "dinrail/1",
        "appliance": {"name": "line-3"},
        "ports": [{"name": "COM1", "kind": "serial", "path": "/dev/ttyS0"}],
        "devices": [
            {"name": "meter1", "port": "COM1", "unit_id": 1, "tags": [tag("voltage", 0, "f32"), tag("current", 2, "f32")]},
            {"name": "oven", "port": "COM1", "unit_id": 2, "tags": [
                tag("temperature", 0, "i16"),
                {"name": "heater", "table": "coil", "address": 0, "type": "bool"},
                {"name": "serial-number", "table": "holding", "address": 8, "type": "string", "length": 4},
            ]},
        ],
        "mqtt": {"connections": [{"name": "site", "url": "mqtt://127.0.0.1", "publications": [whole]}]},
    });
    if publication["payload"] == "sparkplug" {
        document["mqtt"]["connections"][0]["sparkplug"] = json!({"group": "plant", "edge_node": "line-3"});
    }
    GatewayConfig::parse(&document).0
}

#[track_caller]
fn check(publication: serde_json::Value, expect: &[&str]) {
    let config = gateway(&publication);
    let defs = definitions(&config);
    let catalogue = Catalogue::new(&defs);
    let publication = &config.connections[0].publications[0];
    let line = |post: Post| {
        let tags: Vec<&str> = post.tags.iter().map(|place| catalogue.def(*place).name.as_str()).collect();
        match post.form {
            Form::Object(topic) => format!("{topic} <- {}", tags.join(" ")),
            Form::Value(messages) => {
                let topics: Vec<String> = messages.into_iter().map(|(a, topic)| format!("{topic} <- {a}")).collect();
                topics.join(", ")
            }
        }
    };
    let lines: Vec<String> = posts(publication, &config.appliance.name, &catalogue).into_iter().map(line).collect();
    assert_eq!(lines, expect);
}

#[test]
fn a_value_post_is_one_tag() {
    check(
        json!({"topic": "{appliance}/{tag}/{attribute}", "tags": ["oven/*", "oven/heater"], "attributes": ["value", "max"]}),
        &[
            "line-3/oven/temperature/value <- value, line-3/oven/temperature/max <- max",
            "line-3/oven/heater/value <- value",
            "line-3/oven/serial-number/value <- value",
        ],
    );
    check(json!({"topic": "{tag}", "tags": ["oven/*"], "attributes": ["max"]}), &["oven/temperature <- max"]);
}

#[test]
fn an_object_post_is_one_topic() {
    check(
        json!({"topic": "{appliance}/{group}", "tags": ["*/*"], "payload": "object"}),
        &[
            "line-3/meter1 <- meter1/voltage meter1/current",
            "line-3/oven <- oven/temperature oven/heater oven/serial-number",
        ],
    );
    check(
        json!({"topic": "all", "tags": ["oven/heater", "m*/v*"], "payload": "object", "attributes": ["min", "value"]}),
        &["all <- oven/heater meter1/voltage"],
    );
    check(
        json!({"topic": "all/{attribute}", "tags": ["*/*"], "payload": "object", "attributes": ["min"]}),
        &["all/min <- meter1/voltage meter1/current oven/temperature"],
    );
}
