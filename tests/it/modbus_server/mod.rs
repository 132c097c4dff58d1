//! The Modbus/TCP server through its socket.

mod crowd;
mod gateway;
mod hostile;
mod image;
mod security;

use crate::support::gateway::TestGateway;
use crate::support::wait::eventually;
use serde_json::{Value as Json, json};
use std::net::SocketAddr;

/// A gateway with this server at a port of its own; more of the document is put in by `edit`.
async fn start(server: Json, edit: impl FnOnce(&mut Json)) -> (TestGateway, SocketAddr) {
    let gateway = TestGateway::start().await;
    gateway
        .edit(|document| {
            document["modbus_server"] = server;
            if document["modbus_server"].get("address").is_none() {
                document["modbus_server"]["address"] = json!("127.0.0.1:0");
            }
            edit(document);
        })
        .await
        .unwrap();
    let address = address(&gateway, None).await;
    (gateway, address)
}

/// Where it listens, if not there still.
async fn address(gateway: &TestGateway, not: Option<SocketAddr>) -> SocketAddr {
    let listening = async || {
        let status = status(gateway)?;
        let address = status["listeners"][0].as_str()?.parse().ok()?;
        (Some(address) != not).then_some(address)
    };
    eventually(listening, "the Modbus/TCP listener").await
}

/// What the unit tells of itself.
fn status(gateway: &TestGateway) -> Option<Json> {
    let units = dinrail::runtime::status::snapshot(&gateway.gateway.units);
    let unit = units.into_iter().find(|unit| unit.key == "modbus-server/modbus-server")?;
    serde_json::to_value(unit.detail).ok()
}
