//! Floor 0: what an I/O channel does, whatever hardware carries it. Pure: times are passed in.
//!
//! A driver tells a [`Channel`] what its hardware says (`sense`, `fail`), drives what `output` asks for and says so
//! (`driven`), passes commands on (`write`, `force`, `set_safe`), and calls `advance` when `next_change` says. Events of
//! the hardware that wait are told before `advance`, or a level would seem to have lasted to now. What the channel shows
//! is in `report`. An output's value is what the hardware took, never what was asked for.

mod ai;
mod ao;
mod counter;
mod di;
mod digital_output;
mod drive;
mod gauge;
mod level;
pub mod linear;
mod mean;
pub mod model;
mod range;
mod relay;
pub mod settings;
pub mod signal;
mod temperature;
#[cfg(test)]
mod tests;
mod train;

use crate::tag::attribute::Attribute;
use crate::tag::channel::{Aspects, ChannelKind, Mode};
use crate::tag::quality::Reason;
use crate::tag::reading::{Raw, Reading, Stamp};
use crate::tag::value::Value;
use ai::Ai;
use ao::Ao;
use di::Di;
use digital_output::DigitalOutput;
use relay::Relay;
use settings::{ChannelSettings, OwnSettings};
use signal::{Input, Kept, Output, Refusal};
use temperature::Temperature;

/// Microseconds of a step of filters and pulses.
const HALF_MS_US: u64 = 500;

/// One channel.
#[derive(Debug, Clone)]
pub struct Channel {
    kind: ChannelKind,
    machine: Machine,
    /// When the field was heard last; never goes back.
    at: Stamp,
    /// Switched off by its mode.
    disabled: bool,
    /// The hardware is gone.
    failure: Option<Reason>,
    /// The value a person gives an input, and since when; outputs have it in their drive.
    forced: Option<(Value, Stamp)>,
}

#[derive(Debug, Clone)]
enum Machine {
    Di(Di),
    Do(DigitalOutput),
    Relay(Relay),
    Ai(Ai),
    Ao(Ao),
    Temperature(Temperature),
}

impl Channel {
    /// A channel that has heard nothing yet; `kept` is what it gave to be kept before the restart.
    pub fn new(settings: &ChannelSettings, kept: Option<Kept>, now: Stamp) -> Self {
        let mode = settings.mode;
        let range = settings.range();
        let ends = range.map(|(low, high, _)| (low, high));
        let machine = match &settings.own {
            OwnSettings::Di(own) => Machine::Di(Di::new(*own, mode, kept)),
            OwnSettings::Do(own) => Machine::Do(DigitalOutput::new(*own, mode)),
            OwnSettings::Relay(own) => Machine::Relay(Relay::new(*own, kept)),
            OwnSettings::Ai(own) => Machine::Ai(Ai::new(own.clone(), mode, ends)),
            OwnSettings::Ao(own) => Machine::Ao(Ao::new(own.clone(), range)),
            OwnSettings::Temperature(own) => Machine::Temperature(Temperature::new(own.clone(), mode, ends)),
        };
        Self { kind: settings.kind, machine, at: now, disabled: mode == Mode::Disabled, failure: None, forced: None }
    }

    /// A live edit: counts, values and outputs stay as far as they still mean something. Of another kind it begins anew.
    pub fn configure(&mut self, settings: &ChannelSettings, now: Stamp) {
        self.advance(now);
        let mode = settings.mode;
        let range = settings.range();
        let ends = range.map(|(low, high, _)| (low, high));
        match (&mut self.machine, &settings.own) {
            (Machine::Di(it), OwnSettings::Di(own)) => it.configure(*own, mode),
            (Machine::Do(it), OwnSettings::Do(own)) => it.configure(*own, mode),
            (Machine::Relay(it), OwnSettings::Relay(own)) => it.configure(*own),
            (Machine::Ai(it), OwnSettings::Ai(own)) => it.configure(own.clone(), mode, ends),
            (Machine::Ao(it), OwnSettings::Ao(own)) => it.configure(own.clone(), range),
            (Machine::Temperature(it), OwnSettings::Temperature(own)) if self.kind == settings.kind => {
                it.configure(own.clone(), mode, ends);
            }
            _ => {
                let safe = self.report().1.safe_mode;
                *self = Self::new(settings, None, now);
                self.set_safe(safe, now);
            }
        }
        self.disabled = mode == Mode::Disabled;
        if self.disabled {
            self.forced = None;
        }
    }

