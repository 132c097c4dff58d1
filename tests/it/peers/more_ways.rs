//! Slaves of others behind Modbus/TCP, RTU over TCP, and ASCII.

use super::scenes;
use super::site::Site;
use super::slave::Peer;
use super::slave::Peer::{LibmodbusTcp, PymodbusAscii, PymodbusRtuOverTcp, PymodbusTcp};
use serde_json::json;

/// What a site does in a day: reads of every type, refusals, writes by every function, a power cut.
async fn a_day(peer: Peer) {
    scenes::every_type_and_order_is_read(peer).await;
    scenes::an_exception_stays_where_it_is(peer).await;
    scenes::writes_arrive(peer).await;
    scenes::refused_writes_are_told(peer).await;
    if peer.is_net() {
        a_server_comes_back(peer).await;
    } else {
        scenes::a_slave_comes_back(peer).await;
    }
}

/// A server that ends takes its connection with it: the port says so, and is there again with it.
async fn a_server_comes_back(peer: Peer) {
    let tags = json!([{ "name": "known", "table": "input", "address": 58, "type": "u16" }]);
    let unit = json!({ "name": "unit", "port": "COM1", "unit_id": 1, "poll_ms": 50, "tags": tags });
    let mut site = Site::start(peer, json!([unit])).await;
    for _ in 0..2 {
        site.wait_shown("unit/known", "good 54321").await;
        site.kill_slave().await;
        site.wait_shown("unit/known", "bad port closed 54321").await;
        site.start_slave().await;
    }
    site.wait_shown("unit/known", "good 54321").await;
    site.stop().await;
}

#[tokio::test]
async fn pymodbus_behind_tcp() {
    a_day(PymodbusTcp).await;
}

#[tokio::test]
async fn pymodbus_with_rtu_over_tcp() {
    a_day(PymodbusRtuOverTcp).await;
}

#[tokio::test]
async fn pymodbus_with_ascii() {
    a_day(PymodbusAscii).await;
}

#[tokio::test]
async fn libmodbus_behind_tcp() {
    a_day(LibmodbusTcp).await;
}
