//! `iio`: converters and sensors of the Linux industrial I/O subsystem, by its files.

use super::{per_channel, refuse_twice};
use crate::channel::model::Model;
use crate::config::fields::{Fields, shown_text};
use crate::config::problem::Problems;
use crate::tag::channel::ChannelKind;

/// Where the kernel shows its devices.
pub const ROOT: &str = "/sys/bus/iio/devices";

/// What can stand before the number of a channel in the kernel's file names.
const QUANTITIES: [(&str, Quantity); 4] = [
    ("voltage", Quantity::Voltage),
    ("current", Quantity::Current),
    ("resistance", Quantity::Resistance),
    ("temp", Quantity::Temperature),
];

/// The converters of a module.
#[derive(Debug, Clone, PartialEq)]
pub struct IioConfig {
    /// The folder of the devices.
    pub root: String,
    /// One per channel.
    pub channels: Vec<IioChannel>,
}

/// The converter's channel behind a channel.
#[derive(Debug, Clone, PartialEq)]
pub struct IioChannel {
    /// The channel, 0-based.
    pub channel: u8,
    /// Where its value comes from, or goes to.
    pub place: IioPlace,
    /// Field value (V, mA, ohm, mV, degrees Celsius) = what the converter says x this + `offset`; for a shunt of 250 ohm
    /// 4 mA per V.
    pub gain: f64,
    /// In the field's unit.
    pub offset: f64,
    /// Thermocouples by their voltage: what measures the cold junction.
    pub cold_junction: Option<IioPlace>,
}

/// A channel of a converter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IioPlace {
    /// The device: its folder (`iio:device0`), or what its file `name` says.
    pub device: String,
    /// What it converts.
    pub quantity: Quantity,
    /// As in the kernel's files: `voltage0`, `voltage0-voltage1`, `temp`.
    pub input: String,
}

/// What a converter's channel is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Its files say mV.
    Voltage,
    /// Its files say mA.
    Current,
    /// Its files say ohm.
    Resistance,
    /// Its files say thousandths of a degree Celsius.
    Temperature,
}

impl IioConfig {
    pub(super) fn read(fields: &mut Fields<'_>, model: Option<Model>, problems: &mut Problems) -> Self {
        if let Some(model) = model.filter(|model| model.kind(0).is_some_and(ChannelKind::is_digital)) {
            fields.error("kind", format!("converters have numbers; {model} needs another driver"), problems);
        }
        let root = fields.text("root", 255, problems).unwrap_or(ROOT).to_owned();
        let channels = per_channel(fields, "channels", model, problems, |channel, kind, fields, problems| {
            let place = place(kind, fields, problems);
            let gain = fields.float("gain", problems).unwrap_or(1.0);
            if gain == 0.0 {
                fields.error("gain", "`gain` is not 0", problems);
            }
            let offset = fields.float("offset", problems).unwrap_or(0.0);
            let cold_junction = match fields.get("cold_junction") {
                Some(_) if kind != ChannelKind::Tc => {
                    let sentence = "`cold_junction` is for thermocouples";
                    fields.error("cold_junction", sentence, problems);
                    None
                }
                Some(json) => {
                    let here = *fields.at();
                    let mut own = Fields::open(json, here.member("cold_junction"), problems)?;
                    let read = self::place(ChannelKind::Rtd, &mut own, problems);
                    let thermometer = read.filter(|place| place.quantity == Quantity::Temperature);
                    if thermometer.is_none() {
                        own.error("input", "a cold junction is measured by a thermometer, such as `temp`", problems);
                    }
                    own.finish(problems).then_some(thermometer)?
                }
                None => None,
            };
            Some(IioChannel { channel, place: place?, gain, offset, cold_junction })
        });
        let outputs: Vec<&IioChannel> = channels
            .iter()
            .filter(|channel| model.and_then(|model| model.kind(channel.channel)) == Some(ChannelKind::Ao))
            .collect();
        let sentence = |channel: &&IioChannel| {
            format!("output {} {} stands in this list already", channel.place.device, channel.place.input)
        };
        refuse_twice(&outputs, |channel| channel.place.clone(), sentence, fields, "channels", problems);
        Self { root, channels }
    }
}

fn place(kind: ChannelKind, fields: &mut Fields<'_>, problems: &mut Problems) -> Option<IioPlace> {
    let device = fields.required_text("device", 63, problems);
    if device.is_some_and(|device| device.contains('/') || device.starts_with('.')) {
        fields.error("device", "`device` is a name such as `ads1115` or `iio:device0`, no path", problems);
    }
    let member = if kind == ChannelKind::Ao { "output" } else { "input" };
    let input = fields.required_text(member, 63, problems)?;
    let word = input.trim_end_matches(|c: char| c.is_ascii_digit());
    let single = |part: &str, word: &str| {
        part.strip_prefix(word).is_some_and(|rest| rest.bytes().all(|digit| digit.is_ascii_digit()))
    };
    let found = QUANTITIES.iter().find(|(word, _)| match input.split_once('-') {
        Some((plus, minus)) => single(plus, word) && single(minus, word),
        None => single(input, word),
    });
    let quantity = found.map(|(_, quantity)| *quantity).filter(|quantity| match kind {
        ChannelKind::Ao => matches!(quantity, Quantity::Voltage | Quantity::Current),
        ChannelKind::Ai => matches!(quantity, Quantity::Voltage | Quantity::Current),
        ChannelKind::Rtd => matches!(quantity, Quantity::Resistance | Quantity::Temperature),
        _ => matches!(quantity, Quantity::Voltage | Quantity::Temperature),
    });
    if quantity.is_none() {
        let fit = match kind {
            ChannelKind::Ao | ChannelKind::Ai => "`voltage0` or `current0`",
            ChannelKind::Rtd => "`resistance0` or `temp`",
            _ => "`voltage0` or `temp`",
        };
        let word = shown_text(word);
        fields.error(member, format!("`{member}` is what the converter calls it, here {fit}, not {word}"), problems);
    }
    Some(IioPlace { device: device?.to_owned(), quantity: quantity?, input: input.to_owned() })
}
