//! A resistance thermometer or thermocouple, and the resistance and millivolt modes of their modules.

use super::gauge::{Found, Gauge};
use super::linear::{self, Sensor};
use super::range;
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
    pub(super) gauge: Gauge,
}

impl Temperature {
    pub(super) fn new(settings: TemperatureSettings, mode: Mode, range: Option<(f64, f64)>) -> Self {
        let gauge = Gauge::new(settings.mean);
        Self { settings, mode, range, gauge }
    }

    /// A live edit: another mode begins anew; another unit or offset shows the same measurement by itself.
    pub(super) fn configure(&mut self, settings: TemperatureSettings, mode: Mode, range: Option<(f64, f64)>) {
        if mode != self.mode {
            *self = Self::new(settings, mode, range);
            return;
        }
        self.gauge.resize(settings.mean);
        self.settings = settings;
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
        self.gauge.see(self.judge(input));
    }

    fn judge(&self, input: Input) -> Found {
        // Converters say an open input by an infinity, or by no number at all.
        let numb = |x: f64| !x.is_finite();
        match (input, self.range, linear::sensor(self.mode)) {
            (Input::Open, ..) => Found::Burnout(None),
            (Input::Ohm(x) | Input::Millivolt { mv: x, .. }, ..) if numb(x) => Found::Burnout(None),
            (Input::Ohm(x), Some(range), _) if range.0 == 0.0 => {
                if range.1 * BROKEN < x {
                    Found::Burnout(Some(x))
                } else {
                    range::judge(self.mode, range, x)
                }
            }
            (Input::Millivolt { mv, .. }, Some(range), _) if range.0 < 0.0 => range::judge(self.mode, range, mv),
            (Input::Celsius(x), None, _) if x.is_finite() => Found::Number(x, Status::Normal),
            (Input::Ohm(x), None, Some(Sensor::Resistance(curve))) => match curve.celsius(x) {
                Ok(celsius) => Found::Number(celsius, Status::Normal),
                Err(_) if curve.ends_ohm().1 * BROKEN < x => Found::Burnout(None),
                Err(status) => Found::Failure(x, status),
            },
            (Input::Millivolt { mv, cold_junction }, None, Some(Sensor::Thermocouple(couple))) => {
                let junction = cold_junction.unwrap_or(0.0) + self.settings.cold_junction_offset;
                if numb(junction) {
                    return Found::Unreadable;
                }
                match couple.celsius(mv + couple.millivolt(junction)) {
                    Ok(celsius) => Found::Number(celsius, Status::Normal),
                    Err(status) => Found::Failure(mv, status),
                }
            }
            _ => Found::Unreadable,
        }
    }

    pub(super) fn report(&self, at: Stamp) -> (Reading, Own) {
        let own = Own::Temperature { status: self.gauge.status() };
        (self.gauge.reading(self.settings.burnout_value, at, |x| self.shown(x)), own)
    }
}
