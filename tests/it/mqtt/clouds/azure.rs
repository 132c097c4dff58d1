use super::{Cloud, publication, subscription};
use crate::support::mqtt_broker::{Connect, Packet};
use crate::support::mqtt_law::Law;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dinrail::config::cloud::CloudConfig;
use dinrail::platform::clock;
use dinrail::runtime::commands::WriteError;
use dinrail::tag::value::Value;
use ring::hmac;
use serde_json::{Value as Json, json};
use std::time::Duration;

const HOST: &str = "plant.azure-devices.net";
const KEY: &[u8] = b"device-key-of-32-bytes-long-12345";

/// "Communicate with an IoT hub using the MQTT protocol".
const LAW: Law = Law {
    tls: |tls| Law::asked_for(tls, HOST),
    connect: is_signed,
    publish: |topic| {
        topic.starts_with("devices/line-3/messages/events/")
            || topic.starts_with("$iothub/twin/PATCH/properties/reported/?$rid=")
            || topic.starts_with("$iothub/twin/GET/?$rid=")
            || topic.starts_with("$iothub/methods/res/")
    },
    subscribe: |filter| {
        matches!(filter, "$iothub/methods/POST/#" | "$iothub/twin/PATCH/properties/desired/#" | "$iothub/twin/res/#")
    },
};

/// Whether the token is signed with the device's key and has not expired.
fn is_signed(connect: &Connect) -> bool {
    let expected = format!("{HOST}/line-3/?api-version=2021-04-12");
    if connect.client_id != "line-3" || connect.user.as_deref() != Some(&expected) {
        return false;
    }
    let token = connect.password.as_deref().and_then(|token| token.strip_prefix("SharedAccessSignature "));
    let fields: Vec<_> = form_urlencoded::parse(token.unwrap_or_default().as_bytes()).collect();
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone());
    let (Some(resource), Some(signature), Some(expiry)) = (field("sr"), field("sig"), field("se")) else {
        return false;
    };
    let signed = format!("{}\n{expiry}", resource.replace('/', "%2F"));
    let signature = STANDARD.decode(signature.as_bytes()).unwrap_or_default();
    let key = hmac::Key::new(hmac::HMAC_SHA256, KEY);
    resource == format!("{HOST}/devices/line-3")
        && hmac::verify(&key, signed.as_bytes(), &signature).is_ok()
        && expiry.parse::<i64>().is_ok_and(|expiry| clock::unix_ms() / 1000 < expiry)
}

fn members(key: &[u8]) -> Json {
    json!({
        "cloud": {"kind": "azure", "hub": HOST, "device_id": "line-3", "shared_access_key": STANDARD.encode(key)},
        "publications": [publication("telemetry"), publication("reported")],
        "subscriptions": [subscription("methods"), subscription("desired")],
    })
}

