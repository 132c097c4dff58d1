//! The figures units show of themselves. Plain values, serialised as they are into `/api/v1/status`.

use super::modules::ModuleStatus;
use super::snmp::SnmpStatus;
use super::unit::{Health, UnitKey, UnitKind};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

/// The watches of one unit, as the supervisor publishes them.
#[derive(Debug, Clone)]
pub struct UnitWatch {
    /// The name people know the unit by.
    pub name: String,
    /// How it is.
    pub health: watch::Receiver<Health>,
    /// Its figures.
    pub detail: watch::Receiver<Detail>,
}

/// Every unit there is.
pub type Units = Arc<BTreeMap<UnitKey, UnitWatch>>;

/// Every unit there is; changes when units come and go.
pub type UnitsWatch = watch::Receiver<Units>;

/// What a unit tells beyond its health.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Detail {
    /// Nothing.
    #[default]
    None,
    /// A serial line.
    Line(Box<LineStatus>),
    /// An I/O module.
    Module(Box<ModuleStatus>),
    /// An MQTT connection.
    Mqtt(Box<MqttStatus>),
    /// The embedded broker.
    Broker(Box<BrokerStatus>),
    /// The Modbus/TCP server and gateway.
    ModbusServer(Box<ModbusServerStatus>),
    /// The agent for network managers.
    Snmp(Box<SnmpStatus>),
    /// A listening server.
    Server(ServerStatus),
}

/// One unit in one moment, for the status document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitStatus {
    /// `line/<id>`.
    pub key: String,
    /// What it is.
    pub kind: UnitKind,
    /// The name people know it by.
    pub name: String,
    /// `starting`, `up`, `degraded`, `failed`.
    pub health: &'static str,
    /// Why it is not simply up.
    pub reason: Option<String>,
    /// Its figures.
    pub detail: Detail,
}

/// Reads every watch once.
pub fn snapshot(units: &UnitsWatch) -> Vec<UnitStatus> {
    let units = units.borrow().clone();
    units
        .iter()
        .map(|(key, unit)| {
            let health = unit.health.borrow().clone();
            UnitStatus {
                key: key.to_string(),
                kind: key.kind,
                name: unit.name.clone(),
                health: health.as_str(),
                reason: health.reason().map(str::to_owned),
                detail: unit.detail.borrow().clone(),
            }
        })
        .collect()
}

/// Counters of Modbus traffic, of a line or of one device on it; all since the unit started.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TrafficStatus {
    /// Requests sent, retries included.
    pub transactions: u64,
    /// Requests without an answer in time.
    pub timeouts: u64,
    /// Frames with a wrong check sum.
    pub crc_errors: u64,
    /// Exceptions by code, as two hex digits.
    pub exceptions: BTreeMap<String, u64>,
    /// Answers that came after their time-out.
    pub late: u64,
    /// Frames that answer no request of ours: another unit, function or length.
    pub foreign: u64,
    /// Bytes that belonged to no frame.
    pub noise: u64,
    /// Own requests that came back before their answers: the adapter of the line hears itself.
    pub echo: u64,
    /// Round trip of the recent answers.
    pub rtt_ms: RoundTrip,
}

/// Percentiles of recent round trips in milliseconds; absent before the first answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct RoundTrip {
    /// Half are faster.
    pub p50: Option<f64>,
    /// 95 % are faster.
    pub p95: Option<f64>,
    /// 99 % are faster.
    pub p99: Option<f64>,
}

/// A port: a serial line or a TCP connection.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LineStatus {
    /// Its kind, by the word of the document.
    pub kind: &'static str,
    /// The tty, or host and port, as configured.
    pub path: String,
    /// Bits per second of a serial line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baud: Option<u32>,
    /// Whether the tty or the connection is open.
    pub open: bool,
    /// How often it has been opened since the unit started.
    pub opened: u64,
    /// How long the USB adapter of a serial line collects what it receives, where it has such a timer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_timer_ms: Option<u32>,
    /// What would make the line better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// Share of recent time in which characters were on the wire, 0..1.
    pub utilisation: f64,
    /// Share of recent time in which we waited for devices to begin their answers, 0..1.
    pub waiting: f64,
    /// Share of recent time in which the silence between frames was kept, 0..1.
    pub silence: f64,
    /// Share of recent time in which the line stood idle although something was due, 0..1.
    pub ours: f64,
    /// What is left of 1: nothing was due.
    pub idle: f64,
    /// Polls that were wanted and not done, because the line or the device was too slow.
    pub overruns: u64,
    /// Line time that the periods ask for, per time; above 1 they ask for more than there is.
    pub load: f64,
    /// Every period is this many times as long as wanted, lately; 1 = the line keeps up.
    pub stretch: f64,
    /// All traffic of the line.
    #[serde(flatten)]
    pub traffic: TrafficStatus,
    /// Its devices, by name.
    pub devices: Vec<DeviceStatus>,
}

