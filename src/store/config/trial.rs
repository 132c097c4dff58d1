//! A configuration on trial: stored, and to be taken back unless somebody keeps it in time.

use super::revisions::as_sql;
use crate::store::{Durability, Store, StoreError, UnixMs};
use sqlx::SqliteConnection;

/// The configuration on trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// Its number.
    pub revision: u64,
    /// The one that returns; 0 if none was stored before.
    pub before: u64,
    /// When, by the host's clock.
    pub deadline_ms: UnixMs,
    /// How long it was to last, in seconds.
    pub seconds: u32,
    /// Who stored it.
    pub author: String,
}

/// How long a configuration is to be on trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrialTime {
    /// Until when, by the host's clock.
    pub deadline_ms: UnixMs,
    /// How many seconds that is.
    pub seconds: u32,
}

impl Store {
    /// The configuration on trial, if the stored one is.
    pub async fn trial(&self) -> Result<Option<Trial>, StoreError> {
        let row: Option<(u64, u64, i64, u32, String)> = sqlx::query_as(
            "SELECT revision, before, deadline_ms, seconds, author FROM confirmation
             WHERE revision = (SELECT revision FROM config_state)",
        )
        .fetch_optional(&self.inner.readers)
        .await?;
        let trial =
            |(revision, before, deadline_ms, seconds, author)| Trial { revision, before, deadline_ms, seconds, author };
        Ok(row.map(trial))
    }

    /// Ends a trial: the configuration stays. On the disk when this returns.
    pub async fn keep_trial(&self) -> Result<(), StoreError> {
        let mut connection = self.writer(Durability::Full).await?;
        mark(&mut connection, None).await
    }
}

/// Marks the configuration that is being stored, or none.
pub(super) async fn mark(connection: &mut SqliteConnection, trial: Option<&Trial>) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM confirmation").execute(&mut *connection).await?;
    if let Some(trial) = trial {
        sqlx::query(
            "INSERT INTO confirmation (id, revision, before, deadline_ms, seconds, author) VALUES (1, ?, ?, ?, ?, ?)",
        )
        .bind(as_sql(trial.revision))
        .bind(as_sql(trial.before))
        .bind(trial.deadline_ms)
        .bind(trial.seconds)
        .bind(trial.author.clone())
        .execute(connection)
        .await?;
    }
    Ok(())
}
