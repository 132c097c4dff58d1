//! Devices and modules whose tables begin where somebody said: in the map of the appliance, or under a unit id of their
//! own.
//!
//! Each has a layout that begins at 0, values first, and a first address moves it as a whole. A place in a layout is kept
//! as an automatic one is: a new tag comes behind. In the map of the appliance automatic places give way to a layout when
//! it is put there, and never because it grows.

use super::PACKED;
use super::assign::{Assigned, Places, PointKey, Space, TURNS, of_attribute};
use crate::config::modbus_server::MapConfig;
use crate::modbus::address::Table;
use crate::tag::def::TagDef;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Addresses `begin..end`.
pub(super) type Stretch = (u32, u32);

/// Behind the last address a layout can reach in this space: packed bits are kept free.
pub(super) fn end_of(space: Space) -> u32 {
    match space {
        Space::Bits | Space::OwnBits => 65_536,
        Space::Registers | Space::OwnRegisters => PACKED.into(),
    }
}

/// The first address of a group in a table of the appliance's map.
pub(super) fn base(config: &MapConfig, group: &str, table: Table) -> Option<u16> {
    let here = config.modules.iter().find(|tables| tables.unit.is_none() && tables.group == group);
    here.and_then(|tables| tables.base(table))
}

/// Whether no table of the appliance's map has automatic places of a group in this space.
pub(super) fn is_elsewhere(config: &MapConfig, group: &str, space: Space) -> bool {
    tables_of(space).all(|table| base(config, group, table).is_some())
}

fn tables_of(space: Space) -> impl Iterator<Item = Table> {
    Table::ALL.into_iter().filter(move |table| Space::of(*table) == space || Space::own(*table) == space)
}

/// New places in the layouts of these tags.
pub(super) fn lay_out(known: &Places, tags: &[&Arc<TagDef>], config: &MapConfig) -> Vec<(PointKey, Assigned)> {
    let mut news = Vec::new();
    let groups: HashSet<&str> = config.modules.iter().map(|tables| tables.group.as_str()).collect();
    let mut members: HashMap<&str, Vec<&Arc<TagDef>>> = HashMap::new();
    for def in tags.iter().filter(|def| groups.contains(def.name.group())) {
        members.entry(def.name.group()).or_default().push(def);
    }
    let mut ends: HashMap<(&str, Space), u32> = HashMap::new();
    let by_id = groups_by_id(tags);
    for (key, place) in known {
        let Some(group) = by_id.get(key.tag.as_str()) else { continue };
        let end = ends.entry((group, key.space)).or_default();
        *end = (*end).max(u32::from(place.address) + u32::from(place.count));
    }
    // In the order of the list: what two would take is the earlier one's.
    for group in config.modules.iter().filter_map(|tables| groups.get(tables.group.as_str())) {
        let Some(own) = members.remove(group) else { continue };
        for space in [Space::OwnBits, Space::OwnRegisters] {
            let mut next = ends.get(&(group, space)).copied().unwrap_or_default();
            let grows = 0 < next;
            let mut taken: Option<Vec<Stretch>> = None;
            for wanted in TURNS.into_iter().flat_map(|attribute| {
                own.iter().filter(move |def| def.has(attribute)).flat_map(move |def| of_attribute(def, attribute))
            }) {
                let key = PointKey { space: wanted.key.space.own_of(), ..wanted.key };
                if key.space != space || known.get(&key).is_some_and(|place| place.count == wanted.count) {
                    continue;
                }
                let count = u32::from(wanted.count);
                if grows {
                    let taken = taken.get_or_insert_with(|| others(known, &by_id, config, group, space));
                    while let Some((_, end)) = taken.iter().find(|(begin, end)| *begin < next + count && next < *end) {
                        next = *end;
                    }
                }
                if end_of(space) < next + count {
                    continue;
                }
                if let Ok(address) = u16::try_from(next) {
                    news.push((key, Assigned { address, count: wanted.count }));
                    next += count;
                }
            }
        }
    }
    news
}

/// What others have in the tables of a group, as addresses in its layout.
fn others(known: &Places, by_id: &HashMap<&str, &str>, config: &MapConfig, group: &str, space: Space) -> Vec<Stretch> {
    let mut taken = Vec::new();
    for table in tables_of(space) {
        let Some(own) = base(config, group, table).map(u32::from) else { continue };
        for (key, place) in known {
            let theirs = by_id.get(key.tag.as_str()).copied().unwrap_or_default();
            let begin = match base(config, theirs, table) {
                _ if theirs == group => continue,
                Some(first) if key.space == space => u32::from(first) + u32::from(place.address),
                None if key.space == Space::of(table) => place.address.into(),
                _ => continue,
            };
            let end = begin + u32::from(place.count);
            if own < end {
                taken.push((begin.saturating_sub(own), end - own));
            }
        }
    }
    taken.sort_unstable();
    taken
}

/// What layouts have taken in the map of the appliance, by [`Table`] in the order of [`Table::ALL`].
#[derive(Debug, Default)]
pub(super) struct Reserved([Vec<Stretch>; 4]);

impl Reserved {
    pub(super) fn new(known: &Places, tags: &[&Arc<TagDef>], config: &MapConfig) -> Self {
        let mut reserved = <[Vec<Stretch>; 4]>::default();
        let groups = groups_by_id(tags);
        for (key, place) in known.iter().filter(|(key, _)| key.space == key.space.own_of()) {
            let Some(group) = groups.get(key.tag.as_str()) else { continue };
            for table in tables_of(key.space) {
                if let Some(base) = base(config, group, table) {
                    let begin = u32::from(base) + u32::from(place.address);
                    reserved[table as usize].push((begin, begin + u32::from(place.count)));
                }
            }
        }
        Self(reserved.map(joined))
    }

    /// Behind what lies in the way of an automatic place, in the tables where the group has such places.
    pub(super) fn in_the_way(&self, config: &MapConfig, group: &str, space: Space, place: Stretch) -> Option<u32> {
        let (begin, end) = place;
        let met = tables_of(space).filter(|table| base(config, group, *table).is_none()).filter_map(|table| {
            let all = &self.0[table as usize];
            let first = all.partition_point(|(_, behind)| *behind <= begin);
            all.get(first).filter(|(other, _)| *other < end).map(|(_, behind)| *behind)
        });
        met.max()
    }
}

/// The group of each tag, by its id.
pub(super) fn groups_by_id<'a>(tags: &[&'a Arc<TagDef>]) -> HashMap<&'a str, &'a str> {
    tags.iter().map(|def| (def.id.as_str(), def.name.group())).collect()
}

fn joined(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort_unstable();
    let mut joined: Vec<Stretch> = Vec::new();
    for (begin, end) in stretches {
        match joined.last_mut() {
            Some(last) if begin <= last.1 => last.1 = last.1.max(end),
            _ => joined.push((begin, end)),
        }
    }
    joined
}

#[cfg(test)]
mod tests;
