//! How far making messages may run ahead of sending them.
//!
//! Both are done by one task. While changes come faster than the broker takes messages, a unit that made a record of each
//! of them would have no time left to send any: what was to be merged would be stored instead. So with a backlog the image
//! is looked at again when as much was sent as the last look made; changes wait there meanwhile, the newest of each tag.
//! A broker that takes nothing holds a look back no longer than [`LONGEST`]: what happens while it hangs is told. Other tags
//! are never waited for, and messages of QoS 0 need no pace: they are made when there is room.

use std::time::Duration;
use tokio::time::Instant;

/// Messages that wait without holding the next look back: a burst of so many is taken in change by change.
pub(super) const AHEAD: u64 = 512;
/// The longest that a look is held back. Serial lines and most devices are polled more slowly: nothing of theirs merges.
const LONGEST: Duration = Duration::from_millis(10);

/// The last look at the image, and what came of it.
#[derive(Debug, Default)]
pub(super) struct Pace {
    looked: Option<Instant>,
    /// Records made since, and records sent since.
    made: u64,
    sent: u64,
}

impl Pace {
    /// The image is looked at.
    pub(super) fn look(&mut self, now: Instant) {
        *self = Self { looked: Some(now), made: 0, sent: 0 };
    }

    pub(super) fn made(&mut self, records: u64) {
        self.made += records;
    }

    pub(super) fn sent(&mut self, records: u64) {
        self.sent += records;
    }

    /// Whether less was sent than made.
    pub(super) fn is_behind(&self) -> bool {
        self.sent < self.made
    }

    /// Until when a look is held back, if it still is.
    pub(super) fn until(&self, now: Instant) -> Option<Instant> {
        self.looked.map(|looked| looked + LONGEST).filter(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_is_due_when_as_much_was_sent_as_the_last_one_made_and_after_ten_milliseconds_at_the_latest() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        assert_eq!(pace.until(start), None, "the first look waits for nothing");
        pace.look(start);
        assert!(!pace.is_behind());
        pace.made(100);
        pace.sent(99);
        assert!(pace.is_behind());
        pace.sent(1);
        assert!(!pace.is_behind());
        assert_eq!(pace.until(start + LONGEST / 2), Some(start + LONGEST));
        assert_eq!(pace.until(start + LONGEST), None);
        pace.made(1);
        pace.look(start + LONGEST);
        assert!(!pace.is_behind(), "each look begins anew");
    }
}
