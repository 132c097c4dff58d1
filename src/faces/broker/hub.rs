//! What front, hooks and housekeeping know together: the rules, who is connected, what was refused.

use super::gauge::Gauge;
use super::packet;
use super::rules::{Rules, User};
use crate::config::broker::BrokerConfig;
use crate::net::gate::Pass;
use crate::net::throttle::Throttle;
use crate::platform::clock;
use crate::runtime::bridges::Bridges;
use crate::runtime::events::{Category, Event, Events, Outcome};
use crate::runtime::status::BrokerClient;
use crate::tag::reading::rfc3339;
use arc_swap::ArcSwap;
use rmqtt::types::{ClientId, Id};
use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The shared state of one running broker.
#[derive(Debug)]
pub(super) struct Hub {
    pub(super) rules: ArcSwap<Rules>,
    /// Holds back who guesses passwords.
    pub(super) throttle: Throttle,
    events: Events,
    pub(super) gauge: Gauge,
    /// Where messages leave for other brokers.
    pub(super) bridges: Bridges,
    max_clients: AtomicUsize,
    max_message: AtomicUsize,
    places: Mutex<HashMap<SocketAddr, Arc<Relayed>>>,
    sessions: Mutex<HashMap<ClientId, Session>>,
    /// Clients whose sessions are to be removed; nobody connects under their ids before that is done.
    evicted: Mutex<BTreeSet<String>>,
    evict: Notify,
    removed: Notify,
    pub(super) counts: Counts,
}

/// Figures for the status page.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Messages accepted from clients.
    pub(super) messages_in: AtomicU64,
    /// Messages sent to clients.
    pub(super) messages_out: AtomicU64,
    /// Messages not queued because too much waited for their client.
    pub(super) dropped: AtomicU64,
    refused: AtomicU64,
    last_refusal: Mutex<Option<String>>,
}

/// A connection that has sent its CONNECT and is handed on to the broker.
#[derive(Debug)]
pub(super) struct Relayed {
    client_id: String,
    level: u8,
    /// Cancelled to close the connection.
    pub(super) cut: CancellationToken,
    login: OnceLock<Arc<User>>,
    pass: Pass,
    denial: OnceLock<Denial>,
}

/// Why a CONNECT is denied, as far as the client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denial {
    /// Name or password are wrong; the broker says so.
    Wrong,
    /// Too many were wrong before.
    Held,
    /// All places for clients are taken.
    Full,
}

/// A session the broker holds, connected or waiting for its client.
#[derive(Debug)]
struct Session {
    id: Id,
    user: Arc<User>,
    /// Milliseconds since 1970; of the connection, or of its end.
    since: i64,
    online: bool,
}

/// A place among the clients; given back on drop.
#[derive(Debug)]
pub(super) struct Place {
    hub: Arc<Hub>,
    peer: SocketAddr,
    pub(super) relayed: Arc<Relayed>,
}

/// Why a CONNECT gets no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoPlace {
    /// As many clients as configured are connected.
    #[error("all {0} places for clients are taken")]
    Full(usize),
    /// The same address and port through another listener: the broker could not tell them apart.
    #[error("a connection from the same port is open on another listener")]
    Twice,
}

impl Hub {
    pub(super) fn new(config: &BrokerConfig, events: Events, bridges: Bridges) -> Arc<Self> {
        Arc::new(Self {
            rules: ArcSwap::from_pointee(Rules::new(config, &Rules::default())),
            throttle: Throttle::default(),
            events,
            gauge: Gauge::default(),
            bridges,
            max_clients: AtomicUsize::new(config.max_clients),
            max_message: AtomicUsize::new(config.max_message_bytes),
            places: Mutex::default(),
            sessions: Mutex::default(),
            evicted: Mutex::default(),
            evict: Notify::new(),
            removed: Notify::new(),
            counts: Counts::default(),
        })
    }

    /// Takes over rules and caps; sessions whose user is no longer what it was are marked for eviction.
    pub(super) fn apply(&self, config: &BrokerConfig) {
        let rules = Rules::new(config, &self.rules.load());
        self.rules.store(Arc::new(rules));
        self.max_clients.store(config.max_clients, Ordering::Relaxed);
        self.max_message.store(config.max_message_bytes, Ordering::Relaxed);
        let rules = self.rules.load();
        let strangers: Vec<ClientId> = lock(&self.sessions)
            .iter()
            .filter(|(_, session)| !rules.stands(&session.user))
            .map(|(client, _)| client.clone())
            .collect();
        for client in strangers {
            self.evict(&client);
        }
    }

    /// Largest packet, in bytes after its fixed header.
    pub(super) fn max_message(&self) -> usize {
        self.max_message.load(Ordering::Relaxed)
    }

    pub(super) fn max_clients(&self) -> usize {
        self.max_clients.load(Ordering::Relaxed)
    }

