//! From our broker to the other one: what goes now, what waits, what is retained, and what is given up.

use super::Traffic;
use crate::config::mqtt::Protocol;
use crate::config::publication::Qos;
use crate::config::topic_filter::covers;
use crate::faces::mqtt::books::Books;
use crate::faces::mqtt::bridge::suspicion::Verdict;
use crate::faces::mqtt::bridge::{BridgeUnitConfig, envelope};
use crate::faces::mqtt::client::Outgoing;
use crate::faces::mqtt::queue::ledger::Loss;
use crate::faces::mqtt::queue::{Handed, Message};
use crate::faces::mqtt::session::{Delivery, Session};
use crate::platform::clock;
use crate::runtime::bridges::{Crossing, MOST_HOPS, Properties};
use crate::runtime::events::{Category, Event, Outcome};
use crate::runtime::unit::UnitContext;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use tokio::time::Instant;

/// Retained messages handed on in one turn of the loop.
const TURN: usize = 64;
/// Messages remembered that the other broker closed on; more are very unlikely.
const UNBEARABLE: usize = 1000;

impl Traffic {
    /// The other broker has closed the connection that was lost; what is to be done about it.
    pub(in crate::faces::mqtt::bridge) fn closed(&mut self, session: &mut Session, ctx: &UnitContext) -> Verdict {
        // Acknowledgements that came before the end count.
        while let Some(settled) = session.try_settled() {
            self.count(&settled);
        }
        let first = self.books.queue.first_in_flight();
        let verdict = self.suspicion.closed(first.map(|(_, record)| record.id), Instant::now());
        if let (Verdict::GiveUp, Some((ticket, record))) = (verdict, first) {
            let (_, payload) = envelope::open(&record.payload);
            let (topic, bytes) = (Arc::clone(&record.topic), payload.len());
            if UNBEARABLE <= self.unbearable.len() {
                self.unbearable.clear();
            }
            self.unbearable.insert(likeness(&topic, &payload));
            self.books.queue.give_up(ticket, Loss::Refused);
            self.tell_given_up(&topic, bytes);
            self.books.show(ctx);
        }
        verdict
    }

    fn tell_given_up(&mut self, topic: &str, bytes: usize) {
        let detail = format!(
            "the broker closes the connection whenever it gets a certain message of {bytes} bytes: the message is given up"
        );
        tracing::warn!(connection = %self.name(), topic, "{detail}");
        self.events.tell(Event {
            unix_ms: clock::unix_ms(),
            source: self.name(),
            category: Category::Unit,
            subject: topic.to_owned(),
            actor: String::new(),
            result: Outcome::Failed,
            detail: detail.clone(),
        });
        self.counts().given_up += 1;
        let status = &mut self.books.report.status;
        status.failed += 1;
        status.last_error = Some(detail);
    }

    /// Whether a message of QoS 1 or 2 finds room.
    pub(in crate::faces::mqtt::bridge) fn takes(&self, session: &Session) -> bool {
        if self.books.queue.keeps(Qos::AtLeastOnce) {
            self.books.queue.room()
        } else {
            self.takes_loose(session, Qos::ExactlyOnce)
        }
    }

    /// Whether a message that does not wait in the queue finds room; without a session it is given up at once.
    pub(in crate::faces::mqtt::bridge) fn takes_loose(&self, session: &Session, qos: Qos) -> bool {
        !self.is_up(session) || (session.has_room(qos) && !self.suspicion.is_trial())
    }

    /// A message of our broker.
    pub(in crate::faces::mqtt::bridge) fn leaves(&mut self, message: Crossing, session: &mut Session) {
        if message.retain && (self.asked.is_some() || !self.standing.is_empty()) {
            self.standing.insert(Arc::clone(&message.topic), None);
        }
        self.send(message, session);
    }

    fn send(&mut self, message: Crossing, session: &mut Session) {
        let found = self.rules().iter().find_map(|rule| Some((rule.to_remote(&message.topic)?, rule.qos)));
        let Some((topic, cap)) = found else { return };
        let Crossing { topic: _, payload, qos, retain, mut properties, sender } = message;
        let (now, qos) = (Instant::now(), qos.at_most(cap));
        if MOST_HOPS <= properties.marks().count() || !self.rounds.may_leave(&topic, &payload, sender, now) {
            self.counts().returned += 1;
            return;
        }
        self.mark(&mut properties);
        if self.books.queue.keeps(qos) {
            let (topic, at_ms) = (topic.into(), clock::unix_ms());
            let payload = envelope::close(&properties, &payload);
            let message = Message { topic: &topic, payload: &payload, qos, retain, at_ms };
            self.books.queue.push(self.slot, message, now);
            return;
        }
        if self.is_up(session) && session.has_room(qos) {
            let echoed = is_echoed(&self.config, &self.books.subscribed, &topic);
            let echo = echoed.then(|| (topic.clone(), payload.clone()));
            let message = outgoing(topic, payload, qos, retain, properties);
            if session.publish(message, Delivery::Loose(self.slot), &mut self.books.report.status) {
                self.books.queue.ledger.produce_loose(self.slot);
                if let Some((topic, payload)) = echo {
                    self.rounds.expect_echo(&topic, &payload, now);
                }
                return;
            }
        }
        self.books.queue.ledger.produce(self.slot, 1);
        self.books.queue.ledger.give_up(self.slot, Loss::Unsent, 1);
    }

