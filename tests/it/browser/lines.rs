//! The page of the lines, and what the editors say of them.

use super::Bench;
use crate::support::line_rig::{bank, device, field_of, port, register};
use crate::support::wait::eventually;
use dinrail::modbus::address::{Span, Table};
use serde_json::{Value as Json, json};

#[tokio::test]
async fn what_a_device_taught_is_told_and_forgotten_by_a_button() {
    let illegal = Span::new(Table::Holding, 5, 1).unwrap();
    let field = field_of(bank(1).with_illegal(illegal));
    let bench = Bench::claimed().await;
    let tags: Vec<Json> = (0..10).map(register).collect();
    let (ports, devices) = (json!([port(&field)]), json!([device(1, 100, json!(tags))]));
    bench.gateway.edit(|document| (document["ports"], document["devices"]) = (ports, devices)).await.unwrap();

    bench.open("lines").await;
    let browser = &bench.browser;
    browser.until("document.querySelector('.lessons')?.textContent === 'Refused (1): holding 5 (02).'").await;
    browser.until("document.documentElement.scrollWidth <= innerWidth").await;
    browser.picture("lines").await;
    assert!(field.exchange(1, bank(1)));
    browser.click("[data-ask='forget d1']").await;
    browser.until("document.querySelector('.notice')?.textContent.includes('What d1 taught is forgotten')").await;
    let good = async || (bench.gateway.tag("d1/r5")?.state.quality.as_str() == "good").then_some(());
    eventually(good, "the value that was refused").await;
    browser.until("!document.querySelector('.lessons, [data-ask]')").await;
    bench.stop().await;
}

#[tokio::test]
async fn an_editor_tells_while_one_types_what_the_line_needs_and_what_mends_it() {
    let bench = Bench::claimed().await;
    // Too far apart to be read together.
    let tag = |at: u16| json!({ "name": format!("t{at}"), "table": "holding", "address": 200 * at, "type": "u16" });
    let tags: Vec<Json> = (0..38).map(tag).collect();
    let ports = json!([{ "name": "COM1", "kind": "serial", "path": "/dev/dinrail-no-such-line", "baud": 9600 }]);
    let devices = json!([{ "name": "meter3", "port": "COM1", "unit_id": 3, "poll_ms": 2000, "tags": tags }]);
    bench.gateway.edit(|document| (document["ports"], document["devices"]) = (ports, devices)).await.unwrap();

    let browser = &bench.browser;
    let says = |text: &str| format!("document.querySelector('.needs')?.textContent.includes('{text}')");
    bench.open("devices").await;
    browser.until(&says("67 %")).await;
    browser.fill("[data-pointer='/devices/0/poll_ms'] input", "1000").await;
    browser.until(&says("poll meter3 every 1500 ms, or raise the line to 19200 baud")).await;
    browser.picture("device-needs").await;
    bench.apply().await;
    bench.open("ports").await;
    browser.until(&says("134 %")).await;
    browser.fill("[data-pointer='/ports/0/baud'] input", "19200").await;
    browser.until(&format!("!({})", says("poll meter3"))).await;
    bench.stop().await;
}
