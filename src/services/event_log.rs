//! Keeps what is told on the event bus, in batches.

mod damper;

use crate::runtime::events::Event;
use crate::runtime::unit::{Health, UnitContext};
use crate::store::{self, NewEvent};
use damper::Damper;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};
use tokio::time::{Instant, sleep_until};

/// Events written with one transaction.
const BATCH: usize = 500;
/// How long the first event of a batch waits for company.
const GATHER: Duration = Duration::from_millis(20);
/// How long to wait before a failed write is tried again.
const PAUSE: Duration = Duration::from_secs(5);
/// The longest text of an event, in characters: some hold what others sent.
const LONGEST: usize = 1000;

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
        let mut damper = Damper::default();
        loop {
            let end = damper.next_end();
            let window = async {
                match end {
                    Some(end) => sleep_until(end).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = ctx.stop.cancelled() => break,
                // Cancel-safe: `recv` loses no event when another arm wins.
                event = inbox.recv() => match event {
                    Some(event) => batch.extend(damper.admit(event, Instant::now()).map(row)),
                    None => break,
                },
                // Cancel-safe: it holds nothing.
                () = window => (),
            }
            // Cut short by a stop: what has come is written below.
            tokio::select! {
                () = ctx.stop.cancelled() => (),
                () = tokio::time::sleep(GATHER) => (),
            }
            batch.extend(damper.lines(Some(Instant::now())).into_iter().map(row));
            self.write(&mut batch, &mut damper, &mut inbox, &ctx).await;
        }
        self.write(&mut batch, &mut damper, &mut inbox, &ctx).await;
        batch.extend(damper.lines(None).into_iter().map(row));
        self.write(&mut batch, &mut damper, &mut inbox, &ctx).await;
        Ok(())
    }

    async fn write(
        &self,
        batch: &mut Vec<NewEvent>,
        damper: &mut Damper,
        inbox: &mut mpsc::Receiver<Event>,
        ctx: &UnitContext,
    ) {
        loop {
            while batch.len() < BATCH {
                let Ok(event) = inbox.try_recv() else { break };
                batch.extend(damper.admit(event, Instant::now()).map(row));
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
        source: one_line(event.source),
        category: event.category.as_str().to_owned(),
        subject: one_line(event.subject),
        actor: one_line(event.actor),
        result: event.result.as_str().to_owned(),
        detail: one_line(event.detail),
    }
}

fn one_line(text: String) -> String {
    if text.len() <= LONGEST && !text.contains(char::is_control) {
        return text;
    }
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(LONGEST).collect()
}
