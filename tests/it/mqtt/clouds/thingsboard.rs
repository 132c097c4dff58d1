use super::{Cloud, publication, subscription};
use crate::support::mqtt_law::Law;
use dinrail::runtime::commands::WriteError;
use dinrail::tag::value::Value;
use serde_json::json;

const HOST: &str = "mqtt.thingsboard.cloud";

/// ThingsBoard, "MQTT Device API Reference".
const LAW: Law = Law {
    tls: |_| true,
    connect: |connect| connect.user.as_deref() == Some("A1_TEST_TOKEN") && connect.password.is_none(),
    publish: |topic| {
        topic == "v1/devices/me/telemetry"
            || topic == "v1/devices/me/attributes"
            || topic.starts_with("v1/devices/me/rpc/response/")
    },
    subscribe: |filter| matches!(filter, "v1/devices/me/rpc/request/+" | "v1/devices/me/attributes"),
};

async fn start(token: &str) -> Cloud {
    let members = json!({
        "cloud": {"kind": "thingsboard", "token": token},
        "publications": [publication("telemetry"), publication("attributes")],
        "subscriptions": [subscription("rpc"), subscription("attributes")],
    });
    let prepare = |_: &_, server, members: &mut serde_json::Value| {
        members["tls"]["server_name"] = json!(HOST);
        server
    };
    Cloud::start_with(HOST, LAW, members, prepare).await
}

#[tokio::test]
async fn telemetry_attributes_and_rpc() {
    let mut cloud = start("A1_TEST_TOKEN").await;
    let telemetry = cloud.message("v1/devices/me/telemetry").await;
    let entries: serde_json::Value = serde_json::from_str(&telemetry.payload).unwrap();
    let (entry, at) = (&entries[0], entries[0]["ts"].as_i64().unwrap());
    assert_eq!(telemetry.payload, format!(r#"[{{"ts":{at},"values":{{"d/t0":0.0,"d/t1":0.0}}}}]"#), "{entry}");
    assert_eq!(cloud.message("v1/devices/me/attributes").await.payload, r#"{"d/t0":0.0,"d/t1":0.0}"#);

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
    let answer: serde_json::Value = serde_json::from_str(&answer.payload).unwrap();
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
    let answer = cloud.message("v1/devices/me/attributes").await;
    assert_eq!(answer.payload, r#"{"d/t0/written":9,"d/t0/error":""}"#);
    cloud.stop().await;
}

#[tokio::test]
async fn a_wrong_token_is_said() {
    let cloud = start("ANOTHER").await;
    assert!(cloud.rig.wait_degraded().await.contains("not authorised"));
    cloud.rig.stop().await;
}
