//! The channels of I/O modules as tags: their kinds, modes and states with the words and numbers every face uses.
//!
//! The codes are those of the Moxa ioThinx 4510 (its MIB and Modbus map), so that what reads that device reads this one.

use super::attribute::Attribute;
use super::value::{Value, ValueType};
use std::fmt;

/// What a channel is electrically; fixed by the module's model and the channel's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChannelKind {
    /// Digital input.
    Di,
    /// Digital output.
    Do,
    /// Relay output.
    Relay,
    /// Voltage or current input.
    Ai,
    /// Voltage or current output.
    Ao,
    /// Resistance thermometer.
    Rtd,
    /// Thermocouple.
    Tc,
}

impl ChannelKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [Self::Di, Self::Do, Self::Relay, Self::Ai, Self::Ao, Self::Rtd, Self::Tc];

    /// `di`, `do`, `relay`, `ai`, `ao`, `rtd`, `tc`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Di => "di",
            Self::Do => "do",
            Self::Relay => "relay",
            Self::Ai => "ai",
            Self::Ao => "ao",
            Self::Rtd => "rtd",
            Self::Tc => "tc",
        }
    }

    /// On or off, or a number.
    pub fn is_digital(self) -> bool {
        matches!(self, Self::Di | Self::Do | Self::Relay)
    }

    /// Driven by us; safe mode is about these.
    pub fn is_output(self) -> bool {
        matches!(self, Self::Do | Self::Relay | Self::Ao)
    }

    /// The type of `value`.
    pub fn value_type(self) -> ValueType {
        if self.is_digital() { ValueType::Bool } else { ValueType::F64 }
    }

    /// The modes it can have, the one it has by default first.
    pub fn modes(self) -> &'static [Mode] {
        match self {
            Self::Di => &[Mode::Di, Mode::Counter],
            Self::Do => &[Mode::Do, Mode::Pulse],
            Self::Relay => &[Mode::Relay],
            Self::Ai => &AI_MODES,
            Self::Ao => &AO_MODES,
            Self::Rtd => &RTD_MODES,
            Self::Tc => &TC_MODES,
        }
    }

    /// Whether a channel of this kind has the attribute, beyond those of every tag.
    pub fn has(self, attribute: Attribute) -> bool {
        match attribute {
            Attribute::Mode | Attribute::Forced => true,
            Attribute::SafeMode => self.is_output(),
            Attribute::Count | Attribute::Counting | Attribute::Overflow | Attribute::ClearOverflow => self == Self::Di,
            Attribute::Pulsing | Attribute::PulseCount | Attribute::PulseOn | Attribute::PulseOff => self == Self::Do,
            Attribute::TotalCount | Attribute::CurrentCount | Attribute::ResetCurrentCount => self == Self::Relay,
            Attribute::Raw => matches!(self, Self::Ai | Self::Ao),
            Attribute::Status => !self.is_digital(),
            _ => false,
        }
    }

    /// Whether writing an attribute it has means something in this mode.
    pub fn writes_in(self, attribute: Attribute, mode: Mode) -> bool {
        match (self, attribute) {
            (Self::Di, _) => mode == Mode::Counter,
            (Self::Do, Attribute::Value) => mode == Mode::Do,
            (Self::Do, _) => mode == Mode::Pulse,
            (Self::Ao, _) => mode != Mode::Disabled,
            _ => true,
        }
    }

    /// Whether the attribute of a channel of this kind can be written.
    pub fn can_write(self, attribute: Attribute) -> bool {
        match attribute {
            Attribute::Value => self.is_output(),
            Attribute::Raw => self == Self::Ao,
            Attribute::Count
            | Attribute::Counting
            | Attribute::ClearOverflow
            | Attribute::Pulsing
            | Attribute::PulseCount
            | Attribute::PulseOn
            | Attribute::PulseOff
            | Attribute::ResetCurrentCount => self.has(attribute),
            _ => false,
        }
    }
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Modes of an AI channel.
const AI_MODES: [Mode; 6] = [
    Mode::Volt10,
    Mode::Milliamp20,
    Mode::Milliamp4To20Burnout,
    Mode::Milliamp4To20,
    Mode::PlusMinus10,
    Mode::Disabled,
];
/// Modes of an AO channel.
const AO_MODES: [Mode; 5] = [Mode::Volt10, Mode::Milliamp20, Mode::Milliamp4To20, Mode::PlusMinus10, Mode::Disabled];
/// Modes of an RTD channel.
const RTD_MODES: [Mode; 19] = [
    Mode::Pt100,
    Mode::Pt50,
    Mode::Pt200,
    Mode::Pt500,
    Mode::Pt1000,
    Mode::Ohm310,
    Mode::Ohm620,
    Mode::Ohm1250,
    Mode::Ohm2200,
    Mode::JPt100,
    Mode::JPt200,
    Mode::JPt500,
    Mode::JPt1000,
    Mode::Ni100,
    Mode::Ni200,
    Mode::Ni500,
    Mode::Ni1000,
    Mode::Ni120,
    Mode::Disabled,
];
/// Modes of a TC channel.
const TC_MODES: [Mode; 12] = [
    Mode::TypeJ,
    Mode::TypeK,
    Mode::TypeT,
    Mode::TypeE,
    Mode::TypeR,
    Mode::TypeS,
    Mode::TypeB,
    Mode::TypeN,
    Mode::Milli78,
    Mode::Milli39,
    Mode::Milli19,
    Mode::Disabled,
];

