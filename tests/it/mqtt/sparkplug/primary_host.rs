//! The primary host application.

use super::{alias, born, edge_node, kinds, told, topic, wait, wait_told};
use crate::mqtt::sparkplug::host::Host;
use crate::support::mqtt_broker::{Heard, Packet, QUIET, TestBroker};
use crate::support::mqtt_rig::MqttRig;
use serde_json::{Value as Json, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

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

/// How long the node was away, each time: from its DISCONNECT to its next CONNECT.
fn pauses(heard: &[Heard]) -> Vec<Duration> {
    let mut left = None;
    let mut pauses = Vec::new();
    for heard in heard {
        match heard.packet {
            Packet::Disconnect => left = Some(heard.at),
            Packet::Connect(_) => pauses.extend(left.take().map(|left| heard.at - left)),
            _ => (),
        }
    }
    pauses
}

#[tokio::test]
async fn a_primary_host_that_comes_and_goes_makes_the_node_slower_each_time() {
    let broker = TestBroker::start().await;
    let mut members = with_host();
    // No sign of life is asked for when the clock is put forward.
    members["keep_alive_s"] = json!(600);
    let rig = MqttRig::start(&broker.url(), members);
    let clock = AtomicU64::new(1000);
    let now = || clock.fetch_add(1, Ordering::Relaxed);
    // Whoever it is says all the time that the host is there and is gone.
    let coming_and_going = async {
        loop {
            for online in [true, false] {
                let state = json!({"online": online, "timestamp": now()}).to_string();
                broker.send_if_connected(STATE, state.as_bytes()).await;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    };
    let five = broker.wait("five departures", |heard| (5 <= pauses(heard).len()).then(|| pauses(heard)));
    let first = tokio::select! {
        () = coming_and_going => unreachable!("it never ends"),
        five = five => five,
    };
    for (pause, whole) in first.iter().zip([125, 250, 500, 1000, 2000]) {
        assert!(Duration::from_millis(whole * 3 / 4) <= *pause, "{first:?}");
    }
    let births = kinds(&broker).iter().filter(|kind| *kind == "NBIRTH").count();
    assert!(births <= 6, "{births} births in {first:?}");
    // What happened meanwhile waited, and is told when the host stays.
    rig.write(1, 1.0);
    subscribed(&broker, 6).await;
    say(&broker, true, now(), true).await;
    wait(&broker, "DBIRTH", 1).await;
    rig.wait_status("all is told", |status| status.connected && status.queue.records == 0).await;
    // After half a minute of calm, it is as at first.
    broker.forget();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();
    say(&broker, false, now(), true).await;
    let next = broker.wait("the next one", |heard| pauses(heard).pop()).await;
    assert!(next < Duration::from_secs(1), "{next:?}");
    rig.stop().await;
}
