//! `pwm`: outputs of the Linux PWM subsystem, by its files.

use super::{per_channel, refuse_twice};
use crate::channel::model::Model;
use crate::config::fields::Fields;
use crate::config::problem::Problems;
use crate::tag::channel::ChannelKind;

/// Where the kernel shows its chips.
pub const ROOT: &str = "/sys/class/pwm";

/// The PWM outputs of a module.
#[derive(Debug, Clone, PartialEq)]
pub struct PwmConfig {
    /// The folder of the chips.
    pub root: String,
    /// One per channel.
    pub outputs: Vec<PwmOutput>,
}

/// The PWM output behind a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PwmOutput {
    /// The channel, 0-based.
    pub channel: u8,
    /// The chip: `pwmchip0`.
    pub chip: String,
    /// Its place on the chip.
    pub line: u32,
    /// One period in nanoseconds; an analog output is the share of it that is on.
    pub period_ns: u64,
    /// The share is off instead of on.
    pub inverted: bool,
}

impl PwmConfig {
    pub(super) fn read(fields: &mut Fields<'_>, model: Option<Model>, problems: &mut Problems) -> Self {
        let fits = |model: &Model| model.kind(0).is_some_and(|kind| matches!(kind, ChannelKind::Do | ChannelKind::Ao));
        if let Some(model) = model.filter(|model| !fits(model)) {
            let sentence = format!("PWM is for outputs; {model} needs another driver");
            fields.error("kind", sentence, problems);
        }
        let root = fields.text("root", 255, problems).unwrap_or(ROOT).to_owned();
        let outputs = per_channel(fields, "outputs", model, problems, |channel, _, fields, problems| {
            let chip = fields.required_text("chip", 63, problems);
            if chip.is_some_and(|chip| chip.contains('/') || chip.starts_with('.')) {
                fields.error("chip", "`chip` is a name such as `pwmchip0`, no path", problems);
            }
            let line = fields.required_integer("line", 0..=255u32, problems);
            let us = fields.integer("period_us", 1..=1_000_000u64, 1000, problems);
            let inverted = fields.flag("inverted", false, problems);
            Some(PwmOutput { channel, chip: chip?.to_owned(), line: line?, period_ns: us * 1000, inverted })
        });
        let sentence =
            |output: &PwmOutput| format!("output {} {} stands in this list already", output.chip, output.line);
        refuse_twice(&outputs, |output| (output.chip.clone(), output.line), sentence, fields, "outputs", problems);
        Self { root, outputs }
    }
}
