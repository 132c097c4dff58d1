//! `cargo bench --bench io`: what 32 simulated modules of 16 inputs cost at a scan of 10 ms, how long a change of an
//! input needs to its PUBLISH, and how long the outputs of 32 modules need to their safe values.
//!
//! Half the inputs change twice a second. A change is due at a known moment: the signals are square waves that begin with
//! their module, whose period is no multiple of the scan, so that every phase between change and scan occurs. The broker is
//! a thread of this process and costs a little of what is measured.

#[path = "support/allocator.rs"]
mod allocator;
#[path = "support/packet.rs"]
mod packet;

use anyhow::{Context as _, Result, ensure};
use dinrail::config::GatewayConfig;
use dinrail::config::module::ModuleConfig;
use dinrail::config::tags::definitions;
use dinrail::drivers::local_io::unit::ModuleUnit;
use dinrail::faces::mqtt::{MqttUnit, MqttUnitConfig};
use dinrail::runtime::commands::{Asker, Commands};
use dinrail::runtime::events::Events;
use dinrail::runtime::image::{Image, Reader};
use dinrail::runtime::modules::Modules;
use dinrail::runtime::safe_mode::{Cause, SafeMode, SafeState};
use dinrail::runtime::status::Detail;
use dinrail::runtime::unit::{Health, UnitContext};
use dinrail::store::queue::Queues;
use dinrail::tag::attribute::Attribute;
use dinrail::tag::id::TagName;
use dinrail::tag::reading::TagState;
use dinrail::tag::value::Value;
use packet::packet;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value as Json, json};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const MODULES: usize = 32;
const CHANNELS: usize = 16;
const SCAN_MS: u64 = 10;
/// Share of one core.
const CPU_TARGET: f64 = 0.10;
/// From a change to its PUBLISH, 99 of 100.
const DELAY_TARGET: Duration = Duration::from_millis(15);
/// From the trip to the last of all outputs.
const SAFE_TARGET: Duration = Duration::from_millis(100);
/// Trips that are measured.
const TRIPS: usize = 50;
/// How long each is measured.
const RUN: Duration = Duration::from_secs(10);
/// Values of before the first scan, and what comes with the connection.
const WARM_UP: Duration = Duration::from_secs(1);
/// Between two changes of an input.
const HALF: Duration = Duration::from_micros(500_700);

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (used, late) = runtime.block_on(cost())?;
    let met = |met: bool| if met { "met" } else { "MISSED" };
    let word = met(used < CPU_TARGET);
    println!(
        "{MODULES} modules x {CHANNELS} inputs at {SCAN_MS} ms: {used:.3} CPU s/s = {:.2} of the target {CPU_TARGET} ({word}); {late}",
        used / CPU_TARGET
    );
    let mut delays = runtime.block_on(delay())?;
    delays.sort_unstable();
    let at = |percent: usize| delays[delays.len() * percent / 100].as_secs_f64() * 1000.0;
    let target = DELAY_TARGET.as_secs_f64() * 1000.0;
    println!(
        "change of an input to PUBLISH at a scan of {SCAN_MS} ms, {} changes: p50 {:.2} ms, p99 {:.2} ms = {:.2} of the target {target} ms ({})",
        delays.len(),
        at(50),
        at(99),
        at(99) / target,
        met(at(99) < target)
    );
    let mut times = runtime.block_on(safe_values())?;
    times.sort_unstable();
    let (middle, worst) = (times[TRIPS / 2].as_secs_f64() * 1000.0, times[TRIPS - 1].as_secs_f64() * 1000.0);
    let target = SAFE_TARGET.as_secs_f64() * 1000.0;
    println!(
        "trip to the safe value of the last of {} outputs, {TRIPS} trips: p50 {middle:.2} ms, the longest {worst:.2} ms = {:.2} of the target {target} ms ({})",
        MODULES * CHANNELS,
        worst / target,
        met(worst < target)
    );
    Ok(())
}

