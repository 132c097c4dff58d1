//! What becomes of births, deaths and data when sessions and programs end.

use super::{alias, born, edge_node, kinds, read, told, topic, wait, wait_told};
use crate::mqtt::sparkplug::host::Host;
use crate::support::mqtt_broker::{Manners, Packet, TestBroker};
use crate::support::mqtt_rig::MqttRig;
use crate::support::sparkplug::{Payload, Value};
use dinrail::tag::quality::Reason;
use serde_json::json;

/// The number of a will.
fn wills(broker: &TestBroker) -> Vec<Value> {
    let will = |heard: &crate::support::mqtt_broker::Heard| match &heard.packet {
        Packet::Connect(connect) => Payload::read(&connect.will.as_ref().unwrap().bytes).value("bdSeq").cloned(),
        _ => None,
    };
    broker.heard().iter().filter_map(will).collect()
}

#[tokio::test]
async fn each_session_has_a_number_of_its_own_over_cuts_and_restarts() {
    let broker = TestBroker::start().await;
    let rig = MqttRig::start(&broker.url(), edge_node(json!({})));
    for session in 1..=3 {
        let node = wait(&broker, "NBIRTH", session).await.remove(session - 1);
        assert_eq!(node.value("bdSeq"), Some(&Value::Long(session as u64 - 1)));
        wait(&broker, "DBIRTH", session).await;
        if session < 3 {
            broker.cut().await;
        }
    }
    // An end in good order says so itself, with the number of its session.
    let folder = rig.stop().await;
    let death = broker.published().pop().unwrap();
    assert_eq!((death.topic.as_str(), death.qos, death.retain), (topic("NDEATH").as_str(), 1, false));
    assert_eq!(read(&death).value("bdSeq"), Some(&Value::Long(2)));
    let rig = MqttRig::start_on(folder, &broker.url(), edge_node(json!({})), 4);
    wait(&broker, "NBIRTH", 4).await;
    rig.stop().await;
    assert_eq!(wills(&broker), [0, 1, 2, 3].map(Value::Long));
    Host::follow(&broker.heard());
}

#[tokio::test]
async fn a_broker_that_is_not_there_uses_no_numbers_up() {
    let broker = TestBroker::start().await;
    let address = broker.address();
    let rig = MqttRig::start(&broker.url(), edge_node(json!({})));
    born(&broker).await;
    drop(broker);
    rig.wait_degraded().await;
    crate::support::wait::eventually(
        async || rig.status().last_error.filter(|error| error.contains("refused")),
        "a connect is refused",
    )
    .await;
    let broker = TestBroker::start_at(address).await;
    let node = wait(&broker, "NBIRTH", 1).await.remove(0);
    assert_eq!(node.value("bdSeq"), Some(&Value::Long(1)));
    rig.stop().await;
}

#[tokio::test]
async fn what_an_outage_kept_is_told_after_the_births_as_the_past_it_is() {
    for drain in ["in-order", "live-first"] {
        let broker = TestBroker::start().await;
        let mut members = edge_node(json!({"trigger": {"on_change": true, "every": true}}));
        members["buffer"] = json!({"drain": drain});
        let rig = MqttRig::start(&broker.url(), members);
        let (_, birth) = born(&broker).await;
        let t1 = alias(&birth, "t1");
        rig.write(1, 1.0);
        wait_told(&broker, t1, 1.0).await;
        broker.behave(|manners| manners.refuse = 3);
        broker.cut().await;
        rig.wait_degraded().await;
        for n in 2..=50 {
            rig.write(1, f64::from(n));
        }
        rig.wait_status("it waits", |status| status.queue.records == 49).await;
        broker.behave(|manners| manners.refuse = 0);
        wait(&broker, "DBIRTH", 2).await;
        rig.write(1, 51.0);
        wait_told(&broker, t1, 51.0).await;
        rig.wait_status("nothing waits", |status| status.queue.records == 0).await;
        // The birth said the newest of them, which is not told again.
        let births = wait(&broker, "DBIRTH", 2).await;
        let newest = match births[1].value("t1") {
            Some(Value::Double(x)) => *x,
            other => panic!("{other:?}"),
        };
        assert!((50.0..=51.0).contains(&newest), "{newest}");
        let mut data = told(&broker, t1);
        data.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut expect: Vec<(f64, bool)> = vec![(1.0, false)];
        expect.extend((2..50).map(|n| (f64::from(n), true)));
        expect.push((51.0, false));
        assert_eq!(data, expect, "{drain}");
        let status = rig.status();
        let row = &status.ledger[0];
        assert_eq!((row.produced, row.dropped.len(), row.queued), (row.acknowledged, 0, 0));
        rig.stop().await;
        Host::follow(&broker.heard());
    }
}

