//! The columns of tags: what they show of a tag, and what a written one means. The numbers are those of the attribute
//! catalogue, alike in every table.

use super::MibValue;
use super::schema::{Cell, Column, Syntax, Table, can_write};
use crate::tag::attribute::Attribute;
use crate::tag::channel::{ChannelKind, Mode, Status};
use crate::tag::def::TagDef;
use crate::tag::reading::{Stamp, TagState};
use crate::tag::value::{Value, ValueType};

/// One column of a table of tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagCell {
    /// Of channels: the slot of the module.
    Slot,
    /// Of channels: the number on the module.
    Channel,
    /// The device, the module, `internal` or `computed`.
    Group,
    /// The name within the group.
    Name,
    /// The description.
    Alias,
    /// A number as thousandths, in 32 bits.
    Thousandths(Attribute),
    /// The number of the reason.
    ReasonCode,
    /// An attribute as it is.
    As(Attribute),
}

use Attribute as A;
use TagCell::{As, Thousandths};

impl TagCell {
    /// Every column, in the order of their arcs.
    pub const ALL: [Self; 37] = [
        Self::Slot,
        Self::Channel,
        Self::Group,
        Self::Name,
        Self::Alias,
        As(A::Value),
        Thousandths(A::Value),
        As(A::Raw),
        As(A::Min),
        Thousandths(A::Min),
        As(A::Max),
        Thousandths(A::Max),
        As(A::ResetMin),
        As(A::ResetMax),
        As(A::Quality),
        As(A::Reason),
        Self::ReasonCode,
        As(A::Timestamp),
        As(A::AgeMs),
        As(A::Unit),
        As(A::Type),
        As(A::Mode),
        As(A::Status),
        As(A::Forced),
        As(A::SafeMode),
        As(A::Count),
        As(A::Counting),
        As(A::Overflow),
        As(A::ClearOverflow),
        As(A::Pulsing),
        As(A::PulseCount),
        As(A::PulseOn),
        As(A::PulseOff),
        As(A::TotalCount),
        As(A::CurrentCount),
        As(A::ResetCurrentCount),
        As(A::Exception),
    ];

    /// Whether a table has the column.
    pub fn stands_in(self, table: Table) -> bool {
        let digital = matches!(table, Table::Channel(kind) if kind.is_digital());
        let channel = matches!(table, Table::Channel(_));
        match self {
            Self::Slot | Self::Channel => channel,
            Self::Group | Self::Name | Self::Alias | Self::ReasonCode => true,
            Thousandths(_) => !digital,
            As(attribute) => match attribute {
                A::Value | A::Quality | A::Reason | A::Timestamp | A::AgeMs => true,
                A::Unit | A::Min | A::Max | A::ResetMin | A::ResetMax => !digital,
                A::Type => !channel,
                A::Raw | A::Exception if table == Table::Modbus => true,
                own => matches!(table, Table::Channel(kind) if kind.has(own)),
            },
        }
    }

    fn arc(self) -> u32 {
        match self {
            Self::Slot => 2,
            Self::Channel => 3,
            Self::Group => 4,
            Self::Name => 5,
            Self::Alias => 6,
            Thousandths(A::Value) => 11,
            Thousandths(A::Min) => 14,
            Thousandths(_) => 16,
            Self::ReasonCode => 22,
            As(attribute) => match attribute {
                A::Value => 10,
                A::Raw => 12,
                A::Min => 13,
                A::Max => 15,
                A::ResetMin => 17,
                A::ResetMax => 18,
                A::Quality => 20,
                A::Reason => 21,
                A::Timestamp => 23,
                A::AgeMs => 24,
                A::Unit => 25,
                A::Type => 26,
                A::Mode => 30,
                A::Status => 31,
                A::Forced => 32,
                A::SafeMode => 33,
                A::Count => 40,
                A::Counting => 41,
                A::Overflow => 42,
                A::ClearOverflow => 43,
                A::Pulsing => 44,
                A::PulseCount => 45,
                A::PulseOn => 46,
                A::PulseOff => 47,
                A::TotalCount => 48,
                A::CurrentCount => 49,
                A::ResetCurrentCount => 50,
                A::Exception => 60,
                A::Description | A::DeviceStatus => 61,
            },
        }
    }

    /// The attribute that is written where the column is.
    fn attribute(self) -> Option<Attribute> {
        match self {
            As(attribute) | Thousandths(attribute) => Some(attribute),
            _ => None,
        }
    }

