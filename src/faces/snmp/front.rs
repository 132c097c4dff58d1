//! The socket managers see. What comes from an allowed address, in a version that is on, with a community that is ours, is
//! passed to the agent behind it; each manager through a socket of its own, so that its answers find back.

use super::managers::Manager;
use super::world::World;
use crate::config::snmp::{SnmpConfig, Version, Versions};
use crate::net::door::Door;
use crate::net::udp::{AnsweringSocket, Way};
use crate::views::mib::head::{NoHead, peek, unwelcome};
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use tokio::net::UdpSocket;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// The largest UDP payload over IPv4.
const LARGEST: usize = 65_507;
/// Managers, told apart by address and port, that are answered at a time.
const MOST: usize = 256;
/// How long a manager that asks nothing keeps its socket.
const IDLE: Duration = Duration::from_secs(60);

/// What the front decides by; replaced as a whole.
#[derive(Debug)]
pub(super) struct Doors {
    pub(super) versions: Versions,
    pub(super) communities: Vec<Vec<u8>>,
    /// Where the agent is.
    pub(super) agent: SocketAddr,
}

impl Doors {
    pub(super) fn new(config: &SnmpConfig, agent: SocketAddr) -> Self {
        let on = config.communities.iter().filter(|community| community.identity.enabled);
        let communities = on.map(|one| one.community.reveal().as_bytes().to_vec()).collect();
        Self { versions: config.versions, communities, agent }
    }

    /// Each is compared in full, so that the time tells nothing of them.
    fn knows(&self, community: &[u8]) -> bool {
        self.communities.iter().fold(false, |known, one| known | bool::from(one.as_slice().ct_eq(community)))
    }
}

/// What came, and what was not passed on.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) requests: AtomicU64,
    pub(super) answers: AtomicU64,
    pub(super) address: AtomicU64,
    pub(super) version: AtomicU64,
    pub(super) community: AtomicU64,
    /// A community or user that may only look wanted to write.
    pub(super) uses: AtomicU64,
    pub(super) malformed: AtomicU64,
    pub(super) full: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// The front while it runs.
pub(super) struct Front {
    socket: Arc<AnsweringSocket>,
    door: Door,
    doors: Arc<ArcSwap<Doors>>,
    world: Arc<World>,
    sessions: HashMap<Way, Session>,
    /// Ways to agents that were replaced: what they were asked before is still answered.
    retired: Vec<(Way, Session)>,
    relays: JoinSet<()>,
}

struct Session {
    upstream: Arc<UdpSocket>,
    /// The agent it leads to.
    agent: SocketAddr,
    port: u16,
    manager: Arc<Manager>,
    used: Instant,
    relay: AbortHandle,
}

impl Front {
    pub(super) fn new(socket: AnsweringSocket, door: Door, doors: Arc<ArcSwap<Doors>>, world: Arc<World>) -> Self {
        let (sessions, retired) = (HashMap::new(), Vec::new());
        Self { socket: Arc::new(socket), door, doors, world, sessions, retired, relays: JoinSet::new() }
    }

