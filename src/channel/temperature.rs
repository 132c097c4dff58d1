//! A resistance thermometer or thermocouple, and the resistance and millivolt modes of their modules.

use super::linear::{self, Sensor};
use super::mean::Mean;
use super::measure::Measure;
use super::range::{self, Verdict};
use super::settings::{Degrees, TemperatureSettings};
use super::signal::Input;
use crate::tag::channel::{Mode, Own, Status};
use crate::tag::reading::{Reading, Stamp};

/// Resistance beyond this many times that of the end of the curve or range is no hot sensor but a broken one.
const BROKEN: f64 = 2.0;

#[derive(Debug, Clone)]
pub(super) struct Temperature {
    settings: TemperatureSettings,
    mode: Mode,
    /// Ends of the range of a resistance or millivolt mode.
    range: Option<(f64, f64)>,
    mean: Mean,
    /// The mean in degrees Celsius, ohm or mV of what was measured last.
    field: Option<f64>,
    measure: Measure,
}

impl Temperature {
    pub(super) fn new(settings: TemperatureSettings, mode: Mode, range: Option<(f64, f64)>) -> Self {
        let mean = Mean::new(settings.mean);
        Self { settings, mode, range, mean, field: None, measure: Measure::None }
    }

    /// A live edit: another mode begins anew; another unit or offset shows the same measurement by itself.
    pub(super) fn configure(&mut self, settings: TemperatureSettings, mode: Mode, range: Option<(f64, f64)>) {
        if mode != self.mode {
            *self = Self::new(settings, mode, range);
            return;
        }
        self.mean.resize(settings.mean);
        self.settings = settings;
        if let (Measure::Number(_, status), Some(x)) = (self.measure, self.field) {
            self.measure = Measure::Number(self.shown(x), status);
        }
    }

    /// In the unit people chose, with their offset; resistance and voltage stay in ohm and mV.
    fn shown(&self, x: f64) -> f64 {
        let x = match (self.range, self.settings.degrees) {
            (Some(_), _) | (None, Degrees::Celsius) => x,
            (None, Degrees::Fahrenheit) => x * 1.8 + 32.0,
            (None, Degrees::Kelvin) => x + 273.15,
        };
        x + self.settings.offset
    }

    pub(super) fn sense(&mut self, input: Input) {
        self.measure = self.judge(input);
        if !matches!(self.measure, Measure::Number(..)) {
            // A mean over the moment the sensor broke would be neither the one nor the other.
            self.mean.forget();
        }
    }

    fn judge(&mut self, input: Input) -> Measure {
        match (input, self.range, linear::sensor(self.mode)) {
            (Input::Open, ..) => Measure::Burnout,
            // Converters say an open input by an infinity, or by no number at all.
            (Input::Ohm(x) | Input::Millivolt { mv: x, .. }, ..) if !x.is_finite() => Measure::Burnout,
            (Input::Ohm(x), Some((low, high)), _) if low == 0.0 && high * BROKEN < x => Measure::Burnout,
            (Input::Ohm(x), Some(range), _) if range.0 == 0.0 => self.within(range, x),
            (Input::Millivolt { mv, .. }, Some(range), _) if range.0 < 0.0 => self.within(range, mv),
            (Input::Celsius(x), None, _) if x.is_finite() => self.measured(x, Status::Normal),
            (Input::Ohm(x), None, Some(Sensor::Resistance(curve))) => match curve.celsius(x) {
                Ok(celsius) => self.measured(celsius, Status::Normal),
                Err(Status::OverRange) if curve.ends_ohm().1 * BROKEN < x => Measure::Burnout,
                Err(status) => Measure::Failure(status),
            },
            (Input::Millivolt { mv, cold_junction }, None, Some(Sensor::Thermocouple(couple))) => {
                let junction = cold_junction.unwrap_or(0.0) + self.settings.cold_junction_offset;
                if !junction.is_finite() {
                    return Measure::Unreadable;
                }
                match couple.celsius(mv + couple.millivolt(junction)) {
                    Ok(celsius) => self.measured(celsius, Status::Normal),
                    Err(status) => Measure::Failure(status),
                }
            }
            _ => Measure::Unreadable,
        }
    }

    fn within(&mut self, range: (f64, f64), x: f64) -> Measure {
        match range::judge(self.mode, range, x) {
            Verdict::Beyond(status) | Verdict::Failure(status) => self.measured(x, status),
            Verdict::Normal => self.measured(x, Status::Normal),
        }
    }

    fn measured(&mut self, x: f64, status: Status) -> Measure {
        let mean = self.mean.take(x);
        self.field = Some(mean);
        Measure::Number(self.shown(mean), status)
    }

    pub(super) fn lose(&mut self) {
        self.mean.forget();
    }

    pub(super) fn report(&self, at: Stamp) -> (Reading, Own) {
        let own = Own::Temperature { status: self.measure.status() };
        (self.measure.reading(self.settings.burnout_value, at), own)
    }
}
