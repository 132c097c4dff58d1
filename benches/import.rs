//! `cargo bench --bench import`: how long a large document takes to go in, by `init --config` and by `PUT /config` over
//! HTTPS, how long a change of one of its tags takes, and what the server's memory peaks at. The product is a process of
//! its own.
//!
//! `cargo bench --bench import -- hostile` also sends bodies of 32 MiB that are made to hurt.

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value as Json, json};
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_dinrail");
const RUNS: usize = 3;
const PATCHES: usize = 21;
/// Seconds for ten thousand tags.
const IMPORT_TARGET: f64 = 3.0;
/// Seconds for a change of one tag among ten thousand.
const PATCH_TARGET: f64 = 0.3;
const PATIENCE: Duration = Duration::from_secs(120);
const PASSWORD: &str = "correct horse 5";
/// What the product takes at most.
const BODY: usize = 32 * 1024 * 1024;

fn main() {
    dinrail::net::tls::install_provider();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for (tags, judged) in [(10_000, true), (100_000, false)] {
        let document = document(tags).to_string();
        println!("{tags} tags, {:.1} MB", bytes(document.len()) / 1e6);
        let target = |seconds: f64| judged.then_some(seconds);
        verdict("init --config", median((0..RUNS).map(|_| init(&document)).collect()), target(IMPORT_TARGET));
        let (mut puts, mut patches, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let server = runtime.block_on(Server::start());
            puts.push(runtime.block_on(server.put(document.clone())));
            patches.push(median((0..PATCHES).map(|n| runtime.block_on(server.patch(n))).collect()));
            peaks.push(server.peak());
        }
        verdict("PUT /config", median(puts), target(IMPORT_TARGET));
        verdict("PATCH of one tag, p50", median(patches), target(PATCH_TARGET));
        println!("  peak resident memory of the server: {:.0} MiB", median(peaks));
    }
    if std::env::args().any(|argument| argument == "hostile") {
        runtime.block_on(hostile());
    }
}

/// Each body on a server of its own, whose peak is told.
async fn hostile() {
    println!("bodies of 32 MiB made to hurt; peak resident memory of the server");
    let fill = |open: &str, part: &str, close: &str| {
        let parts = (BODY - open.len() - close.len()) / part.len() - 1;
        format!("{open}{}{close}", part.repeat(parts))
    };
    let members = (0..1_800_000).map(|n| format!("\"{n:x}\":0,")).collect::<Vec<_>>().concat();
    for (what, body) in [
        ("zeros", fill("{\"x\":[", "0,", "0]}")),
        ("empty objects", fill("{\"x\":[", "{},", "{}]}")),
        ("small objects", fill("{\"x\":[", "{\"a\":0},", "{}]}")),
        ("lists in lists", fill("{\"x\":[", "[[0]],", "0]}")),
        ("members of one object", format!("{{{members}\"x\":0}}")),
        ("tags that are none", fill("{\"devices\":[{\"tags\":[", "{\"x\":0,\"y\":0,\"z\":0},", "{}]}]}")),
        ("one text", fill("{\"x\":\"", "xxxxxxxx", "\"}")),
    ] {
        let server = Server::start().await;
        let before = server.peak();
        let begin = Instant::now();
        let (status, answer) = server.ask(Method::PUT, "/config", body).await;
        assert!(status.is_client_error(), "{what}: {status}");
        let sentence: Json = serde_json::from_str(&answer).unwrap_or_default();
        let (taken, peak) = (begin.elapsed().as_secs_f64(), server.peak());
        println!("  {what}: {before:.0} -> {peak:.0} MiB, {taken:.2} s, {} {}", status.as_u16(), sentence["detail"]);
    }
}

/// A document with this many tags, a thousand a device, on lines that do not exist.
fn document(tags: usize) -> Json {
    let tag = |n: usize| {
        json!({
            "name": format!("measured-value-{n}"),
            "description": format!("Measured value number {n} of the long list of this device"),
            "table": "holding", "address": n, "type": "i16", "unit": "degC", "deadband": 0.5,
            "scale": { "gain": 0.1, "offset": 0 }, "poll_ms": 5000, "invalid": [-32768],
        })
    };
    let device = |d: usize| {
        let tags: Vec<Json> = (0..1000).map(tag).collect();
        json!({ "name": format!("big-{d}"), "port": "COM1", "unit_id": d % 247 + 1, "tags": tags })
    };
    let devices: Vec<Json> = (0..tags / 1000).map(device).collect();
    let port = json!({ "name": "COM1", "kind": "serial", "path": "/dev/no-such-line" });
    json!({ "format": "dinrail/1", "ports": [port], "devices": devices })
}

