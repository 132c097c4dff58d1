//! What a client of a broker keeps of its sessions and of what became of messages: alike for publications and for bridges.

use super::client::NotDone;
use super::pulse::{Beat, Pulse};
use super::queue::Queue;
use super::queue::keeper::{Done, Keeper};
use super::queue::ledger::Loss;
use super::report::Report;
use super::session::{Delivery, Session, Settled};
use crate::config::mqtt::ConnectionConfig;
use crate::config::mqtt_tls::TlsConfig;
use crate::config::publication::Qos;
use crate::platform::clock;
use crate::runtime::unit::{Health, UnitContext};
use std::time::Duration;
use tokio::time::Instant;

/// A broker on this host may start at the same time: until then a first session that fails is no news.
const GRACE: Duration = Duration::from_secs(1);

/// The queue, the figures, and how it stands with the session.
pub(super) struct Books {
    pub(super) queue: Queue,
    pub(super) report: Report,
    /// While a session is up.
    pulse: Option<Pulse>,
    /// The number of that session's link.
    link: u64,
    /// Filters the broker was asked for, and those it refuses.
    pub(super) subscribed: Vec<(String, Qos)>,
    refused: Vec<String>,
    started: Instant,
    /// Whether people were told that there is no session.
    told_lost: bool,
}

