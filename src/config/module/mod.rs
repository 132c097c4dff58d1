//! `modules[]`: I/O modules in their slots, and their channels.

mod channel;
pub mod driver;
mod modbus_io;

pub use channel::ChannelConfig;
pub use driver::DriverConfig;
pub use modbus_io::{Measures, ModbusIoConfig, Place, Registers, Role, parse_tag_name, tag_name};

use super::device::DeviceConfig;
use super::fields::{Fields, Identity};
use super::problem::{Pointer, Problems};
use crate::channel::model::Model;
use serde_json::Value as Json;
use std::time::Duration;

/// Slots of the head.
pub const SLOTS: u8 = 32;

/// One I/O module.
#[derive(Debug, Clone, PartialEq)]
pub struct ModuleConfig {
    /// Id, name, description, enabled. The name is the group of its tags.
    pub identity: Identity,
    /// Its place, 1..32.
    pub slot: u8,
    /// What it is.
    pub model: Model,
    /// The hardware behind it.
    pub driver: DriverConfig,
    /// How often it is looked at, 1 ms .. 60 s.
    pub scan: Duration,
    /// The channels in use, in the document's order.
    pub channels: Vec<ChannelConfig>,
}

impl ModuleConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let identity = fields.identity(problems);
        let slot = fields.required_integer("slot", 1..=SLOTS, problems);
        let model = fields.required_word("model", &Model::ALL.map(|model| (model.as_str(), model)), problems);
        let driver = if let Some(json) = fields.get("driver") {
            DriverConfig::read(json, at.member("driver"), model, problems)
        } else {
            fields.error("driver", "`driver` is missing, such as `{\"kind\": \"simulated\"}`", problems);
            None
        };
        let scan = fields.optional_integer("scan_ms", 1..=60_000u64, problems).map(Duration::from_millis);
        let list = fields.list("channels", problems);
        // Channels are judged on their own: a bad one does not take its module away.
        let good = fields.finish(problems);
        let mut taken = [false; 256];
        let channels = super::read_list(list, &at.member("channels"), problems, |json, at, problems| {
            let channel = ChannelConfig::read(json, at, model?, problems)?;
            if std::mem::replace(&mut taken[usize::from(channel.number)], true) {
                let sentence = format!("channel {} stands in this list already", channel.number);
                problems.error(&at.member("channel"), sentence);
                return None;
            }
            Some(channel)
        });
        if !good {
            return None;
        }
        let model = model?;
        let usual = || match driver {
            Some(DriverConfig::ModbusIo(_)) => modbus_io::DEFAULT_SCAN,
            _ => model.default_scan(),
        };
        let scan = scan.unwrap_or_else(usual);
        Some(Self { identity: identity?, slot: slot?, model, driver: driver?, scan, channels })
    }
}

impl ModuleConfig {
    /// The device whose registers a remote module's line polls; `None` for local modules and those switched off.
    pub fn device(&self) -> Option<DeviceConfig> {
        match &self.driver {
            DriverConfig::ModbusIo(driver) if self.identity.enabled => Some(driver.device(self)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
