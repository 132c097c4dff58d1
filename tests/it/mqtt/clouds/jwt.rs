use super::{Cloud, publication, subscription};
use crate::support::mqtt_broker::Connect;
use crate::support::mqtt_law::Law;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dinrail::config::cloud::CloudConfig;
use dinrail::platform::clock;
use dinrail::tag::value::Value;
use rcgen::KeyPair;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value as Json, json};
use std::sync::LazyLock;

const HOST: &str = "us-central1-mqtt.clearblade.com";

/// The device's key; the registry has its public half.
static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate().unwrap());

/// "Publishing over the MQTT bridge", "Using JSON Web Tokens".
const LAW: Law = Law {
    tls: |tls| Law::asked_for(tls, HOST),
    connect: is_signed,
    publish: |topic| {
        matches!(topic, "/devices/line-3/events" | "/devices/line-3/state" | "/devices/line-3/events/results")
    },
    subscribe: |filter| filter == "/devices/line-3/commands/#",
};

fn is_signed(connect: &Connect) -> bool {
    let json = |part: &str| -> Option<Json> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok() };
    let checked = || {
        let (text, signature) = connect.password.as_deref()?.rsplit_once('.')?;
        let (header, claims) = text.split_once('.')?;
        let (header, claims) = (json(header)?, json(claims)?);
        let now = clock::unix_ms() / 1000;
        let lives = claims["iat"].as_i64()? <= now && now < claims["exp"].as_i64()?;
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, KEY.public_key_raw());
        key.verify(text.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        Some(lives && claims["aud"] == "plant" && header["alg"] == "ES256")
    };
    connect.client_id == "projects/plant/locations/us-central1/registries/lines/devices/line-3"
        && checked() == Some(true)
}

async fn start(key: &KeyPair) -> Cloud {
    let members = json!({
        "cloud": {"kind": "jwt", "host": HOST, "project": "plant", "region": "us-central1", "registry": "lines",
            "device_id": "line-3", "private_key": key.serialize_pem()},
        "publications": [publication("telemetry"), publication("reported")],
        "subscriptions": [subscription("commands")],
    });
    Cloud::start(HOST, LAW, members).await
}

#[tokio::test]
async fn events_state_and_commands() {
    let mut cloud = start(&KEY).await;
    assert_eq!(cloud.login().await.1.as_deref(), Some("unused"));
    let event: Json = serde_json::from_str(&cloud.message("/devices/line-3/events").await.payload).unwrap();
    assert_eq!(event["tags"]["d/t0"]["value"], json!(0.0));
    cloud.message("/devices/line-3/state").await;
    cloud.subscribed("/devices/line-3/commands/#").await;
    cloud.send("/devices/line-3/commands", &json!({"tag": "d/t1", "value": 7})).await;
    cloud.accept("d/t1", Value::U64(7)).await;
    let answer = cloud.message("/devices/line-3/events/results").await;
    assert_eq!(answer.payload, r#"{"d/t1":{"ok":true,"value":7}}"#);
    cloud.stop().await;
}

#[tokio::test]
async fn another_key_is_refused_and_a_token_is_renewed() {
    let cloud = start(&KeyPair::generate().unwrap()).await;
    assert!(cloud.rig.wait_degraded().await.contains("not authorised"));
    cloud.rig.stop().await;
    let cloud = start(&KEY).await;
    cloud.message("/devices/line-3/state").await;
    cloud.rig.change(|config| match &mut config.connection.cloud {
        Some(CloudConfig::Jwt(jwt)) => jwt.token_life_s = 2,
        other => panic!("{other:?}"),
    });
    let status = cloud.rig.wait_status("two renewals", |status| status.connects == 4).await;
    assert_eq!((status.failed, status.last_error), (0, None));
    cloud.rig.stop().await;
}
