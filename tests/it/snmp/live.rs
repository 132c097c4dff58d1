//! Changes while it runs, and restarts.

use super::*;
use crate::support::line::device;
use crate::support::wait::PATIENCE;
use dinrail::sim::server::{Server, ServerConfig, Speech};
use reqwest::Method;
use std::collections::HashMap;

#[tokio::test]
async fn a_new_user_works_at_once_and_counts_one_boot() {
    let bench = Bench::start().await;
    let before = bench.status();
    let old = bench.client(user("nms", AUTH, PRIV)).await;
    get(&old, &internal(10, 1)).await;
    bench
        .gateway
        .edit(|document| {
            let users = document["snmp"]["users"].as_array_mut().unwrap();
            users.push(json!({ "name": "second", "auth": "sha1", "auth_password": PRIV, "priv_password": AUTH }));
        })
        .await
        .unwrap();
    let second = bench.client(user("second", PRIV, AUTH)).await;
    eventually(async || second.get(&internal(10, 1)).await.ok(), "the second user").await;
    get(&old, &internal(10, 1)).await;
    let after = eventually(async || Some(bench.status()).filter(|now| before.engine_boots < now.engine_boots), "boots");
    let after = after.await;
    assert_eq!((after.engine_boots, after.engine_id), (before.engine_boots + 1, before.engine_id));
    assert_eq!(after.address, before.address);

    // What does not concern users takes no boot.
    bench.gateway.edit(|document| document["appliance"]["contact"] = json!("lee")).await.unwrap();
    let contact = async || (text(&get(&old, &oid("1.3.6.1.2.1.1.4.0")).await) == "lee").then_some(());
    eventually(contact, "the new contact").await;
    assert_eq!(bench.status().engine_boots, after.engine_boots);
    bench.gateway.stop().await;
}

/// Names of internal registers by row.
async fn names(client: &Client<UdpHandle>) -> HashMap<String, u32> {
    let column = Oid::new(OURS.into_iter().chain([22, 1, 5]));
    let all = walk(client).await.into_iter().filter(|(at, _)| at.starts_with(&column));
    all.map(|(at, value)| (text(&value), *at.arcs().last().unwrap())).collect()
}

