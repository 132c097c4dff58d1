//! Edge nodes of Sparkplug, as the document has them.

use super::GatewayConfig;
use super::payload::Payload;
use super::publication::Qos;
use crate::tag::id::TagName;
use serde_json::{Value as Json, json};

/// A plant whose connection and publication have these members beside; what is said of them, with its place behind the
/// connection's.
fn parse(connection: &Json, publication: &Json) -> (GatewayConfig, Vec<String>) {
    let mut whole = json!({ "name": "p", "tags": ["internal/*"], "payload": "sparkplug" });
    let mut site =
        json!({ "name": "c", "url": "mqtt://127.0.0.1", "sparkplug": { "group": "plant", "edge_node": "line-3" } });
    for (into, members) in [(&mut whole, publication), (&mut site, connection)] {
        into.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    }
    site["publications"] = json!([whole]);
    let mut connections = vec![site];
    connections.extend(connection.get("second").cloned());
    connections[0].as_object_mut().unwrap().remove("second");
    let (config, problems) = GatewayConfig::parse(&json!({
        "format": "dinrail/1",
        "internal": [{ "name": "level", "type": "f64" }, { "name": "on", "type": "bool" }],
        "mqtt": { "connections": connections },
    }));
    let told = problems.iter().map(|problem| {
        let place = problem.pointer.strip_prefix("/mqtt/connections/").unwrap_or(&problem.pointer);
        format!("{place}: {}", problem.detail)
    });
    (config, told.collect())
}

#[test]
fn an_edge_node_needs_a_group_and_a_name_and_nothing_else() {
    let (config, problems) = parse(&json!({}), &json!({}));
    assert_eq!(problems, Vec::<String>::new());
    let connection = &config.connections[0];
    let edge_node = connection.sparkplug.clone().unwrap();
    assert_eq!((edge_node.group.as_str(), edge_node.edge_node.as_str()), ("plant", "line-3"));
    assert_eq!((edge_node.primary_host, edge_node.writable.len()), (None, 0));
    // Its sessions are clean, its data waits for the broker, changes make it speak and births tell the rest.
    let publication = &connection.publications[0];
    assert!(connection.clean_session && publication.trigger.on_change && !publication.trigger.on_connect);
    assert_eq!(
        (&publication.payload, publication.qos, publication.retain),
        (&Payload::Sparkplug, Qos::AtLeastOnce, false)
    );

    let members = json!({ "sparkplug": { "group": "공장 {1}", "edge_node": "3 호기", "primary_host": "scada", "writable": ["internal/on"] } });
    let publication = json!({ "device": "hall {2}", "batch": { "count": 5 }, "qos": 0, "retain": false, "gzip": false,
        "trigger": { "interval_ms": 1000, "on_connect": false } });
    let (config, problems) = parse(&members, &publication);
    assert_eq!(problems, Vec::<String>::new());
    let edge_node = config.connections[0].sparkplug.clone().unwrap();
    assert_eq!(edge_node.primary_host.as_deref(), Some("scada"));
    assert!(edge_node.writable[0].matches(&TagName::parse("internal/on").unwrap()));
}

#[test]
fn names_are_levels_of_topics() {
    let level = "is a level of a topic: not empty, and without `+`, `/`, `#` and control characters";
    for (members, expect) in [
        (json!({ "group": "a/b", "edge_node": "n" }), format!("group: `group` {level}")),
        (json!({ "group": "g", "edge_node": "+" }), format!("edge_node: `edge_node` {level}")),
        (
            json!({ "group": "g", "edge_node": "n", "primary_host": "#" }),
            format!("primary_host: `primary_host` {level}"),
        ),
        (
            json!({ "group": "g", "edge_node": "n", "primary_host": "" }),
            format!("primary_host: `primary_host` {level}"),
        ),
        (json!({ "group": "g\u{0}", "edge_node": "n" }), format!("group: `group` {level}")),
        (json!({ "edge_node": "n" }), "group: `group` is missing".to_owned()),
        (json!({ "group": "g" }), "edge_node: `edge_node` is missing".to_owned()),
        (
            json!({ "group": "STATE", "edge_node": "n" }),
            "group: hosts tell their state under `STATE`: give the group another name".to_owned(),
        ),
        (json!({ "group": "g".repeat(129), "edge_node": "n" }), "group: `group` has at most 128 characters".to_owned()),
        (
            json!({ "group": "g", "edge_node": "n", "writable": ["internal/lvel"] }),
            "writable/0: there is no tag `internal/lvel`".to_owned(),
        ),
        (
            json!({ "group": "g", "edge_node": "n", "devices": [] }),
            "devices: `devices` is not a member here".to_owned(),
        ),
    ] {
        let (_, problems) = parse(&json!({ "sparkplug": members }), &json!({}));
        assert_eq!(problems, [format!("0/sparkplug/{expect}")], "{members}");
    }
}

