//! The doors of the appliance: which addresses each lets in, at present, and whom it has refused. One handle for all.

use crate::config::access::{AccessConfig, AccessList, Service};
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// Addresses remembered at each door; the one refused longest ago is forgotten first.
pub const REMEMBERED: usize = 256;

/// All doors; clones are the same doors.
#[derive(Debug, Clone)]
pub struct Access {
    doors: [Door; Service::ALL.len()],
    refusals: watch::Sender<u64>,
}

impl Default for Access {
    fn default() -> Self {
        let refusals = watch::Sender::new(0);
        Self { doors: Service::ALL.map(|service| Door::build(service, refusals.clone())), refusals }
    }
}

impl Access {
    /// The door of a service.
    pub fn door(&self, service: Service) -> &Door {
        &self.doors[service as usize]
    }

    /// All doors.
    pub fn doors(&self) -> &[Door] {
        &self.doors
    }

    /// Puts lists in force, at once: when this returns, whoever is no longer let in has been told to go.
    pub fn set(&self, config: &AccessConfig) {
        for door in &self.doors {
            door.set(config.of(door.service()));
        }
    }

    /// Counts refusals at all doors.
    pub fn follow_refusals(&self) -> watch::Receiver<u64> {
        self.refusals.subscribe()
    }
}

/// One door; clones are the same door.
#[derive(Clone)]
pub struct Door(Arc<Shared>);

struct Shared {
    service: Service,
    list: ArcSwap<AccessList>,
    changed: watch::Sender<()>,
    /// Told of each new list, until they answer that they are gone.
    keepers: Mutex<Vec<Keeper>>,
    refused: Mutex<Refused>,
    counts: Counts,
    refusals: watch::Sender<u64>,
}

/// Puts out whom the new list does not let in; answers how many, or none when there is nothing left to keep.
type Keeper = Box<dyn Fn(&AccessList) -> Option<u64> + Send + Sync>;

#[derive(Default)]
struct Counts {
    addresses: AtomicU64,
    requests: AtomicU64,
    closed: AtomicU64,
}

/// Counts of a door since the program started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DoorCounts {
    /// Connections, or datagrams, refused because no entry names their address.
    pub addresses: u64,
    /// Requests refused because the entry does not permit them.
    pub requests: u64,
    /// Connections closed because the list changed.
    pub closed: u64,
}

/// How often an address was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedPeer {
    /// Whose.
    pub address: IpAddr,
    /// Connections, or datagrams, that no entry lets in.
    pub times: u64,
    /// Requests that its entry does not permit.
    pub requests: u64,
    /// When the first was, in milliseconds since 1970-01-01 UTC.
    pub first_ms: i64,
    /// When the last was.
    pub last_ms: i64,
}

#[derive(Default)]
struct Refused {
    next: u64,
    by_address: HashMap<IpAddr, (u64, RefusedPeer)>,
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Door").field(&self.0.service).finish()
    }
}

impl Door {
    /// A door by itself that lets everyone in.
    pub fn new(service: Service) -> Self {
        Self::build(service, watch::Sender::new(0))
    }

    fn build(service: Service, refusals: watch::Sender<u64>) -> Self {
        Self(Arc::new(Shared {
            service,
            list: ArcSwap::default(),
            changed: watch::Sender::new(()),
            keepers: Mutex::default(),
            refused: Mutex::default(),
            counts: Counts::default(),
            refusals,
        }))
    }

    /// Whose door it is.
    pub fn service(&self) -> Service {
        self.0.service
    }

    /// Puts a list in force; whoever is inside and not on it is put out before this returns.
    pub fn set(&self, list: &AccessList) {
        if **self.0.list.load() == *list {
            return;
        }
        let list = Arc::new(list.clone());
        self.0.list.store(Arc::clone(&list));
        let mut closed = 0;
        lock(&self.0.keepers).retain(|keep| keep(&list).map(|gone| closed += gone).is_some());
        self.0.counts.closed.fetch_add(closed, Ordering::Relaxed);
        // Who is let in now needs no click any more.
        lock(&self.0.refused).by_address.retain(|address, (_, one)| 0 < one.requests || !list.admits(*address));
        self.0.changed.send_replace(());
    }

    /// The list in force.
    pub fn list(&self) -> Arc<AccessList> {
        self.0.list.load_full()
    }

    /// Whether this is still the list in force; costs next to nothing.
    pub fn is_in_force(&self, list: &Arc<AccessList>) -> bool {
        Arc::ptr_eq(&self.0.list.load(), list)
    }

    /// Whether an address is let in; a refusal is counted.
    pub fn admits(&self, peer: IpAddr) -> bool {
        let admitted = self.0.list.load().admits(peer);
        if !admitted {
            self.0.counts.addresses.fetch_add(1, Ordering::Relaxed);
            self.note(peer, |one| one.times += 1);
        }
        admitted
    }

