//! What becomes of messages on which the other broker closes the connection.

use super::{Bridge, Client, Site, bridge_to};
use crate::support::mqtt_broker::{Manners, Packet, TestBroker};
use crate::support::mqtt_law::Law;
use rumqttc::{PublishOptions, QoS};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// Closes on messages whose topic ends with `poison`, as brokers do on what is too large.
const POISON: Law =
    Law { tls: |_| true, connect: |_| true, publish: |topic| !topic.ends_with("poison"), subscribe: |_| true };

fn out() -> Json {
    json!([{"topic": "log/#", "direction": "out"}])
}

fn old() -> Json {
    json!({"protocol": "3.1.1", "client_id": "b"})
}

/// How often it came.
fn came(broker: &TestBroker, topic: &str) -> usize {
    broker.published().iter().filter(|message| message.topic == topic).count()
}

#[tokio::test]
async fn a_message_on_which_the_other_broker_closes_is_given_up_and_the_others_arrive() {
    let there = TestBroker::start_with(Manners { law: Some(POISON), ..Manners::default() }).await;
    let (here, address) = Site::usual().await;
    let local = Client::all(address, "local").await;
    let mut bridge = Bridge::start(&here, &bridge_to(&there.url(), &old(), &out()));
    bridge.connected(1).await;
    for number in 0..20 {
        local.publish("log/1", &number.to_string(), QoS::AtLeastOnce).await;
    }
    local.retain("log/poison", "too large").await;
    for number in 20..40 {
        local.publish("log/1", &number.to_string(), QoS::AtLeastOnce).await;
    }
    let status = bridge.counts_when("it is given up", |counts| counts.given_up == 1).await;
    let sentence =
        "the broker closes the connection whenever it gets a certain message of 9 bytes: the message is given up";
    let told = tokio::time::timeout(Duration::from_secs(5), bridge.told.recv()).await.unwrap().unwrap();
    assert_eq!(
        (told.source.as_str(), told.subject.as_str(), told.detail.as_str()),
        ("bridge/cloud", "log/poison", sentence)
    );
    assert_eq!(status.last_error.as_deref(), Some(sentence));
    let status = bridge.status_when("the rest is acknowledged", |status| status.ledger[0].queued == 0).await;
    let row = &status.ledger[0];
    // As a message, and perhaps once more as what is retained.
    let refused = row.dropped["refused"];
    assert_eq!((row.produced, row.acknowledged), (40 + refused, 40));
    let mut numbers: Vec<u64> = Vec::new();
    for message in there.published().iter().filter(|message| message.topic == "log/1") {
        let number = message.payload.parse().unwrap();
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    assert_eq!(numbers, (0..40).collect::<Vec<_>>(), "first arrivals in order");
    // Three times beside others, three times alone.
    assert_eq!(came(&there, "log/poison"), 6);
    // It still is retained here, and is not told again with what is.
    local.retain("log/state", "on").await;
    there.wait_for_messages("log/state", 1).await;
    there.cut().await;
    there.wait_for_messages("log/state", 2).await;
    local.publish("log/1", "end", QoS::AtLeastOnce).await;
    there.wait_for_messages("log/1", 1).await;
    assert_eq!(came(&there, "log/poison"), 6);
    bridge.end().await;
    here.end().await;
}

#[tokio::test]
async fn a_retained_message_of_quality_0_on_which_the_other_broker_closes_is_not_told_for_ever() {
    let there = TestBroker::start_with(Manners { law: Some(POISON), ..Manners::default() }).await;
    let (here, address) = Site::usual().await;
    let local = Client::all(address, "local").await;
    for topic in ["log/1", "log/2", "log/poison", "log/3"] {
        local.send(topic, b"on".to_vec(), PublishOptions::new(QoS::AtMostOnce).retained()).await.unwrap();
    }
    let bridge = Bridge::start(&here, &bridge_to(&there.url(), &old(), &out()));
    bridge.counts_when("it is given up", |counts| counts.given_up == 1).await;
    let closed_on = came(&there, "log/poison");
    for number in 1..=3 {
        there.wait_for_messages(&format!("log/{number}"), 1).await;
    }
    local.publish("log/4", "end", QoS::AtLeastOnce).await;
    there.wait_for_messages("log/4", 1).await;
    assert_eq!(came(&there, "log/poison"), closed_on);
    bridge.end().await;
    here.end().await;
}

#[tokio::test]
async fn a_broker_that_closes_for_another_reason_gets_every_message() {
    let there = TestBroker::start_with(Manners { hold_acks: true, ..Manners::default() }).await;
    let (here, address) = Site::usual().await;
    let local = Client::all(address, "local").await;
    let bridge = Bridge::start(&here, &bridge_to(&there.url(), &old(), &out()));
    bridge.connected(1).await;
    local.publish("log/1", "1", QoS::AtLeastOnce).await;
    for cut in 1..=5 {
        // Three times beside others, twice alone.
        there.wait_for_messages("log/1", cut).await;
        there.cut().await;
        let gone = format!("connection number {cut} ends");
        let ends = |heard: &Packet| *heard == Packet::Gone;
        there.wait(gone, |heard| (cut <= heard.iter().filter(|heard| ends(&heard.packet)).count()).then_some(())).await;
        local.publish("log/2", &cut.to_string(), QoS::AtLeastOnce).await;
    }
    there.wait_for_messages("log/1", 6).await;
    there.release_acks().await;
    there.wait_for_messages("log/2", 5).await;
    let status = bridge.status_when("all are acknowledged", |status| status.ledger[0].queued == 0).await;
    let counts = status.bridge.as_ref().unwrap();
    assert_eq!((status.ledger[0].acknowledged, counts.given_up), (6, 0), "{status:?}");
    bridge.end().await;
    here.end().await;
}
