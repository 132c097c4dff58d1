//! What is asked of the line, and what is taken of it by other things.

use std::time::Duration;
use tokio::time::Instant;

/// Line time asked for per time, over all periodic reads; in billionths, so that adding and removing stays exact.
#[derive(Debug, Default)]
pub(super) struct Load(u64);

impl Load {
    pub(super) fn add(&mut self, cost: Duration, period: Option<Duration>) {
        self.0 = self.0.saturating_add(billionths(cost, period));
    }

    pub(super) fn remove(&mut self, cost: Duration, period: Option<Duration>) {
        self.0 = self.0.saturating_sub(billionths(cost, period));
    }

    #[allow(clippy::cast_precision_loss)] // A share with 15 digits is enough.
    pub(super) fn sum(&self) -> f64 {
        self.0 as f64 / 1e9
    }
}

fn billionths(cost: Duration, period: Option<Duration>) -> u64 {
    period.map_or(0, |period| {
        u64::try_from(cost.as_nanos() * 1_000_000_000 / period.as_nanos().max(1)).unwrap_or(u64::MAX / 1_000_000)
    })
}

/// The share of time that is measured over this long.
const WINDOW: Duration = Duration::from_secs(2);

/// The share of the line that writes, retries and probes take, smoothed over some seconds.
#[derive(Debug)]
pub(super) struct Share {
    began: Instant,
    spent: Duration,
    smooth: f64,
}

impl Share {
    pub(super) fn new(now: Instant) -> Self {
        Self { began: now, spent: Duration::ZERO, smooth: 0.0 }
    }

    pub(super) fn spent(&mut self, time: Duration) {
        self.spent += time;
    }

    pub(super) fn turn(&mut self, now: Instant, slots: u32) {
        let passed = now.saturating_duration_since(self.began);
        if WINDOW <= passed {
            let fresh = self.spent.as_secs_f64() / passed.as_secs_f64() / f64::from(slots);
            self.smooth = f64::midpoint(self.smooth, fresh.min(1.0));
            (self.began, self.spent) = (now, Duration::ZERO);
        }
    }

    pub(super) fn get(&self) -> f64 {
        self.smooth
    }
}
