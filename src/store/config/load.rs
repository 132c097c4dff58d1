//! Reading the stored configuration.

use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Connection, Row as _, SqliteConnection};

use super::layout::TABLES;
use super::rows::{Row, Rows, put_together};
use super::seal;
use crate::config::document::Document;
pub use crate::config::problem::Problem;
use crate::store::{Store, StoreError, beside};

/// The stored configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// Its number; 0 if none was stored yet.
    pub revision: u64,
    /// The document, secrets in clear: for [`Document::stored`].
    pub document: Value,
    /// What had to be left out of the document. What of the rest cannot be used, [`Document::parse`] tells.
    pub problems: Vec<Problem>,
}

impl Store {
    /// The number of the stored configuration; 0 if none was stored yet.
    pub async fn revision(&self) -> Result<u64, StoreError> {
        let mut connection = self.inner.readers.acquire().await?;
        revision(&mut connection).await
    }

    /// Reads the stored configuration. A row that cannot be used becomes a problem and hides nothing else.
    pub async fn load(&self) -> Result<Loaded, StoreError> {
        let mut connection = self.inner.readers.acquire().await?;
        // One transaction, so that all tables are of the same revision.
        let mut snapshot = connection.begin().await?;
        let revision = revision(&mut snapshot).await?;
        let rows = read_rows(&mut snapshot).await?;
        snapshot.commit().await?;
        drop(connection);

        if revision == 0 {
            return Ok(Loaded { revision, document: Document::default().into_root(), problems: Vec::new() });
        }
        let store = self.clone();
        beside(move || {
            let (mut document, mut problems) = put_together(rows);
            problems.append(&mut seal::open(&mut document, &store.inner.keys));
            Loaded { revision, document, problems }
        })
        .await
    }
}

pub(super) async fn revision(connection: &mut SqliteConnection) -> Result<u64, StoreError> {
    Ok(sqlx::query_scalar("SELECT revision FROM config_state").fetch_one(connection).await?)
}

/// Every row of the document.
pub(super) async fn read_rows(connection: &mut SqliteConnection) -> Result<Rows, StoreError> {
    let mut rows = Rows::new();
    for table in TABLES {
        let name = if table.named { "name" } else { "NULL" };
        let link = table.link.unwrap_or("NULL");
        let select = format!("SELECT id, parent, position, {name}, {link}, body FROM {}", table.name);
        let found = sqlx::query(AssertSqlSafe(select)).fetch_all(&mut *connection).await?;
        rows.insert(table.name, found.iter().map(read_row).collect::<Result<_, _>>()?);
    }
    Ok(rows)
}

fn read_row(row: &SqliteRow) -> Result<Row, sqlx::Error> {
    // As bytes: one text that is not UTF-8 must not make the others unreadable. An empty body is told as unreadable.
    let body: Vec<u8> = row.try_get(5)?;
    let name: Option<Vec<u8>> = row.try_get(3)?;
    Ok(Row {
        id: row.try_get(0)?,
        parent: row.try_get(1)?,
        position: row.try_get(2)?,
        name: name.map(|name| String::from_utf8_lossy(&name).into_owned()),
        link: row.try_get(4)?,
        body: String::from_utf8(body).unwrap_or_default(),
    })
}
