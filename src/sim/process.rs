//! A field in a process of its own, so that benches measure the product alone.
//!
//! Prints one JSON line with the path or the address, then answers each line of its input with one JSON line; ends with the input.

use super::bank::Bank;
use super::fault::{Fault, Times};
use super::field::{Field, FieldConfig, SimDevice};
use super::server::{Server, ServerConfig, Speech};
use super::slaves::Slaves;
use crate::modbus::framing::Framing;
use crate::modbus::wire::{Parity, Wire};
use serde::Deserialize;
use serde_json::json;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::time::Duration;

/// What leads to the devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Way {
    /// A serial line with RTU frames.
    Rtu,
    /// A serial line with ASCII frames.
    Ascii,
    /// Modbus/TCP.
    Tcp,
    /// RTU frames through TCP.
    RtuOverTcp,
}

/// What to simulate.
#[derive(Debug, Clone, clap::Args)]
pub struct SimArgs {
    /// What leads to the devices.
    #[arg(long, value_enum, default_value_t = Way::Rtu)]
    pub way: Way,
    /// Port to listen on, of the TCP ways; 0 = any.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Bits per second.
    #[arg(long, default_value_t = 19_200, value_parser = clap::value_parser!(u32).range(300..=4_000_000))]
    pub baud: u32,
    /// `none`, `even` or `odd`.
    #[arg(long, default_value = "none", value_parser = parse_parity)]
    pub parity: Parity,
    /// 1 or 2.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub stop_bits: u8,
    /// Devices, with unit ids from 1.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=247))]
    pub devices: u8,
    /// Registers and bits of each table of each device.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u16))]
    pub registers: u16,
    /// From the end of a request to the begin of its reply, in microseconds.
    #[arg(long, default_value_t = 2000)]
    pub turnaround_us: u64,
    /// Ignore frames that come too early.
    #[arg(long)]
    pub strict: bool,
    /// Wait awake for exact times.
    #[arg(long)]
    pub spin: bool,
    /// A stable name for the pty.
    #[arg(long)]
    pub link: Option<PathBuf>,
}

fn parse_parity(word: &str) -> Result<Parity, String> {
    Parity::parse(word).ok_or_else(|| "it is one of none, even, odd".to_owned())
}

/// One line of input.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Order {
    Stats,
    Reset,
    Unplug,
    Plug,
    Fault { unit: u8, fault: Fault, times: Option<u32> },
    Behave { unit: u8 },
}

/// The field could not be started, or its input or output broke.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// No pty, or the port is taken.
    #[error("cannot open a pseudo-terminal or listen")]
    Open(#[source] std::io::Error),
    /// Whoever started us is gone.
    #[error("cannot talk to the parent process")]
    Pipe(#[from] std::io::Error),
}

/// Simulates until standard input ends.
pub fn run(args: &SimArgs) -> Result<(), SimError> {
    let device = |unit| SimDevice {
        unit,
        turnaround: Duration::from_micros(args.turnaround_us),
        bank: Bank::new(usize::from(args.registers)),
    };
    let devices = (1..=args.devices).map(device).collect();
    let field = Running::start(args, devices).map_err(SimError::Open)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", field.hello())?;
    out.flush()?;
    for line in std::io::stdin().lock().lines() {
        let answer = match serde_json::from_str(&line?) {
            Ok(order) => obey(&field, order),
            Err(err) => json!({ "error": err.to_string() }),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    writeln!(out, "{}", stats(&field))?;
    out.flush()?;
    Ok(())
}

/// A field of either kind.
enum Running {
    Line(Field),
    Net(Server),
}

impl Running {
    fn start(args: &SimArgs, devices: Vec<SimDevice>) -> std::io::Result<Self> {
        let line = |framing, devices| {
            let config = FieldConfig {
                wire: Wire { baud: args.baud, data_bits: 8, parity: args.parity, stop_bits: args.stop_bits },
                devices,
                strict: args.strict,
                spin: args.spin,
                link: args.link.clone(),
            };
            Field::start_framed(config, framing).map(Self::Line)
        };
        let net = |speech, devices| Server::start(ServerConfig { speech, port: args.port, devices }).map(Self::Net);
        match args.way {
            Way::Rtu => line(Framing::Rtu, devices),
            Way::Ascii => line(Framing::Ascii, devices),
            Way::Tcp => net(Speech::Tcp, devices),
            Way::RtuOverTcp => net(Speech::RtuOverTcp, devices),
        }
    }

    fn hello(&self) -> serde_json::Value {
        match self {
            Self::Line(field) => json!({ "path": field.path() }),
            Self::Net(server) => json!({ "address": server.address() }),
        }
    }

    fn slaves(&self) -> &Slaves {
        match self {
            Self::Line(field) => field,
            Self::Net(server) => server,
        }
    }

    fn reset_stats(&self) {
        match self {
            Self::Line(field) => field.reset_stats(),
            Self::Net(server) => server.reset_stats(),
        }
    }

    fn set_plugged(&self, plugged: bool) {
        match (self, plugged) {
            (Self::Line(field), true) => field.plug(),
            (Self::Line(field), false) => field.unplug(),
            (Self::Net(server), true) => server.plug(),
            (Self::Net(server), false) => server.unplug(),
        }
    }
}

fn obey(field: &Running, order: Order) -> serde_json::Value {
    let done = match order {
        Order::Stats => return stats(field),
        Order::Reset => {
            field.reset_stats();
            true
        }
        Order::Unplug => {
            field.set_plugged(false);
            true
        }
        Order::Plug => {
            field.set_plugged(true);
            true
        }
        Order::Fault { unit, fault, times } => field.slaves().fault(unit, fault, Times(times)),
        Order::Behave { unit } => field.slaves().clear_faults(unit),
    };
    json!({ "ok": done })
}

fn stats(field: &Running) -> serde_json::Value {
    let mut stats = field.slaves().stats();
    // The log is for tests in the same process; here it would be most of the line.
    stats.log.clear();
    json!({ "stats": stats, "efficiency": stats.efficiency() })
}
