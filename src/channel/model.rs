//! The module catalogue: by capability, not by maker.

use crate::tag::channel::ChannelKind;
use std::fmt;
use std::time::Duration;

/// What a module is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Model {
    /// 16 digital inputs.
    Di16,
    /// 16 digital outputs.
    Do16,
    /// 8 digital inputs, channels 0..7, and 8 digital outputs, channels 8..15.
    Dio8x8,
    /// 4 relays.
    Relay4,
    /// 8 voltage or current inputs.
    Ai8,
    /// 4 voltage or current outputs.
    Ao4,
    /// 6 resistance thermometers.
    Rtd6,
    /// 8 thermocouples.
    Tc8,
}

impl Model {
    /// Every model, in the order they are offered.
    pub const ALL: [Self; 8] =
        [Self::Di16, Self::Do16, Self::Dio8x8, Self::Relay4, Self::Ai8, Self::Ao4, Self::Rtd6, Self::Tc8];

    /// The word of the document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Di16 => "di-16",
            Self::Do16 => "do-16",
            Self::Dio8x8 => "dio-8-8",
            Self::Relay4 => "relay-4",
            Self::Ai8 => "ai-8",
            Self::Ao4 => "ao-4",
            Self::Rtd6 => "rtd-6",
            Self::Tc8 => "tc-8",
        }
    }

    /// How many channels it has.
    pub fn channels(self) -> u8 {
        match self {
            Self::Di16 | Self::Do16 | Self::Dio8x8 => 16,
            Self::Relay4 | Self::Ao4 => 4,
            Self::Ai8 | Self::Tc8 => 8,
            Self::Rtd6 => 6,
        }
    }

    /// What channel `number` (0-based) is; `None` beyond the last.
    pub fn kind(self, number: u8) -> Option<ChannelKind> {
        if self.channels() <= number {
            return None;
        }
        Some(match self {
            Self::Di16 => ChannelKind::Di,
            Self::Dio8x8 if number < 8 => ChannelKind::Di,
            Self::Do16 | Self::Dio8x8 => ChannelKind::Do,
            Self::Relay4 => ChannelKind::Relay,
            Self::Ai8 => ChannelKind::Ai,
            Self::Ao4 => ChannelKind::Ao,
            Self::Rtd6 => ChannelKind::Rtd,
            Self::Tc8 => ChannelKind::Tc,
        })
    }

    /// How often it is looked at unless set: 10 ms digital, 100 ms analog.
    pub fn default_scan(self) -> Duration {
        let digital = self.kind(0).is_some_and(ChannelKind::is_digital);
        Duration::from_millis(if digital { 10 } else { 100 })
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
