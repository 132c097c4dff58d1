//! The agents, each in a process of its own, and the field one of them polls.

use crate::product::Product;
use anyhow::{Context, Result, bail, ensure};
use async_snmp::{Auth, AuthProtocol, Client, MasterKeys, Oid, PrivProtocol, UdpHandle, UsmConfig};
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// Internal registers of the agent under test.
pub(crate) const POINTS: usize = 10_000;
const COMMUNITY: &str = "plant-ro";
const USER: &str = "nms";
const AUTH: &str = "auth-pass-phrase";
const PRIV: &str = "priv-pass-phrase";
const START: Duration = Duration::from_secs(30);

#[derive(Clone, Copy)]
pub(crate) enum Version {
    V2c,
    V3,
}

impl Version {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::V2c => "v2c",
            Self::V3 => "v3 authPriv",
        }
    }
}

/// The column of the values of internal registers.
pub(crate) fn values() -> Oid {
    Oid::from_slice(&[1, 3, 6, 1, 4, 1, 32473, 4510, 1, 22, 1, 10])
}

/// A manager.
pub(crate) async fn client(at: SocketAddr, version: Version) -> Result<Client<UdpHandle>> {
    let auth = match version {
        Version::V2c => Auth::v2c(COMMUNITY),
        Version::V3 => {
            let keys = MasterKeys::new(AuthProtocol::Sha1, AUTH.as_bytes())?;
            let keys = keys.with_privacy(PrivProtocol::Aes128, PRIV.as_bytes())?;
            Auth::Usm(UsmConfig::new(USER).with_master_keys(keys)?)
        }
    };
    Ok(Client::builder(at.to_string(), auth).request_timeout(Duration::from_secs(5)).connect().await?)
}

/// An agent; it ends with this.
pub(crate) struct Server {
    child: Child,
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
    pub(crate) address: SocketAddr,
    /// Whether it is dinrail.
    pub(crate) ours: bool,
    _folder: Option<tempfile::TempDir>,
}

impl Server {
    /// dinrail, polling a line where there is one.
    pub(crate) fn dinrail(line: Option<&str>) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("dinrail").args(line).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().context("no output")?);
        let mut hello = String::new();
        output.read_line(&mut hello)?;
        let address = hello.trim().parse().with_context(|| format!("no address: {hello}"))?;
        Ok(Self { child, input, output: Some(output), address, ours: true, _folder: None })
    }

    /// net-snmp's agent with one community and one user.
    pub(crate) fn snmpd() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("snmpd.conf");
        let text = format!(
            "rocommunity {COMMUNITY}\ncreateUser {USER} SHA {AUTH} AES {PRIV}\nrouser {USER} priv\nsysName plant-1\n\
             sysContact kim\nsysLocation hall\n"
        );
        std::fs::write(&config, text)?;
        let address = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let child = Command::new("snmpd")
            .args(["-f", "-C", "-Lf", "/dev/null", "-c"])
            .arg(&config)
            .arg(format!("udp:{address}"))
            .env("SNMP_PERSISTENT_DIR", folder.path())
            .stdin(Stdio::null())
            .spawn()
            .context("this needs the Debian package snmpd")?;
        let server = Self { child, input: None, output: None, address, ours: false, _folder: Some(folder) };
        let begin = Instant::now();
        let probe = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        probe.set_read_timeout(Some(Duration::from_millis(200)))?;
        probe.connect(address)?;
        // Who are you? The first message of every manager of SNMPv3.
        let who = [
            0x30, 0x3A, 2, 1, 3, 0x30, 0x0F, 2, 2, 0x12, 0x34, 2, 3, 0, 0xFF, 0xE3, 4, 1, 4, 2, 1, 3, 4, 0x10, 0x30,
            0x0E, 4, 0, 2, 1, 0, 2, 1, 0, 4, 0, 4, 0, 4, 0, 0x30, 0x12, 4, 0, 4, 0, 0xA0, 0x0C, 2, 2, 0x12, 0x34, 2, 1,
            0, 2, 1, 0, 0x30, 0,
        ];
        while begin.elapsed() < START {
            drop(probe.send(&who));
            if probe.recv(&mut [0; 2000]).is_ok() {
                return Ok(server);
            }
        }
        bail!("snmpd does not answer")
    }

    /// What the polled line counts.
    pub(crate) fn line(&mut self) -> Result<Json> {
        writeln!(self.input.as_mut().context("closed")?, "line")?;
        let mut line = String::new();
        self.output.as_mut().context("closed")?.read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("the agent said `{line}`"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Eight devices on a paced line, in a process of its own.
pub(crate) struct Field {
    child: Child,
    input: Option<ChildStdin>,
    pub(crate) path: String,
}

impl Field {
    pub(crate) fn start() -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["sim", "--turnaround-us", "2000", "--devices", "8", "--registers", "200", "--baud", "115200"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let mut hello = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut hello)?;
        let hello: Json = serde_json::from_str(&hello)?;
        Ok(Self { child, input, path: hello["path"].as_str().context("no path")?.to_owned() })
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        drop(self.input.take());
        self.child.wait().ok();
    }
}

/// 8 devices whose block of 64 registers is read every 150 ms: about nine tenths of the line.
fn polled(path: &str, document: &mut Json) {
    document["ports"] =
        json!([{ "name": "COM1", "kind": "serial", "path": path, "mode": "rs232", "baud": 115_200, "parity": "none" }]);
    let tags: Vec<Json> =
        (0..64).map(|n| json!({ "name": format!("r{n}"), "table": "holding", "address": n, "type": "u16" })).collect();
    let device =
        |unit: u8| json!({ "name": format!("d{unit}"), "port": "COM1", "unit_id": unit, "poll_ms": 150, "tags": tags });
    document["devices"] = (1..=8).map(device).collect();
}

fn document(line: Option<&String>) -> Json {
    let registers: Vec<Json> =
        (0..POINTS).map(|n| json!({ "name": format!("r{n}"), "type": "f64", "initial": 23.5 })).collect();
    let mut document = json!({
        "format": "dinrail/1",
        "internal": registers,
        // The list is asked before every message.
        "access": { "snmp": { "mode": "allow-list", "allow": ["10.0.0.0/8", "192.168.0.0/16", "127.0.0.0/8"] } },
        "snmp": {
            "address": "127.0.0.1:0",
            "versions": ["v2c", "v3"],
            "communities": [{ "name": "reader", "community": COMMUNITY }],
            "users": [{ "name": USER, "auth": "sha1", "auth_password": AUTH, "priv": "aes128", "priv_password": PRIV }],
        },
    });
    if let Some(path) = line {
        polled(path, &mut document);
    }
    document
}

/// The product in this process: tells its address, then the counts of its line whenever it is asked.
pub(crate) async fn dinrail(line: Option<&String>) -> Result<()> {
    let product = Product::start(document(line)).await?;
    let begin = Instant::now();
    loop {
        let status = product.detail("snmp").unwrap_or_default();
        // Every register has its row: the tree was made after they were declared.
        if status["rows"].as_u64().is_some_and(|rows| POINTS as u64 <= rows) {
            println!("{}", status["address"].as_str().context("no address")?);
            break;
        }
        ensure!(begin.elapsed() < START, "the agent does not answer: {status}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    std::io::stdout().flush()?;
    // Until whoever started us is gone.
    while tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await?? != 0 {
        println!("{}", product.detail("line")?);
        std::io::stdout().flush()?;
    }
    product.gateway.stop().await;
    Ok(())
}
