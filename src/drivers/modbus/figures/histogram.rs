//! Durations by how often they occur, in buckets of 1/16 of an octave: percentiles to 5 %, in one small fixed table.

use std::time::Duration;

/// Finer than any round trip differs.
const LEAST_US: u64 = 16;
/// 16 us .. 134 s.
const OCTAVES: usize = 23;
const PARTS: usize = 16;
/// With this many the older half of the weight is let go, so that percentiles are of recent times.
const ENOUGH: u32 = 2048;

#[derive(Debug, Clone)]
pub(super) struct Histogram {
    buckets: Box<[u16; OCTAVES * PARTS]>,
    total: u32,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: Box::new([0; OCTAVES * PARTS]), total: 0 }
    }
}

impl Histogram {
    pub(super) fn count(&mut self, time: Duration) {
        if self.total == ENOUGH {
            self.total = 0;
            for bucket in self.buckets.iter_mut() {
                *bucket /= 2;
                self.total += u32::from(*bucket);
            }
        }
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get_mut(place(micros)) {
            *bucket += 1;
            self.total += 1;
        }
    }

    /// The time that this percentage stays below, in microseconds; `None` before the first.
    pub(super) fn percentile(&self, percent: u32) -> Option<u64> {
        let wanted = (self.total * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let at = self.buckets.iter().position(|bucket| {
            seen += u32::from(*bucket);
            wanted <= seen
        })?;
        Some(middle(at))
    }
}

/// The bucket of a time; the last one also takes what is longer.
fn place(micros: u64) -> usize {
    let micros = micros.max(LEAST_US);
    let octave = micros.ilog2() - LEAST_US.ilog2();
    // The four bits below the highest.
    let part = (micros >> octave) - LEAST_US;
    let at = usize::try_from(octave).unwrap_or(OCTAVES) * PARTS + usize::try_from(part).unwrap_or(0);
    at.min(OCTAVES * PARTS - 1)
}

fn middle(at: usize) -> u64 {
    let (octave, part) = (at / PARTS, u64::try_from(at % PARTS).unwrap_or(0));
    let low = (LEAST_US + part) << octave;
    low + ((1 << octave) >> 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_right_to_five_percent() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentile(50), None);
        for ms in 1..=1000 {
            histogram.count(Duration::from_millis(ms));
        }
        for (percent, exact) in [(1, 10_000_u64), (50, 500_000), (95, 950_000), (99, 990_000), (100, 1_000_000)] {
            let found = histogram.percentile(percent).unwrap();
            assert!(found.abs_diff(exact) * 20 <= exact, "p{percent} is {found} us");
        }
    }

    #[test]
    fn extremes_have_a_place() {
        let mut histogram = Histogram::default();
        histogram.count(Duration::ZERO);
        histogram.count(Duration::from_secs(100_000));
        assert_eq!(histogram.percentile(1), Some(16));
        assert!(100_000_000 < histogram.percentile(100).unwrap());
    }

    #[test]
    fn what_was_long_ago_is_forgotten() {
        let mut histogram = Histogram::default();
        for _ in 0..10_000 {
            histogram.count(Duration::from_millis(100));
        }
        for _ in 0..10_000 {
            histogram.count(Duration::from_millis(1));
        }
        assert!(histogram.percentile(90).unwrap() < 1100);
    }
}
