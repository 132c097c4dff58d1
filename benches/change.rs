//! How long a change needs to reach the broker, and what publishing costs.
//!
//! The broker is another process: it stamps the arrival of every PUBLISH with the monotonic clock, which all processes
//! share. A value that is written carries the time of its own birth, so nothing has to be matched.

#[path = "support/allocator.rs"]
mod allocator;
#[path = "support/packet.rs"]
mod packet;

use anyhow::{Context, Result, ensure};
use dinrail::config::GatewayConfig;
use dinrail::config::tags::definitions;
use dinrail::drivers::modbus::unit::{LineConfig, SerialUnit};
use dinrail::faces::mqtt::{MqttUnit, MqttUnitConfig};
use dinrail::platform::clock;
use dinrail::runtime::commands::Commands;
use dinrail::runtime::events::Events;
use dinrail::runtime::image::{Image, Slot, Writer};
use dinrail::runtime::lines::Lines;
use dinrail::runtime::status::Detail;
use dinrail::runtime::unit::{Health, UnitContext};
use dinrail::store::queue::Queues;
use dinrail::tag::reading::{Raw, Reading};
use dinrail::tag::value::Value;
use packet::packet;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Of one change to its PUBLISH.
const TARGET: Duration = Duration::from_millis(2);
/// How long the line is read.
const LINE_RUN: Duration = Duration::from_secs(10);
/// Readings that must come through in that time, of five hundred.
const LINE_LEAST: usize = 450;
const REPEATS: usize = 3;
const WARM_UP: usize = 5;

fn main() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some("broker") {
        return broker();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    println!("change to PUBLISH at the broker's socket, QoS 0, payload `value`; medians of {REPEATS} runs");
    println!(
        "{:<46} {:>8} {:>8} {:>8} {:>9} {:>8} {:>7}",
        "", "messages", "p50 ms", "p99 ms", "/ target", "CPU s/s", "others"
    );
    let mut missed = Vec::new();
    for load in LOADS {
        show(load.name, &median(|| runtime.block_on(measure(&load)))?, &mut missed);
    }
    let line = median(|| runtime.block_on(measure_line()))?;
    show("last byte of a serial reply, 115200, every 20 ms", &line, &mut missed);
    ensure!(missed.is_empty(), "beyond the target: {missed:?}");
    Ok(())
}

/// The run in the middle: a machine that does something else now and then is not what is measured.
fn median(measure: impl Fn() -> Result<Run>) -> Result<Run> {
    let mut runs = (0..REPEATS).map(|_| measure()).collect::<Result<Vec<Run>>>()?;
    runs.sort_by_key(|run| run.percentile(0.99));
    Ok(runs.swap_remove(REPEATS / 2))
}

fn show(name: &'static str, run: &Run, missed: &mut Vec<&'static str>) {
    let ms = |at: f64| run.percentile(at).as_secs_f64() * 1000.0;
    let (p50, p99, messages) = (ms(0.5), ms(0.99), run.delays.len());
    let share = p99 / (TARGET.as_secs_f64() * 1000.0);
    let Used { own, others } = run.used;
    println!("{name:<46} {messages:>8} {p50:>8.3} {p99:>8.3} {share:>9.2} {own:>8.4} {others:>7.2}");
    if TARGET <= run.percentile(0.99) {
        missed.push(name);
    }
}

/// So many tags change together, so often.
struct Load {
    name: &'static str,
    /// Published in all.
    tags: usize,
    together: usize,
    every: Duration,
    rounds: u32,
}

const LOADS: [Load; 5] = [
    Load { name: "image, 1 tag every 5 ms", tags: 1000, together: 1, every: Duration::from_millis(5), rounds: 1000 },
    Load {
        name: "image, 16 tags every 20 ms",
        tags: 1000,
        together: 16,
        every: Duration::from_millis(20),
        rounds: 250,
    },
    Load {
        name: "image, 100 of 1000 tags every 20 ms (5,000 /s)",
        tags: 1000,
        together: 100,
        every: Duration::from_millis(20),
        rounds: 250,
    },
    Load {
        name: "image, 1 of 10,000 tags every 5 ms",
        tags: 10_000,
        together: 1,
        every: Duration::from_millis(5),
        rounds: 1000,
    },
    Load {
        name: "image, 100 of 10,000 tags every 20 ms",
        tags: 10_000,
        together: 100,
        every: Duration::from_millis(20),
        rounds: 500,
    },
];

struct Run {
    /// Sorted.
    delays: Vec<Duration>,
    used: Used,
}

impl Run {
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // An index.
    fn percentile(&self, share: f64) -> Duration {
        let last = self.delays.len().saturating_sub(1);
        self.delays.get((last as f64 * share) as usize).copied().unwrap_or_default()
    }
}

