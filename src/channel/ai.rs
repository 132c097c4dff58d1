//! A voltage or current input.

use super::gauge::{Found, Gauge};
use super::range;
use super::settings::AiSettings;
use super::signal::Input;
use crate::tag::channel::{Mode, Own};
use crate::tag::reading::{Reading, Stamp};

#[derive(Debug, Clone)]
pub(super) struct Ai {
    settings: AiSettings,
    mode: Mode,
    range: Option<(f64, f64)>,
    pub(super) gauge: Gauge,
}

impl Ai {
    pub(super) fn new(settings: AiSettings, mode: Mode, range: Option<(f64, f64)>) -> Self {
        let gauge = Gauge::new(settings.mean);
        Self { settings, mode, range, gauge }
    }

    /// A live edit: another mode begins anew, another scale shows the same measurement by itself.
    pub(super) fn configure(&mut self, settings: AiSettings, mode: Mode, range: Option<(f64, f64)>) {
        if mode != self.mode {
            *self = Self::new(settings, mode, range);
            return;
        }
        self.gauge.resize(settings.mean);
        self.settings = settings;
    }

    pub(super) fn sense(&mut self, input: Input) {
        self.gauge.see(self.judge(input));
    }

    fn judge(&self, input: Input) -> Found {
        match (input, self.range) {
            (Input::Open, _) => Found::Burnout(None),
            (Input::Field(x), _) if self.mode == Mode::Milliamp4To20Burnout && x < self.settings.burnout_ma => {
                Found::Burnout(Some(x))
            }
            (Input::Field(x), Some(range)) if x.is_finite() => range::judge(self.mode, range, x),
            _ => Found::Unreadable,
        }
    }

    pub(super) fn report(&self, at: Stamp) -> (Reading, Own) {
        let raw = self.range.zip(self.gauge.field()).map_or(0, |(range, x)| range::raw(range, x));
        let own = Own::Analog { raw, status: self.gauge.status() };
        let scale = self.settings.scale.as_ref();
        let shown = |x: f64| scale.map_or(x, |scale| scale.apply(x));
        (self.gauge.reading(self.settings.burnout_value, at, shown), own)
    }
}
