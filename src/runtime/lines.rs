//! What the lines can be asked beyond reading and writing: their latest transactions, and to try a silent device now.

use super::handle::CallError;
use super::routes::{Inbox, Routes};
use super::status::LessonsStatus;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// Questions that may wait for one line. Requests of others' clients are taken in at once, to wait for the wire elsewhere:
/// a burst of them must not be refused for the moment that takes.
const DEPTH: usize = 256;

/// Whom a request is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LineName {
    /// A port, by its name.
    Port(String),
    /// The port of this device.
    Device(String),
}

/// One request to a line.
#[derive(Debug)]
pub enum LineRequest {
    /// Its latest transactions.
    Timeline {
        /// Only those behind this number.
        after: u64,
        /// Answered at once.
        reply: oneshot::Sender<Timeline>,
    },
    /// Ask a silent device now, or open a closed line now.
    Retry {
        /// Its name.
        device: String,
        /// Answered when it is arranged; what becomes of it shows in the device's status.
        reply: oneshot::Sender<()>,
    },
    /// What a device taught about reading it.
    Lessons {
        /// Its name.
        device: String,
        /// Answered at once.
        reply: oneshot::Sender<LessonsStatus>,
    },
    /// Forget what a device taught: all is tried anew.
    Forget {
        /// Its name.
        device: String,
        /// Answered when it is forgotten.
        reply: oneshot::Sender<()>,
    },
    /// Send bytes of others to a device and bring back its answer, in turn with the line's own reads and writes.
    Guest(Guest),
}

/// A request that comes from outside, byte for byte.
#[derive(Debug)]
pub struct Guest {
    /// Who asks; those who wait take turns.
    pub asker: Arc<str>,
    /// Before those without.
    pub priority: bool,
    /// The address on the line.
    pub unit: u8,
    /// Function code and data.
    pub pdu: Vec<u8>,
    /// Longest time until the answer begins; none: as the device or the port has it.
    pub timeout: Option<Duration>,
    /// The answer, which may be an exception; empty where nobody answers by design.
    pub reply: oneshot::Sender<Result<Vec<u8>, GuestError>>,
}

/// Why a request of others has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GuestError {
    /// Too many requests wait for the line: ask again later.
    #[error("too many requests wait for the line")]
    Busy,
    /// The line is not open: the overview says why.
    #[error("the line is not open")]
    Closed,
    /// The device did not answer, or not with an answer to this: ask again.
    #[error("the device did not answer")]
    NoAnswer,
    /// The bytes are no request: correct them.
    #[error("not a request")]
    NotARequest,
}

/// The requests of one line.
pub type LineInbox = Inbox<LineName, LineRequest>;

/// Asks lines; held by the web.
#[derive(Debug, Clone)]
pub struct Lines(Routes<LineName, LineRequest>);

impl Default for Lines {
    fn default() -> Self {
        Self(Routes::new(DEPTH))
    }
}

impl Lines {
    /// The inbox of a line with these names.
    pub fn open(&self, names: impl IntoIterator<Item = LineName>) -> LineInbox {
        self.0.open(names)
    }

    /// Hands a request of others to the line of a port.
    ///
    /// # Errors
    ///
    /// `Busy` when its inbox is full, `Stopped` when there is no such line.
    pub fn guest(&self, port: &str, guest: Guest) -> Result<(), CallError> {
        self.0.send(&LineName::Port(port.to_owned()), LineRequest::Guest(guest))
    }

    /// The transactions of a line behind number `after`, oldest first.
    pub async fn timeline(&self, port: &str, after: u64) -> Result<Timeline, CallError> {
        let (reply, answer) = oneshot::channel();
        self.0.send(&LineName::Port(port.to_owned()), LineRequest::Timeline { after, reply })?;
        answer.await.map_err(|_| CallError::Stopped)
    }

    /// Asks a silent device now.
    pub async fn retry(&self, device: &str) -> Result<(), CallError> {
        let (reply, answer) = oneshot::channel();
        let name = LineName::Device(device.to_owned());
        self.0.send(&name, LineRequest::Retry { device: device.to_owned(), reply })?;
        answer.await.map_err(|_| CallError::Stopped)
    }

    /// All that a device taught about reading it.
    pub async fn lessons(&self, device: &str) -> Result<LessonsStatus, CallError> {
        let (reply, answer) = oneshot::channel();
        let name = LineName::Device(device.to_owned());
        self.0.send(&name, LineRequest::Lessons { device: device.to_owned(), reply })?;
        answer.await.map_err(|_| CallError::Stopped)
    }

    /// Forgets what a device taught.
    pub async fn forget(&self, device: &str) -> Result<(), CallError> {
        let (reply, answer) = oneshot::channel();
        let name = LineName::Device(device.to_owned());
        self.0.send(&name, LineRequest::Forget { device: device.to_owned(), reply })?;
        answer.await.map_err(|_| CallError::Stopped)
    }
}

/// Some of a line's transactions.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Timeline {
    /// Oldest first.
    pub transactions: Vec<Transaction>,
    /// The number of the newest there is: ask for those behind it next time.
    pub last: u64,
}

/// One request on a line and what became of it. Times are microseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Transaction {
    /// Rising by one with each transaction of the line.
    pub number: u64,
    /// Milliseconds since 1970-01-01 UTC when its reply was whole, or given up.
    pub unix_ms: i64,
    /// Name of the device when it was asked.
    pub device: Arc<str>,
    /// Its address on the line.
    pub unit_id: u8,
    /// Function code.
    pub function: u8,
    /// First address, 0-based, where the function has one.
    pub address: Option<u16>,
    /// Items asked for; 1 where the function always means one.
    pub count: Option<u16>,
    /// What became of it.
    pub result: TransactionResult,
    /// Silence kept before the request.
    pub silence_us: u32,
    /// The request on the wire.
    pub request_us: u32,
    /// Until the reply began, or was given up.
    pub device_us: u32,
    /// The reply on the wire.
    pub reply_us: u32,
    /// What we let the line stand idle although this was due.
    pub ours_us: u32,
}

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TransactionResult {
    /// Answered.
    Ok,
    /// Answered with this exception code.
    Exception(u8),
    /// Nothing came.
    NoAnswer,
    /// The check sum was wrong.
    Crc,
    /// Something else came.
    Unfit,
    /// Others talked all the time.
    NeverSilent,
    /// It was never sent: no such message exists.
    NotARequest,
}
