//! The ways in which people write a Modbus address.

use crate::modbus::address::Table;

/// How plain decimal numbers in the address column are meant. Hexadecimal numbers are always addresses as they stand
/// in the frame, and `%MW`, `4x` and six-digit references say themselves what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressing {
    /// 0 is the first register: the number in the frame.
    ZeroBased,
    /// 1 is the first register: register numbers.
    OneBased,
    /// `40001` is the first holding register: table digit and register number, five or six digits.
    Reference,
}

impl Addressing {
    /// All of them, in the order they are offered.
    pub const ALL: [Self; 3] = [Self::ZeroBased, Self::OneBased, Self::Reference];

    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ZeroBased => "0-based",
            Self::OneBased => "1-based",
            Self::Reference => "reference",
        }
    }

    /// The addressing of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|addressing| addressing.as_str() == word)
    }
}

/// What an address cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Only where the notation names it.
    pub(super) table: Option<Table>,
    /// 0-based.
    pub(super) address: u16,
    /// Behind a dot or colon.
    pub(super) bit: Option<u8>,
    /// Length of a text in bytes, behind a dot, with `H`.
    pub(super) bytes: Option<u16>,
}

/// How the digits in front are written, before anything is known of the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digits {
    /// Decimal, with this many digits.
    Plain(u32, usize),
    /// Hexadecimal, `%MW` or `4x`: nothing is left to be decided.
    Fixed(Option<Table>, u32),
}

/// Takes a cell apart; the rest is what stands behind the dot or colon.
fn apart(text: &str) -> Result<(Digits, Option<&str>), String> {
    let text = text.trim();
    if let Some(percent) = text.strip_prefix('%') {
        return schneider(text, percent);
    }
    let (head, tail) = match text.find(['.', ':']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let unknown = || format!("`{}` is not an address", short(text));
    let lower = head.to_ascii_lowercase();
    let hex = [("0x", ""), ("&h", ""), ("16#", ""), ("$", ""), ("", "h")].into_iter().find_map(|(before, after)| {
        let digits = lower.strip_prefix(before)?.strip_suffix(after)?;
        let wanted = before.len() + after.len() != 0 && !digits.is_empty() && digits.len() <= 8;
        wanted.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    });
    if let Some(address) = hex {
        return Ok((Digits::Fixed(None, address), tail));
    }
    if let Some((digit, number)) = lower.split_once('x') {
        let table = Table::ALL.into_iter().find(|table| digit == table.digit().to_string());
        let number: Option<u32> = number.parse().ok();
        let (Some(table), Some(number)) = (table, number.and_then(|number| number.checked_sub(1))) else {
            return Err(unknown());
        };
        return Ok((Digits::Fixed(Some(table), number), tail));
    }
    if head.is_empty() || 8 < head.len() || !head.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(unknown());
    }
    head.parse().map(|number| (Digits::Plain(number, head.len()), tail)).map_err(|_| unknown())
}

/// `%MW100` is holding register 100, `%M5` coil 5, `%MW100:X3` or `%MW100.3` a bit: memory of IEC 61131-3 as Schneider's
/// controllers serve it, item by item (AVEVA, MBTCP driver, "Register-number item names"). Two-word objects overlap
/// differently from family to family, so they are not guessed.
fn schneider<'a>(whole: &str, text: &'a str) -> Result<(Digits, Option<&'a str>), String> {
    let (head, tail) = match text.find([':', '.']) {
        Some(at) => (&text[..at], Some(text[at + 1..].trim_start_matches(['X', 'x']))),
        None => (text, None),
    };
    let upper = head.to_ascii_uppercase();
    let (table, digits) = match () {
        () if upper.starts_with("MW") => (Table::Holding, &head[2..]),
        () if upper.starts_with("MD") || upper.starts_with("MF") => {
            return Err(format!(
                "`{}` counts words differently from controller to controller: give its `%MW` address",
                short(whole)
            ));
        }
        () if upper.starts_with('M') => (Table::Coil, &head[1..]),
        () => (Table::Holding, ""),
    };
    match digits.parse() {
        Ok(number) => Ok((Digits::Fixed(Some(table), number), tail)),
        Err(_) => Err(format!("`{}` is not an address", short(whole))),
    }
}

/// The digits of a cell, for a look at the whole column.
pub(super) fn digits(text: &str) -> Option<Digits> {
    apart(text).ok().map(|(digits, _)| digits)
}

/// Whether plain digits can be a reference, and to which table: five or six of them, the first 0, 1, 3 or 4.
pub(super) fn as_reference(number: u32, length: usize) -> Option<(Table, u16)> {
    let ten = match length {
        5 => 10_000,
        6 => 100_000,
        _ => return None,
    };
    let table = Table::ALL.into_iter().find(|table| table.digit().to_digit(10) == Some(number / ten))?;
    Some((table, u16::try_from((number % ten).checked_sub(1)?).ok()?))
}

