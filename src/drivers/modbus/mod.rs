//! Modbus masters: one serial line and the devices on it.

pub mod client;
pub mod line;
