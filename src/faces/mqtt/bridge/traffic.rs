//! What a bridge does with each message and each event. The loop that waits is the unit's.

use super::BridgeUnitConfig;
use super::envelope;
use super::rounds::Rounds;
use crate::config::bridge::BridgeRule;
use crate::config::mqtt::Protocol;
use crate::config::publication::Qos;
use crate::config::topic_filter::covers;
use crate::faces::mqtt::books::{count, standing};
use crate::faces::mqtt::client::{Incoming, Outgoing};
use crate::faces::mqtt::pulse::{Beat, Pulse};
use crate::faces::mqtt::queue::keeper::{Done, Keeper};
use crate::faces::mqtt::queue::ledger::{Loss, Slot};
use crate::faces::mqtt::queue::{Handed, Message, Queue};
use crate::faces::mqtt::report::Report;
use crate::faces::mqtt::session::{Delivery, Session, Settled};
use crate::platform::clock;
use crate::runtime::bridges::{Asked, Attached, Bridges, Crossing, Entering, MOST_HOPS, Properties, VIA};
use crate::runtime::status::BridgeStatus;
use crate::runtime::unit::{Health, UnitContext};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// The row of the ledger.
const SOURCE: &str = "bridge";
/// The other broker may start at the same time: until then a first session that fails is no news.
const GRACE: Duration = Duration::from_secs(1);
/// Retained messages handed on in one turn of the loop.
const TURN: usize = 64;

/// All of a bridge but its socket.
pub(super) struct Traffic {
    config: BridgeUnitConfig,
    bridges: Bridges,
    bridge: Arc<str>,
    queue: Queue,
    slot: Slot,
    rounds: Rounds,
    /// On their way to our broker; one message of the other, and requests.
    pub(super) entering: VecDeque<Entering>,
    /// The answer to what is retained here.
    pub(super) asked: Option<oneshot::Receiver<Vec<Crossing>>>,
    /// Retained messages that are still to be told, by topic; what is newer takes one's place.
    standing: HashMap<Arc<str>, Option<Crossing>>,
    subscribed: Vec<(String, Qos)>,
    refused: Vec<String>,
    report: Report,
    /// While a session is up.
    pulse: Option<Pulse>,
    link: u64,
    started: Instant,
    told_lost: bool,
}

impl Traffic {
    pub(super) fn new(config: BridgeUnitConfig, bridges: Bridges, mut queue: Queue) -> Self {
        let slot = queue.slot(SOURCE);
        let mut traffic = Self {
            bridge: config.id().into(),
            config: config.clone(),
            bridges,
            queue,
            slot,
            rounds: Rounds::default(),
            entering: VecDeque::new(),
            asked: None,
            standing: HashMap::new(),
            subscribed: Vec::new(),
            refused: Vec::new(),
            report: Report::default(),
            pulse: None,
            link: 0,
            started: Instant::now(),
            told_lost: false,
        };
        traffic.report.status.bridge = Some(BridgeStatus::default());
        traffic.take(config);
        traffic
    }

    fn take(&mut self, config: BridgeUnitConfig) {
        let connection = &config.bridge.connection;
        self.report.status.url = connection.broker.to_string();
        self.queue.configure_as(connection.buffer, std::iter::once((SOURCE, connection.identity.name.as_str())));
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
        self.pulse.is_some()
    }

    fn counts(&mut self) -> &mut BridgeStatus {
        self.report.status.bridge.get_or_insert_default()
    }

    /// Other settings, for the next session or for the open one.
    pub(super) fn configure(&mut self, config: BridgeUnitConfig, session: Option<&mut Session>, ctx: &UnitContext) {
        let before = self.leaving();
        self.take(config);
        let Some(session) = session.filter(|_| self.is_connected()) else { return };
        self.subscribe(session, false);
        if self.leaving() != before {
            self.ask_retained();
        }
        self.set_health(ctx);
    }

    /// Asks the other broker for what is wanted and not asked for yet, or `anew` for all; takes back what is not.
    fn subscribe(&mut self, session: &mut Session, anew: bool) {
        let wanted = self.wanted();
        let old = std::mem::replace(&mut self.subscribed, wanted);
        let fresh = self.subscribed.iter().filter(|filter| anew || !old.contains(filter));
        session.subscribe(&fresh.cloned().collect::<Vec<_>>());
        let gone = |text: &String| !self.subscribed.iter().any(|(wanted, _)| wanted == text);
        let gone: Vec<String> = old.into_iter().map(|(text, _)| text).filter(gone).collect();
        session.unsubscribe(&gone);
        self.refused.retain(|text| !gone.contains(text));
    }

