//! The connection's figures on the status page, told twice a second at most.

use crate::runtime::status::{Detail, MqttStatus};
use crate::runtime::unit::UnitContext;
use std::time::Duration;
use tokio::time::Instant;

const PAUSE: Duration = Duration::from_millis(500);

/// Figures, and when they were shown last.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) status: MqttStatus,
    shown: Option<MqttStatus>,
    next: Option<Instant>,
}

impl Report {
    /// When [`Report::show`] has something to do; `None` while nothing is new.
    pub(super) fn due(&self) -> Option<Instant> {
        let news = self.shown.as_ref() != Some(&self.status);
        news.then(|| self.next.unwrap_or_else(Instant::now))
    }

    /// Shows the figures if they are new and the last time is long enough ago.
    pub(super) fn show(&mut self, ctx: &UnitContext, now: Instant) {
        if self.due().is_some_and(|due| due <= now) {
            self.show_now(ctx, now);
        }
    }

    /// Shows the figures: a session came or went.
    pub(super) fn show_now(&mut self, ctx: &UnitContext, now: Instant) {
        self.next = Some(now + PAUSE);
        self.shown = Some(self.status.clone());
        ctx.detail.send_replace(Detail::Mqtt(Box::new(self.status.clone())));
    }
}
