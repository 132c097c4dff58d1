//! The image as the four tables of a Modbus device: where each point lies, what a read finds there, what a write means.
//!
//! In reading order: the places of the automatic map ([`assign`]), modules that lie elsewhere (`modules`), how a point fills its registers ([`point`]), reading
//! and writing ([`access`]), and the map as a list for people ([`list`]).
//!
//! The automatic map knows two spaces, bits and registers. Coils and discrete inputs show the same bits, holding and
//! input registers the same registers, so that every client reaches every point; only coils and holding registers can
//! be written. From register [`PACKED`] on, all bits are there once more, sixteen to a register.

mod access;
pub mod assign;
pub mod list;
mod modules;
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

    /// The map under a unit id that devices or modules have for themselves, of the same tags.
    #[must_use]
    pub fn for_unit(&self, config: &MapConfig, unit: u8, places: &Places) -> Self {
        let own = |table| {
            fill(config, &self.tags, places, table, |group| {
                let here = config.modules.iter().find(|one| one.unit == Some(unit) && one.group == group);
                here.and_then(|one| one.base(table)).map(Lies::From)
            })
        };
        let (tables, left_out) = four(own);
        Self { tags: Arc::clone(&self.tags), tables, packed: true, left_out, ..*self }
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

/// Where the points of a group lie in a table.
enum Lies {
    /// Each at its automatic place.
    Automatic,
    /// In their layout, which begins here.
    From(u16),
}

fn automatic(config: &MapConfig, tags: &[Arc<TagDef>], places: &Places) -> ([Arc<[Entry]>; 4], usize) {
    let own = |table| {
        let lies = |group: &str| Some(modules::base(config, group, table).map_or(Lies::Automatic, Lies::From));
        fill(config, tags, places, table, lies)
    };
    if config.modules.iter().any(|tables| tables.unit.is_none()) {
        return four(own);
    }
    // Both tables of a space show the same.
    let [(bits, few), (registers, fewer)] = [own(Table::Coil), own(Table::Holding)];
    let shared = Table::ALL.map(|table| Arc::clone(if table.is_bits() { &bits } else { &registers }));
    (shared, few + fewer)
}

/// Four tables; what is missing in one of two that show the same points is counted once.
fn four(own: impl Fn(Table) -> (Arc<[Entry]>, usize)) -> ([Arc<[Entry]>; 4], usize) {
    let [coils, discretes, inputs, holdings] = Table::ALL.map(&own).map(|(entries, missing)| (entries, missing));
    let left_out = coils.1.max(discretes.1) + inputs.1.max(holdings.1);
    ([coils.0, discretes.0, inputs.0, holdings.0], left_out)
}

/// The entries of a table, and for how many points there is no room in it. `lies` tells where those of a group are; none:
/// not here.
fn fill(
    config: &MapConfig,
    tags: &[Arc<TagDef>],
    places: &Places,
    table: Table,
    lies: impl Fn(&str) -> Option<Lies>,
) -> (Arc<[Entry]>, usize) {
    let (mut entries, mut left_out) = (Vec::new(), 0);
    for (tag, def) in (0u32..).zip(tags) {
        let Some(lies) = lies(def.name.group()) else { continue };
        for mut wanted in assign::wanted_of(def).filter(|wanted| wanted.key.space == Space::of(table)) {
            let base = match lies {
                Lies::Automatic => 0,
                Lies::From(base) => {
                    wanted.key.space = Space::own(table);
                    base
                }
            };
            let place = places.get(&wanted.key).filter(|place| place.count == wanted.count);
            let address = place
                .and_then(|place| base.checked_add(place.address))
                .filter(|address| u32::from(*address) + u32::from(wanted.count) <= modules::end_of(wanted.key.space));
            let Some(address) = address else {
                left_out += 1;
                continue;
            };
            let attribute = wanted.key.attribute;
            // The bit of the quality says more or less; what it says cannot be written.
            let writable = config.writable && def.can_write(attribute);
            let point = Point::new(attribute, wanted.kind, config.order, wanted.count);
            entries.push(Entry { address, count: wanted.count, tag, writable, stale: config.stale, point });
        }
    }
    entries.sort_by_key(|entry: &Entry| entry.address);
    left_out += part(&mut entries);
    (entries.into(), left_out)
}

/// Leaves of entries that overlap only one, a value if one is among them; how many went. First addresses may be too near
/// each other for all that lies behind the values, or for what has grown since: nothing is read as something else.
fn part(entries: &mut Vec<Entry>) -> usize {
    let before = entries.len();
    let mut kept: Vec<Entry> = Vec::with_capacity(before);
    for entry in entries.drain(..) {
        let in_the_way = kept.last().filter(|last| u32::from(entry.address) < last.end());
        match in_the_way.map(|last| last.point.attribute() != Attribute::Value) {
            None => kept.push(entry),
            Some(true) if entry.point.attribute() == Attribute::Value => {
                kept.pop();
                kept.push(entry);
            }
            Some(_) => (),
        }
    }
    *entries = kept;
    before - entries.len()
}

/// Whether the attribute is about the value, and stale with it.
fn ages(attribute: Attribute) -> bool {
    matches!(attribute, Attribute::Value | Attribute::Raw)
}

#[cfg(test)]
mod tests;
