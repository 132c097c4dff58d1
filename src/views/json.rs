//! Points written straight into a buffer as JSON: the same text as [`Value::to_json`], without a tree in between.
//! Thousands of messages a second leave through here, so nothing is allocated but the buffer.

use crate::tag::attribute::Attribute;
use crate::tag::def::TagDef;
use crate::tag::reading::{Stamp, TagState, rfc3339};
use crate::tag::value::{JSON_SAFE_INTEGER, Value};
use serde::Serialize;
use std::fmt::{self, Write};

/// Milliseconds of 10000-01-01, where years need a fifth digit.
const YEAR_10000_MS: i64 = 253_402_300_800_000;
const DAY_MS: i64 = 86_400_000;

/// One tag as a view needs it: what is fixed and what is now.
#[derive(Debug, Clone, Copy)]
pub struct TagRef<'a> {
    /// What is fixed.
    pub def: &'a TagDef,
    /// What is now.
    pub state: &'a TagState,
}

/// Writes one attribute of a tag.
pub fn write_attribute(out: &mut Vec<u8>, tag: TagRef<'_>, attribute: Attribute, now: Stamp) {
    let TagRef { def, state } = tag;
    match attribute {
        Attribute::Value => write_value(out, state.value.as_ref()),
        Attribute::Min => write_value(out, state.min.as_ref()),
        Attribute::Max => write_value(out, state.max.as_ref()),
        Attribute::Raw if state.aspects.is_some() => write_value(out, state.aspect(attribute).as_ref()),
        Attribute::Raw if state.raw.is_empty() => out.extend_from_slice(b"null"),
        Attribute::Raw => put(out, state.raw.as_slice()),
        Attribute::Quality => write_word(out, state.quality.as_str()),
        Attribute::Reason => {
            out.push(b'"');
            // The words of the list need no escape.
            display(out, state.reason);
            out.push(b'"');
        }
        Attribute::Timestamp => write_time(out, state.at.map(|at| at.unix_ms)),
        Attribute::AgeMs => put(out, &state.age_ms(now)),
        Attribute::Unit => put(out, &def.unit),
        Attribute::Type => write_word(out, def.kind.as_str()),
        Attribute::Description => put(out, &def.description),
        Attribute::ResetMin | Attribute::ResetMax | Attribute::ClearOverflow | Attribute::ResetCurrentCount => {
            out.push(b'0');
        }
        Attribute::Exception => put(out, &state.exception),
        Attribute::DeviceStatus => write_word(out, state.device_status()),
        Attribute::Mode => match def.channel() {
            Some((_, mode)) => write_word(out, mode.as_str()),
            None => write_value(out, None),
        },
        own => write_value(out, state.aspect(own).as_ref()),
    }
}

/// Writes a value, `null` where there is none.
pub fn write_value(out: &mut Vec<u8>, value: Option<&Value>) {
    match value {
        None => out.extend_from_slice(b"null"),
        Some(Value::Bool(on)) => put(out, on),
        Some(Value::I64(n)) if JSON_SAFE_INTEGER < n.unsigned_abs() => quoted(out, n),
        Some(Value::I64(n)) => put(out, n),
        Some(Value::U64(n)) if JSON_SAFE_INTEGER < *n => quoted(out, n),
        Some(Value::U64(n)) => put(out, n),
        Some(Value::F32(x)) => put(out, &shortest(*x)),
        Some(Value::F64(x)) => put(out, x),
        Some(Value::Text(text)) => put(out, text.as_ref()),
    }
}

/// Writes `"2026-01-02T03:04:05.678Z"`, `null` where there is no time.
pub fn write_time(out: &mut Vec<u8>, unix_ms: Option<i64>) {
    let Some(ms) = unix_ms else { return out.extend_from_slice(b"null") };
    out.push(b'"');
    if (0..YEAR_10000_MS).contains(&ms) {
        let (year, month, day) = civil(ms / DAY_MS);
        let of_day = ms % DAY_MS;
        digits(out, year, 4, b'-');
        digits(out, month, 2, b'-');
        digits(out, day, 2, b'T');
        digits(out, of_day / 3_600_000, 2, b':');
        digits(out, of_day / 60_000 % 60, 2, b':');
        digits(out, of_day / 1000 % 60, 2, b'.');
        digits(out, of_day % 1000, 3, b'Z');
    } else {
        out.extend_from_slice(rfc3339(ms).as_bytes());
    }
    out.push(b'"');
}

