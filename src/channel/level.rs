//! The input filter: a level counts once it has lasted.

use super::later;
use crate::tag::reading::Stamp;

/// A level behind a filter; every change that outlasts the filter is told once.
#[derive(Debug, Clone, Default)]
pub(super) struct Level {
    stable: Option<bool>,
    /// Another level than the stable one, and since when.
    pending: Option<(bool, Stamp)>,
}

impl Level {
    pub(super) fn now(&self) -> Option<bool> {
        self.stable
    }

    /// Takes a level in, after what was due before it. The first level is a beginning, no change.
    pub(super) fn take(&mut self, level: bool, at: Stamp, filter_us: u64) -> [Option<(bool, Stamp)>; 2] {
        let due = self.settle(at, filter_us);
        if self.stable.is_none() {
            self.stable = Some(level);
            return [due, None];
        }
        if self.stable == Some(level) {
            self.pending = None;
        } else if self.pending.is_none() {
            self.pending = Some((level, at));
        }
        [due, self.settle(at, filter_us)]
    }

    /// The change that is due by now: the new level, and when it had lasted long enough.
    pub(super) fn settle(&mut self, now: Stamp, filter_us: u64) -> Option<(bool, Stamp)> {
        let (level, since) = self.pending?;
        let due = later(since, filter_us);
        if now.mono_us < due.mono_us {
            return None;
        }
        self.pending = None;
        self.stable = Some(level);
        Some((level, due))
    }

    /// When the pending level will have lasted, in microseconds of the monotonic clock.
    pub(super) fn due(&self, filter_us: u64) -> Option<u64> {
        self.pending.map(|(_, since)| since.mono_us.saturating_add(filter_us))
    }

    /// The hardware is gone: what comes next is a beginning again.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}
