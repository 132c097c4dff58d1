//! Whose turn it is. Pure: candidates and the time are passed in.
//!
//! Periodic reads go by earliest deadline. Silent devices are probed where nobody waits for the line, or within the
//! budget. What is read flat out takes the rest, in turn.

use std::time::Duration;
use tokio::time::Instant;

/// A probe that waited this long beyond its time goes before others, if the budget permits: an overloaded line would
/// never hear of a device that has returned.
const STARVED: Duration = Duration::from_secs(10);

/// One thing that could be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    /// Index of the device.
    pub(super) device: usize,
    /// Index of its read.
    pub(super) job: usize,
    /// Not before.
    pub(super) due: Instant,
    /// How it is ranked.
    pub(super) rank: Rank,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    /// Should be done before this.
    Deadline(Instant),
    /// Whenever there is time.
    FlatOut,
    /// A silent device; takes this long if it stays silent.
    Probe(Duration),
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// This read of this device.
    Read(Turn),
    /// Nothing before then.
    Wait(Instant),
    /// Nothing at all.
    Nothing,
}

/// The share of line time that silent devices may take from others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    percent: u32,
    ready: Instant,
}

impl Budget {
    pub(super) fn new(percent: u8, now: Instant) -> Self {
        Self { percent: u32::from(percent.max(1)), ready: now }
    }

    pub(super) fn set_percent(&mut self, percent: u8) {
        self.percent = u32::from(percent.max(1));
    }

    /// A probe took this long.
    pub(super) fn spent(&mut self, time: Duration, now: Instant) {
        self.ready = now + time * 100u32.saturating_sub(self.percent) / self.percent;
    }
}

/// The best of these turns.
pub(super) fn pick(turns: impl Iterator<Item = Turn>, budget: Budget, now: Instant) -> Choice {
    let mut periodic: Option<Turn> = None;
    let mut flat_out: Option<Turn> = None;
    let mut probe: Option<Turn> = None;
    // The next thing to happen, and the next read that a probe could delay.
    let mut next: Option<Instant> = None;
    let mut next_read: Option<Instant> = None;
    for turn in turns {
        if now < turn.due {
            next = Some(next.map_or(turn.due, |next| next.min(turn.due)));
            if !matches!(turn.rank, Rank::Probe(_)) {
                next_read = Some(next_read.map_or(turn.due, |next| next.min(turn.due)));
            }
            continue;
        }
        let best = match turn.rank {
            Rank::Deadline(_) => &mut periodic,
            Rank::FlatOut => &mut flat_out,
            Rank::Probe(_) => &mut probe,
        };
        if best.is_none_or(|best| order(&turn) < order(&best)) {
            *best = Some(turn);
        }
    }
    let permitted = budget.ready <= now;
    if let Some(turn) = probe.filter(|turn| permitted && turn.due + STARVED < now) {
        return Choice::Read(turn);
    }
    if let Some(turn) = periodic {
        return Choice::Read(turn);
    }
    if let Some(turn) = probe {
        let fits = match turn.rank {
            Rank::Probe(cost) => flat_out.is_none() && next_read.is_none_or(|next| now + cost < next),
            Rank::Deadline(_) | Rank::FlatOut => false,
        };
        if permitted || fits {
            return Choice::Read(turn);
        }
    }
    if let Some(turn) = flat_out {
        return Choice::Read(turn);
    }
    let wait = match (next, probe) {
        (next, None) => next,
        (None, Some(_)) => Some(budget.ready),
        (Some(next), Some(_)) => Some(next.min(budget.ready)),
    };
    wait.map_or(Choice::Nothing, Choice::Wait)
}

fn order(turn: &Turn) -> Instant {
    match turn.rank {
        Rank::Deadline(deadline) => deadline,
        Rank::FlatOut | Rank::Probe(_) => turn.due,
    }
}

/// When a periodic read that was due at `due` and done now is due again, and how many turns were missed. The grid
/// stays: late reads do not push the later ones.
pub(super) fn again(due: Instant, period: Duration, now: Instant) -> (Instant, u64) {
    let late = now.saturating_duration_since(due);
    let missed = u32::try_from(late.as_nanos() / period.as_nanos().max(1)).unwrap_or(u32::MAX);
    (due + period * missed.saturating_add(1).max(1), u64::from(missed))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn turn(device: usize, due: Instant, rank: Rank) -> Turn {
        Turn { device, job: 0, due, rank }
    }

    #[track_caller]
    fn check(turns: &[Turn], budget: Budget, now: Instant, expect: Result<usize, Option<Instant>>) {
        let found = match pick(turns.iter().copied(), budget, now) {
            Choice::Read(turn) => Ok(turn.device),
            Choice::Wait(until) => Err(Some(until)),
            Choice::Nothing => Err(None),
        };
        assert_eq!(found, expect);
    }

    #[test]
    fn the_earliest_deadline_goes_first() {
        let now = Instant::now() + 1000 * MS;
        let budget = Budget::new(5, now);
        let slow = turn(0, now - 100 * MS, Rank::Deadline(now + 900 * MS));
        let fast = turn(1, now - MS, Rank::Deadline(now + 99 * MS));
        let later = turn(2, now + 5 * MS, Rank::Deadline(now + 6 * MS));
        let always = turn(3, now - 500 * MS, Rank::FlatOut);
        check(&[slow, fast, later, always], budget, now, Ok(1));
        check(&[slow, later, always], budget, now, Ok(0));
        check(&[later, always], budget, now, Ok(3));
        check(&[later], budget, now, Err(Some(now + 5 * MS)));
        check(&[], budget, now, Err(None));
    }

    #[test]
    fn probes_wait_for_a_hole_or_for_their_budget() {
        let now = Instant::now() + 60_000 * MS;
        let mut budget = Budget::new(5, now);
        budget.spent(100 * MS, now);
        let probe = turn(9, now - MS, Rank::Probe(50 * MS));
        let soon = turn(1, now + 20 * MS, Rank::Deadline(now + 120 * MS));
        let far = turn(1, now + 60 * MS, Rank::Deadline(now + 160 * MS));
        let always = turn(3, now - MS, Rank::FlatOut);
        check(&[probe, soon], budget, now, Err(Some(now + 20 * MS)));
        check(&[probe, far], budget, now, Ok(9));
        check(&[probe], budget, now, Ok(9));
        check(&[probe, always], budget, now, Ok(3));
        let later = now + 1900 * MS;
        check(&[probe, turn(3, later, Rank::FlatOut)], budget, later, Ok(9));
        let due = turn(1, now, Rank::Deadline(now));
        check(&[probe, due], budget, later, Ok(1));
        check(&[probe, due], budget, now + 10_500 * MS, Ok(9));
    }

    #[test]
    fn a_late_read_keeps_its_place_in_the_grid() {
        let due = Instant::now();
        assert_eq!(again(due, 100 * MS, due + 30 * MS), (due + 100 * MS, 0));
        assert_eq!(again(due, 100 * MS, due + 130 * MS), (due + 200 * MS, 1));
        assert_eq!(again(due, 100 * MS, due + 1010 * MS), (due + 1100 * MS, 10));
    }
}
