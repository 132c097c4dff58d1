//! Registers to values and back: types, orders, bits, strings, BCD, scale, sentinels, write limits.

use super::order::Order;
use crate::tag::reading::Raw;
use crate::tag::scale::Scale;
use crate::tag::value::{TypeError, Value, ValueType};

/// How one tag's value lies in its registers (or in its bit of a bit table, as one word 0 or 1).
#[derive(Debug, Clone, PartialEq)]
pub struct Codec {
    kind: ValueType,
    order: Order,
    bit: Option<u8>,
    length: u16,
    scale: Option<Scale>,
    invalid: Vec<Value>,
    write_min: Option<f64>,
    write_max: Option<f64>,
}

/// Why a written value is refused; nothing is sent. The caller sends another one.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EncodeError {
    /// Another kind of value.
    #[error(transparent)]
    Type(#[from] TypeError),
    /// NaN or infinite.
    #[error("a value must be a finite number")]
    NotFinite,
    /// Outside `write_min`..`write_max`.
    #[error("{given} is outside the permitted range {}", range(*.min, *.max))]
    Limit {
        /// What came.
        given: f64,
        /// Lower limit, scaled.
        min: Option<f64>,
        /// Upper limit, scaled.
        max: Option<f64>,
    },
    /// Outside what the register type can hold, after the scale is undone.
    #[error("{given} does not fit type {kind}")]
    Range {
        /// What came.
        given: String,
        /// The tag's type.
        kind: ValueType,
    },
    /// A text longer than the tag, or with a NUL inside.
    #[error("the text has {bytes} bytes, the tag holds {room} without NUL")]
    Text {
        /// Bytes of the text.
        bytes: usize,
        /// Bytes of the registers.
        room: usize,
    },
}

fn range(min: Option<f64>, max: Option<f64>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("from {min}"),
        (None, Some(max)) => format!("up to {max}"),
        (None, None) => String::new(),
    }
}

impl Codec {
    /// A plain value of this type and order. `length` counts the registers of a string and is ignored otherwise.
    pub fn new(kind: ValueType, order: Order, length: u16) -> Self {
        let length = match kind {
            ValueType::Bool | ValueType::U16 | ValueType::I16 | ValueType::Bcd16 => 1,
            ValueType::U32 | ValueType::I32 | ValueType::F32 | ValueType::Bcd32 => 2,
            ValueType::U64 | ValueType::I64 | ValueType::F64 => 4,
            ValueType::String => length.max(1),
        };
        Self { kind, order, bit: None, length, scale: None, invalid: Vec::new(), write_min: None, write_max: None }
    }

    /// A bool that is one bit of a register, 0 the least significant; only the low four bits of `bit` count.
    #[must_use]
    pub fn with_bit(mut self, bit: u8) -> Self {
        self.bit = Some(bit & 0x0F);
        self
    }

    /// With a scale.
    #[must_use]
    pub fn with_scale(mut self, scale: Scale) -> Self {
        self.scale = Some(scale);
        self
    }

    /// With sentinels: unscaled values that mean "no value". A sentinel that the type cannot hold never matches.
    #[must_use]
    pub fn with_invalid(mut self, sentinels: &[Value]) -> Self {
        self.invalid = sentinels.iter().filter_map(|sentinel| exact(self.kind, sentinel)).collect();
        self
    }

    /// With limits of writes, in scaled units.
    #[must_use]
    pub fn with_write_limits(mut self, min: Option<f64>, max: Option<f64>) -> Self {
        self.write_min = min;
        self.write_max = max;
        self
    }

    /// The type before scaling.
    pub fn kind(&self) -> ValueType {
        self.kind
    }

    /// The order of its bytes and words.
    pub fn order(&self) -> Order {
        self.order
    }

    /// Registers it takes.
    pub fn registers(&self) -> u16 {
        self.length
    }

    /// The bit of the register, if it is one.
    pub fn bit(&self) -> Option<u8> {
        self.bit
    }

