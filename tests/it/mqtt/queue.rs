//! Store and forward.

use super::{each_value_once, nothing_is_lost, on_change, published_in_silence, value};
use crate::support::mqtt_broker::{Manners, Message, TestBroker};
use crate::support::mqtt_rig::MqttRig;
use crate::support::wait::eventually;
use dinrail::runtime::status::MqttStatus;
use dinrail::runtime::unit::Health;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

fn members(publication: Json, buffer: Json) -> Json {
    json!({"buffer": buffer, "publications": [publication]})
}

fn one_tag() -> Json {
    on_change(json!({"qos": 1, "tags": ["d/t1"]}))
}

/// A broker that lets nobody in.
async fn closed() -> TestBroker {
    TestBroker::start_with(Manners { refuse: 3, ..Manners::default() }).await
}

fn queue_files(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.starts_with("queue-")).collect();
    names.sort_unstable();
    names
}

/// Waits until so many messages were made.
async fn made(rig: &MqttRig, count: u64) {
    rig.wait_status("the messages are made", |_| count <= rig.produced()).await;
}

/// Writes these values of `d/t1`, each seen before the next; at first the rig's own 0 is.
async fn write_each(rig: &MqttRig, values: std::ops::RangeInclusive<u32>) {
    made(rig, 1).await;
    for n in values {
        let before = rig.produced();
        rig.write(1, f64::from(n));
        made(rig, before + 1).await;
    }
}

fn values(messages: &[Message]) -> Vec<Json> {
    messages.iter().map(value).collect()
}

#[track_caller]
fn balances(status: &MqttStatus) {
    for row in &status.ledger {
        let dropped: u64 = row.dropped.values().sum();
        assert_eq!(row.produced, row.acknowledged + row.queued + dropped, "{row:?}");
    }
}

#[tokio::test]
async fn what_changes_during_an_outage_arrives_afterwards_in_order_with_its_own_times() {
    let broker = closed().await;
    let rig = MqttRig::start(&broker.url(), members(one_tag(), json!({})));
    write_each(&rig, 1..=8).await;
    let status = rig.wait_status("all wait", |status| status.queue.records == 9).await;
    balances(&status);
    broker.behave(|manners| manners.refuse = 0);
    let messages = broker.wait_for_messages("line-3/d/t1", 9).await;
    assert_eq!(values(&messages), (0..=8).map(|n| json!(f64::from(n))).collect::<Vec<_>>());
    let times: Vec<Json> =
        messages.iter().map(|m| serde_json::from_str::<Json>(&m.payload).unwrap()["timestamp"].clone()).collect();
    assert!(times.windows(2).all(|pair| pair[0].as_str() < pair[1].as_str()), "{times:?}");
    let status = rig.wait_status("all are acknowledged", |status| status.queue.records == 0).await;
    assert_eq!((status.ledger[0].produced, status.ledger[0].acknowledged), (9, 9));
    assert_eq!(published_in_silence(&broker).await.len(), 9, "the present value was among them");
    rig.stop().await;
}