    /// Its description in a table.
    pub fn column(self, table: Table) -> Column {
        let kind = match table {
            Table::Channel(kind) => Some(kind),
            _ => None,
        };
        let (suffix, syntax, text) = self.described(kind);
        let writable = self.attribute().is_some_and(|attribute| can_write(table, attribute));
        let column = Column::read(self.arc(), suffix, syntax, text, Cell::Tag(self)).writable_if(writable);
        match self {
            As(A::AgeMs) => column.in_units("milliseconds"),
            As(A::PulseOn | A::PulseOff) => column.in_units("half milliseconds"),
            Thousandths(_) => column.in_units("thousandths"),
            _ => column,
        }
    }

    fn described(self, kind: Option<ChannelKind>) -> (&'static str, Syntax, &'static str) {
        let off_on = || Syntax::words(&["off", "on"]);
        let command = || Syntax::Integer(0, 1);
        let digital = kind.is_some_and(ChannelKind::is_digital);
        match self {
            Self::Slot => ("Slot", Syntax::Integer(1, 32), "The slot of the module."),
            Self::Channel => {
                ("Channel", Syntax::Integer(0, 65_535), "The number of the channel on its module, from 0.")
            }
            Self::Group => ("Group", Syntax::Text, "The device or module, or internal or computed."),
            Self::Name => ("Name", Syntax::Text, "The name within the group; the tag is called group/name."),
            Self::Alias => ("Alias", Syntax::Text, "What people call it: the description of its settings."),
            Thousandths(A::Value) => (
                "Thousandths",
                Syntax::Integer(i32::MIN, i32::MAX),
                "The value times 1000; absent where that does not fit.",
            ),
            Thousandths(A::Min) => (
                "MinThousandths",
                Syntax::Integer(i32::MIN, i32::MAX),
                "The smallest value times 1000; absent where that does not fit.",
            ),
            Thousandths(_) => (
                "MaxThousandths",
                Syntax::Integer(i32::MIN, i32::MAX),
                "The largest value times 1000; absent where that does not fit.",
            ),
            Self::ReasonCode => ("ReasonCode", Syntax::Integer(0, 65_535), "The number of the reason; 0 is ok."),
            As(attribute) => match attribute {
                A::Value if digital => ("Value", off_on(), "The level."),
                A::Value => (
                    "Value",
                    Syntax::Text,
                    "The value as a text, numbers with a decimal point; empty if there is none.",
                ),
                A::Raw if kind.is_some() => {
                    ("Raw", Syntax::Integer(0, 65_535), "The value within its range, 0 to 65535.")
                }
                A::Raw => ("Raw", Syntax::Octets(255), "The registers as they were read, high byte first."),
                A::Min => ("Min", Syntax::Text, "The smallest good value since the start or the last reset."),
                A::Max => ("Max", Syntax::Text, "The largest good value since the start or the last reset."),
                A::ResetMin => ("ResetMin", command(), "Reads 0; written 1 it forgets the smallest value."),
                A::ResetMax => ("ResetMax", command(), "Reads 0; written 1 it forgets the largest value."),
                A::Quality => {
                    ("Quality", Syntax::words(&["good", "uncertain", "bad"]), "How far the value can be trusted.")
                }
                A::Reason => ("Reason", Syntax::Text, "Why not further."),
                A::Timestamp => ("Time", Syntax::Time, "When the value was received from the field; absent if never."),
                A::AgeMs => ("Age", Syntax::Gauge, "How long ago that was; absent if never."),
                A::Unit => ("Unit", Syntax::Text, "The unit of the value."),
                A::Type => ("Type", Syntax::Text, "The type of the value, as in the settings."),
                A::Mode => ("Mode", modes(kind), "What the channel does."),
                A::Status => ("Status", statuses(kind), "How the channel is."),
                A::Forced => ("Forced", off_on(), "Whether the value is held by hand."),
                A::SafeMode => ("SafeMode", off_on(), "Whether the output is held at its safe value."),
                A::Count => ("Count", Syntax::Unsigned(u32::MAX), "Edges counted."),
                A::Counting => ("Counting", Syntax::words(&["pause", "run"]), "Whether edges are counted."),
                A::Overflow => ("Overflow", off_on(), "Whether the count passed its end."),
                A::ClearOverflow => ("ClearOverflow", command(), "Reads 0; written 1 it clears the overflow."),
                A::Pulsing => ("Pulsing", Syntax::words(&["stop", "start"]), "Whether pulses are given."),
                A::PulseCount => ("PulseCount", Syntax::Unsigned(65_535), "Pulses of a train; 0 is without end."),
                A::PulseOn => ("PulseOn", Syntax::Unsigned(65_535), "How long a pulse is on; 1 or more."),
                A::PulseOff => ("PulseOff", Syntax::Unsigned(65_535), "How long it is off; 1 or more."),
                A::TotalCount => ("TotalCount", Syntax::Unsigned(u32::MAX), "Closings in all."),
                A::CurrentCount => ("CurrentCount", Syntax::Unsigned(u32::MAX), "Closings since the last reset."),
                A::ResetCurrentCount => ("ResetCurrentCount", command(), "Reads 0; written 1 it resets the closings."),
                A::Exception => {
                    ("Exception", Syntax::Integer(0, 255), "The last exception of the device; 0 if there was none.")
                }
                A::Description | A::DeviceStatus => ("Description", Syntax::Text, "The description."),
            },
        }
    }