async fn measure(load: &Load) -> Result<Run> {
    let mut broker = Broker::start()?;
    let document = document(&broker.url, load.tags);
    let (config, problems) = GatewayConfig::parse(&document);
    ensure!(problems.is_empty(), "{problems:?}");
    let image = Image::new();
    image.declare(definitions(&config));
    let mut product = Product::start(&config, &image);
    product.connected().await?;
    let writer = image.writer("d");
    let slots: Option<Vec<Slot>> = (0..load.tags).map(|tag| writer.slot(&format!("t{tag}"))).collect();
    let slots = slots.context("slots")?;
    // Once around, so that buffers have their size.
    for chunk in slots.chunks(100) {
        write(&writer, chunk);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let meter = Meter::start()?;
    let mut next = tokio::time::interval(load.every);
    for round in 0..load.rounds as usize {
        next.tick().await;
        let first = round * load.together % (load.tags - load.together + 1);
        write(&writer, &slots[first..first + load.together]);
    }
    let used = meter.stop()?;
    product.stop().await?;
    let mut delays = broker.delays()?;
    // The first values and the warm-up are not part of it.
    let wanted = load.rounds as usize * load.together;
    ensure!(wanted <= delays.len(), "{wanted} changes, {} messages", delays.len());
    delays.drain(..delays.len() - wanted);
    delays.sort_unstable();
    Ok(Run { delays, used })
}

/// The whole way: line, driver, image, face. Each reply carries the time its last byte is due, so what the field is late
/// counts as ours: the figure is never too good.
async fn measure_line() -> Result<Run> {
    let mut sim = Command::new(env!("CARGO_BIN_EXE_dinrail"))
        .args(["sim", "--baud", "115200", "--devices", "1", "--spin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut orders = sim.stdin.take().context("no input")?;
    let mut said = BufReader::new(sim.stdout.take().context("no output")?).lines();
    let hello: Json = serde_json::from_str(&said.next().context("the field ended")??)?;
    writeln!(orders, "{}", json!({"fault": {"unit": 1, "fault": {"kind": "stamp"}, "times": null}}))?;
    let stamped = said.next().context("the field ended")??;
    ensure!(stamped.contains("true"), "the field said {stamped}");

    let mut broker = Broker::start()?;
    let mut document = document(&broker.url, 0);
    document["ports"][0] = json!({"name": "p", "id": "p", "kind": "serial", "path": hello["path"], "mode": "rs232", "baud": 115_200, "parity": "none"});
    document["devices"][0]["tags"] =
        json!([{"name": "t0", "table": "holding", "address": 0, "type": "u64", "poll_ms": 20}]);
    let (config, problems) = GatewayConfig::parse(&document);
    ensure!(problems.is_empty(), "{problems:?}");
    let image = Image::new();
    image.declare(definitions(&config));
    let mut product = Product::start(&config, &image);
    product.connected().await?;
    let (events, _told) = Events::channel();
    let (_lead, follow) = watch::channel(LineConfig::of(&config).remove(0));
    let unit = SerialUnit::new(follow, image.clone(), Commands::new(image.clone(), events), Lines::default());
    let stop = CancellationToken::new();
    let (health, detail) = (watch::channel(Health::Starting).0, watch::channel(Detail::None).0);
    let mut line = JoinSet::new();
    line.spawn(unit.run(UnitContext { stop: stop.clone(), health, detail }));
    let meter = Meter::start()?;
    tokio::time::sleep(LINE_RUN).await;
    let used = meter.stop()?;
    stop.cancel();
    line.join_next().await.context("the line ran")???;
    product.stop().await?;
    drop(orders);
    sim.wait()?;
    let mut delays = broker.delays()?;
    // The first are of the time before the first reading.
    delays.drain(..delays.len().min(WARM_UP));
    ensure!(LINE_LEAST <= delays.len(), "only {} readings came through", delays.len());
    delays.sort_unstable();
    Ok(Run { delays, used })
}

/// The product: one connection over an image.
struct Product {
    stop: CancellationToken,
    task: JoinSet<Result<(), dinrail::faces::mqtt::MqttError>>,
    health: watch::Receiver<Health>,
    _config: watch::Sender<MqttUnitConfig>,
}

impl Product {
    fn start(config: &GatewayConfig, image: &Image) -> Self {
        let (events, _told) = Events::channel();
        let commands = Commands::new(image.clone(), events.clone());
        let unit_config =
            MqttUnitConfig { appliance: config.appliance.name.clone(), connection: config.connections[0].clone() };
        let (lead, follow) = watch::channel(unit_config);
        let stop = CancellationToken::new();
        let (health, seen) = watch::channel(Health::Starting);
        let ctx = UnitContext { stop: stop.clone(), health, detail: watch::channel(Detail::None).0 };
        // QoS 0 keeps nothing: no file is ever made there.
        let queues = Queues::of(&std::env::temp_dir());
        let unit = MqttUnit { config: follow, image: image.reader(), commands, events, queues };
        let mut task = JoinSet::new();
        task.spawn(unit.run(ctx));
        Self { stop, task, health: seen, _config: lead }
    }

    async fn connected(&mut self) -> Result<()> {
        self.health.wait_for(|health| *health == Health::Up).await?;
        Ok(())
    }

    async fn stop(&mut self) -> Result<()> {
        self.stop.cancel();
        self.task.join_next().await.context("the unit ran")???;
        Ok(())
    }
}

fn document(url: &str, tags: usize) -> Json {
    let tag = |n: usize| json!({"name": format!("t{n}"), "table": "holding", "address": n * 4, "type": "u64"});
    json!({
        "format": "dinrail/1",
        "appliance": {"name": "line-3"},
        "ports": [{"name": "p", "kind": "serial", "path": "/dev/ttyS0"}],
        "devices": [{"name": "d", "port": "p", "unit_id": 1, "tags": (0..tags).map(tag).collect::<Vec<_>>()}],
        "mqtt": {"connections": [{"name": "c", "url": url, "publications": [
            {"name": "p", "topic": "{appliance}/{tag}", "tags": ["d/*"], "trigger": {"on_change": true}}]}]},
    })
}

/// Each tag gets the present time as its value.
fn write(writer: &Writer, slots: &[Slot]) {
    let (at, now) = (clock::now(), monotonic());
    writer.write(slots.iter().map(|slot| (*slot, Reading::Good { value: Value::U64(now), raw: Raw::new(), at })));
}

/// Nanoseconds of the clock all processes share.
fn monotonic() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0)
}

/// CPU seconds per second.
#[derive(Debug, Clone, Copy)]
struct Used {
    /// Of the product.
    own: f64,
    /// Of everything else on the machine, field and broker included: beyond one or two tenths the delays say more
    /// about the machine's other work than about the product.
    others: f64,
}

/// Measures what is used from here on.
struct Meter {
    began: Instant,
    own: Duration,
    all: f64,
}

impl Meter {
    fn start() -> Result<Self> {
        Ok(Self { began: Instant::now(), own: cpu_time(), all: all_cpu_time()? })
    }

    fn stop(&self) -> Result<Used> {
        let took = self.began.elapsed().as_secs_f64();
        let own = cpu_time().saturating_sub(self.own).as_secs_f64() / took;
        let others = ((all_cpu_time()? - self.all) / took - own).max(0.0);
        Ok(Used { own, others })
    }
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Seconds all processors were busy: user, nice, system, irq, softirq and steal of proc(5), in hundredths there.
fn all_cpu_time() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/stat")?;
    let ticks = stat.lines().next().context("/proc/stat")?.split_whitespace().skip(1);
    let ticks = ticks.map(str::parse).collect::<Result<Vec<f64>, _>>()?;
    ensure!(8 <= ticks.len(), "/proc/stat has {} columns", ticks.len());
    Ok([0, 1, 2, 5, 6, 7].map(|column: usize| ticks[column]).iter().sum::<f64>() / 100.0)
}

/// The broker process, as the bench sees it.
struct Broker {
    child: Child,
    output: BufReader<ChildStdout>,
    url: String,
}

impl Broker {
    fn start() -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?).arg("broker").stdout(Stdio::piped()).spawn()?;
        let mut output = BufReader::new(child.stdout.take().context("no output")?);
        let mut url = String::new();
        output.read_line(&mut url)?;
        Ok(Self { child, output, url: url.trim().to_owned() })
    }

    /// What each message took, in the order they came; when the client has gone.
    fn delays(&mut self) -> Result<Vec<Duration>> {
        let mut text = String::new();
        self.output.read_to_string(&mut text)?;
        self.child.wait()?;
        text.lines().map(|line| Ok(Duration::from_nanos(line.parse()?))).collect()
    }
}

