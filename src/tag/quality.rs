//! How far a value can be trusted, and why not further.

use std::fmt;

/// Trust in a value; the numbers are those of the Modbus and SNMP faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Quality {
    /// Read from the field and valid.
    Good = 0,
    /// Read, with a doubt that the reason names.
    Uncertain = 1,
    /// Not to be used; the reason says why.
    Bad = 2,
}

impl Quality {
    /// `good`, `uncertain` or `bad`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Uncertain => "uncertain",
            Self::Bad => "bad",
        }
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a quality is what it is: a numbered list, alike in every face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// 0: nothing to say.
    Ok,
    /// 1: no answer has come since start.
    NotYetRead,
    /// 2: the device did not answer in time.
    NoAnswer,
    /// 3: the serial line or connection is not open.
    PortClosed,
    /// 4: the field said a sentinel value, NaN or an infinity, or text that is none.
    InvalidValue,
    /// 5: answers came, and none was a valid frame (CRC, length, another unit).
    BadAnswer,
    /// 6: the host's time would be nonsense.
    Clock,
    /// 7: the tag or its device is switched off.
    Disabled,
    /// 8: it is written to all devices of a line at once, and nobody answers.
    WriteOnly,
    /// 9: the wire or the sensor of an analog channel is broken.
    Burnout,
    /// 10: the field is above the channel's range.
    OverRange,
    /// 11: the field is below the channel's range.
    UnderRange,
    /// 12: a person holds the value by hand; the field may say something else.
    Forced,
    /// 13: the load of an analog output is open or shorted.
    Fault,
    /// 14: the I/O module cannot be reached.
    NoModule,
    /// 15: an expression divides by zero.
    DivisionByZero,
    /// 16: an expression cannot work with the kind of value it got.
    WrongType,
    /// 256 + code: the device answered with this Modbus exception.
    Exception(u8),
}

impl Reason {
    /// The number of the list.
    pub fn code(self) -> u16 {
        match self {
            Self::Ok => 0,
            Self::NotYetRead => 1,
            Self::NoAnswer => 2,
            Self::PortClosed => 3,
            Self::InvalidValue => 4,
            Self::BadAnswer => 5,
            Self::Clock => 6,
            Self::Disabled => 7,
            Self::WriteOnly => 8,
            Self::Burnout => 9,
            Self::OverRange => 10,
            Self::UnderRange => 11,
            Self::Forced => 12,
            Self::Fault => 13,
            Self::NoModule => 14,
            Self::DivisionByZero => 15,
            Self::WrongType => 16,
            Self::Exception(code) => 256 + u16::from(code),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("ok"),
            Self::NotYetRead => f.write_str("not yet read"),
            Self::NoAnswer => f.write_str("no answer"),
            Self::PortClosed => f.write_str("port closed"),
            Self::InvalidValue => f.write_str("invalid value"),
            Self::BadAnswer => f.write_str("bad answer"),
            Self::Clock => f.write_str("clock"),
            Self::Disabled => f.write_str("disabled"),
            Self::WriteOnly => f.write_str("write only"),
            Self::Burnout => f.write_str("burnout"),
            Self::OverRange => f.write_str("over range"),
            Self::UnderRange => f.write_str("under range"),
            Self::Forced => f.write_str("forced"),
            Self::Fault => f.write_str("fault"),
            Self::NoModule => f.write_str("no module"),
            Self::DivisionByZero => f.write_str("division by zero"),
            Self::WrongType => f.write_str("wrong type"),
            Self::Exception(code) => write!(f, "exception {code:02X}"),
        }
    }
}
