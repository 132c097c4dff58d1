//! The rack.

use super::Bench;
use crate::support::browser::key;
use crate::support::wait::eventually;
use dinrail::tag::attribute::Attribute;
use dinrail::tag::value::Value;
use serde_json::{Value as Json, json};

/// A field of the channel editor or the module's.
fn field(pointer: &str) -> String {
    format!("[data-pointer='/modules/{pointer}']")
}

/// Presses a button. The page grows and shrinks while one edits: where it stands is no matter here.
async fn press(bench: &Bench, css: &str) {
    bench.browser.until(&format!("document.querySelector(\"{css}\")?.checkVisibility()")).await;
    bench.browser.js(&format!("document.querySelector(\"{css}\").click()")).await;
}

/// Chooses an option of a field, as a person does.
async fn choose(bench: &Bench, pointer: &str, value: &str) {
    let script = format!(
        "const select = document.querySelector(\"{} select\"); select.value = '{value}'; \
         select.dispatchEvent(new Event('change'))",
        field(pointer)
    );
    bench.browser.js(&script).await;
}

/// Waits until the lamp of a channel in the rack says this.
async fn lamp_says(bench: &Bench, at: &str, text: &str) {
    let script = format!("document.querySelector(\"[data-at='{at}']\")?.ariaLabel.includes('{text}')");
    bench.browser.until(&script).await;
}

/// Waits for what an attribute of a tag becomes.
async fn attribute(bench: &Bench, tag: &str, attribute: Attribute, expect: Value) {
    let seen = async || {
        let state = bench.gateway.tag(tag)?.state;
        let now = if attribute == Attribute::Value { state.value.clone() } else { state.aspect(attribute) };
        (now? == expect).then_some(())
    };
    eventually(seen, &format!("{attribute} of {tag}")).await;
}

#[tokio::test]
async fn a_module_is_put_into_its_slot_and_its_channels_are_used() {
    let bench = Bench::claimed().await;
    let browser = &bench.browser;
    bench.open("modules").await;
    press(&bench, "[data-at='slot-1']").await;
    browser.fill(&format!("{} input", field("0/name")), "di-1").await;
    press(&bench, "[data-use='3']").await;
    browser.until("document.querySelector('.channel-panel h3').textContent === 'DI-03'").await;
    browser.fill(&format!("{} input", field("0/channels/0/name")), "bottles").await;

    // Which fields there are depends on the mode; a fault is told at its field, by the server.
    let visible = format!("document.querySelector(\"{}\").checkVisibility()", field("0/channels/0/edge"));
    browser.until(&format!("!{visible}")).await;
    choose(&bench, "0/channels/0/mode", "counter").await;
    browser.until(&visible).await;
    let filter = field("0/channels/0/filter_ms");
    browser.fill(&format!("{filter} input"), "0.3").await;
    browser.until(&format!("document.querySelector(\"{filter} .error\").textContent.includes('steps of 0.5')")).await;
    browser.fill(&format!("{filter} input"), "2.5").await;
    browser.until(&format!("document.querySelector(\"{filter} .error\").hidden")).await;
    bench.apply().await;
    let module = bench.gateway.revision().await.document.masked()["modules"][0].clone();
    let channel = &module["channels"][0];
    assert_eq!(
        module,
        json!({
            "id": module["id"], "name": "di-1", "slot": 1, "model": "di-16", "driver": { "kind": "simulated" },
            "channels": [{ "id": channel["id"], "channel": 3, "name": "bottles", "mode": "counter", "filter_ms": 2.5 }],
        })
    );

    // An analog module beside it: the scale shows what it makes of the range.
    press(&bench, "[data-at='slot-2']").await;
    choose(&bench, "1/model", "ao-4").await;
    browser.fill(&format!("{} input", field("1/name")), "ao-1").await;
    press(&bench, "[data-use='0']").await;
    choose(&bench, "1/channels/0/mode", "4-20mA").await;
    browser.js("const form = document.querySelector('.scale select'); form.value = 'points'; form.dispatchEvent(new Event('change'))").await;
    browser.fill(&format!("{} input", field("1/channels/0/scale/to/0")), "0").await;
    browser.fill(&format!("{} input", field("1/channels/0/scale/to/1")), "100").await;
    browser.fill(&format!("{} input", field("1/channels/0/unit")), "%").await;
    browser.until("document.querySelector('.scale-live').textContent.includes('20 mA = 100 %')").await;
    browser.fill(&format!("{} input", field("1/channels/0/safe")), "120").await;
    let safe = field("1/channels/0/safe");
    browser.until(&format!("document.querySelector(\"{safe} .error\").textContent.includes('0..100')")).await;
    browser.picture("modules-editor").await;
    browser.fill(&format!("{safe} input"), "0").await;
    browser.until(&format!("document.querySelector(\"{safe} .error\").hidden")).await;
    bench.apply().await;
    let stored = bench.gateway.revision().await.document.masked()["modules"][1]["channels"][0].clone();
    assert_eq!(stored["scale"], json!({ "from": [4, 20], "to": [0, 100] }));
    assert_eq!((&stored["unit"], &stored["safe"]), (&json!("%"), &json!(0)));

    // The save can be taken back.
    browser.click("#notices button:not(.icon)").await;
    let undone = async || {
        let modules = bench.gateway.revision().await.document.masked()["modules"].clone();
        (modules.as_array()?.len() == 1).then_some(())
    };
    eventually(undone, "the rack before the save").await;
    bench.stop().await;
}

