//! Clients of others read and write every table of our Modbus/TCP server.

use super::slave::{compiled, python, source};
use crate::support::gateway::TestGateway;
use crate::support::modbus_client::ModbusClient;
use crate::support::wait::{PATIENCE, eventually};
use serde_json::json;
use std::net::SocketAddr;
use tokio::process::Command;
use tokio::time::timeout;

/// A gateway with `word`, `wide` (registers 0 to 2) and `on`, `off` (bits 0 and 1), all with their initial values.
async fn start() -> (TestGateway, SocketAddr) {
    let gateway = TestGateway::start().await;
    gateway
        .edit(|document| {
            document["modbus_server"] = json!({ "address": "127.0.0.1:0" });
            document["internal"] = json!([
                { "name": "word", "type": "u16", "initial": 12 },
                { "name": "wide", "type": "u32", "initial": 65538 },
                { "name": "on", "type": "bool", "initial": true },
                { "name": "off", "type": "bool" },
            ]);
        })
        .await
        .unwrap();
    let listening = async || {
        let units = dinrail::runtime::status::snapshot(&gateway.gateway.units);
        let unit = units.iter().find(|unit| unit.key == "modbus-server/modbus-server")?;
        serde_json::to_value(&unit.detail).ok()?["listeners"][0].as_str()?.parse().ok()
    };
    let address = eventually(listening, "the Modbus/TCP listener").await;
    let mut client = ModbusClient::connect(address).await;
    let settled = async || (client.holding(1, 0, 3).await == [12, 1, 2]).then_some(());
    eventually(settled, "the initial values").await;
    (gateway, address)
}

async fn run(command: &mut Command) -> String {
    let output = timeout(PATIENCE, command.kill_on_drop(true).output()).await.expect("it ends").unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{complaint}");
    String::from_utf8(output.stdout).unwrap()
}

/// What both libraries find, line by line.
const FOUND: [&str; 13] = [
    "coils 10",
    "discrete 10",
    "holding 12,1,2",
    "input 12,1,2",
    "write-coil done",
    "write-coils done",
    "coils 01",
    "write-register done",
    "write-registers done",
    "holding 7,3,4",
    "mask done",
    "both 5,5,6",
    "nothing exception 2",
];

#[tokio::test]
async fn libmodbus_reads_and_writes_every_table() {
    let (gateway, address) = start().await;
    let text = run(Command::new(compiled("libmodbus_client")).arg(address.port().to_string())).await;
    assert_eq!(text.lines().collect::<Vec<_>>(), FOUND);
    gateway.stop().await;
}

#[tokio::test]
async fn pymodbus_reads_and_writes_every_table() {
    let (gateway, address) = start().await;
    let mut command = Command::new(python());
    let text = run(command.arg(source("pymodbus_client.py")).arg(address.port().to_string())).await;
    let lines: Vec<&str> = text.lines().collect();
    let (last, others) = lines.split_last().unwrap();
    assert_eq!((others, *last), (&FOUND[..], "identity dinrail"));
    gateway.stop().await;
}

#[tokio::test]
async fn mbpoll_reads_and_writes_every_table() {
    let (gateway, address) = start().await;
    let port = address.port().to_string();
    let poll = async |options: &[&str], words: &[&str]| -> Vec<String> {
        let mut command = Command::new("mbpoll");
        command.args(["-m", "tcp", "-p", &port, "-a", "1", "-0", "-1", "-r", "0"]).args(options);
        let text = run(command.args(["127.0.0.1", "--"]).args(words)).await;
        // `[0]:   12`
        let value =
            |line: &str| Some(line.strip_prefix('[')?.split_once("]:")?.1.split_whitespace().next()?.to_owned());
        text.lines().filter_map(value).collect()
    };
    assert_eq!(poll(&["-t", "0", "-c", "2"], &[]).await, ["1", "0"]);
    assert_eq!(poll(&["-t", "1", "-c", "2"], &[]).await, ["1", "0"]);
    assert_eq!(poll(&["-t", "4", "-c", "3"], &[]).await, ["12", "1", "2"]);
    assert_eq!(poll(&["-t", "3", "-c", "3"], &[]).await, ["12", "1", "2"]);
    poll(&["-t", "0"], &["0", "1"]).await;
    poll(&["-t", "4"], &["7", "3", "4"]).await;
    assert_eq!(poll(&["-t", "0", "-c", "2"], &[]).await, ["0", "1"]);
    assert_eq!(poll(&["-t", "4", "-c", "3"], &[]).await, ["7", "3", "4"]);
    gateway.stop().await;
}