fn verdict(what: &str, measured: f64, target: Option<f64>) {
    let judged = target.map(|target| {
        let word = if measured < target { "met" } else { "MISSED" };
        format!(" = {:.2} of the target {target} s ({word})", measured / target)
    });
    println!("  {what}: {measured:.3} s{}", judged.unwrap_or_default());
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

#[allow(clippy::cast_precision_loss, reason = "shown with one digit")]
fn bytes(count: usize) -> f64 {
    count as f64
}

/// Seconds `dinrail init` takes with this document.
fn init(document: &str) -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config.json");
    std::fs::write(&config, document).expect("the document");
    let begin = Instant::now();
    set_up(folder.path(), Some(&config));
    begin.elapsed().as_secs_f64()
}

fn set_up(folder: &Path, config: Option<&Path>) {
    let password = folder.join("password");
    std::fs::write(&password, PASSWORD).expect("the password");
    let mut init = Command::new(PROGRAM);
    init.arg("init").arg("--data").arg(folder.join("data")).args(["--admin", "admin"]);
    init.arg("--password-file").arg(password);
    if let Some(config) = config {
        init.arg("--config").arg(config);
    }
    let output = init.output().expect("dinrail runs");
    if !output.status.success() {
        std::io::stderr().write_all(&output.stderr).expect("stderr");
        panic!("init failed");
    }
}

/// A running `dinrail serve` on a fresh data folder, and its administrator.
struct Server {
    child: Child,
    client: Client,
    base: String,
    token: String,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        set_up(folder.path(), None);
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port").local_addr().expect("an address").port();
        let mut serve = Command::new(PROGRAM);
        serve.arg("serve").arg("--data").arg(folder.path().join("data")).args(["--web", &format!("127.0.0.1:{port}")]);
        let child = serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("dinrail starts");
        let client = Client::builder().danger_accept_invalid_certs(true).timeout(PATIENCE).build().expect("a client");
        let base = format!("https://127.0.0.1:{port}/api/v1");
        let mut server = Self { child, client, base, token: String::new(), _folder: folder };
        let login = json!({ "username": "admin", "password": PASSWORD }).to_string();
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            let request = server.client.post(format!("{}/session", server.base));
            if let Ok(response) = request.header("Content-Type", "application/json").body(login.clone()).send().await
                && response.status().is_success()
            {
                let answer: Json = serde_json::from_str(&response.text().await.expect("a body")).expect("JSON");
                answer["token"].as_str().expect("a token").clone_into(&mut server.token);
                return server;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no login within {} s", PATIENCE.as_secs());
    }

    /// A change of the configuration from the revision in force.
    async fn ask(&self, method: Method, path: &str, body: String) -> (StatusCode, String) {
        let appliance = self.client.get(format!("{}/config/appliance", self.base)).bearer_auth(&self.token);
        let revision = appliance.send().await.expect("an answer").headers()["etag"].clone();
        let request = self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        let request = request.header("If-Match", revision).header("Content-Type", "application/json").body(body);
        let response = request.send().await.expect("an answer");
        (response.status(), response.text().await.expect("a body"))
    }

    async fn put(&self, document: String) -> f64 {
        let begin = Instant::now();
        let (status, answer) = self.ask(Method::PUT, "/config", document).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        begin.elapsed().as_secs_f64()
    }

    async fn patch(&self, n: usize) -> f64 {
        let begin = Instant::now();
        let path = format!("/config/devices/big-3/tags/measured-value-{n}");
        let (status, answer) = self.ask(Method::PATCH, &path, json!({ "unit": "K" }).to_string()).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        begin.elapsed().as_secs_f64()
    }

    /// The most memory it ever had resident, MiB.
    fn peak(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("VmHWM");
        let kib: f64 = line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number");
        kib / 1024.0
    }
}
