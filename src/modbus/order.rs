//! In which order the bytes of a value lie in its registers.

use crate::tag::value::ValueType;
use std::fmt;

/// Byte order as three independent swaps, seen from big-endian: the bytes of each register, the registers of each
/// 32 bits, the 32-bit halves of each 64 bits. A value uses the swaps its width has room for.
///
/// So every order in use has a name of letters, A the most significant byte, in the order of the wire: two of
/// 16 bits, four of 32, eight of 64. Orders that are none of these (`ACBD`) do not exist in devices and are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Order {
    bytes: bool,
    words: bool,
    halves: bool,
}

/// The order's word does not exist for this type: the user picks one of the words listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// A word of the wrong length, or no order at all.
    #[error("`{given}` is not a byte order of {kind}; it is one of {}", .known.join(", "))]
    Unknown {
        /// What was written.
        given: String,
        /// The tag's type.
        kind: ValueType,
        /// The words of this type.
        known: Vec<&'static str>,
    },
    /// Strings have one order only.
    #[error("a string has no byte order: the high byte of each register comes first")]
    Text,
}

const WORDS_16: [(&str, Order); 2] = [("AB", Order::new(false, false, false)), ("BA", Order::new(true, false, false))];

const WORDS_32: [(&str, Order); 4] = [
    ("ABCD", Order::new(false, false, false)),
    ("CDAB", Order::new(false, true, false)),
    ("BADC", Order::new(true, false, false)),
    ("DCBA", Order::new(true, true, false)),
];

const WORDS_64: [(&str, Order); 8] = [
    ("ABCDEFGH", Order::new(false, false, false)),
    ("GHEFCDAB", Order::new(false, true, true)),
    ("BADCFEHG", Order::new(true, false, false)),
    ("HGFEDCBA", Order::new(true, true, true)),
    ("CDABGHEF", Order::new(false, true, false)),
    ("EFGHABCD", Order::new(false, false, true)),
    ("DCBAHGFE", Order::new(true, true, false)),
    ("FEHGBADC", Order::new(true, false, true)),
];

/// The words a whole device may use; the letters are those of its 32-bit values.
const DEVICE_WORDS: [(&str, &str, Order); 4] = [
    ("big-endian", "ABCD", Order::new(false, false, false)),
    ("word-swap", "CDAB", Order::new(false, true, true)),
    ("byte-swap", "BADC", Order::new(true, false, false)),
    ("little-endian", "DCBA", Order::new(true, true, true)),
];

impl Order {
    /// Most significant byte first: the order of the Modbus specification.
    pub const BIG_ENDIAN: Self = Self::new(false, false, false);

    const fn new(bytes: bool, words: bool, halves: bool) -> Self {
        Self { bytes, words, halves }
    }

    /// The order of one tag of this type: `AB` `BA`, `ABCD` `CDAB` `BADC` `DCBA`, or eight letters.
    pub fn parse(word: &str, kind: ValueType) -> Result<Self, OrderError> {
        if kind == ValueType::String {
            return Err(OrderError::Text);
        }
        let table = table_of(kind);
        table.iter().find(|(name, _)| *name == word).map(|(_, order)| *order).ok_or_else(|| OrderError::Unknown {
            given: word.to_owned(),
            kind,
            known: table.iter().map(|(name, _)| *name).collect(),
        })
    }

    /// The order of all tags of a device: `big-endian`, `word-swap`, `byte-swap`, `little-endian`, or the letters of
    /// its 32-bit values. 64-bit values then reverse all four registers where 32-bit ones reverse two.
    pub fn parse_device(word: &str) -> Option<Self> {
        DEVICE_WORDS.iter().find(|(name, letters, _)| *name == word || *letters == word).map(|(_, _, order)| *order)
    }

    /// The words [`Order::parse_device`] knows.
    pub fn device_words() -> impl Iterator<Item = &'static str> {
        DEVICE_WORDS.iter().map(|(name, _, _)| *name)
    }

    /// The word of this order for values of a type; what the type has no room for is left out.
    pub fn word(self, kind: ValueType) -> &'static str {
        let fits = |order: &Self| match registers(kind) {
            1 => order.bytes == self.bytes,
            2 => order.bytes == self.bytes && order.words == self.words,
            _ => *order == self,
        };
        table_of(kind).iter().find(|(_, order)| fits(order)).map_or("", |(name, _)| name)
    }

    /// Between wire order and big-endian, either way: each swap undoes itself.
    pub fn arrange(self, registers: &mut [u16]) {
        if self.bytes {
            for word in registers.iter_mut() {
                *word = word.swap_bytes();
            }
        }
        if self.words {
            for pair in registers.chunks_exact_mut(2) {
                pair.swap(0, 1);
            }
        }
        if self.halves {
            for four in registers.chunks_exact_mut(4) {
                four.rotate_left(2);
            }
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word(ValueType::U64))
    }
}

/// Registers of a value of this type; 1 for bool, the fewest for a string.
fn registers(kind: ValueType) -> usize {
    match kind {
        ValueType::U64 | ValueType::I64 | ValueType::F64 => 4,
        ValueType::U32 | ValueType::I32 | ValueType::F32 | ValueType::Bcd32 => 2,
        ValueType::Bool | ValueType::U16 | ValueType::I16 | ValueType::Bcd16 | ValueType::String => 1,
    }
}

fn table_of(kind: ValueType) -> &'static [(&'static str, Order)] {
    match registers(kind) {
        1 => &WORDS_16,
        2 => &WORDS_32,
        _ => &WORDS_64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spells the value 0xAABBCCDD... as letters in wire order.
    fn spell(order: Order, registers: usize) -> String {
        let mut words: Vec<u16> = (0..registers)
            .map(|i| {
                let high = b'A' + u8::try_from(i * 2).unwrap();
                u16::from_be_bytes([high, high + 1])
            })
            .collect();
        order.arrange(&mut words);
        words.iter().flat_map(|word| word.to_be_bytes()).map(char::from).collect()
    }

    #[test]
    fn the_letters_are_the_bytes_on_the_wire() {
        for kind in ValueType::ALL {
            for (word, order) in table_of(kind) {
                assert_eq!(spell(*order, registers(kind)), *word, "{kind}");
                if kind != ValueType::String {
                    assert_eq!(Order::parse(word, kind), Ok(*order));
                    assert_eq!(order.word(kind), *word);
                }
            }
        }
    }

    #[test]
    fn a_device_has_one_order_for_all_widths() {
        let swap = Order::parse_device("CDAB").unwrap();
        assert_eq!(swap, Order::parse_device("word-swap").unwrap());
        assert_eq!(swap.word(ValueType::U16), "AB");
        assert_eq!(swap.word(ValueType::U32), "CDAB");
        assert_eq!(swap.word(ValueType::F64), "GHEFCDAB");
        assert_eq!(Order::parse_device("little-endian").unwrap().word(ValueType::I64), "HGFEDCBA");
        assert_eq!(Order::parse_device("AB"), None);
    }

    #[test]
    fn other_words_are_refused_with_the_known_ones() {
        assert!(Order::parse("ACBD", ValueType::U32).unwrap_err().to_string().contains("CDAB"));
        assert!(Order::parse("ABCD", ValueType::U16).is_err());
        assert!(Order::parse("ABCD", ValueType::F64).is_err());
        assert_eq!(Order::parse("AB", ValueType::String), Err(OrderError::Text));
    }
}
