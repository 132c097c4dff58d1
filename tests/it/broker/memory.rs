//! Memory stays bounded. Each measurement runs in a process of its own, as other tests would be counted too.

use super::{Client, Raw, Site};
use rumqttc::{PublishOptions, QoS};
use std::process::Command;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, interval, timeout};

/// Runs one ignored test alone.
fn alone(test: &str) {
    let name = format!("broker::memory::{test}");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--ignored", "--nocapture", "--test-threads=1"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    println!("{text}");
}

/// Resident bytes of this process (proc(5), statm: pages).
fn resident() -> i64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<i64>().unwrap() * 4096
}

fn mebibytes(bytes: i64) -> i64 {
    bytes / (1024 * 1024)
}

#[test]
fn restarts_give_the_memory_back() {
    alone("twenty_restarts");
}

#[tokio::test]
#[ignore = "measures its process: run by restarts_give_the_memory_back"]
async fn twenty_restarts() {
    let once = async || {
        let (site, address) = Site::usual().await;
        let mut client = Client::all(address, "one").await;
        assert!(client.subscribe("#", QoS::AtLeastOnce).await);
        for number in 0..100 {
            client.retain(&format!("t/{number}"), "x").await;
            client.next().await;
        }
        site.end().await;
    };
    for _ in 0..5 {
        once().await;
    }
    let before = resident();
    for _ in 0..20 {
        once().await;
    }
    let each = (resident() - before) / 20;
    println!("a restart leaves {} KiB behind", each / 1024);
    assert!(each < 200 * 1024, "a restart leaves {each} bytes behind");
}

#[test]
fn a_stalled_subscriber_is_cut_off_and_costs_little() {
    alone("stalled_subscriber");
}

/// Publishes 1 KiB messages as fast as the broker takes them.
async fn flood(address: std::net::SocketAddr, id: &str, duration: Duration) -> (u64, i64) {
    let mut raw = Raw::login(address, id, "all", "all").await;
    let mut packet = vec![0x30, 0x83, 0x08, 0, 1, b't'];
    packet.resize(6 + 1024, b'x');
    let burst = packet.repeat(64);
    let end = Instant::now() + duration;
    let (mut sent, mut peak) = (0, 0);
    while Instant::now() < end {
        tokio::io::AsyncWriteExt::write_all(&mut raw.0, &burst).await.unwrap();
        sent += 64;
        peak = peak.max(resident());
    }
    (sent, peak)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures its process: run by a_stalled_subscriber_is_cut_off_and_costs_little"]
async fn stalled_subscriber() {
    let (mut site, address) = Site::usual().await;
    let mut stalled = Raw::login(address, "stalled", "all", "all").await;
    stalled.subscribe("#").await;
    let healthy = Client::all(address, "healthy").await;
    assert!(healthy.subscribe("other", QoS::AtLeastOnce).await);
    let before = resident();
    let (sent, peak) = flood(address, "flood", Duration::from_secs(8)).await;
    let grown = mebibytes(peak - before);
    println!("{sent} messages sent, memory grew by at most {grown} MiB");
    site.refusal("stalled: it has not read").await;
    stalled.closed().await;
    assert!(grown < 80, "memory grew by {grown} MiB");
    assert!(healthy.is_connected());
    site.end().await;
}

#[test]
fn a_slow_subscriber_loses_messages_and_the_broker_no_memory() {
    alone("slow_subscriber");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures its process: run by a_slow_subscriber_loses_messages_and_the_broker_no_memory"]
async fn slow_subscriber() {
    let (mut site, address) = Site::usual().await;
    let mut slow = Raw::login(address, "slow", "all", "all").await;
    slow.subscribe("#").await;
    let before = resident();
    let mut reader = tokio::task::JoinSet::new();
    reader.spawn(async move {
        let mut pace = interval(Duration::from_millis(100));
        let mut buffer = vec![0; 20_000];
        loop {
            pace.tick().await;
            assert!(slow.0.read(&mut buffer).await.unwrap() > 0, "the slow one is not cut off");
        }
    });
    let floods = futures::future::join_all((0..3).map(|n| flood(address, ["a", "b", "c"][n], Duration::from_secs(6))));
    let peak = floods.await.into_iter().map(|(_, peak)| peak).max().unwrap();
    let grown = mebibytes(peak - before);
    println!("memory grew by at most {grown} MiB");
    assert!(grown < 80, "memory grew by {grown} MiB");
    assert!(timeout(Duration::from_millis(1), reader.join_next()).await.is_err(), "the slow one still reads");
    site.status_when("the loss is told", |status| status.dropped > 1000).await;
    let client = Client::all(address, "after").await;
    client.send("t", b"x".to_vec(), PublishOptions::new(QoS::AtLeastOnce)).await.unwrap();
    site.end().await;
}
