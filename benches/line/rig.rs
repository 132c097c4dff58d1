//! The product: one unit over the simulated line.

use anyhow::{Context, Result, bail, ensure};
use dinrail::config::GatewayConfig;
use dinrail::config::tags::definitions;
use dinrail::drivers::modbus::unit::{LineConfig, SerialUnit};
use dinrail::runtime::commands::Commands;
use dinrail::runtime::events::{Event, Events};
use dinrail::runtime::image::{Image, Reader};
use dinrail::runtime::lines::{Lines, Transaction};
use dinrail::runtime::status::{Detail, LineStatus};
use dinrail::runtime::unit::{Health, UnitContext};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value as Json, json};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Registers of one block, then scattered ones, on each of eight devices.
#[derive(Clone, Copy)]
pub(crate) enum Workload {
    /// 64 registers, and 16 that no read can reach together.
    Unmerged,
    /// 64 registers, and 16 with 9 others between each two.
    Merged,
}

impl Workload {
    /// Reads of all devices once.
    pub(crate) fn reads(self) -> u32 {
        match self {
            Self::Unmerged => 8 * 17,
            // A read has at most 125 registers: the 16 take two.
            Self::Merged => 8 * 3,
        }
    }

    fn document(self, path: &str, baud: u32) -> Json {
        let register = |n: u16| json!({"name": format!("r{n}"), "id": format!("r{n}"), "table": "holding", "address": n, "type": "u16", "writable": true});
        let (most, scattered): (u16, Vec<u16>) = match self {
            Self::Unmerged => (64, (0..16).map(|n| 200 + 70 * n).collect()),
            Self::Merged => (125, (0..16).map(|n| 200 + 10 * n).collect()),
        };
        let tags: Vec<Json> = (0..64).chain(scattered).map(register).collect();
        let device = |unit: u8| json!({"name": format!("d{unit}"), "id": format!("d{unit}"), "port": "COM1", "unit_id": unit, "poll_ms": 0, "max_read_registers": most, "tags": tags});
        let devices: Vec<Json> = (1..=8).map(device).collect();
        let port = json!({"name": "COM1", "id": "p", "kind": "serial", "path": path, "mode": "rs232", "baud": baud, "parity": "none"});
        json!({"format": "dinrail/1", "ports": [port], "devices": devices})
    }
}

pub(crate) struct Rig {
    pub(crate) commands: Commands,
    pub(crate) lines: Lines,
    reader: Reader,
    figures: watch::Receiver<Detail>,
    stop: CancellationToken,
    tasks: JoinSet<Result<(), Infallible>>,
    _config: watch::Sender<LineConfig>,
    _log: mpsc::Receiver<Event>,
}

impl Rig {
    /// Starts the unit and waits until every tag is good.
    pub(crate) async fn start(workload: Workload, path: &str, baud: u32) -> Result<Self> {
        let (mut config, problems) = GatewayConfig::parse(&workload.document(path, baud));
        ensure!(problems.is_empty(), "{problems:?}");
        for device in config.devices.iter_mut().map(Arc::make_mut) {
            for tag in device.tags.iter_mut().map(Arc::make_mut) {
                tag.identity.id = format!("{}.{}", device.identity.id, tag.identity.id);
            }
        }
        let image = Image::new();
        image.declare(definitions(&config));
        let (events, log) = Events::channel();
        let (config, watched) = watch::channel(LineConfig::of(&config).remove(0));
        let (commands, lines) = (Commands::new(image.clone(), events), Lines::default());
        let unit = SerialUnit::new(watched, image.clone(), commands.clone(), lines.clone());
        let (health, _) = watch::channel(Health::Starting);
        let (detail, figures) = watch::channel(Detail::None);
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(unit.run(UnitContext { stop: stop.clone(), health, detail }));
        let reader = image.reader();
        let rig = Self { commands, lines, reader, figures, stop, tasks, _config: config, _log: log };
        for _ in 0..400 {
            if rig.reader.tally() == [8 * 80, 0, 0] {
                return Ok(rig);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("not all tags became good: {:?}", rig.reader.tally())
    }

    pub(crate) fn status(&self) -> Result<LineStatus> {
        match &*self.figures.borrow() {
            Detail::Line(line) => Ok((**line).clone()),
            _ => bail!("the line told no figures"),
        }
    }

    /// The latest transactions.
    pub(crate) async fn timeline(&self) -> Result<Vec<Transaction>> {
        Ok(self.lines.timeline("COM1", 0).await.context("timeline")?.transactions)
    }

    pub(crate) async fn end(mut self) -> Result<()> {
        self.stop.cancel();
        self.tasks.join_next().await.context("the unit was never there")???;
        Ok(())
    }
}

/// CPU time of this process so far.
pub(crate) fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
