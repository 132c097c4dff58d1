//! `devices[]`: Modbus slaves and their tags.

use super::fields::{Fields, Identity, shown_text};
use super::port::{Timeout, read_timeout};
use super::problem::{Pointer, Problems};
use crate::modbus::address::{Span, Table};
use crate::modbus::order::Order;
use crate::tag::deadband::Deadband;
use crate::tag::scale::Scale;
use crate::tag::value::ValueType;
use serde_json::Value as Json;
use std::sync::Arc;
use std::time::Duration;

/// One Modbus slave.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceConfig {
    /// Id, name, description, enabled. The name is the group of its tags.
    pub identity: Identity,
    /// Name of its port.
    pub port: String,
    /// Address on the line, 1..247; on Modbus/TCP also 0 and 255, the server itself.
    pub unit_id: u8,
    /// How often its tags are read.
    pub poll: Poll,
    /// Registers per read, 1..125.
    pub max_read_registers: u16,
    /// Bits per read, 1..2000.
    pub max_read_bits: u16,
    /// Registers per write, 1..123.
    pub max_write_registers: u16,
    /// Which function codes write.
    pub write_function: WriteFunction,
    /// Read back after each write.
    pub verify_writes: bool,
    /// Its own time-out, if it differs from the port's.
    pub timeout: Option<Timeout>,
    /// Silence the device needs between two requests, beyond the line's.
    pub min_gap: Duration,
    /// Where it came from: the id of a device profile, and its variant behind a `/`. Only remembered: the tags are its own.
    pub profile: Option<String>,
    /// Its tags, in the document's order; each is held once, whoever works with it.
    pub tags: Vec<Arc<ModbusTagConfig>>,
}

/// A poll period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Poll {
    /// As fast as the line allows.
    FlatOut,
    /// 10 ms .. 1 h.
    Every(Duration),
}

/// Function codes of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WriteFunction {
    /// 5 and 6 for one item, 16 for more.
    #[default]
    Auto,
    /// Always 5 and 6.
    Single,
    /// Always 15 and 16.
    Multiple,
}

/// One tag of a Modbus device.
#[derive(Debug, Clone, PartialEq)]
pub struct ModbusTagConfig {
    /// Id, name, description, enabled.
    pub identity: Identity,
    /// Table, address, and the number of items the type takes.
    pub span: Span,
    /// Declared type.
    pub kind: ValueType,
    /// Byte order: its own, or the device's.
    pub order: Order,
    /// Bit of a register, 0 = least significant; only for `bool` on registers.
    pub bit: Option<u8>,
    /// Scaling, if any.
    pub scale: Option<Scale>,
    /// Engineering unit.
    pub unit: String,
    /// How far the value must move to be published on change.
    pub deadband: Option<Deadband>,
    /// Unscaled values that mean "no value".
    pub invalid: Vec<f64>,
    /// Its own period, or the device's.
    pub poll: Poll,
    /// Whether it may be written.
    pub writable: bool,
    /// Smallest value a write may set, scaled.
    pub write_min: Option<f64>,
    /// Largest value a write may set, scaled.
    pub write_max: Option<f64>,
}

impl DeviceConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let identity = fields.identity(problems);
        let port = fields.required_text("port", 100, problems);
        // What the port's kind forbids of these is refused once the port is known.
        let unit_id = fields.required_integer("unit_id", 0..=255, problems);
        let poll = read_poll(&mut fields, problems).unwrap_or(Poll::Every(Duration::from_secs(1)));
        let order = read_device_order(&mut fields, problems);
        let max_read_registers = fields.integer("max_read_registers", 1..=125, 125, problems);
        let max_read_bits = fields.integer("max_read_bits", 1..=2000, 2000, problems);
        let max_write_registers = fields.integer("max_write_registers", 1..=123, 123, problems);
        let functions =
            [("auto", WriteFunction::Auto), ("single", WriteFunction::Single), ("multiple", WriteFunction::Multiple)];
        let write_function = fields.word("write_function", &functions, problems).unwrap_or_default();
        let verify_writes = fields.flag("verify_writes", false, problems);
        let timeout = read_timeout(&mut fields, problems);
        let min_gap = Duration::from_millis(fields.integer("min_gap_ms", 0..=10_000, 0, problems));
        let profile = fields.text("profile", 200, problems).map(str::to_owned);
        let list = fields.list("tags", problems);
        // Tags are judged on their own: one bad tag does not take its device away.
        let good = fields.finish(problems);
        let defaults = TagDefaults { poll, order };
        let tags = super::read_list(list, &at.member("tags"), problems, |json, at, problems| {
            ModbusTagConfig::read(json, at, defaults, max_read_registers, problems).map(Arc::new)
        });
        if !good {
            return None;
        }
        Some(Self {
            identity: identity?,
            port: port?.to_owned(),
            unit_id: unit_id?,
            poll,
            max_read_registers,
            max_read_bits,
            max_write_registers,
            write_function,
            verify_writes,
            timeout,
            min_gap,
            profile,
            tags,
        })
    }
}