#[tokio::test]
async fn publications_offer_channels_and_their_attributes() {
    let bench = Bench::claimed().await;
    let browser = &bench.browser;
    let modules = json!([{ "name": "di-1", "slot": 1, "model": "di-16", "driver": { "kind": "simulated" },
        "channels": [{ "channel": 0, "name": "DI-00", "mode": "counter" }] }]);
    let site = json!([{ "name": "site", "url": "mqtt://127.0.0.1:1", "enabled": false, "publications": [
        { "name": "p", "topic": "{tag}/{attribute}", "tags": ["di-1/DI-00"], "trigger": { "on_change": true } } ] }]);
    let edit = |document: &mut Json| {
        document["modbus_server"] =
            json!({ "enabled": false, "map": { "modules": [{ "module": "di-1", "unit_id": 9 }] } });
        document["snmp"] = json!({ "enabled": false, "views": [{ "name": "doors", "tags": ["di-1/DI-00"] }] });
        document["modules"] = modules;
        document["mqtt"] = json!({ "connections": site });
    };
    bench.gateway.edit(edit).await.unwrap();
    bench.open("mqtt").await;
    browser.click("#editor .item summary").await;
    let at = "/mqtt/connections/0/publications/0";
    let offered = |member: &str, value: &str| {
        format!(
            "document.querySelector(\"[data-pointer='{at}/{member}'] .offer input\").list.querySelector(\"[value='{value}']\")"
        )
    };
    browser.click(&format!("[data-pointer='{at}/tags'] .offer input")).await;
    browser.until(&offered("tags", "di-1/*")).await;
    browser.until(&offered("tags", "di-1/DI-00")).await;
    let attributes = format!("[data-pointer='{at}/attributes'] .offer");
    browser.click(&format!("{attributes} input")).await;
    browser.until(&offered("attributes", "count")).await;
    browser.fill(&format!("{attributes} input"), "count").await;
    browser.click(&format!("{attributes} button")).await;
    // What would be sent is made by the code that publishes.
    browser.until("document.querySelector('.previews')?.textContent.includes('di-1/DI-00/count')").await;
    bench.apply().await;

    // Names go along when a module or a channel is renamed.
    bench.open("modules").await;
    browser.fill(&format!("{} input", field("0/name")), "inputs").await;
    press(&bench, "[data-channel='0']").await;
    browser.fill(&format!("{} input", field("0/channels/0/name")), "door").await;
    // Another model keeps what all channels have.
    choose(&bench, "0/model", "ai-8").await;
    bench.apply().await;
    let document = bench.gateway.revision().await.document.masked();
    let publication = &document["mqtt"]["connections"][0]["publications"][0];
    assert_eq!((&publication["tags"], &publication["attributes"]), (&json!(["inputs/door"]), &json!(["count"])));
    assert_eq!(document["snmp"]["views"][0]["tags"], json!(["inputs/door"]));
    assert_eq!(document["modbus_server"]["map"]["modules"][0]["module"], "inputs");
    let channel = &document["modules"][0]["channels"][0];
    assert_eq!(channel, &json!({ "id": channel["id"], "channel": 0, "name": "door" }));
    bench.stop().await;
}

