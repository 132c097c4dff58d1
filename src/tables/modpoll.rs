//! modpoll's configuration: a CSV whose first cell says what a line is.
//!
//! `device,<name>,<unit id>`, then `poll,<object type>,<start>,<size>,<endian>`, then `ref,<name>,<address>,<type>,<rw>,
//! <unit>,<scale>`; lines with `#` are comments; addresses are those of the frame (modpoll, `examples/example.csv` and
//! `modbus_task.py`). On bits one `ref` reads eight of them, and its address counts such groups from the poll's start.

use super::sheet::{Line, Sheet};
use super::{TableError, telegraf::Foreign};

/// Columns of the sheet that is made.
const TITLES: [&str; 8] = ["name", "table", "address", "type", "order", "writable", "unit", "gain"];

/// Whether this is one: the first line that says something begins with one of the three words.
pub(super) fn is(sheet: &Sheet) -> bool {
    let first = sheet.lines.iter().find(|line| !comment(line));
    first.is_some_and(|line| {
        let words = ["device", "poll", "ref"];
        words.contains(&cell(line, 0).to_ascii_lowercase().as_str()) && 3 <= line.cells.len()
    })
}

fn comment(line: &Line) -> bool {
    line.cells.first().is_none_or(|cell| cell.trim_start().starts_with('#'))
}

fn cell(line: &Line, index: usize) -> &str {
    line.cells.get(index).map_or("", |cell| cell.trim())
}

#[derive(Default)]
struct Poll {
    table: String,
    bits: bool,
    start: u32,
    size: u32,
    order: String,
}

/// One sheet for each device in the file.
pub(super) fn sheets(source: &Sheet) -> Result<Vec<Foreign>, TableError> {
    let mut devices: Vec<Foreign> = Vec::new();
    let mut poll = Poll::default();
    for line in source.lines.iter().filter(|line| !comment(line)) {
        match cell(line, 0).to_ascii_lowercase().as_str() {
            "device" => {
                devices.push(Foreign::new(format!("{} (unit {})", cell(line, 1), cell(line, 2)), &TITLES)?);
                poll = Poll::default();
            }
            "poll" => {
                let object = cell(line, 1).to_ascii_lowercase();
                poll = Poll {
                    bits: object == "coil" || object == "discrete_input",
                    table: object,
                    start: cell(line, 2).parse().unwrap_or(0),
                    size: cell(line, 3).parse().unwrap_or(0),
                    order: cell(line, 4).to_ascii_uppercase(),
                };
            }
            "ref" => {
                if devices.is_empty() {
                    devices.push(Foreign::new("-".into(), &TITLES)?);
                }
                if let Some(device) = devices.last_mut() {
                    reference(device, line, &poll)?;
                }
            }
            other => {
                let sentence =
                    format!("line {}: `{}` is none of device, poll, ref", line.number, super::addressing::short(other));
                if let Some(device) = devices.last_mut() {
                    device.warn(sentence);
                }
            }
        }
    }
    Ok(devices)
}

fn reference(device: &mut Foreign, line: &Line, poll: &Poll) -> Result<(), TableError> {
    let (name, address, kind) = (cell(line, 1), cell(line, 2), cell(line, 3).to_ascii_lowercase());
    let writable = if cell(line, 4).to_ascii_lowercase().contains('w') { "yes" } else { "" };
    let (unit, scale) = (cell(line, 5), cell(line, 6));
    let mut push = |name: &str, address: &str, kind: &str, order: &str| {
        let cells = [name, &poll.table, address, kind, order, writable, unit, if kind == "bool" { "" } else { scale }];
        device.push(line.number, cells)
    };
    if poll.bits {
        // A group of eight becomes eight tags, as far as the poll goes.
        let number: u32 = address.parse().unwrap_or(poll.start);
        let first = number.saturating_sub(poll.start).saturating_mul(8);
        for bit in first..poll.size.min(first.saturating_add(8)) {
            push(&format!("{name}_{}", bit - first + 1), &(poll.start + bit).to_string(), "bool", "")?;
        }
        return Ok(());
    }
    match kind.as_str() {
        "bool" | "bool8" | "bool16" => {
            push(name, address, "u16", &poll.order)?;
            device.warn(format!("line {}: `{name}` is a set of bits: its register is taken as `u16`", line.number));
            Ok(())
        }
        text if text.starts_with("string") => push(name, address, text, ""),
        other => push(name, address, other, &poll.order),
    }
}