    /// The value in these words; `None` when the field itself says that there is none: a sentinel, NaN, an infinity,
    /// a digit above 9, bytes that are no text, or a number of words that is not the tag's.
    pub fn decode(&self, words: &[u16]) -> Option<Value> {
        let value = self.unscaled(words)?;
        if self.invalid.iter().any(|sentinel| sentinel.same(&value)) {
            return None;
        }
        match self.scale {
            Some(scale) if self.kind.is_numeric() => {
                let scaled = scale.apply(value.as_f64()?);
                scaled.is_finite().then_some(Value::F64(scaled))
            }
            _ => Some(value),
        }
    }

    fn unscaled(&self, words: &[u16]) -> Option<Value> {
        if words.len() != usize::from(self.length) {
            return None;
        }
        if self.kind == ValueType::String {
            return text(words);
        }
        let mut words: Raw = words.into();
        self.order.arrange(&mut words);
        let bits = words.iter().fold(0u64, |bits, word| bits << 16 | u64::from(*word));
        Some(match self.kind {
            ValueType::Bool => Value::Bool(self.bit.map_or(bits, |bit| bits >> bit & 1) != 0),
            ValueType::U16 | ValueType::U32 | ValueType::U64 => Value::U64(bits),
            ValueType::I16 => Value::I64(i64::from(low16(bits).cast_signed())),
            ValueType::I32 => Value::I64(i64::from(low32(bits).cast_signed())),
            ValueType::I64 => Value::I64(bits.cast_signed()),
            ValueType::F32 => Value::F32(Some(f32::from_bits(low32(bits))).filter(|x| x.is_finite())?),
            ValueType::F64 => Value::F64(Some(f64::from_bits(bits)).filter(|x| x.is_finite())?),
            ValueType::Bcd16 => Value::U64(from_bcd(bits, 4)?),
            ValueType::Bcd32 => Value::U64(from_bcd(bits, 8)?),
            ValueType::String => return None,
        })
    }

    /// The words that say this value: the scale is inverted, the result rounded half away from zero, and what does
    /// not fit is refused.
    ///
    /// A bit of a register gives the word 0 or 1: see [`Codec::set_bit`].
    pub fn encode(&self, value: &Value) -> Result<Raw, EncodeError> {
        let value = self.kind.accept(value.clone())?;
        let number = match &value {
            Value::Bool(on) => return Ok(self.arranged(u64::from(*on))),
            Value::Text(text) => return self.text_words(text),
            number => number.as_f64().filter(|x| x.is_finite()).ok_or(EncodeError::NotFinite)?,
        };
        if self.write_min.is_some_and(|min| number < min) || self.write_max.is_some_and(|max| max < number) {
            return Err(EncodeError::Limit { given: number, min: self.write_min, max: self.write_max });
        }
        let beyond = || EncodeError::Range { given: value.to_string(), kind: self.kind };
        let bits = match self.kind {
            #[allow(clippy::cast_possible_truncation)]
            // Precision goes, as a 32-bit float asks; a range overflow is caught.
            ValueType::F32 => {
                let x = match (self.scale, &value) {
                    (Some(scale), _) => scale.invert(number) as f32,
                    (None, Value::F32(x)) => *x,
                    (None, _) => number as f32,
                };
                u64::from(Some(x).filter(|x| x.is_finite()).ok_or_else(beyond)?.to_bits())
            }
            ValueType::F64 => {
                let x = self.scale.map_or(number, |scale| scale.invert(number));
                Some(x).filter(|x| x.is_finite()).ok_or_else(beyond)?.to_bits()
            }
            _ => {
                let whole = match (self.scale, &value) {
                    (Some(scale), _) => rounded(scale.invert(number)),
                    (None, Value::U64(n)) => i128::from(*n),
                    (None, Value::I64(n)) => i128::from(*n),
                    (None, _) => rounded(number),
                };
                let (low, high) = self.kind.integer_range().unwrap_or((0, 0));
                if whole < low || high < whole {
                    return Err(beyond());
                }
                self.integer_bits(whole).ok_or_else(beyond)?
            }
        };
        Ok(self.arranged(bits))
    }

    /// The register with this tag's bit set or cleared; the other bits stay as they were read.
    pub fn set_bit(&self, register: u16, on: bool) -> u16 {
        let mut word = [register];
        self.order.arrange(&mut word);
        let mask = 1 << self.bit.unwrap_or(0);
        word[0] = if on { word[0] | mask } else { word[0] & !mask };
        self.order.arrange(&mut word);
        word[0]
    }

