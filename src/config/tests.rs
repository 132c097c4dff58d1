use super::document::{Document, beyond_limit};
use super::*;
use serde_json::json;

const FIRST_LIGHT: &str = include_str!("../../tests/fixtures/first-light-1.json");

fn ids() -> impl FnMut() -> String {
    let mut n = 0;
    move || {
        n += 1;
        format!("id-{n}")
    }
}

fn first_light() -> Json {
    serde_json::from_str(FIRST_LIGHT).unwrap()
}

#[track_caller]
fn refuses(change: impl FnOnce(&mut Json), pointer: &str, words: &str) {
    let mut document = first_light();
    change(&mut document);
    let (_, problems) = GatewayConfig::parse(&document);
    let found = problems.iter().any(|p| p.pointer == pointer && p.detail.contains(words));
    assert!(found, "wanted {words:?} at {pointer}, got {problems:#?}");
}

#[test]
fn the_example_is_whole() {
    let (config, problems) = GatewayConfig::parse(&first_light());
    assert_eq!(problems, []);
    assert_eq!((config.ports.len(), config.devices.len(), config.connections.len()), (1, 2, 1));
    assert_eq!(config.devices[1].tags.len(), 5);
    assert_eq!(tags::definitions(&config).len(), 10);
    assert!(!format!("{config:?}").contains("change-me"));
}

#[test]
fn sentences_stand_at_their_fields() {
    refuses(|d| d["devices"][0]["tags"][0]["address"] = json!(70000), "/devices/0/tags/0/address", "0..65535");
    refuses(|d| d["devices"][0]["tags"][0]["adress"] = json!(1), "/devices/0/tags/0/adress", "not a member");
    refuses(|d| d["devices"][0]["port"] = json!("COM9"), "/devices/0/port", "no port `COM9`");
    refuses(|d| d["devices"][1]["name"] = json!("METER1"), "/devices/1/name", "taken");
    refuses(|d| d["devices"][1]["name"] = json!("internal"), "/devices/1/name", "appliance itself");
    refuses(|d| d["certificates"] = json!({}), "/certificates", "is a list");
    refuses(|d| d["mqtt"]["connections"][0]["mqtt5"] = json!({}), "/mqtt/connections/0/mqtt5", "goes with");
    refuses(
        |d| d["mqtt"]["connections"][0]["protocol"] = json!("4"),
        "/mqtt/connections/0/protocol",
        "one of `3.1.1`, `5`",
    );
    refuses(|d| d["ports"][0]["kind"] = json!("tcp"), "/ports/0/address", "is missing");
    refuses(|d| d["ports"][0]["kind"] = json!("tcp"), "/ports/0/baud", "not a member");
    refuses(|d| d["ports"][0]["kind"] = json!("usb"), "/ports/0/kind", "one of `serial`, `tcp`");
    refuses(|d| d["ports"][0]["data_bits"] = json!(7), "/ports/0/data_bits", "RTU framing needs 8");
    refuses(|d| d["devices"][0]["unit_id"] = json!(248), "/devices/0/unit_id", "1..247");
    refuses(|d| d["ports"][0]["baud"] = json!("fast"), "/ports/0/baud", "300..4000000");
    refuses(|d| d["format"] = json!("dinrail/2"), "/format", "dinrail/1");
    let buffer = "/mqtt/connections/0/buffer";
    refuses(|d| d["mqtt"]["connections"][0]["buffer"] = json!(64), buffer, "an object is needed");
    refuses(
        |d| d["mqtt"]["connections"][0]["buffer"] = json!({"max_mb": 1}),
        &format!("{buffer}/max_mb"),
        "not a member",
    );
    refuses(
        |d| d["mqtt"]["connections"][0]["buffer"] = json!({"max_age_h": 0}),
        &format!("{buffer}/max_age_h"),
        "1..8760",
    );
    refuses(
        |d| d["mqtt"]["connections"][0]["buffer"] = json!({"full": "stop"}),
        &format!("{buffer}/full"),
        "`drop-newest`",
    );
    let publication = "/mqtt/connections/0/publications/0";
    refuses(
        |d| d["mqtt"]["connections"][0]["publications"][0]["tags"] = json!(["meter1/none"]),
        &format!("{publication}/tags/0"),
        "no tag",
    );
    refuses(
        |d| d["mqtt"]["connections"][0]["publications"][0]["topic"] = json!("all/{attribute}"),
        &format!("{publication}/topic"),
        "would share the topic",
    );
    refuses(
        |d| d["mqtt"]["connections"][0]["subscriptions"][0]["topic"] = json!("{appliance}/read/{tag}/value"),
        "/mqtt/connections/0/subscriptions/0/topic",
        "publication `values`",
    );
    refuses(
        |d| d["mqtt"]["connections"][0]["subscriptions"][0]["tags"] = json!(["oven/temperature"]),
        "/mqtt/connections/0/subscriptions/0/tags/0",
        "cannot be written",
    );
    refuses(
        |d| d["mqtt"]["broker"]["listeners"][0]["address"] = json!("0.0.0.0:8443"),
        "/mqtt/broker/listeners/0/address",
        "8443",
    );
    refuses(|d| *d = json!([]), "", "an object is needed");
}

