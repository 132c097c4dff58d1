//! One queue's file. Opened when it is there or first needed; every change is one transaction.

use super::QueuedRecord;
use super::page::{Unreadable, pack, unpack};
use crate::store::beside;
use crate::store::error::StoreError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Row};
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// "DINQ" in the header of the file.
const APPLICATION_ID: i32 = 0x4449_4E51;
/// The layout of the tables.
const SCHEMA: i64 = 1;
/// What a row takes beside its body, and what is lost in the last page of the database it fills, on the average.
const ROW: u64 = 2300;
/// How long another process may hold the file, such as a backup.
const BUSY: Duration = Duration::from_secs(5);

/// What the disk does for a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flush {
    /// Waits until it is on the disk itself.
    Now,
    /// Survives the end of the program; for a loss of power see [`QueueFile::sync`].
    Later,
}

/// Why a queue's file could not be used. Nothing of the failed call was kept.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The file holds what no queue holds: put it aside with [`QueueFile::put_aside`].
    #[error("the queue's file {path} is damaged")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// Written by a newer program, or no queue at all: nothing was touched.
    #[error("{path} was written by a newer dinrail, or is no queue of dinrail: move it away (nothing was changed)")]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// No room: try again.
    #[error("the disk is full")]
    DiskFull,
    /// Anything else: try again.
    #[error("the queue's file {path} cannot be used: {why}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
}

/// A page, without its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPage {
    /// The first id in it, which names it.
    pub first: u64,
    /// The last id in it.
    pub last: u64,
    /// How many records of each publication, by its id.
    pub tally: BTreeMap<Arc<str>, u32>,
    /// When the newest was produced.
    pub newest_ms: i64,
    /// When the oldest was produced.
    pub oldest_ms: i64,
    /// The bytes it takes on the disk.
    pub cost: u64,
    /// The bytes of its payloads in memory.
    pub raw: u64,
}

/// What a file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Its pages in the order of their records.
    pub pages: Vec<KeptPage>,
    /// What is below this id has been delivered or given up.
    pub resume: u64,
}

/// One change of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commit {
    /// Pages that are done with; removed first.
    pub remove: Vec<u64>,
    /// The records of each new page, their ids rising.
    pub add: Vec<Vec<QueuedRecord>>,
    /// The lowest id that still waits.
    pub resume: u64,
}

/// The file of one queue.
#[derive(Debug)]
pub struct QueueFile {
    path: PathBuf,
    open: Option<SqliteConnection>,
    /// Whether something failed on it: after some errors SQLite has rolled back by itself and the driver still counts a
    /// transaction; another connection has no past.
    broken: bool,
}

