//! A rate limit that delays instead of refusing.

use std::time::Duration;
use tokio::time::Instant;

/// A bucket of one second's worth. What is taken may exceed what is there: the debt is waited for afterwards, so a large
/// message needs no large bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    per_second: f64,
    there: f64,
    counted: Instant,
}

impl Bucket {
    pub(super) fn new(per_second: f64, now: Instant) -> Self {
        Self { per_second, there: per_second, counted: now }
    }

    /// Takes so much and tells when the next may be taken; not later than `now` when that is at once.
    pub(super) fn take(&mut self, amount: f64, now: Instant) -> Instant {
        let gained = now.saturating_duration_since(self.counted).as_secs_f64() * self.per_second;
        self.counted = now;
        self.there = (self.there + gained).min(self.per_second) - amount;
        if self.there >= 0.0 {
            return now;
        }
        // Bounded for the conversion; no debt is that large.
        now + Duration::from_secs_f64((-self.there / self.per_second).min(3600.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_the_debt_is_waited_for() {
        let start = Instant::now();
        let mut bucket = Bucket::new(100.0, start);
        assert_eq!(bucket.take(100.0, start), start);
        assert_eq!(bucket.take(50.0, start), start + Duration::from_millis(500));
        let later = start + Duration::from_secs(1);
        assert_eq!(bucket.take(50.0, later), later);
        let much_later = start + Duration::from_secs(100);
        assert_eq!(bucket.take(200.0, much_later), much_later + Duration::from_secs(1));
    }
}
