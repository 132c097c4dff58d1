//! Against mosquitto, in both versions of MQTT.

use super::{edge_node, topic};
use crate::support::mosquitto::{Mosquitto, Subscriber};
use crate::support::mqtt_rig::MqttRig;
use crate::support::sparkplug::{Payload, Value, command, named};
use serde_json::json;

/// The next message as the broker passed it on: topic, QoS, retain, payload.
async fn next(all: &mut Subscriber) -> (String, String, Payload) {
    let line = all.next().await;
    let parts: Vec<&str> = line.splitn(3, ' ').collect();
    let bytes: Vec<u8> =
        (0..parts[2].len()).step_by(2).map(|at| u8::from_str_radix(&parts[2][at..at + 2], 16).unwrap()).collect();
    (parts[0].to_owned(), parts[1].to_owned(), Payload::read(&bytes))
}

async fn expect(all: &mut Subscriber, kind: &str, flags: &str) -> Payload {
    let (on, said, payload) = next(all).await;
    assert!(on.starts_with(&topic(kind)), "{kind}: {on} {payload:?}");
    assert_eq!(said, flags, "{on}");
    payload
}

#[tokio::test]
async fn births_data_rebirth_and_deaths_are_passed_on_in_both_versions() {
    for protocol in ["3.1.1", "5"] {
        let broker = Mosquitto::open().await;
        let mut all = broker.subscribe_with(&[], "%t %q/%r %x", &["spBv1.0/#"]).await;
        let mut members = edge_node(json!({}));
        members["protocol"] = json!(protocol);
        members["keep_alive_s"] = json!(5);
        let rig = MqttRig::start(&broker.url(), members.clone());
        let node = expect(&mut all, "NBIRTH", "0/0").await;
        assert_eq!((node.seq, node.value("bdSeq")), (Some(0), Some(&Value::Long(0))));
        let device = expect(&mut all, "DBIRTH", "0/0").await;
        assert_eq!(device.value("t1"), Some(&Value::Double(0.0)));
        rig.write(1, 2.5);
        let data = expect(&mut all, "DDATA", "0/0").await;
        assert_eq!((data.seq, &data.metrics[0].value), (Some(2), &Some(Value::Double(2.5))));
        // A rebirth that a host asks for at once is told a second after the last.
        let file = broker.folder.path().join("rebirth");
        std::fs::write(&file, command(&[named("Node Control/Rebirth", Value::Boolean(true))])).unwrap();
        broker.publish(&["-t", &topic("NCMD"), "-f", file.to_str().unwrap()]).await;
        let asked = next(&mut all).await;
        assert_eq!(asked.0, topic("NCMD"));
        let again = expect(&mut all, "NBIRTH", "0/0").await;
        assert_eq!((again.seq, again.value("bdSeq")), (Some(0), node.value("bdSeq")));
        let device = expect(&mut all, "DBIRTH", "0/0").await;
        assert_eq!(device.value("t1"), Some(&Value::Double(2.5)));
        // Without a word: the broker tells the death.
        drop(rig);
        let death = expect(&mut all, "NDEATH", "1/0").await;
        assert_eq!((death.seq, death.value("bdSeq")), (None, node.value("bdSeq")));
        // With one: it tells it itself, and the broker has forgotten the will.
        let rig = MqttRig::start(&broker.url(), members);
        expect(&mut all, "NBIRTH", "0/0").await;
        expect(&mut all, "DBIRTH", "0/0").await;
        rig.stop().await;
        expect(&mut all, "NDEATH", "1/0").await;
        broker.publish(&["-t", "spBv1.0/end", "-m", ""]).await;
        assert_eq!(all.next().await.split(' ').next(), Some("spBv1.0/end"));
    }
}

#[tokio::test]
async fn what_an_outage_of_the_broker_kept_comes_marked_after_the_births() {
    for protocol in ["3.1.1", "5"] {
        let mut broker = Mosquitto::open().await;
        let mut members = edge_node(json!({"trigger": {"on_change": true, "every": true}}));
        members["protocol"] = json!(protocol);
        let rig = MqttRig::start(&broker.url(), members);
        rig.wait_up().await;
        broker.kill().await;
        rig.wait_degraded().await;
        let before = rig.produced();
        for n in 1..=20 {
            rig.write(1, f64::from(n));
        }
        rig.wait_status("all are kept", |_| before + 20 <= rig.produced()).await;
        broker.again().await;
        let mut all = broker.subscribe_with(&[], "%t %q/%r %x", &["spBv1.0/#"]).await;
        rig.wait_up().await;
        // Who comes too late to hear the births asks for them.
        let file = broker.folder.path().join("rebirth");
        std::fs::write(&file, command(&[named("Node Control/Rebirth", Value::Boolean(true))])).unwrap();
        broker.publish(&["-t", &topic("NCMD"), "-f", file.to_str().unwrap()]).await;
        loop {
            let (on, _, birth) = next(&mut all).await;
            if on.starts_with(&topic("DBIRTH")) && birth.value("t1") == Some(&Value::Double(20.0)) {
                break;
            }
            let historical = birth.metrics.iter().all(|metric| metric.is_historical);
            assert!(historical || !on.starts_with(&topic("DDATA")), "{on} {birth:?}");
        }
        let status = rig.wait_status("nothing waits", |status| status.queue.records == 0).await;
        let row = &status.ledger[0];
        assert_eq!((row.produced, row.dropped.len()), (row.acknowledged, 0), "{row:?}");
        rig.stop().await;
    }
}
