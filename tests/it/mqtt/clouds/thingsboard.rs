use super::{Cloud, publication, subscription};
use crate::support::mqtt_broker::{Message, Packet};
use crate::support::mqtt_law::Law;
use dinrail::runtime::commands::WriteError;
use dinrail::tag::value::Value;
use serde_json::{Value as Json, json};

const HOST: &str = "mqtt.thingsboard.cloud";
const QUESTION: &str = "v1/devices/me/attributes/request/";
const ANSWER: &str = "v1/devices/me/attributes/response/";

/// ThingsBoard, "MQTT Device API Reference".
const LAW: Law = Law {
    tls: |_| true,
    connect: |connect| connect.user.as_deref() == Some("A1_TEST_TOKEN") && connect.password.is_none(),
    publish: |topic| {
        topic == "v1/devices/me/telemetry"
            || topic == "v1/devices/me/attributes"
            || topic.starts_with("v1/devices/me/rpc/response/")
            || topic.strip_prefix("v1/devices/me/attributes/request/").is_some_and(|id| id.parse::<u32>().is_ok())
    },
    subscribe: |filter| {
        matches!(
            filter,
            "v1/devices/me/rpc/request/+" | "v1/devices/me/attributes" | "v1/devices/me/attributes/response/+"
        )
    },
};

async fn start(token: &str) -> Cloud {
    let members = json!({
        "cloud": {"kind": "thingsboard", "token": token},
        "publications": [publication("telemetry"), publication("attributes")],
        "subscriptions": [subscription("rpc"), subscription("attributes")],
    });
    let prepare = |_: &_, server, members: &mut Json| {
        members["tls"]["server_name"] = json!(HOST);
        server
    };
    Cloud::start_with(HOST, LAW, members, prepare).await
}

impl Cloud {
    /// The first of what it keeps of us.
    async fn told(&self) -> Message {
        let told = |packet: &Packet| match packet {
            Packet::Publish(message) if message.topic == "v1/devices/me/attributes" => Some(message.clone()),
            _ => None,
        };
        self.broker.wait("our attributes", |heard| heard.iter().find_map(|heard| told(&heard.packet))).await
    }
}

