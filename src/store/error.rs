//! What can go wrong in the store, told by what the caller does next.

use std::io;
use std::path::PathBuf;

use sqlx::migrate::MigrateError;

/// The store could not do its work. Nothing of the failed call was kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The data folder or a file in it cannot be made, read or written: name another or mend its permissions.
    #[error("{path} cannot be used")]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The database is there, its key is not: put the key file back.
    #[error(
        "the key file {path} is missing, and without it the stored secrets cannot be read: put it back from a backup, \
         or start over with an empty data folder (nothing was changed)"
    )]
    KeyMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The key file is not a key: put the right one back.
    #[error("the key file {path} is damaged: it has {length} bytes instead of 32 (nothing was changed)")]
    KeyDamaged {
        /// The file.
        path: PathBuf,
        /// Its length.
        length: usize,
    },
    /// The key file belongs to another installation: put the right one back.
    #[error(
        "the key file {path} is not the one this database was made with: put the right one back (nothing was changed)"
    )]
    KeyWrong {
        /// The file.
        path: PathBuf,
    },
    /// Written by a newer program: run that one.
    #[error(
        "{path} was written by a newer dinrail (schema {found}, this program knows {known}): run the newer program \
         (nothing was changed)"
    )]
    SchemaNewer {
        /// The database.
        path: PathBuf,
        /// The schema of the file.
        found: i64,
        /// The newest schema this program knows.
        known: i64,
    },
    /// The file is not a dinrail database: name another data folder.
    #[error("{path} is not a dinrail database (nothing was changed)")]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// The copy before a migration could not be made, so the migration was not begun: make room.
    #[error("the database could not be copied to {path} before its migration, so it was not migrated")]
    Backup {
        /// The copy.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: Box<StoreError>,
    },
    /// The schema could not be brought up to date; the copy made before still stands beside it.
    #[error("the database could not be migrated")]
    Migrate(#[source] Box<MigrateError>),
    /// No room: free some and repeat.
    #[error("the disk is full: nothing was changed")]
    DiskFull,
    /// Another process holds the database: repeat.
    #[error("the database is locked by another process")]
    Busy,
    /// The file is damaged: restore a backup.
    #[error("the database file is damaged")]
    Damaged(#[source] sqlx::Error),
    /// Anything else SQLite or its driver refuses.
    #[error("the database refused")]
    Database(#[source] sqlx::Error),
    /// The system gave no random numbers.
    #[error("the system gives no random numbers")]
    Entropy,
    /// A computation beside the database was cut off by the end of the program, or panicked.
    #[error("the work was cut off")]
    CutOff,
}

/// Why a configuration was not stored. The stored one is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Someone stored another one since: read it, merge, repeat.
    #[error("the configuration was changed meanwhile: it is now revision {current}")]
    Stale {
        /// The revision that is stored.
        current: u64,
    },
    /// The document has not the shape of a checked one, or breaks a rule the tables hold.
    #[error("{pointer}: {detail}")]
    Refused {
        /// Where, as a JSON pointer; empty for the whole.
        pointer: String,
        /// A sentence.
        detail: String,
    },
    /// The store itself failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match primary_code(&error) {
            Some(SQLITE_FULL) => Self::DiskFull,
            Some(SQLITE_BUSY | SQLITE_LOCKED) => Self::Busy,
            Some(SQLITE_CORRUPT | SQLITE_NOTADB) => Self::Damaged(error),
            _ => Self::Database(error),
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(source) => Self::from(source),
            MigrateError::ExecuteMigration(source, _) if primary_code(&source) == Some(SQLITE_FULL) => Self::DiskFull,
            other => Self::Migrate(Box::new(other)),
        }
    }
}

impl From<ring::error::Unspecified> for StoreError {
    fn from(_: ring::error::Unspecified) -> Self {
        Self::Entropy
    }
}

impl From<tokio::task::JoinError> for StoreError {
    fn from(_: tokio::task::JoinError) -> Self {
        Self::CutOff
    }
}

impl From<sqlx::Error> for SaveError {
    fn from(error: sqlx::Error) -> Self {
        match primary_code(&error) {
            // The checks before a save find these with a better sentence; the tables are the last line.
            Some(SQLITE_CONSTRAINT) => {
                Self::Refused { pointer: String::new(), detail: format!("the database refused: {error}") }
            }
            _ => Self::Store(error.into()),
        }
    }
}

/// Whether a row stands in the way of another (unique or primary key).
pub(super) fn is_duplicate(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

// Primary result codes, https://www.sqlite.org/rescode.html; the extended code carries them in its low byte.
const SQLITE_BUSY: u32 = 5;
const SQLITE_LOCKED: u32 = 6;
const SQLITE_CORRUPT: u32 = 11;
const SQLITE_FULL: u32 = 13;
const SQLITE_CONSTRAINT: u32 = 19;
const SQLITE_NOTADB: u32 = 26;

fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let code: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
