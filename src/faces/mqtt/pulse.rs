//! Whether the broker still listens.
//!
//! The client library pings only when it has written nothing for a keep-alive time, and QoS 0 asks for no answer: while
//! we publish like that, a broker that hangs looks alive for as long as the socket's buffers hold. So when nothing was
//! heard for a keep-alive time although we wrote, the broker is asked something that it must answer.

use std::time::Duration;
use tokio::time::Instant;

/// Signs of life of one session.
#[derive(Debug)]
pub(super) struct Pulse {
    span: Duration,
    heard: Instant,
    wrote: bool,
    asked: Option<Instant>,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beat {
    /// Nothing.
    Fine,
    /// Ask it something.
    Ask,
    /// It was asked and did not answer.
    Dead,
}

impl Pulse {
    /// A session that begins now.
    pub(super) fn new(keep_alive: Duration, now: Instant) -> Self {
        Self { span: keep_alive, heard: now, wrote: false, asked: None }
    }

    /// The broker said something.
    pub(super) fn heard(&mut self, now: Instant) {
        *self = Self::new(self.span, now);
    }

    /// Something was written that needs no answer.
    pub(super) fn wrote(&mut self) {
        self.wrote = true;
    }

    /// When to [`Pulse::check`].
    pub(super) fn due(&self) -> Instant {
        self.asked.unwrap_or(self.heard) + self.span
    }

    /// What is to be done now.
    pub(super) fn check(&mut self, now: Instant) -> Beat {
        if now < self.due() {
            return Beat::Fine;
        }
        match self.asked {
            Some(_) => Beat::Dead,
            None if self.wrote => {
                self.asked = Some(now);
                Beat::Ask
            }
            // The library's own ping looks after a session in which nothing is written.
            None => {
                self.heard = now;
                Beat::Fine
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_asked_about_once_and_then_believed() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut pulse = Pulse::new(Duration::from_secs(10), start);
        assert_eq!((pulse.check(at(9)), pulse.check(at(10))), (Beat::Fine, Beat::Fine));
        pulse.wrote();
        assert_eq!((pulse.due(), pulse.check(at(19)), pulse.check(at(20))), (at(20), Beat::Fine, Beat::Ask));
        pulse.heard(at(21));
        pulse.wrote();
        assert_eq!((pulse.check(at(30)), pulse.check(at(31))), (Beat::Fine, Beat::Ask));
        assert_eq!((pulse.due(), pulse.check(at(40)), pulse.check(at(41))), (at(41), Beat::Fine, Beat::Dead));
    }
}
