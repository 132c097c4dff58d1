//! How many bytes wait in the broker for each client, exactly.
//!
//! The broker's queues towards a session are unbounded before they are bounded, and nothing tells how full they are. So
//! every payload on its way to a client carries a counter that goes down when the last copy is dropped, wherever that
//! happens: delivered, acknowledged, expired, or gone with its session.

use bytes::Bytes;
use rmqtt::types::ClientId;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Notify;

/// Most bytes waiting for one client; what is beyond is dropped for that client alone.
pub(super) const CLIENT_BYTES: usize = 16 * 1024 * 1024;
/// High-water mark of all clients together: beyond, the worst loses its session.
pub(super) const ALL_BYTES: usize = 64 * 1024 * 1024;
/// What a waiting message costs beyond payload and topic: its structs, the channel's nodes, allocator rounding.
const OVERHEAD: usize = 512;

/// The counters of all clients.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    total: Arc<Total>,
    clients: RwLock<HashMap<ClientId, Arc<Waiting>>>,
}

#[derive(Debug, Default)]
struct Total {
    bytes: AtomicUsize,
    high: Notify,
}

/// The counter of one client.
#[derive(Debug)]
pub(super) struct Waiting {
    bytes: AtomicUsize,
    total: Arc<Total>,
}

impl Gauge {
    /// The counter of a client, made at its first message.
    pub(super) fn of(&self, client: &ClientId) -> Arc<Waiting> {
        if let Some(waiting) = self.clients.read().unwrap_or_else(PoisonError::into_inner).get(client) {
            return waiting.clone();
        }
        let mut clients = self.clients.write().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Arc::new(Waiting { bytes: AtomicUsize::new(0), total: self.total.clone() });
        clients.entry(client.clone()).or_insert_with(fresh).clone()
    }

    /// Bytes waiting for everyone.
    pub(super) fn total(&self) -> usize {
        self.total.bytes.load(Ordering::Relaxed)
    }

    /// The client most bytes wait for, if any wait.
    pub(super) fn worst(&self) -> Option<ClientId> {
        let clients = self.clients.read().unwrap_or_else(PoisonError::into_inner);
        let queues = clients.iter().filter(|(client, waiting)| !client.is_empty() && waiting.bytes() > 0);
        queues.max_by_key(|(_, waiting)| waiting.bytes()).map(|(client, _)| client.clone())
    }

    /// Forgets clients nothing waits for.
    pub(super) fn sweep(&self) {
        let mut clients = self.clients.write().unwrap_or_else(PoisonError::into_inner);
        clients.retain(|_, waiting| Arc::strong_count(waiting) > 1 || waiting.bytes() > 0);
    }

    /// Returns when the high-water mark has been passed since the last call.
    pub(super) async fn high(&self) {
        self.total.high.notified().await;
    }
}

impl Waiting {
    /// Bytes waiting for this client.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The payload as it may travel to the client, or `None` when too much waits already.
    ///
    /// Both limits let one message pass a client nothing waits for, however large it is.
    pub(super) fn admit(self: &Arc<Self>, topic: &str, payload: &Bytes) -> Option<Bytes> {
        let cost = OVERHEAD + topic.len() + payload.len();
        self.admit_below(CLIENT_BYTES, cost, payload)
    }

    /// The same for retained messages on their way to new subscribers, which have one counter for all.
    pub(super) fn admit_loading(self: &Arc<Self>, topic: &str, payload: &Bytes) -> Option<Bytes> {
        self.admit_below(ALL_BYTES, OVERHEAD + topic.len() + payload.len(), payload)
    }

    fn admit_below(self: &Arc<Self>, limit: usize, cost: usize, payload: &Bytes) -> Option<Bytes> {
        let waiting = self.bytes();
        if waiting > 0 && (waiting + cost > limit || self.total.bytes.load(Ordering::Relaxed) > 2 * ALL_BYTES) {
            return None;
        }
        self.bytes.fetch_add(cost, Ordering::Relaxed);
        if self.total.bytes.fetch_add(cost, Ordering::Relaxed) + cost > ALL_BYTES {
            self.total.high.notify_one();
        }
        Some(Bytes::from_owner(Counted { payload: payload.clone(), cost, waiting: self.clone() }))
    }
}

struct Counted {
    payload: Bytes,
    cost: usize,
    waiting: Arc<Waiting>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.payload
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.waiting.bytes.fetch_sub(self.cost, Ordering::Relaxed);
        self.waiting.total.bytes.fetch_sub(self.cost, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_given_back_with_the_last_copy() {
        let gauge = Gauge::default();
        let client = gauge.of(&"press".into());
        let payload = client.admit("topic", &Bytes::from_static(b"twelve bytes")).unwrap();
        let copy = payload.clone();
        assert_eq!(copy, Bytes::from_static(b"twelve bytes"));
        drop(payload);
        assert_eq!((client.bytes(), gauge.total()), (OVERHEAD + 17, OVERHEAD + 17));
        drop(copy);
        assert_eq!((client.bytes(), gauge.total()), (0, 0));
        let empty = client.admit("t", &Bytes::new()).unwrap();
        assert!(empty.is_empty());
        assert_eq!(client.bytes(), OVERHEAD + 1);
        drop(empty);
        assert_eq!(client.bytes(), 0);
        drop(client);
        gauge.sweep();
        assert_eq!(gauge.worst(), None);
    }

    #[tokio::test]
    async fn one_client_cannot_fill_the_memory_and_all_together_raise_the_alarm() {
        let gauge = Gauge::default();
        let large = Bytes::from(vec![0; 1024 * 1024]);
        let fill = |name: &'static str| {
            let waiting = gauge.of(&name.into());
            std::iter::from_fn(|| waiting.admit("t", &large)).take(100).collect::<Vec<Bytes>>()
        };
        let first = fill("a");
        assert_eq!(first.len(), 15);
        let rest: Vec<Vec<Bytes>> = ["b", "c", "d"].map(fill).into();
        assert!(futures::FutureExt::now_or_never(gauge.high()).is_none());
        drop(first);
        let more = ["e", "f"].map(fill);
        gauge.high().await;
        assert!(gauge.total() <= 2 * ALL_BYTES);
        drop((rest, more));
        assert_eq!(gauge.total(), 0);
    }
}
