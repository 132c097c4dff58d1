//! Bridges that make a circle.

use super::{Bridge, Client, Pair, Site};
use dinrail::runtime::status::BridgeStatus;
use rumqttc::QoS;
use serde_json::{Value as Json, json};

fn everything() -> Json {
    json!([{"topic": "#", "direction": "both"}])
}

fn protocol(version: &str, id: &str) -> Json {
    json!({"protocol": version, "client_id": id})
}

#[tokio::test]
async fn one_bridge_both_ways_brings_each_message_once() {
    for version in ["5", "3.1.1"] {
        let mut pair = Pair::start().await;
        let bridge = Bridge::up(&pair.here, pair.address, &protocol(version, "b"), &everything()).await;
        for client in [&pair.local, &pair.remote] {
            assert!(client.subscribe("#", QoS::AtLeastOnce).await);
        }
        for number in 0..200 {
            let payload = (number / 2).to_string();
            pair.local.publish("a", &payload, QoS::AtLeastOnce).await;
            pair.local.gets("a", &payload).await;
            pair.remote.gets("a", &payload).await;
            pair.remote.publish("b", &payload, QoS::AtLeastOnce).await;
            pair.remote.gets("b", &payload).await;
            pair.local.gets("b", &payload).await;
        }
        bridge.end().await;
        pair.end().await;
    }
}

#[tokio::test]
async fn two_bridges_that_face_each_other_bring_each_message_once() {
    let mut pair = Pair::start().await;
    let out = json!([{"topic": "#", "direction": "out"}]);
    let to_there = Bridge::up(&pair.here, pair.address, &protocol("5", "b1"), &out).await;
    let to_here = Bridge::up(&pair.there, pair.here.address(), &protocol("5", "b2"), &out).await;
    for client in [&pair.local, &pair.remote] {
        assert!(client.subscribe("#", QoS::AtLeastOnce).await);
    }
    for number in 0..100 {
        let payload = number.to_string();
        pair.local.publish("a", &payload, QoS::AtLeastOnce).await;
        pair.local.gets("a", &payload).await;
        pair.remote.gets("a", &payload).await;
    }
    // All that had left came back, and went no further.
    pair.here.status_when("what came round is counted", |status| status.returned == 100).await;
    pair.remote.publish("end", "marker", QoS::AtLeastOnce).await;
    pair.remote.gets("end", "marker").await;
    pair.local.gets("end", "marker").await;
    for bridge in [to_there, to_here] {
        bridge.end().await;
    }
    pair.end().await;
}

#[tokio::test]
async fn two_bridges_without_marks_do_not_go_on_for_ever() {
    let mut pair = Pair::start().await;
    let out = json!([{"topic": "#", "direction": "out"}]);
    let to_there = Bridge::up(&pair.here, pair.address, &protocol("3.1.1", "b1"), &out).await;
    let to_here = Bridge::up(&pair.there, pair.here.address(), &protocol("3.1.1", "b2"), &out).await;
    pair.local.publish("a", "round", QoS::AtLeastOnce).await;
    let held = |counts: &BridgeStatus| 0 < counts.returned;
    let (one, other) = (to_there.counts_when("one ends it", held), to_here.counts_when("the other ends it", held));
    tokio::select! { _ = one => (), _ = other => () }
    // Nothing moves any more: a marker of another text is followed by nothing but itself, a bounded number of times.
    assert!(pair.local.subscribe("a", QoS::AtLeastOnce).await);
    pair.local.gets_only_marker("a", &pair.remote).await;
    for bridge in [to_there, to_here] {
        let sent = bridge.status().ledger[0].produced;
        assert!(sent <= 202, "{sent} messages of two");
        bridge.end().await;
    }
    pair.end().await;
}

#[tokio::test]
async fn a_ring_of_three_brokers_brings_each_message_once_to_each() {
    let mut sites = Vec::new();
    for _ in 0..3 {
        sites.push(Site::usual().await);
    }
    // Each fetches from its left neighbour.
    let fetch = json!([{"topic": "#", "direction": "in"}]);
    let mut bridges = Vec::new();
    for (index, (site, _)) in sites.iter().enumerate() {
        let left = sites[(index + 2) % 3].1;
        bridges.push(Bridge::up(site, left, &protocol("5", "ring"), &fetch).await);
    }
    let first = Client::all(sites[0].1, "first").await;
    let mut last = Client::all(sites[2].1, "last").await;
    assert!(last.subscribe("#", QoS::AtLeastOnce).await);
    for number in 0..50 {
        first.publish("a", &number.to_string(), QoS::AtLeastOnce).await;
        last.gets("a", &number.to_string()).await;
    }
    last.gets_only_marker("end", &last_sender(sites[2].1).await).await;
    // Where they began they came once more: nobody had marked them there.
    bridges[0].counts_when("the circle is closed once", |counts| counts.brought >= 50).await;
    bridges[1].counts_when("and not again", |counts| counts.returned >= 50).await;
    for bridge in bridges {
        bridge.end().await;
    }
    for (site, _) in sites {
        site.end().await;
    }
}

async fn last_sender(address: std::net::SocketAddr) -> Client {
    Client::all(address, "sender").await
}
