//! Notifications of the SNMP agent that wait for receivers which are away.

use super::snmp::SnmpMemory;
use super::{Durability, StoreError, WRITE};
use sqlx::{Connection, QueryBuilder, Sqlite};

/// What changed among the notes of one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotesChange {
    /// The id of the receiver.
    pub receiver: String,
    /// What is before this serial waits no more.
    pub gone_before: u64,
    /// What waits and is not kept yet: serial and JSON.
    pub news: Vec<(u64, String)>,
}

/// A serial as SQLite has it; there are never so many.
fn number(serial: u64) -> i64 {
    i64::try_from(serial).unwrap_or(i64::MAX)
}

impl SnmpMemory {
    /// Every note that waits: receiver, serial, JSON; those of a receiver in their order.
    pub async fn notes(&self) -> Result<Vec<(String, u64, String)>, StoreError> {
        let rows: Vec<(String, i64, String)> =
            sqlx::query_as("SELECT receiver, serial, body FROM snmp_notes ORDER BY receiver, serial")
                .fetch_all(&self.store.inner.readers)
                .await?;
        Ok(rows.into_iter().filter_map(|(to, serial, body)| Some((to, u64::try_from(serial).ok()?, body))).collect())
    }

    /// Follows what changed, in its order, all of it or nothing. On the disk when it returns.
    pub async fn keep_notes(&self, changes: &[NotesChange]) -> Result<(), StoreError> {
        let mut connection = self.store.writer(Durability::Full).await?;
        let mut transaction = connection.begin_with(WRITE).await?;
        for change in changes {
            sqlx::query("DELETE FROM snmp_notes WHERE receiver = ? AND serial < ?")
                .bind(&change.receiver)
                .bind(number(change.gone_before))
                .execute(&mut *transaction)
                .await?;
            for batch in change.news.chunks(1_000) {
                let mut insert =
                    QueryBuilder::<Sqlite>::new("INSERT OR REPLACE INTO snmp_notes (receiver, serial, body) ");
                insert.push_values(batch, |mut row, (serial, body)| {
                    row.push_bind(change.receiver.clone()).push_bind(number(*serial)).push_bind(body.clone());
                });
                insert.build().execute(&mut *transaction).await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }
}
