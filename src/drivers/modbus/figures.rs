//! The figures of a line and of its devices.

use super::line::{Answer, Failure};
use crate::modbus::rtu::EXCEPTION_BIT;
use crate::runtime::status::{RoundTrip, TrafficStatus};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// Round trips kept for the percentiles.
const KEPT: usize = 256;
/// Utilisation is told over this many slices of this length.
const SLICES: usize = 10;
const SLICE: Duration = Duration::from_secs(1);

/// Counters of traffic, of a line or of a device.
#[derive(Debug, Clone, Default)]
pub(super) struct Traffic {
    transactions: u64,
    timeouts: u64,
    crc_errors: u64,
    exceptions: BTreeMap<u8, u64>,
    late: u64,
    foreign: u64,
    round_trips: VecDeque<Duration>,
}

impl Traffic {
    pub(super) fn count(&mut self, answer: &Answer) {
        self.transactions += 1 + u64::from(answer.seen.resyncs);
        self.late += u64::from(answer.seen.late);
        self.foreign += u64::from(answer.seen.foreign);
        match &answer.reply {
            Ok(pdu) => {
                if self.round_trips.len() == KEPT {
                    self.round_trips.pop_front();
                }
                self.round_trips.push_back(answer.timing.round_trip());
                if let [function, code] = pdu[..]
                    && function & EXCEPTION_BIT != 0
                {
                    *self.exceptions.entry(code).or_default() += 1;
                }
            }
            Err(Failure::NoAnswer) => self.timeouts += 1,
            Err(Failure::Crc) => self.crc_errors += 1,
            // Counted above, as the foreign frame it is.
            Err(Failure::Unfit | Failure::NeverSilent | Failure::NotARequest) => (),
        }
    }

    pub(super) fn status(&self) -> TrafficStatus {
        let mut sorted: Vec<Duration> = self.round_trips.iter().copied().collect();
        sorted.sort_unstable();
        let at = |percent: usize| {
            let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
            sorted.get(place).map(|time| (time.as_secs_f64() * 1e6).round() / 1e3)
        };
        TrafficStatus {
            transactions: self.transactions,
            timeouts: self.timeouts,
            crc_errors: self.crc_errors,
            exceptions: self.exceptions.iter().map(|(code, count)| (format!("{code:02X}"), *count)).collect(),
            late: self.late,
            foreign: self.foreign,
            rtt_ms: RoundTrip { p50: at(50), p95: at(95), p99: at(99) },
        }
    }
}

/// What the line's time went into, lately.
#[derive(Debug)]
pub(super) struct Occupation {
    slices: VecDeque<Slice>,
    began: Instant,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slice {
    wire: Duration,
    waiting: Duration,
}

impl Occupation {
    pub(super) fn new(now: Instant) -> Self {
        Self { slices: VecDeque::from([Slice::default()]), began: now }
    }

    pub(super) fn count(&mut self, answer: &Answer, now: Instant) {
        self.turn(now);
        if let Some(slice) = self.slices.back_mut() {
            slice.wire += answer.timing.request + answer.timing.reply;
            slice.waiting += answer.timing.device;
        }
    }

    /// Shares of characters on the wire and of waiting for devices, 0..1.
    pub(super) fn shares(&mut self, now: Instant) -> (f64, f64) {
        self.turn(now);
        let whole = u32::try_from(self.slices.len().saturating_sub(1)).unwrap_or(0) * SLICE;
        let span = whole + now.saturating_duration_since(self.began);
        let sum = |part: fn(&Slice) -> Duration| self.slices.iter().map(part).sum::<Duration>().as_secs_f64();
        let share = |time: f64| (time / span.as_secs_f64().max(1e-3)).min(1.0);
        (share(sum(|slice| slice.wire)), share(sum(|slice| slice.waiting)))
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
    use crate::drivers::modbus::line::{Seen, Timing};

    fn answer(reply: Result<Vec<u8>, Failure>, ms: u64) -> Answer {
        let part = Duration::from_millis(ms);
        let timing = Timing { silence: Duration::ZERO, request: part, device: 2 * part, reply: part };
        Answer { reply, timing, seen: Seen::default(), at: std::time::Instant::now() }
    }

    #[test]
    fn traffic_is_counted_by_outcome() {
        let mut traffic = Traffic::default();
        for ms in 1..=100 {
            traffic.count(&answer(Ok(vec![3, 2, 0, 0]), ms));
        }
        traffic.count(&answer(Ok(vec![0x83, 2]), 1));
        traffic.count(&answer(Err(Failure::NoAnswer), 1));
        traffic.count(&answer(Err(Failure::Crc), 1));
        let status = traffic.status();
        assert_eq!((status.transactions, status.timeouts, status.crc_errors), (103, 1, 1));
        assert_eq!(status.exceptions.get("02"), Some(&1));
        assert_eq!(status.rtt_ms, RoundTrip { p50: Some(200.0), p95: Some(380.0), p99: Some(396.0) });
    }

    #[test]
    fn utilisation_is_of_recent_time() {
        let start = Instant::now();
        let mut line = Occupation::new(start);
        for second in 0..20 {
            line.count(&answer(Ok(vec![]), 100), start + Duration::from_secs(second));
        }
        let (wire, waiting) = line.shares(start + Duration::from_secs(20));
        assert!((0.15..0.25).contains(&wire) && (0.15..0.25).contains(&waiting), "{wire} {waiting}");
        assert_eq!(line.shares(start + Duration::from_secs(100)), (0.0, 0.0));
    }
}
