//! When the next scan is due, and how punctual the last ones were.

use crate::runtime::modules::Jitter;
use std::collections::VecDeque;

/// Scans that percentiles are taken over.
const RECENT: usize = 1000;

/// The rhythm of one module; times are microseconds of the monotonic clock.
#[derive(Debug)]
pub(super) struct Pace {
    period: u64,
    next: u64,
    late: VecDeque<u32>,
    latest: u64,
    pub(super) scans: u64,
    pub(super) overruns: u64,
}

impl Pace {
    /// The first scan is due at once.
    pub(super) fn new(period: u64, now: u64) -> Self {
        Self { period, next: now, late: VecDeque::with_capacity(RECENT), latest: 0, scans: 0, overruns: 0 }
    }

    /// Another period from the next scan on.
    pub(super) fn set_period(&mut self, period: u64, now: u64) {
        if period != self.period {
            self.period = period;
            self.next = self.next.min(now + period);
        }
    }

    /// When the next scan is due.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// A scan begins. Scans that could not be done in time are left out and counted, so that none comes in a burst.
    pub(super) fn begin(&mut self, now: u64) {
        let late = now.saturating_sub(self.next);
        let missed = late / self.period;
        self.overruns += missed;
        self.next += (missed + 1) * self.period;
        self.scans += 1;
        self.latest = self.latest.max(late);
        if self.late.len() == RECENT {
            self.late.pop_front();
        }
        self.late.push_back(u32::try_from(late).unwrap_or(u32::MAX));
    }

    /// How punctual scans are.
    pub(super) fn jitter(&self) -> Jitter {
        let mut sorted: Vec<u32> = self.late.iter().copied().collect();
        sorted.sort_unstable();
        let at = |percent: usize| sorted.get(sorted.len() * percent / 100).or(sorted.last()).copied().unwrap_or(0);
        Jitter { p50_us: at(50).into(), p99_us: at(99).into(), max_us: self.latest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scans_keep_their_grid_and_what_is_missed_is_counted_not_caught_up() {
        let mut pace = Pace::new(10_000, 5_000);
        assert_eq!(pace.next(), 5_000);
        pace.begin(5_100);
        assert_eq!(pace.next(), 15_000);
        pace.begin(38_000);
        assert_eq!((pace.next(), pace.scans, pace.overruns), (45_000, 2, 2));
        assert_eq!(pace.jitter(), Jitter { p50_us: 23_000, p99_us: 23_000, max_us: 23_000 });
        pace.set_period(1_000, 39_000);
        assert_eq!(pace.next(), 40_000);
        pace.set_period(60_000_000, 40_000);
        assert_eq!(pace.next(), 40_000);
    }
}
