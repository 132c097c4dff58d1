//! The unit of one serial line: polls its devices, answers commands between two transactions, takes changes in place.

use super::memory::Memory;
use super::work::{Doors, Work, group_names, line_names};
use crate::config::GatewayConfig;
use crate::config::device::DeviceConfig;
use crate::config::link::LinkConfig;
use crate::config::port::PortConfig;
use crate::runtime::commands::Commands;
use crate::runtime::image::Image;
use crate::runtime::lines::Lines;
use crate::runtime::unit::{Resource, UnitContext, UnitSpec};
use crate::store::DeviceLessons;
use std::convert::Infallible;
use tokio::sync::watch;

/// A port with the devices on it, all switched on.
#[derive(Debug, Clone, PartialEq)]
pub struct LineConfig {
    /// The port.
    pub port: PortConfig,
    /// Its devices.
    pub devices: Vec<DeviceConfig>,
}

impl LineConfig {
    /// The lines a configuration asks for. Switched-off ports and devices are left out.
    pub fn of(config: &GatewayConfig) -> Vec<Self> {
        let on = config.ports.iter().filter(|port| port.identity.enabled);
        on.map(|port| {
            let here = |device: &&DeviceConfig| device.identity.enabled && device.port == port.identity.name;
            Self { port: port.clone(), devices: config.devices.iter().filter(here).cloned().collect() }
        })
        .collect()
    }
}

impl UnitSpec for LineConfig {
    fn name(&self) -> String {
        self.port.identity.name.clone()
    }

    fn resources(&self) -> Vec<Resource> {
        match &self.port.link {
            LinkConfig::Serial(serial) => vec![Resource::SerialPort(serial.path.clone())],
            // A server may take several connections: nothing is held.
            LinkConfig::Tcp(_) | LinkConfig::RtuOverTcp(_) => Vec::new(),
        }
    }

    /// Never: only other line parameters open the tty anew, and the unit does that itself.
    fn needs_restart(&self, _next: &Self) -> bool {
        false
    }
}

/// The unit of one serial line.
#[derive(Debug)]
pub struct SerialUnit {
    config: watch::Receiver<LineConfig>,
    image: Image,
    commands: Commands,
    lines: Lines,
    lessons: Option<DeviceLessons>,
}

impl SerialUnit {
    /// The unit over this line; every change comes by the watch and needs no restart.
    pub fn new(config: watch::Receiver<LineConfig>, image: Image, commands: Commands, lines: Lines) -> Self {
        Self { config, image, commands, lines, lessons: None }
    }

    /// With a place where what the devices teach is kept over restarts.
    #[must_use]
    pub fn with_lessons(self, lessons: DeviceLessons) -> Self {
        Self { lessons: Some(lessons), ..self }
    }

    /// Runs until asked to stop. A line that cannot be opened, or is gone, is the field's failure: its tags are bad,
    /// and it is tried again here.
    pub async fn run(mut self, ctx: UnitContext) -> Result<(), Infallible> {
        let config = self.config.borrow_and_update().clone();
        let inbox = self.commands.open(group_names(&config));
        let requests = self.lines.open(line_names(&config));
        let memory = Memory::load(self.lessons).await;
        let mut work = Work::new(config, memory, &self.image, ctx);
        work.run(Doors { config: self.config, image: self.image, inbox, requests }).await;
        Ok(())
    }
}
