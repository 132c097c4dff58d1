//! What a port is made of: a serial line, Modbus/TCP, or RTU frames over TCP.

use super::endpoint::Endpoint;
use super::fields::{Fields, shown_text};
use super::problem::Problems;
use crate::modbus::framing::Framing;
use crate::modbus::wire::{Parity, Wire};
use std::ops::RangeInclusive;
use std::time::Duration;

/// The way from a port to its devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkConfig {
    /// A serial line with RTU or ASCII frames.
    Serial(SerialConfig),
    /// Modbus/TCP.
    Tcp(TcpConfig),
    /// RTU frames through a TCP connection, as serial device servers pass them.
    RtuOverTcp(RtuOverTcpConfig),
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
    /// How messages are framed.
    pub framing: Framing,
    /// Wiring.
    pub mode: SerialMode,
    /// Speed and character.
    pub wire: Wire,
    /// Silence before a frame; `None` is 3.5 characters, which ASCII does not ask for and transceivers are glad of.
    pub gap: Option<Duration>,
    /// Pause after a broadcast.
    pub broadcast_delay: Duration,
    /// Pause between opening the tty and the first request.
    pub initial_delay: Duration,
}

/// A Modbus/TCP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TcpConfig {
    /// Where it listens.
    pub address: Endpoint,
    /// How long connecting may take, name look-up included; 100..60000 ms.
    pub connect_timeout: Duration,
    /// Requests that may wait for their answers at the same time; 1..16.
    pub in_flight: u8,
}

/// A serial device server that passes RTU frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RtuOverTcpConfig {
    /// Where it listens.
    pub address: Endpoint,
    /// How long connecting may take, name look-up included; 100..60000 ms.
    pub connect_timeout: Duration,
    /// Silence before a frame; `None` leaves it to the device server, which knows its line.
    pub gap: Option<Duration>,
    /// Pause after a broadcast.
    pub broadcast_delay: Duration,
}

impl LinkConfig {
    /// The word of the document.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Serial(_) => "serial",
            Self::Tcp(_) => "tcp",
            Self::RtuOverTcp(_) => "rtu-over-tcp",
        }
    }

    /// Path or address, for people.
    pub fn place(&self) -> String {
        match self {
            Self::Serial(serial) => serial.path.clone(),
            Self::Tcp(tcp) => tcp.address.to_string(),
            Self::RtuOverTcp(tcp) => tcp.address.to_string(),
        }
    }

    /// Speed and character, where there is a wire of ours.
    pub fn wire(&self) -> Option<Wire> {
        match self {
            Self::Serial(serial) => Some(serial.wire),
            Self::Tcp(_) | Self::RtuOverTcp(_) => None,
        }
    }

    /// The TCP endpoint, where it is one.
    pub fn endpoint(&self) -> Option<&Endpoint> {
        match self {
            Self::Serial(_) => None,
            Self::Tcp(tcp) => Some(&tcp.address),
            Self::RtuOverTcp(tcp) => Some(&tcp.address),
        }
    }

    /// Requests that may wait for their answers at the same time.
    pub fn in_flight(&self) -> u8 {
        match self {
            Self::Tcp(tcp) => tcp.in_flight,
            Self::Serial(_) | Self::RtuOverTcp(_) => 1,
        }
    }

    /// Whether devices may have this unit id. On Modbus/TCP 0 and 255 mean the server itself (Modbus messaging on
    /// TCP/IP V1.0b, 4.4.1.2); on a line 0 is the broadcast, and 248..255 are reserved (Modbus over serial line V1.02, 2.2).
    pub fn knows_unit(&self, unit: u8) -> bool {
        (0..=247).contains(&unit) || (unit == 255 && matches!(self, Self::Tcp(_)))
    }

    /// Whether this unit id means all devices at once, none of which answers.
    pub fn is_broadcast(&self, unit: u8) -> bool {
        unit == 0 && !matches!(self, Self::Tcp(_))
    }

    /// Reads the members of a port that its kind decides on.
    pub(super) fn read(kind: LinkKind, fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Self> {
        match kind {
            LinkKind::Serial => SerialConfig::read(fields, problems).map(Self::Serial),
            LinkKind::Tcp => TcpConfig::read(fields, problems).map(Self::Tcp),
            LinkKind::RtuOverTcp => RtuOverTcpConfig::read(fields, problems).map(Self::RtuOverTcp),
        }
    }
}

/// `kind` of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkKind {
    Serial,
    Tcp,
    RtuOverTcp,
}

impl LinkKind {
    pub(super) fn read(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Self> {
        match fields.required_text("kind", 40, problems)? {
            "serial" => Some(Self::Serial),
            "tcp" => Some(Self::Tcp),
            "rtu-over-tcp" => Some(Self::RtuOverTcp),
            _ => {
                fields.error("kind", "`kind` is one of `serial`, `tcp`, `rtu-over-tcp`", problems);
                None
            }
        }
    }
}

impl SerialConfig {
    fn read(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Self> {
        let path = fields.required_text("path", 4000, problems);
        if path.is_some_and(|path| !path.starts_with('/') || path.contains('\0')) {
            fields.error("path", "`path` is an absolute path such as `/dev/ttyUSB0`", problems);
        }
        let framings = [("rtu", Framing::Rtu), ("ascii", Framing::Ascii)];
        let framing = fields.word("framing", &framings, problems).unwrap_or_default();
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
        if wire.data_bits != 8 && framing == Framing::Rtu {
            fields.error("data_bits", "RTU framing needs 8 data bits", problems);
        }
        let gap = read_gap(fields, problems);
        let broadcast_delay = read_ms(fields, "broadcast_delay_ms", 0..=10_000, 100, problems);
        let initial_delay = read_ms(fields, "initial_delay_ms", 0..=60_000, 0, problems);
        Some(Self { path: path?.to_owned(), framing, mode, wire, gap, broadcast_delay, initial_delay })
    }
}

impl TcpConfig {
    fn read(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Self> {
        let address = read_address(fields, problems);
        let connect_timeout = read_connect_timeout(fields, problems);
        let in_flight = fields.integer("in_flight", 1..=16, 1, problems);
        Some(Self { address: address?, connect_timeout, in_flight })
    }
}

impl RtuOverTcpConfig {
    fn read(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Self> {
        let address = read_address(fields, problems);
        let connect_timeout = read_connect_timeout(fields, problems);
        let gap = read_gap(fields, problems);
        let broadcast_delay = read_ms(fields, "broadcast_delay_ms", 0..=10_000, 100, problems);
        Some(Self { address: address?, connect_timeout, gap, broadcast_delay })
    }
}

fn read_address(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Endpoint> {
    let text = fields.required_text("address", 300, problems)?;
    let found = Endpoint::parse(text, None);
    if found.is_none() {
        let sentence = format!("{} is not host and port such as `10.0.0.5:502`", shown_text(text));
        fields.error("address", sentence, problems);
    }
    found
}

fn read_connect_timeout(fields: &mut Fields<'_>, problems: &mut Problems) -> Duration {
    read_ms(fields, "connect_timeout_ms", 100..=60_000, 3_000, problems)
}

fn read_gap(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Duration> {
    fields.optional_integer("gap_ms", 0..=10_000, problems).map(Duration::from_millis)
}

fn read_ms(
    fields: &mut Fields<'_>,
    name: &'static str,
    range: RangeInclusive<u64>,
    default: u64,
    problems: &mut Problems,
) -> Duration {
    Duration::from_millis(fields.integer(name, range, default, problems))
}