fn document(modules: usize, broker: Option<&str>) -> Json {
    let signals: Vec<Json> = (0..CHANNELS)
        .step_by(2)
        .map(|n| json!({"channel": n, "signal": "square", "period_s": (2 * HALF).as_secs_f64()}))
        .collect();
    let channels: Vec<Json> = (0..CHANNELS).map(|n| json!({"channel": n, "name": format!("DI-{n:02}")})).collect();
    let module = |n: usize| {
        json!({"name": format!("di-{n}"), "id": format!("di-{n}"), "slot": n + 1, "model": "di-16", "scan_ms": SCAN_MS,
            "driver": {"kind": "simulated", "signals": signals}, "channels": channels})
    };
    let mut document = json!({"format": "dinrail/1", "modules": (0..modules).map(module).collect::<Vec<_>>()});
    if let Some(url) = broker {
        document["mqtt"] = json!({"connections": [{"name": "c", "url": url, "publications": [
            {"name": "p", "topic": "{tag}", "tags": ["di-0/*"], "trigger": {"on_change": true}}]}]});
    }
    document
}

/// The units of a configuration's modules, and of its connection.
struct Product {
    reader: Reader,
    commands: Commands,
    safe: SafeMode,
    stop: CancellationToken,
    tasks: JoinSet<Result<()>>,
    details: Vec<watch::Receiver<Detail>>,
    configs: Vec<watch::Sender<ModuleConfig>>,
    connections: Vec<watch::Sender<MqttUnitConfig>>,
}

impl Product {
    fn start(document: &Json) -> Result<Self> {
        let (config, problems) = GatewayConfig::parse(document);
        ensure!(problems.is_empty(), "{problems:?}");
        let image = Image::new();
        image.declare(definitions(&config));
        let (events, _told) = Events::channel();
        let commands = Commands::new(image.clone(), events.clone());
        let (modules, safe, stop) = (Modules::default(), SafeMode::default(), CancellationToken::new());
        let mut product = Self {
            reader: image.reader(),
            commands: commands.clone(),
            safe: safe.clone(),
            stop: stop.clone(),
            tasks: JoinSet::new(),
            details: vec![],
            configs: vec![],
            connections: vec![],
        };
        let context = |detail: watch::Sender<Detail>| UnitContext {
            stop: stop.clone(),
            health: watch::channel(Health::Starting).0,
            detail,
        };
        for connection in &config.connections {
            let (lead, config) =
                watch::channel(MqttUnitConfig { appliance: "io".to_owned(), connection: connection.clone() });
            let unit = MqttUnit {
                config,
                image: image.reader(),
                commands: commands.clone(),
                events: events.clone(),
                queues: Queues::of(&std::env::temp_dir()),
            };
            let ctx = context(watch::channel(Detail::None).0);
            product.tasks.spawn(async move { Ok(unit.run(ctx).await?) });
            product.connections.push(lead);
        }
        for module in config.modules {
            let (lead, follow) = watch::channel(module);
            let unit = ModuleUnit::new(follow, image.clone(), commands.clone(), modules.clone(), safe.follow());
            let (detail, seen) = watch::channel(Detail::None);
            let ctx = context(detail);
            product.tasks.spawn(async move { Ok(unit.run(ctx).await?) });
            product.configs.push(lead);
            product.details.push(seen);
        }
        Ok(product)
    }

    async fn stop(mut self) -> Result<()> {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended??;
        }
        Ok(())
    }
}

/// CPU seconds per second of all modules together, and how punctual they were.
async fn cost() -> Result<(f64, String)> {
    let product = Product::start(&document(MODULES, None))?;
    tokio::time::sleep(WARM_UP).await;
    let (began, before) = (Instant::now(), cpu_time());
    tokio::time::sleep(RUN).await;
    let used = cpu_time().saturating_sub(before).as_secs_f64() / began.elapsed().as_secs_f64();
    let (mut scans, mut overruns, mut p99) = (0, 0, 0);
    for detail in &product.details {
        if let Detail::Module(module) = &*detail.borrow() {
            scans += module.scans;
            overruns += module.overruns;
            p99 = p99.max(module.jitter.p99_us);
        }
    }
    product.stop().await?;
    Ok((used, format!("{scans} scans, {overruns} overruns, jitter p99 of the worst module {p99} us")))
}

