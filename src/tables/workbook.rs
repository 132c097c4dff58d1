//! Reading .xlsx workbooks: what they unpack to is measured before anything is built from them.

use super::sheet::Sheet;
use super::{TableError, limits};
use calamine::{DataRef, Reader as _, Xlsx};
use std::io::{Cursor, Read};

/// A workbook whose size is known to be bearable.
pub(super) struct Workbook<'a> {
    book: Xlsx<Cursor<&'a [u8]>>,
    names: Vec<String>,
}

fn broken(error: &impl std::fmt::Display) -> TableError {
    // One line, and no longer than a sentence.
    TableError::Workbook {
        reason: error.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).take(120).collect(),
    }
}

impl<'a> Workbook<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, TableError> {
        measure(bytes)?;
        let book: Xlsx<_> =
            calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(|error: calamine::XlsxError| broken(&error))?;
        let names = book.sheet_names();
        Ok(Self { book, names })
    }

    /// The names of the sheets, in order.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The cells of a sheet, read one by one: a sheet that claims a cell in its last corner costs one cell.
    pub(super) fn sheet(&mut self, name: &str) -> Result<Sheet, TableError> {
        let mut reader = self.book.worksheet_cells_reader(name).map_err(|error| broken(&error))?;
        let mut sheet = Sheet::default();
        while let Some(cell) = reader.next_cell().map_err(|error| broken(&error))? {
            let (row, column) = cell.get_position();
            let number = usize::try_from(row).unwrap_or(usize::MAX).saturating_add(1);
            let column = usize::try_from(column).unwrap_or(usize::MAX);
            if sheet.lines.last().is_some_and(|line| number < line.number) {
                return Err(broken(&"its rows are out of order"));
            }
            sheet.put(number, column, shown(cell.get_value()))?;
        }
        Ok(sheet)
    }
}

/// Unpacks every part once, without keeping it: the sizes in the headers may lie.
fn measure(bytes: &[u8]) -> Result<(), TableError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if limits::PARTS < archive.len() {
        return Err(TableError::Unpacked);
    }
    let mut room = limits::UNPACKED_BYTES as u64;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| broken(&error))?;
        let read = std::io::copy(&mut part.take(room + 1), &mut std::io::sink()).map_err(|error| broken(&error))?;
        room = room.checked_sub(read).ok_or(TableError::Unpacked)?;
    }
    Ok(())
}

/// A cell as a person reads it.
fn shown(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(whole) => whole.to_string(),
        // `{}` of a whole float has no point: 40001, not 40001.0.
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(on) => on.to_string(),
        DataRef::DateTime(date) => date.as_f64().to_string(),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}
