//! One MQTT connection against a broker that keeps a transcript, and against mosquitto.

mod aliases;
mod clouds;
mod commands;
mod conditions;
mod encryption;
mod every;
mod hostile;
mod kill;
mod pace;
mod payloads;
#[cfg(feature = "peers")]
mod peers;
mod publications;
mod queue;
#[cfg(feature = "peers")]
mod restarts;
mod sessions;
mod sparkplug;
#[cfg(feature = "peers")]
mod versions;

use crate::support::mqtt_broker::{Message, Packet, QUIET, TestBroker};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// A publication of all tags with on-change.
fn on_change(more: Json) -> Json {
    let mut publication = json!({"name": "p", "id": "p1", "topic": "{appliance}/{tag}", "tags": ["d/*"],
        "trigger": {"on_change": true}});
    for (name, value) in more.as_object().unwrap() {
        publication[name] = value.clone();
    }
    publication
}

/// The same with nothing told again at a connect: each message has a value of its own.
fn each_value_once(qos: u8) -> Json {
    on_change(json!({"qos": qos, "trigger": {"on_change": true, "on_connect": false}}))
}

/// Checks what arrived of each topic against `made` messages, of which all but those of `t3` end with `last`: everything
/// did, first arrivals in order.
#[track_caller]
fn nothing_is_lost(by_topic: &BTreeMap<String, Vec<u64>>, made: u64, last: u64) {
    let mut different = 0;
    for (topic, arrived) in by_topic {
        let mut seen = BTreeSet::new();
        let first: Vec<u64> = arrived.iter().copied().filter(|value| seen.insert(*value)).collect();
        assert!(first.is_sorted(), "{topic}: {arrived:?}");
        let last = if topic == "line-3/d/t3" { 0 } else { last };
        assert_eq!(first.last(), Some(&last), "{topic}");
        different += first.len() as u64;
    }
    assert_eq!(different, made, "different ones arrived, made");
}

/// The `value` of a message.
fn value(message: &Message) -> Json {
    let json: Json = serde_json::from_str(&message.payload).unwrap();
    json["value"].clone()
}

/// Waits a moment in which nothing must be published, and answers what was all the same.
async fn published_in_silence(broker: &TestBroker) -> Vec<Message> {
    tokio::time::sleep(QUIET).await;
    broker.published()
}

fn is_publish_on(packet: &Packet, topic: &str) -> bool {
    matches!(packet, Packet::Publish(message) if message.topic == topic)
}
