//! Who may connect, and how many: decided at accept, before a byte is read.

use super::door::Door;
use super::network::Network;
use crate::config::access::AccessList;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// The most connections at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// From everywhere.
    pub total: usize,
    /// From one address; of IPv6 from one /64.
    pub per_address: usize,
}

impl Caps {
    const NONE: Self = Self { total: usize::MAX, per_address: usize::MAX };
}

/// Why a connection was closed at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No entry of the list of allowed addresses names its address.
    #[error("the address is not on the allow-list")]
    NotAllowed,
    /// All places are taken.
    #[error("too many connections")]
    Full,
    /// One address holds as many places as it may.
    #[error("too many connections from one address")]
    AddressFull,
}

/// What went through the gate so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GateCounts {
    /// Connections open now.
    pub open: usize,
    /// Of them, those that have not shown yet who they are.
    pub strangers: usize,
    /// Refused because of the allow-list.
    pub not_allowed: u64,
    /// Refused because of either cap.
    pub full: u64,
    /// Strangers that were put out because others came.
    pub put_out: u64,
    /// Let in, but the TLS handshake failed or took too long.
    pub failed_handshakes: u64,
    /// The last one refused by list or cap, and why.
    pub last: Option<(IpAddr, Refusal)>,
}

/// One gate for all listeners of a service; clones share caps and counts. It asks the service's door who may come in, and
/// puts out whom a new list does not name.
///
/// A service whose peers show who they are lets them in as **strangers** until they do. Strangers have caps of their own
/// and keep nobody out: where there is no room the one that has been a stranger longest goes, of those from the network
/// that has most of them. So half-open connections cost whoever opens them his own places.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    door: Door,
    total: AtomicUsize,
    per_address: AtomicUsize,
    /// None when nobody here is a stranger.
    strangers: Option<Caps>,
    inside: Mutex<Inside>,
    failed_handshakes: AtomicU64,
}

#[derive(Debug, Default)]
struct Inside {
    by_network: HashMap<Network, Tally>,
    /// In the order they came.
    strangers: BTreeMap<u64, Guest>,
    /// Who has shown who they are.
    known: HashMap<u64, Guest>,
    next: u64,
    not_allowed: u64,
    full: u64,
    put_out: u64,
    last: Option<(IpAddr, Refusal)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    open: usize,
    strangers: usize,
}

#[derive(Debug)]
struct Guest {
    peer: IpAddr,
    network: Network,
    put_out: CancellationToken,
}

impl Gate {
    /// A gate with nobody inside; who comes in stays in.
    pub fn new(door: Door, caps: Caps) -> Self {
        Self::build(door, caps, None)
    }

    /// A gate where everyone is a stranger until [`Pass::vouch`], within these caps beside the others.
    pub fn with_strangers(door: Door, caps: Caps, strangers: Caps) -> Self {
        Self::build(door, caps, Some(strangers))
    }

    fn build(door: Door, caps: Caps, strangers: Option<Caps>) -> Self {
        let shared = Arc::new(Shared {
            door,
            total: AtomicUsize::new(caps.total),
            per_address: AtomicUsize::new(caps.per_address),
            strangers,
            inside: Mutex::default(),
            failed_handshakes: AtomicU64::new(0),
        });
        let here = Arc::downgrade(&shared);
        shared.door.kept_by(Box::new(move |list| here.upgrade().map(|shared| shared.lock().put_out_by(list))));
        Self(shared)
    }

    /// For connections from now on; those inside stay.
    pub fn set_caps(&self, caps: Caps) {
        self.0.total.store(caps.total, Ordering::Relaxed);
        self.0.per_address.store(caps.per_address, Ordering::Relaxed);
    }

    /// Takes a place for a connection from this address; the permit's drop gives it back.
    pub fn admit(&self, peer: IpAddr) -> Result<Permit, Refusal> {
        // A v4 client of a dual-stack listener comes as ::ffff:a.b.c.d; lists speak of a.b.c.d.
        let peer = peer.to_canonical();
        let network = Network::from(peer);
        let caps = Caps {
            total: self.0.total.load(Ordering::Relaxed),
            per_address: self.0.per_address.load(Ordering::Relaxed),
        };
        let mut inside = self.0.lock();
        // Under the lock: a list that is put in force meanwhile finds this connection inside, or refuses it.
        let room = if self.0.door.admits(peer) {
            inside.make_room(network, caps, self.0.strangers.unwrap_or(Caps::NONE))
        } else {
            Err(Refusal::NotAllowed)
        };
        match room {
            Ok(()) => {
                let id = inside.next;
                let put_out = CancellationToken::new();
                inside.next += 1;
                let guest = Guest { peer, network, put_out: put_out.clone() };
                let tally = inside.by_network.entry(network).or_default();
                tally.open += 1;
                if self.0.strangers.is_some() {
                    tally.strangers += 1;
                    inside.strangers.insert(id, guest);
                } else {
                    inside.known.insert(id, guest);
                }
                Ok(Permit { pass: Pass { gate: self.clone(), id, put_out, vouched: Arc::default() } })
            }
            Err(refusal) => {
                match refusal {
                    Refusal::NotAllowed => inside.not_allowed += 1,
                    Refusal::Full | Refusal::AddressFull => inside.full += 1,
                }
                inside.last = Some((peer, refusal));
                Err(refusal)
            }
        }
    }