    pub(super) async fn run(mut self, stop: CancellationToken) -> io::Result<()> {
        let mut buffer = vec![0; LARGEST];
        let mut tick = interval(IDLE / 4);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let socket = Arc::clone(&self.socket);
        let mut lists = self.door.follow();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                // Cancel-safe: a new list not seen now is seen at the next call.
                Ok(()) = lists.changed() => self.send_away(),
                // Cancel-safe: a tick not taken stays due.
                _ = tick.tick() => self.sweep(),
                // Cancel-safe: a message not taken stays in the socket.
                received = socket.receive(&mut buffer) => match received {
                    Ok((length, way)) => self.take(&buffer[..length], way).await,
                    // Told of an earlier answer that could not be delivered: no matter of this socket's.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => (),
                    Err(error) => return Err(error),
                },
            }
        }
    }

    async fn take(&mut self, message: &[u8], way: Way) {
        let peer = way.peer;
        let world = Arc::clone(&self.world);
        let counts = &world.counts;
        count(&counts.requests);
        if !self.door.admits(peer.ip()) {
            return count(&counts.address);
        }
        let doors = self.doors.load_full();
        match peek(message) {
            Ok(head) if !doors.versions.has(head.version) => return count(&counts.version),
            Ok(head) => {
                if let Some(community) = head.community
                    && !doors.knows(community)
                {
                    count(&counts.community);
                    return world.refused_community(peer.ip().to_canonical(), head.version);
                }
            }
            Err(NoHead::Version) => return count(&counts.version),
            Err(NoHead::Malformed) => return count(&counts.malformed),
        }
        let known = self.sessions.get_mut(&way).filter(|session| session.agent == doors.agent);
        let upstream = match known {
            Some(session) => {
                session.used = Instant::now();
                session.manager.asked();
                Arc::clone(&session.upstream)
            }
            None => match self.open(way, doors.agent).await {
                Ok(upstream) => upstream,
                Err(error) => {
                    tracing::warn!(%peer, %error, "no socket for a manager");
                    return count(&counts.full);
                }
            },
        };
        // The agent between two lives: the manager asks again.
        drop(upstream.send(message).await);
    }

    async fn open(&mut self, way: Way, agent: SocketAddr) -> io::Result<Arc<UdpSocket>> {
        if let Some(session) = self.sessions.remove(&way) {
            if MOST <= self.retired.len() {
                let (_, oldest) = self.retired.remove(0);
                self.end(&oldest);
            }
            self.retired.push((way, session));
        }
        if MOST <= self.sessions.len() {
            count(&self.world.counts.full);
            let oldest = self.sessions.iter().min_by_key(|(_, session)| session.used).map(|(way, _)| *way);
            if let Some(oldest) = oldest {
                self.close(oldest);
            }
        }
        // Those that have ended hold memory until they are taken: new managers by the thousand must not pile them up.
        while self.relays.try_join_next().is_some() {}
        let upstream = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        upstream.connect(agent).await?;
        let (upstream, port) = (Arc::new(upstream), 0);
        let port = upstream.local_addr().map_or(port, |address| address.port());
        let manager = self.world.managers.at(way.peer.ip().to_canonical());
        manager.asked();
        self.world.managers.relayed(port, Arc::clone(&manager));
        let relay =
            relay(Arc::clone(&upstream), Arc::clone(&self.socket), way, Arc::clone(&manager), Arc::clone(&self.world));
        let relay = self.relays.spawn(relay);
        let session = Session { upstream: Arc::clone(&upstream), agent, port, manager, used: Instant::now(), relay };
        self.sessions.insert(way, session);
        Ok(upstream)
    }

    fn close(&mut self, way: Way) {
        if let Some(session) = self.sessions.remove(&way) {
            self.end(&session);
        }
    }

    fn end(&self, session: &Session) {
        session.relay.abort();
        self.world.managers.forget(session.port);
    }

    /// Managers that the list in force does not name get no more answers, not even to what they have asked.
    fn send_away(&mut self) {
        let list = self.door.list();
        self.close_those(|way, _| !list.admits(way.peer.ip()));
    }

    fn close_those(&mut self, gone: impl Fn(&Way, &Session) -> bool) {
        let closing: Vec<Way> =
            self.sessions.iter().filter(|(way, session)| gone(way, session)).map(|(way, _)| *way).collect();
        for way in closing {
            self.close(way);
        }
        for (_, session) in self.retired.extract_if(.., |(way, session)| gone(way, session)) {
            session.relay.abort();
            self.world.managers.forget(session.port);
        }
    }

    fn sweep(&mut self) {
        self.close_those(|_, session| IDLE < session.used.elapsed());
        while self.relays.try_join_next().is_some() {}
    }
}

/// Carries answers back to one manager.
async fn relay(
    upstream: Arc<UdpSocket>,
    front: Arc<AnsweringSocket>,
    way: Way,
    manager: Arc<Manager>,
    world: Arc<World>,
) {
    let mut buffer = vec![0; LARGEST];
    loop {
        match upstream.recv(&mut buffer).await {
            Ok(length) => {
                if let Some(why) = unwelcome(&buffer[..length]) {
                    world.refused_user(manager.address, why);
                }
                if front.answer(&buffer[..length], way).await.is_ok() {
                    count(&world.counts.answers);
                    manager.answered();
                }
            }
            // The agent behind was replaced; the next request opens a way to the new one.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => (),
            Err(_) => return,
        }
    }
}

/// The word for the log.
pub(super) fn word(version: Version) -> &'static str {
    match version {
        Version::V1 => "SNMPv1",
        Version::V2c => "SNMPv2c",
        Version::V3 => "SNMPv3",
    }
}
