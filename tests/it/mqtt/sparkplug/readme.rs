//! The README says what holds of the specification: neither more nor less than the tests show.

use super::{born, edge_node, topic, wait};
use crate::mqtt::sparkplug::host::Host;
use crate::support::mqtt_broker::{Packet, TestBroker};
use crate::support::mqtt_rig::MqttRig;
use crate::support::sparkplug::{Value, command, named};
use dinrail::tag::quality::Reason;
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What stands between backticks.
fn quoted(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        text.push_str(&if path.is_dir() { sources(&path) } else { fs::read_to_string(&path).unwrap() });
    }
    text
}

#[tokio::test]
async fn the_assertions_of_the_readme_are_those_that_are_held_against_the_traffic() {
    let broker = TestBroker::start().await;
    let rig = MqttRig::start(&broker.url(), edge_node(json!({})));
    born(&broker).await;
    rig.write(1, 1.0);
    wait(&broker, "DDATA", 1).await;
    broker.send(&topic("NCMD"), &command(&[named("Node Control/Rebirth", Value::Boolean(true))]), 0, false).await;
    wait(&broker, "DBIRTH", 2).await;
    for tag in 0..4 {
        rig.fail(tag, Reason::NoAnswer);
    }
    wait(&broker, "DDEATH", 1).await;
    broker.cut().await;
    wait(&broker, "NBIRTH", 3).await;
    rig.stop().await;
    broker.wait("DISCONNECT", |heard| heard.iter().any(|heard| heard.packet == Packet::Disconnect).then_some(())).await;
    let host = Host::follow(&broker.heard());

    let readme = fs::read_to_string("README.md").unwrap();
    let (_, section) = readme.split_once("## Sparkplug B").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let (_, list) = section.split_once("</summary>").unwrap();
    let (list, rest) = list.split_once("</details>").unwrap();
    assert_eq!(quoted(list), host.held);
    assert!(section.contains(&format!("<summary>{} assertions</summary>", host.held.len())));
    // What single tests show is shown by tests that there are.
    let tests = [sources(Path::new("tests/it/mqtt/sparkplug")), sources(Path::new("src/config"))].concat();
    let rows: Vec<&str> = rest.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(rows.len(), 6);
    for row in rows {
        let (_, shown_by) = row.trim_end_matches(" |").rsplit_once("| ").unwrap();
        for test in quoted(shown_by) {
            assert!(tests.contains(&format!("fn {test}()")), "there is no test {test}");
        }
    }
}
