//! What is in the file, without its records.

use super::ledger::Slot;
use crate::store::queue::KeptPage;
use smallvec::SmallVec;
use std::collections::VecDeque;

/// A page of the file.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) first: u64,
    pub(super) last: u64,
    /// Records that still wait, of each publication.
    pub(super) left: SmallVec<[(Slot, u32); 2]>,
    pub(super) newest_ms: i64,
    pub(super) oldest_ms: i64,
    pub(super) cost: u64,
    /// Bytes of its payloads in memory.
    pub(super) raw: u64,
    /// Whether the records that wait are in memory too.
    pub(super) loaded: bool,
}

impl Page {
    pub(super) fn of(kept: &KeptPage, mut slot: impl FnMut(&str) -> Slot, loaded: bool) -> Self {
        Self {
            first: kept.first,
            last: kept.last,
            left: kept.tally.iter().map(|(source, count)| (slot(source), *count)).collect(),
            newest_ms: kept.newest_ms,
            oldest_ms: kept.oldest_ms,
            cost: kept.cost,
            raw: kept.raw,
            loaded,
        }
    }

    /// Records that wait.
    pub(super) fn count(&self) -> u64 {
        self.left.iter().map(|(_, count)| u64::from(*count)).sum()
    }

    /// One record of it is done with.
    pub(super) fn finish(&mut self, slot: Slot) {
        if let Some(place) = self.left.iter().position(|(other, _)| *other == slot) {
            self.left[place].1 -= 1;
            if self.left[place].1 == 0 {
                self.left.swap_remove(place);
            }
        }
    }

    /// All records of a publication are done with; answers how many waited.
    pub(super) fn forget(&mut self, slot: Slot) -> u64 {
        let place = self.left.iter().position(|(other, _)| *other == slot);
        place.map_or(0, |place| u64::from(self.left.swap_remove(place).1))
    }
}

/// Pages in the order of their records.
#[derive(Debug, Default)]
pub(super) struct Pages {
    list: VecDeque<Page>,
    cost: u64,
    unloaded: usize,
    unloaded_records: u64,
    loaded_raw: u64,
}

impl Pages {
    pub(super) fn push(&mut self, page: Page) {
        self.cost += page.cost;
        if page.loaded {
            self.loaded_raw += page.raw;
        } else {
            self.unloaded += 1;
            self.unloaded_records += page.count();
        }
        self.list.push_back(page);
    }

    /// Bytes on the disk.
    pub(super) fn cost(&self) -> u64 {
        self.cost
    }

    /// Payload bytes of those in memory, about.
    pub(super) fn loaded_raw(&self) -> u64 {
        self.loaded_raw
    }

    /// Records that wait and are not in memory.
    pub(super) fn unloaded_records(&self) -> u64 {
        self.unloaded_records
    }

    /// Whether some are not in memory.
    pub(super) fn any_unloaded(&self) -> bool {
        0 < self.unloaded
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Page> {
        self.list.iter()
    }

    pub(super) fn first(&self) -> Option<&Page> {
        self.list.front()
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&Page> {
        self.list.get(index)
    }

    /// The page that holds this record, if any does.
    pub(super) fn find(&self, id: u64) -> Option<&Page> {
        self.list.get(self.index_of(id)?)
    }

    fn index_of(&self, id: u64) -> Option<usize> {
        let index = self.list.partition_point(|page| page.last < id);
        self.list.get(index).filter(|page| page.first <= id).map(|_| index)
    }

    /// One record is done with; answers the page when it was its last.
    pub(super) fn finish(&mut self, id: u64, slot: Slot) -> Option<u64> {
        let index = self.index_of(id)?;
        let page = &mut self.list[index];
        page.finish(slot);
        page.left.is_empty().then(|| self.remove(index)).flatten().map(|page| page.first)
    }

    /// Its records that wait are in memory from now on.
    pub(super) fn load(&mut self, id: u64) {
        if let Some(index) = self.index_of(id)
            && !std::mem::replace(&mut self.list[index].loaded, true)
        {
            self.unloaded -= 1;
            self.unloaded_records -= self.list[index].count();
            self.loaded_raw += self.list[index].raw;
        }
    }

    pub(super) fn remove(&mut self, index: usize) -> Option<Page> {
        let page = self.list.remove(index)?;
        self.cost -= page.cost;
        if page.loaded {
            self.loaded_raw -= page.raw;
        } else {
            self.unloaded -= 1;
            self.unloaded_records -= page.count();
        }
        Some(page)
    }

    /// Takes out all; answers their names.
    pub(super) fn remove_all(&mut self) -> Vec<u64> {
        std::mem::take(self).list.into_iter().map(|page| page.first).collect()
    }

    /// Forgets a publication in all pages that are not in memory; answers how many records, and the pages it emptied.
    pub(super) fn forget(&mut self, slot: Slot) -> (u64, Vec<u64>) {
        let (mut count, mut emptied) = (0, Vec::new());
        let mut index = 0;
        while index < self.list.len() {
            let page = &mut self.list[index];
            if !page.loaded {
                let forgotten = page.forget(slot);
                self.unloaded_records -= forgotten;
                count += forgotten;
            }
            if page.left.is_empty() {
                emptied.extend(self.remove(index).map(|page| page.first));
            } else {
                index += 1;
            }
        }
        (count, emptied)
    }
}
