//! The SNMP agent through its socket: with a client of the same library, and with raw datagrams.

mod asking;
mod hostile;
mod kinds;
mod live;
mod mutations;
mod notifications;
#[cfg(feature = "peers")]
mod peers;
mod rest;

use crate::support::gateway::TestGateway;
use crate::support::wait::eventually;
use async_snmp::{Auth, AuthProtocol, Client, MasterKeys, Oid, PrivProtocol, UdpHandle, UsmConfig, Value};
use dinrail::runtime::snmp::SnmpStatus;
use dinrail::runtime::status::Detail;
use dinrail::runtime::unit::UnitKind;
use serde_json::{Value as Json, json};
use std::net::SocketAddr;
use std::time::Duration;

const COMMUNITY: &str = "plant-ro";
const WRITER: &str = "plant-rw";
const AUTH: &str = "auth-pass-phrase";
const PRIV: &str = "priv-pass-phrase";
/// Our objects with the enterprise OID nobody changed.
const OURS: [u32; 9] = [1, 3, 6, 1, 4, 1, 32473, 4510, 1];

/// The internal registers' table, column and row.
fn internal(column: u32, row: u32) -> Oid {
    Oid::new(OURS.into_iter().chain([22, 1, column, row]))
}

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

fn text(value: &Value) -> String {
    match value {
        Value::OctetString(octets) => String::from_utf8(octets.to_vec()).unwrap(),
        other => panic!("{other:?} is no text"),
    }
}

/// An agent of every version with three registers.
fn document() -> Json {
    json!({
        "format": "dinrail/1",
        "appliance": { "name": "plant-1", "contact": "kim", "location": "hall 3" },
        "internal": [
            { "name": "level", "type": "f64", "initial": 23.5, "unit": "m", "description": "수위" },
            { "name": "pump", "type": "bool", "initial": false },
            { "name": "recipe", "type": "u16", "initial": 7 },
        ],
        "snmp": {
            "address": "127.0.0.1:0",
            "versions": ["v1", "v2c", "v3"],
            "communities": [
                { "name": "reader", "community": COMMUNITY },
                { "name": "writer", "community": WRITER, "access": "read-write" },
                { "name": "narrow", "community": "plant-narrow", "view": "pumps" },
            ],
            "users": [
                { "name": "nms", "auth": "sha1", "auth_password": AUTH, "priv_password": PRIV, "access": "read-write" },
            ],
            "views": [{ "name": "pumps", "tags": ["internal/pump"], "system": false }],
        },
    })
}

/// A gateway whose agent answers.
struct Bench {
    gateway: TestGateway,
    at: SocketAddr,
}

impl Bench {
    async fn start() -> Self {
        Self::start_with(document()).await
    }

    async fn start_with(document: Json) -> Self {
        Self::on(TestGateway::start().await, document).await
    }

    async fn on(gateway: TestGateway, document: Json) -> Self {
        gateway.edit(|present| *present = document).await.unwrap();
        let at = eventually(async || status(&gateway)?.address.parse().ok(), "the agent's address").await;
        Self { gateway, at }
    }

    fn status(&self) -> SnmpStatus {
        status(&self.gateway).expect("the agent runs")
    }

    async fn client(&self, auth: impl Into<Auth>) -> Client<UdpHandle> {
        client(self.at, auth).await
    }
}

fn status(gateway: &TestGateway) -> Option<SnmpStatus> {
    let units = gateway.gateway.units.borrow().clone();
    let (_, unit) = units.iter().find(|(key, _)| key.kind == UnitKind::Snmp)?;
    match unit.detail.borrow().clone() {
        Detail::Snmp(status) if !status.address.is_empty() => Some(*status),
        _ => None,
    }
}

async fn client(at: SocketAddr, auth: impl Into<Auth>) -> Client<UdpHandle> {
    let builder = Client::builder(at.to_string(), auth.into());
    builder.request_timeout(Duration::from_secs(3)).connect().await.unwrap()
}

fn user(name: &str, auth: &str, privacy: &str) -> UsmConfig {
    let keys = MasterKeys::new(AuthProtocol::Sha1, auth.as_bytes()).unwrap();
    let keys = keys.with_privacy(PrivProtocol::Aes128, privacy.as_bytes()).unwrap();
    UsmConfig::new(name.to_owned()).with_master_keys(keys).unwrap()
}

async fn get(client: &Client<UdpHandle>, oid: &Oid) -> Value {
    client.get(oid).await.unwrap().varbinds[0].value.clone()
}

/// The whole tree, step by step.
async fn walk(client: &Client<UdpHandle>) -> Vec<(Oid, Value)> {
    let mut found = Vec::new();
    let mut at = oid("1.3.6.1");
    loop {
        let step = client.get_bulk(std::slice::from_ref(&at), 0, 20).await.unwrap();
        for varbind in step {
            if varbind.value == Value::EndOfMibView {
                return found;
            }
            assert!(at < varbind.oid, "{at} then {}", varbind.oid);
            at = varbind.oid.clone();
            found.push((varbind.oid, varbind.value));
        }
    }
}
