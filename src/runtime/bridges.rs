//! Where the embedded broker and its bridges meet: messages on their way out, and on their way in.
//!
//! The broker hands each message to the [`Outlet`] of every bridge whose rules ask for it and never waits; a bridge hands
//! what the other broker sent to the broker and waits until that takes it. Neither knows how the other works.

use crate::config::publication::Qos;
use crate::config::topic_filter::covers;
use arc_swap::ArcSwap;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot, watch};

/// The user property (MQTT 5) in which every broker leaves its mark that a message has reached or left by a bridge.
pub const VIA: &str = "dinrail-via";
/// Brokers a message may have come through: it ends a chain that a broker without such marks closed to a ring.
pub const MOST_HOPS: usize = 16;
/// Messages on their way to one bridge, of each kind.
const WAITING: usize = 4096;
/// Bytes of those, with what a message takes beside its text.
const WAITING_BYTES: usize = 16 * 1024 * 1024;
const OVERHEAD: usize = 200;
/// Messages of all bridges on their way in.
const ENTERING: usize = 256;

/// A message that crosses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crossing {
    /// Its topic, on the side it comes from.
    pub topic: Arc<str>,
    /// What it says.
    pub payload: Bytes,
    /// How it was published.
    pub qos: Qos,
    /// Whether it is kept by the broker.
    pub retain: bool,
    /// What MQTT 5 says beside it.
    pub properties: Properties,
    /// Tells who published it here from others.
    pub sender: u64,
}

/// What MQTT 5 says beside a message (3.3.2.3), as far as it is for those who get it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Properties {
    /// Names and values, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub user: Vec<(String, String)>,
    /// What kind of thing the payload is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Where an answer is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_topic: Option<String>,
    /// What goes back with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<Vec<u8>>,
    /// Seconds it still holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiry_s: Option<u32>,
    /// The payload is text in UTF-8.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub text: bool,
}

impl Properties {
    /// The memory they take: many short texts take more than their letters.
    pub fn bytes(&self) -> usize {
        let user = self.user.iter().map(|(name, value)| size_of::<(String, String)>() + name.len() + value.len());
        let others = [self.content_type.as_ref().map(String::len), self.response_topic.as_ref().map(String::len)];
        let correlation = self.correlation.as_ref().map_or(0, Vec::len);
        user.sum::<usize>() + others.into_iter().flatten().sum::<usize>() + correlation
    }

    /// The marks of the brokers it came through.
    pub fn marks(&self) -> impl Iterator<Item = &str> {
        self.user.iter().filter(|(name, _)| name == VIA).map(|(_, mark)| mark.as_str())
    }
}

/// A request of a bridge to the broker.
#[derive(Debug)]
pub enum Entering {
    /// Publish this.
    Message {
        /// The bridge it came by: it does not go out by that one.
        bridge: Arc<str>,
        /// The message, under its name here.
        message: Crossing,
        /// A message that is retained here, and did not come by this bridge, stays.
        yields: bool,
        /// Told when the broker has it: every session that asks for it, and the disk if it is retained and of QoS 1 or 2.
        /// Dropped when the broker ends before.
        taken: oneshot::Sender<()>,
    },
    /// Tell what is retained under these filters and did not come by this bridge.
    Retained {
        /// Who asks.
        bridge: Arc<str>,
        /// What for.
        filters: Vec<String>,
        /// The answer.
        reply: oneshot::Sender<Vec<Crossing>>,
    },
}

/// What a bridge uses to hand messages to the broker.
pub type Entrance = mpsc::Sender<Entering>;

/// The meeting place of one gateway.
#[derive(Debug, Clone)]
pub struct Bridges(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    mark: String,
    outlets: ArcSwap<Vec<Arc<Outlet>>>,
    /// Held while the list changes.
    changing: Mutex<()>,
    entrance: watch::Sender<Option<Entrance>>,
    returned: AtomicU64,
}

/// What a bridge asks for: a filter, and the most a message keeps of its quality of service. The first that matches decides.
pub type Asked = (String, Qos);

/// The way to one bridge, as the broker sees it.
#[derive(Debug)]
pub struct Outlet {
    bridge: Arc<str>,
    asked: ArcSwap<Vec<Asked>>,
    /// Of QoS 0, and the others: those have a queue to go to when the other broker is away.
    loose: mpsc::Sender<Crossing>,
    kept: mpsc::Sender<Crossing>,
    bytes: AtomicUsize,
    missed: AtomicU64,
}

