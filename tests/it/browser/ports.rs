//! The kinds of ports in the editor.

use super::Bench;
use crate::support::line::device;
use crate::support::wait::eventually;
use dinrail::sim::server::{Server, ServerConfig, Speech};
use dinrail::tag::value::Value;
use serde_json::json;

/// Chooses an option of a field, as a person does.
async fn choose(bench: &Bench, member: &str, value: &str) {
    let script = format!(
        "const select = document.querySelector(\"[data-pointer='/ports/0/{member}'] select\"); select.value = '{value}'; \
         select.dispatchEvent(new Event('change'))"
    );
    bench.browser.js(&script).await;
}

/// The fields one sees, by member.
async fn seen(bench: &Bench) -> Vec<String> {
    let fields = bench
        .browser
        .js("document.querySelector('details.form-section').open = true; \
             return [...document.querySelectorAll('[data-pointer]')].filter((field) => field.checkVisibility()) \
             .map((field) => field.dataset.pointer.split('/').at(-1))")
        .await;
    fields.as_array().unwrap().iter().map(|field| field.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_port_shows_and_keeps_what_its_kind_has() {
    let server = Server::start(ServerConfig { speech: Speech::Tcp, port: 0, devices: vec![device(1)] }).unwrap();
    let bench = Bench::claimed().await;
    let browser = &bench.browser;
    bench.open("ports").await;
    browser.click(".master .add").await;
    browser.fill("[data-pointer='/ports/0/path'] input", "/dev/ttyUSB0").await;
    let serial = seen(&bench).await;
    for member in ["path", "framing", "baud", "parity", "gap_ms", "initial_delay_ms"] {
        assert!(serial.iter().any(|seen| seen == member), "{member} in {serial:?}");
    }
    assert!(!serial.iter().any(|seen| ["data_bits", "address", "in_flight"].contains(&seen.as_str())), "{serial:?}");
    // ASCII may have 7 data bits, and takes them along when it goes.
    choose(&bench, "framing", "ascii").await;
    choose(&bench, "data_bits", "7").await;
    browser.picture("port-ascii").await;
    choose(&bench, "framing", "rtu").await;
    assert!(!seen(&bench).await.iter().any(|seen| seen == "data_bits"));

    choose(&bench, "kind", "tcp").await;
    let tcp = seen(&bench).await;
    for member in ["address", "in_flight", "connect_timeout_ms"] {
        assert!(tcp.iter().any(|seen| seen == member), "{member} in {tcp:?}");
    }
    assert!(!tcp.iter().any(|seen| ["path", "baud", "gap_ms"].contains(&seen.as_str())), "{tcp:?}");
    browser.fill("[data-pointer='/ports/0/address'] input", "nowhere").await;
    browser.until("document.querySelector(\"[data-pointer='/ports/0/address'] .error\").textContent.includes('host and port')").await;
    browser.fill("[data-pointer='/ports/0/address'] input", &server.address().to_string()).await;
    browser.fill("[data-pointer='/ports/0/in_flight'] input", "4").await;
    browser.picture("port-tcp").await;
    // What was typed for another kind returns with it.
    choose(&bench, "kind", "serial").await;
    browser.until("document.querySelector(\"[data-pointer='/ports/0/path'] input\").value === '/dev/ttyUSB0'").await;
    choose(&bench, "kind", "tcp").await;
    bench.apply().await;

    let port = bench.gateway.revision().await.document.masked()["ports"][0].clone();
    let members = json!({
        "id": port["id"], "name": "COM1", "kind": "tcp", "address": server.address().to_string(), "in_flight": 4,
    });
    assert_eq!(port, members);
    let tag = json!({ "name": "r7", "table": "holding", "address": 7, "type": "u16" });
    let devices = json!([{ "name": "d", "port": "COM1", "unit_id": 1, "tags": [tag] }]);
    bench.gateway.edit(|document| document["devices"] = devices).await.unwrap();
    let live = async || bench.gateway.tag("d/r7")?.state.value.filter(|value| *value == Value::U64(207));
    eventually(live, "the value behind Modbus/TCP").await;
    bench.stop().await;
}
