//! The image: the latest state of every tag.
//!
//! Drivers hold a [`Writer`] of one group, everybody else a [`Reader`]. One lock over a plain list: a batch of
//! readings is microseconds, and whoever reads several tags gets them from one moment.

pub mod tap;

use super::changes::{Changed, Interest, Subscriber};
use crate::tag::channel::{Aspects, Mode};
use crate::tag::def::{Origin, TagDef};
use crate::tag::id::TagName;
use crate::tag::quality::Reason;
use crate::tag::reading::{Reading, TagState};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};
use tap::{Sample, Taps};

/// The declaring end, held by whoever applies configurations.
#[derive(Debug, Clone, Default)]
pub struct Image {
    shared: Arc<RwLock<Cells>>,
}

#[derive(Debug, Default)]
struct Cells {
    list: Vec<Cell>,
    free: Vec<u32>,
    by_name: HashMap<TagName, u32>,
    /// Declared order, for listings.
    order: Arc<Vec<u32>>,
    subscribers: Vec<Weak<Subscriber>>,
    taps: Taps,
    /// Raised by each declaration: places found before may be another tag's now.
    declared: u64,
}

#[derive(Debug)]
struct Cell {
    def: Option<Arc<TagDef>>,
    state: TagState,
    /// Raised when the cell gets another owner, so that a late writer of the old one is ignored.
    generation: u32,
}

/// A place in the image, good for as long as its tag is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot {
    index: u32,
    generation: u32,
}

/// One tag as a reader sees it.
#[derive(Debug, Clone)]
pub struct TagView {
    /// Index of its cell, as told by [`Changes`].
    pub cell: u32,
    /// What is fixed.
    pub def: Arc<TagDef>,
    /// What is now.
    pub state: TagState,
}

impl Image {
    /// An image without tags.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes exactly these tags exist, in this order. A tag that is known by its id (also under another name) keeps
    /// its state, unless its type changed; the others begin as `not yet read`.
    pub fn declare(&self, defs: impl IntoIterator<Item = TagDef>) {
        let mut cells = self.write();
        let mut by_id: HashMap<String, u32> = HashMap::new();
        for (index, cell) in cells.list.iter().enumerate() {
            if let (Some(def), Ok(index)) = (&cell.def, u32::try_from(index)) {
                by_id.insert(def.id.clone(), index);
            }
        }
        let mut order = Vec::new();
        let mut by_name = HashMap::new();
        let mut fresh = Vec::new();
        for def in defs {
            let kept = by_id.remove(&def.id);
            let kept = kept.filter(|index| cells.list[*index as usize].def.as_ref().is_some_and(|old| fits(old, &def)));
            if let Some(index) = kept {
                by_name.insert(def.name.clone(), index);
                order.push(index);
                let cell = &mut cells.list[index as usize];
                if cell.def.as_deref() != Some(&def) {
                    cell.def = Some(Arc::new(def));
                }
            } else {
                order.push(u32::MAX);
                fresh.push((order.len() - 1, def));
            }
        }
        // Cells of tags that are gone are emptied before new ones are placed.
        let kept: std::collections::HashSet<u32> = order.iter().copied().collect();
        for index in 0..cells.list.len() {
            let Ok(index) = u32::try_from(index) else { break };
            let cell = &mut cells.list[index as usize];
            if cell.def.is_some() && !kept.contains(&index) {
                cell.def = None;
                cell.state = TagState::default();
                cell.generation = cell.generation.wrapping_add(1);
                cells.free.push(index);
            }
        }
        // A list that grows by doubling would stand half empty for good.
        let more = fresh.len().saturating_sub(cells.free.len());
        cells.list.reserve_exact(more);
        for (place, def) in fresh {
            let Some(index) = cells.place(def.clone()) else { break };
            by_name.insert(def.name, index);
            order[place] = index;
        }
        order.retain(|index| *index != u32::MAX);
        let mut switched = Vec::new();
        for index in &order {
            if cells.list[*index as usize].switch() {
                switched.push(*index);
            }
        }
        cells.by_name = by_name;
        cells.order = Arc::new(order);
        cells.subscribers.retain(|subscriber| 0 < subscriber.strong_count());
        for subscriber in cells.subscribers.iter().filter_map(Weak::upgrade) {
            subscriber.survey(cells.list.iter().map(|cell| cell.def.as_ref().map(|def| &def.name)));
        }
        cells.declared += 1;
        cells.survey_taps();
        cells.tell(&switched);
    }

