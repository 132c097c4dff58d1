//! The way through to devices: byte for byte, in turn with the polls, and what is said where nobody answers.

use super::{start, status};
use crate::support::modbus_client::ModbusClient;
use crate::support::wait::eventually;
use dinrail::config::GatewayConfig;
use dinrail::drivers::modbus::line::{Ask, Line};
use dinrail::modbus::mbap;
use dinrail::modbus::wire::{Parity, Wire};
use dinrail::sim::bank::Bank;
use dinrail::sim::field::{Field, FieldConfig, SimDevice};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// A simulated line with units 1 and 2 of 100 words in each table.
fn field() -> Field {
    let device = |unit| SimDevice { unit, turnaround: Duration::from_millis(2), bank: Bank::new(100) };
    let wire = Wire { baud: 115_200, data_bits: 8, parity: Parity::None, stop_bits: 1 };
    Field::start(FieldConfig { wire, devices: vec![device(1), device(2)], strict: true, spin: false, link: None })
        .unwrap()
}

fn port(field: &Field) -> Json {
    json!({
        "name": "COM1", "kind": "serial", "path": field.path(), "mode": "rs232", "baud": 115_200, "parity": "none",
        "timeout_ms": 1000
    })
}

/// What the line itself says to the same bytes.
async fn directly(field: &Field, exchanges: &[(u8, &[u8])]) -> Vec<Vec<u8>> {
    let document = json!({ "format": "dinrail/1", "ports": [port(field)] });
    let (config, problems) = GatewayConfig::parse(&document);
    assert_eq!(problems, []);
    let line = Line::open(config.ports[0].link.clone()).await.unwrap();
    let mut replies = Vec::new();
    for (unit, pdu) in exchanges {
        let ask = Ask { unit: *unit, pdu: pdu.to_vec(), timeout: Duration::from_secs(1), min_gap: Duration::ZERO };
        replies.push(line.handle().ask(ask).await.unwrap().reply.unwrap());
    }
    line.close().await;
    replies
}

#[tokio::test]
async fn the_same_bytes_get_the_same_answer_through_the_gateway_and_on_the_line() {
    // Two alike: what is written on one is not to be seen on the other.
    let (direct, field) = (field(), field());
    let exchanges: &[(u8, &[u8])] = &[
        (1, &[3, 0, 0, 0, 10]),
        (2, &[4, 0, 5, 0, 1]),
        (1, &[1, 0, 0, 0, 30]),
        (1, &[6, 0, 3, 0x12, 0x34]),
        (1, &[3, 0, 3, 0, 1]),
        (2, &[16, 0, 1, 0, 2, 4, 1, 2, 3, 4]),
        (1, &[15, 0, 0, 0, 9, 2, 0xFF, 1]),
        (1, &[3, 0, 200, 0, 1]),
        (1, &[3, 0, 0, 0, 200]),
        (1, &[8, 0, 0, 0xA5, 0x37]),
        (2, &[0x41, 1, 2, 3]),
        (1, &[0x64]),
    ];
    let expect = directly(&direct, exchanges).await;
    let server = json!({ "gateway": [{ "units": "10-20", "port": "COM1", "offset": -9 }] });
    let (gateway, at) = start(server, |document| document["ports"] = json!([port(&field)])).await;
    let mut client = ModbusClient::connect(at).await;
    let open = async || (client.ask(10, &[3, 0, 0, 0, 1]).await.len() == 4).then_some(());
    eventually(open, "the line is open").await;
    for ((unit, pdu), expect) in exchanges.iter().zip(&expect) {
        assert_eq!(client.ask(unit + 9, pdu).await, *expect, "{pdu:02X?}");
    }
    // No function has such a number, and this one lacks its data.
    assert_eq!(client.ask(10, &[0x90, 1]).await, [0x90, 1]);
    assert_eq!(client.ask(10, &[3, 0]).await, [0x83, 3]);
    // The image is beside it.
    assert_eq!(client.ask(1, &[3, 0, 0, 0, 1]).await, [0x83, 2]);
    gateway.stop().await;
}

