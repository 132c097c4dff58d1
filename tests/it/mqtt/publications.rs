use super::{is_publish_on, on_change, published_in_silence, value};
use crate::support::mqtt_broker::{Packet, TestBroker};
use crate::support::mqtt_rig::MqttRig;
use dinrail::tag::quality::Reason;
use serde_json::{Value as Json, json};
use std::time::Duration;

#[tokio::test]
async fn every_quality_of_service_and_retain_reach_the_broker() {
    for qos in 0..=2u8 {
        for retain in [false, true] {
            let broker = TestBroker::start().await;
            let publication = on_change(json!({"qos": qos, "retain": retain, "tags": ["d/t1"]}));
            let rig = MqttRig::start(&broker.url(), json!({"publications": [publication]}));
            let message = broker.wait_for_messages("line-3/d/t1", 1).await.remove(0);
            assert_eq!((message.qos, message.retain, message.dup), (qos, retain, false));
            let status = rig.wait_status("the message is settled", |status| status.acknowledged == 1).await;
            assert_eq!((status.published, status.failed, status.in_flight), (1, 0, 0));
            let releases = broker.heard().iter().filter(|heard| matches!(heard.packet, Packet::PubRel(_))).count();
            assert_eq!(releases, usize::from(qos == 2));
            rig.stop().await;
        }
    }
}

#[tokio::test]
async fn what_is_not_acknowledged_is_not_counted_so() {
    let broker = TestBroker::start().await;
    broker.behave(|manners| manners.hold_acks = true);
    let publications = [on_change(json!({"qos": 1}))];
    let rig = MqttRig::start(&broker.url(), json!({"buffer": {"max_mib": 0}, "publications": publications}));
    broker.wait_for_messages("line-3/", 4).await;
    let status = rig.wait_status("four are in flight", |status| status.in_flight == 4).await;
    assert_eq!((status.published, status.acknowledged), (4, 0));
    // The broker forgets the session: those four are lost, and said to be.
    broker.behave(|manners| manners.hold_acks = false);
    broker.cut().await;
    let status = rig.wait_status("the loss is counted", |status| status.connects == 2 && status.failed == 4).await;
    assert!(status.last_error.unwrap().contains("lost with its session"));
    rig.wait_status("the present values went out", |status| status.acknowledged == 4).await;
    rig.stop().await;
}

#[tokio::test]
async fn a_session_the_broker_kept_settles_what_was_open() {
    let broker = TestBroker::start().await;
    broker.behave(|manners| {
        manners.hold_acks = true;
        manners.session_present = true;
    });
    let publications = [on_change(json!({"qos": 1, "tags": ["d/t1"]}))];
    let rig = MqttRig::start(&broker.url(), json!({"buffer": {"max_mib": 0}, "publications": publications}));
    broker.wait_for_messages("line-3/d/t1", 1).await;
    broker.behave(|manners| manners.hold_acks = false);
    broker.cut().await;
    let messages = broker.wait_for_messages("line-3/d/t1", 3).await;
    assert_eq!(messages.iter().map(|message| message.dup).collect::<Vec<_>>(), [false, true, false]);
    let status = rig.wait_status("both are settled", |status| status.acknowledged == 2).await;
    assert_eq!((status.published, status.failed), (2, 0));
    rig.stop().await;
}

