//! `cargo bench --bench queue`: what store and forward costs and how fast it goes.
//!
//! * From a change in the image to the broker's socket, one topic per tag, 64-byte payloads, as many as will go: QoS 1
//!   through the queue, and QoS 0 past it, each against a bare loop of the client library with 100 in flight, to the same
//!   broker in the same run.
//! * An outage in which 3.6 million messages with times of their own are made: what they take on the disk and in memory,
//!   how fast they leave afterwards, and what memory is then.

#[path = "support/allocator.rs"]
mod allocator;
#[path = "support/packet.rs"]
mod packet;

use anyhow::{Context, Result, ensure};
use dinrail::config::GatewayConfig;
use dinrail::config::tags::definitions;
use dinrail::faces::mqtt::{MqttError, MqttUnit, MqttUnitConfig};
use dinrail::platform::clock;
use dinrail::runtime::commands::Commands;
use dinrail::runtime::events::Events;
use dinrail::runtime::image::{Image, Slot, Writer};
use dinrail::runtime::status::{Detail, MqttStatus};
use dinrail::runtime::unit::{Health, UnitContext};
use dinrail::store::queue::Queues;
use dinrail::tag::reading::{Raw, Reading};
use dinrail::tag::value::Value;
use futures::stream::{FuturesUnordered, StreamExt as _};
use packet::packet;
use rumqttc::{AsyncClient, MqttOptions, PublishOptions, QoS};
use serde_json::{Value as Json, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const TAGS: usize = 1000;
const SPAN: Duration = Duration::from_secs(5);
const REPEATS: usize = 3;
/// Shares of the bare loop.
const QOS_1_TARGET: f64 = 0.5;
const QOS_0_TARGET: f64 = 0.4;
const RECORDS: u64 = 3_600_000;
const FILE_TARGET_MIB: f64 = 200.0;
const DRAIN_TARGET: f64 = 20_000.0;
/// Resident memory after the outage, beyond what it was before.
const MEMORY_TARGET_MIB: f64 = 8.0;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).map(String::as_str) == Some("broker") {
        return broker(arguments.get(2).map_or("127.0.0.1:0", String::as_str));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut missed = Vec::new();
    println!("messages/s at the broker, medians of {REPEATS} runs of {} s", SPAN.as_secs());
    for (qos, target) in [(QoS::AtLeastOnce, QOS_1_TARGET), (QoS::AtMostOnce, QOS_0_TARGET)] {
        let bare = median(|| runtime.block_on(bare(qos)))?;
        let ours = median(|| runtime.block_on(product(qos)))?;
        verdict(&format!("{qos:?}: {ours:.0} of {bare:.0} of a bare loop"), ours / bare, target, &mut missed, true);
    }
    runtime.block_on(outage(&mut missed))?;
    ensure!(missed.is_empty(), "missed: {missed:?}");
    Ok(())
}

fn median(measure: impl Fn() -> Result<f64>) -> Result<f64> {
    let mut runs = (0..REPEATS).map(|_| measure()).collect::<Result<Vec<f64>>>()?;
    runs.sort_by(f64::total_cmp);
    Ok(runs[REPEATS / 2])
}

fn verdict(what: &str, measured: f64, target: f64, missed: &mut Vec<String>, at_least: bool) {
    let met = if at_least { target <= measured } else { measured <= target };
    println!("{what}: {measured:.2}, asked {target} ({})", if met { "met" } else { "MISSED" });
    if !met {
        missed.push(what.to_owned());
    }
}

/// The client library alone.
async fn bare(qos: QoS) -> Result<f64> {
    let mut broker = Broker::start("127.0.0.1:0")?;
    let address = broker.url.strip_prefix("mqtt://").context("an address")?.to_owned();
    let (host, port) = address.rsplit_once(':').context("a port")?;
    let mut options = MqttOptions::new("bare", (host.to_owned(), port.parse::<u16>()?));
    options.set_inflight(100).set_max_request_batch(256).set_request_channel_capacity(1024);
    let (client, mut events) = AsyncClient::builder(options).try_build()?;
    let mut pump = JoinSet::new();
    pump.spawn(async move { while events.poll().await.is_ok() {} });
    let payload = [b'x'; 64];
    let end = Instant::now() + SPAN;
    let mut open = FuturesUnordered::new();
    let mut n = 0usize;
    let most = if qos == QoS::AtMostOnce { 512 } else { 100 };
    while Instant::now() < end {
        while open.len() < most {
            let topic = format!("line-3/d/t{}", n % TAGS);
            n += 1;
            open.push(
                client
                    .publish_tracked(topic, payload.as_slice(), PublishOptions::new(qos))
                    .await?
                    .wait_completion_async(),
            );
        }
        open.next().await.context("nothing open")??;
    }
    drop(pump);
    broker.rate()
}