    /// Asks our broker what is retained; the other one gets it behind what waits in the queue.
    fn ask_retained(&mut self) {
        let filters: Vec<String> = self.leaving().into_iter().map(|(filter, _)| filter).collect();
        self.standing.clear();
        self.asked = None;
        if !filters.is_empty() {
            let (reply, answer) = oneshot::channel();
            self.asked = Some(answer);
            self.entering.push_back(Entering::Retained { bridge: Arc::clone(&self.bridge), filters, reply });
        }
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
        ctx.set_health(standing(&self.config.bridge.connection, &self.refused, self.queue.trouble()));
    }

    /// A session is up; `resumed` when the broker kept an older one, and with it what is in flight.
    pub(super) fn connected(&mut self, session: &mut Session, resumed: bool, link: u64, ctx: &UnitContext) {
        if !resumed {
            // Acknowledgements that came before the end count; the rest has been forgotten by the broker.
            while let Some(settled) = session.try_settled() {
                self.count(&settled);
            }
            self.queue.return_all();
        }
        self.link = link;
        self.pulse = Some(Pulse::new(self.config.bridge.connection.keep_alive, Instant::now()));
        self.report.status.connected = true;
        self.report.status.connects += 1;
        self.refused.clear();
        self.subscribe(session, true);
        self.ask_retained();
        self.set_health(ctx);
        self.show_now(ctx);
        tracing::info!(bridge = %self.name(), broker = %self.config.bridge.connection.broker, "connected");
    }

    /// The session is gone, or could not be made.
    pub(super) fn lost(&mut self, reason: String, ctx: &UnitContext) {
        let again = self.report.status.last_error.as_ref() == Some(&reason);
        let early = self.report.status.connects == 0 && self.started.elapsed() < GRACE;
        if early || (again && self.told_lost && !self.is_connected()) {
            tracing::debug!(bridge = %self.name(), %reason, "still not connected");
        } else {
            tracing::warn!(bridge = %self.name(), %reason, "not connected");
        }
        self.told_lost = !early;
        self.report.status.last_error = Some(reason.clone());
        self.left(ctx);
        if !early {
            ctx.set_health(Health::Degraded(reason));
        }
    }

    /// There is no session.
    pub(super) fn left(&mut self, ctx: &UnitContext) {
        self.pulse = None;
        self.standing.clear();
        self.asked = None;
        self.report.status.connected = false;
        self.show_now(ctx);
    }

    /// The session is over for good, with whatever it still held.
    pub(super) fn session_over(&mut self) {
        self.queue.return_all();
        self.queue.ledger.lose_loose();
    }

    /// A message of the other broker.
    pub(super) fn came(&mut self, message: Incoming) {
        let now = Instant::now();
        if let Some(pulse) = &mut self.pulse {
            pulse.heard(now);
        }
        let Ok(topic) = std::str::from_utf8(&message.topic) else { return };
        let found = self.rules().iter().find_map(|rule| Some((rule.to_local(topic)?, rule.qos)));
        // A subscription of a rule that is gone.
        let Some((local, cap)) = found else { return };
        self.report.status.received += 1;
        let mut properties = message.carried.map(|carried| *carried).unwrap_or_default();
        let round = self.bridges.came_round(properties.marks()) || MOST_HOPS <= properties.marks().count();
        if round || self.rounds.is_echo(topic, &message.payload, now) {
            self.counts().returned += 1;
            return;
        }
        self.mark(&mut properties);
        self.counts().brought += 1;
        let (payload, qos, retain) = (message.payload, message.qos.at_most(cap), message.retain);
        let message = Crossing { topic: local.into(), payload, qos, retain, properties, sender: 0 };
        self.entering.push_back(Entering::Message { bridge: Arc::clone(&self.bridge), message });
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
        if self.queue.keeps(Qos::AtLeastOnce) { self.queue.room() } else { self.takes_loose(session, Qos::ExactlyOnce) }
    }

    /// Whether a message that does not wait in the queue finds room; without a session it is given up at once.
    pub(super) fn takes_loose(&self, session: &Session, qos: Qos) -> bool {
        !self.is_up(session) || session.has_room(qos)
    }

    fn is_up(&self, session: &Session) -> bool {
        self.is_connected() && session.is_on(self.link)
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
        if self.is_echoed(&topic) {
            self.rounds.expect_echo(&topic, &payload, now);
        }
        self.mark(&mut properties);
        if self.queue.keeps(qos) {
            let (topic, at_ms) = (topic.into(), clock::unix_ms());
            let payload = envelope::close(&properties, &payload);
            let message = Message { topic: &topic, payload: &payload, qos, retain, at_ms };
            self.queue.push(self.slot, message, now);
            return;
        }
        if self.is_up(session) && session.has_room(qos) {
            let message = outgoing(topic, payload, qos, retain, properties);
            if session.publish(message, Delivery::Loose(self.slot), &mut self.report.status) {
                self.queue.ledger.produce_loose(self.slot);
                return;
            }
        }
        self.queue.ledger.produce(self.slot, 1);
        self.queue.ledger.give_up(self.slot, Loss::Unsent, 1);
    }

