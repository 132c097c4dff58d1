//! What MQTT connections still owe their brokers, on the disk: one SQLite file for each connection, beside the store's
//! own, so that a flood of messages never stands in the way of a configuration and a damaged queue damages nothing else.
//!
//! A file is made when there is something to keep, and only then; it is one table of pages, each the records of some
//! moment packed together. What a connection keeps in memory, when it writes and what it gives up is its own business
//! (`faces/mqtt/queue`); here is what a disk can do.

mod birth;
mod file;
mod page;

use crate::config::publication::Qos;
use bytes::Bytes;
use ring::digest::{SHA256, digest};
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use birth::BirthNumbers;
pub use file::{Commit, Flush, Kept, KeptPage, QueueError, QueueFile};

/// A message that waits for its acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedRecord {
    /// Rising in the order messages were produced; never used again while the record waits.
    pub id: u64,
    /// The id of the publication it comes from.
    pub source: Arc<str>,
    /// Where it goes.
    pub topic: Arc<str>,
    /// What it says.
    pub payload: Bytes,
    /// How it is delivered.
    pub qos: Qos,
    /// Whether the broker keeps it.
    pub retain: bool,
    /// When it was produced, in milliseconds since 1970-01-01 UTC.
    pub at_ms: i64,
}

/// The queues of a data folder.
#[derive(Debug, Clone)]
pub struct Queues {
    folder: PathBuf,
}

impl Queues {
    /// Those of this folder.
    pub fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The queue of the connection with this id; nothing is made or read yet.
    pub fn queue(&self, connection: &str) -> QueueFile {
        QueueFile::new(self.folder.join(file_name(connection)))
    }

    /// The numbers of the births of the connection with this id.
    pub fn births(&self, connection: &str) -> BirthNumbers {
        BirthNumbers::new(self.folder.join(file_name(connection) + BIRTHS))
    }

    /// Removes the files of a connection that is no more, with SQLite's side files; nothing where there is none. A file
    /// that was put aside as damaged stays.
    pub fn remove(&self, connection: &str) -> io::Result<()> {
        for suffix in ["", "-wal", "-shm", BIRTHS] {
            match std::fs::remove_file(self.folder.join(file_name(connection) + suffix)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => (),
            }
        }
        Ok(())
    }
}

const PREFIX: &str = "queue-";
const SUFFIX: &str = ".db";
/// Behind the name of the queue's file.
const BIRTHS: &str = "-births";

/// An id may be any text of a document; one that is no plain name has a file named by its hash.
fn file_name(connection: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if connection.len() <= 64 && !connection.is_empty() && connection.chars().all(plain) {
        return format!("{PREFIX}{connection}{SUFFIX}");
    }
    let mut name = format!("{PREFIX}_");
    for byte in digest(&SHA256, connection.as_bytes()).as_ref() {
        // Writing to a String does not fail.
        write!(name, "{byte:02x}").unwrap_or_default();
    }
    name + SUFFIX
}

#[cfg(test)]
mod tests;
