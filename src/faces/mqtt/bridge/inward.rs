//! Messages of the other broker on their way to ours. The other one is told that a message has arrived when ours has it, and
//! not before: what is lost with this program comes again.

use crate::config::publication::Qos;
use crate::faces::mqtt::client::Receipt;
use crate::runtime::bridges::{Crossing, Entering};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

/// Messages in hand, and their bytes; one always is. What the other broker has beyond it stays there.
const MOST: usize = 256;
const MOST_BYTES: usize = 4 * 1024 * 1024;
const OVERHEAD: usize = 300;

/// Messages in the order they came: they are handed over in it, and acknowledged in it (MQTT 5, 4.6).
#[derive(Debug, Default)]
pub(super) struct Inward {
    items: VecDeque<Item>,
    bytes: usize,
    /// Numbers of messages of QoS 2 that came and of which the library does not know yet that they may come again.
    exact: HashSet<u16>,
}

#[derive(Debug)]
struct Item {
    step: Step,
    bytes: usize,
    /// What is owed for it, and on which link: no other takes it.
    receipt: Option<(Receipt, u64)>,
}

#[derive(Debug)]
enum Step {
    /// To be handed over.
    Due(Box<Came>),
    /// Our broker has it in hand.
    Handed(Box<Came>, oneshot::Receiver<()>),
    /// Our broker has it, or will never get it.
    Done,
}

/// A message under its name here.
#[derive(Debug, Clone)]
pub(super) struct Came {
    pub(super) message: Crossing,
    /// See [`Entering::Message`].
    pub(super) yields: bool,
}

impl Inward {
    /// Whether another message must wait.
    pub(super) fn is_full(&self) -> bool {
        MOST <= self.items.len() || MOST_BYTES <= self.bytes
    }

    /// Whether our broker has all that came, and the other knows.
    pub(super) fn is_settled(&self) -> bool {
        self.items.is_empty() && self.exact.is_empty()
    }

    /// Whether a message has to be handed over.
    pub(super) fn is_due(&self) -> bool {
        self.items.iter().any(|item| matches!(item.step, Step::Due(_)))
    }

    /// Whether this is a message of QoS 2 that came before: then it is owed anew.
    pub(super) fn comes_again(&mut self, receipt: Option<Receipt>, link: u64) -> bool {
        let Some(receipt) = receipt.filter(|receipt| receipt.qos == Qos::ExactlyOnce) else { return false };
        let known = !self.exact.insert(receipt.id);
        if !known || !receipt.again {
            return false;
        }
        let same =
            |item: &&mut Item| item.receipt.is_some_and(|(owed, _)| (owed.qos, owed.id) == (receipt.qos, receipt.id));
        match self.items.iter_mut().find(same) {
            Some(item) => item.receipt = Some((receipt, link)),
            None => self.pass(Some(receipt), link),
        }
        true
    }

    /// A message came that goes no further.
    pub(super) fn pass(&mut self, receipt: Option<Receipt>, link: u64) {
        if let Some(receipt) = receipt {
            self.items.push_back(Item { step: Step::Done, bytes: 0, receipt: Some((receipt, link)) });
        }
    }

    /// A message came for our broker.
    pub(super) fn push(&mut self, came: Came, receipt: Option<Receipt>, link: u64) {
        let bytes = OVERHEAD + came.message.payload.len() + came.message.properties.bytes();
        self.bytes += bytes;
        let receipt = receipt.map(|receipt| (receipt, link));
        self.items.push_back(Item { step: Step::Due(Box::new(came)), bytes, receipt });
    }

    /// The next message for our broker, of that bridge.
    pub(super) fn hand_over(&mut self, bridge: &Arc<str>) -> Option<Entering> {
        // What a broker that has ended did not get goes first.
        self.look();
        let item = self.items.iter_mut().find(|item| matches!(item.step, Step::Due(_)))?;
        let Step::Due(came) = std::mem::replace(&mut item.step, Step::Done) else { return None };
        let (taken, has_it) = oneshot::channel();
        let Came { message, yields } = Came::clone(&came);
        item.step = Step::Handed(came, has_it);
        Some(Entering::Message { bridge: Arc::clone(bridge), message, yields, taken })
    }

    fn look(&mut self) {
        for item in &mut self.items {
            let Step::Handed(_, has_it) = &mut item.step else { continue };
            let outcome = has_it.try_recv();
            item.learn(outcome);
        }
    }

    /// Our broker has taken the first message, or has ended. Never while it has none. Cancel-safe: what was learnt stays.
    pub(super) async fn taken(&mut self) {
        let Some(item) = self.items.front_mut() else { return std::future::pending().await };
        let Step::Handed(_, has_it) = &mut item.step else { return std::future::pending().await };
        let outcome = has_it.await.map_err(|_| TryRecvError::Closed);
        item.learn(outcome);
    }

    /// Gives what is owed for messages our broker has to `pay`, in order, until that answers false.
    pub(super) fn settle(&mut self, mut pay: impl FnMut(Receipt, u64) -> bool) {
        while let Some(Item { step: Step::Done, receipt, bytes }) = self.items.front() {
            if receipt.is_some_and(|(receipt, link)| !pay(receipt, link)) {
                return;
            }
            self.bytes -= bytes;
            self.items.pop_front();
        }
    }

