//! The connection's figures on the status page, told twice a second at most.

use crate::runtime::status::{Detail, MqttStatus};
use crate::runtime::unit::UnitContext;
use std::time::Duration;
use tokio::time::Instant;

const PAUSE: Duration = Duration::from_millis(500);
/// While something waits, its age is told so often.
const REFRESH: Duration = Duration::from_secs(3);

/// Figures, and when they were shown last.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) status: MqttStatus,
    shown: Option<MqttStatus>,
    next: Option<Instant>,
}

impl Report {
    /// When the figures are to be shown: ages and rates change although nothing happens.
    pub(super) fn due_with_queue(&self) -> Option<Instant> {
        let queue = &self.status.queue;
        let moves = 0 < queue.records || queue.rate.is_some_and(|rate| 0.0 < rate);
        self.due().or_else(|| moves.then(|| self.refresh()).flatten())
    }

    /// When the figures are to be shown; `None` while nothing is new.
    fn due(&self) -> Option<Instant> {
        let news = self.shown.as_ref() != Some(&self.status);
        news.then(|| self.next.unwrap_or_else(Instant::now))
    }

    /// When the figures are to be shown again although nothing is new.
    fn refresh(&self) -> Option<Instant> {
        Some(self.next? + REFRESH)
    }

    /// Shows the figures.
    pub(super) fn show_now(&mut self, ctx: &UnitContext, now: Instant) {
        self.next = Some(now + PAUSE);
        self.shown = Some(self.status.clone());
        ctx.detail.send_replace(Detail::Mqtt(Box::new(self.status.clone())));
    }
}
