//! The image as the four tables of a Modbus device: where each point lies, what a read finds there, what a write means.
//!
//! In reading order: the places of the automatic map ([`assign`]), how a point fills its registers ([`point`]), reading
//! and writing ([`access`]), and the map as a list for people ([`list`]).
//!
//! The automatic map knows two spaces, bits and registers. Coils and discrete inputs show the same bits, holding and
//! input registers the same registers, so that every client reaches every point; only coils and holding registers can
//! be written. From register [`PACKED`] on, all bits are there once more, sixteen to a register.

mod access;
pub mod assign;
pub mod list;
pub mod point;

use crate::config::modbus_server::{Gaps, MapConfig, Stale};
use crate::modbus::address::Table;
use crate::tag::attribute::Attribute;
use crate::tag::def::TagDef;
use assign::{Places, Space};
use point::Point;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

pub use access::{Refused, Step};

/// The first register of the packed bits of the automatic map: bit `n` is bit `n` modulo 16 of register
/// `PACKED + n / 16`, the lowest bit first. 4096 registers hold all 65536 bits.
pub const PACKED: u16 = 61_440;

/// One entry: a point at its place.
#[derive(Debug, Clone)]
pub struct Entry {
    /// First address, 0-based.
    pub address: u16,
    /// Bits or registers it takes.
    pub count: u16,
    /// Index of its tag in the list the map was made from.
    pub tag: u32,
    /// Whether clients may write it.
    pub writable: bool,
    /// What it reads as while it is stale.
    pub stale: Stale,
    /// How it fills its place.
    pub point: Point,
}

impl Entry {
    fn end(&self) -> u32 {
        u32::from(self.address) + u32::from(self.count)
    }
}

/// All four tables; cheap to clone.
#[derive(Debug, Clone)]
pub struct RegisterMap {
    tags: Arc<[Arc<TagDef>]>,
    /// Sorted by address, apart from each other; by [`Table`] in the order of [`Table::ALL`].
    tables: [Arc<[Entry]>; 4],
    /// Whether the bits are in the registers once more.
    packed: bool,
    gaps: Gaps,
    max_age: Option<Duration>,
    /// Points for which there was no room.
    left_out: usize,
}

impl RegisterMap {
    /// The map of these tags: by the entries somebody wrote, or automatic, by these places. `places` has a place for
    /// every point that has room, as [`assign::assign`] gives it; an edited map takes none.
    pub fn new(config: &MapConfig, tags: impl IntoIterator<Item = Arc<TagDef>>, places: &Places) -> Self {
        let tags: Arc<[Arc<TagDef>]> = tags.into_iter().collect();
        let (tables, left_out) = match &config.entries {
            Some(_) => (edited(config, &tags), 0),
            None => automatic(config, &tags, places),
        };
        let packed = config.entries.is_none();
        Self { tags, tables, packed, gaps: config.gaps, max_age: config.max_age, left_out }
    }

    /// Points for which there was no room.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// The tags it was made from.
    pub fn tags(&self) -> &[Arc<TagDef>] {
        &self.tags
    }

    /// The tag of an entry.
    pub fn tag(&self, entry: &Entry) -> &Arc<TagDef> {
        &self.tags[entry.tag as usize]
    }

    /// The entries of a table, by rising address.
    pub fn entries(&self, table: Table) -> &[Entry] {
        &self.tables[table as usize]
    }

    /// Whether both tables of bits, and both of registers, show the same.
    pub fn is_automatic(&self) -> bool {
        self.packed
    }
}

fn edited(config: &MapConfig, tags: &[Arc<TagDef>]) -> [Arc<[Entry]>; 4] {
    let by_name: HashMap<_, _> = (0u32..).zip(tags).map(|(place, def)| (&def.name, place)).collect();
    let entries = config.entries.as_deref().unwrap_or_default();
    Table::ALL.map(|table| {
        let here = entries.iter().filter(|entry| entry.span.table() == table);
        let mut here: Vec<Entry> = here
            .filter_map(|entry| {
                let tag = *by_name.get(&entry.tag)?;
                let order = entry.order.unwrap_or(config.order);
                Some(Entry {
                    address: entry.span.address(),
                    count: entry.span.count(),
                    tag,
                    writable: entry.writable,
                    stale: entry.stale.unwrap_or(config.stale),
                    point: Point::new(entry.attribute, entry.kind, order, entry.span.count()),
                })
            })
            .collect();
        here.sort_by_key(|entry| entry.address);
        here.into()
    })
}

fn automatic(config: &MapConfig, tags: &[Arc<TagDef>], places: &Places) -> ([Arc<[Entry]>; 4], usize) {
    let mut spaces = [Vec::new(), Vec::new()];
    let mut left_out = 0;
    for (tag, def) in (0u32..).zip(tags) {
        for wanted in assign::wanted_of(def) {
            let place = places.get(&wanted.key).filter(|place| place.count == wanted.count);
            let Some(place) = place else {
                left_out += 1;
                continue;
            };
            let (attribute, space) = (wanted.key.attribute, wanted.key.space);
            // The bit of the quality says more or less; what it says cannot be written.
            let writable = config.writable && def.can_write(attribute);
            spaces[space as usize].push(Entry {
                address: place.address,
                count: place.count,
                tag,
                writable,
                stale: config.stale,
                point: Point::new(attribute, wanted.kind, config.order, place.count),
            });
        }
    }
    let [bits, registers] = spaces.map(|mut entries: Vec<Entry>| -> Arc<[Entry]> {
        entries.sort_by_key(|entry| entry.address);
        entries.into()
    });
    let both = |space| match space {
        Space::Bits => Arc::clone(&bits),
        Space::Registers => Arc::clone(&registers),
    };
    (Table::ALL.map(|table| both(Space::of(table))), left_out)
}

/// Whether the attribute is about the value, and stale with it.
fn ages(attribute: Attribute) -> bool {
    matches!(attribute, Attribute::Value | Attribute::Raw)
}

#[cfg(test)]
mod tests;
