//! mosquitto as the other broker, and mosquitto's own bridge to ours.

use super::{Bridge, Client, Site, bridge_to};
use crate::support::mosquitto::Mosquitto;
use dinrail::runtime::status::BrokerStatus;
use rumqttc::QoS;
use serde_json::json;

#[tokio::test]
async fn messages_cross_to_mosquitto_and_back_in_both_versions() {
    for protocol in ["5", "3.1.1"] {
        let mosquitto = Mosquitto::open().await;
        mosquitto.publish(&["-t", "orders/old", "-m", "kept", "-q", "1", "-r"]).await;
        let (site, address) = Site::usual().await;
        let mut local = Client::all(address, "local").await;
        assert!(local.subscribe("#", QoS::ExactlyOnce).await);
        local.retain("press/old", "kept").await;
        local.gets("press/old", "kept").await;
        let rules = json!([
            {"topic": "press/#", "direction": "out", "remote_prefix": "site-a/", "qos": 2},
            {"topic": "orders/#", "direction": "both", "qos": 2},
        ]);
        let bridge = Bridge::start(&site, &bridge_to(&mosquitto.url(), &json!({"protocol": protocol}), &rules));
        bridge.connected(1).await;
        local.gets("orders/old", "kept").await;
        bridge.status_when("what is retained is told", |status| status.ledger[0].acknowledged == 1).await;
        let mut all = mosquitto.subscribe(&["#"]).await;
        let mut kept = [all.next().await, all.next().await];
        kept.sort();
        assert_eq!(kept, ["orders/old 1 1 kept", "site-a/press/old 1 1 kept"]);
        for qos in ["0", "1", "2"] {
            mosquitto.publish(&["-t", "orders/7", "-m", qos, "-q", qos]).await;
            assert_eq!(all.next().await, format!("orders/7 {qos} 0 {qos}"));
            let message = local.next().await;
            assert_eq!((message.topic.as_str(), message.qos.to_string().as_str()), ("orders/7", qos));
        }
        for (qos, number) in [(QoS::AtMostOnce, 0), (QoS::AtLeastOnce, 1), (QoS::ExactlyOnce, 2)] {
            local.publish("press/1", "12", qos).await;
            local.gets("press/1", "12").await;
            assert_eq!(all.next().await, format!("site-a/press/1 {number} 0 12"));
            // Both ways, and yet it does not come back.
            local.publish("orders/8", &number.to_string(), qos).await;
            local.gets("orders/8", &number.to_string()).await;
            assert_eq!(all.next().await, format!("orders/8 {number} 0 {number}"));
        }
        local.publish("press/end", "end", QoS::AtLeastOnce).await;
        local.gets("press/end", "end").await;
        assert_eq!(all.next().await, "site-a/press/end 1 0 end");
        bridge.end().await;
        site.end().await;
    }
}

#[tokio::test]
async fn what_waits_reaches_mosquitto_after_its_restart() {
    let settings = "allow_anonymous true\npersistence true\npersistence_location {folder}/";
    let mut mosquitto = Mosquitto::start(settings, &[]).await;
    let (site, address) = Site::usual().await;
    let local = Client::all(address, "local").await;
    let rules = json!([{"topic": "log/#", "direction": "out"}]);
    let bridge = Bridge::start(&site, &bridge_to(&mosquitto.url(), &json!({}), &rules));
    bridge.connected(1).await;
    // A subscriber that is away keeps a place for everything.
    let keep = ["-t", "log/#", "-q", "1", "-i", "historian", "-c"];
    mosquitto.collect(&[&keep[..], &["-E"]].concat()).await;
    for round in 0..3 {
        mosquitto.terminate().await;
        for number in 0..200 {
            local.publish("log/x", &format!("{round}-{number}"), QoS::AtLeastOnce).await;
        }
        mosquitto.again().await;
        let all = 200 * (round + 1);
        bridge.status_when("all are acknowledged", |status| status.ledger[0].acknowledged == all).await;
    }
    let text = mosquitto.collect(&[&keep[..], &["-W", "3", "-F", "%p"]].concat()).await;
    let heard: std::collections::BTreeSet<&str> = text.lines().collect();
    assert_eq!(heard.len(), 600);
    bridge.end().await;
    site.end().await;
}

#[tokio::test]
async fn a_bridge_of_mosquitto_and_ours_make_no_endless_circle() {
    let (mut site, address) = Site::usual().await;
    let settings = format!(
        "allow_anonymous true\nconnection ours\naddress {address}\nremote_clientid mosquitto\nremote_username all\n\
         remote_password all\nnotifications false\nrestart_timeout 1\ntopic a/# both 1"
    );
    let mosquitto = Mosquitto::start(&settings, &[]).await;
    let there = |status: &BrokerStatus| status.clients.iter().any(|client| client.id == "mosquitto");
    site.status_when("mosquitto's bridge is connected", there).await;
    let mut local = Client::all(address, "local").await;
    let rules = json!([{"topic": "a/#", "direction": "out"}]);
    let bridge = Bridge::start(&site, &bridge_to(&mosquitto.url(), &json!({}), &rules));
    bridge.connected(1).await;
    local.publish("a/1", "round", QoS::AtLeastOnce).await;
    // mosquitto takes off the marks, so the message goes round until it is known by its text.
    let status = bridge.counts_when("it was held back", |counts| 0 < counts.returned).await;
    assert!(status.ledger[0].produced < 500, "{status:?}");
    assert!(local.subscribe("a/#", QoS::AtLeastOnce).await);
    local.publish("a/end", "end", QoS::AtLeastOnce).await;
    // Its own, and what comes back of it, until that is held back too; nothing of the first any more.
    local.gets("a/end", "end").await;
    local.gets("a/end", "end").await;
    bridge.end().await;
    site.end().await;
}