/// What is probably wrong with a device; the browser says a sentence for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Diagnosis {
    /// Never heard: address, wiring, power, speed.
    NeverHeard,
    /// It did answer, and does not any more: power or cable.
    Gone,
    /// Something comes, and not one frame is whole: speed, parity or stop bits differ.
    Parameters,
    /// Some frames are broken: termination, shielding, ground, or too fast for the cable.
    Cabling,
    /// Others speak on the line: a second master, or two devices with one address.
    Foreign,
    /// Answers come, later than the time-out.
    TimeoutShort,
    /// Some requests get no answer at all: a loose contact, or a device that needs more time between requests.
    Losing,
    /// Exception 02: an address that the device does not have.
    Address,
    /// Exceptions 01 and 03: a function or an amount that the device does not know.
    Unsupported,
    /// Exceptions 05 and 06: the device has no time.
    Busy,
    /// Exceptions 0A and 0B: the gateway between does not reach it.
    Gateway,
    /// Exceptions 04, 07 and 08: the device has a fault of its own.
    Fault,
}

/// One Modbus device.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct DeviceStatus {
    /// Name of the device.
    pub name: String,
    /// Its address on the line.
    pub unit_id: u8,
    /// Whether it answers.
    pub online: bool,
    /// Why not.
    pub reason: Option<String>,
    /// Milliseconds until a silent device is asked again.
    pub retry_in_ms: Option<u64>,
    /// The time-out in force, in milliseconds.
    pub timeout_ms: u64,
    /// Age in milliseconds of the oldest of its values; of a read that never succeeded, since it is wanted.
    pub oldest_ms: Option<u64>,
    /// What is probably wrong, from the figures of the last minute or two.
    pub diagnosis: Option<Diagnosis>,
    /// Milliseconds until it is read or asked again.
    pub next_due_ms: Option<u64>,
    /// Polls that were wanted and not done.
    pub overruns: u64,
    /// What it taught about reading it; absent where nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lessons: Option<LessonsStatus>,
    /// Its share of the traffic.
    #[serde(flatten)]
    pub traffic: TrafficStatus,
}

/// What a device taught about reading it, found out from its refusals.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LessonsStatus {
    /// How many values it refuses.
    pub refused: usize,
    /// The first of them.
    pub illegal: Vec<RefusedStatus>,
    /// Tables it does not know at all.
    pub unknown_tables: Vec<String>,
    /// The most registers it answers in one read, if fewer than allowed.
    pub max_registers: Option<u16>,
    /// The most bits it answers in one read, if fewer than allowed.
    pub max_bits: Option<u16>,
    /// How many holes are not read through.
    pub apart: usize,
    /// The first of them.
    pub holes: Vec<HoleStatus>,
}

/// A value that a device refuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedStatus {
    /// Table.
    pub table: String,
    /// First address, 0-based.
    pub address: u16,
    /// Registers or bits.
    pub count: u16,
    /// The exception; null where it is silent.
    pub exception: Option<u8>,
    /// Seconds between two attempts to read it.
    pub retry_s: u64,
}

/// What is not read in one: the last register or bit before a hole, the hole, and the first one behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HoleStatus {
    /// Table.
    pub table: String,
    /// First address, 0-based.
    pub address: u16,
    /// Registers or bits.
    pub count: u16,
}

/// An MQTT connection.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MqttStatus {
    /// The broker as configured.
    pub url: String,
    /// Whether the session is up.
    pub connected: bool,
    /// Sessions made since the unit started.
    pub connects: u64,
    /// Messages handed to the socket.
    pub published: u64,
    /// Of those, acknowledged (QoS 1 and 2) or written (QoS 0).
    pub acknowledged: u64,
    /// Messages given up, with the reason in `last_error`.
    pub failed: u64,
    /// Messages waiting for their acknowledgement.
    pub in_flight: u64,
    /// Changes that a newer one of the same tag replaced before they could be sent; while a message waits for room each
    /// change of its tags counts, also one that would not have been told.
    pub dropped: u64,
    /// Commands received.
    pub received: u64,
    /// Commands refused.
    pub refused: u64,
    /// The last thing that went wrong.
    pub last_error: Option<String>,
    /// What waits for its acknowledgement, in memory and on the disk.
    pub queue: QueueStatus,
    /// What became of the messages of each publication.
    pub ledger: Vec<LedgerStatus>,
    /// Of a bridge of the embedded broker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bridge: Option<BridgeStatus>,
}

/// What a bridge counts beside what every MQTT connection does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BridgeStatus {
    /// Messages of the other broker handed to ours.
    pub brought: u64,
    /// Messages not passed on because they had come round: over other bridges, or straight back.
    pub returned: u64,
    /// Messages of ours that found no room on their way to the bridge: they came faster than it took them.
    pub missed: u64,
    /// Messages given up because the other broker closed the connection whenever it got them.
    pub given_up: u64,
}

