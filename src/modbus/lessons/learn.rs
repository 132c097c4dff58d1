//! How outcomes become lessons.

use super::case::{Case, Finding, Progress, Suspect};
use super::{
    Doubt, FIRST_LONG_PAUSE, FIRST_PAUSE, Gap, Illegal, LAST_LONG_PAUSE, LAST_PAUSE, Lessons, Limit, MOST_WAITING,
    Outcome, Refusal, Verdict, contains,
};
use crate::modbus::address::Span;
use crate::modbus::blocks::Wanted;
use std::cmp::Reverse;
use std::time::Duration;

/// Exceptions of the specification (Modbus application protocol V1.1b3, 7).
mod code {
    pub(super) const FUNCTION: u8 = 1;
    pub(super) const ADDRESS: u8 = 2;
    pub(super) const VALUE: u8 = 3;
    pub(super) const ACKNOWLEDGE: u8 = 5;
    pub(super) const BUSY: u8 = 6;
    pub(super) const NO_PATH: u8 = 0x0A;
    pub(super) const NO_ANSWER: u8 = 0x0B;
}

/// So many failures in a row are needed of a kind that often passes.
const STRIKES: u8 = 2;
/// Doubts remembered at a time; further ones will come again.
const MOST_DOUBTS: usize = 64;
/// So many gaps without a hole that could as well be one limit are taken for one, and others are tried on purpose.
const VOTES: usize = 2;
/// With so many it is taken for certain.
const VOTES_TO_BE_SURE: usize = 4;

impl Lessons {
    /// Tells what became of a read that was planned for what is wanted now, be it a block or a trial.
    pub fn outcome(&mut self, wanted: &[Wanted], span: Span, outcome: Outcome) -> Verdict {
        let replan = match outcome {
            Outcome::Good => self.good(wanted, span),
            // The gateway on the way has no line to the device: nothing is heard of it.
            Outcome::Exception(code::NO_PATH) => false,
            // The gateway's word for silence.
            Outcome::Silence | Outcome::Exception(code::NO_ANSWER) => self.doubt(wanted, span, Refusal::Silence),
            Outcome::Exception(code) => {
                self.heard(span);
                self.exception(wanted, span, code)
            }
        };
        if replan { Verdict::Replan } else { Verdict::Same }
    }

    fn exception(&mut self, wanted: &[Wanted], span: Span, code: u8) -> bool {
        let table = span.table() as usize;
        let refusal = Refusal::Exception(code);
        match code {
            // The device is well and busy: nothing to learn.
            code::ACKNOWLEDGE | code::BUSY => false,
            code::FUNCTION if !self.answered[table] => self.unknown(span),
            _ if self.unknown[table].take().is_some() => {
                self.changes += 1;
                true
            }
            code::ADDRESS | code::VALUE => self.refused(wanted, span, refusal),
            _ => self.doubt(wanted, span, refusal),
        }
    }

    fn good(&mut self, wanted: &[Wanted], span: Span) -> bool {
        let bits = usize::from(span.table().is_bits());
        self.largest[bits] = self.largest[bits].max(span.count());
        self.answered[span.table() as usize] = true;
        self.heard(span);
        self.doubts.retain(|doubt| !contains(span, doubt.span));
        self.waiting.retain(|suspect| !contains(span, suspect.span));
        let mut replan = self.disprove(span);
        match self.case.as_mut().map(|case| case.answered(span)) {
            Some(Progress::Found(finding)) => {
                self.conclude(wanted, finding);
                replan = true;
            }
            Some(Progress::Next) => replan = true,
            Some(Progress::None) | None => (),
        }
        replan
    }

    /// Whatever lies inside an answered read can be read.
    fn disprove(&mut self, span: Span) -> bool {
        let before = (self.illegal.len(), self.gaps.len());
        if !self.illegal.is_empty() {
            self.illegal.retain(|illegal| !contains(span, illegal.span));
        }
        self.gaps.retain(|gap| !contains(span, gap.span));
        let mut changed = before != (self.illegal.len(), self.gaps.len());
        changed |= self.unknown[span.table() as usize].take().is_some();
        let limit = &mut self.limits[usize::from(span.table().is_bits())];
        changed |= limit.take_if(|limit| limit.most < span.count()).is_some();
        if changed {
            self.changes += 1;
            // It changed its mind here: perhaps elsewhere, too.
            self.hasten();
        }
        changed
    }

    /// The device answered a read: other reads that it left unanswered are suspect, where the whole device was before.
    fn heard(&mut self, span: Span) {
        for doubt in self.doubts.iter_mut().filter(|doubt| doubt.span != span && !doubt.alive) {
            (doubt.alive, doubt.strikes) = (true, 1);
        }
    }

