//! What one device taught us about reading it: which addresses it refuses, how long its answers may be, and which
//! holes cannot be read through.
//!
//! Two rules hold for every device that refuses a read for what it covers: whatever contains a refused run is refused,
//! and whatever lies inside a read that was answered can be read. Every lesson follows from these; none is for ever,
//! for a device may be mended or exchanged: each is tried again, ever more rarely.

use super::address::{Span, Table};
use super::blocks::Wanted;
use std::time::Duration;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    illegal: Vec<(Span, Refusal)>,
    most: [Option<u16>; 2],
    gaps: Vec<Span>,
}

impl Lessons {
    /// Tells what became of a read, planned for what is wanted now.
    pub fn outcome(&mut self, _wanted: &[Wanted], span: Span, outcome: Outcome) -> Verdict {
        let most = &mut self.most[usize::from(span.table().is_bits())];
        if outcome == Outcome::Good && most.is_some_and(|most| most < span.count()) {
            *most = None;
            return Verdict::Replan;
        }
        Verdict::Same
    }

    /// Items that the device was found to answer at most in one read, of bits or of registers.
    pub fn limit(&self, bits: bool) -> Option<u16> {
        self.most[usize::from(bits)]
    }

    /// The reads that should be made to learn more.
    pub fn trials(&self, _wanted: &[Wanted]) -> Vec<Trial> {
        Vec::new()
    }

    /// For planning.
    pub(super) fn reader(&self) -> Reader<'_> {
        Reader { lessons: self, part: None }
    }
}

/// The lessons as a plan asks for them.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    lessons: &'a Lessons,
    part: Option<Span>,
}

impl Reader<'_> {
    /// How the device refuses this value: because of something in it.
    pub(super) fn refusal(&self, span: Span) -> Option<Refusal> {
        let inside = |(illegal, _): &&(Span, Refusal)| span.offset_of(illegal).is_some();
        self.lessons.illegal.iter().find(inside).map(|(_, refusal)| *refusal)
    }

    /// The read this value has to be in for now.
    pub(super) fn part(&self, span: Span) -> Option<Span> {
        self.part.filter(|part| part.offset_of(&span).is_some())
    }

    /// What no read of several values may contain: start and end, sorted by end.
    pub(super) fn forbidden(&self, table: Table) -> Vec<(u32, u32)> {
        let illegal = self.lessons.illegal.iter().map(|(span, _)| span);
        let spans = illegal.chain(&self.lessons.gaps).filter(|span| span.table() == table);
        let mut list: Vec<(u32, u32)> = spans.map(|span| (span.address().into(), span.end())).collect();
        list.sort_unstable_by_key(|(start, end)| (*end, *start));
        list
    }
}
