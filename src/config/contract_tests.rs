//! Defaults, ranges and words of the document, member by member.

use super::*;
use crate::config::device::{Poll, WriteFunction};
use crate::config::link::SerialMode;
use crate::config::payload::Payload;
use crate::config::port::Timeout;
use crate::config::publication::Qos;
use crate::modbus::framing::Framing;
use crate::modbus::order::Order;
use crate::modbus::wire::Parity;
use crate::tag::value::ValueType;
use serde_json::json;
use std::time::Duration;

/// One of each kind of object, with only what must be there.
fn smallest() -> Json {
    json!({
        "format": "dinrail/1",
        "ports": [{ "name": "COM1", "kind": "serial", "path": "/dev/ttyS0" }],
        "devices": [{
            "name": "d", "port": "COM1", "unit_id": 1,
            "tags": [{ "name": "t", "table": "holding", "address": 0, "type": "u16" }],
        }],
        "internal": [{ "name": "r", "type": "u16" }],
        "computed": [{ "name": "x", "expression": "d.t * 2" }],
        "mqtt": {
            "connections": [{
                "name": "c", "url": "mqtt://127.0.0.1",
                "publications": [{ "name": "p", "topic": "{tag}", "tags": ["d/t"], "trigger": { "on_change": true } }],
                "subscriptions": [{ "name": "s", "topic": "w/{tag}", "tags": ["internal/r"] }],
            }],
            "broker": { "listeners": [{ "address": "127.0.0.1:1883" }] },
        },
    })
}

/// What is said at `pointer` when the member there is `value`; its parents are made.
fn said(pointer: &str, value: Json) -> Vec<String> {
    let mut document = smallest();
    let (above, member) = pointer.rsplit_once('/').unwrap();
    if document.pointer(above).is_none() {
        let (grand, parent) = above.rsplit_once('/').unwrap();
        document.pointer_mut(grand).unwrap()[parent] = json!({});
    }
    document.pointer_mut(above).unwrap()[member] = value;
    let (_, problems) = GatewayConfig::parse(&document);
    let errors = problems.into_iter().filter(|problem| problem.severity == problem::Severity::Error);
    errors.map(|problem| format!("{}: {}", problem.pointer, problem.detail)).collect()
}

#[track_caller]
fn takes(pointer: &str, value: Json) {
    assert_eq!(said(pointer, value.clone()), Vec::<String>::new(), "{pointer} = {value}");
}

#[track_caller]
fn refuses(pointer: &str, value: Json) {
    let said = said(pointer, value.clone());
    assert!(said.iter().any(|line| line.starts_with(&format!("{pointer}: "))), "{pointer} = {value}: {said:?}");
}

const PORT: &str = "/ports/0";
const DEVICE: &str = "/devices/0";
const TAG: &str = "/devices/0/tags/0";
const SITE: &str = "/mqtt/connections/0";
const PUBLICATION: &str = "/mqtt/connections/0/publications/0";

#[test]
fn whole_numbers_keep_their_ranges() {
    for (object, member, low, high) in [
        (PORT, "timeout_ms", 10, 120_000),
        (PORT, "retries", 0, 10),
        (PORT, "probe_budget_percent", 1, 50),
        (PORT, "baud", 300, 4_000_000),
        (PORT, "stop_bits", 1, 2),
        (PORT, "gap_ms", 0, 10_000),
        (PORT, "broadcast_delay_ms", 0, 10_000),
        (PORT, "initial_delay_ms", 0, 60_000),
        (DEVICE, "poll_ms", 10, 3_600_000),
        (DEVICE, "max_read_registers", 1, 125),
        (DEVICE, "max_read_bits", 1, 2_000),
        (DEVICE, "max_write_registers", 1, 123),
        (DEVICE, "timeout_ms", 10, 120_000),
        (DEVICE, "min_gap_ms", 0, 10_000),
        (TAG, "address", 0, 65_535),
        (TAG, "poll_ms", 10, 3_600_000),
        (SITE, "keep_alive_s", 1, 65_535),
        (PUBLICATION, "qos", 0, 2),
        ("/mqtt/connections/0/publications/0/trigger", "interval_ms", 10, 86_400_000),
        ("/mqtt/connections/0/publications/0/trigger", "min_gap_ms", 1, 3_600_000),
        ("/mqtt/connections/0/subscriptions/0", "max_age_s", 1, 86_400),
        ("/mqtt/broker", "max_clients", 1, 10_000),
        ("/mqtt/broker", "max_message_bytes", 1_024, 16_777_216),
        ("/web", "session_idle_min", 1, 1_440),
        ("/web", "session_max_h", 1, 168),
    ] {
        let pointer = format!("{object}/{member}");
        takes(&pointer, json!(low));
        takes(&pointer, json!(high));
        // A period of 0 is flat out.
        refuses(&pointer, json!(if member == "poll_ms" { 9 } else { low - 1 }));
        refuses(&pointer, json!(high + 1));
        for wrong in [json!(f64::from(low) + 0.5), json!("1"), json!(true), json!([1]), json!({})] {
            refuses(&pointer, wrong);
        }
        if !["address"].contains(&member) {
            // Null is absent.
            takes(&pointer, Json::Null);
        }
    }
    takes("/devices/0/unit_id", json!(247));
    refuses("/devices/0/unit_id", json!(248));
    takes("/devices/0/poll_ms", json!(0));
    takes("/ports/0/timeout_ms", json!("auto"));
    refuses("/ports/0/data_bits", json!(7));
    refuses("/devices/0/tags/0/length", json!(2));
}