    /// The figures so far.
    pub fn counts(&self) -> GateCounts {
        let inside = self.0.lock();
        GateCounts {
            open: inside.open(),
            strangers: inside.strangers.len(),
            not_allowed: inside.not_allowed,
            full: inside.full,
            put_out: inside.put_out,
            failed_handshakes: self.0.failed_handshakes.load(Ordering::Relaxed),
            last: inside.last,
        }
    }

    pub(super) fn count_failed_handshake(&self) {
        self.0.failed_handshakes.fetch_add(1, Ordering::Relaxed);
    }
}

impl Shared {
    /// The lock guards counters only; a panic cannot leave them half written.
    fn lock(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn open(&self) -> usize {
        self.strangers.len() + self.known.len()
    }

    fn make_room(&mut self, network: Network, caps: Caps, strangers: Caps) -> Result<(), Refusal> {
        let here = self.by_network.get(&network).copied().unwrap_or_default();
        if (caps.per_address <= here.open || strangers.per_address <= here.strangers) && !self.put_out_of(network) {
            return Err(Refusal::AddressFull);
        }
        if caps.total <= self.open() || strangers.total <= self.strangers.len() {
            let most = self.by_network.iter().max_by_key(|(_, tally)| tally.strangers);
            let crowd = most.map(|(network, tally)| (*network, tally.strangers));
            let gone = match crowd {
                Some((crowd, 2..)) => self.put_out_of(crowd),
                // One from everywhere: the oldest.
                _ => self.strangers.first_key_value().map(|(id, _)| *id).is_some_and(|id| self.put_out(id)),
            };
            if !gone {
                return Err(Refusal::Full);
            }
        }
        Ok(())
    }

    /// The oldest stranger of a network goes, if there is one.
    fn put_out_of(&mut self, network: Network) -> bool {
        let oldest = self.strangers.iter().find(|(_, stranger)| stranger.network == network).map(|(id, _)| *id);
        oldest.is_some_and(|id| self.put_out(id))
    }

    fn put_out(&mut self, id: u64) -> bool {
        let Some(guest) = self.remove(id) else { return false };
        self.put_out += 1;
        guest.put_out.cancel();
        true
    }

    /// Whoever a new list does not let in goes; answers how many.
    fn put_out_by(&mut self, list: &AccessList) -> u64 {
        let all = self.strangers.iter().chain(&self.known);
        let gone: Vec<u64> = all.filter(|(_, guest)| !list.admits(guest.peer)).map(|(id, _)| *id).collect();
        let mut closed = 0;
        for guest in gone.into_iter().filter_map(|id| self.remove(id)) {
            guest.put_out.cancel();
            closed += 1;
        }
        closed
    }

    /// Its place is free from now on, however long its task takes to notice.
    fn remove(&mut self, id: u64) -> Option<Guest> {
        let guest = self.stranger(id).or_else(|| self.known.remove(&id))?;
        self.leave(guest.network);
        Some(guest)
    }

    /// No stranger any more.
    fn stranger(&mut self, id: u64) -> Option<Guest> {
        let stranger = self.strangers.remove(&id)?;
        if let Some(tally) = self.by_network.get_mut(&stranger.network) {
            tally.strangers = tally.strangers.saturating_sub(1);
        }
        Some(stranger)
    }

    fn vouch(&mut self, id: u64) {
        if let Some(stranger) = self.stranger(id) {
            self.known.insert(id, stranger);
        }
    }

    fn leave(&mut self, network: Network) {
        // A network without connections is forgotten: the map stays as small as the cap.
        if let Some(tally) = self.by_network.get_mut(&network) {
            tally.open = tally.open.saturating_sub(1);
            if tally.open == 0 {
                self.by_network.remove(&network);
            }
        }
    }
}

/// A place behind the gate, held as long as the connection is open.
#[derive(Debug)]
pub struct Permit {
    pass: Pass,
}

/// What a connection's conversation knows of its place.
#[derive(Debug, Clone)]
pub struct Pass {
    gate: Gate,
    id: u64,
    put_out: CancellationToken,
    vouched: Arc<AtomicBool>,
}

impl Permit {
    /// For the conversation.
    pub fn pass(&self) -> &Pass {
        &self.pass
    }
}

impl Pass {
    /// The peer has shown who it is: it is a stranger no longer, and stays.
    pub fn vouch(&self) {
        self.gate.0.lock().vouch(self.id);
        self.vouched.store(true, Ordering::Relaxed);
    }

    /// Whether the peer has shown who it is.
    pub fn is_vouched(&self) -> bool {
        self.vouched.load(Ordering::Relaxed)
    }

