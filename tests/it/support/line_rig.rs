//! A running unit of a line over a simulated field.

use dinrail::config::GatewayConfig;
use dinrail::config::tags::definitions;
use dinrail::drivers::modbus::unit::{LineConfig, SerialUnit};
use dinrail::modbus::address::{Span, Table};
use dinrail::modbus::wire::{Parity, Wire};
use dinrail::runtime::commands::{Asker, Commands, WriteError};
use dinrail::runtime::events::Events;
use dinrail::runtime::image::{Image, Reader};
use dinrail::runtime::lines::Lines;
use dinrail::runtime::status::{Detail, LineStatus};
use dinrail::runtime::unit::{Health, UnitContext};
use dinrail::sim::bank::Bank;
use dinrail::sim::field::{Field, FieldConfig, SimDevice};
use dinrail::tag::attribute::Attribute;
use dinrail::tag::id::TagName;
use dinrail::tag::quality::Quality;
use dinrail::tag::reading::TagState;
use dinrail::tag::value::Value;
use serde_json::{Value as Json, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const WIRE: Wire = Wire { baud: 115_200, data_bits: 8, parity: Parity::None, stop_bits: 1 };

/// A running unit over a field whose holding and input register n of unit u is u * 1000 + n.
pub(crate) struct Rig {
    pub(crate) field: Field,
    pub(crate) document: Json,
    pub(crate) image: Image,
    pub(crate) reader: Reader,
    pub(crate) commands: Commands,
    pub(crate) lines: Lines,
    config: watch::Sender<LineConfig>,
    pub(crate) health: watch::Receiver<Health>,
    detail: watch::Receiver<Detail>,
    stop: CancellationToken,
    tasks: JoinSet<Result<(), std::convert::Infallible>>,
    _events: tokio::sync::mpsc::Receiver<dinrail::runtime::events::Event>,
}

/// Holding and input register n of unit u is u * 1000 + n.
pub(crate) fn bank(unit: u8) -> Bank {
    let mut bank = Bank::new(200);
    let words: Vec<u16> = (0..200).map(|n| u16::from(unit) * 1000 + n).collect();
    assert!(bank.set(Table::Holding, 0, &words) && bank.set(Table::Input, 0, &words));
    bank
}

/// One device that is not as the others.
pub(crate) fn field_of(bank: Bank) -> Field {
    let devices = vec![SimDevice { unit: 1, turnaround: Duration::from_millis(2), bank }];
    Field::start(FieldConfig { wire: WIRE, devices, strict: true, spin: false, link: None }).unwrap()
}

pub(crate) fn field(units: &[u8], link: Option<PathBuf>) -> Field {
    let device = |unit: &u8| SimDevice { unit: *unit, turnaround: Duration::from_millis(2), bank: bank(*unit) };
    let devices = units.iter().map(device).collect();
    Field::start(FieldConfig { wire: WIRE, devices, strict: true, spin: false, link }).unwrap()
}

pub(crate) fn port(field: &Field) -> Json {
    // The gap is generous for loaded test machines, see `serial_line`.
    json!({"name": "COM1", "id": "p1", "kind": "serial", "path": field.path(), "baud": 115_200, "parity": "none",
           "gap_ms": 10, "timeout_ms": 150, "retries": 1})
}

pub(crate) fn device(unit: u8, poll_ms: u32, tags: Json) -> Json {
    json!({"name": format!("d{unit}"), "id": format!("d{unit}"), "port": "COM1", "unit_id": unit, "poll_ms": poll_ms, "tags": tags})
}

/// A plain holding register; its value tells where it was read.
pub(crate) fn register(address: u16) -> Json {
    json!({"name": format!("r{address}"), "id": format!("r{address}"), "table": "holding", "address": address, "type": "u16", "writable": true})
}

fn parse(document: &Json) -> GatewayConfig {
    let (mut config, problems) = GatewayConfig::parse(document);
    assert!(problems.is_empty(), "{problems:?}");
    for device in config.devices.iter_mut().map(Arc::make_mut) {
        for tag in device.tags.iter_mut().map(Arc::make_mut) {
            tag.identity.id = format!("{}.{}", device.identity.id, tag.identity.id);
        }
    }
    config
}

impl Rig {
    pub(crate) fn start(field: Field, devices: Json) -> Self {
        Self::start_with(field, devices, |_| ())
    }

    /// With a changed document from the beginning.
    pub(crate) fn start_with(field: Field, devices: Json, change: impl FnOnce(&mut Json)) -> Self {
        let mut document = json!({"format": "dinrail/1", "ports": [port(&field)], "devices": devices});
        change(&mut document);
        let config = parse(&document);
        let image = Image::new();
        image.declare(definitions(&config));
        let (events, log) = Events::channel();
        let commands = Commands::new(image.clone(), events);
        let (config, seen) = watch::channel(LineConfig::of(&config).remove(0));
        let (health, health_seen) = watch::channel(Health::Starting);
        let (detail, detail_seen) = watch::channel(Detail::None);
        let stop = CancellationToken::new();
        let lines = Lines::default();
        let unit = SerialUnit::new(seen, image.clone(), commands.clone(), lines.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(unit.run(UnitContext { stop: stop.clone(), health, detail }));
        Self {
            reader: image.reader(),
            field,
            document,
            image,
            commands,
            lines,
            config,
            health: health_seen,
            detail: detail_seen,
            stop,
            tasks,
            _events: log,
        }
    }

    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Json)) {
        change(&mut self.document);
        let config = parse(&self.document);
        self.image.declare(definitions(&config));
        self.config.send_replace(LineConfig::of(&config).remove(0));
    }

    pub(crate) fn state(&self, tag: &str) -> TagState {
        self.reader.get(&TagName::parse(tag).unwrap()).unwrap_or_else(|| panic!("no tag {tag}")).state
    }

    pub(crate) fn value(&self, tag: &str) -> Option<Value> {
        let state = self.state(tag);
        state.value.filter(|_| state.quality == Quality::Good)
    }

    pub(crate) fn status(&self) -> LineStatus {
        match &*self.detail.borrow() {
            Detail::Line(status) => (**status).clone(),
            _ => LineStatus::default(),
        }
    }

    pub(crate) async fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(15);
        while !condition(self) {
            assert!(Instant::now() < deadline, "waited for: {what}; {:?}", self.status());
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    }

    pub(crate) async fn write(&self, tag: &str, value: Value) -> Result<Value, WriteError> {
        self.write_as("test", tag, value).await
    }

    pub(crate) async fn write_as(&self, actor: &str, tag: &str, value: Value) -> Result<Value, WriteError> {
        let asker = asker(actor);
        self.commands.write(&TagName::parse(tag).unwrap(), Attribute::Value, value, asker).await
    }

    pub(crate) fn words(&self, unit: u8, table: Table, address: u16, count: u16) -> Vec<u16> {
        self.field.get(unit, Span::new(table, address, count).unwrap()).unwrap()
    }

    /// Stops in good time, and checks that the line was never talked into.
    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(5), self.tasks.join_next()).await;
        let result = ended.expect("the unit ends in time").unwrap().expect("the unit does not panic");
        assert_eq!(result, Ok(()));
    }
}

/// Who writes.
pub(crate) fn asker(actor: &str) -> Asker {
    Asker { source: "test".into(), actor: actor.into(), unix_ms: 0 }
}
