//! A simulated field in a process of its own, by every way to its devices.

use crate::support::line::{read, words};
use dinrail::config::endpoint::Endpoint;
use dinrail::config::link::{LinkConfig, RtuOverTcpConfig, SerialConfig, SerialMode, TcpConfig};
use dinrail::drivers::modbus::line::{Ask, Line};
use dinrail::modbus::framing::Framing;
use dinrail::modbus::wire::{Parity, Wire};
use serde_json::{Value as Json, json};
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Generous for loaded test machines.
const GAP: Duration = Duration::from_millis(10);

struct Sim {
    child: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Sim {
    fn start(way: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dinrail"));
        command.args(["sim", "--way", way, "--devices", "2", "--baud", "115200"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let (orders, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, orders, answers: BufReader::new(answers).lines() }
    }

    async fn line(&mut self) -> Json {
        let line = tokio::time::timeout(Duration::from_secs(30), self.answers.next_line()).await;
        serde_json::from_str(&line.expect("it says something").unwrap().expect("it runs")).unwrap()
    }

    async fn order(&mut self, order: Json) -> Json {
        self.orders.write_all(format!("{order}\n").as_bytes()).await.unwrap();
        self.line().await
    }
}

/// How a line gets to a field that has said where it is.
fn link(way: &str, hello: &Json) -> LinkConfig {
    let connect_timeout = Duration::from_secs(2);
    if let Some(path) = hello["path"].as_str() {
        return LinkConfig::Serial(SerialConfig {
            framing: if way == "ascii" { Framing::Ascii } else { Framing::Rtu },
            path: path.to_owned(),
            mode: SerialMode::Rs232,
            wire: Wire { baud: 115_200, data_bits: 8, parity: Parity::None, stop_bits: 1 },
            gap: Some(GAP),
            broadcast_delay: GAP,
            initial_delay: Duration::ZERO,
        });
    }
    let at: SocketAddr = hello["address"].as_str().unwrap().parse().unwrap();
    let address = Endpoint { host: at.ip().to_string(), port: at.port() };
    match way {
        "tcp" => LinkConfig::Tcp(TcpConfig { address, connect_timeout, in_flight: 1 }),
        _ => LinkConfig::RtuOverTcp(RtuOverTcpConfig { address, connect_timeout, gap: None, broadcast_delay: GAP }),
    }
}

#[tokio::test]
async fn a_field_of_another_process_answers_and_misbehaves_on_order() {
    for way in ["rtu", "ascii", "tcp", "rtu-over-tcp"] {
        let mut sim = Sim::start(way);
        let hello = sim.line().await;
        let line = Line::open(link(way, &hello)).await.unwrap();
        let ask = || Ask { timeout: Duration::from_secs(5), ..read(2, 5, 2) };
        assert_eq!(words(&line.handle().ask(ask()).await.unwrap()), Ok(vec![0, 0]), "{way}");
        let fault = json!({ "fault": { "unit": 2, "fault": { "kind": "exception", "code": 6 }, "times": 1 } });
        assert_eq!(sim.order(fault).await, json!({ "ok": true }), "{way}");
        assert_eq!(line.handle().ask(ask()).await.unwrap().reply, Ok(vec![0x83, 6]), "{way}");
        assert_eq!(words(&line.handle().ask(ask()).await.unwrap()), Ok(vec![0, 0]), "{way}");
        assert_eq!(
            sim.order(json!({ "behave": { "unit": 9 } })).await,
            json!({ "ok": false }),
            "{way}: no such device"
        );
        assert!(sim.order(json!("dance")).await["error"].is_string(), "{way}");
        let stats = sim.order(json!("stats")).await["stats"].clone();
        assert_eq!((&stats["requests"], &stats["replies"]), (&json!(3), &json!(3)), "{way}: {stats}");
        line.close().await;
        // It ends with its input, and says its figures once more.
        let Sim { mut child, orders, mut answers } = sim;
        drop(orders);
        let last = answers.next_line().await.unwrap().unwrap();
        assert_eq!(serde_json::from_str::<Json>(&last).unwrap()["stats"], stats, "{way}");
        let ended = tokio::time::timeout(Duration::from_secs(30), child.wait()).await;
        assert!(ended.expect("it ends").unwrap().success(), "{way}");
    }
}
