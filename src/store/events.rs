//! The event log: appended in batches, bounded, never edited.

use std::collections::BTreeSet;

use serde::Serialize;
use sqlx::{Connection, QueryBuilder, Row as _, Sqlite};

use super::{Durability, Store, StoreError, UnixMs, WRITE};

/// The most events one query answers.
const MAX_LIMIT: u32 = 1_000;

/// An event to be logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// When it happened.
    pub unix_ms: UnixMs,
    /// The part that tells it.
    pub source: String,
    /// What it is about.
    pub category: String,
    /// The thing it happened to.
    pub subject: String,
    /// Who did it; empty when nobody did.
    pub actor: String,
    /// How it ended.
    pub result: String,
    /// The sentence.
    pub detail: String,
}

/// A logged event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Counted up from 1, never used twice.
    pub id: u64,
    /// When it happened.
    pub unix_ms: UnixMs,
    /// The part that tells it.
    pub source: String,
    /// What it is about.
    pub category: String,
    /// The thing it happened to.
    pub subject: String,
    /// Who did it; empty when nobody did.
    pub actor: String,
    /// How it ended.
    pub result: String,
    /// The sentence.
    pub detail: String,
}

/// Which events are asked for; what is not given does not filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventFilter {
    /// Older than this id.
    pub before: Option<u64>,
    /// Newer than this id; then the oldest of them come first, otherwise the newest.
    pub after: Option<u64>,
    /// Of this category.
    pub category: Option<String>,
    /// Whose source, subject, actor, result or detail contains this, ignoring case of A to Z.
    pub text: Option<String>,
    /// At most so many; 0 = 100; never more than 1,000.
    pub limit: u32,
}

/// The handle of the event log.
#[derive(Debug, Clone)]
pub struct EventLog {
    store: Store,
}

impl EventLog {
    pub(super) fn new(store: Store) -> Self {
        Self { store }
    }

    /// Appends events in the order given; beyond the bound of their share the oldest go. All of them or none are logged.
    pub async fn append(&self, events: &[NewEvent]) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        // Relaxed: an event is worth less than a write of the flash for each.
        let mut connection = self.store.writer(Durability::Relaxed).await?;
        let mut transaction = connection.begin_with(WRITE).await?;
        for batch in events.chunks(500) {
            let mut insert = QueryBuilder::<Sqlite>::new(
                "INSERT INTO events (at_ms, source, category, subject, actor, result, detail) ",
            );
            insert.push_values(batch, |mut row, event| {
                row.push_bind(event.unix_ms)
                    .push_bind(event.source.clone())
                    .push_bind(event.category.clone())
                    .push_bind(event.subject.clone())
                    .push_bind(event.actor.clone())
                    .push_bind(event.result.clone())
                    .push_bind(event.detail.clone());
            });
            insert.build().execute(&mut *transaction).await?;
        }
        let shares: BTreeSet<(&str, bool)> =
            events.iter().map(|event| (event.category.as_str(), event.result == "refused")).collect();
        for (category, refused) in shares {
            let kept: i64 = sqlx::query_scalar("SELECT kept FROM event_shares WHERE category = ? AND refused = ?")
                .bind(category)
                .bind(refused)
                .fetch_one(&mut *transaction)
                .await?;
            // Most batches take nothing away; those that do take as much as they bring.
            let excess = kept - i64::from(self.store.inner.limits.events);
            if excess <= 0 {
                continue;
            }
            sqlx::query(
                "DELETE FROM events WHERE id IN \
                 (SELECT id FROM events WHERE category = ? AND (result = 'refused') = ? ORDER BY id LIMIT ?)",
            )
            .bind(category)
            .bind(refused)
            .bind(excess)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The events a filter lets through.
    pub async fn query(&self, filter: &EventFilter) -> Result<Vec<Event>, StoreError> {
        let as_sql = |id: u64| i64::try_from(id).unwrap_or(i64::MAX);
        let mut select = QueryBuilder::<Sqlite>::new(
            "SELECT id, at_ms, source, category, subject, actor, result, detail FROM events WHERE id > ",
        );
        select.push_bind(filter.after.map_or(0, as_sql));
        select.push(" AND id < ").push_bind(filter.before.map_or(i64::MAX, as_sql));
        if let Some(category) = &filter.category {
            select.push(" AND category = ").push_bind(category.clone());
        }
        if let Some(text) = &filter.text {
            let pattern = format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
            // Apart by a newline, so that no match runs over the border of two columns.
            select.push(" AND source || char(10) || subject || char(10) || actor || char(10) || result || char(10) || detail LIKE ");
            select.push_bind(pattern).push(" ESCAPE '\\'");
        }
        select.push(if filter.after.is_some() { " ORDER BY id LIMIT " } else { " ORDER BY id DESC LIMIT " });
        select.push_bind(if filter.limit == 0 { 100 } else { filter.limit.min(MAX_LIMIT) });
        let rows = select.build().fetch_all(&self.store.inner.readers).await?;
        let event = |row: &sqlx::sqlite::SqliteRow| {
            Ok::<_, sqlx::Error>(Event {
                id: row.try_get(0)?,
                unix_ms: row.try_get(1)?,
                source: row.try_get(2)?,
                category: row.try_get(3)?,
                subject: row.try_get(4)?,
                actor: row.try_get(5)?,
                result: row.try_get(6)?,
                detail: row.try_get(7)?,
            })
        };
        Ok(rows.iter().map(event).collect::<Result<_, _>>()?)
    }
}
