//! What happens on the broker's own runtime: configuration in, status out, and the evictions in between.

use super::engine::Engine;
use super::gauge::ALL_BYTES;
use super::hub::Hub;
use super::keeper::Keeper;
use super::relay::{Front, converse};
use super::{Broker, BrokerError};
use crate::config::broker::{BrokerConfig, BrokerListener, ListenerTls};
use crate::net::gate::{Caps, Gate};
use crate::net::listeners::{Certified, Listeners, Wanted};
use crate::net::tls::MinVersion;
use crate::runtime::status::{BrokerStatus, Detail};
use crate::runtime::unit::{Health, UnitContext};
use futures::FutureExt as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often the status page's figures are renewed and absent sessions counted.
const HOUSEKEEPING: Duration = Duration::from_secs(1);
/// How often the broker tells of itself, as mosquitto does.
const SYS: Duration = Duration::from_secs(10);
/// How often an address that could not be listened on is tried again.
const RETRY: Duration = Duration::from_secs(5);
/// Between two clients that lose their session for want of memory.
const RELIEF_PAUSE: Duration = Duration::from_millis(250);
/// Messages of bridges that wait to be written.
const WAITING: usize = 1024;
/// Connections beside the places for clients: those that have not logged in. After a power failure all clients of a site
/// come at once, mostly from one address, and must not put each other out; each may hold 80 KiB of a CONNECT.
const STRANGERS: Caps = Caps { total: 256, per_address: 128 };

struct Service {
    ctx: UnitContext,
    hub: Arc<Hub>,
    gate: Gate,
    engine: Engine,
    listeners: Listeners,
    keeper: Keeper,
    began: Instant,
    /// When `$SYS` was told last.
    told: Instant,
    retry: Instant,
    relieved: Instant,
}

pub(super) async fn run(broker: Broker, ctx: UnitContext) -> Result<(), BrokerError> {
    let Broker { mut config, events, door, kept, bridges } = broker;
    let first = config.borrow_and_update().clone();
    let hub = Hub::new(&first, events, bridges);
    let gate = Gate::with_strangers(door, caps(&first), STRANGERS);
    let (to_keeper, asked) = mpsc::channel(WAITING);
    let engine = Engine::start(hub.clone(), kept.clone(), to_keeper).await;
    let engine = engine.map_err(|err| BrokerError::Engine(err.to_string()))?;
    let (to, inner) = (hub.clone(), engine.inner.clone());
    let conversation = move |listener, stop, accepted| {
        let front = Front { hub: to.clone(), inner: inner.clone(), listener, stop };
        converse(Arc::new(front), accepted).boxed()
    };
    let listeners = Listeners::new(gate.clone(), Arc::new(conversation));
    let now = Instant::now();
    let mut service = Service {
        ctx,
        hub,
        gate,
        engine,
        listeners,
        keeper: Keeper::new(kept, asked),
        began: now,
        told: now - SYS,
        retry: now,
        relieved: now,
    };
    let outcome = service.serve(first, config).await;
    service.listeners.close_all().await;
    // Behind it: what bridges had handed over may have to be written.
    service.engine.stop().await;
    service.keeper.finish().await;
    outcome
}

