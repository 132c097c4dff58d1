//! Against mosquitto and its own clients.

use super::on_change;
use crate::support::certificates::{Authority, Validity};
use crate::support::mosquitto::Mosquitto;
use crate::support::mqtt_rig::MqttRig;
use dinrail::tag::value::Value;
use serde_json::json;

/// A message as `mosquitto_sub` shows it, without the time.
fn without_time(line: &str) -> String {
    match line.split_once(",\"timestamp\"") {
        Some((front, _)) => front.to_owned(),
        None => line.to_owned(),
    }
}

#[tokio::test]
async fn every_quality_and_retain_arrive() {
    let broker = Mosquitto::open().await;
    let mut all = broker.subscribe(&["#"]).await;
    for qos in 0..=2u8 {
        for retain in [false, true] {
            let topic = format!("{qos}/{retain}/{{tag}}");
            let publication = on_change(json!({"topic": topic, "qos": qos, "retain": retain, "tags": ["d/t1"]}));
            let rig = MqttRig::start(&broker.url(), json!({"publications": [publication]}));
            let message = without_time(&all.next().await);
            assert_eq!(message, format!(r#"{qos}/{retain}/d/t1 {qos} 0 {{"value":0.0,"quality":"good""#));
            rig.wait_status("it is acknowledged", |status| status.acknowledged == 1).await;
            rig.stop().await;
        }
    }
    let mut later = broker.subscribe(&["#"]).await;
    let mut kept: Vec<String> = Vec::new();
    for _ in 0..3 {
        kept.push(without_time(&later.next().await));
    }
    kept.sort_unstable();
    let expect = |qos: u8| format!(r#"{qos}/true/d/t1 {qos} 1 {{"value":0.0,"quality":"good""#);
    assert_eq!(kept, [expect(0), expect(1), expect(2)]);
}

#[tokio::test]
async fn the_will_speaks_when_the_connection_breaks_and_the_farewell_when_it_ends() {
    let broker = Mosquitto::open().await;
    let state = |payload: &str| json!({"topic": "{appliance}/state", "payload": payload, "qos": 1, "retain": true});
    let members = || json!({"birth": state("online"), "last_will": state("gone"), "keep_alive_s": 5});
    let mut all = broker.subscribe(&["#"]).await;
    let rig = MqttRig::start(&broker.url(), members());
    assert_eq!(all.next().await, "line-3/state 1 0 online");
    rig.wait_up().await;
    drop(rig);
    assert_eq!(all.next().await, "line-3/state 1 0 gone");
    let rig = MqttRig::start(&broker.url(), members());
    assert_eq!(all.next().await, "line-3/state 1 0 online");
    rig.wait_up().await;
    rig.stop().await;
    assert_eq!(all.next().await, "line-3/state 1 0 gone");
    // Only once: the broker has forgotten the will.
    broker.publish(&["-t", "end", "-m", "end"]).await;
    assert_eq!(all.next().await, "end 0 0 end");
}

#[tokio::test]
async fn both_versions_of_tls_carry_messages() {
    for version in ["tlsv1.2", "tlsv1.3"] {
        let authority = Authority::new();
        let signed = authority.server(&["127.0.0.1"], Validity::Now);
        let settings = format!(
            "allow_anonymous true\ncertfile {{folder}}/chain.pem\nkeyfile {{folder}}/key.pem\ntls_version {version}"
        );
        let most = match version {
            "tlsv1.2" => "TLSv1.2",
            _ => "TLSv1.3",
        };
        let openssl =
            format!("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMaxProtocol = {most}\n");
        let files = [("chain.pem", signed.chain.as_str()), ("key.pem", &signed.key), ("openssl.cnf", &openssl)];
        let broker = Mosquitto::start(&settings, &files).await;
        let url = format!("mqtts://127.0.0.1:{}", broker.port);
        let members = json!({"tls": {"ca": authority.ca()}, "publications": [on_change(json!({"qos": 2}))]});
        let rig = MqttRig::start(&url, members);
        rig.wait_status("all are acknowledged", |status| status.acknowledged == 4).await;
        rig.stop().await;
        let rig = MqttRig::start(&url, json!({"tls": {"ca": authority.ca(), "min_version": "1.3"}}));
        if version == "tlsv1.3" {
            rig.wait_up().await;
        } else {
            let why = rig.wait_degraded().await;
            assert!(why.contains("no TLS version and cipher in common with us; here only TLS 1.3"), "{why}");
        }
        rig.stop().await;
    }
}

#[tokio::test]
async fn commands_come_in_and_answers_go_out() {
    let broker = Mosquitto::open().await;
    broker.publish(&["-t", "line-3/write/d/t1", "-m", "999", "-r", "-q", "1"]).await;
    let mut answers = broker.subscribe(&["line-3/ack/#"]).await;
    let members = || {
        json!({"subscriptions": [{"name": "s", "topic": "{appliance}/write/{tag}", "tags": ["d/t1"], "qos": 1,
            "response_topic": "{appliance}/ack/{tag}"}]})
    };
    let mut rig = MqttRig::start(&broker.url(), members());
    rig.wait_up().await;
    let command = ["-t", "line-3/write/d/t1", "-m", r#"{"value": 5, "id": "x"}"#, "-q", "1"];
    broker.publish(&command).await;
    let asked = rig.inbox.next().await.remove(0);
    assert_eq!(asked.value, Value::U64(5), "the retained 999 was for those who listened then");
    asked.reply.send(Ok(Value::F64(5.0))).unwrap();
    let told = r#"line-3/ack/d/t1 1 0 {"id":"x","tag":"d/t1","attribute":"value","ok":true,"value":5.0}"#;
    assert_eq!(answers.next().await, told);
    broker.publish(&command).await;
    assert_eq!(answers.next().await, told);
    broker.publish(&["-t", "line-3/write/d/t2", "-m", "1", "-q", "1"]).await;
    assert!(answers.next().await.contains("`d/t2` is not one of the tags"));
    // A kept session: what is asked while we are away is asked when we are back.
    rig.stop().await;
    broker.publish(&["-t", "line-3/write/d/t1", "-m", "6", "-q", "1"]).await;
    let mut rig = MqttRig::start(&broker.url(), members());
    assert_eq!(rig.inbox.next().await[0].value, Value::U64(6));
    rig.stop().await;
}

#[tokio::test]
async fn a_broker_that_was_restarted_gets_the_present_values() {
    let mut broker = Mosquitto::open().await;
    let rig = MqttRig::start(
        &broker.url(),
        json!({"buffer": {"max_mib": 0}, "publications": [on_change(json!({"qos": 1, "retain": true}))]}),
    );
    rig.wait_status("all are acknowledged", |status| status.acknowledged == 4).await;
    for round in 1..=3u32 {
        broker.kill().await;
        let why = rig.wait_degraded().await;
        assert!(why.contains("closed the connection") || why.contains("nothing listens there"), "{why}");
        rig.write(1, f64::from(round));
        broker.again().await;
        let mut all = broker.subscribe(&["line-3/#"]).await;
        let line = all.next_on("line-3/d/t1").await;
        assert!(line.contains(&format!("\"value\":{round}.0")), "{line}");
        rig.wait_up().await;
    }
    let status = rig.wait_status("nothing is open", |status| status.in_flight == 0).await;
    assert_eq!(status.acknowledged + status.failed, status.published);
    rig.stop().await;
}
