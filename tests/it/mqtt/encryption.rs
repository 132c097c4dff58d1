use super::on_change;
use crate::support::certificates::{Authority, Validity};
use crate::support::mqtt_broker::TestBroker;
use crate::support::mqtt_rig::MqttRig;
use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use serde_json::{Value as Json, json};

/// Publishes over TLS when `expect` is `None`; otherwise the unit says why it cannot.
async fn check(
    names: &[&str],
    validity: Validity,
    versions: &[&'static SupportedProtocolVersion],
    tls: impl FnOnce(&Authority) -> Json,
    expect: Option<&str>,
) {
    let authority = Authority::new();
    let broker = TestBroker::start_tls(authority.server(names, validity).config(versions)).await;
    let url = format!("mqtts://127.0.0.1:{}", broker.address().port());
    let members = json!({"tls": tls(&authority), "publications": [on_change(json!({"qos": 1}))]});
    let rig = MqttRig::start(&url, members);
    match expect {
        None => {
            broker.wait_for_messages("line-3/", 4).await;
            rig.wait_status("all are acknowledged", |status| status.acknowledged == 4).await;
        }
        Some(sentence) => {
            let why = rig.wait_degraded().await;
            assert!(why.starts_with(&url) && why.contains(sentence), "{why:?} does not say {sentence:?}");
            assert_eq!(broker.heard().len(), 0, "nothing was said to a broker that is not the right one");
        }
    }
    rig.stop().await;
}

fn trusting(authority: &Authority) -> Json {
    json!({"ca": authority.ca()})
}

fn modern(authority: &Authority) -> Json {
    json!({"ca": authority.ca(), "min_version": "1.3"})
}

const HERE: &[&str] = &["127.0.0.1"];
const BOTH: &[&SupportedProtocolVersion] = &[&TLS12, &TLS13];

#[tokio::test]
async fn both_versions_of_tls_carry_messages() {
    check(HERE, Validity::Now, &[&TLS12], trusting, None).await;
    check(HERE, Validity::Now, &[&TLS13], trusting, None).await;
    check(HERE, Validity::Now, BOTH, modern, None).await;
}

#[tokio::test]
async fn each_wrong_certificate_has_its_own_words() {
    let other = |_: &Authority| json!({"ca": Authority::named("another").ca()});
    let twin = |_: &Authority| json!({"ca": Authority::new().ca()});
    check(HERE, Validity::Now, BOTH, twin, Some("not signed by the CA given here")).await;
    check(HERE, Validity::Now, BOTH, other, Some("signed by an authority we do not know: give its CA")).await;
    let sentence = "the broker's certificate is for `broker.example`, not for `127.0.0.1`";
    check(&["broker.example"], Validity::Now, BOTH, trusting, Some(sentence)).await;
    check(HERE, Validity::Past, BOTH, trusting, Some("certificate has expired")).await;
    check(HERE, Validity::Future, BOTH, trusting, Some("certificate is not valid yet")).await;
    check(
        HERE,
        Validity::Now,
        &[&TLS12],
        modern,
        Some("no TLS version and cipher in common with us; here only TLS 1.3"),
    )
    .await;
}

#[tokio::test]
async fn a_ca_that_is_no_certificate_is_said() {
    let nonsense = |_: &Authority| json!({"ca": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"});
    check(HERE, Validity::Now, BOTH, nonsense, Some("the CA: ")).await;
}

#[tokio::test]
async fn tls_and_plain_do_not_meet() {
    let plain = TestBroker::start().await;
    let rig = MqttRig::start(&format!("mqtts://127.0.0.1:{}", plain.address().port()), json!({}));
    let why = rig.wait_degraded().await;
    assert!(why.contains("does not speak TLS") || why.contains("no certificate authorities"), "{why}");
    rig.stop().await;
    let authority = Authority::new();
    let encrypted = TestBroker::start_tls(authority.server(HERE, Validity::Now).config(BOTH)).await;
    let rig = MqttRig::start(&encrypted.url(), json!({}));
    let why = rig.wait_degraded().await;
    assert!(why.contains("TLS"), "{why}");
    rig.stop().await;
}
