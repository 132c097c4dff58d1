//! Which objects there are: tables with their columns, and what there is one of. Tree and MIB file are made from it.

use super::cells::TagCell;
use super::house::{DeviceCell, EventCell, PortCell, ScalarCell, UnitCell};
use super::standard::{self, StandardCell};
use crate::tag::attribute::Attribute;
use crate::tag::channel::ChannelKind;
use crate::tag::def::{Origin, TagDef};

/// What has rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// What there is one of; its row is 0.
    One,
    /// Network interfaces, by the number the kernel gives them.
    Interface,
    /// Channels of one kind.
    Channel(ChannelKind),
    /// Modbus tags.
    Modbus,
    /// Internal registers.
    Internal,
    /// Computed tags.
    Computed,
    /// Ports.
    Port,
    /// Modbus devices.
    Device,
    /// Running parts.
    Unit,
    /// The last events, the newest first.
    Event,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 16] = [
        Self::One,
        Self::Interface,
        Self::Channel(ChannelKind::Di),
        Self::Channel(ChannelKind::Do),
        Self::Channel(ChannelKind::Relay),
        Self::Channel(ChannelKind::Ai),
        Self::Channel(ChannelKind::Ao),
        Self::Channel(ChannelKind::Rtd),
        Self::Channel(ChannelKind::Tc),
        Self::Modbus,
        Self::Internal,
        Self::Computed,
        Self::Port,
        Self::Device,
        Self::Unit,
        Self::Event,
    ];

    /// The table a tag stands in.
    pub fn of(def: &TagDef) -> Self {
        match def.origin {
            Origin::Modbus => Self::Modbus,
            Origin::Internal => Self::Internal,
            Origin::Computed => Self::Computed,
            Origin::Channel { kind, .. } => Self::Channel(kind),
        }
    }

    /// Its arc below our objects; none of what stands in the MIBs of others.
    pub fn arc(self) -> Option<u32> {
        match self {
            Self::One | Self::Interface => None,
            Self::Channel(ChannelKind::Di) => Some(11),
            Self::Channel(ChannelKind::Do) => Some(12),
            Self::Channel(ChannelKind::Relay) => Some(13),
            Self::Channel(ChannelKind::Ai) => Some(14),
            Self::Channel(ChannelKind::Ao) => Some(15),
            Self::Channel(ChannelKind::Rtd) => Some(16),
            Self::Channel(ChannelKind::Tc) => Some(17),
            Self::Modbus => Some(21),
            Self::Internal => Some(22),
            Self::Computed => Some(23),
            Self::Port => Some(31),
            Self::Device => Some(32),
            Self::Unit => Some(33),
            Self::Event => Some(34),
        }
    }

    /// What its descriptors begin with, and the word its row numbers are kept under.
    pub fn word(self) -> &'static str {
        match self {
            Self::One => "appliance",
            Self::Interface => "interface",
            Self::Channel(kind) => kind.as_str(),
            Self::Modbus => "modbusTag",
            Self::Internal => "internalTag",
            Self::Computed => "computedTag",
            Self::Port => "port",
            Self::Device => "device",
            Self::Unit => "unit",
            Self::Event => "event",
        }
    }

    /// The columns of ours; the row number is column 1 and is not read by itself.
    pub fn columns(self) -> Vec<Column> {
        match self {
            Self::One | Self::Interface => Vec::new(),
            Self::Channel(_) | Self::Modbus | Self::Internal | Self::Computed => {
                let cells = TagCell::ALL.into_iter().filter(|cell| cell.stands_in(self));
                cells.map(|cell| cell.column(self)).collect()
            }
            Self::Port => PortCell::ALL.into_iter().map(PortCell::column).collect(),
            Self::Device => DeviceCell::ALL.into_iter().map(DeviceCell::column).collect(),
            Self::Unit => UnitCell::ALL.into_iter().map(UnitCell::column).collect(),
            Self::Event => EventCell::ALL.into_iter().map(EventCell::column).collect(),
        }
    }
}

/// What an object holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Of RFC 3418 and others.
    Standard(StandardCell),
    /// Of the appliance.
    Scalar(ScalarCell),
    /// Of a tag.
    Tag(TagCell),
    /// Of a port.
    Port(PortCell),
    /// Of a device.
    Device(DeviceCell),
    /// Of a unit.
    Unit(UnitCell),
    /// Of an event.
    Event(EventCell),
}

