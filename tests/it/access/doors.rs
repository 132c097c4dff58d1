//! Refused before the first byte, opened live, closed live: at each of the four doors.

use super::{HOME, STRANGERS, ask, at, closed, connect, port, refused, set, start};
use crate::support::gateway::{ADMIN, PASSWORD, TestGateway};
use crate::support::rest::Rest;
use crate::support::wait::{PATIENCE, eventually};
use dinrail::config::access::Service;
use dinrail::store::EventFilter;
use futures::StreamExt as _;
use reqwest::Client;
use serde_json::json;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

/// Read holding register 0 of unit 1, and its value.
const READ: [u8; 12] = [0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1];
const VALUE: [u8; 11] = [0, 1, 0, 0, 0, 5, 1, 3, 2, 0, 7];
/// MQTT 3.1.1: CONNECT of user `u` without a client id, and CONNACK; PINGREQ and PINGRESP.
const CONNECT: [u8; 20] = [0x10, 18, 0, 4, b'M', b'Q', b'T', b'T', 4, 0xC2, 0, 60, 0, 0, 0, 1, b'u', 0, 1, b'p'];
const CONNACK: [u8; 4] = [0x20, 2, 0, 0];
const PING: ([u8; 2], [u8; 2]) = ([0xC0, 0], [0xD0, 0]);
/// SNMPv2c: GET of sysDescr.
const GET: &[u8] = &[
    0x30, 0x28, 0x02, 0x01, 0x01, 0x04, 0x08, b'p', b'l', b'a', b'n', b't', b'-', b'r', b'o', 0xA0, 0x19, 0x02, 0x01,
    0x01, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x30, 0x0E, 0x30, 0x0C, 0x06, 0x08, 0x2B, 0x06, 0x01, 0x02, 0x01, 0x01,
    0x01, 0x00, 0x05, 0x00,
];

/// Nobody but home; then everyone; then nobody but home again. `talk` says something and takes the answer, twice on one
/// connection. Whoever is not let in finds the connection closed without a byte said by either side.
async fn opens_and_closes(service: Service, first: (&[u8], &[u8]), then: (&[u8], &[u8])) {
    async fn talk(stream: &mut TcpStream, (request, answer): (&[u8], &[u8])) {
        assert_eq!(ask(stream, request, answer.len()).await, answer);
    }
    let gateway = start(json!([HOME])).await;
    let port = port(&gateway, service).await;
    let mut home = connect(HOME, port).await;
    talk(&mut home, first).await;
    for stranger in STRANGERS {
        closed(&mut connect(stranger, port).await).await;
    }
    closed(&mut connect(STRANGERS[0], port).await).await;
    assert_eq!(refused(&gateway, service), [("127.0.0.2".to_owned(), 2, 0), ("::1".to_owned(), 1, 0)]);

    set(&gateway, json!([HOME, STRANGERS[0], STRANGERS[1]])).await;
    let mut let_in = Vec::new();
    for stranger in STRANGERS {
        let mut stream = connect(stranger, port).await;
        talk(&mut stream, first).await;
        let_in.push(stream);
    }
    assert_eq!(refused(&gateway, service), [], "whoever is let in is no longer listed");

    set(&gateway, json!([{ "network": HOME, "note": "here" }])).await;
    for stream in &mut let_in {
        closed(stream).await;
    }
    talk(&mut home, then).await;
    assert_eq!(gateway.gateway.access.door(service).counts().closed, 2);
    gateway.stop().await;
}

#[tokio::test]
async fn the_modbus_server_refuses_before_the_first_byte_and_is_opened_and_closed_live() {
    opens_and_closes(Service::Modbus, (&READ, &VALUE), (&READ, &VALUE)).await;
}

#[cfg(feature = "broker")]
#[tokio::test]
async fn the_broker_refuses_before_the_first_byte_and_is_opened_and_closed_live() {
    opens_and_closes(Service::Broker, (&CONNECT, &CONNACK), (&PING.0, &PING.1)).await;
}

async fn manager(from: &str, port: u16) -> UdpSocket {
    let socket = UdpSocket::bind(SocketAddr::from((from.parse::<IpAddr>().unwrap(), 0))).await.unwrap();
    socket.connect(at(from, port)).await.unwrap();
    socket
}

async fn is_answered(socket: &UdpSocket) -> bool {
    socket.send(GET).await.unwrap();
    let mut answer = [0; 1500];
    let told = timeout(Duration::from_millis(300), socket.recv(&mut answer)).await;
    matches!(told, Ok(Ok(count)) if answer[..count].windows(7).any(|seen| seen == b"dinrail"))
}

