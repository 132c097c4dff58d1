//! What a module's hardware must be able to do; one implementation per kind of driver.

use super::gpio::Gpio;
use super::iio::Iio;
use super::pwm::Pwm;
use super::simulated::Simulated;
use crate::channel::settings::ChannelSettings;
use crate::channel::signal::{Input, Output};
use crate::config::module::driver::DriverConfig;
use crate::tag::reading::Stamp;
use std::sync::Arc;

/// What an input, or an output that is read back, was seen to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sight {
    /// The channel, 0-based.
    pub(super) channel: u8,
    /// What it is, or a sentence about why nobody knows.
    pub(super) what: Result<Input, String>,
    /// When; for what the kernel tells by events, the event's own time.
    pub(super) at: Stamp,
}

/// What the hardware is wanted for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wiring<'a> {
    /// The driver's members.
    pub(super) driver: &'a DriverConfig,
    /// The channels in use, by number.
    pub(super) channels: &'a [(u8, ChannelSettings)],
}

/// The hardware of one module. Its errors are sentences about one channel each: a broken one leaves the others alone.
pub(super) trait Backend: Send {
    /// Opens what is wanted and not open, and lets go what is not wanted any more; what stays is not touched. Answers the
    /// channels that could not be opened, with the reason. Called at every change, and again later while any is missing.
    fn wire(&mut self, wiring: &Wiring<'_>, now: Stamp) -> Vec<(u8, String)>;

    /// Looks at every channel that is open: inputs, and outputs that can be read back. What happened since the last look
    /// comes in its order.
    fn scan(&mut self, now: Stamp, seen: &mut Vec<Sight>);

    /// Makes an output show this.
    fn drive(&mut self, channel: u8, output: Output) -> Result<(), String>;

    /// Changes of inputs that the hardware saw and could not hand over, since it was made.
    fn lost_events(&self) -> u64 {
        0
    }
}

/// Makes hardware of the kind a configuration asks for, nothing opened yet.
pub(super) type Make = Arc<dyn Fn(&DriverConfig) -> Box<dyn Backend> + Send + Sync>;

/// The hardware that the kernel has.
pub(super) fn backend(driver: &DriverConfig) -> Box<dyn Backend> {
    match driver {
        // Remote modules have a driver of their own and never come here; they would have no channel.
        DriverConfig::Simulated(_) | DriverConfig::ModbusIo(_) => Box::new(Simulated::default()),
        DriverConfig::Gpio(_) => Box::new(Gpio::new(Box::new(super::gpio::Kernel))),
        DriverConfig::Iio(_) => Box::new(Iio::default()),
        DriverConfig::Pwm(_) => Box::new(Pwm::default()),
    }
}

/// What is driven has been lost since the last look.
pub(super) fn not_open(channel: u8) -> String {
    format!("channel {channel} is not open")
}

/// A mistake of ours: levels to what has numbers, or numbers to what has levels.
pub(super) fn other_kind() -> String {
    "the hardware shows another kind of value".to_owned()
}
