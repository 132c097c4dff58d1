//! `cargo bench --bench broker`: a site on the embedded broker. 1,000 clients, half of them publish 20,000 messages a second
//! with QoS 0 in all, each topic to one subscriber; mosquitto does the same beside it in the same run where it is installed.
//! The product is `serve` with nothing but its broker and web server, a process of its own.

#[path = "support/packet.rs"]
mod packet;
#[path = "support/process.rs"]
mod process;

use anyhow::{Context as _, Result, ensure};
use packet::packet;
use process::{Process, cpu, free_port, load, memory, serve};
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

const PAIRS: usize = 500;
/// Of each publisher: 40 messages a second.
const PERIOD: Duration = Duration::from_millis(25);
/// Publishers are served in turns, so that not all speak at once.
const TURNS: usize = 20;
const RUN: Duration = Duration::from_secs(10);
/// For the last messages.
const REST: Duration = Duration::from_secs(2);
const PAYLOAD: usize = 64;
/// Connections that are opened at once.
const TOGETHER: usize = 50;
const MEMORY_TARGET: f64 = 100.0;
/// Of the messages asked for.
const RATE_TARGET: f64 = 20_000.0;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    println!("{} clients, {RATE_TARGET} messages/s QoS 0 asked for; load of the machine {}", 2 * PAIRS, load());
    println!(
        "{:<12} {:>10} {:>10} {:>8} {:>8} {:>8} {:>9} {:>9}",
        "", "sent /s", "got /s", "lost", "p50 ms", "p99 ms", "CPU s/s", "most MiB"
    );
    let folder = tempfile::tempdir()?;
    let ours = runtime.block_on(ours(folder.path()))?;
    ours.show("dinrail");
    if let Some(mosquitto) = mosquitto(folder.path())? {
        let (process, address) = mosquitto;
        runtime.block_on(measure(&process, address, None))?.show("mosquitto");
    }
    ensure!(ours.lost() == 0, "{} messages were lost", ours.lost());
    ensure!(RATE_TARGET * 0.99 <= ours.rate(), "the broker does not take so many");
    ensure!(ours.memory < MEMORY_TARGET, "{:.1} MiB, asked {MEMORY_TARGET}", ours.memory);
    println!("memory {:.2} of the {MEMORY_TARGET} MiB asked (met)", ours.memory / MEMORY_TARGET);
    Ok(())
}

async fn ours(folder: &Path) -> Result<Outcome> {
    let (broker, web) = (free_port()?, free_port()?);
    let document = json!({
        "format": "dinrail/1",
        "web": {"address": format!("127.0.0.1:{web}")},
        "mqtt": {"broker": {
            "listeners": [{"address": format!("127.0.0.1:{broker}")}],
            "users": [{"name": "all", "password": "all", "publish": ["#"], "subscribe": ["#"]}],
            "max_clients": 2 * PAIRS,
        }},
    });
    let process = serve(folder, &document)?;
    measure(&process, SocketAddr::from(([127, 0, 0, 1], broker)), Some(("all", "all"))).await
}

/// As Debian has it, if it is installed.
fn mosquitto(folder: &Path) -> Result<Option<(Process, SocketAddr)>> {
    let paths = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"];
    let Some(program) = paths.into_iter().find(|path| Path::new(path).exists()) else { return Ok(None) };
    let (port, settings) = (free_port()?, folder.join("mosquitto.conf"));
    std::fs::write(&settings, format!("listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"))?;
    let mut command = Command::new(program);
    let child = command.arg("-c").arg(settings).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    Ok(Some((Process(child), SocketAddr::from(([127, 0, 0, 1], port)))))
}

struct Outcome {
    sent: usize,
    /// Sorted.
    delays: Vec<Duration>,
    cpu: f64,
    memory: f64,
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures")]
impl Outcome {
    /// Messages a second that were published.
    fn rate(&self) -> f64 {
        self.sent as f64 / RUN.as_secs_f64()
    }

    fn lost(&self) -> usize {
        self.sent - self.delays.len()
    }

    fn percentile(&self, share: f64) -> f64 {
        let last = self.delays.len().saturating_sub(1);
        let found = self.delays.get((last as f64 * share) as usize).copied().unwrap_or_default();
        found.as_secs_f64() * 1000.0
    }

