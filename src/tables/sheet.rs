//! Lines of cells, whatever file they came from; bounded while they are filled.

use super::{TableError, limits};

/// A table as it stands in the file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Sheet {
    /// Lines with at least one cell that is not empty.
    pub(super) lines: Vec<Line>,
    bytes: usize,
}

/// One line.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Counted from 1, as editors and spreadsheets do.
    pub(super) number: usize,
    /// Texts from the first column on.
    pub(super) cells: Vec<String>,
}

impl Sheet {
    /// Adds a cell of a line that is the last one, or a later one.
    pub(super) fn put(&mut self, number: usize, column: usize, text: String) -> Result<(), TableError> {
        if text.is_empty() {
            return Ok(());
        }
        if limits::COLUMNS <= column {
            return Err(TableError::Columns { line: number });
        }
        // Bytes first: counting the characters of every short cell would be for nothing.
        if limits::CELL < text.len() && limits::CELL < text.chars().count() {
            return Err(TableError::Cell { line: number });
        }
        self.bytes += text.len();
        if limits::UNPACKED_BYTES < self.bytes {
            return Err(TableError::Unpacked);
        }
        if self.lines.last().is_none_or(|line| line.number != number) {
            self.start(number)?;
        }
        let Some(line) = self.lines.last_mut() else { return Ok(()) };
        if line.cells.len() <= column {
            line.cells.resize(column + 1, String::new());
        }
        line.cells[column] = text;
        Ok(())
    }

    /// Begins a line, even one with the number of the last: one line of a file may become several rows.
    pub(super) fn start(&mut self, number: usize) -> Result<(), TableError> {
        if limits::LINES <= self.lines.len() {
            return Err(TableError::Lines);
        }
        self.lines.push(Line { number, cells: Vec::new() });
        Ok(())
    }

    /// Adds cells to the last line, or to a new one of this number.
    pub(super) fn push(&mut self, number: usize, cells: impl IntoIterator<Item = String>) -> Result<(), TableError> {
        cells.into_iter().enumerate().try_for_each(|(column, text)| self.put(number, column, text))
    }
}
