//! One refused read under examination: which part of it is to blame.

use super::{Refusal, contains, union};
use crate::modbus::address::Span;

/// A refused read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Suspect {
    pub(super) span: Span,
    pub(super) refusal: Refusal,
    /// Whether it is part of one that was cut already.
    pub(super) part: bool,
}

/// What is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    /// Nothing: the read is answered now.
    Passed,
    /// A part of it is refused, too.
    Smaller(Suspect),
    /// Two values are refused together, and not alone.
    Gap {
        /// The value before the cut.
        left: Span,
        /// The value behind it.
        right: Span,
        /// Both.
        pair: Span,
    },
    /// Its length: at most so many items are answered.
    Length {
        most: u16,
        /// Where it was cut, if longer reads are answered elsewhere.
        left: Span,
        right: Span,
    },
}

/// What an outcome means to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing.
    None,
    /// Other reads are needed.
    Next,
    /// It is over.
    Found(Finding),
}

/// A refused read of several values, cut in two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Case {
    span: Span,
    refusal: Refusal,
    /// Sorted; none inside another.
    values: Vec<Span>,
    /// Values before the cut.
    cut: usize,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Both halves are read; which of them were answered.
    Halves { left: bool, right: bool },
    /// The two values at the cut are read together.
    Pair,
    /// All else is innocent: a run between the longest answered and the shortest refused is read.
    Length { good: u16, bad: u16, run: Span },
    /// The whole is read again: the refusal may have passed meanwhile.
    Again { bad: u16 },
}

impl Case {
    /// Cuts a refused read of at least two values; they are sorted, and none is inside another.
    pub(super) fn open(suspect: Suspect, values: Vec<Span>) -> Self {
        let cut = best_cut(&values, suspect.part);
        let stage = Stage::Halves { left: false, right: false };
        Self { span: suspect.span, refusal: suspect.refusal, values, cut, stage }
    }

    pub(super) fn span(&self) -> Span {
        self.span
    }

    fn of(&self, values: &[Span]) -> Span {
        values.iter().copied().reduce(|a, b| union(a, b).unwrap_or(a)).unwrap_or(self.span)
    }

    /// The two reads that take its place meanwhile.
    pub(super) fn halves(&self) -> [Span; 2] {
        let (left, right) = self.values.split_at(self.cut);
        [self.of(left), self.of(right)]
    }

    fn at_cut(&self) -> (Span, Span) {
        let before = self.cut.checked_sub(1).and_then(|at| self.values.get(at));
        (before.copied().unwrap_or(self.span), self.values.get(self.cut).copied().unwrap_or(self.span))
    }

    fn pair(&self) -> Span {
        let (left, right) = self.at_cut();
        union(left, right).unwrap_or(self.span)
    }

    /// What has to be read besides the halves.
    pub(super) fn trial(&self) -> Option<Span> {
        match self.stage {
            Stage::Halves { .. } => None,
            Stage::Pair => Some(self.pair()),
            Stage::Length { run, .. } => Some(run),
            Stage::Again { .. } => Some(self.span),
        }
    }

    /// A read was answered.
    pub(super) fn answered(&mut self, span: Span) -> Progress {
        if contains(span, self.span) {
            return Progress::Found(Finding::Passed);
        }
        let [first, second] = self.halves();
        let stage = match self.stage {
            Stage::Halves { left, right } => {
                let (left, right) = (left || contains(span, first), right || contains(span, second));
                self.stage = Stage::Halves { left, right };
                (left && right).then_some(Stage::Pair)
            }
            Stage::Pair if contains(span, self.pair()) => {
                let good = first.count().max(second.count()).max(self.pair().count());
                Some(self.lengths(good, self.span.count()))
            }
            Stage::Length { bad, run, .. } if contains(span, run) => Some(self.lengths(run.count(), bad)),
            Stage::Pair | Stage::Length { .. } | Stage::Again { .. } => None,
        };
        match stage {
            Some(stage) => {
                self.stage = stage;
                Progress::Next
            }
            None => Progress::None,
        }
    }

    /// A read was refused.
    pub(super) fn refused(&mut self, span: Span, refusal: Refusal) -> Progress {
        if self.halves().contains(&span) {
            return Progress::Found(Finding::Smaller(Suspect { span, refusal, part: true }));
        }
        let (left, right) = self.at_cut();
        match self.stage {
            Stage::Pair if span == self.pair() => Progress::Found(Finding::Gap { left, right, pair: span }),
            Stage::Length { good, run, .. } if span == run => {
                self.stage = self.lengths(good, run.count());
                Progress::Next
            }
            Stage::Again { bad } if span == self.span => {
                Progress::Found(Finding::Length { most: bad.saturating_sub(1).max(1), left, right })
            }
            _ => Progress::None,
        }
    }

    /// The next length to try: a run from either end, as near to the middle as there is one.
    fn lengths(&self, good: u16, bad: u16) -> Stage {
        let middle = good.midpoint(bad);
        let from_left = (1..self.values.len()).map(|end| &self.values[..end]);
        let from_right = (1..self.values.len()).map(|begin| &self.values[begin..]);
        let runs = from_left.chain(from_right).map(|run| match run {
            [first, .., last] => union(*first, *last).unwrap_or(*first),
            [one] => *one,
            [] => self.span,
        });
        let between = runs.filter(|run| good < run.count() && run.count() < bad);
        match between.min_by_key(|run| run.count().abs_diff(middle)) {
            Some(run) => Stage::Length { good, bad, run },
            None => Stage::Again { bad },
        }
    }
}

/// Where to cut: at the widest hole, for holes are the usual suspects; of a part, the widest in its middle half, so that
/// few cuts suffice whatever the holes are like. Without holes in the middle.
fn best_cut(values: &[Span], part: bool) -> usize {
    let count = values.len();
    let cuts = if part { count.div_ceil(4).max(1)..=(count - count.div_ceil(4)).max(1) } else { 1..=count - 1 };
    let hole = |cut: usize| u32::from(values[cut].address()).saturating_sub(values[cut - 1].end());
    let rank = |cut: &usize| (hole(*cut), std::cmp::Reverse(cut.abs_diff(count / 2)));
    cuts.max_by_key(rank).unwrap_or(1)
}