/// From the image.
async fn product(qos: QoS) -> Result<f64> {
    let mut broker = Broker::start("127.0.0.1:0")?;
    let folder = tempfile::tempdir()?;
    let qos = u8::from(qos != QoS::AtMostOnce);
    let mut product = Product::start(folder.path(), &broker.url, json!({}), qos)?;
    product.health.wait_for(|health| *health == Health::Up).await?;
    let writer = product.image.writer("d");
    let slots = slots(&writer)?;
    let end = Instant::now() + SPAN;
    let mut round = 0u64;
    while Instant::now() < end {
        round += 1;
        for chunk in slots.chunks(100) {
            write(&writer, chunk, round);
            tokio::task::yield_now().await;
        }
    }
    product.stop().await?;
    broker.rate()
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
async fn outage(missed: &mut Vec<String>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let url = format!("mqtt://{address}");
    let mut product = Product::start(folder.path(), &url, json!({"max_mib": 1000}), 1)?;
    let writer = product.image.writer("d");
    let slots = slots(&writer)?;
    write(&writer, &slots, 0);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = resident()?;
    let (began, mut most, mut round) = (Instant::now(), before, 0);
    while product.status().queue.records < RECORDS {
        round += 1;
        write(&writer, &slots, round);
        // So that each change is seen before the next: what merges is no record.
        tokio::time::sleep(Duration::from_millis(10)).await;
        if round.is_multiple_of(100) {
            most = most.max(resident()?);
        }
    }
    let made = began.elapsed();
    // What still waits in memory is written within a second or two.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let records = product.status().queue.records;
    let scale = RECORDS as f64 / records as f64;
    let file = folder_mib(folder.path())? * scale;
    println!(
        "{records} messages made in {:.0} s; resident memory {before:.1} MiB before, {most:.1} at most",
        made.as_secs_f64()
    );
    verdict("3.6 million records on the disk, MiB", file, FILE_TARGET_MIB, missed, false);
    let mut broker = Broker::start(&address.to_string())?;
    let mut status = product.detail.clone();
    let mut most = 0.0f64;
    loop {
        tokio::time::timeout(Duration::from_secs(300), status.changed()).await??;
        most = most.max(resident()?);
        if mqtt(&status.borrow()).queue.records == 0 {
            break;
        }
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let after = resident()?;
    let ledger = product.status().ledger.remove(0);
    ensure!(ledger.dropped.is_empty() && ledger.produced == ledger.acknowledged, "{ledger:?}");
    product.stop().await?;
    verdict("drained, messages/s", broker.rate()?, DRAIN_TARGET, missed, true);
    println!("resident memory {most:.1} MiB at most while draining, {after:.1} after");
    verdict("memory beyond what it was, MiB", after - before, MEMORY_TARGET_MIB, missed, false);
    println!("files afterwards: {:.2} MiB", folder_mib(folder.path())?);
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn folder_mib(folder: &Path) -> Result<f64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes as f64 / 1024.0 / 1024.0)
}

/// MiB, of `/proc/self/status`.
fn resident() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}

fn slots(writer: &Writer) -> Result<Vec<Slot>> {
    (0..TAGS).map(|tag| writer.slot(&format!("t{tag}")).context("a slot")).collect()
}

fn write(writer: &Writer, slots: &[Slot], round: u64) {
    let at = clock::now();
    let reading = |(n, slot): (u64, &Slot)| {
        (*slot, Reading::Good { value: Value::U64(100_000 + round * 7919 % 900_000 + n), raw: Raw::new(), at })
    };
    writer.write((0..).zip(slots).map(reading));
}

fn mqtt(detail: &Detail) -> MqttStatus {
    match detail {
        Detail::Mqtt(status) => (**status).clone(),
        _ => MqttStatus::default(),
    }
}

/// The product: one connection over an image.
struct Product {
    image: Image,
    stop: CancellationToken,
    task: JoinSet<Result<(), MqttError>>,
    health: watch::Receiver<Health>,
    detail: watch::Receiver<Detail>,
    _config: watch::Sender<MqttUnitConfig>,
}