    /// Behind all that waits: a link that comes and goes must not fill the queue with what is retained anyway.
    pub(super) fn tell_standing(&mut self, session: &mut Session) {
        if self.books.queue.oldest_waiting().is_some() {
            return;
        }
        for _ in 0..TURN {
            // The narrowest room is asked for: its quality is not known before it is taken.
            if !self.takes(session) || !session.has_room(Qos::AtMostOnce) {
                return;
            }
            let Some(topic) = self.standing.keys().next().cloned() else { return };
            let message = self.standing.remove(&topic).flatten();
            if let Some(mut message) = message.filter(|message| !self.is_unbearable(message)) {
                if self.suspicion.asks_for_receipts() && message.qos == Qos::AtMostOnce {
                    message.qos = Qos::AtLeastOnce;
                }
                self.send(message, session);
            }
        }
    }

    fn is_unbearable(&self, message: &Crossing) -> bool {
        let remote = || self.rules().iter().find_map(|rule| rule.to_remote(&message.topic));
        let closed_on = |topic: String| self.unbearable.contains(&likeness(&topic, &message.payload));
        !self.unbearable.is_empty() && remote().is_some_and(closed_on)
    }

    /// Whether retained messages are still to be told.
    pub(in crate::faces::mqtt::bridge) fn is_telling(&self, session: &Session) -> bool {
        let waits = self.asked.is_none() && !self.standing.is_empty() && self.books.queue.oldest_waiting().is_none();
        waits
            && !self.suspicion.is_trial()
            && self.is_up(session)
            && self.takes(session)
            && session.has_room(Qos::AtMostOnce)
    }

    pub(super) fn send_queued(&mut self, session: &mut Session) {
        let (now, now_ms) = (Instant::now(), clock::unix_ms());
        // The next record may be of either quality: the narrower room is asked for.
        while session.has_room(Qos::ExactlyOnce) && self.suspicion.lets_go(now) {
            let Self { books: Books { queue, report, subscribed, .. }, rounds, config, unbearable, .. } = self;
            let sent = queue.send_next(|record, ticket, _beside| {
                let (mut properties, payload) = envelope::open(&record.payload);
                if let Some(left) = &mut properties.expiry_s {
                    // MQTT 5, 3.3.2.3.3: the time a message waited is taken off.
                    let waited = u32::try_from((now_ms - record.at_ms).max(0) / 1000).unwrap_or(u32::MAX);
                    *left = left.saturating_sub(waited);
                    if *left == 0 {
                        return Handed::Void(Loss::TooOld);
                    }
                }
                // What is retained may have been told more than once before it was known.
                if record.retain && unbearable.contains(&likeness(&record.topic, &payload)) {
                    return Handed::Void(Loss::Refused);
                }
                let topic = record.topic.as_ref().to_owned();
                let message = outgoing(topic, payload.clone(), record.qos, record.retain, properties);
                if !session.publish(message, Delivery::Record(ticket), &mut report.status) {
                    return Handed::NotNow;
                }
                // Only now: what waits for hours comes back hours later.
                if is_echoed(config, subscribed, &record.topic) {
                    rounds.expect_echo(&record.topic, &payload, now);
                }
                Handed::Taken
            });
            if !sent {
                break;
            }
            self.suspicion.sent(now);
        }
    }
}

/// Alike for messages that are alike.
fn likeness(topic: &str, payload: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (topic, payload).hash(&mut hasher);
    hasher.finish()
}

/// Whether the other broker sends back what it gets under this topic: in MQTT 3.1.1 a client cannot ask it not to.
fn is_echoed(config: &BridgeUnitConfig, subscribed: &[(String, Qos)], topic: &str) -> bool {
    config.bridge.connection.protocol == Protocol::V311 && subscribed.iter().any(|(filter, _)| covers(filter, topic))
}

fn outgoing(topic: String, payload: bytes::Bytes, qos: Qos, retain: bool, properties: Properties) -> Outgoing {
    Outgoing { topic, payload, qos, retain, correlation: None, expires: true, carried: Some(Box::new(properties)) }
}