    /// What the column shows of a tag; nothing where it has none. `slot` is that of a channel's module; `now` is asked where
    /// an age is shown: a clock costs as much as most of a row.
    pub fn show(self, def: &TagDef, state: &TagState, slot: u32, now: impl FnOnce() -> Stamp) -> Option<MibValue> {
        let small = |number: u64| i32::try_from(number).ok().map(MibValue::Integer);
        match self {
            Self::Slot => small(slot.into()),
            Self::Channel => small(def.source),
            Self::Group => Some(MibValue::text(def.name.group())),
            Self::Name => Some(MibValue::text(def.name.name())),
            Self::Alias => Some(MibValue::text(&def.description)),
            Thousandths(attribute) => thousandths(mark(attribute, state)?),
            Self::ReasonCode => Some(MibValue::Integer(i32::from(state.reason.code()))),
            As(attribute) => show_attribute(attribute, def, state, now),
        }
    }

    /// What writing the column with this value means.
    pub fn written(self, def: &TagDef, value: &MibValue) -> Result<(Attribute, Value), Unwritable> {
        let attribute =
            self.attribute().filter(|attribute| def.can_write(*attribute)).ok_or(Unwritable::NotWritable)?;
        let table = Table::of(def);
        let value = match (self, self.column(table).syntax, value) {
            (Thousandths(_), _, MibValue::Integer(number)) if def.kind.is_numeric() => {
                Value::F64(f64::from(*number) / 1000.0)
            }
            (Thousandths(_), _, MibValue::Integer(_)) => return Err(Unwritable::WrongValue),
            (_, Syntax::Text, MibValue::Octets(octets)) => read_text(octets, def.kind)?,
            (_, Syntax::Integer(low, high), MibValue::Integer(number)) if (low..=high).contains(number) => {
                Value::I64((*number).into())
            }
            (_, Syntax::Enumeration(words), MibValue::Integer(number)) if words.iter().any(|(_, n)| n == number) => {
                Value::I64((*number).into())
            }
            (_, Syntax::Unsigned(most), MibValue::Gauge(number)) if *number <= most => Value::U64((*number).into()),
            (_, Syntax::Integer(..) | Syntax::Enumeration(_), MibValue::Integer(_))
            | (_, Syntax::Unsigned(_), MibValue::Gauge(_)) => return Err(Unwritable::WrongValue),
            _ => return Err(Unwritable::WrongType),
        };
        Ok((attribute, value))
    }
}

/// Why a column cannot be written so; the words of RFC 3416.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwritable {
    /// Never.
    NotWritable,
    /// Not with this type.
    WrongType,
    /// Not with this value.
    WrongValue,
}

fn read_text(octets: &[u8], kind: ValueType) -> Result<Value, Unwritable> {
    let text = std::str::from_utf8(octets).map_err(|_| Unwritable::WrongValue)?;
    if kind == ValueType::String {
        return Ok(Value::Text(text.into()));
    }
    let text = text.trim();
    let whole = || text.parse().map(Value::U64).or_else(|_| text.parse().map(Value::I64)).ok();
    let number = || text.parse::<f64>().ok().filter(|x| x.is_finite()).map(Value::F64);
    let word = || match text.to_ascii_lowercase().as_str() {
        "on" | "true" => Some(Value::Bool(true)),
        "off" | "false" => Some(Value::Bool(false)),
        _ => None,
    };
    let found = if kind == ValueType::Bool { word().or_else(whole) } else { whole().or_else(number) };
    found.ok_or(Unwritable::WrongValue)
}

