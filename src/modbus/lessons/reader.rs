//! The lessons as a plan asks for them.

use super::{Lessons, Refusal, contains};
use crate::modbus::address::{Span, Table};

/// The lessons of one device while its reads are planned.
#[derive(Debug, Clone, Copy)]
pub(in crate::modbus) struct Reader<'a> {
    lessons: &'a Lessons,
    halves: Option<[Span; 2]>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lessons: &'a Lessons) -> Self {
        Self { lessons, halves: lessons.case.as_ref().map(super::case::Case::halves) }
    }

    /// How the device refuses this value: whatever contains a refused run is refused.
    pub(in crate::modbus) fn refusal(&self, span: Span) -> Option<Refusal> {
        if self.lessons.unknown[span.table() as usize].is_some() {
            return Some(Refusal::Exception(1));
        }
        let illegal = &self.lessons.illegal;
        let key = (span.table(), span.address());
        let from = illegal.partition_point(|illegal| (illegal.span.table(), illegal.span.address()) < key);
        let near = illegal[from..].iter().take_while(|illegal| {
            illegal.span.table() == span.table() && u32::from(illegal.span.address()) < span.end()
        });
        let mut inside = near.filter(|illegal| contains(span, illegal.span));
        inside.next().map(|illegal| illegal.refusal)
    }

    /// The read this value has to be in while a refused read is looked into.
    pub(in crate::modbus) fn part(&self, span: Span) -> Option<Span> {
        self.halves?.into_iter().find(|half| contains(*half, span))
    }

    /// What no read of several values may contain: start and end, sorted by end.
    pub(in crate::modbus) fn forbidden(&self, table: Table) -> Vec<(u32, u32)> {
        let illegal = self.lessons.illegal.iter().map(|illegal| illegal.span);
        let gaps = self.lessons.gaps.iter().map(|gap| gap.span);
        let case = self.lessons.case.as_ref().map(super::case::Case::span);
        let spans = illegal.chain(gaps).chain(case).filter(|span| span.table() == table);
        let mut list: Vec<(u32, u32)> = spans.map(|span| (span.address().into(), span.end())).collect();
        list.sort_unstable_by_key(|(start, end)| (*end, *start));
        list
    }
}
