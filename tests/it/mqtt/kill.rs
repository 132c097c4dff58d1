//! The program is killed while messages wait for the broker.

use super::value;
use crate::support::field::free_port;
use crate::support::gateway::{ADMIN, PASSWORD};
use crate::support::mqtt_broker::{Manners, TestBroker};
use crate::support::rest::Rest;
use crate::support::serve::Serve;
use crate::support::wait::eventually;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Writes of one life of the program.
const WRITES: u64 = 30;

fn document(broker: &TestBroker) -> Json {
    let publication =
        json!({"name": "p", "topic": "t/{tag}", "tags": ["internal/a"], "qos": 1, "trigger": {"on_change": true}});
    let connection =
        json!({"name": "c", "url": broker.url(), "buffer": {"durability": "strict"}, "publications": [publication]});
    json!({"format": "dinrail/1", "internal": [{"name": "a", "type": "u64", "initial": 0}],
        "mqtt": {"connections": [connection]}})
}

/// The figures of the one connection.
async fn figures(rest: &Rest) -> Option<Json> {
    let status = rest.get("/api/v1/status").await.body;
    let units = status["units"].as_array()?;
    Some(units.iter().find(|unit| unit["kind"] == "mqtt")?["detail"].clone())
}

async fn produced(rest: &Rest) -> Option<u64> {
    figures(rest).await?["ledger"][0]["produced"].as_u64()
}

/// Kills the program so often, at moments that differ, with the broker there every other time, and checks that what counted
/// as produced arrives.
async fn kill_and_count(kills: u64) {
    let broker = TestBroker::start_with(Manners { refuse: 3, ..Manners::default() }).await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    Serve::init(&data, Some(&document(&broker)));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let mut counted = Vec::new();
    for kill in 0..kills {
        broker.behave(|manners| manners.refuse = if kill.is_multiple_of(2) { 3 } else { 0 });
        let mut serve = Serve::start(&data, address).await;
        let rest = Rest::new(address).login(ADMIN, PASSWORD).await;
        // What an earlier life left, and the register as this one begins: figures are told twice a second.
        let begun = async || {
            let count = produced(&rest).await.filter(|count| 0 < *count)?;
            tokio::time::sleep(Duration::from_millis(1500)).await;
            produced(&rest).await.filter(|again| *again == count)
        };
        let before = eventually(begun, "the first message").await;
        let first = kill * WRITES + 1;
        for n in first..first + WRITES {
            assert!(rest.write("internal/a", json!(n)).await.status.is_success());
        }
        // Each write is a message, but for those that a slow machine merged.
        let some = async || produced(&rest).await.filter(|count| before + WRITES / 2 <= *count);
        let made = eventually(some, "the messages of this life are counted").await - before;
        counted.push((first, made));
        tokio::time::sleep(Duration::from_millis(kill * 37 % 100)).await;
        serve.kill();
    }
    broker.behave(|manners| manners.refuse = 0);
    let serve = Serve::start(&data, address).await;
    let rest = Rest::new(address).login(ADMIN, PASSWORD).await;
    let done = async || {
        let figures = figures(&rest).await?;
        (figures["connected"] == true && figures["queue"]["records"] == 0).then_some(())
    };
    eventually(done, "nothing waits any more").await;
    drop(serve);
    let arrived: Vec<u64> = broker.published().iter().filter_map(|message| value(message).as_u64()).collect();
    let mut seen = BTreeSet::new();
    let first_arrivals: Vec<u64> = arrived.into_iter().filter(|n| 0 < *n && seen.insert(*n)).collect();
    assert!(first_arrivals.is_sorted(), "{first_arrivals:?}");
    for (first, made) in counted {
        let came = seen.range(first..first + WRITES).count() as u64;
        assert!(made <= came, "from {first}: {made} counted as produced, {came} arrived");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_strict_all_that_counted_as_produced_arrives_after_kill_9() {
    kill_and_count(4).await;
}

/// The long form: `cargo test --release --test it -- --ignored fifty_kills`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn in_strict_all_that_counted_as_produced_arrives_after_fifty_kills() {
    kill_and_count(50).await;
}
