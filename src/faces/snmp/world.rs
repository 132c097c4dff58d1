//! What the agent's parts share: the house around it, and the tree of the moment.

use super::front::{Counts, word};
use super::managers::Managers;
use super::structure::Structure;
use crate::config::snmp::Version;
use crate::platform::clock;
use crate::platform::interfaces::{self, Interface};
use crate::runtime::commands::Commands;
use crate::runtime::events::{Category, Event, Events, Outcome};
use crate::runtime::image::Reader;
use crate::runtime::safe_mode::SafeMode;
use crate::runtime::status::UnitsWatch;
use crate::views::mib::head::Unwelcome;
use arc_swap::{ArcSwap, ArcSwapOption};
use async_snmp::agent::Agent;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long facts of the host are good for.
const FRESH: Duration = Duration::from_secs(1);

/// Shared by front, handler and service.
pub(super) struct World {
    pub(super) reader: Reader,
    pub(super) commands: Commands,
    pub(super) units: UnitsWatch,
    pub(super) events: Events,
    pub(super) safe_mode: SafeMode,
    pub(super) structure: ArcSwap<Structure>,
    pub(super) counts: Counts,
    pub(super) managers: Managers,
    /// The running agent, for its counters; taken out before it ends, as it holds the handler that holds this.
    pub(super) agent: ArcSwapOption<Agent>,
    pub(super) started: Instant,
    host: Mutex<Option<(Instant, Arc<Host>)>>,
}

/// Facts of the host.
#[derive(Debug, Default)]
pub(super) struct Host {
    pub(super) interfaces: Vec<Interface>,
    pub(super) uptime_s: u64,
    pub(super) processes: u64,
    pub(super) memory_kib: u64,
}

impl World {
    pub(super) fn new(parts: &super::SnmpAgent) -> Self {
        Self {
            reader: parts.image.reader(),
            commands: parts.commands.clone(),
            units: parts.units.clone(),
            events: parts.events.clone(),
            safe_mode: parts.safe_mode.clone(),
            structure: ArcSwap::from_pointee(Structure::default()),
            counts: Counts::default(),
            managers: Managers::default(),
            agent: ArcSwapOption::empty(),
            started: Instant::now(),
            host: Mutex::default(),
        }
    }

    /// Hundredths of a second since the agent started; wraps after 497 days (RFC 3418).
    pub(super) fn uptime(&self) -> u32 {
        u32::try_from(self.started.elapsed().as_millis() / 10 % (1 << 32)).unwrap_or(0)
    }

    /// Facts of the host, at most a second old.
    pub(super) fn host(&self) -> Arc<Host> {
        let mut host = self.host.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, facts)) = host.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return Arc::clone(facts);
        }
        let (uptime_s, processes, memory_kib) = interfaces::host();
        let facts = Arc::new(Host { interfaces: interfaces::list(), uptime_s, processes, memory_kib });
        *host = Some((Instant::now(), Arc::clone(&facts)));
        facts
    }

    /// Stands in the event log, whose damper keeps a flood of them short.
    pub(super) fn refused_community(&self, from: IpAddr, version: Version) {
        self.tell_refused(from, format!("{}: an unknown community", word(version)));
    }

    /// The same of somebody who was told so by the agent.
    pub(super) fn refused_user(&self, from: IpAddr, why: Unwelcome) {
        let why = match why {
            Unwelcome::Level => "SNMPv3: a security level that is not permitted",
            Unwelcome::User => "SNMPv3: an unknown user",
            Unwelcome::Digest => "SNMPv3: a wrong authentication password",
            Unwelcome::Decryption => "SNMPv3: a wrong privacy password",
        };
        self.tell_refused(from, why.to_owned());
    }

    pub(super) fn tell_refused(&self, from: IpAddr, detail: String) {
        self.events.tell(Event {
            unix_ms: clock::unix_ms(),
            source: "snmp".to_owned(),
            category: Category::Access,
            subject: from.to_string(),
            actor: from.to_string(),
            result: Outcome::Refused,
            detail,
        });
    }
}
