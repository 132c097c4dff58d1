//! The filters and tests of payload templates, and how a value is written.

use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State};

pub(super) const FILTERS: [&str; 10] =
    ["abs", "default", "float", "int", "length", "lower", "round", "tojson", "trim", "upper"];
pub(super) const TESTS: [&str; 4] = ["boolean", "none", "number", "string"];

/// Decimal places a number can be rounded to: a double has no more that mean anything.
const MOST_PLACES: i32 = 15;

pub(super) fn add(engine: &mut Environment<'static>) {
    engine.set_formatter(|out, _: &mut State<'_, '_>, value| write(out, value));
    engine.add_filter("abs", |value: Value| if number(&value)? < 0.0 { negated(&value) } else { Ok(value) });
    engine.add_filter(
        "default",
        |value: Value, other: Value| {
            if value.is_undefined() || value.is_none() { other } else { value }
        },
    );
    engine.add_filter("float", |value: Value| number(&value));
    engine.add_filter("int", |value: Value| if value.is_integer() { Ok(value) } else { whole(number(&value)?) });
    engine.add_filter("length", |value: Value| value.len());
    engine.add_filter("lower", |text: String| text.to_lowercase());
    engine.add_filter("round", round);
    engine.add_filter("tojson", |value: Value| json(&value));
    engine.add_filter("trim", |text: String| text.trim().to_owned());
    engine.add_filter("upper", |text: String| text.to_uppercase());
    engine.add_test("boolean", |value: Value| value.kind() == ValueKind::Bool);
    engine.add_test("none", |value: Value| value.is_none());
    engine.add_test("number", |value: Value| value.kind() == ValueKind::Number);
    engine.add_test("string", |value: Value| value.kind() == ValueKind::String);
}

/// Text as it is; everything else as JSON writes it: `null`, `true`, `20.0`.
fn write(out: &mut Output<'_>, value: &Value) -> Result<(), Error> {
    let text = match value.as_str() {
        Some(text) => return out.write_str(text).map_err(Error::from),
        None if value.is_undefined() => return Err(Error::from(ErrorKind::UndefinedError)),
        None => json(value)?,
    };
    out.write_str(&text).map_err(Error::from)
}

fn json(value: &Value) -> Result<String, Error> {
    match value.kind() {
        ValueKind::None => Ok("null".to_owned()),
        ValueKind::Number if !value.is_integer() => {
            // What JSON has no number for is null, as everywhere.
            let x = number(value)?;
            Ok(if x.is_finite() { serde_json::Value::from(x).to_string() } else { "null".to_owned() })
        }
        // The engine writes `True`.
        ValueKind::Bool => Ok(value.is_true().to_string()),
        ValueKind::Number => Ok(value.to_string()),
        ValueKind::String => Ok(serde_json::Value::from(value.as_str().unwrap_or_default()).to_string()),
        _ => Err(Error::new(ErrorKind::InvalidOperation, "a single value is needed here")),
    }
}

fn number(value: &Value) -> Result<f64, Error> {
    let read = match (value.kind(), value.as_str()) {
        (ValueKind::Bool, _) => Some(f64::from(u8::from(value.is_true()))),
        (_, Some(text)) => text.trim().parse().ok(),
        _ => f64::try_from(value.clone()).ok(),
    };
    read.ok_or_else(|| {
        Error::new(ErrorKind::InvalidOperation, format!("a number is needed here, not {}", value.kind()))
    })
}

fn negated(value: &Value) -> Result<Value, Error> {
    match i128::try_from(value.clone()).ok().and_then(i128::checked_neg) {
        Some(whole) if value.is_integer() => Ok(Value::from(whole)),
        _ => Ok(Value::from(-number(value)?)),
    }
}

#[allow(clippy::cast_possible_truncation, reason = "within the range of whole numbers a double is cut, as `int` says")]
fn whole(x: f64) -> Result<Value, Error> {
    if x.is_finite() && x.abs() < 9e18 {
        return Ok(Value::from(x as i64));
    }
    Err(Error::new(ErrorKind::InvalidOperation, "the number is too large"))
}

/// `round(2)`: half away from zero; without places to a whole number.
fn round(value: Value, places: Option<i32>) -> Result<Value, Error> {
    let x = number(&value)?;
    match places.unwrap_or(0).clamp(0, MOST_PLACES) {
        0 if value.is_integer() => Ok(value),
        0 => whole(x.round()),
        places => {
            let step = 10f64.powi(places);
            Ok(Value::from((x * step).round() / step))
        }
    }
}