#[tokio::test]
async fn rows_stay_over_renames_removals_imports_and_restarts_and_the_engine_with_them() {
    let bench = Bench::start().await;
    let client = bench.client(Auth::v2c(COMMUNITY)).await;
    assert_eq!(names(&client).await, HashMap::from([("level".into(), 1), ("pump".into(), 2), ("recipe".into(), 3)]));
    let edit = |document: &mut Json| {
        let registers = document["internal"].as_array_mut().unwrap();
        registers[2]["name"] = json!("batch");
        registers.remove(0);
        registers.push(json!({ "name": "fresh", "type": "u16" }));
    };
    bench.gateway.edit(edit).await.unwrap();
    let expect = HashMap::from([("pump".into(), 2), ("batch".into(), 3), ("fresh".into(), 4)]);
    eventually(async || (names(&client).await == expect).then_some(()), "the rows after the change").await;
    // All of it is taken out, and what was exported before put in again.
    let rest = bench.gateway.admin().await;
    let (exported, _) = rest.config().await;
    bench.gateway.edit(|document| drop(document["internal"].take())).await.unwrap();
    eventually(async || names(&client).await.is_empty().then_some(()), "no rows").await;
    let answer = rest.change(Method::PUT, "/api/v1/config", Some(exported)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    eventually(async || (names(&client).await == expect).then_some(()), "the rows after the import").await;
    let before = bench.status();
    let folder = bench.gateway.stop().await;

    let gateway = TestGateway::start_on(folder).await;
    let after = eventually(async || status(&gateway), "the agent").await;
    assert_eq!((after.engine_id.as_str(), after.engine_boots), (before.engine_id.as_str(), before.engine_boots + 1));
    let client = super::client(after.address.parse().unwrap(), Auth::v2c(COMMUNITY)).await;
    assert_eq!(names(&client).await, expect);
    gateway.stop().await;
}

#[tokio::test]
async fn a_walk_stays_in_order_while_tags_come_and_go() {
    let bench = Bench::start().await;
    let client = bench.client(Auth::v2c(COMMUNITY)).await;
    let end = tokio::time::Instant::now() + PATIENCE / 10;
    let changing = async {
        for round in 0.. {
            if end < tokio::time::Instant::now() {
                break;
            }
            let edit = |document: &mut Json| {
                let registers = document["internal"].as_array_mut().unwrap();
                registers.truncate(3);
                let fresh = (0..round % 7).map(|n| json!({ "name": format!("r{round}-{n}"), "type": "u16" }));
                registers.extend(fresh);
            };
            bench.gateway.edit(edit).await.unwrap();
        }
    };
    let walking = async {
        let mut walks = 0;
        while tokio::time::Instant::now() < end {
            // `walk` itself fails on a step that does not go on.
            let all = walk(&client).await;
            for row in 1..=3 {
                assert!(all.iter().any(|(at, _)| *at == internal(10, row)), "row {row} is always there");
            }
            walks += 1;
        }
        walks
    };
    let ((), walks) = tokio::join!(changing, walking);
    assert!(1 < walks);
    bench.gateway.stop().await;
}

#[tokio::test]
async fn an_agent_of_every_address_answers_from_the_one_that_was_asked() {
    let mut document = document();
    document["snmp"]["address"] = json!("0.0.0.0:0");
    let bench = Bench::start_with(document).await;
    // Who asked 127.0.0.2 takes no answer from 127.0.0.1.
    let manager = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    manager.connect(("127.0.0.2", bench.at.port())).await.unwrap();
    // GET of sysName.0 with the community plant-ro.
    let get = [
        0x30, 0x28, 2, 1, 1, 4, 8, b'p', b'l', b'a', b'n', b't', b'-', b'r', b'o', 0xA0, 0x19, 2, 1, 1, 2, 1, 0, 2, 1,
        0, 0x30, 0x0E, 0x30, 0x0C, 6, 8, 0x2B, 6, 1, 2, 1, 1, 5, 0, 5, 0,
    ];
    manager.send(&get).await.unwrap();
    let mut answer = [0; 1000];
    let length = tokio::time::timeout(PATIENCE, manager.recv(&mut answer)).await.expect("an answer").unwrap();
    assert!(answer[..length].ends_with(b"plant-1"));
    bench.gateway.stop().await;
}

#[tokio::test]
async fn a_request_under_way_is_answered_although_another_agent_took_over() {
    let slow = dinrail::sim::field::SimDevice { turnaround: Duration::from_millis(900), ..device(1) };
    let server = Server::start(ServerConfig { speech: Speech::Tcp, port: 0, devices: vec![slow] }).unwrap();
    let mut document = document();
    document["ports"] =
        json!([{ "name": "net", "kind": "tcp", "address": server.address().to_string(), "timeout_ms": 3000 }]);
    document["devices"] = json!([{ "name": "plc", "port": "net", "unit_id": 1, "poll_ms": 5000, "tags": [
        { "name": "speed", "table": "holding", "address": 5, "type": "u16", "writable": true }] }]);
    let bench = Bench::start_with(document).await;
    let writer = bench.client(Auth::v2c(WRITER)).await;
    let of_speed = |column| Oid::new(OURS.into_iter().chain([21, 1, column, 1]));
    let good = async || (get(&writer, &of_speed(20)).await == Value::Integer(0)).then_some(());
    eventually(good, "the device").await;
    let before = bench.status().engine_boots;
    let changing = async {
        // The write is with the device, whose answer takes most of a second, when the users change.
        let add = |document: &mut Json| {
            let users = document["snmp"]["users"].as_array_mut().unwrap();
            users.push(json!({ "name": "second", "auth": "sha1", "auth_password": PRIV, "priv_password": AUTH }));
        };
        bench.gateway.edit(add).await.unwrap();
        let boots = async || (bench.status().engine_boots == before + 1).then_some(());
        eventually(boots, "the boot of the other agent").await;
        // The same manager asks on, and is led to the other agent.
        assert_eq!(get(&writer, &of_speed(20)).await, Value::Integer(0));
        std::time::Instant::now()
    };
    let writing = async {
        let answer = writer.set(&of_speed(10), Value::OctetString("78".into())).await;
        (answer, std::time::Instant::now())
    };
    let ((answer, answered), changed) = tokio::join!(writing, changing);
    answer.unwrap();
    assert!(changed < answered, "the write was over before the other agent began");
    bench.gateway.stop().await;
}
