use super::until;
use crate::support::gateway::TestGateway;
use crate::support::mqtt_broker::{Heard, Packet, TestBroker};
use serde_json::{Value as Json, json};

fn document(url: &str) -> Json {
    json!({
        "modules": [
            {"name": "di", "slot": 1, "model": "di-16", "driver": {"kind": "simulated"}, "channels": [
                {"channel": 0, "name": "counter", "mode": "counter"}, {"channel": 1, "name": "level"}]},
            {"name": "do", "slot": 2, "model": "do-16", "driver": {"kind": "simulated"}, "channels": [
                {"channel": 0, "name": "lamp"}, {"channel": 1, "name": "train", "mode": "pulse"}]},
            {"name": "ao", "slot": 3, "model": "ao-4", "driver": {"kind": "simulated"}, "channels": [
                {"channel": 0, "name": "valve", "scale": {"from": [0, 10], "to": [0, 100]}, "unit": "%"}]},
            {"name": "relay", "slot": 4, "model": "relay-4", "driver": {"kind": "simulated"}, "channels": [
                {"channel": 0, "name": "pump"}]},
        ],
        "mqtt": {"connections": [{"name": "site", "url": url,
            "publications": [{"name": "p", "topic": "io/read/{tag}/{attribute}", "tags": ["di/*", "do/*", "ao/*", "relay/*"],
                "attributes": ["value", "raw", "count", "counting", "overflow", "pulsing", "pulse_count", "pulse_on",
                    "pulse_off", "total_count", "current_count", "mode", "status", "forced", "safe_mode"],
                "trigger": {"on_change": true}}],
            "subscriptions": [{"name": "s", "topic": "io/write/{tag}/{attribute}", "tags": ["di/*", "do/*", "ao/*", "relay/*"],
                "response_topic": "io/ack/{tag}/{attribute}"}]}]}
    })
}

async fn send(broker: &TestBroker, point: &str, value: &Json) -> Json {
    broker.forget();
    let payload = json!({ "value": value }).to_string();
    broker.send(&format!("io/write/{point}"), payload.as_bytes(), 1, false).await;
    let answer = broker.wait_for_messages(&format!("io/ack/{point}"), 1).await.remove(0);
    serde_json::from_str(&answer.payload).unwrap()
}

#[tokio::test]
async fn channels_are_read_and_written_over_mqtt_attribute_by_attribute() {
    let broker = TestBroker::start().await;
    let gateway = TestGateway::start().await;
    let wanted = document(&broker.url());
    gateway
        .edit(|all| {
            all["modules"] = wanted["modules"].clone();
            all["mqtt"] = wanted["mqtt"].clone();
        })
        .await
        .unwrap();
    let subscribed = |heard: &[Heard]| heard.iter().any(|h| matches!(h.packet, Packet::Subscribe(_))).then_some(());
    broker.wait("SUBSCRIBE", subscribed).await;
    for tag in ["di/counter", "do/lamp", "ao/valve", "relay/pump"] {
        until(&gateway, tag, "quality", json!("good")).await;
    }
    for (point, value, shown) in [
        ("di/counter/count", json!(41), json!(41)),
        ("di/counter/counting", json!(0), json!(false)),
        ("di/counter/clear_overflow", json!(1), json!(null)),
        ("do/lamp/value", json!(1), json!(true)),
        ("do/train/pulse_count", json!(0), json!(0)),
        ("do/train/pulse_on", json!(7), json!(7)),
        ("do/train/pulse_off", json!(65_535), json!(65_535)),
        ("do/train/pulsing", json!(true), json!(true)),
        ("ao/valve/value", json!(25), json!(25.0)),
        ("ao/valve/raw", json!(65_535), json!(65_535)),
        ("relay/pump/value", json!(true), json!(true)),
        ("relay/pump/reset_current_count", json!(1), json!(null)),
    ] {
        let answer = send(&broker, point, &value).await;
        assert_eq!(answer["ok"], json!(true), "{point}: {answer}");
        if !shown.is_null() {
            let (tag, attribute) = point.rsplit_once('/').unwrap();
            until(&gateway, tag, attribute, shown).await;
        }
    }
    assert_eq!(send(&broker, "ao/valve/value", &json!(75)).await["ok"], json!(true));
    let published = broker.wait_for_messages("io/read/ao/valve/value", 1).await;
    let last: Json = serde_json::from_str(&published.last().unwrap().payload).unwrap();
    assert_eq!((&last["value"], &last["quality"]), (&json!(75.0), &json!("good")));
    for (point, value, words) in [
        ("di/counter/count", json!(-1), "outside 0..4294967295"),
        ("do/train/pulse_on", json!(0), "outside 1..65535"),
        ("do/train/value", json!(1), "means nothing while the channel's mode is `pulse`"),
        ("do/lamp/pulsing", json!(1), "means nothing while the channel's mode is `do`"),
        ("ao/valve/value", json!(101), "outside 0..100"),
        ("ao/valve/raw", json!(70_000), "outside 0..65535"),
        ("relay/pump/total_count", json!(0), "cannot be written"),
        ("di/level/value", json!(1), "cannot be written"),
        ("di/level/forced", json!(1), "cannot be written"),
        ("di/level/status", json!(1), "there is no point"),
    ] {
        let answer = send(&broker, point, &value).await;
        assert_eq!(answer["ok"], json!(false), "{point}: {answer}");
        assert!(answer["error"].as_str().unwrap().contains(words), "{point}: {answer}");
    }
    gateway.stop().await;
}
