//! Last values of internal registers that are kept over a restart.

use std::collections::HashMap;

use serde_json::Value;
use sqlx::{Connection, QueryBuilder, Sqlite};

use super::{Durability, Store, StoreError, WRITE, now_ms};

/// The handle of the kept values. They are filed under the id of the register, which a rename does not change.
#[derive(Debug, Clone)]
pub struct KeptValues {
    store: Store,
}

impl KeptValues {
    pub(super) fn new(store: Store) -> Self {
        Self { store }
    }

    /// Keeps values, all of them or none. They survive a crash of the process at once, a power loss after the next
    /// checkpoint or configuration change. Values of registers that are removed go with the next stored configuration.
    pub async fn keep(&self, values: &[(String, Value)]) -> Result<(), StoreError> {
        let mut connection = self.store.writer(Durability::Relaxed).await?;
        let mut transaction = connection.begin_with(WRITE).await?;
        let now = now_ms();
        for batch in values.chunks(1_000) {
            let mut insert = QueryBuilder::<Sqlite>::new("INSERT INTO kept_values (tag, value, at_ms) ");
            insert.push_values(batch, |mut row, (tag, value)| {
                row.push_bind(tag.clone()).push_bind(value.to_string()).push_bind(now);
            });
            insert.push(" ON CONFLICT (tag) DO UPDATE SET value = excluded.value, at_ms = excluded.at_ms");
            insert.build().execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Every kept value by the id of its register. One that cannot be read is left out: the register starts anew.
    pub async fn all(&self) -> Result<HashMap<String, Value>, StoreError> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT tag, value FROM kept_values").fetch_all(&self.store.inner.readers).await?;
        Ok(rows.into_iter().filter_map(|(tag, value)| Some((tag, serde_json::from_str(&value).ok()?))).collect())
    }
}
