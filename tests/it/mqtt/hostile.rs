//! Whatever comes on a command topic, of whatever kind of subscription: refused with an answer, written nowhere, told in the
//! log in a few words, and the session goes on.

use crate::support::mqtt_broker::{Heard, Packet, TestBroker};
use crate::support::mqtt_rig::MqttRig;
use crate::support::wait::PATIENCE;
use dinrail::runtime::events::Outcome;
use dinrail::tag::value::Value;
use serde_json::{Value as Json, json};

/// A kind of subscription.
struct Kind {
    subscription: Json,
    /// Where commands for `d/t1` come in.
    topic: &'static str,
    /// What stands around a value.
    around: [&'static str; 2],
}

fn kinds() -> [Kind; 5] {
    let of = |topic: &str, more: Json| {
        let mut subscription = json!({"name": "s", "tags": ["d/t1"], "qos": 1, "response_topic": "answer"});
        subscription["topic"] = json!(topic);
        subscription.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        subscription
    };
    let answer = r#"{"job": {{ payload.job | tojson }}, "ok": {{ ok }}, "error": {{ error | tojson }}}"#;
    let by_template = json!({"template": "{{ payload.d[0].v }}", "answer_template": answer});
    let all_by_template =
        json!({"template": "{{ payload.d[0].v }}", "tag_template": "{{ payload.at }}", "answer_template": answer});
    let mut preset = of("", json!({"preset": "iothinx"}));
    preset.as_object_mut().unwrap().remove("topic");
    [
        Kind { subscription: of("w/{tag}", json!({})), topic: "w/d/t1", around: [r#"{"value": "#, "}"] },
        Kind {
            subscription: of("w/{tag}", json!({"pointer": "/d/0/v"})),
            topic: "w/d/t1",
            around: [r#"{"d": [{"v": "#, "}]}"],
        },
        Kind {
            subscription: of("w/{tag}", by_template),
            topic: "w/d/t1",
            around: [r#"{"job": "\"}, {\"ok\": true, \"x\": \"\n", "d": [{"v": "#, "}]}"],
        },
        Kind {
            subscription: of("w", all_by_template),
            topic: "w",
            around: [r#"{"at": "d/t1", "job": {"deep": [1]}, "d": [{"v": "#, "}]}"],
        },
        Kind { subscription: preset, topic: "line-3/write/d@t1/value", around: [r#"{"value": "#, "}"] },
    ]
}

/// No number between -infinity and 1000, which is what `d/t1` takes.
fn values() -> Vec<String> {
    let text = |length: usize| format!("\"{}\"", "x".repeat(length));
    let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let plain = [
        "NaN",
        "-Infinity",
        "1e999",
        "-1e999",
        "1001",
        "true",
        "null",
        "\"on\"",
        "\"\"",
        "\"NaN\"",
        "\"1e999\"",
        "{\"value\": 1}",
        "[1]",
        "[]",
        "{}",
        "",
        "5,",
        "0x10",
        "01",
        "\"\\u0000\"",
        "\"\\ud800\"",
    ];
    let made = [text(60_000), text(1024 * 1024), deep(100), deep(127), deep(20_000), deep(500_000)];
    plain.into_iter().map(str::to_owned).chain(made).collect()
}

/// What is no command of any kind.
fn rubbish() -> Vec<Vec<u8>> {
    let mut rubbish: Vec<Vec<u8>> = [
        "",
        "nan",
        "{",
        "{}",
        "null",
        "[]",
        "\u{FEFF}1",
        "{\"value\"",
        "{\"d\": 1}",
        "{\"d\": [[]]}",
        "\0",
        "{\"value\": [1]}",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec();
    rubbish.push(vec![0xFF; 100]);
    rubbish.push(vec![0; 1024 * 1024]);
    rubbish.push(b"{\"\xFF\": 1}".to_vec());
    rubbish
}

#[tokio::test]
async fn whatever_comes_to_any_kind_of_subscription_is_refused_with_an_answer() {
    for Kind { subscription, topic, around } in kinds() {
        let name = subscription.to_string();
        let broker = TestBroker::start().await;
        let mut rig = MqttRig::start(&broker.url(), json!({"subscriptions": [subscription]}));
        let subscribed = |heard: &[Heard]| heard.iter().any(|heard| matches!(heard.packet, Packet::Subscribe(_)));
        broker.wait("SUBSCRIBE", |heard| subscribed(heard).then_some(())).await;
        let wrapped = values().into_iter().map(|value| [around[0], &value, around[1]].concat().into_bytes());
        let mut count = 0;
        for payload in rubbish().into_iter().chain(wrapped) {
            count += 1;
            let shown: String = String::from_utf8_lossy(&payload).chars().take(100).collect();
            broker.send(topic, &payload, 1, false).await;
            let answer = broker.wait_for_messages("answer", 1).await.remove(0).payload;
            broker.forget();
            let told: Json = serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{shown}: {error}: {answer}"));
            let error = told["error"].as_str().unwrap_or_default();
            assert_eq!(told["ok"], json!(false), "{name} {shown}: {answer}");
            assert!((5..300).contains(&error.len()) && answer.len() < 1000, "{name} {shown}: {answer}");
            let event = tokio::time::timeout(PATIENCE, rig.events.recv()).await.expect("an event").unwrap();
            assert_eq!(event.result, Outcome::Refused, "{name} {shown}");
            assert!(event.detail.ends_with(error) && event.detail.len() < 400, "{name} {shown}: {event:?}");
        }
        assert!(rig.inbox.try_next().is_none(), "{name}");
        let status = rig.wait_status("all are refused", |status| status.refused == count).await;
        assert_eq!((status.received, status.connects), (count, 1), "{name}");
        // And then a good one.
        broker.send(topic, [around[0], "5", around[1]].concat().as_bytes(), 1, false).await;
        let command = tokio::time::timeout(PATIENCE, rig.inbox.next()).await.expect("no command came").remove(0);
        assert_eq!((command.tag.as_str(), &command.value), ("d/t1", &Value::U64(5)), "{name}");
        command.reply.send(Ok(command.value)).unwrap();
        let answer = broker.wait_for_messages("answer", 1).await.remove(0).payload;
        assert_eq!(serde_json::from_str::<Json>(&answer).unwrap()["ok"], json!(true), "{name}: {answer}");
        rig.stop().await;
    }
}

#[tokio::test]
async fn a_topic_of_the_io_thinx_that_means_nothing_is_refused_with_an_answer() {
    let broker = TestBroker::start().await;
    let subscription = json!({"name": "s", "preset": "iothinx", "tags": ["d/t1"], "response_topic": "answer"});
    let mut rig = MqttRig::start(&broker.url(), json!({"subscriptions": [subscription]}));
    rig.wait_up().await;
    broker
        .wait("SUBSCRIBE", |heard| heard.iter().any(|h| matches!(h.packet, Packet::Subscribe(_))).then_some(()))
        .await;
    let long = format!("{}@t1/value", "x".repeat(30_000));
    for (place, sentence) in [
        ("d/value", "`d` is not `module@channel`"),
        ("@/value", "is not"),
        ("d@t1@t2/value", "is not"),
        ("/", "`` is not `module@channel`"),
        (long.as_str(), "is not `module@channel`"),
        ("d@t1/doStatus; drop", "is not an attribute"),
        ("d@t1/quality", "`d/t1/quality` cannot be written"),
        ("d@t2/value", "`d/t2` is not one of the tags"),
    ] {
        broker.forget();
        broker.send(&format!("line-3/write/{place}"), b"{\"value\": 1}", 0, false).await;
        let answer = broker.wait_for_messages("answer", 1).await.remove(0).payload;
        let told: Json = serde_json::from_str(&answer).unwrap();
        assert_eq!(told["ok"], json!(false), "{answer}");
        assert!(answer.contains(sentence) && answer.len() < 500, "{place}: {answer}");
    }
    assert!(rig.inbox.try_next().is_none());
    rig.stop().await;
}
