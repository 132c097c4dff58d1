//! What the thread of a module is told.

use crate::runtime::commands::Batch;
use crate::runtime::modules::ModuleRequest;

/// One message. Configuration, safe mode and the end stand elsewhere, as states: they are never lost in a full queue.
#[derive(Debug)]
pub(super) enum Message {
    /// Write these.
    Write(Batch),
    /// Force, or end that.
    Ask(ModuleRequest),
    /// Some state has changed: look.
    Look,
}
