//! Who may come in: the four doors from different loopback addresses.

mod doors;
mod requests;
mod rest;
mod trial;

use crate::support::gateway::TestGateway;
use crate::support::wait::{PATIENCE, eventually};
use dinrail::app::{Gateway, Options};
use dinrail::config::access::Service;
use dinrail::net::door::RefusedPeer;
use dinrail::runtime::status::{Detail, snapshot};
use serde_json::{Value as Json, json};
use std::net::{IpAddr, SocketAddr};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// Here, in a wide sense, and two strangers.
const HOME: &str = "127.0.0.1";
const STRANGERS: [&str; 2] = ["127.0.0.2", "::1"];

/// A gateway reached by both families at every door, each with this list.
async fn start(allow: Json) -> TestGateway {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { data: folder.path().to_owned(), web: Some("[::]:0".parse().unwrap()) };
    let gateway = TestGateway { gateway: Gateway::start(options).await.unwrap(), folder };
    let document = json!({
        "format": "dinrail/1",
        "internal": [{ "name": "word", "type": "u16", "initial": 7 }],
        "modbus_server": { "address": "[::]:0" },
        "mqtt": { "broker": { "listeners": [{ "address": "[::]:0" }], "users": [{ "name": "u", "password": "p" }] } },
        "snmp": { "address": "[::]:0", "versions": ["v2c"], "communities": [{ "name": "c", "community": "plant-ro" }] },
    });
    gateway.edit(|present| *present = document).await.unwrap();
    set(&gateway, allow).await;
    gateway
}

/// Puts the same list at every door.
async fn set(gateway: &TestGateway, allow: Json) {
    let list = json!({ "mode": "allow-list", "allow": allow });
    let access = json!({ "web": list, "modbus": list, "snmp": list, "broker": list });
    gateway.edit(|document| document["access"] = access).await.unwrap();
}

/// The port of a door.
async fn port(gateway: &TestGateway, service: Service) -> u16 {
    let listening = |detail: Detail| match (service, detail) {
        (Service::Web, Detail::Server(server)) => Some(server.address),
        (Service::Modbus, Detail::ModbusServer(server)) => server.listeners.first().cloned(),
        (Service::Snmp, Detail::Snmp(agent)) => Some(agent.address),
        (Service::Broker, Detail::Broker(broker)) => broker.listeners.first().cloned(),
        _ => None,
    };
    let address = || {
        let found = snapshot(&gateway.gateway.units).into_iter().find_map(|unit| listening(unit.detail))?;
        found.parse::<SocketAddr>().ok()
    };
    eventually(async || address(), "the listener of a door").await.port()
}

/// Where somebody at `from` finds a port.
fn at(from: &str, port: u16) -> SocketAddr {
    let ip: IpAddr = if from.contains(':') { "::1" } else { HOME }.parse().unwrap();
    SocketAddr::from((ip, port))
}

async fn connect(from: &str, port: u16) -> TcpStream {
    let to = at(from, port);
    let socket = if to.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.unwrap();
    socket.bind(SocketAddr::from((from.parse::<IpAddr>().unwrap(), 0))).unwrap();
    let stream = socket.connect(to).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Waits for the end of a connection on which nothing is said any more.
async fn closed(stream: &mut TcpStream) {
    let read = timeout(PATIENCE, stream.read(&mut [0])).await.expect("the connection is closed");
    assert!(matches!(read, Ok(0) | Err(_)), "nothing is said to whom is not let in: {read:?}");
}

/// Says something, and takes the whole answer.
async fn ask(stream: &mut TcpStream, request: &[u8], answer: usize) -> Vec<u8> {
    stream.write_all(request).await.unwrap();
    let mut bytes = vec![0; answer];
    timeout(PATIENCE, stream.read_exact(&mut bytes)).await.expect("an answer in time").unwrap();
    bytes
}

/// How often the door has refused each address.
fn refused(gateway: &TestGateway, service: Service) -> Vec<(String, u64, u64)> {
    let seen = |one: RefusedPeer| (one.address.to_string(), one.times, one.requests);
    gateway.gateway.access.door(service).refused().into_iter().map(seen).collect()
}
