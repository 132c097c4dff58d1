//! A digital output: on or off, or a train of pulses.

use super::drive::Drive;
use super::settings::DoSettings;
use super::signal::Refusal;
use super::train::{Shape, Train};
use super::whole;
use crate::tag::attribute::Attribute;
use crate::tag::channel::{Mode, Own};
use crate::tag::reading::{Reading, Stamp};
use crate::tag::value::Value;

#[derive(Debug, Clone)]
pub(super) struct DigitalOutput {
    settings: DoSettings,
    pulses: bool,
    /// On and off as people see them; the field has them inverted, if set.
    pub(super) drive: Drive<bool>,
    shape: Shape,
    train: Option<Train>,
}

fn shape(settings: &DoSettings) -> Shape {
    Shape { count: settings.pulse_count, on: settings.pulse_on, off: settings.pulse_off }
}

impl DigitalOutput {
    pub(super) fn new(settings: DoSettings, mode: Mode) -> Self {
        Self { settings, pulses: mode == Mode::Pulse, drive: Drive::new(), shape: shape(&settings), train: None }
    }

    /// A live edit. The line stays as it is, so inverting turns the value; a running train stops when the mode is left.
    pub(super) fn configure(&mut self, settings: DoSettings, mode: Mode) {
        if shape(&settings) != shape(&self.settings) {
            self.shape = shape(&settings);
        }
        if settings.inverted != self.settings.inverted {
            self.drive.convert(|on| Some(!on));
            self.stop_train();
        }
        if mode != Mode::Pulse {
            self.stop_train();
        }
        // Safe is what the field is: where inverting turned the value, the safe one is driven anew.
        if settings.inverted != self.settings.inverted && self.drive.is_safe() {
            self.drive.preset(settings.safe);
        }
        self.drive.change_safe(self.settings.safe, settings.safe);
        self.settings = settings;
        self.pulses = mode == Mode::Pulse;
    }

    fn stop_train(&mut self) {
        if self.train.take().is_some() {
            self.drive.want(false);
        }
    }

    pub(super) fn write(&mut self, attribute: Attribute, value: &Value, now: Stamp) -> Result<Value, Refusal> {
        match attribute {
            Attribute::Value if self.pulses => return Err(Refusal::WrongMode),
            Attribute::Pulsing | Attribute::PulseCount | Attribute::PulseOn | Attribute::PulseOff if !self.pulses => {
                return Err(Refusal::WrongMode);
            }
            Attribute::Value | Attribute::Pulsing => {
                let Value::Bool(on) = value else { return Err(Refusal::Unfit) };
                self.drive.free()?;
                match (attribute, on) {
                    (Attribute::Value, on) => self.drive.want(*on),
                    (_, false) => self.stop_train(),
                    // Started twice it runs on: masters that write cyclically must not begin it anew each time.
                    (_, true) if self.train.is_some() => {}
                    (_, true) => self.train = Some(Train::start(self.drive.shown() == Some(true), now.mono_us)),
                }
            }
            Attribute::PulseCount | Attribute::PulseOn | Attribute::PulseOff => {
                let steps = u16::try_from(whole(value)?).map_err(|_| Refusal::Unfit)?;
                if self.drive.is_safe() {
                    return Err(Refusal::SafeMode);
                }
                match attribute {
                    Attribute::PulseCount => self.shape.count = steps,
                    _ if steps == 0 => return Err(Refusal::Unfit),
                    Attribute::PulseOn => self.shape.on = steps,
                    _ => self.shape.off = steps,
                }
            }
            _ => return Err(Refusal::NotWritable),
        }
        Ok(value.clone())
    }

    /// A forcing ends a train: what was half done is not taken up again when it ends.
    pub(super) fn force(&mut self, value: Option<bool>) -> Result<(), Refusal> {
        self.drive.force(value)?;
        if value.is_some() {
            self.stop_train();
        }
        Ok(())
    }

    pub(super) fn power_on(&mut self) {
        self.drive.power_on(self.settings.power_on);
    }

    /// A train ends off, also where the safe value is to hold.
    pub(super) fn set_safe(&mut self, on: bool) {
        if on {
            self.stop_train();
        }
        self.drive.set_safe(on, self.settings.safe);
    }

    pub(super) fn advance(&mut self, now: Stamp) {
        if self.train.as_mut().is_some_and(|train| train.advance(now.mono_us, self.shape)) {
            self.stop_train();
        }
    }

    pub(super) fn next_change(&self) -> Option<u64> {
        self.train.as_ref().and_then(Train::due)
    }

    /// The level the line must have.
    pub(super) fn line(&self) -> Option<bool> {
        let on = self.train.as_ref().map(Train::level).or(self.drive.target())?;
        Some(on != self.settings.inverted)
    }

    pub(super) fn driven(&mut self, line: bool, at: Stamp) {
        let on = line != self.settings.inverted;
        self.drive.driven(on, at);
        if self.train.as_mut().is_some_and(|train| train.driven(on, at.mono_us, self.shape)) {
            self.stop_train();
        }
    }

    pub(super) fn report(&self) -> (Reading, Own) {
        let own = Own::Do {
            pulsing: self.train.is_some(),
            pulse_count: self.shape.count,
            pulse_on: self.shape.on,
            pulse_off: self.shape.off,
        };
        (self.drive.reading(Value::Bool), own)
    }
}
