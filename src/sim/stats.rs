//! What the field saw of its master.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

/// Requests kept in the log.
const LOG: usize = 4096;

/// Counters since the start, or since they were reset.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FieldStats {
    /// Whole requests with a right CRC.
    pub requests: u64,
    /// Replies sent, spoilt ones included.
    pub replies: u64,
    /// Frames that began less than 3.5 characters after the last byte.
    pub short_gaps: u64,
    /// Frames a strict field ignored for that.
    pub ignored: u64,
    /// Bytes that became no request.
    pub bad_bytes: u64,
    /// The shortest gap seen, in microseconds.
    pub min_gap_us: Option<u64>,
    /// From the begin of the first request to the begin of the last.
    pub elapsed_us: u64,
    /// What an ideal master needs for the same frames: characters, turnaround, exactly 3.5 characters of silence.
    pub ideal_us: u64,
    /// TCP connections accepted.
    pub connections: u64,
    /// The latest requests.
    pub log: VecDeque<RequestSeen>,
}

/// One request as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestSeen {
    /// Since the field started.
    pub at_us: u64,
    /// Silence before it.
    pub gap_us: u64,
    /// Whom it was for.
    pub unit: u8,
    /// Function and data.
    pub pdu: Vec<u8>,
}

impl FieldStats {
    /// Ideal time over time taken; above 1 the silence was broken. `None` before the second request.
    pub fn efficiency(&self) -> Option<f64> {
        (self.elapsed_us != 0).then(|| as_f64(self.ideal_us) / as_f64(self.elapsed_us))
    }

    pub(super) fn gap(&mut self, gap: Duration, least: Duration) {
        self.min_gap_us = Some(self.min_gap_us.unwrap_or(u64::MAX).min(micros(gap)));
        if gap < least {
            self.short_gaps += 1;
        }
    }

    pub(super) fn request(&mut self, seen: RequestSeen) {
        self.requests += 1;
        if self.log.len() == LOG {
            self.log.pop_front();
        }
        self.log.push_back(seen);
    }
}

pub(super) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[allow(clippy::cast_precision_loss)] // Microseconds of a test run stay far below 2^53.
fn as_f64(n: u64) -> f64 {
    n as f64
}
