//! `iio`: converters of the Linux industrial I/O subsystem by their files.
//!
//! Names and units are those of the kernel's Documentation/ABI/testing/sysfs-bus-iio: a value is (raw + offset) x scale,
//! in mV, mA, ohm or thousandths of a degree Celsius; `_input` holds it worked out. Scale and offset may be one file for
//! all channels of a kind.

use super::backend::{Backend, Sight, Wiring, not_open, other_kind};
use super::sysfs;
use crate::channel::signal::{Input, Output};
use crate::config::module::driver::DriverConfig;
use crate::config::module::driver::iio::{IioChannel, IioPlace, Quantity};
use crate::tag::channel::ChannelKind;
use crate::tag::reading::Stamp;
use std::path::{Path, PathBuf};

/// The converters of one module.
#[derive(Debug, Default)]
pub(super) struct Iio {
    root: PathBuf,
    channels: Vec<Opened>,
}

#[derive(Debug)]
struct Opened {
    config: IioChannel,
    kind: ChannelKind,
    files: Files,
    cold_junction: Option<Files>,
}

/// The files of a converter's channel.
#[derive(Debug)]
struct Files {
    value: PathBuf,
    /// Of a raw value: what to add, and then to multiply with.
    raw: Option<(f64, f64)>,
    /// The unit of channels, per unit of the kernel.
    unit: f64,
    quantity: Quantity,
}

impl Backend for Iio {
    fn wire(&mut self, wiring: &Wiring<'_>, _now: Stamp) -> Vec<(u8, String)> {
        let DriverConfig::Iio(config) = wiring.driver else { return Vec::new() };
        let root = PathBuf::from(&config.root);
        if root != self.root {
            self.channels.clear();
            self.root = root;
        }
        let mut before = std::mem::take(&mut self.channels);
        let mut failed = Vec::new();
        for (number, settings) in wiring.channels {
            let Some(wanted) = config.channels.iter().find(|channel| channel.channel == *number) else {
                failed
                    .push((*number, format!("channel {number} has no converter: name it in the driver's `channels`")));
                continue;
            };
            let same = |open: &Opened| open.config == *wanted && open.kind == settings.kind;
            let opened = match before.iter().position(same).map(|at| before.swap_remove(at)) {
                Some(open) => Ok(open),
                None => open(&self.root, wanted, settings.kind),
            };
            match opened {
                Ok(open) => self.channels.push(open),
                Err(why) => failed.push((*number, why)),
            }
        }
        failed
    }

    fn scan(&mut self, now: Stamp, seen: &mut Vec<Sight>) {
        let look = |open: &Opened| Sight { channel: open.config.channel, what: open.look(), at: now };
        let first = seen.len();
        seen.extend(self.channels.iter().map(look));
        // What failed is looked for anew: the device may have got another number.
        let failed = |number: u8| seen[first..].iter().any(|sight| sight.channel == number && sight.what.is_err());
        self.channels.retain(|open| !failed(open.config.channel));
    }

    fn drive(&mut self, channel: u8, output: Output) -> Result<(), String> {
        let at = self.channels.iter().position(|open| open.config.channel == channel);
        let at = at.ok_or_else(|| not_open(channel))?;
        let driven = self.channels[at].drive(output);
        if driven.is_err() {
            self.channels.swap_remove(at);
        }
        driven
    }
}

impl Opened {
    fn look(&self) -> Result<Input, String> {
        let x = self.files.read()? * self.config.gain + self.config.offset;
        Ok(match (self.kind, self.files.quantity) {
            (ChannelKind::Ai | ChannelKind::Ao, _) => Input::Field(x),
            (_, Quantity::Resistance) => Input::Ohm(x),
            (_, Quantity::Voltage) => {
                let cold_junction = self.cold_junction.as_ref().map(Files::read).transpose()?;
                Input::Millivolt { mv: x, cold_junction }
            }
            (_, Quantity::Temperature | Quantity::Current) => Input::Celsius(x),
        })
    }

    fn drive(&self, output: Output) -> Result<(), String> {
        let Output::Field(field) = output else { return Err(other_kind()) };
        let x = (field - self.config.offset) / self.config.gain / self.files.unit;
        let text = match self.files.raw {
            Some((offset, scale)) => format!("{:.0}", x / scale - offset),
            None => x.to_string(),
        };
        sysfs::write(&self.files.value, &text)
    }
}

fn open(root: &Path, config: &IioChannel, kind: ChannelKind) -> Result<Opened, String> {
    let way = if kind == ChannelKind::Ao { "out" } else { "in" };
    let files = Files::find(root, &config.place, way, kind)?;
    let thermometer = |place: &IioPlace| Files::find(root, place, "in", ChannelKind::Rtd);
    let cold_junction = config.cold_junction.as_ref().map(thermometer).transpose()?;
    let open = Opened { config: config.clone(), kind, files, cold_junction };
    open.look()?;
    Ok(open)
}

impl Files {
    fn find(root: &Path, place: &IioPlace, way: &str, kind: ChannelKind) -> Result<Self, String> {
        let folder = device(root, &place.device)?;
        let file = |suffix: &str| folder.join(format!("{way}_{}_{suffix}", place.input));
        let input = file("input");
        let quantity = place.quantity;
        let unit = match (quantity, kind) {
            // Thermocouples are read in mV, as the kernel has it; analog channels in V.
            (Quantity::Voltage, ChannelKind::Ai | ChannelKind::Ao) | (Quantity::Temperature, _) => 0.001,
            _ => 1.0,
        };
        if input.exists() {
            return Ok(Self { value: input, raw: None, unit, quantity });
        }
        // Channels of a kind may share a file, which has no numbers in its name.
        let shared: String = place.input.chars().filter(|c| !c.is_ascii_digit()).collect();
        let factor = |suffix: &str, absent: f64| {
            let candidates = [file(suffix), folder.join(format!("{way}_{shared}_{suffix}"))];
            candidates.iter().find(|path| path.exists()).map_or(Ok(absent), |path| sysfs::number(path))
        };
        let (offset, scale) = (factor("offset", 0.0)?, factor("scale", 1.0)?);
        if scale == 0.0 {
            return Err(format!("{} says a scale of 0", folder.display()));
        }
        Ok(Self { value: file("raw"), raw: Some((offset, scale)), unit, quantity })
    }

    fn read(&self) -> Result<f64, String> {
        let x = sysfs::number(&self.value)?;
        Ok(self.raw.map_or(x, |(offset, scale)| (x + offset) * scale) * self.unit)
    }
}

/// The folder of a device, by its own name or by what its file `name` says.
fn device(root: &Path, wanted: &str) -> Result<PathBuf, String> {
    let by_folder = root.join(wanted);
    if by_folder.is_dir() {
        return Ok(by_folder);
    }
    let listed = std::fs::read_dir(root).map_err(|error| {
        format!("{} cannot be listed ({error}); has the kernel its driver for industrial I/O?", root.display())
    })?;
    let mut found: Vec<PathBuf> = listed.flatten().map(|entry| entry.path()).collect();
    found.sort();
    let named = |path: &PathBuf| sysfs::read(&path.join("name")).is_ok_and(|name| name == wanted);
    let mut found = found.into_iter().filter(named);
    let first = found.next().ok_or_else(|| {
        format!("there is no device `{wanted}` in {}; is it connected, and its kernel driver loaded?", root.display())
    })?;
    if let Some(second) = found.next() {
        let (first, second) = (first.display(), second.display());
        return Err(format!("`{wanted}` is both {first} and {second}; name the folder of one"));
    }
    Ok(first)
}
