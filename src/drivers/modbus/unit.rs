//! The unit of one serial line: polls its devices, answers commands between two transactions, takes changes in place.

use super::io::Backstage;
use super::memory::Memory;
use super::work::{Doors, Images, Work, group_names, line_names, module_names};
use crate::config::GatewayConfig;
use crate::config::device::DeviceConfig;
use crate::config::link::LinkConfig;
use crate::config::module::ModuleConfig;
use crate::config::port::PortConfig;
use crate::runtime::commands::Commands;
use crate::runtime::image::Image;
use crate::runtime::lines::Lines;
use crate::runtime::unit::{Resource, UnitContext, UnitSpec};
use crate::store::DeviceLessons;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::watch;

/// A port with the devices on it, all switched on.
#[derive(Debug, Clone, PartialEq)]
pub struct LineConfig {
    /// The port.
    pub port: PortConfig,
    /// Its devices.
    pub devices: Vec<Arc<DeviceConfig>>,
    /// Remote I/O modules, as devices whose values only their channels see.
    pub modules: Vec<Arc<DeviceConfig>>,
}

impl LineConfig {
    /// The lines a configuration asks for. Switched-off ports and devices are left out.
    pub fn of(config: &GatewayConfig) -> Vec<Self> {
        let on = config.ports.iter().filter(|port| port.identity.enabled);
        on.map(|port| {
            let here = |device: &DeviceConfig| device.identity.enabled && device.port == port.identity.name;
            let modules = config.modules.iter().filter_map(ModuleConfig::device).filter(here).map(Arc::new).collect();
            let devices = config.devices.iter().filter(|device| here(device)).cloned().collect();
            Self { port: port.clone(), devices, modules }
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
    backstage: Backstage,
}

impl SerialUnit {
    /// The unit over this line; every change comes by the watch and needs no restart.
    pub fn new(config: watch::Receiver<LineConfig>, image: Image, commands: Commands, lines: Lines) -> Self {
        Self { config, image, commands, lines, lessons: None, backstage: Backstage::default() }
    }

    /// With a place where what the devices teach is kept over restarts.
    #[must_use]
    pub fn with_lessons(self, lessons: DeviceLessons) -> Self {
        Self { lessons: Some(lessons), ..self }
    }

    /// With the place where the registers of remote I/O modules live.
    #[must_use]
    pub fn with_backstage(self, backstage: Backstage) -> Self {
        Self { backstage, ..self }
    }

    /// Runs until asked to stop. A line that cannot be opened, or is gone, is the field's failure: its tags are bad,
    /// and it is tried again here.
    pub async fn run(mut self, ctx: UnitContext) -> Result<(), Infallible> {
        let config = self.config.borrow_and_update().clone();
        let inbox = self.commands.open(group_names(&config));
        let requests = self.lines.open(line_names(&config));
        let memory = Memory::load(self.lessons).await;
        let images = Images { tags: self.image, registers: self.backstage.image };
        let registers = self.backstage.commands.open(module_names(&config));
        let mut work = Work::new(config, memory, &images, ctx);
        work.run(Doors { config: self.config, images, inbox, registers, requests }).await;
        Ok(())
    }
}
