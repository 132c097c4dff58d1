//! The cheapest way to cut a sorted list of values into reads.
//!
//! The cost of a read is a fixed part and a part for each item, divided by its period. So the cheapest cut up to each
//! value follows from the cheapest cuts before it, and a window as wide as one message slides over where its last read
//! may begin: time grows with the number of values and of periods, not with the width of a message.

use super::assemble::Item;
use std::collections::VecDeque;
use std::ops::Range;

/// Weights are shares of a second in this fixed point, so that equal costs are equal and a plan is the same each time.
const UNIT: i128 = 1 << 40;
/// So many different periods are told apart; where there are more, some values are read more often than they need.
const MOST_PERIODS: usize = 64;

/// What reads cost and may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules<'a> {
    /// Nanoseconds of a read without its data.
    pub(super) fixed: u64,
    /// Nanoseconds of one item.
    pub(super) item: u64,
    /// Items of one read; a wider value is read alone.
    pub(super) limit: u32,
    /// No read of several values may contain one of these wholly; start and end, sorted by end.
    pub(super) forbidden: &'a [(u32, u32)],
}

/// How often a period comes in a unit of time; what is read flat out weighs as if it were read each millisecond, for
/// only reads made flat out are compared with each other then.
pub(super) fn weight(period_ms: u32) -> i128 {
    UNIT / i128::from(period_ms.max(1))
}

impl Rules<'_> {
    /// What a read costs the line per unit of time.
    pub(super) fn price(&self, items: u32, period_ms: u32) -> i128 {
        weight(period_ms) * (i128::from(self.fixed) + i128::from(self.item) * i128::from(items))
    }
}

/// Where a last read could begin: the value, and what all before it costs less what its own address would.
#[derive(Debug, Clone, Copy)]
struct Begin {
    at: usize,
    cost: i128,
}

/// Reads that are made at one period, as the sweep stands.
#[derive(Debug)]
struct Class {
    period_ms: u32,
    weight: i128,
    /// Costs rise from front to back: a begin that is later and not dearer makes those before it useless.
    begins: VecDeque<Begin>,
}

/// Cuts values, sorted by start, into runs that are read at the shortest period in them. With one cost, the earlier
/// reads are the longer ones.
pub(super) fn cut(items: &[Item], rules: &Rules<'_>) -> Vec<Range<usize>> {
    let mut classes: Vec<Class> = periods(items)
        .into_iter()
        .map(|period_ms| Class { period_ms, weight: weight(period_ms), begins: VecDeque::new() })
        .collect();
    // The cheapest cut of the first so many values, and where its last read begins.
    let mut best: Vec<(i128, usize)> = vec![(0, 0)];
    let mut forbidden = rules.forbidden.iter().peekable();
    let (mut reach, mut floor) = (0, 0);
    for (at, item) in items.iter().enumerate() {
        reach = reach.max(item.end);
        while let Some((start, _)) = forbidden.next_if(|(_, end)| *end <= reach) {
            // A read that ends here may only begin behind it.
            let behind = items[..=at].partition_point(|other| other.start <= *start);
            floor = floor.max(behind.min(at));
        }
        let before = best[at].0;
        let mut cheapest: Option<(i128, usize)> = None;
        for class in &mut classes {
            if item.period_ms < class.period_ms {
                // A read of this class would serve it too rarely.
                class.begins.clear();
                continue;
            }
            let per_item = class.weight * i128::from(rules.item);
            let begin = Begin { at, cost: before - per_item * i128::from(item.start) };
            while class.begins.pop_back_if(|last| begin.cost <= last.cost).is_some() {}
            class.begins.push_back(begin);
            let beyond = |first: &mut Begin| first.at < floor || items[first.at].start + rules.limit < reach;
            while class.begins.pop_front_if(beyond).is_some() {}
            let (begin, end) = match class.begins.front() {
                Some(begin) => (*begin, reach),
                // A value alone is always read, however wide it is and whatever reaches beyond it.
                None => (begin, item.end),
            };
            let cost = begin.cost + per_item * i128::from(end) + class.weight * i128::from(rules.fixed);
            if cheapest.is_none_or(|(least, _)| cost < least) {
                cheapest = Some((cost, begin.at));
            }
        }
        best.push(cheapest.unwrap_or((before, at)));
    }
    let mut runs = Vec::new();
    let mut end = items.len();
    while 0 < end {
        let begin = best[end].1.min(end - 1);
        runs.push(begin..end);
        end = begin;
    }
    runs.reverse();
    runs
}

/// The different periods, few of them.
fn periods(items: &[Item]) -> Vec<u32> {
    let mut periods: Vec<u32> = items.iter().map(|item| item.period_ms).collect();
    periods.sort_unstable();
    periods.dedup();
    few(periods)
}

/// At most [`MOST_PERIODS`] of these sorted periods, the shortest always among them.
pub(super) fn few(periods: Vec<u32>) -> Vec<u32> {
    let step = periods.len().div_ceil(MOST_PERIODS).max(1);
    periods.into_iter().step_by(step).collect()
}
