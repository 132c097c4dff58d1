//! `ports[]`: ways to the field.

use super::fields::{Fields, Identity};
use super::problem::{Pointer, Problems};
use crate::modbus::wire::{Parity, Wire};
use serde_json::Value as Json;
use std::time::Duration;

/// One port. Only serial lines exist so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortConfig {
    /// Id, name, description, enabled.
    pub identity: Identity,
    /// How long a device may take to begin its answer.
    pub timeout: Timeout,
    /// How often an unanswered request is repeated; 0..10.
    pub retries: u8,
    /// Share of line time for asking silent devices; 1..50 percent.
    pub probe_budget_percent: u8,
    /// The line itself.
    pub serial: SerialConfig,
}

/// How long to wait for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timeout {
    /// Learnt from measured round trips.
    #[default]
    Auto,
    /// 10..120000 ms.
    Fixed(Duration),
}

/// How the transceiver is wired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SerialMode {
    /// RS-232.
    Rs232,
    /// RS-422.
    Rs422,
    /// RS-485 on two wires.
    Rs485TwoWire,
    /// RS-485 on four wires.
    Rs485FourWire,
}

/// A serial line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialConfig {
    /// The tty, best by `/dev/serial/by-id`.
    pub path: String,
    /// Wiring.
    pub mode: SerialMode,
    /// Speed and character.
    pub wire: Wire,
    /// Silence before a frame; `None` is 3.5 characters.
    pub gap: Option<Duration>,
    /// Pause after a broadcast.
    pub broadcast_delay: Duration,
    /// Pause between opening the tty and the first request.
    pub initial_delay: Duration,
}

impl PortConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let identity = fields.identity(problems);
        // A port without `kind` is refused by `kind` alone: what else it needs depends on it.
        let kind = fields.required_text("kind", 40, problems)?;
        match kind {
            "serial" => (),
            "tcp" | "rtu-over-tcp" => {
                let sentence = format!("ports of kind `{kind}` are not available in this version of dinrail");
                fields.error("kind", sentence, problems);
                return None;
            }
            _ => {
                fields.error("kind", "`kind` is one of `serial`, `tcp`, `rtu-over-tcp`", problems);
                return None;
            }
        }
        let timeout = read_timeout(&mut fields, problems).unwrap_or_default();
        let retries = fields.integer("retries", 0..=10, 1, problems);
        let probe_budget_percent = fields.integer("probe_budget_percent", 1..=50, 5, problems);
        let serial = SerialConfig::read(&mut fields, problems);
        if !fields.finish(problems) {
            return None;
        }
        Some(Self { identity: identity?, timeout, retries, probe_budget_percent, serial: serial? })
    }
}

impl SerialConfig {
    fn read(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Self> {
        let path = fields.required_text("path", 4000, problems);
        if path.is_some_and(|path| !path.starts_with('/') || path.contains('\0')) {
            fields.error("path", "`path` is an absolute path such as `/dev/ttyUSB0`", problems);
        }
        let framing = fields.word("framing", &[("rtu", true), ("ascii", false)], problems).unwrap_or(true);
        if !framing {
            fields.error("framing", "framing `ascii` is not available in this version of dinrail", problems);
        }
        let modes = [
            ("rs232", SerialMode::Rs232),
            ("rs422", SerialMode::Rs422),
            ("rs485-2w", SerialMode::Rs485TwoWire),
            ("rs485-4w", SerialMode::Rs485FourWire),
        ];
        let mode = fields.word("mode", &modes, problems).unwrap_or(SerialMode::Rs485TwoWire);
        let parity = [("none", Parity::None), ("even", Parity::Even), ("odd", Parity::Odd)];
        let wire = Wire {
            baud: fields.integer("baud", 300..=4_000_000, 19_200, problems),
            data_bits: fields.integer("data_bits", 7..=8, 8, problems),
            parity: fields.word("parity", &parity, problems).unwrap_or(Parity::Even),
            stop_bits: fields.integer("stop_bits", 1..=2, 1, problems),
        };
        if wire.data_bits != 8 && framing {
            fields.error("data_bits", "RTU framing needs 8 data bits", problems);
        }
        let gap = fields.optional_integer("gap_ms", 0..=10_000, problems).map(Duration::from_millis);
        let broadcast_delay = Duration::from_millis(fields.integer("broadcast_delay_ms", 0..=10_000, 100, problems));
        let initial_delay = Duration::from_millis(fields.integer("initial_delay_ms", 0..=60_000, 0, problems));
        Some(Self { path: path?.to_owned(), mode, wire, gap, broadcast_delay, initial_delay })
    }
}

/// `timeout_ms`: `"auto"` or 10..120000.
pub(super) fn read_timeout(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Timeout> {
    match fields.get("timeout_ms")? {
        Json::String(word) if word == "auto" => Some(Timeout::Auto),
        Json::Number(number) if number.as_u64().is_some_and(|ms| (10..=120_000).contains(&ms)) => {
            number.as_u64().map(Duration::from_millis).map(Timeout::Fixed)
        }
        _ => {
            fields.error("timeout_ms", "`timeout_ms` is `\"auto\"` or a whole number 10..120000", problems);
            None
        }
    }
}
