//! Where a value lies: table, first address, count.

use std::fmt;

/// One of the four tables of a Modbus device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Bits that can be written (0xxxx).
    Coil,
    /// Bits that can only be read (1xxxx).
    Discrete,
    /// Registers that can only be read (3xxxx).
    Input,
    /// Registers that can be written (4xxxx).
    Holding,
}

impl Table {
    /// All four, in the order of their traditional digits.
    pub const ALL: [Self; 4] = [Self::Coil, Self::Discrete, Self::Input, Self::Holding];

    /// The word of the document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Coil => "coil",
            Self::Discrete => "discrete",
            Self::Input => "input",
            Self::Holding => "holding",
        }
    }

    /// The table of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.as_str() == word)
    }

    /// Whether the table holds single bits.
    pub fn is_bits(self) -> bool {
        matches!(self, Self::Coil | Self::Discrete)
    }

    /// Whether the protocol has a write for it.
    pub fn is_writable(self) -> bool {
        matches!(self, Self::Coil | Self::Holding)
    }

    /// The leading digit of the traditional notation.
    pub fn digit(self) -> char {
        match self {
            Self::Coil => '0',
            Self::Discrete => '1',
            Self::Input => '3',
            Self::Holding => '4',
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A range beyond the table: the user gives a lower address or a smaller count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// Nothing would be read.
    #[error("the count must be at least 1")]
    Empty,
    /// The last item would have an address above 65535.
    #[error("{count} items from address {address} end beyond 65535")]
    Beyond {
        /// First address.
        address: u16,
        /// Items asked for.
        count: u16,
    },
}

/// A run of bits or registers of one table; at least one, all within 0..=65535.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    table: Table,
    address: u16,
    count: u16,
}

impl Span {
    /// `count` items from the 0-based `address`.
    pub fn new(table: Table, address: u16, count: u16) -> Result<Self, SpanError> {
        if count == 0 {
            return Err(SpanError::Empty);
        }
        if address.checked_add(count - 1).is_none() {
            return Err(SpanError::Beyond { address, count });
        }
        Ok(Self { table, address, count })
    }

    /// The table.
    pub fn table(&self) -> Table {
        self.table
    }

    /// First address, 0-based.
    pub fn address(&self) -> u16 {
        self.address
    }

    /// Number of bits or registers, at least 1.
    pub fn count(&self) -> u16 {
        self.count
    }

    /// One past the last address; up to 65536.
    pub fn end(&self) -> u32 {
        u32::from(self.address) + u32::from(self.count)
    }

    /// Where `inner` begins inside this span; `None` if it is not wholly inside.
    pub fn offset_of(&self, inner: &Self) -> Option<usize> {
        (self.table == inner.table && self.address <= inner.address && inner.end() <= self.end())
            .then(|| usize::from(inner.address - self.address))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.table, self.address)?;
        if 1 < self.count { write!(f, "..{}", self.end() - 1) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_stays_in_its_table() {
        assert_eq!(Span::new(Table::Coil, 0, 0), Err(SpanError::Empty));
        assert!(Span::new(Table::Input, 65535, 1).is_ok());
        assert_eq!(Span::new(Table::Input, 65535, 2), Err(SpanError::Beyond { address: 65535, count: 2 }));
        let outer = Span::new(Table::Input, 10, 5).unwrap();
        assert_eq!(outer.offset_of(&Span::new(Table::Input, 13, 2).unwrap()), Some(3));
        assert_eq!(outer.offset_of(&Span::new(Table::Input, 13, 3).unwrap()), None);
        assert_eq!(outer.offset_of(&Span::new(Table::Holding, 13, 2).unwrap()), None);
    }
}
