//! What a bridge does with each message and each event. The loop that waits is the unit's.

use super::BridgeUnitConfig;
use super::envelope;
use super::inward::{Came, Inward};
use super::rounds::Rounds;
use crate::config::bridge::{BridgeRule, Direction};
use crate::config::mqtt::Protocol;
use crate::config::publication::Qos;
use crate::config::topic_filter::covers;
use crate::faces::mqtt::books::{Books, mute};
use crate::faces::mqtt::client::{Incoming, Outgoing};
use crate::faces::mqtt::queue::keeper::{Done, Keeper};
use crate::faces::mqtt::queue::ledger::{Loss, Slot};
use crate::faces::mqtt::queue::{Handed, Message, Queue};
use crate::faces::mqtt::session::{Delivery, Session, Settled};
use crate::platform::clock;
use crate::runtime::bridges::{Asked, Attached, Bridges, Crossing, Entering, MOST_HOPS, Properties, VIA};
use crate::runtime::status::BridgeStatus;
use crate::runtime::unit::UnitContext;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// The row of the ledger.
const SOURCE: &str = "bridge";
/// Retained messages handed on in one turn of the loop.
const TURN: usize = 64;

/// All of a bridge but its socket.
pub(super) struct Traffic {
    config: BridgeUnitConfig,
    bridges: Bridges,
    bridge: Arc<str>,
    books: Books,
    slot: Slot,
    rounds: Rounds,
    /// Messages on their way to our broker.
    pub(super) inward: Inward,
    /// A question to it: what is retained here.
    question: Option<Entering>,
    /// The answer to what is retained here.
    pub(super) asked: Option<oneshot::Receiver<Vec<Crossing>>>,
    /// Retained messages that are still to be told, by topic; what is newer takes one's place.
    standing: HashMap<Arc<str>, Option<Crossing>>,
}

impl Traffic {
    pub(super) fn new(config: BridgeUnitConfig, bridges: Bridges, mut queue: Queue) -> Self {
        let slot = queue.slot(SOURCE);
        let mut traffic = Self {
            bridge: config.id().into(),
            config: config.clone(),
            bridges,
            books: Books::new(queue),
            slot,
            rounds: Rounds::default(),
            inward: Inward::default(),
            question: None,
            asked: None,
            standing: HashMap::new(),
        };
        traffic.books.report.status.bridge = Some(BridgeStatus::default());
        traffic.take(config);
        traffic
    }

    fn take(&mut self, config: BridgeUnitConfig) {
        let connection = &config.bridge.connection;
        self.books.report.status.url = connection.broker.to_string();
        self.books.queue.configure_as(connection.buffer, std::iter::once((SOURCE, connection.identity.name.as_str())));
        self.config = config;
    }

    fn rules(&self) -> &[BridgeRule] {
        &self.config.bridge.rules
    }

    /// What leaves our broker by this bridge.
    pub(super) fn leaving(&self) -> Vec<Asked> {
        let out = self.rules().iter().filter(|rule| rule.direction.leads_out());
        out.map(|rule| (rule.local_filter(), rule.qos)).collect()
    }

    /// What it subscribes to at the other.
    fn wanted(&self) -> Vec<(String, Qos)> {
        let incoming = self.rules().iter().filter(|rule| rule.direction.leads_in());
        incoming.map(|rule| (rule.remote_filter(), rule.qos)).collect()
    }

    pub(super) fn is_connected(&self) -> bool {
        self.books.is_connected()
    }

    fn counts(&mut self) -> &mut BridgeStatus {
        self.books.report.status.bridge.get_or_insert_default()
    }

    /// Other settings, for the next session or for the open one.
    pub(super) fn configure(&mut self, config: BridgeUnitConfig, session: Option<&mut Session>, ctx: &UnitContext) {
        let before = self.leaving();
        self.take(config);
        let Some(session) = session.filter(|_| self.is_connected()) else { return };
        self.books.subscribe(session, self.wanted(), false);
        if self.leaving() != before {
            self.ask_retained();
        }
        self.set_health(ctx);
    }

    /// Asks our broker what is retained; the other one gets it behind what waits in the queue.
    fn ask_retained(&mut self) {
        let filters: Vec<String> = self.leaving().into_iter().map(|(filter, _)| filter).collect();
        self.standing.clear();
        (self.asked, self.question) = (None, None);
        if !filters.is_empty() {
            let (reply, answer) = oneshot::channel();
            self.asked = Some(answer);
            self.question = Some(Entering::Retained { bridge: Arc::clone(&self.bridge), filters, reply });
        }
    }

