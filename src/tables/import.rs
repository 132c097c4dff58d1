//! A whole file to tags: what kind it is, which column means what, how addresses are meant, and what is wrong where.

use super::addressing::Addressing;
use super::columns::{Column, Mapping};
use super::guess::addresses;
use super::names::Taken;
use super::row::{self, Context};
use super::sheet::{Line, Sheet};
use super::telegraf::Foreign;
use super::text::{self, Encoding, Separator};
use super::workbook::Workbook;
use super::{TableError, kepware, limits, modpoll, telegraf};
use crate::config::problem::{Problem, Problems, Severity};
use crate::config::{FORMAT, GatewayConfig};
use crate::modbus::address::Table;
use serde_json::{Value as Json, json};

/// The kinds of files that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Lines of cells in a text.
    Csv,
    /// A workbook.
    Xlsx,
    /// Kepware's tag export.
    Kepware,
    /// modpoll's configuration.
    Modpoll,
    /// Telegraf's `inputs.modbus`.
    Telegraf,
}

impl Format {
    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Kepware => "kepware",
            Self::Modpoll => "modpoll",
            Self::Telegraf => "telegraf",
        }
    }
}

/// What the user decided; the rest is found in the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// Of a text file.
    pub encoding: Option<Encoding>,
    /// Of a text file.
    pub separator: Option<Separator>,
    /// The sheet of a workbook, or the device of a foreign configuration.
    pub part: Option<String>,
    /// The line with the titles, counted from 1; 0 where there is none.
    pub header: Option<usize>,
    /// What each column is, from the first on; those beyond the list are left out.
    pub columns: Option<Vec<Option<Column>>>,
    /// How plain addresses are meant.
    pub addressing: Option<Addressing>,
    /// The table where no cell names one.
    pub table: Option<Table>,
    /// The device the tags are meant for; its byte order and limits decide with.
    pub device: Option<Json>,
}

/// A file, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// What it is.
    pub format: Format,
    /// Of a text file.
    pub encoding: Option<Encoding>,
    /// Of a text file that is no TOML.
    pub separator: Option<Separator>,
    /// Sheets of the workbook, or devices of the configuration.
    pub parts: Vec<String>,
    /// The one that was read.
    pub part: Option<String>,
    /// The line with the titles; 0 where there is none.
    pub header: usize,
    /// Titles of the columns, in the file's words.
    pub titles: Vec<String>,
    /// What each column is.
    pub columns: Vec<Option<Column>>,
    /// How plain addresses were read.
    pub addressing: Addressing,
    /// The table taken where no cell names one.
    pub table: Table,
    /// The members of a tag the file speaks of.
    pub members: Vec<&'static str>,
    /// Every line below the titles.
    pub rows: Vec<RowView>,
    /// What is wrong, or was guessed; at most [`Problems::MAX`], errors before warnings are dropped.
    pub problems: Vec<TableProblem>,
    /// How many errors there are in all.
    pub errors: usize,
}

/// A line of the file and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct RowView {
    /// Its number in the file.
    pub line: usize,
    /// Its cells, as they stand.
    pub cells: Vec<String>,
    /// The tag; `None` when it has an error.
    pub tag: Option<Json>,
}

/// Something about a cell, a row or the whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableProblem {
    /// Index of the row; `None` for the whole file.
    pub row: Option<usize>,
    /// Index of the column, where one cell is meant.
    pub column: Option<usize>,
    /// What is wrong and what would be right.
    pub detail: String,
    /// Errors keep the file from being taken over.
    pub severity: Severity,
}

impl Import {
    /// The tags, if no row has an error.
    pub fn tags(&self) -> Option<Vec<Json>> {
        (self.errors == 0).then(|| self.rows.iter().filter_map(|row| row.tag.clone()).collect())
    }

    fn tell(&mut self, row: Option<usize>, column: Option<usize>, severity: Severity, detail: impl Into<String>) {
        self.errors += usize::from(severity == Severity::Error);
        if self.problems.len() < Problems::MAX {
            self.problems.push(TableProblem { row, column, detail: detail.into(), severity });
        } else if severity == Severity::Error
            && let Some(warning) = self.problems.iter().rposition(|kept| kept.severity == Severity::Warning)
        {
            self.problems[warning] = TableProblem { row, column, detail: detail.into(), severity };
        }
    }
}