#[tokio::test]
async fn what_is_acknowledged_promptly_touches_no_disk() {
    let broker = TestBroker::start().await;
    let rig = MqttRig::start(&broker.url(), members(one_tag(), json!({})));
    write_each(&rig, 1..=5).await;
    rig.wait_status("all are acknowledged", |status| status.ledger[0].acknowledged == 6).await;
    let folder = rig.stop().await;
    assert_eq!(queue_files(folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn what_waits_survives_a_restart_and_is_sent_once() {
    for durability in ["fast", "strict"] {
        let broker = closed().await;
        let buffer = json!({"durability": durability});
        let rig = MqttRig::start(&broker.url(), members(one_tag(), buffer.clone()));
        write_each(&rig, 1..=4).await;
        let folder = rig.stop().await;
        assert!(queue_files(folder.path()).contains(&"queue-c1.db".to_owned()), "{:?}", queue_files(folder.path()));
        let rig = MqttRig::start_on(folder, &broker.url(), members(one_tag(), buffer), 4);
        made(&rig, 6).await;
        write_each(&rig, 5..=6).await;
        broker.behave(|manners| manners.refuse = 0);
        let messages = broker.wait_for_messages("line-3/d/t1", 8).await;
        let mut expect: Vec<Json> = (0..=4).map(|n| json!(f64::from(n))).collect();
        // A program that begins tells the present value, whatever was told before.
        expect.push(json!(0.0));
        expect.extend((5..=6).map(|n| json!(f64::from(n))));
        assert_eq!(values(&messages), expect, "{durability}");
        let status = rig.wait_status("nothing waits", |status| status.queue.records == 0).await;
        assert_eq!(status.ledger[0].produced, 8);
        balances(&status);
        rig.stop().await;
    }
}

/// Values of each topic in the order they arrived.
fn arrivals(messages: &[Message]) -> BTreeMap<String, Vec<u64>> {
    let mut arrivals: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for message in messages {
        let n: u64 = value(message).to_string().trim_end_matches(".0").parse().unwrap();
        arrivals.entry(message.topic.clone()).or_default().push(n);
    }
    arrivals
}

/// Publishes from `tags` tags while the broker fails `failures` times, at moments that differ, and checks that each message
/// arrives, first arrivals in order. Answers how many.
async fn publish_through_failures(tags: usize, rounds: u32, failures: u32, kept_sessions: bool) -> u64 {
    let broker = TestBroker::start().await;
    broker.behave(|manners| manners.session_present = kept_sessions);
    let rig = MqttRig::start_with(&broker.url(), members(each_value_once(1), json!({})), tags);
    let every = rounds / failures;
    for round in 1..=rounds {
        let values: Vec<_> = (0..tags).filter(|tag| *tag != 3).map(|tag| (tag, f64::from(round))).collect();
        rig.write_all(&values);
        tokio::time::sleep(Duration::from_millis(u64::from(round * 7919 % 5))).await;
        if round.is_multiple_of(every) {
            broker.behave(|manners| manners.refuse = if (round / every).is_multiple_of(2) { 3 } else { 0 });
            broker.cut().await;
        }
        balances(&rig.status());
    }
    broker.behave(|manners| manners.refuse = 0);
    let done = |status: &MqttStatus| status.connected && status.queue.records == 0 && status.in_flight == 0;
    let status = rig.wait_status("nothing waits any more", done).await;
    balances(&status);
    let row = &status.ledger[0];
    assert_eq!((row.acknowledged, row.dropped.len()), (row.produced, 0));
    let arrivals = arrivals(&broker.published());
    assert_eq!(arrivals.len(), tags);
    nothing_is_lost(&arrivals, row.produced, u64::from(rounds));
    let made = row.produced;
    rig.stop().await;
    made
}

#[tokio::test]
async fn every_message_arrives_in_order_through_failures_of_the_broker() {
    publish_through_failures(50, 60, 6, false).await;
    publish_through_failures(50, 60, 6, true).await;
}

/// The long form: `cargo test --release --test it -- --ignored a_hundred_thousand`.
#[tokio::test]
#[ignore = "takes minutes"]
async fn a_hundred_thousand_messages_arrive_through_fifty_failures() {
    assert!(100_000 <= publish_through_failures(500, 250, 50, false).await);
    assert!(100_000 <= publish_through_failures(500, 250, 50, true).await);
}

#[tokio::test]
async fn an_edit_during_an_outage_keeps_what_waits() {
    let broker = closed().await;
    let mut rig = MqttRig::start(&broker.url(), members(one_tag(), json!({})));
    write_each(&rig, 1..=3).await;
    // The publication gets another name and topic, the connection another name and client id.
    let renamed = on_change(json!({"name": "other", "qos": 1, "tags": ["d/t1"], "topic": "new/{tag}"}));
    rig.edit(json!({"name": "elsewhere", "client_id": "another", "publications": [renamed], "buffer": {"drain": "live-first"}}));
    write_each(&rig, 4..=4).await;
    let status = rig.wait_status("the new name is shown", |status| &*status.ledger[0].name == "other").await;
    assert_eq!((status.ledger.len(), status.ledger[0].queued), (1, status.ledger[0].produced));
    broker.behave(|manners| manners.refuse = 0);
    let messages = broker.wait_for_messages("line-3/d/t1", 4).await;
    let mut values = values(&messages);
    values.sort_by(|a, b| a.as_f64().unwrap().total_cmp(&b.as_f64().unwrap()));
    assert_eq!(values, [json!(0.0), json!(1.0), json!(2.0), json!(3.0)]);
    broker.wait_for_messages("new/d/t1", 1).await;
    // Without its publication nothing of it is sent.
    broker.behave(|manners| manners.refuse = 3);
    broker.cut().await;
    rig.wait_degraded().await;
    write_each(&rig, 5..=6).await;
    broker.forget();
    rig.edit(json!({"publications": []}));
    let status = rig.wait_status("they are given up", |status| status.queue.records == 0).await;
    assert_eq!((status.ledger[0].removed, status.ledger[0].dropped.get("removed")), (true, Some(&2)));
    balances(&status);
    broker.behave(|manners| manners.refuse = 0);
    rig.wait_up().await;
    assert_eq!(published_in_silence(&broker).await, []);
    rig.stop().await;
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_said_and_messages_go_on_from_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue-c1.db");
    std::fs::create_dir(&path).unwrap();
    let broker = TestBroker::start().await;
    let buffer = json!({"durability": "strict"});
    let rig = MqttRig::start_on(folder, &broker.url(), members(one_tag(), buffer), 4);
    let why = rig.wait_degraded().await;
    assert!(
        why.starts_with("messages wait in memory alone: the queue's file ") && why.contains("queue-c1.db"),
        "{why}"
    );
    broker.wait_for_messages("line-3/d/t1", 1).await;
    rig.wait_status("it is acknowledged", |status| status.ledger[0].acknowledged == 1).await;
    std::fs::remove_dir(&path).unwrap();
    rig.write(1, 1.0);
    rig.wait_up().await;
    rig.wait_status("no trouble any more", |status| status.queue.trouble.is_none()).await;
    rig.write(1, 2.0);
    rig.wait_status("all are acknowledged", |status| status.ledger[0].acknowledged == 3).await;
    assert_eq!(*rig.health.borrow(), Health::Up);
    let folder = rig.stop().await;
    assert!(folder.path().join("queue-c1.db").is_file());
}

#[tokio::test]
async fn a_damaged_file_is_put_aside_under_a_name_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("queue-c1.db"), [0x55; 9000]).unwrap();
    let broker = TestBroker::start().await;
    let rig = MqttRig::start_on(folder, &broker.url(), members(one_tag(), json!({})), 4);
    broker.wait_for_messages("line-3/d/t1", 1).await;
    let status = rig.wait_status("the notice", |status| status.queue.notice.is_some()).await;
    assert!(status.queue.notice.unwrap().contains("queue-c1.db.damaged-1"));
    let folder = rig.stop().await;
    assert_eq!(std::fs::read(folder.path().join("queue-c1.db.damaged-1")).unwrap(), [0x55; 9000]);
}

#[tokio::test]
async fn a_full_queue_gives_up_what_its_setting_says() {
    for (full, expect) in [("drop-newest", true), ("drop-oldest", false)] {
        let broker = closed().await;
        // Without waiting a second nothing is packed, so the first MiB of bare text fills it.
        let rig = MqttRig::start_with(
            &broker.url(),
            members(on_change(json!({"qos": 1})), json!({"max_mib": 1, "full": full})),
            1000,
        );
        made(&rig, 1000).await;
        let mut round = 0u32;
        let lost = |status: &MqttStatus| status.ledger.iter().any(|row| row.dropped.contains_key("full"));
        while !lost(&rig.status()) {
            round += 1;
            let values: Vec<_> = (0..1000).map(|tag| (tag, f64::from(round))).collect();
            rig.write_all(&values);
            tokio::time::sleep(Duration::from_millis(2)).await;
            assert!(round < 50_000, "it never fills");
        }
        let status = rig.status();
        balances(&status);
        assert!(status.queue.bytes <= status.queue.max_bytes, "{:?}", status.queue);
        broker.behave(|manners| manners.refuse = 0);
        rig.wait_status("nothing waits", |status| status.connected && status.queue.records == 0).await;
        let arrivals = arrivals(&broker.published());
        assert_eq!(arrivals["line-3/d/t0"].first() == Some(&0), expect, "{full}: the first");
        rig.stop().await;
    }
}

#[tokio::test]
async fn live_first_tells_the_present_at_once_and_marks_what_waited() {
    let broker = closed().await;
    let publication = on_change(json!({"qos": 1, "retain": true, "tags": ["d/t1"]}));
    let rig = MqttRig::start(&broker.url(), members(publication, json!({"drain": "live-first"})));
    write_each(&rig, 1..=3).await;
    rig.wait_status("they are in the file", |status| 0 < status.queue.file_bytes).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    broker.behave(|manners| manners.refuse = 0);
    let messages = broker.wait_for_messages("line-3/d/t1", 4).await;
    for message in &messages {
        let json: Json = serde_json::from_str(&message.payload).unwrap();
        assert_eq!((json["stored"].as_bool(), message.retain), (Some(true), false), "{message:?}");
    }
    rig.write(1, 9.0);
    let live = broker.wait_for_messages("line-3/d/t1", 5).await.remove(4);
    assert!(live.retain && !live.payload.contains("stored"), "{live:?}");
    rig.stop().await;
}

#[tokio::test]
async fn a_connection_that_is_deleted_takes_its_file_along() {
    let gateway = crate::support::gateway::TestGateway::start().await;
    let connection = |name: &str| {
        json!({"name": name, "url": "mqtt://127.0.0.1:1", "publications": [
            {"name": "p", "topic": "t/{tag}", "tags": ["internal/a"], "qos": 1, "trigger": {"interval_ms": 100}}]})
    };
    let connections = json!({"connections": [connection("one"), connection("two")]});
    gateway
        .edit(|document| {
            document["internal"] = json!([{"name": "a", "type": "f64", "initial": 1}]);
            document["mqtt"] = connections;
        })
        .await
        .unwrap();
    let files = || queue_files(gateway.folder.path()).into_iter().filter(|name| !name.contains("db-")).count();
    eventually(async || (files() == 2).then_some(()), "a file for each connection").await;
    gateway.edit(|document| drop(document["mqtt"]["connections"].as_array_mut().unwrap().remove(0))).await.unwrap();
    eventually(async || (files() == 1).then_some(()), "the file of the other connection alone").await;
    // Switched off it keeps what waits.
    gateway.edit(|document| document["mqtt"]["connections"][0]["enabled"] = json!(false)).await.unwrap();
    let folder = gateway.stop().await;
    assert_eq!(queue_files(folder.path()).len(), 1);
}
