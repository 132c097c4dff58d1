//! What the SNMP agent must not forget: its engine, and the row numbers managers know objects by.

use super::{Durability, Store, StoreError, WRITE};
use sqlx::Connection;
use std::collections::HashMap;

/// The handle of the agent's memory.
#[derive(Debug, Clone)]
pub struct SnmpMemory {
    pub(super) store: Store,
}

/// The largest number of boots; it stays there (RFC 3414, 2.2.2).
const MOST_BOOTS: i64 = 2_147_483_647;

impl SnmpMemory {
    pub(super) fn new(store: Store) -> Self {
        Self { store }
    }

    /// Counts one more boot of the engine; answers its id and the number of this boot. The first time the id is
    /// `fresh`. On the disk when it returns: a manager that has seen a boot takes no earlier one.
    pub async fn boot(&self, fresh: &[u8]) -> Result<(Vec<u8>, u32), StoreError> {
        let mut connection = self.store.writer(Durability::Full).await?;
        let mut transaction = connection.begin_with(WRITE).await?;
        let (engine, boots): (Vec<u8>, i64) = sqlx::query_as(
            "INSERT INTO snmp_engine (id, engine, boots) VALUES (1, ?, 1)
             ON CONFLICT (id) DO UPDATE SET boots = min(boots + 1, ?) RETURNING engine, boots",
        )
        .bind(fresh.to_vec())
        .bind(MOST_BOOTS)
        .fetch_one(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok((engine, u32::try_from(boots).unwrap_or(u32::MAX / 2)))
    }

    /// Every row number given so far, by realm and id of the object.
    pub async fn numbers(&self) -> Result<HashMap<(String, String), u32>, StoreError> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as("SELECT realm, object, number FROM snmp_indexes")
            .fetch_all(&self.store.inner.readers)
            .await?;
        let row = |(realm, object, number): (String, String, i64)| Some(((realm, object), u32::try_from(number).ok()?));
        Ok(rows.into_iter().filter_map(row).collect())
    }

    /// Keeps row numbers, all of them or none. On the disk when it returns: nobody is told a number that could be
    /// another's after a power loss.
    pub async fn keep(&self, news: &[(String, String, u32)]) -> Result<(), StoreError> {
        let mut connection = self.store.writer(Durability::Full).await?;
        let mut transaction = connection.begin_with(WRITE).await?;
        for batch in news.chunks(1_000) {
            let mut insert =
                sqlx::QueryBuilder::<sqlx::Sqlite>::new("INSERT INTO snmp_indexes (realm, object, number) ");
            insert.push_values(batch, |mut row, (realm, object, number)| {
                row.push_bind(realm.clone()).push_bind(object.clone()).push_bind(i64::from(*number));
            });
            insert.build().execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Forgets all row numbers; for when so many objects came and went that the table has become a burden.
    pub async fn forget_numbers(&self) -> Result<(), StoreError> {
        let mut connection = self.store.writer(Durability::Full).await?;
        sqlx::query("DELETE FROM snmp_indexes").execute(&mut *connection).await?;
        Ok(())
    }
}
