//! Tests of the store through its handle.

mod accounts;
mod crash;
mod damage;
mod identity;
mod log;
mod retained;
mod saving;
mod schema;
mod trial;

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use tempfile::TempDir;

use super::*;

/// A store in a folder of its own.
struct Bench {
    folder: TempDir,
    store: Store,
}

impl Bench {
    async fn new() -> Self {
        Self::limited(StoreLimits::default()).await
    }

    async fn limited(limits: StoreLimits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), limits).await.unwrap();
        Self { folder, store }
    }

    async fn reopened(self) -> Self {
        self.store.close().await;
        let store = Store::open(self.folder.path(), StoreLimits::default()).await.unwrap();
        Self { store, ..self }
    }

    /// Meddles with the file behind the store's back.
    async fn sql(&self, statement: &str) {
        let mut connection = self.store.inner.writer.acquire().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut *connection).await.unwrap();
    }

    async fn count(&self, select: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(select.to_owned())).fetch_one(&self.store.inner.readers).await.unwrap()
    }

    async fn save(&self, expected: u64, document: &Value) -> Result<Saved, SaveError> {
        self.store.save(expected, document.clone(), change()).await
    }

    async fn document(&self) -> Value {
        let loaded = self.store.load().await.unwrap();
        assert_eq!(loaded.problems, []);
        loaded.document
    }

    /// Everything in the folder, by name.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        files(&self.folder)
    }
}

fn files(folder: &TempDir) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

fn change() -> Change {
    Change { author: "kim".to_owned(), source: ChangeSource::Api }
}

/// The example document with the ids that a server gives.
fn example() -> Value {
    let mut document = serde_json::from_str(include_str!("../../../tests/fixtures/first-light-1.json")).unwrap();
    let mut next = 0;
    give_ids(&mut document, &mut next);
    document
}

fn give_ids(value: &mut Value, next: &mut u32) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| give_ids(item, next)),
        Value::Object(members) => {
            members.iter_mut().filter(|(name, _)| *name != "appliance").for_each(|(_, value)| give_ids(value, next));
            if members.contains_key("name") && !members.contains_key("timezone") {
                *next += 1;
                members.insert("id".to_owned(), json!(format!("id{next}")));
            }
        }
        _ => (),
    }
}

/// A line with one device of so many tags, every one polled with this period.
fn many_tags(tags: usize, poll_ms: u64) -> Value {
    let tags: Vec<Value> = (0..tags)
        .map(|index| {
            json!({
                "id": format!("tag-{index:06}"), "name": format!("channel-{index:06}"), "table": "holding",
                "address": index % 65_536, "type": "f32", "order": "CDAB", "unit": "degC", "poll_ms": poll_ms,
                "scale": { "gain": 0.1, "offset": 0 }, "deadband": 0.5, "writable": true, "write_min": -40, "write_max": 125
            })
        })
        .collect();
    json!({
        "format": "dinrail/1",
        "ports": [{ "id": "p1", "name": "COM1", "kind": "serial", "path": "/dev/ttyS0" }],
        "devices": [{ "id": "d1", "name": "oven", "port": "COM1", "unit_id": 1, "tags": tags }]
    })
}
