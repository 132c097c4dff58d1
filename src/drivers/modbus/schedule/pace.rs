//! The line's own time. It runs with the clock while the line keeps up, and slower by the factor of the load while it
//! does not; and it stands still while a read is beyond its deadline, which makes up for loads that were measured wrong.

use super::Beat;
use std::time::Duration;
use tokio::time::Instant;

/// The factor shown is over this long.
const WINDOW: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Pace {
    real: Instant,
    beat: Beat,
    stretch: f64,
    window: (Instant, Beat),
    shown: f64,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        let beat = Beat(Duration::ZERO);
        Self { real: now, beat, stretch: 1.0, window: (now, beat), shown: 1.0 }
    }

    /// The time now; it passes no pending deadline.
    pub(super) fn advance(&mut self, now: Instant, deadline: Option<Beat>) -> Beat {
        let passed = now.saturating_duration_since(self.real);
        self.real = self.real.max(now);
        let free = self.beat.plus(passed.div_f64(self.stretch));
        self.beat = deadline.map_or(free, |deadline| free.min(deadline).max(self.beat));
        let (began, from) = self.window;
        let real = now.saturating_duration_since(began);
        if WINDOW <= real {
            let own = self.beat.0.saturating_sub(from.0).max(Duration::from_millis(1));
            self.shown = (real.as_secs_f64() / own.as_secs_f64()).max(1.0);
            self.window = (now, self.beat);
        }
        self.beat
    }

    /// From now on every period takes this many times as long; below 1 is 1.
    pub(super) fn set_stretch(&mut self, stretch: f64) {
        self.stretch = stretch.clamp(1.0, 1e6);
    }

    /// When the clock will show this, if nothing changes.
    pub(super) fn when(&self, beat: Beat) -> Instant {
        let left = beat.0.saturating_sub(self.beat.0);
        self.real + left.mul_f64(self.stretch)
    }

    pub(super) fn shown(&self) -> f64 {
        self.shown
    }
}
