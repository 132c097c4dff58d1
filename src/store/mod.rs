//! The store: everything that must survive a restart, in one SQLite file and one key file of the data folder.
//!
//! The only SQL of the house is here. One [`Store`] is the handle of all of it: the configuration and its revisions,
//! the accounts with their sessions and API tokens. [`EventLog`] and [`KeptValues`] are the narrow handles for parts that
//! need no more. One connection writes, a few read; a call that fails or is dropped leaves nothing behind.

mod boots;
mod config;
mod counts;
mod error;
mod events;
mod kept;
mod keys;
mod lessons;
mod open;
mod passwords;
pub mod queue;
mod register_places;
mod retained;
mod sessions;
mod snmp;
mod snmp_notes;
mod tokens;
mod users;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::pool::PoolConnection;
use sqlx::{Connection, Sqlite, SqlitePool};
use tokio::sync::Semaphore;

pub use boots::HostBoots;
pub use config::{Change, ChangeSource, Loaded, Problem, RevisionInfo, Saved, Trial, TrialTime};
pub use counts::KeptCounts;
pub use error::{SaveError, StoreError};
pub use events::{Event, EventFilter, EventLog, NewEvent};
pub use kept::KeptValues;
pub use lessons::{DeviceLessons, StoredLessons};
pub use passwords::{PasswordProblem, check_password};
pub use register_places::RegisterPlaces;
pub use retained::{RetainedMessage, RetainedMessages};
pub use sessions::{NewSession, Session, SessionUser};
pub use snmp::SnmpMemory;
pub use snmp_notes::NotesChange;
pub use tokens::{ApiToken, NewToken, TokenError};
pub use users::{Role, User, UserError};

/// Milliseconds since 1970-01-01 UTC.
pub type UnixMs = i64;

/// How much is kept. The default is meant for a gateway with some gigabytes of flash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreLimits {
    /// Revisions kept, the stored one among them.
    pub revisions: u32,
    /// Bytes all kept revisions may take together, compressed.
    pub revision_bytes: u64,
    /// Events kept of each category, and as many more of what was refused in it.
    pub events: u32,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self { revisions: 500, revision_bytes: 256 * 1024 * 1024, events: 10_000 }
    }
}

/// The handle of the store; clones share the same connections.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    folder: PathBuf,
    /// One connection: SQLite has one writer, and waiting here is fairer than its busy loop.
    writer: SqlitePool,
    readers: SqlitePool,
    keys: keys::Keyring,
    limits: StoreLimits,
    /// Each password hash takes megabytes and a core: a flood of logins must not take all of either.
    hashing: Arc<Semaphore>,
}

/// How writing transactions begin: one that reads first and writes later could not wait for another process's write.
const WRITE: &str = "BEGIN IMMEDIATE";

/// How long a note of the last use may wait for the writer.
const NOTE_WAIT: Duration = Duration::from_millis(100);

/// What a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durability {
    /// The commit is on the disk when it is acknowledged.
    Full,
    /// A power loss may take the last commits (never a crash of the process, and never the consistency): for what is
    /// written often, to spare the flash.
    Relaxed,
}

impl Store {
    /// The data folder.
    pub fn folder(&self) -> &std::path::Path {
        &self.inner.folder
    }

    /// The key that signs session tokens; it is this installation's and survives restarts.
    pub fn session_key(&self) -> &[u8; 32] {
        self.inner.keys.session_key()
    }

    /// Tells this installation from others, those with a copy of its configuration too; no secret, and survives restarts.
    pub fn mark(&self) -> String {
        self.inner.keys.mark()
    }

    /// The handle that appends to and reads the event log.
    pub fn event_log(&self) -> EventLog {
        EventLog::new(self.clone())
    }

    /// The handle of the kept values of internal registers.
    pub fn kept_values(&self) -> KeptValues {
        KeptValues::new(self.clone())
    }

    /// The handle of the kept counts of channels; made once, so that all share one write.
    pub fn kept_counts(&self) -> KeptCounts {
        KeptCounts::new(self.clone())
    }

    /// What the embedded broker retains.
    pub fn retained_messages(&self) -> RetainedMessages {
        RetainedMessages::new(self.clone())
    }

    /// The handle of the boots that modules were there in.
    pub fn host_boots(&self) -> HostBoots {
        HostBoots::new(self.clone())
    }

    /// The handle of what the SNMP agent must not forget.
    pub fn snmp_memory(&self) -> SnmpMemory {
        SnmpMemory::new(self.clone())
    }

    /// The handle of what was learnt of Modbus devices.
    pub fn device_lessons(&self) -> DeviceLessons {
        DeviceLessons::new(self.clone())
    }

    /// The handle of what MQTT connections still owe their brokers.
    pub fn queues(&self) -> queue::Queues {
        queue::Queues::of(&self.inner.folder)
    }

    /// The handle of the places in the automatic register map.
    pub fn register_places(&self) -> RegisterPlaces {
        RegisterPlaces::new(self.clone())
    }

    /// Ends all connections after the calls under way; the write-ahead log is merged into the file.
    pub async fn close(&self) {
        self.inner.readers.close().await;
        self.inner.writer.close().await;
    }

    /// The one connection that writes. A transaction begun on it and dropped without commit is rolled back.
    async fn writer(&self, durability: Durability) -> Result<PoolConnection<Sqlite>, StoreError> {
        // Set each time: the setting outlives the call, and the call before may have wanted another.
        let pragma = match durability {
            Durability::Full => "PRAGMA synchronous = FULL",
            Durability::Relaxed => "PRAGMA synchronous = NORMAL",
        };
        loop {
            let mut connection = self.inner.writer.acquire().await?;
            sqlx::query(pragma).execute(&mut *connection).await?;
            // After some errors (disk full) SQLite rolls back by itself and the driver still counts a transaction: such a
            // connection begins no other. The count is up to date here, the statement has run after any rollback.
            if !connection.is_in_transaction() {
                return Ok(connection);
            }
            connection.close().await?;
        }
    }

    /// Notes when something was last used. Who uses it neither waits long for the note, as behind a large save, nor
    /// fails with it, as on a full disk: the next use notes again.
    async fn note(&self, statement: &'static str, at_ms: UnixMs, id: &str) {
        let write = async {
            let mut connection = self.writer(Durability::Relaxed).await?;
            sqlx::query(statement).bind(at_ms).bind(id).execute(&mut *connection).await?;
            Ok::<_, StoreError>(())
        };
        if let Ok(Err(error)) = tokio::time::timeout(NOTE_WAIT, write).await {
            tracing::warn!(%error, "the last use of a session or token was not noted");
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("folder", &self.inner.folder).finish_non_exhaustive()
    }
}

fn now_ms() -> UnixMs {
    // A host clock before 1970 is nonsense; 0 keeps the order of records at least defined.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Runs a computation that would hold up a runtime worker.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    Ok(tokio::task::spawn_blocking(work).await?)
}

#[cfg(test)]
mod tests;