#[test]
fn every_word_of_a_list_of_words_is_taken_and_no_other() {
    for (object, member, words) in [
        (PORT, "mode", &["rs232", "rs422", "rs485-2w", "rs485-4w"][..]),
        (PORT, "parity", &["none", "even", "odd"]),
        (PORT, "framing", &["rtu"]),
        (DEVICE, "write_function", &["auto", "single", "multiple"]),
        (TAG, "type", &["u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "bcd16", "bcd32"]),
        (TAG, "table", &["input", "holding"]),
        (TAG, "order", &["AB", "BA"]),
        ("/internal/0", "type", &["bool", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "string"]),
        (SITE, "protocol", &["3.1.1"]),
        (PUBLICATION, "payload", &["value", "object"]),
    ] {
        let pointer = format!("{object}/{member}");
        for word in words {
            takes(&pointer, json!(word));
            refuses(&pointer, json!(format!("{word}x")));
        }
        refuses(&pointer, json!(1));
        refuses(&pointer, json!(""));
    }
    for name in ["a", "_", "9-", "A_b-9", &"n".repeat(63)] {
        takes("/mqtt/connections/0/name", json!(name));
    }
    takes("/ports/0/description", json!("아무 글이나, any text"));
    for name in ["", "-a", "a b", "온도", "a/b", &"n".repeat(64)] {
        refuses("/ports/0/name", json!(name));
    }
}

#[test]
fn an_absent_member_means_its_default() {
    let (config, problems) = GatewayConfig::parse(&smallest());
    assert_eq!(problems, []);
    let port = &config.ports[0];
    assert!(port.identity.enabled && port.identity.description.is_empty());
    assert_eq!((port.timeout, port.retries, port.probe_budget_percent), (Timeout::Auto, 1, 5));
    let link::LinkConfig::Serial(serial) = &port.link else { panic!("{port:?}") };
    assert_eq!((serial.framing, serial.mode), (Framing::Rtu, SerialMode::Rs485TwoWire));
    let wire = serial.wire;
    assert_eq!((wire.baud, wire.data_bits, wire.parity, wire.stop_bits), (19_200, 8, Parity::Even, 1));
    let ms = Duration::from_millis;
    assert_eq!((serial.gap, serial.broadcast_delay, serial.initial_delay), (None, ms(100), ms(0)));
    let device = &config.devices[0];
    assert_eq!(device.poll, Poll::Every(ms(1000)));
    assert_eq!((device.max_read_registers, device.max_read_bits, device.max_write_registers), (125, 2000, 123));
    assert_eq!((device.write_function, device.verify_writes), (WriteFunction::Auto, false));
    assert_eq!((device.timeout, device.min_gap), (None, ms(0)));
    let tag = &device.tags[0];
    assert_eq!((tag.order, tag.poll, tag.writable), (Order::BIG_ENDIAN, device.poll, false));
    assert_eq!((tag.scale, tag.deadband, tag.write_min, tag.write_max), (None, None, None, None));
    let register = &config.internal[0];
    assert_eq!((register.keep, &register.initial), (false, &crate::tag::value::Value::U64(0)));
    let computed = &config.computed[0];
    assert_eq!((computed.kind, computed.unit.as_str(), computed.deadband), (ValueType::F64, "", None));
    let site = &config.connections[0];
    assert_eq!((site.keep_alive, site.clean_session), (Duration::from_secs(30), false));
    assert_eq!((&site.client_id, &site.username, &site.last_will, &site.birth), (&None, &None, &None, &None));
    let publication = &site.publications[0];
    assert_eq!((&publication.payload, publication.qos, publication.retain), (&Payload::Value, Qos::AtMostOnce, false));
    assert_eq!(publication.attributes, [crate::tag::attribute::Attribute::Value]);
    let trigger = publication.trigger;
    assert_eq!(
        (trigger.on_change, trigger.on_quality, trigger.on_connect, trigger.aligned),
        (true, false, true, false)
    );
    assert_eq!(publication.condition, None);
    let broker = config.broker.as_ref().unwrap();
    assert_eq!((broker.anonymous, broker.max_clients, broker.max_message_bytes), (false, 100, 1_048_576));
    let web = &config.web;
    assert_eq!((web.address.to_string().as_str(), web.session_idle_min, web.session_max_h), ("0.0.0.0:8443", 30, 12));
    assert_eq!((config.appliance.name.as_str(), config.appliance.timezone.as_str()), ("dinrail", "UTC"));
}

#[test]
fn the_modbus_server_has_its_members() {
    takes("/modbus_server", json!({}));
    for (member, good, bad) in [
        ("address", json!("127.0.0.1:1502"), json!("localhost")),
        ("address", json!(["127.0.0.1:1502", "[::1]:1502"]), json!([])),
        ("unit_id", json!(0), json!(256)),
        ("unit_id", json!("any"), json!("all")),
        ("max_connections", json!(256), json!(257)),
        ("idle_timeout_s", json!(1), json!(0)),
        ("answer_writes", json!("at-once"), json!("never")),
    ] {
        takes(&format!("/modbus_server/{member}"), good);
        refuses(&format!("/modbus_server/{member}"), bad);
    }
    let map = |member: &str, value: Json| {
        let said = said("/modbus_server/map", json!({ member: value.clone() }));
        assert!(said.iter().all(|line| line.starts_with(&format!("/modbus_server/map/{member}"))), "{said:?}");
        said.is_empty()
    };
    assert!(map("mode", json!("edited")) && !map("mode", json!("own")));
    assert!(map("order", json!("word-swap")) && !map("order", json!("AB")));
    assert!(map("gaps", json!("exception")) && !map("gaps", json!("fill")));
    assert!(
        map("stale", json!({ "fill": -999 })) && map("stale", json!("last")) && !map("stale", json!({ "fill": "x" }))
    );
    assert!(map("max_age_ms", json!(1)) && !map("max_age_ms", json!(0)));
}

#[test]
fn entries_of_a_register_map_are_apart_and_point_at_something() {
    let entry = |table: &str, address: u32, rest: Json| {
        let mut entry = json!({ "table": table, "address": address, "tag": "internal/r", "type": "u16" });
        entry.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        entry
    };
    let said = |entries: Vec<Json>| said("/modbus_server/map", json!({ "mode": "edited", "entries": entries }));
    let none = || json!({});
    let good = vec![
        entry("holding", 0, json!({ "writable": true })),
        entry("holding", 1, json!({ "type": "u32", "order": "CDAB" })),
        entry("input", 0, json!({ "attribute": "timestamp", "type": "u64", "stale": "exception" })),
        json!({ "table": "discrete", "address": 0, "tag": "internal/r", "attribute": "quality" }),
        entry("holding", 65_535, none()),
    ];
    assert_eq!(said(good), [""; 0]);
    for (entries, expect) in [
        (
            vec![entry("holding", 4, json!({ "type": "u32" })), entry("holding", 5, none())],
            "/modbus_server/map/entries/1/address: holding 5 overlaps holding 4..5, which is number 1 of this list",
        ),
        (
            vec![entry("holding", 5, none()), entry("holding", 4, json!({ "type": "u32" }))],
            "/modbus_server/map/entries/1/address: holding 4..5 overlaps holding 5, which is number 1 of this list",
        ),
        (
            vec![entry("holding", 0, json!({ "tag": "internal/gone" }))],
            "/modbus_server/map/entries/0/tag: there is no tag `internal/gone`",
        ),
        (
            vec![entry("holding", 0, json!({ "attribute": "count" }))],
            "/modbus_server/map/entries/0/attribute: `internal/r` has no attribute `count`",
        ),
        (
            vec![entry("holding", 0, json!({ "tag": "d/t", "writable": true }))],
            "/modbus_server/map/entries/0/writable: `d/t` cannot be written: it is not `writable`",
        ),
        (
            vec![entry("input", 0, json!({ "writable": true }))],
            "/modbus_server/map/entries/0/writable: only coils and holding registers can be written",
        ),
        (vec![entry("coil", 0, none())], "/modbus_server/map/entries/0/type: in a table of bits `type` is `bool`"),
        (
            vec![entry("holding", 65_535, json!({ "type": "f32" }))],
            "/modbus_server/map/entries/0/address: 2 items from address 65535 end beyond 65535",
        ),
    ] {
        assert_eq!(said(entries), [expect]);
    }
}

#[test]
fn routes_lead_to_ports_and_share_no_unit_id() {
    let said = |routes: Json| said("/modbus_server", json!({ "gateway": routes }));
    let good = json!([
        { "units": "10-20", "port": "COM1", "offset": -9, "timeout_ms": 500, "priority": true, "cache_ms": 200 },
        { "units": 21, "port": "COM1" },
    ]);
    assert_eq!(said(good), [""; 0]);
    for (routes, expect) in [
        (
            json!([{ "units": "20-10", "port": "COM1" }]),
            "/0/units: `units` is a unit id 0..255 or a range of them, such as `10-20`",
        ),
        (json!([{ "units": "1-2", "port": "COM9" }]), "/0/port: there is no port `COM9`"),
        (
            json!([{ "units": "1-9", "port": "COM1", "offset": -2 }]),
            "/0/offset: with this offset the unit ids leave the range of the port",
        ),
        (
            json!([{ "units": "1-9", "port": "COM1" }, { "units": 9, "port": "COM1" }]),
            "/1/units: unit ids of this route have number 1 of this list already",
        ),
    ] {
        assert_eq!(said(routes), [format!("/modbus_server/gateway{expect}")]);
    }
}

#[test]
fn modules_have_tables_of_their_own_and_nobody_elses() {
    let said = |modules: Json| {
        let routes = json!([{ "units": "10-20", "port": "COM1" }]);
        said("/modbus_server", json!({ "gateway": routes, "map": { "modules": modules } }))
    };
    let good = json!([
        { "module": "d", "unit_id": 5 },
        { "module": "internal", "unit_id": 5, "holding": 100, "coil": 16, "discrete": 16, "input": 100 },
        { "module": "d", "coil": 0, "description": "as the old head had it" },
        { "module": "internal", "holding": 0, "input": 0 },
    ]);
    assert_eq!(said(good), [""; 0]);
    for (modules, expect) in [
        (
            json!([{ "module": "d" }]),
            "/0/unit_id: give a `unit_id`, or the first address in `coil`, `discrete`, `input` or `holding`",
        ),
        (json!([{ "module": "gone", "unit_id": 5 }]), "/0/module: there is no device or module `gone`"),
        (json!([{ "module": "d", "unit_id": 1 }]), "/0/unit_id: unit id 1 is that of the appliance"),
        (json!([{ "module": "d", "unit_id": 15 }]), "/0/unit_id: gateway route 1 has unit id 15 already"),
        (
            json!([{ "module": "d", "unit_id": 5 }, { "module": "internal", "unit_id": 5, "holding": 9, "input": 9 }]),
            "/1/coil: number 1 of this list has this already",
        ),
        (
            json!([{ "module": "d", "coil": 5 }, { "module": "d", "holding": 5 }]),
            "/1/module: number 1 of this list has this already",
        ),
        (
            json!([{ "module": "d", "holding": 5 }, { "module": "internal", "holding": 5 }]),
            "/1/holding: number 1 of this list has this already",
        ),
        (
            json!([{ "module": "computed", "holding": 10 }, { "module": "internal", "holding": 13 }]),
            "/1/holding: values of number 1 of this list lie here too: leave room, or begin at 14",
        ),
    ] {
        assert_eq!(said(modules), [format!("/modbus_server/map/modules{expect}")]);
    }
    assert!(!said(json!([{ "module": "d", "unit_id": 0 }])).is_empty());
    assert!(!said(json!([{ "module": "d", "coil": 65_536 }])).is_empty());
}

#[test]
fn the_encrypted_side_of_the_modbus_server_has_its_members() {
    let ca = crate::config::pem::self_signed(&["ca".to_owned()]).unwrap().chain;
    let document = |security: Json| {
        let pair = crate::config::pem::self_signed(&["gateway".to_owned()]).unwrap();
        let document = json!({
            "format": "dinrail/1",
            "certificates": [{ "name": "gateway", "chain": pair.chain, "key": pair.key }],
            "modbus_server": { "address": [], "security": security },
        });
        let (config, problems) = GatewayConfig::parse(&document);
        (config, problems.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let with = |member: &str, value: Json| {
        let mut security = json!({ "certificate": "gateway", "client_ca": ca, "roles": [{ "role": "Operator" }] });
        security[member] = value;
        document(security)
    };
    let (config, problems) = with("min_version", json!("1.3"));
    assert_eq!(problems, [""; 0]);
    let security = config.modbus_server.unwrap().security.unwrap();
    assert_eq!((security.addresses[0].to_string().as_str(), security.only_tls13), ("0.0.0.0:802", true));
    for (member, value, expect) in [
        ("certificate", json!("gone"), "/certificate: there is no certificate `gone`"),
        ("roles", json!([]), "/roles: there is no role: nobody may do anything"),
        ("roles", json!([{ "role": "a" }, { "role": "a" }]), "/roles/1/role: this role is in the list already"),
        ("min_version", json!("1.1"), "/min_version"),
        ("client_ca", json!("nothing"), "/client_ca: there is no certificate in this text"),
    ] {
        let (_, problems) = with(member, value);
        let begin = format!("/modbus_server/security{expect}");
        assert!(problems.len() == 1 && problems[0].starts_with(&begin), "{problems:?}");
    }
}
