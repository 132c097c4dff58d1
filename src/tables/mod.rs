//! Floor 0: tags as tables. Files of other people's making become tags, tags become files; nothing is changed here.
//!
//! ```text
//! bytes -> Format -> Sheet (lines of cells) -> Mapping (which column is which member) -> rows -> tags, checked
//! ```
//!
//! The formats of other programs (modpoll, Telegraf) are first written as a sheet with columns of ours, so that one
//! reader of rows serves all.

pub mod addressing;
pub mod columns;
mod export;
mod guess;
mod import;
mod kepware;
mod merge;
mod modpoll;
mod names;
mod row;
mod sheet;
mod telegraf;
mod text;
mod words;
mod workbook;

#[cfg(test)]
mod tests;

pub use addressing::Addressing;
pub use columns::Column;
pub use export::{guarded, to_csv, to_xlsx};
pub use import::{Format, Import, Options, RowView, TableProblem, import};
pub use merge::{Merged, Mode, merge};
pub use text::{Encoding, Separator};

/// Limits of one file; beyond them it is refused whole, in one sentence.
pub mod limits {
    /// Bytes of a file as it comes.
    pub const FILE_BYTES: usize = 10 * 1024 * 1024;
    /// Bytes of everything a workbook unpacks to, and of all cells together.
    pub const UNPACKED_BYTES: usize = 64 * 1024 * 1024;
    /// Parts of a workbook.
    pub const PARTS: usize = 1_000;
    /// Lines of a table: as many as a document has tags, and room for what stands above them.
    pub const LINES: usize = crate::config::limits::TAGS + 100;
    /// Columns of a table.
    pub const COLUMNS: usize = 256;
    /// Characters of one cell: a description of 2,000 characters, and room.
    pub const CELL: usize = 4_000;
}

/// Why a file is refused whole. Each sentence says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Larger than [`limits::FILE_BYTES`].
    #[error("the file has more than {} MiB: split it", limits::FILE_BYTES / (1024 * 1024))]
    TooLarge,
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// More lines than [`limits::LINES`].
    #[error("the table has more than {} lines: split it", limits::LINES)]
    Lines,
    /// More columns than [`limits::COLUMNS`].
    #[error("line {line} has more than {} columns: this is no table of tags", limits::COLUMNS)]
    Columns {
        /// Counted from 1.
        line: usize,
    },
    /// A cell beyond [`limits::CELL`].
    #[error("line {line} has a cell of more than {} characters: this is no table of tags", limits::CELL)]
    Cell {
        /// Counted from 1.
        line: usize,
    },
    /// A workbook that unpacks to more than [`limits::UNPACKED_BYTES`], or has too many parts.
    #[error("the workbook unpacks to more than {} MiB: save the sheet with the tags alone", limits::UNPACKED_BYTES / (1024 * 1024))]
    Unpacked,
    /// No XLSX workbook after all.
    #[error("the workbook cannot be read ({reason}): save it as .xlsx or .csv again")]
    Workbook {
        /// The reader's words.
        reason: String,
    },
    /// An old or foreign kind of file.
    #[error("this is {kind}, which is not read: save it as .xlsx or .csv")]
    Foreign {
        /// What it seems to be.
        kind: &'static str,
    },
    /// Bytes that are no text in any encoding known here.
    #[error("this is neither a text file nor an .xlsx workbook")]
    Binary,
    /// Not the encoding the user named.
    #[error("the file is not {encoding}: choose another encoding")]
    Encoding {
        /// The encoding's name.
        encoding: &'static str,
    },
    /// The chosen sheet or device is not in the file.
    #[error("the file has no part `{name}`")]
    Part {
        /// What was asked for.
        name: String,
    },
    /// Telegraf's file is no TOML.
    #[error("this is not TOML: {reason}")]
    Toml {
        /// The parser's words, in one line.
        reason: String,
    },
    /// A TOML file without `inputs.modbus`.
    #[error("this TOML has no `[[inputs.modbus]]`: it is no Telegraf configuration of Modbus devices")]
    NoModbus,
    /// The file could not be made.
    #[error("the workbook could not be written: {reason}")]
    Write {
        /// The writer's words.
        reason: String,
    },
}
