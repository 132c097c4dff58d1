//! Retained messages: in memory, and noted for the store, so that they are there after a restart.

use super::crossing;
use super::forward::detached;
use super::gauge::Waiting;
use super::hub::Hub;
use crate::platform::clock;
use crate::store::{RetainedMessage, RetainedMessages};
use async_trait::async_trait;
use rmqtt::Result;
use rmqtt::retain::{RetainStorage, RetainTree};
use rmqtt::topic::Topic;
use rmqtt::types::{
    CodecPublish, From, FromType, Id, NodeId, Publish, QoS, Retain, TimedValue, TopicFilter, TopicName,
};
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::RwLock;

/// Most bytes of retained messages; about 100,000 tags with small values.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// What an entry costs beyond payload and topic: its structs and the nodes of the tree.
const OVERHEAD: usize = 512;

/// The store the broker asks.
pub(super) struct Retained {
    hub: Arc<Hub>,
    kept: Option<RetainedMessages>,
    store: RwLock<Store>,
    /// Copies on their way to new subscribers.
    loading: Arc<Waiting>,
}

#[derive(Default)]
struct Store {
    tree: RetainTree<TimedValue<Retain>>,
    count: usize,
    bytes: usize,
}

impl Retained {
    /// With what the last run of the program retained.
    pub(super) async fn load(hub: &Arc<Hub>, kept: Option<RetainedMessages>, node: NodeId) -> Self {
        let mut store = Store::default();
        let found = match &kept {
            None => Ok(HashMap::new()),
            Some(kept) => kept.all().await,
        };
        let found = found.unwrap_or_else(|error| {
            tracing::error!(%error, "the retained messages cannot be read; the broker begins without");
            HashMap::new()
        });
        let now = clock::unix_ms();
        for (topic, message) in found {
            let left = message.expires_ms.map(|end| u64::try_from(end - now).unwrap_or(0));
            let (true, Ok(name)) = (left != Some(0), Topic::from_str(&topic)) else {
                if let Some(kept) = &kept {
                    kept.note(&topic, None);
                }
                continue;
            };
            store.insert(&name, revive(topic, message, node), left.map(Duration::from_millis));
        }
        // No client id is empty, so the name is free.
        Self { hub: hub.clone(), kept, store: RwLock::new(store), loading: hub.gauge.of(&"".into()) }
    }

    /// What is about the broker itself is new at each start.
    fn note(&self, name: &TopicName, message: Option<RetainedMessage>) {
        if let Some(kept) = self.kept.as_ref().filter(|_| !name.starts_with('$')) {
            kept.note(name, message);
        }
    }
}

impl Store {
    fn insert(&mut self, topic: &Topic, retain: Retain, expiry: Option<Duration>) {
        self.count += 1;
        self.bytes += cost(&retain);
        self.tree.insert(topic, TimedValue::new(retain, expiry));
    }

    /// Whether there was one.
    fn remove(&mut self, topic: &Topic) -> bool {
        let old = self.tree.remove(topic);
        if let Some(old) = &old {
            self.count -= 1;
            self.bytes -= cost(old.value());
        }
        old.is_some()
    }
}

/// The message as the store keeps it.
fn noted(retain: &Retain, expiry: Option<Duration>) -> RetainedMessage {
    let publish = &retain.publish;
    let expires = expiry.map(|left| clock::unix_ms() + i64::try_from(left.as_millis()).unwrap_or(i64::MAX / 2));
    RetainedMessage {
        payload: publish.payload.clone(),
        qos: publish.qos.value(),
        client: retain.from.id.client_id.to_string(),
        expires_ms: expires,
        properties: publish.properties.as_ref().and_then(|properties| serde_json::to_string(properties).ok()),
    }
}

/// The message as the broker had it. Properties that cannot be read are left out: the value is what counts.
fn revive(topic: String, message: RetainedMessage, node: NodeId) -> Retain {
    let publish = CodecPublish {
        dup: false,
        retain: true,
        qos: QoS::try_from(message.qos).unwrap_or(QoS::AtMostOnce),
        topic: topic.into(),
        packet_id: None,
        payload: message.payload,
        properties: message.properties.and_then(|properties| serde_json::from_str(&properties).ok()),
    };
    let from = From::from_custom(Id::new(node, 0, None, None, message.client.into(), None));
    Retain { msg_id: None, from, publish: Publish::from(publish) }
}

fn cost(retain: &Retain) -> usize {
    OVERHEAD + retain.publish.topic.len() + retain.publish.payload.len()
}

#[async_trait]
impl RetainStorage for Retained {
    fn enable(&self) -> bool {
        true
    }

    async fn set(&self, name: &TopicName, mut retain: Retain, _expiry: Option<Duration>) -> Result<()> {
        if matches!(retain.from.typ(), FromType::LastWill) && !self.hub.may_publish(&retain.from.id, name) {
            return Ok(());
        }
        // What has come round is older than what is here.
        if crossing::came_round(&self.hub.bridges, &retain.from, &retain.publish) {
            return Ok(());
        }
        let topic = Topic::from_str(name)?;
        // Only MQTT 5 publishers give messages an end; the broker's own default would make retained values vanish.
        let expiry = retain.publish.properties.as_ref().and_then(|properties| properties.message_expiry_interval);
        let expiry = expiry.map(|seconds| Duration::from_secs(u64::from(seconds.get())));
        let mut store = self.store.write().await;
        let had = store.remove(&topic);
        let fits = store.bytes + cost(&retain) <= MAX_BYTES;
        if retain.publish.payload.is_empty() || !fits {
            if had {
                self.note(name, None);
            }
            drop(store);
            if !fits {
                self.hub
                    .refuse(&retain.from.id.client_id, "too many bytes are retained already: the message was not kept");
            }
            return Ok(());
        }
        retain.publish = detached(&retain.publish);
        // Under the lock: the store learns of two changes in their order.
        self.note(name, Some(noted(&retain, expiry)));
        store.insert(&topic, retain, expiry);
        Ok(())
    }

    async fn get(&self, filter: &TopicFilter) -> Result<Vec<(TopicName, Retain)>> {
        let topic = Topic::from_str(filter)?;
        let found = self.store.read().await.tree.matches(&topic);
        let mut messages = Vec::with_capacity(found.len());
        for (topic, value) in found {
            if value.is_expired() {
                continue;
            }
            let mut retain = value.into_value();
            let name = TopicName::from(topic.to_string());
            // Counted as one queue of everybody: a client that subscribes again and again cannot fill the memory.
            let Some(counted) = self.loading.admit_loading(&name, &retain.publish.payload) else {
                self.hub.refuse("retained messages", "too many are on their way to subscribers; some were left out");
                break;
            };
            retain.publish.payload = counted;
            messages.push((name, retain));
        }
        Ok(messages)
    }

    async fn count(&self) -> isize {
        isize::try_from(self.store.read().await.count).unwrap_or(isize::MAX)
    }

    async fn max(&self) -> isize {
        isize::MAX
    }
}
