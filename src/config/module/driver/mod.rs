//! `driver`: the hardware behind a module.

pub mod gpio;
pub mod iio;
pub mod pwm;
pub mod simulated;

use super::modbus_io::ModbusIoConfig;
use crate::channel::model::Model;
use crate::config::fields::Fields;
use crate::config::problem::{Pointer, Problems};
use crate::tag::channel::ChannelKind;
use gpio::GpioConfig;
use iio::IioConfig;
use pwm::PwmConfig;
use serde_json::Value as Json;
use simulated::SimulatedConfig;

/// The hardware behind a module.
#[derive(Debug, Clone, PartialEq)]
pub enum DriverConfig {
    /// None: inputs follow signals, outputs are remembered.
    Simulated(SimulatedConfig),
    /// Lines of the Linux GPIO character device.
    Gpio(GpioConfig),
    /// Converters of the Linux industrial I/O subsystem.
    Iio(IioConfig),
    /// PWM outputs of Linux.
    Pwm(PwmConfig),
    /// A remote module, reached over a port.
    ModbusIo(Box<ModbusIoConfig>),
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Simulated,
    Gpio,
    Iio,
    Pwm,
    ModbusIo,
}

const KINDS: [(&str, Kind); 5] = [
    ("simulated", Kind::Simulated),
    ("gpio", Kind::Gpio),
    ("iio", Kind::Iio),
    ("pwm", Kind::Pwm),
    ("modbus-io", Kind::ModbusIo),
];

impl DriverConfig {
    /// The word of the document.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Simulated(_) => "simulated",
            Self::Gpio(_) => "gpio",
            Self::Iio(_) => "iio",
            Self::Pwm(_) => "pwm",
            Self::ModbusIo(_) => "modbus-io",
        }
    }

    pub(super) fn read(json: &Json, at: Pointer<'_>, model: Option<Model>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let kind = fields.required_word("kind", &KINDS, problems);
        let driver = match kind? {
            Kind::Simulated => Self::Simulated(SimulatedConfig::read(&mut fields, model, problems)),
            Kind::Gpio => Self::Gpio(GpioConfig::read(&mut fields, model, problems)),
            Kind::Iio => Self::Iio(IioConfig::read(&mut fields, model, problems)),
            Kind::Pwm => Self::Pwm(PwmConfig::read(&mut fields, model, problems)),
            Kind::ModbusIo => Self::ModbusIo(Box::new(ModbusIoConfig::read(&mut fields, at, model, problems)?)),
        };
        fields.finish(problems).then_some(driver)
    }
}

/// Reads a list of what stands behind the channels: each names one of the model's channels, and none twice. Those that
/// are wrong are noted and left out. Without a model nothing can be said of its channels.
fn per_channel<T>(
    fields: &mut Fields<'_>,
    list: &'static str,
    model: Option<Model>,
    problems: &mut Problems,
    mut read: impl FnMut(u8, ChannelKind, &mut Fields<'_>, &mut Problems) -> Option<T>,
) -> Vec<T> {
    let elements = fields.list(list, problems);
    let Some(model) = model else { return Vec::new() };
    let mut taken = [false; 256];
    crate::config::read_list(elements, &fields.at().member(list), problems, |json, at, problems| {
        let mut fields = Fields::open(json, at, problems)?;
        let channel = fields.required_integer("channel", 0..=model.channels() - 1, problems);
        let found = channel.and_then(|number| Some((number, model.kind(number)?)));
        let read = found.and_then(|(number, kind)| {
            if std::mem::replace(&mut taken[usize::from(number)], true) {
                fields.error("channel", format!("channel {number} stands in this list already"), problems);
            }
            read(number, kind, &mut fields, problems)
        });
        if found.is_some() && !fields.finish(problems) {
            return None;
        }
        read
    })
}

/// Refuses a second use of the same line or output by one module.
fn refuse_twice<T, K: PartialEq>(
    list: &[T],
    key: impl Fn(&T) -> K,
    sentence: impl Fn(&T) -> String,
    fields: &Fields<'_>,
    member: &str,
    problems: &mut Problems,
) {
    for (index, item) in list.iter().enumerate() {
        if list[..index].iter().any(|before| key(before) == key(item)) {
            fields.error(member, sentence(item), problems);
        }
    }
}

#[cfg(test)]
mod tests;
