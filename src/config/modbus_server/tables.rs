//! Tables of one device or module: where they begin, and whether under a unit id of their own.

use crate::config::fields::{Fields, shown_text};
use crate::config::problem::{Pointer, Problems};
use crate::modbus::address::Table;
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

/// Notes which parts of the list are each other's or nobody's. `knows` tells whether there is a device or module of a
/// name; `taken` who has a unit id already.
pub(in crate::config) fn judge(
    list: &mut Vec<TablesConfig>,
    knows: impl Fn(&str) -> bool,
    taken: impl Fn(u8) -> Option<String>,
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
}
