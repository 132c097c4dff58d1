//! One receiver: what waits for it, and delivering that in order.

use super::note::Note;
use crate::config::snmp::{Delivery, ReceiverConfig};
use crate::faces::snmp::agent::Identity;
use crate::runtime::snmp::ReceiverStatus;
use crate::store::NotesChange;
use async_snmp::client::Retry;
use async_snmp::{Auth, Client, UdpHandle};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Between two rounds of attempts for a receiver that is away; doubles up to the longest.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The post of one receiver.
pub(super) struct Post {
    pub(super) config: ReceiverConfig,
    inside: Mutex<Inside>,
    news: Notify,
}

#[derive(Debug, Clone, Default)]
struct Inside {
    /// By serial.
    waiting: VecDeque<(u64, Note)>,
    /// The last serial given.
    last: u64,
    /// What the store has: from this serial up to that one; nothing while the first is the larger.
    kept: (u64, u64),
    status: ReceiverStatus,
}

impl Inside {
    /// What waits now begins here.
    fn first(&self) -> u64 {
        self.waiting.front().map_or(self.last + 1, |(serial, _)| *serial)
    }
}

/// In whose name a post speaks.
pub(super) struct Source {
    pub(super) enterprise: Vec<u32>,
    pub(super) auth: Auth,
    pub(super) identity: Identity,
}

impl Post {
    /// A post that takes over what waits in the one before it, or what the store has from before a restart.
    pub(super) fn new(config: ReceiverConfig, before: Option<Arc<Self>>, former: Vec<(u64, Note)>) -> Self {
        let mut inside = before.map_or_else(
            || {
                let last = former.last().map_or(0, |(serial, _)| *serial);
                let kept = (former.first().map_or(1, |(serial, _)| *serial), last);
                Inside { waiting: former.into(), last, kept, status: ReceiverStatus::default() }
            },
            |before| before.lock().clone(),
        );
        inside.status.name.clone_from(&config.identity.name);
        inside.status.address = config.address.to_string();
        inside.status.kind = match config.delivery {
            Delivery::Trap => "trap",
            Delivery::Inform => "inform",
        };
        Self { config, inside: Mutex::new(inside), news: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more; the oldest goes where there is no room.
    pub(super) fn put(&self, note: Note) {
        let mut inside = self.lock();
        while self.config.store <= inside.waiting.len() {
            inside.waiting.pop_front();
            inside.status.dropped += 1;
        }
        inside.last += 1;
        let serial = inside.last;
        inside.waiting.push_back((serial, note));
        drop(inside);
        self.news.notify_one();
    }

    fn delivered(&self, serial: u64) {
        let mut inside = self.lock();
        // It may have gone meanwhile, for want of room.
        if inside.first() == serial {
            inside.waiting.pop_front();
        }
        inside.status.sent += 1;
        inside.status.acknowledged += u64::from(self.config.delivery == Delivery::Inform);
        inside.status.last_error = None;
    }

    fn failed(&self, error: String) {
        let mut inside = self.lock();
        inside.status.failed += 1;
        inside.status.last_error = Some(error);
    }

    pub(super) fn status(&self) -> ReceiverStatus {
        let inside = self.lock();
        ReceiverStatus { waiting: inside.waiting.len(), ..inside.status.clone() }
    }

    /// What the store does not know yet.
    pub(super) fn unkept(&self) -> Option<NotesChange> {
        let inside = self.lock();
        let (from, to) = inside.kept;
        let first = inside.first();
        let news = inside.waiting.iter().filter(|(serial, _)| to < *serial);
        let news: Vec<(u64, String)> =
            news.filter_map(|(serial, note)| Some((*serial, serde_json::to_string(note).ok()?))).collect();
        let gone = from <= to && from < first;
        let receiver = self.config.identity.id.clone();
        (gone || !news.is_empty()).then_some(NotesChange { receiver, gone_before: first, news })
    }

    /// Everything the store may have of it.
    pub(super) fn all_gone(&self) -> NotesChange {
        let gone_before = self.lock().last + 1;
        NotesChange { receiver: self.config.identity.id.clone(), gone_before, news: Vec::new() }
    }

    /// The store knows.
    pub(super) fn kept(&self, change: &NotesChange) {
        let mut inside = self.lock();
        let to = change.news.last().map_or(inside.kept.1, |(serial, _)| *serial);
        inside.kept = (change.gone_before, to);
    }

    /// Delivers until it is aborted. What was sent and not yet noted as sent may be sent again.
    pub(super) async fn run(self: Arc<Self>, from: Source) {
        let mut client = None;
        let mut pause = SHORTEST_PAUSE;
        loop {
            let first = self.lock().waiting.front().cloned();
            let Some((serial, note)) = first else {
                self.news.notified().await;
                continue;
            };
            match self.send(&mut client, &from, &note).await {
                Ok(()) => {
                    pause = SHORTEST_PAUSE;
                    self.delivered(serial);
                }
                Err(error) => {
                    // The name may lead elsewhere next time.
                    client = None;
                    self.failed(error);
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    async fn send(&self, client: &mut Option<Client<UdpHandle>>, from: &Source, note: &Note) -> Result<(), String> {
        let told = |error: Box<async_snmp::Error>| error.to_string();
        let client = match client {
            Some(client) => client,
            None => client.insert(self.connect(from).await?),
        };
        let (oid, carried) = (note.oid(&from.enterprise), note.carried(&from.enterprise));
        match self.config.delivery {
            Delivery::Trap => client.send_trap(&oid, note.uptime, carried).await.map_err(told),
            Delivery::Inform => client.send_inform(&oid, note.uptime, carried).await.map_err(told),
        }
    }

    async fn connect(&self, from: &Source) -> Result<Client<UdpHandle>, String> {
        let retry = Retry::fixed(self.config.retries, Duration::ZERO).map_err(|error| error.to_string())?;
        let address = (self.config.address.host.clone(), self.config.address.port);
        let builder = Client::builder(address, from.auth.clone())
            .request_timeout(self.config.timeout)
            .retry(retry)
            .local_authoritative_engine(from.identity.engine.clone())
            .des_salt_state(from.identity.salt.clone());
        builder.connect().await.map_err(|error| error.to_string())
    }
}
