//! GET, GETNEXT, GETBULK and SET in every version.

use super::*;
use crate::support::line::device;
use async_snmp::{Error, ErrorStatus};
use dinrail::sim::fault::{Fault, Times};
use dinrail::sim::server::{Server, ServerConfig, Speech};
use reqwest::Method;

#[tokio::test]
async fn every_version_is_answered_from_the_image() {
    let bench = Bench::start().await;
    let v3 = user("nms", AUTH, PRIV);
    for auth in [Auth::v1(COMMUNITY), Auth::v2c(COMMUNITY), Auth::Usm(v3)] {
        let client = bench.client(auth).await;
        assert!(text(&get(&client, &oid("1.3.6.1.2.1.1.1.0")).await).starts_with("dinrail "));
        assert_eq!(text(&get(&client, &oid("1.3.6.1.2.1.1.5.0")).await), "plant-1");
        assert_eq!(text(&get(&client, &internal(5, 1)).await), "level");
        assert_eq!(text(&get(&client, &internal(6, 1)).await), "수위");
        assert_eq!(text(&get(&client, &internal(10, 1)).await), "23.5");
        assert_eq!(get(&client, &internal(11, 1)).await, Value::Integer(23_500));
        assert_eq!(get(&client, &internal(20, 1)).await, Value::Integer(0));
        let next = client.get_next(&internal(5, 1)).await.unwrap().varbinds[0].clone();
        assert_eq!((next.oid, text(&next.value)), (internal(5, 2), "pump".to_owned()));
    }
    let managers = eventually(async || Some(bench.status().managers).filter(|all| !all.is_empty()), "managers").await;
    assert_eq!((managers.len(), managers[0].address.as_str()), (1, "127.0.0.1"));
    let named = async || (bench.status().managers[0].name == "nms").then_some(());
    eventually(named, "the user's name among the managers").await;
    bench.gateway.stop().await;
}

#[tokio::test]
async fn the_whole_tree_is_walked_in_order() {
    let bench = Bench::start().await;
    let all = walk(&bench.client(Auth::v2c(COMMUNITY)).await).await;
    let has = |part: &str| all.iter().any(|(at, _)| at.starts_with(&oid(part)));
    for group in
        ["1.3.6.1.2.1.1", "1.3.6.1.2.1.2.2", "1.3.6.1.2.1.11", "1.3.6.1.2.1.25.1", "1.3.6.1.6.3.10", "1.3.6.1.6.3.15"]
    {
        assert!(has(group), "{group}");
    }
    let units = Oid::new(OURS.into_iter().chain([33]));
    assert!(all.iter().any(|(at, value)| at.starts_with(&units) && *value == Value::OctetString("SNMP agent".into())));
    let narrow = walk(&bench.client(Auth::v2c("plant-narrow")).await).await;
    assert!(!narrow.is_empty() && narrow.iter().all(|(at, _)| at.arcs().last() == Some(&2)), "{narrow:?}");
    bench.gateway.stop().await;
}

#[track_caller]
fn refused(result: async_snmp::Result<impl std::fmt::Debug>, expect: ErrorStatus) {
    match result {
        Err(error) => match *error {
            Error::Snmp { status, .. } => assert_eq!(status, expect),
            other => panic!("{other} instead of {expect:?}"),
        },
        Ok(done) => panic!("{done:?} instead of {expect:?}"),
    }
}

#[tokio::test]
async fn a_set_is_written_or_refused_with_the_right_word() {
    let bench = Bench::start().await;
    let writer = bench.client(Auth::v2c(WRITER)).await;
    let new = |value: &'static str| Value::OctetString(value.into());
    writer.set(&internal(10, 1), new("42.25")).await.unwrap();
    assert_eq!(text(&get(&writer, &internal(10, 1)).await), "42.25");
    writer.set(&internal(11, 1), Value::Integer(1500)).await.unwrap();
    assert_eq!(text(&get(&writer, &internal(10, 1)).await), "1.5");
    let user = bench.client(user("nms", AUTH, PRIV)).await;
    user.set(&internal(10, 2), new("on")).await.unwrap();
    assert_eq!(text(&get(&user, &internal(10, 2)).await), "1");

    refused(writer.set(&internal(10, 1), Value::Integer(1)).await, ErrorStatus::WrongType);
    refused(writer.set(&internal(10, 1), new("warm")).await, ErrorStatus::WrongValue);
    refused(writer.set(&internal(10, 3), new("70000")).await, ErrorStatus::WrongValue);
    refused(writer.set(&internal(5, 1), new("other")).await, ErrorStatus::NotWritable);
    refused(writer.set(&oid("1.3.6.1.2.1.1.5.0"), new("other")).await, ErrorStatus::NotWritable);
    refused(writer.set(&internal(10, 99), new("1")).await, ErrorStatus::NoCreation);
    let reader = bench.client(Auth::v2c(COMMUNITY)).await;
    refused(reader.set(&internal(10, 1), new("1")).await, ErrorStatus::NoAccess);

    // Of several nothing is written if one does not do.
    let several = [(internal(10, 1), new("9")), (internal(10, 3), new("70000"))];
    refused(writer.set_many(&several).await, ErrorStatus::WrongValue);
    assert_eq!(text(&get(&writer, &internal(10, 1)).await), "1.5");
    let several = [(internal(10, 1), new("9")), (internal(10, 3), new("8"))];
    writer.set_many(&several).await.unwrap();
    assert_eq!(text(&get(&writer, &internal(10, 3)).await), "8");
    bench.gateway.stop().await;
}

