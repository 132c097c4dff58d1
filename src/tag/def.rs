//! What is fixed about a tag: declared once from the configuration, the same for every face.

use super::attribute::Attribute;
use super::channel::{ChannelKind, Mode};
use super::deadband::Deadband;
use super::id::TagName;
use super::reading::{Stamp, TagState};
use super::value::{TypeError, Value, ValueType};
use serde_json::Value as Json;

/// Where a tag comes from; decides which attributes it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Registers or bits of a Modbus device.
    Modbus,
    /// A register of the appliance itself.
    Internal,
    /// An expression over other tags.
    Computed,
    /// A channel of an I/O module.
    Channel {
        /// What it is electrically.
        kind: ChannelKind,
        /// What it is set to do.
        mode: Mode,
    },
}

/// The definition of one tag.
#[derive(Debug, Clone, PartialEq)]
pub struct TagDef {
    /// Survives a rename.
    pub id: String,
    /// `group/name`.
    pub name: TagName,
    /// Declared type.
    pub kind: ValueType,
    /// Engineering unit, may be empty.
    pub unit: String,
    /// The user's words.
    pub description: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Stands for what is read in the field, and how; with another one the state of before means nothing.
    pub source: u64,
    /// False when the tag, its device or its port is switched off: it exists, and is bad because `disabled`.
    pub enabled: bool,
    /// True when values are scaled, so an integer type may show fractions.
    pub scaled: bool,
    /// Whether `value` can be written.
    pub writable: bool,
    /// Smallest value a write may set, scaled.
    pub write_min: Option<f64>,
    /// Largest value a write may set, scaled.
    pub write_max: Option<f64>,
    /// How far the value must move before it is published again.
    pub deadband: Option<Deadband>,
}

#[cfg(test)]
impl TagDef {
    /// For tests: a tag of which nothing else is said. It is on, is read as it is, and cannot be written.
    pub(crate) fn plain(name: &str, kind: ValueType, origin: Origin) -> Self {
        Self {
            id: name.to_owned(),
            name: TagName::parse(name).unwrap(),
            kind,
            unit: String::new(),
            description: String::new(),
            origin,
            source: 0,
            enabled: true,
            scaled: false,
            writable: false,
            write_min: None,
            write_max: None,
            deadband: None,
        }
    }
}

/// Why a value cannot be written, told before the field is asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RefusedValue {
    /// Another kind of value.
    #[error(transparent)]
    Type(#[from] TypeError),
    /// Below `write_min`, above `write_max`, or not a number.
    #[error("{given} is outside {low}..{high}")]
    Range {
        /// What came.
        given: String,
        /// The lower bound, or `-`.
        low: String,
        /// The upper bound, or `-`.
        high: String,
    },
}

impl TagDef {
    /// Whether the tag has this attribute. What a channel has depends on its kind alone, so that a change of its mode
    /// moves no point of any face.
    pub fn has(&self, attribute: Attribute) -> bool {
        match attribute {
            Attribute::Value
            | Attribute::Quality
            | Attribute::Reason
            | Attribute::Timestamp
            | Attribute::AgeMs
            | Attribute::Unit
            | Attribute::Type
            | Attribute::Description => true,
            Attribute::Min | Attribute::Max | Attribute::ResetMin | Attribute::ResetMax => self.kind.is_numeric(),
            Attribute::Raw | Attribute::Exception | Attribute::DeviceStatus if self.origin == Origin::Modbus => true,
            own => self.channel().is_some_and(|(kind, _)| kind.has(own)),
        }
    }

    /// Kind and mode, if it is a channel.
    pub fn channel(&self) -> Option<(ChannelKind, Mode)> {
        match self.origin {
            Origin::Channel { kind, mode } => Some((kind, mode)),
            Origin::Modbus | Origin::Internal | Origin::Computed => None,
        }
    }

    /// Whether this attribute can be written.
    pub fn can_write(&self, attribute: Attribute) -> bool {
        match attribute {
            Attribute::Value => self.writable,
            Attribute::ResetMin | Attribute::ResetMax => self.has(attribute),
            other => self.channel().is_some_and(|(kind, _)| kind.can_write(other)),
        }
    }

    /// The attributes of this tag, in catalogue order.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute> + '_ {
        Attribute::ALL.into_iter().filter(|attribute| self.has(*attribute))
    }

    /// Checks type and limits of a value to be written to an attribute other than `value`.
    pub fn accept_for(attribute: Attribute, value: Value) -> Result<Value, RefusedValue> {
        let Some((kind, low, high)) = attribute.written_as() else { return Ok(value) };
        // Commands are written with 1, and `true` says the same.
        let value = if attribute.is_command() && value == Value::Bool(true) { Value::U64(1) } else { value };
        let value = kind.accept(value)?;
        let whole = |x: &f64| (low..=high).contains(x) && x.fract() == 0.0;
        if value.as_f64().as_ref().is_some_and(whole) {
            Ok(value)
        } else {
            let given = value.to_string();
            Err(RefusedValue::Range { given, low: low.to_string(), high: high.to_string() })
        }
    }

    /// Checks type and limits of a value to be written; the driver checks what the field can hold.
    pub fn accept(&self, value: Value) -> Result<Value, RefusedValue> {
        let value = self.kind.accept(value)?;
        let Some(x) = value.as_f64().filter(|_| self.kind.is_numeric()) else { return Ok(value) };
        let low = self.write_min.is_some_and(|min| x < min);
        let high = self.write_max.is_some_and(|max| max < x);
        if low || high || !x.is_finite() {
            let bound = |limit: Option<f64>| limit.map_or("-".to_owned(), |x| x.to_string());
            let (low, high) = (bound(self.write_min), bound(self.write_max));
            return Err(RefusedValue::Range { given: value.to_string(), low, high });
        }
        Ok(value)
    }

    /// The JSON form of one attribute of this tag in this state.
    pub fn attribute_json(&self, attribute: Attribute, state: &TagState, now: Stamp) -> Json {
        match attribute {
            Attribute::Unit => Json::from(self.unit.as_str()),
            Attribute::Type => Json::from(self.kind.as_str()),
            Attribute::Description => Json::from(self.description.as_str()),
            Attribute::Mode => self.channel().map_or(Json::Null, |(_, mode)| Json::from(mode.as_str())),
            other => state.attribute_json(other, now),
        }
    }
}