    /// Returns when others need the place, or the address is no longer let in: close the connection.
    pub async fn put_out(&self) {
        self.put_out.cancelled().await;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        // Who was put out has left already.
        self.pass.gate.0.lock().remove(self.pass.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::access::Service;

    fn open() -> Door {
        Door::new(Service::Web)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn caps_hold_in_all_and_per_address_and_places_come_back() {
        let gate = Gate::new(open(), Caps { total: 3, per_address: 2 });
        let first = gate.admit(ip("10.0.0.1")).unwrap();
        let _second = gate.admit(ip("::ffff:10.0.0.1")).unwrap();
        assert_eq!(gate.admit(ip("10.0.0.1")).unwrap_err(), Refusal::AddressFull);
        let _third = gate.admit(ip("10.0.0.2")).unwrap();
        assert_eq!(gate.admit(ip("10.0.0.3")).unwrap_err(), Refusal::Full);
        drop(first);
        let _again = gate.admit(ip("10.0.0.1")).unwrap();
        let counts = gate.counts();
        assert_eq!((counts.open, counts.full, counts.last), (3, 2, Some((ip("10.0.0.3"), Refusal::Full))));
        gate.set_caps(Caps { total: 4, per_address: 4 });
        assert!(gate.admit(ip("10.0.0.1")).is_ok());
    }

    #[test]
    fn a_new_list_puts_out_whom_it_does_not_name_and_knows_mapped_addresses() {
        let door = open();
        let gate =
            Gate::with_strangers(door.clone(), Caps { total: 9, per_address: 9 }, Caps { total: 9, per_address: 9 });
        let permits =
            ["192.168.7.9", "192.168.7.9", "::ffff:10.1.2.3", "10.1.0.1"].map(|at| gate.admit(ip(at)).unwrap());
        permits[0].pass().vouch();
        permits[2].pass().vouch();
        door.set(&AccessList::only(["10.1.0.0/16".parse().unwrap(), "fd00::/8".parse().unwrap()]));
        let out = permits.each_ref().map(|permit| permit.pass.put_out.is_cancelled());
        assert_eq!(out, [true, true, false, false]);
        assert_eq!((gate.counts().open, gate.counts().strangers, door.counts().closed), (2, 1, 2));
        assert_eq!(gate.admit(ip("192.168.7.9")).unwrap_err(), Refusal::NotAllowed);
        let _six = gate.admit(ip("fd00::1")).unwrap();
        assert_eq!((gate.counts().open, gate.counts().not_allowed), (3, 1));
        drop(permits);
        assert_eq!((gate.counts().open, gate.counts().strangers), (1, 1), "nobody leaves twice");
        drop(gate);
        door.set(&AccessList::default());
    }

    fn with_strangers(total: usize, strangers: usize, per_address: usize) -> Gate {
        let caps = Caps { total, per_address: total };
        Gate::with_strangers(open(), caps, Caps { total: strangers, per_address })
    }

    #[test]
    fn strangers_cost_their_own_network_its_places() {
        let gate = with_strangers(8, 4, 3);
        let attack: Vec<Permit> = (0..50).map(|_| gate.admit(ip("2001:db8::bad")).unwrap()).collect();
        let mut others: Vec<Permit> = (1..=3).map(|last| gate.admit(ip(&format!("10.0.0.{last}"))).unwrap()).collect();
        let inside = |permits: &[Permit]| permits.iter().filter(|permit| !permit.pass.put_out.is_cancelled()).count();
        assert_eq!((inside(&attack), inside(&others)), (1, 3));
        assert!(!attack[49].pass.put_out.is_cancelled(), "the oldest go first");
        for permit in &others {
            permit.pass().vouch();
        }
        let more: Vec<Permit> = (1..=50).map(|_| gate.admit(ip("2001:db8::bad:2")).unwrap()).collect();
        assert_eq!((inside(&attack), inside(&more), inside(&others)), (0, 3, 3));
        let counts = gate.counts();
        assert_eq!((counts.open, counts.strangers, counts.put_out, counts.full), (6, 3, 97, 0));
        others.clear();
        drop((attack, more));
        assert_eq!((gate.counts().open, gate.counts().strangers), (0, 0));
        assert!(gate.0.lock().by_network.is_empty());
    }

    #[test]
    fn who_was_vouched_for_stays_and_is_counted() {
        let gate = with_strangers(3, 2, 2);
        let known: Vec<Permit> = (1..=3)
            .map(|last| {
                let permit = gate.admit(ip(&format!("10.0.0.{last}"))).unwrap();
                permit.pass().vouch();
                permit
            })
            .collect();
        assert_eq!(gate.admit(ip("10.0.0.9")).unwrap_err(), Refusal::Full);
        drop(known);
        let stranger = gate.admit(ip("10.0.0.1")).unwrap();
        let late = stranger.pass().clone();
        drop(stranger);
        late.vouch();
        assert_eq!(gate.counts().open, 0);
    }

    #[test]
    fn of_strangers_from_everywhere_the_oldest_goes() {
        let gate = with_strangers(9, 3, 3);
        let permits: Vec<Permit> = (1..=5).map(|last| gate.admit(ip(&format!("10.0.0.{last}"))).unwrap()).collect();
        let out: Vec<bool> = permits.iter().map(|permit| permit.pass.put_out.is_cancelled()).collect();
        assert_eq!(out, [true, true, false, false, false]);
    }
}