    /// The reading end.
    pub fn reader(&self) -> Reader {
        Reader { shared: Arc::clone(&self.shared) }
    }

    /// The writing end of one group: a device, a module, `internal`.
    pub fn writer(&self, group: &str) -> Writer {
        Writer { shared: Arc::clone(&self.shared), group: group.to_owned() }
    }

    /// Forgets the smallest or largest value of a tag; false when there is no such tag.
    pub(super) fn reset(&self, name: &TagName, reset: fn(&mut TagState)) -> bool {
        let mut cells = self.write();
        let Some(index) = cells.by_name.get(name).copied() else { return false };
        reset(&mut cells.list[index as usize].state);
        let sample = cells.sample(index, true);
        cells.taps.tell(sample.as_slice());
        cells.tell(&[index]);
        true
    }

    fn write(&self) -> RwLockWriteGuard<'_, Cells> {
        // Cells are whole after every statement; see `Reader::read`.
        self.shared.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the state of the old tag still means something under the new definition.
fn fits(old: &TagDef, new: &TagDef) -> bool {
    // A channel's mode is no other channel: its count goes on, and its driver says what its value becomes.
    let same_origin = match (old.origin, new.origin) {
        (Origin::Channel { kind: a, .. }, Origin::Channel { kind: b, .. }) => a == b,
        (a, b) => a == b,
    };
    old.kind == new.kind && same_origin && old.source == new.source
}

impl Cell {
    /// Makes the state say whether the tag is switched off; true when that changed it.
    fn switch(&mut self) -> bool {
        let Some(def) = &self.def else { return false };
        // A channel whose mode is `disabled` is switched off by its driver, not here.
        let idle = def.enabled && def.channel().is_some_and(|(_, mode)| mode == Mode::Disabled);
        let off = self.state.reason == Reason::Disabled && !idle;
        match (def.enabled, off) {
            (false, false) => self.state.apply(Reading::Failed(Reason::Disabled)),
            (true, true) => self.state.apply(Reading::Failed(Reason::NotYetRead)),
            _ => false,
        }
    }
}

impl Cells {
    fn place(&mut self, def: TagDef) -> Option<u32> {
        if let Some(index) = self.free.pop() {
            self.list[index as usize].def = Some(Arc::new(def));
            return Some(index);
        }
        let index = u32::try_from(self.list.len()).ok()?;
        self.list.push(Cell { def: Some(Arc::new(def)), state: TagState::default(), generation: 0 });
        Some(index)
    }

    fn tell(&self, changed: &[u32]) {
        if !changed.is_empty() {
            for subscriber in self.subscribers.iter().filter_map(Weak::upgrade) {
                subscriber.mark(changed);
            }
        }
    }

    fn sample(&self, index: u32, changed: bool) -> Option<Sample> {
        self.view(index).map(|view| Sample { view, changed })
    }

    fn view(&self, index: u32) -> Option<TagView> {
        let cell = self.list.get(index as usize)?;
        let def = cell.def.clone()?;
        Some(TagView { cell: index, def, state: cell.state.clone() })
    }
}

/// Writes the tags of one group.
#[derive(Debug, Clone)]
pub struct Writer {
    shared: Arc<RwLock<Cells>>,
    group: String,
}

impl Writer {
    /// The group whose tags this writer owns.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The place of `name` (the half after the slash), once it is declared.
    pub fn slot(&self, name: &str) -> Option<Slot> {
        let full = TagName::join(&self.group, name).ok()?;
        let cells = self.shared.read().unwrap_or_else(PoisonError::into_inner);
        let index = *cells.by_name.get(&full)?;
        Some(Slot { index, generation: cells.list[index as usize].generation })
    }