#[test]
fn one_bad_part_leaves_the_rest() {
    let mut document = first_light();
    document["devices"][0]["tags"][1]["type"] = json!("f33");
    document["mqtt"]["connections"][0]["publications"][1]["qos"] = json!(3);
    let (config, problems) = GatewayConfig::parse(&document);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert_eq!(config.devices[0].tags.len(), 3);
    assert_eq!(config.connections[0].publications.len(), 1);
}

#[test]
fn ids_are_given_once_and_follow_a_rename() {
    let (first, problems) = Document::adopt(first_light(), &Document::default(), &mut ids());
    assert_eq!(problems, []);
    let mut sent = first.masked();
    assert!(!sent.to_string().contains("change-me"));
    let (again, problems) = Document::adopt(sent.clone(), &first, &mut || panic!("no new id is needed"));
    assert_eq!((problems, &again), (vec![], &first));
    sent["devices"][0]["name"] = json!("meter-one");
    let (renamed, _) = Document::adopt(sent, &first, &mut ids());
    assert_eq!(renamed.root()["devices"][0]["id"], first.root()["devices"][0]["id"]);
    assert_eq!(renamed.root()["mqtt"]["connections"][0]["password"], "change-me");
}

#[test]
fn a_mask_without_a_secret_and_a_second_id_are_refused() {
    let mut sent = first_light();
    sent["mqtt"]["connections"][0]["password"] = json!("***");
    sent["devices"][0]["id"] = json!("x");
    sent["devices"][1]["id"] = json!("x");
    let (_, problems) = Document::adopt(sent, &Document::default(), &mut ids());
    let pointers: Vec<&str> = problems.iter().map(|p| p.pointer.as_str()).collect();
    assert_eq!(pointers, ["/devices/1/id", "/mqtt/connections/0/password"]);
}

#[test]
fn limits_are_named() {
    let ports: Vec<Json> = (0..65).map(|n| json!({ "name": format!("p{n}") })).collect();
    let sentence = beyond_limit(&json!({ "ports": ports })).unwrap();
    assert_eq!(sentence, "the document has 65 ports; the limit is 64");
    let many = |count: usize| Json::from(vec![json!({}); count]);
    for (document, beyond) in [
        (json!({ "devices": many(1_001) }), "1001 devices; the limit is 1000"),
        (
            json!({ "devices": [{ "tags": many(60_000) }], "internal": many(40_001) }),
            "100001 tags; the limit is 100000",
        ),
        (json!({ "mqtt": { "connections": many(65) } }), "65 MQTT connections; the limit is 64"),
        (
            json!({ "mqtt": { "connections": [{ "publications": many(5_000) }, { "publications": many(5_001) }] } }),
            "10001 publications; the limit is 10000",
        ),
        (
            json!({ "mqtt": { "connections": [{ "subscriptions": many(10_001) }] } }),
            "10001 subscriptions; the limit is 10000",
        ),
    ] {
        assert_eq!(beyond_limit(&document), Some(format!("the document has {beyond}")));
    }
    let full = json!({
        "ports": many(64), "devices": many(1_000), "internal": many(100_000),
        "mqtt": { "connections": [{ "publications": many(10_000), "subscriptions": many(10_000) }] },
    });
    assert_eq!(beyond_limit(&full), None);
}

