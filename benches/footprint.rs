//! `cargo bench --bench footprint`: from the start of `demo` to its first published value, and the settled memory of
//! `serve` 30 s after a login, broker off. The product is a process of its own; so is the simulated field.

#[path = "support/process.rs"]
mod process;

use process::{PASSWORD, PROGRAM, Process, free_port, memory, serve};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::{Value as Json, json};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const STARTS: usize = 5;
/// Start to the first published value.
const START_TARGET: f64 = 1.0;
/// Resident memory, MiB.
const MEMORY_TARGET: f64 = 35.0;
const SETTLE: Duration = Duration::from_secs(30);
const LIMIT: Duration = Duration::from_secs(30);

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut starts: Vec<f64> = (0..STARTS).map(|_| runtime.block_on(start())).collect();
    starts.sort_by(f64::total_cmp);
    let median = starts[STARTS / 2];
    verdict("start of demo to the first published value", median, "s", START_TARGET);
    println!("  all of them: {starts:.3?} s");
    let resident = runtime.block_on(settled());
    verdict("resident memory 30 s after a login, broker off", resident, "MiB", MEMORY_TARGET);
}

fn verdict(what: &str, measured: f64, unit: &str, target: f64) {
    let word = if measured < target { "met" } else { "MISSED" };
    println!("{what}: {measured:.3} {unit} = {:.2} of the target {target} {unit} ({word})", measured / target);
}

/// Seconds from the start of the program until a subscriber has a good value.
async fn start() -> f64 {
    let broker = free_port().expect("a port");
    let begin = Instant::now();
    let mut demo = Command::new(PROGRAM);
    demo.args(["demo", "--web", "127.0.0.1:0", "--modbus", "127.0.0.1:0", "--broker", &format!("127.0.0.1:{broker}")]);
    let mut child = Process(demo.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("dinrail starts"));
    let output = BufReader::new(child.0.stdout.take().expect("its output"));
    // The password is only known from what it prints, so what the subscriber sees is later than the truth, never earlier.
    let password = output
        .lines()
        .map_while(Result::ok)
        .find_map(|line| Some(line.split_once("-P ")?.1.split_whitespace().next()?.to_owned()))
        .expect("it prints how to subscribe");
    let mut options = MqttOptions::new("bench", ("127.0.0.1", broker));
    options.set_credentials("demo", password);
    let (client, mut events) = AsyncClient::builder(options).capacity(10).build();
    while begin.elapsed() < LIMIT {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                client.subscribe("demo/read/#", QoS::AtMostOnce).await.expect("a subscription");
            }
            Ok(Event::Incoming(Packet::Publish(publish))) => {
                let json: Json = serde_json::from_slice(&publish.payload).expect("JSON");
                if json["quality"] == "good" {
                    return begin.elapsed().as_secs_f64();
                }
            }
            Ok(_) => (),
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
    panic!("no value within {} s", LIMIT.as_secs());
}

/// MiB resident, settled.
async fn settled() -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let line = folder.path().join("line");
    let mut field = Command::new(PROGRAM);
    field.args(["sim", "--baud", "19200", "--devices", "2", "--link"]).arg(&line);
    let _field = Process(field.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the field starts"));
    let web = free_port().expect("a port");
    let child = serve(folder.path(), &document(&line, web)).expect("dinrail starts");
    login(web).await;
    tokio::time::sleep(SETTLE).await;
    memory(child.0.id(), "VmRSS").expect("it runs")
}

fn document(line: &Path, web: u16) -> Json {
    let mut document: Json =
        serde_json::from_str(include_str!("../tests/fixtures/first-light-1.json")).expect("the example");
    document["ports"][0]["path"] = json!(line);
    document["ports"][0]["mode"] = json!("rs232");
    document["web"]["address"] = json!(format!("127.0.0.1:{web}"));
    document["mqtt"].as_object_mut().expect("an object").remove("broker");
    document
}

async fn login(web: u16) {
    dinrail::net::tls::install_provider();
    let client = reqwest::Client::builder().danger_accept_invalid_certs(true).build().expect("a client");
    let begin = Instant::now();
    while begin.elapsed() < LIMIT {
        let body = json!({ "username": "admin", "password": PASSWORD }).to_string();
        let request = client.post(format!("https://127.0.0.1:{web}/api/v1/session"));
        match request.header("Content-Type", "application/json").body(body).send().await {
            Ok(response) if response.status().is_success() => return,
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    panic!("no login within {} s", LIMIT.as_secs());
}