/// Reads a file. What is wrong in a row is told there; a file that cannot be read at all is refused.
pub fn import(bytes: &[u8], options: &Options) -> Result<Import, TableError> {
    if limits::FILE_BYTES < bytes.len() {
        return Err(TableError::TooLarge);
    }
    let source = open(bytes, options)?;
    let mut lines = source.sheet.lines.into_iter().peekable();
    if lines.peek().is_none() {
        return Err(TableError::Empty);
    }
    let mut rows: Vec<Line> = lines.collect();
    let header = options.header.unwrap_or_else(|| find_header(&rows));
    let titles =
        rows.iter().find(|line| line.number == header && (header != 0 || source.ours)).cloned().unwrap_or_default();
    rows.retain(|line| header < line.number || (line.number != 0 && header == 0));
    let width = rows.iter().map(|line| line.cells.len()).max().unwrap_or(0).max(titles.cells.len());
    let (format, mapping) = match source.format {
        Format::Csv | Format::Xlsx if kepware::is(&titles) => (Format::Kepware, kepware::mapping(&titles)),
        other => (other, Mapping::of_titles(&titles)),
    };
    let mut mapping = options.columns.clone().map_or(mapping, Mapping);
    mapping.0.resize(width, None);
    let mut view = Import {
        format,
        encoding: source.encoding,
        separator: source.separator,
        parts: source.parts,
        part: source.part,
        header,
        titles: titles.cells,
        members: mapping.members(),
        addressing: Addressing::ZeroBased,
        table: options.table.unwrap_or(Table::Holding),
        rows: Vec::new(),
        problems: Vec::new(),
        errors: 0,
        columns: mapping.0.clone(),
    };
    for warning in source.warnings {
        view.tell(None, None, Severity::Warning, warning);
    }
    if format == Format::Kepware
        && let Some(address) = mapping.index(Column::Address)
    {
        rows.iter_mut()
            .filter_map(|line| line.cells.get_mut(address))
            .for_each(|cell| *cell = kepware::reference(cell));
    }
    read_rows(&mut view, rows, &mapping, options);
    judge(&mut view, &mapping, options.device.as_ref());
    hints(&mut view, &mapping);
    // In the order of the file, whoever found them.
    view.problems.sort_by_key(|problem| (problem.row, problem.column));
    Ok(view)
}

/// A file with its cells.
struct Source {
    format: Format,
    encoding: Option<Encoding>,
    separator: Option<Separator>,
    parts: Vec<String>,
    part: Option<String>,
    sheet: Sheet,
    /// The titles are ours, in a line 0.
    ours: bool,
    warnings: Vec<String>,
}

fn open(bytes: &[u8], options: &Options) -> Result<Source, TableError> {
    match bytes {
        [] => return Err(TableError::Empty),
        [b'P', b'K', 3, 4, ..] => return open_workbook(bytes, options),
        [0xD0, 0xCF, 0x11, 0xE0, ..] => {
            return Err(TableError::Foreign { kind: "an old .xls workbook, or one with a password" });
        }
        [b'%', b'P', b'D', b'F', ..] => return Err(TableError::Foreign { kind: "a PDF" }),
        [0x1F, 0x8B, ..] => return Err(TableError::Foreign { kind: "a compressed file" }),
        _ => (),
    }
    let decoded = text::decode(bytes, options.encoding)?;
    let encoding = Some(decoded.encoding);
    if telegraf::is(&decoded.text) {
        let source = foreign(telegraf::sheets(&decoded.text)?, options)?;
        return Ok(Source { format: Format::Telegraf, encoding, ..source });
    }
    let (sheet, separator) = text::cells(&decoded.text, options.separator)?;
    if modpoll::is(&sheet) {
        let source = foreign(modpoll::sheets(&sheet)?, options)?;
        return Ok(Source { format: Format::Modpoll, encoding, separator: Some(separator), ..source });
    }
    Ok(Source {
        format: Format::Csv,
        encoding,
        separator: Some(separator),
        parts: Vec::new(),
        part: None,
        sheet,
        ours: false,
        warnings: Vec::new(),
    })
}

fn open_workbook(bytes: &[u8], options: &Options) -> Result<Source, TableError> {
    let mut book = Workbook::open(bytes)?;
    let parts = book.names().to_vec();
    let wanted: Vec<String> = match &options.part {
        Some(name) if parts.contains(name) => vec![name.clone()],
        Some(name) => return Err(TableError::Part { name: name.clone() }),
        None => parts.iter().take(20).cloned().collect(),
    };
    let mut first = None;
    for name in wanted {
        let sheet = book.sheet(&name)?;
        let found = find_header(&sheet.lines) != 0;
        if found || first.as_ref().is_none_or(|(_, sheet): &(String, Sheet)| sheet.lines.is_empty()) {
            first = Some((name, sheet));
        }
        if found {
            break;
        }
    }
    let (part, sheet) = first.ok_or(TableError::Empty)?;
    let (encoding, separator) = (None, None);
    let source = Source {
        format: Format::Xlsx,
        encoding,
        separator,
        parts,
        part: Some(part),
        sheet,
        ours: false,
        warnings: Vec::new(),
    };
    Ok(source)
}

/// The wanted device of a foreign configuration; of several the first, and a word about the others.
fn foreign(devices: Vec<Foreign>, options: &Options) -> Result<Source, TableError> {
    let parts: Vec<String> = devices.iter().map(|device| device.name.clone()).collect();
    let at = match &options.part {
        Some(name) => {
            parts.iter().position(|part| part == name).ok_or_else(|| TableError::Part { name: name.clone() })?
        }
        None => 0,
    };
    let device = devices.into_iter().nth(at).ok_or(TableError::Empty)?;
    let mut warnings = device.warnings;
    if 1 < parts.len() && options.part.is_none() {
        warnings.insert(
            0,
            format!("the file has {} devices: `{}` is shown; choose another above", parts.len(), device.name),
        );
    }
    Ok(Source {
        format: Format::Csv,
        encoding: None,
        separator: None,
        part: Some(device.name),
        parts,
        sheet: device.sheet,
        ours: true,
        warnings,
    })
}