impl Product {
    fn start(folder: &Path, url: &str, buffer: Json, qos: u8) -> Result<Self> {
        let (config, problems) = GatewayConfig::parse(&document(url, buffer, qos));
        ensure!(problems.is_empty(), "{problems:?}");
        let image = Image::new();
        image.declare(definitions(&config));
        let (events, _told) = Events::channel();
        let commands = Commands::new(image.clone(), events.clone());
        let unit_config =
            MqttUnitConfig { appliance: config.appliance.name.clone(), connection: config.connections[0].clone() };
        let (lead, follow) = watch::channel(unit_config);
        let stop = CancellationToken::new();
        let ((health, seen), (detail, figures)) = (watch::channel(Health::Starting), watch::channel(Detail::None));
        let ctx = UnitContext { stop: stop.clone(), health, detail };
        let (reader, queues) = (image.reader(), Queues::of(folder));
        let unit = MqttUnit { config: follow, image: reader, commands, events, queues };
        let mut task = JoinSet::new();
        task.spawn(unit.run(ctx));
        Ok(Self { image, stop, task, health: seen, detail: figures, _config: lead })
    }

    fn status(&self) -> MqttStatus {
        mqtt(&self.detail.borrow())
    }

    async fn stop(&mut self) -> Result<()> {
        self.stop.cancel();
        self.task.join_next().await.context("the unit ran")???;
        Ok(())
    }
}

fn document(url: &str, buffer: Json, qos: u8) -> Json {
    let tag = |n: usize| json!({"name": format!("t{n}"), "table": "holding", "address": n * 4, "type": "u64"});
    json!({
        "format": "dinrail/1",
        "appliance": {"name": "line-3"},
        "ports": [{"name": "p", "kind": "serial", "path": "/dev/ttyS0"}],
        "devices": [{"name": "d", "port": "p", "unit_id": 1, "tags": (0..TAGS).map(tag).collect::<Vec<_>>()}],
        "mqtt": {"connections": [{"name": "c", "url": url, "buffer": buffer, "publications": [
            {"name": "p", "topic": "{appliance}/{tag}", "tags": ["d/*"], "qos": qos, "trigger": {"on_change": true}}]}]},
    })
}

/// The broker process, as the bench sees it.
struct Broker {
    child: Child,
    output: BufReader<ChildStdout>,
    url: String,
}

impl Broker {
    fn start(at: &str) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?).args(["broker", at]).stdout(Stdio::piped()).spawn()?;
        let mut output = BufReader::new(child.stdout.take().context("no output")?);
        let mut url = String::new();
        output.read_line(&mut url)?;
        Ok(Self { child, output, url: url.trim().to_owned() })
    }

    /// Messages a second, from the first to the last; when the client has gone.
    fn rate(&mut self) -> Result<f64> {
        let mut text = String::new();
        self.output.read_to_string(&mut text)?;
        self.child.wait()?;
        let (count, seconds) = text.trim().split_once(' ').context("two figures")?;
        Ok(count.parse::<f64>()? / seconds.parse::<f64>()?)
    }
}

/// The broker process: one client; every PUBLISH counted and, with QoS 1, acknowledged.
fn broker(at: &str) -> Result<()> {
    let listener = TcpListener::bind(at)?;
    println!("mqtt://{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    let (mut stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    let (mut count, mut first, mut last) = (0u64, None, Instant::now());
    let (mut buffer, mut chunk, mut answers) = (Vec::new(), vec![0; 1 << 20], Vec::new());
    loop {
        let read = stream.read(&mut chunk).unwrap_or(0);
        if read == 0 {
            break;
        }
        buffer.extend_from_slice(&chunk[..read]);
        let (mut used, before) = (0, count);
        while let Some((kind, body, length)) = packet(&buffer[used..]) {
            count += u64::from(kind >> 4 == 3);
            answer(kind, body, &mut answers);
            used += length;
        }
        buffer.drain(..used);
        if before < count {
            last = Instant::now();
            first.get_or_insert(last);
        }
        send(&mut stream, &mut answers);
    }
    println!("{count} {}", first.map_or(1.0, |first| (last - first).as_secs_f64()));
    Ok(())
}

/// A client that has gone is noticed by the next read.
fn send(stream: &mut TcpStream, answers: &mut Vec<u8>) {
    drop(stream.write_all(answers));
    answers.clear();
}

fn answer(kind: u8, body: &[u8], answers: &mut Vec<u8>) {
    match kind >> 4 {
        1 => answers.extend([0x20, 2, 0, 0]),
        3 if kind & 6 == 2 => {
            let topic = usize::from(u16::from_be_bytes([body[0], body[1]]));
            answers.extend([0x40, 2, body[2 + topic], body[3 + topic]]);
        }
        12 => answers.extend([0xD0, 0]),
        _ => (),
    }
}
