//! One receiver: what waits for it, and delivering that in order.

use super::Note;
use crate::config::snmp::{Delivery, ReceiverConfig};
use crate::faces::snmp::agent::Identity;
use crate::runtime::snmp::ReceiverStatus;
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
    waiting: VecDeque<Note>,
    status: ReceiverStatus,
}

impl Post {
    /// A post that takes over what waits in the one before it.
    pub(super) fn new(config: ReceiverConfig, before: Option<Arc<Self>>) -> Self {
        let mut inside = before.map(|before| before.lock().clone()).unwrap_or_default();
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
        inside.waiting.push_back(note);
        drop(inside);
        self.news.notify_one();
    }

    fn delivered(&self) {
        let mut inside = self.lock();
        inside.waiting.pop_front();
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

    /// Delivers until it is aborted. What was sent and not yet noted as sent may be sent again.
    pub(super) async fn run(self: Arc<Self>, auth: Auth, identity: Identity) {
        let mut client = None;
        let mut pause = SHORTEST_PAUSE;
        loop {
            let first = self.lock().waiting.front().cloned();
            let Some(note) = first else {
                self.news.notified().await;
                continue;
            };
            match self.send(&mut client, &auth, &identity, &note).await {
                Ok(()) => {
                    pause = SHORTEST_PAUSE;
                    self.delivered();
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

    async fn send(
        &self,
        client: &mut Option<Client<UdpHandle>>,
        auth: &Auth,
        identity: &Identity,
        note: &Note,
    ) -> Result<(), String> {
        let told = |error: Box<async_snmp::Error>| error.to_string();
        let client = match client {
            Some(client) => client,
            None => client.insert(self.connect(auth, identity).await?),
        };
        match self.config.delivery {
            Delivery::Trap => client.send_trap(&note.oid, note.uptime, note.carried.clone()).await.map_err(told),
            Delivery::Inform => client.send_inform(&note.oid, note.uptime, note.carried.clone()).await.map_err(told),
        }
    }

    async fn connect(&self, auth: &Auth, identity: &Identity) -> Result<Client<UdpHandle>, String> {
        let retry = Retry::fixed(self.config.retries, Duration::ZERO).map_err(|error| error.to_string())?;
        let address = (self.config.address.host.clone(), self.config.address.port);
        let builder = Client::builder(address, auth.clone())
            .request_timeout(self.config.timeout)
            .retry(retry)
            .local_authoritative_engine(identity.engine.clone())
            .des_salt_state(identity.salt.clone());
        builder.connect().await.map_err(|error| error.to_string())
    }
}
