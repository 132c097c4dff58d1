//! Whether the lines can do what a configuration asks of them, before anything is measured.

mod remedy;
#[cfg(test)]
mod tests;

use crate::config::GatewayConfig;
use crate::config::cost::ASSUMED_TURNAROUND;
use crate::config::device::{DeviceConfig, Poll};
use crate::config::link::LinkConfig;
use crate::config::port::PortConfig;
use crate::modbus::address::Span;
use crate::modbus::blocks::{Limits, Wanted, plan};
use crate::modbus::cost::Cost;
use crate::modbus::lessons::Lessons;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// What one port is asked to do. Every device is taken to answer as fast as [`ASSUMED_TURNAROUND`] says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LineNeeds {
    /// Name of the port.
    pub port: String,
    /// The share of its time that the periodic reads need, in percent; more than 100 is more than there is.
    pub needs_percent: f64,
    /// Reads per second.
    pub reads_per_s: f64,
    /// The time to make every read once, in milliseconds.
    pub scan_ms: f64,
    /// Whether something is read flat out: that takes what the rest leaves.
    pub flat_out: bool,
    /// How long a device is taken to need before its answer, in milliseconds.
    pub assumed_turnaround_ms: u64,
    /// Its devices, in the order of the document.
    pub devices: Vec<DeviceNeeds>,
    /// What the user should know, and what would mend it; absent where all is well.
    pub advice: Option<String>,
}

/// What one device is asked to do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeviceNeeds {
    /// Name of the device.
    pub name: String,
    /// The share of its line's time that its periodic reads need, in percent.
    pub needs_percent: f64,
    /// Different reads.
    pub reads: usize,
    /// The time to make each of them once, in milliseconds.
    pub scan_ms: f64,
}

/// The reads of one device, as its line would plan them.
struct Load<'a> {
    device: &'a DeviceConfig,
    cost: Cost,
    reads: Vec<(Span, u32)>,
}

/// A port and what is on it.
struct Line<'a> {
    port: &'a PortConfig,
    loads: Vec<Load<'a>>,
}

/// What every port that is switched on is asked to do.
pub fn feasibility(config: &GatewayConfig) -> Vec<LineNeeds> {
    let on = config.ports.iter().filter(|port| port.identity.enabled);
    on.map(|port| Line::new(port, &config.devices).needs()).collect()
}

impl<'a> Load<'a> {
    fn new(port: &PortConfig, device: &'a DeviceConfig) -> Self {
        // All devices at once answer nothing, and nothing is read of them.
        let asked = !port.link.is_broadcast(device.unit_id);
        let tags = device.tags.iter().filter(|tag| asked && tag.identity.enabled);
        let wanted: Vec<Wanted> = tags.map(|tag| Wanted { span: tag.span, period_ms: period_ms(tag.poll) }).collect();
        let limits = Limits { registers: device.max_read_registers, bits: device.max_read_bits };
        let cost = port.cost(device, None);
        let blocks = plan(&wanted, limits, &cost, &Lessons::default()).blocks;
        Self { device, cost, reads: blocks.into_iter().map(|block| (block.span, block.period_ms)).collect() }
    }

    /// Share of a line's time, 1 is all of it, where nothing is read more often than every `least_ms`.
    fn share(&self, cost: &Cost, least_ms: u32) -> f64 {
        let periodic = self.reads.iter().filter(|(_, period_ms)| *period_ms != 0);
        let share = |(span, period_ms): &(Span, u32)| ms(cost.read(*span)) / f64::from((*period_ms).max(least_ms));
        periodic.map(share).sum()
    }

    fn scan(&self) -> Duration {
        self.reads.iter().map(|(span, _)| self.cost.read(*span)).sum()
    }
}

impl<'a> Line<'a> {
    fn new(port: &'a PortConfig, devices: &'a [Arc<DeviceConfig>]) -> Self {
        let here = devices.iter().filter(|device| device.identity.enabled && device.port == port.identity.name);
        Self { port, loads: here.map(|device| Load::new(port, device)).collect() }
    }

    /// Requests under way at a time.
    fn lanes(&self) -> f64 {
        match &self.port.link {
            LinkConfig::Tcp(tcp) => f64::from(tcp.in_flight.max(1)),
            LinkConfig::Serial(_) | LinkConfig::RtuOverTcp(_) => 1.0,
        }
    }

    fn share(&self) -> f64 {
        self.loads.iter().map(|load| load.share(&load.cost, 0)).sum::<f64>() / self.lanes()
    }

    fn needs(&self) -> LineNeeds {
        let devices = self.loads.iter().map(|load| DeviceNeeds {
            name: load.device.identity.name.clone(),
            needs_percent: rounded(100.0 * load.share(&load.cost, 0) / self.lanes()),
            reads: load.reads.len(),
            scan_ms: rounded(ms(load.scan())),
        });
        let reads = || self.loads.iter().flat_map(|load| &load.reads);
        let rate = |(_, period_ms): &(Span, u32)| if *period_ms == 0 { 0.0 } else { 1e3 / f64::from(*period_ms) };
        LineNeeds {
            port: self.port.identity.name.clone(),
            needs_percent: rounded(100.0 * self.share()),
            reads_per_s: rounded(reads().map(rate).sum()),
            scan_ms: rounded(ms(self.loads.iter().map(Load::scan).sum()) / self.lanes()),
            flat_out: reads().any(|(_, period_ms)| *period_ms == 0),
            assumed_turnaround_ms: u64::try_from(ASSUMED_TURNAROUND.as_millis()).unwrap_or(u64::MAX),
            devices: devices.collect(),
            advice: self.advice(),
        }
    }
}

fn period_ms(poll: Poll) -> u32 {
    match poll {
        Poll::FlatOut => 0,
        Poll::Every(period) => u32::try_from(period.as_millis()).unwrap_or(u32::MAX).max(1),
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// To a tenth: more is not known.
fn rounded(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
