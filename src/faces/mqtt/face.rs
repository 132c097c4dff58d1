//! What a connection does, event by event. The loop that waits is the unit's.

use super::command::{Order, Orders, Refusal, Verdict};
use super::publisher::{Publisher, interest};
use super::pulse::{Beat, Pulse};
use super::report::Report;
use super::session::{Out, Session, Settled};
use super::wire::Notice;
use super::{MqttUnit, MqttUnitConfig};
use crate::config::publication::Qos;
use crate::platform::clock;
use crate::runtime::changes::{Changed, Interest};
use crate::runtime::commands::{Asker, Commands, WriteError};
use crate::runtime::events::{Category, Event, Events, Outcome};
use crate::runtime::image::Reader;
use crate::runtime::unit::{Health, UnitContext};
use crate::tag::value::Value;
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use rumqttc::Publish;
use std::time::Duration;
use tokio::time::Instant;

/// Commands that wait for the field at once; more are refused, as a driver's full inbox would.
const RUNNING: usize = 128;

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
    orders: Orders,
    /// Polled in the order they came until they reach their driver: two writes of one tag keep their order.
    running: FuturesUnordered<BoxFuture<'static, Answered>>,
    /// Filters the broker was asked for, and those it refuses.
    subscribed: Vec<(String, Qos)>,
    refused: Vec<String>,
    report: Report,
    /// While a session is up.
    pulse: Option<Pulse>,
    started: Instant,
    /// Whether people were told that there is no session.
    told_lost: bool,
}

