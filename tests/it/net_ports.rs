//! A whole gateway with devices behind Modbus/TCP and RTU over TCP: values, writes, outages, and a storm of faults.

use crate::support::gateway::TestGateway;
use crate::support::line::device;
use crate::support::wait::eventually;
use dinrail::modbus::address::{Span, Table};
use dinrail::runtime::commands::{Asker, WriteError};
use dinrail::runtime::status::{Detail, LineStatus, snapshot};
use dinrail::sim::fault::{Fault, Times};
use dinrail::sim::server::{Server, ServerConfig, Speech};
use dinrail::tag::attribute::Attribute;
use dinrail::tag::id::TagName;
use dinrail::tag::quality::{Quality, Reason};
use dinrail::tag::value::Value;
use serde_json::{Value as Json, json};
use std::time::{Duration, Instant};

const SPEECHES: [(Speech, &str); 2] = [(Speech::Tcp, "tcp"), (Speech::RtuOverTcp, "rtu-over-tcp")];

/// A gateway with units 1 and 2 of a simulated server on one port, eight holding registers each.
struct Site {
    server: Server,
    gateway: TestGateway,
}

impl Site {
    async fn start(speech: Speech, kind: &str, poll_ms: u32) -> Self {
        let devices = [1, 2].map(device).to_vec();
        let server = Server::start(ServerConfig { speech, port: 0, devices }).unwrap();
        let mut port = json!({
            "name": "NET1", "kind": kind, "address": server.address().to_string(), "timeout_ms": 120,
        });
        if speech == Speech::Tcp {
            port["in_flight"] = json!(4);
        }
        let tag = |at: u8| json!({ "name": format!("r{at}"), "table": "holding", "address": 10 * at, "type": "u16", "writable": true });
        let tags: Vec<Json> = (0..8).map(tag).collect();
        let unit = |unit: u8| {
            json!({
                "name": format!("d{unit}"), "port": "NET1", "unit_id": unit, "poll_ms": poll_ms, "max_read_registers": 5, "tags": tags,
            })
        };
        let gateway = TestGateway::start().await;
        gateway
            .edit(|document| {
                document["ports"] = json!([port]);
                document["devices"] = json!([unit(1), unit(2)]);
            })
            .await
            .expect("the document is right");
        Self { server, gateway }
    }

    /// The value of a tag that is good.
    fn good(&self, name: &str) -> Option<Value> {
        let state = self.gateway.tag(name)?.state;
        state.value.filter(|_| state.quality == Quality::Good)
    }

    fn all_good(&self) -> Option<()> {
        let is_good = |unit: u8| (0..8).all(|at| self.good(&format!("d{unit}/r{at}")).is_some());
        (is_good(1) && is_good(2)).then_some(())
    }

    fn reason(&self, name: &str) -> Reason {
        self.gateway.tag(name).unwrap().state.reason
    }

    async fn write(&self, name: &str, value: u64) -> Result<Value, WriteError> {
        let asker = Asker { source: "test".to_owned(), actor: "test".to_owned(), unix_ms: 0 };
        let name = TagName::parse(name).unwrap();
        self.gateway.gateway.commands.write(&name, Attribute::Value, Value::U64(value), asker).await
    }

    /// Figures and health of the port.
    async fn port(&self) -> (LineStatus, Option<String>) {
        let rest = self.gateway.gateway.units.clone();
        let unit = snapshot(&rest).into_iter().find(|unit| unit.name == "NET1").expect("the port has a unit");
        let Detail::Line(line) = unit.detail else { return (LineStatus::default(), unit.reason) };
        (*line, unit.reason)
    }
}

#[tokio::test]
async fn values_come_writes_go_and_outages_are_told() {
    for (speech, kind) in SPEECHES {
        let site = Site::start(speech, kind, 50).await;
        eventually(async || site.all_good(), "all values").await;
        for unit in [1, 2u64] {
            assert_eq!(site.good(&format!("d{unit}/r3")), Some(Value::U64(unit * 200 + 30)), "{kind}");
        }
        assert_eq!(site.write("d2/r3", 7).await.unwrap(), Value::U64(7), "{kind}");
        assert_eq!(site.server.get(2, Span::new(Table::Holding, 30, 1).unwrap()), Some(vec![7]));

        site.server.unplug();
        eventually(async || (site.reason("d1/r0") == Reason::PortClosed).then_some(()), "the port is closed").await;
        let refused = format!("cannot connect to {}: the connection is refused", site.server.address());
        let told = async || site.port().await.1.filter(|why| why.starts_with(&refused));
        eventually(told, "the port says why").await;
        assert!(matches!(site.write("d2/r3", 8).await, Err(WriteError::LineClosed(_))), "{kind}");
        assert!(!site.port().await.0.open);

        site.server.plug();
        eventually(async || site.all_good(), "all values again").await;
        assert_eq!(site.good("d2/r3"), Some(Value::U64(7)));
        let opened = async || (2 <= site.port().await.0.opened).then_some(());
        eventually(opened, "the figures say that it was opened again").await;
        let line = site.port().await.0;
        assert_eq!((line.kind, line.path.as_str(), line.baud), (kind, &*site.server.address().to_string(), None));
        site.gateway.stop().await;
    }
}

#[tokio::test]
async fn a_device_that_is_silent_behind_tcp_costs_the_others_nothing_of_their_values() {
    for (speech, kind) in SPEECHES {
        let site = Site::start(speech, kind, 50).await;
        eventually(async || site.all_good(), "all values").await;
        site.server.fault(1, Fault::Silence, Times(None));
        eventually(async || (site.reason("d1/r0") == Reason::NoAnswer).then_some(()), "one is silent").await;
        eventually(async || site.good("d2/r0"), "the other is well").await;
        site.server.clear_faults(1);
        eventually(async || site.all_good(), "both are well").await;
        site.gateway.stop().await;
    }
}

#[tokio::test]
async fn no_storm_of_faults_shows_a_wrong_value_as_good() {
    let storm = [
        Fault::Late { delay_ms: 140 },
        Fault::Nothing,
        Fault::OtherUnit { unit: 2 },
        Fault::Twice,
        Fault::Late { delay_ms: 260 },
        Fault::Silence,
        Fault::Short,
        Fault::Fragment { at: 3, pause_ms: 30 },
        Fault::OtherFunction,
        Fault::Echo,
        Fault::Exception { code: 6 },
        Fault::HangUp,
        Fault::Late { delay_ms: 125 },
    ];
    for (speech, kind) in SPEECHES {
        let site = Site::start(speech, kind, 0).await;
        eventually(async || site.all_good(), "all values").await;
        for fault in storm.iter().cycle().take(30 * storm.len()) {
            site.server.fault(1, fault.clone(), Times(Some(1)));
            site.server.fault(1, Fault::Nothing, Times(Some(2)));
        }
        let end = Instant::now() + Duration::from_secs(4);
        while Instant::now() < end {
            for (unit, at) in (1..=2u64).flat_map(|unit| (0..8u64).map(move |at| (unit, at))) {
                if let Some(value) = site.good(&format!("d{unit}/r{at}")) {
                    assert_eq!(value, Value::U64(unit * 200 + 10 * at), "{kind} d{unit}/r{at}");
                }
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        site.server.clear_faults(1);
        eventually(async || site.all_good(), "all is well").await;
        let traffic = site.port().await.0.traffic;
        assert!(0 < traffic.late && 0 < traffic.foreign && 0 < traffic.timeouts, "{kind} {traffic:?}");
        site.gateway.stop().await;
    }
}
