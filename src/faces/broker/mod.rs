//! The embedded MQTT broker of one site: 3.1, 3.1.1 and 5.0, QoS 0 to 2, retained messages, last wills, sessions.
//!
//! ```text
//! client --> listener and gate --> relay --(loopback, PROXY header)--> rmqtt --> relay --> client
//!                                    |                                   |
//!                              sizes, rates, stalls              hooks: users and rules
//! ```
//!
//! Retained messages are written every few seconds and at the stop, and are there after a restart; a crash loses what changed
//! in the last ones. The sessions of absent clients are kept in memory and end with the process.
//!
//! rmqtt runs on a runtime of its own: what its clients do costs the field nothing but processor time, and dropping the
//! runtime is the one way to stop it entirely. It writes user names and client addresses to its log at the level
//! `info`, packets without payload at `debug`.

mod crossing;
mod engine;
mod filter;
mod forward;
mod gauge;
mod hooks;
mod hub;
mod keeper;
mod packet;
mod proxy;
mod rate;
mod relay;
mod retain;
mod rules;
mod service;
mod sys;

use crate::config::broker::BrokerConfig;
use crate::net::door::Door;
use crate::runtime::bridges::Bridges;
use crate::runtime::events::Events;
use crate::runtime::unit::UnitContext;
use crate::store::RetainedMessages;
use std::io;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

/// Threads of the broker; two keep one slow client from holding up the others, more would take the field's cores.
const THREADS: usize = 2;
/// What has not ended after this time is left behind.
const SHUTDOWN: Duration = Duration::from_secs(1);

/// Why the broker cannot run; all of it may be better at the next try.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// No thread can be started.
    #[error("the broker's threads cannot be started: {0}")]
    Threads(#[source] io::Error),
    /// The loopback side failed.
    #[error("{0}")]
    Engine(String),
    /// None of its addresses can be listened on.
    #[error("{0}")]
    Listen(String),
    /// A bug.
    #[error("the broker panicked")]
    Panicked,
}

/// The broker as a unit.
#[derive(Debug)]
pub struct Broker {
    config: watch::Receiver<BrokerConfig>,
    events: Events,
    door: Door,
    kept: Option<RetainedMessages>,
    bridges: Bridges,
}

impl Broker {
    /// A broker that follows this configuration: users and caps at once, listeners one by one, without a restart.
    /// Refused logins are told to `events`; `door` says who may connect at all.
    pub fn new(config: watch::Receiver<BrokerConfig>, events: Events, door: Door) -> Self {
        Self { config, events, door, kept: None, bridges: Bridges::default() }
    }

    /// With a place where retained messages survive the program.
    #[must_use]
    pub fn with_memory(self, kept: RetainedMessages) -> Self {
        Self { kept: Some(kept), ..self }
    }

    /// With the place where it meets its bridges.
    #[must_use]
    pub fn with_bridges(self, bridges: Bridges) -> Self {
        Self { bridges, ..self }
    }

    /// Runs until stopped.
    pub async fn run(self, ctx: UnitContext) -> Result<(), BrokerError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("broker")
            .enable_all()
            .build()
            .map_err(BrokerError::Threads)?;
        let mut host = Host(Some(runtime));
        let Some(runtime) = &host.0 else { return Err(BrokerError::Panicked) };
        let outcome = runtime.spawn(service::run(self, ctx)).await;
        host.close().await;
        outcome.unwrap_or(Err(BrokerError::Panicked))
    }
}

/// A runtime must not be dropped where blocking is forbidden, and an aborted unit is dropped just there.
struct Host(Option<Runtime>);

impl Host {
    async fn close(&mut self) {
        if let Some(runtime) = self.0.take() {
            // A failed join only says that this runtime, too, is going down.
            drop(tokio::task::spawn_blocking(move || runtime.shutdown_timeout(SHUTDOWN)).await);
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
