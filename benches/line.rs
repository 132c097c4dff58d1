//! How much of a serial line's time the gateway uses: 8 devices, blocks of 16 registers, as fast as possible.
//!
//! Efficiency = time an ideal master needs that sends the same frames with exactly 3.5 characters of silence after each
//! answer / time taken. The field, in another process, measures it and every gap; one gap under 3.5 characters fails.

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use dinrail::config::GatewayConfig;
use dinrail::config::tags::definitions;
use dinrail::drivers::modbus::unit::{LineConfig, SerialUnit};
use dinrail::runtime::commands::Commands;
use dinrail::runtime::events::Events;
use dinrail::runtime::image::Image;
use dinrail::runtime::lines::Lines;
use dinrail::runtime::status::Detail;
use dinrail::runtime::unit::{Health, UnitContext};
use dinrail::sim::process::{SimArgs, run};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const DEVICES: u8 = 8;
const REGISTERS: u8 = 16;
const RUN: Duration = Duration::from_secs(3);
const REPEATS: usize = 5;
/// Speed, and the least share of the ceiling that passes.
const TARGETS: [(u32, f64); 3] = [(9_600, 0.98), (19_200, 0.975), (115_200, 0.95)];

#[derive(Parser)]
struct SimCli {
    #[command(flatten)]
    args: SimArgs,
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().map(String::as_str) == Some("sim") {
        return Ok(run(&SimCli::parse_from(args).args)?);
    }
    println!(
        "{DEVICES} devices, turnaround 2 ms, blocks of {REGISTERS} registers, 8N1, {REPEATS} x {} s",
        RUN.as_secs()
    );
    println!("{:>7} {:>11} {:>8} {:>9} {:>9} {:>12}", "baud", "efficiency", "target", "req/s", "CPU s/s", "min gap us");
    let mut missed = Vec::new();
    for (baud, target) in TARGETS {
        let mut runs = (0..REPEATS).map(|_| measure(baud)).collect::<Result<Vec<Run>>>()?;
        runs.sort_by(|a, b| a.efficiency.total_cmp(&b.efficiency));
        let median = runs[REPEATS / 2];
        let min_gap = runs.iter().map(|run| run.min_gap_us).min().unwrap_or(0);
        let (efficiency, least) = (100.0 * median.efficiency, 100.0 * target);
        let Run { per_second, cpu, .. } = median;
        println!("{baud:>7} {efficiency:>10.2}% {least:>7.1}% {per_second:>9.1} {cpu:>9.4} {min_gap:>12}");
        if median.efficiency < target {
            missed.push(baud);
        }
    }
    ensure!(missed.is_empty(), "below the target at {missed:?} baud");
    Ok(())
}

#[derive(Clone, Copy)]
struct Run {
    efficiency: f64,
    per_second: f64,
    cpu: f64,
    min_gap_us: u64,
}

fn measure(baud: u32) -> Result<Run> {
    let mut sim = Sim::start(baud)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (took, cpu) = runtime.block_on(poll(&sim.path, baud))?;
    let report = sim.ask("\"stats\"")?;
    let count = |name: &str| report["stats"][name].as_u64().with_context(|| format!("{name} in {report}"));
    let short = count("short_gaps")?;
    if short != 0 {
        bail!("{short} gaps under 3.5 characters at {baud} baud: {report}");
    }
    Ok(Run {
        efficiency: report["efficiency"].as_f64().context("efficiency")?,
        per_second: f64::from(u32::try_from(count("requests")?)?) * 1e6
            / f64::from(u32::try_from(count("elapsed_us")?)?),
        cpu: cpu.as_secs_f64() / took.as_secs_f64(),
        min_gap_us: count("min_gap_us")?,
    })
}

/// Runs the product: the unit of the line, with 16 tags on each device, flat out.
async fn poll(path: &str, baud: u32) -> Result<(Duration, Duration)> {
    let tag =
        |n| json!({"name": format!("r{n}"), "id": format!("r{n}"), "table": "holding", "address": n, "type": "u16"});
    let tags: Vec<Json> = (0..REGISTERS).map(tag).collect();
    let device = |unit| json!({"name": format!("d{unit}"), "id": format!("d{unit}"), "port": "COM1", "unit_id": unit, "poll_ms": 0, "tags": tags});
    let devices: Vec<Json> = (1..=DEVICES).map(device).collect();
    let port = json!({"name": "COM1", "id": "p", "kind": "serial", "path": path, "mode": "rs232", "baud": baud, "parity": "none", "timeout_ms": 1000});
    let (mut config, problems) =
        GatewayConfig::parse(&json!({"format": "dinrail/1", "ports": [port], "devices": devices}));
    ensure!(problems.is_empty(), "{problems:?}");
    for device in &mut config.devices {
        for tag in &mut device.tags {
            tag.identity.id = format!("{}.{}", device.identity.id, tag.identity.id);
        }
    }
    let image = Image::new();
    image.declare(definitions(&config));
    let (events, _log) = Events::channel();
    let (_config, watched) = watch::channel(LineConfig::of(&config).remove(0));
    let unit = SerialUnit::new(watched, image.clone(), Commands::new(image.clone(), events), Lines::default());
    let (health, _) = watch::channel(Health::Starting);
    let (detail, figures) = watch::channel(Detail::None);
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    tasks.spawn(unit.run(UnitContext { stop: stop.clone(), health, detail }));

    let (began, cpu) = (Instant::now(), cpu_time());
    tokio::time::sleep(RUN).await;
    let (took, cpu) = (began.elapsed(), cpu_time().saturating_sub(cpu));
    stop.cancel();
    tasks.join_next().await.context("the unit was never there")???;
    let Detail::Line(line) = figures.borrow().clone() else { bail!("the line told no figures") };
    let lost = line.traffic.timeouts + line.traffic.crc_errors + line.traffic.foreign + line.traffic.late;
    ensure!(lost == 0, "transactions were lost: {line:?}");
    let [good, ..] = image.reader().tally();
    ensure!(good == usize::from(DEVICES) * usize::from(REGISTERS), "only {good} tags are good");
    Ok((took, cpu))
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The field in a process of its own; ends with its input.
struct Sim {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    path: String,
}

impl Sim {
    fn start(baud: u32) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["sim", "--turnaround-us", "2000"])
            .args(["--baud", &baud.to_string(), "--devices", &DEVICES.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().context("no output")?);
        let mut sim = Self { child, input, output, path: String::new() };
        let hello = sim.line()?;
        hello["path"].as_str().context("no path")?.clone_into(&mut sim.path);
        Ok(sim)
    }

    fn ask(&mut self, order: &str) -> Result<Json> {
        writeln!(self.input.as_mut().context("closed")?, "{order}")?;
        self.line()
    }

    fn line(&mut self) -> Result<Json> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("the field said `{line}`"))
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        drop(self.input.take());
        if let Err(err) = self.child.wait() {
            eprintln!("the field did not end: {err}");
        }
    }
}