    /// Counts a request that the entry of this address does not permit.
    pub fn refuse_request(&self, peer: IpAddr) {
        self.0.counts.requests.fetch_add(1, Ordering::Relaxed);
        self.note(peer, |one| one.requests += 1);
    }

    /// Woken by each new list.
    pub fn follow(&self) -> watch::Receiver<()> {
        self.0.changed.subscribe()
    }

    /// What was refused and closed so far.
    pub fn counts(&self) -> DoorCounts {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let counts = &self.0.counts;
        DoorCounts {
            addresses: load(&counts.addresses),
            requests: load(&counts.requests),
            closed: load(&counts.closed),
        }
    }

    /// Who was refused, those refused last first.
    pub fn refused(&self) -> Vec<RefusedPeer> {
        let mut all: Vec<(u64, RefusedPeer)> = lock(&self.0.refused).by_address.values().copied().collect();
        all.sort_unstable_by_key(|(number, _)| std::cmp::Reverse(*number));
        all.into_iter().map(|(_, one)| one).collect()
    }

    /// Forgets who was refused; the counts go on.
    pub fn forget(&self) {
        lock(&self.0.refused).by_address.clear();
    }

    /// From now on told of each new list.
    pub(super) fn kept_by(&self, keeper: Keeper) {
        let list = self.list();
        let mut keepers = lock(&self.0.keepers);
        // Those of servers that have ended since the last list.
        keepers.retain(|keep| keep(&list).is_some());
        keepers.push(keeper);
    }

    fn note(&self, peer: IpAddr, count: impl FnOnce(&mut RefusedPeer)) {
        let (address, now) = (peer.to_canonical(), unix_ms());
        {
            let mut refused = lock(&self.0.refused);
            let number = refused.next;
            refused.next += 1;
            if REMEMBERED <= refused.by_address.len() && !refused.by_address.contains_key(&address) {
                let oldest = refused.by_address.iter().min_by_key(|(_, (number, _))| *number).map(|(at, _)| *at);
                oldest.and_then(|oldest| refused.by_address.remove(&oldest));
            }
            let fresh = RefusedPeer { address, times: 0, requests: 0, first_ms: now, last_ms: now };
            let (last, one) = refused.by_address.entry(address).or_insert((number, fresh));
            (*last, one.last_ms) = (number, now);
            count(one);
        }
        self.0.refusals.send_modify(|all| *all += 1);
    }
}

/// What these locks guard is whole after every statement.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn list(networks: &[&str]) -> AccessList {
        AccessList::only(networks.iter().map(|network| network.parse().unwrap()))
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn refusals_are_counted_by_address_and_those_refused_last_stand_first() {
        let access = Access::default();
        let door = access.door(Service::Snmp);
        assert!(door.admits(ip("10.0.0.1")));
        door.set(&list(&["10.1.0.0/16"]));
        assert_eq!([ip("10.0.3.7"), ip("::1"), ip("::ffff:10.0.3.7")].map(|peer| door.admits(peer)), [false; 3]);
        door.refuse_request(ip("10.1.0.1"));
        let seen: Vec<_> = door.refused().iter().map(|one| (one.address, one.times, one.requests)).collect();
        assert_eq!(seen, [(ip("10.1.0.1"), 0, 1), (ip("10.0.3.7"), 2, 0), (ip("::1"), 1, 0)]);
        assert_eq!(door.counts(), DoorCounts { addresses: 3, requests: 1, closed: 0 });
        assert_eq!(*access.follow_refusals().borrow(), 4);
        assert_eq!(access.door(Service::Web).refused(), []);

        door.set(&list(&["10.0.0.0/8"]));
        let seen: Vec<_> = door.refused().iter().map(|one| one.address).collect();
        assert_eq!(seen, [ip("10.1.0.1"), ip("::1")], "who is let in now is not asked about any more");
        door.forget();
        assert_eq!((door.refused().len(), door.counts().addresses), (0, 3));
    }

    #[test]
    fn beyond_its_bound_the_address_refused_longest_ago_is_forgotten() {
        let door = Door::new(Service::Web);
        door.set(&list(&[]));
        let address = |n: usize| IpAddr::from(Ipv4Addr::from(u32::try_from(n).unwrap()));
        for n in 0..REMEMBERED {
            door.admits(address(n));
        }
        door.admits(address(0));
        door.admits(address(REMEMBERED));
        let seen = door.refused();
        assert_eq!(seen.len(), REMEMBERED);
        assert!(!seen.iter().any(|one| one.address == address(1)));
        assert_eq!((seen[1].address, seen[1].times), (address(0), 2));
    }
}
