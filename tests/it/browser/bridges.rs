//! A bridge of the embedded broker: set up, mended where it is wrong, watched and taken away on the page of the broker.

use super::Bench;
use crate::support::field::free_port;
use crate::support::mqtt_broker::{Packet, TestBroker};
use serde_json::json;

/// The field of a member of the first bridge.
fn at(member: &str) -> String {
    format!("[data-pointer=\"/mqtt/broker/bridges/0/{member}\"]")
}

/// The section of the bridges.
const SECTION: &str = "[...document.querySelectorAll('#editor > .panel')].find((one) => one.querySelector('details.item, .empty') && /bridge|브리지/i.test(one.querySelector('h2')?.textContent))";

impl Bench {
    async fn fill(&self, member: &str, text: &str) {
        self.browser.fill(&format!("{} input", at(member)), text).await;
    }

    async fn choose(&self, member: &str, value: &str) {
        let place = at(member);
        let script = format!(
            "const select = document.querySelector('{place} select'); select.value = '{value}'; \
             select.dispatchEvent(new Event('change'))"
        );
        self.browser.js(&script).await;
    }

    /// Waits until the field says what is wrong with it, and nothing else is.
    async fn until_wrong(&self, member: &str, part: &str) {
        let place = at(member);
        self.browser.until(&format!("document.querySelector('{place} .error')?.textContent.includes('{part}')")).await;
        let wrong = self
            .browser
            .js("return [...document.querySelectorAll('[data-pointer] .error')].filter((one) => one.textContent).length")
            .await;
        assert_eq!(wrong, 1, "{member}");
        let below = format!(
            "document.querySelector('#savebar').textContent.includes(document.querySelector('{place} .error').textContent)"
        );
        self.browser.until(&below).await;
    }

    /// The section of the bridges, and what stands below, as people see it.
    async fn pictures(&self, name: &str) {
        let browser = &self.browser;
        for (part, place) in [
            ("top", "section.scrollIntoView()"),
            ("end", "section.querySelector('.delivery').scrollIntoView({ block: 'center' })"),
        ] {
            browser.js(&format!("const section = {SECTION}; {place}")).await;
            browser.picture(&format!("bridge-{name}-{part}")).await;
        }
    }
}

#[tokio::test]
async fn a_bridge_is_made_mended_watched_and_taken_away() {
    let there = TestBroker::start().await;
    let bench = Bench::claimed().await;
    let listener = format!("127.0.0.1:{}", free_port());
    let edited = bench.gateway.edit(|document| {
        document["appliance"] = json!({"name": "line-3"});
        document["mqtt"] = json!({"broker": {"listeners": [{"address": listener}], "anonymous": true}});
    });
    edited.await.unwrap();
    let browser = &bench.browser;
    bench.open("broker").await;
    browser.until(&format!("{SECTION}?.querySelector('.empty')")).await;
    browser.js(&format!("{SECTION}.querySelector('.detail-head button').click()")).await;

    // What is wrong is said where it is, and only there.
    bench.fill("url", "broker.example").await;
    bench.until_wrong("url", "mqtt://").await;
    bench.fill("url", &format!("mqtt://{listener}")).await;
    bench.until_wrong("url", "a bridge leads to another one").await;
    bench.fill("url", &there.url()).await;
    bench.choose("protocol", "3.1.1").await;
    bench.fill("rules/0/topic", "press/#/x").await;
    bench.until_wrong("rules/0/topic", "is not a topic filter").await;
    browser.picture("bridge-wrong").await;
    bench.fill("rules/0/topic", "press/#").await;
    bench.fill("rules/0/remote_prefix", "site-a").await;
    bench.until_wrong("rules/0/remote_prefix", "site-a/").await;
    bench.fill("rules/0/remote_prefix", "site-a/").await;

    // Another rule, which is like the first at first.
    browser.js(&format!("{SECTION}.querySelector('.items .detail-head button').click()")).await;
    bench.until_wrong("rules/1/topic", " ").await;
    bench.fill("rules/1/topic", "orders/+").await;
    bench.choose("rules/1/direction", "in").await;
    bench.choose("rules/1/qos", "2").await;
    bench.fill("rules/1/local_prefix", "cloud/").await;
    bench.apply().await;
    let saved = bench.gateway.revision().await.document.root()["mqtt"]["broker"]["bridges"][0].clone();
    assert_eq!(
        (&saved["name"], &saved["url"], &saved["protocol"]),
        (&json!("cloud"), &json!(there.url()), &json!("3.1.1"))
    );
    let rule = |index: usize| {
        let mut rule = saved["rules"][index].clone();
        rule.as_object_mut().unwrap().remove("id");
        rule
    };
    assert_eq!(rule(0), json!({"topic": "press/#", "direction": "out", "remote_prefix": "site-a/"}));
    assert_eq!(rule(1), json!({"topic": "orders/+", "direction": "in", "qos": 2, "local_prefix": "cloud/"}));

    // How it is, live.
    let subscribe = Packet::Subscribe(vec![("orders/+".to_owned(), 2)]);
    there.wait("its subscription", |heard| heard.iter().any(|heard| heard.packet == subscribe).then_some(())).await;
    there.send("orders/7", b"12 pieces", 2, false).await;
    let sign = |state: &str| format!("{SECTION}.querySelector('summary .mark-{state}')");
    browser.until(&sign("good")).await;
    let brought = format!(
        "[...{SECTION}.querySelectorAll('.delivery .figure')].find((one) => one.firstChild.textContent === 'Brought in')"
    );
    browser.until(&format!("{brought}?.lastChild.textContent === '1'")).await;
    bench.pictures("light").await;
    let url = there.url();
    drop(there);
    browser.until(&sign("uncertain")).await;
    browser.until(&format!("{SECTION}.querySelector('.delivery .trouble')?.textContent.includes('{url}')")).await;
    bench.pictures("away").await;

    // The same in the dark, narrow, and in Korean.
    bench.dark().await;
    browser.click(".switches summary").await;
    bench.pictures("dark").await;
    // A notice of the save lies above it.
    browser.js("document.querySelector('button[name=lang][value=ko]').click()").await;
    browser.until("document.documentElement.lang === 'ko'").await;
    browser.resize(360, 740).await;
    browser.until(&format!("{SECTION}?.querySelector('details.item')")).await;
    browser.js(&format!("{SECTION}.querySelector('details.item').open = true")).await;
    browser.until(&format!("{SECTION}.querySelector('.delivery .trouble')")).await;
    bench.pictures("ko-narrow").await;
    let wide = browser.js("return document.documentElement.scrollWidth - innerWidth").await;
    assert!(wide.as_i64().unwrap() <= 0, "wider than the window by {wide}");

    // Without its second rule, and then no more.
    browser.js(&format!("{SECTION}.querySelectorAll('.entry')[1].querySelector('.danger').click()")).await;
    bench.apply().await;
    let saved = bench.gateway.revision().await.document.root()["mqtt"]["broker"]["bridges"][0].clone();
    assert_eq!(saved["rules"].as_array().unwrap().len(), 1);
    browser.js(&format!("{SECTION}.querySelector('.item-actions .danger').click()")).await;
    browser.until(&format!("{SECTION}.querySelector('.empty')")).await;
    bench.apply().await;
    let broker = bench.gateway.revision().await.document.root()["mqtt"]["broker"].clone();
    assert!(broker["bridges"].as_array().is_none_or(Vec::is_empty), "{broker}");
    bench.stop().await;
}
