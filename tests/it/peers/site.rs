//! A gateway, a cable or a TCP port, and a slave of others at its far end.

use super::slave::{Peer, Place, Slave};
use crate::support::cable::Cable;
use crate::support::field::free_port;
use crate::support::gateway::TestGateway;
use crate::support::wait::{PATIENCE, eventually};
use dinrail::modbus::address::Table;
use dinrail::runtime::commands::{Asker, WriteError};
use dinrail::tag::attribute::Attribute;
use dinrail::tag::id::TagName;
use dinrail::tag::quality::Reason;
use dinrail::tag::reading::TagState;
use dinrail::tag::value::Value;
use serde_json::{Value as Json, json};
use std::time::Duration;
use tokio::time::timeout;

/// Between two looks at a tag.
const LOOK: Duration = Duration::from_millis(10);

pub(super) struct Site {
    gateway: TestGateway,
    way: Way,
    peer: Peer,
    slave: Option<Slave>,
}

/// What is between the two.
enum Way {
    Cable(Cable),
    Port(u16),
}

impl Way {
    fn place(&self) -> Place<'_> {
        match self {
            Self::Cable(cable) => Place::Tty(cable.slave()),
            Self::Port(port) => Place::Port(*port),
        }
    }
}

impl Site {
    /// All of it, with these devices on one line. Units and `port` of the devices are given as in the document.
    pub(super) async fn start(peer: Peer, devices: Json) -> Self {
        let way = if peer.is_net() { Way::Port(free_port()) } else { Way::Cable(Cable::new()) };
        let slave = peer.start(way.place()).await;
        let gateway = TestGateway::start().await;
        let mut port = match &way {
            Way::Cable(cable) => json!({ "kind": "serial", "path": cable.master(), "baud": 19_200, "parity": "none" }),
            Way::Port(port) => json!({ "kind": "tcp", "address": format!("127.0.0.1:{port}") }),
        };
        match peer {
            Peer::PymodbusAscii => port["framing"] = json!("ascii"),
            Peer::PymodbusRtuOverTcp => port["kind"] = json!("rtu-over-tcp"),
            _ => (),
        }
        port["name"] = json!("COM1");
        // A loaded machine must not look like a silent device.
        port["timeout_ms"] = json!(1000);
        gateway.edit(|document| document["ports"] = json!([port])).await.expect("the port is right");
        let site = Self { gateway, way, peer, slave: Some(slave) };
        site.set_devices(devices).await;
        site
    }

    /// Other devices on the line from now on.
    pub(super) async fn set_devices(&self, devices: Json) {
        self.gateway.edit(|document| document["devices"] = devices).await.expect("the devices are right");
    }

    /// Ends it; fails when a unit of the gateway had to be cut off or panicked.
    pub(super) async fn stop(self) {
        self.gateway.stop().await;
    }

    pub(super) fn slave(&mut self) -> &mut Slave {
        self.slave.as_mut().expect("the slave runs")
    }

    /// The slave loses its power.
    pub(super) async fn kill_slave(&mut self) {
        self.slave.take().expect("the slave runs").kill().await;
    }

    /// The slave has power again.
    pub(super) async fn start_slave(&mut self) {
        self.slave = Some(self.peer.start(self.way.place()).await);
    }

    pub(super) fn tag(&self, name: &str) -> TagState {
        self.gateway.tag(name).unwrap_or_else(|| panic!("there is a tag {name}")).state
    }

    /// `good 5`, `bad exception 02 5`, `bad not yet read null`: what a user sees of a tag.
    pub(super) fn shown(&self, name: &str) -> String {
        shown(&self.tag(name))
    }

    /// Waits until a tag is seen like this; says what was seen instead.
    pub(super) async fn wait_shown(&self, name: &str, expect: &str) {
        self.wait(name, expect, |state| shown(state) == expect).await;
    }

    /// Waits for some state of a tag; says what was seen instead.
    pub(super) async fn wait(&self, name: &str, what: &str, wanted: impl Fn(&TagState) -> bool) {
        let seen = async {
            while !wanted(&self.tag(name)) {
                tokio::time::sleep(LOOK).await;
            }
        };
        let seen = timeout(PATIENCE, seen).await;
        assert!(seen.is_ok(), "waited {} s for {name}: {what}; it is {}", PATIENCE.as_secs(), self.shown(name));
    }

    /// Waits until the slave was asked `times` more for this register or bit.
    pub(super) async fn wait_read(&mut self, unit: u16, table: Table, address: u16, times: usize) {
        let slave = self.slave();
        let count = |slave: &Slave| {
            slave.requests().iter().filter(|request| request.unit == unit && request.reads(table, address)).count()
        };
        let before = count(slave);
        let enough = async || (before + times <= count(slave)).then_some(());
        eventually(enough, &format!("unit {unit} is asked {times} times for {table} {address}")).await;
    }

    pub(super) async fn write(&self, name: &str, value: Json) -> Result<Json, WriteError> {
        let asker = Asker { source: "test".to_owned(), actor: "test".to_owned(), unix_ms: 0 };
        let value = Value::from_json(&value).unwrap();
        self.put(name, Attribute::Value, value, asker).await.map(|value| value.to_json())
    }

    /// Writes 1 to a command attribute.
    pub(super) async fn command(&self, name: &str, attribute: Attribute) {
        let asker = Asker { source: "test".to_owned(), actor: "test".to_owned(), unix_ms: 0 };
        self.put(name, attribute, Value::U64(1), asker).await.unwrap();
    }

    async fn put(&self, name: &str, attribute: Attribute, value: Value, asker: Asker) -> Result<Value, WriteError> {
        self.gateway.gateway.commands.write(&TagName::parse(name).unwrap(), attribute, value, asker).await
    }
}

fn shown(state: &TagState) -> String {
    let value = json_of(state.value.as_ref());
    match state.reason {
        Reason::Ok => format!("{} {value}", state.quality),
        reason => format!("{} {reason} {value}", state.quality),
    }
}

/// The JSON form, null for none.
pub(super) fn json_of(value: Option<&Value>) -> Json {
    value.map_or(Json::Null, Value::to_json)
}
