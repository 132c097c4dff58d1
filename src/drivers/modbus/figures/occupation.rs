//! What the time of a line goes into: characters on the wire, waiting for devices, silence, and what is ours.

use crate::drivers::modbus::line::Timing;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// Shares are told over this many slices of this length.
const SLICES: usize = 10;
const SLICE: Duration = Duration::from_secs(1);

/// Shares of recent time, each 0..1; what is left of 1 is idle.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::drivers::modbus) struct Shares {
    pub(in crate::drivers::modbus) wire: f64,
    pub(in crate::drivers::modbus) device: f64,
    pub(in crate::drivers::modbus) silence: f64,
    pub(in crate::drivers::modbus) ours: f64,
}

#[derive(Debug)]
pub(in crate::drivers::modbus) struct Occupation {
    slices: VecDeque<Slice>,
    began: Instant,
    /// When the last transaction ended.
    ended: Instant,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slice {
    wire: Duration,
    device: Duration,
    silence: Duration,
    ours: Duration,
}

impl Occupation {
    pub(in crate::drivers::modbus) fn new(now: Instant) -> Self {
        Self { slices: VecDeque::from([Slice::default()]), began: now, ended: now }
    }

    /// A transaction that was due at `due` (`None` = since the one before ended), was handed to the line at `began`,
    /// and ended at `end`; what of that time is ours.
    ///
    /// With one at a time the silence after the last transaction hides what we need in between; with several under way
    /// each stands for itself.
    pub(in crate::drivers::modbus) fn count(
        &mut self,
        timing: &Timing,
        due: Option<Instant>,
        began: Instant,
        end: Instant,
        slots: u8,
    ) -> Duration {
        self.turn(end);
        let due = due.map_or(self.ended, |due| due.max(self.ended));
        let from = if slots == 1 { due.min(began) } else { began };
        let active = timing.round_trip();
        let rest = end.saturating_duration_since(from).saturating_sub(active);
        let silence = timing.silence.min(rest);
        let ours = rest.saturating_sub(silence);
        self.ended = self.ended.max(end);
        if let Some(slice) = self.slices.back_mut() {
            let slots = u32::from(slots.max(1));
            slice.wire += (timing.request + timing.reply) / slots;
            slice.device += timing.device / slots;
            slice.silence += silence / slots;
            slice.ours += ours / slots;
        }
        ours
    }

    pub(in crate::drivers::modbus) fn shares(&mut self, now: Instant) -> Shares {
        self.turn(now);
        let whole = u32::try_from(self.slices.len().saturating_sub(1)).unwrap_or(0) * SLICE;
        let span = (whole + now.saturating_duration_since(self.began)).as_secs_f64().max(1e-3);
        let sum = |part: fn(&Slice) -> Duration| self.slices.iter().map(part).sum::<Duration>().as_secs_f64();
        let parts = [sum(|s| s.wire), sum(|s| s.device), sum(|s| s.silence), sum(|s| s.ours)];
        // A transaction longer than the slices is counted where it ends.
        let span = span.max(parts.iter().sum());
        let [wire, device, silence, ours] = parts.map(|part| part / span);
        Shares { wire, device, silence, ours }
    }

    fn turn(&mut self, now: Instant) {
        let mut passed = 0;
        while self.began + SLICE <= now {
            self.began += SLICE;
            passed += 1;
            self.slices.push_back(Slice::default());
            if SLICES < self.slices.len() {
                self.slices.pop_front();
            }
            // After a long sleep of the host all slices are empty.
            if SLICES < passed {
                self.began = now;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn timing(silence: u32, request: u32, device: u32, reply: u32) -> Timing {
        Timing { silence: silence * MS, request: request * MS, device: device * MS, reply: reply * MS }
    }

    #[test]
    fn the_time_of_a_busy_line_is_split_without_rest() {
        let start = Instant::now();
        let mut line = Occupation::new(start);
        // 20 s of transactions of 50 ms, one right after the other: 2 silence, 5 + 20 wire, 20 device, 3 ours.
        for round in 0..400 {
            let from = start + round * 50 * MS;
            let ours = line.count(&timing(2, 5, 20, 20), None, from + MS, from + 50 * MS, 1);
            assert_eq!(ours, 3 * MS);
        }
        let Shares { wire, device, silence, ours } = line.shares(start + 20_000 * MS);
        for (found, expect) in [(wire, 0.5), (device, 0.4), (silence, 0.04), (ours, 0.06)] {
            assert!((found - expect).abs() < 0.005, "{found} {expect}");
        }
        assert_eq!(line.shares(start + Duration::from_secs(100)), Shares::default());
    }

    #[test]
    fn silence_that_passed_while_nothing_was_due_is_idle() {
        let start = Instant::now();
        let mut line = Occupation::new(start);
        let due = start + 1000 * MS;
        // Its silence had passed long before it was due; it was sent 1 ms late.
        let ours = line.count(&timing(4, 5, 10, 20), Some(due), due + MS, due + 36 * MS, 1);
        assert_eq!(ours, Duration::ZERO);
        let shares = line.shares(due + 36 * MS);
        assert!(shares.silence < 0.002 && (shares.wire - 25.0 / 1036.0).abs() < 1e-3, "{shares:?}");
    }

    #[test]
    fn one_long_wait_is_not_more_than_all() {
        let start = Instant::now();
        let mut line = Occupation::new(start);
        let end = start + Duration::from_secs(60);
        line.count(&timing(0, 0, 60_000, 0), None, start, end, 1);
        let shares = line.shares(end + 100 * MS);
        assert!((shares.device - 1.0).abs() < 1e-9, "{shares:?}");
    }
}