/// The first of the first lines that names columns; 0 where there is none.
fn find_header(lines: &[Line]) -> usize {
    lines.iter().take(20).find(|line| Mapping::of_titles(line).is_header()).map_or(0, |line| line.number)
}

fn read_rows(view: &mut Import, rows: Vec<Line>, mapping: &Mapping, options: &Options) {
    if mapping.index(Column::Address).is_none() {
        let sentence = "no column is known as the address: say which column is which";
        view.tell(None, None, Severity::Error, sentence);
        view.rows = rows.into_iter().map(|line| RowView { line: line.number, cells: line.cells, tag: None }).collect();
        return;
    }
    let titled =
        |column: Column| mapping.index(column).and_then(|index| view.titles.get(index)).map_or("", String::as_str);
    let title = titled(Column::Table).to_lowercase();
    let function = title.contains("func") || title.trim() == "fc";
    let said = titled(Column::Address).to_lowercase();
    let said = Addressing::ALL.into_iter().find(|addressing| said.contains(addressing.as_str()));
    let reading = addresses(&rows, mapping, view.format, options.addressing.or(said));
    view.addressing = reading.addressing;
    let context = Context {
        addressing: reading.addressing,
        comma: view.separator.is_some_and(|separator| separator != Separator::Comma),
        table: view.table,
        function,
        kepware: view.format == Format::Kepware,
    };
    let column = mapping.index(Column::Address);
    if let Some(sentence) = reading.guess {
        view.tell(None, column, Severity::Warning, sentence);
    }
    if mapping.index(Column::Table).is_none() && options.table.is_none() && reading.bare {
        let sentence = format!("no cell names a table: `{}` is taken", view.table);
        view.tell(None, column, Severity::Warning, sentence);
    }
    let mut taken = Taken::default();
    for line in rows {
        let (tag, notes) = row::read(&line.cells, mapping, &context, &mut taken);
        let at = view.rows.len();
        view.rows.push(RowView { line: line.number, cells: line.cells, tag });
        for note in notes {
            let severity = if note.error { Severity::Error } else { Severity::Warning };
            view.tell(Some(at), note.column.and_then(|column| mapping.index(column)), severity, note.detail);
        }
    }
}

/// Lets the rules of the document judge the tags, and tells what they find at the cells it comes from.
fn judge(view: &mut Import, mapping: &Mapping, device: Option<&Json>) {
    let places: Vec<usize> = (0..view.rows.len()).filter(|at| view.rows[*at].tag.is_some()).collect();
    let mut device =
        device.filter(|device| device.is_object()).cloned().unwrap_or_else(|| json!({"name": "device", "unit_id": 1}));
    device["port"] = "port".into();
    device["tags"] = places.iter().filter_map(|at| view.rows[*at].tag.take()).collect();
    let document = json!({
        "format": FORMAT,
        "ports": [{"name": "port", "kind": "serial", "path": "/dev/null"}],
        "devices": [device],
    });
    let (_, problems) = GatewayConfig::parse(&document);
    let Json::Object(mut document) = document else { return };
    let tags = document.remove("devices").and_then(|mut devices| devices.get_mut(0)?.get_mut("tags").map(Json::take));
    let Some(Json::Array(tags)) = tags else { return };
    for (at, tag) in places.iter().zip(tags) {
        view.rows[*at].tag = Some(tag);
    }
    for Problem { pointer, detail, severity } in problems {
        let Some(rest) = pointer.strip_prefix("/devices/0/tags/") else { continue };
        let mut parts = rest.split('/');
        let Some(at) = parts.next().and_then(|index| places.get(index.parse::<usize>().ok()?)).copied() else {
            continue;
        };
        let member = parts.next().unwrap_or_default();
        let column = mapping.0.iter().position(|column| column.is_some_and(|column| column.member() == member));
        if severity == Severity::Error {
            view.rows[at].tag = None;
        }
        view.tell(Some(at), column, severity, detail);
    }
}

/// What a person should know about the formats of others.
fn hints(view: &mut Import, mapping: &Mapping) {
    let wide = |tag: &Json| {
        tag.get("order").is_none()
            && matches!(tag["type"].as_str(), Some("u32" | "i32" | "f32" | "u64" | "i64" | "f64" | "bcd32"))
    };
    if view.format == Format::Kepware && view.rows.iter().filter_map(|row| row.tag.as_ref()).any(wide) {
        let sentence = "Kepware keeps the word order in its device, not in this file; it is low word first (`CDAB`) unless changed there: set the device's byte order";
        view.tell(None, mapping.index(Column::Type), Severity::Warning, sentence);
    }
}
