use super::*;
use crate::config::endpoint::Endpoint;
use crate::config::link::{RtuOverTcpConfig, TcpConfig};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::time::Instant;

fn needs(document: &Json) -> Vec<LineNeeds> {
    let (config, problems) = GatewayConfig::parse(document);
    assert!(problems.is_empty(), "{problems:?}");
    feasibility(&config)
}

fn line(baud: u32, devices: &[(&str, u16, u64)]) -> Json {
    let device = |(index, (name, tags, poll_ms)): (usize, &(&str, u16, u64))| {
        // Too far apart to be read together.
        let tag = |at: u16| json!({"name": format!("t{at}"), "table": "holding", "address": 200 * at, "type": "u16"});
        let tags: Vec<Json> = (0..*tags).map(tag).collect();
        json!({"name": name, "port": "COM1", "unit_id": index + 1, "poll_ms": poll_ms, "tags": tags})
    };
    let devices: Vec<Json> = devices.iter().enumerate().map(device).collect();
    let port = json!({"name": "COM1", "kind": "serial", "path": "/dev/ttyS0", "baud": baud});
    json!({"format": "dinrail/1", "ports": [port], "devices": devices})
}

#[track_caller]
fn check(document: &Json, percent: f64, advice: Option<&str>) {
    let needs = needs(document);
    assert!((needs[0].needs_percent / percent - 1.0).abs() < 0.01, "{needs:?}");
    assert_eq!(needs[0].advice.as_deref(), advice);
}

#[test]
fn a_line_is_told_what_it_needs_and_what_mends_it() {
    // One register at 9600 8E1: 15 characters, twice 3.5 characters of silence, 10 ms, and 0.1 ms of ours.
    check(&line(9600, &[("meter1", 10, 1000)]), 10.0 * 3.53, None);
    check(&line(9600, &[("meter1", 28, 1000)]), 98.8, None);
    check(
        &line(9600, &[("meter1", 5, 1000), ("meter3", 33, 1000)]),
        134.1,
        Some("COM1 needs 134 % of its time: poll meter3 every 2000 ms, or raise the line to 19200 baud"),
    );
    check(
        &line(115_200, &[("meter1", 80, 1000), ("meter3", 20, 500)]),
        180.4,
        Some("COM1 needs 180 % of its time: poll every device every 2000 ms"),
    );
}

#[test]
fn what_is_read_flat_out_takes_the_rest_and_is_not_counted() {
    let needs = needs(&line(9600, &[("meter1", 40, 0), ("meter2", 2, 1000)]));
    assert!(needs[0].flat_out && needs[0].advice.is_none());
    assert!(needs[0].devices[0].needs_percent < 1e-9);
    assert_eq!(needs[0].devices[0].reads, 40);
    assert!((needs[0].scan_ms / (42.0 * 35.3) - 1.0).abs() < 0.01);
}

#[test]
fn connections_and_device_servers_are_judged_too() {
    #[track_caller]
    fn check(link: LinkConfig, percent: f64, advice: Option<&str>) {
        let (mut config, _) = GatewayConfig::parse(&line(9600, &[("plc", 200, 1000)]));
        config.ports[0].link = link;
        let needs = feasibility(&config);
        assert!((needs[0].needs_percent / percent - 1.0).abs() < 0.01, "{needs:?}");
        assert_eq!(needs[0].advice.as_deref(), advice);
    }
    check(tcp(1), 201.0, Some("COM1 needs 201 % of its time: poll plc every 2500 ms"));
    check(tcp(4), 50.3, None);
    let server = RtuOverTcpConfig {
        address: Endpoint { host: "192.0.2.1".to_owned(), port: 4001 },
        connect_timeout: Duration::from_secs(3),
        gap: None,
        broadcast_delay: Duration::ZERO,
    };
    let advice = "COM1 needs 453 % of its time: poll plc every 6000 ms";
    check(LinkConfig::RtuOverTcp(server), 453.0, Some(advice));
}

fn tcp(in_flight: u8) -> LinkConfig {
    let address = Endpoint { host: "192.0.2.1".to_owned(), port: 502 };
    LinkConfig::Tcp(TcpConfig { address, connect_timeout: Duration::from_secs(3), in_flight })
}

#[test]
fn what_is_only_written_needs_nothing() {
    let mut document = line(9600, &[("meter1", 10, 1000), ("all", 10, 1000)]);
    document["devices"][1]["unit_id"] = json!(0);
    check(&document, 35.3, None);
    let all = &needs(&document)[0].devices[1];
    assert!(all.reads == 0 && all.needs_percent < 1e-9, "{all:?}");
}

#[test]
fn what_is_switched_off_needs_nothing() {
    let mut document = line(9600, &[("meter1", 10, 1000), ("meter2", 10, 1000)]);
    document["devices"][1]["enabled"] = json!(false);
    check(&document, 35.3, None);
    document["ports"][0]["enabled"] = json!(false);
    assert!(needs(&document).is_empty());
}

#[test]
fn a_hundred_thousand_tags_are_judged_in_no_time() {
    let tag = |at: u32| json!({"name": format!("t{at}"), "table": "input", "address": 3 * at % 65_000, "type": "u16", "poll_ms": 500 + at % 7 * 500});
    let device = |index: u32| {
        let tags: Vec<Json> = (0..10_000).map(tag).collect();
        json!({"name": format!("plc{index}"), "port": "net", "unit_id": index + 1, "tags": tags})
    };
    let devices: Vec<Json> = (0..10).map(device).collect();
    let port = json!({"name": "net", "kind": "serial", "path": "/dev/ttyS0"});
    let (mut config, _) = GatewayConfig::parse(&json!({"format": "dinrail/1", "ports": [port], "devices": devices}));
    config.ports[0].link = tcp(16);
    let began = Instant::now();
    assert_eq!(feasibility(&config)[0].devices.len(), 10);
    // Unoptimised and beside other tests.
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Whoever follows the advice is not told off again.
    #[test]
    fn the_remedy_mends_it(
        baud in prop_oneof![Just(9600u32), Just(19_200), Just(57_600)],
        devices in proptest::collection::vec((1u16..60, 1u64..40), 1..6)
    ) {
        let names = ["a", "b", "c", "d", "e", "f"];
        let list: Vec<(&str, u16, u64)> = devices.iter().zip(names).map(|((tags, poll), name)| (name, *tags, 100 * poll)).collect();
        let document = line(baud, &list);
        let Some(advice) = needs(&document).remove(0).advice else { return Ok(()) };
        let number = |after: &str| advice.split_once(after).and_then(|(_, rest)| rest.split(' ').next()?.parse::<u64>().ok());
        let mends = |document: &Json| needs(document)[0].needs_percent <= 100.0;
        if let Some(baud) = number("raise the line to ") {
            let mut faster = document.clone();
            faster["ports"][0]["baud"] = json!(baud);
            prop_assert!(mends(&faster), "{advice}");
        }
        if let Some(period) = number(" every ").or_else(|| number(" every device every ")) {
            let mut slower = document.clone();
            for device in slower["devices"].as_array_mut().unwrap() {
                let named = advice.contains("every device") || advice.contains(&format!("poll {} every", device["name"].as_str().unwrap()));
                if named && device["poll_ms"].as_u64().unwrap() < period {
                    device["poll_ms"] = json!(period);
                }
            }
            prop_assert!(mends(&slower), "{advice}");
        }
    }
}
