//! What a driver reports, and how it changes what is known of a tag.

use super::attribute::Attribute;
use super::channel::Aspects;
use super::quality::{Quality, Reason};
use super::value::Value;
use serde_json::Value as Json;
use smallvec::SmallVec;

/// One moment on both clocks: the wall for people, the monotonic one for ages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stamp {
    /// Milliseconds since 1970-01-01 UTC.
    pub unix_ms: i64,
    /// Microseconds of the monotonic clock since the process started.
    pub mono_us: u64,
}

/// The registers (or, of a bit, one word 0 / 1) as they were read.
pub type Raw = SmallVec<[u16; 4]>;

/// One outcome of looking at the field.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// A valid value.
    Good {
        /// Scaled value.
        value: Value,
        /// As read.
        raw: Raw,
        /// When the answer was received.
        at: Stamp,
    },
    /// A value with a doubt.
    Uncertain {
        /// Scaled value.
        value: Value,
        /// As read.
        raw: Raw,
        /// When the answer was received.
        at: Stamp,
        /// The doubt.
        reason: Reason,
    },
    /// The field answered, and says itself that there is no value.
    Invalid {
        /// As read.
        raw: Raw,
        /// When the answer was received.
        at: Stamp,
    },
    /// The field answered, and what it says is not to be used: this is shown in its place, marked bad.
    Bad {
        /// What is shown.
        value: Option<Value>,
        /// When the answer was received.
        at: Stamp,
        /// What is wrong.
        reason: Reason,
    },
    /// No usable answer: the last value stays, marked bad.
    Failed(Reason),
    /// Nobody can tell: the last value stays, marked uncertain.
    Unknown(Reason),
}

/// All that is known of one tag at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct TagState {
    /// Present value; while bad the last good one, or `None`.
    pub value: Option<Value>,
    /// The words that gave `value`; empty if none.
    pub raw: Raw,
    /// Trust in `value`.
    pub quality: Quality,
    /// Why.
    pub reason: Reason,
    /// When the answer that gave `value` was received.
    pub at: Option<Stamp>,
    /// Smallest good value since start or reset.
    pub min: Option<Value>,
    /// Largest good value since start or reset.
    pub max: Option<Value>,
    /// Last exception code, 0 if none.
    pub exception: u8,
    /// Channels: what is known beside the value.
    pub aspects: Option<Aspects>,
}

impl Default for TagState {
    fn default() -> Self {
        Self {
            value: None,
            raw: Raw::new(),
            quality: Quality::Bad,
            reason: Reason::NotYetRead,
            at: None,
            min: None,
            max: None,
            exception: 0,
            aspects: None,
        }
    }
}

impl TagState {
    /// Takes one reading in; true when value, quality or reason differ from before.
    pub fn apply(&mut self, reading: Reading) -> bool {
        let (value, raw, at, quality, reason) = match reading {
            Reading::Good { value, raw, at } => {
                self.widen(&value);
                (Some(value), raw, at, Quality::Good, Reason::Ok)
            }
            Reading::Uncertain { value, raw, at, reason } => (Some(value), raw, at, Quality::Uncertain, reason),
            Reading::Invalid { raw, at } => (None, raw, at, Quality::Bad, Reason::InvalidValue),
            Reading::Bad { value, at, reason } => (value, Raw::new(), at, Quality::Bad, reason),
            Reading::Unknown(reason) => {
                let changed = self.quality != Quality::Uncertain || self.reason != reason;
                (self.quality, self.reason) = (Quality::Uncertain, reason);
                return changed;
            }
            Reading::Failed(reason) => {
                if let Reason::Exception(code) = reason {
                    self.exception = code;
                }
                let changed = self.quality != Quality::Bad || self.reason != reason;
                self.quality = Quality::Bad;
                self.reason = reason;
                return changed;
            }
        };
        let same = match (&self.value, &value) {
            (Some(before), Some(now)) => before.same(now),
            (None, None) => true,
            _ => false,
        };
        let changed = !same || self.quality != quality || self.reason != reason;
        self.value = value;
        self.raw = raw;
        self.at = Some(at);
        self.quality = quality;
        self.reason = reason;
        changed
    }

    /// Takes in what a channel says beside its value; true when that differs from before.
    pub fn apply_aspects(&mut self, aspects: Aspects) -> bool {
        self.aspects.replace(aspects) != Some(aspects)
    }

    fn widen(&mut self, value: &Value) {
        let Some(now) = value.as_f64() else { return };
        let below = |mark: &Option<Value>| mark.as_ref().and_then(Value::as_f64).is_none_or(|m| now < m);
        let above = |mark: &Option<Value>| mark.as_ref().and_then(Value::as_f64).is_none_or(|m| m < now);
        if below(&self.min) {
            self.min = Some(value.clone());
        }
        if above(&self.max) {
            self.max = Some(value.clone());
        }
    }

    /// Forgets the smallest value; the present one, if good, begins anew.
    pub fn reset_min(&mut self) {
        self.min = (self.quality == Quality::Good).then(|| self.value.clone()).flatten();
    }

    /// Forgets the largest value; the present one, if good, begins anew.
    pub fn reset_max(&mut self) {
        self.max = (self.quality == Quality::Good).then(|| self.value.clone()).flatten();
    }

    /// Milliseconds since the value was received.
    pub fn age_ms(&self, now: Stamp) -> Option<u64> {
        self.at.map(|at| now.mono_us.saturating_sub(at.mono_us) / 1000)
    }

