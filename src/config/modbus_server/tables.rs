//! Tables of one device or module: where they begin, and whether under a unit id of their own.

use super::TEXT_REGISTERS;
use crate::config::fields::{Fields, shown_text};
use crate::config::problem::{Pointer, Problems};
use crate::modbus::address::Table;
use crate::modbus::order::Order;
use crate::modbus::words::Codec;
use crate::tag::def::TagDef;
use crate::tag::value::ValueType;
use serde_json::Value as Json;

/// Unit ids of single devices (Modbus over serial line V1.02, 2.2); 0 and 255 mean the appliance itself.
const UNITS: std::ops::RangeInclusive<u8> = 1..=247;

/// Where the tables of a device, a module, `internal` or `computed` begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablesConfig {
    /// Where it stands in the list.
    pub index: usize,
    /// First half of the names of its tags.
    pub group: String,
    /// They are found under this unit id; none: under that of the appliance.
    pub unit: Option<u8>,
    /// First addresses, in the order of [`Table::ALL`].
    bases: [Option<u16>; 4],
}

impl TablesConfig {
    /// The first address in a table. None: in the map of the appliance the tags have their automatic places there.
    pub fn base(&self, table: Table) -> Option<u16> {
        // Under a unit id of its own there is nobody else: a table begins at 0 unless told otherwise.
        self.bases[table as usize].or(self.unit.map(|_| 0))
    }

    pub(super) fn read(json: &Json, at: Pointer<'_>, index: usize, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        fields.text("description", 2000, problems);
        let group = fields.required_text("module", 200, problems).map(str::to_owned);
        let unit = fields.optional_integer("unit_id", UNITS, problems);
        let bases = Table::ALL.map(|table| fields.optional_integer(table.as_str(), 0..=65_535, problems));
        if unit.is_none() && bases.iter().all(Option::is_none) {
            let sentence = "give a `unit_id`, or the first address in `coil`, `discrete`, `input` or `holding`";
            fields.error("unit_id", sentence, problems);
        }
        if !fields.finish(problems) {
            return None;
        }
        Some(Self { index, group: group?, unit, bases })
    }
}

/// The type a tag's value has in a register map. Numbers that were scaled from one register, and those of channels, have
/// no more digits than 32 bits of float hold; BCD is shown as a plain number.
pub fn value_type(def: &TagDef) -> ValueType {
    match def.kind {
        ValueType::F64 if def.channel().is_some() => ValueType::F32,
        ValueType::Bcd16 | ValueType::U16 | ValueType::I16 if def.scaled => ValueType::F32,
        kind if def.scaled && kind.is_numeric() && kind != ValueType::F32 => ValueType::F64,
        ValueType::Bcd16 => ValueType::U16,
        ValueType::Bcd32 => ValueType::U32,
        kind => kind,
    }
}

/// What the values of a device or module take at least.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::config) struct Room {
    bits: u32,
    registers: u32,
}

impl Room {
    /// Room for one value more.
    pub(in crate::config) fn add(&mut self, def: &TagDef) {
        match value_type(def) {
            ValueType::Bool => self.bits += 1,
            kind => self.registers += u32::from(Codec::new(kind, Order::BIG_ENDIAN, TEXT_REGISTERS).registers()),
        }
    }

    fn of(self, table: Table) -> u32 {
        if table.is_bits() { self.bits } else { self.registers }
    }
}

/// Notes which parts of the list are each other's or nobody's. `knows` tells whether there is a device or module of a
/// name; `taken` who has a unit id already; `room` what the values of a device or module take.
pub(in crate::config) fn judge(
    list: &mut Vec<TablesConfig>,
    knows: impl Fn(&str) -> bool,
    taken: impl Fn(u8) -> Option<String>,
    room: impl Fn(&str) -> Room,
    mut note: impl FnMut(usize, &str, String),
) {
    let mut refused = Vec::new();
    for (place, tables) in list.iter().enumerate() {
        let mut wrong = |member: &str, sentence: String| {
            note(tables.index, member, sentence);
            refused.push(tables.index);
        };
        if !knows(&tables.group) {
            wrong("module", format!("there is no device or module {}", shown_text(&tables.group)));
        } else if let Some(who) = tables.unit.and_then(&taken) {
            wrong("unit_id", who);
        } else if let Some((first, member)) = list[..place].iter().find_map(|first| Some((first, first.meets(tables)?)))
        {
            wrong(member, format!("number {} of this list has this already", first.index + 1));
        } else if let Some((first, table, end)) = list[..place]
            .iter()
            .find_map(|first| first.runs_into(tables, &room).map(|(table, end)| (first, table, end)))
        {
            let sentence = format!(
                "values of number {} of this list lie here too: leave room, or begin at {end}",
                first.index + 1
            );
            wrong(table.as_str(), sentence);
        }
    }
    list.retain(|tables| !refused.contains(&tables.index));
}

impl TablesConfig {
    /// The member in which both say the same of the same place.
    fn meets(&self, other: &Self) -> Option<&'static str> {
        if self.unit != other.unit {
            return None;
        }
        if self.group == other.group {
            return Some("module");
        }
        let same = |table: &Table| self.base(*table).is_some() && self.base(*table) == other.base(*table);
        Table::ALL.into_iter().find(same).map(Table::as_str)
    }

    /// The first table in which values of both would lie at the same address, and the address behind them.
    fn runs_into(&self, other: &Self, room: impl Fn(&str) -> Room) -> Option<(Table, u32)> {
        if self.unit != other.unit {
            return None;
        }
        let stretch = |tables: &Self, table| {
            let begin = tables.base(table).map(u32::from)?;
            Some((begin, begin + room(&tables.group).of(table)))
        };
        Table::ALL.into_iter().find_map(|table| {
            let ((begin, end), (other, behind)) = (stretch(self, table)?, stretch(other, table)?);
            (begin < behind && other < end).then_some((table, end))
        })
    }
}