#[test]
fn published_points_have_a_limit_that_is_said_where_it_is_passed() {
    let mut document = first_light();
    document["internal"] = (0..2_000).map(|n| json!({ "name": format!("r{n}"), "type": "u16" })).collect();
    let publication = |n: usize| {
        json!({
            "name": format!("p{n}"), "topic": "{tag}/{attribute}", "tags": ["internal/*"],
            "attributes": ["value", "unit"], "trigger": { "on_change": true },
        })
    };
    let with = |count: usize| {
        let mut document = document.clone();
        document["mqtt"]["connections"][0]["subscriptions"] = json!([]);
        document["mqtt"]["connections"][0]["publications"] = (0..count).map(publication).collect();
        let (config, problems) = GatewayConfig::parse(&document);
        (config.connections[0].publications.len(), problems)
    };
    assert_eq!(with(125), (125, vec![]));
    let (running, problems) = with(1_000);
    assert_eq!((running, problems.len()), (125, 1), "{problems:?}");
    assert_eq!(problems[0].pointer, "/mqtt/connections/0/publications/125/tags");
    assert!(problems[0].detail.contains("504000 points"), "{problems:?}");
    assert!(problems[0].detail.contains("the limit is 500000: name fewer tags"), "{problems:?}");
}

#[test]
fn what_works_and_is_perhaps_not_meant_is_a_warning() {
    let warned = |change: fn(&mut Json), pointer: &str, words: &str| {
        let mut document = first_light();
        change(&mut document["mqtt"]["connections"][0]);
        let (_, problems) = GatewayConfig::parse(&document);
        assert_eq!(problems.len(), 1, "{problems:?}");
        let found = &problems[0];
        assert_eq!(found.severity, problem::Severity::Warning);
        assert_eq!((found.pointer.as_str(), found.detail.as_str()), (pointer, words));
    };
    let publication = "/mqtt/connections/0/publications/0";
    warned(
        |site| site["publications"][0]["tags"] = json!(["none/*", "internal/*"]),
        &format!("{publication}/tags/0"),
        "`none/*` matches no tag",
    );
    warned(
        |site| {
            site["publications"][0]["tags"] = json!(["internal/*"]);
            site["publications"][0]["attributes"] = json!(["value", "exception"]);
        },
        &format!("{publication}/attributes/1"),
        "none of these tags has `exception`",
    );
}

#[test]
fn a_topic_that_can_become_too_long_for_mqtt_is_refused() {
    refuses(
        |d| d["mqtt"]["connections"][0]["publications"][0]["topic"] = json!("{tag}".repeat(600)),
        "/mqtt/connections/0/publications/0/topic",
        "76200 bytes long; MQTT carries 65535",
    );
}

#[test]
fn a_thousand_findings_are_told_and_no_more_are_made() {
    let mut document = first_light();
    let member = |n: usize| (format!("nonsense-{n}"), json!(1));
    for device in document["devices"].as_array_mut().unwrap() {
        device.as_object_mut().unwrap().extend((0..200_000).map(member));
    }
    let begin = std::time::Instant::now();
    let (config, problems) = GatewayConfig::parse(&document);
    assert!(begin.elapsed() < std::time::Duration::from_secs(20), "{:?}", begin.elapsed());
    assert_eq!((problems.len(), config.devices.len()), (problem::Problems::MAX, 0));
    assert!(problems.iter().all(|problem| problem.detail.contains("is not a member here")));
}

#[test]
fn an_old_name_is_free_for_a_new_object() {
    let (first, _) = Document::adopt(first_light(), &Document::default(), &mut ids());
    let mut sent = first.masked();
    let mut newcomer = sent["devices"][0].clone();
    sent["devices"][0]["name"] = json!("renamed");
    newcomer.as_object_mut().unwrap().remove("id");
    newcomer["tags"] = json!([]);
    sent["devices"].as_array_mut().unwrap().push(newcomer);
    sent["mqtt"]["connections"] = json!([]);
    let mut fresh = || "fresh".to_owned();
    let (second, problems) = Document::adopt(sent, &first, &mut fresh);
    assert_eq!(problems, []);
    assert_eq!(second.root()["devices"][2]["id"], "fresh");
    assert_eq!(second.root()["devices"][0]["id"], first.root()["devices"][0]["id"]);
}

