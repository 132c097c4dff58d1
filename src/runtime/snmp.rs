//! What the SNMP agent tells of itself, and what it can be asked.

use super::handle::CallError;
use super::routes::{Inbox, Routes};
use serde::Serialize;
use tokio::sync::oneshot;

/// Requests that may wait.
const DEPTH: usize = 16;
/// The one agent's name among the routes.
const AGENT: &str = "snmp";

/// The agent.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SnmpStatus {
    /// The UDP address it listens on.
    pub address: String,
    /// Who it is for SNMPv3, in hex.
    pub engine_id: String,
    /// How often it was started.
    pub engine_boots: u32,
    /// Rows of its tables.
    pub rows: usize,
    /// Messages received.
    pub requests: u64,
    /// Messages answered.
    pub answers: u64,
    /// Messages not answered, by reason.
    pub refused: SnmpRefusals,
    /// Who asked, those who asked last first.
    pub managers: Vec<ManagerStatus>,
    /// Who is told.
    pub receivers: Vec<ReceiverStatus>,
}

/// Messages not answered, or answered with a report.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SnmpRefusals {
    /// From an address that is not on the allow-list.
    pub address: u64,
    /// Of a version that is not switched on.
    pub version: u64,
    /// With an unknown community.
    pub community: u64,
    /// With an unknown user.
    pub user: u64,
    /// Wrongly signed.
    pub digest: u64,
    /// Not to be decrypted.
    pub decryption: u64,
    /// A level of security below the user's.
    pub level: u64,
    /// Replayed, or late.
    pub time: u64,
    /// Not to be understood.
    pub malformed: u64,
    /// Too many managers at once.
    pub full: u64,
}

/// One manager.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ManagerStatus {
    /// Its address and port.
    pub address: String,
    /// The last version it asked by.
    pub version: &'static str,
    /// The name of the community or user of its last request.
    pub name: String,
    /// What it asked last: `get`, `getnext`, `getbulk`, `set`.
    pub request: &'static str,
    /// Messages it sent.
    pub requests: u64,
    /// Messages it was answered.
    pub answers: u64,
    /// Milliseconds since its last message.
    pub idle_ms: u64,
}

/// One receiver of notifications.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ReceiverStatus {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// `trap` or `inform`.
    pub kind: &'static str,
    /// Notifications sent; of informs each once.
    pub sent: u64,
    /// Informs acknowledged.
    pub acknowledged: u64,
    /// Attempts that failed; what they were for is kept and tried again.
    pub failed: u64,
    /// Notifications that wait.
    pub waiting: usize,
    /// Notifications lost because too many were waiting.
    pub dropped: u64,
    /// Why the last attempt failed; absent after one that did not.
    pub last_error: Option<String>,
}

/// What the agent can be asked.
#[derive(Debug)]
pub enum SnmpRequest {
    /// Send a test notification to this receiver.
    Test {
        /// Its name.
        receiver: String,
        /// Whether there is such a receiver; its status says what became of it.
        reply: oneshot::Sender<bool>,
    },
}

/// The agent's requests.
pub type SnmpInbox = Inbox<String, SnmpRequest>;

/// Asks the agent; held by the web.
#[derive(Debug, Clone)]
pub struct Snmp(Routes<String, SnmpRequest>);

impl Default for Snmp {
    fn default() -> Self {
        Self(Routes::new(DEPTH))
    }
}

impl Snmp {
    /// The inbox of the agent.
    pub fn open(&self) -> SnmpInbox {
        self.0.open([AGENT.to_owned()])
    }

    /// Asks for a test notification; answers whether there is such a receiver.
    pub async fn test(&self, receiver: &str) -> Result<bool, CallError> {
        let (reply, answer) = oneshot::channel();
        self.0.send(&AGENT.to_owned(), SnmpRequest::Test { receiver: receiver.to_owned(), reply })?;
        answer.await.map_err(|_| CallError::Stopped)
    }
}
