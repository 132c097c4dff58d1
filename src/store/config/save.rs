//! Storing a configuration: one transaction, only the rows that differ.

use std::collections::HashMap;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, QueryBuilder, Sqlite, SqliteConnection};

use super::layout::{TABLES, Table};
use super::load::{read_rows, revision};
use super::revisions::{as_sql, pack, prune};
use super::rows::{Row, Rows, take_apart};
use super::seal;
use super::trial::{Trial, TrialTime, mark};
use crate::store::keys::Keyring;
use crate::store::{Durability, SaveError, Store, StoreError, WRITE, beside, now_ms};

/// By which way a configuration came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeSource {
    /// A page of the browser.
    Browser,
    /// REST.
    Api,
    /// `dinrail init` or the demonstration.
    Init,
    /// Another command of the command line.
    Cli,
    /// The return of the configuration before one on trial.
    Trial,
}

impl ChangeSource {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Api => "api",
            Self::Init => "init",
            Self::Cli => "cli",
            Self::Trial => "trial",
        }
    }

    pub(super) fn parse(word: &str) -> Self {
        match word {
            "browser" => Self::Browser,
            "init" => Self::Init,
            "cli" => Self::Cli,
            "trial" => Self::Trial,
            _ => Self::Api,
        }
    }
}

/// Who changes the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The name of an account, or of the command.
    pub author: String,
    /// By which way.
    pub source: ChangeSource,
}

/// A configuration that is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saved {
    /// Its number.
    pub revision: u64,
    /// False if the stored one was already the same: then the number is still the old one.
    pub changed: bool,
}

impl Store {
    /// Stores a checked document (ids given, secrets in clear) as the revision after `expected`; 0 = nothing stored yet.
    /// On the disk, whole, when this returns; after any error or when dropped, the stored one is unchanged. A trial that
    /// was under way ends with it.
    pub async fn save(&self, expected: u64, document: Value, change: Change) -> Result<Saved, SaveError> {
        self.save_for(expected, document, change, None).await
    }

    /// Stores it like [`Store::save`]; with a time it is on trial until then, and the mark of that is stored with it.
    pub async fn save_for(
        &self,
        expected: u64,
        document: Value,
        change: Change,
        time: Option<TrialTime>,
    ) -> Result<Saved, SaveError> {
        let mut connection = self.writer(Durability::Full).await?;
        let mut transaction = connection.begin_with(WRITE).await?;
        let current = revision(&mut transaction).await?;
        if current != expected {
            return Err(SaveError::Stale { current });
        }
        let stored = read_rows(&mut transaction).await?;
        let store = self.clone();
        let plan = beside(move || plan(document, &stored, &store.inner.keys)).await??;
        let Some(plan) = plan else { return Ok(Saved { revision: current, changed: false }) };

        let next = current + 1;
        let trial = time.map(|TrialTime { deadline_ms, seconds }| Trial {
            revision: next,
            before: current,
            deadline_ms,
            seconds,
            author: change.author.clone(),
        });
        for difference in &plan.differences {
            difference.delete(&mut transaction).await?;
        }
        for difference in &plan.differences {
            difference.insert(&mut transaction).await?;
        }
        sqlx::query("UPDATE config_state SET revision = ?").bind(as_sql(next)).execute(&mut *transaction).await?;
        sqlx::query("INSERT INTO revisions (number, at_ms, author, source, document) VALUES (?, ?, ?, ?, ?)")
            .bind(as_sql(next))
            .bind(now_ms())
            .bind(change.author)
            .bind(change.source.as_str())
            .bind(plan.packed)
            .execute(&mut *transaction)
            .await?;
        mark(&mut transaction, trial.as_ref()).await?;
        prune(&mut transaction, self.inner.limits).await?;
        // A value kept for a register that is gone would come back with the next register of that id.
        sqlx::query("DELETE FROM kept_values WHERE tag NOT IN (SELECT id FROM internal_registers)")
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM device_lessons WHERE device NOT IN (SELECT id FROM devices)")
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM kept_counts WHERE channel NOT IN (SELECT id FROM channels)")
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM module_boots WHERE module NOT IN (SELECT id FROM modules)")
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "DELETE FROM register_places WHERE tag NOT IN
             (SELECT id FROM tags UNION ALL SELECT id FROM channels UNION ALL SELECT id FROM internal_registers
              UNION ALL SELECT id FROM computed_tags)",
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Saved { revision: next, changed: true })
    }
}

struct Plan {
    differences: Vec<Difference>,
    /// The whole document, sealed and compressed.
    packed: Vec<u8>,
}

/// What changes in one table. A changed row is deleted and inserted: so two objects can swap their names.
struct Difference {
    table: &'static Table,
    delete: Vec<String>,
    insert: Vec<Row>,
}

/// `None` if nothing differs.
fn plan(mut document: Value, stored: &Rows, keys: &Keyring) -> Result<Option<Plan>, SaveError> {
    seal::seal(&mut document, seal::collect(stored, keys), keys)?;
    let whole = document.to_string();
    let mut wanted = take_apart(document)?;
    let differences: Vec<_> = TABLES
        .iter()
        .map(|table| {
            let stored = stored.get(table.name).map(Vec::as_slice).unwrap_or_default();
            Difference::between(table, stored, wanted.remove(table.name).unwrap_or_default())
        })
        .filter(|difference| !difference.delete.is_empty() || !difference.insert.is_empty())
        .collect();
    if differences.is_empty() {
        return Ok(None);
    }
    Ok(Some(Plan { differences, packed: pack(&whole)? }))
}

impl Difference {
    fn between(table: &'static Table, stored: &[Row], wanted: Vec<Row>) -> Self {
        let mut left: HashMap<&str, &Row> = stored.iter().map(|row| (row.id.as_str(), row)).collect();
        let mut delete = Vec::new();
        let mut insert = Vec::new();
        for row in wanted {
            match left.remove(row.id.as_str()) {
                Some(same) if *same == row => continue,
                Some(_) => delete.push(row.id.clone()),
                None => (),
            }
            insert.push(row);
        }
        delete.extend(left.into_keys().map(str::to_owned));
        Self { table, delete, insert }
    }

    async fn delete(&self, transaction: &mut SqliteConnection) -> Result<(), StoreError> {
        if self.delete.is_empty() {
            return Ok(());
        }
        let ids = Value::from(self.delete.clone()).to_string();
        let delete = format!("DELETE FROM {} WHERE id IN (SELECT value FROM json_each(?))", self.table.name);
        sqlx::query(AssertSqlSafe(delete)).bind(ids).execute(transaction).await?;
        Ok(())
    }

    async fn insert(&self, transaction: &mut SqliteConnection) -> Result<(), SaveError> {
        let table = self.table;
        let name = if table.named { ", name" } else { "" };
        let link = table.link.map(|link| format!(", {link}")).unwrap_or_default();
        let begin = format!("INSERT INTO {} (id, parent, position, body{name}{link}) ", table.name);
        // At most six values a row: well under SQLite's 32,766 of one statement.
        for rows in self.insert.chunks(500) {
            let mut insert = QueryBuilder::<Sqlite>::new(begin.as_str());
            insert.push_values(rows, |mut values, row| {
                values.push_bind(row.id.clone()).push_bind(row.parent.clone()).push_bind(row.position);
                values.push_bind(row.body.clone());
                if table.named {
                    values.push_bind(row.name.clone());
                }
                if table.link.is_some() {
                    values.push_bind(row.link.clone());
                }
            });
            insert.build().execute(&mut *transaction).await?;
        }
        Ok(())
    }
}