/// A rack whose field is simulated.
fn rack() -> Json {
    let signals = json!([
        { "channel": 0, "signal": "constant", "value": 1 },
        { "channel": 1, "signal": "square", "period_s": 0.2 }
    ]);
    let level = json!({ "channel": 0, "name": "level", "mode": "4-20mA", "unit": "%",
        "scale": { "from": [4, 20], "to": [0, 100] } });
    json!([
        { "name": "di-1", "slot": 1, "model": "di-16", "driver": { "kind": "simulated", "signals": signals },
          "channels": [{ "channel": 0, "name": "door" }, { "channel": 1, "name": "bottles", "mode": "counter" }] },
        { "name": "do-1", "slot": 2, "model": "do-16", "driver": { "kind": "simulated" },
          "channels": [{ "channel": 0, "name": "pump" }, { "channel": 1, "name": "valve", "mode": "pulse" }] },
        { "name": "ai-1", "slot": 4, "model": "ai-8", "channels": [level],
          "driver": { "kind": "simulated", "signals": [{ "channel": 0, "signal": "constant", "value": 12 }] } },
    ])
}

#[tokio::test]
async fn channels_are_seen_live_written_and_forced_by_hand() {
    let bench = Bench::claimed().await;
    let browser = &bench.browser;
    bench.gateway.edit(|document| document["modules"] = rack()).await.unwrap();
    bench.open("modules").await;
    lamp_says(&bench, "0-0", "door, on, Good").await;
    lamp_says(&bench, "1-0", "pump, off, Good").await;
    lamp_says(&bench, "2-0", "level, 50 %, Good").await;
    browser.until("document.querySelector('#held').hidden").await;

    // An output by its switch; the lamp follows the field, not the click.
    press(&bench, "[data-at='1-0']").await;
    press(&bench, "[data-write='value-1']").await;
    attribute(&bench, "do-1/pump", Attribute::Value, Value::Bool(true)).await;
    lamp_says(&bench, "1-0", "pump, on, Good").await;
    browser.until("document.querySelector('.write-answer.good')").await;

    // A train of pulses, its lengths in milliseconds.
    press(&bench, "[data-at='1-1']").await;
    browser.until("document.querySelector(\"[data-write='value-1']\").closest('.control').hidden").await;
    browser.fill("[data-write='pulse_on'] input", "20").await;
    press(&bench, "[data-write='pulse_on'] button").await;
    attribute(&bench, "do-1/valve", Attribute::PulseOn, Value::U64(40)).await;
    press(&bench, "[data-write='pulsing-1']").await;
    attribute(&bench, "do-1/valve", Attribute::Pulsing, Value::Bool(true)).await;
    press(&bench, "[data-write='pulsing-0']").await;
    attribute(&bench, "do-1/valve", Attribute::Pulsing, Value::Bool(false)).await;

    // A count is paused and set.
    press(&bench, "[data-at='0-1']").await;
    press(&bench, "[data-write='counting-0']").await;
    attribute(&bench, "di-1/bottles", Attribute::Counting, Value::Bool(false)).await;
    browser.fill("[data-write='count'] input", "1234").await;
    press(&bench, "[data-write='count'] button").await;
    attribute(&bench, "di-1/bottles", Attribute::Count, Value::U64(1234)).await;
    lamp_says(&bench, "0-1", "bottles, 1234, Good").await;

    // An input is forced at once, an output only after a question.
    press(&bench, "[data-at='2-0']").await;
    browser.until("document.querySelector('.scale-live').textContent.startsWith('Now 12 mA = 50 %')").await;
    browser.fill(".force-form input", "77").await;
    press(&bench, ".force-form button[type=submit]").await;
    attribute(&bench, "ai-1/level", Attribute::Forced, Value::Bool(true)).await;
    attribute(&bench, "ai-1/level", Attribute::Value, Value::F64(77.0)).await;
    lamp_says(&bench, "2-0", "level, 77 %, Uncertain").await;
    browser.until("document.querySelector('#held').textContent.includes('Forced by hand: 1. ai-1/level')").await;
    press(&bench, "[data-at='1-0']").await;
    browser.js("document.querySelector('.force-form select').value = '0'").await;
    press(&bench, ".force-form button[type=submit]").await;
    browser.until("document.querySelector('dialog h2').textContent === 'Force do-1/pump to off?'").await;
    browser.click("dialog button[type=submit]").await;
    attribute(&bench, "do-1/pump", Attribute::Forced, Value::Bool(true)).await;
    attribute(&bench, "do-1/pump", Attribute::Value, Value::Bool(false)).await;
    browser.until("document.querySelector('.panel-live.is-forced .flag-forced')").await;
    press(&bench, "[data-write='value-1']").await;
    browser.until("document.querySelector('.write-answer.error')").await;
    browser.picture("modules-forced").await;
    press(&bench, "#end-forces").await;
    browser.until("document.querySelector('#held').hidden").await;
    attribute(&bench, "ai-1/level", Attribute::Value, Value::F64(50.0)).await;
    attribute(&bench, "do-1/pump", Attribute::Forced, Value::Bool(false)).await;
    let refused = browser.console_errors().await;
    assert!(refused.iter().all(|line| line.contains("/tags/do-1/pump")), "{refused:?}");

    // In Korean, dark, on a telephone: what is edited there is the same rack.
    browser.js("return fetch('/preferences', { method: 'POST', body: new URLSearchParams({ lang: 'ko', theme: 'dark' }), redirect: 'manual' }).then(() => 1)").await;
    browser.resize(390, 800).await;
    bench.open("overview").await;
    browser.until("document.documentElement.lang === 'ko'").await;
    bench.open("modules#di-1/door").await;
    lamp_says(&bench, "0-0", "door, 켜짐, 좋음").await;
    browser.until("document.documentElement.scrollWidth <= innerWidth").await;
    browser.fill(&format!("{} input", field("0/channels/0/description")), "출입문").await;
    browser.picture("ko-modules-narrow").await;
    bench.apply().await;
    let module = bench.gateway.revision().await.document.masked()["modules"][0].clone();
    assert_eq!(module["channels"][0]["description"], json!("출입문"));
    // The edit of one channel left the count of its neighbour alone.
    attribute(&bench, "di-1/bottles", Attribute::Count, Value::U64(1234)).await;
    bench.stop().await;
}

