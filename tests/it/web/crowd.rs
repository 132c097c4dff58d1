//! What a crowd at the door can do: hold its own places, and nobody else's.

use super::door::{Caller, Web};
use crate::support::wait::{PATIENCE, eventually};
use dinrail::net::tls::{ClientTls, client_config};
use rustls::pki_types::ServerName;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A TCP connection from one of the addresses of the loopback network.
async fn connect(from: u8, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, from], 0))).unwrap();
    socket.connect(to).await.unwrap()
}

async fn encrypted(stream: TcpStream, alpn: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let settings = ClientTls { insecure: true, alpn: vec![alpn.to_owned()], ..ClientTls::default() };
    let connector = TlsConnector::from(client_config(&settings).unwrap());
    connector.connect(ServerName::try_from("127.0.0.1").unwrap(), stream).await
}

/// Connected, and half of the first head sent; nothing when it was put out before.
async fn half_sent(from: u8, to: SocketAddr) -> Option<TlsStream<TcpStream>> {
    let mut stream = encrypted(connect(from, to).await, "http/1.1").await.ok()?;
    stream.write_all(b"GET /api/v1/info HTTP/1.1\r\nHost: x\r\n").await.ok()?;
    Some(stream)
}

/// Whether the other side closes within the patience of tests.
async fn closed(stream: &mut (impl AsyncReadExt + Unpin)) -> bool {
    let end = async { while let Ok(1..) = stream.read(&mut [0; 1024]).await {} };
    tokio::time::timeout(PATIENCE, end).await.is_ok()
}

async fn figures(web: &Web) -> serde_json::Value {
    let status = web.viewer.get("/status").await.expect(200);
    status["units"].as_array().unwrap().iter().find(|unit| unit["kind"] == "web").unwrap()["detail"].clone()
}

#[tokio::test]
async fn half_sent_requests_from_four_addresses_keep_nobody_out() {
    let web = Web::start().await;
    let mut held = Vec::new();
    // Half-open in both ways: without a handshake, and without a whole head behind it.
    for _ in 0..64 {
        for from in 2..=5 {
            held.push(connect(from, web.address).await);
            held.extend(half_sent(from, web.address).await.map(|half| half.into_inner().0));
        }
    }
    assert!(300 < held.len());
    // Who is in goes on, who comes anew comes in, and both log in.
    let begin = Instant::now();
    web.operator.get("/session").await.expect(200);
    for _ in 0..20 {
        let fresh = Caller::with(web.address, |client| client.pool_max_idle_per_host(0));
        fresh.get("/info").await.expect(200);
        assert!(half_sent(2, web.address).await.is_some());
    }
    web.stranger().login("lee").await.get("/tags").await.expect(200);
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());

    let full = eventually(
        async || Some(figures(&web).await).filter(|figures| 128 <= figures["put_out"].as_u64().unwrap()),
        "strangers that give way",
    )
    .await;
    assert!(full["strangers"].as_u64().unwrap() <= 128 && full["refused"] == 0, "{full}");
    assert!(closed(&mut held[0]).await, "the oldest gives way");
    web.stop().await;
}

#[tokio::test]
async fn a_connection_that_asks_nothing_is_closed_after_ten_seconds() {
    let web = Web::start().await;
    let begin = Instant::now();
    let mut one = half_sent(2, web.address).await.unwrap();
    let mut two = encrypted(connect(3, web.address).await, "h2").await.unwrap();
    two.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut none = connect(4, web.address).await;
    assert!(closed(&mut none).await);
    assert!((4..8).contains(&begin.elapsed().as_secs()), "{:?}", begin.elapsed());
    assert!(closed(&mut one).await && closed(&mut two).await);
    assert!((9..15).contains(&begin.elapsed().as_secs()), "{:?}", begin.elapsed());
    eventually(
        async || (figures(&web).await["failed_handshakes"].as_u64()? == 1).then_some(()),
        "the handshake that never came",
    )
    .await;
    web.stop().await;
}

#[tokio::test]
async fn who_has_logged_in_stays_when_strangers_come() {
    let web = Web::start().await;
    let mut inside = encrypted(connect(2, web.address).await, "http/1.1").await.unwrap();
    let ask = format!(
        "GET /api/v1/session HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
        web.viewer.token.as_deref().unwrap()
    );
    let mut answer = [0; 4096];
    for _ in 0..2 {
        inside.write_all(ask.as_bytes()).await.unwrap();
        let count = inside.read(&mut answer).await.unwrap();
        assert!(answer[..count].starts_with(b"HTTP/1.1 200"));
        let mut crowd = Vec::new();
        for _ in 0..40 {
            crowd.push(half_sent(2, web.address).await);
        }
    }
    web.stop().await;
}