    /// Hands a connection on, unless all places for clients are taken.
    pub(super) fn enter(
        self: &Arc<Self>,
        peer: SocketAddr,
        level: u8,
        client_id: &str,
        pass: &Pass,
    ) -> Result<Place, NoPlace> {
        let mut places = lock(&self.places);
        self.check_room(&places, client_id)?;
        if places.contains_key(&peer) {
            return Err(NoPlace::Twice);
        }
        let relayed = Arc::new(Relayed {
            client_id: client_id.to_owned(),
            level,
            cut: CancellationToken::new(),
            login: OnceLock::new(),
            pass: pass.clone(),
            denial: OnceLock::new(),
        });
        places.insert(peer, relayed.clone());
        drop(places);
        Ok(Place { hub: self.clone(), peer, relayed })
    }

    /// Whether a client finds a place. One that comes again while its old connection is still open takes that one's. Only
    /// who has logged in takes a place: guessing passwords must not keep clients out.
    fn check_room(&self, places: &HashMap<SocketAddr, Arc<Relayed>>, client_id: &str) -> Result<(), NoPlace> {
        let limit = self.max_clients();
        let inside = || places.values().filter(|other| other.login.get().is_some());
        let returns = || !client_id.is_empty() && inside().any(|other| other.client_id == client_id);
        if limit <= inside().count() && !returns() { Err(NoPlace::Full(limit)) } else { Ok(()) }
    }

    /// Gives a connection its place among the clients; false when it had one before.
    pub(super) fn log_in(&self, relayed: &Relayed, user: Arc<User>) -> Result<bool, NoPlace> {
        let places = lock(&self.places);
        // Others may have come since it was handed on.
        self.check_room(&places, &relayed.client_id)?;
        let first = relayed.login.set(user).is_ok();
        drop(places);
        relayed.pass.vouch();
        Ok(first)
    }

    /// Puts a refused login into the event log; `who` is a user's name or none.
    pub(super) fn tell_refused(&self, who: String, from: IpAddr, why: String) {
        self.events.tell(Event {
            unix_ms: clock::unix_ms(),
            source: "broker".to_owned(),
            category: Category::Access,
            subject: who,
            actor: from.to_string(),
            result: Outcome::Refused,
            detail: why,
        });
    }

    /// The connection the broker speaks of, if it came through the front.
    pub(super) fn relayed(&self, peer: Option<SocketAddr>) -> Option<Arc<Relayed>> {
        lock(&self.places).get(&peer?).cloned()
    }

    /// Whose session a client id is, if the broker holds one.
    pub(super) fn owner(&self, client: &str) -> Option<Arc<User>> {
        lock(&self.sessions).get(client).map(|session| session.user.clone())
    }

    /// The broker has made or resumed a session. Closes the gaps between login and now: a user changed meanwhile, or
    /// somebody else's session under the same client id.
    pub(super) fn connected(&self, id: &Id) {
        let relayed = self.relayed(id.remote_addr);
        let Some(user) = relayed.as_ref().and_then(|relayed| relayed.login.get().cloned()) else {
            // The connection is closed already; what the broker resumed waits for the client's return.
            let user = self.rules.load().user(id.username.as_deref()).cloned();
            match user {
                Some(user) => self.remember(id, user, false),
                None => self.evict(&id.client_id),
            }
            return;
        };
        let taken_over = self.owner(&id.client_id).is_some_and(|owner| owner.name() != user.name());
        let stands = self.rules.load().stands(&user);
        self.remember(id, user, true);
        if taken_over || !stands {
            self.evict(&id.client_id);
        }
    }

    fn remember(&self, id: &Id, user: Arc<User>, online: bool) {
        let session = Session { id: id.clone(), user, since: clock::unix_ms(), online };
        lock(&self.sessions).insert(id.client_id.clone(), session);
    }

    /// A session has lost its connection.
    pub(super) fn disconnected(&self, id: &Id) {
        if let Some(session) = lock(&self.sessions).get_mut(&id.client_id)
            && session.id == *id
        {
            session.online = false;
            session.since = clock::unix_ms();
        }
    }

    /// A session is no more.
    pub(super) fn terminated(&self, id: &Id) {
        let mut sessions = lock(&self.sessions);
        if sessions.get(&id.client_id).is_some_and(|session| session.id == *id) {
            sessions.remove(&id.client_id);
        }
    }

    /// Closes a client's connection now and has housekeeping remove its session.
    pub(super) fn evict(&self, client: &str) {
        let peer = lock(&self.sessions).get(client).and_then(|session| session.id.remote_addr);
        if let Some(relayed) = self.relayed(peer).filter(|relayed| relayed.is(client)) {
            relayed.cut.cancel();
        }
        lock(&self.evicted).insert(client.to_owned());
        self.evict.notify_one();
    }