#[tokio::test]
async fn safe_mode_is_entered_after_a_question_and_left_above_the_rack() {
    let bench = Bench::claimed().await;
    let browser = &bench.browser;
    let mut modules = rack();
    modules[1]["channels"][0]["safe"] = json!("off");
    bench.gateway.edit(|document| document["modules"] = modules).await.unwrap();
    bench.open("modules#do-1/pump").await;
    press(&bench, "[data-write='value-1']").await;
    attribute(&bench, "do-1/pump", Attribute::Value, Value::Bool(true)).await;
    press(&bench, "#safe-mode-test button").await;
    browser.until("document.querySelector('dialog h2').textContent === 'Enter safe mode?'").await;
    browser.click("dialog button[type=submit]").await;
    browser.until("document.querySelector('#safe-mode')?.textContent.includes('entered by hand')").await;
    attribute(&bench, "do-1/pump", Attribute::Value, Value::Bool(false)).await;
    browser.until("!document.querySelector('#safe-mode-test button')").await;
    browser.picture("modules-safe").await;
    press(&bench, "#safe-mode button").await;
    browser.until("!document.querySelector('#safe-mode').textContent").await;
    attribute(&bench, "do-1/pump", Attribute::SafeMode, Value::Bool(false)).await;
    bench.stop().await;
}

