//! Whether the host's clock follows a time source, and who says so.

use rtime_clock::adjtime::{Timex, adjtimex};
use std::path::Path;

/// The kernel's mark of a clock that follows nothing (`STA_UNSYNC`, linux/timex.h). Every time service of Linux clears
/// it while it steers the clock; chrony does with `rtcsync`, as distributions set it up.
const UNSYNCHRONISED: i32 = 0x0040;
/// Where systemd-timesyncd keeps its state, and the file that appears with its first good answer
/// (systemd-timesyncd.service(8)).
const TIMESYNCD: &str = "run/systemd/timesync";

/// What is known of the clock's synchronisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockSync {
    /// Whether it follows a time source; `None` when nobody says.
    pub synchronised: Option<bool>,
    /// How that is known.
    pub source: ClockSource,
}

/// Who says whether the clock is synchronised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockSource {
    /// The time itself: it cannot be true.
    Time,
    /// The kernel, which the time service of the host tells.
    Kernel,
    /// systemd-timesyncd, by its file.
    Timesyncd,
    /// Nobody.
    Nobody,
}

impl ClockSource {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Kernel => "kernel",
            Self::Timesyncd => "timesyncd",
            Self::Nobody => "nobody",
        }
    }
}

/// What the host knows now; `sensible`: its time can be true.
pub fn clock_sync(sensible: bool) -> ClockSync {
    judge(sensible, kernel(), Path::new("/"))
}

/// A question only: nothing is set, so no right is needed. `None` where a sandbox does not let it through.
fn kernel() -> Option<bool> {
    let mut timex = Timex::new();
    adjtimex(&mut timex).ok()?;
    Some(timex.0.status & UNSYNCHRONISED == 0)
}

fn judge(sensible: bool, kernel: Option<bool>, root: &Path) -> ClockSync {
    let timesyncd = || {
        let folder = root.join(TIMESYNCD);
        folder.is_dir().then(|| folder.join("synchronized").exists())
    };
    let (synchronised, source) = match (sensible, kernel) {
        (false, _) => (Some(false), ClockSource::Time),
        (true, Some(known)) => (Some(known), ClockSource::Kernel),
        (true, None) => timesyncd().map_or((None, ClockSource::Nobody), |known| (Some(known), ClockSource::Timesyncd)),
    };
    ClockSync { synchronised, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_is_asked_first_then_timesyncd_and_a_wrong_time_is_never_synchronised() {
        let root = tempfile::tempdir().unwrap();
        let check = |sensible, kernel, synchronised, source| {
            assert_eq!(judge(sensible, kernel, root.path()), ClockSync { synchronised, source });
        };
        check(true, None, None, ClockSource::Nobody);
        check(true, Some(true), Some(true), ClockSource::Kernel);
        std::fs::create_dir_all(root.path().join(TIMESYNCD)).unwrap();
        check(true, None, Some(false), ClockSource::Timesyncd);
        std::fs::write(root.path().join(TIMESYNCD).join("synchronized"), "").unwrap();
        check(true, None, Some(true), ClockSource::Timesyncd);
        check(true, Some(false), Some(false), ClockSource::Kernel);
        check(false, Some(true), Some(false), ClockSource::Time);
    }

    #[test]
    fn the_kernel_answers_without_any_right() {
        assert!(kernel().is_some());
    }
}
