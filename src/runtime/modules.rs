//! What I/O modules tell of themselves, and what they can be asked beyond reading and writing: to hold a channel at a
//! value by hand, and to let it go.

use super::commands::WriteError;
use super::handle::CallError;
use super::routes::{Inbox, Routes};
use crate::tag::value::Value;
use serde::Serialize;
use tokio::sync::oneshot;

/// Requests that may wait for one module.
const DEPTH: usize = 32;

/// Whether a module's hardware is at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DriverState {
    /// Not yet tried.
    #[default]
    Starting,
    /// At work.
    Open,
    /// Lost, or never found; it is tried again by itself.
    Gone,
}

/// How far scans began from when they should have, over the recent ones; microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Jitter {
    /// Half are nearer.
    pub p50_us: u64,
    /// 99 % are nearer.
    pub p99_us: u64,
    /// The farthest since the unit started.
    pub max_us: u64,
}

/// An I/O module.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ModuleStatus {
    /// Its name, the group of its tags.
    pub name: String,
    /// Its place.
    pub slot: u8,
    /// What it is, by the word of the document.
    pub model: &'static str,
    /// The hardware behind it, by the word of the document.
    pub driver: &'static str,
    /// Whether that is at hand.
    pub state: DriverState,
    /// The last thing that went wrong with it.
    pub last_error: Option<String>,
    /// Milliseconds until lost hardware is tried again.
    pub retry_in_ms: Option<u64>,
    /// How often the hardware was opened since the unit started.
    pub opened: u64,
    /// Period of the scan in milliseconds.
    pub scan_ms: u64,
    /// Scans since the unit started.
    pub scans: u64,
    /// Scans left out because the one before took too long, or the host had no time.
    pub overruns: u64,
    /// How punctual scans are.
    pub jitter: Jitter,
    /// Changes of inputs that the hardware saw and could not hand over: counts may lack them.
    pub lost_events: u64,
    /// Outputs are held at their safe values.
    pub safe_mode: bool,
    /// How many channels are forced.
    pub forced: usize,
    /// The channels in use that are switched on.
    pub channels: Vec<ChannelStatus>,
}

/// One channel of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChannelStatus {
    /// Its place on the module, 0-based.
    pub channel: u8,
    /// Its name.
    pub name: String,
    /// What it is electrically.
    pub kind: &'static str,
    /// What it does.
    pub mode: &'static str,
    /// A person holds its value by hand.
    pub forced: bool,
    /// Why the hardware has no value of it, or did not take one.
    pub error: Option<String>,
}

/// One request to a module.
#[derive(Debug)]
pub enum ModuleRequest {
    /// Hold a channel at this value; its type and limits are checked.
    Force {
        /// Name of the channel.
        channel: String,
        /// An input shows it, an output is driven with it.
        value: Value,
        /// Answered when it holds.
        reply: oneshot::Sender<Result<(), WriteError>>,
    },
    /// Let it go.
    EndForce {
        /// Name of the channel.
        channel: String,
        /// Answered when it is done, also where nothing was forced.
        reply: oneshot::Sender<Result<(), WriteError>>,
    },
    /// Let all channels go.
    EndAll {
        /// How many were forced.
        reply: oneshot::Sender<usize>,
    },
}

/// The requests of one module.
pub type ModuleInbox = Inbox<String, ModuleRequest>;

/// Asks modules, by their names; held by the web.
#[derive(Debug, Clone)]
pub struct Modules(Routes<String, ModuleRequest>);

impl Default for Modules {
    fn default() -> Self {
        Self(Routes::new(DEPTH))
    }
}

impl Modules {
    /// The inbox of a module of this name.
    pub fn open(&self, name: &str) -> ModuleInbox {
        self.0.open([name.to_owned()])
    }

    /// Holds a channel at a value.
    pub async fn force(&self, module: &str, channel: &str, value: Value) -> Result<Result<(), WriteError>, CallError> {
        let channel = channel.to_owned();
        self.ask(module, |reply| ModuleRequest::Force { channel, value, reply }).await
    }

    /// Lets a channel go.
    pub async fn end_force(&self, module: &str, channel: &str) -> Result<Result<(), WriteError>, CallError> {
        let channel = channel.to_owned();
        self.ask(module, |reply| ModuleRequest::EndForce { channel, reply }).await
    }

    /// Lets all channels of a module go; answers how many were forced.
    pub async fn end_all(&self, module: &str) -> Result<usize, CallError> {
        self.ask(module, |reply| ModuleRequest::EndAll { reply }).await
    }

    async fn ask<R>(
        &self,
        module: &str,
        request: impl FnOnce(oneshot::Sender<R>) -> ModuleRequest,
    ) -> Result<R, CallError> {
        let (reply, answer) = oneshot::channel();
        self.0.send(&module.to_owned(), request(reply))?;
        answer.await.map_err(|_| CallError::Stopped)
    }
}
