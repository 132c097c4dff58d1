//! What an entry permits over Modbus, request by request, to the image and through to devices.

use super::{ask, connect, port, refused};
use crate::support::gateway::TestGateway;
use crate::support::line::device;
use dinrail::config::access::Service;
use dinrail::sim::server::{Server, ServerConfig, Speech};
use serde_json::{Value as Json, json};
use tokio::net::TcpStream;

/// Sends a request to a unit; the PDU of the answer.
async fn request(stream: &mut TcpStream, unit: u8, pdu: &[u8], answer: usize) -> Vec<u8> {
    let length = u8::try_from(pdu.len() + 1).unwrap();
    let frame = [&[0, 9, 0, 0, 0, length, unit], pdu].concat();
    ask(stream, &frame, 7 + answer).await[7..].to_vec()
}

async fn start(allow: Json) -> (TestGateway, Server) {
    let field = Server::start(ServerConfig { speech: Speech::Tcp, port: 0, devices: vec![device(1)] }).unwrap();
    let gateway = TestGateway::start().await;
    let document = json!({
        "format": "dinrail/1",
        "ports": [{ "name": "plc", "kind": "tcp", "address": field.address().to_string() }],
        "internal": [{ "name": "a", "type": "u16", "initial": 7 }, { "name": "b", "type": "u16", "initial": 8 }],
        "modbus_server": { "address": "127.0.0.1:0", "unit_id": 1, "gateway": [{ "units": "11", "port": "plc", "offset": -10 }] },
        "access": { "modbus": { "mode": "allow-list", "allow": allow } },
    });
    gateway.edit(|present| *present = document).await.unwrap();
    (gateway, field)
}

#[tokio::test]
async fn each_client_does_what_its_narrowest_entry_permits_and_no_more() {
    let (gateway, _field) = start(json!([
        "127.0.0.0/8",
        { "network": "127.0.0.2", "access": "read", "note": "a panel that only shows" },
        { "network": "127.0.0.3", "units": [11] },
        { "network": "127.0.0.4", "areas": ["holding 1"] },
    ]))
    .await;
    let port = port(&gateway, Service::Modbus).await;
    let mut full = connect("127.0.0.1", port).await;
    let mut reader = connect("127.0.0.2", port).await;
    let mut through = connect("127.0.0.3", port).await;
    let mut narrow = connect("127.0.0.4", port).await;

    assert_eq!(request(&mut full, 1, &[6, 0, 0, 0, 70], 5).await, [6, 0, 0, 0, 70]);
    assert_eq!(request(&mut full, 11, &[3, 0, 7, 0, 1], 4).await, [3, 2, 0, 207]);

    assert_eq!(request(&mut reader, 1, &[3, 0, 0, 0, 1], 4).await, [3, 2, 0, 70]);
    assert_eq!(request(&mut reader, 1, &[6, 0, 0, 0, 71], 2).await, [0x86, 1]);
    assert_eq!(request(&mut reader, 11, &[3, 0, 7, 0, 1], 4).await, [3, 2, 0, 207]);
    assert_eq!(request(&mut reader, 11, &[6, 0, 7, 0, 1], 2).await, [0x86, 1]);
    assert_eq!(request(&mut reader, 11, &[0x65, 1], 2).await, [0xE5, 1], "nobody knows what it writes");

    assert_eq!(request(&mut through, 1, &[3, 0, 0, 0, 1], 2).await, [0x83, 0x0A], "as a unit that is not there");
    assert_eq!(request(&mut through, 11, &[6, 0, 7, 0, 208], 5).await, [6, 0, 7, 0, 208]);

    assert_eq!(request(&mut narrow, 1, &[3, 0, 1, 0, 1], 4).await, [3, 2, 0, 8]);
    assert_eq!(request(&mut narrow, 1, &[3, 0, 0, 0, 2], 2).await, [0x83, 2]);
    assert_eq!(request(&mut narrow, 1, &[6, 0, 0, 0, 1], 2).await, [0x86, 2]);
    assert_eq!(request(&mut narrow, 1, &[4, 0, 1, 0, 1], 2).await, [0x84, 2]);
    assert_eq!(request(&mut narrow, 1, &[3, 0, 1, 0, 0], 2).await, [0x83, 3], "wrong in itself");

    let seen = refused(&gateway, Service::Modbus);
    let expect = [("127.0.0.4", 0, 3), ("127.0.0.3", 0, 1), ("127.0.0.2", 0, 3)];
    assert_eq!(seen, expect.map(|(address, times, requests)| (address.to_owned(), times, requests)));
    assert_eq!(gateway.tag("internal/a").unwrap().state.value, Some(dinrail::tag::value::Value::U64(70)));
    gateway.stop().await;
}

#[tokio::test]
async fn new_rules_hold_for_the_next_request_on_an_open_connection() {
    let (gateway, _field) = start(json!([{ "network": "127.0.0.1", "access": "read" }])).await;
    let port = port(&gateway, Service::Modbus).await;
    let mut client = connect("127.0.0.1", port).await;
    assert_eq!(request(&mut client, 1, &[6, 0, 0, 0, 71], 2).await, [0x86, 1]);
    gateway.edit(|document| document["access"]["modbus"]["allow"] = json!(["127.0.0.1"])).await.unwrap();
    assert_eq!(request(&mut client, 1, &[6, 0, 0, 0, 71], 5).await, [6, 0, 0, 0, 71]);
    gateway
        .edit(|document| document["access"]["modbus"]["allow"][0] = json!({ "network": "127.0.0.1", "units": [2] }))
        .await
        .unwrap();
    assert_eq!(request(&mut client, 1, &[3, 0, 0, 0, 1], 2).await, [0x83, 0x0A]);
    gateway.stop().await;
}
