//! Reads that are made only to learn.

use super::{Lessons, Trial, contains, union};
use crate::modbus::address::{Span, Table};
use crate::modbus::blocks::Wanted;
use std::time::Duration;

/// A trial that is needed now is made again after this, if its outcome told nothing.
const SOON: Duration = Duration::from_secs(1);
/// All that is tried again together costs at most about one read in so long.
const SHARE: Duration = Duration::from_secs(1);

impl Lessons {
    /// The reads that should be made to learn more.
    pub(in crate::modbus) fn trials(&self, wanted: &[Wanted]) -> Vec<Trial> {
        let mut trials = Vec::new();
        let now = |span: Span| Trial { span, period: SOON, at_once: true };
        trials.extend(self.case.as_ref().and_then(super::case::Case::trial).map(now));
        trials.extend(self.scout(wanted).map(now));
        let count = u32::try_from(self.illegal.len() + self.gaps.len()).unwrap_or(u32::MAX);
        // Powers of two, so that one more does not move all others.
        let least = SHARE.saturating_mul(count.checked_next_power_of_two().unwrap_or(u32::MAX));
        let again = |span: Span, pause: Duration| Trial { span, period: pause.max(least), at_once: false };
        trials.extend(self.illegal.iter().map(|illegal| again(illegal.span, illegal.pause)));
        trials.extend(self.gaps.iter().map(|gap| again(gap.pair, gap.pause)));
        for (table, pause) in Table::ALL.into_iter().zip(self.unknown) {
            let first = wanted.iter().map(|one| one.span).filter(|span| span.table() == table).min();
            trials.extend(first.zip(pause).map(|(span, pause)| again(span, pause)));
        }
        for bits in [false, true] {
            let limit = self.limits[usize::from(bits)];
            trials.extend(limit.and_then(|limit| {
                let span = self.length_trial(wanted, bits)?;
                Some(if limit.sure { again(span, limit.pause) } else { now(span) })
            }));
        }
        trials.sort_unstable();
        trials.dedup_by_key(|trial| trial.span);
        trials
    }

    /// The shortest run of values, with nothing known against it, that is longer than the device answers.
    pub(super) fn length_trial(&self, wanted: &[Wanted], bits: bool) -> Option<Span> {
        let most = self.limit(bits)?;
        let reader = self.reader();
        let of_kind = |one: &&Wanted| one.span.table().is_bits() == bits && reader.refusal(one.span).is_none();
        let mut values: Vec<Span> = wanted.iter().filter(of_kind).map(|one| one.span).collect();
        values.sort_unstable();
        values.dedup();
        let forbidden = Table::ALL.map(|table| reader.forbidden(table));
        let mut best: Option<Span> = None;
        let mut begin = 0;
        for end in 0..values.len() {
            let run = |begin: usize| {
                let (first, last) = (values[begin], values[end]);
                (first.table() == last.table()).then(|| union(first, last)).flatten()
            };
            // The latest begin that still makes it long enough is the shortest.
            while begin < end && run(begin + 1).is_some_and(|run| most < run.count()) || run(begin).is_none() {
                begin += 1;
            }
            let Some(run) = run(begin).filter(|run| begin < end && most < run.count()) else { continue };
            let list = &forbidden[run.table() as usize];
            let (start, stop) = (u32::from(run.address()), run.end());
            let clean = !list.iter().any(|(from, to)| start <= *from && *to <= stop);
            if clean && best.is_none_or(|best| run.count() < best.count()) {
                best = Some(run);
            }
        }
        best
    }

    /// A small part of a read that the device leaves unanswered, while it answers nothing else either: perhaps it only
    /// dislikes the length.
    pub(super) fn scout(&self, wanted: &[Wanted]) -> Option<Span> {
        let doubt = self.doubts.iter().find(|doubt| !doubt.alive && 2 <= doubt.strikes)?;
        let inside = |one: &&Wanted| contains(doubt.span, one.span) && one.span != doubt.span;
        wanted.iter().filter(inside).map(|one| one.span).min_by_key(|span| (span.count(), *span))
    }
}
