//! Records in memory, by id.

use super::ledger::Slot;
use crate::store::queue::QueuedRecord;
use std::collections::BTreeMap;
use tokio::time::Instant;

/// What a record takes beside its text.
const BESIDE_TEXT: usize = 200;

/// A record in memory.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) record: QueuedRecord,
    pub(super) slot: Slot,
    /// When it was produced, or read back.
    pub(super) born: Instant,
    /// The time it was sent last.
    pub(super) attempt: u32,
    /// Whether it waited in the file.
    pub(super) stored: bool,
}

impl Item {
    /// Bytes in memory, about.
    pub(super) fn size(&self) -> usize {
        BESIDE_TEXT + self.record.payload.len()
    }
}

/// Some records, in the order of their ids.
#[derive(Debug, Default)]
pub(super) struct Lane {
    items: BTreeMap<u64, Item>,
}

impl Lane {
    pub(super) fn insert(&mut self, item: Item) {
        self.items.insert(item.record.id, item);
    }

    pub(super) fn pop(&mut self) -> Option<Item> {
        self.items.pop_first().map(|(_, item)| item)
    }

    pub(super) fn first(&self) -> Option<&Item> {
        self.items.first_key_value().map(|(_, item)| item)
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(super) fn has(&self, id: u64) -> bool {
        self.items.contains_key(&id)
    }

    pub(super) fn get(&self, id: u64) -> Option<&Item> {
        self.items.get(&id)
    }

    pub(super) fn take(&mut self, id: u64) -> Option<Item> {
        self.items.remove(&id)
    }

    pub(super) fn has_in(&self, first: u64, last: u64) -> bool {
        self.items.range(first..=last).next().is_some()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }

    /// Those with a higher id.
    pub(super) fn behind(&self, id: u64) -> impl Iterator<Item = &Item> {
        self.items.range(id.saturating_add(1)..).map(|(_, item)| item)
    }

    pub(super) fn in_mut(&mut self, first: u64, last: u64) -> impl Iterator<Item = &mut Item> {
        self.items.range_mut(first..=last).map(|(_, item)| item)
    }

    /// Takes out all from `first` to `last`.
    pub(super) fn take_in(&mut self, first: u64, last: u64) -> Vec<Item> {
        self.items.extract_if(first..=last, |_, _| true).map(|(_, item)| item).collect()
    }

    /// Takes out all of a publication.
    pub(super) fn take_of(&mut self, slot: Slot) -> Vec<Item> {
        self.items.extract_if(.., |_, item| item.slot == slot).map(|(_, item)| item).collect()
    }
}
