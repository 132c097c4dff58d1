use super::super::GatewayConfig;
use super::super::mqtt::ConnectionConfig;
use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{ECDSA_P256_SHA256_FIXED, KeyPair as _, UnparsedPublicKey};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::json;
use std::sync::LazyLock;

/// 2026-01-02T03:04:05.678Z.
const NOW: i64 = 1_767_323_045_678;

/// A certificate of the device's own, and its key.
static OWN: LazyLock<(String, String)> = LazyLock::new(|| {
    let own = rcgen::generate_simple_self_signed(["line-3".to_owned()]).unwrap();
    (own.cert.pem(), own.signing_key.serialize_pem())
});

fn read(members: Json) -> (Option<ConnectionConfig>, Vec<String>) {
    let mut connection = json!({"name": "c", "publications": [], "subscriptions": []});
    for (name, member) in members.as_object().unwrap() {
        connection[name] = member.clone();
    }
    let (mut config, problems) = GatewayConfig::parse(&json!({
        "format": "dinrail/1",
        "appliance": {"name": "line-3"},
        "internal": [{"name": "level", "type": "f64"}, {"name": "in-let", "type": "bool"}],
        "certificates": [{"name": "line-3", "chain": OWN.0, "key": OWN.1}],
        "mqtt": {"connections": [connection]},
    }));
    let told = problems
        .into_iter()
        .map(|problem| format!("{}: {}", problem.pointer.replace("/mqtt/connections/0/", ""), problem.detail));
    (config.connections.pop(), told.collect())
}

fn good(members: Json) -> ConnectionConfig {
    let (config, problems) = read(members);
    assert_eq!(problems, Vec::<String>::new());
    config.unwrap()
}

#[track_caller]
fn refused(members: Json, sentence: &str) {
    let (_, problems) = read(members);
    assert!(problems.iter().any(|problem| problem.starts_with(sentence)), "{problems:#?} does not say {sentence}");
}

#[track_caller]
fn check(members: Json, url: &str, client_id: &str, username: Option<&str>, password: Option<&str>) {
    let connection = good(members);
    assert_eq!(connection.broker.to_string(), url);
    let access = connection.access("line-3", NOW);
    assert_eq!(access.client_id, client_id);
    assert_eq!(access.username.as_deref(), username);
    assert_eq!(access.password.as_ref().map(Secret::reveal), password);
}

fn azure() -> Json {
    let key = STANDARD.encode("device-key-of-32-bytes-long-12345");
    json!({"kind": "azure", "hub": "plant.azure-devices.net", "device_id": "line-3", "shared_access_key": key})
}

fn alibaba() -> Json {
    json!({"kind": "alibaba", "endpoint": "iot-060a.mqtt.iothub.aliyuncs.com", "product_key": "a1B2c3",
        "device_name": "line-3", "device_secret": "secret"})
}

fn jwt(key: &str) -> Json {
    json!({"kind": "jwt", "host": "us-central1-mqtt.clearblade.com", "project": "plant", "region": "us-central1",
        "registry": "lines", "device_id": "line-3", "private_key": key})
}