    /// Whether there is something for our broker.
    pub(super) fn is_due(&self) -> bool {
        self.question.is_some() || self.inward.is_due()
    }

    /// The next of it.
    pub(super) fn hand_over(&mut self) -> Option<Entering> {
        self.question.take().or_else(|| self.inward.hand_over(&self.bridge))
    }

    /// The answer; what has been said under a topic since the question is newer.
    pub(super) fn retained(&mut self, messages: Vec<Crossing>) {
        self.asked = None;
        for message in messages {
            self.standing.entry(Arc::clone(&message.topic)).or_insert(Some(message));
        }
        self.standing.retain(|_, message| message.is_some());
    }

    fn set_health(&self, ctx: &UnitContext) {
        ctx.set_health(self.books.standing(&self.config.bridge.connection));
    }

    /// A session is up; `resumed` when the broker kept an older one, and with it what is in flight.
    pub(super) fn connected(&mut self, session: &mut Session, resumed: bool, link: u64, ctx: &UnitContext) {
        self.books.connected(session, resumed, link, self.config.bridge.connection.keep_alive);
        if !resumed {
            self.inward.forget_receipts();
        }
        self.books.subscribe(session, self.wanted(), true);
        self.ask_retained();
        self.set_health(ctx);
        self.books.show(ctx);
        tracing::info!(connection = %self.name(), broker = %self.config.bridge.connection.broker, "connected");
    }

    /// The session is gone, or could not be made.
    pub(super) fn lost(&mut self, reason: String, ctx: &UnitContext) {
        self.books.tell_lost(&self.name(), &reason);
        self.left(ctx);
        self.books.blame(reason, ctx);
    }

    /// There is no session.
    pub(super) fn left(&mut self, ctx: &UnitContext) {
        self.standing.clear();
        (self.asked, self.question) = (None, None);
        self.books.left(ctx);
    }

    /// The session is over for good, with whatever it still held.
    pub(super) fn session_over(&mut self) {
        self.books.session_over();
        // Links of another session have the same numbers.
        self.inward.forget_receipts();
    }

    /// A message of the other broker.
    pub(super) fn came(&mut self, message: Incoming) {
        self.books.heard();
        let (receipt, link) = (message.receipt, self.books.link());
        if self.inward.comes_again(receipt, link) {
            return;
        }
        match self.translate(message) {
            Some(came) => self.inward.push(came, receipt, link),
            None => self.inward.pass(receipt, link),
        }
    }

    /// A message of the other broker as it is here; none when it is not for ours.
    fn translate(&mut self, message: Incoming) -> Option<Came> {
        let topic = std::str::from_utf8(&message.topic).ok()?;
        let found = self.rules().iter().find_map(|rule| Some((rule.to_local(topic)?, rule.qos, rule.direction)));
        // None for a subscription of a rule that is gone.
        let (local, cap, direction) = found?;
        // In 3.1.1 only what the other broker kept until we subscribed says that it is retained. Where both sides may set
        // it, ours may be newer, and on its way there.
        let yields =
            message.retain && direction == Direction::Both && self.config.bridge.connection.protocol == Protocol::V311;
        self.books.report.status.received += 1;
        let mut properties = message.carried.map(|carried| *carried).unwrap_or_default();
        let round = self.bridges.came_round(properties.marks()) || MOST_HOPS <= properties.marks().count();
        if round || self.rounds.is_echo(topic, &message.payload, Instant::now()) {
            self.counts().returned += 1;
            return None;
        }
        self.mark(&mut properties);
        self.counts().brought += 1;
        let (payload, qos, retain) = (message.payload, message.qos.at_most(cap), message.retain);
        let message = Crossing { topic: local.into(), payload, qos, retain, properties, sender: 0 };
        Some(Came { message, yields })
    }

    /// Acknowledges what our broker has, if it came by the present link; what came by another comes again.
    pub(super) fn acknowledge(&mut self, session: &Session) {
        self.inward.settle(|receipt, link| !session.is_on(link) || session.acknowledge(receipt));
    }

    /// Leaves the mark of our broker, once.
    fn mark(&self, properties: &mut Properties) {
        let mark = self.bridges.mark();
        if !properties.marks().any(|known| known == mark) {
            properties.user.push((VIA.to_owned(), mark.to_owned()));
        }
    }

    /// Whether a message of QoS 1 or 2 finds room.
    pub(super) fn takes(&self, session: &Session) -> bool {
        if self.books.queue.keeps(Qos::AtLeastOnce) {
            self.books.queue.room()
        } else {
            self.takes_loose(session, Qos::ExactlyOnce)
        }
    }

