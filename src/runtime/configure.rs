//! What the owner of the configuration can be asked. The owner itself joins store and supervisor and lives above.

use super::handle::Handle;
use crate::config::kept::KeptDocument;
use crate::config::problem::Problem;
use crate::views::feasibility::LineNeeds;
use serde::Serialize;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::oneshot;

/// The handle faces of people hold.
pub type ConfigHandle = Handle<ConfigRequest>;

/// A stored configuration and its number.
#[derive(Debug, Clone)]
pub struct Revision {
    /// Number, rising by one.
    pub number: u64,
    /// The document with its ids, secrets in clear: mask before it leaves.
    pub document: Arc<KeptDocument>,
    /// What did not fit when it was loaded; shown, never fatal.
    pub problems: Arc<Vec<Problem>>,
    /// What it asks of each line.
    pub feasibility: Arc<Vec<LineNeeds>>,
    /// Set while it is on trial.
    pub trial: Option<Trial>,
}

/// Unless somebody keeps the configuration in time, the one before it returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The number of the one that returns; 0 if none was stored before.
    pub before: u64,
    /// When.
    pub until: Instant,
    /// When, by the host's clock, in milliseconds since 1970-01-01 UTC.
    pub until_ms: i64,
    /// Who wants it.
    pub author: String,
}

/// Seconds a trial may last: long enough to find the button, and not so long that nobody is there when it ends.
pub const TRIAL_SECONDS: RangeInclusive<u32> = 5..=3_600;

/// A change somebody wants.
#[derive(Debug, Clone)]
pub struct Change {
    /// The whole new document; ids may be absent, secrets may be `***`.
    pub document: serde_json::Value,
    /// The revision it was made from.
    pub expected: u64,
    /// Only tell what would happen.
    pub dry_run: bool,
    /// Who wants it.
    pub author: String,
    /// From where: `browser`, `api`, `cli`.
    pub source: String,
    /// The address whoever wants it must still come in from afterwards; none where that is no matter.
    pub peer: Option<IpAddr>,
    /// Seconds in [`TRIAL_SECONDS`] in which somebody must keep it; none: it stays.
    pub confirm_within: Option<u32>,
}

/// What a change does, or would do.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Applied {
    /// The revision in force now; on a dry run the present one.
    pub revision: u64,
    /// Warnings.
    pub problems: Vec<Problem>,
    /// The units it touches.
    pub plan: PlanView,
    /// What it asks of each line.
    pub feasibility: Vec<LineNeeds>,
}

/// The units a change touches, by the names people know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PlanView {
    /// Started, or started again.
    pub start: Vec<String>,
    /// Stopped.
    pub stop: Vec<String>,
    /// Changed while running.
    pub update: Vec<String>,
}

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ChangeError {
    /// Somebody else was faster: read again.
    #[error("the configuration has changed meanwhile; it is at revision {current}")]
    Stale {
        /// The revision in force.
        current: u64,
    },
    /// The document has errors.
    #[error("the configuration has errors")]
    Invalid(Vec<Problem>),
    /// Another one is on trial: keep it, or take it back, first.
    #[error("revision {revision} is on trial: keep it or take it back before the next change")]
    OnTrial {
        /// The revision on trial.
        revision: u64,
    },
    /// Nothing is on trial: it was kept, or taken back.
    #[error("no configuration is on trial: it was kept, or taken back")]
    NoTrial,
    /// Beyond a limit of the product.
    #[error("{0}")]
    TooLarge(String),
    /// The disk refused.
    #[error("the configuration could not be stored: {0}")]
    Store(String),
}

/// One request to the owner of the configuration.
#[derive(Debug)]
pub enum ConfigRequest {
    /// The configuration in force.
    Current {
        /// Answered at once.
        reply: oneshot::Sender<Revision>,
    },
    /// Check, store and apply a change.
    Change {
        /// The change.
        change: Box<Change>,
        /// Answered when it is stored and handed to the supervisor.
        reply: oneshot::Sender<Result<Applied, ChangeError>>,
    },
    /// End the trial that is under way.
    EndTrial {
        /// The configuration stays; otherwise the one before it returns at once.
        keep: bool,
        /// Who says so, and from where.
        actor: String,
        /// Answered with the revision in force when it is done.
        reply: oneshot::Sender<Result<u64, ChangeError>>,
    },
}
