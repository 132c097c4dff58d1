//! The primary host application.

use super::{alias, born, edge_node, kinds, told, topic, wait, wait_told};
use crate::mqtt::sparkplug::host::Host;
use crate::support::mqtt_broker::{Packet, QUIET, TestBroker};
use crate::support::mqtt_rig::MqttRig;
use serde_json::{Value as Json, json};

const STATE: &str = "spBv1.0/STATE/scada";

fn with_host() -> Json {
    let mut members = edge_node(json!({"trigger": {"on_change": true, "every": true}}));
    members["sparkplug"]["primary_host"] = json!("scada");
    members
}

async fn say(broker: &TestBroker, online: bool, timestamp: u64, retain: bool) {
    let state = json!({"online": online, "timestamp": timestamp}).to_string();
    broker.send(STATE, state.as_bytes(), 1, retain).await;
}

async fn subscribed(broker: &TestBroker, count: usize) {
    let of_state =
        |packet: &Packet| matches!(packet, Packet::Subscribe(filters) if filters.contains(&(STATE.to_owned(), 1)));
    broker
        .wait("the state is subscribed to", |heard| {
            (count <= heard.iter().filter(|heard| of_state(&heard.packet)).count()).then_some(())
        })
        .await;
}

#[tokio::test]
async fn nothing_is_told_before_the_primary_host_is_there_and_what_waited_then() {
    let broker = TestBroker::start().await;
    let rig = MqttRig::start(&broker.url(), with_host());
    subscribed(&broker, 1).await;
    let why = rig.wait_degraded().await;
    assert!(why.ends_with("connected, and silent until the primary host `scada` is online"), "{why}");
    rig.write(1, 1.0);
    // Of another host, or in other words, nothing is believed.
    broker.send("spBv1.0/STATE/other", br#"{"online":true,"timestamp":1}"#, 1, true).await;
    broker.send(STATE, b"ONLINE", 1, true).await;
    say(&broker, false, 1000, true).await;
    // An online that is older than the offline is of a session before.
    say(&broker, true, 999, false).await;
    rig.wait_status("they are heard", |status| status.received == 3).await;
    tokio::time::sleep(QUIET).await;
    assert_eq!(broker.published(), []);
    say(&broker, true, 1001, false).await;
    let (_, birth) = born(&broker).await;
    rig.wait_up().await;
    rig.write(1, 2.0);
    wait_told(&broker, alias(&birth, "t1"), 2.0).await;
    let told = told(&broker, alias(&birth, "t1"));
    assert_eq!(told.last(), Some(&(2.0, false)));
    assert!(told[..told.len() - 1].iter().all(|(x, historical)| *historical && *x < 1.0), "{told:?}");
    rig.stop().await;
    Host::follow(&broker.heard());
}

#[tokio::test]
async fn when_the_primary_host_leaves_the_node_dies_and_keeps_what_happens() {
    let broker = TestBroker::start().await;
    let rig = MqttRig::start(&broker.url(), with_host());
    subscribed(&broker, 1).await;
    say(&broker, true, 1000, true).await;
    let (_, birth) = born(&broker).await;
    // The death of a session before, told late, is none.
    say(&broker, false, 999, false).await;
    rig.write(1, 1.0);
    wait_told(&broker, alias(&birth, "t1"), 1.0).await;
    say(&broker, false, 1500, false).await;
    wait(&broker, "NDEATH", 1).await;
    broker.wait("DISCONNECT", |heard| heard.iter().any(|heard| heard.packet == Packet::Disconnect).then_some(())).await;
    // It connects again, hears that the host is away, and stays as it is.
    subscribed(&broker, 2).await;
    say(&broker, false, 1500, true).await;
    rig.wait_status("that is heard", |status| status.received == 4).await;
    for n in 2..=4 {
        rig.write(1, f64::from(n));
    }
    rig.wait_status("they wait", |status| status.queue.records == 3).await;
    assert_eq!(broker.connects(), 2);
    assert_eq!(kinds(&broker).last().map(String::as_str), Some("NDEATH"));
    say(&broker, true, 2000, false).await;
    wait(&broker, "DBIRTH", 2).await;
    rig.write(1, 5.0);
    wait_told(&broker, alias(&birth, "t1"), 5.0).await;
    let expect = [(1.0, false), (2.0, true), (3.0, true), (5.0, false)];
    assert_eq!(told(&broker, alias(&birth, "t1")), expect);
    rig.stop().await;
    assert_eq!(broker.published().last().unwrap().topic, topic("NDEATH"));
    Host::follow(&broker.heard());
}
