//! What the supervisor knows of a unit, and what it hands to one when it starts it.

use super::status::Detail;
use futures::future::BoxFuture;
use serde::Serialize;
use std::fmt;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What a unit is, for people and for grouping on the overview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UnitKind {
    /// A serial line or a Modbus connection.
    Line,
    /// An I/O module.
    Module,
    /// The internal registers.
    Internal,
    /// The computed tags.
    Computed,
    /// The embedded broker; before the connections, which may be to it: units start in this order.
    Broker,
    /// A bridge of the embedded broker.
    Bridge,
    /// One MQTT connection.
    Mqtt,
    /// The Modbus/TCP server and gateway.
    #[serde(rename = "modbus-server")]
    ModbusServer,
    /// The agent for network managers.
    Snmp,
    /// The browser and REST server.
    Web,
    /// Housekeeping: the event log and the like.
    Service,
}

impl UnitKind {
    /// The word of the status document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Module => "module",
            Self::Internal => "internal",
            Self::Computed => "computed",
            Self::Bridge => "bridge",
            Self::Mqtt => "mqtt",
            Self::ModbusServer => "modbus-server",
            Self::Broker => "broker",
            Self::Snmp => "snmp",
            Self::Web => "web",
            Self::Service => "service",
        }
    }
}

/// Names one unit for as long as its object lives: the id, so that a rename is no restart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitKey {
    /// What it is.
    pub kind: UnitKind,
    /// The id of the object in the document, or a fixed word.
    pub id: String,
}

impl UnitKey {
    /// The key of a unit.
    pub fn new(kind: UnitKind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }
}

impl fmt::Display for UnitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.as_str(), self.id)
    }
}

/// What only one unit may hold at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// A tty, by its path.
    SerialPort(String),
    /// A GPIO line, by chip and line.
    GpioLine(String),
    /// An output of a converter or PWM chip, by its device and name.
    Output(String),
    /// A listening TCP port; port 0 is no claim and is never declared.
    TcpPort(std::net::SocketAddr),
    /// A UDP port that requests come in at; port 0 is no claim and is never declared.
    UdpPort(std::net::SocketAddr),
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SerialPort(path) => write!(f, "serial port {path}"),
            Self::GpioLine(line) => write!(f, "GPIO line {line}"),
            Self::Output(output) => write!(f, "output {output}"),
            Self::TcpPort(address) => write!(f, "TCP address {address}"),
            Self::UdpPort(address) => write!(f, "UDP address {address}"),
        }
    }
}

/// The configuration of one unit, as the supervisor sees it.
pub trait UnitSpec: Clone + PartialEq + Send + 'static {
    /// The name people know the unit by.
    fn name(&self) -> String;
    /// What the unit holds while it runs.
    fn resources(&self) -> Vec<Resource>;
    /// Whether going from this configuration to `next` needs a stop; otherwise it is handed over while running.
    fn needs_restart(&self, next: &Self) -> bool;
}

/// How a unit is doing, as shown on the status page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Started, not yet at work.
    Starting,
    /// At work.
    Up,
    /// The unit runs, its peer does not answer; the text says which and why.
    Degraded(String),
    /// The unit stopped on an error and waits for its next try.
    Failed(String),
}

impl Health {
    /// The word of the status document.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Up => "up",
            Self::Degraded(_) => "degraded",
            Self::Failed(_) => "failed",
        }
    }

    /// Why it is not simply up.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Starting | Self::Up => None,
            Self::Degraded(why) | Self::Failed(why) => Some(why),
        }
    }
}

/// Handed to a unit at each start.
#[derive(Debug, Clone)]
pub struct UnitContext {
    /// Cancelled when the unit is to end; it has 5 s for that.
    pub stop: CancellationToken,
    /// The unit's own word on how it is.
    pub health: watch::Sender<Health>,
    /// The unit's figures for the status page.
    pub detail: watch::Sender<Detail>,
}

impl UnitContext {
    /// Sets the health; watchers are told only when it differs.
    pub fn set_health(&self, health: Health) {
        self.health.send_if_modified(|present| {
            let differs = *present != health;
            if differs {
                *present = health;
            }
            differs
        });
    }
}

/// How a unit ends: `Ok` after a stop, `Err` when it wants to be tried again.
pub type UnitResult = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// A unit that was started: its future, and the way to hand it a new configuration while it runs.
pub struct Started<C> {
    /// The unit itself, run as a task of the supervisor.
    pub task: BoxFuture<'static, UnitResult>,
    /// Called with each configuration that needs no restart.
    pub update: Box<dyn Fn(&C) + Send + Sync>,
}

impl<C> fmt::Debug for Started<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Started")
    }
}
