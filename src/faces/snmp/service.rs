//! What happens in the agent's thread: configuration in, status out, one agent after another.

use super::agent::{Identity, KeyCache, build};
use super::front::{Doors, Front};
use super::notify::Notifier;
use super::structure::{Numbers, Structure};
use super::world::World;
use super::{SnmpAgent, SnmpError, SnmpUnitConfig};
use crate::config::snmp::SnmpConfig;
use crate::net::door::Door;
use crate::net::udp::AnsweringSocket;
use crate::runtime::image::Changes;
use crate::runtime::snmp::{SnmpRefusals, SnmpRequest, SnmpStatus};
use crate::runtime::status::Detail;
use crate::runtime::unit::{Health, UnitContext};
use crate::store::SnmpMemory;
use arc_swap::ArcSwap;
use async_snmp::agent::Agent;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often the status is renewed.
const HOUSEKEEPING: Duration = Duration::from_secs(1);

struct Service {
    ctx: UnitContext,
    world: Arc<World>,
    memory: SnmpMemory,
    numbers: Numbers,
    keys: KeyCache,
    notifier: Notifier,
    changes: Changes,
    door: Door,
    doors: Option<Arc<ArcSwap<Doors>>>,
    running: Option<Running>,
    agents: JoinSet<Result<(), SnmpError>>,
    front: Option<(SocketAddr, CancellationToken)>,
    fronts: JoinSet<std::io::Result<()>>,
    listening: String,
}

/// The present agent.
struct Running {
    identity: Identity,
    stop: CancellationToken,
}

pub(super) async fn run(parts: SnmpAgent, ctx: UnitContext, stop: CancellationToken) -> Result<(), SnmpError> {
    let world = Arc::new(World::new(&parts));
    let mut service = Service {
        ctx,
        memory: parts.memory.clone(),
        numbers: Numbers::load(parts.memory.clone()).await?,
        keys: KeyCache::default(),
        notifier: Notifier::load(Arc::clone(&world), &parts.memory).await?,
        changes: world.reader.subscribe(crate::runtime::changes::Interest::Matching(Vec::new())),
        world,
        door: parts.door.clone(),
        doors: None,
        running: None,
        agents: JoinSet::new(),
        front: None,
        fronts: JoinSet::new(),
        listening: String::new(),
    };
    let outcome = service.serve(parts, &stop).await;
    // Breaks the ring of agent, handler and world.
    service.world.agent.store(None);
    outcome
}

