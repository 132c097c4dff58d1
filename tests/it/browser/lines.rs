//! The page of the lines.

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
    browser.picture("lines").await;
    assert!(field.exchange(1, bank(1)));
    browser.click("[data-ask='forget d1']").await;
    browser.until("document.querySelector('.notice')?.textContent.includes('What d1 taught is forgotten')").await;
    let good = async || (bench.gateway.tag("d1/r5")?.state.quality.as_str() == "good").then_some(());
    eventually(good, "the value that was refused").await;
    browser.until("!document.querySelector('.lessons, [data-ask]')").await;
    bench.stop().await;
}
