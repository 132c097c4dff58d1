//! The map as a list for people and programs: one line an entry.

use super::{Entry, PACKED, RegisterMap};
use crate::modbus::address::Table;
use serde::Serialize;

/// One entry in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The tables it is found in, `coil` or `holding` first.
    pub tables: Vec<&'static str>,
    /// First address, 0-based.
    pub address: u16,
    /// The same in the traditional notation of the first table: 40001 is holding register 0.
    pub reference: String,
    /// Bits or registers.
    pub count: u16,
    /// The tag.
    pub tag: String,
    /// Which aspect of it.
    pub attribute: &'static str,
    /// As what.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Order of bytes; empty for bits and texts.
    pub order: &'static str,
    /// Engineering unit.
    pub unit: String,
    /// Whether it may be written.
    pub writable: bool,
    /// Of a bit in the automatic map: where it is found in packed registers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packed: Option<String>,
}

/// Neighbouring entries of one group and attribute, for a picture of the tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Block {
    /// The tables it is found in.
    pub tables: Vec<&'static str>,
    /// First address, 0-based.
    pub address: u16,
    /// Bits or registers.
    pub count: u32,
    /// Entries.
    pub entries: usize,
    /// Device, module, `internal` or `computed`.
    pub group: String,
    /// Which aspect of its tags.
    pub attribute: &'static str,
}

/// The picture of a list: what lies side by side and is alike is one block.
pub fn blocks(lines: &[Line]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in lines {
        let group = line.tag.split_once('/').map_or("", |(group, _)| group);
        match blocks.last_mut() {
            Some(block)
                if block.tables == line.tables
                    && block.group == group
                    && block.attribute == line.attribute
                    && u32::from(block.address) + block.count == u32::from(line.address) =>
            {
                block.count += u32::from(line.count);
                block.entries += 1;
            }
            _ => blocks.push(Block {
                tables: line.tables.clone(),
                address: line.address,
                count: line.count.into(),
                entries: 1,
                group: group.to_owned(),
                attribute: line.attribute,
            }),
        }
    }
    blocks
}

impl RegisterMap {
    /// Every entry, table by table; where two tables show the same, once for both.
    pub fn lines(&self) -> Vec<Line> {
        let pairs = [[Table::Coil, Table::Discrete], [Table::Holding, Table::Input]];
        let of = |tables: &[Table], first: Table| {
            self.entries(first).iter().map(|entry| self.line(tables, first, entry)).collect::<Vec<_>>()
        };
        let of_pair = |[first, second]: [Table; 2]| {
            if self.show_the_same(first, second) {
                of(&[first, second], first)
            } else {
                [of(&[first], first), of(&[second], second)].concat()
            }
        };
        pairs.into_iter().flat_map(of_pair).collect()
    }

    fn show_the_same(&self, first: Table, second: Table) -> bool {
        let place = |entry: &Entry| (entry.address, entry.tag, entry.point.attribute());
        self.is_automatic() && self.entries(first).iter().map(place).eq(self.entries(second).iter().map(place))
    }

    fn line(&self, tables: &[Table], first: Table, entry: &Entry) -> Line {
        let def = self.tag(entry);
        let packed = (self.is_automatic() && first == Table::Coil)
            .then(|| format!("{}.{}", PACKED + entry.address / 16, entry.address % 16));
        Line {
            tables: tables.iter().map(|table| table.as_str()).collect(),
            address: entry.address,
            reference: reference(first, entry.address),
            count: entry.count,
            tag: def.name.to_string(),
            attribute: entry.point.attribute().as_str(),
            kind: entry.point.kind().as_str(),
            order: entry.point.order(),
            unit: def.unit.clone(),
            writable: entry.writable,
            packed,
        }
    }
}

/// 40001 for holding register 0; six digits beyond 49999.
fn reference(table: Table, address: u16) -> String {
    let number = u32::from(address) + 1;
    if number <= 9999 { format!("{}{number:04}", table.digit()) } else { format!("{}{number:05}", table.digit()) }
}
