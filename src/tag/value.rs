//! One value, the types a tag can have, and their JSON forms.

use serde_json::Number;
use std::fmt;
use std::sync::Arc;

/// Integers beyond this lose digits in a JSON reader that uses doubles, so they travel as strings.
pub const JSON_SAFE_INTEGER: u64 = 1 << 53;

/// One value as the user sees it (scaled, typed).
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// On or off.
    Bool(bool),
    /// Any signed integer type, unscaled.
    I64(i64),
    /// Any unsigned integer type, unscaled, BCD included.
    U64(u64),
    /// A 32-bit float as read; kept apart from `F64` so that 23.4 is shown as 23.4.
    F32(f32),
    /// A 64-bit float, or any scaled number.
    F64(f64),
    /// Text.
    Text(Arc<str>),
}

impl Value {
    /// As a number; `None` for text, 0 and 1 for off and on.
    #[allow(clippy::cast_precision_loss)] // 64-bit counters beyond 2^53 lose their last digits in arithmetic, as documented.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Bool(on) => Some(f64::from(u8::from(*on))),
            Self::I64(n) => Some(*n as f64),
            Self::U64(n) => Some(*n as f64),
            Self::F32(x) => Some(f64::from(*x)),
            Self::F64(x) => Some(*x),
            Self::Text(_) => None,
        }
    }

    /// The JSON form: numbers as numbers, integers beyond 2^53 as strings, NaN and infinities as null.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Self::Bool(on) => Json::Bool(*on),
            Self::I64(n) if JSON_SAFE_INTEGER < n.unsigned_abs() => Json::String(n.to_string()),
            Self::I64(n) => Json::from(*n),
            Self::U64(n) if JSON_SAFE_INTEGER < *n => Json::String(n.to_string()),
            Self::U64(n) => Json::from(*n),
            // The shortest decimal that reads back as the same f32, so 23.4 stays 23.4.
            Self::F32(x) => x.to_string().parse().ok().and_then(Number::from_f64).map_or(Json::Null, Json::Number),
            Self::F64(x) => Number::from_f64(*x).map_or(Json::Null, Json::Number),
            Self::Text(text) => Json::String(text.to_string()),
        }
    }

    /// Reads a JSON scalar; `None` for null, arrays and objects.
    pub fn from_json(json: &serde_json::Value) -> Option<Self> {
        use serde_json::Value as Json;
        match json {
            Json::Bool(on) => Some(Self::Bool(*on)),
            Json::Number(n) => n
                .as_u64()
                .map(Self::U64)
                .or_else(|| n.as_i64().map(Self::I64))
                .or_else(|| n.as_f64().filter(|x| x.is_finite()).map(Self::F64)),
            Json::String(text) => Some(Self::Text(text.as_str().into())),
            Json::Null | Json::Array(_) | Json::Object(_) => None,
        }
    }

    /// Equal as numbers or texts, whatever the variant: 1, 1.0 and `true` are the same reading.
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::I64(a), Self::I64(b)) => a == b,
            (Self::U64(a), Self::U64(b)) => a == b,
            // Bit patterns, so that a NaN equals itself and is not an endless change.
            (a, b) => a.as_f64().map(f64::to_bits) == b.as_f64().map(f64::to_bits) && a.as_f64().is_some(),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(on) => write!(f, "{on}"),
            Self::I64(n) => write!(f, "{n}"),
            Self::U64(n) => write!(f, "{n}"),
            Self::F32(x) => write!(f, "{x}"),
            Self::F64(x) => write!(f, "{x}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// The declared type of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// `bool`
    Bool,
    /// `u16`
    U16,
    /// `i16`
    I16,
    /// `u32`
    U32,
    /// `i32`
    I32,
    /// `u64`
    U64,
    /// `i64`
    I64,
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// `bcd16`: four decimal digits in one register, 0..9999
    Bcd16,
    /// `bcd32`: eight decimal digits in two registers, 0..99999999
    Bcd32,
    /// `string`: registers, high byte first
    String,
}

impl ValueType {
    /// All types, in the order they are offered.
    pub const ALL: [Self; 12] = [
        Self::Bool,
        Self::U16,
        Self::I16,
        Self::U32,
        Self::I32,
        Self::U64,
        Self::I64,
        Self::F32,
        Self::F64,
        Self::Bcd16,
        Self::Bcd32,
        Self::String,
    ];

