//! What a connection does, event by event. The loop that waits is the unit's.

mod commands;
mod edge;

use super::books::{count, standing};
use super::client::{NotDone, Outgoing};
use super::command::{Order, Orders};
use super::discovery::Discovery;
use super::edge::Edge;
use super::publisher::{Publisher, interest, request_topics, tapped};
use super::pulse::{Beat, Pulse};
use super::queue::keeper::{Done, Keeper};
use super::queue::ledger::source_of;
use super::queue::{Handed, Queue, marked};
use super::report::Report;
use super::session::{Delivery, Out, Session, Settled};
use super::wire::Notice;
use super::{MqttUnit, MqttUnitConfig};
use crate::config::publication::Qos;
use crate::platform::clock;
use crate::runtime::changes::{Changed, Interest};
use crate::runtime::commands::{Commands, WriteError};
use crate::runtime::events::Events;
use crate::runtime::image::Reader;
use crate::runtime::image::tap::Tapped;
use crate::runtime::unit::{Health, UnitContext};
use crate::tag::value::Value;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use std::time::Duration;
use tokio::time::Instant;

/// A command that was carried out, or not.
pub(super) type Answered = (Order, Result<Value, WriteError>);

/// A broker on this host may start at the same time: until then a first session that fails is no news.
const GRACE: Duration = Duration::from_secs(1);

/// All of a connection but its socket.
pub(super) struct Face {
    image: Reader,
    commands: Commands,
    events: Events,
    config: MqttUnitConfig,
    publisher: Publisher,
    queue: Queue,
    orders: Orders,
    discovery: Discovery,
    /// The edge node that the connection is.
    edge: Option<Edge>,
    /// Its primary host left: the session is to end.
    host_gone: bool,
    /// It is waited for.
    host_awaited: bool,
    /// Polled in the order they came until they reach their driver: two writes of one tag keep their order.
    running: FuturesUnordered<BoxFuture<'static, Answered>>,
    /// Filters the broker was asked for, and those it refuses.
    subscribed: Vec<(String, Qos)>,
    refused: Vec<String>,
    report: Report,
    /// While a session is up.
    pulse: Option<Pulse>,
    /// The number of that session's link.
    link: u64,
    started: Instant,
    /// Whether people were told that there is no session.
    told_lost: bool,
}

impl Face {
    pub(super) fn new(unit: &MqttUnit, config: MqttUnitConfig, queue: Queue) -> Self {
        let mut face = Self {
            image: unit.image.clone(),
            commands: unit.commands.clone(),
            events: unit.events.clone(),
            config: config.clone(),
            publisher: Publisher::default(),
            queue,
            orders: Orders::default(),
            discovery: Discovery::default(),
            edge: None,
            host_gone: false,
            host_awaited: false,
            running: FuturesUnordered::new(),
            subscribed: Vec::new(),
            refused: Vec::new(),
            report: Report::default(),
            pulse: None,
            link: 0,
            started: Instant::now(),
            told_lost: false,
        };
        face.take(config);
        face
    }

    /// The tags it wants to hear of. Setting this interest makes the image announce a change of the schema, and with
    /// that the publications are made anew.
    pub(super) fn interest(&self) -> Interest {
        interest(&self.config.connection.publications)
    }

    pub(super) fn is_connected(&self) -> bool {
        self.pulse.is_some()
    }

    fn take(&mut self, config: MqttUnitConfig) {
        self.report.status.url = config.connection.broker.to_string();
        self.queue.configure(&config.connection);
        self.orders.configure(&config.appliance, &config.connection.subscriptions);
        self.discovery.configure(&config.connection, &config.appliance);
        if let Some(name) = self.orders.talks_to_itself() {
            let sentence =
                format!("the answers of subscription `{name}` would be taken for commands; they are not sent");
            tracing::warn!(connection = %config.connection.identity.name, "{sentence}");
            self.report.status.last_error = Some(sentence);
        }
        self.config = config;
        self.take_edge();
    }