/// What a tag takes from its device.
#[derive(Debug, Clone, Copy)]
struct TagDefaults {
    poll: Poll,
    order: Order,
}

impl ModbusTagConfig {
    fn read(
        json: &Json,
        at: Pointer<'_>,
        defaults: TagDefaults,
        max_read: u16,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let identity = fields.identity(problems);
        let table = fields.required_word("table", &Table::ALL.map(|table| (table.as_str(), table)), problems);
        let address = fields.required_integer("address", 0..=65_535u16, problems);
        let kind = fields.required_word("type", &ValueType::ALL.map(|kind| (kind.as_str(), kind)), problems);
        let order = read_order(&mut fields, kind, defaults.order, problems);
        let bit = fields.optional_integer("bit", 0..=15u8, problems);
        let length = fields.optional_integer("length", 1..=125u16, problems);
        let span = match (table, address, kind) {
            (Some(table), Some(address), Some(kind)) => {
                shape(&fields, table, address, kind, bit, length, max_read, problems)
            }
            _ => None,
        };
        let numeric = kind.is_none_or(ValueType::is_numeric);
        let scale = read_scale(&mut fields, problems);
        if scale.is_some() && !numeric {
            fields.error("scale", "only numbers are scaled", problems);
        }
        let deadband = read_deadband(&mut fields, problems);
        if deadband.is_some() && !numeric {
            fields.error("deadband", "only numbers have a deadband", problems);
        }
        let unit = fields.text("unit", 40, problems).unwrap_or_default().to_owned();
        let invalid = read_numbers(&mut fields, "invalid", problems);
        let poll = read_poll(&mut fields, problems).unwrap_or(defaults.poll);
        let writable = fields.flag("writable", false, problems);
        if writable && table.is_some_and(|table| !table.is_writable()) {
            fields.error("writable", "only coils and holding registers can be written", problems);
        }
        let (write_min, write_max) = (fields.float("write_min", problems), fields.float("write_max", problems));
        if let (Some(low), Some(high)) = (write_min, write_max)
            && high < low
        {
            fields.error("write_max", "`write_max` is below `write_min`", problems);
        }
        if (write_min.is_some() || write_max.is_some()) && !numeric {
            let name = if write_min.is_some() { "write_min" } else { "write_max" };
            fields.error(name, "only numbers have write limits", problems);
        }
        if !fields.finish(problems) {
            return None;
        }
        Some(Self {
            identity: identity?,
            span: span?,
            kind: kind?,
            order: order?,
            bit,
            scale,
            unit,
            deadband,
            invalid,
            poll,
            writable,
            write_min,
            write_max,
        })
    }
}

/// Whether type, table, bit and length go together, and the items they take.
#[allow(clippy::too_many_arguments)] // All of them decide together; a struct for one call would hide that.
fn shape(
    fields: &Fields<'_>,
    table: Table,
    address: u16,
    kind: ValueType,
    bit: Option<u8>,
    length: Option<u16>,
    max_read: u16,
    problems: &mut Problems,
) -> Option<Span> {
    if table.is_bits() && kind != ValueType::Bool {
        fields.error("type", format!("a {table} is one bit: its type is `bool`"), problems);
        return None;
    }
    if table.is_bits() && bit.is_some() {
        fields.error("bit", format!("a {table} is one bit already: leave `bit` out"), problems);
        return None;
    }
    if bit.is_some() && kind != ValueType::Bool {
        fields.error("bit", "`bit` goes with type `bool` on a register", problems);
        return None;
    }
    if !table.is_bits() && kind == ValueType::Bool && bit.is_none() {
        fields.error("bit", "`bool` on a register needs `bit`, 0 = least significant", problems);
        return None;
    }
    let count = match (kind, length) {
        (ValueType::String, None) => {
            fields.error("length", "a string needs `length` in registers", problems);
            return None;
        }
        (ValueType::String, Some(length)) => length,
        (_, Some(_)) => {
            fields.error("length", "`length` goes with type `string` only", problems);
            return None;
        }
        (ValueType::U64 | ValueType::I64 | ValueType::F64, None) => 4,
        (ValueType::U32 | ValueType::I32 | ValueType::F32 | ValueType::Bcd32, None) => 2,
        (ValueType::Bool | ValueType::U16 | ValueType::I16 | ValueType::Bcd16, None) => 1,
    };
    if max_read < count && !table.is_bits() {
        let sentence = format!("a {kind} takes {count} registers, the device answers {max_read} per read");
        fields.error(if kind == ValueType::String { "length" } else { "type" }, sentence, problems);
        return None;
    }
    let span = Span::new(table, address, count);
    if let Err(error) = &span {
        fields.error("address", format!("{error}"), problems);
    }
    span.ok()
}

