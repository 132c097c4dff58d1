//! What reading the devices taught about them.

use super::{Durability, Store, StoreError, WRITE, now_ms};
use crate::modbus::lessons::KeptLessons;
use sqlx::Connection;
use std::collections::HashMap;

/// The handle of what was learnt of Modbus devices. It is filed under the id of the device, which a rename does not
/// change.
#[derive(Debug, Clone)]
pub struct DeviceLessons {
    store: Store,
}

/// The lessons of one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLessons {
    /// What they hold for; of another device, and of the same behind another address, they say nothing.
    pub belongs: String,
    /// The lessons.
    pub lessons: KeptLessons,
}

impl DeviceLessons {
    pub(super) fn new(store: Store) -> Self {
        Self { store }
    }

    /// Keeps the lessons of some devices, `None` to forget them. A power loss may take the newest: they would be learnt
    /// again. Those of devices that are removed go with the next stored configuration.
    pub async fn keep(&self, news: &[(String, Option<StoredLessons>)]) -> Result<(), StoreError> {
        let mut connection = self.store.writer(Durability::Relaxed).await?;
        let mut transaction = connection.begin_with(WRITE).await?;
        for (device, stored) in news {
            // Of a device that was removed meanwhile nothing is kept.
            let text = stored.as_ref().and_then(|stored| serde_json::to_string(&stored.lessons).ok());
            if let Some((stored, text)) = stored.as_ref().zip(text) {
                sqlx::query(
                    "INSERT INTO device_lessons (device, belongs, lessons, at_ms)
                     SELECT id, ?, ?, ? FROM devices WHERE id = ?
                     ON CONFLICT (device) DO UPDATE SET belongs = excluded.belongs, lessons = excluded.lessons,
                         at_ms = excluded.at_ms",
                )
                .bind(stored.belongs.clone())
                .bind(text)
                .bind(now_ms())
                .bind(device.clone())
                .execute(&mut *transaction)
                .await?;
            } else {
                sqlx::query("DELETE FROM device_lessons WHERE device = ?")
                    .bind(device.clone())
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    /// What is kept, by the id of the device. What cannot be read is left out: it will be learnt again.
    pub async fn all(&self) -> Result<HashMap<String, StoredLessons>, StoreError> {
        let rows: Vec<(String, String, String)> = sqlx::query_as("SELECT device, belongs, lessons FROM device_lessons")
            .fetch_all(&self.store.inner.readers)
            .await?;
        let read = |(device, belongs, text): (String, String, String)| {
            Some((device, StoredLessons { belongs, lessons: serde_json::from_str(&text).ok()? }))
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }
}