impl Face {
    pub(super) fn new(unit: &MqttUnit, config: MqttUnitConfig) -> Self {
        let mut face = Self {
            image: unit.image.clone(),
            commands: unit.commands.clone(),
            events: unit.events.clone(),
            config: config.clone(),
            publisher: Publisher::default(),
            orders: Orders::default(),
            running: FuturesUnordered::new(),
            subscribed: Vec::new(),
            refused: Vec::new(),
            report: Report::default(),
            pulse: None,
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
        self.orders.configure(&config.appliance, &config.connection.subscriptions);
        if let Some(name) = self.orders.talks_to_itself() {
            let sentence =
                format!("the answers of subscription `{name}` would be taken for commands; they are not sent");
            tracing::warn!(connection = %config.connection.identity.name, "{sentence}");
            self.report.status.last_error = Some(sentence);
        }
        self.config = config;
    }

    /// Other settings, for the next session or for the open one.
    pub(super) fn configure(&mut self, config: MqttUnitConfig, session: Option<&mut Session>, ctx: &UnitContext) {
        let birth = self.birth();
        self.take(config);
        let Some(session) = session.filter(|_| self.is_connected()) else { return };
        if let Some(news) = self.birth().filter(|now| Some(now) != birth.as_ref()) {
            session.say(news, &mut self.report.status);
        }
        let wanted = self.orders.wanted();
        let fresh: Vec<_> = wanted.iter().filter(|filter| !self.subscribed.contains(filter)).cloned().collect();
        session.subscribe(&fresh);
        self.unsubscribe(session, wanted, ctx);
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

    fn set_health(&self, ctx: &UnitContext) {
        match self.refused.first() {
            None => ctx.set_health(Health::Up),
            Some(filter) => {
                let broker = &self.config.connection.broker;
                ctx.set_health(Health::Degraded(format!(
                    "{broker}: the broker refuses the subscription to `{filter}`"
                )));
            }
        }
    }

    /// A session is up.
    pub(super) fn connected(&mut self, session: &mut Session, ctx: &UnitContext) {
        self.pulse = Some(Pulse::new(self.config.connection.keep_alive, Instant::now()));
        self.report.status.connected = true;
        self.report.status.connects += 1;
        if let Some(birth) = self.birth() {
            session.say(birth, &mut self.report.status);
        }
        // The broker may have kept an older session, with filters of then; asking again for those it has does no harm.
        self.refused.clear();
        let wanted = self.orders.wanted();
        session.subscribe(&wanted);
        self.unsubscribe(session, wanted, ctx);
        self.publisher.wall_clock(Instant::now(), clock::unix_ms());
        self.publisher.connected(Instant::now());
        self.report.show_now(ctx, Instant::now());
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
        self.report.show_now(ctx, Instant::now());
        if !early {
            ctx.set_health(Health::Degraded(reason));
        }
    }

    /// There is no session.
    pub(super) fn left(&mut self, ctx: &UnitContext) {
        self.pulse = None;
        self.report.status.connected = false;
        self.publisher.disconnected();
        self.report.show_now(ctx, Instant::now());
    }

    /// The next command that was carried out; never while none is. Cancel-safe.
    pub(super) async fn next_answer(&mut self) -> Answered {
        match self.running.next().await {
            Some(answered) => answered,
            None => std::future::pending().await,
        }
    }

    pub(super) fn is_writing(&self) -> bool {
        !self.running.is_empty()
    }

    pub(super) fn answered(&mut self, (order, result): Answered, session: &mut Session) {
        self.report.status.refused += u64::from(result.is_err());
        if let Some(answer) = self.orders.answer(order, &result, Instant::now()) {
            session.say(answer, &mut self.report.status);
        }
    }

    /// A message on one of our subscriptions.
    pub(super) fn message(&mut self, message: &Publish, session: &mut Session) {
        self.heard();
        let Ok(topic) = std::str::from_utf8(&message.topic) else { return };
        let (now, stamp) = (Instant::now(), clock::now());
        let verdict = self.orders.judge(topic, &message.payload, message.retain, now, stamp);
        let asker = Asker { source: self.name(), actor: topic.to_owned(), unix_ms: stamp.unix_ms };
        self.report.status.received += u64::from(!matches!(verdict, Verdict::Ignore));
        match verdict {
            Verdict::Ignore | Verdict::Repeat(None) => (),
            Verdict::Repeat(Some(answer)) => session.say(answer, &mut self.report.status),
            Verdict::Refuse(refusal) => self.refuse(refusal, asker, session),
            Verdict::Write(order) if RUNNING <= self.running.len() => {
                // As if the driver had said it: the id may try again.
                self.answered((order, Err(WriteError::Busy)), session);
            }
            Verdict::Write(order) => {
                let commands = self.commands.clone();
                let write = async move {
                    let result = commands.write(&order.tag, order.attribute, order.value.clone(), asker).await;
                    (order, result)
                };
                self.running.push(write.boxed());
            }
        }
    }

    fn refuse(&mut self, refusal: Refusal, asker: Asker, session: &mut Session) {
        self.report.status.refused += 1;
        self.events.tell(Event {
            unix_ms: asker.unix_ms,
            source: asker.source,
            category: Category::Command,
            subject: refusal.subject,
            actor: asker.actor,
            result: Outcome::Refused,
            detail: refusal.why,
        });
        if let Some(answer) = refusal.answer {
            session.say(answer, &mut self.report.status);
        }
    }

    /// A request to the broker ended.
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
        let status = &mut self.report.status;
        match settled {
            Settled::Publish { result: Ok(()), qos, .. } => {
                status.acknowledged += 1;
                match &mut self.pulse {
                    Some(pulse) if *qos == Qos::AtMostOnce => pulse.wrote(),
                    _ => self.heard(),
                }
            }
            Settled::Publish { result: Err(error), .. } => {
                status.failed += 1;
                status.last_error = Some(format!("a message was lost with its session: {error}"));
            }
            Settled::Subscribe(_) | Settled::Sign(true) => self.heard(),
            Settled::Sign(false) => (),
        }
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
            self.publisher.configure(&self.config.appliance, publications, &self.image.defs(), now);
        }
        let cells: Vec<u32> = changed.cells.iter().copied().filter(|cell| self.publisher.concerns(*cell)).collect();
        if !cells.is_empty() {
            self.publisher.changed(&self.image.cells(&cells), now);
        }
        self.publisher.watch(&self.image, changed, now);
    }

    /// When [`Face::alarm`] has something to do.
    pub(super) fn due(&self) -> Option<Instant> {
        let pulse = self.pulse.as_ref().map(Pulse::due);
        self.publisher.next_due().into_iter().chain(self.report.due()).chain(pulse).min()
    }

    /// Does what is due; false when the broker has stopped answering.
    pub(super) fn alarm(&mut self, session: &Session, ctx: &UnitContext) -> bool {
        let now = Instant::now();
        self.publisher.wall_clock(now, clock::unix_ms());
        self.publisher.tick(now);
        self.report.show(ctx, now);
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

    /// Hands on what is ready.
    pub(super) fn flush(&mut self, session: &mut Session) {
        if self.is_connected() {
            session.say_waiting(&mut self.report.status);
            if self.publisher.has_ready() {
                let out = &mut Out(session, &mut self.report.status);
                self.publisher.flush(&self.image, out, Instant::now(), clock::now());
            }
        }
        self.report.status.in_flight = session.in_flight();
        self.report.status.dropped = self.publisher.dropped();
    }

    fn name(&self) -> String {
        format!("mqtt/{}", self.config.connection.identity.name)
    }
}
