//! The page of the SNMP agent.

use super::Bench;
use crate::support::browser::Browser;
use crate::support::wait::PATIENCE;
use async_snmp::notification::NotificationReceiver;
use async_snmp::{Auth, AuthProtocol, Client, MasterKeys, Oid, PrivProtocol, UsmConfig, Value};
use serde_json::json;
use std::net::UdpSocket;

const SIGNING: &str = "auth-pass-phrase";
const ENCRYPTION: &str = "priv-pass-phrase";

/// The control of one member of the agent's settings.
fn field(member: &str, control: &str) -> String {
    format!("[data-pointer='/snmp/{member}'] {control}")
}

async fn choose(browser: &Browser, member: &str, word: &str) {
    let (css, word) = (json!(field(member, "select")), json!(word));
    browser.until(&format!("document.querySelector({css})?.checkVisibility()")).await;
    browser
        .js(&format!(
            "const one = document.querySelector({css}); one.value = {word}; one.dispatchEvent(new Event('change'))"
        ))
        .await;
}

/// Presses a button, also one that the bar below covers until somebody scrolls.
async fn press(browser: &Browser, css: &str) {
    let css = json!(css);
    browser.until(&format!("document.querySelector({css})?.checkVisibility()")).await;
    browser.js(&format!("document.querySelector({css}).click()")).await;
}

/// Presses the button that adds an entry to the nth list.
async fn add(browser: &Browser, list: usize) {
    press(browser, &format!("#editor section:nth-of-type({}) .detail-head button", list + 2)).await;
}

#[tokio::test]
async fn an_agent_is_set_up_asked_and_tells_all_on_one_page() {
    let bench = Bench::claimed().await;
    let registers = json!([{ "name": "level", "type": "f64", "initial": 23.5, "unit": "m" }]);
    bench.gateway.edit(|document| document["internal"] = registers).await.unwrap();
    let told = NotificationReceiver::builder().bind("127.0.0.1:0").community("told").accept_all_notifications();
    let told = told.build().await.unwrap();
    let free = UdpSocket::bind("127.0.0.1:0").unwrap();
    let at = free.local_addr().unwrap();
    drop(free);
    let browser = &bench.browser;
    bench.open("snmp").await;
    browser.click("#editor .primary").await;

    // A mistake is told at its field; then everything there is to set.
    browser.fill(&field("address", "input"), "nowhere").await;
    browser.until("document.querySelector(\"[data-pointer='/snmp/address'] .error\")?.textContent").await;
    browser.fill(&field("address", "input"), &at.to_string()).await;
    browser.fill(&field("versions", "textarea"), "v2c\nv3").await;
    browser.fill(&field("users/0/name", "input"), "nms").await;
    choose(browser, "users/0/auth", "sha1").await;
    browser.fill(&field("users/0/auth_password", "input"), SIGNING).await;
    browser.fill(&field("users/0/priv_password", "input"), ENCRYPTION).await;
    add(browser, 1).await;
    browser.fill(&field("communities/0/name", "input"), "hall").await;
    browser.fill(&field("communities/0/community", "input"), "plant-ro").await;
    add(browser, 2).await;
    browser.fill(&field("views/0/name", "input"), "levels").await;
    browser.fill(&field("views/0/tags", "textarea"), "internal/l*").await;
    browser.fill(&field("communities/0/view", "input"), "levels").await;
    add(browser, 3).await;
    browser.fill(&field("receivers/0/name", "input"), "control").await;
    browser.fill(&field("receivers/0/address", "input"), &told.local_addr().to_string()).await;
    choose(browser, "receivers/0/version", "v2c").await;
    choose(browser, "receivers/0/kind", "inform").await;
    browser.fill(&field("receivers/0/community", "input"), "told").await;
    add(browser, 4).await;
    browser.fill(&field("rules/0/name", "input"), "high").await;
    choose(browser, "rules/0/when", "greater").await;
    browser.fill(&field("rules/0/tag", "input"), "internal/level").await;
    browser.fill(&field("rules/0/value", "input"), "100").await;
    browser.picture("snmp-editor").await;
    bench.apply().await;

    let snmp = bench.gateway.revision().await.document.masked()["snmp"].clone();
    assert_eq!((&snmp["users"][0]["name"], &snmp["users"][0]["auth_password"]), (&json!("nms"), &json!("***")));
    assert_eq!(snmp["communities"][0]["view"], json!("levels"));
    assert_eq!((&snmp["receivers"][0]["kind"], &snmp["rules"][0]["value"]), (&json!("inform"), &json!(100)));

    // Who asks is seen, with the name and the request, never with a secret.
    let keys = MasterKeys::new(AuthProtocol::Sha1, SIGNING.as_bytes()).unwrap();
    let keys = keys.with_privacy(PrivProtocol::Aes128, ENCRYPTION.as_bytes()).unwrap();
    let user = UsmConfig::new("nms").with_master_keys(keys).unwrap();
    let manager = Client::builder(at.to_string(), Auth::Usm(user)).request_timeout(PATIENCE).connect().await.unwrap();
    let value = Oid::parse("1.3.6.1.4.1.32473.4510.1.22.1.10.1").unwrap();
    assert_eq!(manager.get(&value).await.unwrap().varbinds[0].value, Value::OctetString("23.5".into()));
    browser
        .until(
            "[...document.querySelectorAll('#agent tr')].some((row) => ['127.0.0.1', 'v3', 'nms', 'get'].every((word) => \
             [...row.cells].some((cell) => cell.textContent === word)))",
        )
        .await;

    // A test by hand is acknowledged, and the page says so.
    press(browser, "#editor section:nth-of-type(5) .entry .quiet").await;
    browser.until("document.querySelector('#editor section:nth-of-type(5) [role=status]')?.textContent").await;
    let first = tokio::time::timeout(PATIENCE, told.recv()).await.expect("the test").unwrap();
    assert_eq!(first.notification.trap_oid().unwrap().arcs().last(), Some(&10));
    browser
        .until(
            "[...document.querySelectorAll('#agent tr')].some((row) => row.cells[0]?.textContent === 'control' && \
             row.cells[2].textContent === '1' && row.cells[3].textContent === '1')",
        )
        .await;

    // The MIB file behind the link.
    let mib = browser
        .js("const link = document.querySelector('a[download][href$=\"/snmp/mib\"]');
             return fetch(link.href).then((answer) => answer.text())")
        .await;
    assert!(mib.as_str().unwrap().starts_with("DINRAIL-MIB DEFINITIONS ::= BEGIN"));
    browser.js("scrollTo(0, 0)").await;
    browser.picture("snmp-light").await;

    // In Korean, dark, on a telephone.
    browser.js("return fetch('/preferences', { method: 'POST', body: new URLSearchParams({ lang: 'ko', theme: 'dark' }), redirect: 'manual' }).then(() => 1)").await;
    for (width, height, name) in [(1360, 900, "wide"), (390, 800, "narrow")] {
        browser.resize(width, height).await;
        bench.open("snmp").await;
        browser.until("document.documentElement.lang === 'ko' && document.querySelector('#agent table')").await;
        browser.until("document.documentElement.scrollWidth <= innerWidth").await;
        browser.picture(&format!("snmp-ko-dark-{name}")).await;
    }
    bench.stop().await;
}
