use super::published_in_silence;
use crate::support::mqtt_broker::{Message, Packet, TestBroker};
use crate::support::mqtt_rig::MqttRig;
use dinrail::runtime::commands::{Command, WriteError};
use dinrail::runtime::events::{Category, Outcome};
use dinrail::tag::value::Value;
use serde_json::{Value as Json, json};
use std::time::Duration;

fn subscription(more: Json) -> Json {
    let mut subscription = json!({"name": "s", "topic": "{appliance}/write/{tag}", "tags": ["d/t0", "d/t1"], "qos": 1,
        "response_topic": "{appliance}/ack/{tag}"});
    for (name, value) in more.as_object().unwrap() {
        subscription[name] = value.clone();
    }
    json!({"subscriptions": [subscription]})
}

/// A unit whose subscription the broker has.
async fn ready(broker: &TestBroker, members: Json) -> MqttRig {
    let rig = MqttRig::start(&broker.url(), members);
    let asked = |heard: &[_]| {
        heard.iter().any(|h: &crate::support::mqtt_broker::Heard| matches!(h.packet, Packet::Subscribe(_)))
    };
    broker.wait("SUBSCRIBE", |heard| asked(heard).then_some(())).await;
    rig
}

async fn next(rig: &mut MqttRig) -> Command {
    tokio::time::timeout(crate::support::wait::PATIENCE, rig.inbox.next()).await.expect("no command came").remove(0)
}

async fn accept(rig: &mut MqttRig, tag: &str, value: &Value) {
    let command = next(rig).await;
    assert_eq!((command.tag.as_str(), &command.value), (tag, value));
    command.reply.send(Ok(command.value)).unwrap();
}

fn json(message: &Message) -> Json {
    serde_json::from_str(&message.payload).unwrap()
}