    /// `online`, `no answer`, `port closed` or `unknown`: what the reason says of the device.
    pub fn device_status(&self) -> &'static str {
        match self.reason {
            Reason::NoAnswer | Reason::BadAnswer => "no answer",
            Reason::PortClosed => "port closed",
            Reason::NotYetRead | Reason::Disabled | Reason::WriteOnly => "unknown",
            // The rest is said of channels, whose modules are no Modbus devices.
            _ => "online",
        }
    }

    /// The number of [`TagState::device_status`] in Modbus and SNMP: online 0, no answer 1, port closed 2, unknown 3.
    pub fn device_status_code(&self) -> u16 {
        match self.device_status() {
            "online" => 0,
            "no answer" => 1,
            "port closed" => 2,
            _ => 3,
        }
    }

    /// The JSON form of one attribute that lives in the state; the static ones (`unit`, `type`, `description`)
    /// come from the tag's definition and are null here.
    pub fn attribute_json(&self, attribute: Attribute, now: Stamp) -> Json {
        let scalar = |value: &Option<Value>| value.as_ref().map_or(Json::Null, Value::to_json);
        match attribute {
            Attribute::Value => scalar(&self.value),
            Attribute::Raw if self.aspects.is_some() => self.aspect_json(attribute),
            Attribute::Raw if self.raw.is_empty() => Json::Null,
            Attribute::Raw => Json::from(self.raw.to_vec()),
            Attribute::Min => scalar(&self.min),
            Attribute::Max => scalar(&self.max),
            Attribute::Quality => Json::from(self.quality.as_str()),
            Attribute::Reason => Json::from(self.reason.to_string()),
            Attribute::Timestamp => self.at.map_or(Json::Null, |at| Json::from(rfc3339(at.unix_ms))),
            Attribute::AgeMs => self.age_ms(now).map_or(Json::Null, Json::from),
            Attribute::ResetMin | Attribute::ResetMax | Attribute::ClearOverflow | Attribute::ResetCurrentCount => {
                Json::from(0)
            }
            Attribute::Exception => Json::from(self.exception),
            Attribute::DeviceStatus => Json::from(self.device_status()),
            Attribute::Unit | Attribute::Type | Attribute::Description | Attribute::Mode => Json::Null,
            own => self.aspect_json(own),
        }
    }

    fn aspect_json(&self, attribute: Attribute) -> Json {
        self.aspect(attribute).map_or(Json::Null, |value| value.to_json())
    }

    /// An attribute that only channels have.
    pub fn aspect(&self, attribute: Attribute) -> Option<Value> {
        self.aspects.and_then(|aspects| aspects.get(attribute))
    }
}

/// `2026-01-02T03:04:05.678Z`; times outside the calendar show as the epoch.
pub fn rfc3339(unix_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(unix_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{at:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(x: f64, ms: i64) -> Reading {
        Reading::Good {
            value: Value::F64(x),
            raw: Raw::new(),
            at: Stamp { unix_ms: ms, mono_us: u64::try_from(ms).unwrap() * 1000 },
        }
    }

    #[test]
    fn a_failed_read_keeps_value_and_time() {
        let mut state = TagState::default();
        assert!(state.apply(good(5.0, 10)));
        assert!(!state.apply(good(5.0, 20)));
        assert!(state.apply(Reading::Failed(Reason::NoAnswer)));
        assert!(!state.apply(Reading::Failed(Reason::NoAnswer)));
        assert_eq!((state.value.clone(), state.at.unwrap().unix_ms), (Some(Value::F64(5.0)), 20));
        assert!(state.apply(good(5.0, 30)));
        assert_eq!(state.age_ms(Stamp { unix_ms: 0, mono_us: 35_000 }), Some(5));
    }

    #[test]
    fn what_stands_in_for_a_broken_sensor_is_bad_and_no_minimum() {
        let mut state = TagState::default();
        state.apply(good(5.0, 10));
        let at = Stamp { unix_ms: 20, mono_us: 20_000 };
        assert!(state.apply(Reading::Bad { value: Some(Value::F64(-99.0)), at, reason: Reason::Burnout }));
        assert_eq!((state.value.clone(), state.quality), (Some(Value::F64(-99.0)), Quality::Bad));
        assert_eq!((state.min.clone(), state.at), (Some(Value::F64(5.0)), Some(at)));
        assert!(state.apply(Reading::Bad { value: None, at, reason: Reason::Burnout }));
        assert_eq!(state.value, None);
    }

    #[test]
    fn what_nobody_can_tell_keeps_the_value_and_is_uncertain() {
        let mut state = TagState::default();
        assert!(state.apply(Reading::Unknown(Reason::WriteOnly)));
        assert!(!state.apply(Reading::Unknown(Reason::WriteOnly)));
        assert_eq!((state.value, state.quality), (None, Quality::Uncertain));
    }

    #[test]
    fn min_and_max_follow_good_samples_until_reset() {
        let mut state = TagState::default();
        for x in [5.0, 2.0, 9.0, 4.0] {
            state.apply(good(x, 1));
        }
        state.apply(Reading::Invalid { raw: Raw::new(), at: Stamp::default() });
        assert_eq!((state.min.clone(), state.max.clone()), (Some(Value::F64(2.0)), Some(Value::F64(9.0))));
        assert_eq!(state.value, None);
        state.apply(good(4.0, 1));
        state.reset_min();
        state.reset_max();
        assert_eq!((state.min, state.max), (Some(Value::F64(4.0)), Some(Value::F64(4.0))));
    }

    #[test]
    fn times_are_utc_with_milliseconds() {
        assert_eq!(rfc3339(1_767_323_045_678), "2026-01-02T03:04:05.678Z");
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
    }
}