macro_rules! modes {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)+) => {
        /// What a channel does; which modes there are depends on its kind.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Mode {
            $($(#[$doc])* $name,)+
        }

        impl Mode {
            /// The word of documents and payloads.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }
        }
    };
}

modes! {
    /// On or off.
    Di = "di",
    /// Edges are counted; the level stays live.
    Counter = "counter",
    /// On or off.
    Do = "do",
    /// A train of pulses.
    Pulse = "pulse",
    /// On or off.
    Relay = "relay",
    /// Switched off: no value.
    Disabled = "disabled",
    /// 0..10 V
    Volt10 = "0-10V",
    /// 0..20 mA
    Milliamp20 = "0-20mA",
    /// 4..20 mA; below the burnout limit the loop is broken.
    Milliamp4To20Burnout = "4-20mA-burnout",
    /// 4..20 mA
    Milliamp4To20 = "4-20mA",
    /// -10..10 V
    PlusMinus10 = "+-10V",
    /// Platinum, IEC 60751
    Pt50 = "Pt50",
    /// Platinum, IEC 60751
    Pt100 = "Pt100",
    /// Platinum, IEC 60751
    Pt200 = "Pt200",
    /// Platinum, IEC 60751
    Pt500 = "Pt500",
    /// Platinum, IEC 60751
    Pt1000 = "Pt1000",
    /// Resistance up to 310 ohm
    Ohm310 = "310ohm",
    /// Resistance up to 620 ohm
    Ohm620 = "620ohm",
    /// Resistance up to 1250 ohm
    Ohm1250 = "1250ohm",
    /// Resistance up to 2200 ohm
    Ohm2200 = "2200ohm",
    /// Platinum of the former Japanese curve, JIS C 1604-1981
    JPt100 = "JPt100",
    /// Platinum of the former Japanese curve
    JPt200 = "JPt200",
    /// Platinum of the former Japanese curve
    JPt500 = "JPt500",
    /// Platinum of the former Japanese curve
    JPt1000 = "JPt1000",
    /// Nickel, DIN 43760
    Ni100 = "Ni100",
    /// Nickel, DIN 43760
    Ni200 = "Ni200",
    /// Nickel, DIN 43760
    Ni500 = "Ni500",
    /// Nickel, DIN 43760
    Ni1000 = "Ni1000",
    /// Nickel of 120 ohm (Edison curve 7)
    Ni120 = "Ni120",
    /// Iron / copper-nickel, IEC 60584-1
    TypeJ = "J",
    /// Nickel-chromium / nickel-aluminium
    TypeK = "K",
    /// Copper / copper-nickel
    TypeT = "T",
    /// Nickel-chromium / copper-nickel
    TypeE = "E",
    /// Platinum-13 % rhodium / platinum
    TypeR = "R",
    /// Platinum-10 % rhodium / platinum
    TypeS = "S",
    /// Platinum-30 % rhodium / platinum-6 % rhodium
    TypeB = "B",
    /// Nickel-chromium-silicon / nickel-silicon
    TypeN = "N",
    /// -78.126..78.126 mV
    Milli78 = "+-78.126mV",
    /// -39.062..39.062 mV
    Milli39 = "+-39.062mV",
    /// -19.532..19.532 mV
    Milli19 = "+-19.532mV",
}