    /// The word of the document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::U16 => "u16",
            Self::I16 => "i16",
            Self::U32 => "u32",
            Self::I32 => "i32",
            Self::U64 => "u64",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Bcd16 => "bcd16",
            Self::Bcd32 => "bcd32",
            Self::String => "string",
        }
    }

    /// The type of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether min, max, scale and deadband make sense.
    pub fn is_numeric(self) -> bool {
        !matches!(self, Self::Bool | Self::String)
    }

    /// Inclusive integer bounds; `None` for floats, text.
    pub fn integer_range(self) -> Option<(i128, i128)> {
        match self {
            Self::Bool => Some((0, 1)),
            Self::U16 => Some((0, i128::from(u16::MAX))),
            Self::I16 => Some((i128::from(i16::MIN), i128::from(i16::MAX))),
            Self::U32 => Some((0, i128::from(u32::MAX))),
            Self::I32 => Some((i128::from(i32::MIN), i128::from(i32::MAX))),
            Self::U64 => Some((0, i128::from(u64::MAX))),
            Self::I64 => Some((i128::from(i64::MIN), i128::from(i64::MAX))),
            Self::Bcd16 => Some((0, 9_999)),
            Self::Bcd32 => Some((0, 99_999_999)),
            Self::F32 | Self::F64 | Self::String => None,
        }
    }

    /// Whether a written value has the right kind, before any range is looked at.
    ///
    /// Bool takes 0 and 1; 64-bit integers also take a decimal string, since JSON numbers end at 2^53.
    pub fn accept(self, value: Value) -> Result<Value, TypeError> {
        let wrong = |value: &Value| TypeError { wanted: self, given: value.to_string() };
        match (self, value) {
            (Self::Bool, value) => match &value {
                Value::Bool(_) => Ok(value),
                other if other.as_f64() == Some(0.0) => Ok(Value::Bool(false)),
                other if other.as_f64() == Some(1.0) => Ok(Value::Bool(true)),
                other => Err(wrong(other)),
            },
            (Self::String, Value::Text(text)) => Ok(Value::Text(text)),
            (Self::U64, Value::Text(text)) => text.parse().map(Value::U64).map_err(|_| wrong(&Value::Text(text))),
            (Self::I64, Value::Text(text)) => text.parse().map(Value::I64).map_err(|_| wrong(&Value::Text(text))),
            (Self::String, value) | (_, value @ (Value::Text(_) | Value::Bool(_))) => Err(wrong(&value)),
            (_, value) => Ok(value),
        }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A written value is of another kind than its tag: the caller sends another one.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{}` is not a value of type {wanted}", shortened(given))]
pub struct TypeError {
    /// The tag's type.
    pub wanted: ValueType,
    /// What came.
    pub given: String,
}

/// The beginning of a text for a sentence: whoever sends one of any length gets it neither back nor into the log.
pub(crate) fn shortened(text: &str) -> String {
    const SHOWN: usize = 60;
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn json(value: &Value, expect: &str) {
        assert_eq!(value.to_json().to_string(), expect);
    }

    #[test]
    fn json_keeps_what_the_field_said() {
        json(&Value::F32(23.4), "23.4");
        json(&Value::F64(0.1), "0.1");
        json(&Value::F64(f64::NAN), "null");
        json(&Value::U64(1 << 53), "9007199254740992");
        json(&Value::U64((1 << 53) + 1), "\"9007199254740993\"");
        json(&Value::I64(-(1 << 53) - 1), "\"-9007199254740993\"");
        json(&Value::Bool(true), "true");
    }

    #[test]
    fn writes_are_judged_by_type() {
        assert_eq!(ValueType::Bool.accept(Value::U64(1)), Ok(Value::Bool(true)));
        assert!(ValueType::Bool.accept(Value::U64(2)).is_err());
        assert!(ValueType::U16.accept(Value::Text("5".into())).is_err());
        assert!(ValueType::U16.accept(Value::Bool(true)).is_err());
        assert_eq!(ValueType::U64.accept(Value::Text("18446744073709551615".into())), Ok(Value::U64(u64::MAX)));
        assert!(ValueType::String.accept(Value::U64(1)).is_err());
        let long = ValueType::F64.accept(Value::Text("한".repeat(10_000).into())).unwrap_err().to_string();
        assert_eq!(long, format!("`{}…` is not a value of type f64", "한".repeat(60)));
    }
}