#[tokio::test]
async fn a_device_that_is_gone_is_born_for_what_it_left_and_then_dies() {
    let broker = TestBroker::start().await;
    let rig = MqttRig::start(&broker.url(), edge_node(json!({})));
    let (_, birth) = born(&broker).await;
    broker.behave(|manners| manners.refuse = 3);
    broker.cut().await;
    rig.wait_degraded().await;
    rig.write(1, 5.0);
    rig.wait_status("it waits", |status| status.queue.records == 1).await;
    for tag in 0..4 {
        rig.fail(tag, Reason::NoAnswer);
    }
    rig.wait_status("that waits too", |status| 2 <= status.queue.records).await;
    broker.forget();
    broker.behave(|manners| manners.refuse = 0);
    wait(&broker, "DDEATH", 1).await;
    let told = told(&broker, alias(&birth, "t1"));
    assert!(told.contains(&(5.0, true)) && told.iter().all(|(_, historical)| *historical), "{told:?}");
    let kinds = kinds(&broker);
    assert_eq!(
        (&kinds[..2], kinds.last().unwrap().as_str()),
        (&["NBIRTH".to_owned(), "DBIRTH".to_owned()][..], "DDEATH")
    );
    rig.stop().await;
    Host::follow(&broker.heard());
}

#[tokio::test]
async fn a_device_that_is_away_is_not_born_with_its_node() {
    let broker = TestBroker::start().await;
    let rig = MqttRig::start_with(&broker.url(), edge_node(json!({})), 2);
    born(&broker).await;
    for tag in 0..2 {
        rig.fail(tag, Reason::NoAnswer);
    }
    wait(&broker, "DDEATH", 1).await;
    broker.forget();
    broker.cut().await;
    let node = wait(&broker, "NBIRTH", 1).await.remove(0);
    assert_eq!(node.seq, Some(0));
    tokio::time::sleep(crate::support::mqtt_broker::QUIET).await;
    assert_eq!(kinds(&broker), ["NBIRTH"]);
    rig.stop().await;
}

#[tokio::test]
async fn what_waited_over_a_restart_is_told_under_the_aliases_of_now() {
    let broker = TestBroker::start_with(Manners { refuse: 3, ..Manners::default() }).await;
    let rig = MqttRig::start(&broker.url(), edge_node(json!({"tags": ["d/t0", "d/t1"]})));
    rig.wait_status("the first values wait", |status| 1 <= status.queue.records).await;
    rig.write_all(&[(0, 1.0), (1, 11.0)]);
    rig.wait_status("the second wait", |_| 2 <= rig.produced()).await;
    rig.write_all(&[(0, 2.0), (1, 12.0)]);
    rig.wait_status("the third wait", |_| 3 <= rig.produced()).await;
    let folder = rig.stop().await;
    // Of the two tags one is left, and others came.
    broker.behave(|manners| manners.refuse = 0);
    let now = edge_node(json!({"tags": ["d/t3", "d/t2", "d/t1"]}));
    let rig = MqttRig::start_on(folder, &broker.url(), now, 4);
    let (_, birth) = born(&broker).await;
    wait_told(&broker, alias(&birth, "t1"), 12.0).await;
    let told = told(&broker, alias(&birth, "t1"));
    assert!(told.contains(&(11.0, true)) && told.contains(&(12.0, true)), "{told:?}");
    let status = rig.wait_status("nothing waits", |status| status.queue.records == 0).await;
    let row = &status.ledger[0];
    assert_eq!(row.produced, row.acknowledged + row.dropped.values().sum::<u64>(), "{row:?}");
    rig.stop().await;
    Host::follow(&broker.heard());
}

#[tokio::test]
async fn data_waits_for_the_births_of_many_devices() {
    const DEVICES: usize = 60;
    let broker = TestBroker::start_with(Manners { refuse: 3, ..Manners::default() }).await;
    let publication = |n: usize| {
        json!({"name": format!("p{n}"), "id": format!("p{n}"), "tags": [format!("d/t{n}")], "payload": "sparkplug",
            "device": format!("hall-{n}"), "trigger": {"on_change": true, "every": true}})
    };
    let mut members = edge_node(json!({}));
    members["publications"] = (0..DEVICES).map(publication).collect();
    let rig = MqttRig::start_with(&broker.url(), members, DEVICES);
    rig.wait_degraded().await;
    for value in [10, 20] {
        let before = rig.produced();
        rig.write_all(&(0..DEVICES).map(|tag| (tag, f64::from(value))).collect::<Vec<_>>());
        rig.wait_status("they wait", |_| before + DEVICES as u64 <= rig.produced()).await;
    }
    broker.behave(|manners| manners.refuse = 0);
    wait(&broker, "DDATA", DEVICES).await;
    let kinds = kinds(&broker);
    assert_eq!(kinds.iter().position(|kind| kind == "DDATA"), Some(1 + DEVICES));
    assert!(kinds[1..=DEVICES].iter().all(|kind| kind == "DBIRTH"), "{kinds:?}");
    rig.stop().await;
    Host::follow(&broker.heard());
}
