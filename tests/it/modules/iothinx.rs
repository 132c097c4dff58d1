use super::until;
use crate::support::gateway::TestGateway;
use crate::support::mqtt_broker::{Heard, Packet, TestBroker};
use serde_json::json;
use std::collections::BTreeMap;

#[tokio::test]
async fn what_listens_to_an_iothinx_goes_on_after_one_choice() {
    let broker = TestBroker::start().await;
    let gateway = TestGateway::start().await;
    gateway
        .edit(|all| {
            all["appliance"] = json!({"name": "ioThinx-4510"});
            all["modules"] = json!([
                {"name": "45MR-1600-0", "slot": 1, "model": "di-16", "driver": {"kind": "simulated"}, "channels": [
                    {"channel": 0, "name": "DI-00", "mode": "counter"}]},
                {"name": "45MR-2606-0", "slot": 2, "model": "do-16", "driver": {"kind": "simulated"}, "channels": [
                    {"channel": 0, "name": "DO-00"}]},
                {"name": "45MR-3800-0", "slot": 3, "model": "ai-8", "driver": {"kind": "simulated"}, "channels": [
                    {"channel": 0, "name": "AI-00", "mode": "4-20mA"}]},
            ]);
            all["internal"] = json!([{"name": "setpoint", "type": "f32", "initial": 1.5}]);
            all["mqtt"] = json!({"connections": [{"name": "site", "url": broker.url(),
                "publications": [{"name": "p", "preset": "iothinx", "tags": ["*/*"], "trigger": {"on_change": true}}],
                "subscriptions": [{"name": "s", "preset": "iothinx", "tags": ["45MR-2606-0/*", "internal/*"]}]}]});
        })
        .await
        .unwrap();
    let filter = ("ioThinx-4510/write/+/+".to_owned(), 0);
    let subscribed =
        |heard: &[Heard]| heard.iter().any(|h| h.packet == Packet::Subscribe(vec![filter.clone()])).then_some(());
    broker.wait("SUBSCRIBE", subscribed).await;
    until(&gateway, "45MR-3800-0/AI-00", "quality", json!("good")).await;
    let told: BTreeMap<String, String> = broker
        .wait("a value of each", |heard| {
            let message = |heard: &Heard| match &heard.packet {
                Packet::Publish(message) => Some((message.topic.clone(), message.payload.clone())),
                _ => None,
            };
            let told: BTreeMap<_, _> = heard.iter().filter_map(message).collect();
            (told.len() == 18).then_some(told)
        })
        .await;
    for (topic, payload) in [
        ("45MR-1600-0@DI-00/diStatus", r#"{"value":0}"#),
        ("45MR-1600-0@DI-00/diMode", r#"{"value":1}"#),
        ("45MR-1600-0@DI-00/diCounterValue", r#"{"value":0}"#),
        ("45MR-2606-0@DO-00/doStatus", r#"{"value":0}"#),
        ("45MR-2606-0@DO-00/doPulseOnWidth", r#"{"value":1000}"#),
        ("45MR-3800-0@AI-00/aiMode", r#"{"value":4}"#),
        ("internal@setpoint/firValue", r#"{"value":1.5}"#),
    ] {
        assert_eq!(
            told.get(&format!("ioThinx-4510/read/{topic}")).map(String::as_str),
            Some(payload),
            "{topic}: {told:#?}"
        );
    }
    broker.forget();
    broker.send("ioThinx-4510/write/45MR-2606-0@DO-00/doStatus", br#"{"value":1}"#, 0, false).await;
    let message = broker.wait_for_messages("ioThinx-4510/read/45MR-2606-0@DO-00/doStatus", 1).await.remove(0);
    assert_eq!(message.payload, r#"{"value":1}"#);
    broker.send("ioThinx-4510/write/internal@setpoint/firValue", br#"{"value":2.25}"#, 0, false).await;
    let message = broker.wait_for_messages("ioThinx-4510/read/internal@setpoint/firValue", 1).await.remove(0);
    assert_eq!(message.payload, r#"{"value":2.25}"#);
    gateway.stop().await;
}
