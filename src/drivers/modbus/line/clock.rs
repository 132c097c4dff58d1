//! The monotonic clock in nanoseconds, and sleeping until a point of it.

use rustix::time::{ClockId, Timespec, clock_gettime};
use std::time::Duration;

/// A point of the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Instant(Duration);

impl Instant {
    /// Now.
    pub(super) fn now() -> Self {
        let now = clock_gettime(ClockId::Monotonic);
        let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
        let nanos = u32::try_from(now.tv_nsec).unwrap_or(0);
        Self(Duration::new(seconds, nanos))
    }

    /// The time from `earlier` to here, zero if it is later.
    pub(super) fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// Later by `time`.
    pub(super) fn plus(self, time: Duration) -> Self {
        Self(self.0.saturating_add(time))
    }

    /// Sleeps until here on the kernel's timer, the last `spin` awake.
    pub(super) fn sleep_until(self, spin: Duration) {
        let wake = timespec(self.0.saturating_sub(spin));
        // A signal ends the sleep early: sleep on.
        while rustix::thread::clock_nanosleep_absolute(ClockId::Monotonic, &wake) == Err(rustix::io::Errno::INTR) {}
        while Self::now() < self {
            std::hint::spin_loop();
        }
    }
}

/// For the system calls; durations of this house fit by far.
pub(super) fn timespec(time: Duration) -> Timespec {
    Timespec { tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX), tv_nsec: i64::from(time.subsec_nanos()) }
}