/// Days since 1970-01-01 to year, month, day: Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_based = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_based + 2) / 5 + 1;
    let month = if march_based < 10 { march_based + 3 } else { march_based - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

fn digits(out: &mut Vec<u8>, number: i64, width: usize, then: u8) {
    let start = out.len();
    out.resize(start + width, b'0');
    let mut rest = u64::try_from(number).unwrap_or_default();
    for place in out[start..].iter_mut().rev() {
        *place += u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
    out.push(then);
}

/// The double with the same shortest decimal, so that 23.4 read as 32 bits stays 23.4.
fn shortest(x: f32) -> f64 {
    let mut text = Digits { bytes: [0; 64], len: 0 };
    if !x.is_finite() || write!(text, "{x}").is_err() {
        return f64::NAN;
    }
    std::str::from_utf8(&text.bytes[..text.len]).ok().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
}

/// The longest plain decimal of an `f32` has 47 characters.
struct Digits {
    bytes: [u8; 64],
    len: usize,
}

impl Write for Digits {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

/// Writes what serde writes.
pub(super) fn put<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    // A vector takes every byte, and none of the types that come here refuses to be written.
    drop(serde_json::to_writer(out, value));
}

fn quoted(out: &mut Vec<u8>, number: impl fmt::Display) {
    out.push(b'"');
    display(out, number);
    out.push(b'"');
}

fn display(out: &mut Vec<u8>, thing: impl fmt::Display) {
    use std::io::Write;
    drop(write!(out, "{thing}"));
}

/// A word of ours, which needs no escape.
pub(super) fn write_word(out: &mut Vec<u8>, word: &str) {
    out.push(b'"');
    out.extend_from_slice(word.as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(value: &Value) -> String {
        let mut out = Vec::new();
        write_value(&mut out, Some(value));
        String::from_utf8(out).unwrap()
    }

    fn time(ms: i64) -> String {
        let mut out = Vec::new();
        write_time(&mut out, Some(ms));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_as_the_field_said() {
        for (value, expect) in [
            (Value::F32(23.4), "23.4"),
            (Value::F32(f32::NAN), "null"),
            (Value::F64(0.1), "0.1"),
            (Value::F64(f64::INFINITY), "null"),
            (Value::I64(-5), "-5"),
            (Value::U64((1 << 53) + 1), "\"9007199254740993\""),
            (Value::Bool(false), "false"),
            (Value::Text("a\"\u{1}온".into()), "\"a\\\"\\u0001온\""),
        ] {
            assert_eq!(text(&value), expect);
        }
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(time(1_767_323_045_678), "\"2026-01-02T03:04:05.678Z\"");
        assert_eq!(time(951_782_400_000), "\"2000-02-29T00:00:00.000Z\"");
        assert_eq!(time(YEAR_10000_MS - 1), "\"9999-12-31T23:59:59.999Z\"");
    }

    proptest! {
        #[test]
        fn the_short_way_and_the_tree_write_the_same(
            bits32: u32, bits64: u64, int: i64, natural: u64, words in ".*", ms in -YEAR_10000_MS..2 * YEAR_10000_MS
        ) {
            let values = [
                Value::F32(f32::from_bits(bits32)),
                Value::F64(f64::from_bits(bits64)),
                Value::I64(int),
                Value::U64(natural),
                Value::Text(words.as_str().into()),
            ];
            for value in values {
                prop_assert_eq!(text(&value), value.to_json().to_string());
            }
            prop_assert_eq!(time(ms), format!("\"{}\"", rfc3339(ms)));
        }
    }
}