/// The broker process: one client, CONNACK, and the time of every PUBLISH.
fn broker() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("mqtt://{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    let (mut stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    let mut delays = Vec::new();
    let mut buffer = Vec::new();
    let mut chunk = vec![0; 1 << 20];
    loop {
        let count = stream.read(&mut chunk)?;
        let now = monotonic();
        if count == 0 {
            break;
        }
        buffer.extend_from_slice(&chunk[..count]);
        let mut used = 0;
        while let Some((first, body, length)) = packet(&buffer[used..]) {
            answer(first, body, now, &mut stream, &mut delays)?;
            used += length;
        }
        buffer.drain(..used);
    }
    let mut text = Vec::new();
    for delay in delays {
        writeln!(text, "{delay}")?;
    }
    std::io::stdout().write_all(&text)?;
    Ok(())
}

fn answer(first: u8, body: &[u8], now: u64, stream: &mut TcpStream, delays: &mut Vec<u64>) -> Result<()> {
    match first >> 4 {
        1 => stream.write_all(&[0x20, 2, 0, 0])?,
        3 => {
            let topic = usize::from(u16::from_be_bytes([body[0], body[1]]));
            // `{"value":123,`, or null before the first reading.
            let digits = body[2 + topic..].iter().skip(9).take_while(|byte| byte.is_ascii_digit());
            let born = digits.fold(0u64, |number, digit| number * 10 + u64::from(digit - b'0'));
            delays.push(now.saturating_sub(born));
        }
        12 => stream.write_all(&[0xD0, 0])?,
        _ => (),
    }
    Ok(())
}