#[tokio::test]
async fn silence_a_closed_line_no_way_and_a_full_queue_have_their_exceptions() {
    let field = field();
    let server = json!({ "gateway": [
        { "units": "2-9", "port": "COM1", "timeout_ms": 30 },
        { "units": 10, "port": "COM2" },
        { "units": "11", "port": "OFF" },
    ] });
    let (gateway, at) = start(server, |document| {
        let other = |name, enabled| json!({ "name": name, "kind": "serial", "path": "/dev/none", "enabled": enabled });
        document["ports"] = json!([port(&field), other("COM2", true), { "name": "OFF", "kind": "tcp", "address": "127.0.0.1:1", "enabled": false }]);
    })
    .await;
    let mut client = ModbusClient::connect(at).await;
    let open = async || (client.ask(2, &[3, 0, 0, 0, 1]).await.len() == 4).then_some(());
    eventually(open, "the line is open").await;
    assert_eq!(client.ask(9, &[3, 0, 0, 0, 1]).await, [0x83, 0x0B], "nobody has this address");
    for unit in [10, 11, 12] {
        assert_eq!(client.ask(unit, &[0x42, 1]).await, [0xC2, 0x0A], "unit {unit}");
    }
    let burst: Vec<u8> = (0..60u16).flat_map(|number| mbap::frame(number, 9, &[3, 0, 0, 0, 1])).collect();
    client.send(&burst).await;
    let mut codes = Vec::new();
    for number in 0..60u16 {
        let message = client.receive().await.unwrap();
        assert_eq!(message.transaction, number);
        codes.push(message.pdu[1]);
    }
    // 32 wait, behind the one or two that have left for the wire already.
    let served = codes.iter().position(|code| *code == 6).expect("the queue is full some time");
    assert!((32..=34).contains(&served), "{codes:02X?}");
    assert!(codes[..served].iter().all(|code| *code == 0x0B), "{codes:02X?}");
    gateway.stop().await;
}

#[tokio::test]
async fn polls_and_requests_of_others_share_the_line() {
    let field = field();
    let server = json!({ "gateway": [{ "units": "2", "port": "COM1" }] });
    let (gateway, at) = start(server, |document| {
        document["ports"] = json!([port(&field)]);
        document["devices"] = json!([{
            "name": "d", "port": "COM1", "unit_id": 1, "poll_ms": 0,
            "tags": [{ "name": "t", "table": "holding", "address": 0, "type": "u16", "writable": true }]
        }]);
    })
    .await;
    let stamp = || gateway.tag("d/t").and_then(|view| view.state.at);
    eventually(async || stamp(), "the first poll").await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(ModbusClient::connect(at).await);
    }
    let (before, requests) = (field.stats().requests, 40);
    let work = clients.iter_mut().map(async |client| {
        for _ in 0..requests {
            assert_eq!(client.ask(2, &[4, 0, 0, 0, 1]).await.len(), 4);
        }
    });
    futures::future::join_all(work).await;
    let polls = field.stats().requests - before - 3 * requests;
    // Every other turn is the poll's: flat out it has as many as they, and they had all of theirs answered.
    assert!(requests <= polls, "{polls} polls beside {} requests", 3 * requests);
    // A write of ours goes on, too.
    assert!(
        gateway
            .gateway
            .commands
            .write(
                &dinrail::tag::id::TagName::parse("d/t").unwrap(),
                dinrail::tag::attribute::Attribute::Value,
                dinrail::tag::value::Value::U64(5),
                dinrail::runtime::commands::Asker { source: "test".into(), actor: "test".into(), unix_ms: 0 },
            )
            .await
            .is_ok()
    );
    let forwarded = async || status(&gateway).filter(|status| status["forwarded"] == 3 * requests);
    eventually(forwarded, "what was forwarded is counted").await;
    gateway.stop().await;
}

#[tokio::test]
async fn a_read_that_the_image_can_answer_costs_no_line_time() {
    let field = field();
    let route = json!({ "units": "1", "port": "COM1", "cache_ms": 60_000 });
    let (gateway, at) = start(json!({ "unit_id": 9, "gateway": [route] }), |document| {
        document["ports"] = json!([port(&field)]);
        let tag = |name, address, kind| json!({ "name": name, "table": "holding", "address": address, "type": kind });
        document["devices"] = json!([{
            "name": "d", "port": "COM1", "unit_id": 1, "poll_ms": 3_600_000,
            "tags": [tag("a", 0, "u16"), tag("b", 1, "u32"), tag("c", 5, "u16")]
        }]);
    })
    .await;
    assert!(field.set(1, dinrail::modbus::address::Table::Holding, 0, &[7, 8, 9]));
    eventually(async || gateway.tag("d/c").and_then(|view| view.state.at), "the first and only poll").await;
    let held: Vec<u8> = ["d/a", "d/b"]
        .iter()
        .flat_map(|name| gateway.tag(name).unwrap().state.raw)
        .flat_map(u16::to_be_bytes)
        .collect();
    let mut client = ModbusClient::connect(at).await;
    let before = field.stats().requests;
    assert_eq!(client.ask(1, &[3, 0, 0, 0, 3]).await, [&[3, 6], &held[..]].concat());
    assert_eq!(client.ask(1, &[3, 0, 1, 0, 1]).await[..2], [3, 2]);
    assert_eq!(field.stats().requests, before, "the line was not asked");
    // Register 3 is nobody's: the whole range is read in the field, as it is there now.
    assert_eq!(client.ask(1, &[3, 0, 0, 0, 4]).await, [3, 8, 0, 7, 0, 8, 0, 9, 0, 0]);
    assert_eq!(field.stats().requests, before + 1);
    let counted = async || status(&gateway).filter(|status| status["cached"] == 2 && status["forwarded"] == 1);
    eventually(counted, "both are counted").await;
    gateway.stop().await;
}
