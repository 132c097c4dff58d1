//! What the owner of the configuration can be asked. The owner itself joins store and supervisor and lives above.

use super::handle::Handle;
use crate::config::document::Document;
use crate::config::problem::Problem;
use crate::views::feasibility::LineNeeds;
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::oneshot;

/// The handle faces of people hold.
pub type ConfigHandle = Handle<ConfigRequest>;

/// A stored configuration and its number.
#[derive(Debug, Clone)]
pub struct Revision {
    /// Number, rising by one.
    pub number: u64,
    /// The document with its ids, secrets in clear: mask before it leaves.
    pub document: Arc<Document>,
    /// What did not fit when it was loaded; shown, never fatal.
    pub problems: Arc<Vec<Problem>>,
    /// What it asks of each line.
    pub feasibility: Arc<Vec<LineNeeds>>,
}

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
}
