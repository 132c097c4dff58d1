//! The Modbus/TCP server: the image as registers, and the way through to the devices on our ports.
//!
//! In reading order: the unit (this file); what all connections share ([`shared`]); one connection ([`connection`]);
//! what is written ([`writing`]) and what is handed to a line ([`gateway`]); who is connected ([`clients`]).

mod clients;
mod connection;
mod gateway;
mod shared;
mod writing;

use crate::config::GatewayConfig;
use crate::config::modbus_server::ModbusServerConfig;
use crate::net::door::Door;
use crate::net::gate::{Caps, Gate};
use crate::net::listeners::{Certified, Listeners, Wanted};
use crate::net::tls::MinVersion;
use crate::runtime::changes::Interest;
use crate::runtime::commands::Commands;
use crate::runtime::image::Reader;
use crate::runtime::lines::Lines;
use crate::runtime::safe_mode::SafeMode;
use crate::runtime::status::{Detail, ModbusServerStatus};
use crate::runtime::unit::{Health, UnitContext};
use crate::store::RegisterPlaces;
use crate::views::register_map::RegisterMap;
use crate::views::register_map::assign::{Assigned, Places, PointKey, assign};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt as _};
use gateway::Route;
use shared::{Served, Shared};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often the figures are told.
const HOUSEKEEPING: Duration = Duration::from_secs(1);
/// How often an address that could not be listened on is tried again.
const RETRY: Duration = Duration::from_secs(5);
/// Writes that were answered at once and are not done yet.
const BEHIND: usize = 256;

/// What the unit is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct ModbusServerUnit {
    /// Name of the appliance, shown in the identification.
    appliance: String,
    server: ModbusServerConfig,
    routes: Vec<Route>,
}

impl ModbusServerUnit {
    /// The server a configuration asks for, if it does.
    pub fn of(config: &GatewayConfig) -> Option<Self> {
        let server = config.modbus_server.clone().filter(|server| server.enabled)?;
        let routes = server.gateway.iter().map(|route| Route::new(route, config)).collect();
        Some(Self { appliance: config.appliance.name.clone(), server, routes })
    }

    /// Where it listens, plain and encrypted.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        let secured = self.server.security.iter().flat_map(|security| &security.addresses);
        self.server.addresses.iter().chain(secured).copied()
    }

    fn wanted(&self) -> Vec<Wanted> {
        let plain = self.server.addresses.iter().copied().map(Wanted::from);
        let secured = self.server.security.iter().flat_map(|security| {
            let min_version = if security.only_tls13 { MinVersion::V13 } else { MinVersion::V12 };
            let client_ca = Some(Arc::clone(&security.client_ca));
            // A server in hand has its certificate: without one the configuration leaves it out.
            let tls = security.pair.clone().map(|pair| Certified { pair, min_version, client_ca });
            let listen = |tls: Certified| security.addresses.iter().map(move |address| (*address, tls.clone()));
            tls.into_iter().flat_map(listen).map(|(address, tls)| Wanted { address, tls: Some(tls) })
        });
        plain.chain(secured).collect()
    }
}

/// Why the server cannot run; it may be better at the next try.
#[derive(Debug, thiserror::Error)]
pub enum ModbusServerError {
    /// None of its addresses can be listened on.
    #[error("{0}")]
    Listen(String),
}

/// The Modbus/TCP server as a unit.
#[derive(Debug)]
pub struct ModbusServer {
    /// Follows every change without a restart.
    pub config: watch::Receiver<ModbusServerUnit>,
    /// What is read.
    pub image: Reader,
    /// What is written.
    pub commands: Commands,
    /// The ways to devices.
    pub lines: Lines,
    /// Told of each request.
    pub safe_mode: SafeMode,
    /// Who may connect, and what for.
    pub door: Door,
    /// Where the places of the automatic map are kept.
    pub places: RegisterPlaces,
}

impl ModbusServer {
    /// Runs until stopped.
    pub async fn run(self, ctx: UnitContext) -> Result<(), ModbusServerError> {
        let Self { mut config, image, commands, lines, safe_mode, door, places } = self;
        let present = config.borrow_and_update().clone();
        let (behind, unfinished) = mpsc::channel(BEHIND);
        let gate = Gate::new(door.clone(), caps(&present.server));
        let nothing = RegisterMap::new(&present.server.map, [], &Places::new());
        let first = Served::new(&present, nothing, BTreeMap::new(), Vec::new());
        let shared = Arc::new(Shared::new(image, commands, lines, safe_mode, door, behind, first));
        let to = Arc::clone(&shared);
        let conversation = move |_, stop, accepted| connection::converse(Arc::clone(&to), stop, accepted).boxed();
        let listeners = Listeners::new(gate.clone(), Arc::new(conversation));
        let mut service = Service {
            ctx,
            shared,
            gate,
            listeners,
            places,
            known: Places::new(),
            unkept: Vec::new(),
            retry: Instant::now(),
        };
        let outcome = service.serve(present, config, unfinished).await;
        service.listeners.close_all().await;
        outcome
    }
}