/// One object of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Without the instance.
    pub oid: Vec<u32>,
    /// Where its rows are.
    pub table: Table,
    /// What it holds.
    pub cell: Cell,
}

/// The type of a column, as the MIB file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Syntax {
    /// UTF-8, at most 255 bytes.
    Text,
    /// Octets, at most so many.
    Octets(u32),
    /// Whole numbers in a range.
    Integer(i32, i32),
    /// Words with numbers.
    Enumeration(Vec<(String, i32)>),
    /// 0..4294967295, or up to an end.
    Unsigned(u32),
    /// Counts up and wraps.
    Counter,
    /// Up and down.
    Gauge,
    /// A time.
    Time,
}

impl Syntax {
    /// Words that count from 0.
    pub fn words(words: &[&str]) -> Self {
        Self::Enumeration((0..).zip(words).map(|(number, word)| ((*word).to_owned(), number)).collect())
    }
}

/// One column, or one object there is one of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its arc below the table's entry.
    pub arc: u32,
    /// What its descriptor ends with.
    pub suffix: &'static str,
    /// Its type.
    pub syntax: Syntax,
    /// Whether some row of it can be written.
    pub writable: bool,
    /// The unit of a number.
    pub units: Option<&'static str>,
    /// What it says.
    pub text: &'static str,
    /// What it holds.
    pub cell: Cell,
}

impl Column {
    /// A column that is read.
    pub fn read(arc: u32, suffix: &'static str, syntax: Syntax, text: &'static str, cell: Cell) -> Self {
        Self { arc, suffix, syntax, writable: false, units: None, text, cell }
    }

    /// With a unit.
    #[must_use]
    pub fn in_units(self, units: &'static str) -> Self {
        Self { units: Some(units), ..self }
    }

    /// One that can be written, where it can.
    #[must_use]
    pub fn writable_if(self, writable: bool) -> Self {
        Self { writable, ..self }
    }
}

/// The arc of our objects below the enterprise OID; notifications stand below 0, conformance below 2.
pub const OBJECTS: u32 = 1;
/// The arc of what there is one of, below our objects.
pub const SCALARS: u32 = 1;

/// Every object there is, with our own below this enterprise OID.
pub fn objects(enterprise: &[u32]) -> Vec<Object> {
    let mut all = standard::objects();
    let ours = |tail: &[u32]| [enterprise, &[OBJECTS], tail].concat();
    for column in ScalarCell::ALL.into_iter().map(ScalarCell::column) {
        all.push(Object { oid: ours(&[SCALARS, column.arc]), table: Table::One, cell: column.cell });
    }
    for table in Table::ALL {
        let Some(arc) = table.arc() else { continue };
        for column in table.columns() {
            all.push(Object { oid: ours(&[arc, 1, column.arc]), table, cell: column.cell });
        }
    }
    all.sort_by(|a, b| a.oid.cmp(&b.oid));
    all
}

/// Whether some tag of the table can have the attribute written.
pub(super) fn can_write(table: Table, attribute: Attribute) -> bool {
    let tags = matches!(table, Table::Modbus | Table::Internal | Table::Computed | Table::Channel(_));
    match (table, attribute) {
        (_, Attribute::ResetMin | Attribute::ResetMax) => tags,
        (Table::Modbus | Table::Internal, Attribute::Value) => true,
        (Table::Channel(kind), attribute) => kind.can_write(attribute),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_object_is_within_another_and_none_stands_twice() {
        let all = objects(&[1, 3, 6, 1, 4, 1, 9]);
        for pair in all.windows(2) {
            assert!(pair[0].oid < pair[1].oid && !pair[1].oid.starts_with(&pair[0].oid), "{pair:?}");
        }
    }

    #[test]
    fn arcs_and_descriptors_of_a_table_are_its_own() {
        for table in Table::ALL {
            let columns = table.columns();
            let arcs: BTreeSet<u32> = columns.iter().map(|column| column.arc).collect();
            let names: BTreeSet<&str> = columns.iter().map(|column| column.suffix).collect();
            assert_eq!((arcs.len(), names.len()), (columns.len(), columns.len()), "{table:?}");
            assert!(arcs.iter().all(|arc| 1 < *arc), "column 1 is the row number");
        }
    }
}
