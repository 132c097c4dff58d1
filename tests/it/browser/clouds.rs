//! A connection to a cloud, made in the editor from its own few fields.

use super::Bench;
use serde_json::json;

/// The field of a member of the first connection.
fn at(member: &str) -> String {
    format!("[data-pointer=\"/mqtt/connections/0/{member}\"]")
}

async fn choose(bench: &Bench, member: &str, value: &str) {
    let place = at(member);
    let script = format!(
        "const select = document.querySelector('{place} select'); select.value = '{value}'; \
         select.dispatchEvent(new Event('change'))"
    );
    bench.browser.js(&script).await;
}

/// Whether the field is there to be filled in.
async fn until_shown(bench: &Bench, member: &str, shown: bool) {
    let place = at(member);
    let script = format!("(document.querySelector('{place}')?.checkVisibility() ?? false) === {shown}");
    bench.browser.until(&script).await;
}

#[tokio::test]
async fn a_cloud_is_chosen_filled_in_and_what_follows_is_shown() {
    let bench = Bench::claimed().await;
    let edited = bench.gateway.edit(|document| {
        document["appliance"] = json!({"name": "line-3"});
        document["internal"] = json!([{"name": "level", "type": "f64", "initial": 1.5}]);
        document["mqtt"] = json!({"connections": [{"name": "cloud", "url": "mqtt://127.0.0.1:1", "enabled": false,
            "username": "u", "password": "secret"}]});
    });
    edited.await.unwrap();
    let browser = &bench.browser;
    bench.open("mqtt").await;
    until_shown(&bench, "url", true).await;
    choose(&bench, "cloud", "azure").await;
    // What follows from the cloud is not asked for, and what others ask for neither.
    for (member, shown) in [
        ("cloud/hub", true),
        ("cloud/device_id", true),
        ("cloud/thing", false),
        ("url", false),
        ("client_id", false),
        ("username", false),
        ("password", false),
    ] {
        until_shown(&bench, member, shown).await;
    }
    browser.fill(&format!("{} input", at("cloud/hub")), "plant.azure-devices.net").await;
    browser.fill(&format!("{} input", at("cloud/device_id")), "line-3").await;
    browser.fill(&format!("{} input", at("cloud/shared_access_key")), "c2VjcmV0").await;
    let derived = "document.querySelector('.derived').textContent";
    browser.until(&format!("{derived}.includes('mqtts://plant.azure-devices.net:8883')")).await;
    browser.until(&format!("{derived}.includes('line-3/?api-version=2021-04-12')")).await;

    browser.js("document.querySelector('.derived').scrollIntoView({ block: 'end' })").await;
    browser.picture("cloud").await;

    // A new publication begins with what the cloud takes.
    browser.js("document.querySelectorAll('.items .detail-head button')[0].click()").await;
    until_shown(&bench, "publications/0/topic", false).await;
    choose(&bench, "publications/0/preset", "reported").await;
    until_shown(&bench, "publications/0/payload", false).await;
    browser.until("document.querySelector('.message-topic')?.textContent.includes('$iothub/twin/PATCH')").await;
    browser.until("document.querySelector('.message pre').textContent === '{\"internal/level\":1.5}'").await;
    browser.until(&format!("{derived}.includes('$iothub/twin/PATCH/properties/reported/')")).await;
    browser.js("document.querySelectorAll('.items .detail-head button')[1].click()").await;
    until_shown(&bench, "subscriptions/0/preset", true).await;
    until_shown(&bench, "subscriptions/0/topic", false).await;
    browser.fill(&format!("{} textarea", at("subscriptions/0/tags")), "internal/*").await;
    browser.until(&format!("{derived}.includes('$iothub/methods/POST/#')")).await;
    browser.picture("clouds").await;
    bench.apply().await;
    let saved = bench.gateway.revision().await.document.root()["mqtt"]["connections"][0].clone();
    let cloud = json!({"kind": "azure", "hub": "plant.azure-devices.net", "device_id": "line-3", "shared_access_key": "c2VjcmV0"});
    assert_eq!(saved["cloud"], cloud);
    for member in ["url", "username", "password"] {
        assert!(saved.get(member).is_none(), "{member}: {saved}");
    }
    assert_eq!(saved["publications"][0]["preset"], "reported");
    assert!(saved["publications"][0].get("payload").is_none() && saved["publications"][0].get("topic").is_none());
    assert_eq!(saved["subscriptions"][0]["preset"], "methods");

    // Back to any broker: its address is asked for again.
    choose(&bench, "cloud", "").await;
    until_shown(&bench, "url", true).await;
    until_shown(&bench, "cloud/hub", false).await;
    bench.stop().await;
}