#[test]
fn what_sparkplug_settles_itself_is_refused_at_its_place() {
    for (connection, publication, expect) in [
        (
            json!({ "clean_session": false }),
            json!({}),
            "0/clean_session: a Sparkplug session is always clean (Sparkplug 3.0, 2.4): leave `clean_session` out",
        ),
        (
            json!({ "cloud": { "kind": "emqx", "host": "x.example" }, "username": "u", "password": "p" }),
            json!({}),
            "0/cloud: an edge node speaks Sparkplug to any broker: leave `cloud` out, and give address and login here",
        ),
        (
            json!({ "last_will": { "topic": "x", "payload": "y" } }),
            json!({}),
            "0/last_will: the will of an edge node is its NDEATH: leave `last_will` out",
        ),
        (
            json!({ "birth": { "topic": "x", "payload": "y" } }),
            json!({}),
            "0/birth: the birth of an edge node is its NBIRTH: leave `birth` out",
        ),
        (
            json!({ "subscriptions": [{ "name": "s", "topic": "{tag}", "tags": ["internal/on"] }] }),
            json!({}),
            "0/subscriptions: an edge node is commanded by NCMD and DCMD: put subscriptions in a connection of their own",
        ),
        (
            json!({}),
            json!({ "topic": "x" }),
            "0/publications/0/topic: Sparkplug says itself where its messages go: leave `topic` out",
        ),
        (json!({}), json!({ "qos": 1 }), "0/publications/0/qos: Sparkplug settles this itself: leave `qos` out"),
        (
            json!({}),
            json!({ "retain": true }),
            "0/publications/0/retain: Sparkplug settles this itself: leave `retain` out",
        ),
        (json!({}), json!({ "gzip": true }), "0/publications/0/gzip: Sparkplug settles this itself: leave `gzip` out"),
        (
            json!({}),
            json!({ "timestamps": "ms" }),
            "0/publications/0/timestamps: Sparkplug settles this itself: leave `timestamps` out",
        ),
        (
            json!({}),
            json!({ "members": { "value": "v" } }),
            "0/publications/0/members: `members` goes with payload `value`, `array` or `csv`",
        ),
        (
            json!({}),
            json!({ "trigger": { "on_change": true, "on_connect": true } }),
            "0/publications/0/trigger/on_connect: after a connect the birth tells the present values: leave `on_connect` out",
        ),
        (
            json!({}),
            json!({ "trigger": { "request_topic": "x" } }),
            "0/publications/0/trigger/request_topic: a host asks an edge node by NCMD `Node Control/Rebirth`: leave \
             `request_topic` out",
        ),
        (
            json!({}),
            json!({ "device": "a/b" }),
            "0/publications/0/device: `device` is a level of a topic: not empty, and without `+`, `/`, `#` and control characters",
        ),
        (
            json!({}),
            json!({ "payload": "object", "topic": "x", "trigger": { "on_change": true } }),
            "0/publications/0/payload: an edge node publishes with payload `sparkplug` alone: put this publication in a \
             connection of its own",
        ),
        (
            json!({ "sparkplug": null }),
            json!({}),
            "0/publications/0/payload: payload `sparkplug` needs a connection that is an edge node: give it `sparkplug` with \
             `group` and `edge_node`",
        ),
        (
            json!({ "sparkplug": null }),
            json!({ "payload": "object", "topic": "x", "device": "d", "trigger": { "on_change": true } }),
            "0/publications/0/device: `device` goes with payload `sparkplug`",
        ),
    ] {
        assert_eq!(parse(&connection, &publication).1, [expect], "{connection} {publication}");
    }
}

#[test]
fn two_edge_nodes_have_two_names() {
    let second = |edge_node: Json, enabled: bool| json!({ "second": { "name": "d", "url": "mqtt://127.0.0.2", "client_id": "d", "sparkplug": edge_node, "enabled": enabled } });
    let same = json!({ "group": "plant", "edge_node": "line-3" });
    let sentence =
        "1/sparkplug/edge_node: connection `c` is edge node `line-3` of group `plant` already: give each its own name";
    assert_eq!(parse(&second(same.clone(), true), &json!({})).1, [sentence]);
    assert_eq!(parse(&second(same, false), &json!({})).1, Vec::<String>::new());
    assert_eq!(
        parse(&second(json!({ "group": "hall", "edge_node": "line-3" }), true), &json!({})).1,
        Vec::<String>::new()
    );
}

#[test]
fn a_bridge_is_no_edge_node() {
    let (_, problems) = GatewayConfig::parse(&json!({
        "format": "dinrail/1",
        "mqtt": { "broker": { "listeners": [{ "address": "127.0.0.1:0" }], "bridges": [{ "name": "b", "url": "mqtt://127.0.0.1",
            "sparkplug": { "group": "g", "edge_node": "n" }, "rules": [{ "topic": "a/#", "direction": "out" }] }] } },
    }));
    let told: Vec<String> = problems.iter().map(|problem| format!("{}: {}", problem.pointer, problem.detail)).collect();
    assert_eq!(told, ["/mqtt/broker/bridges/0/sparkplug: a bridge has no `sparkplug`: its rules say what crosses"]);
}
