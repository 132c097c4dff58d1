//! `internal[]`: registers of the appliance itself.

use super::fields::{Fields, Identity};
use super::problem::{Pointer, Problems};
use crate::tag::value::{Value, ValueType};
use serde_json::Value as Json;

/// One internal register.
#[derive(Debug, Clone, PartialEq)]
pub struct InternalConfig {
    /// Id, name, description, enabled.
    pub identity: Identity,
    /// Declared type.
    pub kind: ValueType,
    /// Value after the first start, and after each start unless kept.
    pub initial: Value,
    /// Whether the value survives a restart.
    pub keep: bool,
    /// Engineering unit.
    pub unit: String,
}

impl InternalConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let identity = fields.identity(problems);
        let kinds = ValueType::ALL.map(|kind| (kind.as_str(), kind));
        let kind = fields.word("type", &kinds, problems);
        if fields.get("type").is_none() {
            fields.error("type", "`type` is missing", problems);
        }
        let given = fields.get("initial");
        let initial = match (given, kind) {
            (None, Some(kind)) => Some(zero(kind)),
            (Some(json), Some(kind)) => {
                let value = Value::from_json(json).and_then(|value| fit(kind, value));
                if value.is_none() {
                    fields.error("initial", format!("{json} is not a value of type {kind}"), problems);
                }
                value
            }
            (_, None) => None,
        };
        let keep = fields.flag("keep", false, problems);
        let unit = fields.text("unit", 40, problems).unwrap_or_default().to_owned();
        if !fields.finish(problems) {
            return None;
        }
        Some(Self { identity: identity?, kind: kind?, initial: initial?, keep, unit })
    }
}

fn zero(kind: ValueType) -> Value {
    match kind {
        ValueType::Bool => Value::Bool(false),
        ValueType::String => Value::Text("".into()),
        ValueType::F32 => Value::F32(0.0),
        ValueType::F64 => Value::F64(0.0),
        ValueType::I16 | ValueType::I32 | ValueType::I64 => Value::I64(0),
        ValueType::U16 | ValueType::U32 | ValueType::U64 | ValueType::Bcd16 | ValueType::Bcd32 => Value::U64(0),
    }
}

/// The value as a register of this type holds it; `None` when it is of another kind or does not fit.
#[allow(clippy::cast_possible_truncation)] // Each cast stands behind the range it needs.
pub fn fit(kind: ValueType, value: Value) -> Option<Value> {
    let value = kind.accept(value).ok()?;
    if let Some((low, high)) = kind.integer_range().filter(|_| kind != ValueType::Bool) {
        let whole = match &value {
            Value::U64(n) => i128::from(*n),
            Value::I64(n) => i128::from(*n),
            other => {
                let x = other.as_f64()?;
                // Beyond 2^64 no type fits, so the cast below is exact for all that remains.
                if x.fract() != 0.0 || 2e19 < x.abs() {
                    return None;
                }
                x as i128
            }
        };
        if !(low..=high).contains(&whole) {
            return None;
        }
        return if low < 0 {
            i64::try_from(whole).ok().map(Value::I64)
        } else {
            u64::try_from(whole).ok().map(Value::U64)
        };
    }
    match kind {
        ValueType::F32 => value.as_f64().map(|x| x as f32).filter(|x| x.is_finite()).map(Value::F32),
        ValueType::F64 => value.as_f64().filter(|x| x.is_finite()).map(Value::F64),
        ValueType::String => match &value {
            Value::Text(text) if text.len() <= 1000 => Some(value),
            _ => None,
        },
        _ => Some(value),
    }
}
