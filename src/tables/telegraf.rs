//! Telegraf's `inputs.modbus`: TOML in three styles.
//!
//! *register*: lists `discrete_inputs`, `coils`, `holding_registers`, `input_registers` with `address = [n, ...]`,
//! `data_type`, `byte_order`, `scale`. *request*: `[[inputs.modbus.request]]` with `slave_id`, `register`, `byte_order` and
//! `fields` of `address`, `type`, `scale`, `omit`. *metric*: the same with `register` at each field. Addresses are those of
//! the frame. `FIXED` and `UFIXED` (and, in the register style, the old `FLOAT32`) are integers as wide as their addresses
//! (Telegraf, `plugins/inputs/modbus/README.md`).

use super::TableError;
use super::sheet::Sheet;
use std::collections::HashMap;
use toml::{Table as TomlTable, Value as Toml};

/// A foreign configuration's device, written as a sheet of ours.
#[derive(Debug)]
pub(super) struct Foreign {
    pub(super) name: String,
    pub(super) sheet: Sheet,
    /// What could not be taken over as it stands.
    pub(super) warnings: Vec<String>,
}

impl Foreign {
    pub(super) fn new(name: String, titles: &[&str]) -> Result<Self, TableError> {
        let mut sheet = Sheet::default();
        // Line 0 is in no file: these titles are ours.
        sheet.push(0, titles.iter().map(|title| (*title).to_owned()))?;
        Ok(Self { name, sheet, warnings: Vec::new() })
    }

    pub(super) fn push<const N: usize>(&mut self, line: usize, cells: [&str; N]) -> Result<(), TableError> {
        self.sheet.start(line)?;
        self.sheet.push(line, cells.map(str::to_owned))
    }

    pub(super) fn warn(&mut self, sentence: String) {
        if self.warnings.len() < 20 {
            self.warnings.push(sentence);
        }
    }
}

const TITLES: [&str; 8] = ["name", "table", "address", "type", "order", "bit", "length", "gain"];

/// A larger TOML than this is no configuration a person wrote, and its values in memory are many times its text.
const LARGEST: usize = 2 * 1024 * 1024;

/// Whether the text is one.
pub(super) fn is(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start();
        line.starts_with('[') && line.trim_start_matches('[').trim_start().starts_with("inputs.modbus")
    })
}

/// One sheet for each slave in the file.
pub(super) fn sheets(text: &str) -> Result<Vec<Foreign>, TableError> {
    if LARGEST < text.len() {
        return Err(TableError::TooLarge);
    }
    let document: TomlTable =
        text.parse().map_err(|error: toml::de::Error| TableError::Toml { reason: error.message().to_owned() })?;
    let inputs = document.get("inputs").and_then(|inputs| inputs.get("modbus"));
    let instances = tables(inputs);
    if instances.is_empty() {
        return Err(TableError::NoModbus);
    }
    let mut writer = Writer::default();
    for instance in instances {
        let name = instance.get("name").and_then(Toml::as_str).unwrap_or("modbus");
        let unit = number(instance.get("slave_id")).unwrap_or(0);
        for (list, table) in [
            ("discrete_inputs", "discrete"),
            ("coils", "coil"),
            ("holding_registers", "holding"),
            ("input_registers", "input"),
        ] {
            for field in tables(instance.get(list)) {
                writer.register(name, unit, table, field)?;
            }
        }
        for style in ["request", "metric"] {
            for request in tables(instance.get(style)) {
                writer.request(name, request)?;
            }
        }
    }
    Ok(writer.devices)
}

/// The tables of a list; a single table counts as a list of one.
fn tables(value: Option<&Toml>) -> Vec<&TomlTable> {
    match value {
        Some(Toml::Table(table)) => vec![table],
        Some(Toml::Array(list)) => list.iter().filter_map(Toml::as_table).collect(),
        _ => Vec::new(),
    }
}

fn number(value: Option<&Toml>) -> Option<i64> {
    value.and_then(Toml::as_integer)
}

