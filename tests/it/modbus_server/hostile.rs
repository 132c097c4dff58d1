//! Mutated requests, many on the way at once, in pieces, to the tables of the appliance and to devices behind it: each
//! well-framed one is answered in its turn and with its number, and what is none ends only its own connection.

use super::start;
use crate::support::dice::Dice;
use crate::support::line::device;
use crate::support::modbus_client::ModbusClient;
use dinrail::modbus::mbap;
use dinrail::sim::server::{Server, ServerConfig, Speech};
use serde_json::json;
use std::time::{Duration, Instant};

/// One of every function, right and wrong.
const MODELS: [&[u8]; 16] = [
    &[1, 0, 0, 0, 9],
    &[2, 0, 0, 0, 1],
    &[3, 0, 0, 0, 10],
    &[4, 0, 5, 0, 2],
    &[5, 0, 0, 0xFF, 0],
    &[6, 0, 1, 0x12, 0x34],
    &[15, 0, 0, 0, 9, 2, 0xFF, 1],
    &[15, 0, 0, 0xFF, 0xFF, 1, 0],
    &[16, 0, 1, 0, 2, 4, 1, 2, 3, 4],
    &[22, 0, 1, 0, 0xFF, 0, 1],
    &[23, 0, 0, 0, 2, 0, 1, 0, 1, 2, 1, 2],
    &[43, 14, 1, 0],
    &[43, 14, 4, 0],
    &[8, 0, 0, 0xA5, 0x37],
    &[0x41, 1, 2, 3],
    &[0x83, 2],
];

/// A stream of requests, at times with something behind them that is no Modbus/TCP.
struct Stream {
    /// Unit id and function, by transaction.
    asked: Vec<(u8, u8)>,
    bytes: Vec<u8>,
    ends: bool,
}

fn stream(dice: &mut Dice) -> Stream {
    let (mut asked, mut bytes) = (Vec::new(), Vec::new());
    for number in 0..=dice.throw(80) {
        let model = MODELS[dice.throw(MODELS.len())];
        let mut pdu = if dice.throw(3) == 0 { model.to_vec() } else { dice.mutate(model) };
        pdu.truncate(253);
        // The appliance, two devices behind it and one that is not there, and nobody.
        let unit = [1, 1, 1, 10, 11, 12, 77][dice.throw(7)];
        asked.push((unit, pdu[0]));
        bytes.extend(mbap::frame(u16::try_from(number).unwrap(), unit, &pdu));
    }
    let ends = dice.throw(8) == 0;
    if ends {
        bytes.extend([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
    }
    Stream { asked, bytes, ends }
}

/// Sends streams for so long, or so many.
async fn survive(streams: usize, time: Duration) {
    let field =
        Server::start(ServerConfig { speech: Speech::Tcp, port: 0, devices: vec![device(1), device(2)] }).unwrap();
    let routes = json!([{ "units": "10-12", "port": "COM1", "offset": -9, "timeout_ms": 20 }]);
    let (gateway, at) = start(json!({ "gateway": routes }), |document| {
        document["ports"] =
            json!([{ "name": "COM1", "kind": "tcp", "address": field.address().to_string(), "in_flight": 4 }]);
        document["internal"] = json!([
            { "name": "word", "type": "u16" }, { "name": "wide", "type": "f64" }, { "name": "on", "type": "bool" },
        ]);
    })
    .await;
    let mut dice = Dice::new();
    let end = Instant::now() + time;
    let (mut sent, mut requests) = (0, 0);
    while sent < streams && Instant::now() < end {
        let Stream { asked, bytes, ends } = stream(&mut dice);
        let mut client = ModbusClient::connect(at).await;
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at((1 + dice.throw(300)).min(rest.len()));
            client.send(piece).await;
            rest = behind;
        }
        for (number, (unit, function)) in asked.iter().enumerate() {
            let Some(answer) = client.receive().await else {
                // What ends the connection may overtake answers that still wait for the line.
                assert!(ends, "stream {sent}: no answer to request {number} of {asked:02X?}");
                break;
            };
            assert_eq!((usize::from(answer.transaction), answer.unit), (number, *unit), "stream {sent}");
            let [said, rest @ ..] = &answer.pdu[..] else { panic!("stream {sent}: an empty answer") };
            assert_eq!(said & 0x7F, function & 0x7F, "stream {sent}");
            assert!(said & 0x80 == 0 || matches!(rest, [1..=4 | 6 | 10 | 11]), "stream {sent}: {:02X?}", answer.pdu);
        }
        if ends {
            assert!(client.receive().await.is_none(), "stream {sent}");
        }
        sent += 1;
        requests += asked.len();
    }
    println!("{sent} streams, {requests} requests");
    assert_eq!(ModbusClient::connect(at).await.holding(1, 0, 1).await.len(), 1);
    gateway.stop().await;
}

#[tokio::test]
async fn mutated_streams_are_answered_request_by_request() {
    survive(100, Duration::from_secs(3600)).await;
}

#[tokio::test]
#[ignore = "ten minutes: `cargo test --release --test it -- --ignored modbus_server`"]
async fn mutated_streams_are_answered_request_by_request_for_ten_minutes() {
    survive(usize::MAX, Duration::from_mins(10)).await;
}
