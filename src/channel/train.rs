//! A train of pulses, edge by edge: no pulse is lost however late its edges come.
//!
//! The next edge is due only once the hardware took the one before, so no edge can be merged away. An edge that comes
//! late by up to half a width shortens the phase it begins, and the train keeps its pace; one that comes later begins
//! its phase at full width, and the train takes longer.

use super::HALF_MS_US;

/// Shape of a train.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Pulses, 0 = endless.
    pub(super) count: u16,
    /// Length of the pulse in steps of 0.5 ms.
    pub(super) on: u16,
    /// Length of the pause in steps of 0.5 ms.
    pub(super) off: u16,
}

/// A train that runs.
#[derive(Debug, Clone)]
pub(super) struct Train {
    /// Pulses begun.
    begun: u64,
    on: bool,
    /// When this phase ought to have begun, in microseconds of the monotonic clock.
    ought: u64,
    /// When it ends; `None` until the hardware took its edge.
    due: Option<u64>,
}

impl Train {
    /// A train that begins now: with a pulse, or with a pause where the output is on already.
    pub(super) fn start(is_on: bool, now_us: u64) -> Self {
        Self { begun: u64::from(!is_on), on: !is_on, ought: now_us, due: None }
    }

    /// The level the output must have now.
    pub(super) fn level(&self) -> bool {
        self.on
    }

    /// The hardware shows this level; true when the last pulse is over with it.
    pub(super) fn driven(&mut self, level: bool, at_us: u64, shape: Shape) -> bool {
        if level != self.on || self.due.is_some() {
            return false;
        }
        let width = u64::from(if self.on { shape.on } else { shape.off }) * HALF_MS_US;
        let late = at_us.saturating_sub(self.ought);
        let begin = if late <= width / 2 { self.ought } else { at_us };
        self.due = Some(begin.saturating_add(width));
        !self.on && self.sent(shape)
    }

    /// Goes on to the next phase if that is due; true when there is none, because fewer pulses are wanted by now.
    pub(super) fn advance(&mut self, now_us: u64, shape: Shape) -> bool {
        let Some(due) = self.due.filter(|due| *due <= now_us) else { return false };
        if !self.on && self.sent(shape) {
            return true;
        }
        self.on = !self.on;
        self.begun += u64::from(self.on);
        self.ought = due;
        self.due = None;
        false
    }

    /// Whether no pulse is to begin any more.
    fn sent(&self, shape: Shape) -> bool {
        shape.count != 0 && u64::from(shape.count) <= self.begun
    }

    /// When `advance` matters next, in microseconds of the monotonic clock.
    pub(super) fn due(&self) -> Option<u64> {
        self.due
    }
}
