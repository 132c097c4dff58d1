//! What an analog or temperature input shows: a measurement, a doubt, or what stands in for a broken sensor.

use super::mean::Mean;
use super::range;
use super::settings::BurnoutValue;
use crate::tag::channel::Status;
use crate::tag::quality::Reason;
use crate::tag::reading::{Raw, Reading, Stamp};
use crate::tag::value::Value;

/// What one look at the field gave, in the field's own unit (or degrees Celsius).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Found {
    /// A number, with `Normal` or a doubt.
    Number(f64, Status),
    /// No measurement: the sensor tells its failure by this number, or leaves what can be measured.
    Failure(f64, Status),
    /// Broken wire or sensor; the number, if that said so.
    Burnout(Option<f64>),
    /// The hardware delivers what this mode cannot use.
    Unreadable,
}

/// The mean of what was found, and the outcome of the last look.
#[derive(Debug, Clone)]
pub(super) struct Gauge {
    mean: Mean,
    /// The mean of what was measured last, or the number that told a failure.
    field: Option<f64>,
    last: Option<Found>,
}

impl Gauge {
    /// Showing the mean of so many samples.
    pub(super) fn new(mean: u8) -> Self {
        Self { mean: Mean::new(mean), field: None, last: None }
    }

    pub(super) fn see(&mut self, found: Found) {
        self.last = Some(found);
        match found {
            Found::Number(x, _) => self.field = Some(self.mean.take(x)),
            Found::Failure(x, _) | Found::Burnout(Some(x)) => self.field = Some(x),
            Found::Burnout(None) | Found::Unreadable => {}
        }
        if !matches!(found, Found::Number(..)) {
            // A mean over the moment the sensor broke would be neither the one nor the other.
            self.mean.forget();
        }
    }

    pub(super) fn resize(&mut self, mean: u8) {
        self.mean.resize(mean);
    }

    /// The hardware is gone.
    pub(super) fn lose(&mut self) {
        self.mean.forget();
    }

    /// In the field's own unit.
    pub(super) fn field(&self) -> Option<f64> {
        self.field
    }

    pub(super) fn status(&self) -> Status {
        match self.last {
            Some(Found::Number(_, status) | Found::Failure(_, status)) => status,
            Some(Found::Burnout(_)) => Status::Burnout,
            Some(Found::Unreadable) | None => Status::Normal,
        }
    }

    /// The reading, in the unit that `shown` makes of the field's.
    pub(super) fn reading(&self, burnout: BurnoutValue, at: Stamp, shown: impl Fn(f64) -> f64) -> Reading {
        let value = Value::F64(shown(self.field.unwrap_or_default()));
        match (self.last, burnout) {
            (None, _) => Reading::Failed(Reason::NotYetRead),
            (Some(Found::Number(_, Status::Normal)), _) => Reading::Good { value, raw: Raw::new(), at },
            (Some(Found::Number(_, doubt)), _) => {
                Reading::Uncertain { value, raw: Raw::new(), at, reason: range::reason(doubt) }
            }
            (Some(Found::Failure(_, status)), _) => Reading::Failed(range::reason(status)),
            (Some(Found::Burnout(_)), BurnoutValue::Hold) => Reading::Failed(Reason::Burnout),
            (Some(Found::Burnout(_)), BurnoutValue::Null) => Reading::Bad { value: None, at, reason: Reason::Burnout },
            (Some(Found::Burnout(_)), BurnoutValue::Set(x)) => {
                Reading::Bad { value: Some(Value::F64(x)), at, reason: Reason::Burnout }
            }
            (Some(Found::Unreadable), _) => Reading::Bad { value: None, at, reason: Reason::InvalidValue },
        }
    }
}
