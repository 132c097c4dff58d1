//! What one device taught us about reading it: which values it refuses, how long its answers may be, and which holes
//! cannot be read through.
//!
//! Two rules hold for a device that refuses a read for what it covers: whatever contains a refused run is refused, and
//! whatever lies inside an answered read can be read. So a refused read is cut in two, the half that is refused again
//! is cut again, until what is refused is one value alone, or both halves of something are answered. Then the pair
//! across the cut tells whether the hole is to blame, or the length.
//!
//! A refusal may pass, and a device may be mended or exchanged: nothing is believed for ever. What was learnt is tried
//! again, ever more rarely, by reads that serve nobody ([`Trial`]).

mod case;
mod kept;
mod learn;
mod reader;
#[cfg(test)]
mod tests;
mod trials;

pub use kept::{KeptHole, KeptLessons, KeptRefusal, KeptSpan};
pub(super) use reader::Reader;

use super::address::{Span, Table};
use super::blocks::Wanted;
use case::{Case, Suspect};
use std::collections::{HashSet, VecDeque};
use std::time::Duration;

/// A refused value is asked for again after this, and then after twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
/// At the latest after this.
const LAST_PAUSE: Duration = Duration::from_mins(10);
/// A hole or a length is tried again after this, and then after twice as long each time; less is lost by them.
const FIRST_LONG_PAUSE: Duration = Duration::from_mins(1);
const LAST_LONG_PAUSE: Duration = Duration::from_hours(1);
/// Refused reads that wait to be looked into; further ones will be refused again.
const MOST_WAITING: usize = 256;

/// How a device refuses a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// By this exception.
    Exception(u8),
    /// By silence, while it answers other reads.
    Silence,
}

/// What became of one read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Answered with data.
    Good,
    /// Answered with this exception.
    Exception(u8),
    /// Not answered, after all its retries.
    Silence,
}

/// What follows from an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: the reads stay as they are.
    Same,
    /// Something was learnt or has to be tried: the reads have to be planned again.
    Replan,
}

/// A read that is made only to learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Trial {
    /// What is read.
    pub span: Span,
    /// Until it is made again.
    pub period: Duration,
    /// Whether it is made for the first time at once, or after one period.
    pub at_once: bool,
}

/// What is known of one device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lessons {
    /// Values that are refused alone; sorted.
    illegal: Vec<Illegal>,
    /// Tables of which every read is refused because the device does not know the function.
    unknown: [Option<Duration>; 4],
    /// What cannot be read together; sorted.
    gaps: Vec<Gap>,
    /// Items of one read, of registers and of bits.
    limits: [Option<Limit>; 2],
    /// The longest answered read, of registers and of bits.
    largest: [u16; 2],
    /// Tables of which something was answered.
    answered: [bool; 4],
    /// The refused read that is being looked into.
    case: Option<Case>,
    /// Refused reads to look into next.
    waiting: VecDeque<Suspect>,
    /// Reads that failed in a way that often passes.
    doubts: Vec<Doubt>,
    /// Grows with each change of what is kept.
    changes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Illegal {
    span: Span,
    refusal: Refusal,
    pause: Duration,
}

/// Two values that are answered alone and not together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Gap {
    /// What no read may contain.
    span: Span,
    /// The read that showed it.
    pair: Span,
    pause: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limit {
    most: u16,
    pause: Duration,
    /// Whether it was seen on values that nothing else is known against.
    sure: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Doubt {
    span: Span,
    refusal: Refusal,
    /// How often it failed in a row.
    strikes: u8,
    /// Whether the device answered something else since.
    alive: bool,
}

impl Lessons {
    /// What is wanted changed: what is known of values that nobody wants any more is forgotten, and what was being
    /// looked into begins anew.
    pub fn want(&mut self, wanted: &[Wanted]) {
        (self.case, self.doubts) = (None, Vec::new());
        self.waiting.clear();
        if self.illegal.is_empty() && self.gaps.is_empty() {
            return;
        }
        let spans: HashSet<Span> = wanted.iter().map(|one| one.span).collect();
        let begins: HashSet<(Table, u16)> = spans.iter().map(|span| (span.table(), span.address())).collect();
        let ends: HashSet<(Table, u32)> = spans.iter().map(|span| (span.table(), span.end())).collect();
        let before = (self.illegal.len(), self.gaps.len());
        self.illegal.retain(|illegal| spans.contains(&illegal.span));
        self.gaps.retain(|gap| {
            let table = gap.pair.table();
            begins.contains(&(table, gap.pair.address())) && ends.contains(&(table, gap.pair.end()))
        });
        if before != (self.illegal.len(), self.gaps.len()) {
            self.changes += 1;
        }
    }

    /// The device was silent and answers again: it may have been mended or exchanged, so all is tried again soon.
    pub fn returned(&mut self) -> Verdict {
        self.largest = [0; 2];
        self.answered = [false; 4];
        self.hasten()
    }

    /// Nothing holds any more, whatever it was.
    pub fn forget(&mut self) {
        *self = Self { changes: self.changes + 1, ..Self::default() };
    }

    /// Whether nothing was learnt: the device answers all that it was asked.
    pub fn is_empty(&self) -> bool {
        self.illegal.is_empty()
            && self.gaps.is_empty()
            && self.unknown.iter().all(Option::is_none)
            && self.limits.iter().all(Option::is_none)
    }

    /// Grows with each change of what [`Lessons::keep`] tells.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Items that the device was found to answer at most in one read, of bits or of registers.
    pub fn limit(&self, bits: bool) -> Option<u16> {
        self.limits[usize::from(bits)].map(|limit| limit.most)
    }

    /// For planning.
    pub(super) fn reader(&self) -> Reader<'_> {
        Reader::new(self)
    }

    /// All pauses begin anew.
    fn hasten(&mut self) -> Verdict {
        let mut verdict = Verdict::Same;
        let pauses = self.illegal.iter_mut().map(|illegal| (&mut illegal.pause, FIRST_PAUSE));
        let unknown = self.unknown.iter_mut().flatten().map(|pause| (pause, FIRST_PAUSE));
        let gaps = self.gaps.iter_mut().map(|gap| (&mut gap.pause, FIRST_LONG_PAUSE));
        let limits = self.limits.iter_mut().flatten().map(|limit| (&mut limit.pause, FIRST_LONG_PAUSE));
        for (pause, first) in pauses.chain(unknown).chain(gaps).chain(limits) {
            if *pause != first {
                (*pause, verdict) = (first, Verdict::Replan);
            }
        }
        verdict
    }
}

/// Both as one; the same table is taken for granted.
fn union(a: Span, b: Span) -> Option<Span> {
    let start = a.address().min(b.address());
    let end = a.end().max(b.end());
    Span::new(a.table(), start, u16::try_from(end - u32::from(start)).ok()?).ok()
}

fn contains(outer: Span, inner: Span) -> bool {
    outer.offset_of(&inner).is_some()
}
