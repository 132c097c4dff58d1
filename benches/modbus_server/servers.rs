//! The servers, each in a process of its own.

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::load::{ANSWER, REQUEST, pause};
use crate::product::Product;
use dinrail::modbus::rtu;
use dinrail::modbus::wire::{Parity, Wire};
use serial2::SerialPort;

/// A server in a process of its own; it ends with this.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// This program again, as this server.
    pub(crate) fn own(args: &[&str]) -> Result<Self> {
        Self::of(Command::new(std::env::current_exe()?).args(args))
    }

    pub(crate) fn libmodbus() -> Result<Self> {
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

    /// Resident memory, KiB.
    pub(crate) fn memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
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

/// A hundred registers to read, and with a path the way through to the line there.
pub(crate) async fn dinrail_server(line: Option<&str>) -> Result<()> {
    let registers: Vec<_> = (0..100).map(|n| json!({ "name": format!("r{n}"), "type": "u16", "initial": n })).collect();
    let mut document = json!({
        "format": "dinrail/1", "internal": registers,
        "modbus_server": { "address": "127.0.0.1:0", "max_connections": 256 },
    });
    if let Some(path) = line {
        document["ports"] = json!([{ "name": "COM1", "kind": "serial", "path": path, "mode": "rs232", "baud": 115_200, "parity": "none" }]);
        document["modbus_server"]["unit_id"] = json!(200);
        document["modbus_server"]["gateway"] = json!([{ "units": "1-8", "port": "COM1" }]);
    }
    let product = Product::start(document).await?;
    let end = Instant::now() + Duration::from_secs(10);
    let port = loop {
        let detail = product.detail("modbus-server").unwrap_or_default();
        match detail["listeners"][0].as_str().and_then(|address| address.parse::<SocketAddr>().ok()) {
            Some(address) => break address.port(),
            None if end < Instant::now() => bail!("the server does not listen"),
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    told(port).await?;
    product.gateway.stop().await;
    Ok(())
}

/// The least that a way through can be: one thread, which hands the request of its only client to the line and the
/// answer back, and keeps the silence between frames.
pub(crate) fn bare_gateway(line: &str) -> Result<()> {
    let wire = Wire { baud: 115_200, data_bits: 8, parity: Parity::None, stop_bits: 1 };
    let mut port = SerialPort::open(line, |mut settings: serial2::Settings| {
        settings.set_raw();
        settings.set_baud_rate(115_200)?;
        Ok(settings)
    })?;
    port.set_read_timeout(Duration::from_secs(1))?;
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", listener.local_addr()?.port());
    let (mut client, _) = listener.accept()?;
    client.set_nodelay(true)?;
    let mut clear = Instant::now();
    loop {
        let mut request = [0; REQUEST.len()];
        if client.read_exact(&mut request).is_err() {
            return Ok(());
        }
        pause(clear.saturating_duration_since(Instant::now()));
        port.write_all(&rtu::frame(request[6], &request[7..]))?;
        let mut reply = [0; ANSWER - 4];
        port.read_exact(&mut reply)?;
        clear = Instant::now() + wire.silence();
        let mut answer = request[..4].to_vec();
        answer.extend([0, 23]);
        answer.extend(&reply[..23]);
        client.write_all(&answer)?;
    }
}

/// Answers every 12 bytes with 29.
pub(crate) async fn echo_server() -> Result<()> {
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
