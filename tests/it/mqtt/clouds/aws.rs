use super::{Cloud, publication, subscription};
use crate::support::certificates::Authority;
use crate::support::mqtt_law::Law;
use dinrail::runtime::commands::WriteError;
use dinrail::tag::value::Value;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde_json::{Value as Json, json};
use std::sync::Arc;

const HOST: &str = "a1b2c3-ats.iot.eu-west-1.amazonaws.com";
const SHADOW: &str = "$aws/things/line-3/shadow";

/// AWS IoT Core Developer Guide, "Device communication protocols", with a policy that allows the thing its shadow alone.
const LAW: Law = Law {
    tls: |tls| {
        Law::asked_for(tls, HOST)
            && tls.alpn_protocol() == Some(b"x-amzn-mqtt-ca")
            && tls.peer_certificates().is_some_and(|chain| !chain.is_empty())
    },
    connect: |connect| connect.client_id == "line-3" && connect.user.is_none() && connect.password.is_none(),
    publish: |topic| matches!(topic.strip_prefix(SHADOW), Some("/update" | "/get")),
    subscribe: |filter| {
        matches!(filter.strip_prefix(SHADOW), Some("/update/delta" | "/update/rejected" | "/get/accepted"))
    },
};

/// The server asks for a certificate of the authority and offers the protocol of port 443.
pub(super) fn guarded(authority: &Authority, server: ServerConfig, members: &mut Json) -> ServerConfig {
    let own = authority.modbus_client(None);
    members["certificates"] = json!([{"name": "line-3", "chain": own.chain, "key": own.key}]);
    members["tls"]["certificate"] = json!("line-3");
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.ca().as_bytes()).unwrap()).unwrap();
    let provider = Arc::clone(server.crypto_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let mut guarded = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::clone(&server.cert_resolver));
    guarded.alpn_protocols = vec![b"x-amzn-mqtt-ca".to_vec()];
    guarded
}

async fn start(port: u16) -> Cloud {
    let members = json!({
        "cloud": {"kind": "aws", "endpoint": HOST, "thing": "line-3", "port": port},
        "publications": [publication("reported")],
        "subscriptions": [subscription("delta")],
    });
    Cloud::start_with(HOST, LAW, members, guarded).await
}

#[tokio::test]
async fn a_shadow_is_reported_and_its_wishes_are_carried_out() {
    let mut cloud = start(443).await;
    cloud.subscribed("$aws/things/line-3/shadow/update/delta").await;
    cloud.subscribed("$aws/things/line-3/shadow/update/rejected").await;
    let reported = cloud.message("$aws/things/line-3/shadow/update").await;
    assert_eq!(reported.payload, r#"{"state":{"reported":{"d/t0":0.0,"d/t1":0.0}}}"#);
    // What was wanted while it was away is asked for.
    assert_eq!(cloud.message("$aws/things/line-3/shadow/get").await.payload, "");
    cloud.asked_when_it_heard("$aws/things/line-3/shadow/get/accepted", "$aws/things/line-3/shadow/get");
    cloud.broker.forget();
    let shadow =
        json!({"state": {"desired": {"d/t0": 4}, "reported": {"d/t0": 0.0}, "delta": {"d/t0": 4}}, "version": 11});
    cloud.send("$aws/things/line-3/shadow/get/accepted", &shadow).await;
    cloud.accept("d/t0", Value::U64(4)).await;
    let answer = cloud.message("$aws/things/line-3/shadow/update").await;
    assert_eq!(answer.payload, r#"{"state":{"reported":{"d/t0":4,"d/t0/error":null}}}"#);
    // A delta of two, of which one fails in the field, with a state of somebody else's beside them.
    cloud.broker.forget();
    let delta = json!({"version": 12, "state": {"d/t0": 5, "d/t1": 6, "colour": "red"}, "metadata": {}});
    cloud.send("$aws/things/line-3/shadow/update/delta", &delta).await;
    cloud.accept("d/t0", Value::U64(5)).await;
    cloud.command().await.reply.send(Err(WriteError::NoAnswer)).unwrap();
    let answer = cloud.message("$aws/things/line-3/shadow/update").await;
    let answer: Json = serde_json::from_str(&answer.payload).unwrap();
    let expect = json!({"d/t0": 5, "d/t0/error": null, "d/t1/error": "the device did not answer"});
    assert_eq!(answer["state"]["reported"], expect);
    // A shadow that is full says so, although the message came.
    cloud
        .send("$aws/things/line-3/shadow/update/rejected", &json!({"code": 413, "message": "Payload too large"}))
        .await;
    let sentence = "the cloud does not take what is reported: 413 Payload too large";
    cloud.rig.wait_status("the complaint", |status| status.last_error.as_deref() == Some(sentence)).await;
    cloud.rig.stop().await;
}

#[tokio::test]
async fn without_its_alpn_the_port_of_https_is_closed() {
    // Set for port 8883, where no protocol is asked for.
    let cloud = start(8883).await;
    let why = cloud.rig.wait_degraded().await;
    assert!(why.contains("closes the connection"), "{why}");
    assert_eq!(cloud.broker.connects(), 0);
    cloud.rig.stop().await;
}
