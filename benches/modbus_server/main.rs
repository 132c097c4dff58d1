//! Requests a second of the Modbus/TCP server, FC 3 of ten registers on loopback, beside a server of libmodbus and a bare
//! echo of the same sizes in one run. Each server is a process of its own; the load comes from this one.

use anyhow::{Context, Result, bail, ensure};
use dinrail::app::{Gateway, Options};
use dinrail::runtime::configure::{Change, ConfigRequest};
use dinrail::runtime::status::snapshot;
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const RUN: Duration = Duration::from_secs(2);
const ROUNDS: usize = 3;
/// FC 3, ten registers from 0, unit 1; and the size of its answer.
const REQUEST: [u8; 12] = [0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 10];
const ANSWER: usize = 29;
const CASES: [(usize, usize); 6] = [(1, 1), (1, 8), (10, 1), (10, 8), (32, 1), (32, 8)];

fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("dinrail") => return runtime()?.block_on(dinrail_server()),
        Some("echo") => return runtime()?.block_on(echo_server()),
        _ => (),
    }
    let servers = [Server::own("dinrail")?, Server::libmodbus()?, Server::own("echo")?];
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("FC 3 x 10 on loopback, medians of {ROUNDS} runs of {} s; load {load}", RUN.as_secs());
    println!("connections x depth | dinrail req/s (p50, p99 us) | libmodbus | echo");
    let mut found = Vec::new();
    for (connections, depth) in CASES {
        let mut rows = Vec::new();
        for server in &servers {
            let mut runs = Vec::new();
            for _ in 0..ROUNDS {
                runs.push(runtime()?.block_on(load_on(server.address, connections, depth))?);
            }
            runs.sort_by(|a, b| a.rate.total_cmp(&b.rate));
            rows.push(runs[ROUNDS / 2]);
        }
        let text: Vec<String> =
            rows.iter().map(|row| format!("{:>8.0} ({:.0}, {:.0})", row.rate, row.p50_us, row.p99_us)).collect();
        println!("{connections:>2} x {depth} | {}", text.join(" | "));
        found.push(((connections, depth), rows));
    }
    let of = |case: (usize, usize)| found.iter().find(|(one, _)| *one == case).map(|(_, rows)| rows);
    let (ten, deep, one) = (of((10, 1)), of((10, 8)), of((1, 1)));
    let (ten, deep, one) = (ten.context("10 x 1")?, deep.context("10 x 8")?, one.context("1 x 1")?);
    println!("10 connections: {:.2} x libmodbus (target 1.25)", ten[0].rate / ten[1].rate);
    println!("10 connections, 8 deep: {:.2} x libmodbus (target 4)", deep[0].rate / deep[1].rate);
    println!("one connection: p50 {:.2} x the echo's (target 1.15)", one[0].p50_us / one[2].p50_us);
    Ok(())
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

/// A server in a process of its own; it ends with this.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn own(name: &str) -> Result<Self> {
        Self::of(Command::new(std::env::current_exe()?).arg(name))
    }

    fn libmodbus() -> Result<Self> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/libmodbus_server.c");
        let folder = tempfile::tempdir()?;
        let program = folder.path().join("libmodbus_server");
        let flags = Command::new("pkg-config").args(["--cflags", "--libs", "libmodbus"]).output()?;
        let flags = String::from_utf8(flags.stdout)?;
        let mut compile = Command::new("cc");
        compile.args(["-O2", "-o"]).arg(&program).arg(source).args(flags.split_whitespace());
        ensure!(compile.status()?.success(), "this needs the Debian packages gcc, pkg-config and libmodbus-dev");
        Self::of(&mut Command::new(&program))
    }

    fn of(command: &mut Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let port = line.trim().parse().with_context(|| format!("no port: {line}"))?;
        Ok(Self { child, address: (Ipv4Addr::LOCALHOST, port).into() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Tells the port, and returns when whoever started us is gone.
async fn told(port: u16) -> Result<()> {
    println!("{port}");
    std::io::stdout().flush()?;
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    Ok(())
}

async fn dinrail_server() -> Result<()> {
    dinrail::net::tls::install_provider();
    let folder = tempfile::tempdir()?;
    let options = Options { data: folder.path().to_owned(), web: Some((Ipv4Addr::LOCALHOST, 0).into()) };
    let gateway = Gateway::start(options).await?;
    let registers: Vec<_> = (0..100).map(|n| json!({ "name": format!("r{n}"), "type": "u16", "initial": n })).collect();
    let document = json!({
        "format": "dinrail/1", "internal": registers,
        "modbus_server": { "address": "127.0.0.1:0", "max_connections": 256 },
    });
    let change = Change {
        document,
        expected: 0,
        dry_run: false,
        author: "bench".into(),
        source: "api".into(),
        peer: None,
        confirm_within: None,
    };
    let done = gateway.config.call(|reply| ConfigRequest::Change { change: Box::new(change), reply }).await?;
    ensure!(done.is_ok(), "{done:?}");
    let end = Instant::now() + Duration::from_secs(10);
    let port = loop {
        let units = snapshot(&gateway.units);
        let server = units.iter().find(|unit| unit.key.starts_with("modbus-server"));
        let detail = server.map(|unit| serde_json::to_value(&unit.detail)).transpose()?;
        let address = detail.and_then(|detail| detail["listeners"][0].as_str()?.parse::<SocketAddr>().ok());
        match address {
            Some(address) => break address.port(),
            None if end < Instant::now() => bail!("the server does not listen"),
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    told(port).await?;
    gateway.stop().await;
    Ok(())
}

/// Answers every 12 bytes with 29.
async fn echo_server() -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = listener.local_addr()?.port();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(echo(stream));
        }
    });
    told(port).await
}

async fn echo(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut bytes, mut filled) = ([0; 4096], 0);
    loop {
        let read = stream.read(&mut bytes).await?;
        if read == 0 {
            return Ok(());
        }
        filled += read;
        let whole = filled / REQUEST.len();
        filled %= REQUEST.len();
        stream.write_all(&vec![0; whole * ANSWER]).await?;
    }
}

#[derive(Debug, Clone, Copy)]
struct Found {
    rate: f64,
    p50_us: f64,
    p99_us: f64,
}

/// So many connections, each with so many requests under way, for the time of a run.
async fn load_on(address: SocketAddr, connections: usize, depth: usize) -> Result<Found> {
    let end = Instant::now() + RUN;
    let mut clients = JoinSet::new();
    for _ in 0..connections {
        clients.spawn(client(address, depth, end));
    }
    let mut trips = Vec::new();
    while let Some(done) = clients.join_next().await {
        trips.extend(done??);
    }
    trips.sort_unstable();
    let at = |share: usize| trips.get(trips.len() * share / 100).map_or(0.0, |trip| trip.as_secs_f64() * 1e6);
    #[allow(clippy::cast_precision_loss)] // Some millions.
    let rate = (trips.len() * depth) as f64 / RUN.as_secs_f64();
    Ok(Found { rate, p50_us: at(50), p99_us: at(99) })
}

/// Round trips of bursts of `depth` requests; nothing is lost, or it never ends.
async fn client(address: SocketAddr, depth: usize, end: Instant) -> Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (burst, mut answers) = (REQUEST.repeat(depth), vec![0; ANSWER * depth]);
    let mut trips = Vec::new();
    while Instant::now() < end {
        let begin = Instant::now();
        stream.write_all(&burst).await?;
        stream.read_exact(&mut answers).await?;
        trips.push(begin.elapsed());
    }
    Ok(trips)
}
