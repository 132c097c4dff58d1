//! The attribute catalogue: the aspects of a tag that every face can show.

use super::value::ValueType;
use std::fmt;

/// One aspect of a tag. Faces use these words unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// The present value, scaled.
    Value,
    /// As read from the field, before scaling: registers of a Modbus tag; 0..65535 over the range of an analog channel.
    Raw,
    /// Smallest good value since start or reset (numeric tags).
    Min,
    /// Largest good value since start or reset (numeric tags).
    Max,
    /// `good`, `uncertain`, `bad`.
    Quality,
    /// Why the quality is what it is.
    Reason,
    /// When the answer that gave the value was received.
    Timestamp,
    /// Milliseconds since then, by the monotonic clock.
    AgeMs,
    /// Engineering unit.
    Unit,
    /// Declared type.
    Type,
    /// The user's words.
    Description,
    /// Command: write 1 to forget `min`; reads 0.
    ResetMin,
    /// Command: write 1 to forget `max`; reads 0.
    ResetMax,
    /// Modbus tags: the last exception code of the device for this tag, 0 if none.
    Exception,
    /// Modbus tags: `online`, `no answer`, `port closed`, `unknown`.
    DeviceStatus,
    /// Channels: what the channel does, by its settings.
    Mode,
    /// Analog channels: `normal`, `burnout`, ...
    Status,
    /// DI: edges counted, 0..4294967295.
    Count,
    /// DI: whether edges are counted; 0 pauses, 1 runs.
    Counting,
    /// DI: the count went past its largest number.
    Overflow,
    /// Command: write 1 to clear `overflow`; reads 0.
    ClearOverflow,
    /// DO: pulses are being sent; 1 starts, 0 stops.
    Pulsing,
    /// DO: pulses of a train, 0..65535; 0 = endless.
    PulseCount,
    /// DO: length of the pulse in steps of 0.5 ms, 1..65535.
    PulseOn,
    /// DO: length of the pause in steps of 0.5 ms, 1..65535.
    PulseOff,
    /// Relay: closings since the module was made known.
    TotalCount,
    /// Relay: closings since the last reset.
    CurrentCount,
    /// Command: write 1 to begin `current_count` anew; reads 0.
    ResetCurrentCount,
    /// Channels: a person holds the value by hand.
    Forced,
    /// Outputs: held at the safe value.
    SafeMode,
}

impl Attribute {
    /// Every attribute, in the order they are shown.
    pub const ALL: [Self; 30] = [
        Self::Value,
        Self::Raw,
        Self::Min,
        Self::Max,
        Self::Quality,
        Self::Reason,
        Self::Timestamp,
        Self::AgeMs,
        Self::Unit,
        Self::Type,
        Self::Description,
        Self::ResetMin,
        Self::ResetMax,
        Self::Exception,
        Self::DeviceStatus,
        Self::Mode,
        Self::Status,
        Self::Count,
        Self::Counting,
        Self::Overflow,
        Self::ClearOverflow,
        Self::Pulsing,
        Self::PulseCount,
        Self::PulseOn,
        Self::PulseOff,
        Self::TotalCount,
        Self::CurrentCount,
        Self::ResetCurrentCount,
        Self::Forced,
        Self::SafeMode,
    ];

    /// The word used in topics, URLs and documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Raw => "raw",
            Self::Min => "min",
            Self::Max => "max",
            Self::Quality => "quality",
            Self::Reason => "reason",
            Self::Timestamp => "timestamp",
            Self::AgeMs => "age_ms",
            Self::Unit => "unit",
            Self::Type => "type",
            Self::Description => "description",
            Self::ResetMin => "reset_min",
            Self::ResetMax => "reset_max",
            Self::Exception => "exception",
            Self::DeviceStatus => "device_status",
            Self::Mode => "mode",
            Self::Status => "status",
            Self::Count => "count",
            Self::Counting => "counting",
            Self::Overflow => "overflow",
            Self::ClearOverflow => "clear_overflow",
            Self::Pulsing => "pulsing",
            Self::PulseCount => "pulse_count",
            Self::PulseOn => "pulse_on",
            Self::PulseOff => "pulse_off",
            Self::TotalCount => "total_count",
            Self::CurrentCount => "current_count",
            Self::ResetCurrentCount => "reset_current_count",
            Self::Forced => "forced",
            Self::SafeMode => "safe_mode",
        }
    }

    /// The attribute of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|attribute| attribute.as_str() == word)
    }

    /// Written with 1, read as 0.
    pub fn is_command(self) -> bool {
        matches!(self, Self::ResetMin | Self::ResetMax | Self::ClearOverflow | Self::ResetCurrentCount)
    }

    /// The type of the attributes that channels write beside their value, and the numbers allowed; `None` for others.
    pub fn written_as(self) -> Option<(ValueType, f64, f64)> {
        match self {
            Self::Count => Some((ValueType::U32, 0.0, f64::from(u32::MAX))),
            Self::Counting | Self::Pulsing => Some((ValueType::Bool, 0.0, 1.0)),
            Self::PulseCount | Self::Raw => Some((ValueType::U16, 0.0, f64::from(u16::MAX))),
            Self::PulseOn | Self::PulseOff => Some((ValueType::U16, 1.0, f64::from(u16::MAX))),
            Self::ResetMin | Self::ResetMax | Self::ClearOverflow | Self::ResetCurrentCount => {
                Some((ValueType::U16, 1.0, 1.0))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
