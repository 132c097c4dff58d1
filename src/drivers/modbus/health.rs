//! Whether a device answers, how long to wait for it, and when to ask a silent one again. Pure: the time is passed in.

use crate::config::port::Timeout;
use std::time::Duration;
use tokio::time::Instant;

/// A device never heard of may be slow; neighbours wait as long when it is not there at all. Slower devices need a
/// time-out of their own.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// Below this the latency of USB adapters and of a loaded host is mistaken for silence.
const LEAST_WAIT: Duration = Duration::from_millis(100);
const MOST_WAIT: Duration = Duration::from_millis(2000);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(60);
/// Polls in a row without an answer that make a device silent; one suffices for a device never heard of.
const MISSES: u32 = 2;

/// What is known of one device's presence.
#[derive(Debug, Clone)]
pub(super) struct DeviceHealth {
    presence: Presence,
    misses: u32,
    /// Smoothed time to begin an answer, and its deviation, as of RFC 6298.
    answer: Option<(Duration, Duration)>,
    /// Doublings of the automatic time-out since the last answer.
    doubled: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Unknown,
    Online,
    Silent { pause: Duration, again: Instant },
}

impl DeviceHealth {
    pub(super) fn new() -> Self {
        Self { presence: Presence::Unknown, misses: 0, answer: None, doubled: 0 }
    }

    pub(super) fn is_online(&self) -> bool {
        self.presence == Presence::Online
    }

    /// When a silent device is to be asked again; `None` for one that is polled normally.
    pub(super) fn probe_at(&self) -> Option<Instant> {
        match self.presence {
            Presence::Silent { again, .. } => Some(again),
            Presence::Unknown | Presence::Online => None,
        }
    }

    /// How long to wait for the begin of the next answer.
    pub(super) fn timeout(&self, setting: Timeout) -> Duration {
        match (setting, self.answer) {
            (Timeout::Fixed(time), _) => time,
            (Timeout::Auto, None) => FIRST_WAIT,
            (Timeout::Auto, Some((mean, deviation))) => {
                let wait = (2 * (mean + 4 * deviation)).clamp(LEAST_WAIT, MOST_WAIT);
                wait.saturating_mul(2u32.saturating_pow(self.doubled)).min(wait.max(FIRST_WAIT))
            }
        }
    }

    /// Any right answer, exceptions included; `device` is the time it took to begin. True when it was silent before.
    pub(super) fn answered(&mut self, device: Duration) -> bool {
        self.answer = Some(match self.answer {
            None => (device, device / 2),
            Some((mean, deviation)) => {
                let off = mean.abs_diff(device);
                ((7 * mean + device) / 8, (3 * deviation + off) / 4)
            }
        });
        self.misses = 0;
        self.doubled = 0;
        let back = matches!(self.presence, Presence::Silent { .. });
        self.presence = Presence::Online;
        back
    }

    /// A silent device is asked now, and again soon: somebody says that it is back.
    pub(super) fn ask_now(&mut self, now: Instant) {
        if let Presence::Silent { .. } = self.presence {
            self.presence = Presence::Silent { pause: FIRST_PAUSE / 2, again: now };
        }
    }

    /// Something of this device came, but nothing usable: it is not silent, and not well.
    pub(super) fn garbled(&mut self, now: Instant) {
        if let Presence::Silent { pause, .. } = self.presence {
            self.presence = Presence::Silent { pause, again: now + pause };
        }
    }

    /// One attempt met silence: the automatic time-out may be too short.
    pub(super) fn attempt_missed(&mut self) {
        self.doubled = (self.doubled + 1).min(8);
    }

    /// A poll with all its retries met silence. True when the device becomes silent by that.
    pub(super) fn missed(&mut self, now: Instant) -> bool {
        self.misses = self.misses.saturating_add(1);
        match self.presence {
            Presence::Silent { pause, .. } => {
                let pause = (2 * pause).min(LAST_PAUSE);
                self.presence = Presence::Silent { pause, again: now + pause };
                false
            }
            Presence::Online if self.misses < MISSES => false,
            Presence::Online | Presence::Unknown => {
                self.presence = Presence::Silent { pause: FIRST_PAUSE, again: now + FIRST_PAUSE };
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_device_is_asked_ever_more_rarely_and_returns_at_once() {
        let start = Instant::now();
        let mut health = DeviceHealth::new();
        assert!(health.missed(start), "never heard of: one miss suffices");
        let mut pauses = Vec::new();
        for _ in 0..8 {
            pauses.push(health.probe_at().unwrap().duration_since(start).as_secs());
            assert!(!health.missed(start));
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert!(health.answered(Duration::from_millis(5)));
        assert!(health.is_online());
        assert!(!health.missed(start), "one lost answer is no silence");
        assert!(health.missed(start));
    }

    #[test]
    fn the_automatic_time_out_follows_the_device() {
        let mut health = DeviceHealth::new();
        assert_eq!(health.timeout(Timeout::Auto), FIRST_WAIT);
        assert_eq!(health.timeout(Timeout::Fixed(Duration::from_millis(70))), Duration::from_millis(70));
        for _ in 0..50 {
            health.answered(Duration::from_millis(2));
        }
        assert_eq!(health.timeout(Timeout::Auto), LEAST_WAIT);
        for _ in 0..50 {
            health.answered(Duration::from_millis(100));
        }
        let settled = health.timeout(Timeout::Auto);
        assert!((Duration::from_millis(190)..Duration::from_millis(260)).contains(&settled), "{settled:?}");
        health.attempt_missed();
        assert_eq!(health.timeout(Timeout::Auto), 2 * settled);
        for _ in 0..10 {
            health.attempt_missed();
        }
        assert_eq!(health.timeout(Timeout::Auto), FIRST_WAIT);
    }
}
