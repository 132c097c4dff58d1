//! `channels[]` of a module: members by kind of channel, all of them whatever the mode.

use crate::channel::model::Model;
use crate::channel::settings::{
    AiSettings, AoSettings, BurnoutValue, ChannelSettings, Degrees, DiSettings, DoSettings, Edge, OwnSettings, Preset,
    RelaySettings, TemperatureSettings,
};
use crate::config::device::{read_deadband, read_scale};
use crate::config::fields::{Fields, Identity};
use crate::config::problem::{Pointer, Problems};
use crate::tag::channel::{ChannelKind, Mode};
use crate::tag::deadband::Deadband;
use serde_json::Value as Json;

/// One channel in use.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelConfig {
    /// Id, name, description, enabled.
    pub identity: Identity,
    /// Its place on the module, 0-based.
    pub number: u8,
    /// What it does.
    pub settings: ChannelSettings,
    /// Engineering unit.
    pub unit: String,
    /// How far the value must move to be published on change.
    pub deadband: Option<Deadband>,
}

impl ChannelConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, model: Model, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let identity = fields.identity(problems);
        let number = fields.required_integer("channel", 0..=model.channels() - 1, problems)?;
        let kind = model.kind(number)?;
        let modes: Vec<(&str, Mode)> = kind.modes().iter().map(|mode| (mode.as_str(), *mode)).collect();
        let mode = fields.word("mode", &modes, problems).or(kind.modes().first().copied())?;
        let own = read_own(kind, &mut fields, problems);
        let settings = ChannelSettings { kind, mode, own };
        let given = if kind.is_digital() { None } else { fields.text("unit", 40, problems) };
        let unit = given.map_or(settings.natural_unit(), |unit| unit).to_owned();
        let deadband = if kind.is_digital() { None } else { read_deadband(&mut fields, problems) };
        if let (OwnSettings::Ao(own), Some((low, high))) = (&settings.own, settings.write_limits()) {
            for (name, preset) in [("power_on", own.power_on), ("safe", own.safe)] {
                if let Preset::Set(x) = preset
                    && !(low..=high).contains(&x)
                {
                    fields.error(
                        name,
                        format!("`{name}` is `\"hold\"` or {low}..{high} in mode `{mode}`, not {x}"),
                        problems,
                    );
                }
            }
        }
        if !fields.finish(problems) {
            return None;
        }
        Some(Self { identity: identity?, number, settings, unit, deadband })
    }
}

fn read_own(kind: ChannelKind, fields: &mut Fields<'_>, problems: &mut Problems) -> OwnSettings {
    match kind {
        ChannelKind::Di => OwnSettings::Di(DiSettings {
            filter: half_ms(fields, "filter_ms", 0, 0, problems),
            edge: fields
                .word("edge", &[("rising", Edge::Rising), ("falling", Edge::Falling), ("both", Edge::Both)], problems)
                .unwrap_or_default(),
            inverted: fields.flag("inverted", false, problems),
            initial_count: fields.integer("initial_count", 0..=u32::MAX, 0, problems),
            counting: fields.flag("counting", true, problems),
            keep_count: fields.flag("keep_count", false, problems),
        }),
        ChannelKind::Do => OwnSettings::Do(DoSettings {
            pulse_count: fields.integer("pulse_count", 0..=u16::MAX, 0, problems),
            pulse_on: half_ms(fields, "pulse_on_ms", 1, 1000, problems),
            pulse_off: half_ms(fields, "pulse_off_ms", 1, 1000, problems),
            inverted: fields.flag("inverted", false, problems),
            power_on: switch(fields, "power_on", problems),
            safe: switch(fields, "safe", problems),
        }),
        ChannelKind::Relay => OwnSettings::Relay(RelaySettings {
            power_on: switch(fields, "power_on", problems),
            safe: switch(fields, "safe", problems),
        }),
        ChannelKind::Ai => OwnSettings::Ai(AiSettings {
            scale: read_scale(fields, problems),
            burnout_ma: ranged(fields, "burnout_ma", 0.0, 4.0, 2.0, problems),
            burnout_value: burnout_value(fields, problems),
            mean: fields.integer("mean", 1..=100, 1, problems),
        }),
        ChannelKind::Ao => OwnSettings::Ao(AoSettings {
            scale: read_scale(fields, problems),
            power_on: level(fields, "power_on", problems),
            safe: level(fields, "safe", problems),
        }),
        ChannelKind::Rtd | ChannelKind::Tc => OwnSettings::Temperature(TemperatureSettings {
            degrees: fields
                .word(
                    "degrees",
                    &[Degrees::Celsius, Degrees::Fahrenheit, Degrees::Kelvin].map(|word| (word.as_str(), word)),
                    problems,
                )
                .unwrap_or_default(),
            offset: ranged(fields, "offset", -1000.0, 1000.0, 0.0, problems),
            cold_junction_offset: if kind == ChannelKind::Tc {
                ranged(fields, "cold_junction_offset", -100.0, 100.0, 0.0, problems)
            } else {
                0.0
            },
            burnout_value: burnout_value(fields, problems),
            mean: fields.integer("mean", 1..=100, 1, problems),
        }),
    }
}

/// Milliseconds in steps of 0.5, as a number of steps.
fn half_ms(fields: &mut Fields<'_>, name: &'static str, least: u16, default: u16, problems: &mut Problems) -> u16 {
    let Some(ms) = fields.float(name, problems) else { return default };
    let steps = ms * 2.0;
    let fits = steps.fract() == 0.0 && (f64::from(least)..=f64::from(u16::MAX)).contains(&steps);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and in range, as just seen")]
    let found = fits.then_some(steps as u16);
    if found.is_none() {
        let (low, high) = (f64::from(least) / 2.0, f64::from(u16::MAX) / 2.0);
        fields.error(name, format!("`{name}` is {low}..{high} in steps of 0.5, not {ms}"), problems);
    }
    found.unwrap_or(default)
}

fn ranged(
    fields: &mut Fields<'_>,
    name: &'static str,
    low: f64,
    high: f64,
    default: f64,
    problems: &mut Problems,
) -> f64 {
    let Some(x) = fields.float(name, problems) else { return default };
    if !(low..=high).contains(&x) {
        fields.error(name, format!("`{name}` is {low}..{high}, not {x}"), problems);
        return default;
    }
    x
}

fn switch(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Preset<bool> {
    let words = [("hold", Preset::Hold), ("off", Preset::Set(false)), ("on", Preset::Set(true))];
    fields.word(name, &words, problems).unwrap_or(Preset::Hold)
}

fn level(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Preset<f64> {
    match fields.get(name) {
        None => Preset::Hold,
        Some(Json::String(word)) if word == "hold" => Preset::Hold,
        Some(json) => {
            if let Some(x) = json.as_f64() {
                return Preset::Set(x);
            }
            fields.error(name, format!("`{name}` is `\"hold\"` or a number"), problems);
            Preset::Hold
        }
    }
}

fn burnout_value(fields: &mut Fields<'_>, problems: &mut Problems) -> BurnoutValue {
    match fields.get("burnout_value") {
        None => BurnoutValue::Hold,
        Some(Json::String(word)) if word == "hold" => BurnoutValue::Hold,
        Some(Json::String(word)) if word == "null" => BurnoutValue::Null,
        Some(json) => {
            if let Some(x) = json.as_f64() {
                return BurnoutValue::Set(x);
            }
            fields.error("burnout_value", "`burnout_value` is `\"hold\"`, `\"null\"` or a number", problems);
            BurnoutValue::Hold
        }
    }
}