#[tokio::test]
async fn in_safe_mode_outputs_are_an_unavailable_resource() {
    let mut document = document();
    document["modules"] = json!([{
        "name": "do-1", "slot": 3, "model": "do-16", "driver": { "kind": "simulated" },
        "channels": [{ "channel": 0, "name": "DO-00", "mode": "do" }],
    }]);
    let bench = Bench::start_with(document).await;
    let writer = bench.client(Auth::v2c(WRITER)).await;
    let value = Oid::new(OURS.into_iter().chain([12, 1, 10, 1]));
    eventually(async || writer.set(&value, Value::Integer(1)).await.ok(), "the output to be written").await;
    eventually(async || (get(&writer, &value).await == Value::Integer(1)).then_some(()), "its level").await;
    assert_eq!(get(&writer, &Oid::new(OURS.into_iter().chain([12, 1, 2, 1]))).await, Value::Integer(3), "its slot");
    bench.gateway.gateway.safe_mode.ask(dinrail::runtime::safe_mode::Wish::Enter);
    let held = bench.gateway.gateway.safe_mode.clone();
    eventually(async || held.reason(), "safe mode").await;
    refused(writer.set(&value, Value::Integer(0)).await, ErrorStatus::ResourceUnavailable);
    bench.gateway.stop().await;
}

/// An object of a table, in a row.
fn cell(table: u32, column: u32, row: u32) -> Oid {
    Oid::new(OURS.into_iter().chain([table, 1, column, row]))
}

#[tokio::test]
async fn what_the_state_of_an_output_forbids_is_an_inconsistent_value() {
    let mut document = document();
    document["modules"] = json!([{
        "name": "do-1", "slot": 1, "model": "do-16", "driver": { "kind": "simulated" },
        "channels": [
            { "channel": 0, "name": "plain", "mode": "do" },
            { "channel": 1, "name": "train", "mode": "pulse" },
        ],
    }]);
    let bench = Bench::start_with(document).await;
    let writer = bench.client(Auth::v2c(WRITER)).await;
    let (plain, train, pulsing) = (cell(12, 10, 1), cell(12, 10, 2), 44);
    eventually(async || writer.set(&plain, Value::Integer(1)).await.ok(), "the output to be written").await;
    writer.set(&cell(12, pulsing, 2), Value::Integer(0)).await.unwrap();
    refused(writer.set(&train, Value::Integer(1)).await, ErrorStatus::InconsistentValue);
    refused(writer.set(&cell(12, pulsing, 1), Value::Integer(1)).await, ErrorStatus::InconsistentValue);
    let rest = bench.gateway.admin().await;
    let force = Some(json!({ "value": 1 }));
    let forced = rest.ask(Method::PUT, "/api/v1/modules/do-1/channels/plain/force", None, force).await;
    assert!(forced.status.is_success(), "{:?}", forced.body);
    let seen = async || (get(&writer, &cell(12, 32, 1)).await == Value::Integer(1)).then_some(());
    eventually(seen, "the forced channel").await;
    refused(writer.set(&plain, Value::Integer(0)).await, ErrorStatus::InconsistentValue);
    // Nothing of a request with one such variable is written.
    let both = [(internal(10, 1), Value::OctetString("9".into())), (plain, Value::Integer(0))];
    refused(writer.set_many(&both).await, ErrorStatus::InconsistentValue);
    assert_eq!(text(&get(&writer, &internal(10, 1)).await), "23.5");
    bench.gateway.stop().await;
}

#[tokio::test]
async fn what_the_field_refuses_after_others_were_written_is_taken_back() {
    let server = Server::start(ServerConfig { speech: Speech::Tcp, port: 0, devices: vec![device(1)] }).unwrap();
    let mut document = document();
    document["ports"] = json!([{ "name": "net", "kind": "tcp", "address": server.address().to_string() }]);
    document["devices"] = json!([{ "name": "plc", "port": "net", "unit_id": 1, "poll_ms": 0, "tags": [
        { "name": "speed", "table": "holding", "address": 5, "type": "u16", "writable": true }] }]);
    let bench = Bench::start_with(document).await;
    let writer = bench.client(Auth::v2c(WRITER)).await;
    let speed = cell(21, 10, 1);
    let good = async || (get(&writer, &cell(21, 20, 1)).await == Value::Integer(0)).then_some(());
    eventually(good, "the device").await;
    let new = |value: &'static str| Value::OctetString(value.into());
    writer.set(&speed, new("77")).await.unwrap();
    let read_back = async || (text(&get(&writer, &speed).await) == "77").then_some(());
    eventually(read_back, "what was written").await;
    // The device refuses every request from now on.
    server.fault(1, Fault::Exception { code: 4 }, Times(None));
    let both = [(internal(10, 1), new("9")), (speed.clone(), new("78"))];
    refused(writer.set_many(&both).await, ErrorStatus::CommitFailed);
    let back = async || (text(&get(&writer, &internal(10, 1)).await) == "23.5").then_some(());
    eventually(back, "the former value of the register").await;
    // SNMPv1 has one word for it (RFC 3584, 4.4).
    let old = bench.client(Auth::v1(WRITER)).await;
    refused(old.set(&speed, new("78")).await, ErrorStatus::GenErr);
    refused(old.set(&internal(10, 3), new("70000")).await, ErrorStatus::BadValue);
    refused(old.set(&internal(5, 1), new("x")).await, ErrorStatus::NoSuchName);
    bench.gateway.stop().await;
}