/// What a person types to get a driver: members that are chosen, and members that are written, below `driver`.
struct Typed {
    model: &'static str,
    /// The channel whose hardware is named.
    channel: &'static str,
    chosen: &'static [(&'static str, &'static str)],
    written: &'static [(&'static str, &'static str)],
}

/// Puts a module in, names the hardware of one channel, applies it; the driver of the document.
async fn typed(bench: &Bench, kind: &str, typed: &Typed) -> Json {
    let browser = &bench.browser;
    bench.gateway.edit(|document| document["modules"] = json!([])).await.unwrap();
    bench.open("overview").await;
    bench.open("modules").await;
    press(bench, "[data-at='slot-1']").await;
    choose(bench, "0/model", typed.model).await;
    choose(bench, "0/driver/kind", kind).await;
    press(bench, &format!("[data-use='{}']", typed.channel)).await;
    press(bench, "[data-hardware='add']").await;
    for (member, option) in typed.chosen {
        choose(bench, &format!("0/driver/{member}"), option).await;
    }
    for (member, text) in typed.written {
        browser.fill(&format!("{} input", field(&format!("0/driver/{member}"))), text).await;
    }
    browser.picture(&format!("modules-{kind}")).await;
    bench.apply().await;
    bench.gateway.revision().await.document.masked()["modules"][0]["driver"].clone()
}

#[tokio::test]
async fn the_hardware_of_the_host_is_named_per_channel() {
    let bench = Bench::claimed().await;
    let gpio = Typed {
        model: "dio-8-8",
        channel: "9",
        chosen: &[("lines/0/drive", "open-drain")],
        written: &[("chip", "/dev/gpiochip0"), ("lines/0/line", "17")],
    };
    assert_eq!(
        typed(&bench, "gpio", &gpio).await,
        json!({"kind": "gpio", "chip": "/dev/gpiochip0", "lines": [{"channel": 9, "line": 17, "drive": "open-drain"}]})
    );
    let iio = Typed {
        model: "tc-8",
        channel: "2",
        chosen: &[],
        written: &[
            ("channels/0/device", "ads1115"),
            ("channels/0/input", "voltage0"),
            ("channels/0/gain", "0.01"),
            ("channels/0/cold_junction/device", "tmp102"),
            ("channels/0/cold_junction/input", "temp"),
        ],
    };
    assert_eq!(
        typed(&bench, "iio", &iio).await,
        json!({"kind": "iio", "channels": [{"channel": 2, "device": "ads1115", "input": "voltage0", "gain": 0.01,
            "cold_junction": {"device": "tmp102", "input": "temp"}}]})
    );
    let pwm = Typed {
        model: "ao-4",
        channel: "1",
        chosen: &[],
        written: &[("outputs/0/chip", "pwmchip0"), ("outputs/0/line", "1"), ("outputs/0/period_us", "500")],
    };
    assert_eq!(
        typed(&bench, "pwm", &pwm).await,
        json!({"kind": "pwm", "outputs": [{"channel": 1, "chip": "pwmchip0", "line": 1, "period_us": 500}]})
    );

    // What this host does not have is said beside the module, and where it is named.
    bench.open("modules#module1").await;
    bench.browser.until("document.querySelector('#editor').textContent.includes('pwmchip0')").await;
    bench.stop().await;
}

