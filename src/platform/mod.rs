//! Floor 1: the host.

pub mod clock;
pub mod data_folder;
pub mod serial_ports;
