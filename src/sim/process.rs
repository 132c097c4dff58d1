//! A field in a process of its own, so that benches measure the product alone.
//!
//! Prints one JSON line with the path, then answers each line of its input with one JSON line; ends with the input.

use super::bank::Bank;
use super::fault::{Fault, Times};
use super::field::{Field, FieldConfig, SimDevice};
use crate::modbus::wire::{Parity, Wire};
use serde::Deserialize;
use serde_json::json;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::time::Duration;

/// What to simulate.
#[derive(Debug, Clone, clap::Args)]
pub struct SimArgs {
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
    /// No pty.
    #[error("cannot open a pseudo-terminal")]
    Pty(#[source] std::io::Error),
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
    let field = Field::start(FieldConfig {
        wire: Wire { baud: args.baud, data_bits: 8, parity: args.parity, stop_bits: args.stop_bits },
        devices: (1..=args.devices).map(device).collect(),
        strict: args.strict,
        spin: args.spin,
        link: args.link.clone(),
    })
    .map_err(SimError::Pty)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", json!({ "path": field.path() }))?;
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

fn obey(field: &Field, order: Order) -> serde_json::Value {
    let done = match order {
        Order::Stats => return stats(field),
        Order::Reset => {
            field.reset_stats();
            true
        }
        Order::Unplug => {
            field.unplug();
            true
        }
        Order::Plug => {
            field.plug();
            true
        }
        Order::Fault { unit, fault, times } => field.fault(unit, fault, Times(times)),
        Order::Behave { unit } => field.clear_faults(unit),
    };
    json!({ "ok": done })
}

fn stats(field: &Field) -> serde_json::Value {
    let mut stats = field.stats();
    // The log is for tests in the same process; here it would be most of the line.
    stats.log.clear();
    json!({ "stats": stats, "efficiency": stats.efficiency() })
}
