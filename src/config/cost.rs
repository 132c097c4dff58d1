//! What transactions of a device cost on its port.

use super::device::DeviceConfig;
use super::port::PortConfig;
use crate::modbus::cost::Cost;
use std::time::Duration;

/// A serial device that was not measured yet is taken to begin its reply this long after the silence it owes; most
/// take 2 to 20 ms.
pub const ASSUMED_TURNAROUND: Duration = Duration::from_millis(10);

impl PortConfig {
    /// What a transaction with this device costs. `measured` is its usual time from the end of a request to the begin
    /// of the reply; without it, [`ASSUMED_TURNAROUND`] behind the silence it owes.
    pub fn cost(&self, device: &DeviceConfig, measured: Option<Duration>) -> Cost {
        let wire = &self.serial.wire;
        let gap = self.serial.gap.unwrap_or_else(|| wire.silence()).max(device.min_gap);
        Cost::rtu(wire, gap, measured.unwrap_or_else(|| wire.silence() + ASSUMED_TURNAROUND))
    }
}
