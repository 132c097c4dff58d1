//! What is too much is refused, and nobody else notices.

use super::{Client, PATIENCE, Raw, Site, usual};
use rumqttc::{PublishOptions, QoS};
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, timeout};

#[tokio::test]
async fn a_message_too_large_costs_only_its_sender_the_connection() {
    let mut small = usual();
    small["max_message_bytes"] = json!(10_000);
    let (mut site, address) = Site::up(&small).await;
    let mut other = Client::all(address, "other").await;
    assert!(other.subscribe("#", QoS::AtLeastOnce).await);
    let mut sender = Client::all(address, "sender").await;
    let large = PublishOptions::new(QoS::AtLeastOnce);
    sender.send("t", vec![b'x'; 9_900], large).await.unwrap();
    assert_eq!(other.next().await.payload.len(), 9_900);
    sender.send("t", vec![b'x'; 10_001], large).await.unwrap_err();
    sender.gone().await;
    site.refusal("is larger than the 10000 allowed").await;
    assert!(other.is_connected());

    // The limit changes without anyone noticing.
    small["max_message_bytes"] = json!(30_000);
    site.config.send_replace(super::parse(&small));
    let larger = async || {
        let sender = Client::all(address, "sender").await;
        sender.send("t", vec![b'x'; 20_000], large).await
    };
    // The change is taken over a moment later.
    let mut tries = 0;
    while larger().await.is_err() {
        tries += 1;
        assert!(tries < 100, "the new limit comes into force");
    }
    assert_eq!(other.next().await.payload.len(), 20_000);
    site.end().await;
}

#[tokio::test]
async fn one_client_too_many_is_told_so() {
    let mut two = usual();
    two["max_clients"] = json!(2);
    let (mut site, address) = Site::up(&two).await;
    let (one, mut other) = (Client::all(address, "one").await, Client::all(address, "two").await);
    let refused = Client::connect(address, "three", "all", "all").await.err().unwrap();
    assert!(refused.contains("ServiceUnavailable"), "{refused}");
    site.refusal("all 2 places for clients are taken").await;
    // Who is in already may come again: its old connection may be dead without our knowing.
    let again = Client::all(address, "two").await;
    other.gone().await;
    assert!(one.is_connected() && again.is_connected());
    drop(again);
    site.status_when("a place is free", |status| status.clients.len() == 1).await;
    let _third = Client::all(address, "three").await;
    site.end().await;
}

#[tokio::test]
async fn silent_and_foreign_connections_are_closed() {
    let (mut site, address) = Site::usual().await;
    let started = Instant::now();
    let mut silent = Raw::open(address).await;
    let mut slow = Raw::open(address).await;
    slow.packet(0x10, &[]).await;
    slow.closed().await;
    let mut foreign = Raw::open(address).await;
    tokio::io::AsyncWriteExt::write_all(&mut foreign.0, b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    foreign.closed().await;
    site.refusal("this is not MQTT").await;
    silent.closed().await;
    let waited = started.elapsed().as_secs_f64();
    assert!((4.5..8.0).contains(&waited), "closed after {waited} s");
    site.refusal("no CONNECT within 5 s").await;
    site.end().await;
}

#[tokio::test]
async fn absurd_topics_do_not_harm_the_broker() {
    let (mut site, address) = Site::usual().await;
    let mut raw = Raw::login(address, "absurd", "all", "all").await;
    let deep = "/".repeat(60_000);
    for topic in [deep.as_str(), "a/#", "a/$b", "+"] {
        let mut body = u16::try_from(topic.len()).unwrap().to_be_bytes().to_vec();
        body.extend(topic.as_bytes());
        body.extend(b"x");
        // PUBLISH, QoS 0, retained.
        raw.packet(0x31, &body).await;
    }
    let mut body = vec![0, 9];
    body.extend(60_000u16.to_be_bytes());
    body.extend(deep.as_bytes());
    body.push(0);
    raw.packet(0x82, &body).await;
    let mut answer = [0; 5];
    timeout(PATIENCE, raw.0.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(answer, [0x90, 3, 0, 9, 0x80]);
    site.status_when("all are refused", |status| status.refused >= 4).await;
    let mut client = Client::all(address, "sane").await;
    assert!(client.subscribe("#", QoS::AtLeastOnce).await);
    client.publish("t", "1", QoS::AtLeastOnce).await;
    client.gets("t", "1").await;
    site.end().await;
}

#[tokio::test]
async fn absent_sessions_together_cannot_fill_the_memory() {
    let (mut site, address) = Site::usual().await;
    for name in ["a", "b", "c", "d", "e", "f"] {
        let mut options = super::options(address, name, "viewer", "look");
        options.set_clean_session(false);
        assert!(Client::with(options).await.unwrap().subscribe("#", QoS::AtLeastOnce).await);
    }
    site.status_when("all are gone", |status| status.clients.is_empty()).await;
    let sender = Client::all(address, "sender").await;
    // 6 x 14,000 x 1.5 KiB would be 126 MiB.
    for _ in 0..14_000 {
        let options = PublishOptions::new(QoS::AtLeastOnce);
        sender.asks.publish("t", vec![b'x'; 1024], options).await.unwrap();
    }
    sender.publish("t", "last", QoS::AtLeastOnce).await;
    site.refusal("too much was waiting for it").await;
    assert!(sender.is_connected());
    // Each session alone is bounded too.
    site.status_when("messages were dropped", |status| status.dropped > 0).await;
    site.end().await;
}

#[tokio::test]
async fn the_inner_listener_takes_nobody_who_did_not_come_through_the_front() {
    let (mut site, address) = Site::usual().await;
    let _client = Client::all(address, "one").await;
    let inner = loopback_listeners().into_iter().filter(|found| *found != address);
    let mut tried = 0;
    for found in inner {
        // Other tests' listeners are among them; none of them takes a login with a header made up here.
        let Ok(stream) = tokio::net::TcpStream::connect(found).await else { continue };
        let mut raw = Raw(stream);
        let mut bytes = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C\x0A\x01\x02\x03\x7F\0\0\x01\x11\x11\x07\x5B".to_vec();
        bytes.extend(b"\x10\x19\0\x04MQTT\x04\xC2\0\0\0\x03one\0\x03all\0\x03all");
        if tokio::io::AsyncWriteExt::write_all(&mut raw.0, &bytes).await.is_err() {
            continue;
        }
        let mut answer = [0; 4];
        if let Ok(Ok(4)) = timeout(PATIENCE, raw.0.read_exact(&mut answer)).await {
            assert_ne!(answer, [0x20, 2, 0, 0], "{found} let us in");
            tried += 1;
        }
    }
    assert!(tried > 0, "the inner listener was found");
    site.refusal("did not come through a listener").await;
    site.end().await;
}

/// Listening sockets on 127.0.0.1 (proc(5), net/tcp: state 0A).
fn loopback_listeners() -> Vec<std::net::SocketAddr> {
    let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    let rows = table.lines().skip(1).filter_map(|row| {
        let mut columns = row.split_whitespace().skip(1);
        let (local, state) = (columns.next()?, columns.nth(1)?);
        let port = local.strip_prefix("0100007F:").filter(|_| state == "0A")?;
        Some(std::net::SocketAddr::from(([127, 0, 0, 1], u16::from_str_radix(port, 16).ok()?)))
    });
    rows.collect()
}