/// From the trip of the safe mode until every output of all modules is seen at its safe value.
async fn safe_values() -> Result<Vec<Duration>> {
    let channels: Vec<Json> =
        (0..CHANNELS).map(|n| json!({"channel": n, "name": format!("DO-{n:02}"), "safe": "on"})).collect();
    let module = |n: usize| {
        json!({"name": format!("do-{n}"), "id": format!("do-{n}"), "slot": n + 1, "model": "do-16", "scan_ms": 1000,
            "driver": {"kind": "simulated"}, "channels": channels})
    };
    let document = json!({"format": "dinrail/1", "modules": (0..MODULES).map(module).collect::<Vec<_>>()});
    let product = Product::start(&document)?;
    let outputs: Vec<TagName> = (0..MODULES)
        .flat_map(|m| (0..CHANNELS).map(move |c| format!("do-{m}/DO-{c:02}")))
        .filter_map(|name| TagName::parse(&name).ok())
        .collect();
    ensure!(outputs.len() == MODULES * CHANNELS, "a name is no name");
    let until = async |are: &dyn Fn(&TagState) -> bool| -> Result<()> {
        let began = Instant::now();
        while !outputs.iter().all(|output| product.reader.get(output).is_some_and(|tag| are(&tag.state))) {
            ensure!(began.elapsed() < RUN, "the outputs do not become what they should");
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        Ok(())
    };
    let show = |value: bool| move |state: &TagState| state.value == Some(Value::Bool(value));
    let free = |state: &TagState| state.aspect(Attribute::SafeMode) == Some(Value::Bool(false));
    // Every module is at work when its outputs have been seen.
    until(&show(false)).await?;
    let mut times = Vec::new();
    for _ in 0..TRIPS {
        product.safe.set(SafeState::default());
        until(&free).await?;
        for output in &outputs {
            let asker = Asker { source: "bench".to_owned(), actor: String::new(), unix_ms: 0 };
            product.commands.write(output, Attribute::Value, Value::Bool(false), asker).await?;
        }
        until(&show(false)).await?;
        let began = Instant::now();
        product.safe.set(SafeState { causes: vec![Cause::Hand], since_ms: Some(0) });
        until(&show(true)).await?;
        times.push(began.elapsed());
    }
    product.stop().await?;
    Ok(times)
}

/// From the moment an input changes to its PUBLISH at the broker's socket.
async fn delay() -> Result<Vec<Duration>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("mqtt://{}", listener.local_addr()?);
    let broker = std::thread::spawn(move || broker(&listener));
    // A little before the signals begin: what is measured is this little too long.
    let began = Instant::now();
    let product = Product::start(&document(1, Some(&url)))?;
    tokio::time::sleep(WARM_UP + 3 * RUN).await;
    product.stop().await?;
    let arrivals = broker.join().ok().context("the broker ended")??;
    let since = arrivals.into_iter().map(|at| at.saturating_duration_since(began)).filter(|since| WARM_UP < *since);
    let half = HALF.as_nanos();
    let delays = since.map(|since| Duration::from_nanos(u64::try_from(since.as_nanos() % half).unwrap_or(u64::MAX)));
    let delays: Vec<Duration> = delays.collect();
    ensure!(400 < delays.len(), "only {} changes came through", delays.len());
    Ok(delays)
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// One client, CONNACK, and the time of every PUBLISH.
fn broker(listener: &TcpListener) -> Result<Vec<Instant>> {
    let (mut stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    let (mut buffer, mut chunk, mut arrivals) = (Vec::new(), vec![0; 1 << 16], Vec::new());
    loop {
        let count = stream.read(&mut chunk)?;
        let now = Instant::now();
        if count == 0 {
            return Ok(arrivals);
        }
        buffer.extend_from_slice(&chunk[..count]);
        while let Some((first, _, whole)) = packet(&buffer) {
            match first >> 4 {
                1 => stream.write_all(&[0x20, 2, 0, 0])?,
                3 => arrivals.push(now),
                12 => stream.write_all(&[0xD0, 0])?,
                _ => (),
            }
            buffer.drain(..whole);
        }
    }
}