    /// A failure that often passes: a refusal only when it comes again, and the device answers other reads.
    fn doubt(&mut self, wanted: &[Wanted], span: Span, refusal: Refusal) -> bool {
        let scout = self.scout(wanted);
        let known = self.doubts.iter().position(|doubt| doubt.span == span && doubt.refusal == refusal);
        let mut doubt = match known {
            Some(at) => self.doubts.remove(at),
            None => Doubt { span, refusal, strikes: 0, alive: refusal != Refusal::Silence },
        };
        doubt.strikes = doubt.strikes.saturating_add(1);
        if doubt.alive && STRIKES <= doubt.strikes {
            return self.refused(wanted, span, refusal);
        }
        if MOST_DOUBTS <= self.doubts.len() {
            // The oldest may be of a plan that is no more.
            self.doubts.remove(0);
        }
        self.doubts.push(doubt);
        scout != self.scout(wanted)
    }

    /// No read of this table will ever be answered.
    fn unknown(&mut self, span: Span) -> bool {
        let pause = &mut self.unknown[span.table() as usize];
        *pause = Some(pause.map_or(FIRST_PAUSE, |pause| longer(pause, LAST_PAUSE)));
        self.changes += 1;
        true
    }

    fn refused(&mut self, wanted: &[Wanted], span: Span, refusal: Refusal) -> bool {
        if let Some(replan) = self.refused_again(wanted, span, refusal) {
            return replan;
        }
        if self.is_explained(wanted, span) {
            // A read of a plan that is no more.
            return false;
        }
        match self.case.as_mut().map(|case| case.refused(span, refusal)) {
            Some(Progress::Found(finding)) => {
                self.conclude(wanted, finding);
                true
            }
            Some(Progress::Next) => true,
            Some(Progress::None) | None => {
                let known = self.waiting.iter().any(|suspect| suspect.span == span)
                    || self.case.as_ref().is_some_and(|case| contains(span, case.span()));
                if known || MOST_WAITING <= self.waiting.len() {
                    return false;
                }
                self.waiting.push_back(Suspect { span, refusal, part: false });
                self.case.is_none() && self.look_into_next(wanted)
            }
        }
    }

    /// A lesson was tried again and holds: it is tried more rarely from now on. Whether the plan changes by that;
    /// `None` if the read was no such trial.
    fn refused_again(&mut self, wanted: &[Wanted], span: Span, refusal: Refusal) -> Option<bool> {
        if let Some(illegal) = self.illegal.iter_mut().find(|illegal| illegal.span == span) {
            illegal.pause = longer(illegal.pause, LAST_PAUSE);
            illegal.refusal = refusal;
            return Some(true);
        }
        if let Some(gap) = self.gaps.iter_mut().find(|gap| gap.pair == span) {
            gap.pause = longer(gap.pause, LAST_LONG_PAUSE);
            return Some(true);
        }
        let bits = span.table().is_bits();
        if self.length_trial(wanted, bits) != Some(span) {
            return None;
        }
        match &mut self.limits[usize::from(bits)] {
            Some(limit) if limit.sure => limit.pause = longer(limit.pause, LAST_LONG_PAUSE),
            _ => {
                self.insert(Gap { span, pair: span, pause: FIRST_LONG_PAUSE });
                self.weigh(wanted, bits);
            }
        }
        Some(true)
    }

    /// Gaps without a hole that are as long as nothing that was ever answered: they may be one limit.
    fn weigh(&mut self, wanted: &[Wanted], bits: bool) {
        let largest = self.largest[usize::from(bits)];
        let suspect = |gap: &&Gap| gap.pair.table().is_bits() == bits && largest < gap.pair.count();
        let long: Vec<Span> = self.gaps.iter().filter(suspect).map(|gap| gap.pair).collect();
        let solid: Vec<u16> =
            long.into_iter().filter(|pair| is_solid(wanted, *pair)).map(|pair| pair.count()).collect();
        let Some(least) = solid.iter().min().filter(|_| VOTES <= solid.len()) else { return };
        let most = least.saturating_sub(1).max(1);
        let sure = VOTES_TO_BE_SURE <= solid.len();
        self.limits[usize::from(bits)] = Some(Limit { most, pause: FIRST_LONG_PAUSE, sure });
        if sure {
            self.limited(bits, most);
        }
        self.changes += 1;
    }

    /// What the length explains needs no lesson of its own.
    fn limited(&mut self, bits: bool, most: u16) {
        self.gaps.retain(|gap| gap.span.table().is_bits() != bits || gap.pair.count() <= most);
        self.changes += 1;
    }

