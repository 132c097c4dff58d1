//! The image as registers: reading, writing, and how a connection is treated.

use super::{address, start, status};
use crate::support::modbus_client::ModbusClient;
use crate::support::wait::eventually;
use dinrail::modbus::mbap;
use serde_json::{Value as Json, json};

/// Registers of the appliance: `word` at 0, `wide` at 1, `on` at bit 0, `off` at bit 1.
fn registers(document: &mut Json) {
    document["internal"] = json!([
        { "name": "word", "type": "i16", "initial": -2 },
        { "name": "wide", "type": "u32", "initial": 65538 },
        { "name": "on", "type": "bool", "initial": true },
        { "name": "off", "type": "bool" },
    ]);
}

/// Waits until the registers have their initial values.
async fn settled(client: &mut ModbusClient) {
    for _ in 0..1_000 {
        if client.holding(1, 0, 3).await == [0xFFFE, 1, 2] {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the registers never had their initial values");
}

#[tokio::test]
async fn every_function_reads_and_writes_the_image() {
    let (gateway, at) = start(json!({}), registers).await;
    let mut client = ModbusClient::connect(at).await;
    settled(&mut client).await;
    let exchanges: &[(&[u8], &[u8])] = &[
        (&[1, 0, 0, 0, 2], &[1, 1, 0b01]),
        (&[2, 0, 0, 0, 2], &[2, 1, 0b01]),
        (&[3, 0, 0, 0, 3], &[3, 6, 0xFF, 0xFE, 0, 1, 0, 2]),
        (&[4, 0, 1, 0, 2], &[4, 4, 0, 1, 0, 2]),
        (&[5, 0, 1, 0xFF, 0], &[5, 0, 1, 0xFF, 0]),
        (&[1, 0, 0, 0, 2], &[1, 1, 0b11]),
        (&[6, 0, 0, 0, 7], &[6, 0, 0, 0, 7]),
        (&[3, 0, 0, 0, 1], &[3, 2, 0, 7]),
        (&[15, 0, 0, 0, 2, 1, 0b10], &[15, 0, 0, 0, 2]),
        (&[1, 0, 0, 0, 2], &[1, 1, 0b10]),
        (&[16, 0, 0, 0, 3, 6, 0, 9, 0, 3, 0, 4], &[16, 0, 0, 0, 3]),
        (&[3, 0, 0, 0, 3], &[3, 6, 0, 9, 0, 3, 0, 4]),
        (&[22, 0, 0, 0xFF, 0xF0, 0, 0x05], &[22, 0, 0, 0xFF, 0xF0, 0, 0x05]),
        (&[3, 0, 0, 0, 1], &[3, 2, 0, 5]),
        (&[23, 0, 0, 0, 2, 0, 0, 0, 1, 2, 0x12, 0x34], &[23, 4, 0x12, 0x34, 0, 3]),
        // The bits once more, packed.
        (&[3, 0xF0, 0, 0, 1], &[3, 2, 0, 0b10]),
        (&[6, 0xF0, 0, 0, 0b01], &[6, 0xF0, 0, 0, 0b01]),
        (&[1, 0, 0, 0, 2], &[1, 1, 0b01]),
    ];
    for (request, reply) in exchanges {
        assert_eq!(client.ask(1, request).await, *reply, "{request:02X?}");
    }
    let said = client.ask(1, &[43, 14, 1, 0]).await;
    assert!(said.starts_with(b"\x2B\x0E\x01\x82\0\0\x03\0\x07dinrail\x01\x07dinrail\x02"), "{said:02X?}");
    gateway.stop().await;
}

#[tokio::test]
async fn what_cannot_be_gets_an_exception_and_the_connection_stays() {
    let (gateway, at) = start(json!({}), registers).await;
    let mut client = ModbusClient::connect(at).await;
    settled(&mut client).await;
    for (unit, request, reply) in [
        (1, &[7][..], [0x87, 1]),
        (1, &[3, 0x75, 0, 0, 1], [0x83, 2]),
        (1, &[3, 0, 0, 0, 126], [0x83, 3]),
        (1, &[3, 0, 0], [0x83, 3]),
        (1, &[6, 0, 1, 0, 1], [0x86, 2]),
        (1, &[16, 0, 0, 0, 1, 3, 0, 0, 0], [0x90, 3]),
        (9, &[3, 0, 0, 0, 1], [0x83, 0x0A]),
    ] {
        assert_eq!(client.ask(unit, request).await, reply, "{request:02X?}");
    }
    // A byte count that says one and a count of 65535: byte for byte as it once ended another server.
    // Unit 7 is nobody, and unit 1 the server.
    for unit in [7, 1] {
        client.send(&[0, 1, 0, 0, 0, 8, unit, 0x0F, 0, 0, 0xFF, 0xFF, 1, 0]).await;
        assert_eq!(client.receive().await.unwrap().pdu, [0x8F, 3], "unit {unit}");
    }
    // 0 and 255 mean the server itself.
    assert_eq!(client.holding(0, 0, 1).await, client.holding(255, 0, 1).await);
    gateway.edit(|document| document["modbus_server"]["unit_id"] = json!("any")).await.unwrap();
    let any = async || (client.ask(7, &[3, 0, 0, 0, 1]).await == [3, 2, 0xFF, 0xFE]).then_some(());
    eventually(any, "every unit id is ours").await;
    gateway.stop().await;
}

#[tokio::test]
async fn a_module_has_a_unit_id_and_first_addresses_of_its_own_if_asked() {
    let (gateway, at) = start(json!({}), registers).await;
    let mut client = ModbusClient::connect(at).await;
    settled(&mut client).await;
    let modules = json!([
        { "module": "internal", "unit_id": 5, "holding": 100, "input": 200 },
        { "module": "internal", "holding": 10_000 },
    ]);
    gateway.edit(|document| document["modbus_server"]["map"] = json!({ "modules": modules })).await.unwrap();
    let own = async || (client.ask(5, &[3, 0, 100, 0, 3]).await == [3, 6, 0xFF, 0xFE, 0, 1, 0, 2]).then_some(());
    eventually(own, "the unit id of its own").await;
    let exchanges: &[(u8, &[u8], &[u8])] = &[
        (5, &[4, 0, 200, 0, 1], &[4, 2, 0xFF, 0xFE]),
        (5, &[3, 0, 0, 0, 1], &[0x83, 2]),
        (5, &[1, 0, 0, 0, 2], &[1, 1, 0b01]),
        (5, &[6, 0, 100, 0, 7], &[6, 0, 100, 0, 7]),
        (5, &[5, 0, 1, 0xFF, 0], &[5, 0, 1, 0xFF, 0]),
        (1, &[1, 0, 0, 0, 2], &[1, 1, 0b11]),
        // The same tags under the unit id of the appliance: holding registers from 10000 on, the others as they were.
        (1, &[3, 0x27, 0x10, 0, 3], &[3, 6, 0, 7, 0, 1, 0, 2]),
        (1, &[4, 0, 0, 0, 3], &[4, 6, 0, 7, 0, 1, 0, 2]),
        (1, &[3, 0, 0, 0, 1], &[0x83, 2]),
        (1, &[6, 0x27, 0x10, 0, 8], &[6, 0x27, 0x10, 0, 8]),
        (5, &[4, 0, 200, 0, 1], &[4, 2, 0, 8]),
        (6, &[3, 0, 100, 0, 1], &[0x83, 0x0A]),
    ];
    for (unit, request, reply) in exchanges {
        assert_eq!(client.ask(*unit, request).await, *reply, "unit {unit}: {request:02X?}");
    }
    let rest = gateway.admin().await;
    let query = "match=internal/word&attribute=value";
    let map = rest.get(&format!("/api/v1/modbus-server/map?unit=5&{query}")).await.body;
    assert_eq!((&map["units"], &map["total"]), (&json!([5]), &json!(2)));
    let place = |entry: &Json| json!([entry["tables"], entry["address"]]);
    assert_eq!(
        [place(&map["entries"][0]), place(&map["entries"][1])],
        [json!([["holding"], 100]), json!([["input"], 200])]
    );
    let map = rest.get(&format!("/api/v1/modbus-server/map?{query}")).await.body;
    assert_eq!(place(&map["entries"][0]), json!([["holding"], 10_000]));
    let csv = rest.get("/api/v1/modbus-server/map.csv?unit=5").await.body;
    assert!(csv.as_str().unwrap().contains("\nholding,100,40101,1,internal/word,value,i16,AB,,yes,\n"), "{csv}");
    // The places outlast the process.
    let folder = gateway.stop().await;
    let gateway = crate::support::gateway::TestGateway::start_on(folder).await;
    let mut client = ModbusClient::connect(address(&gateway, None).await).await;
    let same = async || (client.ask(5, &[3, 0, 101, 0, 2]).await == [3, 4, 0, 1, 0, 2]).then_some(());
    eventually(same, "the same places after a restart").await;
    gateway.stop().await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_each_with_its_number() {
    let (gateway, at) = start(json!({}), registers).await;
    let mut client = ModbusClient::connect(at).await;
    settled(&mut client).await;
    let mut bytes = Vec::new();
    for number in 0..200u16 {
        let pdu: &[u8] = match number % 4 {
            0 => &[6, 0, 0, 0, 1],
            1 => &[3, 0, 0, 0, 1],
            2 => &[22, 0, 0, 0, 0, 0, 2],
            _ => &[4, 0, 0, 0, 1],
        };
        bytes.extend(mbap::frame(number, 1, pdu));
    }
    // In pieces that are no frames.
    for piece in bytes.chunks(17) {
        client.send(piece).await;
    }
    for number in 0..200u16 {
        let message = client.receive().await.unwrap();
        assert_eq!(message.transaction, number);
        match number % 4 {
            1 => assert_eq!(message.pdu, [3, 2, 0, 1], "a read sees the write before it"),
            3 => assert_eq!(message.pdu, [4, 2, 0, 2]),
            _ => assert!(message.pdu[0] < 0x80),
        }
    }
    gateway.stop().await;
}

#[tokio::test]
async fn what_is_no_modbus_is_closed_and_who_says_nothing_too() {
    let (gateway, at) = start(json!({ "idle_timeout_s": 1 }), registers).await;
    for wrong in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0, 1, 0, 1, 0, 6], &[0, 1, 0, 0, 0, 1, 1], &[0, 1, 0, 0, 0, 255, 1]]
    {
        let mut client = ModbusClient::connect(at).await;
        client.send(wrong).await;
        assert!(client.receive().await.is_none(), "{wrong:02X?}");
    }
    let mut client = ModbusClient::connect(at).await;
    // Half a request is no sign of life.
    client.send(&[0, 1, 0, 0, 0, 6, 1]).await;
    assert!(client.receive().await.is_none());
    let counted = async || status(&gateway).filter(|status| status["broken"] == 4 && status["idled"] == 1);
    eventually(counted, "both are counted").await;
    gateway.stop().await;
}

#[tokio::test]
async fn a_changed_map_closes_no_connection_and_a_changed_address_does() {
    let (gateway, at) = start(json!({ "max_connections": 2 }), registers).await;
    let mut client = ModbusClient::connect(at).await;
    settled(&mut client).await;
    let entries =
        json!([{ "table": "holding", "address": 500, "tag": "internal/wide", "type": "u32", "order": "CDAB" }]);
    gateway
        .edit(|document| document["modbus_server"]["map"] = json!({ "mode": "edited", "entries": entries }))
        .await
        .unwrap();
    let edited = async || (client.ask(1, &[3, 1, 0xF4, 0, 2]).await == [3, 4, 0, 2, 0, 1]).then_some(());
    eventually(edited, "the edited map").await;
    assert_eq!(client.ask(1, &[3, 0, 0, 0, 1]).await, [0x83, 2]);
    // A new tag moves none of the automatic map.
    gateway
        .edit(|document| {
            document["modbus_server"]["map"] = json!({});
            let list = document["internal"].as_array_mut().unwrap();
            list.insert(0, json!({ "name": "new", "type": "u16", "initial": 77 }));
        })
        .await
        .unwrap();
    let automatic =
        async || (client.ask(1, &[3, 0, 0, 0, 4]).await == [3, 8, 0xFF, 0xFE, 0, 1, 0, 2, 0, 77]).then_some(());
    eventually(automatic, "the new tag behind the others").await;
    // The third connection of two is refused; the others stay.
    let _second = ModbusClient::connect(at).await;
    assert!(ModbusClient::connect(at).await.receive().await.is_none());
    assert_eq!(client.holding(1, 3, 1).await, [77]);
    let clients = async || {
        let status = status(&gateway)?;
        let last = &status["clients"][0]["last"];
        (status["clients"].as_array()?.len() == 2 && last["address"] == 3 && status["refused"] == 1).then_some(())
    };
    eventually(clients, "the clients and their last request").await;
    gateway.edit(|document| document["modbus_server"]["address"] = json!(["127.0.0.2:0"])).await.unwrap();
    assert!(client.receive().await.is_none());
    let moved = address(&gateway, Some(at)).await;
    assert_eq!(ModbusClient::connect(moved).await.holding(1, 3, 1).await, [77]);
    // The places outlast the process.
    let folder = gateway.stop().await;
    let gateway = crate::support::gateway::TestGateway::start_on(folder).await;
    let at = address(&gateway, None).await;
    let mut client = ModbusClient::connect(at).await;
    let same = async || (client.ask(1, &[3, 0, 3, 0, 1]).await == [3, 2, 0, 77]).then_some(());
    eventually(same, "the same places after a restart").await;
    gateway.stop().await;
}

#[tokio::test]
async fn a_client_keeps_the_safe_mode_away_and_its_silence_brings_it() {
    let (gateway, at) = start(json!({}), |document| {
        registers(document);
        document["safe_mode"] = json!({ "modbus_s": 1 });
    })
    .await;
    let mut client = ModbusClient::connect(at).await;
    let active = || gateway.gateway.safe_mode.follow().borrow().is_active();
    eventually(async || active().then_some(()), "the safe mode after the silence").await;
    client.holding(1, 0, 1).await;
    eventually(async || (!active()).then_some(()), "its end at a request").await;
    let without = gateway.edit(|document| document["modbus_server"]["enabled"] = json!(false)).await;
    assert!(format!("{without:?}").contains("leave `modbus_s` at 0"), "{without:?}");
    gateway.stop().await;
}

#[tokio::test]
async fn the_map_is_shown_as_a_list_a_picture_and_a_file() {
    let (gateway, at) = start(json!({}), registers).await;
    let rest = gateway.admin().await;
    let map = rest.get("/api/v1/modbus-server/map?match=internal/w*&attribute=value").await.body;
    assert_eq!((&map["mode"], &map["total"], &map["left_out"]), (&json!("auto"), &json!(2), &json!(0)));
    let expect = json!({
        "tables": ["holding", "input"], "address": 1, "reference": "40002", "count": 2, "tag": "internal/wide",
        "attribute": "value", "type": "u32", "order": "ABCD", "unit": "", "writable": true
    });
    assert_eq!(map["entries"][1], expect);
    let picture = json!([{
        "tables": ["holding", "input"], "address": 0, "count": 3, "entries": 2, "group": "internal", "attribute": "value"
    }]);
    assert_eq!(map["blocks"], picture);
    let first = rest.get("/api/v1/modbus-server/map?limit=1&match=internal/o*&attribute=value").await.body;
    assert_eq!((&first["entries"][0]["packed"], &first["next"]), (&json!("61440.0"), &json!(1)));
    let second = rest.get("/api/v1/modbus-server/map?limit=1&match=internal/o*&attribute=value&after=1").await.body;
    assert_eq!((&second["entries"][0]["tag"], &second["next"]), (&json!("internal/off"), &Json::Null));
    assert_eq!(rest.get("/api/v1/modbus-server/map?match=x").await.status, 422);
    let csv = rest.get("/api/v1/modbus-server/map.csv").await.body;
    let csv = csv.as_str().unwrap();
    assert!(csv.contains("\nholding input,1,40002,2,internal/wide,value,u32,ABCD,,yes,\n"), "{csv}");
    let metrics = rest.get("/metrics").await.body;
    assert!(metrics.as_str().unwrap().contains("dinrail_modbus_server_clients 0"), "{at}");
    gateway.stop().await;
}
