//! What a connection does, event by event. The loop that waits is the unit's.

mod commands;
mod edge;

use super::books::{Books, mute};
use super::client::{NotDone, Outgoing};
use super::command::{Order, Orders};
use super::discovery::Discovery;
use super::edge::Edge;
use super::pace::{AHEAD, Pace};
use super::publisher::{Publisher, interest, request_topics, tapped};
use super::queue::keeper::{Done, Keeper};
use super::queue::ledger::source_of;
use super::queue::{Handed, Queue, marked};
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
use tokio::time::Instant;

/// A command that was carried out, or not.
pub(super) type Answered = (Order, Result<Value, WriteError>);

/// All of a connection but its socket.
pub(super) struct Face {
    image: Reader,
    commands: Commands,
    events: Events,
    config: MqttUnitConfig,
    publisher: Publisher,
    books: Books,
    pace: Pace,
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
}

impl Face {
    pub(super) fn new(unit: &MqttUnit, config: MqttUnitConfig, queue: Queue) -> Self {
        let mut face = Self {
            image: unit.image.clone(),
            commands: unit.commands.clone(),
            events: unit.events.clone(),
            config: config.clone(),
            publisher: Publisher::default(),
            books: Books::new(queue),
            pace: Pace::default(),
            orders: Orders::default(),
            discovery: Discovery::default(),
            edge: None,
            host_gone: false,
            host_awaited: false,
            running: FuturesUnordered::new(),
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
        self.books.is_connected()
    }

    fn take(&mut self, config: MqttUnitConfig) {
        self.books.report.status.url = config.connection.broker.to_string();
        self.books.queue.configure(&config.connection);
        self.orders.configure(&config.appliance, &config.connection.subscriptions);
        self.discovery.configure(&config.connection, &config.appliance);
        if let Some(name) = self.orders.talks_to_itself() {
            let sentence =
                format!("the answers of subscription `{name}` would be taken for commands; they are not sent");
            tracing::warn!(connection = %config.connection.identity.name, "{sentence}");
            self.books.report.status.last_error = Some(sentence);
        }
        self.config = config;
        self.take_edge();
    }

    /// Other settings, for the next session or for the open one.
    pub(super) fn configure(&mut self, config: MqttUnitConfig, session: Option<&mut Session>, ctx: &UnitContext) {
        let birth = self.birth();
        self.take(config);
        let Some(session) = session.filter(|_| self.is_connected()) else { return };
        if let Some(news) = self.birth().filter(|now| Some(now) != birth.as_ref()) {
            session.say(news, &mut self.books.report.status);
        }
        self.books.subscribe(session, self.wanted(), false);
        self.ask();
        self.set_health(ctx);
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
        if let Some(filter) = self.config.connection.complaints()
            && !wanted.iter().any(|(known, _)| *known == filter)
        {
            wanted.push((filter, Qos::AtMostOnce));
        }
        wanted
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
        ctx.set_health(self.books.standing(&self.config.connection));
    }

    /// A session is up; `resumed` when the broker kept an older one, and with it what is in flight.
    pub(super) fn connected(
        &mut self,
        session: &mut Session,
        resumed: bool,
        (link, bd_seq): (u64, Option<u8>),
        ctx: &UnitContext,
    ) {
        self.books.connected(session, resumed, link, self.config.connection.keep_alive);
        if let Some(birth) = self.birth() {
            session.say(birth, &mut self.books.report.status);
        }
        if let (Some(edge), Some(bd_seq)) = (&mut self.edge, bd_seq) {
            edge.connected(bd_seq);
            // What was gathered before the birth is of the past.
            self.publisher.close_batches();
        }
        self.discovery.connected();
        self.announce();
        self.books.subscribe(session, self.wanted(), true);
        self.orders.connected();
        self.ask();
        self.set_health(ctx);
        self.publisher.wall_clock(Instant::now(), clock::unix_ms());
        let queue = &self.books.queue;
        self.publisher.connected(Instant::now(), |record| queue.is_open(record));
        self.books.show(ctx);
        tracing::info!(connection = %self.name(), broker = %self.config.connection.broker, "connected");
    }

    /// The session is gone, or could not be made.
    pub(super) fn lost(&mut self, reason: String, ctx: &UnitContext) {
        self.books.tell_lost(&self.name(), &reason);
        self.left(ctx);
        self.books.blame(reason, ctx);
    }

    /// There is no session.
    pub(super) fn left(&mut self, ctx: &UnitContext) {
        self.host_gone = false;
        if let Some(edge) = &mut self.edge {
            edge.lost();
        }
        self.publisher.disconnected();
        self.books.left(ctx);
    }

    /// The session is over for good, with whatever it still held.
    pub(super) fn session_over(&mut self) {
        self.books.session_over();
    }

    /// A request to the broker ended.
    pub(super) fn settled(&mut self, settled: Settled, session: &mut Session, ctx: &UnitContext) {
        let mut next = Some(settled);
        while let Some(settled) = next {
            if let (Settled::Subscribe(_), Some(edge)) = (&settled, &mut self.edge) {
                edge.subscribed();
            }
            if self.books.is_refused(&settled) {
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
            edge.has_missed(Instant::now());
        }
        self.books.count(settled);
    }

    /// Says something that is no publication.
    pub(super) fn say(&mut self, notice: Notice, session: &mut Session) {
        session.say(notice, &mut self.books.report.status);
    }

    /// Sends answers that wait for room.
    pub(super) fn say_waiting(&mut self, session: &mut Session) {
        session.say_waiting(&mut self.books.report.status);
    }

    /// The image changed.
    pub(super) fn changed(&mut self, changed: &Changed) {
        let now = Instant::now();
        self.pace.look(now);
        if changed.schema {
            let publications = &self.config.connection.publications;
            let queue = &mut self.books.queue;
            self.publisher.configure(&self.config.appliance, publications, &self.image.defs(), now, |publication| {
                (queue.slot(source_of(publication)), queue.keeps(publication.qos))
            });
            self.show_devices();
        }
        let watched = |cell: &u32| self.edge.as_ref().is_some_and(|edge| edge.concerns(*cell));
        // The publisher last: what it says no to it has counted, and does not see again.
        let concerns = |cell: &u32| watched(cell) || self.publisher.concerns(*cell);
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
            if self.is_connected() {
                self.ask();
            }
        }
    }

    fn ask(&mut self) {
        let defs = self.image.defs();
        self.orders.ask(defs.iter().map(|(_, def)| def.as_ref()));
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

    /// Until when changes wait in the image, because what was made of earlier ones still is to be sent; see [`Pace`].
    pub(super) fn held_back(&self) -> Option<Instant> {
        let sends = self.is_connected() && self.edge.as_ref().is_none_or(Edge::speaks);
        let waits = sends && AHEAD < self.books.queue.waiting() && self.pace.is_behind();
        if waits { self.pace.until(Instant::now()) } else { None }
    }

    /// When [`Face::alarm`] has something to do.
    pub(super) fn due(&self) -> Option<Instant> {
        let edge = self.edge.as_ref().and_then(Edge::due);
        [self.publisher.next_due(), self.books.due(), edge].into_iter().flatten().min()
    }

    /// Does what is due; false when the broker has stopped answering.
    pub(super) fn alarm(&mut self, session: &mut Session, ctx: &UnitContext) -> bool {
        let now = Instant::now();
        self.publisher.wall_clock(now, clock::unix_ms());
        self.publisher.tick(now);
        if let Some(edge) = &mut self.edge {
            edge.tick(now);
        }
        self.books.tick(now, ctx);
        let lives = self.books.answers(session, now);
        if !lives {
            self.lost(mute(&self.config.connection), ctx);
        }
        lives
    }

    /// Hands on what is ready: to the queue, from it to the session, and from it to its file.
    pub(super) fn flush(&mut self, session: &mut Session, keeper: &mut Keeper) {
        let up = self.books.is_up(session);
        let now = Instant::now();
        if up {
            session.say_waiting(&mut self.books.report.status);
            while session.listens()
                && let Some(news) = self.discovery.next()
            {
                session.say(news, &mut self.books.report.status);
            }
            while session.hears()
                && session.listens()
                && let Some(question) = self.orders.next_question()
            {
                session.say(question, &mut self.books.report.status);
            }
        }
        if self.publisher.has_ready() {
            let stamp = clock::now();
            let edge = self.edge.as_mut();
            let Books { queue, report, .. } = &mut self.books;
            let out = &mut Out { session, up, queue, edge, status: &mut report.status, now, stamp };
            let before = out.queue.next_id();
            self.publisher.flush(&self.image, out, now, stamp);
            self.pace.made(self.books.queue.next_id() - before);
        }
        if up && !self.host_gone {
            let before = self.books.queue.waiting();
            self.send_waiting(session, now);
            self.pace.sent(before.saturating_sub(self.books.queue.waiting()));
        }
        self.books.keep(session, keeper, now);
        self.books.report.status.dropped = self.publisher.dropped();
    }

    /// Sends what waits in the queue, as far as there is room.
    fn send_waiting(&mut self, session: &mut Session, now: Instant) {
        if self.edge.is_some() {
            return self.send_data(session, now);
        }
        let Books { queue, report, .. } = &mut self.books;
        while session.has_room(Qos::AtLeastOnce) {
            let sent = queue.send_next(|record, ticket, beside| {
                if !session.has_room(record.qos) {
                    return Handed::NotNow;
                }
                let (payload, retain) =
                    if beside { (marked(&record.payload), false) } else { (record.payload.clone(), record.retain) };
                let topic = record.topic.as_ref().to_owned();
                let (qos, correlation, carried) = (record.qos, None, None);
                let message = Outgoing { topic, payload, qos, retain, correlation, expires: true, carried };
                let taken = session.publish(message, Delivery::Record(ticket), &mut report.status);
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
        self.books.stored(done);
        if self.is_connected() {
            self.set_health(ctx);
        }
    }

    /// Writes what waits, before the unit ends: as far as the disk takes it.
    pub(super) async fn store(&mut self, keeper: Keeper) {
        self.books.store(&self.name(), keeper).await;
    }

    fn name(&self) -> String {
        format!("mqtt/{}", self.config.connection.identity.name)
    }
}