    /// Other settings, for the next session or for the open one.
    pub(super) fn configure(&mut self, config: MqttUnitConfig, session: Option<&mut Session>, ctx: &UnitContext) {
        let birth = self.birth();
        let asked = self.orders.questions();
        self.take(config);
        let Some(session) = session.filter(|_| self.is_connected()) else { return };
        if let Some(news) = self.birth().filter(|now| Some(now) != birth.as_ref()) {
            session.say(news, &mut self.report.status);
        }
        let wanted = self.wanted();
        let fresh: Vec<_> = wanted.iter().filter(|filter| !self.subscribed.contains(filter)).cloned().collect();
        session.subscribe(&fresh);
        for question in self.orders.questions().into_iter().filter(|question| !asked.contains(question)) {
            session.say(question, &mut self.report.status);
        }
        self.unsubscribe(session, wanted, ctx);
    }

    /// The topic filters to subscribe to, each once.
    fn wanted(&self) -> Vec<(String, Qos)> {
        let mut wanted = self.orders.wanted();
        wanted.extend(self.edge.iter().flat_map(Edge::filters).map(|filter| (filter, Qos::AtLeastOnce)));
        for (topic, qos) in request_topics(&self.config.connection.publications, &self.config.appliance) {
            // Never one of the commands' filters, by the rules of the settings.
            if !wanted.iter().any(|(known, _)| *known == topic) {
                wanted.push((topic, qos));
            }
        }
        wanted.extend(self.discovery.filter());
        wanted
    }

    /// Tells the broker of what is not wanted any more.
    fn unsubscribe(&mut self, session: &Session, wanted: Vec<(String, Qos)>, ctx: &UnitContext) {
        let old = std::mem::replace(&mut self.subscribed, wanted);
        let gone = |text: &String| !self.subscribed.iter().any(|(wanted, _)| wanted == text);
        let gone: Vec<String> = old.into_iter().map(|(text, _)| text).filter(gone).collect();
        session.unsubscribe(&gone);
        self.refused.retain(|text| !gone.contains(text));
        self.set_health(ctx);
    }

    fn birth(&self) -> Option<Notice> {
        self.config.connection.birth.as_ref().map(|birth| Notice::of(birth, &self.config.appliance))
    }

    /// Of a connection that has a session.
    fn set_health(&self, ctx: &UnitContext) {
        if let Some(host) = self.edge.as_ref().and_then(Edge::waits_for) {
            let broker = &self.config.connection.broker;
            return ctx.set_health(Health::Degraded(format!(
                "{broker}: connected, and silent until the primary host `{host}` is online"
            )));
        }
        ctx.set_health(standing(&self.config.connection, &self.refused, self.queue.trouble()));
    }

    /// A session is up; `resumed` when the broker kept an older one, and with it what is in flight.
    pub(super) fn connected(
        &mut self,
        session: &mut Session,
        resumed: bool,
        (link, bd_seq): (u64, Option<u8>),
        ctx: &UnitContext,
    ) {
        if !resumed {
            // Acknowledgements that came before the end count; the rest has been forgotten by the broker.
            while let Some(settled) = session.try_settled() {
                self.count(&settled);
            }
            self.queue.return_all();
        }
        self.link = link;
        self.pulse = Some(Pulse::new(self.config.connection.keep_alive, Instant::now()));
        self.report.status.connected = true;
        self.report.status.connects += 1;
        if let Some(birth) = self.birth() {
            session.say(birth, &mut self.report.status);
        }
        if let (Some(edge), Some(bd_seq)) = (&mut self.edge, bd_seq) {
            edge.connected(bd_seq);
            // What was gathered before the birth is of the past.
            self.publisher.close_batches();
        }
        // The broker may have kept an older session, with filters of then; asking again for those it has does no harm.
        self.refused.clear();
        let wanted = self.wanted();
        self.discovery.connected();
        self.announce();
        session.subscribe(&wanted);
        for question in self.orders.questions() {
            session.say(question, &mut self.report.status);
        }
        self.unsubscribe(session, wanted, ctx);
        self.publisher.wall_clock(Instant::now(), clock::unix_ms());
        let queue = &self.queue;
        self.publisher.connected(Instant::now(), |record| queue.is_open(record));
        self.show_now(ctx);
        tracing::info!(connection = %self.name(), broker = %self.config.connection.broker, "connected");
    }

