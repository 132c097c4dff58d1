//! Every stored configuration as a whole, numbered.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde_json::Value;
use sqlx::{Row as _, SqliteConnection};

use super::{ChangeSource, seal};
use crate::store::{Store, StoreError, StoreLimits, UnixMs, beside};

/// What is known of a stored configuration besides its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionInfo {
    /// Its number, counted from 1.
    pub number: u64,
    /// When it was stored.
    pub at_ms: UnixMs,
    /// Who stored it: the name of an account, or of the command.
    pub author: String,
    /// By which way it came.
    pub source: ChangeSource,
    /// Bytes it takes in the store.
    pub stored_bytes: u64,
}

impl Store {
    /// The kept revisions, newest first, at most `limit`, older than `before` if given.
    pub async fn revisions(&self, before: Option<u64>, limit: u32) -> Result<Vec<RevisionInfo>, StoreError> {
        let rows = sqlx::query(
            "SELECT number, at_ms, author, source, length(document) FROM revisions WHERE number < ? \
             ORDER BY number DESC LIMIT ?",
        )
        .bind(before.map_or(i64::MAX, as_sql))
        .bind(limit)
        .fetch_all(&self.inner.readers)
        .await?;
        Ok(rows.iter().map(info).collect::<Result<_, _>>()?)
    }

    /// A kept revision with its document, secrets in clear; `None` if there is none of that number. Secrets that do not
    /// open are left out.
    pub async fn revision_document(&self, number: u64) -> Result<Option<(RevisionInfo, Value)>, StoreError> {
        let row = sqlx::query(
            "SELECT number, at_ms, author, source, length(document), document FROM revisions WHERE number = ?",
        )
        .bind(as_sql(number))
        .fetch_optional(&self.inner.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let (info, packed): (_, Vec<u8>) = (info(&row)?, row.try_get(5)?);
        let store = self.clone();
        let document = beside(move || {
            let mut document = unpack(&packed)?;
            drop(seal::open(&mut document, &store.inner.keys));
            Ok::<_, StoreError>(document)
        });
        Ok(Some((info, document.await??)))
    }
}

fn info(row: &sqlx::sqlite::SqliteRow) -> Result<RevisionInfo, sqlx::Error> {
    Ok(RevisionInfo {
        number: row.try_get(0)?,
        at_ms: row.try_get(1)?,
        author: row.try_get(2)?,
        source: ChangeSource::parse(row.try_get(3)?),
        stored_bytes: row.try_get(4)?,
    })
}

/// SQLite counts in signed 64 bits; no revision ever gets there.
pub(super) fn as_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn pack(document: &str) -> Result<Vec<u8>, StoreError> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
    // Writing into memory does not fail.
    packer.write_all(document.as_bytes()).and_then(|()| packer.finish()).map_err(in_memory)
}

fn unpack(packed: &[u8]) -> Result<Value, StoreError> {
    let mut text = String::new();
    ZlibDecoder::new(packed).read_to_string(&mut text).map_err(in_memory)?;
    serde_json::from_str(&text).map_err(|error| in_memory(error.into()))
}

fn in_memory(error: std::io::Error) -> StoreError {
    StoreError::Damaged(sqlx::Error::Decode(Box::new(error)))
}

/// Lets the oldest revisions go; the stored one stays whatever it takes, and so does the one that a trial may bring back.
pub(super) async fn prune(connection: &mut SqliteConnection, limits: StoreLimits) -> Result<(), StoreError> {
    let sizes: Vec<(i64, i64)> = sqlx::query_as("SELECT number, length(document) FROM revisions ORDER BY number DESC")
        .fetch_all(&mut *connection)
        .await?;
    let mut room = i64::try_from(limits.revision_bytes).unwrap_or(i64::MAX);
    let kept = usize::try_from(limits.revisions.max(1)).unwrap_or(usize::MAX);
    let first_to_go = sizes.iter().enumerate().find(|(index, (_, bytes))| {
        room -= bytes;
        *index > 0 && (*index >= kept || room < 0)
    });
    if let Some((_, (number, _))) = first_to_go {
        sqlx::query("DELETE FROM revisions WHERE number <= ? AND number NOT IN (SELECT before FROM confirmation)")
            .bind(number)
            .execute(connection)
            .await?;
    }
    Ok(())
}
