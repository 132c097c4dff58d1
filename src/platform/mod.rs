//! Floor 1: the host.

pub mod boot;
pub mod clock;
pub mod clock_sync;
pub mod data_folder;
pub mod interfaces;
pub mod profile_folder;
pub mod serial_ports;
