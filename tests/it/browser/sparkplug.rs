//! An edge node made on the page of MQTT connections.

use super::Bench;
use serde_json::json;

#[tokio::test]
async fn an_edge_node_is_set_up_and_its_births_are_shown_before_it_is_saved() {
    let bench = Bench::claimed().await;
    let site = json!({"name": "site", "url": "mqtt://127.0.0.1:1", "enabled": false});
    let edited = bench.gateway.edit(|document| {
        document["internal"] = json!([{"name": "a", "type": "f64", "initial": 21.5}]);
        document["mqtt"] = json!({"connections": [site]});
    });
    edited.await.unwrap();
    let browser = &bench.browser;
    bench.open("mqtt").await;
    let at = |member: &str| format!("[data-pointer=\"/mqtt/connections/0/{member}\"]");
    browser.until(&format!("document.querySelector('{}')", at("sparkplug/group"))).await;
    browser.js(&format!("document.querySelector('{}').closest('details').open = true", at("sparkplug/group"))).await;
    browser.fill(&format!("{} input", at("sparkplug/group")), "plant").await;
    browser.fill(&format!("{} input", at("sparkplug/edge_node")), "line-3").await;
    // What an edge node does itself is not asked for.
    browser.until(&format!("document.querySelector('{}').hidden", at("clean_session"))).await;
    browser.js("document.querySelector('.items .detail-head button').click()").await;
    browser
        .until("document.querySelector('.previews')?.textContent.includes('spBv1.0/plant/DBIRTH/line-3/internal')")
        .await;
    browser.until(&format!("document.querySelector('{}').hidden", at("publications/0/topic"))).await;
    browser.until(&format!("!document.querySelector('{}').hidden", at("publications/0/device"))).await;
    browser.picture("sparkplug").await;
    bench.apply().await;
    let document = bench.gateway.revision().await.document.root();
    let saved = &document["mqtt"]["connections"][0];
    assert_eq!(saved["sparkplug"], json!({"group": "plant", "edge_node": "line-3"}));
    let publication = &saved["publications"][0];
    assert_eq!((&publication["payload"], &publication["topic"]), (&json!("sparkplug"), &serde_json::Value::Null));
    bench.stop().await;
}