    /// Whether something known is in it: whatever contains a refused run is refused. A value alone is its own lesson.
    fn is_explained(&self, wanted: &[Wanted], span: Span) -> bool {
        let known = self.limit(span.table().is_bits()).is_some_and(|most| most < span.count())
            || self.unknown[span.table() as usize].is_some()
            || self.illegal.iter().any(|illegal| contains(span, illegal.span))
            || self.gaps.iter().any(|gap| contains(span, gap.span));
        known && wanted.iter().all(|one| one.span != span)
    }

    fn conclude(&mut self, wanted: &[Wanted], finding: Finding) {
        self.case = None;
        match finding {
            Finding::Passed => (),
            Finding::Smaller(suspect) => self.waiting.push_front(suspect),
            Finding::Gap { left, right, pair } => self.learn_gap(wanted, left, right, pair),
            Finding::Length { most, left, right } => {
                let bits = usize::from(left.table().is_bits());
                if most < self.largest[bits] {
                    // Longer reads are answered elsewhere: here, something is in the way that we do not understand.
                    self.insert_gap(left, right);
                } else {
                    self.limits[bits] = Some(Limit { most, pause: FIRST_LONG_PAUSE, sure: true });
                    self.limited(left.table().is_bits(), most);
                }
            }
        }
        self.look_into_next(wanted);
    }

    fn learn_gap(&mut self, wanted: &[Wanted], left: Span, right: Span, pair: Span) {
        let bits = left.table().is_bits();
        if pair.count() <= self.largest[usize::from(bits)] {
            self.insert_gap(left, right);
        } else {
            // So long a read was never answered: the hole may be to blame, or the length.
            self.insert(Gap { span: pair, pair, pause: FIRST_LONG_PAUSE });
            self.weigh(wanted, bits);
        }
    }

    /// The hole between two values is to blame, whatever lies beyond them.
    fn insert_gap(&mut self, left: Span, right: Span) {
        let Some(pair) = super::union(left, right) else { return };
        let hole = u32::from(right.address()).checked_sub(left.end());
        let span = hole.and_then(|hole| {
            let first = u16::try_from(left.end() - 1).ok()?;
            Span::new(left.table(), first, u16::try_from(hole + 2).ok()?).ok()
        });
        self.insert(Gap { span: span.unwrap_or(pair), pair, pause: FIRST_LONG_PAUSE });
    }

    fn insert(&mut self, gap: Gap) {
        if let Err(place) = self.gaps.binary_search_by_key(&gap.span, |gap| gap.span) {
            self.gaps.insert(place, gap);
            self.changes += 1;
        }
    }

    /// Begins with the next refused read that is not explained meanwhile; whether there is one, or it is a value alone.
    fn look_into_next(&mut self, wanted: &[Wanted]) -> bool {
        let mut changed = false;
        while self.case.is_none()
            && let Some(suspect) = self.waiting.pop_front()
        {
            if self.is_explained(wanted, suspect.span) {
                continue;
            }
            let values = self.values_in(wanted, suspect.span);
            changed = true;
            match values.as_slice() {
                [value] if *value == suspect.span => {
                    let illegal = Illegal { span: *value, refusal: suspect.refusal, pause: FIRST_PAUSE };
                    if let Err(place) = self.illegal.binary_search_by_key(value, |illegal| illegal.span) {
                        self.illegal.insert(place, illegal);
                        self.changes += 1;
                    }
                }
                [_, _, ..] => self.case = Some(Case::open(suspect, values)),
                // The read is of a plan that is no more.
                _ => (),
            }
        }
        changed
    }

    /// The values a read covers, sorted, none inside another.
    fn values_in(&self, wanted: &[Wanted], span: Span) -> Vec<Span> {
        let reader = self.reader();
        let inside = |one: &&Wanted| contains(span, one.span) && reader.refusal(one.span).is_none();
        let mut values: Vec<Span> = wanted.iter().filter(inside).map(|one| one.span).collect();
        values.sort_unstable_by_key(|value| (value.address(), Reverse(value.end())));
        let mut reach = 0;
        values.retain(|value| {
            let new = reach < value.end();
            reach = reach.max(value.end());
            new
        });
        values
    }
}

/// Whether values cover all of it.
fn is_solid(wanted: &[Wanted], span: Span) -> bool {
    let mut values: Vec<Span> = wanted.iter().map(|one| one.span).filter(|one| contains(span, *one)).collect();
    values.sort_unstable();
    let covered = values.iter().fold(u32::from(span.address()), |reach, value| {
        if u32::from(value.address()) <= reach { reach.max(value.end()) } else { reach }
    });
    covered == span.end()
}

fn longer(pause: Duration, last: Duration) -> Duration {
    (2 * pause).min(last)
}
