//! What a column of addresses as a whole says of how it is meant.

use super::addressing::{Addressing, Digits, as_reference, digits};
use super::columns::{Column, Mapping};
use super::import::Format;
use super::sheet::Line;
use super::words;

/// How a column of addresses is to be read.
pub(super) struct Reading {
    pub(super) addressing: Addressing,
    /// What was guessed, and what to do if it is wrong.
    pub(super) guess: Option<String>,
    /// Whether some address names no table.
    pub(super) bare: bool,
}

/// Looks at all addresses at once: one alone says little, a column of `40001`, `40003`... says what it is.
pub(super) fn addresses(rows: &[Line], mapping: &Mapping, format: Format, said: Option<Addressing>) -> Reading {
    let index = mapping.index(Column::Address).unwrap_or(0);
    let table = mapping.index(Column::Table);
    let (mut plain, mut references, mut beyond, mut lowest, mut tabled) = (0usize, 0usize, 0usize, u32::MAX, 0usize);
    for line in rows {
        match line.cells.get(index).and_then(|cell| digits(cell)) {
            Some(Digits::Plain(number, length)) => {
                plain += 1;
                // A reference to another table than the row's is none.
                let named =
                    table.and_then(|table| line.cells.get(table)).and_then(|cell| words::table(cell, false).ok());
                references += usize::from(
                    as_reference(number, length).is_some_and(|(table, _)| named.is_none_or(|named| named == table)),
                );
                beyond += usize::from(u32::from(u16::MAX) < number);
                lowest = lowest.min(number);
            }
            Some(Digits::Fixed(table, _)) => tabled += usize::from(table.is_some()),
            None => (),
        }
    }
    let bare = |addressing| match addressing {
        Addressing::Reference => false,
        _ => beyond < plain || (plain == 0 && tabled < rows.len()),
    };
    let reading = |addressing, guess: Option<&str>| Reading {
        addressing,
        guess: guess.map(str::to_owned),
        bare: bare(addressing),
    };
    if let Some(addressing) = said {
        return reading(addressing, None);
    }
    match format {
        Format::Kepware => return reading(Addressing::Reference, None),
        Format::Modpoll | Format::Telegraf => return reading(Addressing::ZeroBased, None),
        Format::Csv | Format::Xlsx => (),
    }
    if plain != 0 && plain == beyond {
        return reading(Addressing::Reference, None);
    }
    if plain != 0 && plain == references {
        let sentence = "the addresses look like references: 40001 is read as holding 0; switch to 0-based if they are plain addresses";
        return reading(Addressing::Reference, Some(sentence));
    }
    let sentence = "the lowest address is 1: they look 1-based, and are read as 0-based; switch to 1-based if 1 is the first register";
    reading(Addressing::ZeroBased, (1 < plain && lowest == 1).then_some(sentence))
}
