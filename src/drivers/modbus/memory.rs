//! What the devices of a line taught, over restarts.

use super::unit::LineConfig;
use crate::config::device::DeviceConfig;
use crate::modbus::lessons::Lessons;
use crate::store::{DeviceLessons, StoreError, StoredLessons};
use futures::future::BoxFuture;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use tokio::time::Instant;

/// News are gathered so long before they are stored: while a device is learnt there are many, and flash wears.
const GATHER: Duration = Duration::from_secs(5);
/// After a failure it is tried again so much later.
const AGAIN: Duration = Duration::from_secs(60);

type Saving = BoxFuture<'static, (BTreeSet<String>, Result<(), StoreError>)>;

/// The lessons of a line's devices, as they are stored or are about to be.
#[derive(Default)]
pub(super) struct Memory {
    store: Option<DeviceLessons>,
    known: HashMap<String, StoredLessons>,
    /// Devices whose lessons are not stored yet.
    news: BTreeSet<String>,
    store_at: Option<Instant>,
    saving: Option<Saving>,
}

impl Memory {
    /// What is stored. What cannot be read will be learnt again: no reason to leave a line alone.
    pub(super) async fn load(store: Option<DeviceLessons>) -> Self {
        let known = match &store {
            Some(store) => store.all().await.unwrap_or_else(|error| {
                tracing::warn!(%error, "what the devices taught could not be read; it is learnt again");
                HashMap::new()
            }),
            None => HashMap::new(),
        };
        Self { store, known, ..Self::default() }
    }

    /// What is known of a device at this place.
    pub(super) fn recall(&self, device: &str, belongs: &str) -> Lessons {
        let stored = self.known.get(device).filter(|stored| stored.belongs == belongs);
        stored.map(|stored| Lessons::recall(&stored.lessons)).unwrap_or_default()
    }

    /// A device taught something, or forgot it all.
    pub(super) fn note(&mut self, device: &str, belongs: &str, lessons: &Lessons, now: Instant) {
        if device.is_empty() || self.store.is_none() {
            return;
        }
        if lessons.is_empty() {
            self.known.remove(device);
        } else {
            let stored = StoredLessons { belongs: belongs.to_owned(), lessons: lessons.keep() };
            self.known.insert(device.to_owned(), stored);
        }
        self.news.insert(device.to_owned());
        self.store_at.get_or_insert(now + GATHER);
    }

    /// Begins to store the news, when it is time.
    pub(super) fn store_when_due(&mut self, now: Instant) {
        if self.saving.is_none() && self.store_at.is_some_and(|at| at <= now) {
            self.store();
        }
    }

    fn store(&mut self) {
        self.store_at = None;
        let Some(store) = self.store.clone().filter(|_| !self.news.is_empty()) else { return };
        let devices = std::mem::take(&mut self.news);
        let batch: Vec<_> = devices.iter().map(|device| (device.clone(), self.known.get(device).cloned())).collect();
        self.saving = Some(Box::pin(async move { (devices, store.keep(&batch).await) }));
    }

    /// Ends when a batch is stored, or could not be; never while there is none. Cancel-safe: it goes on at the next call.
    pub(super) async fn stored(&mut self) {
        let Some(saving) = &mut self.saving else { return std::future::pending().await };
        let (devices, result) = saving.await;
        self.saving = None;
        if let Err(error) = result {
            tracing::warn!(%error, "what the devices taught could not be stored; it is tried again");
            self.news.extend(devices);
            self.store_at = Some(Instant::now() + AGAIN);
        }
    }

    /// Stores what is left.
    pub(super) async fn finish(&mut self) {
        if self.saving.is_some() {
            self.stored().await;
        }
        self.store();
        if self.saving.is_some() {
            self.stored().await;
        }
    }
}

/// What lessons hold for: a device at a place, of a make. Behind another address stands another one.
pub(super) fn belongs(line: &LineConfig, device: &DeviceConfig) -> String {
    format!("{} {} {}", line.port.link.place(), device.unit_id, device.profile.as_deref().unwrap_or_default())
}
