//! Whether a device answers, how long to wait for it, and when to ask a silent one again. Pure: the time is passed in.

use crate::config::port::Timeout;
use std::time::Duration;
use tokio::time::Instant;

/// A device never heard of may be slow; neighbours wait as long when it is not there at all. Every second probe waits
/// longer, up to [`MOST_WAIT`], so that slower ones are found, too.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// Below this the latency of USB adapters and of a loaded host is mistaken for silence.
const LEAST_WAIT: Duration = Duration::from_millis(100);
const MOST_WAIT: Duration = Duration::from_millis(2000);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(60);
/// Polls in a row without an answer that make a device silent; one suffices for a device never heard of.
const MISSES: u32 = 2;
/// Every so many probes of a device that was heard before, one waits longer than it used to take.
const PATIENT: u32 = 4;
/// Pauses differ from their nominal length by up to this part.
const JITTER: f64 = 0.15;
/// Its multiples never crowd.
pub(super) const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// What is known of one device's presence.
#[derive(Debug, Clone)]
pub(super) struct DeviceHealth {
    presence: Presence,
    misses: u32,
    /// Smoothed time to begin an answer, and its deviation, as of RFC 6298.
    answer: Option<(Duration, Duration)>,
    /// Attempts without an answer since the last one, whatever they asked for.
    unanswered: u32,
    /// Doublings of the automatic time-out since the last answer.
    doubled: u32,
    /// Spreads the probes: two silent devices that were asked one right after the other each time would hide each other,
    /// if the late answer of one falls into the other's turn. 0..1.
    jitter: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Unknown,
    Online,
    Silent { pause: Duration, again: Instant },
}

impl DeviceHealth {
    /// Nothing is known; each device has another seed.
    pub(super) fn new(seed: u32) -> Self {
        let jitter = (f64::from(seed) * GOLDEN).fract();
        Self { presence: Presence::Unknown, misses: 0, answer: None, unanswered: 0, doubled: 0, jitter }
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

    /// Its usual time to begin an answer, once it was heard.
    pub(super) fn turnaround(&self) -> Option<Duration> {
        self.answer.map(|(mean, _)| mean)
    }

    /// How long to wait for the begin of the next answer.
    pub(super) fn timeout(&self, setting: Timeout) -> Duration {
        match (setting, self.answer) {
            (Timeout::Fixed(time), _) => time,
            (Timeout::Auto, None) => match self.misses {
                1 => 2 * FIRST_WAIT,
                odd if odd % 2 == 1 => MOST_WAIT,
                _ => FIRST_WAIT,
            },
            (Timeout::Auto, Some((mean, deviation))) => {
                let wait = (2 * (mean + 4 * deviation)).clamp(LEAST_WAIT, MOST_WAIT);
                if matches!(self.presence, Presence::Silent { .. }) {
                    // It is known to be fast; that it came back slower is seldom.
                    return if self.misses.is_multiple_of(PATIENT) { wait.max(FIRST_WAIT) } else { wait };
                }
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
        (self.misses, self.unanswered, self.doubled) = (0, 0, 0);
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
        self.unreached();
    }

    /// A gateway says that it does not reach the device.
    pub(super) fn unreached(&mut self) {
        self.unanswered = self.unanswered.saturating_add(1);
    }

    /// Whether so many attempts in a row met silence that no further one is worth the others' time; `attempts` are
    /// made for each poll. Attempts of all reads count together: a device with many reads would hold the line for long.
    pub(super) fn is_lost(&self, attempts: u32) -> bool {
        MISSES * attempts <= self.unanswered
    }

    /// A poll met silence; `attempts` are made for each. True when the device becomes silent by that.
    pub(super) fn missed(&mut self, attempts: u32, now: Instant) -> bool {
        self.misses = self.misses.saturating_add(1);
        match self.presence {
            Presence::Silent { pause, .. } => {
                let pause = (2 * pause).min(LAST_PAUSE);
                self.silent(pause, now);
                false
            }
            Presence::Online if !self.is_lost(attempts) => false,
            Presence::Online | Presence::Unknown => {
                self.silent(FIRST_PAUSE, now);
                true
            }
        }
    }

    fn silent(&mut self, pause: Duration, now: Instant) {
        self.jitter = (self.jitter + GOLDEN).fract();
        let again = now + pause.mul_f64(1.0 - JITTER + 2.0 * JITTER * self.jitter);
        self.presence = Presence::Silent { pause, again };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_device_is_asked_ever_more_rarely_and_returns_at_once() {
        let start = Instant::now();
        let mut health = DeviceHealth::new(0);
        assert!(health.missed(1, start), "never heard of: one miss suffices");
        for nominal in [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0] {
            let pause = health.probe_at().unwrap().duration_since(start).as_secs_f64() / nominal;
            assert!((0.85..=1.15).contains(&pause), "{pause} of {nominal} s");
            assert!(!health.missed(1, start));
        }
        assert!(health.answered(Duration::from_millis(5)));
        assert!(health.is_online());
        health.attempt_missed();
        assert!(!health.missed(1, start), "one lost answer is no silence");
        health.attempt_missed();
        assert!(health.missed(1, start));
    }

    #[test]
    fn a_device_that_was_never_heard_is_waited_for_longer_now_and_then() {
        let start = Instant::now();
        let mut health = DeviceHealth::new(0);
        let mut waits = Vec::new();
        for _ in 0..6 {
            waits.push(health.timeout(Timeout::Auto).as_millis());
            health.attempt_missed();
            health.missed(1, start);
        }
        assert_eq!(waits, [500, 1000, 500, 2000, 500, 2000]);
    }

    #[test]
    fn attempts_of_all_reads_count_together() {
        let start = Instant::now();
        let mut health = DeviceHealth::new(0);
        health.answered(Duration::from_millis(2));
        for _ in 0..3 {
            health.attempt_missed();
            assert!(!health.is_lost(2));
        }
        health.attempt_missed();
        assert!(health.is_lost(2) && health.missed(2, start));
        // Known to be fast, it costs its neighbours little; now and then it is waited for longer.
        let mut waits = Vec::new();
        for _ in 0..8 {
            waits.push(health.timeout(Timeout::Auto).as_millis());
            health.attempt_missed();
            health.missed(2, start);
        }
        assert_eq!(waits, [100, 100, 100, 500, 100, 100, 100, 500]);
    }

    #[test]
    fn two_silent_devices_are_not_asked_in_lock_step() {
        let start = Instant::now();
        let mut both = [DeviceHealth::new(1), DeviceHealth::new(2)];
        let mut apart = 0;
        for _ in 0..8 {
            let at = both.each_mut().map(|health| {
                health.missed(1, start);
                health.probe_at().unwrap()
            });
            let [a, b] = at.map(|at| at.duration_since(start).as_millis());
            apart += u32::from(a / 20 < a.abs_diff(b));
        }
        assert!(6 <= apart, "{apart} of 8");
    }

    #[test]
    fn the_retry_button_asks_at_once_and_then_soon() {
        let start = Instant::now();
        let mut health = DeviceHealth::new(3);
        for _ in 0..8 {
            health.missed(1, start);
        }
        health.ask_now(start);
        assert_eq!(health.probe_at(), Some(start));
        health.missed(1, start);
        let pause = health.probe_at().unwrap().duration_since(start);
        assert!(pause < Duration::from_millis(1200), "{pause:?}");
    }

    #[test]
    fn the_automatic_time_out_follows_the_device() {
        let mut health = DeviceHealth::new(0);
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