#[tokio::test]
async fn telemetry_twin_and_direct_methods() {
    let mut cloud = Cloud::start(HOST, LAW, members(KEY)).await;
    let telemetry = cloud.message("devices/line-3/messages/events/").await;
    assert_eq!(telemetry.topic, "devices/line-3/messages/events/$.ct=application%2Fjson&$.ce=utf-8");
    let telemetry: Json = serde_json::from_str(&telemetry.payload).unwrap();
    assert_eq!(telemetry["tags"]["d/t1"]["value"], json!(0.0));
    let reported = cloud.message("$iothub/twin/PATCH/properties/reported/").await;
    assert_eq!(reported.topic, "$iothub/twin/PATCH/properties/reported/?$rid=reported");
    assert_eq!(reported.payload, r#"{"d/t0":0.0,"d/t1":0.0}"#);

    cloud.subscribed("$iothub/methods/POST/#").await;
    cloud.send("$iothub/methods/POST/set/?$rid=a7", &json!({"d/t1": 5})).await;
    cloud.accept("d/t1", Value::U64(5)).await;
    let answer = cloud.message("$iothub/methods/res/").await;
    assert_eq!(answer.topic, "$iothub/methods/res/200/?$rid=a7");
    assert_eq!(answer.payload, r#"{"d/t1":{"ok":true,"value":5}}"#);
    cloud.broker.forget();
    cloud.send("$iothub/methods/POST/set/?$rid=a8", &json!({"d/t3": 5})).await;
    let answer = cloud.message("$iothub/methods/res/").await;
    assert_eq!(answer.topic, "$iothub/methods/res/400/?$rid=a8");
    cloud.stop().await;
}

#[tokio::test]
async fn desired_properties_are_acknowledged_with_their_version() {
    let mut cloud = Cloud::start(HOST, LAW, members(KEY)).await;
    assert_eq!(cloud.message("$iothub/twin/GET/").await.topic, "$iothub/twin/GET/?$rid=twin");
    cloud.asked_when_it_heard("$iothub/twin/res/#", "$iothub/twin/GET/");
    cloud.broker.forget();
    // Of the whole twin, what was reached already is not written again.
    let twin = json!({
        "desired": {"d/t0": 3.0, "d/t1": 4, "$version": 8},
        "reported": {"d/t0": {"value": 3, "ac": 200, "av": 7, "ad": "written"}, "$version": 20},
    });
    cloud.send("$iothub/twin/res/200/?$rid=twin", &twin).await;
    cloud.accept("d/t1", Value::U64(4)).await;
    let answer = cloud.message("$iothub/twin/PATCH/properties/reported/?$rid=answer").await;
    assert_eq!(answer.payload, r#"{"d/t1":{"value":4,"ac":200,"av":8,"ad":"written"}}"#);
    cloud.broker.forget();
    cloud.send("$iothub/twin/PATCH/properties/desired/?$version=9", &json!({"d/t0": 6, "$version": 9})).await;
    cloud.command().await.reply.send(Err(WriteError::NoAnswer)).unwrap();
    let answer = cloud.message("$iothub/twin/PATCH/properties/reported/?$rid=answer").await;
    assert_eq!(answer.payload, r#"{"d/t0":{"value":6,"ac":400,"av":9,"ad":"the device did not answer"}}"#);
    // The answer of the hub to a report is no wish.
    cloud.send("$iothub/twin/res/204/?$rid=answer&$version=21", &json!({})).await;
    cloud.stop().await;
}

#[tokio::test]
async fn with_a_certificate_there_is_no_token() {
    let law = Law {
        tls: |tls| Law::asked_for(tls, HOST) && tls.peer_certificates().is_some_and(|chain| !chain.is_empty()),
        connect: |connect| {
            let expected = format!("{HOST}/line-3/?api-version=2021-04-12");
            connect.client_id == "line-3" && connect.user.as_deref() == Some(&expected) && connect.password.is_none()
        },
        ..LAW
    };
    let mut members = members(KEY);
    members["cloud"].as_object_mut().unwrap().remove("shared_access_key");
    let cloud = Cloud::start_with(HOST, law, members, super::aws::guarded).await;
    cloud.message("$iothub/twin/PATCH/properties/reported/").await;
    cloud.stop().await;
}

#[tokio::test]
async fn another_key_is_refused() {
    let cloud = Cloud::start(HOST, LAW, members(b"another")).await;
    assert!(cloud.rig.wait_degraded().await.contains("not authorised"));
    cloud.rig.stop().await;
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires_and_nothing_is_lost() {
    let mut members = members(KEY);
    members["publications"] = json!([publication("reported")]);
    members["last_will"] = json!({"topic": "devices/line-3/messages/events/", "payload": "gone"});
    let cloud = Cloud::start(HOST, LAW, members).await;
    cloud.message("$iothub/twin/PATCH/properties/reported/").await;
    // Two seconds: renewed after 1.6 of them.
    cloud.rig.change(|config| match &mut config.connection.cloud {
        Some(CloudConfig::Azure(azure)) => azure.token_life_s = 2,
        other => panic!("{other:?}"),
    });
    let mut count = 0.0;
    while cloud.broker.connects() < 4 {
        count += 1.0;
        cloud.rig.write(0, count);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let last = format!("{{\"d/t0\":{count:.1},");
    cloud
        .broker
        .wait("the last value", |heard| {
            let is_last = |packet: &Packet| matches!(packet, Packet::Publish(m) if m.payload.starts_with(&last));
            heard.iter().any(|heard| is_last(&heard.packet)).then_some(())
        })
        .await;
    let status = cloud
        .rig
        .wait_status("all are acknowledged", |status| status.ledger[0].produced == status.ledger[0].acknowledged)
        .await;
    assert_eq!((status.ledger[0].queued, status.ledger[0].dropped.len(), status.last_error), (0, 0, None));
    let packets: Vec<Packet> = cloud.broker.heard().into_iter().map(|heard| heard.packet).collect();
    let passwords = packets.iter().filter_map(|packet| match packet {
        Packet::Connect(connect) => connect.password.clone(),
        _ => None,
    });
    let passwords: Vec<String> = passwords.collect();
    assert!(passwords.windows(2).all(|pair| pair[0] != pair[1]), "each session has a token of its own");
    // Each session ends in good order, and nobody was told that the device had gone.
    let partings = packets.iter().filter(|packet| **packet == Packet::Disconnect).count();
    assert_eq!(partings, passwords.len() - 1);
    let told_gone = |packet: &&Packet| matches!(packet, Packet::Publish(message) if message.payload == "gone");
    assert_eq!(packets.iter().filter(told_gone).count(), 1, "at the change of the settings alone");
    cloud.rig.stop().await;
}
