//! The attribute catalogue: the aspects of a tag that every face can show.

use std::fmt;

/// One aspect of a tag. Faces use these words unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// The present value, scaled.
    Value,
    /// As read from the field, before scaling: registers of a Modbus tag.
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
}

impl Attribute {
    /// Every attribute, in the order they are shown.
    pub const ALL: [Self; 15] = [
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
        }
    }

    /// The attribute of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|attribute| attribute.as_str() == word)
    }

    /// Whether a tag of this sort has the attribute.
    pub fn belongs_to(self, numeric: bool, modbus: bool) -> bool {
        match self {
            Self::Min | Self::Max | Self::ResetMin | Self::ResetMax => numeric,
            Self::Raw | Self::Exception | Self::DeviceStatus => modbus,
            _ => true,
        }
    }

    /// Written with 1, read as 0.
    pub fn is_command(self) -> bool {
        matches!(self, Self::ResetMin | Self::ResetMax)
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
