//! Who asks: by address, for the status; and whose relayed requests come from which port.

use crate::platform::clock;
use crate::runtime::snmp::ManagerStatus;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Managers remembered; those that asked longest ago go first.
const MOST: usize = 256;

/// One address that asks.
#[derive(Debug)]
pub(super) struct Manager {
    pub(super) address: IpAddr,
    requests: AtomicU64,
    answers: AtomicU64,
    /// Microseconds of the monotonic clock.
    last: AtomicU64,
    seen: Mutex<Seen>,
}

/// What its last request said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) request_id: i32,
    pub(super) version: &'static str,
    pub(super) name: String,
    pub(super) request: &'static str,
}

impl Manager {
    pub(super) fn asked(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.last.store(clock::now().mono_us, Ordering::Relaxed);
    }

    pub(super) fn answered(&self) {
        self.answers.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes a request the agent has understood; `see` is called once for each request, not for each of its variables.
    pub(super) fn note(&self, request_id: i32, see: impl FnOnce() -> Seen) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.request_id != request_id || seen.version.is_empty() {
            *seen = see();
        }
    }

    fn status(&self, now: u64) -> ManagerStatus {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        ManagerStatus {
            address: self.address.to_string(),
            version: seen.version,
            name: seen.name,
            request: seen.request,
            requests: self.requests.load(Ordering::Relaxed),
            answers: self.answers.load(Ordering::Relaxed),
            idle_ms: now.saturating_sub(self.last.load(Ordering::Relaxed)) / 1000,
        }
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Managers {
    by_address: Mutex<HashMap<IpAddr, Arc<Manager>>>,
    by_port: RwLock<HashMap<u16, Arc<Manager>>>,
}

impl Managers {
    /// The manager at this address.
    pub(super) fn at(&self, address: IpAddr) -> Arc<Manager> {
        let mut all = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(&address) {
            return Arc::clone(known);
        }
        if MOST <= all.len() {
            let oldest = all.iter().min_by_key(|(_, manager)| manager.last.load(Ordering::Relaxed)).map(|(at, _)| *at);
            oldest.and_then(|oldest| all.remove(&oldest));
        }
        let manager = Arc::new(Manager {
            address,
            requests: AtomicU64::new(0),
            answers: AtomicU64::new(0),
            last: AtomicU64::new(0),
            seen: Mutex::default(),
        });
        all.insert(address, Arc::clone(&manager));
        manager
    }

    /// Requests from this port of ours are the manager's.
    pub(super) fn relayed(&self, port: u16, manager: Arc<Manager>) {
        self.by_port.write().unwrap_or_else(PoisonError::into_inner).insert(port, manager);
    }

    /// No more.
    pub(super) fn forget(&self, port: u16) {
        self.by_port.write().unwrap_or_else(PoisonError::into_inner).remove(&port);
    }

    /// Whose requests come from this port of ours.
    pub(super) fn behind(&self, port: u16) -> Option<Arc<Manager>> {
        self.by_port.read().unwrap_or_else(PoisonError::into_inner).get(&port).cloned()
    }

    /// Those who asked last first.
    pub(super) fn status(&self) -> Vec<ManagerStatus> {
        let now = clock::now().mono_us;
        let all = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let mut list: Vec<ManagerStatus> = all.values().map(|manager| manager.status(now)).collect();
        list.sort_by(|a, b| (a.idle_ms, &a.address).cmp(&(b.idle_ms, &b.address)));
        list
    }
}