    /// The place of `name`, if it is declared as this very source: a driver that has not heard of a change yet must not
    /// write what it reads at the old address into the new tag.
    pub fn slot_of(&self, name: &str, source: u64) -> Option<Slot> {
        let slot = self.slot(name)?;
        let cells = self.shared.read().unwrap_or_else(PoisonError::into_inner);
        let cell = cells.list.get(slot.index as usize)?;
        let same = cell.generation == slot.generation && cell.def.as_ref().is_some_and(|def| def.source == source);
        same.then_some(slot)
    }

    /// Whether nothing was written there since the tag was declared or switched on.
    pub fn is_unread(&self, slot: Slot) -> bool {
        let cells = self.shared.read().unwrap_or_else(PoisonError::into_inner);
        let cell = cells.list.get(slot.index as usize).filter(|cell| cell.generation == slot.generation);
        cell.is_some_and(|cell| cell.state.reason == Reason::NotYetRead)
    }

    /// Changes with every declaration: look places up again.
    pub fn declared(&self) -> u64 {
        self.shared.read().unwrap_or_else(PoisonError::into_inner).declared
    }

    /// Takes the readings of channels in, with what else is known of them, all in one moment. Slots whose tag is gone or
    /// switched off are ignored.
    pub fn write_channels(&self, batch: &[(Slot, Reading, Aspects)]) {
        let (mut changed, mut samples) = (Vec::new(), Vec::new());
        let mut cells = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        for (slot, reading, aspects) in batch {
            let Some(cell) = cells.list.get_mut(slot.index as usize) else { continue };
            let on = cell.def.as_ref().is_some_and(|def| def.enabled);
            if on && cell.generation == slot.generation {
                let news = cell.state.apply_aspects(*aspects);
                let news = cell.state.apply(reading.clone()) || news;
                if news {
                    changed.push(slot.index);
                }
                if cells.taps.wants(slot.index) {
                    samples.extend(cells.sample(slot.index, news));
                }
            }
        }
        cells.taps.tell(&samples);
        cells.tell(&changed);
    }

    /// Takes the readings of one look at the field in, all in one moment. Slots whose tag is gone are ignored.
    pub fn write(&self, batch: impl IntoIterator<Item = (Slot, Reading)>) {
        // Gathered before the lock: the caller's iterator may itself look into the image.
        let batch: Vec<(Slot, Reading)> = batch.into_iter().collect();
        let (mut changed, mut samples) = (Vec::with_capacity(batch.len()), Vec::new());
        let mut cells = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        for (slot, reading) in batch {
            let Some(cell) = cells.list.get_mut(slot.index as usize) else { continue };
            // A reading under way when its tag was switched off must not switch it on again.
            let on = cell.def.as_ref().is_some_and(|def| def.enabled);
            if on && cell.generation == slot.generation {
                let news = cell.state.apply(reading);
                if news {
                    changed.push(slot.index);
                }
                if cells.taps.wants(slot.index) {
                    samples.extend(cells.sample(slot.index, news));
                }
            }
        }
        cells.taps.tell(&samples);
        cells.tell(&changed);
    }
}

/// Reads every tag.
#[derive(Debug, Clone)]
pub struct Reader {
    shared: Arc<RwLock<Cells>>,
}

impl Reader {
    fn read(&self) -> RwLockReadGuard<'_, Cells> {
        // A writer that panicked left cells that are whole: each is replaced by whole values.
        self.shared.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// One tag by its full name.
    pub fn get(&self, name: &TagName) -> Option<TagView> {
        let cells = self.read();
        cells.view(*cells.by_name.get(name)?)
    }

    /// The definition of one tag.
    pub fn def(&self, name: &TagName) -> Option<Arc<TagDef>> {
        let cells = self.read();
        cells.list[*cells.by_name.get(name)? as usize].def.clone()
    }

    /// The tags of these cells, all from one moment; cells that are empty by now are left out.
    pub fn cells(&self, indices: &[u32]) -> Vec<TagView> {
        let cells = self.read();
        indices.iter().filter_map(|index| cells.view(*index)).collect()
    }

    /// The definitions of all tags in declared order, with their cells.
    pub fn defs(&self) -> Vec<(u32, Arc<TagDef>)> {
        let cells = self.read();
        let def = |index: &u32| Some((*index, cells.list[*index as usize].def.clone()?));
        cells.order.iter().filter_map(def).collect()
    }

