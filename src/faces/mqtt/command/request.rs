//! The payload of a command: `{"value": ..., "id"?: "...", "timestamp"?: "..."}`, a bare JSON scalar, or any JSON of which a
//! pointer says where the value stands.

use crate::platform::clock;
use crate::tag::reading::Stamp;
use crate::tag::value::Value;
use serde_json::Value as Json;
use std::time::Duration;

/// The longest payload that is looked into. The longest text a tag can hold is far below.
pub(super) const LARGEST: usize = 64 * 1024;
/// The longest id, in bytes: it is kept for five minutes.
const LONGEST_ID: usize = 256;

/// A command as it was asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Request {
    pub(super) value: Value,
    /// As it came, for the answer; null when there is none.
    pub(super) id: Json,
    timestamp: Option<Json>,
}

/// Why a payload is no command: whoever sent it sends another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RequestError {
    #[error("the payload has {0} bytes; a command has at most {LARGEST}")]
    TooLarge(usize),
    #[error("the payload is not JSON: {0}")]
    NotJson(String),
    #[error("the payload has no `value`")]
    NoValue,
    #[error("the payload has nothing at `{0}`, where the value is looked for")]
    NothingThere(String),
    #[error("`value` is true or false, a number or a text")]
    NotScalar,
    #[error("the value cannot be found: {0}")]
    NotFound(String),
    #[error("`id` is a text of at most {LONGEST_ID} bytes, or a number")]
    Id,
}

impl Request {
    /// With a value that was found by a template; `timestamp` is a member of the payload, if it is an object.
    pub(super) fn found(payload: &Json, value: Value) -> Self {
        Self { value, id: Json::Null, timestamp: payload.get("timestamp").filter(|json| !json.is_null()).cloned() }
    }

    /// `pointer` says where in the payload the value stands (RFC 6901); without one it is the member `value`, or the payload
    /// itself. `timestamp` is a member of the payload in any case, `id` only in our own form: what others call so may be
    /// the same in every message, or no number of a request at all.
    pub(super) fn parse(payload: &[u8], pointer: Option<&str>) -> Result<Self, RequestError> {
        if LARGEST < payload.len() {
            return Err(RequestError::TooLarge(payload.len()));
        }
        // The reader refuses to go deeper than 128 levels, and numbers that no double can hold.
        let mut json: Json =
            serde_json::from_slice(payload).map_err(|error| RequestError::NotJson(error.to_string()))?;
        let value = match (pointer, &json) {
            (Some(pointer), _) => {
                json.pointer(pointer).ok_or_else(|| RequestError::NothingThere(pointer.to_owned()))?
            }
            (None, Json::Object(object)) => object.get("value").ok_or(RequestError::NoValue)?,
            (None, bare) => bare,
        };
        let value = Value::from_json(value).ok_or(RequestError::NotScalar);
        if pointer.is_some() {
            return Ok(Self::found(&json, value?));
        }
        let (id, timestamp) = sides(&mut json)?;
        Ok(Self { value: value?, id, timestamp })
    }

    /// What tells a repeated command from a new one; none without an id.
    pub(super) fn key(&self) -> Option<String> {
        (!self.id.is_null()).then(|| self.id.to_string())
    }

    /// Whether it may still be carried out, judged only if it says when it was made.
    pub(super) fn check_age(&self, limit: Duration, now: Stamp) -> Result<(), String> {
        let Some(timestamp) = &self.timestamp else { return Ok(()) };
        let made: Option<jiff::Timestamp> = timestamp.as_str().and_then(|text| text.parse().ok());
        let Some(made) = made else {
            return Err("`timestamp` is not a time such as `2026-01-02T03:04:05.678Z`".to_owned());
        };
        if !clock::is_sensible(now) {
            return Err("the clock of this appliance is not set, so the command's age cannot be judged".to_owned());
        }
        let age = now.unix_ms.saturating_sub(made.as_millisecond());
        if i64::try_from(limit.as_millis()).unwrap_or(i64::MAX) < age {
            let (age, limit) = (age / 1000, limit.as_secs());
            return Err(format!("the command is {age} s old; here it may be {limit} s old"));
        }
        Ok(())
    }
}

/// `id` and `timestamp`.
fn sides(json: &mut Json) -> Result<(Json, Option<Json>), RequestError> {
    let mut take = |name: &str| json.as_object_mut().and_then(|object| object.remove(name)).unwrap_or_default();
    let id = match take("id") {
        Json::String(text) if LONGEST_ID < text.len() => return Err(RequestError::Id),
        id @ (Json::Null | Json::String(_) | Json::Number(_)) => id,
        Json::Bool(_) | Json::Array(_) | Json::Object(_) => return Err(RequestError::Id),
    };
    Ok((id, Some(take("timestamp")).filter(|json| !json.is_null())))
}
