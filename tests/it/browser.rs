//! The pages in a real browser, against a whole gateway and a simulated field.

mod access;
mod bridges;
mod clouds;
mod computed;
mod files;
mod lines;
mod modbus_server;
mod modules;
mod ports;
mod publications;
mod snmp;
mod sparkplug;

use crate::support::browser::{Browser, key};
use crate::support::gateway::TestGateway;
use crate::support::wait::eventually;
use dinrail::modbus::address::{Span, Table};
use dinrail::modbus::wire::{Parity, Wire};
use dinrail::sim::bank::Bank;
use dinrail::sim::field::{Field, FieldConfig, SimDevice};
use dinrail::tag::value::Value;
use serde_json::{Value as Json, json};
use std::time::Duration;

const PASSWORD: &str = "a plain long sentence";
const PAGES: &[&str] = &[
    "overview",
    "tags",
    "modules",
    "lines",
    "events",
    "ports",
    "devices",
    "internal",
    "computed",
    "mqtt",
    "broker",
    "modbus-server",
    "register-map",
    "snmp",
    "access",
    "settings",
    "users",
    "revisions",
    "configuration",
    "account",
    "help",
    "api-docs",
];
/// The input that stands on the active cell of a grid.
const ACTIVE_CELL: &str = ".grid-input";

/// A gateway, and a browser that has claimed it.
struct Bench {
    gateway: TestGateway,
    browser: Browser,
    site: String,
}

impl Bench {
    async fn claimed() -> Self {
        let gateway = TestGateway::start().await;
        let address = gateway.gateway.web_address().await.unwrap();
        let browser = Browser::start().await;
        let site = format!("https://{address}");
        browser.go(&site).await;
        browser.until("location.pathname === '/claim'").await;
        browser.fill("input[name=code]", &gateway.gateway.store.claim_code()).await;
        browser.fill("input[name=username]", "kim").await;
        browser.fill("input[name=password]", PASSWORD).await;
        browser.fill("input[name=again]", PASSWORD).await;
        browser.click("main button[type=submit]").await;
        browser.until("location.pathname === '/overview'").await;
        Self { gateway, browser, site }
    }

    async fn open(&self, page: &str) {
        self.browser.go(&format!("{}/{page}", self.site)).await;
    }

    /// The page from now on in Korean; the switches are closed then.
    async fn korean(&self) {
        self.browser.click(".switches summary").await;
        self.browser.click("button[name=lang][value=ko]").await;
        self.browser.until("document.documentElement.lang === 'ko'").await;
    }

    /// The page from now on in dark colours; the switches stay open.
    async fn dark(&self) {
        self.browser.click(".switches summary").await;
        self.browser.click("input[name=theme][value=dark]").await;
        self.browser.until("document.documentElement.dataset.theme === 'dark'").await;
    }

    /// Reviews and applies what was edited.
    async fn apply(&self) {
        let before = self.gateway.revision().await.number;
        self.browser.click("#savebar .primary").await;
        self.browser.click("dialog button[type=submit]").await;
        let what = "the revision that was applied";
        eventually(async || (self.gateway.revision().await.number > before).then_some(()), what).await;
        self.browser.until("document.querySelector('#savebar').hidden").await;
    }

    /// Ends all; nothing may have gone wrong or elsewhere.
    async fn stop(self) {
        // What belongs to no network: data in the page, and the browser's own pages.
        let inside = ["data:", "blob:", "chrome:", "about:"];
        let elsewhere =
            |url: &String| !url.starts_with(&self.site) && !inside.iter().any(|scheme| url.starts_with(scheme));
        let foreign: Vec<String> = self.browser.requests().await.into_iter().filter(elsewhere).collect();
        assert!(foreign.is_empty(), "requests to other hosts: {foreign:?}");
        // A check of a half-typed document is answered with what is wrong with it; browsers log such answers.
        let expected = |line: &String| line.contains("dry_run=true") && line.contains("422");
        let errors: Vec<String> =
            self.browser.console_errors().await.into_iter().filter(|line| !expected(line)).collect();
        assert!(errors.is_empty(), "the console says: {errors:?}");
        self.browser.stop().await;
        self.gateway.stop().await;
    }
}

