//! Slaves of libmodbus.

use super::scenes;
use super::site::Site;
use super::slave::Peer::Libmodbus;
use dinrail::modbus::address::Table;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn every_type_and_order_is_read() {
    scenes::every_type_and_order_is_read(Libmodbus).await;
}

#[tokio::test]
async fn min_and_max_follow_the_good_values() {
    scenes::min_and_max_follow(Libmodbus).await;
}

#[tokio::test]
async fn an_exception_stays_where_it_is() {
    scenes::an_exception_stays_where_it_is(Libmodbus).await;
}

#[tokio::test]
async fn writes_arrive_in_every_type_by_every_function() {
    scenes::writes_arrive(Libmodbus).await;
}

#[tokio::test]
async fn refused_writes_are_told() {
    scenes::refused_writes_are_told(Libmodbus).await;
}

#[tokio::test]
async fn writes_are_verified_by_reading_back() {
    scenes::writes_are_verified(Libmodbus).await;
}

#[tokio::test]
async fn a_slave_that_lost_its_power_comes_back() {
    scenes::a_slave_comes_back(Libmodbus).await;
}

/// Neighbouring tags travel together, within the device's limits, and no value is torn apart.
#[tokio::test]
async fn reads_come_in_blocks() {
    let words: Vec<Json> = (0..50)
        .map(|at| json!({ "name": format!("word-{at}"), "table": "holding", "address": at, "type": "u16" }))
        .collect();
    let floats: Vec<Json> = (0..8)
        .map(|at| json!({ "name": format!("float-{at}"), "table": "input", "address": 80 + 2 * at, "type": "f32" }))
        .collect();
    let bits: Vec<Json> = (0..64)
        .map(|at| json!({ "name": format!("bit-{at}"), "table": "discrete", "address": at, "type": "bool" }))
        .collect();
    let device = |name: &str, registers: u16, tags: Vec<Json>| {
        json!({
            "name": name, "port": "COM1", "unit_id": 1, "poll_ms": 100, "max_read_registers": registers,
            "max_read_bits": 40, "tags": tags,
        })
    };
    let devices = json!([device("words", 20, words), device("floats", 5, floats), device("bits", 125, bits)]);
    let mut site = Site::start(Libmodbus, devices).await;
    let held: Vec<u16> = (0..50).map(|at| 1000 + at).collect();
    site.slave().set(1, Table::Holding, 0, &held).await;
    // 10.0 and on, as IEEE 754 has them.
    let highs = [0x4120, 0x4130, 0x4140, 0x4150, 0x4160, 0x4170, 0x4180, 0x4188];
    let held: Vec<u16> = highs.into_iter().flat_map(|high| [high, 0]).collect();
    site.slave().set(1, Table::Input, 80, &held).await;
    for at in 0..50 {
        site.wait_shown(&format!("words/word-{at}"), &format!("good {}", 1000 + at)).await;
    }
    for at in 0..8 {
        site.wait_shown(&format!("floats/float-{at}"), &format!("good {}.0", 10 + at)).await;
    }
    for at in 0..64 {
        site.wait_shown(&format!("bits/bit-{at}"), &format!("good {}", at % 3 == 0)).await;
    }
    let asked: BTreeSet<_> =
        site.slave().requests().iter().map(|request| (request.function, request.address, request.number)).collect();
    let expected = [
        [(2, 0, 40), (2, 40, 24)].as_slice(),
        [(3, 0, 20), (3, 20, 20), (3, 40, 10)].as_slice(),
        [(4, 80, 4), (4, 84, 4), (4, 88, 4), (4, 92, 4)].as_slice(),
    ];
    assert_eq!(asked.into_iter().collect::<Vec<_>>(), expected.concat());
    site.stop().await;
}

/// A slave of libmodbus takes whatever follows a request to another unit for that unit's reply, and so misses a request
/// of its own when the other unit is silent: the next attempt gets through.
#[tokio::test]
async fn a_silent_unit_beside_it_does_not_put_libmodbus_out_of_service() {
    let tags = json!([{ "name": "known", "table": "input", "address": 58, "type": "u16" }]);
    let device = |name: &str, unit: u8| json!({ "name": name, "port": "COM1", "unit_id": unit, "poll_ms": 50, "timeout_ms": 200, "tags": tags });
    let mut site = Site::start(Libmodbus, json!([device("there", 1)])).await;
    site.wait_shown("there/known", "good 54321").await;
    site.set_devices(json!([device("there", 1), device("nobody", 9)])).await;
    site.wait_shown("nobody/known", "bad no answer null").await;
    for _ in 0..10 {
        site.wait_read(1, Table::Input, 58, 3).await;
        site.wait_shown("there/known", "good 54321").await;
    }
    assert_eq!(site.shown("nobody/known"), "bad no answer null");
    site.stop().await;
}
