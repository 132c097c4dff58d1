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
