//! What an analog or temperature input shows: a measurement, a doubt, or what stands in for a broken sensor.

use super::range;
use super::settings::BurnoutValue;
use crate::tag::channel::Status;
use crate::tag::quality::Reason;
use crate::tag::reading::{Raw, Reading, Stamp};
use crate::tag::value::Value;

/// The outcome of the last look at the field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Measure {
    /// Nothing yet.
    None,
    /// A number in shown units, with `Normal` or a doubt.
    Number(f64, Status),
    /// The sensor tells its failure, or leaves what can be measured: the last value stays.
    Failure(Status),
    /// Broken wire or sensor.
    Burnout,
    /// The hardware delivers what this mode cannot use.
    Unreadable,
}

impl Measure {
    pub(super) fn status(self) -> Status {
        match self {
            Self::Number(_, status) | Self::Failure(status) => status,
            Self::Burnout => Status::Burnout,
            Self::None | Self::Unreadable => Status::Normal,
        }
    }

    pub(super) fn reading(self, burnout: BurnoutValue, at: Stamp) -> Reading {
        match self {
            Self::None => Reading::Failed(Reason::NotYetRead),
            Self::Number(x, Status::Normal) => Reading::Good { value: Value::F64(x), raw: Raw::new(), at },
            Self::Number(x, doubt) => {
                Reading::Uncertain { value: Value::F64(x), raw: Raw::new(), at, reason: range::reason(doubt) }
            }
            Self::Failure(status) => Reading::Failed(range::reason(status)),
            Self::Burnout => match burnout {
                BurnoutValue::Hold => Reading::Failed(Reason::Burnout),
                BurnoutValue::Null => Reading::Bad { value: None, at, reason: Reason::Burnout },
                BurnoutValue::Set(x) => Reading::Bad { value: Some(Value::F64(x)), at, reason: Reason::Burnout },
            },
            Self::Unreadable => Reading::Bad { value: None, at, reason: Reason::InvalidValue },
        }
    }
}
