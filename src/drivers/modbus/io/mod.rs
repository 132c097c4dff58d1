//! Remote I/O modules: registers of a Modbus device that are channels to everybody else.
//!
//! The module's line polls and writes the registers as those of any device, into an image that nobody else sees
//! ([`Backstage`]); the module's unit turns them into channels, and commands to channels into writes of registers. So
//! planner, scheduler, statistics and lessons are those of every device.

mod bank;
mod lane;
mod unit;

pub use unit::{RemoteModule, RemoteModuleError};

use crate::runtime::commands::Commands;
use crate::runtime::events::Events;
use crate::runtime::image::Image;

/// Where the registers of remote modules live.
#[derive(Debug, Clone)]
pub struct Backstage {
    /// Their readings.
    pub image: Image,
    /// Writes to them.
    pub commands: Commands,
}

impl Default for Backstage {
    fn default() -> Self {
        let image = Image::new();
        // What is written stands in the log as the write of the channel.
        let commands = Commands::new(image.clone(), Events::unheard());
        Self { image, commands }
    }
}
