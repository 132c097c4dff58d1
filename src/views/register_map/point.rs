//! How a point fills its registers, and what written registers say.

use crate::config::modbus_server::{TEXT_REGISTERS, value_type};
use crate::modbus::order::Order;
use crate::modbus::words::Codec;
use crate::tag::attribute::Attribute;
use crate::tag::channel::Status;
use crate::tag::def::{Origin, TagDef};
use crate::tag::quality::Quality;
use crate::tag::reading::{Raw, Stamp, TagState};
use crate::tag::value::{Value, ValueType};

/// Registers of a text value, of a description and of a unit in the automatic map.
const TEXT: u16 = TEXT_REGISTERS;
const UNIT: u16 = 4;

/// An attribute and how it is encoded.
#[derive(Debug, Clone)]
pub struct Point {
    attribute: Attribute,
    codec: Codec,
}

/// Type and registers of an attribute in the automatic map.
pub fn shape(def: &TagDef, attribute: Attribute) -> (ValueType, u16) {
    let kind = match attribute {
        Attribute::Value | Attribute::Min | Attribute::Max => value_type(def),
        // As read: as wide as the tag, in the order of the field.
        Attribute::Raw if def.origin == Origin::Modbus => match registers(def.kind, TEXT) {
            1 => ValueType::U16,
            2 => ValueType::U32,
            4 => ValueType::U64,
            _ => ValueType::String,
        },
        Attribute::Timestamp => ValueType::U64,
        Attribute::AgeMs | Attribute::Count | Attribute::TotalCount | Attribute::CurrentCount => ValueType::U32,
        Attribute::Unit | Attribute::Description => ValueType::String,
        Attribute::ResetMin
        | Attribute::ResetMax
        | Attribute::Counting
        | Attribute::Overflow
        | Attribute::ClearOverflow
        | Attribute::Pulsing
        | Attribute::ResetCurrentCount
        | Attribute::Forced
        | Attribute::SafeMode => ValueType::Bool,
        Attribute::Raw
        | Attribute::Quality
        | Attribute::Reason
        | Attribute::Type
        | Attribute::Exception
        | Attribute::DeviceStatus
        | Attribute::Mode
        | Attribute::Status
        | Attribute::PulseCount
        | Attribute::PulseOn
        | Attribute::PulseOff => ValueType::U16,
    };
    let length = if attribute == Attribute::Unit { UNIT } else { TEXT };
    (kind, registers(kind, length))
}

fn registers(kind: ValueType, length: u16) -> u16 {
    Codec::new(kind, Order::BIG_ENDIAN, length).registers()
}

impl Point {
    /// An attribute as a value of this type; `length` counts the registers of a text.
    pub fn new(attribute: Attribute, kind: ValueType, order: Order, length: u16) -> Self {
        Self { attribute, codec: Codec::new(kind, order, length) }
    }

    /// The attribute.
    pub fn attribute(&self) -> Attribute {
        self.attribute
    }

    /// The type it is shown as.
    pub fn kind(&self) -> ValueType {
        self.codec.kind()
    }

    /// The order of its bytes and words; empty for bits and texts.
    pub fn order(&self) -> &'static str {
        match self.codec.kind() {
            ValueType::Bool | ValueType::String => "",
            kind => self.codec.order().word(kind),
        }
    }

    /// What is in its registers now; zeros where there is no value.
    pub fn words(&self, def: &TagDef, state: &TagState, now: Stamp) -> Raw {
        // What was read in the field goes through as it came, in the field's own order.
        if self.attribute == Attribute::Raw && state.aspects.is_none() && self.kind() != ValueType::Bool {
            let mut raw = state.raw.clone();
            raw.resize(usize::from(self.codec.registers()), 0);
            return raw;
        }
        self.encode(value_of(self.attribute, self.kind(), def, state, now))
    }

    /// A number in its registers, as near as the type can hold it.
    pub fn fill(&self, number: f64) -> Raw {
        self.encode(Some(Value::F64(number)))
    }

    fn encode(&self, value: Option<Value>) -> Raw {
        let words = value.and_then(|value| self.codec.encode(&near(value, self.kind(), self.codec.registers())).ok());
        words.unwrap_or_else(|| Raw::from_elem(0, usize::from(self.codec.registers())))
    }

    /// What written words say; none where they say nothing: NaN, a digit above 9, bytes that are no text.
    pub fn value(&self, words: &[u16]) -> Option<Value> {
        self.codec.decode(words)
    }
}