fn mark(attribute: Attribute, state: &TagState) -> Option<&Value> {
    match attribute {
        A::Min => state.min.as_ref(),
        A::Max => state.max.as_ref(),
        _ => state.value.as_ref(),
    }
}

fn thousandths(value: &Value) -> Option<MibValue> {
    let x = (value.as_f64()? * 1000.0).round();
    let fits = (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&x);
    // Just compared with the range.
    #[allow(clippy::cast_possible_truncation)]
    fits.then_some(MibValue::Integer(x as i32))
}

/// The text of a value: on and off as 1 and 0, numbers as in JSON.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Bool(on) => u8::from(*on).to_string(),
        Value::Text(text) => text.to_string(),
        Value::F32(_) | Value::F64(_) => match value.to_json() {
            serde_json::Value::Null => String::new(),
            number => number.to_string(),
        },
        whole => whole.to_string(),
    }
}

fn show_attribute(
    attribute: Attribute,
    def: &TagDef,
    state: &TagState,
    now: impl FnOnce() -> Stamp,
) -> Option<MibValue> {
    let text = |value: Option<&Value>| Some(MibValue::text(value.map(shown).unwrap_or_default()));
    let channel = def.channel().map(|(kind, _)| kind);
    match attribute {
        A::Value if channel.is_some_and(ChannelKind::is_digital) => {
            state.value.as_ref()?.as_f64().map(|on| MibValue::flag(on != 0.0))
        }
        A::Value => text(state.value.as_ref()),
        A::Min | A::Max | A::ResetMin | A::ResetMax if !def.kind.is_numeric() => None,
        A::Min | A::Max => text(mark(attribute, state)),
        command if command.is_command() => Some(MibValue::Integer(0)),
        A::Raw if channel.is_none() => {
            Some(MibValue::Octets(state.raw.iter().flat_map(|word| word.to_be_bytes()).take(254).collect()))
        }
        A::Quality => Some(MibValue::Integer(state.quality as i32)),
        A::Reason => Some(MibValue::text(state.reason.to_string())),
        A::Timestamp => state.at.map(|at| MibValue::time(at.unix_ms)),
        A::AgeMs => state.age_ms(now()).map(MibValue::gauge),
        A::Unit => Some(MibValue::text(&def.unit)),
        A::Type => Some(MibValue::text(def.kind.as_str())),
        A::Exception => Some(MibValue::Integer(state.exception.into())),
        A::Mode => def.channel().map(|(kind, mode)| MibValue::Integer(mode.code(kind).into())),
        A::Description => Some(MibValue::text(&def.description)),
        A::Status => match state.aspect(attribute)? {
            Value::Text(word) => status_code(&word).map(MibValue::Integer),
            _ => None,
        },
        own => {
            let value = state.aspect(own)?;
            match (&value, own) {
                (Value::Bool(on), _) => Some(MibValue::flag(*on)),
                (Value::U64(number), A::Raw) => i32::try_from(*number).ok().map(MibValue::Integer),
                (Value::U64(number), _) => Some(MibValue::gauge(*number)),
                _ => None,
            }
        }
    }
}

const STATUSES: [Status; 5] = [Status::Normal, Status::Burnout, Status::OverRange, Status::UnderRange, Status::Fault];

fn status_code(word: &str) -> Option<i32> {
    STATUSES.into_iter().find(|status| status.as_str() == word).map(|status| i32::from(status.code()))
}

fn statuses(kind: Option<ChannelKind>) -> Syntax {
    match kind {
        Some(ChannelKind::Ao) => Syntax::words(&["normal", "fault"]),
        _ => Syntax::words(&["normal", "burnout", "overRange", "underRange"]),
    }
}

fn modes(kind: Option<ChannelKind>) -> Syntax {
    let Some(kind) = kind else { return Syntax::Integer(0, 65_535) };
    let mut words: Vec<(String, i32)> =
        kind.modes().iter().map(|mode| (label(*mode), mode.code(kind).into())).collect();
    words.sort_by_key(|(_, number)| *number);
    Syntax::Enumeration(words)
}

/// A word as SMIv2 wants labels: `PlusMinus10` -> `plusMinus10`.
fn label(mode: Mode) -> String {
    let name = format!("{mode:?}");
    name[..1].to_ascii_lowercase() + &name[1..]
}

#[cfg(test)]
mod tests;