#[tokio::test]
async fn the_snmp_agent_answers_only_whom_its_list_names_and_follows_it_live() {
    let gateway = start(json!([HOME])).await;
    let port = port(&gateway, Service::Snmp).await;
    let home = manager(HOME, port).await;
    eventually(async || is_answered(&home).await.then_some(()), "an answer to who is on the list").await;
    let (two, six) = (manager(STRANGERS[0], port).await, manager(STRANGERS[1], port).await);
    // Neither is looked at, whatever it says.
    two.send(b"what is this").await.unwrap();
    assert!(!is_answered(&two).await && !is_answered(&six).await);
    assert_eq!(refused(&gateway, Service::Snmp), [("::1".to_owned(), 1, 0), ("127.0.0.2".to_owned(), 2, 0)]);
    set(&gateway, json!(["127.0.0.0/8", "::1"])).await;
    for stranger in [&two, &six] {
        eventually(async || is_answered(stranger).await.then_some(()), "an answer to who is let in now").await;
    }
    set(&gateway, json!([HOME])).await;
    assert!(!is_answered(&two).await && !is_answered(&six).await);
    assert!(is_answered(&home).await);
    gateway.stop().await;
}

/// A browser at an address.
fn browser(from: &str) -> Client {
    let builder = Client::builder().danger_accept_invalid_certs(true).timeout(PATIENCE);
    builder.local_address(from.parse::<IpAddr>().unwrap()).build().unwrap()
}

#[tokio::test]
async fn the_web_refuses_before_the_handshake_and_is_opened_and_closed_live() {
    dinrail::net::tls::install_provider();
    let gateway = start(json!([HOME])).await;
    let port = port(&gateway, Service::Web).await;
    gateway.gateway.store.claim(ADMIN, PASSWORD).await.unwrap();
    let home = Rest::new(at(HOME, port)).login(ADMIN, PASSWORD).await;
    for stranger in STRANGERS {
        // No handshake was begun: the end comes before the first byte.
        closed(&mut connect(stranger, port).await).await;
        let url = format!("https://{}/login", at(stranger, port));
        assert!(browser(stranger).get(url).send().await.is_err());
    }
    let seen: Vec<String> = refused(&gateway, Service::Web).into_iter().map(|(address, ..)| address).collect();
    assert_eq!(seen, ["::1", "127.0.0.2"]);

    set(&gateway, json!([HOME, "127.0.0.2", "::1"])).await;
    let mut streams = Vec::new();
    for stranger in STRANGERS {
        let session = json!({ "username": ADMIN, "password": PASSWORD }).to_string();
        let (client, base) = (browser(stranger), format!("https://{}/api/v1", at(stranger, port)));
        let session = client.post(format!("{base}/session")).header("Content-Type", "application/json").body(session);
        let session: serde_json::Value =
            serde_json::from_str(&session.send().await.unwrap().text().await.unwrap()).unwrap();
        let token = session["token"].as_str().unwrap().to_owned();
        let stream = client.get(format!("{base}/stream")).bearer_auth(token).send().await.unwrap();
        assert_eq!(stream.status(), 200);
        let mut stream = stream.bytes_stream();
        stream.next().await.unwrap().unwrap();
        streams.push(stream);
    }
    set(&gateway, json!([HOME])).await;
    for stream in &mut streams {
        // What was on its way may still come; then it ends.
        let ends = async { while let Some(Ok(_)) = stream.next().await {} };
        timeout(PATIENCE / 2, ends).await.expect("the stream ends");
    }
    assert_eq!(home.get("/api/v1/status").await.status, 200);
    gateway.stop().await;
}

#[tokio::test]
async fn a_list_is_in_force_before_the_first_connection_after_a_restart() {
    let gateway = start(json!([HOME])).await;
    let folder = gateway.stop().await;
    let gateway = TestGateway::start_on(folder).await;
    let port = port(&gateway, Service::Modbus).await;
    closed(&mut connect(STRANGERS[0], port).await).await;
    assert_eq!(ask(&mut connect(HOME, port).await, &READ, VALUE.len()).await, VALUE);
    gateway.stop().await;
}

#[tokio::test]
async fn refusals_stand_in_the_event_log() {
    let gateway = start(json!([HOME])).await;
    let port = port(&gateway, Service::Modbus).await;
    closed(&mut connect(STRANGERS[0], port).await).await;
    let told = async || {
        let events = gateway
            .gateway
            .store
            .event_log()
            .query(&EventFilter { limit: 100, ..EventFilter::default() })
            .await
            .ok()?;
        events.into_iter().find(|event| event.source == "access").map(|event| event.detail)
    };
    let detail = eventually(told, "the event of the refusal").await;
    assert_eq!(detail, "Modbus/TCP server: refused 1 times, as its list does not name this address");
    gateway.stop().await;
}
