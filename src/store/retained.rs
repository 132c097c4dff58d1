//! Retained messages of the embedded broker.

use super::{Durability, Store, StoreError, UnixMs, WRITE};
use bytes::Bytes;
use sqlx::{Connection, QueryBuilder, Sqlite};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A message as it was published, but for its topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetainedMessage {
    /// The payload.
    pub payload: Bytes,
    /// Quality of service; 0..=2.
    pub qos: u8,
    /// MQTT client id of the publisher.
    pub client: String,
    /// When it ends by its publisher's word.
    pub expires_ms: Option<UnixMs>,
    /// Properties of MQTT 5, as JSON of the broker's making.
    pub properties: Option<String>,
}

/// The handle of the retained messages; clones share what is noted.
#[derive(Debug, Clone)]
pub struct RetainedMessages {
    store: Store,
    news: Arc<Mutex<News>>,
}

#[derive(Debug, Default)]
struct News {
    /// What each topic has become since the last flush; none = nothing is retained there any more.
    noted: HashMap<String, Option<RetainedMessage>>,
    /// The topics in the table: what comes and goes between two flushes leaves no trace.
    written: HashSet<String>,
}

impl RetainedMessages {
    pub(super) fn new(store: Store) -> Self {
        Self { store, news: Arc::default() }
    }

    fn news(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what is retained under the topic now, to be written with the next flush. Never blocks on the disk.
    pub fn note(&self, topic: &str, message: Option<RetainedMessage>) {
        let mut news = self.news();
        if message.is_none() && !news.written.contains(topic) {
            news.noted.remove(topic);
        } else {
            news.noted.insert(topic.to_owned(), message);
        }
    }

    /// Writes what was noted since, in one transaction; `synced` when somebody relies on it over a power loss. What could not
    /// be written stays noted.
    pub async fn flush(&self, synced: bool) -> Result<(), StoreError> {
        let noted = std::mem::take(&mut self.news().noted);
        if noted.is_empty() {
            return Ok(());
        }
        let written = self.write(&noted, if synced { Durability::Full } else { Durability::Relaxed }).await;
        let mut news = self.news();
        for (topic, message) in noted {
            match (&written, message) {
                (Ok(()), Some(_)) => drop(news.written.insert(topic)),
                (Ok(()), None) => drop(news.written.remove(&topic)),
                (Err(_), message) => drop(news.noted.entry(topic).or_insert(message)),
            }
        }
        written
    }

    async fn write(
        &self,
        noted: &HashMap<String, Option<RetainedMessage>>,
        durability: Durability,
    ) -> Result<(), StoreError> {
        let mut connection = self.store.writer(durability).await?;
        let mut transaction = connection.begin_with(WRITE).await?;
        let kept = noted.iter().filter_map(|(topic, message)| Some((topic, message.as_ref()?)));
        for batch in kept.collect::<Vec<_>>().chunks(1_000) {
            let mut insert = QueryBuilder::<Sqlite>::new(
                "INSERT OR REPLACE INTO broker_retained (topic, payload, qos, client, expires_ms, properties) ",
            );
            insert.push_values(batch, |mut row, (topic, message)| {
                row.push_bind((*topic).clone())
                    .push_bind(message.payload.to_vec())
                    .push_bind(i64::from(message.qos))
                    .push_bind(message.client.clone())
                    .push_bind(message.expires_ms)
                    .push_bind(message.properties.clone());
            });
            insert.build().execute(&mut *transaction).await?;
        }
        let gone = noted.iter().filter(|(_, message)| message.is_none()).map(|(topic, _)| topic);
        for batch in gone.collect::<Vec<_>>().chunks(1_000) {
            let mut delete = QueryBuilder::<Sqlite>::new("DELETE FROM broker_retained WHERE topic IN (");
            let mut topics = delete.separated(", ");
            for topic in batch {
                topics.push_bind((*topic).clone());
            }
            delete.push(")");
            delete.build().execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Every message kept, by its topic.
    pub async fn all(&self) -> Result<HashMap<String, RetainedMessage>, StoreError> {
        type Row = (String, Vec<u8>, i64, String, Option<i64>, Option<String>);
        let rows: Vec<Row> =
            sqlx::query_as("SELECT topic, payload, qos, client, expires_ms, properties FROM broker_retained")
                .fetch_all(&self.store.inner.readers)
                .await?;
        self.news().written = rows.iter().map(|row| row.0.clone()).collect();
        let read = |(topic, payload, qos, client, expires_ms, properties): Row| {
            let qos = u8::try_from(qos).unwrap_or(0);
            (topic, RetainedMessage { payload: payload.into(), qos, client, expires_ms, properties })
        };
        Ok(rows.into_iter().map(read).collect())
    }
}
