//! The page of the Modbus/TCP server and its register map.

use super::Bench;
use crate::support::field::free_port;
use crate::support::modbus_client::ModbusClient;
use serde_json::json;
use std::net::{Ipv4Addr, SocketAddr};

#[tokio::test]
async fn a_server_is_set_up_its_clients_seen_and_its_map_taken_over_and_shown() {
    let bench = Bench::claimed().await;
    let registers = json!([{ "name": "word", "type": "u16", "initial": 7 }, { "name": "on", "type": "bool" }]);
    bench.gateway.edit(|document| document["internal"] = registers).await.unwrap();
    let browser = &bench.browser;
    bench.open("modbus-server").await;
    browser.click("#editor .primary").await;
    browser.fill("[data-pointer='/modbus_server/address'] textarea", "nowhere").await;
    browser.until("document.querySelector(\"[data-pointer='/modbus_server/address'] .error\").textContent.includes('0.0.0.0:502')").await;
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    browser.fill("[data-pointer='/modbus_server/address'] textarea", &at.to_string()).await;
    bench.apply().await;
    let mut client = loop {
        if tokio::net::TcpStream::connect(at).await.is_ok() {
            break ModbusClient::connect(at).await;
        }
        tokio::task::yield_now().await;
    };
    client.ask(1, &[3, 0, 0, 0, 1]).await;
    browser
        .until("document.querySelector('#clients td:last-child')?.textContent === 'unit 1, function 3, 1 from 0'")
        .await;
    browser.picture("modbus-server").await;

    // The automatic map as the beginning of an own one.
    browser
        .js("const select = document.querySelector(\"[data-pointer='/modbus_server/map/mode'] select\"); \
             select.value = 'edited'; select.dispatchEvent(new Event('change'))")
        .await;
    browser
        .until(
            "[...document.querySelectorAll('#editor button')].some((one) => one.textContent.startsWith('Begin with'))",
        )
        .await;
    browser
        .js("[...document.querySelectorAll('#editor button')].find((one) => one.textContent.startsWith('Begin with')).click()")
        .await;
    browser.until("document.querySelector('.grid-place')?.textContent.includes('internal/word')").await;
    bench.apply().await;
    let entries = bench.gateway.revision().await.document.root()["modbus_server"]["map"]["entries"].clone();
    let expect = json!([
        { "table": "coil", "address": 0, "tag": "internal/on", "type": "bool", "writable": true },
        { "table": "holding", "address": 0, "tag": "internal/word", "type": "u16", "writable": true },
    ]);
    assert_eq!(entries, expect);

    bench.open("register-map").await;
    browser.until("document.querySelectorAll('#map-entries tbody tr').length === 2").await;
    browser
        .until("[...document.querySelectorAll('.map-block')].some((one) => one.textContent.includes('internal'))")
        .await;
    browser.fill("#map-filter", "internal/w*").await;
    browser.until("document.querySelectorAll('#map-entries tbody tr').length === 1").await;
    browser.until("document.documentElement.scrollWidth <= innerWidth").await;
    browser.picture("register-map").await;
    bench.stop().await;
}
