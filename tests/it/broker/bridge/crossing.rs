//! What crosses, and as what.

use super::{Bridge, Client, Message, Pair, Site, bridge_to, usual};
use crate::support::certificates::{Authority, Validity};
use rumqttc::QoS;
use serde_json::json;

fn message(topic: &str, payload: &str, retain: bool, qos: u8) -> Message {
    Message { topic: topic.to_owned(), payload: payload.to_owned(), retain, qos }
}

#[tokio::test]
async fn messages_cross_both_ways_under_their_prefixes_and_nothing_else_does() {
    for protocol in ["5", "3.1.1"] {
        let mut pair = Pair::start().await;
        let rules = json!([
            {"topic": "press/#", "direction": "out", "remote_prefix": "site-a/"},
            {"topic": "orders/+", "direction": "in", "local_prefix": "cloud/", "qos": 2},
            {"topic": "log/#", "direction": "out", "qos": 0},
        ]);
        let bridge = Bridge::up(&pair.here, pair.address, &json!({"protocol": protocol}), &rules).await;
        for client in [&pair.local, &pair.remote] {
            assert!(client.subscribe("#", QoS::ExactlyOnce).await);
        }
        pair.local.publish("oven/1", "stays", QoS::AtLeastOnce).await;
        assert_eq!(pair.local.next().await, message("oven/1", "stays", false, 1));
        for (qos, number) in [(QoS::AtMostOnce, 0), (QoS::AtLeastOnce, 1), (QoS::ExactlyOnce, 2)] {
            pair.local.publish("press/1/speed", "12", qos).await;
            assert_eq!(pair.local.next().await, message("press/1/speed", "12", false, number));
            assert_eq!(pair.remote.next().await, message("site-a/press/1/speed", "12", false, number.min(1)));
            pair.remote.publish("orders/7", "go", qos).await;
            assert_eq!(pair.remote.next().await, message("orders/7", "go", false, number));
            assert_eq!(pair.local.next().await, message("cloud/orders/7", "go", false, number));
        }
        pair.local.publish("log/x", "line", QoS::AtLeastOnce).await;
        assert_eq!(pair.remote.next().await, message("log/x", "line", false, 0));
        assert_eq!(pair.local.next().await, message("log/x", "line", false, 1));
        pair.remote.publish("orders/7/deeper", "stays", QoS::AtLeastOnce).await;
        assert_eq!(pair.remote.next().await, message("orders/7/deeper", "stays", false, 1));
        pair.local.publish("press/end", "end", QoS::AtLeastOnce).await;
        pair.local.gets("press/end", "end").await;
        pair.remote.gets("site-a/press/end", "end").await;
        let status = bridge.status_when("all is counted", |status| status.ledger[0].acknowledged == 5).await;
        assert_eq!((status.received, status.ledger[0].produced, status.ledger[0].queued), (3, 5, 0));
        assert_eq!(status.bridge.unwrap().brought, 3);
        bridge.end().await;
        pair.end().await;
    }
}

#[tokio::test]
async fn retained_messages_stay_retained_both_ways_and_are_taken_back() {
    let pair = Pair::start().await;
    pair.local.retain("press/old", "1").await;
    pair.remote.retain("orders/old", "2").await;
    let rules = json!([{"topic": "press/#", "direction": "out"}, {"topic": "orders/#", "direction": "in"}]);
    let bridge = Bridge::up(&pair.here, pair.address, &json!({}), &rules).await;
    pair.local.retain("press/new", "3").await;
    pair.remote.retain("orders/new", "4").await;
    let counted = |status: &dinrail::runtime::status::MqttStatus| {
        status.ledger[0].acknowledged == 2 && status.bridge.as_ref().unwrap().brought == 2
    };
    bridge.status_when("the four have crossed", counted).await;
    let late = [(&pair.remote, "press/old", "1"), (&pair.remote, "press/new", "3"), (&pair.local, "orders/old", "2")];
    for (_, topic, payload) in late.into_iter().chain([(&pair.local, "orders/new", "4")]) {
        let at = if topic.starts_with("press") { pair.address } else { pair.here.address() };
        let mut late = Client::all(at, "late").await;
        assert!(late.subscribe(topic, QoS::AtLeastOnce).await);
        assert_eq!(late.next().await, message(topic, payload, true, 1));
    }
    pair.local.retain("press/old", "").await;
    bridge.status_when("it is taken back", |status| status.ledger[0].acknowledged == 3).await;
    let mut late = Client::all(pair.address, "late").await;
    assert!(late.subscribe("press/old", QoS::AtLeastOnce).await);
    late.gets_only_marker("press/old", &pair.remote).await;
    bridge.end().await;
    pair.end().await;
}

