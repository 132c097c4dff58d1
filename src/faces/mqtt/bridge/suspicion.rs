//! A message that makes the other broker close the connection. MQTT 3.1.1 has no word for "too large" or "not like this": the
//! broker closes, and a message that waits until it is acknowledged would come again and again, and hold up all behind it.
//!
//! The first message that was not acknowledged when the broker closed is suspected. When that happens three times in a row,
//! it is sent alone, over a connection that has held for a while without it. One that is closed on three times so is given up.
//! A broker that closes for another reason does so during that while, or acknowledges the message sooner or later.
//!
//! A message of QoS 0 goes once, but for the retained ones that are told at each connect. Where the broker closes soon after
//! one and nothing that it acknowledges was on its way, those are told with QoS 1, so that the same rule finds the one.

use std::time::Duration;
use tokio::time::Instant;

/// So often in a row before a message is sent alone.
const IN_COMPANY: u32 = 3;
/// And so often alone before it is given up.
const ALONE: u32 = 3;
/// A connection without the message must hold so long. Another client with the same client id, say, ends it sooner.
const QUIET: Duration = Duration::from_secs(1);
/// What closes later than this after the message was sent does so for another reason.
const SOON: Duration = Duration::from_secs(10);

/// What one bridge suspects.
#[derive(Debug, Default)]
pub(super) struct Suspicion {
    suspect: Option<Suspect>,
    since: Option<Instant>,
    /// Sessions in a row that were closed soon, with nothing on its way that is acknowledged.
    blind: u32,
}

#[derive(Debug)]
struct Suspect {
    id: u64,
    closed: u32,
    /// While it is sent alone.
    trial: Option<Trial>,
}

#[derive(Debug, Default)]
struct Trial {
    closed: u32,
    /// On the present connection.
    from: Option<Instant>,
    sent: Option<Instant>,
}

/// What is to be done after a connection was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Connect again, as ever.
    GoOn,
    /// Connect again, with nothing on its way: the message goes alone.
    Alone,
    /// The same, and this message goes no more.
    GiveUp,
}

impl Suspicion {
    /// The message that is suspected.
    pub(super) fn suspect(&self) -> Option<u64> {
        self.suspect.as_ref().map(|suspect| suspect.id)
    }

    /// It was acknowledged, or is gone.
    pub(super) fn clear(&mut self) {
        self.suspect = None;
    }

    /// A session is up.
    pub(super) fn connected(&mut self, now: Instant) {
        self.since = Some(now);
        if let Some(trial) = self.trial() {
            (trial.from, trial.sent) = (Some(now + QUIET), None);
        }
    }

    /// Whether what is told at a connect should be acknowledged.
    pub(super) fn asks_for_receipts(&self) -> bool {
        IN_COMPANY <= self.blind
    }

    fn trial(&mut self) -> Option<&mut Trial> {
        self.suspect.as_mut()?.trial.as_mut()
    }

    /// Whether a message is on trial: then nothing else is sent.
    pub(super) fn is_trial(&self) -> bool {
        self.suspect.as_ref().is_some_and(|suspect| suspect.trial.is_some())
    }

    /// Whether the next message of the queue may go.
    pub(super) fn lets_go(&self, now: Instant) -> bool {
        let trial = self.suspect.as_ref().and_then(|suspect| suspect.trial.as_ref());
        trial.is_none_or(|trial| trial.sent.is_none() && trial.from.is_some_and(|from| from <= now))
    }

    /// When [`Suspicion::lets_go`] changes its mind.
    pub(super) fn due(&self) -> Option<Instant> {
        let trial = self.suspect.as_ref()?.trial.as_ref()?;
        trial.from.filter(|_| trial.sent.is_none())
    }

    /// A message of the queue went.
    pub(super) fn sent(&mut self, now: Instant) {
        if let Some(trial) = self.trial() {
            trial.sent = Some(now);
        }
    }

