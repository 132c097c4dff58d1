//! Retained messages, in memory: lost with the process.

use super::forward::detached;
use super::gauge::Waiting;
use super::hub::Hub;
use async_trait::async_trait;
use rmqtt::Result;
use rmqtt::retain::{RetainStorage, RetainTree};
use rmqtt::topic::Topic;
use rmqtt::types::{FromType, Retain, TimedValue, TopicFilter, TopicName};
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
    pub(super) fn new(hub: &Arc<Hub>) -> Self {
        // No client id is empty, so the name is free.
        Self { hub: hub.clone(), store: RwLock::default(), loading: hub.gauge.of(&"".into()) }
    }
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
        let topic = Topic::from_str(name)?;
        // Only MQTT 5 publishers give messages an end; the broker's own default would make retained values vanish.
        let expiry = retain.publish.properties.as_ref().and_then(|properties| properties.message_expiry_interval);
        let expiry = expiry.map(|seconds| Duration::from_secs(u64::from(seconds.get())));
        let mut store = self.store.write().await;
        if let Some(old) = store.tree.remove(&topic) {
            store.count -= 1;
            store.bytes -= cost(old.value());
        }
        if retain.publish.payload.is_empty() {
            return Ok(());
        }
        let cost = cost(&retain);
        if store.bytes + cost > MAX_BYTES {
            drop(store);
            self.hub.refuse(&retain.from.id.client_id, "too many bytes are retained already: the message was not kept");
            return Ok(());
        }
        retain.publish = detached(&retain.publish);
        store.count += 1;
        store.bytes += cost;
        store.tree.insert(&topic, TimedValue::new(retain, expiry));
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