    /// The definitions of all tags in declared order, with their places.
    pub fn places(&self) -> Vec<(Slot, Arc<TagDef>)> {
        let cells = self.read();
        let place = |index: &u32| {
            let cell = &cells.list[*index as usize];
            Some((Slot { index: *index, generation: cell.generation }, cell.def.clone()?))
        };
        cells.order.iter().filter_map(place).collect()
    }

    /// Looks at many tags in one moment, without copying them. Drivers wait meanwhile: `look` must be quick, and must not
    /// ask the image again.
    pub fn look<T>(&self, look: impl FnOnce(&Moment<'_>) -> T) -> T {
        look(&Moment(&self.read()))
    }

    /// At most `limit` tags in declared order that pass `wanted`, beginning behind the tag `after`.
    pub fn page(&self, after: Option<&TagName>, limit: usize, wanted: impl Fn(&TagDef) -> bool) -> Vec<TagView> {
        let cells = self.read();
        let start = after
            .and_then(|name| cells.by_name.get(name))
            .and_then(|index| cells.order.iter().position(|cell| cell == index))
            .map_or(0, |place| place + 1);
        let views = cells.order[start..]
            .iter()
            .filter(|index| cells.list[**index as usize].def.as_ref().is_some_and(|def| wanted(def)));
        views.take(limit).filter_map(|index| cells.view(*index)).collect()
    }

    /// How many tags are good, uncertain, bad.
    pub fn tally(&self) -> [usize; 3] {
        let cells = self.read();
        let mut tally = [0; 3];
        for index in cells.order.iter() {
            tally[cells.list[*index as usize].state.quality as usize] += 1;
        }
        tally
    }

    /// Follows changes. The first [`Changes::next`] answers at once with `schema`, so that a loop needs no special
    /// first round.
    pub fn subscribe(&self, interest: Interest) -> Changes {
        let subscriber = Subscriber::new(interest);
        let mut cells = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        subscriber.survey(cells.list.iter().map(|cell| cell.def.as_ref().map(|def| &def.name)));
        // Those whose reader is gone go now, or reconnecting readers would pile up between two declarations.
        cells.subscribers.retain(|subscriber| 0 < subscriber.strong_count());
        cells.subscribers.push(Arc::downgrade(&subscriber));
        drop(cells);
        Changes { shared: Arc::clone(&self.shared), subscriber }
    }
}

/// The image in one moment.
#[derive(Debug)]
pub struct Moment<'a>(&'a Cells);

impl Moment<'_> {
    /// What is now of the tag at this place; none when that tag is gone.
    pub fn state(&self, slot: Slot) -> Option<&TagState> {
        let cell = self.0.list.get(slot.index as usize)?;
        (cell.generation == slot.generation && cell.def.is_some()).then_some(&cell.state)
    }

    /// The tag of this cell; none when it is empty by now.
    pub fn tag(&self, cell: u32) -> Option<(&TagDef, &TagState)> {
        let cell = self.0.list.get(cell as usize)?;
        Some((cell.def.as_ref()?, &cell.state))
    }
}

/// The changes one reader follows.
#[derive(Debug)]
pub struct Changes {
    shared: Arc<RwLock<Cells>>,
    subscriber: Arc<Subscriber>,
}

impl Changes {
    /// Waits until something changed. Cancel-safe.
    pub async fn next(&mut self) -> Changed {
        self.subscriber.next().await
    }

    /// Waits until tags were added, removed or redefined; the answer has whatever else changed. Cancel-safe.
    pub async fn next_schema(&mut self) -> Changed {
        self.subscriber.next_schema().await
    }

    /// What changed already, if anything did.
    pub fn try_next(&mut self) -> Option<Changed> {
        self.subscriber.take()
    }

    /// Follows other tags from now on; the next answer has `schema` set.
    pub fn set_interest(&mut self, interest: Interest) {
        let cells = self.shared.read().unwrap_or_else(PoisonError::into_inner);
        self.subscriber.set_interest(interest);
        self.subscriber.survey(cells.list.iter().map(|cell| cell.def.as_ref().map(|def| &def.name)));
    }
}

#[cfg(test)]
mod tests;