impl QueueFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, open: None, broken: false }
    }

    /// What an earlier run left; nothing is made where there is no file.
    pub async fn kept(&mut self) -> Result<Kept, QueueError> {
        if self.open.is_none() && !self.path.exists() {
            return Ok(Kept::default());
        }
        let found = read_kept(self.connection().await?).await;
        let mut kept = found.map_err(|error| self.failed(error))?;
        let resume = kept.resume;
        if let Some(page) = kept.pages.iter_mut().find(|page| page.first < resume && resume <= page.last) {
            // Some of its records are done with; only it can tell which.
            let waiting: Vec<_> = self.read(&[page.first]).await?.into_iter().filter(|r| resume <= r.id).collect();
            page.tally = tally(&waiting);
        }
        Ok(kept)
    }

    /// Makes one change, all of it or nothing; answers the pages that were added.
    pub async fn commit(&mut self, commit: Commit, flush: Flush) -> Result<Vec<KeptPage>, QueueError> {
        let Commit { remove, add, resume } = commit;
        // Packing is work for a processor, not for the runtime.
        let packed = beside(move || add.into_iter().map(|records| pack_page(&records)).collect::<Result<Vec<_>, _>>());
        let packed = packed.await.map_err(|error| self.unusable(error))?.map_err(|error| self.unusable(error))?;
        if packed.is_empty() && self.open.is_none() && !self.path.exists() {
            return Ok(Vec::new());
        }
        let connection = self.connection().await?;
        let written = write(connection, &remove, &packed, resume, flush).await;
        written.map_err(|error| self.failed(error))?;
        Ok(packed.into_iter().map(|(page, _)| page).collect())
    }

    /// The records of these pages, in this order.
    pub async fn read(&mut self, pages: &[u64]) -> Result<Vec<QueuedRecord>, QueueError> {
        let mut bodies = Vec::with_capacity(pages.len());
        for first in pages {
            let connection = self.connection().await?;
            let body = sqlx::query_scalar::<_, Vec<u8>>("SELECT body FROM page WHERE first = ?")
                .bind(first.cast_signed())
                .fetch_optional(connection)
                .await;
            match body.map_err(|error| self.failed(error.into()))? {
                Some(body) => bodies.push(body),
                None => return Err(QueueError::Damaged { path: self.path.clone() }),
            }
        }
        let unpacked = beside(move || {
            let mut records = Vec::new();
            for body in bodies {
                records.extend(unpack(&body)?);
            }
            Ok::<_, Unreadable>(records)
        });
        let unpacked = unpacked.await.map_err(|error| self.unusable(error))?;
        unpacked.map_err(|Unreadable| QueueError::Damaged { path: self.path.clone() })
    }

    /// Waits until everything committed so far is on the disk itself.
    pub async fn sync(&mut self) -> Result<(), QueueError> {
        let log = side_file(&self.path, "-wal");
        let synced = beside(move || match OpenOptions::new().read(true).open(log) {
            Ok(log) => log.sync_data(),
            // Without a log everything is in the database, by a checkpoint, which syncs.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        });
        let synced = synced.await.map_err(|error| self.unusable(error))?;
        synced.map_err(|error| self.unusable(error))
    }

    /// Moves a damaged file out of the way; answers where it is. What is written next goes into a new one.
    pub async fn put_aside(&mut self) -> Result<PathBuf, QueueError> {
        self.shut().await;
        let aside = |n: u32| side_file(&self.path, &format!(".damaged-{n}"));
        let to = (1..1000).map(aside).find(|path| !path.exists()).unwrap_or_else(|| aside(1000));
        std::fs::rename(&self.path, &to).map_err(|error| self.unusable(error))?;
        for side in ["-wal", "-shm"] {
            let (from, to) = (side_file(&self.path, side), side_file(&to, side));
            if from.exists() {
                std::fs::rename(from, to).map_err(|error| self.unusable(error))?;
            }
        }
        Ok(to)
    }

    /// Ends the use of the file; its write-ahead log is merged into it.
    pub async fn close(mut self) {
        self.shut().await;
    }

    /// Waited for: SQLite removes its side files by name when it closes, and the next file has the same.
    async fn shut(&mut self) {
        if let Some(open) = self.open.take()
            && let Err(error) = open.close().await
        {
            tracing::debug!(%error, path = %self.path.display(), "closing a queue's file");
        }
        self.broken = false;
    }

    /// Runs a statement as a test needs it.
    #[cfg(test)]
    pub(super) async fn run(&mut self, statement: &'static str) {
        sqlx::query(statement).execute(self.connection().await.unwrap()).await.unwrap();
    }

    async fn connection(&mut self) -> Result<&mut SqliteConnection, QueueError> {
        if self.broken {
            self.shut().await;
        }
        let open = match self.open.take() {
            Some(open) => open,
            None => connect(&self.path).await.map_err(|error| self.failed(error))?,
        };
        Ok(self.open.insert(open))
    }

    fn failed(&mut self, error: Failure) -> QueueError {
        self.broken = true;
        match error {
            Failure::Store(StoreError::DiskFull) => QueueError::DiskFull,
            Failure::Store(StoreError::Damaged(_)) | Failure::Tally => QueueError::Damaged { path: self.path.clone() },
            Failure::NotOurs => QueueError::NotOurs { path: self.path.clone() },
            Failure::Store(error) => match std::error::Error::source(&error) {
                Some(cause) => self.unusable(cause),
                None => self.unusable(&error),
            },
        }
    }

    fn unusable(&self, why: impl std::fmt::Display) -> QueueError {
        QueueError::Unusable { path: self.path.clone(), why: why.to_string() }
    }
}

enum Failure {
    Store(StoreError),
    NotOurs,
    Tally,
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

fn side_file(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

async fn connect(path: &Path) -> Result<SqliteConnection, Failure> {
    // SQLite gives its side files the mode of the database, and would make that readable for everyone.
    let made = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    made.map_err(|error| Failure::Store(sqlx::Error::Io(error).into()))?;
    // Nothing that SQLite would write, or look into the file for: it may not be ours.
    let mut connection =
        SqliteConnectOptions::new().filename(path).busy_timeout(BUSY).disable_statement_logging().connect().await?;
    match prepare(&mut connection).await {
        Ok(()) => Ok(connection),
        Err(failure) => {
            // Waited for, as in `QueueFile::shut`: whoever looks at the file next finds it at rest.
            if let Err(error) = connection.close().await {
                tracing::debug!(%error, path = %path.display(), "closing a queue's file");
            }
            Err(failure)
        }
    }
}

/// Makes a file ready for use that is ours, or new.
async fn prepare(connection: &mut SqliteConnection) -> Result<(), Failure> {
    // Through SQLite: the newest header may still be in the write-ahead log.
    let application: i32 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await?;
    let schema: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await?;
    let settings = ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA journal_size_limit = 4194304"];
    match (application, schema) {
        (0, 0) => {
            // What was delivered gives its room back to the disk, not only to the file. It must stand before the first table.
            run_all(connection, &["PRAGMA auto_vacuum = INCREMENTAL"]).await?;
            run_all(connection, &settings).await?;
            lay_out(connection).await
        }
        (APPLICATION_ID, SCHEMA) => run_all(connection, &settings).await,
        _ => Err(Failure::NotOurs),
    }
}

async fn run_all(connection: &mut SqliteConnection, statements: &[&'static str]) -> Result<(), Failure> {
    for statement in statements {
        sqlx::query(*statement).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn lay_out(connection: &mut SqliteConnection) -> Result<(), Failure> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let statements = [
        "CREATE TABLE page (
             first INTEGER PRIMARY KEY, last INTEGER NOT NULL, newest_ms INTEGER NOT NULL, oldest_ms INTEGER NOT NULL,
             tally TEXT NOT NULL, raw INTEGER NOT NULL, body BLOB NOT NULL) STRICT",
        "CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), resume INTEGER NOT NULL) STRICT",
        "INSERT INTO state (id, resume) VALUES (1, 0)",
        "PRAGMA application_id = 1145654865",
        "PRAGMA user_version = 1",
    ];
    run_all(&mut transaction, &statements).await?;
    transaction.commit().await?;
    Ok(())
}

async fn read_kept(connection: &mut SqliteConnection) -> Result<Kept, Failure> {
    let resume: i64 = sqlx::query_scalar("SELECT resume FROM state").fetch_one(&mut *connection).await?;
    let rows =
        sqlx::query("SELECT first, last, newest_ms, oldest_ms, tally, raw, length(body) FROM page ORDER BY first")
            .fetch_all(connection)
            .await?;
    let mut pages = Vec::with_capacity(rows.len());
    for row in rows {
        let tally: String = row.try_get(4)?;
        let length: i64 = row.try_get(6)?;
        pages.push(KeptPage {
            first: row.try_get::<i64, _>(0)?.cast_unsigned(),
            last: row.try_get::<i64, _>(1)?.cast_unsigned(),
            newest_ms: row.try_get(2)?,
            oldest_ms: row.try_get(3)?,
            tally: serde_json::from_str::<BTreeMap<String, u32>>(&tally)
                .map_err(|_| Failure::Tally)?
                .into_iter()
                .map(|(source, count)| (source.into(), count))
                .collect(),
            cost: ROW + length.cast_unsigned(),
            raw: row.try_get::<i64, _>(5)?.cast_unsigned(),
        });
    }
    Ok(Kept { pages, resume: resume.cast_unsigned() })
}

fn pack_page(records: &[QueuedRecord]) -> std::io::Result<(KeptPage, Vec<u8>)> {
    let body = pack(records)?;
    let times = || records.iter().map(|record| record.at_ms);
    let page = KeptPage {
        first: records.first().map_or(0, |record| record.id),
        last: records.last().map_or(0, |record| record.id),
        tally: tally(records),
        newest_ms: times().max().unwrap_or(0),
        oldest_ms: times().min().unwrap_or(0),
        cost: ROW + body.len() as u64,
        raw: records.iter().map(|record| record.payload.len() as u64).sum(),
    };
    Ok((page, body))
}

fn tally(records: &[QueuedRecord]) -> BTreeMap<Arc<str>, u32> {
    let mut tally = BTreeMap::new();
    for record in records {
        *tally.entry(Arc::clone(&record.source)).or_default() += 1;
    }
    tally
}

async fn write(
    connection: &mut SqliteConnection,
    remove: &[u64],
    add: &[(KeptPage, Vec<u8>)],
    resume: u64,
    flush: Flush,
) -> Result<(), Failure> {
    let pragma = match flush {
        Flush::Now => "PRAGMA synchronous = FULL",
        Flush::Later => "PRAGMA synchronous = NORMAL",
    };
    sqlx::query(pragma).execute(&mut *connection).await?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for first in remove {
        sqlx::query("DELETE FROM page WHERE first = ?").bind(first.cast_signed()).execute(&mut *transaction).await?;
    }
    for (page, body) in add {
        let tally: BTreeMap<&str, u32> = page.tally.iter().map(|(source, count)| (source.as_ref(), *count)).collect();
        let tally = serde_json::to_string(&tally).map_err(|_| Failure::Tally)?;
        sqlx::query(
            "INSERT INTO page (first, last, newest_ms, oldest_ms, tally, raw, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(page.first.cast_signed())
        .bind(page.last.cast_signed())
        .bind(page.newest_ms)
        .bind(page.oldest_ms)
        .bind(tally)
        .bind(page.raw.cast_signed())
        .bind(body.as_slice())
        .execute(&mut *transaction)
        .await?;
    }
    sqlx::query("UPDATE state SET resume = ?").bind(resume.cast_signed()).execute(&mut *transaction).await?;
    transaction.commit().await?;
    if !remove.is_empty() {
        sqlx::query("PRAGMA incremental_vacuum").execute(&mut *connection).await?;
    }
    Ok(())
}