    /// What the hardware says; for every event of the hardware, with the event's own time. Of an output it is what was
    /// read back.
    pub fn sense(&mut self, input: Input, at: Stamp) {
        let at = self.heard(at);
        if self.disabled {
            return;
        }
        let outcome = match (&mut self.machine, input) {
            (Machine::Di(it), input) => it.sense(input, at),
            (Machine::Ai(it), input) => {
                it.sense(input);
                Ok(())
            }
            (Machine::Temperature(it), input) => {
                it.sense(input);
                Ok(())
            }
            (Machine::Ao(it), Input::Open) => {
                it.set_fault(true);
                Ok(())
            }
            (Machine::Ao(it), Input::Field(x)) => {
                it.set_fault(false);
                it.driven(x, at);
                Ok(())
            }
            (Machine::Do(it), Input::Level(level)) => {
                it.driven(level, at);
                Ok(())
            }
            (Machine::Relay(it), Input::Level(level)) => {
                it.driven(level, at);
                Ok(())
            }
            (_, Input::Open) => Err(Reason::Fault),
            _ => Err(Reason::InvalidValue),
        };
        self.failure = outcome.err();
    }

    /// The hardware is gone; what it says next, or takes, ends that.
    pub fn fail(&mut self, reason: Reason) {
        self.failure = Some(reason);
        match &mut self.machine {
            Machine::Di(it) => it.lose(),
            Machine::Ai(it) => it.gauge.lose(),
            Machine::Temperature(it) => it.gauge.lose(),
            Machine::Do(_) | Machine::Relay(_) | Machine::Ao(_) => {}
        }
    }

    /// Writes an attribute whose type and plain range are checked; gives the value that was taken.
    pub fn write(&mut self, attribute: Attribute, value: &Value, now: Stamp) -> Result<Value, Refusal> {
        self.advance(now);
        match &mut self.machine {
            Machine::Di(it) => it.write(attribute, value),
            Machine::Do(it) => it.write(attribute, value, now),
            Machine::Relay(it) => it.write(attribute, value),
            Machine::Ao(it) => it.write(attribute, value),
            Machine::Ai(_) | Machine::Temperature(_) => Err(Refusal::NotWritable),
        }
    }

    /// Does what is due by now: filters that end, edges of pulses.
    pub fn advance(&mut self, now: Stamp) {
        match &mut self.machine {
            Machine::Di(it) => {
                if let Some(at) = it.advance(now) {
                    self.heard(at);
                }
            }
            Machine::Do(it) => it.advance(now),
            _ => {}
        }
    }

    /// When `advance` matters next, in microseconds of the monotonic clock.
    pub fn next_change(&self) -> Option<u64> {
        match &self.machine {
            Machine::Di(it) => it.next_change(),
            Machine::Do(it) => it.next_change(),
            _ => None,
        }
    }

    /// What the hardware must show now; `None` = leave it as it is.
    pub fn output(&self) -> Option<Output> {
        match &self.machine {
            Machine::Do(it) => it.line().map(Output::Level),
            Machine::Relay(it) => it.drive.target().map(Output::Level),
            Machine::Ao(it) => it.target().map(Output::Field),
            Machine::Di(_) | Machine::Ai(_) | Machine::Temperature(_) => None,
        }
    }

    /// The hardware took this, or was read back so: only now the value shows it.
    pub fn driven(&mut self, output: Output, at: Stamp) {
        let at = self.heard(at);
        match (&mut self.machine, output) {
            (Machine::Do(it), Output::Level(level)) => it.driven(level, at),
            (Machine::Relay(it), Output::Level(level)) => it.driven(level, at),
            (Machine::Ao(it), Output::Field(x)) => it.driven(x, at),
            _ => return,
        }
        self.failure = None;
    }

    /// The host booted: outputs are set to their power-on values.
    pub fn power_on(&mut self) {
        match &mut self.machine {
            Machine::Do(it) => it.power_on(),
            Machine::Relay(it) => it.power_on(),
            Machine::Ao(it) => it.power_on(),
            Machine::Di(_) | Machine::Ai(_) | Machine::Temperature(_) => {}
        }
    }