impl Service {
    async fn serve(&mut self, parts: SnmpAgent, stop: &CancellationToken) -> Result<(), SnmpError> {
        let mut config = parts.config;
        let mut inbox = parts.requests.open();
        let mut units = parts.units.clone();
        let mut events = parts.events.follow();
        let mut present = config.borrow_and_update().clone();
        units.mark_unchanged();
        self.apply(None, &present).await?;
        if !parts.cold_start_told.swap(true, Ordering::Relaxed) {
            self.notifier.cold_start();
        }
        self.ctx.set_health(Health::Up);
        let mut tick = interval(HOUSEKEEPING);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return self.end().await,
                // Cancel-safe: a change not seen now is seen at the next call. No sender means no more changes.
                Ok(()) = config.changed() => {
                    let next = config.borrow_and_update().clone();
                    self.apply(Some(&present), &next).await?;
                    present = next;
                }
                // Cancel-safe: changes not taken stay marked.
                changed = self.changes.next() => {
                    if changed.schema {
                        self.rebuild(&present).await?;
                        self.notifier.survey();
                    } else {
                        self.notifier.changed(&changed.cells);
                    }
                }
                // Cancel-safe: the watch keeps the newest number.
                Ok(()) = events.changed() => {
                    events.mark_unchanged();
                    self.notifier.happened();
                }
                // Cancel-safe: the watch keeps the newest set.
                Ok(()) = units.changed() => {
                    units.mark_unchanged();
                    self.rebuild(&present).await?;
                }
                // Cancel-safe: a request not taken stays in the inbox.
                request = inbox.next() => match request {
                    // Whoever asked may have gone.
                    SnmpRequest::Test { receiver, reply } => drop(reply.send(self.notifier.test(&receiver))),
                },
                // Cancel-safe: what has ended stays ended.
                Some(ended) = self.agents.join_next() => ended.map_err(|_| SnmpError::Panicked)??,
                Some(ended) = self.fronts.join_next() => {
                    let address = present.snmp.address;
                    ended.map_err(|_| SnmpError::Panicked)?.map_err(|source| SnmpError::Listen { address, source })?;
                }
                // Cancel-safe: a tick not taken stays due.
                _ = tick.tick() => {
                    self.report();
                    self.notifier.keep(&self.memory).await;
                }
            }
        }
    }

    async fn apply(&mut self, before: Option<&SnmpUnitConfig>, next: &SnmpUnitConfig) -> Result<(), SnmpError> {
        self.rebuild(next).await?;
        self.keys.prepare(&next.snmp).await?;
        if before.is_none_or(|before| people(&before.snmp) != people(&next.snmp)) {
            self.replace_agent(&next.snmp).await?;
        }
        if let Some(doors) = &self.doors {
            let agent = doors.load().agent;
            doors.store(Arc::new(Doors::new(&next.snmp, agent)));
        }
        self.listen(next.snmp.address).await?;
        if let Some(running) = &self.running {
            self.notifier.configure(&next.snmp, &running.identity, &self.keys);
        }
        self.changes.set_interest(self.notifier.interest());
        self.report();
        Ok(())
    }

    /// Another agent, with other people and one more boot. The one before ends what it has begun.
    async fn replace_agent(&mut self, config: &SnmpConfig) -> Result<(), SnmpError> {
        let identity = Identity::next(&self.memory).await?;
        let stop = CancellationToken::new();
        let agent = build(config, &identity, &self.keys, Arc::clone(&self.world), stop.clone()).await?;
        let address = agent.local_addr();
        if let Some(running) = self.running.replace(Running { identity, stop }) {
            running.stop.cancel();
        }
        self.world.agent.store(Some(Arc::new(agent.clone())));
        self.agents.spawn(serve_agent(agent));
        let doors = Arc::new(Doors::new(config, address));
        match &self.doors {
            Some(present) => present.store(doors),
            None => self.doors = Some(Arc::new(ArcSwap::new(doors))),
        }
        Ok(())
    }

    /// The tree anew; what is new gets a row number first.
    async fn rebuild(&mut self, config: &SnmpUnitConfig) -> Result<(), SnmpError> {
        self.numbers.complete(config, &self.world).await?;
        self.world.structure.store(Arc::new(Structure::new(config.clone(), &self.world, &self.numbers)));
        Ok(())
    }

    async fn listen(&mut self, address: SocketAddr) -> Result<(), SnmpError> {
        if self.front.as_ref().is_some_and(|(present, _)| *present == address) {
            return Ok(());
        }
        let Some(doors) = self.doors.clone() else { return Ok(()) };
        if let Some((_, stop)) = self.front.take() {
            // It lets go of its port before another is taken, which may be the same.
            stop.cancel();
            while self.fronts.join_next().await.is_some() {}
        }
        let failed = |source| SnmpError::Listen { address, source };
        let socket = AnsweringSocket::bind(address).await.map_err(failed)?;
        self.listening = socket.local_addr().map_err(failed)?.to_string();
        let stop = CancellationToken::new();
        self.fronts.spawn(Front::new(socket, self.door.clone(), doors, Arc::clone(&self.world)).run(stop.clone()));
        self.front = Some((address, stop));
        Ok(())
    }

    async fn end(&mut self) -> Result<(), SnmpError> {
        if let Some((_, stop)) = self.front.take() {
            stop.cancel();
        }
        while self.fronts.join_next().await.is_some() {}
        if let Some(running) = self.running.take() {
            running.stop.cancel();
        }
        self.world.agent.store(None);
        while self.agents.join_next().await.is_some() {}
        self.notifier.keep(&self.memory).await;
        Ok(())
    }

    fn report(&self) {
        let counts = &self.world.counts;
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let agent = self.world.agent.load();
        let agent = agent.as_deref();
        let told = |read: fn(&Agent) -> u32| u64::from(agent.map_or(0, read));
        let status = SnmpStatus {
            address: self.listening.clone(),
            engine_id: agent.map_or(String::new(), |agent| hex(agent.engine_id())),
            engine_boots: self.running.as_ref().map_or(0, |running| running.identity.boots),
            rows: self.world.structure.load().rows(),
            requests: load(&counts.requests),
            answers: load(&counts.answers),
            refused: SnmpRefusals {
                address: load(&counts.address),
                version: load(&counts.version),
                community: load(&counts.community),
                user: told(Agent::usm_unknown_usernames),
                digest: told(Agent::usm_wrong_digests),
                decryption: told(Agent::usm_decryption_errors),
                level: told(Agent::usm_unsupported_sec_levels),
                time: told(Agent::usm_not_in_time_windows),
                malformed: load(&counts.malformed) + told(Agent::snmp_in_asn_parse_errs),
                full: load(&counts.full),
            },
            managers: self.world.managers.status(),
            receivers: self.notifier.status(),
        };
        let detail = Detail::Snmp(Box::new(status));
        self.ctx.detail.send_if_modified(|present| {
            let differs = *present != detail;
            if differs {
                *present = detail;
            }
            differs
        });
    }
}

async fn serve_agent(agent: Agent) -> Result<(), SnmpError> {
    agent.run().await.map_err(|error| SnmpError::Agent(error.to_string()))
}

/// What is fixed in a running agent.
fn people(config: &SnmpConfig) -> impl PartialEq {
    let communities: Vec<_> = config
        .communities
        .iter()
        .map(|one| (one.identity.name.clone(), one.identity.enabled, one.community.clone()))
        .collect();
    let users: Vec<_> =
        config.users.iter().map(|one| (one.identity.name.clone(), one.identity.enabled, one.keys.clone())).collect();
    (communities, users, config.versions)
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a `String` does not fail.
        write!(text, "{octet:02x}").unwrap_or_default();
        text
    })
}
