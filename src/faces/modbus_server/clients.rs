//! Who is connected, what they ask and how often.

use crate::platform::clock;
use crate::runtime::status::{ModbusClient, ModbusRequest};
use crate::tag::reading::rfc3339;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// All clients, in the order they came.
#[derive(Debug, Default)]
pub(super) struct Clients {
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    next: u64,
    clients: BTreeMap<u64, Seen>,
}

#[derive(Debug)]
struct Seen {
    client: Arc<Client>,
    /// Requests up to the last look, when that was, and the rate since the look before.
    before: (u64, Instant),
    rate: f64,
}

/// What a client has shown of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Identity {
    /// Nothing.
    Plain,
    /// A certificate, which may have a role.
    Secured { role: Option<String> },
}

/// One connection.
#[derive(Debug)]
pub(super) struct Client {
    number: u64,
    pub(super) peer: SocketAddr,
    pub(super) identity: Identity,
    /// Whose turn it is on a line.
    pub(super) asker: Arc<str>,
    since_ms: i64,
    requests: AtomicU64,
    exceptions: AtomicU64,
    last: Mutex<Option<ModbusRequest>>,
}

impl Clients {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        // Whole after every statement.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn enter(&self, peer: SocketAddr, identity: Identity) -> Arc<Client> {
        let mut inside = self.lock();
        let number = inside.next;
        inside.next += 1;
        let client = Arc::new(Client {
            number,
            peer,
            identity,
            asker: peer.to_string().into(),
            since_ms: clock::unix_ms(),
            requests: AtomicU64::new(0),
            exceptions: AtomicU64::new(0),
            last: Mutex::new(None),
        });
        let seen = Seen { client: Arc::clone(&client), before: (0, Instant::now()), rate: 0.0 };
        inside.clients.insert(number, seen);
        client
    }

    pub(super) fn leave(&self, client: &Client) {
        self.lock().clients.remove(&client.number);
    }

    /// Everybody, with the rates since the last look.
    pub(super) fn status(&self) -> Vec<ModbusClient> {
        let now = Instant::now();
        let mut inside = self.lock();
        inside.clients.values_mut().map(|seen| seen.status(now)).collect()
    }
}

impl Seen {
    #[allow(clippy::cast_precision_loss)] // Requests of a second or so.
    fn status(&mut self, now: Instant) -> ModbusClient {
        let client = &self.client;
        let requests = client.requests.load(Ordering::Relaxed);
        let (before, at) = self.before;
        let seconds = (now - at).as_secs_f64();
        // A change of the configuration looks between two beats; a rate of so short a time would say nothing.
        if 0.5 <= seconds {
            self.rate = ((requests - before) as f64 / seconds * 10.0).round() / 10.0;
            self.before = (requests, now);
        }
        ModbusClient {
            address: client.peer.to_string(),
            secure: client.identity != Identity::Plain,
            role: match &client.identity {
                Identity::Secured { role } => role.clone(),
                Identity::Plain => None,
            },
            since: rfc3339(client.since_ms),
            requests,
            exceptions: client.exceptions.load(Ordering::Relaxed),
            rate: self.rate,
            last: *client.last.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

impl Client {
    /// One request was answered; `exception` is 0 if there was none.
    pub(super) fn note(&self, unit_id: u8, pdu: &[u8], exception: u8) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.exceptions.fetch_add(u64::from(exception != 0), Ordering::Relaxed);
        let function = pdu.first().copied().unwrap_or_default();
        let field = |at: usize| pdu.get(at..at + 2).map(|two| u16::from_be_bytes([two[0], two[1]]));
        let address = if matches!(function, 1..=6 | 15 | 16 | 22 | 23) { field(1) } else { None };
        let count = match function {
            1..=4 | 15 | 16 | 23 => field(3),
            5 | 6 | 22 => Some(1),
            _ => None,
        };
        let request = ModbusRequest { unit_id, function, address, count, exception };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(request);
    }
}