    /// Whether the other broker sends back what it gets under this topic: in MQTT 3.1.1 a client cannot ask it not to.
    fn is_echoed(&self, topic: &str) -> bool {
        self.config.bridge.connection.protocol == Protocol::V311
            && self.subscribed.iter().any(|(filter, _)| covers(filter, topic))
    }

    /// A request to the other broker ended.
    pub(super) fn settled(&mut self, settled: Settled, session: &mut Session, ctx: &UnitContext) {
        let mut next = Some(settled);
        while let Some(settled) = next {
            if let Settled::Subscribe(refused) = &settled
                && let Some(filter) = refused.first()
            {
                self.report.status.last_error = Some(format!("the broker refuses the subscription to `{filter}`"));
                self.refused.extend_from_slice(refused);
                self.set_health(ctx);
            }
            self.count(&settled);
            next = session.try_settled();
        }
    }

    /// Counts what became of a message.
    pub(super) fn count(&mut self, settled: &Settled) {
        count(settled, &mut self.report.status, &mut self.queue, &mut self.pulse);
    }

    /// Hands on what is ready: what is retained, what waits in the queue, and to the queue's file.
    pub(super) fn flush(&mut self, session: &mut Session, keeper: &mut Keeper, attached: &Attached) {
        let now = Instant::now();
        if self.is_up(session) {
            if self.asked.is_none() {
                self.tell_standing(session);
            }
            self.send_queued(session);
        }
        if keeper.is_idle()
            && let Some(job) = self.queue.work(now)
        {
            keeper.begin(job);
        }
        self.counts().missed = attached.missed();
        let status = &mut self.report.status;
        status.in_flight = session.in_flight();
        status.queue.records = self.queue.records();
    }

    fn tell_standing(&mut self, session: &mut Session) {
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
        let waits = self.asked.is_none() && !self.standing.is_empty();
        waits && self.is_up(session) && self.takes(session) && session.has_room(Qos::AtMostOnce)
    }

    fn send_queued(&mut self, session: &mut Session) {
        let now_ms = clock::unix_ms();
        // The next record may be of either quality: the narrower room is asked for.
        while session.has_room(Qos::ExactlyOnce) {
            let status = &mut self.report.status;
            let sent = self.queue.send_next(|record, ticket, _beside| {
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
                let message = outgoing(topic, payload, record.qos, record.retain, properties);
                let taken = session.publish(message, Delivery::Record(ticket), status);
                if taken { Handed::Taken } else { Handed::NotNow }
            });
            if !sent {
                break;
            }
        }
    }

    /// The queue's file has done what it was asked.
    pub(super) fn stored(&mut self, done: Done, ctx: &UnitContext) {
        self.queue.complete(done, Instant::now());
        self.report.status.queue.trouble = self.queue.trouble().map(str::to_owned);
        if self.is_connected() {
            self.set_health(ctx);
        }
    }

    /// Writes what waits, before the unit ends: as far as the disk takes it.
    pub(super) async fn store(&mut self, keeper: Keeper) {
        if let Err(trouble) = self.queue.store(keeper).await {
            tracing::error!(bridge = %self.name(), "{trouble}");
        }
    }

    /// When [`Traffic::alarm`] has something to do.
    pub(super) fn due(&self) -> Option<Instant> {
        let pulse = self.pulse.as_ref().map(Pulse::due);
        [self.queue.due(), self.report.due_with_queue(), pulse].into_iter().flatten().min()
    }

    /// Does what is due; false when the other broker has stopped answering.
    pub(super) fn alarm(&mut self, session: &Session, ctx: &UnitContext) -> bool {
        let now = Instant::now();
        let stamp = clock::now();
        self.queue.tick(now, clock::is_sensible(stamp).then_some(stamp.unix_ms));
        if self.report.due_with_queue().is_some_and(|due| due <= now) {
            self.show_now(ctx);
        }
        match self.pulse.as_mut().map_or(Beat::Fine, |pulse| pulse.check(now)) {
            Beat::Fine => true,
            Beat::Ask => {
                session.ask_for_a_sign();
                true
            }
            Beat::Dead => {
                let broker = &self.config.bridge.connection.broker;
                self.lost(format!("{broker}: the broker takes messages and answers nothing"), ctx);
                false
            }
        }
    }

    fn show_now(&mut self, ctx: &UnitContext) {
        let now = Instant::now();
        self.report.status.queue = self.queue.shown(clock::unix_ms(), now);
        self.report.status.ledger = self.queue.ledger.shown();
        self.report.show_now(ctx, now);
    }

    fn name(&self) -> &str {
        &self.config.bridge.connection.identity.name
    }
}

fn outgoing(topic: String, payload: bytes::Bytes, qos: Qos, retain: bool, properties: Properties) -> Outgoing {
    Outgoing { topic, payload, qos, retain, correlation: None, expires: true, carried: Some(Box::new(properties)) }
}
