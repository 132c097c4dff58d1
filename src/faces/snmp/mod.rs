//! The SNMP agent: the image for network managers, SNMPv1, v2c and v3, with traps and informs.
//!
//! ```text
//! manager --> front: allow-list, version, community --(loopback)--> agent --> tree --> image
//!                                                                     SET --> commands --> driver
//! image, events --> rules --> one post for each receiver --> trap or inform
//! ```
//!
//! All of it runs in one thread of its own, on a runtime of its own, so that whatever managers ask costs the field nothing
//! but processor time. Users and communities are fixed in a running agent: when they change, another takes its place, with
//! one more boot of the engine. Everything else is followed while it runs.

mod agent;
mod front;
mod handler;
mod managers;
mod notify;
mod read;
mod service;
mod set;
mod structure;
mod world;

use crate::config::appliance::ApplianceConfig;
use crate::config::snmp::SnmpConfig;
use crate::net::door::Door;
use crate::runtime::commands::Commands;
use crate::runtime::events::Events;
use crate::runtime::image::Image;
use crate::runtime::safe_mode::SafeMode;
use crate::runtime::snmp::Snmp;
use crate::runtime::status::UnitsWatch;
use crate::runtime::unit::{UnitContext, UnitKey};
use crate::store::SnmpMemory;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::sync::{oneshot, watch};

/// What the agent lives by.
#[derive(Debug, Clone, PartialEq)]
pub struct SnmpUnitConfig {
    /// Its own settings.
    pub snmp: SnmpConfig,
    /// Name, contact, location.
    pub appliance: ApplianceConfig,
    /// The ports there are.
    pub ports: Vec<PortRow>,
    /// The devices there are.
    pub devices: Vec<DeviceRow>,
    /// Names of modules, with their slots.
    pub slots: Vec<(String, u32)>,
}

/// A port, as far as its row needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The unit it is.
    pub unit: UnitKey,
}

/// A device, as far as its row needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The port it is on.
    pub port: String,
    /// Its address there.
    pub unit_id: u8,
}

/// Why the agent cannot run; all of it may be better at the next try.
#[derive(Debug, thiserror::Error)]
pub enum SnmpError {
    /// No thread, or no runtime in it.
    #[error("the agent's thread cannot be started: {0}")]
    Thread(#[source] io::Error),
    /// Its address cannot be listened on.
    #[error("the agent cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: std::net::SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The engine's boots or the rows' numbers cannot be kept.
    #[error("the agent's memory cannot be kept: {0}")]
    Memory(#[from] crate::store::StoreError),
    /// The agent could not be made, or ended.
    #[error("the agent: {0}")]
    Agent(String),
    /// A bug.
    #[error("the agent panicked")]
    Panicked,
}

/// The agent as a unit.
#[derive(Debug)]
pub struct SnmpAgent {
    /// What it follows.
    pub config: watch::Receiver<SnmpUnitConfig>,
    /// Reads every point, and tells of changes.
    pub image: Image,
    /// Writes points.
    pub commands: Commands,
    /// Every unit.
    pub units: UnitsWatch,
    /// What happens.
    pub events: Events,
    /// Whether outputs are held.
    pub safe_mode: SafeMode,
    /// Who may ask at all.
    pub door: Door,
    /// Engine and row numbers.
    pub memory: SnmpMemory,
    /// Requests of the web.
    pub requests: Snmp,
    /// Set when this program's cold start has been told.
    pub cold_start_told: Arc<AtomicBool>,
}

impl SnmpAgent {
    /// Runs until stopped.
    pub async fn run(self, ctx: UnitContext) -> Result<(), SnmpError> {
        // Should this future be dropped, the thread still ends.
        let stop = ctx.stop.child_token();
        let _ends = stop.clone().drop_guard();
        let (done, ended) = oneshot::channel();
        let thread = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let outcome = match runtime {
                Ok(runtime) => runtime.block_on(service::run(self, ctx, stop)),
                Err(error) => Err(SnmpError::Thread(error)),
            };
            // Nobody waits any more when the unit was cut off.
            drop(done.send(outcome));
        };
        std::thread::Builder::new().name("snmp".to_owned()).spawn(thread).map_err(SnmpError::Thread)?;
        ended.await.unwrap_or(Err(SnmpError::Panicked))
    }
}
