//! The page of the access lists, and a change on trial.

use super::Bench;
use crate::support::field::free_port;
use serde_json::json;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpSocket;

/// A connection from 127.0.0.2 that is closed without a word.
async fn refused(at: SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut stream = socket.connect(at).await.unwrap();
    assert!(matches!(stream.read(&mut [0]).await, Ok(0) | Err(_)));
}

#[tokio::test]
async fn a_list_is_edited_tried_and_whoever_was_refused_is_let_in_by_a_click() {
    let bench = Bench::claimed().await;
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    bench.gateway.edit(|document| document["modbus_server"] = json!({ "address": at.to_string() })).await.unwrap();
    let browser = &bench.browser;
    bench.open("access").await;
    browser.until("document.querySelector(\"[data-pointer='/access/modbus/mode'] select\")").await;
    browser
        .js("const select = document.querySelector(\"[data-pointer='/access/modbus/mode'] select\"); \
             select.value = 'allow-list'; select.dispatchEvent(new Event('change'))")
        .await;
    // Typed as in a spreadsheet: network, note, rights, unit ids, areas.
    browser.click("#access-modbus .grid-input").await;
    browser
        .keys(&[
            "127.0.0.1",
            "\u{e004}",
            "this host",
            "\u{e004}",
            "read",
            "\u{e004}",
            "1, 10-20",
            "\u{e004}",
            "holding 0-9",
        ])
        .await;
    browser.keys(&["\u{e007}"]).await;
    browser.fill("#access-address", "127.0.0.2").await;
    browser.until("document.querySelector('#access-answer [data-service=modbus]')?.dataset.admitted === 'false'").await;
    browser.until("document.querySelector('#access-answer [data-service=web]')?.dataset.admitted === 'true'").await;
    browser.fill("#access-address", "127.0.0.1").await;
    browser
        .until("document.querySelector('#access-answer [data-service=modbus]')?.textContent.includes('this host')")
        .await;
    bench.apply().await;
    let list = bench.gateway.revision().await.document.root()["access"]["modbus"].clone();
    let entry = json!({
        "network": "127.0.0.1", "note": "this host", "access": "read", "units": [1, "10-20"], "areas": ["holding 0-9"],
    });
    assert_eq!(list, json!({ "mode": "allow-list", "allow": [entry] }));

    for _ in 0..14 {
        refused(at).await;
    }
    let row = "document.querySelector('#access-refused tr[data-address=\"127.0.0.2\"]')";
    browser.until(&format!("{row}?.textContent.includes('refused 14 times from 127.0.0.2')")).await;
    browser.picture("access").await;
    browser.click("#access-refused tr[data-address='127.0.0.2'] button").await;
    browser.until(&format!("!{row}")).await;
    let list = bench.gateway.revision().await.document.root()["access"]["modbus"]["allow"].clone();
    assert_eq!(list[1], json!("127.0.0.2"));
    browser.until("document.documentElement.scrollWidth <= innerWidth").await;
    bench.stop().await;
}

#[tokio::test]
async fn what_would_lock_the_browser_out_is_refused_and_a_trial_is_kept_from_any_page() {
    let bench = Bench::claimed().await;
    let browser = &bench.browser;
    bench.open("access").await;
    browser.until("document.querySelector(\"[data-pointer='/access/web/mode'] select\")").await;
    browser
        .js("const select = document.querySelector(\"[data-pointer='/access/web/mode'] select\"); \
             select.value = 'allow-list'; select.dispatchEvent(new Event('change'))")
        .await;
    browser.until("document.querySelector('#savebar').textContent.includes('lock you out')").await;
    browser.click("#access-web .grid-input").await;
    browser.keys(&["127.0.0.0/8", "\u{e007}"]).await;
    browser.until("!document.querySelector('#savebar').textContent.includes('lock you out')").await;
    browser.click("#on-trial").await;
    bench.apply().await;
    assert!(bench.gateway.revision().await.trial.is_some());
    bench.open("overview").await;
    browser.until("/^\\d+ s until/.test(document.querySelector('#trial-banner b')?.textContent)").await;
    browser.picture("trial").await;
    browser.click("#trial-keep").await;
    browser.until("document.querySelector('#trial-banner').hidden").await;
    let revision = bench.gateway.revision().await;
    assert!(revision.trial.is_none());
    assert_eq!(revision.document.root()["access"]["web"]["allow"], json!(["127.0.0.0/8"]));
    bench.stop().await;
}