impl Mode {
    /// The number of the mode on a channel of this kind, as Modbus and SNMP show it.
    pub fn code(self, kind: ChannelKind) -> u16 {
        match self {
            Self::Disabled if matches!(kind, ChannelKind::Rtd | ChannelKind::Tc) => 50,
            Self::Milliamp4To20 if kind == ChannelKind::Ao => 3,
            Self::PlusMinus10 if kind == ChannelKind::Ao => 4,
            Self::Disabled | Self::Di | Self::Do | Self::Relay | Self::Pt50 | Self::TypeJ => 0,
            Self::Counter | Self::Pulse | Self::Volt10 | Self::Pt100 | Self::TypeK => 1,
            Self::Milliamp20 | Self::Pt200 | Self::TypeT => 2,
            Self::Milliamp4To20Burnout | Self::Pt500 | Self::TypeE => 3,
            Self::Milliamp4To20 | Self::Pt1000 | Self::TypeR => 4,
            Self::PlusMinus10 | Self::TypeS => 5,
            Self::TypeB => 6,
            Self::TypeN => 7,
            Self::Ohm310 | Self::Milli78 => 14,
            Self::Ohm620 | Self::Milli39 => 15,
            Self::Ohm1250 | Self::Milli19 => 16,
            Self::Ohm2200 => 17,
            Self::JPt100 => 20,
            Self::JPt200 => 21,
            Self::JPt500 => 22,
            Self::JPt1000 => 23,
            Self::Ni100 => 30,
            Self::Ni200 => 31,
            Self::Ni500 => 32,
            Self::Ni1000 => 33,
            Self::Ni120 => 34,
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How an analog channel is; the numbers are those of Modbus and SNMP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Status {
    /// 0: within its range.
    #[default]
    Normal = 0,
    /// 1: the wire or the sensor is broken.
    Burnout = 1,
    /// 2: above the range.
    OverRange = 2,
    /// 3: below the range.
    UnderRange = 3,
    /// 1, of an output: the load is open or shorted.
    Fault = 4,
}

impl Status {
    /// The word of payloads.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Burnout => "burnout",
            Self::OverRange => "over range",
            Self::UnderRange => "under range",
            Self::Fault => "fault",
        }
    }

    /// The status of this word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Normal, Self::Burnout, Self::OverRange, Self::UnderRange, Self::Fault]
            .into_iter()
            .find(|status| status.as_str() == word)
    }

    /// The number of Modbus and SNMP.
    pub fn code(self) -> u16 {
        match self {
            Self::Normal => 0,
            Self::Burnout | Self::Fault => 1,
            Self::OverRange => 2,
            Self::UnderRange => 3,
        }
    }
}

/// What is known of a channel beside its value; one moment with the reading it comes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aspects {
    /// The value is forced by a person, the field is not asked.
    pub forced: bool,
    /// Held at its safe value; outputs only.
    pub safe_mode: bool,
    /// What its kind has.
    pub own: Own,
}

