//! What a bridge does with each message and each event. The loop that waits is the unit's.

mod outward;

use super::BridgeUnitConfig;
use super::inward::{Came, Inward};
use super::rounds::Rounds;
use super::suspicion::Suspicion;
use crate::config::bridge::{BridgeRule, Direction};
use crate::config::mqtt::Protocol;
use crate::config::publication::Qos;
use crate::faces::mqtt::books::{Books, mute};
use crate::faces::mqtt::client::Incoming;
use crate::faces::mqtt::queue::Queue;
use crate::faces::mqtt::queue::keeper::{Done, Keeper};
use crate::faces::mqtt::queue::ledger::Slot;
use crate::faces::mqtt::session::{Session, Settled};
use crate::runtime::bridges::{Asked, Attached, Bridges, Crossing, Entering, MOST_HOPS, Properties, VIA};
use crate::runtime::events::Events;
use crate::runtime::status::BridgeStatus;
use crate::runtime::unit::UnitContext;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// The row of the ledger.
const SOURCE: &str = "bridge";

/// All of a bridge but its socket.
pub(super) struct Traffic {
    config: BridgeUnitConfig,
    bridges: Bridges,
    bridge: Arc<str>,
    books: Books,
    slot: Slot,
    rounds: Rounds,
    events: Events,
    suspicion: Suspicion,
    /// Messages on which it closed, as topics there and texts: retained messages would be told again at each connect.
    unbearable: HashSet<u64>,
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
    pub(super) fn new(config: BridgeUnitConfig, bridges: Bridges, events: Events, mut queue: Queue) -> Self {
        let slot = queue.slot(SOURCE);
        let mut traffic = Self {
            bridge: config.id().into(),
            config: config.clone(),
            bridges,
            books: Books::new(queue),
            slot,
            rounds: Rounds::default(),
            events,
            suspicion: Suspicion::default(),
            unbearable: HashSet::new(),
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
        // It may be another broker, or one that was told to bear more.
        self.unbearable.clear();
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
        self.suspicion.connected(Instant::now());
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

    fn is_up(&self, session: &Session) -> bool {
        self.books.is_up(session)
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
        if self.suspicion.suspect().is_some_and(|id| !self.books.queue.is_open(id)) {
            self.suspicion.clear();
        }
        if self.is_up(session) {
            if self.asked.is_none() && !self.suspicion.is_trial() {
                self.tell_standing(session);
            }
            self.send_queued(session);
        }
        self.acknowledge(session);
        self.books.keep(session, keeper, Instant::now());
        self.counts().missed = attached.missed();
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
        [self.books.due(), self.suspicion.due()].into_iter().flatten().min()
    }

    /// Does what is due; false when the other broker has stopped answering.
    pub(super) fn alarm(&mut self, session: &mut Session, ctx: &UnitContext) -> bool {
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
