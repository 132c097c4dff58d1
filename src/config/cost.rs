//! What transactions of a device cost on its port.

use super::device::DeviceConfig;
use super::link::LinkConfig;
use super::port::PortConfig;
use crate::modbus::cost::{BEHIND_GATEWAY, Cost};
use crate::modbus::framing::Framing;
use std::time::Duration;

/// A device that was not measured yet is taken to begin its reply this long after a request, and after the silence it
/// owes on a serial line; most devices take 2 to 20 ms.
pub const ASSUMED_TURNAROUND: Duration = Duration::from_millis(10);

impl PortConfig {
    /// What a transaction with this device costs. `measured` is its usual time from the end of a request to the begin
    /// of the reply; without it, it is taken to be [`ASSUMED_TURNAROUND`].
    pub fn cost(&self, device: &DeviceConfig, measured: Option<Duration>) -> Cost {
        match &self.link {
            LinkConfig::Serial(serial) => {
                let (wire, silence) = (&serial.wire, serial.wire.silence());
                match serial.framing {
                    Framing::Rtu => {
                        let gap = serial.gap.unwrap_or(silence).max(device.min_gap);
                        Cost::rtu(wire, gap, measured.unwrap_or(silence + ASSUMED_TURNAROUND))
                    }
                    Framing::Ascii => {
                        let gap = serial.gap.unwrap_or_default().max(device.min_gap);
                        Cost::ascii(wire, gap, measured.unwrap_or(ASSUMED_TURNAROUND))
                    }
                }
            }
            LinkConfig::Tcp(_) => Cost::tcp(device.min_gap + measured.unwrap_or(ASSUMED_TURNAROUND)),
            LinkConfig::RtuOverTcp(tcp) => {
                let gap = tcp.gap.unwrap_or_default().max(device.min_gap);
                let line = BEHIND_GATEWAY.chars(13) + 2 * BEHIND_GATEWAY.silence();
                Cost::rtu_over_tcp(gap + measured.unwrap_or(line + ASSUMED_TURNAROUND))
            }
        }
    }
}
