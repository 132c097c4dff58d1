//! The types of metrics (Sparkplug 3.0, 6.4.16), and values in them.

use super::payload::MetricValue;
use crate::tag::attribute::Attribute;
use crate::tag::def::TagDef;
use crate::tag::value::{Value, ValueType};

/// The types that tags have as metrics, with their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum DataType {
    /// Signed, 16 bits.
    Int16 = 2,
    /// Signed, 32 bits.
    Int32 = 3,
    /// Signed, 64 bits.
    Int64 = 4,
    /// Unsigned, 16 bits.
    UInt16 = 6,
    /// Unsigned, 32 bits.
    UInt32 = 7,
    /// Unsigned, 64 bits.
    UInt64 = 8,
    /// 32-bit float.
    Float = 9,
    /// 64-bit float.
    Double = 10,
    /// On or off.
    Boolean = 11,
    /// Text.
    String = 12,
    /// Milliseconds since 1970-01-01 UTC.
    DateTime = 13,
    /// Unsigned numbers of 16 bits, packed, the low byte first.
    UInt16Array = 27,
}

impl DataType {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::UInt16,
        Self::UInt32,
        Self::UInt64,
        Self::Float,
        Self::Double,
        Self::Boolean,
        Self::String,
        Self::DateTime,
        Self::UInt16Array,
    ];

    /// The type of this number, if it is one of ours.
    pub fn numbered(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|datatype| *datatype as u32 == number)
    }

    /// Of an attribute of a tag. It depends on the settings alone, never on a reading.
    pub fn of(def: &TagDef, attribute: Attribute) -> Self {
        match attribute {
            Attribute::Value | Attribute::Min | Attribute::Max => of_value(def),
            Attribute::Raw if def.channel().is_none() => Self::UInt16Array,
            Attribute::Quality
            | Attribute::Reason
            | Attribute::Unit
            | Attribute::Type
            | Attribute::Description
            | Attribute::DeviceStatus
            | Attribute::Mode
            | Attribute::Status => Self::String,
            Attribute::Timestamp => Self::DateTime,
            Attribute::AgeMs => Self::UInt64,
            Attribute::Count | Attribute::TotalCount | Attribute::CurrentCount => Self::UInt32,
            Attribute::Counting
            | Attribute::Overflow
            | Attribute::Pulsing
            | Attribute::Forced
            | Attribute::SafeMode => Self::Boolean,
            Attribute::Raw
            | Attribute::Exception
            | Attribute::PulseCount
            | Attribute::PulseOn
            | Attribute::PulseOff
            | Attribute::ResetMin
            | Attribute::ResetMax
            | Attribute::ClearOverflow
            | Attribute::ResetCurrentCount => Self::UInt16,
        }
    }

    /// The name of the specification.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Int16 => "Int16",
            Self::Int32 => "Int32",
            Self::Int64 => "Int64",
            Self::UInt16 => "UInt16",
            Self::UInt32 => "UInt32",
            Self::UInt64 => "UInt64",
            Self::Float => "Float",
            Self::Double => "Double",
            Self::Boolean => "Boolean",
            Self::String => "String",
            Self::DateTime => "DateTime",
            Self::UInt16Array => "UInt16Array",
        }
    }

    /// A value in this type; `None` where it does not fit, and for NaN and infinities.
    pub fn encode(self, value: &Value) -> Option<MetricValue> {
        match self {
            Self::Boolean => value.as_f64().map(|x| MetricValue::Boolean(x != 0.0)),
            Self::String => Some(MetricValue::String(value.to_string())),
            Self::Float | Self::Double => {
                let x = value.as_f64().filter(|x| x.is_finite())?;
                Some(match (self, value) {
                    (Self::Float, Value::F32(x)) => MetricValue::Float(*x),
                    #[allow(clippy::cast_possible_truncation, reason = "a 32-bit float keeps what it can hold")]
                    (Self::Float, _) => MetricValue::Float(x as f32),
                    _ => MetricValue::Double(x),
                })
            }
            Self::Int16 => i16::try_from(whole(value)?).ok().map(|n| MetricValue::Int(i32::from(n).cast_unsigned())),
            Self::Int32 => i32::try_from(whole(value)?).ok().map(|n| MetricValue::Int(n.cast_unsigned())),
            Self::Int64 => i64::try_from(whole(value)?).ok().map(|n| MetricValue::Long(n.cast_unsigned())),
            Self::UInt16 => u16::try_from(whole(value)?).ok().map(|n| MetricValue::Int(n.into())),
            Self::UInt32 => u32::try_from(whole(value)?).ok().map(MetricValue::Int),
            Self::UInt64 | Self::DateTime => u64::try_from(whole(value)?).ok().map(MetricValue::Long),
            Self::UInt16Array => None,
        }
    }

    /// The value of a command; `None` where it is of another type. Of a signed number hosts send all bits, or those of its own
    /// width.
    pub fn decode(self, value: &MetricValue) -> Option<Value> {
        match (self, value) {
            (Self::Boolean, MetricValue::Boolean(on)) => Some(Value::Bool(*on)),
            (Self::String, MetricValue::String(text)) => Some(Value::Text(text.as_str().into())),
            (Self::Float, MetricValue::Float(x)) => x.is_finite().then_some(Value::F32(*x)),
            (Self::Double, MetricValue::Double(x)) => x.is_finite().then_some(Value::F64(*x)),
            (Self::UInt16, MetricValue::Int(n)) => u16::try_from(*n).ok().map(|n| Value::U64(n.into())),
            (Self::UInt32, MetricValue::Int(n)) => Some(Value::U64((*n).into())),
            (Self::UInt64, MetricValue::Long(n)) => Some(Value::U64(*n)),
            (Self::Int64, MetricValue::Long(n)) => Some(Value::I64(n.cast_signed())),
            (Self::Int32, MetricValue::Int(n)) => Some(Value::I64(n.cast_signed().into())),
            (Self::Int16, MetricValue::Int(n)) => {
                let narrow = u16::try_from(*n).map(u16::cast_signed);
                let n = narrow.or_else(|_| i16::try_from(n.cast_signed())).ok()?;
                Some(Value::I64(n.into()))
            }
            _ => None,
        }
    }
}

fn of_value(def: &TagDef) -> DataType {
    match def.kind {
        ValueType::Bool => DataType::Boolean,
        ValueType::String => DataType::String,
        // A scaled number can have a fraction, whatever the field holds.
        _ if def.scaled => DataType::Double,
        ValueType::U16 | ValueType::Bcd16 => DataType::UInt16,
        ValueType::I16 => DataType::Int16,
        ValueType::U32 | ValueType::Bcd32 => DataType::UInt32,
        ValueType::I32 => DataType::Int32,
        ValueType::U64 => DataType::UInt64,
        ValueType::I64 => DataType::Int64,
        ValueType::F32 => DataType::Float,
        ValueType::F64 => DataType::Double,
    }
}

/// A number without a fraction.
fn whole(value: &Value) -> Option<i128> {
    match value {
        Value::Bool(on) => Some(i128::from(*on)),
        Value::I64(n) => Some(i128::from(*n)),
        Value::U64(n) => Some(i128::from(*n)),
        Value::F32(_) | Value::F64(_) => {
            let x = value.as_f64()?;
            #[allow(clippy::cast_possible_truncation, reason = "it is whole, and what is beyond 128 bits saturates")]
            (x.fract() == 0.0).then_some(x as i128)
        }
        Value::Text(_) => None,
    }
}
