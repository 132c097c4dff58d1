//! What is set about a channel; ranges are checked where they are read from the document.

use crate::tag::channel::{ChannelKind, Mode};
use crate::tag::scale::Scale;

/// The settings of one channel.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelSettings {
    /// What it is electrically.
    pub kind: ChannelKind,
    /// One of the modes of its kind.
    pub mode: Mode,
    /// The rest, as its kind has it.
    pub own: OwnSettings,
}

/// The settings of one kind of channel. They are kept whatever the mode, so that a mode tried out and left loses nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum OwnSettings {
    /// Digital input.
    Di(DiSettings),
    /// Digital output.
    Do(DoSettings),
    /// Relay.
    Relay(RelaySettings),
    /// Analog input.
    Ai(AiSettings),
    /// Analog output.
    Ao(AoSettings),
    /// RTD and TC.
    Temperature(TemperatureSettings),
}

/// Which changes of level count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Edge {
    /// Off to on.
    #[default]
    Rising,
    /// On to off.
    Falling,
    /// Both.
    Both,
}

/// A digital input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiSettings {
    /// A level counts once it has lasted this long, in steps of 0.5 ms; 0 = at once.
    pub filter: u16,
    /// Which changes count.
    pub edge: Edge,
    /// On in the field is off here.
    pub inverted: bool,
    /// What the count begins with.
    pub initial_count: u32,
    /// Whether it counts from the start.
    pub counting: bool,
    /// Whether the count survives a restart and a power loss.
    pub keep_count: bool,
}

/// What an output is set to at a certain moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Preset<T> {
    /// It stays as it is.
    Hold,
    /// It is set to this.
    Set(T),
}

/// A digital output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DoSettings {
    /// Pulses of a train after the start, 0 = endless; written values go before it until the settings change.
    pub pulse_count: u16,
    /// Length of the pulse in steps of 0.5 ms, 1..65535.
    pub pulse_on: u16,
    /// Length of the pause in steps of 0.5 ms, 1..65535.
    pub pulse_off: u16,
    /// On here is off in the field.
    pub inverted: bool,
    /// At boot of the host.
    pub power_on: Preset<bool>,
    /// In safe mode; a train of pulses stops.
    pub safe: Preset<bool>,
}

/// A relay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RelaySettings {
    /// At boot of the host.
    pub power_on: Preset<bool>,
    /// In safe mode.
    pub safe: Preset<bool>,
}

/// What an analog input shows when its loop or sensor is broken.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum BurnoutValue {
    /// The last good value, marked bad.
    #[default]
    Hold,
    /// No value.
    Null,
    /// This value in scaled units, marked bad.
    Set(f64),
}

/// A voltage or current input.
#[derive(Debug, Clone, PartialEq)]
pub struct AiSettings {
    /// From the range's unit (V or mA) to the user's.
    pub scale: Option<Scale>,
    /// Below this many mA a `4-20mA-burnout` loop is broken; 0..4.
    pub burnout_ma: f64,
    /// What is shown then.
    pub burnout_value: BurnoutValue,
    /// How many samples the shown value is the mean of, 1..100.
    pub mean: u8,
}

/// A voltage or current output.
#[derive(Debug, Clone, PartialEq)]
pub struct AoSettings {
    /// From the range's unit (V or mA) to the user's; writes go the other way.
    pub scale: Option<Scale>,
    /// At boot of the host, in scaled units.
    pub power_on: Preset<f64>,
    /// In safe mode, in scaled units.
    pub safe: Preset<f64>,
}

/// The unit of a temperature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Degrees {
    /// degC
    #[default]
    Celsius,
    /// degF
    Fahrenheit,
    /// K
    Kelvin,
}

impl Degrees {
    /// `degC`, `degF`, `K`: the word of the document and the unit of the tag.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Celsius => "degC",
            Self::Fahrenheit => "degF",
            Self::Kelvin => "K",
        }
    }
}

/// A resistance thermometer or thermocouple.
#[derive(Debug, Clone, PartialEq)]
pub struct TemperatureSettings {
    /// Unit of the value; resistance modes show ohm, voltage modes mV.
    pub degrees: Degrees,
    /// Added to the value, in its unit.
    pub offset: f64,
    /// TC: added to the temperature of the cold junction, in degrees Celsius.
    pub cold_junction_offset: f64,
    /// What is shown when the sensor is broken.
    pub burnout_value: BurnoutValue,
    /// How many samples the shown value is the mean of, 1..100.
    pub mean: u8,
}

impl ChannelSettings {
    /// The range of the field's own unit in this mode, and the unit; `None` where there is none.
    pub fn range(&self) -> Option<(f64, f64, &'static str)> {
        match self.mode {
            Mode::Volt10 => Some((0.0, 10.0, "V")),
            Mode::PlusMinus10 => Some((-10.0, 10.0, "V")),
            Mode::Milliamp20 => Some((0.0, 20.0, "mA")),
            Mode::Milliamp4To20 | Mode::Milliamp4To20Burnout => Some((4.0, 20.0, "mA")),
            Mode::Ohm310 => Some((0.0, 310.0, "ohm")),
            Mode::Ohm620 => Some((0.0, 620.0, "ohm")),
            Mode::Ohm1250 => Some((0.0, 1250.0, "ohm")),
            Mode::Ohm2200 => Some((0.0, 2200.0, "ohm")),
            Mode::Milli78 => Some((-78.126, 78.126, "mV")),
            Mode::Milli39 => Some((-39.062, 39.062, "mV")),
            Mode::Milli19 => Some((-19.532, 19.532, "mV")),
            _ => None,
        }
    }

    /// The unit `value` has when the user gave none.
    pub fn natural_unit(&self) -> &'static str {
        match (&self.own, self.range()) {
            (
                OwnSettings::Ai(AiSettings { scale: Some(_), .. }) | OwnSettings::Ao(AoSettings { scale: Some(_), .. }),
                _,
            ) => "",
            (_, Some((_, _, unit))) => unit,
            (OwnSettings::Temperature(own), None) if self.mode != Mode::Disabled => own.degrees.as_str(),
            _ => "",
        }
    }

    /// Smallest and largest value an output can be written, in scaled units.
    pub fn write_limits(&self) -> Option<(f64, f64)> {
        let OwnSettings::Ao(own) = &self.own else { return None };
        let (low, high, _) = self.range()?;
        let shown = |x: f64| own.scale.as_ref().map_or(x, |scale| scale.apply(x));
        let (a, b) = (shown(low), shown(high));
        Some((a.min(b), a.max(b)))
    }
}