#[tokio::test]
async fn what_came_by_a_bridge_is_not_told_back_as_retained() {
    let pair = Pair::start().await;
    pair.remote.retain("both/a", "theirs").await;
    let rules = json!([{"topic": "both/#", "direction": "both"}]);
    let bridge = Bridge::up(&pair.here, pair.address, &json!({}), &rules).await;
    bridge.counts_when("it came", |counts| counts.brought == 1).await;
    pair.local.retain("both/b", "ours").await;
    bridge.status_when("ours has left", |status| status.ledger[0].acknowledged == 1).await;
    let folder = bridge.end().await;
    // The next one tells what is retained here, but for what the first one brought.
    let bridge =
        Bridge::start_on(folder, &pair.here, &bridge_to(&format!("mqtt://{}", pair.address), &json!({}), &rules));
    bridge.connected(1).await;
    let status = bridge.status_when("ours is told again", |status| status.ledger[0].acknowledged == 1).await;
    assert_eq!(status.ledger[0].produced, 1);
    bridge.end().await;
    pair.end().await;
}

#[tokio::test]
async fn rules_change_while_the_bridge_is_connected() {
    let mut pair = Pair::start().await;
    let url = format!("mqtt://{}", pair.address);
    let with = |rules| bridge_to(&url, &json!({}), &rules);
    let first = json!([{"topic": "a/#", "direction": "out"}, {"topic": "in/1", "direction": "in"}]);
    let bridge = Bridge::up(&pair.here, pair.address, &json!({}), &first).await;
    pair.local.retain("b/kept", "0").await;
    assert!(pair.remote.subscribe("#", QoS::AtLeastOnce).await);
    pair.local.publish("a/1", "1", QoS::AtLeastOnce).await;
    pair.remote.gets("a/1", "1").await;
    bridge.change(&with(json!([{"topic": "b/#", "direction": "out"}, {"topic": "in/2", "direction": "in"}])));
    // The new rule tells at once what is retained.
    pair.remote.gets("b/kept", "0").await;
    pair.local.publish("a/1", "2", QoS::AtLeastOnce).await;
    pair.local.publish("b/1", "3", QoS::AtLeastOnce).await;
    pair.remote.gets("b/1", "3").await;
    assert!(pair.local.subscribe("in/#", QoS::AtLeastOnce).await);
    pair.remote.publish("in/1", "no", QoS::AtLeastOnce).await;
    pair.remote.publish("in/2", "yes", QoS::AtLeastOnce).await;
    pair.local.gets("in/2", "yes").await;
    assert_eq!(bridge.status().connects, 1);
    bridge.end().await;
    pair.end().await;
}

#[tokio::test]
async fn a_bridge_goes_over_tls_and_says_whom_it_does_not_trust() {
    let authority = Authority::new();
    let signed = authority.server(&["127.0.0.1"], Validity::Now);
    let mut broker = usual();
    broker["certificates"] = json!([{"name": "web", "chain": signed.chain, "key": signed.key}]);
    broker["listeners"] =
        json!([{"address": "127.0.0.1:0", "tls": {"certificate": "web"}}, {"address": "127.0.0.2:0"}]);
    let (mut there, address) = Site::up(&broker).await;
    let status = there.status_when("both listen", |status| status.listeners.len() == 2).await;
    let mut remote = Client::all(status.listeners[1].parse().unwrap(), "remote").await;
    let (here, local) = Site::usual().await;
    let local = Client::all(local, "local").await;
    let rules = json!([{"topic": "#", "direction": "out"}]);
    let url = format!("mqtts://{address}");
    let tls = |ca: String| bridge_to(&url, &json!({"tls": {"ca": ca}}), &rules);
    let bridge = Bridge::start(&here, &tls(Authority::named("another").ca()));
    let why = bridge.away().await;
    assert!(why.contains("signed by an authority we do not know"), "{why}");
    bridge.change(&tls(authority.ca()));
    bridge.connected(1).await;
    assert!(remote.subscribe("#", QoS::AtLeastOnce).await);
    local.publish("press/1", "12", QoS::AtLeastOnce).await;
    remote.gets("press/1", "12").await;
    bridge.end().await;
    here.end().await;
    there.end().await;
}
