//! Payloads in forms of the user's own, at the broker.

use super::on_change;
use crate::support::mqtt_broker::TestBroker;
use crate::support::mqtt_rig::MqttRig;
use dinrail::runtime::status::MqttStatus;
use serde_json::json;

#[tokio::test]
async fn a_template_is_the_payload_and_one_that_fails_stands_in_the_ledger() {
    let broker = TestBroker::start().await;
    let template = r#"{"share": {{ 100 // value }}, "of": "{{ tag }}"}"#;
    let one = on_change(json!({"tags": ["d/t1"], "qos": 1, "payload": "template", "template": template}));
    let all = "{% for t in tags %}{{ t.name }}={{ t.value | round(1) }};{% endfor %}";
    let many = json!({"name": "m", "id": "m1", "topic": "{appliance}/all", "tags": ["d/t1", "d/t2"],
        "trigger": {"on_change": true}, "payload": "template", "template": all});
    let rig = MqttRig::start(&broker.url(), json!({"publications": [one, many]}));
    let row = |status: &MqttStatus| status.ledger[0].clone();
    // The present value is 0: 100 // 0 is nothing.
    let failed = |status: &MqttStatus| status.ledger.first().is_some_and(|row| row.dropped.contains_key("not_made"));
    let status = rig.wait_status("the failure is told", failed).await;
    assert_eq!((row(&status).produced, row(&status).queued), (row(&status).dropped["not_made"], 0));
    let why = status.last_error.unwrap();
    assert!(why.starts_with("publication `p` has no message for `line-3/d/t1`: line 1, column "), "{why}");
    broker.wait_for_messages("line-3/all", 1).await;
    broker.forget();
    rig.write(1, 12.34);
    let message = broker.wait_for_messages("line-3/d/t1", 1).await.remove(0);
    assert_eq!(message.payload, r#"{"share": 8.0, "of": "d/t1"}"#);
    let message = broker.wait_for_messages("line-3/all", 1).await.remove(0);
    assert_eq!(message.payload, "t1=12.3;t2=0.0;");
    let status = rig.wait_status("it is acknowledged", |status| row(status).acknowledged == 1).await;
    assert_eq!(row(&status).produced, 1 + row(&status).dropped["not_made"]);
    rig.stop().await;
}

#[tokio::test]
async fn batches_go_through_the_durable_queue_and_the_ledger_counts_messages() {
    let broker = TestBroker::start().await;
    let publication = on_change(json!({"topic": "{appliance}/batch", "tags": ["d/t1"], "qos": 1, "payload": "csv",
        "members": {"name": "tag", "value": "v"}, "batch": {"count": 10},
        "trigger": {"on_change": true, "on_connect": false}}));
    let members = json!({"publications": [publication], "buffer": {"durability": "strict"}});
    let mut rig = MqttRig::start(&broker.url(), members.clone());
    rig.wait_up().await;
    broker.behave(|manners| manners.hold_acks = true);
    for n in 1..25u32 {
        rig.write(1, f64::from(n));
        // Each is seen before the next, or they would merge.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let messages = broker.wait_for_messages("line-3/batch", 2).await;
    assert!(messages.iter().all(|message| message.payload.lines().count() == 11), "{messages:?}");
    assert!(messages[0].payload.starts_with("tag,v\r\nt1,"), "{messages:?}");
    let queued = |status: &MqttStatus| status.ledger.first().is_some_and(|row| (row.produced, row.queued) == (2, 2));
    rig.wait_status("two messages wait", queued).await;
    // An edit closes what is open.
    broker.behave(|manners| manners.hold_acks = false);
    broker.release_acks().await;
    rig.edit(json!({"keep_alive_s": 31}));
    rig.wait_status("the rest is a message", |status| status.ledger[0].acknowledged == 3).await;
    let all = broker.wait_for_messages("line-3/batch", 3).await;
    let last = all[2].payload.lines().last().unwrap().to_owned();
    assert_eq!(last, "t1,24.0");
    // And so does the end of the program: what is gathered then is in the file, and sent by the next.
    rig.write(1, 99.0);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let folder = rig.stop().await;
    let rig = MqttRig::start_on(folder, &broker.url(), members, 4);
    let all = broker.wait_for_messages("line-3/batch", 4).await;
    assert_eq!(all[3].payload, "tag,v\r\nt1,99.0\r\n");
    rig.stop().await;
}
