//! `driver`: the hardware behind a module.

use super::modbus_io::ModbusIoConfig;
use crate::channel::model::Model;
use crate::config::fields::Fields;
use crate::config::problem::{Pointer, Problems};
use serde_json::Value as Json;

/// The hardware behind a module.
#[derive(Debug, Clone, PartialEq)]
pub enum DriverConfig {
    /// None: inputs follow signals, outputs are remembered.
    Simulated,
    /// A remote module, reached over a port.
    ModbusIo(Box<ModbusIoConfig>),
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Simulated,
    ModbusIo,
}

impl DriverConfig {
    /// The word of the document.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Simulated => "simulated",
            Self::ModbusIo(_) => "modbus-io",
        }
    }

    pub(super) fn read(json: &Json, at: Pointer<'_>, model: Option<Model>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let kind =
            fields.required_word("kind", &[("simulated", Kind::Simulated), ("modbus-io", Kind::ModbusIo)], problems);
        let driver = match kind? {
            Kind::Simulated => Self::Simulated,
            Kind::ModbusIo => Self::ModbusIo(Box::new(ModbusIoConfig::read(&mut fields, at, model, problems)?)),
        };
        fields.finish(problems).then_some(driver)
    }
}