    fn integer_bits(&self, whole: i128) -> Option<u64> {
        match self.kind {
            ValueType::I16 => i16::try_from(whole).ok().map(|n| u64::from(n.cast_unsigned())),
            ValueType::I32 => i32::try_from(whole).ok().map(|n| u64::from(n.cast_unsigned())),
            ValueType::I64 => i64::try_from(whole).ok().map(i64::cast_unsigned),
            ValueType::Bcd16 | ValueType::Bcd32 => u64::try_from(whole).ok().map(to_bcd),
            _ => u64::try_from(whole).ok(),
        }
    }

    fn arranged(&self, bits: u64) -> Raw {
        let count = self.length.min(4);
        let mut words: Raw = (0..count).rev().map(|at| low16(bits >> (16 * at) & 0xFFFF)).collect();
        self.order.arrange(&mut words);
        words
    }

    fn text_words(&self, text: &str) -> Result<Raw, EncodeError> {
        let (bytes, room) = (text.as_bytes(), 2 * usize::from(self.length));
        if room < bytes.len() || bytes.contains(&0) {
            return Err(EncodeError::Text { bytes: bytes.len(), room });
        }
        let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
        Ok((0..usize::from(self.length)).map(|i| u16::from_be_bytes([byte(2 * i), byte(2 * i + 1)])).collect())
    }
}

/// A sentinel as a value of the type, so that comparing is exact; `None` if the type cannot hold it.
fn exact(kind: ValueType, sentinel: &Value) -> Option<Value> {
    match (kind, sentinel) {
        (ValueType::String, Value::Text(_)) => Some(sentinel.clone()),
        (ValueType::String | ValueType::Bool, _) => None,
        #[allow(clippy::cast_possible_truncation)] // -9999.9 in the document is the f32 nearest to it in the register.
        (ValueType::F32, number) => number.as_f64().map(|x| Value::F32(x as f32)),
        (ValueType::F64, number) => number.as_f64().map(Value::F64),
        (_, number) => {
            let whole = match number {
                Value::U64(n) => i128::from(*n),
                Value::I64(n) => i128::from(*n),
                Value::Text(digits) => digits.parse().ok()?,
                other => {
                    let whole = other.as_f64().filter(|x| x.fract() == 0.0).map(rounded)?;
                    // The largest 64-bit numbers, as a double, are one too large.
                    let top = kind.integer_range().map_or(whole, |(_, high)| high);
                    if whole == top + 1 && i128::from(u32::MAX) < top { top } else { whole }
                }
            };
            match kind {
                ValueType::I16 | ValueType::I32 | ValueType::I64 => i64::try_from(whole).ok().map(Value::I64),
                _ => u64::try_from(whole).ok().map(Value::U64),
            }
        }
    }
}

/// High byte first, ends at NUL, trailing blanks cut; `None` if it is not UTF-8.
fn text(words: &[u16]) -> Option<Value> {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).take_while(|byte| *byte != 0).collect();
    let text = std::str::from_utf8(&bytes).ok()?;
    Some(Value::Text(text.trim_end_matches(' ').into()))
}

/// Half away from zero, as `f64::round`; saturates far beyond any register.
#[allow(clippy::cast_possible_truncation)] // The value is whole; the range is checked in 128 bits, where every f64 in question fits.
fn rounded(x: f64) -> i128 {
    x.round() as i128
}

#[allow(clippy::cast_possible_truncation)] // The value has at most 16 bits: it came from one register.
fn low16(bits: u64) -> u16 {
    bits as u16
}

#[allow(clippy::cast_possible_truncation)] // The value has at most 32 bits: it came from two registers.
fn low32(bits: u64) -> u32 {
    bits as u32
}

fn from_bcd(bits: u64, digits: u32) -> Option<u64> {
    (0..digits).rev().try_fold(0, |number, at| {
        let digit = bits >> (4 * at) & 0xF;
        (digit <= 9).then_some(number * 10 + digit)
    })
}

fn to_bcd(mut number: u64) -> u64 {
    let mut bits = 0;
    let mut at = 0;
    while number != 0 && at < 64 {
        bits |= (number % 10) << at;
        number /= 10;
        at += 4;
    }
    bits
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
