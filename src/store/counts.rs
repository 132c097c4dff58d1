//! Counts of channels that outlive a power loss.

use super::{Durability, Store, StoreError, WRITE, now_ms};
use crate::channel::signal::Kept;
use sqlx::{Connection, QueryBuilder, Sqlite};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The handle of the kept counts; clones share what is noted. Counts are filed under the id of the channel, which a
/// rename does not change.
#[derive(Debug, Clone)]
pub struct KeptCounts {
    store: Store,
    noted: Arc<Mutex<HashMap<String, Kept>>>,
}

impl KeptCounts {
    pub(super) fn new(store: Store) -> Self {
        Self { store, noted: Arc::default() }
    }

    /// Notes a count, to be written with the next flush. Never blocks on the disk.
    pub fn note(&self, channel: &str, kept: Kept) {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).insert(channel.to_owned(), kept);
    }

    /// Writes all that was noted since, by whomever, in one transaction; on the disk when it returns. What could not be
    /// written stays noted. Counts of channels that are removed go with the next stored configuration.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let news = std::mem::take(&mut *self.noted.lock().unwrap_or_else(PoisonError::into_inner));
        if news.is_empty() {
            return Ok(());
        }
        let written = self.write(&news).await;
        if written.is_err() {
            let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
            for (channel, kept) in news {
                noted.entry(channel).or_insert(kept);
            }
        }
        written
    }

    async fn write(&self, news: &HashMap<String, Kept>) -> Result<(), StoreError> {
        let mut connection = self.store.writer(Durability::Full).await?;
        let mut transaction = connection.begin_with(WRITE).await?;
        let now = now_ms();
        let news: Vec<(&String, &Kept)> = news.iter().collect();
        for batch in news.chunks(1_000) {
            // Of a channel that was removed meanwhile nothing is kept.
            let mut insert = QueryBuilder::<Sqlite>::new(
                "INSERT INTO kept_counts (channel, count, since_reset, at_ms)
                 SELECT column1, column2, column3, column4 FROM (",
            );
            insert.push_values(batch, |mut row, (channel, kept)| {
                row.push_bind((*channel).clone())
                    .push_bind(i64::from(kept.count))
                    .push_bind(i64::from(kept.since_reset))
                    .push_bind(now);
            });
            insert.push(")");
            insert.push(
                " WHERE column1 IN (SELECT id FROM channels)
                 ON CONFLICT (channel) DO UPDATE SET count = excluded.count, since_reset = excluded.since_reset,
                     at_ms = excluded.at_ms",
            );
            insert.build().execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Every kept count by the id of its channel. One that cannot be read is left out: it begins anew.
    pub async fn all(&self) -> Result<HashMap<String, Kept>, StoreError> {
        let rows: Vec<(String, i64, i64)> = sqlx::query_as("SELECT channel, count, since_reset FROM kept_counts")
            .fetch_all(&self.store.inner.readers)
            .await?;
        let read = |(channel, count, since_reset): (String, i64, i64)| {
            let kept = Kept { count: u32::try_from(count).ok()?, since_reset: u32::try_from(since_reset).ok()? };
            Some((channel, kept))
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }
}