    fn show(&self, name: &str) {
        let (sent, lost) = (self.rate(), self.lost());
        let got = self.delays.len() as f64 / RUN.as_secs_f64();
        let (p50, p99) = (self.percentile(0.5), self.percentile(0.99));
        let Self { cpu, memory, .. } = self;
        println!("{name:<12} {sent:>10.0} {got:>10.0} {lost:>8} {p50:>8.2} {p99:>8.2} {cpu:>9.3} {memory:>9.1}");
    }
}

async fn measure(process: &Process, address: SocketAddr, login: Option<(&str, &str)>) -> Result<Outcome> {
    let pid = process.0.id();
    let began = Instant::now();
    let (mut publishers, mut subscribers) = (Vec::new(), JoinSet::new());
    let names: Vec<usize> = (0..PAIRS).collect();
    for names in names.chunks(TOGETHER / 2) {
        let pairs = names.iter().map(|name| pair(address, *name, login));
        for (publisher, subscriber) in futures::future::try_join_all(pairs).await? {
            publishers.push(publisher);
            subscribers.spawn(listen(subscriber, began));
        }
    }
    let before = cpu(pid)?;
    let start = Instant::now();
    let mut speakers = JoinSet::new();
    let each = publishers.len().div_ceil(TURNS);
    for turn in (0..TURNS).rev() {
        let group = publishers.split_off(publishers.len().min(turn * each));
        let phase = PERIOD * u32::try_from(turn)? / u32::try_from(TURNS)?;
        speakers.spawn(speak(group, turn * each, start + phase, began));
    }
    let mut sent = 0;
    while let Some(spoken) = speakers.join_next().await {
        sent += spoken??;
    }
    let used = (cpu(pid)? - before) / start.elapsed().as_secs_f64();
    let mut delays = Vec::with_capacity(sent);
    while let Some(heard) = subscribers.join_next().await {
        delays.extend(heard??);
    }
    delays.sort_unstable();
    Ok(Outcome { sent, delays, cpu: used, memory: memory(pid, "VmHWM")? })
}

fn topic(name: usize) -> String {
    format!("line-{name:03}/press/speed")
}

/// A publisher and the subscriber of its topic.
async fn pair(address: SocketAddr, name: usize, login: Option<(&str, &str)>) -> Result<(TcpStream, TcpStream)> {
    let publisher = connect(address, &format!("publisher-{name}"), login).await?;
    let mut subscriber = connect(address, &format!("subscriber-{name}"), login).await?;
    let topic = topic(name);
    let mut body = vec![0, 1];
    text(&mut body, &topic)?;
    body.push(0);
    subscriber.write_all(&framed(0x82, &body)?).await?;
    let mut answer = [0; 5];
    subscriber.read_exact(&mut answer).await?;
    ensure!(answer == [0x90, 3, 0, 1, 0], "SUBACK {answer:?}");
    Ok((publisher, subscriber))
}

/// The product may still be starting.
async fn connect(address: SocketAddr, id: &str, login: Option<(&str, &str)>) -> Result<TcpStream> {
    let reach = async {
        loop {
            match TcpStream::connect(address).await {
                Ok(stream) => return stream,
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    let mut stream = timeout(Duration::from_secs(20), reach).await.context("the broker does not listen")?;
    stream.set_nodelay(true)?;
    let mut body = b"\0\x04MQTT\x04".to_vec();
    body.extend([if login.is_some() { 0xC2 } else { 0x02 }, 0, 0]);
    text(&mut body, id)?;
    if let Some((name, password)) = login {
        text(&mut body, name)?;
        text(&mut body, password)?;
    }
    stream.write_all(&framed(0x10, &body)?).await?;
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await?;
    ensure!(answer == [0x20, 2, 0, 0], "CONNACK {answer:?}");
    Ok(stream)
}

fn text(body: &mut Vec<u8>, text: &str) -> Result<()> {
    body.extend(u16::try_from(text.len())?.to_be_bytes());
    body.extend(text.as_bytes());
    Ok(())
}

/// A packet of less than 128 bytes.
fn framed(first: u8, body: &[u8]) -> Result<Vec<u8>> {
    let length = u8::try_from(body.len())?;
    ensure!(length < 128, "{length} bytes");
    Ok([&[first, length], body].concat())
}

/// Publishes one message a period on each stream; answers how many.
async fn speak(mut streams: Vec<TcpStream>, first: usize, start: Instant, began: Instant) -> Result<usize> {
    let mut tick = interval_at(start, PERIOD);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut sent = 0;
    let mut packets = Vec::new();
    for name in (first..).take(streams.len()) {
        let mut body = Vec::new();
        text(&mut body, &topic(name))?;
        body.resize(body.len() + PAYLOAD, b'x');
        packets.push(framed(0x30, &body)?);
    }
    while tick.tick().await < start + RUN {
        for (stream, packet) in streams.iter_mut().zip(&mut packets) {
            let at = packet.len() - PAYLOAD;
            packet[at..at + 8].copy_from_slice(&u64::try_from(began.elapsed().as_nanos())?.to_be_bytes());
            stream.write_all(packet).await?;
            sent += 1;
        }
    }
    tokio::time::sleep(REST).await;
    Ok(sent)
}

/// How old each message is when it comes; until nothing comes any more.
async fn listen(mut stream: TcpStream, began: Instant) -> Result<Vec<Duration>> {
    let (mut delays, mut buffer) = (Vec::new(), Vec::new());
    loop {
        // Before the first message the others still connect.
        let patience = if delays.is_empty() { RUN + 10 * REST } else { REST };
        match timeout(patience, stream.read_buf(&mut buffer)).await {
            Ok(Ok(0)) | Err(_) => return Ok(delays),
            Ok(read) => drop(read?),
        }
        let now = began.elapsed();
        let mut used = 0;
        while let Some((_, body, length)) = packet(&buffer[used..]) {
            let stamp =
                body.get(body.len() - PAYLOAD..).and_then(|payload| payload.first_chunk::<8>()).context("ours")?;
            delays.push(now.saturating_sub(Duration::from_nanos(u64::from_be_bytes(*stamp))));
            used += length;
        }
        buffer.drain(..used);
    }
}
