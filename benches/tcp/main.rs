//! What polling many tags of Modbus/TCP devices costs: CPU and memory of the units and the image alone, with the devices
//! in another process. 10 connections, each to devices of 100 tags in one block, every tag once a second.

#[path = "../support/allocator.rs"]
mod allocator;
#[path = "../support/field.rs"]
mod field;

use anyhow::{Context, Result, bail, ensure};
use dinrail::config::GatewayConfig;
use dinrail::config::tags::definitions;
use dinrail::drivers::modbus::unit::{LineConfig, SerialUnit};
use dinrail::modbus::address::Table;
use dinrail::runtime::commands::Commands;
use dinrail::runtime::events::Events;
use dinrail::runtime::image::Image;
use dinrail::runtime::lines::Lines;
use dinrail::runtime::status::Detail;
use dinrail::runtime::unit::{Health, UnitContext};
use dinrail::sim::bank::Bank;
use field::field;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const PORTS: u32 = 10;
const TAGS_OF_ONE: u16 = 100;
const RUN: Duration = Duration::from_secs(15);
/// Share of one core, and MiB, for 10,000 tags.
const CPU_TARGET: f64 = 0.05;
const MEMORY_TARGET: f64 = 60.0;
/// Ten times the tags may cost this many times as much per tag.
const LINEAR: f64 = 1.5;

fn main() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some("field") {
        return field(PORTS as usize, TAGS_OF_ONE, changes);
    }
    let mut per_tag = Vec::new();
    for tags in [10_000, 100_000] {
        // Each size in a process of its own, so that memory is of this size alone.
        if std::env::args().nth(1).as_deref() == Some(&tags.to_string()) {
            let (cpu, memory) = measure(tags)?;
            println!("{cpu} {memory}");
            return Ok(());
        }
    }
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{PORTS} connections, {TAGS_OF_ONE} tags per device, each tag once a second; load {load}");
    let mut missed = Vec::new();
    for tags in [10_000_u32, 100_000] {
        let output = Command::new(std::env::current_exe()?).arg(tags.to_string()).stderr(Stdio::inherit()).output()?;
        let text = String::from_utf8(output.stdout)?;
        let (cpu, memory) = text.trim().split_once(' ').with_context(|| format!("{tags} tags: {text}"))?;
        let (cpu, memory): (f64, f64) = (cpu.parse()?, memory.parse()?);
        println!("{tags} tags: {cpu:.4} CPU s/s, {memory:.1} MiB resident");
        per_tag.push(cpu / f64::from(tags));
        if tags == 10_000 && (CPU_TARGET < cpu || MEMORY_TARGET < memory) {
            missed.push(format!("{tags} tags: at most {CPU_TARGET} CPU s/s and {MEMORY_TARGET} MiB"));
        }
    }
    let growth = per_tag[1] / per_tag[0];
    println!("CPU per tag at 100,000 over that at 10,000: {growth:.2}, target <= {LINEAR}");
    if LINEAR < growth {
        missed.push("linear".to_owned());
    }
    ensure!(missed.is_empty(), "missed: {missed:?}");
    Ok(())
}

fn measure(tags: u32) -> Result<(f64, f64)> {
    let mut field = Field::start()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let result = runtime.block_on(poll(tags, &field.addresses));
    drop(field.child.kill());
    drop(field.child.wait());
    result
}

async fn poll(tags: u32, addresses: &[String]) -> Result<(f64, f64)> {
    let devices_per_port = u8::try_from(tags / u32::from(TAGS_OF_ONE) / PORTS)?;
    let port = |(at, address): (usize, &String)| json!({"name": format!("P{at}"), "id": format!("p{at}"), "kind": "tcp", "address": address});
    let ports: Vec<Json> = addresses.iter().enumerate().map(port).collect();
    let list: Vec<Json> = (0..TAGS_OF_ONE)
        .map(|n| json!({"name": format!("r{n}"), "id": format!("r{n}"), "table": "holding", "address": n, "type": "u16"}))
        .collect();
    let device = |(port, unit): (usize, u8)| json!({"name": format!("d{port}-{unit}"), "id": format!("d{port}-{unit}"), "port": format!("P{port}"), "unit_id": unit, "poll_ms": 1000, "tags": list});
    let devices: Vec<Json> =
        (0..ports.len()).flat_map(|port| (1..=devices_per_port).map(move |unit| (port, unit))).map(device).collect();
    let (mut config, problems) =
        GatewayConfig::parse(&json!({"format": "dinrail/1", "ports": ports, "devices": devices}));
    ensure!(problems.is_empty(), "{problems:?}");
    for device in config.devices.iter_mut().map(Arc::make_mut) {
        for tag in device.tags.iter_mut().map(Arc::make_mut) {
            tag.identity.id = format!("{}.{}", device.identity.id, tag.identity.id);
        }
    }
    let image = Image::new();
    image.declare(definitions(&config));
    let (events, _log) = Events::channel();
    let commands = Commands::new(image.clone(), events);
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    let mut kept = Vec::new();
    for line in LineConfig::of(&config) {
        let (lead, follow) = watch::channel(line);
        let (health, _) = watch::channel(Health::Starting);
        let (detail, figures) = watch::channel(Detail::None);
        let unit = SerialUnit::new(follow, image.clone(), commands.clone(), Lines::default());
        tasks.spawn(unit.run(UnitContext { stop: stop.clone(), health, detail }));
        kept.push((lead, figures));
    }
    drop((config, devices, ports, list));
    let reader = image.reader();
    let began = Instant::now();
    while reader.tally()[0] != tags as usize {
        ensure!(began.elapsed() < Duration::from_secs(60), "not all tags became good: {:?}", reader.tally());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // The first reads come all at once; then they spread.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (began, cpu) = (Instant::now(), cpu_time());
    let count = || -> u64 {
        let lines = kept.iter().map(|(_, figures)| match &*figures.borrow() {
            Detail::Line(line) => line.traffic.transactions,
            _ => 0,
        });
        lines.sum()
    };
    let before = count();
    tokio::time::sleep(RUN).await;
    let cpu = cpu_time().saturating_sub(cpu).as_secs_f64() / began.elapsed().as_secs_f64();
    let reads = count() - before;
    let wanted = u64::from(tags / u32::from(TAGS_OF_ONE)) * RUN.as_secs();
    if reads * 100 < wanted * 95 {
        bail!("only {reads} of {wanted} reads were done");
    }
    let memory = resident_mib()?;
    stop.cancel();
    while tasks.join_next().await.is_some() {}
    Ok((cpu, memory))
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn resident_mib() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("VmRSS")?;
    let kib: u32 = line.split_whitespace().nth(1).context("VmRSS")?.parse()?;
    Ok(f64::from(kib) / 1024.0)
}

/// The devices, in a process of their own.
struct Field {
    child: Child,
    addresses: Vec<String>,
}

impl Field {
    fn start() -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?).arg("field").stdout(Stdio::piped()).spawn()?;
        let output = BufReader::new(child.stdout.take().context("no output")?);
        let addresses = output.lines().take(PORTS as usize).collect::<Result<_, _>>()?;
        Ok(Self { child, addresses })
    }
}

/// Every value moves, so that the image has work.
fn changes() -> impl FnMut(&mut Bank, &[u8], Duration) {
    |bank, _, since| {
        let step = u16::try_from(since.as_secs() % 60_000).unwrap_or_default();
        bank.set(Table::Holding, 0, &[step; TAGS_OF_ONE as usize]);
    }
}
