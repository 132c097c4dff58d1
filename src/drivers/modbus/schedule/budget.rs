//! The share of line time that silent devices may take from others.

use std::time::Duration;
use tokio::time::Instant;

#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    percent: u32,
    ready: Instant,
}

impl Budget {
    pub(super) fn new(percent: u8, now: Instant) -> Self {
        Self { percent: u32::from(percent.max(1)), ready: now }
    }

    pub(super) fn set_percent(&mut self, percent: u8) {
        self.percent = u32::from(percent.max(1));
    }

    /// A probe took this long.
    pub(super) fn spent(&mut self, time: Duration, now: Instant) {
        self.ready = now + time * 100u32.saturating_sub(self.percent) / self.percent;
    }

    /// The next probe is free.
    pub(super) fn grant(&mut self, now: Instant) {
        self.ready = self.ready.min(now);
    }

    pub(super) fn permits(&self, now: Instant) -> bool {
        self.ready <= now
    }

    pub(super) fn ready(&self) -> Instant {
        self.ready
    }
}
