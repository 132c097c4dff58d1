//! The page of the Modbus/TCP server and its register map.

use super::Bench;
use crate::support::certificates::{Authority, Validity};
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

/// The keys of a grid: the next cell, and the end of a row.
const NEXT: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

impl Bench {
    /// Types a row into the first place of a grid, as in a spreadsheet.
    async fn type_row(&self, grid: &str, cells: &[&str]) {
        let input = format!("[aria-label='{grid}'] .grid-input");
        self.browser.until(&format!("document.querySelector(\"{input}\")")).await;
        // The bar of changes lies over the lower end of the page.
        self.browser.js(&format!("document.querySelector(\"{input}\").scrollIntoView({{ block: 'center' }})")).await;
        self.browser.click(&input).await;
        let keys: Vec<&str> = cells.iter().flat_map(|cell| [*cell, NEXT]).collect();
        self.browser.keys(&keys[..keys.len() - 1]).await;
        self.browser.keys(&[ENTER]).await;
    }
}

#[tokio::test]
async fn encryption_roles_own_addresses_and_ways_through_are_set_up_and_a_renamed_port_is_followed() {
    let bench = Bench::claimed().await;
    let authority = Authority::new();
    let own = authority.server(&["gateway.example"], Validity::Now);
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let secured = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let edit = bench.gateway.edit(|document| {
        document["certificates"] = json!([{ "name": "plant", "chain": own.chain, "key": own.key }]);
        document["ports"] = json!([{ "name": "COM1", "kind": "tcp", "address": "127.0.0.1:9" }]);
        document["devices"] = json!([{
            "name": "oven", "port": "COM1", "unit_id": 3,
            "tags": [{ "name": "t", "table": "holding", "address": 0, "type": "u16" }],
        }]);
        document["modbus_server"] = json!({ "address": at.to_string() });
    });
    edit.await.unwrap();
    let browser = &bench.browser;
    bench.open("modbus-server").await;
    browser
        .until(
            "[...document.querySelectorAll('#editor button')].some((one) => one.textContent === 'Set up encryption')",
        )
        .await;
    browser
        .js("[...document.querySelectorAll('#editor button')].find((one) => one.textContent === 'Set up encryption').click()")
        .await;
    // The only certificate is proposed; an authority must be given, and says so where it is missing.
    browser
        .until(
            "document.querySelector(\"[data-pointer='/modbus_server/security/certificate'] input\")?.value === 'plant'",
        )
        .await;
    browser
        .until("document.querySelector(\"[data-pointer='/modbus_server/security/client_ca'] .error\")?.textContent")
        .await;
    let set = |member: &str, text: &str| {
        format!(
            "const area = document.querySelector(\"[data-pointer='/modbus_server/security/{member}'] textarea\"); \
             area.value = {}; area.dispatchEvent(new Event('input')); area.dispatchEvent(new Event('change'))",
            json!(text)
        )
    };
    browser.js(&set("address", &secured.to_string())).await;
    browser.js(&set("client_ca", &authority.ca())).await;
    bench.type_row("Roles of clients", &["Operator", "read", "3, 10-20", "holding 0-9", "shift"]).await;
    bench.type_row("Devices and modules with addresses of their own", &["oven", "7", "", "", "", "100"]).await;
    bench.type_row("Gateway: unit ids to ports", &["10-20", "COM1", "-7"]).await;
    bench.apply().await;
    browser.picture("modbus-server-security").await;
    let server = || async { bench.gateway.revision().await.document.root()["modbus_server"].clone() };
    let stored = server().await;
    assert_eq!(stored["security"]["address"], json!(secured.to_string()));
    let role = json!({
        "role": "Operator", "access": "read", "units": [3, "10-20"], "areas": ["holding 0-9"], "description": "shift",
    });
    assert_eq!(stored["security"]["roles"], json!([role]));
    assert_eq!(stored["map"]["modules"], json!([{ "module": "oven", "unit_id": 7, "holding": 100 }]));
    assert_eq!(stored["gateway"], json!([{ "units": "10-20", "port": "COM1", "offset": -7 }]));

    bench.open("ports").await;
    browser.until("document.body.textContent.includes('gateway for unit ids 10-20')").await;
    browser.fill("[data-pointer='/ports/0/name'] input", "line-1").await;
    bench.apply().await;
    assert_eq!(server().await["gateway"][0]["port"], "line-1");
    assert_eq!(bench.gateway.revision().await.document.root()["devices"][0]["port"], "line-1");
    bench.stop().await;
}
