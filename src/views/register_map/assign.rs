//! The places of the automatic map. A point that has a place keeps it for as long as its tag lives; a new one is put
//! behind those that are there. So a new tag never moves another one's registers.

use super::PACKED;
use super::modules::{self, Reserved, Stretch};
use super::point::shape;
use crate::config::modbus_server::MapConfig;
use crate::modbus::address::Table;
use crate::tag::attribute::Attribute;
use crate::tag::def::TagDef;
use crate::tag::value::ValueType;
use std::collections::HashMap;
use std::sync::Arc;

/// Bits, or registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// Coils and discrete inputs.
    Bits,
    /// Holding and input registers.
    Registers,
    /// Bits in the layout of a device or module.
    OwnBits,
    /// Registers in the layout of a device or module.
    OwnRegisters,
}

impl Space {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Bits, Self::Registers, Self::OwnBits, Self::OwnRegisters];

    /// The space of the automatic places a table shows.
    pub fn of(table: Table) -> Self {
        if table.is_bits() { Self::Bits } else { Self::Registers }
    }

    /// The space of the layouts a table shows.
    pub fn own(table: Table) -> Self {
        Self::of(table).own_of()
    }

    /// The same in a layout.
    #[must_use]
    pub fn own_of(self) -> Self {
        match self {
            Self::Bits | Self::OwnBits => Self::OwnBits,
            Self::Registers | Self::OwnRegisters => Self::OwnRegisters,
        }
    }

    /// The word it is filed under.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bits => "bit",
            Self::Registers => "register",
            Self::OwnBits => "own-bit",
            Self::OwnRegisters => "own-register",
        }
    }

    /// The space of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|space| space.as_str() == word)
    }
}

/// A point in a space, by the id of its tag, which a rename does not change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PointKey {
    /// Id of the tag.
    pub tag: String,
    /// Where it is.
    pub space: Space,
    /// Which aspect of the tag.
    pub attribute: Attribute,
}

/// A place in a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assigned {
    /// First address, 0-based.
    pub address: u16,
    /// Bits or registers.
    pub count: u16,
}

/// The places there are, by point.
pub type Places = HashMap<PointKey, Assigned>;

/// A point that wants a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Which.
    pub key: PointKey,
    /// As what.
    pub kind: ValueType,
    /// Bits or registers.
    pub count: u16,
}

/// Where points of a kind lie: `begin..end` of their space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Area {
    begin: u32,
    end: u32,
}

const VALUE_BITS: Area = Area { begin: 0, end: 32_768 };
const QUALITY_BITS: Area = Area { begin: 32_768, end: 49_152 };
const OTHER_BITS: Area = Area { begin: 49_152, end: 65_536 };
const VALUES: Area = Area { begin: 0, end: 32_768 };
const ATTRIBUTES: Area = Area { begin: 32_768, end: PACKED as u32 };

/// Who gets room first. The texts are long and never change: they come last.
pub(super) const TURNS: [Attribute; 30] = [
    Attribute::Value,
    Attribute::Quality,
    Attribute::Status,
    Attribute::Count,
    Attribute::Counting,
    Attribute::Overflow,
    Attribute::ClearOverflow,
    Attribute::Pulsing,
    Attribute::PulseCount,
    Attribute::PulseOn,
    Attribute::PulseOff,
    Attribute::TotalCount,
    Attribute::CurrentCount,
    Attribute::ResetCurrentCount,
    Attribute::Mode,
    Attribute::Forced,
    Attribute::SafeMode,
    Attribute::Reason,
    Attribute::Raw,
    Attribute::Min,
    Attribute::Max,
    Attribute::ResetMin,
    Attribute::ResetMax,
    Attribute::AgeMs,
    Attribute::Timestamp,
    Attribute::Exception,
    Attribute::DeviceStatus,
    Attribute::Type,
    Attribute::Unit,
    Attribute::Description,
];

/// The points a tag has in the automatic map: every attribute it has, and a bit that is set while its quality is good.
pub fn wanted_of(def: &TagDef) -> impl Iterator<Item = Wanted> + '_ {
    TURNS.into_iter().filter(|attribute| def.has(*attribute)).flat_map(move |attribute| of_attribute(def, attribute))
}

pub(super) fn of_attribute(def: &TagDef, attribute: Attribute) -> impl Iterator<Item = Wanted> + use<> {
    let (kind, registers) = shape(def, attribute);
    let place = |space, kind, count| Wanted { key: PointKey { tag: def.id.clone(), space, attribute }, kind, count };
    let own = match kind {
        ValueType::Bool => place(Space::Bits, kind, 1),
        _ => place(Space::Registers, kind, registers),
    };
    let good = (attribute == Attribute::Quality).then(|| place(Space::Bits, ValueType::Bool, 1));
    std::iter::once(own).chain(good)
}