/// Reads an address cell.
pub(super) fn read(text: &str, addressing: Addressing) -> Result<Place, String> {
    let (digits, tail) = apart(text)?;
    let beyond = || format!("`{}` is beyond the last address, 65535", short(text));
    let (table, address) = match digits {
        Digits::Fixed(table, address) => (table, u16::try_from(address).map_err(|_| beyond())?),
        // Six digits beyond 65535 are a reference in every column.
        Digits::Plain(number, length) if addressing == Addressing::Reference || u32::from(u16::MAX) < number => {
            let (table, address) = as_reference(number, length).ok_or_else(|| {
                format!(
                    "`{}` is not a reference such as 40001: a table's digit 0, 1, 3 or 4 and a number from 1",
                    short(text)
                )
            })?;
            (Some(table), address)
        }
        Digits::Plain(number, _) => {
            let first = u32::from(addressing == Addressing::OneBased);
            let sentence = || format!("`{}` is before the first address: numbers begin with 1 here", short(text));
            (None, u16::try_from(number.checked_sub(first).ok_or_else(sentence)?).map_err(|_| beyond())?)
        }
    };
    let mut place = Place { table, address, bit: None, bytes: None };
    if let Some(tail) = tail {
        (place.bit, place.bytes) = behind(tail).map_err(|sentence| format!("`{}`: {sentence}", short(text)))?;
    }
    Ok(place)
}

/// `.5` is a bit; `.20H` a text of 20 bytes, the high byte of each register first (Kepware's notation).
fn behind(tail: &str) -> Result<(Option<u8>, Option<u16>), &'static str> {
    if let Some(digits) = tail.strip_suffix(['H', 'h']) {
        let bytes = digits.parse().ok().filter(|bytes| *bytes != 0);
        return bytes.map(|bytes| (None, Some(bytes))).ok_or("in front of `H` stands a number of bytes");
    }
    if tail.ends_with(['L', 'l']) {
        return Err("texts with the low byte first are not read");
    }
    let bit = tail.parse().ok().filter(|bit| *bit < 16);
    bit.map(|bit| (Some(bit), None)).ok_or("behind the dot stands a bit, 0 to 15")
}

pub(super) fn short(text: &str) -> String {
    let mut cut: String = text.chars().take(40).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, addressing: Addressing, expect: Option<(Option<Table>, u16, Option<u8>)>) {
        let found = read(text, addressing);
        assert_eq!(
            found.as_ref().ok().map(|place| (place.table, place.address, place.bit)),
            expect,
            "{text}: {found:?}"
        );
    }

    #[test]
    fn every_notation_of_a_register() {
        use Addressing::{OneBased, Reference, ZeroBased};
        let holding = Some(Table::Holding);
        check("16", ZeroBased, Some((None, 16, None)));
        check("16", OneBased, Some((None, 15, None)));
        check("0", OneBased, None);
        for hex in ["0x10", "0X10", "10h", "10H", "&H10", "16#10", "$10"] {
            check(hex, ZeroBased, Some((None, 16, None)));
            check(hex, OneBased, Some((None, 16, None)));
            check(hex, Reference, Some((None, 16, None)));
        }
        check("0xFFFF", ZeroBased, Some((None, 65535, None)));
        check("0x10000", ZeroBased, None);
        check("40001", ZeroBased, Some((None, 40001, None)));
        check("40001", Reference, Some((holding, 0, None)));
        check("400001", ZeroBased, Some((holding, 0, None)));
        check("465536", ZeroBased, Some((holding, 65535, None)));
        check("465537", ZeroBased, None);
        check("30009", Reference, Some((Some(Table::Input), 8, None)));
        check("00001", Reference, Some((Some(Table::Coil), 0, None)));
        check("40000", Reference, None);
        check("20001", Reference, None);
        check("4x0001", ZeroBased, Some((holding, 0, None)));
        check("4X00010", OneBased, Some((holding, 9, None)));
        check("3x1", ZeroBased, Some((Some(Table::Input), 0, None)));
        check("%MW100", ZeroBased, Some((holding, 100, None)));
        check("%mw100:X3", OneBased, Some((holding, 100, Some(3))));
        check("%MW100.15", ZeroBased, Some((holding, 100, Some(15))));
        check("%M7", ZeroBased, Some((Some(Table::Coil), 7, None)));
        for wrong in
            ["%MD4", "%QX1", "%MW", "%", "", "12a", "-1", "4x0", "4x", "x", "1.16", "1.", "1e3", "+5", "4000001"]
        {
            check(wrong, ZeroBased, None);
        }
        check("40001.5", Reference, Some((holding, 0, Some(5))));
        check("40001:05", Reference, Some((holding, 0, Some(5))));
        assert_eq!(read("400010.20H", ZeroBased).unwrap().bytes, Some(20));
        assert!(read("400010.20L", ZeroBased).unwrap_err().contains("low byte"));
    }
}