    /// The session is gone, or could not be made.
    pub(super) fn lost(&mut self, reason: String, ctx: &UnitContext) {
        let again = self.report.status.last_error.as_ref() == Some(&reason);
        let early = self.report.status.connects == 0 && self.started.elapsed() < GRACE;
        if early || (again && self.told_lost && !self.is_connected()) {
            tracing::debug!(connection = %self.name(), %reason, "still not connected");
        } else {
            tracing::warn!(connection = %self.name(), %reason, "not connected");
        }
        self.told_lost = !early;
        self.left(ctx);
        self.report.status.last_error = Some(reason.clone());
        self.show_now(ctx);
        if !early {
            ctx.set_health(Health::Degraded(reason));
        }
    }

    /// There is no session.
    pub(super) fn left(&mut self, ctx: &UnitContext) {
        self.pulse = None;
        self.host_gone = false;
        if let Some(edge) = &mut self.edge {
            edge.lost();
        }
        self.report.status.connected = false;
        self.publisher.disconnected();
        self.show_now(ctx);
    }

    /// The session is over for good, with whatever it still held.
    pub(super) fn session_over(&mut self) {
        self.queue.return_all();
        self.queue.ledger.lose_loose();
    }

    fn show_now(&mut self, ctx: &UnitContext) {
        let now = Instant::now();
        self.take_figures(now);
        self.report.show_now(ctx, now);
    }

    fn take_figures(&mut self, now: Instant) {
        self.report.status.queue = self.queue.shown(clock::unix_ms(), now);
        self.report.status.ledger = self.queue.ledger.shown();
    }