/// The attributes of one kind of channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// Digital input.
    Di {
        /// Edges counted.
        count: u32,
        /// Whether edges are counted now.
        counting: bool,
        /// The count went past its largest number.
        overflow: bool,
    },
    /// Digital output.
    Do {
        /// Pulses are being sent.
        pulsing: bool,
        /// Pulses of a train; 0 = endless.
        pulse_count: u16,
        /// Length of the pulse in steps of 0.5 ms.
        pulse_on: u16,
        /// Length of the pause in steps of 0.5 ms.
        pulse_off: u16,
    },
    /// Relay.
    Relay {
        /// Closings since the module was made known.
        total_count: u32,
        /// Closings since the last reset.
        current_count: u32,
    },
    /// AI and AO.
    Analog {
        /// 0..65535 over the range.
        raw: u16,
        /// Its state.
        status: Status,
    },
    /// RTD and TC.
    Temperature {
        /// Its state.
        status: Status,
    },
}

impl Aspects {
    /// The attribute as a value; `None` for those that do not live here.
    pub fn get(&self, attribute: Attribute) -> Option<Value> {
        let number = |n: u32| Some(Value::U64(u64::from(n)));
        match (attribute, self.own) {
            (Attribute::Forced, _) => Some(Value::Bool(self.forced)),
            (Attribute::SafeMode, _) => Some(Value::Bool(self.safe_mode)),
            (Attribute::Count, Own::Di { count, .. }) => number(count),
            (Attribute::Counting, Own::Di { counting, .. }) => Some(Value::Bool(counting)),
            (Attribute::Overflow, Own::Di { overflow, .. }) => Some(Value::Bool(overflow)),
            (Attribute::Pulsing, Own::Do { pulsing, .. }) => Some(Value::Bool(pulsing)),
            (Attribute::PulseCount, Own::Do { pulse_count, .. }) => number(pulse_count.into()),
            (Attribute::PulseOn, Own::Do { pulse_on, .. }) => number(pulse_on.into()),
            (Attribute::PulseOff, Own::Do { pulse_off, .. }) => number(pulse_off.into()),
            (Attribute::TotalCount, Own::Relay { total_count, .. }) => number(total_count),
            (Attribute::CurrentCount, Own::Relay { current_count, .. }) => number(current_count),
            (Attribute::Raw, Own::Analog { raw, .. }) => number(raw.into()),
            (Attribute::Status, Own::Analog { status, .. } | Own::Temperature { status }) => {
                Some(Value::Text(status.as_str().into()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_reference_device() {
        let codes = |kind: ChannelKind| -> Vec<(&str, u16)> {
            let mut codes: Vec<_> = kind.modes().iter().map(|mode| (mode.as_str(), mode.code(kind))).collect();
            codes.sort_by_key(|(_, code)| *code);
            codes
        };
        assert_eq!(codes(ChannelKind::Di), [("di", 0), ("counter", 1)]);
        assert_eq!(codes(ChannelKind::Do), [("do", 0), ("pulse", 1)]);
        assert_eq!(
            codes(ChannelKind::Ai),
            [("disabled", 0), ("0-10V", 1), ("0-20mA", 2), ("4-20mA-burnout", 3), ("4-20mA", 4), ("+-10V", 5)]
        );
        assert_eq!(codes(ChannelKind::Ao), [("disabled", 0), ("0-10V", 1), ("0-20mA", 2), ("4-20mA", 3), ("+-10V", 4)]);
        let rtd: Vec<u16> = codes(ChannelKind::Rtd).iter().map(|(_, code)| *code).collect();
        assert_eq!(rtd, [0, 1, 2, 3, 4, 14, 15, 16, 17, 20, 21, 22, 23, 30, 31, 32, 33, 34, 50]);
        let tc: Vec<u16> = codes(ChannelKind::Tc).iter().map(|(_, code)| *code).collect();
        assert_eq!(tc, [0, 1, 2, 3, 4, 5, 6, 7, 14, 15, 16, 50]);
    }

    #[test]
    fn what_can_be_written_is_there_to_be_read() {
        for kind in ChannelKind::ALL {
            for attribute in Attribute::ALL {
                assert!(!kind.can_write(attribute) || kind.has(attribute) || attribute == Attribute::Value);
            }
        }
    }
}