struct Service {
    ctx: UnitContext,
    shared: Arc<Shared>,
    gate: Gate,
    listeners: Listeners,
    places: RegisterPlaces,
    known: Places,
    /// Places that are in use and could not be written down yet.
    unkept: Vec<(PointKey, Assigned)>,
    retry: Instant,
}

impl Service {
    async fn serve(
        &mut self,
        mut present: ModbusServerUnit,
        mut config: watch::Receiver<ModbusServerUnit>,
        mut unfinished: mpsc::Receiver<BoxFuture<'static, ()>>,
    ) -> Result<(), ModbusServerError> {
        // Interested in no value: only in which tags there are.
        let mut changes = self.shared.image.subscribe(Interest::Matching(Vec::new()));
        let mut writes = FuturesUnordered::new();
        self.remap(&present).await;
        self.listen(&present).await;
        if let (Some(failure), true) = (self.listeners.failure(), self.listeners.addresses().is_empty()) {
            return Err(ModbusServerError::Listen(failure));
        }
        let stop = self.ctx.stop.clone();
        let mut tick = interval(HOUSEKEEPING);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                // Cancel-safe: the newest configuration stays in the watch. No sender means no more changes.
                Ok(()) = config.changed() => {
                    present = config.borrow_and_update().clone();
                    self.gate.set_caps(caps(&present.server));
                    self.remap(&present).await;
                    self.listen(&present).await;
                    self.report();
                }
                // Cancel-safe: nothing is taken unless it is answered.
                changed = changes.next() => if changed.schema {
                    self.remap(&present).await;
                },
                // Cancel-safe: a write not taken stays in the channel.
                Some(write) = unfinished.recv(), if writes.len() < BEHIND => writes.push(write),
                // Cancel-safe: what is under way stays in the set.
                Some(()) = writes.next(), if !writes.is_empty() => (),
                // Cancel-safe: a tick not taken stays due.
                _ = tick.tick() => {
                    if self.listeners.any_failed() && self.retry <= Instant::now() {
                        self.listen(&present).await;
                    }
                    self.keep_places().await;
                    self.report();
                }
            }
        }
    }

    /// Makes the map that of the tags there are now.
    async fn remap(&mut self, config: &ModbusServerUnit) {
        let (slots, tags): (Vec<_>, Vec<_>) = self.shared.image.places().into_iter().unzip();
        let map = &config.server.map;
        if map.entries.is_none() || !map.modules.is_empty() {
            match self.places.all().await {
                Ok(known) => self.known = known,
                Err(error) => tracing::warn!(%error, "the places of the register map cannot be read"),
            }
            self.known.extend(self.unkept.iter().cloned());
            let news = assign(&self.known, &tags, map);
            self.known.extend(news.iter().cloned());
            self.unkept.extend(news);
            // Before anybody can see them: what a client was set up by must be there after a power loss.
            self.keep_places().await;
        }
        let own = RegisterMap::new(map, tags, &self.known);
        let units = map.modules.iter().filter_map(|tables| tables.unit);
        let units = units.map(|unit| (unit, own.for_unit(map, unit, &self.known))).collect();
        self.shared.serve(Served::new(config, own, units, slots));
    }

    async fn keep_places(&mut self) {
        if self.unkept.is_empty() {
            return;
        }
        match self.places.keep(&self.unkept).await {
            Ok(()) => self.unkept.clear(),
            Err(error) => tracing::warn!(%error, "the places of the register map cannot be kept"),
        }
    }

    async fn listen(&mut self, config: &ModbusServerUnit) {
        self.listeners.reconcile(&config.wanted()).await;
        self.retry = Instant::now() + RETRY;
        self.ctx.set_health(match self.listeners.failure() {
            None => Health::Up,
            Some(failure) => Health::Degraded(failure),
        });
    }

    fn report(&self) {
        let (gate, counts) = (self.gate.counts(), &self.shared.counts);
        let load = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
        let status = ModbusServerStatus {
            listeners: self.listeners.addresses(),
            clients: self.shared.clients.status(),
            requests: load(&counts.requests),
            exceptions: load(&counts.exceptions),
            refused: gate.not_allowed + gate.full,
            failed_handshakes: gate.failed_handshakes,
            last_refusal: gate.last.map(|(peer, why)| format!("{peer}: {why}")),
            broken: load(&counts.broken),
            idled: load(&counts.idled),
            forwarded: load(&counts.forwarded),
            cached: load(&counts.cached),
            left_out: u64::try_from(self.shared.served().left_out()).unwrap_or(u64::MAX),
        };
        self.ctx.detail.send_replace(Detail::ModbusServer(Box::new(status)));
    }
}

/// One host may take all places: behind a router all clients of a site have one address.
fn caps(config: &ModbusServerConfig) -> Caps {
    Caps { total: config.max_connections, per_address: config.max_connections }
}