fn read_device_order(fields: &mut Fields<'_>, problems: &mut Problems) -> Order {
    let Some(word) = fields.text("order", 40, problems) else { return Order::BIG_ENDIAN };
    Order::parse_device(word).unwrap_or_else(|| {
        let all: Vec<String> = Order::device_words().map(|word| format!("`{word}`")).collect();
        let sentence = format!("`order` of a device is one of {}, not {}", all.join(", "), shown_text(word));
        fields.error("order", sentence, problems);
        Order::BIG_ENDIAN
    })
}

pub(super) fn read_order(
    fields: &mut Fields<'_>,
    kind: Option<ValueType>,
    default: Order,
    problems: &mut Problems,
) -> Option<Order> {
    let Some(word) = fields.text("order", 40, problems) else { return Some(default) };
    match Order::parse(word, kind?) {
        Ok(order) => Some(order),
        Err(error) => {
            fields.error("order", error.to_string(), problems);
            None
        }
    }
}

fn read_poll(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Poll> {
    let ms = fields.optional_integer("poll_ms", 0..=3_600_000u64, problems)?;
    match ms {
        0 => Some(Poll::FlatOut),
        1..10 => {
            fields.error("poll_ms", "`poll_ms` is 0 (flat out) or 10..3600000", problems);
            None
        }
        ms => Some(Poll::Every(Duration::from_millis(ms))),
    }
}

pub(super) fn read_numbers(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Vec<f64> {
    let list = fields.list(name, problems);
    let at = fields.at().member(name);
    let mut numbers = Vec::with_capacity(list.len());
    for (index, json) in list.iter().enumerate() {
        match json.as_f64() {
            Some(number) => numbers.push(number),
            None => problems.error(&at.index(index), "a number is needed here"),
        }
    }
    numbers
}

/// `{"gain","offset"}` or `{"from":[a,b],"to":[c,d]}`.
pub(super) fn read_scale(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Scale> {
    let json = fields.get("scale")?;
    let at = fields.at().member("scale");
    let mut inner = Fields::open(json, at, problems)?;
    let (gain, offset) = (inner.float("gain", problems), inner.float("offset", problems));
    let from = read_numbers(&mut inner, "from", problems);
    let to = read_numbers(&mut inner, "to", problems);
    if !inner.finish(problems) {
        return None;
    }
    let scale = match (gain, offset, from.as_slice(), to.as_slice()) {
        (None, None, &[a, b], &[c, d]) => Scale::two_point((a, b), (c, d)),
        (gain, offset, [], []) if gain.is_some() || offset.is_some() => {
            Scale::linear(gain.unwrap_or(1.0), offset.unwrap_or(0.0))
        }
        _ => {
            problems.error(&at, "a scale is `{\"gain\", \"offset\"}` or `{\"from\": [a, b], \"to\": [c, d]}`");
            return None;
        }
    };
    scale.map_err(|error| problems.error(&at, error.to_string())).ok()
}

/// A number in scaled units, or `{"percent": p}`.
pub(super) fn read_deadband(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Deadband> {
    let json = fields.get("deadband")?;
    let at = fields.at().member("deadband");
    let (number, percent) = match json {
        Json::Object(_) => {
            let mut inner = Fields::open(json, at, problems)?;
            let percent = inner.float("percent", problems);
            if !inner.finish(problems) {
                return None;
            }
            (percent, true)
        }
        other => (other.as_f64(), false),
    };
    match number {
        Some(number) if 0.0 <= number => {
            Some(if percent { Deadband::Percent(number) } else { Deadband::Absolute(number) })
        }
        _ => {
            problems.error(&at, "a deadband is a number from 0 in the tag's unit, or `{\"percent\": p}`");
            None
        }
    }
}