#[tokio::test]
async fn the_rack_is_walked_by_keys_and_viewers_only_look() {
    let bench = Bench::claimed().await;
    let browser = &bench.browser;
    bench.gateway.edit(|document| document["modules"] = rack()).await.unwrap();
    let user = "{ username: 'lee', password: 'a plain long sentence', role: 'viewer' }";
    let made = browser
        .js(&format!(
            "return fetch('/api/v1/users', {{ method: 'POST', headers: {{ 'Content-Type': 'application/json' }}, \
             body: JSON.stringify({user}) }}).then((answer) => answer.status)"
        ))
        .await;
    assert_eq!(made, json!(201));
    bench.open("modules").await;
    let focused = |at: &str| format!("document.activeElement.dataset.at === '{at}'");
    browser.until("document.querySelector(\"[data-at='0-1']\")").await;
    browser.js("document.querySelector(\"[data-at='0']\").focus()").await;
    browser.keys(&[key::DOWN, key::DOWN]).await;
    browser.until(&focused("0-1")).await;
    browser.keys(&[key::RIGHT]).await;
    browser.until(&focused("1-1")).await;
    browser.keys(&[key::ENTER]).await;
    browser.until("document.activeElement.textContent === 'valve'").await;

    browser.click(".switches summary").await;
    browser.click("#logout").await;
    browser.fill("input[name=username]", "lee").await;
    browser.fill("input[name=password]", "a plain long sentence").await;
    browser.click("main button[type=submit]").await;
    browser.until("location.pathname === '/overview'").await;
    browser.until("document.querySelector('#units a[href=\"/modules#ai-1\"]')").await;
    bench.open("modules#ai-1/level").await;
    lamp_says(&bench, "2-0", "level, 50 %, Good").await;
    browser.until("document.querySelector('.channel-panel .readout').textContent === '50 %'").await;
    let may = browser
        .js("return document.querySelectorAll('.controls, .force, .slot-add, [data-use], .rack-tools button, main input').length")
        .await;
    assert_eq!(may, json!(0), "a viewer has nothing to change");
    bench.stop().await;
}

#[tokio::test]
async fn a_remote_module_is_added_from_its_profile() {
    let bench = Bench::claimed().await;
    let browser = &bench.browser;
    let ports = json!([{ "name": "COM1", "kind": "serial", "path": "/dev/dinrail-no-such-line", "enabled": false }]);
    bench.gateway.edit(|document| document["ports"] = ports).await.unwrap();
    bench.open("modules").await;
    press(&bench, "#add-remote").await;
    browser.until("document.querySelector('dialog select option[value=\"advantech-adam-4150\"]')").await;
    browser.js("document.querySelector('dialog select').value = 'advantech-adam-4150'").await;
    browser.fill("dialog input[type=number]", "7").await;
    browser.click("dialog button[type=submit]").await;
    browser.until("document.querySelector(\".channel-table [data-channel='0']\")").await;
    // A register of the profile is there to be changed.
    let address = field("0/driver/registers/input/address");
    browser.until(&format!("document.querySelector(\"{address} input\").value !== ''")).await;
    browser.picture("modules-remote").await;
    bench.apply().await;
    let module = bench.gateway.revision().await.document.masked()["modules"][0].clone();
    let driver = &module["driver"];
    assert_eq!(
        (&driver["kind"], &driver["port"], &driver["unit_id"]),
        (&json!("modbus-io"), &json!("COM1"), &json!(7))
    );
    assert!(module["channels"].as_array().unwrap().len() > 4, "{module}");
    bench.stop().await;
}
