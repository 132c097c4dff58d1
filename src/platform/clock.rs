//! The host's clocks, read in one place.

use crate::tag::reading::Stamp;
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// 2026-01-01 UTC in milliseconds: an earlier wall clock has not been set since the host started.
pub const EARLIEST_SENSIBLE_MS: i64 = 1_767_225_600_000;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Both clocks now.
pub fn now() -> Stamp {
    stamp(Instant::now(), SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// Both clocks as they were at `instant`, a little while ago.
pub fn stamp_of(instant: Instant) -> Stamp {
    let ago = instant.elapsed();
    stamp(instant, SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(ago))
}

fn stamp(mono: Instant, unix: Duration) -> Stamp {
    Stamp {
        unix_ms: i64::try_from(unix.as_millis()).unwrap_or(i64::MAX),
        mono_us: u64::try_from(mono.saturating_duration_since(*START).as_micros()).unwrap_or(u64::MAX),
    }
}

/// Milliseconds since 1970-01-01 UTC.
pub fn unix_ms() -> i64 {
    now().unix_ms
}

/// Whether a time of this clock can be shown as true: it is not before this program was written.
pub fn is_sensible(stamp: Stamp) -> bool {
    EARLIEST_SENSIBLE_MS <= stamp.unix_ms
}
