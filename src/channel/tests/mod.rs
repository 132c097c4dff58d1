//! One channel at a time, told what its hardware says.

mod analog;
mod any;
mod catalogue;
mod di;
mod edits;
mod hand;
mod outputs;
mod pulses;
mod temperature;

use super::Channel;
use super::settings::{
    AiSettings, AoSettings, BurnoutValue, ChannelSettings, Degrees, DiSettings, DoSettings, Edge, OwnSettings, Preset,
    RelaySettings, TemperatureSettings,
};
use super::signal::{Input, Output, Refusal};
use crate::tag::attribute::Attribute;
use crate::tag::channel::{ChannelKind, Mode, Own};
use crate::tag::quality::{Quality, Reason};
use crate::tag::reading::{Stamp, TagState};
use crate::tag::value::Value;

/// A moment so many microseconds after the start.
fn us(us: u64) -> Stamp {
    Stamp { unix_ms: 1_800_000_000_000 + i64::try_from(us / 1000).unwrap(), mono_us: us }
}

fn ms(ms: u64) -> Stamp {
    us(ms * 1000)
}

/// Settings of a kind as a document without members gives them.
fn settings(kind: ChannelKind, mode: Mode) -> ChannelSettings {
    let own = match kind {
        ChannelKind::Di => OwnSettings::Di(DiSettings {
            filter: 0,
            edge: Edge::Rising,
            inverted: false,
            initial_count: 0,
            counting: true,
            keep_count: false,
        }),
        ChannelKind::Do => OwnSettings::Do(DoSettings {
            pulse_count: 0,
            pulse_on: 2000,
            pulse_off: 2000,
            inverted: false,
            power_on: Preset::Hold,
            safe: Preset::Hold,
        }),
        ChannelKind::Relay => OwnSettings::Relay(RelaySettings { power_on: Preset::Hold, safe: Preset::Hold }),
        ChannelKind::Ai => {
            OwnSettings::Ai(AiSettings { scale: None, burnout_ma: 2.0, burnout_value: BurnoutValue::Hold, mean: 1 })
        }
        ChannelKind::Ao => OwnSettings::Ao(AoSettings { scale: None, power_on: Preset::Hold, safe: Preset::Hold }),
        ChannelKind::Rtd | ChannelKind::Tc => OwnSettings::Temperature(TemperatureSettings {
            degrees: Degrees::Celsius,
            offset: 0.0,
            cold_junction_offset: 0.0,
            burnout_value: BurnoutValue::Hold,
            mean: 1,
        }),
    };
    ChannelSettings { kind, mode, own }
}

macro_rules! edit {
    ($name:ident, $variant:ident, $own:ty) => {
        /// The same settings with some of their members changed.
        fn $name(mut settings: ChannelSettings, change: impl FnOnce(&mut $own)) -> ChannelSettings {
            let OwnSettings::$variant(own) = &mut settings.own else { panic!("another kind") };
            change(own);
            settings
        }
    };
}
edit!(with_di, Di, DiSettings);
edit!(with_do, Do, DoSettings);
edit!(with_relay, Relay, RelaySettings);
edit!(with_ai, Ai, AiSettings);
edit!(with_ao, Ao, AoSettings);
edit!(with_temperature, Temperature, TemperatureSettings);

fn channel(settings: &ChannelSettings) -> Channel {
    Channel::new(settings, None, us(0))
}

/// What a channel that has just started shows of its value, quality and reason.
fn state(channel: &Channel) -> TagState {
    let mut state = TagState::default();
    state.apply(channel.report().0);
    state
}

fn value(channel: &Channel) -> Option<Value> {
    state(channel).value
}

fn number(channel: &Channel) -> f64 {
    value(channel).and_then(|value| value.as_f64()).unwrap()
}

fn why(channel: &Channel) -> (Quality, Reason) {
    let state = state(channel);
    (state.quality, state.reason)
}

const GOOD: (Quality, Reason) = (Quality::Good, Reason::Ok);

fn aspect(channel: &Channel, attribute: Attribute) -> Value {
    channel.report().1.get(attribute).unwrap()
}

fn on(channel: &Channel) -> bool {
    value(channel) == Some(Value::Bool(true))
}

fn count(channel: &Channel) -> u32 {
    let Own::Di { count, .. } = channel.report().1.own else { panic!("another kind") };
    count
}

fn write(channel: &mut Channel, attribute: Attribute, value: Value) -> Result<Value, Refusal> {
    channel.write(attribute, &value, us(0))
}

/// The hardware does at once what the channel asks for.
fn obey(channel: &mut Channel, at: Stamp) -> Option<Output> {
    let output = channel.output()?;
    channel.driven(output, at);
    Some(output)
}

fn level(channel: &mut Channel, level: bool, at: Stamp) {
    channel.sense(Input::Level(level), at);
}
