//! In which boot of the host each I/O module was there last.

use super::{Durability, Store, StoreError, WRITE};
use sqlx::Connection;

/// The handle of the boots. They are filed under the id of the module.
#[derive(Debug, Clone)]
pub struct HostBoots {
    store: Store,
}

impl HostBoots {
    pub(super) fn new(store: Store) -> Self {
        Self { store }
    }

    /// Notes that the module is there in this boot; answers in which it was before, `None` if never. On the disk when it
    /// returns. A module that is removed is forgotten with the next stored configuration.
    pub async fn replace(&self, module: &str, boot: &str) -> Result<Option<String>, StoreError> {
        let mut connection = self.store.writer(Durability::Full).await?;
        let mut transaction = connection.begin_with(WRITE).await?;
        let before: Option<(String,)> = sqlx::query_as("SELECT boot FROM module_boots WHERE module = ?")
            .bind(module.to_owned())
            .fetch_optional(&mut *transaction)
            .await?;
        let before = before.map(|(before,)| before);
        if before.as_deref() != Some(boot) {
            sqlx::query(
                "INSERT INTO module_boots (module, boot) VALUES (?, ?)
                 ON CONFLICT (module) DO UPDATE SET boot = excluded.boot",
            )
            .bind(module.to_owned())
            .bind(boot.to_owned())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(before)
    }
}
