//! What becomes of messages while the other broker is away.

use super::{Bridge, Client, PATIENCE, Pair, Site, bridge_to, usual};
use crate::support::field::free_port;
use crate::support::gateway::{ADMIN, PASSWORD};
use crate::support::rest::Rest;
use crate::support::serve::Serve;
use crate::support::wait::eventually;
use dinrail::store::{Store, StoreLimits};
use rumqttc::{PublishOptions, QoS};
use serde_json::{Value as Json, json};
use std::net::{Ipv4Addr, SocketAddr};

fn at(address: SocketAddr) -> Json {
    let mut broker = usual();
    broker["listeners"] = json!([{"address": address.to_string()}]);
    broker
}

/// A broker at an address that was free a moment ago.
async fn again(address: SocketAddr) -> Site {
    Site::up(&at(address)).await.0
}

#[tokio::test]
async fn nothing_of_quality_1_is_lost_while_the_other_broker_is_away_and_the_rest_is_counted() {
    let pair = Pair::start().await;
    let rules = json!([{"topic": "log/#", "direction": "out"}]);
    let bridge = Bridge::up(&pair.here, pair.address, &json!({}), &rules).await;
    drop(pair.remote);
    pair.there.end().await;
    bridge.away().await;
    for number in 0..2000 {
        pair.local.publish("log/1", &number.to_string(), QoS::AtLeastOnce).await;
        if number % 10 == 0 {
            pair.local.publish("log/0", &number.to_string(), QoS::AtMostOnce).await;
        }
    }
    let waiting = bridge.status_when("all wait", |status| status.ledger[0].produced == 2200).await;
    assert_eq!((waiting.ledger[0].queued, waiting.ledger[0].dropped["unsent"]), (2000, 200));
    // It also survives the bridge.
    let folder = bridge.end().await;
    let url = format!("mqtt://{}", pair.address);
    let bridge = Bridge::start_on(folder, &pair.here, &bridge_to(&url, &json!({}), &rules));
    bridge.status_when("they still wait", |status| status.queue.records == 2000).await;
    let there = Site::start(&at(pair.address));
    let mut remote = Client::waited_for(pair.address, "remote").await;
    // Asked for before the bridge is back, or the first would pass unseen.
    assert!(remote.subscribe("log/#", QoS::AtLeastOnce).await);
    let mut next = 0;
    while next < 2000 {
        let number: usize = remote.next().await.payload.parse().unwrap();
        // At least once, and first arrivals in order.
        assert!(number <= next, "{number} came before {next}");
        next = next.max(number + 1);
    }
    let status = bridge.status_when("all are acknowledged", |status| status.ledger[0].queued == 0).await;
    assert_eq!(status.ledger[0].acknowledged, 2000);
    bridge.end().await;
    there.end().await;
    pair.here.end().await;
}

#[tokio::test]
async fn what_waits_is_bounded_and_what_is_given_up_is_counted() {
    let pair = Pair::start().await;
    let rules = json!([{"topic": "#", "direction": "out"}]);
    let bridge = Bridge::up(&pair.here, pair.address, &json!({"buffer": {"max_mib": 1}}), &rules).await;
    drop(pair.remote);
    pair.there.end().await;
    bridge.away().await;
    for number in (0..300u32).map(|number| number << 16) {
        // Of no pattern: pages are packed.
        let noise: Vec<u8> =
            (0..10_000u32).map(|n| ((n ^ number).wrapping_mul(2_654_435_761)).to_be_bytes()[0]).collect();
        pair.local.send("log/1", noise, PublishOptions::new(QoS::AtLeastOnce)).await.unwrap();
    }
    let status = bridge.status_when("all are counted", |status| status.ledger[0].produced == 300).await;
    let row = &status.ledger[0];
    assert!(0 < row.dropped["full"] && status.queue.bytes <= 1024 * 1024, "{status:?}");
    assert_eq!(row.queued + row.dropped["full"], 300);
    bridge.end().await;
    pair.here.end().await;
}

#[tokio::test]
async fn retained_messages_of_quality_0_are_told_when_the_other_broker_is_back() {
    let pair = Pair::start().await;
    let rules = json!([{"topic": "#", "direction": "out"}]);
    let bridge = Bridge::up(&pair.here, pair.address, &json!({}), &rules).await;
    drop(pair.remote);
    pair.there.end().await;
    bridge.away().await;
    for number in 0..1500 {
        let options = PublishOptions::new(QoS::AtMostOnce).retained();
        pair.local.send(&format!("state/{number}"), b"1".to_vec(), options).await.unwrap();
    }
    bridge
        .status_when("they are given up as messages", |status| status.ledger[0].dropped.get("unsent") == Some(&1500))
        .await;
    let mut there = again(pair.address).await;
    there.status_when("they are there as the state", |status| status.retained >= 1500).await;
    bridge.end().await;
    there.end().await;
    pair.here.end().await;
}

#[tokio::test]
async fn a_broker_that_restarts_gets_what_its_bridge_has_for_it() {
    for qos in [QoS::AtLeastOnce, QoS::ExactlyOnce] {
        restarts(qos).await;
    }
}