#[test]
fn each_cloud_is_reached_and_logged_in_to_as_its_manual_says() {
    check(
        json!({"cloud": {"kind": "thingsboard", "token": "A1_TEST_TOKEN"}, "url": "mqtts://mqtt.thingsboard.cloud"}),
        "mqtts://mqtt.thingsboard.cloud:8883",
        "line-3",
        Some("A1_TEST_TOKEN"),
        None,
    );
    // The signature as Python's hmac makes it by the steps of "SAS token structure".
    check(
        json!({"cloud": azure()}),
        "mqtts://plant.azure-devices.net:8883",
        "line-3",
        Some("plant.azure-devices.net/line-3/?api-version=2021-04-12"),
        Some(
            "SharedAccessSignature sr=plant.azure-devices.net%2Fdevices%2Fline-3&sig=%2BQK6eUaKvNWIZN7reWo15ByECY6TH\
             %2FGzB7mLXTihrUA%3D&se=1767326645",
        ),
    );
    // HMAC-SHA256 of `clientIda1B2c3.line-3deviceNameline-3productKeya1B2c3`, by the same.
    check(
        json!({"cloud": alibaba()}),
        "mqtts://iot-060a.mqtt.iothub.aliyuncs.com:1883",
        "a1B2c3.line-3|securemode=2,signmethod=hmacsha256|",
        Some("line-3&a1B2c3"),
        Some("b50469cd8d758dac69654f84708657ef6014dad41f87a159f006d263f558c3a3"),
    );
    check(
        json!({"cloud": {"kind": "emqx", "host": "x.emqxsl.com"}, "username": "u", "password": "p"}),
        "mqtts://x.emqxsl.com:8883",
        "line-3",
        Some("u"),
        Some("p"),
    );
    check(
        json!({"cloud": {"kind": "hivemq", "host": "x.s1.eu.hivemq.cloud"}, "username": "u", "password": "p"}),
        "mqtts://x.s1.eu.hivemq.cloud:8883",
        "line-3",
        Some("u"),
        Some("p"),
    );
    let connection = good(json!({"cloud": {"kind": "home-assistant"}, "url": "mqtt://127.0.0.1"}));
    let will = connection.last_will.unwrap();
    assert_eq!((will.payload.as_str(), will.retain), ("offline", true));
    assert_eq!(connection.birth.unwrap().payload, "online");
}

#[test]
fn a_thing_of_aws_is_known_by_its_certificate() {
    let cloud = |port: u16| json!({"kind": "aws", "endpoint": "a1-ats.iot.eu-west-1.amazonaws.com", "thing": "line-3", "port": port});
    let missing = "tls: this cloud knows a device by its certificate: choose one in `tls`";
    refused(json!({"cloud": cloud(443)}), missing);
    refused(json!({"cloud": cloud(1883)}), "cloud/port: AWS IoT Core answers on port 8883 or 443");
    let own = json!({"certificate": "line-3"});
    let connection = good(json!({"cloud": cloud(443), "tls": own}));
    assert_eq!(connection.tls.unwrap().alpn, ["x-amzn-mqtt-ca"]);
    check(
        json!({"cloud": cloud(8883), "tls": own}),
        "mqtts://a1-ats.iot.eu-west-1.amazonaws.com:8883",
        "line-3",
        None,
        None,
    );
    assert_eq!(good(json!({"cloud": cloud(8883), "tls": own})).tls.unwrap().alpn, Vec::<String>::new());
}