    /// Returns when there is a new session to remove.
    pub(super) async fn evictions(&self) {
        self.evict.notified().await;
    }

    /// The sessions to remove.
    pub(super) fn evicted(&self) -> BTreeSet<String> {
        lock(&self.evicted).clone()
    }

    /// The broker has removed a session.
    pub(super) fn forget(&self, client: &str) {
        lock(&self.sessions).remove(client);
        lock(&self.evicted).remove(client);
        self.removed.notify_waiters();
    }

    /// Waits until no session of this client waits for its removal, at most so long. A client that is quick to return
    /// would otherwise resume the very subscriptions it has just lost.
    pub(super) async fn settled(&self, client: &str, patience: Duration) -> bool {
        let settled = async {
            loop {
                let removed = self.removed.notified();
                if !lock(&self.evicted).contains(client) {
                    return;
                }
                removed.await;
            }
        };
        tokio::time::timeout(patience, settled).await.is_ok()
    }

    /// Sessions of absent clients beyond as many as there are places: the longest absent go first.
    pub(super) fn evict_excess(&self) {
        let sessions = lock(&self.sessions);
        let mut absent: Vec<(i64, String)> = sessions
            .iter()
            .filter(|(_, session)| !session.online)
            .map(|(client, session)| (session.since, client.to_string()))
            .collect();
        drop(sessions);
        let excess = absent.len().saturating_sub(self.max_clients());
        absent.sort_unstable();
        for (_, client) in absent.into_iter().take(excess) {
            self.evict(&client);
        }
    }

    /// Whether this user may publish there, by the rules of this moment.
    pub(super) fn may_publish(&self, id: &Id, topic: &str) -> bool {
        self.rules.load().user(id.username.as_deref()).is_some_and(|user| user.may_publish(topic))
    }

    /// Counts something refused and keeps the reason for the status page.
    pub(super) fn refuse(&self, who: impl std::fmt::Display, why: impl std::fmt::Display) {
        let sentence = format!("{who}: {why}");
        tracing::debug!(refusal = sentence, "refused by the broker");
        self.counts.refused.fetch_add(1, Ordering::Relaxed);
        *lock(&self.counts.last_refusal) = Some(sentence);
    }

    /// Sessions whose client is connected, and those that wait for theirs.
    pub(super) fn sessions(&self) -> (usize, usize) {
        let sessions = lock(&self.sessions);
        let online = sessions.values().filter(|session| session.online).count();
        (online, sessions.len() - online)
    }

    /// Who is connected, by client id.
    pub(super) fn clients(&self) -> Vec<BrokerClient> {
        let sessions = lock(&self.sessions);
        let mut clients: Vec<BrokerClient> = sessions
            .values()
            .filter(|session| session.online)
            .map(|session| BrokerClient {
                id: session.id.client_id.to_string(),
                user: session.user.name().map(str::to_owned),
                address: session.id.remote_addr.map(|address| address.to_string()).unwrap_or_default(),
                since: rfc3339(session.since),
                waiting: u64::try_from(self.gauge.of(&session.id.client_id).bytes()).unwrap_or(u64::MAX),
            })
            .collect();
        drop(sessions);
        clients.sort_by(|a, b| a.id.cmp(&b.id));
        clients
    }

    /// Refusals so far and the last one.
    pub(super) fn refusals(&self) -> (u64, Option<String>) {
        (self.counts.refused.load(Ordering::Relaxed), lock(&self.counts.last_refusal).clone())
    }
}

impl Relayed {
    /// The first reason stands.
    pub(super) fn deny(&self, denial: Denial) {
        self.denial.get_or_init(|| denial);
    }

    /// Why it is not let in, if it is not.
    pub(super) fn denial(&self) -> Option<Denial> {
        self.denial.get().copied()
    }

    /// What the client is told in place of the broker's answer, if anything: for want of room and patience the broker has
    /// no word, and many clients take "not authorised" as a reason never to come again.
    pub(super) fn own_answer(&self) -> Option<&'static [u8]> {
        match self.denial()? {
            Denial::Wrong => None,
            Denial::Held => Some(packet::held_back(self.level)),
            Denial::Full => Some(packet::no_room(self.level)),
        }
    }

    /// The client as it is shown.
    pub(super) fn name(&self, peer: SocketAddr) -> String {
        if self.client_id.is_empty() { peer.to_string() } else { self.client_id.clone() }
    }

    /// Whether it is this client's; an empty id was chosen by the broker and may be anyone's.
    fn is(&self, client: &str) -> bool {
        self.client_id.is_empty() || self.client_id == client
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.hub.places).remove(&self.peer);
    }
}

/// Every critical section leaves the maps whole, so a panic elsewhere does not spoil them.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
