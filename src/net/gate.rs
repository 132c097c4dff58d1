//! Who may connect, and how many: decided at accept, before a byte is read.

use arc_swap::ArcSwap;
use ipnet::IpNet;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The addresses that may connect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AllowList {
    /// Everyone.
    #[default]
    All,
    /// Only addresses inside one of these networks.
    Only(Vec<IpNet>),
}

impl AllowList {
    fn admits(&self, peer: IpAddr) -> bool {
        match self {
            Self::All => true,
            Self::Only(networks) => networks.iter().any(|network| network.contains(&peer)),
        }
    }
}

/// The most connections open at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// From everywhere.
    pub total: usize,
    /// From one address.
    pub per_address: usize,
}

/// Why a connection was closed at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its address is on no allow-list.
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
    /// Refused because of the allow-list.
    pub not_allowed: u64,
    /// Refused because of either cap.
    pub full: u64,
    /// Let in, but the TLS handshake failed or took too long.
    pub failed_handshakes: u64,
    /// The last one refused by list or cap, and why.
    pub last: Option<(IpAddr, Refusal)>,
}

/// One gate for all listeners of a service; clones share list, caps and counts, and all three change while in use.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    allow: ArcSwap<AllowList>,
    total: AtomicUsize,
    per_address: AtomicUsize,
    inside: Mutex<Inside>,
    failed_handshakes: AtomicU64,
}

#[derive(Debug, Default)]
struct Inside {
    open: usize,
    by_address: HashMap<IpAddr, usize>,
    not_allowed: u64,
    full: u64,
    last: Option<(IpAddr, Refusal)>,
}

impl Gate {
    /// A gate with nobody inside.
    pub fn new(allow: AllowList, caps: Caps) -> Self {
        Self(Arc::new(Shared {
            allow: ArcSwap::from_pointee(allow),
            total: AtomicUsize::new(caps.total),
            per_address: AtomicUsize::new(caps.per_address),
            inside: Mutex::default(),
            failed_handshakes: AtomicU64::new(0),
        }))
    }

    /// For connections from now on; those inside stay.
    pub fn set_allow(&self, allow: AllowList) {
        self.0.allow.store(Arc::new(allow));
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
        let allowed = self.0.allow.load().admits(peer);
        let mut inside = self.0.lock();
        let verdict = if !allowed {
            Err(Refusal::NotAllowed)
        } else if inside.open >= self.0.total.load(Ordering::Relaxed) {
            Err(Refusal::Full)
        } else if inside.by_address.get(&peer).copied().unwrap_or(0) >= self.0.per_address.load(Ordering::Relaxed) {
            Err(Refusal::AddressFull)
        } else {
            Ok(())
        };
        match verdict {
            Ok(()) => {
                inside.open += 1;
                *inside.by_address.entry(peer).or_insert(0) += 1;
                Ok(Permit { gate: self.clone(), peer })
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
            open: inside.open,
            not_allowed: inside.not_allowed,
            full: inside.full,
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

/// A place behind the gate, held as long as the connection is open.
#[derive(Debug)]
pub struct Permit {
    gate: Gate,
    peer: IpAddr,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut inside = self.gate.0.lock();
        inside.open = inside.open.saturating_sub(1);
        // An address without connections is forgotten: the map stays as small as the cap.
        if let Some(count) = inside.by_address.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                inside.by_address.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn caps_hold_in_all_and_per_address_and_places_come_back() {
        let gate = Gate::new(AllowList::All, Caps { total: 3, per_address: 2 });
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
    fn the_list_is_changed_while_in_use_and_knows_mapped_addresses() {
        let gate = Gate::new(AllowList::All, Caps { total: 9, per_address: 9 });
        let _inside = gate.admit(ip("192.168.7.9")).unwrap();
        gate.set_allow(AllowList::Only(vec!["10.1.0.0/16".parse().unwrap(), "fd00::/8".parse().unwrap()]));
        assert_eq!(gate.admit(ip("192.168.7.9")).unwrap_err(), Refusal::NotAllowed);
        assert!(gate.admit(ip("::ffff:10.1.2.3")).is_ok());
        assert!(gate.admit(ip("fd00::1")).is_ok());
        assert_eq!((gate.counts().open, gate.counts().not_allowed), (1, 1));
    }
}
