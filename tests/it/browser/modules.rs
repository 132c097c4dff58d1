//! The rack.

use super::Bench;
use crate::support::wait::eventually;
use serde_json::json;

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
    let edit = |document: &mut serde_json::Value| {
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
    browser.until("document.querySelector('.preview')?.textContent.includes('di-1/DI-00/count')").await;
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
    let channel = &document["modules"][0]["channels"][0];
    assert_eq!(channel, &json!({ "id": channel["id"], "channel": 0, "name": "door" }));
    bench.stop().await;
}
