//! `cargo bench --bench values`: 5,000 values a second from Modbus/TCP devices to MQTT, a topic for each tag, QoS 0. The
//! product is `serve` without its broker, a process of its own; so are the devices. A delay is counted from the time in the
//! payload, when the poll's answer was received, to the arrival at the broker's socket.

#[path = "support/field.rs"]
mod field;
#[path = "support/packet.rs"]
mod packet;
#[path = "support/process.rs"]
mod process;

use anyhow::{Context as _, Result, ensure};
use dinrail::modbus::address::Table;
use dinrail::sim::bank::Bank;
use field::field;
use packet::packet;
use process::{Process, cpu, free_port, load, memory, serve};
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const DEVICES: usize = 10;
const TAGS: u16 = 500;
/// A second of values a second.
const A_SECOND: usize = DEVICES * TAGS as usize;
const SETTLE: Duration = Duration::from_secs(15);
const RUN: Duration = Duration::from_secs(20);
const CPU_TARGET: f64 = 0.036;
const MEMORY_TARGET: f64 = 35.0;
const P99_TARGET_MS: f64 = 15.0;

/// A message: its topic, the value, and how old it was in milliseconds.
type Heard = (String, u64, f64);

fn main() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some("field") {
        return field(DEVICES, TAGS, changes);
    }
    let folder = tempfile::tempdir()?;
    let mut command = Command::new(std::env::current_exe()?);
    let mut field = Process(command.arg("field").stdout(Stdio::piped()).spawn()?);
    let lines = BufReader::new(field.0.stdout.take().context("no output")?).lines();
    let addresses = lines.take(DEVICES).collect::<Result<Vec<String>, _>>()?;
    let broker = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let url = format!("mqtt://{}", broker.local_addr()?);
    let (tell, heard) = sync_channel(100_000);
    std::thread::spawn(move || listen(&broker, &tell));
    let product = serve(folder.path(), &document(&addresses, &url)?)?;
    let pid = product.0.id();
    let run = measure(pid, &heard)?;
    run.verdict()
}

fn document(addresses: &[String], url: &str) -> Result<Json> {
    let tags: Vec<Json> =
        (0..TAGS).map(|n| json!({"name": format!("t{n}"), "table": "holding", "address": n, "type": "u16"})).collect();
    let port = |(n, address): (usize, &String)| json!({"name": format!("p{n}"), "kind": "tcp", "address": address});
    let device = |n: usize| json!({"name": format!("d{n}"), "port": format!("p{n}"), "unit_id": 1, "tags": tags});
    Ok(json!({
        "format": "dinrail/1",
        "web": {"address": format!("127.0.0.1:{}", free_port()?)},
        "ports": addresses.iter().enumerate().map(port).collect::<Vec<_>>(),
        "devices": (0..addresses.len()).map(device).collect::<Vec<_>>(),
        "mqtt": {"connections": [{"name": "site", "url": url, "publications": [{
            "name": "all", "topic": "{tag}", "tags": ["*/*"], "timestamps": "ms", "trigger": {"on_change": true}}]}]},
    }))
}

struct Run {
    /// Sorted.
    delays: Vec<f64>,
    lost: u64,
    cpu: f64,
    memory: f64,
}

fn measure(pid: u32, heard: &Receiver<Heard>) -> Result<Run> {
    let mut last: HashMap<String, u64> = HashMap::new();
    let (mut delays, mut lost) = (Vec::new(), 0);
    let begin = Instant::now() + SETTLE;
    let end = begin + RUN;
    let mut before = None;
    loop {
        let now = Instant::now();
        if end <= now {
            break;
        }
        if begin <= now && before.is_none() {
            before = Some((cpu(pid)?, now));
        }
        let (topic, value, age) = heard.recv_timeout(Duration::from_secs(30)).context("no messages come")?;
        let previous = last.insert(topic, value);
        if before.is_some() {
            delays.push(age);
            // Every read gives every value of its block the next number.
            lost += previous.map_or(0, |previous| value.saturating_sub(previous + 1));
        }
    }
    let (used, since) = before.context("the run was too short")?;
    let cpu = (cpu(pid)? - used) / since.elapsed().as_secs_f64();
    delays.sort_by(f64::total_cmp);
    Ok(Run { delays, lost, cpu, memory: memory(pid, "VmRSS")? })
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures")]
impl Run {
    fn percentile(&self, share: f64) -> f64 {
        let last = self.delays.len().saturating_sub(1);
        self.delays.get((last as f64 * share) as usize).copied().unwrap_or_default()
    }

    fn verdict(&self) -> Result<()> {
        let rate = self.delays.len() as f64 / RUN.as_secs_f64();
        println!(
            "{rate:.0} messages/s of {A_SECOND} asked for, {} values lost; load of the machine {}",
            self.lost,
            load()
        );
        println!("p50 {:.2} ms; CPU per 1,000 messages {:.2} ms", self.percentile(0.5), self.cpu / rate * 1e6);
        let mut missed = Vec::new();
        for (what, measured, target) in [
            ("CPU s/s", self.cpu, CPU_TARGET),
            ("resident MiB", self.memory, MEMORY_TARGET),
            ("p99 ms", self.percentile(0.99), P99_TARGET_MS),
        ] {
            let met = measured < target;
            println!("{what}: {measured:.3}, asked {target} ({})", if met { "met" } else { "MISSED" });
            if !met {
                missed.push(what);
            }
        }
        ensure!(self.lost == 0 && A_SECOND as f64 * 0.98 < rate, "not all values came");
        ensure!(missed.is_empty(), "missed: {missed:?}");
        Ok(())
    }
}

/// The broker: one client, every PUBLISH told.
fn listen(listener: &TcpListener, tell: &SyncSender<Heard>) -> Result<()> {
    let (mut stream, _) = listener.accept()?;
    let (mut buffer, mut chunk) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        let read = stream.read(&mut chunk)?;
        ensure!(0 < read, "the product has left");
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64() * 1000.0;
        buffer.extend_from_slice(&chunk[..read]);
        let mut used = 0;
        while let Some((kind, body, length)) = packet(&buffer[used..]) {
            match kind >> 4 {
                1 => stream.write_all(&[0x20, 2, 0, 0])?,
                3 => tell.send(told(body, now)?)?,
                12 => stream.write_all(&[0xD0, 0])?,
                _ => (),
            }
            used += length;
        }
        buffer.drain(..used);
    }
}

fn told(body: &[u8], now: f64) -> Result<Heard> {
    let length = usize::from(u16::from_be_bytes(*body.first_chunk().context("a topic")?));
    let (topic, payload) = body.get(2..).and_then(|rest| rest.split_at_checked(length)).context("a topic")?;
    let json: Json = serde_json::from_slice(payload)?;
    let stamp = json["timestamp"].as_f64().context("a timestamp")?;
    Ok((String::from_utf8(topic.to_vec())?, json["value"].as_u64().unwrap_or(0), now - stamp))
}

/// Each read of a block gives its registers the next number.
fn changes() -> impl FnMut(&mut Bank, &[u8], Duration) {
    let mut steps: HashMap<u16, u16> = HashMap::new();
    move |bank, pdu, _| {
        let (address, count) = (u16::from_be_bytes([pdu[1], pdu[2]]), u16::from_be_bytes([pdu[3], pdu[4]]));
        let step = steps.entry(address).or_default();
        *step += 1;
        bank.set(Table::Holding, address, &vec![*step; count.into()]);
    }
}