    /// The library knows of this message of QoS 2 that it came.
    pub(super) fn recorded(&mut self, id: u16) {
        self.exact.remove(&id);
    }

    /// The other broker knows no more of what it sent, or is another one.
    pub(super) fn forget_receipts(&mut self) {
        self.exact.clear();
        for item in &mut self.items {
            item.receipt = None;
        }
    }
}

impl Item {
    fn learn(&mut self, outcome: Result<(), TryRecvError>) {
        self.step = match (std::mem::replace(&mut self.step, Step::Done), outcome) {
            (Step::Handed(_, _), Ok(())) => Step::Done,
            (Step::Handed(came, _), Err(TryRecvError::Closed)) => Step::Due(came),
            (step, _) => step,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::bridges::Properties;
    use bytes::Bytes;

    fn came(topic: &str, bytes: usize) -> Came {
        let (topic, payload) = (topic.into(), Bytes::from(vec![0; bytes]));
        let properties = Properties::default();
        let message = Crossing { topic, payload, qos: Qos::AtLeastOnce, retain: false, properties, sender: 0 };
        Came { message, yields: false }
    }

    /// The next message, and the way to say that it was taken.
    fn handed(inward: &mut Inward) -> Option<(String, oneshot::Sender<()>)> {
        match inward.hand_over(&"b".into())? {
            Entering::Message { message, taken, .. } => Some((message.topic.to_string(), taken)),
            Entering::Retained { .. } => None,
        }
    }

    /// Numbers and links of what is acknowledged now.
    fn paid(inward: &mut Inward) -> Vec<(u16, u64)> {
        inward.look();
        let mut paid = Vec::new();
        inward.settle(|receipt, link| {
            paid.push((receipt.id, link));
            true
        });
        paid
    }

    #[test]
    fn what_our_broker_has_is_acknowledged_in_the_order_it_came() {
        let mut inward = Inward::default();
        inward.push(came("a", 1), Receipt::of(Qos::AtLeastOnce, 1, false), 7);
        inward.push(came("b", 1), None, 7);
        inward.pass(Receipt::of(Qos::AtLeastOnce, 2, false), 7);
        inward.push(came("c", 1), Receipt::of(Qos::AtLeastOnce, 3, false), 7);
        let mut taken: Vec<_> = std::iter::from_fn(|| handed(&mut inward)).map(|(_, taken)| taken).collect();
        taken.pop().unwrap().send(()).unwrap();
        assert_eq!(paid(&mut inward), []);
        taken.remove(0).send(()).unwrap();
        assert_eq!(paid(&mut inward), [(1, 7)]);
        taken.remove(0).send(()).unwrap();
        assert_eq!(paid(&mut inward), [(2, 7), (3, 7)]);
        assert!(inward.is_settled() && inward.bytes == 0);
    }

    #[test]
    fn what_a_broker_that_ended_did_not_take_is_handed_over_again_first() {
        let mut inward = Inward::default();
        for topic in ["a", "b", "c"] {
            inward.push(came(topic, 1), None, 1);
        }
        let (_, a) = handed(&mut inward).unwrap();
        let (_, b) = handed(&mut inward).unwrap();
        a.send(()).unwrap();
        drop(b);
        let again: Vec<_> = std::iter::from_fn(|| handed(&mut inward)).collect();
        assert_eq!(again.iter().map(|(topic, _)| topic.as_str()).collect::<Vec<_>>(), ["b", "c"]);
    }

    #[test]
    fn a_message_of_quality_2_that_comes_again_goes_in_once_and_is_owed_on_the_new_link() {
        let mut inward = Inward::default();
        let (first, again) = (Receipt::of(Qos::ExactlyOnce, 5, false), Receipt::of(Qos::ExactlyOnce, 5, true));
        assert!(!inward.comes_again(first, 1));
        inward.push(came("a", 1), first, 1);
        assert!(inward.comes_again(again, 2), "while it is in hand");
        let (_, taken) = handed(&mut inward).unwrap();
        taken.send(()).unwrap();
        assert_eq!(paid(&mut inward), [(5, 2)]);
        assert!(!inward.is_settled() && inward.comes_again(again, 3), "when PUBREC was lost");
        assert_eq!(paid(&mut inward), [(5, 3)]);
        inward.recorded(5);
        assert!(inward.is_settled());
        assert!(!inward.comes_again(again, 3), "of the next message, the first try was lost");
        assert!(!inward.comes_again(first, 3), "a new message under the same number");
        inward.forget_receipts();
        assert!(!inward.comes_again(again, 4), "of a session that knows nothing");
        assert!(!inward.comes_again(Receipt::of(Qos::AtLeastOnce, 5, true), 4) && !inward.comes_again(None, 4));
    }

    #[test]
    fn what_is_in_hand_is_bounded_by_count_and_bytes() {
        let mut inward = Inward::default();
        inward.push(came("a", MOST_BYTES), None, 1);
        assert!(inward.is_full());
        let (_, taken) = handed(&mut inward).unwrap();
        taken.send(()).unwrap();
        paid(&mut inward);
        assert!(!inward.is_full());
        for _ in 0..MOST {
            inward.pass(Receipt::of(Qos::AtLeastOnce, 1, false), 1);
        }
        assert!(inward.is_full());
    }
}
