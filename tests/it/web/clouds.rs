//! Clouds by REST: their secrets stay, and what follows from their settings is shown before it is saved.

use super::door::Web;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value as Json, json};

fn azure(key: &str) -> Json {
    json!({"name": "cloud", "cloud": {"kind": "azure", "hub": "plant.azure-devices.net", "device_id": "line-3",
            "shared_access_key": key},
        "publications": [{"name": "twin", "preset": "reported", "tags": ["internal/*"], "trigger": {"on_change": true}}],
        "subscriptions": [{"name": "methods", "preset": "methods", "tags": ["internal/*"]}]})
}

fn document(connections: Json) -> Json {
    json!({"format": "dinrail/1", "appliance": {"name": "line-3"},
        "internal": [{"name": "level", "type": "f64", "initial": 1.5}, {"name": "on", "type": "bool"}],
        "mqtt": {"connections": connections}})
}

#[tokio::test]
async fn secrets_of_clouds_are_kept_and_never_shown() {
    let web = Web::start().await;
    let alibaba = json!({"name": "ali", "enabled": false, "cloud": {"kind": "alibaba", "endpoint": "h.example",
        "product_key": "pk", "device_name": "dn", "device_secret": "the-device-secret"}});
    let thingsboard = json!({"name": "tb", "enabled": false, "url": "mqtt://127.0.0.1:1",
        "cloud": {"kind": "thingsboard", "token": "the-token"}});
    let secret = STANDARD.encode("the shared key");
    let mut first = azure(&secret);
    first["enabled"] = json!(false);
    web.admin.change(Method::PUT, "/config", Some(document(json!([first, alibaba, thingsboard])))).await.expect(200);
    let shown = web.admin.get("/config").await.expect(200);
    let text = shown.to_string();
    for secret in [secret.as_str(), "the-device-secret", "the-token"] {
        assert!(!text.contains(secret), "{text}");
    }
    // Sent back as it was shown, nothing changes, and what is derived still comes from the secrets.
    let answer = web.admin.change(Method::PUT, "/config?dry_run=true", Some(shown.clone())).await.expect(200);
    assert_eq!(answer["plan"]["update"], json!([]), "{answer}");
    let tb = &shown["mqtt"]["connections"][2];
    let derived = web.admin.post("/preview/connection", json!({"connection": tb})).await.expect(200);
    assert_eq!((&derived["url"], &derived["username"]), (&json!("mqtt://127.0.0.1:1"), &json!("***")));
    web.viewer.post("/preview/connection", json!({"connection": tb})).await.expect(403);
    web.gateway.stop().await;
}

#[tokio::test]
async fn what_follows_from_the_settings_is_shown() {
    let web = Web::start().await;
    web.admin.change(Method::PUT, "/config", Some(document(json!([])))).await.expect(200);
    let connection = azure(&STANDARD.encode("the shared key"));
    let derived = web.admin.post("/preview/connection", json!({"connection": connection})).await.expect(200);
    assert_eq!(derived["url"], "mqtts://plant.azure-devices.net:8883");
    assert_eq!(derived["client_id"], "line-3");
    assert_eq!(derived["username"], "plant.azure-devices.net/line-3/?api-version=2021-04-12");
    assert!(derived["renewed_at"].as_str().unwrap().ends_with('Z'), "{derived}");
    let topic = "$iothub/twin/PATCH/properties/reported/?$rid=reported";
    assert_eq!(derived["publishes"], json!([{"name": "twin", "topic": topic}]));
    assert_eq!(derived["subscribes"], json!([{"name": "methods", "topic": "$iothub/methods/POST/#"}]));

    let form = json!({"connection": connection, "publication": connection["publications"][0]});
    let shown = web.admin.post("/preview/publication", form).await.expect(200);
    assert_eq!(shown["problems"], json!([]), "{shown}");
    assert_eq!(shown["messages"][0]["topic"], topic);
    assert_eq!(shown["messages"][0]["payload"], r#"{"internal/level":1.5,"internal/on":false}"#);

    // Not complete yet: nothing follows, and the preview says why.
    let mut bare = connection.clone();
    bare["cloud"] = json!({"kind": "azure"});
    let derived = web.admin.post("/preview/connection", json!({"connection": bare})).await.expect(200);
    assert_eq!(derived["url"], Json::Null);
    let form = json!({"connection": bare, "publication": connection["publications"][0]});
    let shown = web.admin.post("/preview/publication", form).await.expect(200);
    assert_eq!(shown["problems"][0]["detail"], "the settings of the connection are not complete");

    // The topics of another device in one choice, on any connection.
    let iothinx = json!({"name": "p", "preset": "iothinx", "tags": ["internal/*"], "trigger": {"on_change": true}});
    let shown = web.admin.post("/preview/publication", json!({"publication": iothinx})).await.expect(200);
    assert_eq!(shown["total"], 1, "there is no name for f64: {shown}");
    assert_eq!(shown["messages"][0]["topic"], "line-3/read/internal@on/birValue");
    assert_eq!(shown["messages"][0]["payload"], r#"{"value":0}"#);
    web.gateway.stop().await;
}
