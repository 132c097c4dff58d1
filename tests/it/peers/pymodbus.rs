//! Slaves of pymodbus.

use super::scenes;
use super::site::Site;
use super::slave::Peer::Pymodbus;
use dinrail::modbus::address::Table;
use serde_json::json;

#[tokio::test]
async fn every_type_and_order_is_read() {
    scenes::every_type_and_order_is_read(Pymodbus).await;
}

#[tokio::test]
async fn min_and_max_follow_the_good_values() {
    scenes::min_and_max_follow(Pymodbus).await;
}

#[tokio::test]
async fn an_exception_stays_where_it_is() {
    scenes::an_exception_stays_where_it_is(Pymodbus).await;
}

#[tokio::test]
async fn writes_arrive_in_every_type_by_every_function() {
    scenes::writes_arrive(Pymodbus).await;
}

#[tokio::test]
async fn refused_writes_are_told() {
    scenes::refused_writes_are_told(Pymodbus).await;
}

#[tokio::test]
async fn writes_are_verified_by_reading_back() {
    scenes::writes_are_verified(Pymodbus).await;
}

#[tokio::test]
async fn a_slave_that_lost_its_power_comes_back() {
    scenes::a_slave_comes_back(Pymodbus).await;
}

/// Two devices that hold different values at the same addresses, read side by side; one refuses, the other does not
/// notice.
#[tokio::test]
async fn two_devices_share_one_line() {
    let tags = json!([
        { "name": "level", "table": "input", "address": 90, "type": "u16" },
        { "name": "setpoint", "table": "holding", "address": 3, "type": "u32", "writable": true },
        { "name": "valve", "table": "coil", "address": 8, "type": "bool", "writable": true },
    ]);
    let device = |unit: u8, poll_ms: u32| json!({ "name": format!("unit{unit}"), "port": "COM1", "unit_id": unit, "poll_ms": poll_ms, "tags": tags });
    let mut site = Site::start(Pymodbus, json!([device(1, 40), device(2, 70)])).await;
    for round in [1, 2, 3] {
        for unit in [1, 2] {
            site.slave().set(unit, Table::Input, 90, &[u16::from(unit) * 1000 + round]).await;
        }
        site.wait_shown("unit1/level", &format!("good {}", 1000 + round)).await;
        site.wait_shown("unit2/level", &format!("good {}", 2000 + round)).await;
    }
    assert_eq!(site.write("unit1/setpoint", json!(100_001)).await, Ok(json!(100_001)));
    assert_eq!(site.write("unit2/setpoint", json!(200_002)).await, Ok(json!(200_002)));
    assert_eq!(site.write("unit2/valve", json!(true)).await, Ok(json!(true)));
    for (unit, words, valve) in [(1, [1, 34_465], 0), (2, [3, 3394], 1)] {
        assert_eq!(site.slave().get(unit, Table::Holding, 3, 2).await, words);
        assert_eq!(site.slave().get(unit, Table::Coil, 8, 1).await, [valve]);
    }
    site.wait_shown("unit1/setpoint", "good 100001").await;
    site.wait_shown("unit2/setpoint", "good 200002").await;

    site.slave().refuse(2, Table::Input, 90, 2).await;
    site.wait_shown("unit2/level", "bad exception 02 2003").await;
    for _ in 0..5 {
        site.wait_read(2, Table::Holding, 3, 1).await;
        assert_eq!(site.shown("unit1/level"), "good 1003");
        assert_eq!(site.shown("unit2/setpoint"), "good 200002");
    }
    site.stop().await;
}

#[tokio::test]
async fn a_unit_that_is_not_there_does_not_disturb_the_others() {
    let tags = json!([{ "name": "known", "table": "input", "address": 58, "type": "u16" }]);
    let device = |unit: u8, timeout_ms: u32| {
        let name = format!("unit{unit}");
        json!({ "name": name, "port": "COM1", "unit_id": unit, "poll_ms": 50, "timeout_ms": timeout_ms, "tags": tags })
    };
    let devices = json!([device(1, 1000), device(9, 100), device(2, 1000)]);
    let mut site = Site::start(Pymodbus, devices).await;
    site.wait_shown("unit9/known", "bad no answer null").await;
    site.wait_shown("unit1/known", "good 54321").await;
    site.wait_shown("unit2/known", "good 54321").await;
    for _ in 0..10 {
        for unit in [1, 2] {
            site.wait_read(unit, Table::Input, 58, 2).await;
            assert_eq!(site.shown(&format!("unit{unit}/known")), "good 54321");
        }
        assert_eq!(site.shown("unit9/known"), "bad no answer null");
    }
    site.stop().await;
}