#[tokio::test]
async fn payloads_say_value_quality_and_the_time_of_the_field() {
    let broker = TestBroker::start().await;
    let object = on_change(json!({"name": "o", "id": "o1", "topic": "{appliance}/all", "payload": "object",
        "tags": ["d/t1", "d/t2"], "attributes": ["value", "max"]}));
    let rig = MqttRig::start(&broker.url(), json!({"publications": [on_change(json!({"tags": ["d/t1"]})), object]}));
    broker.wait_for_messages("line-3/all", 1).await;
    broker.wait_for_messages("line-3/d/t1", 1).await;
    broker.forget();
    rig.write(1, 23.4);
    let message = broker.wait_for_messages("line-3/d/t1", 1).await.remove(0);
    let json: Json = serde_json::from_str(&message.payload).unwrap();
    let at = json["timestamp"].as_str().unwrap().to_owned();
    assert_eq!(message.payload, format!(r#"{{"value":23.4,"quality":"good","timestamp":"{at}"}}"#));
    let whole = broker.wait_for_messages("line-3/all", 1).await.remove(0);
    let json: Json = serde_json::from_str(&whole.payload).unwrap();
    assert_eq!(json["tags"]["d/t1"], json!({"value": 23.4, "max": 23.4, "quality": "good", "timestamp": at}));
    assert_eq!(json["tags"]["d/t2"]["value"], 0.0);
    broker.forget();
    rig.fail(1, Reason::NoAnswer);
    let message = broker.wait_for_messages("line-3/d/t1", 1).await.remove(0);
    assert_eq!(message.payload, format!(r#"{{"value":23.4,"quality":"bad","timestamp":"{at}"}}"#));
    rig.stop().await;
}

#[tokio::test]
async fn changes_within_the_deadband_are_not_told() {
    let broker = TestBroker::start().await;
    let rig = MqttRig::start(&broker.url(), json!({"publications": [on_change(json!({"tags": ["d/t3"]}))]}));
    broker.wait_for_messages("line-3/d/t3", 1).await;
    broker.forget();
    for tenth in 1..=50u32 {
        rig.write(3, f64::from(tenth) / 10.0);
    }
    assert_eq!(published_in_silence(&broker).await, []);
    rig.write(3, 5.1);
    let messages = broker.wait_for_messages("line-3/d/t3", 1).await;
    assert_eq!(messages.iter().map(value).collect::<Vec<_>>(), [json!(5.1)]);
    rig.stop().await;
}

#[tokio::test]
async fn an_interval_keeps_its_period() {
    let broker = TestBroker::start().await;
    let publication = on_change(json!({"tags": ["d/t1"], "trigger": {"interval_ms": 50}}));
    let rig = MqttRig::start(&broker.url(), json!({"publications": [publication]}));
    broker.wait_for_messages("line-3/d/t1", 21).await;
    let at: Vec<_> = broker.heard().into_iter().filter(|heard| is_publish_on(&heard.packet, "line-3/d/t1")).collect();
    let took = at[20].at - at[0].at;
    assert!(Duration::from_millis(990) < took && took < Duration::from_millis(1300), "20 periods took {took:?}");
    rig.stop().await;
}

#[tokio::test]
async fn a_minimum_gap_merges_to_the_newest() {
    let broker = TestBroker::start().await;
    let publication = on_change(json!({"tags": ["d/t1"], "trigger": {"on_change": true, "min_gap_ms": 100}}));
    let rig = MqttRig::start(&broker.url(), json!({"publications": [publication]}));
    broker.wait_for_messages("line-3/d/t1", 1).await;
    for n in 1..=50u32 {
        rig.write(1, f64::from(n));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    broker
        .wait("the newest value", |heard| {
            let newest = |message| value(message) == json!(50.0);
            heard.iter().any(|heard| matches!(&heard.packet, Packet::Publish(m) if newest(m))).then_some(())
        })
        .await;
    let times: Vec<_> =
        broker.heard().into_iter().filter(|heard| is_publish_on(&heard.packet, "line-3/d/t1")).collect();
    assert!(times.len() < 10, "{} messages", times.len());
    for pair in times.windows(2).skip(1) {
        assert!(Duration::from_millis(80) < pair[1].at - pair[0].at, "closer than the gap");
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_broker_that_does_not_acknowledge_holds_only_those_that_wait_for_it() {
    let broker = TestBroker::start().await;
    broker.behave(|manners| manners.hold_acks = true);
    let slow = on_change(json!({"name": "slow", "id": "s", "topic": "slow/{tag}", "qos": 1}));
    let fast = on_change(json!({"name": "fast", "id": "f", "topic": "fast/{tag}"}));
    let rig = MqttRig::start_with(&broker.url(), json!({"buffer": {"max_mib": 0}, "publications": [slow, fast]}), 400);
    broker.wait_for_messages("fast/", 400).await;
    broker.wait_for_messages("slow/", 80).await;
    let slow = || broker.published().iter().filter(|message| message.topic.starts_with("slow/")).count();
    assert_eq!(slow(), 80, "as many as may be in flight");
    rig.write(399, 7.0);
    let last = broker.wait_for_messages("fast/", 401).await.remove(400);
    assert_eq!(value(&last), json!(7.0));
    assert_eq!(slow(), 80);
    broker.release_acks().await;
    let messages = broker.wait_for_messages("slow/", 400).await;
    assert_eq!(value(&messages[399]), json!(7.0), "the newest value, once");
    rig.wait_status("all are settled", |status| status.acknowledged == 801 && status.in_flight == 0).await;
    rig.stop().await;
}

#[tokio::test]
async fn ten_thousand_tags_are_told_once_each() {
    let broker = TestBroker::start().await;
    let rig = MqttRig::start_with(&broker.url(), json!({"publications": [on_change(json!({}))]}), 10_000);
    broker.wait_for_messages("line-3/", 10_000).await;
    broker.forget();
    let values: Vec<_> = (0..10_000).map(|tag| (tag, 100.0)).collect();
    rig.write_all(&values);
    let messages = broker.wait_for_messages("line-3/", 10_000).await;
    assert!(messages.iter().all(|message| value(message) == json!(100.0)));
    assert_eq!(published_in_silence(&broker).await.len(), 10_000);
    assert_eq!(rig.status().failed, 0);
    rig.stop().await;
}
