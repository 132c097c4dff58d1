//! Publications that speak when a condition is entered or left, against a broker.

use super::{on_change, published_in_silence, value};
use crate::support::mqtt_broker::{Packet, TestBroker};
use crate::support::mqtt_rig::MqttRig;
use serde_json::json;

#[tokio::test]
async fn a_condition_with_hysteresis_sends_exactly_its_edges() {
    let broker = TestBroker::start().await;
    let trigger = json!({ "condition": "d.t0 > 180 && d.t1 < 1", "leave": "d.t0 <= 178", "on": "both" });
    let alarm =
        on_change(json!({ "name": "alarm", "topic": "alarm/{name}", "tags": ["d/t0"], "qos": 1, "trigger": trigger }));
    let trigger = json!({ "condition": "d.t0 > 180", "hysteresis": 2 });
    let hot = on_change(
        json!({ "name": "hot", "id": "p2", "topic": "hot/{name}", "tags": ["d/t0"], "qos": 2, "trigger": trigger }),
    );
    let steady = on_change(json!({ "name": "steady", "id": "p3", "topic": "steady/{name}", "tags": ["d/t0"] }));
    let rig = MqttRig::start(&broker.url(), json!({ "publications": [alarm, hot, steady] }));
    broker.wait_for_messages("steady/t0", 1).await;
    // Each step is taken in before the next, as the publication beside it shows.
    let mut told = Vec::new();
    for temperature in [179.5, 181.0, 179.0, 182.0, 178.0, 177.0, 180.5] {
        broker.forget();
        rig.write(0, temperature);
        let steady = broker.wait_for_messages("steady/t0", 1).await;
        assert_eq!(value(&steady[0]), json!(temperature));
        for message in published_in_silence(&broker).await {
            if !message.topic.starts_with("steady") {
                told.push(format!("{} {}", message.topic, value(&message)));
            }
        }
    }
    told.sort_unstable_by_key(|line| line.split(' ').next().map(str::to_owned));
    assert_eq!(told, ["alarm/t0 181.0", "alarm/t0 178.0", "alarm/t0 180.5", "hot/t0 181.0", "hot/t0 180.5"]);
    rig.stop().await;
}

#[tokio::test]
async fn a_message_on_its_request_topic_makes_a_publication_speak() {
    let broker = TestBroker::start().await;
    let trigger = json!({ "request_topic": "{appliance}/refresh", "on_connect": false });
    let asked =
        on_change(json!({ "name": "asked", "topic": "asked/{name}", "tags": ["d/t0", "d/t1"], "trigger": trigger }));
    let steady = on_change(json!({ "name": "steady", "id": "p2", "topic": "steady/{name}", "tags": ["d/t2"] }));
    let mut rig = MqttRig::start(&broker.url(), json!({ "publications": [asked, steady.clone()] }));
    let subscribed = Packet::Subscribe(vec![("line-3/refresh".to_owned(), 0)]);
    broker.wait("the request topic", |heard| heard.iter().any(|heard| heard.packet == subscribed).then_some(())).await;
    broker.wait_for_messages("steady/t2", 1).await;
    rig.write(1, 5.5);
    broker.forget();
    // A retained one was meant for whoever listened then.
    broker.send("line-3/refresh", b"", 0, true).await;
    broker.send("line-3/refreshed", b"", 0, false).await;
    assert_eq!(published_in_silence(&broker).await, []);
    broker.send("line-3/refresh", b"anything", 0, false).await;
    let told = broker.wait_for_messages("asked/", 2).await;
    let told: Vec<String> = told.iter().map(|message| format!("{} {}", message.topic, value(message))).collect();
    assert_eq!(told, ["asked/t0 0.0", "asked/t1 5.5"]);
    // An edit that takes the publication away takes the subscription back.
    rig.edit(json!({ "publications": [steady] }));
    let ended = Packet::Unsubscribe(vec!["line-3/refresh".to_owned()]);
    broker.wait("the end of it", |heard| heard.iter().any(|heard| heard.packet == ended).then_some(())).await;
    rig.stop().await;
}
