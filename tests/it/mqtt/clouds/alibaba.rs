use super::{Cloud, publication, subscription};
use crate::support::mqtt_law::Law;
use dinrail::runtime::commands::WriteError;
use dinrail::tag::value::Value;
use ring::hmac;
use serde_json::{Value as Json, json};

const HOST: &str = "iot-060a.mqtt.iothub.aliyuncs.com";

/// "Establish MQTT connections over TCP", "Device properties, events, and services".
const LAW: Law = Law {
    tls: |tls| Law::asked_for(tls, HOST),
    connect: |connect| {
        let Some((client, rest)) = connect.client_id.split_once('|') else { return false };
        let signed = format!("clientId{client}deviceNameline-3productKeya1B2c3");
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"device-secret");
        let password = connect.password.clone().unwrap_or_default();
        let byte = |at: usize| u8::from_str_radix(password.get(at..at + 2)?, 16).ok();
        let signature: Vec<u8> = (0..password.len()).step_by(2).filter_map(byte).collect();
        rest == "securemode=2,signmethod=hmacsha256|"
            && connect.user.as_deref() == Some("line-3&a1B2c3")
            && hmac::verify(&key, signed.as_bytes(), &signature).is_ok()
    },
    publish: |topic| {
        let rest = topic.strip_prefix("/sys/a1B2c3/line-3/thing");
        matches!(rest, Some("/event/property/post" | "/service/property/set_reply"))
    },
    subscribe: |filter| {
        let rest = filter.strip_prefix("/sys/a1B2c3/line-3/thing");
        matches!(rest, Some("/service/property/set" | "/event/property/post_reply"))
    },
};

async fn start(secret: &str) -> Cloud {
    let members = json!({
        "cloud": {"kind": "alibaba", "endpoint": HOST, "product_key": "a1B2c3", "device_name": "line-3",
            "device_secret": secret},
        "publications": [publication("reported")],
        "subscriptions": [subscription("properties")],
    });
    Cloud::start(HOST, LAW, members).await
}

#[tokio::test]
async fn properties_are_posted_and_set() {
    let mut cloud = start("device-secret").await;
    let post = cloud.message("/sys/a1B2c3/line-3/thing/event/property/post").await;
    let post: Json = serde_json::from_str(&post.payload).unwrap();
    assert_eq!((&post["version"], &post["method"]), (&json!("1.0"), &json!("thing.event.property.post")));
    assert_eq!(post["params"]["d:t1"]["value"], json!(0.0));
    assert!(post["params"]["d:t1"]["time"].is_i64() && post["id"].as_str().unwrap().parse::<u32>().is_ok());

    cloud.subscribed("/sys/a1B2c3/line-3/thing/service/property/set").await;
    let set = |id: &str, params: Json| json!({"method": "thing.service.property.set", "id": id, "params": params, "version": "1.0"});
    cloud.send("/sys/a1B2c3/line-3/thing/service/property/set", &set("41", json!({"d:t0": 1, "d:t1": 2}))).await;
    cloud.accept("d/t0", Value::U64(1)).await;
    cloud.accept("d/t1", Value::U64(2)).await;
    let answer = cloud.message("/sys/a1B2c3/line-3/thing/service/property/set_reply").await;
    assert_eq!(answer.payload, r#"{"code":200,"data":{},"id":"41","message":"success","version":"1.0"}"#);
    cloud.broker.forget();
    cloud.send("/sys/a1B2c3/line-3/thing/service/property/set", &set("42", json!({"d:t1": 3}))).await;
    cloud.command().await.reply.send(Err(WriteError::NoAnswer)).unwrap();
    let answer = cloud.message("/sys/a1B2c3/line-3/thing/service/property/set_reply").await;
    assert_eq!(
        answer.payload,
        r#"{"code":460,"data":{},"id":"42","message":"the device did not answer","version":"1.0"}"#
    );
    cloud.stop().await;
}

#[tokio::test]
async fn another_secret_is_refused() {
    let cloud = start("another").await;
    assert!(cloud.rig.wait_degraded().await.contains("not authorised"));
    cloud.rig.stop().await;
}
