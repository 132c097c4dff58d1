//! Makes what runs equal to what the configuration asks for, again and again.
//!
//! Knows no protocol: it is generic over the unit's configuration and is handed one function that starts a unit.

use super::plan::plan;
use super::status::{Detail, UnitWatch, Units};
use super::unit::{Health, Started, UnitContext, UnitKey, UnitKind, UnitResult, UnitSpec};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What should run.
pub type Desired<C> = Arc<BTreeMap<UnitKey, C>>;

/// How long a unit may take to end.
const DRAIN: Duration = Duration::from_secs(5);
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(60);
/// A unit that ran this long is healthy: its next failure is retried after [`FIRST_RETRY`] again.
const SETTLED: Duration = Duration::from_secs(300);

/// One unit we were asked for, alive or waiting for its next try.
struct Slot<C> {
    config: C,
    health: watch::Sender<Health>,
    detail: watch::Sender<Detail>,
    failures: u32,
    state: SlotState<C>,
}

enum SlotState<C> {
    Alive { stop: CancellationToken, abort: AbortHandle, update: Box<dyn Fn(&C) + Send + Sync>, since: Instant },
    Waiting { until: Instant },
    Ended,
}

/// The owner of every unit's task.
pub struct Supervisor<C, F> {
    desired: watch::Receiver<Desired<C>>,
    start: F,
    slots: BTreeMap<UnitKey, Slot<C>>,
    tasks: JoinSet<(UnitKey, UnitResult)>,
    status: watch::Sender<Units>,
    aborted: usize,
}

