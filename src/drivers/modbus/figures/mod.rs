//! The figures of a line and of its devices.

mod diagnosis;
mod histogram;
mod occupation;
mod timeline;

pub(super) use occupation::Occupation;
pub(super) use timeline::Ring;

use super::line::{Answer, Failure};
use crate::modbus::rtu::EXCEPTION_BIT;
use crate::runtime::status::{Diagnosis, RoundTrip, TrafficStatus};
use histogram::Histogram;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// A diagnosis is of the last one or two of these.
const RECENT: Duration = Duration::from_secs(60);

/// What was counted of transactions.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Counts {
    transactions: u64,
    /// Right answers, exceptions included.
    good: u64,
    timeouts: u64,
    crc_errors: u64,
    /// Answers that were no whole frame, or did not fit.
    garbled: u64,
    exceptions: BTreeMap<u8, u64>,
    late: u64,
    foreign: u64,
    noise: u64,
    echo: u64,
    reconnects: u64,
}

impl Counts {
    fn count(&mut self, answer: &Answer) {
        self.transactions += 1 + u64::from(answer.seen.resyncs);
        self.late += u64::from(answer.seen.late);
        self.foreign += u64::from(answer.seen.foreign);
        self.noise += u64::from(answer.seen.noise);
        self.echo += u64::from(answer.seen.echo);
        self.reconnects += u64::from(answer.seen.reconnects);
        match &answer.reply {
            Ok(pdu) => {
                self.good += 1;
                if let [function, code] = pdu[..]
                    && function & EXCEPTION_BIT != 0
                {
                    *self.exceptions.entry(code).or_default() += 1;
                }
            }
            Err(Failure::NoAnswer) => self.timeouts += 1,
            Err(Failure::Crc) => self.crc_errors += 1,
            // What did not fit is counted above, too, as the foreign frame it is.
            Err(Failure::Unfit) => self.garbled += u64::from(answer.seen.foreign == 0),
            Err(Failure::NeverSilent | Failure::NotARequest) => (),
        }
    }

    fn exception(&self, code: u8) -> u64 {
        self.exceptions.get(&code).copied().unwrap_or(0)
    }

    /// What was counted since `before`.
    fn since(&self, before: &Self) -> Self {
        let exceptions = self.exceptions.iter().map(|(code, count)| (*code, count - before.exception(*code)));
        Self {
            transactions: self.transactions - before.transactions,
            good: self.good - before.good,
            timeouts: self.timeouts - before.timeouts,
            crc_errors: self.crc_errors - before.crc_errors,
            garbled: self.garbled - before.garbled,
            exceptions: exceptions.collect(),
            late: self.late - before.late,
            foreign: self.foreign - before.foreign,
            noise: self.noise - before.noise,
            echo: self.echo - before.echo,
            reconnects: self.reconnects - before.reconnects,
        }
    }
}

/// Counters of traffic, of a line or of a device.
#[derive(Debug, Clone, Default)]
pub(super) struct Traffic {
    all: Counts,
    round_trips: Histogram,
    /// As it was at the last two marks.
    marks: [Counts; 2],
    marked: Option<Instant>,
}

impl Traffic {
    pub(super) fn count(&mut self, answer: &Answer) {
        self.all.count(answer);
        if answer.reply.is_ok() {
            self.round_trips.count(answer.timing.round_trip());
        }
    }

    /// What is probably wrong, lately.
    pub(super) fn diagnosis(&mut self, silent: bool, now: Instant) -> Option<Diagnosis> {
        if self.marked.is_none_or(|marked| marked + RECENT <= now) {
            self.marked = Some(now);
            self.marks.swap(0, 1);
            self.marks[1] = self.all.clone();
        }
        diagnosis::diagnose(&self.all.since(&self.marks[0]), 0 < self.all.good, silent)
    }

    /// Connections made anew within the line.
    pub(super) fn reconnects(&self) -> u64 {
        self.all.reconnects
    }

    pub(super) fn status(&self) -> TrafficStatus {
        #[allow(clippy::cast_precision_loss)] // Microseconds of a round trip stay far below 2^53.
        let at = |percent| self.round_trips.percentile(percent).map(|micros| micros as f64 / 1e3);
        let all = &self.all;
        TrafficStatus {
            transactions: all.transactions,
            timeouts: all.timeouts,
            crc_errors: all.crc_errors,
            exceptions: all.exceptions.iter().map(|(code, count)| (format!("{code:02X}"), *count)).collect(),
            late: all.late,
            foreign: all.foreign,
            noise: all.noise,
            echo: all.echo,
            rtt_ms: RoundTrip { p50: at(50), p95: at(95), p99: at(99) },
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
        let p50 = status.rtt_ms.p50.unwrap();
        assert!((190.0..210.0).contains(&p50), "{p50}");
    }

    #[test]
    fn a_diagnosis_is_of_recent_times() {
        let start = Instant::now();
        let mut traffic = Traffic::default();
        for _ in 0..100 {
            traffic.count(&answer(Err(Failure::Crc), 1));
            traffic.count(&answer(Ok(vec![3, 2, 0, 0]), 1));
        }
        assert_eq!(traffic.diagnosis(false, start), Some(Diagnosis::Cabling));
        for minute in 1..4 {
            for _ in 0..1000 {
                traffic.count(&answer(Ok(vec![3, 2, 0, 0]), 1));
            }
            traffic.diagnosis(false, start + minute * RECENT);
        }
        assert_eq!(traffic.diagnosis(false, start + 4 * RECENT), None);
    }
}
