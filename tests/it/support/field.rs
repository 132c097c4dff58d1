//! A simulated line with the devices of the example document, and a third.

use super::wait::eventually;
use dinrail::config::GatewayConfig;
use dinrail::modbus::wire::{Parity, Wire};
use dinrail::sim::field::{Field, FieldConfig, SimDevice};
use rustix::fd::OwnedFd;
use rustix::pty::{OpenptFlags, openpt, ptsname};
use serde_json::{Value as Json, json};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;

const EXAMPLE: &str = include_str!("../../fixtures/first-light-1.json");

/// The line and the document that describes it.
pub(crate) struct FirstLight {
    pub(crate) field: Field,
    document: Json,
}

impl FirstLight {
    /// Starts the line at 115200 8N1; `meter1` is to be polled with this period.
    pub(crate) fn start(poll: Duration) -> Self {
        let mut document: Json = serde_json::from_str(EXAMPLE).unwrap();
        document["ports"][0]["baud"] = json!(115_200);
        document["ports"][0]["mode"] = json!("rs232");
        document["devices"][0]["poll_ms"] = json!(u64::try_from(poll.as_millis()).unwrap());
        document["devices"][0]["tags"][0].as_object_mut().unwrap().remove("deadband");
        let spare = json!({
            "name": "spare", "port": "COM1", "unit_id": 3, "poll_ms": 200,
            "tags": [
                { "name": "level", "table": "holding", "address": 0, "type": "u16", "writable": true },
                { "name": "other", "table": "holding", "address": 1, "type": "u16", "writable": true },
            ]
        });
        document["devices"].as_array_mut().unwrap().push(spare);
        let (config, problems) = GatewayConfig::parse(&document);
        assert_eq!(problems, []);
        let turnaround = Duration::from_millis(2);
        let devices = config.devices.iter().map(|device| SimDevice::mirroring(device, turnaround)).collect();
        let wire = Wire { baud: 115_200, data_bits: 8, parity: Parity::None, stop_bits: 1 };
        let field = Field::start(FieldConfig { wire, devices, strict: true, spin: false, link: None }).unwrap();
        document["ports"][0]["path"] = json!(field.path());
        Self { field, document }
    }

    /// The document, with the embedded broker at this port of the loopback address.
    pub(crate) fn document(&self, broker: u16) -> Json {
        let mut document = self.document.clone();
        document["mqtt"]["connections"][0]["url"] = json!(format!("mqtt://127.0.0.1:{broker}"));
        document["mqtt"]["broker"]["listeners"][0]["address"] = json!(format!("127.0.0.1:{broker}"));
        document["web"]["address"] = json!("127.0.0.1:0");
        document
    }
}

/// Takes the number of a pty that has gone, as another adapter takes that of an unplugged one.
pub(crate) async fn take_tty(path: &Path) -> Vec<OwnedFd> {
    let mut taken = Vec::new();
    let take = async || {
        let one = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        let is_it = ptsname(&one, Vec::new()).is_ok_and(|name| name.to_bytes() == path.as_os_str().as_bytes());
        // Lower numbers are given first: they are held. Another test's pty of this number will be gone soon.
        if is_it || !path.exists() {
            taken.push(one);
        }
        is_it.then_some(())
    };
    eventually(take, "the number of the pty").await;
    taken
}

/// A port nobody listens on at the moment.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}
