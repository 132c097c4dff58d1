//! A voltage or current input.

use super::mean::Mean;
use super::measure::Measure;
use super::range::{self, Verdict};
use super::settings::AiSettings;
use super::signal::Input;
use crate::tag::channel::{Mode, Own, Status};
use crate::tag::reading::{Reading, Stamp};

#[derive(Debug, Clone)]
pub(super) struct Ai {
    settings: AiSettings,
    mode: Mode,
    range: Option<(f64, f64)>,
    mean: Mean,
    /// The mean in V or mA of what was measured last.
    field: Option<f64>,
    measure: Measure,
}

impl Ai {
    pub(super) fn new(settings: AiSettings, mode: Mode, range: Option<(f64, f64)>) -> Self {
        let mean = Mean::new(settings.mean);
        Self { settings, mode, range, mean, field: None, measure: Measure::None }
    }

    /// A live edit: another mode begins anew, another scale shows the same measurement by itself.
    pub(super) fn configure(&mut self, settings: AiSettings, mode: Mode, range: Option<(f64, f64)>) {
        if mode != self.mode {
            *self = Self::new(settings, mode, range);
            return;
        }
        self.mean.resize(settings.mean);
        self.settings = settings;
        if let (Measure::Number(_, status), Some(x)) = (self.measure, self.field) {
            self.measure = Measure::Number(self.scaled(x), status);
        }
    }

    fn scaled(&self, x: f64) -> f64 {
        self.settings.scale.as_ref().map_or(x, |scale| scale.apply(x))
    }

    pub(super) fn sense(&mut self, input: Input) {
        let Some(range) = self.range else { return };
        self.measure = match input {
            Input::Open => Measure::Burnout,
            Input::Field(x) if x.is_finite() => self.judge(x, range),
            _ => Measure::Unreadable,
        };
        if !matches!(self.measure, Measure::Number(..)) {
            // A mean over the moment the wire broke would be neither the one nor the other.
            self.mean.forget();
        }
    }

    fn judge(&mut self, x: f64, range: (f64, f64)) -> Measure {
        if self.mode == Mode::Milliamp4To20Burnout && x < self.settings.burnout_ma {
            self.field = Some(x);
            return Measure::Burnout;
        }
        match range::judge(self.mode, range, x) {
            Verdict::Failure(status) => {
                self.field = Some(x);
                Measure::Failure(status)
            }
            Verdict::Beyond(status) => self.measured(x, status),
            Verdict::Normal => self.measured(x, Status::Normal),
        }
    }

    fn measured(&mut self, x: f64, status: Status) -> Measure {
        let mean = self.mean.take(x);
        self.field = Some(mean);
        Measure::Number(self.scaled(mean), status)
    }

    pub(super) fn lose(&mut self) {
        self.mean.forget();
    }

    pub(super) fn report(&self, at: Stamp) -> (Reading, Own) {
        let raw = self.range.zip(self.field).map_or(0, |(range, x)| range::raw(range, x));
        let own = Own::Analog { raw, status: self.measure.status() };
        (self.measure.reading(self.settings.burnout_value, at), own)
    }
}