#[test]
fn a_token_is_signed_for_a_while_and_renewed_before_it_ends() {
    let pair = rcgen::KeyPair::generate().unwrap();
    let access = good(json!({"cloud": jwt(&pair.serialize_pem())})).access("line-3", NOW);
    assert_eq!(access.client_id, "projects/plant/locations/us-central1/registries/lines/devices/line-3");
    assert_eq!(access.username.as_deref(), Some("unused"));
    assert_eq!(access.renew_at, Some(NOW + 2_880_000));
    let token = access.password.unwrap();
    let (text, signature) = token.reveal().rsplit_once('.').unwrap();
    let part = |part: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    let (header, claims) = text.split_once('.').unwrap();
    assert_eq!(part(header), r#"{"alg":"ES256","typ":"JWT"}"#);
    assert_eq!(part(claims), r#"{"iat":1767323045,"exp":1767326645,"aud":"plant"}"#);
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key_raw().to_vec());
    public.verify(text.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    assert_eq!(good(json!({"cloud": azure()})).access("line-3", NOW).renew_at, Some(NOW + 2_880_000));
}

#[test]
fn an_rsa_key_signs_too() {
    // A key made for this test and used nowhere else.
    let pem = include_str!("test_rsa.pem");
    let access = good(json!({"cloud": jwt(pem)})).access("line-3", NOW);
    let token = access.password.unwrap();
    let (text, signature) = token.reveal().rsplit_once('.').unwrap();
    assert_eq!(text.split_once('.').unwrap().0, URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#));
    let PrivateKeyDer::Pkcs8(der) = PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap() else { panic!() };
    let pair = ring::signature::RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
    let public = UnparsedPublicKey::new(&ring::signature::RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref());
    public.verify(text.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
}

#[test]
fn what_a_cloud_does_not_take_is_said_at_its_field() {
    refused(json!({"cloud": {"kind": "tuya"}}), "cloud/kind: `kind` is one of `aws`");
    refused(json!({"cloud": {"kind": "thingsboard"}, "url": "mqtt://h"}), "cloud/token: `token` is missing");
    refused(json!({"cloud": {"kind": "thingsboard", "token": "t"}}), "url: `url` is missing");
    refused(json!({"cloud": azure(), "client_id": "x"}), "client_id: `client_id` follows from `cloud`: leave it out");
    refused(json!({"cloud": azure(), "protocol": "5"}), "protocol: this cloud speaks MQTT 3.1.1");
    refused(json!({"cloud": {"kind": "emqx", "host": "h"}}), "username: `username` is missing");
    refused(json!({"cloud": {"kind": "emqx", "host": "mqtts://h"}}), "cloud/host: `host` is a host name");
    refused(json!({"cloud": jwt("no key")}), "cloud/private_key: `private_key` is a PEM text");
    let mut bare = azure();
    bare.as_object_mut().unwrap().remove("shared_access_key");
    refused(json!({"cloud": bare}), "tls: this cloud knows a device by its certificate");
    let publication = |more: Json| {
        let mut publication = json!({"name": "p", "tags": ["internal/*"], "trigger": {"on_change": true}});
        publication.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"cloud": azure(), "publications": [publication]})
    };
    let at = |member: &str| format!("publications/0/{member}: ");
    refused(publication(json!({"preset": "reported", "qos": 2})), &(at("qos") + "this cloud takes QoS 0 and 1"));
    refused(publication(json!({"preset": "discovery"})), &(at("preset") + "`discovery` does not go with the `cloud`"));
    refused(publication(json!({"preset": "reported", "topic": "x"})), &(at("topic") + "with this `preset`"));
    refused(publication(json!({"preset": "reported", "payload": "csv"})), &(at("payload") + "with this `preset`"));
    refused(publication(json!({"topic": "$iothub/x"})), &(at("topic") + "topics that begin with `$`"));
    let subscription =
        json!({"cloud": azure(), "subscriptions": [{"name": "s", "preset": "rpc", "tags": ["internal/*"]}]});
    refused(subscription, "subscriptions/0/preset: `rpc` does not go with the `cloud` of this connection");
}

#[test]
fn names_that_the_platform_does_not_know_are_warned_of() {
    let publication =
        |tag: &str| json!({"name": "p", "preset": "reported", "tags": [tag], "trigger": {"on_change": true}});
    let sentence = "publications/0/tags: the platform takes letters, digits and `_` in identifiers: it will not know \
                    `internal/in-let`";
    refused(json!({"cloud": alibaba(), "publications": [publication("internal/*")]}), sentence);
    good(json!({"cloud": alibaba(), "publications": [publication("internal/level")]}));
}

#[test]
fn by_another_way_a_cloud_is_asked_for_by_its_own_name() {
    let connection = good(json!({"cloud": azure(), "url": "mqtts://10.0.0.5:443"}));
    assert_eq!(connection.broker.to_string(), "mqtts://10.0.0.5:443");
    assert_eq!(connection.tls.unwrap().server_name.as_deref(), Some("plant.azure-devices.net"));
    assert_eq!(good(json!({"cloud": azure()})).tls.unwrap().server_name, None);
}
