//! A voltage or current output.

use super::drive::Drive;
use super::range;
use super::settings::{AoSettings, Preset};
use super::signal::Refusal;
use super::whole;
use crate::tag::attribute::Attribute;
use crate::tag::channel::{Own, Status};
use crate::tag::quality::Reason;
use crate::tag::reading::{Raw, Reading, Stamp};
use crate::tag::value::Value;

/// Two numbers of the range's unit this near are one: inverting a scale does not give back the last bit.
const SLACK: f64 = 1e-9;
/// Digits that survive scaling there and back.
const DIGITS: u8 = 12;

#[derive(Debug, Clone)]
pub(super) struct Ao {
    settings: AoSettings,
    /// Ends and unit of the range; `None` when disabled.
    range: Option<(f64, f64, &'static str)>,
    /// In V or mA.
    pub(super) drive: Drive<f64>,
    /// The load is open or shorted, says the hardware.
    fault: bool,
}

/// Without the noise of the last digits, so that what was written is what is shown; `size` is the largest number shown.
fn tidy(x: f64, size: f64) -> f64 {
    let step = 10f64.powf(f64::from(DIGITS) - size.log10().ceil());
    // Adding 0 makes 0 of -0.
    let tidy = (x * step).round() / step + 0.0;
    if tidy.is_finite() { tidy } else { x }
}

impl Ao {
    pub(super) fn new(settings: AoSettings, range: Option<(f64, f64, &'static str)>) -> Self {
        Self { settings, range, drive: Drive::new(), fault: false }
    }

    /// A live edit. The field stays as it is: another scale shows it by other numbers; what another range cannot hold is
    /// forgotten, and the output is left as it is until it is written.
    pub(super) fn configure(&mut self, settings: AoSettings, range: Option<(f64, f64, &'static str)>) {
        let moved = range != self.range;
        if moved {
            let unit = self.range.map(|(_, _, unit)| unit);
            let fits = |x: f64| range.is_some_and(|(low, high, now)| Some(now) == unit && (low..=high).contains(&x));
            self.drive.convert(|x| fits(x).then_some(x));
            self.fault = false;
        }
        let before = self.safe();
        self.settings = settings;
        self.range = range;
        if moved && self.drive.is_safe() {
            // The same number is another safe value in another unit.
            self.drive.preset(self.safe());
        }
        self.drive.change_safe(before, self.safe());
    }

    fn ends(&self) -> Option<(f64, f64)> {
        self.range.map(|(low, high, _)| (low, high))
    }

    fn shown(&self, field: f64) -> f64 {
        let (Some((low, high)), Some(scale)) = (self.ends(), &self.settings.scale) else { return field };
        tidy(scale.apply(field), scale.apply(low).abs().max(scale.apply(high).abs()))
    }

    /// The V or mA of a scaled value, if the range has it.
    fn field(&self, shown: f64) -> Option<f64> {
        let (low, high) = self.ends()?;
        let x = self.settings.scale.as_ref().map_or(shown, |scale| scale.invert(shown));
        ((low - SLACK)..=(high + SLACK)).contains(&x).then(|| x.clamp(low, high))
    }

    fn preset(&self, preset: Preset<f64>) -> Preset<f64> {
        match preset {
            Preset::Set(x) => self.field(x).map_or(Preset::Hold, Preset::Set),
            Preset::Hold => Preset::Hold,
        }
    }

    fn safe(&self) -> Preset<f64> {
        self.preset(self.settings.safe)
    }

    pub(super) fn write(&mut self, attribute: Attribute, value: &Value) -> Result<Value, Refusal> {
        let Some(ends) = self.ends() else { return Err(Refusal::WrongMode) };
        let field = match attribute {
            Attribute::Value => value.as_f64().and_then(|x| self.field(x)).ok_or(Refusal::Unfit)?,
            Attribute::Raw => range::from_raw(ends, u16::try_from(whole(value)?).map_err(|_| Refusal::Unfit)?),
            _ => return Err(Refusal::NotWritable),
        };
        self.drive.free()?;
        self.drive.want(field);
        Ok(value.clone())
    }

    pub(super) fn force(&mut self, value: Option<f64>) -> Result<(), Refusal> {
        let field = value.map(|x| self.field(x).ok_or(Refusal::Unfit)).transpose()?;
        self.drive.force(field)
    }

    pub(super) fn power_on(&mut self) {
        self.drive.power_on(self.preset(self.settings.power_on));
    }

    pub(super) fn set_safe(&mut self, on: bool) {
        self.drive.set_safe(on, self.safe());
    }

    pub(super) fn target(&self) -> Option<f64> {
        self.range.and(self.drive.target())
    }

    pub(super) fn driven(&mut self, field: f64, at: Stamp) {
        self.drive.driven(field, at);
    }

    pub(super) fn set_fault(&mut self, fault: bool) {
        self.fault = fault;
    }

    pub(super) fn report(&self) -> (Reading, Own) {
        let raw = self.ends().zip(self.drive.shown()).map_or(0, |(ends, x)| range::raw(ends, x));
        let own = Own::Analog { raw, status: if self.fault { Status::Fault } else { Status::Normal } };
        let reading = match self.drive.reading(|x| Value::F64(self.shown(x))) {
            // The number is what the output was set to, not what flows.
            Reading::Good { value, at, .. } if self.fault => {
                Reading::Uncertain { value, raw: Raw::new(), at, reason: Reason::Fault }
            }
            reading => reading,
        };
        (reading, own)
    }
}