/// The same, as the bridge sees it; the broker forgets it on drop.
#[derive(Debug)]
pub struct Attached {
    bridges: Bridges,
    outlet: Arc<Outlet>,
    /// Messages of QoS 0; to be told of by [`Attached::taken`].
    pub loose: mpsc::Receiver<Crossing>,
    /// Messages of QoS 1 and 2; likewise.
    pub kept: mpsc::Receiver<Crossing>,
}

impl Default for Bridges {
    /// With a mark of its own.
    fn default() -> Self {
        let random = || RandomState::new().build_hasher().finish();
        Self::marked(format!("{:016x}{:016x}", random(), random()))
    }
}

impl Bridges {
    /// Of a broker with this mark. Two gateways with a copy of one configuration are two brokers and need two marks; one that
    /// comes back after a restart needs its old one: other brokers keep messages with it.
    pub fn marked(mark: String) -> Self {
        Self(Arc::new(Shared {
            mark,
            outlets: ArcSwap::default(),
            changing: Mutex::default(),
            entrance: watch::channel(None).0,
            returned: AtomicU64::new(0),
        }))
    }

    /// What this broker adds to a message that reaches or leaves it by a bridge.
    pub fn mark(&self) -> &str {
        &self.0.mark
    }

    /// The broker is about to end: nothing more is handed to it.
    pub fn shut(&self) {
        self.0.entrance.send_replace(None);
    }

    /// The broker begins to take messages in.
    pub fn open(&self) -> mpsc::Receiver<Entering> {
        let (entrance, entering) = mpsc::channel(ENTERING);
        self.0.entrance.send_replace(Some(entrance));
        entering
    }

    /// The way in; none while the broker does not run.
    pub fn entrance(&self) -> watch::Receiver<Option<Entrance>> {
        self.0.entrance.subscribe()
    }

    /// Begins to hand messages to a bridge.
    pub fn attach(&self, bridge: &str, asked: Vec<Asked>) -> Attached {
        let (to_loose, loose) = mpsc::channel(WAITING);
        let (to_kept, kept) = mpsc::channel(WAITING);
        let outlet = Arc::new(Outlet {
            bridge: bridge.into(),
            asked: ArcSwap::from_pointee(asked),
            loose: to_loose,
            kept: to_kept,
            bytes: AtomicUsize::new(0),
            missed: AtomicU64::new(0),
        });
        self.change(|outlets| outlets.push(Arc::clone(&outlet)));
        Attached { bridges: self.clone(), outlet, loose, kept }
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Arc<Outlet>>)) {
        let _held = self.0.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut outlets = Vec::clone(&self.0.outlets.load());
        change(&mut outlets);
        self.0.outlets.store(Arc::new(outlets));
    }

    /// Whether a message with these marks has been at this very broker before: then it has come round.
    pub fn came_round<'a>(&self, mut marks: impl Iterator<Item = &'a str>) -> bool {
        !self.0.outlets.load().is_empty() && marks.any(|mark| mark == self.0.mark)
    }

    /// A message that had come round was dropped.
    pub fn count_returned(&self) {
        self.0.returned.fetch_add(1, Ordering::Relaxed);
    }

    /// Messages dropped because they had come round.
    pub fn returned(&self) -> u64 {
        self.0.returned.load(Ordering::Relaxed)
    }

    /// Hands a message to every bridge that asks for its topic, but not to the one it came by. `make` copies it, once.
    pub fn offer(&self, topic: &str, came_by: Option<&str>, make: impl FnOnce() -> Crossing) {
        let outlets = self.0.outlets.load();
        let others = outlets.iter().filter(|outlet| came_by != Some(&*outlet.bridge));
        let mut wanted = others.filter_map(|outlet| Some((outlet, outlet.asks_for(topic)?)));
        let Some((first, cap)) = wanted.next() else { return };
        let message = make();
        for (outlet, cap) in wanted {
            outlet.hand(message.clone(), cap);
        }
        first.hand(message, cap);
    }
}

impl Outlet {
    fn asks_for(&self, topic: &str) -> Option<Qos> {
        self.asked.load().iter().find(|(filter, _)| covers(filter, topic)).map(|(_, cap)| *cap)
    }