    /// A request to the broker ended.
    pub(super) fn settled(&mut self, settled: Settled, session: &mut Session, ctx: &UnitContext) {
        let mut next = Some(settled);
        while let Some(settled) = next {
            if let (Settled::Subscribe(_), Some(edge)) = (&settled, &mut self.edge) {
                edge.subscribed();
            }
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
        if let (Some(edge), Settled::Publish { result: Err(NotDone::Refused(_)), delivery, .. }) =
            (&mut self.edge, settled)
            && *delivery != Delivery::Notice
        {
            // Its `seq` will be missed.
            edge.ask_births(Instant::now());
        }
        count(settled, &mut self.report.status, &mut self.queue, &mut self.pulse);
    }

    fn heard(&mut self) {
        if let Some(pulse) = &mut self.pulse {
            pulse.heard(Instant::now());
        }
    }

    /// Says something that is no publication.
    pub(super) fn say(&mut self, notice: Notice, session: &mut Session) {
        session.say(notice, &mut self.report.status);
    }

    /// Sends answers that wait for room.
    pub(super) fn say_waiting(&mut self, session: &mut Session) {
        session.say_waiting(&mut self.report.status);
    }

    /// The image changed.
    pub(super) fn changed(&mut self, changed: &Changed) {
        let now = Instant::now();
        if changed.schema {
            let publications = &self.config.connection.publications;
            let queue = &mut self.queue;
            self.publisher.configure(&self.config.appliance, publications, &self.image.defs(), now, |publication| {
                (queue.slot(source_of(publication)), queue.keeps(publication.qos))
            });
            self.show_devices();
        }
        let watched = |cell: &u32| self.edge.as_ref().is_some_and(|edge| edge.concerns(*cell));
        let concerns = |cell: &u32| self.publisher.concerns(*cell) || watched(cell);
        let cells: Vec<u32> = changed.cells.iter().copied().filter(concerns).collect();
        if !cells.is_empty() {
            let views = self.image.cells(&cells);
            self.publisher.changed(&views, now);
            if let Some(edge) = &mut self.edge {
                edge.changed(&views);
            }
        }
        if changed.schema {
            self.publisher.watch(&self.image, now);
            self.announce();
        }
    }

    fn announce(&mut self) {
        let defs = self.image.defs();
        let MqttUnitConfig { appliance, connection } = &self.config;
        self.discovery.update(connection, appliance, defs.iter().map(|(_, def)| def.as_ref()));
    }

    /// The tags of which every reading counts.
    pub(super) fn tapped_interest(&self) -> Interest {
        tapped(&self.config.connection.publications)
    }

    /// Readings of those tags.
    pub(super) fn tapped(&mut self, tapped: Tapped) {
        self.publisher.tapped(tapped, &self.image, Instant::now());
    }

    /// When [`Face::alarm`] has something to do.
    pub(super) fn due(&self) -> Option<Instant> {
        let pulse = self.pulse.as_ref().map(Pulse::due);
        let edge = self.edge.as_ref().and_then(Edge::due);
        let dues = [self.publisher.next_due(), self.queue.due(), self.report.due_with_queue(), pulse, edge];
        dues.into_iter().flatten().min()
    }

    /// Does what is due; false when the broker has stopped answering.
    pub(super) fn alarm(&mut self, session: &Session, ctx: &UnitContext) -> bool {
        let now = Instant::now();
        self.publisher.wall_clock(now, clock::unix_ms());
        self.publisher.tick(now);
        if let Some(edge) = &mut self.edge {
            edge.tick(now);
        }
        let stamp = clock::now();
        self.queue.tick(now, clock::is_sensible(stamp).then_some(stamp.unix_ms));
        if self.report.due_with_queue().is_some_and(|due| due <= now) {
            self.take_figures(now);
            self.report.show_now(ctx, now);
        }
        match self.pulse.as_mut().map_or(Beat::Fine, |pulse| pulse.check(now)) {
            Beat::Fine => true,
            Beat::Ask => {
                session.ask_for_a_sign();
                true
            }
            Beat::Dead => {
                let broker = &self.config.connection.broker;
                self.lost(format!("{broker}: the broker takes messages and answers nothing"), ctx);
                false
            }
        }
    }

    /// Hands on what is ready: to the queue, from it to the session, and from it to its file.
    pub(super) fn flush(&mut self, session: &mut Session, keeper: &mut Keeper) {
        let up = self.is_connected() && session.is_on(self.link);
        let now = Instant::now();
        if up {
            session.say_waiting(&mut self.report.status);
            while session.listens()
                && let Some(news) = self.discovery.next()
            {
                session.say(news, &mut self.report.status);
            }
        }
        let status = &mut self.report.status;
        if self.publisher.has_ready() {
            let stamp = clock::now();
            let edge = self.edge.as_mut();
            let out = &mut Out { session, up, queue: &mut self.queue, edge, status, now, stamp };
            self.publisher.flush(&self.image, out, now, stamp);
        }
        if up && !self.host_gone {
            self.send_waiting(session, now);
        }
        if keeper.is_idle()
            && let Some(job) = self.queue.work(now)
        {
            keeper.begin(job);
        }
        let status = &mut self.report.status;
        status.in_flight = session.in_flight();
        status.dropped = self.publisher.dropped();
        status.queue.records = self.queue.records();
    }

    /// Sends what waits in the queue, as far as there is room.
    fn send_waiting(&mut self, session: &mut Session, now: Instant) {
        if self.edge.is_some() {
            return self.send_data(session, now);
        }
        let status = &mut self.report.status;
        // The next record may be of either quality: the narrower room is asked for.
        while session.has_room(Qos::ExactlyOnce) {
            let sent = self.queue.send_next(|record, ticket, beside| {
                let (payload, retain) =
                    if beside { (marked(&record.payload), false) } else { (record.payload.clone(), record.retain) };
                let topic = record.topic.as_ref().to_owned();
                let (qos, correlation, carried) = (record.qos, None, None);
                let message = Outgoing { topic, payload, qos, retain, correlation, expires: true, carried };
                let taken = session.publish(message, Delivery::Record(ticket), status);
                if taken { Handed::Taken } else { Handed::NotNow }
            });
            if !sent {
                break;
            }
        }
    }

    /// Makes messages of what still waits for company, before a session is left.
    pub(super) fn close_batches(&mut self, session: &mut Session, keeper: &mut Keeper) {
        self.publisher.close_batches();
        self.flush(session, keeper);
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
            tracing::error!(connection = %self.name(), "{trouble}");
        }
    }

    fn name(&self) -> String {
        format!("mqtt/{}", self.config.connection.identity.name)
    }
}