#[tokio::test]
async fn telemetry_attributes_and_rpc() {
    let mut cloud = start("A1_TEST_TOKEN").await;
    let telemetry = cloud.message("v1/devices/me/telemetry").await;
    let entries: Json = serde_json::from_str(&telemetry.payload).unwrap();
    let (entry, at) = (&entries[0], entries[0]["ts"].as_i64().unwrap());
    assert_eq!(telemetry.payload, format!(r#"[{{"ts":{at},"values":{{"d/t0":0.0,"d/t1":0.0}}}}]"#), "{entry}");
    assert_eq!(cloud.told().await.payload, r#"{"d/t0":0.0,"d/t1":0.0}"#);

    cloud.subscribed("v1/devices/me/rpc/request/+").await;
    cloud.send("v1/devices/me/rpc/request/7", &json!({"method": "set", "params": {"tag": "d/t1", "value": 5}})).await;
    cloud.accept("d/t1", Value::U64(5)).await;
    let answer = cloud.message("v1/devices/me/rpc/response/7").await;
    assert_eq!(answer.payload, r#"{"d/t1":{"ok":true,"value":5}}"#);

    // Several at once, of which one is not allowed and one fails in the field.
    let wanted = json!({"d/t0": 1, "d/t1": 2, "d/t2": 3});
    cloud.send("v1/devices/me/rpc/request/8", &json!({"method": "set", "params": wanted})).await;
    cloud.accept("d/t0", Value::U64(1)).await;
    cloud.command().await.reply.send(Err(WriteError::NoAnswer)).unwrap();
    let answer = cloud.message("v1/devices/me/rpc/response/8").await;
    let answer: Json = serde_json::from_str(&answer.payload).unwrap();
    let expect = json!({
        "d/t0": {"ok": true, "value": 1},
        "d/t1": {"ok": false, "error": "the device did not answer"},
        "d/t2": {"ok": false, "error": "`d/t2` is not one of the tags that can be written here"},
    });
    assert_eq!(answer, expect);

    cloud.send("v1/devices/me/rpc/request/9", &json!({"method": "reboot", "params": {}})).await;
    let answer = cloud.message("v1/devices/me/rpc/response/9").await;
    assert!(answer.payload.contains("the request names no tag"), "{answer:?}");

    let large = "x".repeat(70_000);
    cloud.send("v1/devices/me/rpc/request/10", &json!({"method": "set", "params": large})).await;
    let answer = cloud.message("v1/devices/me/rpc/response/10").await;
    assert!(answer.payload.contains("a command has at most 65536"), "{answer:?}");

    // What the server wants kept; what else it keeps is none of ours.
    cloud.broker.forget();
    cloud.send("v1/devices/me/attributes", &json!({"d/t0": 9, "firmware": "1.2"})).await;
    cloud.accept("d/t0", Value::U64(9)).await;
    assert_eq!(cloud.told().await.payload, r#"{"d/t0/asked":9,"d/t0/written":9,"d/t0/error":""}"#);
    cloud.stop().await;
}

#[tokio::test]
async fn what_was_set_while_it_was_away_is_asked_for_and_carried_out_once() {
    let mut cloud = start("A1_TEST_TOKEN").await;
    let question = cloud.message(QUESTION).await;
    assert_eq!(question.topic, format!("{QUESTION}1"));
    assert_eq!(question.payload, r#"{"clientKeys":"d/t0/asked,d/t1/asked","sharedKeys":"d/t0,d/t1"}"#);
    cloud.asked_when_it_heard("v1/devices/me/attributes/response/+", QUESTION);
    // One was carried out before, in another way of writing it; one was not; one nobody may write from here.
    cloud.broker.forget();
    let kept = json!({"client": {"d/t0/asked": 3.0}, "shared": {"d/t0": 3, "d/t1": 4, "d/t2": 5, "firmware": "1.2"}});
    cloud.broker.send(&format!("{ANSWER}1"), kept.to_string().as_bytes(), 0, true).await;
    cloud.send(&format!("{ANSWER}1"), &kept).await;
    cloud.accept("d/t1", Value::U64(4)).await;
    let told: Json = serde_json::from_str(&cloud.told().await.payload).unwrap();
    let refused = "`d/t2` is not one of the tags that can be written here";
    assert_eq!(told, json!({"d/t1/asked": 4, "d/t1/written": 4, "d/t1/error": "", "d/t2/error": refused}));
    // After the next connect again; what failed is wanted still, and said once more.
    cloud.broker.forget();
    cloud.broker.cut().await;
    let question = cloud.message(QUESTION).await;
    assert_eq!(question.topic, format!("{QUESTION}2"));
    for payload in ["[", "7", r#"{"shared": {"d/t1": {"deep": 1}}}"#, r#"{"shared": []}"#, "{}"] {
        cloud.broker.send(&format!("{ANSWER}2"), payload.as_bytes(), 0, false).await;
    }
    let kept = json!({"client": {"d/t0/asked": 3, "d/t1/asked": 4}, "shared": {"d/t0": 6, "d/t1": 4}});
    cloud.send(&format!("{ANSWER}2"), &kept).await;
    let command = cloud.command().await;
    assert_eq!((command.tag.as_str(), &command.value), ("d/t0", &Value::U64(6)));
    command.reply.send(Err(WriteError::NoAnswer)).unwrap();
    let failed = |message: &Message| message.payload == r#"{"d/t0/error":"the device did not answer"}"#;
    cloud
        .broker
        .wait("what failed", |heard| {
            heard.iter().find_map(|heard| match &heard.packet {
                Packet::Publish(message) if failed(message) => Some(()),
                _ => None,
            })
        })
        .await;
    assert!(cloud.rig.inbox.try_next().is_none());
    cloud.rig.stop().await;
}

#[tokio::test]
async fn a_wrong_token_is_said() {
    let cloud = start("ANOTHER").await;
    assert!(cloud.rig.wait_degraded().await.contains("not authorised"));
    cloud.rig.stop().await;
}