impl<C, F> Supervisor<C, F>
where
    C: UnitSpec,
    F: Fn(&UnitKey, &C, UnitContext) -> Started<C>,
{
    /// A supervisor that follows `desired`, starts units with `start`, and tells in `status` which units there are:
    /// made outside, because units that watch others are started with its receiving end.
    pub fn new(desired: watch::Receiver<Desired<C>>, status: watch::Sender<Units>, start: F) -> Self {
        Self { desired, start, slots: BTreeMap::new(), tasks: JoinSet::new(), status, aborted: 0 }
    }

    /// Runs until `stop`, then ends every unit; returns how many units had to be cut off or panicked in its time.
    pub async fn run(mut self, stop: CancellationToken) -> usize {
        loop {
            self.reconcile().await;
            let retry = self.next_retry();
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                changed = self.desired.changed() => if changed.is_err() { break },
                // Cancel-safe: a finished task stays in the set until it is taken.
                Some(done) = self.tasks.join_next() => self.ended(done),
                () = tokio::time::sleep_until(retry.unwrap_or_else(Instant::now)), if retry.is_some() => (),
            }
        }
        let all = self.slots.keys().cloned().collect();
        self.stop(&all).await;
        self.aborted
    }

    /// Removals first: a port must be free before its next owner asks for it.
    async fn reconcile(&mut self) {
        let desired = self.desired.borrow_and_update().clone();
        let running = self.slots.iter().map(|(key, slot)| (key.clone(), slot.config.clone())).collect();
        let plan = plan(&running, &desired);
        let touched = !plan.stop.is_empty() || !plan.start.is_empty() || !plan.update.is_empty();
        self.stop(&plan.stop).await;
        for key in &plan.update {
            self.update(key, &desired[key]);
        }
        for key in plan.start {
            let (health, _) = watch::channel(Health::Starting);
            let (detail, _) = watch::channel(Detail::None);
            let config = desired[&key].clone();
            self.slots.insert(key.clone(), Slot { config, health, detail, failures: 0, state: SlotState::Ended });
            self.launch(&key);
        }
        let now = Instant::now();
        let due: Vec<UnitKey> = self
            .slots
            .iter()
            .filter(|(_, slot)| matches!(slot.state, SlotState::Waiting { until } if until <= now))
            .map(|(key, _)| key.clone())
            .collect();
        for key in due {
            self.launch(&key);
        }
        if touched {
            self.publish();
        }
    }

    /// A running unit takes the change in place; one that waits or ended is tried at once, the change may be the cure.
    fn update(&mut self, key: &UnitKey, next: &C) {
        let Some(slot) = self.slots.get_mut(key) else { return };
        slot.config = next.clone();
        if let SlotState::Alive { update, .. } = &slot.state {
            update(next);
        } else {
            slot.failures = 0;
            self.launch(key);
        }
    }

    fn launch(&mut self, key: &UnitKey) {
        let Some(slot) = self.slots.get_mut(key) else { return };
        let stop = CancellationToken::new();
        slot.health.send_replace(Health::Starting);
        let ctx = UnitContext { stop: stop.clone(), health: slot.health.clone(), detail: slot.detail.clone() };
        let started = (self.start)(key, &slot.config, ctx);
        let name = key.clone();
        let unit = started.task;
        let abort = self.tasks.spawn(async move { (name, unit.await) });
        slot.state = SlotState::Alive { stop, abort, update: started.update, since: Instant::now() };
    }

    /// I/O modules first: those at the end of a line write their last outputs over it.
    async fn stop(&mut self, keys: &BTreeSet<UnitKey>) {
        let (modules, others): (BTreeSet<UnitKey>, _) =
            keys.iter().cloned().partition(|key| key.kind == UnitKind::Module);
        for keys in [modules, others] {
            self.stop_together(&keys).await;
        }
    }

    /// Asks, waits up to [`DRAIN`], then aborts.
    async fn stop_together(&mut self, keys: &BTreeSet<UnitKey>) {
        for slot in keys.iter().filter_map(|key| self.slots.get(key)) {
            if let SlotState::Alive { stop, .. } = &slot.state {
                stop.cancel();
            }
        }
        let deadline = Instant::now() + DRAIN;
        let mut cut = false;
        while keys.iter().any(|key| self.is_alive(key)) {
            tokio::select! {
                Some(done) = self.tasks.join_next() => self.ended(done),
                () = tokio::time::sleep_until(deadline), if !cut => {
                    cut = true;
                    self.abort(keys);
                }
            }
        }
        for key in keys {
            self.slots.remove(key);
        }
    }

    fn abort(&self, keys: &BTreeSet<UnitKey>) {
        for (key, slot) in keys.iter().filter_map(|key| self.slots.get_key_value(key)) {
            if let SlotState::Alive { abort, .. } = &slot.state {
                tracing::error!(unit = %key, "the unit did not end within {} s and is cut off", DRAIN.as_secs());
                abort.abort();
            }
        }
    }

    fn is_alive(&self, key: &UnitKey) -> bool {
        self.slots.get(key).is_some_and(|slot| matches!(slot.state, SlotState::Alive { .. }))
    }

    fn ended(&mut self, done: Result<(UnitKey, UnitResult), JoinError>) {
        match done {
            Ok((key, Ok(()))) => self.settle(&key, None),
            Ok((key, Err(err))) => self.settle(&key, Some(chain(err.as_ref()))),
            // A panic or an abort: the join error does not say whose, so look.
            Err(err) => {
                self.aborted += 1;
                let gone = self.slots.iter().find_map(|(key, slot)| match &slot.state {
                    SlotState::Alive { abort, .. } if abort.id() == err.id() => Some(key.clone()),
                    _ => None,
                });
                let why = if err.is_panic() { "an internal error (panic)" } else { "it was cut off" };
                if let Some(key) = gone {
                    self.settle(&key, Some(why.to_owned()));
                }
            }
        }
    }

    fn settle(&mut self, key: &UnitKey, failure: Option<String>) {
        let Some(slot) = self.slots.get_mut(key) else { return };
        let ran = match &slot.state {
            SlotState::Alive { since, .. } => since.elapsed(),
            SlotState::Waiting { .. } | SlotState::Ended => Duration::ZERO,
        };
        match failure {
            None => slot.state = SlotState::Ended,
            Some(why) => {
                if SETTLED <= ran {
                    slot.failures = 0;
                }
                let pause = FIRST_RETRY.saturating_mul(2u32.saturating_pow(slot.failures)).min(LAST_RETRY);
                slot.failures = slot.failures.saturating_add(1);
                tracing::warn!(unit = %slot.config.name(), reason = %why, retry_s = pause.as_secs(), "unit failed");
                slot.health.send_replace(Health::Failed(why));
                slot.state = SlotState::Waiting { until: Instant::now() + pause };
            }
        }
    }

    fn next_retry(&self) -> Option<Instant> {
        self.slots
            .values()
            .filter_map(|slot| match slot.state {
                SlotState::Waiting { until } => Some(until),
                SlotState::Alive { .. } | SlotState::Ended => None,
            })
            .min()
    }

    fn publish(&self) {
        let watches = |slot: &Slot<C>| UnitWatch {
            name: slot.config.name(),
            health: slot.health.subscribe(),
            detail: slot.detail.subscribe(),
        };
        let seen = self.slots.iter().map(|(key, slot)| (key.clone(), watches(slot))).collect();
        self.status.send_replace(Arc::new(seen));
    }
}

/// The error and its causes in one line.
fn chain(err: &(dyn std::error::Error + 'static)) -> String {
    let mut text = err.to_string();
    let mut cause = err.source();
    while let Some(err) = cause {
        let part = err.to_string();
        if !text.ends_with(&part) {
            text = format!("{text}: {part}");
        }
        cause = err.source();
    }
    text
}

#[cfg(test)]
mod tests;