fn text(table: &TomlTable, name: &str) -> String {
    match table.get(name) {
        Some(Toml::String(text)) => text.clone(),
        Some(Toml::Integer(whole)) => whole.to_string(),
        Some(Toml::Float(number)) => number.to_string(),
        _ => String::new(),
    }
}

#[derive(Default)]
struct Writer {
    devices: Vec<Foreign>,
    by_name: HashMap<String, usize>,
}

impl Writer {
    fn device(&mut self, name: &str, unit: i64) -> Result<&mut Foreign, TableError> {
        let name = format!("{name} (unit {unit})");
        let at = if let Some(at) = self.by_name.get(&name) {
            *at
        } else {
            self.devices.push(Foreign::new(name.clone(), &TITLES)?);
            self.by_name.insert(name, self.devices.len() - 1);
            self.devices.len() - 1
        };
        Ok(&mut self.devices[at])
    }

    /// A field of the register style; its address is a list.
    fn register(&mut self, name: &str, unit: i64, table: &str, field: &TomlTable) -> Result<(), TableError> {
        let addresses: Vec<i64> = match field.get("address") {
            Some(Toml::Array(list)) => list.iter().filter_map(Toml::as_integer).collect(),
            other => number(other).into_iter().collect(),
        };
        let run = addresses.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1]));
        let kind = text(field, "data_type").to_ascii_uppercase();
        let fixed = |signed: bool| match (addresses.len(), signed) {
            (1, true) => "i16",
            (1, false) => "u16",
            (2, true) => "i32",
            (2, false) => "u32",
            (_, true) => "i64",
            (_, false) => "u64",
        };
        let kind = match kind.as_str() {
            "FIXED" => fixed(true).to_owned(),
            "UFIXED" | "FLOAT32" => fixed(false).to_owned(),
            "" if table == "coil" || table == "discrete" => "bool".to_owned(),
            other => other.to_owned(),
        };
        let length = if kind == "STRING" { addresses.len().to_string() } else { String::new() };
        let address = match addresses.first() {
            Some(first) if run => first.to_string(),
            // No address at all is told as a missing one; a scattered one by its own text, which is no address.
            Some(_) => format!("{addresses:?}"),
            None => String::new(),
        };
        self.put(name, unit, field, table, &address, &kind, &length, &text(field, "byte_order"))
    }

    /// A request, or a metric: slave and order stand above the fields.
    fn request(&mut self, name: &str, request: &TomlTable) -> Result<(), TableError> {
        let unit = number(request.get("slave_id")).unwrap_or(0);
        let order = text(request, "byte_order");
        let above = text(request, "register");
        for field in tables(request.get("fields")) {
            if field.get("omit").and_then(Toml::as_bool) == Some(true) {
                continue;
            }
            let register = Some(text(field, "register")).filter(|own| !own.is_empty()).unwrap_or_else(|| above.clone());
            let table = if register.is_empty() { "holding" } else { register.as_str() };
            let bits = table == "coil" || table == "discrete";
            let kind = if bits { "bool".to_owned() } else { text(field, "type") };
            self.put(name, unit, field, table, &text(field, "address"), &kind, &text(field, "length"), &order)?;
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments)] // The cells of one line.
    fn put(
        &mut self,
        name: &str,
        unit: i64,
        field: &TomlTable,
        table: &str,
        address: &str,
        kind: &str,
        length: &str,
        order: &str,
    ) -> Result<(), TableError> {
        let (bits, kind) = (kind == "bool" || kind.eq_ignore_ascii_case("bit"), kind);
        let text_type = kind.eq_ignore_ascii_case("string");
        let order = if bits || text_type { "" } else { order };
        let scale = text(field, "scale");
        let gain = if bits || scale == "1" { "" } else { scale.as_str() };
        let bit = text(field, "bit");
        let length = if text_type { length } else { "" };
        let field_name = text(field, "name");
        let device = self.device(name, unit)?;
        // Fields are counted: TOML values know no lines.
        let line = device.sheet.lines.last().map_or(0, |line| line.number) + 1;
        device.push(line, [&field_name, table, address, kind, order, &bit, length, gain])
    }
}