    fn hand(&self, mut message: Crossing, cap: Qos) {
        message.qos = message.qos.at_most(cap);
        let cost = cost(&message);
        let fits = self.bytes.fetch_add(cost, Ordering::Relaxed) + cost <= WAITING_BYTES;
        let way = if message.qos == Qos::AtMostOnce { &self.loose } else { &self.kept };
        if !fits || way.try_send(message).is_err() {
            self.bytes.fetch_sub(cost, Ordering::Relaxed);
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Attached {
    /// Asks for something else from now on.
    pub fn ask_for(&self, asked: Vec<Asked>) {
        self.outlet.asked.store(Arc::new(asked));
    }

    /// A message was received: there is room for as much again.
    pub fn taken(&self, message: &Crossing) {
        self.outlet.bytes.fetch_sub(cost(message), Ordering::Relaxed);
    }

    /// Messages that found no room because they came faster than the bridge took them.
    pub fn missed(&self) -> u64 {
        self.outlet.missed.load(Ordering::Relaxed)
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.bridges.change(|outlets| outlets.retain(|outlet| !Arc::ptr_eq(outlet, &self.outlet)));
    }
}

/// One message always fits: the largest the broker takes is as large as the room.
fn cost(message: &Crossing) -> usize {
    let beside = message.properties.bytes();
    (OVERHEAD + message.topic.len() + message.payload.len() + beside).min(WAITING_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(topic: &str, qos: Qos, bytes: usize) -> Crossing {
        let (topic, payload) = (topic.into(), Bytes::from(vec![0; bytes]));
        Crossing { topic, payload, qos, retain: false, properties: Properties::default(), sender: 0 }
    }

    #[test]
    fn a_message_goes_to_who_asks_for_it_and_not_back_to_where_it_came_from() {
        let bridges = Bridges::default();
        let once = |filter: &str| (filter.to_owned(), Qos::AtLeastOnce);
        let mut a = bridges.attach("a", vec![once("press/#")]);
        let mut b = bridges.attach("b", vec![once("press/1"), ("oven/+".into(), Qos::AtMostOnce)]);
        let offer = |topic: &str, qos, came_by| bridges.offer(topic, came_by, || message(topic, qos, 1));
        offer("press/1", Qos::AtMostOnce, None);
        offer("press/1", Qos::AtLeastOnce, Some("a"));
        offer("oven/2", Qos::ExactlyOnce, None);
        offer("other", Qos::AtLeastOnce, None);
        let topics = |receiver: &mut mpsc::Receiver<Crossing>| {
            std::iter::from_fn(|| Some(receiver.try_recv().ok()?.topic.to_string())).collect::<Vec<_>>()
        };
        assert_eq!((topics(&mut a.loose), topics(&mut a.kept)), (vec!["press/1".to_owned()], vec![]));
        assert_eq!(topics(&mut b.loose), ["press/1", "oven/2"]);
        assert_eq!(topics(&mut b.kept), ["press/1"]);
        a.ask_for(vec![once("other")]);
        offer("other", Qos::AtLeastOnce, None);
        offer("press/1", Qos::AtLeastOnce, None);
        assert_eq!(topics(&mut a.kept), ["other"]);
        drop(b);
        assert_eq!(bridges.0.outlets.load().len(), 1);
    }

    #[test]
    fn what_a_bridge_does_not_take_is_counted_and_bounded() {
        let bridges = Bridges::default();
        let mut a = bridges.attach("a", vec![("#".into(), Qos::ExactlyOnce)]);
        let offer = |bytes| bridges.offer("t", None, || message("t", Qos::AtLeastOnce, bytes));
        offer(WAITING_BYTES);
        offer(1);
        assert_eq!(a.missed(), 1);
        let large = a.kept.try_recv().unwrap();
        a.taken(&large);
        for _ in 0..=WAITING {
            offer(1);
        }
        assert_eq!(a.missed(), 2);
    }

    #[test]
    fn a_message_with_our_own_mark_has_come_round() {
        let (here, there) = (Bridges::default(), Bridges::default());
        let _attached = (here.attach("a", Vec::new()), there.attach("a", Vec::new()));
        let user = vec![("x".to_owned(), here.mark().to_owned()), (VIA.to_owned(), there.mark().to_owned())];
        let properties = Properties { user, ..Properties::default() };
        assert!(there.came_round(properties.marks()) && !here.came_round(properties.marks()));
    }
}