/// One device, unit 1; holding register n is 1000 + n.
fn field() -> Field {
    let mut bank = Bank::new(100);
    let words: Vec<u16> = (1000..1100).collect();
    assert!(bank.set(Table::Holding, 0, &words));
    let wire = Wire { baud: 115_200, data_bits: 8, parity: Parity::None, stop_bits: 1 };
    let device = SimDevice { unit: 1, turnaround: Duration::from_millis(2), bank };
    Field::start(FieldConfig { wire, devices: vec![device], strict: false, spin: false, link: None }).unwrap()
}

/// What a row of the live table shows for a tag: value, quality.
fn row(name: &str) -> String {
    format!(
        "[...document.querySelectorAll('.vt-body .vt-row')].find((row) => row.querySelector('.cell-name').textContent === '{name}')"
    )
}

#[tokio::test]
async fn from_the_claim_to_a_written_set_point() {
    let field = field();
    let bench = Bench::claimed().await;
    let browser = &bench.browser;

    // Out, and in again, to where one wanted to go.
    browser.click(".switches summary").await;
    browser.click("#logout").await;
    browser.until("location.pathname === '/login'").await;
    bench.open("ports").await;
    browser.until("location.pathname === '/login' && location.search === '?next=/ports'").await;
    browser.fill("input[name=username]", "kim").await;
    browser.fill("input[name=password]", PASSWORD).await;
    browser.click("main button[type=submit]").await;
    browser.until("location.pathname === '/ports'").await;

    // A port, in the form.
    browser.click(".master .add").await;
    browser.fill("[data-pointer='/ports/0/path'] input", field.path().to_str().unwrap()).await;
    browser.fill("[data-pointer='/ports/0/baud'] input", "115200").await;
    browser.js("const parity = document.querySelector(\"[data-pointer='/ports/0/parity'] select\"); parity.value = 'none'; parity.dispatchEvent(new Event('change'))").await;
    bench.apply().await;

    // A device with three tags, typed as in a spreadsheet. The second goes on where the first ends.
    bench.open("devices").await;
    browser.click(".master .add").await;
    browser.click(ACTIVE_CELL).await;
    browser.keys(&["level", key::TAB, "hold", key::TAB, "5", key::TAB, "u16", key::ENTER]).await;
    browser.keys(&["flow", key::ENTER]).await;
    browser.keys(&["setpoint"]).await;
    // Past table, address, type, order, bit, length, unit, gain, offset, deadband: to `writable`.
    browser.keys(&[key::TAB; 11]).await;
    browser.keys(&["y", key::ENTER]).await;
    bench.apply().await;
    let document = bench.gateway.revision().await.document.masked();
    let typed: Vec<Json> = document["devices"][0]["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| json!([tag["name"], tag["table"], tag["address"], tag["type"], tag["writable"]]))
        .collect();
    assert_eq!(
        Json::from(typed),
        json!([
            ["level", "holding", 5, "u16", null],
            ["flow", "holding", 6, "u16", null],
            ["setpoint", "holding", 7, "u16", true],
        ])
    );
    browser.picture("devices").await;

    // The values, live.
    bench.open("tags").await;
    let level = row("device1/level");
    browser.until(&format!("{level}?.querySelector('.cell-value').textContent === '1005'")).await;
    browser.until(&format!("{level}?.dataset.quality === 'good'")).await;
    assert!(field.set(1, Table::Holding, 5, &[77]));
    browser.until(&format!("{level}?.querySelector('.cell-value').textContent === '77'")).await;

    // A set-point from the row, by keyboard alone.
    browser.js("document.querySelector('.vt').focus()").await;
    browser.keys(&[key::DOWN, key::DOWN, key::F2]).await;
    browser.until("document.activeElement.closest('.write-box')").await;
    browser.keys(&["1234", key::ENTER]).await;
    browser.until("document.querySelector('.write-answer.good')").await;
    let span = Span::new(Table::Holding, 7, 1).unwrap();
    eventually(async || (field.get(1, span) == Some(vec![1234])).then_some(()), "the set-point in the device").await;
    let seen = async || bench.gateway.tag("device1/setpoint").filter(|tag| tag.state.value == Some(Value::U64(1234)));
    eventually(seen, "the set-point read back").await;
    browser.picture("tags").await;
    browser.keys(&[key::ESCAPE, key::ENTER]).await;
    browser.until("document.querySelector('#tag-detail .readout')?.textContent.startsWith('1234')").await;

    // What cannot be is refused in the row, with the reason.
    browser.keys(&[key::ESCAPE, key::F2]).await;
    browser.until("document.activeElement.closest('.write-box')").await;
    browser.keys(&["70000", key::ENTER]).await;
    browser.until("document.querySelector('.write-answer.error')?.textContent.length > 10").await;
    let refused = browser.console_errors().await;
    assert!(
        refused.iter().all(|line| line.contains("/tags/device1/setpoint") || line.contains("dry_run")),
        "{refused:?}"
    );
    bench.stop().await;
}

#[tokio::test]
async fn every_page_in_korean_dark_and_narrow() {
    let bench = Bench::claimed().await;
    let browser = &bench.browser;
    bench.korean().await;
    bench.dark().await;
    for (width, height, name) in [(1360, 900, "wide"), (360, 740, "narrow")] {
        browser.resize(width, height).await;
        for page in PAGES {
            bench.open(page).await;
            browser.until("document.querySelector('.live')?.dataset.state === 'live'").await;
            browser.until("document.readyState === 'complete'").await;
            let facts = browser
                .js("const shown = getComputedStyle(document.documentElement);
                     const rgb = shown.backgroundColor.match(/\\d+/g).map(Number);
                     const fields = [...document.querySelectorAll('main :is(input:not([type=hidden]), select, textarea)')];
                     return {
                       lang: document.documentElement.lang,
                       hangul: /[가-힣]/.test(document.querySelector('h1').textContent),
                       dark: Math.max(...rgb) < 80,
                       wide: document.documentElement.scrollWidth - innerWidth,
                       unnamed: fields.filter((field) => !field.closest('#swagger') && !field.labels?.length && !field.ariaLabel).length
                         + [...document.querySelectorAll('main button')].filter((one) => !one.closest('#swagger') && !one.textContent.trim() && !one.ariaLabel).length,
                     }")
                .await;
            assert_eq!(facts["lang"], "ko", "{page}");
            assert_eq!(facts["hangul"], true, "{page} has no Korean title");
            assert_eq!(facts["dark"], true, "{page} forgot the theme");
            assert_eq!(facts["unnamed"], 0, "{page} has controls without a name");
            assert!(facts["wide"].as_i64().unwrap() <= 0, "{page} is wider than {width}: {facts}");
            browser.picture(&format!("ko-dark-{name}-{page}")).await;
        }
    }
    bench.stop().await;
}

#[tokio::test]
async fn what_the_server_says_is_korean_on_korean_pages() {
    let bench = Bench::claimed().await;
    let browser = &bench.browser;
    bench.korean().await;
    let port = json!([{"name": "COM1", "kind": "serial", "path": "/dev/dinrail-no-such-line"}]);
    bench.gateway.edit(|document| document["ports"] = port).await.unwrap();

    // Why a unit is not well, from the stream; the banner that says so; and what the log has of it.
    bench.open("overview").await;
    browser.until("document.querySelector('.reason')?.textContent.includes('경로가 없습니다')").await;
    browser.until("document.querySelector('#unit-banner')?.textContent.includes('경로가 없습니다')").await;
    bench.open("events").await;
    browser.until("document.querySelector('.event-detail')").await;
    let details =
        browser.js("return [...document.querySelectorAll('.event-detail')].map((cell) => cell.textContent)").await;
    all_korean(&details);

    // A finding of a dry run, at its field and in the bar below.
    bench.open("ports").await;
    let path = "[data-pointer='/ports/0/path']";
    browser.fill(&format!("{path} input"), "COM1").await;
    browser.until(&format!("document.querySelector(\"{path} [role=alert], {path} .error\")?.textContent")).await;
    let told = browser
        .js(&format!(
            "return [...document.querySelectorAll(\"{path} .error, #savebar li\")].map((one) => one.textContent)"
        ))
        .await;
    all_korean(&told);
    browser.picture("ko-refusal").await;

    // A refusal of a form, and one of a write.
    bench.gateway.edit(|document| document["internal"] = json!([{"name": "n", "type": "u16"}])).await.unwrap();
    bench.open("tags").await;
    browser.until(&format!("{}?.dataset.quality === 'good'", row("internal/n"))).await;
    browser.js("document.querySelector('.vt').focus()").await;
    browser.keys(&[key::DOWN, key::F2]).await;
    browser.until("document.activeElement.closest('.write-box')").await;
    browser.keys(&["70000", key::ENTER]).await;
    browser.until("document.querySelector('.write-answer.error')?.textContent.length > 5").await;
    all_korean(&browser.js("return [document.querySelector('.write-answer.error').textContent]").await);
    let refused = browser.console_errors().await;
    assert!(refused.iter().all(|line| line.contains("/tags/internal/n") || line.contains("dry_run")), "{refused:?}");
    bench.stop().await;
}

/// Sentences, each with Korean in it.
fn all_korean(sentences: &Json) {
    let sentences = sentences.as_array().unwrap();
    assert!(!sentences.is_empty());
    for sentence in sentences {
        let text = sentence.as_str().unwrap();
        assert!(text.chars().any(|letter| ('\u{ac00}'..='\u{d7a3}').contains(&letter)), "not Korean: {text:?}");
    }
}

#[tokio::test]
async fn two_people_edit_at_once_and_nothing_is_lost() {
    let bench = Bench::claimed().await;
    let browser = &bench.browser;
    bench.open("settings").await;
    browser.fill("[data-pointer='/appliance/location'] input", "Hall 2").await;
    bench.gateway.edit(|document| document["appliance"] = json!({"contact": "shift leader"})).await.unwrap();
    browser.click("#savebar .primary").await;
    // Reload, or mine on top: the second.
    browser.click("dialog button[type=submit]").await;
    bench.apply().await;
    let document = bench.gateway.revision().await.document.masked();
    assert_eq!(document["appliance"], json!({"contact": "shift leader", "location": "Hall 2"}));
    // The save can be taken back.
    browser.click("#notices button:not(.icon)").await;
    let undone = async || {
        let document = bench.gateway.revision().await.document.masked();
        (document["appliance"] == json!({"contact": "shift leader"})).then_some(())
    };
    eventually(undone, "the document before the save").await;
    let conflicts = browser.console_errors().await;
    assert!(conflicts.iter().all(|line| line.contains("412")), "{conflicts:?}");
    bench.stop().await;
}

#[tokio::test]
async fn ten_thousand_tags_stay_fluid_and_only_those_in_sight_travel() {
    let bench = Bench::claimed().await;
    let browser = &bench.browser;
    let registers: Vec<Json> = (0..10_000).map(|n| json!({"name": format!("r{n:05}"), "type": "u16"})).collect();
    bench.gateway.edit(|document| document["internal"] = registers.into()).await.unwrap();
    bench.open("tags").await;
    browser.until("document.querySelector('#tag-count').textContent.includes('10,000')").await;
    browser.until("document.querySelector('.vt-row[data-quality=good]')").await;
    browser.requests().await;
    // To the end and back in steps, a frame each.
    let facts = browser
        .js("const table = document.querySelector('.vt'); let most = 0; let frames = 0;
             return new Promise((done) => { const step = () => {
               most = Math.max(most, table.querySelectorAll('.vt-row').length);
               table.scrollTop = (frames % 100) * table.scrollHeight / 100;
               if (++frames < 200) requestAnimationFrame(step); else done({ most, height: table.scrollHeight });
             }; step(); })")
        .await;
    assert!(facts["most"].as_u64().unwrap() < 100, "{facts}");
    assert!(facts["height"].as_u64().unwrap() > 300_000, "{facts}");
    browser.js("document.querySelector('.vt').scrollTop = 1e9").await;
    let last = row("internal/r09999");
    browser.until(&format!("{last}?.querySelector('.cell-value').textContent === '0'")).await;
    let streams: Vec<String> = browser.requests().await.into_iter().filter(|url| url.contains("/stream")).collect();
    assert!(!streams.is_empty() && streams.len() < 20, "a stream for each frame: {}", streams.len());
    assert!(streams.iter().all(|url| url.matches("internal%2F").count() < 100), "more is watched than seen");
    bench.stop().await;
}