/// The value of an attribute, as the number it has in the lists of codes.
pub(in crate::views) fn value_of(
    attribute: Attribute,
    kind: ValueType,
    def: &TagDef,
    state: &TagState,
    now: Stamp,
) -> Option<Value> {
    let number = |n: u64| Some(Value::U64(n));
    match attribute {
        Attribute::Value => state.value.clone(),
        Attribute::Min => state.min.clone(),
        Attribute::Max => state.max.clone(),
        Attribute::Quality if kind == ValueType::Bool => Some(Value::Bool(state.quality == Quality::Good)),
        Attribute::Quality => number(state.quality as u64),
        Attribute::Reason => number(state.reason.code().into()),
        Attribute::Timestamp => state.at.and_then(|at| u64::try_from(at.unix_ms).ok()).and_then(number),
        // No value has no age: the largest number, so that a limit on ages holds.
        Attribute::AgeMs => number(state.age_ms(now).unwrap_or(u64::MAX)),
        Attribute::Unit => Some(Value::Text(def.unit.as_str().into())),
        Attribute::Description => Some(Value::Text(def.description.as_str().into())),
        Attribute::Type => ValueType::ALL.iter().position(|kind| *kind == def.kind).and_then(|n| number(n as u64)),
        Attribute::Exception => number(state.exception.into()),
        Attribute::DeviceStatus => number(state.device_status_code().into()),
        Attribute::Mode => def.channel().and_then(|(kind, mode)| number(mode.code(kind).into())),
        Attribute::Status => match state.aspect(attribute)? {
            Value::Text(word) => number(Status::parse(&word)?.code().into()),
            other => Some(other),
        },
        Attribute::Raw if state.aspects.is_none() => state.raw.first().and_then(|word| number(u64::from(*word))),
        own if own.is_command() => number(0),
        own => state.aspect(own),
    }
}

/// The value, or the nearest one that the type can hold.
fn near(value: Value, kind: ValueType, registers: u16) -> Value {
    match (kind, value) {
        (ValueType::Bool, value) => Value::Bool(value.as_f64().is_some_and(|x| x != 0.0)),
        (ValueType::String, Value::Text(text)) => Value::Text(cut(&text, 2 * usize::from(registers)).into()),
        (ValueType::String, other) => Value::Text(cut(&other.to_string(), 2 * usize::from(registers)).into()),
        (_, Value::Text(_)) => Value::U64(0),
        (_, Value::Bool(on)) => Value::U64(on.into()),
        (ValueType::F32, Value::F64(x)) => Value::F64(x.clamp(f64::from(f32::MIN), f64::from(f32::MAX))),
        (ValueType::F32 | ValueType::F64, value) => value,
        (kind, value) => {
            let Some((low, high)) = kind.integer_range() else { return value };
            match value {
                Value::U64(n) if high < i128::from(n) => whole(high),
                Value::I64(n) if high < i128::from(n) => whole(high),
                Value::I64(n) if i128::from(n) < low => whole(low),
                // Limits of 64 bits are no doubles; the comparison errs by less than their step.
                #[allow(clippy::cast_precision_loss)]
                Value::F64(x) if (high as f64) <= x => whole(high),
                #[allow(clippy::cast_precision_loss)]
                Value::F64(x) if x <= (low as f64) => whole(low),
                #[allow(clippy::cast_precision_loss)]
                Value::F32(x) if (high as f64) <= f64::from(x) => whole(high),
                #[allow(clippy::cast_precision_loss)]
                Value::F32(x) if f64::from(x) <= (low as f64) => whole(low),
                other => other,
            }
        }
    }
}

fn whole(limit: i128) -> Value {
    u64::try_from(limit).map(Value::U64).or_else(|_| i64::try_from(limit).map(Value::I64)).unwrap_or(Value::U64(0))
}

/// The longest beginning of a text that fits; a text ends at a NUL.
fn cut(text: &str, bytes: usize) -> &str {
    let text = text.split('\0').next().unwrap_or_default();
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}