impl Books {
    pub(super) fn new(queue: Queue) -> Self {
        Self {
            queue,
            report: Report::default(),
            pulse: None,
            link: 0,
            subscribed: Vec::new(),
            refused: Vec::new(),
            started: Instant::now(),
            told_lost: false,
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.pulse.is_some()
    }

    /// The number of the link of the session that is up, or was last.
    pub(super) fn link(&self) -> u64 {
        self.link
    }

    /// Whether what is handed to the session now goes out by the link that is known to be up.
    pub(super) fn is_up(&self, session: &Session) -> bool {
        self.is_connected() && session.is_on(self.link)
    }

    /// A session is up; `resumed` when the broker kept an older one, and with it what is in flight.
    pub(super) fn connected(&mut self, session: &mut Session, resumed: bool, link: u64, keep_alive: Duration) {
        if !resumed {
            // Acknowledgements that came before the end count; the rest has been forgotten by the broker.
            while let Some(settled) = session.try_settled() {
                self.count(&settled);
            }
            self.queue.return_all();
        }
        session.begin();
        self.link = link;
        self.pulse = Some(Pulse::new(keep_alive, Instant::now()));
        self.report.status.connected = true;
        self.report.status.connects += 1;
        self.refused.clear();
    }

    /// Asks the broker for what is wanted and not asked for yet, or `anew` for all: it may have kept an older session, with
    /// filters of then, and asking again for those it has does no harm. Takes back what is not wanted.
    pub(super) fn subscribe(&mut self, session: &mut Session, wanted: Vec<(String, Qos)>, anew: bool) {
        let old = std::mem::replace(&mut self.subscribed, wanted);
        let fresh = self.subscribed.iter().filter(|filter| anew || !old.contains(filter));
        session.subscribe(&fresh.cloned().collect::<Vec<_>>());
        let gone = |text: &String| !self.subscribed.iter().any(|(wanted, _)| wanted == text);
        let gone: Vec<String> = old.into_iter().map(|(text, _)| text).filter(gone).collect();
        session.unsubscribe(&gone);
        self.refused.retain(|text| !gone.contains(text));
    }

    /// How a connection is that has a session.
    pub(super) fn standing(&self, connection: &ConnectionConfig) -> Health {
        let broker = &connection.broker;
        match (self.refused.first(), self.queue.trouble()) {
            (Some(filter), _) => {
                Health::Degraded(format!("{broker}: the broker refuses the subscription to `{filter}`"))
            }
            (None, Some(trouble)) => Health::Degraded(trouble.to_owned()),
            (None, None) if connection.tls.as_ref().is_some_and(TlsConfig::trusts_anybody) => {
                Health::Degraded(format!(
                    "{broker}: connected, but the broker's certificate is not checked (`insecure`): anybody on the way can \
                 read and change what is sent"
                ))
            }
            (None, None) => Health::Up,
        }
    }

    /// Logs that the session is gone, or could not be made; the same reason once.
    pub(super) fn tell_lost(&mut self, who: &str, reason: &str) {
        let again = self.report.status.last_error.as_deref() == Some(reason);
        let early = self.report.status.connects == 0 && self.started.elapsed() < GRACE;
        if early || (again && self.told_lost && !self.is_connected()) {
            tracing::debug!(connection = who, reason, "still not connected");
        } else {
            tracing::warn!(connection = who, reason, "not connected");
        }
        self.told_lost = !early;
    }

    /// There is no session.
    pub(super) fn left(&mut self, ctx: &UnitContext) {
        self.pulse = None;
        self.report.status.connected = false;
        self.show(ctx);
    }

    /// Shows why there is none, once [`Books::tell_lost`] has told it.
    pub(super) fn blame(&mut self, reason: String, ctx: &UnitContext) {
        self.report.status.last_error = Some(reason.clone());
        self.show(ctx);
        if self.told_lost {
            ctx.set_health(Health::Degraded(reason));
        }
    }

    /// The session is over for good, with whatever it still held.
    pub(super) fn session_over(&mut self) {
        self.queue.return_all();
        self.queue.ledger.lose_loose();
    }

    /// Whether this is the news that the broker refuses a subscription; noted then.
    pub(super) fn is_refused(&mut self, settled: &Settled) -> bool {
        let Settled::Subscribe(refused) = settled else { return false };
        let Some(filter) = refused.first() else { return false };
        self.report.status.last_error = Some(format!("the broker refuses the subscription to `{filter}`"));
        self.refused.extend_from_slice(refused);
        true
    }

    /// Counts how a request ended.
    pub(super) fn count(&mut self, settled: &Settled) {
        let (status, queue) = (&mut self.report.status, &mut self.queue);
        let mut heard = true;
        match settled {
            Settled::Publish { result: Err(NotDone::Refused(why)), delivery, .. } => {
                status.failed += 1;
                status.last_error = Some((*why).to_owned());
                match delivery {
                    Delivery::Record(ticket) => queue.give_up(*ticket, Loss::Refused),
                    Delivery::Loose(slot) => queue.ledger.refuse_loose(*slot),
                    Delivery::Notice => (),
                }
            }
            Settled::Publish { result, qos, delivery: Delivery::Record(ticket), .. } => {
                status.acknowledged += u64::from(result.is_ok());
                queue.settled(*ticket, result.is_ok());
                heard = result.is_ok() && !self.wrote(*qos);
            }
            Settled::Publish { result: Ok(()), qos, delivery, .. } => {
                status.acknowledged += 1;
                if let Delivery::Loose(slot) = delivery {
                    queue.ledger.settle_loose(*slot, true);
                }
                heard = !self.wrote(*qos);
            }
            Settled::Publish { result: Err(NotDone::Lost(error)), delivery, .. } => {
                status.failed += 1;
                if let Delivery::Loose(slot) = delivery {
                    queue.ledger.settle_loose(*slot, false);
                }
                status.last_error = Some(format!("a message was lost with its session: {error}"));
                heard = false;
            }
            Settled::Subscribe(_) | Settled::Sign(true) => (),
            Settled::Sign(false) => heard = false,
        }
        if heard {
            self.heard();
        }
    }

    /// Whether a message of this quality went out while a session is up: then only its writing is known, no answer.
    fn wrote(&mut self, qos: Qos) -> bool {
        let pulse = self.pulse.as_mut().filter(|_| qos == Qos::AtMostOnce);
        pulse.map(Pulse::wrote).is_some()
    }

    /// The broker has shown that it lives.
    pub(super) fn heard(&mut self) {
        if let Some(pulse) = &mut self.pulse {
            pulse.heard(Instant::now());
        }
    }

    /// Shows all figures now.
    pub(super) fn show(&mut self, ctx: &UnitContext) {
        let now = Instant::now();
        self.report.status.queue = self.queue.shown(clock::unix_ms(), now);
        self.report.status.ledger = self.queue.ledger.shown();
        self.report.show_now(ctx, now);
    }

    /// When [`Books::tick`] or [`Books::answers`] have something to do.
    pub(super) fn due(&self) -> Option<Instant> {
        let pulse = self.pulse.as_ref().map(Pulse::due);
        [self.queue.due(), self.report.due_with_queue(), pulse].into_iter().flatten().min()
    }

    /// What the queue and the figures have to do now and then.
    pub(super) fn tick(&mut self, now: Instant, ctx: &UnitContext) {
        let stamp = clock::now();
        self.queue.tick(now, clock::is_sensible(stamp).then_some(stamp.unix_ms));
        if self.report.due_with_queue().is_some_and(|due| due <= now) {
            self.show(ctx);
        }
    }

    /// False when the broker has stopped answering; it is asked before that is believed.
    pub(super) fn answers(&mut self, session: &mut Session, now: Instant) -> bool {
        match self.pulse.as_mut().map_or(Beat::Fine, |pulse| pulse.check(now)) {
            Beat::Fine => true,
            Beat::Ask => {
                session.ask_for_a_sign();
                true
            }
            Beat::Dead => false,
        }
    }

    /// Gives the queue's file its next work, and notes what waits and what is on its way.
    pub(super) fn keep(&mut self, session: &Session, keeper: &mut Keeper, now: Instant) {
        if keeper.is_idle()
            && let Some(job) = self.queue.work(now)
        {
            keeper.begin(job);
        }
        let status = &mut self.report.status;
        status.in_flight = session.in_flight();
        status.queue.records = self.queue.records();
    }

    /// The queue's file has done what it was asked.
    pub(super) fn stored(&mut self, done: Done) {
        self.queue.complete(done, Instant::now());
        self.report.status.queue.trouble = self.queue.trouble().map(str::to_owned);
    }

    /// Writes what waits, before the unit ends: as far as the disk takes it.
    pub(super) async fn store(&mut self, who: &str, keeper: Keeper) {
        if let Err(trouble) = self.queue.store(keeper).await {
            tracing::error!(connection = who, "{trouble}");
        }
    }
}

/// What is said of a broker that [`Books::answers`] finds dead.
pub(super) fn mute(connection: &ConnectionConfig) -> String {
    format!("{}: the broker takes messages and answers nothing", connection.broker)
}