#[tokio::test]
async fn a_command_writes_a_tag_and_is_answered() {
    for qos in 0..=2u8 {
        let broker = TestBroker::start().await;
        let mut rig = ready(&broker, subscription(json!({"qos": qos}))).await;
        assert!(broker.heard().iter().any(|h| h.packet == Packet::Subscribe(vec![("line-3/write/+/+".into(), qos)])));
        broker.send("line-3/write/d/t1", br#"{"value": 180.5, "id": "a-1"}"#, qos, false).await;
        accept(&mut rig, "d/t1", &Value::F64(180.5)).await;
        let answer = broker.wait_for_messages("line-3/ack/d/t1", 1).await.remove(0);
        assert_eq!(answer.payload, r#"{"id":"a-1","tag":"d/t1","attribute":"value","ok":true,"value":180.5}"#);
        assert_eq!((answer.qos, answer.retain), (qos, false));
        broker.send("line-3/write/d/t0", b"7", qos, false).await;
        accept(&mut rig, "d/t0", &Value::U64(7)).await;
        let answer = broker.wait_for_messages("line-3/ack/d/t0", 1).await.remove(0);
        assert_eq!(answer.payload, r#"{"id":null,"tag":"d/t0","attribute":"value","ok":true,"value":7}"#);
        let event = rig.events.recv().await.unwrap();
        assert_eq!((event.category, event.result), (Category::Command, Outcome::Ok));
        assert_eq!((event.source.as_str(), event.actor.as_str()), ("mqtt/site", "line-3/write/d/t1"));
        let status = rig.wait_status("two commands", |status| status.received == 2).await;
        assert_eq!(status.refused, 0);
        rig.stop().await;
    }
}

#[tokio::test]
async fn what_the_field_says_is_the_answer() {
    let broker = TestBroker::start().await;
    let mut rig = ready(&broker, subscription(json!({}))).await;
    for (result, error) in [
        (WriteError::Exception(2), "the device answered exception 02 (illegal data address)"),
        (WriteError::NoAnswer, "the device did not answer"),
        (WriteError::NotTaken("3".into()), "the device was written and reads back 3"),
    ] {
        broker.forget();
        broker.send("line-3/write/d/t1", b"{\"value\": 1}", 1, false).await;
        next(&mut rig).await.reply.send(Err(result)).unwrap();
        let answer = json(&broker.wait_for_messages("line-3/ack/", 1).await[0]);
        assert_eq!((&answer["ok"], &answer["error"]), (&json!(false), &json!(error)));
    }
    rig.stop().await;
}

#[tokio::test]
async fn what_cannot_be_a_command_is_refused_with_an_answer_and_stands_in_the_log() {
    let broker = TestBroker::start().await;
    let mut rig = ready(&broker, subscription(json!({"max_age_s": 30}))).await;
    let deep = format!("{{\"value\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let large = format!("\"{}\"", "x".repeat(1024 * 1024));
    for (topic, payload, sentence) in [
        ("d/t1", "", "not JSON"),
        ("d/t1", "nan", "not JSON"),
        ("d/t1", "{\"value\": 1e999}", "number out of range"),
        ("d/t1", "{\"value\": {\"a\": 1}}", "true or false, a number or a text"),
        ("d/t1", "{\"Value\": 1}", "has no `value`"),
        ("d/t1", &deep, "at most 65536"),
        ("d/t1", &deep[..30_000], "recursion limit"),
        ("d/t1", &large, "at most 65536"),
        ("d/t1", "\"on\"", "`on` is not a value of type f64"),
        ("d/t1", "1001", "1001 is outside -..1000"),
        ("d/t2", "1", "`d/t2` is not one of the tags that can be written here"),
        ("d/nix", "1", "`d/nix` is not one of the tags that can be written here"),
        ("d/t1", r#"{"value": 1, "timestamp": "2020-01-01T00:00:00Z"}"#, "s old; here it may be 30 s old"),
    ] {
        broker.forget();
        broker.send(&format!("line-3/write/{topic}"), payload.as_bytes(), 1, false).await;
        let answer = json(&broker.wait_for_messages(&format!("line-3/ack/{topic}"), 1).await[0]);
        assert_eq!((&answer["ok"], &answer["tag"]), (&json!(false), &json!(topic)));
        assert!(answer["error"].as_str().unwrap().contains(sentence), "{answer} does not say {sentence}");
        let event = rig.events.recv().await.unwrap();
        assert_eq!(
            (event.category, event.result, event.subject.as_str()),
            (Category::Command, Outcome::Refused, topic)
        );
        assert!(event.detail.len() < 300 && event.detail.contains(sentence.split(';').next().unwrap()), "{event:?}");
    }
    assert!(rig.inbox.try_next().is_none());
    let status = rig.wait_status("all are refused", |status| status.refused == 13).await;
    assert_eq!((status.received, status.connects), (13, 1));
    rig.stop().await;
}

#[tokio::test]
async fn retained_commands_and_foreign_topics_are_ignored() {
    let broker = TestBroker::start().await;
    let mut rig = ready(&broker, subscription(json!({}))).await;
    broker.send("line-3/write/d/t1", b"1", 1, true).await;
    broker.send("line-3/write/d", b"1", 0, false).await;
    broker.send("other/write/d/t1", b"1", 0, false).await;
    broker.send("line-3/write/d/t1", b"2", 1, false).await;
    accept(&mut rig, "d/t1", &Value::U64(2)).await;
    broker.wait_for_messages("line-3/ack/", 1).await;
    assert_eq!(published_in_silence(&broker).await.len(), 1);
    rig.stop().await;
}

#[tokio::test]
async fn a_duplicate_gets_the_first_answer_and_is_not_carried_out() {
    let broker = TestBroker::start().await;
    let mut rig = ready(&broker, subscription(json!({}))).await;
    let command = br#"{"value": 5, "id": "once"}"#;
    broker.send("line-3/write/d/t1", command, 1, false).await;
    broker.send("line-3/write/d/t1", command, 1, false).await;
    accept(&mut rig, "d/t1", &Value::U64(5)).await;
    let first = broker.wait_for_messages("line-3/ack/", 1).await.remove(0);
    // Also over another session.
    broker.cut().await;
    rig.wait_status("another session", |status| status.connects == 2).await;
    broker.send("line-3/write/d/t1", command, 1, false).await;
    let both = broker.wait_for_messages("line-3/ack/", 2).await;
    assert_eq!(both[1].payload, first.payload);
    assert!(rig.inbox.try_next().is_none());
    rig.stop().await;
}

#[tokio::test]
async fn commands_run_side_by_side_and_keep_their_order_into_the_driver() {
    let broker = TestBroker::start().await;
    let mut rig = ready(&broker, subscription(json!({}))).await;
    for n in 0..100u32 {
        broker.send("line-3/write/d/t1", n.to_string().as_bytes(), 1, false).await;
    }
    let mut open = Vec::new();
    for n in 0..100u64 {
        let command = next(&mut rig).await;
        assert_eq!(command.value, Value::U64(n));
        open.push(command);
    }
    // The last is answered first: nobody waits for another's field.
    open.pop().unwrap().reply.send(Ok(Value::U64(99))).unwrap();
    let answer = json(&broker.wait_for_messages("line-3/ack/", 1).await[0]);
    assert_eq!(answer["value"], json!(99));
    // More than may wait are refused at once.
    for n in 100..200u32 {
        broker.send("line-3/write/d/t1", n.to_string().as_bytes(), 1, false).await;
    }
    let busy = broker
        .wait("a refusal", |heard| {
            let messages = heard.iter().filter_map(|h| match &h.packet {
                Packet::Publish(message) if message.payload.contains("too many commands") => Some(message.clone()),
                _ => None,
            });
            let found = messages.count();
            (found == 100 - (128 - 99)).then_some(found)
        })
        .await;
    assert_eq!(busy, 71);
    rig.stop().await;
}

#[tokio::test]
async fn an_attribute_can_be_commanded() {
    let broker = TestBroker::start().await;
    let rig =
        ready(&broker, subscription(json!({"topic": "w/{tag}/{attribute}", "response_topic": "r/{tag}/{attribute}"})))
            .await;
    rig.write(1, 5.0);
    broker.send("w/d/t1/reset_min", b"1", 1, false).await;
    let answer = broker.wait_for_messages("r/d/t1/reset_min", 1).await.remove(0);
    assert_eq!(answer.payload, r#"{"id":null,"tag":"d/t1","attribute":"reset_min","ok":true,"value":0}"#);
    broker.send("w/d/t1/quality", b"1", 1, false).await;
    let answer = json(&broker.wait_for_messages("r/d/t1/quality", 1).await[0]);
    assert_eq!(answer["error"], json!("`d/t1/quality` cannot be written"));
    rig.stop().await;
}

#[tokio::test]
async fn a_flood_of_commands_does_not_hold_publications_back() {
    let broker = TestBroker::start().await;
    let publication = super::on_change(json!({"tags": ["d/t2"]}));
    let mut members = subscription(json!({"qos": 0, "response_topic": null}));
    members["publications"] = json!([publication]);
    let rig = ready(&broker, members).await;
    broker.wait_for_messages("line-3/d/t2", 1).await;
    let flood = async {
        loop {
            broker.send("line-3/write/d/t2", b"1", 0, false).await;
        }
    };
    let published = async {
        for n in 1..=50u32 {
            rig.write(2, f64::from(n));
            broker
                .wait("the value", |heard| {
                    let told = |m: &Message| m.topic == "line-3/d/t2" && super::value(m) == json!(f64::from(n));
                    heard.iter().any(|h| matches!(&h.packet, Packet::Publish(m) if told(m))).then_some(())
                })
                .await;
            broker.forget();
        }
    };
    tokio::select! {
        () = flood => (),
        () = published => (),
        () = tokio::time::sleep(Duration::from_secs(20)) => panic!("publications starve"),
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_command_in_another_systems_form_is_understood_and_answered_in_it() {
    let broker = TestBroker::start().await;
    let templates = json!({"topic": "plc/{name}/do", "response_topic": "plc/done", "tags": ["d/*"],
        "tag_template": "d/{{ payload.point }}", "template": "{{ payload.args[1] }}",
        "answer_template": r#"{"job": {{ payload.job | tojson }}, "from": {{ topic[1] | tojson }}, "ok": {{ ok }}, "why": {{ error | tojson }}}"#});
    let mut rig = ready(&broker, subscription(templates)).await;
    broker.send("plc/line/do", br#"{"job": "j1", "point": "t1", "args": ["set", 12.5]}"#, 1, false).await;
    accept(&mut rig, "d/t1", &Value::F64(12.5)).await;
    let answer = broker.wait_for_messages("plc/done", 1).await.remove(0);
    assert_eq!(answer.payload, r#"{"job": "j1", "from": "line", "ok": true, "why": null}"#);
    broker.forget();
    broker.send("plc/line/do", br#"{"job": "j2", "point": "t9", "args": ["set", 1]}"#, 1, false).await;
    let answer = json(&broker.wait_for_messages("plc/done", 1).await[0]);
    assert_eq!((&answer["job"], &answer["ok"]), (&json!("j2"), &json!(false)));
    rig.stop().await;
}
