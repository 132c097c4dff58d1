//! Keeps what is told on the event bus, in batches.

use crate::runtime::events::Event;
use crate::runtime::unit::{Health, UnitContext};
use crate::store::{self, NewEvent};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};

/// Events written with one transaction.
const BATCH: usize = 500;
/// How long the first event of a batch waits for company.
const GATHER: Duration = Duration::from_millis(20);
/// How long to wait before a failed write is tried again.
const PAUSE: Duration = Duration::from_secs(5);

/// The unit that stores events. The inbox outlives it, so that a restart of the unit loses none.
#[derive(Debug)]
pub struct EventLog {
    inbox: Arc<Mutex<mpsc::Receiver<Event>>>,
    log: store::EventLog,
}

impl EventLog {
    /// The unit between the bus and the store.
    pub fn new(inbox: Arc<Mutex<mpsc::Receiver<Event>>>, log: store::EventLog) -> Self {
        Self { inbox, log }
    }

    /// Runs until asked to stop; then stores what was told by then.
    pub async fn run(self, ctx: UnitContext) -> Result<(), Infallible> {
        let mut inbox = self.inbox.lock().await;
        ctx.set_health(Health::Up);
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                biased;
                () = ctx.stop.cancelled() => break,
                // Cancel-safe: `recv` loses no event when another arm wins.
                event = inbox.recv() => match event {
                    Some(event) => batch.push(row(event)),
                    None => break,
                },
            }
            // Cut short by a stop: what has come is written below.
            tokio::select! {
                () = ctx.stop.cancelled() => (),
                () = tokio::time::sleep(GATHER) => (),
            }
            self.write(&mut batch, &mut inbox, &ctx).await;
        }
        self.write(&mut batch, &mut inbox, &ctx).await;
        Ok(())
    }

    async fn write(&self, batch: &mut Vec<NewEvent>, inbox: &mut mpsc::Receiver<Event>, ctx: &UnitContext) {
        loop {
            while batch.len() < BATCH {
                let Ok(event) = inbox.try_recv() else { break };
                batch.push(row(event));
            }
            if batch.is_empty() {
                return;
            }
            match self.log.append(batch).await {
                Ok(()) => {
                    ctx.set_health(Health::Up);
                    batch.clear();
                }
                Err(error) => {
                    ctx.set_health(Health::Degraded(format!("events cannot be stored: {error}")));
                    if ctx.stop.is_cancelled() {
                        tracing::error!(lost = batch.len(), "events could not be stored before the end: {error}");
                        batch.clear();
                        return;
                    }
                    tokio::select! {
                        () = ctx.stop.cancelled() => (),
                        () = tokio::time::sleep(PAUSE) => (),
                    }
                }
            }
        }
    }
}

fn row(event: Event) -> NewEvent {
    NewEvent {
        unix_ms: event.unix_ms,
        source: event.source,
        category: event.category.as_str().to_owned(),
        subject: event.subject,
        actor: event.actor,
        result: event.result.as_str().to_owned(),
        detail: event.detail,
    }
}
