//! The queue as it is shown.

use super::{Queue, lanes::Lane};
use crate::runtime::status::QueueStatus;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// Between two marks of what was produced.
const MARK: Duration = Duration::from_secs(5);
/// Marks kept: the present rate is that of the last minute.
const MARKS: usize = 13;

/// How fast messages are produced.
#[derive(Debug)]
pub(super) struct Rate {
    records: u64,
    bytes: u64,
    marks: VecDeque<(Instant, u64, u64)>,
    /// Bytes in the file for each byte in memory, of what was written last.
    packed: f64,
}

impl Default for Rate {
    fn default() -> Self {
        // Until something was written: what JSON with times usually comes to.
        Self { records: 0, bytes: 0, marks: VecDeque::new(), packed: 0.1 }
    }
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
impl Rate {
    pub(super) fn count(&mut self, bytes: usize) {
        self.records += 1;
        self.bytes += bytes as u64;
    }

    pub(super) fn wrote(&mut self, raw: usize, packed: u64) {
        if 0 < raw {
            self.packed = packed as f64 / raw as f64;
        }
    }

    fn mark(&mut self, now: Instant) {
        if self.marks.back().is_none_or(|(at, ..)| *at + MARK <= now) {
            self.marks.push_back((now, self.records, self.bytes));
            if MARKS < self.marks.len() {
                self.marks.pop_front();
            }
        }
    }

    /// Records, and bytes in the file, of a second.
    fn now(&self, now: Instant) -> Option<(f64, f64)> {
        let (at, records, bytes) = self.marks.front()?;
        let seconds = now.saturating_duration_since(*at).as_secs_f64();
        let of = |count: u64, before: u64| (count - before) as f64 / seconds;
        (1.0 <= seconds).then(|| (of(self.records, *records), of(self.bytes, *bytes) * self.packed))
    }
}

impl Queue {
    /// Why the file cannot be used now, as a sentence.
    pub(in crate::faces::mqtt) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Messages that wait, in flight or not.
    pub(in crate::faces::mqtt) fn records(&self) -> u64 {
        let lanes = [&self.flight, &self.front, &self.back, &self.fresh];
        self.pages.unloaded_records() + lanes.iter().map(|lane| lane.len() as u64).sum::<u64>()
    }

    /// Messages that are not in flight.
    pub(in crate::faces::mqtt) fn waiting(&self) -> u64 {
        self.records() - self.flight.len() as u64
    }

    /// As shown.
    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    pub(in crate::faces::mqtt) fn shown(&mut self, unix_ms: i64, now: Instant) -> QueueStatus {
        debug_assert!(self.balances(), "the ledger does not balance");
        self.rate.mark(now);
        let rate = self.rate.now(now);
        let max = self.config.max_bytes();
        let hours = |bytes: u64| {
            let (_, pace) = rate.filter(|(_, pace)| 0.0 < *pace)?;
            Some(bytes as f64 / pace / 3600.0)
        };
        let first = |lane: &Lane| lane.first().map(|item| item.record.at_ms);
        let in_memory = [&self.flight, &self.front, &self.back, &self.fresh];
        let oldest =
            in_memory.iter().filter_map(|lane| first(lane)).chain(self.pages.first().map(|page| page.oldest_ms));
        QueueStatus {
            on: self.config.is_on(),
            records: self.records(),
            bytes: self.bytes(),
            max_bytes: max,
            file_bytes: self.pages.cost() + self.minor.cost(),
            oldest_ms: oldest.min().map(|at| u64::try_from(unix_ms - at).unwrap_or(0)),
            rate: rate.map(|(records, _)| records),
            hours: hours(max),
            hours_left: hours(max.saturating_sub(self.bytes())),
            trouble: self.trouble.clone(),
            notice: self.notice.clone(),
        }
    }

    /// Whether every publication's figures add up, and to what is really here.
    pub(in crate::faces::mqtt) fn balances(&self) -> bool {
        let mut held = HashMap::new();
        for item in self.flight.iter().chain(self.front.iter()).chain(self.back.iter()) {
            *held.entry(item.slot).or_default() += 1;
        }
        for page in self.pages.iter().filter(|page| !page.loaded) {
            for (slot, count) in &page.left {
                *held.entry(*slot).or_default() += u64::from(*count);
            }
        }
        self.ledger.balances(&held)
    }
}
