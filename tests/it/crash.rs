//! The program is killed at any moment of many configuration writes.

use crate::support::field::free_port;
use crate::support::gateway::{ADMIN, PASSWORD};
use crate::support::rest::Rest;
use crate::support::serve::Serve;
use crate::support::wait::eventually;
use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

/// Configuration writes in all (some of the last of each round are lost with it), and how often the program is killed meanwhile.
const WRITES: u64 = 200;
const KILLS: u64 = 10;

/// A document in which everything says the same number: a mixture of two would be seen.
fn document(before: &Json, number: u64) -> Json {
    let mut document = before.clone();
    document["appliance"] = json!({ "name": "crash", "description": number.to_string() });
    document["internal"] =
        (0..20).map(|n| json!({ "name": format!("r{n}"), "type": "u64", "initial": number })).collect();
    document
}

fn number_of(document: &Json) -> Option<u64> {
    let number: u64 = document["appliance"]["description"].as_str()?.parse().ok()?;
    let registers = document["internal"].as_array()?;
    assert_eq!(registers.len(), 20);
    assert!(registers.iter().all(|register| register["initial"] == number), "half a document: {document}");
    Some(number)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_kill_9_there_is_a_whole_revision_the_acknowledged_one_or_newer() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    Serve::init(&data, None);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));

    let acknowledged = Arc::new(AtomicU64::new(0));
    let mut next = 1;
    for kill in 0..=KILLS {
        let mut serve = Serve::start(&data, address).await;
        let rest = Rest::new(address).login(ADMIN, PASSWORD).await;
        let (found, _) = rest.config().await;
        let last = acknowledged.load(Ordering::SeqCst);
        let number = number_of(&found).unwrap_or(0);
        assert!(last <= number && number < next, "revision {number}; {last} was acknowledged, {next} not sent yet");
        if kill == KILLS {
            serve.kill();
            break;
        }
        let end = next + WRITES / KILLS;
        let writes = write_all(rest, next..end, Arc::clone(&acknowledged));
        let mut writer = JoinSet::new();
        writer.spawn(writes);
        // Near the end of the round's writes, and each time at another moment of one of them.
        let wanted = end - 2;
        eventually(async || (wanted <= acknowledged.load(Ordering::SeqCst)).then_some(()), "the writes of a round")
            .await;
        tokio::time::sleep(Duration::from_millis(kill * 3)).await;
        serve.kill();
        writer.join_next().await;
        next = end;
    }
    assert!(0 < acknowledged.load(Ordering::SeqCst), "no write was ever acknowledged: the test kills too early");
}

/// Writes until one fails, which is when the program was killed.
async fn write_all(rest: Rest, numbers: std::ops::Range<u64>, acknowledged: Arc<AtomicU64>) {
    for number in numbers {
        let Some((before, tag)) = rest.try_config().await else { return };
        let Some(answer) =
            rest.try_ask(Method::PUT, "/api/v1/config", Some(&tag), Some(document(&before, number))).await
        else {
            return;
        };
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        acknowledged.store(number, Ordering::SeqCst);
    }
}
