//! One MQTT connection against a broker that keeps a transcript, and against mosquitto.

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

/// A publication of all tags with on-change.
fn on_change(more: Json) -> Json {
    let mut publication = json!({"name": "p", "id": "p1", "topic": "{appliance}/{tag}", "tags": ["d/*"],
        "trigger": {"on_change": true}});
    for (name, value) in more.as_object().unwrap() {
        publication[name] = value.clone();
    }
    publication
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