async fn restarts(qos: QoS) {
    let pair = Pair::start().await;
    let rules = json!([{"topic": "orders/#", "direction": "in", "qos": qos as u8}]);
    let bridge = Bridge::up(&pair.here, pair.address, &json!({}), &rules).await;
    let (bridges, address) = (pair.here.bridges.clone(), pair.here.address());
    drop(pair.local);
    pair.here.end().await;
    for number in 0..500 {
        pair.remote.publish("orders/1", &number.to_string(), qos).await;
    }
    let here = Site::start_among(&at(address), None, bridges);
    let mut local = Client::waited_for(address, "local").await;
    assert!(local.subscribe("orders/#", QoS::AtLeastOnce).await);
    // What came before the subscription is gone by; the last one is not.
    pair.remote.publish("orders/1", "last", qos).await;
    let last = tokio::time::timeout(PATIENCE, async { while local.next().await.payload != "last" {} });
    last.await.expect("the bridge goes on");
    let status = bridge.counts_when("all came", |counts| counts.brought == 501).await;
    assert_eq!(status.connects, 1);
    bridge.end().await;
    here.end().await;
    pair.there.end().await;
}

#[tokio::test]
async fn what_the_other_broker_cannot_take_holds_nothing_up() {
    let (here, at_here) = Site::usual().await;
    let mut small = usual();
    small["max_message_bytes"] = json!(2048);
    let (there, address) = Site::up(&small).await;
    let (local, mut remote) = (Client::all(at_here, "local").await, Client::all(address, "remote").await);
    assert!(remote.subscribe("#", QoS::AtLeastOnce).await);
    let rules = json!([{"topic": "log/#", "direction": "out"}]);
    let bridge = Bridge::up(&here, address, &json!({}), &rules).await;
    local.send("log/1", vec![b'x'; 4000], PublishOptions::new(QoS::AtLeastOnce)).await.unwrap();
    local.publish("log/2", "small", QoS::AtLeastOnce).await;
    remote.gets("log/2", "small").await;
    let status = bridge.status_when("both are settled", |status| status.ledger[0].acknowledged == 1).await;
    let row = &status.ledger[0];
    assert_eq!((row.acknowledged, row.dropped.get("refused"), status.connects), (1, Some(&1), 1), "{status:?}");
    bridge.end().await;
    there.end().await;
    here.end().await;
}

#[tokio::test]
async fn without_marks_what_waited_does_not_come_back_and_newer_values_of_ours_stay() {
    let pair = Pair::start().await;
    let (rules, old) = (json!([{"topic": "#", "direction": "both"}]), json!({"protocol": "3.1.1", "client_id": "b"}));
    let bridge = Bridge::up(&pair.here, pair.address, &old, &rules).await;
    drop(pair.remote);
    pair.there.end().await;
    bridge.away().await;
    pair.local.publish("order", "once", QoS::AtLeastOnce).await;
    pair.local.retain("state", "newer").await;
    let there = again(pair.address).await;
    // Before the bridge is back, or behind it: in either case ours is the newer one, and on its way.
    let remote = Client::all(pair.address, "remote").await;
    remote.retain("other", "theirs").await;
    bridge.status_when("all has left", |status| status.connected && status.ledger[0].queued == 0).await;
    bridge.counts_when("theirs came", |counts| counts.brought == 1).await;
    let mut late = Client::all(pair.here.address(), "late").await;
    assert!(late.subscribe("state", QoS::AtLeastOnce).await);
    late.gets("state", "newer").await;
    bridge.end().await;
    there.end().await;
    pair.here.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_an_older_value_of_ours_that_the_other_broker_kept_does_not_come_back() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let port = || SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let (web, here, address) = (port(), port(), port());
    let store = Store::open(theirs.path(), StoreLimits::default()).await.unwrap();
    let there = Site::start_with(&at(address), Some(store.retained_messages()));
    let mut broker = at(here);
    broker["bridges"] =
        json!([bridge_to(&format!("mqtt://{address}"), &json!({}), &json!([{"topic": "state", "direction": "both"}]))]);
    let data = ours.path().join("data");
    Serve::init(&data, Some(&json!({"format": "dinrail/1", "mqtt": {"broker": broker}})));
    let mut serve = Serve::start(&data, web).await;
    Client::waited_for(here, "local").await.retain("state", "older").await;
    kept_there(address, "older").await;
    there.end().await;
    serve.kill();
    let _serve = Serve::start(&data, web).await;
    Client::waited_for(here, "local").await.retain("state", "newer").await;
    // One that takes nothing more of ours: what it kept is what it says.
    let mut closed = at(address);
    closed["users"][2]["publish"] = json!([]);
    let there = Site::start_with(&closed, Some(store.retained_messages()));
    let rest = Rest::new(web).login(ADMIN, PASSWORD).await;
    let returned = async || {
        let status = rest.get("/api/v1/status").await.body;
        let bridge = status["units"].as_array()?.iter().find(|unit| unit["kind"] == "bridge")?;
        bridge["detail"]["bridge"]["returned"].as_u64().filter(|count| 0 < *count)
    };
    assert_eq!(eventually(returned, "our older value has come and was known").await, 1);
    let mut late = Client::all(here, "late").await;
    assert!(late.subscribe("state", QoS::AtLeastOnce).await);
    late.gets("state", "newer").await;
    there.end().await;
    store.close().await;
}

/// Waits until the broker keeps this as the state.
async fn kept_there(address: SocketAddr, payload: &str) {
    let kept = async || {
        let mut client = Client::waited_for(address, "looks").await;
        assert!(client.subscribe("state", QoS::AtLeastOnce).await);
        let message = tokio::time::timeout(std::time::Duration::from_millis(200), client.next()).await.ok()?;
        (message.payload == payload).then_some(())
    };
    eventually(kept, &format!("the other broker keeps {payload}")).await;
}
