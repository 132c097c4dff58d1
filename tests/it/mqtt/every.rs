//! Changes of which none is merged away, at the broker and in the ledger.

use super::{on_change, value};
use crate::support::mqtt_broker::TestBroker;
use crate::support::mqtt_rig::MqttRig;
use serde_json::{Value as Json, json};

#[tokio::test]
async fn an_edge_of_one_scan_between_two_slow_intervals_arrives() {
    let broker = TestBroker::start().await;
    let slow = json!({"on_change": true, "every": true, "interval_ms": 3_600_000});
    let alarm = on_change(json!({"tags": ["d/t1"], "qos": 1, "trigger": slow}));
    let condition = json!({"name": "hot", "id": "h1", "topic": "{appliance}/hot", "tags": ["d/t1"],
        "trigger": {"condition": "d.t1 > 100.0"}});
    let rig = MqttRig::start(&broker.url(), json!({"publications": [alarm, condition]}));
    broker.wait_for_messages("line-3/d/t1", 1).await;
    broker.forget();
    // Both within one turn of the unit's loop.
    rig.write_all(&[(1, 150.0), (1, 0.0)]);
    let messages = broker.wait_for_messages("line-3/d/t1", 2).await;
    let told: Vec<Json> = messages.iter().filter(|message| message.topic == "line-3/d/t1").map(value).collect();
    assert_eq!(told, [json!(150.0), json!(0.0)]);
    let hot = broker.wait_for_messages("line-3/hot", 1).await;
    assert_eq!(value(&hot[0]), json!(150.0));
    rig.stop().await;
}

#[tokio::test]
async fn a_flood_beyond_the_bound_is_counted_and_the_ledger_balances() {
    let broker = TestBroker::start().await;
    let publication = on_change(
        json!({"tags": ["d/t1"], "qos": 1, "trigger": {"on_change": true, "every": true, "on_connect": false}}),
    );
    let rig = MqttRig::start(&broker.url(), json!({"publications": [publication]}));
    rig.wait_up().await;
    let flood: Vec<(usize, f64)> = (1..=20_000u32).map(|n| (1, f64::from(n))).collect();
    rig.write_all(&flood);
    let settled = rig.wait_status("all are settled", |status| {
        status.ledger.first().is_some_and(|row| 20_000 <= row.produced && row.queued == 0)
    });
    let row = settled.await.ledger.remove(0);
    assert_eq!(row.produced, row.acknowledged + row.dropped["overrun"], "{row:?}");
    assert!((8192..8200).contains(&row.acknowledged), "as many as the tap holds, and the first reading: {row:?}");
    rig.stop().await;
}
