//! The reads of one table: who rides in whose read, and which reads pass each other.

use super::Wanted;
use super::cut::{Rules, cut, few};
use std::collections::{BTreeMap, BTreeSet};

/// A value to be read, or several of one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Item {
    /// First address.
    pub(super) start: u32,
    /// One past the last.
    pub(super) end: u32,
    /// The shortest period it is wanted at.
    pub(super) period_ms: u32,
}

/// One read: the values in it, by their place in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) items: Vec<usize>,
}

/// What is wanted of one table, sorted by address, and for each item the indexes of those it serves: a value inside
/// another one that is read at least as often needs no read.
pub(super) fn items_of(wanted: &[Wanted], mut indexes: Vec<usize>) -> (Vec<Item>, Vec<Vec<usize>>) {
    let key = |index: &usize| {
        let Wanted { span, period_ms } = wanted[*index];
        (span.address(), std::cmp::Reverse(span.end()), period_ms)
    };
    indexes.sort_by_key(key);
    let (mut items, mut riders): (Vec<Item>, Vec<Vec<usize>>) = (Vec::new(), Vec::new());
    let mut widest = Widest::new(wanted, &indexes);
    for index in indexes {
        let Wanted { span, period_ms } = wanted[index];
        let item = Item { start: span.address().into(), end: span.end(), period_ms };
        if let Some(host) = widest.host_of(&item) {
            riders[host].push(index);
        } else {
            widest.note(&item, items.len());
            items.push(item);
            riders.push(vec![index]);
        }
    }
    (items, riders)
}

/// Which of the items so far reaches farthest, among those read at least as often as some period. A Fenwick tree over
/// the periods: there may be as many as values.
struct Widest {
    periods: Vec<u32>,
    tree: Vec<(u32, usize)>,
}

impl Widest {
    fn new(wanted: &[Wanted], indexes: &[usize]) -> Self {
        let mut periods: Vec<u32> = indexes.iter().map(|index| wanted[*index].period_ms).collect();
        periods.sort_unstable();
        periods.dedup();
        let tree = vec![(0, 0); periods.len() + 1];
        Self { periods, tree }
    }

    fn rank(&self, item: &Item) -> usize {
        self.periods.partition_point(|period| *period <= item.period_ms)
    }

    /// Items come in order of their start, so one that ends no earlier than this contains it.
    fn host_of(&self, item: &Item) -> Option<usize> {
        let mut rank = self.rank(item);
        let mut farthest = (0, 0);
        while 0 < rank {
            farthest = farthest.max(self.tree[rank]);
            rank &= rank - 1;
        }
        (item.end <= farthest.0).then_some(farthest.1)
    }

    fn note(&mut self, item: &Item, place: usize) {
        let mut rank = self.rank(item);
        while let Some(node) = self.tree.get_mut(rank).filter(|_| 0 < rank) {
            *node = (*node).max((item.end, place));
            rank += rank & rank.wrapping_neg();
        }
    }
}

/// The reads of a table. What is read flat out is planned for itself: it takes all the time there is, whatever else
/// is wanted. Values inside such a read ride in it.
pub(super) fn reads(items: &[Item], rules: &Rules<'_>) -> Vec<Read> {
    let (flat_out, mut periodic): (Vec<usize>, Vec<usize>) =
        (0..items.len()).partition(|index| items[*index].period_ms == 0);
    let mut reads = Level::new(items, flat_out, rules);
    periodic.retain(|index| !reads.take(items, *index));
    let mut all = reads.into_reads();
    let mut cluster: Vec<usize> = Vec::new();
    let mut reach = 0;
    for index in periodic {
        let item = items[index];
        // Beyond such a hole nothing is ever cheaper together, at whatever periods.
        if u64::from(item.start.saturating_sub(reach)) * rules.item >= rules.fixed && !cluster.is_empty() {
            all.extend(cheapest(items, std::mem::take(&mut cluster), rules));
        }
        reach = reach.max(item.end);
        cluster.push(index);
    }
    all.extend(cheapest(items, cluster, rules));
    all
}

/// The better of two ways to read neighbours of several periods.
fn cheapest(items: &[Item], cluster: Vec<usize>, rules: &Rules<'_>) -> Vec<Read> {
    let Some(first) = cluster.first() else { return Vec::new() };
    let own = |index: &usize| items[*index].period_ms;
    if cluster.iter().all(|index| own(index) == own(first)) {
        return Level::new(items, cluster, rules).into_reads();
    }
    let apart = layers(items, cluster.iter().map(|index| (own(index), *index)), rules);
    // Together: each run is read at its shortest period, then each period is cut anew for itself.
    let list: Vec<Item> = cluster.iter().map(|index| items[*index]).collect();
    let mut at_period = Vec::with_capacity(cluster.len());
    for run in cut(&list, rules) {
        let period_ms = list[run.clone()].iter().map(|item| item.period_ms).min().unwrap_or(0);
        at_period.extend(cluster[run].iter().map(|index| (period_ms, *index)));
    }
    let together = layers(items, at_period.into_iter(), rules);
    if together.0 < apart.0 { together.1 } else { apart.1 }
}

/// Reads period by period, the shortest first; a value that lies inside a more frequent read rides there. And their
/// price.
fn layers(items: &[Item], at_period: impl Iterator<Item = (u32, usize)>, rules: &Rules<'_>) -> (i128, Vec<Read>) {
    let mut periods: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (period_ms, index) in at_period {
        periods.entry(period_ms).or_default().push(index);
    }
    let kept: BTreeSet<u32> = few(periods.keys().copied().collect()).into_iter().collect();
    let mut classes: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (period_ms, members) in periods {
        let class = kept.range(..=period_ms).next_back().copied().unwrap_or(period_ms);
        classes.entry(class).or_default().extend(members);
    }
    let mut levels: Vec<Level> = Vec::new();
    let mut price = 0;
    for (period_ms, mut members) in classes {
        members.sort_unstable();
        members.retain(|index| !levels.iter_mut().any(|level| level.take(items, *index)));
        let level = Level::new(items, members, rules);
        price += level.reads.iter().map(|(start, end, _)| rules.price(end - start, period_ms)).sum::<i128>();
        levels.push(level);
    }
    (price, levels.into_iter().flat_map(Level::into_reads).collect())
}

/// Reads of one period, sorted by address: start, end, and the items in each.
struct Level {
    reads: Vec<(u32, u32, Read)>,
}

impl Level {
    fn new(items: &[Item], members: Vec<usize>, rules: &Rules<'_>) -> Self {
        // All at one period: how often they are wanted by others is no matter here.
        let list: Vec<Item> = members.iter().map(|index| Item { period_ms: 1, ..items[*index] }).collect();
        let read = |run: std::ops::Range<usize>| {
            let end = list[run.clone()].iter().map(|item| item.end).max().unwrap_or(0);
            (list[run.start].start, end, Read { items: members[run].to_vec() })
        };
        Self { reads: cut(&list, rules).into_iter().map(read).collect() }
    }

    /// Lets a value ride, if a read contains it.
    fn take(&mut self, items: &[Item], index: usize) -> bool {
        let Item { start, end, .. } = items[index];
        let behind = self.reads.partition_point(|(first, ..)| *first <= start);
        // Reads may overlap a little where values do; the nearest one is enough to look at.
        let host = behind.checked_sub(1).and_then(|at| self.reads.get_mut(at)).filter(|(_, last, _)| end <= *last);
        host.map(|(.., read)| read.items.push(index)).is_some()
    }

    fn into_reads(self) -> Vec<Read> {
        self.reads.into_iter().map(|(.., read)| read).collect()
    }
}