    /// Enters or leaves safe mode; inputs know none. Entering ends a forcing and a train of pulses; after leaving, the
    /// output stays at its safe value until it is written.
    pub fn set_safe(&mut self, on: bool, now: Stamp) {
        self.advance(now);
        match &mut self.machine {
            Machine::Do(it) => it.set_safe(on),
            Machine::Relay(it) => it.set_safe(on),
            Machine::Ao(it) => it.set_safe(on),
            Machine::Di(_) | Machine::Ai(_) | Machine::Temperature(_) => {}
        }
    }

    /// A person holds the value by hand; `None` ends that. An input shows the value as uncertain, and its edges in the
    /// field are counted all the same; an output is driven with it. The value must be of the tag's type. Refused for
    /// outputs in safe mode and for channels that are disabled.
    pub fn force(&mut self, value: Option<Value>, now: Stamp) -> Result<(), Refusal> {
        self.advance(now);
        let level = |value: Option<&Value>| match value {
            Some(Value::Bool(on)) => Ok(Some(*on)),
            Some(_) => Err(Refusal::Unfit),
            None => Ok(None),
        };
        let number = |value: Option<&Value>| {
            value.map(|value| value.as_f64().filter(|x| x.is_finite()).ok_or(Refusal::Unfit)).transpose()
        };
        if self.disabled && value.is_some() {
            return Err(Refusal::WrongMode);
        }
        match &mut self.machine {
            Machine::Do(it) => it.force(level(value.as_ref())?),
            Machine::Relay(it) => it.drive.force(level(value.as_ref())?),
            Machine::Ao(it) => it.force(number(value.as_ref())?),
            Machine::Di(_) => {
                self.forced = level(value.as_ref())?.map(|on| (Value::Bool(on), now));
                Ok(())
            }
            Machine::Ai(_) | Machine::Temperature(_) => {
                self.forced = number(value.as_ref())?.map(|x| (Value::F64(x), now));
                Ok(())
            }
        }
    }

    /// What is known of the channel now.
    pub fn report(&self) -> (Reading, Aspects) {
        let (reading, own) = match &self.machine {
            Machine::Di(it) => it.report(self.at),
            Machine::Do(it) => it.report(),
            Machine::Relay(it) => it.report(),
            Machine::Ai(it) => it.report(self.at),
            Machine::Ao(it) => it.report(),
            Machine::Temperature(it) => it.report(self.at),
        };
        let (forced, safe_mode) = match &self.machine {
            Machine::Do(it) => (it.drive.is_forced(), it.drive.is_safe()),
            Machine::Relay(it) => (it.drive.is_forced(), it.drive.is_safe()),
            Machine::Ao(it) => (it.drive.is_forced(), it.drive.is_safe()),
            Machine::Di(_) | Machine::Ai(_) | Machine::Temperature(_) => (self.forced.is_some(), false),
        };
        let reading = match (&self.forced, self.failure) {
            _ if self.disabled => Reading::Bad { value: None, at: self.at, reason: Reason::Disabled },
            (Some((value, since)), _) => {
                let at = if self.at.mono_us < since.mono_us { *since } else { self.at };
                Reading::Uncertain { value: value.clone(), raw: Raw::new(), at, reason: Reason::Forced }
            }
            (None, Some(reason)) => Reading::Failed(reason),
            (None, None) => reading,
        };
        (reading, Aspects { forced, safe_mode, own })
    }

    /// What to keep over a power loss; a relay's wear always, a count if that is asked for.
    pub fn kept(&self) -> Option<Kept> {
        match &self.machine {
            Machine::Di(it) => it.kept(),
            Machine::Relay(it) => Some(it.kept()),
            _ => None,
        }
    }

    /// The field was heard; events that come out of order do not turn the time back.
    fn heard(&mut self, at: Stamp) -> Stamp {
        if self.at.mono_us < at.mono_us {
            self.at = at;
        }
        self.at
    }
}

/// A moment so many microseconds later.
fn later(stamp: Stamp, us: u64) -> Stamp {
    let ms = i64::try_from(us / 1000).unwrap_or(i64::MAX);
    Stamp { unix_ms: stamp.unix_ms.saturating_add(ms), mono_us: stamp.mono_us.saturating_add(us) }
}

/// A whole number that fits 32 bits.
fn whole(value: &Value) -> Result<u32, Refusal> {
    let x = value.as_f64().filter(|x| x.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(x));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and in range, as just seen")]
    x.map(|x| x as u32).ok_or(Refusal::Unfit)
}