impl Service {
    async fn serve(
        &mut self,
        mut present: BrokerConfig,
        mut config: watch::Receiver<BrokerConfig>,
    ) -> Result<(), BrokerError> {
        self.listen(&present).await;
        if let (Some(failure), true) = (self.listeners.failure(), self.listeners.addresses().is_empty()) {
            return Err(BrokerError::Listen(failure));
        }
        let stop = self.ctx.stop.clone();
        let mut tick = interval(HOUSEKEEPING);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                // Cancel-safe: a change not seen now is seen at the next call. No sender means no more changes.
                Ok(()) = config.changed() => {
                    let next = config.borrow_and_update().clone();
                    self.apply(&present, &next).await?;
                    present = next;
                }
                // Cancel-safe: the list is taken only afterwards, and a notification without a listener is kept.
                () = self.hub.evictions() => self.remove_evicted().await,
                // Cancel-safe, as above.
                () = self.hub.gauge.high() => self.relieve(),
                // Cancel-safe: it holds nothing.
                () = self.engine.ended() => return Err(BrokerError::Engine("the inner listener ended".to_owned())),
                // Cancel-safe: what is being written stays in the keeper.
                () = self.keeper.written() => self.report().await,
                // Cancel-safe: a tick not taken stays due.
                _ = tick.tick() => self.keep_house(&present).await,
            }
        }
    }

    async fn apply(&mut self, present: &BrokerConfig, next: &BrokerConfig) -> Result<(), BrokerError> {
        self.hub.apply(next);
        self.gate.set_caps(caps(next));
        if present.max_message_bytes != next.max_message_bytes {
            self.engine.listen().await.map_err(|err| BrokerError::Engine(err.to_string()))?;
        }
        self.remove_evicted().await;
        self.listen(next).await;
        self.report().await;
        Ok(())
    }

    async fn listen(&mut self, config: &BrokerConfig) {
        let wanted: Vec<Wanted> = config.listeners.iter().map(wanted).collect();
        self.listeners.reconcile(&wanted).await;
        self.retry = Instant::now() + RETRY;
        self.ctx.set_health(match self.listeners.failure() {
            None => Health::Up,
            Some(failure) => Health::Degraded(failure),
        });
    }

    async fn remove_evicted(&self) {
        let clients = self.hub.evicted();
        // All at once: a session that is slow to answer must not keep the others in their rights. What could not be
        // removed stays on the list for the next housekeeping; its connection is closed already.
        futures::future::join_all(clients.iter().map(|client| self.engine.remove(client))).await;
    }

    /// Too much waits for clients: the one most waits for loses its session. One at a time, as its memory takes a
    /// moment to come back; the next alarm or housekeeping looks again.
    fn relieve(&mut self) {
        if self.hub.gauge.total() > ALL_BYTES
            && self.relieved.elapsed() > RELIEF_PAUSE
            && let Some(client) = self.hub.gauge.worst()
        {
            self.hub.refuse(&client, "too much was waiting for it; its session was ended to save memory");
            self.hub.evict(&client);
            self.relieved = Instant::now();
        }
    }

    async fn keep_house(&mut self, config: &BrokerConfig) {
        if self.listeners.any_failed() && self.retry <= Instant::now() {
            self.listen(config).await;
        }
        self.relieve();
        self.hub.evict_excess();
        self.remove_evicted().await;
        self.hub.gauge.sweep();
        self.keeper.begin();
        if SYS <= self.told.elapsed() {
            self.told = Instant::now();
            super::sys::tell(&self.engine, &self.hub, self.began.elapsed()).await;
        }
        self.report().await;
    }

    async fn report(&self) {
        let gate = self.gate.counts();
        let (refused, last) = self.hub.refusals();
        let at_gate = gate.last.map(|(peer, why)| format!("{peer}: {why}"));
        let status = BrokerStatus {
            listeners: self.listeners.addresses(),
            clients: self.hub.clients(),
            absent: u64::try_from(self.hub.sessions().1).unwrap_or(u64::MAX),
            retained: u64::try_from(self.engine.retained().await).unwrap_or(0),
            trouble: self.keeper.trouble().map(str::to_owned),
            messages_in: self.hub.counts.messages_in.load(Ordering::Relaxed),
            messages_out: self.hub.counts.messages_out.load(Ordering::Relaxed),
            dropped: self.hub.counts.dropped.load(Ordering::Relaxed),
            returned: self.hub.bridges.returned(),
            strangers: u64::try_from(gate.strangers).unwrap_or(u64::MAX),
            put_out: gate.put_out,
            refused: refused + gate.not_allowed + gate.full,
            last_refusal: last.or(at_gate),
        };
        let detail = Detail::Broker(Box::new(status));
        self.ctx.detail.send_if_modified(|present| {
            let differs = *present != detail;
            if differs {
                *present = detail;
            }
            differs
        });
    }
}

fn caps(config: &BrokerConfig) -> Caps {
    let (total, per_address) = (STRANGERS.total, STRANGERS.per_address);
    Caps { total: config.max_clients + total, per_address: config.max_clients + per_address }
}

fn wanted(listener: &BrokerListener) -> Wanted {
    let certified = |tls: &ListenerTls| {
        let min_version = if tls.only_tls13 { MinVersion::V13 } else { MinVersion::V12 };
        // A listener in hand has its certificate: without one the configuration leaves it out.
        tls.pair.clone().map(|pair| Certified { pair, min_version, client_ca: None })
    };
    Wanted { address: listener.address, tls: listener.tls.as_ref().and_then(certified) }
}
