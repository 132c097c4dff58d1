//! Tags to a file that comes back as it went, and that no spreadsheet takes for a program.

use super::columns::Column;
use super::row::FORMULA;
use super::text::Separator;
use super::{TableError, limits};
use crate::modbus::address::Table;
use crate::tag::value::ValueType;
use rust_xlsxwriter::{DataValidation, Format, Workbook};
use serde_json::{Number, Value as Json};

/// A cell on its way out.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Empty,
    /// A number, as the document has it.
    Number(Number),
    /// A word of ours.
    Word(String),
    /// A text of the user's, which may look like a formula.
    Text(String),
}

/// The cell of a member.
fn cell(tag: &Json, column: Column) -> Cell {
    let scale = &tag["scale"];
    let value = match column {
        Column::Gain => &scale["gain"],
        Column::Offset => &scale["offset"],
        Column::RawLow => &scale["from"][0],
        Column::RawHigh => &scale["from"][1],
        Column::Low => &scale["to"][0],
        Column::High => &scale["to"][1],
        other => &tag[other.as_str()],
    };
    match value {
        Json::Null => Cell::Empty,
        Json::Bool(on) => Cell::Word(on.to_string()),
        Json::Number(number) => Cell::Number(number.clone()),
        Json::String(text) if text.is_empty() => Cell::Empty,
        Json::String(text) => Cell::Text(text.clone()),
        Json::Array(list) => {
            let parts: Vec<String> = list.iter().map(Json::to_string).collect();
            // A list of one is a number to a spreadsheet: so it is one here.
            match list.as_slice() {
                [] => Cell::Empty,
                [Json::Number(only)] => Cell::Number(only.clone()),
                _ => Cell::Word(parts.join("; ")),
            }
        }
        Json::Object(members) => match members.get("percent") {
            Some(Json::Number(percent)) => Cell::Word(format!("{percent} %")),
            _ => Cell::Empty,
        },
    }
}

/// A text that a spreadsheet takes for no formula.
pub fn guarded(text: String) -> String {
    if text.starts_with(FORMULA) { format!("'{text}") } else { text }
}

/// As CSV: UTF-8 with byte order mark, so that spreadsheets read Hangul; with `;` or tab, the decimal sign is a comma.
pub fn to_csv(tags: &[Json], separator: Separator) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(separator.byte())
        .terminator(csv::Terminator::CRLF)
        .from_writer(b"\xEF\xBB\xBF".to_vec());
    let comma = separator != Separator::Comma;
    let decimal = |text: String| if comma { text.replace('.', ",") } else { text };
    // Writing to memory does not fail; a record has always the same length.
    let mut row = |cells: Vec<String>| writer.write_record(cells).unwrap_or_default();
    row(Column::EXPORTED.iter().map(|column| column.title().to_owned()).collect());
    for tag in tags {
        let text = |column: &Column| match cell(tag, *column) {
            Cell::Empty => String::new(),
            Cell::Number(number) => decimal(number.to_string()),
            // Lists and percentages hold numbers too; a list that begins with a minus is a formula to a spreadsheet.
            Cell::Word(word) => guarded(decimal(word)),
            Cell::Text(text) => guarded(text),
        };
        row(Column::EXPORTED.iter().map(text).collect());
    }
    writer.into_inner().unwrap_or_default()
}

/// As a workbook: numbers are numbers, the first row stays in sight, tables and types are offered as lists.
pub fn to_xlsx(tags: &[Json]) -> Result<Vec<u8>, TableError> {
    let write = || -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.set_name("tags")?.set_freeze_panes(1, 0)?;
        let bold = Format::new().set_bold();
        let text = Format::new().set_num_format("@");
        let last = u32::try_from(limits::LINES).unwrap_or(u32::MAX);
        for (column, at) in Column::EXPORTED.into_iter().zip(0u16..) {
            sheet.write_with_format(0, at, column.title(), &bold)?;
            sheet.set_column_width(at, if matches!(column, Column::Name | Column::Description) { 24 } else { 10 })?;
            let words = match column {
                Column::Table => Table::ALL.map(Table::as_str).to_vec(),
                Column::Type => ValueType::ALL.map(ValueType::as_str).to_vec(),
                _ => continue,
            };
            sheet.add_data_validation(1, at, last, at, &DataValidation::new().allow_list_strings(&words)?)?;
        }
        for (tag, row) in tags.iter().zip(1u32..) {
            for (column, at) in Column::EXPORTED.into_iter().zip(0u16..) {
                match cell(tag, column) {
                    Cell::Empty => continue,
                    Cell::Number(number) => match exact(&number) {
                        Some(number) => sheet.write_number(row, at, number)?,
                        None => sheet.write_string(row, at, number.to_string())?,
                    },
                    Cell::Word(word) => sheet.write_string(row, at, guarded(word))?,
                    // Text stays text when it is edited: a unit of `1/min` is no date.
                    Cell::Text(words) => sheet.write_string_with_format(row, at, guarded(words), &text)?,
                };
            }
        }
        book.save_to_buffer()
    };
    write().map_err(|error| TableError::Write { reason: error.to_string() })
}

/// A number a spreadsheet keeps: 15 digits; a longer one goes as text.
fn exact(number: &Number) -> Option<f64> {
    let value = number.as_f64()?;
    // A cell holds what `{:.15e}`-like writers make of it, so the way back is tried.
    let short: f64 = format!("{value:.14e}").parse().ok()?;
    let kept = short.to_bits() == value.to_bits();
    let whole = number.is_f64() || value.abs() < 1e15;
    (kept && whole).then_some(value)
}
