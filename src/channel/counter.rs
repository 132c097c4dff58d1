//! A 32-bit count of edges, from levels or from a counter that the hardware keeps.

use super::signal::CountWidth;

#[derive(Debug, Clone)]
pub(super) struct Counter {
    pub(super) count: u32,
    pub(super) counting: bool,
    pub(super) overflow: bool,
    hardware: Option<Hardware>,
}

/// What was seen of a counter of the hardware.
#[derive(Debug, Clone, Copy)]
struct Hardware {
    last: u32,
    width: CountWidth,
    /// The largest step between two looks so far.
    largest: u32,
    /// There was an outage since `last`.
    outage: bool,
}

impl Counter {
    pub(super) fn new(count: u32, counting: bool) -> Self {
        Self { count, counting, overflow: false, hardware: None }
    }

    /// Whether the hardware counts: then levels are not counted a second time.
    pub(super) fn is_hardware(&self) -> bool {
        self.hardware.is_some()
    }

    /// Adds edges; past its largest number the count goes on from 0 and says so.
    pub(super) fn add(&mut self, edges: u32) {
        if self.counting {
            let (count, overflow) = self.count.overflowing_add(edges);
            self.count = count;
            self.overflow |= overflow;
        }
    }

    /// Edges since the last look at a counter of the hardware.
    ///
    /// The first look is the base and adds nothing. A larger number adds the difference, over an outage of the
    /// connection too: the hardware went on counting. A smaller one is a wrap only if the step is of the size of those
    /// seen so far (at most four times the largest, and 64) and there was no outage; otherwise the hardware began anew,
    /// or somebody set its counter: that is a new base and adds nothing.
    pub(super) fn step(&mut self, now: u32, width: CountWidth) -> u32 {
        let before = self.hardware.filter(|hardware| hardware.width == width);
        let Some(Hardware { last, largest, outage, .. }) = before else {
            self.hardware = Some(Hardware { last: now, width, largest: 0, outage: false });
            return 0;
        };
        let wrapped = match width {
            CountWidth::Bits16 => now.wrapping_sub(last) & 0xFFFF,
            CountWidth::Bits32 => now.wrapping_sub(last),
        };
        let plausible = wrapped <= largest.saturating_mul(4).saturating_add(64);
        let step = if last <= now || (plausible && !outage) { wrapped } else { 0 };
        self.hardware = Some(Hardware { last: now, width, largest: largest.max(step), outage: false });
        step
    }

    /// The hardware is gone.
    pub(super) fn lose(&mut self) {
        if let Some(hardware) = &mut self.hardware {
            hardware.outage = true;
        }
    }
}
