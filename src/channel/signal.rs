//! What passes between a channel and its hardware, and what a channel refuses.

/// How wide a counter of the hardware is; beyond its largest number it goes on from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountWidth {
    /// 0..65535
    Bits16,
    /// 0..4294967295
    Bits32,
}

/// What the hardware says of a channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Input {
    /// The line is high, or low.
    Level(bool),
    /// A counter that the hardware keeps; once one came, levels count no more.
    Count {
        /// What it shows.
        now: u32,
        /// How wide it is.
        width: CountWidth,
    },
    /// V or mA, as the mode has it.
    Field(f64),
    /// Resistance in ohm.
    Ohm(f64),
    /// Voltage of a thermocouple, or of a millivolt mode.
    Millivolt {
        /// The voltage in mV.
        mv: f64,
        /// Temperature of the cold junction in degrees Celsius; `None` if `mv` is compensated already.
        cold_junction: Option<f64>,
    },
    /// A temperature that the hardware worked out, in degrees Celsius.
    Celsius(f64),
    /// The hardware says that the wire, the sensor or the load is broken; whatever else it says next ends that.
    Open,
}

/// What the hardware of an output must show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Output {
    /// High or low.
    Level(bool),
    /// V or mA, as the mode has it.
    Field(f64),
}

/// Why a channel does not take what it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The channel's mode has no use for the attribute: change the mode.
    WrongMode,
    /// The output is held at its safe value: wait until the safe mode is over.
    SafeMode,
    /// A person holds the value by hand: end that first.
    Forced,
    /// The channel has no such attribute, or it is not written.
    NotWritable,
    /// Not the kind of value the attribute takes, or beyond what the field can show.
    Unfit,
}

/// What outlives a power loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kept {
    /// DI: `count`; relay: `total_count`.
    pub count: u32,
    /// Relay: `current_count`; 0 for others.
    pub since_reset: u32,
}
