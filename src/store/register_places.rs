//! Where points lie in the automatic register map.

use super::{Durability, Store, StoreError, WRITE};
use crate::tag::attribute::Attribute;
use crate::views::register_map::assign::{Assigned, Places, PointKey, Space};
use sqlx::{Connection, QueryBuilder, Sqlite};

/// The handle of the places in the automatic register map. They are filed under the id of the tag, which a rename does
/// not change.
#[derive(Debug, Clone)]
pub struct RegisterPlaces {
    store: Store,
}

impl RegisterPlaces {
    pub(super) fn new(store: Store) -> Self {
        Self { store }
    }

    /// Keeps places, all of them or none, in place of former ones of the same points; on the disk when this returns, as
    /// clients are set up by them. Those of tags that are removed go with the next stored configuration.
    pub async fn keep(&self, places: &[(PointKey, Assigned)]) -> Result<(), StoreError> {
        let mut connection = self.store.writer(Durability::Full).await?;
        let mut transaction = connection.begin_with(WRITE).await?;
        // Five values a row: well under SQLite's 32,766 of one statement.
        for batch in places.chunks(1_000) {
            let mut insert =
                QueryBuilder::<Sqlite>::new("INSERT INTO register_places (tag, space, attribute, address, count) ");
            insert.push_values(batch, |mut row, (key, place)| {
                row.push_bind(key.tag.clone()).push_bind(key.space.as_str()).push_bind(key.attribute.as_str());
                row.push_bind(place.address).push_bind(place.count);
            });
            insert.push(
                " ON CONFLICT (tag, space, attribute) DO UPDATE SET address = excluded.address, count = excluded.count",
            );
            insert.build().execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Every place. One that cannot be read is left out: its point gets a new one.
    pub async fn all(&self) -> Result<Places, StoreError> {
        let rows: Vec<(String, String, String, u16, u16)> =
            sqlx::query_as("SELECT tag, space, attribute, address, count FROM register_places")
                .fetch_all(&self.store.inner.readers)
                .await?;
        let read = |(tag, space, attribute, address, count): (String, String, String, u16, u16)| {
            let key = PointKey { tag, space: Space::parse(&space)?, attribute: Attribute::parse(&attribute)? };
            Some((key, Assigned { address, count }))
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }
}
