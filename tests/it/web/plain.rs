//! Plain HTTP at the HTTPS port, and other things that are no TLS.

use super::door::Web;
use crate::support::wait::PATIENCE;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// All that comes back until the other side closes.
async fn said(web: &Web, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(web.address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // A reset after the answer is an end as well.
    drop(tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("it is closed"));
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_plain_request_is_sent_to_https_and_served_nothing() {
    let web = Web::start().await;
    let moved = said(&web, b"GET /tags?match=a HTTP/1.1\r\nHost: gw.plant:8443\r\n\r\n").await;
    assert!(moved.starts_with("HTTP/1.1 308 "), "{moved}");
    assert!(moved.contains("\r\nLocation: https://gw.plant:8443/tags?match=a\r\n"), "{moved}");
    let login =
        b"POST /api/v1/session HTTP/1.1\r\nHost: gw\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    let refused = said(&web, login).await;
    assert!(refused.starts_with("HTTP/1.1 400 ") && refused.contains("https://"), "{refused}");
    let foreign = said(&web, b"GET / HTTP/1.1\r\nHost: gw@evil.example\r\n\r\n").await;
    assert!(foreign.starts_with("HTTP/1.1 400 ") && !foreign.contains("evil"), "{foreign}");
    let endless = said(&web, "G".repeat(30_000).as_bytes()).await;
    assert!(endless.starts_with("HTTP/1.1 400 "), "{endless}");
    web.stranger().get("/info").await.expect(200);
    web.stop().await;
}

#[tokio::test]
async fn a_plain_request_that_never_ends_is_given_up() {
    let web = Web::start().await;
    let begin = std::time::Instant::now();
    assert_eq!(said(&web, b"GET / HTTP/1.1\r\nHost: gw\r\n").await, "");
    assert!((4..8).contains(&begin.elapsed().as_secs()), "{:?}", begin.elapsed());
    web.stop().await;
}
