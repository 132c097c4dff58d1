//! `gpio`: lines of the Linux GPIO character device.

use super::{per_channel, refuse_twice};
use crate::channel::model::Model;
use crate::config::fields::Fields;
use crate::config::problem::Problems;
use crate::tag::channel::ChannelKind;
use std::time::Duration;

/// The member of the debounce.
const DEBOUNCE: &str = "debounce_ms";
/// Longest debounce in milliseconds.
const DEBOUNCE_MS: f64 = 1000.0;

/// The lines of a module.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GpioConfig {
    /// One per channel.
    pub lines: Vec<GpioLine>,
}

/// The line behind a channel.
#[derive(Debug, Clone, PartialEq)]
pub struct GpioLine {
    /// The channel, 0-based.
    pub channel: u8,
    /// Path, or name (`gpiochip0`), of the chip.
    pub chip: String,
    /// Its place on the chip.
    pub line: GpioName,
    /// Low voltage means on.
    pub active_low: bool,
    /// Resistor inside the chip.
    pub bias: Bias,
    /// How an output drives.
    pub drive: Drive,
    /// The kernel tells a change once it has lasted this long; inputs only.
    pub debounce: Duration,
}

/// Which line of a chip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GpioName {
    /// By its number on the chip.
    Offset(u32),
    /// By the name that the device tree gives it.
    Name(String),
}

/// Resistor inside the chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bias {
    /// As it is.
    #[default]
    AsIs,
    /// None.
    Disabled,
    /// To the supply.
    PullUp,
    /// To ground.
    PullDown,
}

/// How an output drives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Drive {
    /// Both levels.
    #[default]
    PushPull,
    /// Low only.
    OpenDrain,
    /// High only.
    OpenSource,
}

impl GpioConfig {
    pub(super) fn read(fields: &mut Fields<'_>, model: Option<Model>, problems: &mut Problems) -> Self {
        if let Some(model) = model.filter(|model| !model.kind(0).is_some_and(ChannelKind::is_digital)) {
            fields.error("kind", format!("lines are on or off; {model} needs another driver"), problems);
        }
        let common = fields.text("chip", 255, problems).map(str::to_owned);
        let lines = per_channel(fields, "lines", model, problems, |channel, kind, fields, problems| {
            let chip = fields.text("chip", 255, problems).map(str::to_owned).or_else(|| common.clone());
            if chip.as_ref().is_none_or(String::is_empty) {
                fields.error("chip", "`chip` is missing here and at the driver, such as `/dev/gpiochip0`", problems);
            }
            let line = name(fields, problems);
            let active_low = fields.flag("active_low", false, problems);
            let bias = [
                ("as-is", Bias::AsIs),
                ("disabled", Bias::Disabled),
                ("pull-up", Bias::PullUp),
                ("pull-down", Bias::PullDown),
            ];
            let bias = fields.word("bias", &bias, problems).unwrap_or_default();
            let drive =
                [("push-pull", Drive::PushPull), ("open-drain", Drive::OpenDrain), ("open-source", Drive::OpenSource)];
            let given = fields.word("drive", &drive, problems);
            if given.is_some() && !kind.is_output() {
                fields.error("drive", format!("channel {channel} is an input; `drive` is for outputs"), problems);
            }
            let ms = fields.float(DEBOUNCE, problems);
            if let Some(ms) = ms.filter(|ms| !(0.0..=DEBOUNCE_MS).contains(ms)) {
                fields.error(DEBOUNCE, format!("`{DEBOUNCE}` is {}..{DEBOUNCE_MS}, not {ms}", 0), problems);
                return None;
            }
            if ms.is_some() && kind.is_output() {
                let sentence = format!("channel {channel} is an output; `debounce_ms` is for inputs");
                fields.error(DEBOUNCE, sentence, problems);
            }
            let debounce = Duration::from_secs_f64(ms.unwrap_or(0.0) / 1000.0);
            let (chip, line) = (chip?, line?);
            Some(GpioLine { channel, chip, line, active_low, bias, drive: given.unwrap_or_default(), debounce })
        });
        let sentence = |line: &GpioLine| format!("line {} stands in this list already", line.place());
        refuse_twice(&lines, GpioLine::place, sentence, fields, "lines", problems);
        Self { lines }
    }
}

impl GpioLine {
    /// Where it is: `/dev/gpiochip0 line 17`.
    pub fn place(&self) -> String {
        match &self.line {
            GpioName::Offset(offset) => format!("{} {offset}", self.chip_path()),
            GpioName::Name(name) => format!("{} {name}", self.chip_path()),
        }
    }

    /// The chip's device file.
    pub fn chip_path(&self) -> String {
        if self.chip.starts_with('/') { self.chip.clone() } else { format!("/dev/{}", self.chip) }
    }
}

fn name(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<GpioName> {
    let given = fields.get("line");
    let found = given.and_then(|json| match json.as_str() {
        Some(name) if !name.is_empty() && name.len() <= 32 => Some(GpioName::Name(name.to_owned())),
        Some(_) => None,
        None => json.as_u64().and_then(|offset| u32::try_from(offset).ok()).map(GpioName::Offset),
    });
    if found.is_none() {
        fields.error("line", "`line` is the number of the line on its chip, such as 17, or its name", problems);
    }
    found
}