    /// Whether a message that does not wait in the queue finds room; without a session it is given up at once.
    pub(super) fn takes_loose(&self, session: &Session, qos: Qos) -> bool {
        !self.is_up(session) || session.has_room(qos)
    }

    fn is_up(&self, session: &Session) -> bool {
        self.books.is_up(session)
    }

    /// A message of our broker.
    pub(super) fn leaves(&mut self, message: Crossing, session: &mut Session) {
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

    /// A request to the other broker ended.
    pub(super) fn settled(&mut self, settled: Settled, session: &mut Session, ctx: &UnitContext) {
        let mut next = Some(settled);
        while let Some(settled) = next {
            if self.books.is_refused(&settled) {
                self.set_health(ctx);
            }
            self.count(&settled);
            next = session.try_settled();
        }
    }

    /// Counts what became of a message.
    pub(super) fn count(&mut self, settled: &Settled) {
        self.books.count(settled);
    }

    /// Hands on what is ready: what is retained, what waits in the queue, and to the queue's file.
    pub(super) fn flush(&mut self, session: &mut Session, keeper: &mut Keeper, attached: &Attached) {
        if self.is_up(session) {
            if self.asked.is_none() {
                self.tell_standing(session);
            }
            self.send_queued(session);
        }
        self.acknowledge(session);
        self.books.keep(session, keeper, Instant::now());
        self.counts().missed = attached.missed();
    }

    /// Behind all that waits: a link that comes and goes must not fill the queue with what is retained anyway.
    fn tell_standing(&mut self, session: &mut Session) {
        if self.books.queue.oldest_waiting().is_some() {
            return;
        }
        for _ in 0..TURN {
            // The narrowest room is asked for: its quality is not known before it is taken.
            if !self.takes(session) || !session.has_room(Qos::AtMostOnce) {
                return;
            }
            let Some(topic) = self.standing.keys().next().cloned() else { return };
            if let Some(message) = self.standing.remove(&topic).flatten() {
                self.send(message, session);
            }
        }
    }

    /// Whether retained messages are still to be told.
    pub(super) fn is_telling(&self, session: &Session) -> bool {
        let waits = self.asked.is_none() && !self.standing.is_empty() && self.books.queue.oldest_waiting().is_none();
        waits && self.is_up(session) && self.takes(session) && session.has_room(Qos::AtMostOnce)
    }

    fn send_queued(&mut self, session: &mut Session) {
        let (now, now_ms) = (Instant::now(), clock::unix_ms());
        // The next record may be of either quality: the narrower room is asked for.
        while session.has_room(Qos::ExactlyOnce) {
            let Self { books: Books { queue, report, subscribed, .. }, rounds, config, .. } = self;
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
        }
    }

    /// The queue's file has done what it was asked.
    pub(super) fn stored(&mut self, done: Done, ctx: &UnitContext) {
        self.books.stored(done);
        if self.is_connected() {
            self.set_health(ctx);
        }
    }

    /// Writes what waits, before the unit ends: as far as the disk takes it.
    pub(super) async fn store(&mut self, keeper: Keeper) {
        self.books.store(&self.name(), keeper).await;
    }

    /// When [`Traffic::alarm`] has something to do.
    pub(super) fn due(&self) -> Option<Instant> {
        self.books.due()
    }

    /// Does what is due; false when the other broker has stopped answering.
    pub(super) fn alarm(&mut self, session: &Session, ctx: &UnitContext) -> bool {
        let now = Instant::now();
        self.books.tick(now, ctx);
        let lives = self.books.answers(session, now);
        if !lives {
            self.lost(mute(&self.config.bridge.connection), ctx);
        }
        lives
    }

    fn name(&self) -> String {
        format!("bridge/{}", self.config.bridge.connection.identity.name)
    }
}

/// Whether the other broker sends back what it gets under this topic: in MQTT 3.1.1 a client cannot ask it not to.
fn is_echoed(config: &BridgeUnitConfig, subscribed: &[(String, Qos)], topic: &str) -> bool {
    config.bridge.connection.protocol == Protocol::V311 && subscribed.iter().any(|(filter, _)| covers(filter, topic))
}

fn outgoing(topic: String, payload: bytes::Bytes, qos: Qos, retain: bool, properties: Properties) -> Outgoing {
    Outgoing { topic, payload, qos, retain, correlation: None, expires: true, carried: Some(Box::new(properties)) }
}