fn area(key: &PointKey) -> Area {
    match (key.space, key.attribute) {
        (Space::Bits, Attribute::Value) => VALUE_BITS,
        (Space::Bits, Attribute::Quality) => QUALITY_BITS,
        (Space::Bits, _) => OTHER_BITS,
        (Space::Registers, Attribute::Value) => VALUES,
        (Space::Registers, _) => ATTRIBUTES,
        (layout, _) => Area { begin: 0, end: modules::end_of(layout) },
    }
}

/// Gives places to the points of these tags that have none, or one of another size, and answers only those new places.
/// They lie behind all others of their area; where that is full, in the first gap that is wide enough. A point for which
/// there is no room gets none. Layouts of modules come first; what lies where one of them is put gets another place.
pub fn assign<'a>(
    known: &Places,
    tags: impl IntoIterator<Item = &'a Arc<TagDef>>,
    config: &MapConfig,
) -> Vec<(PointKey, Assigned)> {
    let tags: Vec<&Arc<TagDef>> = tags.into_iter().collect();
    let mut news = modules::lay_out(known, &tags, config);
    if config.entries.is_some() {
        return news;
    }
    let mut kept;
    let (mut known, mut reserved) = (known, Reserved::default());
    if config.modules.iter().any(|tables| tables.unit.is_none()) {
        kept = known.clone();
        kept.extend(news.iter().cloned());
        reserved = Reserved::new(&kept, &tags, config);
        let groups = modules::groups_by_id(&tags);
        kept.retain(|key, place| {
            let group = groups.get(key.tag.as_str()).copied().unwrap_or_default();
            let stretch = (u32::from(place.address), u32::from(place.address) + u32::from(place.count));
            key.space == key.space.own_of() || reserved.in_the_way(config, group, key.space, stretch).is_none()
        });
        known = &kept;
    }
    let mut rooms = Rooms::new(known);
    // By attribute first: what is alike lies together, and one read fetches the quality of a whole module.
    for attribute in TURNS {
        for def in tags.iter().filter(|def| def.has(attribute)) {
            for wanted in of_attribute(def, attribute) {
                let (space, group) = (wanted.key.space, def.name.group());
                if known.get(&wanted.key).is_some_and(|place| place.count == wanted.count)
                    || modules::is_elsewhere(config, group, space)
                {
                    continue;
                }
                let in_the_way = |place| reserved.in_the_way(config, group, space, place);
                if let Some(address) = rooms.take(area(&wanted.key), space, wanted.count, in_the_way) {
                    news.push((wanted.key, Assigned { address, count: wanted.count }));
                }
            }
        }
    }
    news
}

/// What is taken, by area.
struct Rooms<'a> {
    known: &'a Places,
    areas: Vec<Room>,
}

struct Room {
    space: Space,
    area: Area,
    /// Behind everything that is taken.
    next: u32,
    /// Free pieces below `next`, looked for when the end is reached.
    gaps: Option<Vec<Stretch>>,
}

impl<'a> Rooms<'a> {
    fn new(known: &'a Places) -> Self {
        let mut rooms = Self { known, areas: Vec::new() };
        for (key, place) in known {
            let end = u32::from(place.address) + u32::from(place.count);
            let room = rooms.room(area(key), key.space);
            room.next = room.next.max(end);
        }
        rooms
    }

    fn room(&mut self, area: Area, space: Space) -> &mut Room {
        let found = self.areas.iter().position(|room| room.area == area && room.space == space);
        let found = found.unwrap_or_else(|| {
            self.areas.push(Room { space, area, next: area.begin, gaps: None });
            self.areas.len() - 1
        });
        &mut self.areas[found]
    }

    /// `in_the_way` tells behind what a place must lie that cannot be where it is asked for.
    fn take(
        &mut self,
        area: Area,
        space: Space,
        count: u16,
        in_the_way: impl Fn(Stretch) -> Option<u32>,
    ) -> Option<u16> {
        let known = self.known;
        let room = self.room(area, space);
        let count = u32::from(count);
        let free = |mut begin: u32| {
            while let Some(behind) = in_the_way((begin, begin + count)) {
                begin = behind;
            }
            begin
        };
        let address = free(room.next);
        if address + count <= area.end {
            room.next = address + count;
            return u16::try_from(address).ok();
        }
        let gaps = room.gaps.get_or_insert_with(|| gaps_of(known, area, space));
        let (gap, address) = gaps.iter_mut().find_map(|gap| {
            let address = free(gap.0);
            (address + count <= gap.1).then_some((gap, address))
        })?;
        gap.0 = address + count;
        u16::try_from(address).ok()
    }
}

/// The free pieces between places that were taken before.
fn gaps_of(known: &Places, wanted: Area, space: Space) -> Vec<Stretch> {
    let mut taken: Vec<Stretch> = known
        .iter()
        .filter(|(key, _)| key.space == space && area(key) == wanted)
        .map(|(_, place)| (u32::from(place.address), u32::from(place.address) + u32::from(place.count)))
        .collect();
    taken.sort_unstable();
    let mut gaps = Vec::new();
    let mut reach = wanted.begin;
    for (begin, end) in taken {
        if reach < begin {
            gaps.push((reach, begin));
        }
        reach = reach.max(end);
    }
    gaps
}