#[test]
fn an_error_is_never_lost_behind_warnings() {
    let mut document = first_light();
    let quiet = json!({ "name": "x", "topic": "x/{tag}", "tags": ["none/*"], "trigger": { "on_change": true } });
    let mut list: Vec<Json> = (0..1100)
        .map(|n| {
            let mut publication = quiet.clone();
            publication["name"] = json!(format!("x{n}"));
            publication
        })
        .collect();
    list.push(
        json!({ "name": "bad", "topic": "bad/{tag}", "tags": ["meter1/none"], "trigger": { "on_change": true } }),
    );
    document["mqtt"]["connections"][0]["publications"] = json!(list);
    let (_, problems) = GatewayConfig::parse(&document);
    assert!(problems.iter().any(|problem| problem.severity == problem::Severity::Error));
}

fn with_port(port: Json, unit: u8) -> (GatewayConfig, Vec<problem::Problem>) {
    let mut port = port;
    port["name"] = json!("net");
    let device = json!({ "name": "d", "port": "net", "unit_id": unit, "tags": [] });
    GatewayConfig::parse(&json!({ "format": "dinrail/1", "ports": [port], "devices": [device] }))
}

#[test]
fn a_port_has_the_members_of_its_kind_and_their_defaults() {
    use link::{LinkConfig, TcpConfig};
    use std::time::Duration;
    let (config, problems) = with_port(json!({ "kind": "tcp", "address": "plc.example:502" }), 255);
    assert_eq!(problems, []);
    let LinkConfig::Tcp(TcpConfig { address, connect_timeout, in_flight }) = &config.ports[0].link else { panic!() };
    assert_eq!((address.to_string().as_str(), *in_flight), ("plc.example:502", 1));
    assert_eq!(*connect_timeout, Duration::from_secs(3));
    let (config, problems) = with_port(json!({ "kind": "rtu-over-tcp", "address": "10.0.0.5:4001", "gap_ms": 5 }), 1);
    assert_eq!(problems, []);
    let LinkConfig::RtuOverTcp(rtu) = &config.ports[0].link else { panic!() };
    assert_eq!((rtu.gap, rtu.broadcast_delay), (Some(Duration::from_millis(5)), Duration::from_millis(100)));
    let ascii = json!({ "kind": "serial", "path": "/dev/ttyS0", "framing": "ascii", "data_bits": 7 });
    assert_eq!(with_port(ascii, 1).1, []);
}

#[test]
fn what_a_kind_of_port_does_not_know_is_refused_at_its_place() {
    let check = |port: Json, unit, pointer: &str, words: &str| {
        let (_, problems) = with_port(port.clone(), unit);
        let found = problems.iter().any(|problem| problem.pointer == pointer && problem.detail.contains(words));
        assert!(found, "wanted {words:?} at {pointer} for {port}, got {problems:#?}");
    };
    let tcp = |member: &str, value: Json| json!({ "kind": "tcp", "address": "10.0.0.5:502", member: value });
    check(tcp("in_flight", json!(17)), 1, "/ports/0/in_flight", "1..16");
    check(tcp("connect_timeout_ms", json!(5)), 1, "/ports/0/connect_timeout_ms", "100..60000");
    check(tcp("address", json!("10.0.0.5")), 1, "/ports/0/address", "`10.0.0.5:502`");
    check(tcp("baud", json!(9600)), 1, "/ports/0/baud", "not a member");
    check(tcp("in_flight", json!(1)), 248, "/devices/0/unit_id", "0 or 255");
    let rtu = json!({ "kind": "rtu-over-tcp", "address": "10.0.0.5:502", "in_flight": 2 });
    check(rtu, 1, "/ports/0/in_flight", "not a member");
    check(json!({ "kind": "rtu-over-tcp", "address": "10.0.0.5:502" }), 255, "/devices/0/unit_id", "1..247");
}

#[test]
fn two_ports_to_one_endpoint_are_a_warning() {
    let port = |name: &str| json!({ "name": name, "kind": "tcp", "address": "10.0.0.5:502" });
    let (config, problems) = GatewayConfig::parse(&json!({ "format": "dinrail/1", "ports": [port("a"), port("b")] }));
    assert_eq!(config.ports.len(), 2);
    let [problem] = &problems[..] else { panic!("{problems:?}") };
    assert_eq!((problem.pointer.as_str(), problem.severity), ("/ports/1/address", problem::Severity::Warning));
    assert!(problem.detail.contains("port `a` connects to 10.0.0.5:502 too"), "{}", problem.detail);
}