/// The store-and-forward queue of an MQTT connection.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct QueueStatus {
    /// Whether messages of QoS 1 and 2 wait at all.
    pub on: bool,
    /// Messages produced and not yet acknowledged.
    pub records: u64,
    /// Bytes they take, in the file and in memory.
    pub bytes: u64,
    /// The most they may take.
    pub max_bytes: u64,
    /// Of the bytes, those in the file.
    pub file_bytes: u64,
    /// Age of the oldest in milliseconds.
    pub oldest_ms: Option<u64>,
    /// Messages produced per second, lately; absent until it is known.
    pub rate: Option<f64>,
    /// Hours of outage that fit at this rate.
    pub hours: Option<f64>,
    /// Hours of outage for which there is room now.
    pub hours_left: Option<f64>,
    /// Why the file cannot be used now.
    pub trouble: Option<String>,
    /// What happened to the file before, if something did.
    pub notice: Option<String>,
}

/// What became of the messages of one publication since the program started; what an earlier run left waiting counts as
/// produced. At every moment produced = acknowledged + queued + the sum of dropped.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LedgerStatus {
    /// Id of the publication.
    pub id: Arc<str>,
    /// Its name; its id where only the file remembers it.
    pub name: Arc<str>,
    /// Whether it is gone from the configuration.
    pub removed: bool,
    /// Messages made.
    pub produced: u64,
    /// Of those, acknowledged by the broker (QoS 1 and 2) or written (QoS 0).
    pub acknowledged: u64,
    /// Of those, waiting or in flight.
    pub queued: u64,
    /// Of those, given up, by reason: `full`, `too_old`, `removed` (with its publication), `unstored` (disk and memory
    /// full), `damaged` (lost with a damaged file), `unsent` (lost with its session: QoS 0, or without a buffer).
    pub dropped: BTreeMap<&'static str, u64>,
}

/// The embedded broker.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct BrokerStatus {
    /// The addresses it listens on.
    pub listeners: Vec<String>,
    /// Who is connected.
    pub clients: Vec<BrokerClient>,
    /// Sessions that are kept for clients who are away.
    pub absent: u64,
    /// Messages retained.
    pub retained: u64,
    /// Why retained messages cannot be written; they are lost if the program ends.
    pub trouble: Option<String>,
    /// Messages received from clients.
    pub messages_in: u64,
    /// Messages sent to clients.
    pub messages_out: u64,
    /// Messages not queued for a client because too much was waiting for it already.
    pub dropped: u64,
    /// Messages dropped because they had been sent on over a bridge before and had come round.
    pub returned: u64,
    /// Connections without a login as yet.
    pub strangers: u64,
    /// Of such connections, those closed because others came.
    pub put_out: u64,
    /// Connections, logins, topics and messages refused.
    pub refused: u64,
    /// Why the last one was.
    pub last_refusal: Option<String>,
}

/// One client of the embedded broker.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BrokerClient {
    /// MQTT client id.
    pub id: String,
    /// User name, if any.
    pub user: Option<String>,
    /// Where it comes from.
    pub address: String,
    /// Since when, RFC 3339.
    pub since: String,
    /// Bytes that wait for it in the broker.
    pub waiting: u64,
}

/// The Modbus/TCP server and gateway.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ModbusServerStatus {
    /// The addresses it listens on.
    pub listeners: Vec<String>,
    /// Who is connected.
    pub clients: Vec<ModbusClient>,
    /// Requests answered since the unit started.
    pub requests: u64,
    /// Of them, those answered with an exception.
    pub exceptions: u64,
    /// Connections refused by a list or a cap.
    pub refused: u64,
    /// Why the last one was.
    pub last_refusal: Option<String>,
    /// TLS handshakes that failed: no certificate, one of nobody known, or no TLS at all.
    pub failed_handshakes: u64,
    /// Connections closed because what came was no Modbus/TCP.
    pub broken: u64,
    /// Connections closed because nothing came for too long.
    pub idled: u64,
    /// Requests handed to a line.
    pub forwarded: u64,
    /// Reads of devices that the image answered.
    pub cached: u64,
    /// Points for which the register map has no room.
    pub left_out: u64,
}

/// One client of the Modbus/TCP server.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModbusClient {
    /// Where it comes from.
    pub address: String,
    /// Whether the connection is encrypted.
    pub secure: bool,
    /// The role of its certificate.
    pub role: Option<String>,
    /// Since when, RFC 3339.
    pub since: String,
    /// Requests answered.
    pub requests: u64,
    /// Of them, those answered with an exception.
    pub exceptions: u64,
    /// Requests a second, lately.
    pub rate: f64,
    /// What it asked last.
    pub last: Option<ModbusRequest>,
}

/// One request of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ModbusRequest {
    /// Unit id.
    pub unit_id: u8,
    /// Function code.
    pub function: u8,
    /// First address, 0-based, where the function has one.
    pub address: Option<u16>,
    /// Items asked for; 1 where the function always means one.
    pub count: Option<u16>,
    /// The exception it was answered with, 0 if none.
    pub exception: u8,
}

/// A server of ours.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ServerStatus {
    /// The address it listens on.
    pub address: String,
    /// Open connections.
    pub connections: u64,
    /// Of them, those on which nobody has logged in or shown a token yet.
    pub strangers: u64,
    /// Connections refused by a list or a cap.
    pub refused: u64,
    /// Strangers' connections closed because others came.
    pub put_out: u64,
    /// Connections whose TLS handshake failed or took too long.
    pub failed_handshakes: u64,
}