    /// The other broker has closed the connection; `first` is the first message that it had not acknowledged.
    pub(super) fn closed(&mut self, first: Option<u64>, now: Instant) -> Verdict {
        let Some(first) = first else {
            if !self.is_trial() {
                self.suspect = None;
                let soon = self.since.is_some_and(|since| now.saturating_duration_since(since) < SOON);
                self.blind = if soon { self.blind.saturating_add(1) } else { 0 };
            }
            return Verdict::GoOn;
        };
        let suspect = match &mut self.suspect {
            Some(suspect) if suspect.id == first => suspect,
            other => other.insert(Suspect { id: first, closed: 0, trial: None }),
        };
        let Some(trial) = &mut suspect.trial else {
            suspect.closed += 1;
            if suspect.closed < IN_COMPANY {
                return Verdict::GoOn;
            }
            suspect.trial = Some(Trial::default());
            return Verdict::Alone;
        };
        let soon = trial.sent.is_some_and(|sent| now.saturating_duration_since(sent) < SOON);
        trial.closed += u32::from(soon);
        if ALONE <= trial.closed {
            (self.suspect, self.blind) = (None, 0);
            return Verdict::GiveUp;
        }
        Verdict::Alone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On trial, with the connection up and the quiet while over.
    fn on_trial(start: Instant) -> Suspicion {
        let mut suspicion = Suspicion::default();
        for _ in 1..IN_COMPANY {
            assert_eq!(suspicion.closed(Some(7), start), Verdict::GoOn);
        }
        assert_eq!(suspicion.closed(Some(7), start), Verdict::Alone);
        suspicion.connected(start);
        suspicion
    }

    #[test]
    fn a_message_that_is_closed_on_is_sent_alone_and_given_up_at_last() {
        let start = Instant::now();
        let mut suspicion = on_trial(start);
        for round in 1..=ALONE {
            suspicion.connected(start);
            assert!(suspicion.is_trial() && !suspicion.lets_go(start) && suspicion.due() == Some(start + QUIET));
            assert!(suspicion.lets_go(start + QUIET));
            suspicion.sent(start + QUIET);
            assert!(!suspicion.lets_go(start + QUIET) && suspicion.due().is_none(), "nothing goes beside it");
            let verdict = if round == ALONE { Verdict::GiveUp } else { Verdict::Alone };
            assert_eq!(suspicion.closed(Some(7), start + QUIET), verdict);
        }
        assert!(suspicion.suspect().is_none() && suspicion.lets_go(start));
    }

    #[test]
    fn a_message_that_goes_at_last_is_no_longer_suspected() {
        let mut suspicion = on_trial(Instant::now());
        assert_eq!(suspicion.suspect(), Some(7));
        suspicion.clear();
        assert!(!suspicion.is_trial() && suspicion.lets_go(Instant::now()));
    }

    #[test]
    fn a_broker_that_closes_for_another_reason_costs_no_message() {
        let start = Instant::now();
        let mut progress = Suspicion::default();
        for id in 0..100 {
            assert_eq!(progress.closed(Some(id), start), Verdict::GoOn, "each time another one is first");
            assert_eq!(progress.closed(None, start), Verdict::GoOn);
        }
        progress.connected(start);
        assert_eq!(progress.closed(None, start + SOON), Verdict::GoOn);
        assert!(!progress.asks_for_receipts(), "of a session that held for a while");
        let mut quiet = on_trial(start);
        for _ in 0..100 {
            assert_eq!(quiet.closed(None, start), Verdict::GoOn, "before the message was sent");
            quiet.connected(start);
        }
        let mut late = on_trial(start);
        for _ in 0..100 {
            late.connected(start);
            late.sent(start + QUIET);
            assert_eq!(late.closed(Some(7), start + QUIET + SOON), Verdict::Alone, "long after it was sent");
        }
        assert!(quiet.is_trial() && late.is_trial());
    }
}
