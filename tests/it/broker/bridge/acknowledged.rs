//! A bridge tells the other broker that a message has arrived when its own broker has it, and not before.

use super::{Bridge, Client, PATIENCE, Site, bridge_to, usual};
use crate::support::field::free_port;
use crate::support::mqtt_broker::{Heard, Manners, Packet, TestBroker};
use crate::support::serve::Serve;
use crate::support::wait::eventually;
use rumqttc::QoS;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

fn orders_in(qos: u8) -> Json {
    json!([{"topic": "orders/#", "direction": "in", "qos": qos}])
}

fn old() -> Json {
    json!({"protocol": "3.1.1", "client_id": "b"})
}

/// What the client acknowledged, in order: by PUBACK or PUBREC.
fn acknowledged(broker: &TestBroker) -> Vec<u16> {
    let number = |packet| match packet {
        Packet::PubAck(id) | Packet::PubRec(id) => Some(id),
        _ => None,
    };
    broker.heard().into_iter().filter_map(|heard| number(heard.packet)).collect()
}

/// Waits until the client of the broker has subscribed for the so-manyth time.
async fn subscribed(broker: &TestBroker, times: usize) {
    let count = |heard: &Packet| matches!(heard, Packet::Subscribe(_));
    let what = format!("the bridge has subscribed {times} times");
    broker.wait(what, |heard| (times <= heard.iter().filter(|heard| count(&heard.packet)).count()).then_some(())).await;
}

#[tokio::test]
async fn what_our_broker_does_not_have_is_not_acknowledged_and_comes_in_when_it_is_back() {
    let there = TestBroker::start().await;
    let (here, address) = Site::usual().await;
    let bridge = Bridge::start(&here, &bridge_to(&there.url(), &old(), &orders_in(2)));
    subscribed(&there, 1).await;
    let bridges = here.bridges.clone();
    here.end().await;
    let mut sent = Vec::new();
    for number in 0..40u8 {
        sent.push(there.send("orders/1", number.to_string().as_bytes(), 1 + number % 2, false).await);
    }
    bridge.counts_when("all are in hand", |counts| counts.brought == 40).await;
    assert!(acknowledged(&there).is_empty());
    let mut at = usual();
    at["listeners"] = json!([{"address": address.to_string()}]);
    let here = Site::start_among(&at, None, bridges);
    let all = sent.len();
    there
        .wait("all are acknowledged", |heard| {
            let owed = |packet: &Packet| matches!(packet, Packet::PubAck(_) | Packet::PubRec(_));
            (heard.iter().filter(|heard| owed(&heard.packet)).count() == all).then_some(())
        })
        .await;
    assert_eq!(acknowledged(&there), sent);
    bridge.end().await;
    here.end().await;
}

#[tokio::test]
async fn what_comes_again_after_a_cut_goes_in_and_with_quality_2_once() {
    for qos in [1, 2] {
        cut_and_go_on(qos).await;
    }
}

/// Cuts the connection at moments that differ, while messages of this quality come in.
async fn cut_and_go_on(qos: u8) {
    const OF_ONE_ROUND: usize = 100;
    let there = TestBroker::start_with(Manners { session_present: true, ..Manners::default() }).await;
    let (here, address) = Site::usual().await;
    let mut local = Client::all(address, "local").await;
    assert!(local.subscribe("orders/#", QoS::ExactlyOnce).await);
    let bridge = Bridge::start(&here, &bridge_to(&there.url(), &old(), &orders_in(2)));
    let (mut held, mut next) = (BTreeMap::new(), 0);
    for round in 0..6 {
        subscribed(&there, round + 1).await;
        for (number, id) in &held {
            there.send_again(*id, "orders/1", usize::to_string(number).as_bytes(), qos, false).await;
        }
        for number in next..next + OF_ONE_ROUND {
            held.insert(number, there.send("orders/1", number.to_string().as_bytes(), qos, false).await);
        }
        next += OF_ONE_ROUND;
        let owed = |heard: &&Heard| matches!(heard.packet, Packet::PubAck(_) | Packet::PubRec(_));
        let told = |heard: &[Heard]| heard.iter().filter(owed).count();
        let wanted = if round == 5 { next } else { round * OF_ONE_ROUND + round * 23 % 90 };
        there.wait(format!("{wanted} are acknowledged"), |heard| (wanted <= told(heard)).then_some(())).await;
        if round < 5 {
            there.cut().await;
            let gone = |heard: &&Heard| heard.packet == Packet::Gone;
            there.wait("the cut", |heard| (round < heard.iter().filter(gone).count()).then_some(())).await;
        }
        let known: BTreeSet<u16> = acknowledged(&there).into_iter().collect();
        held.retain(|_, id| !known.contains(id));
    }
    assert!(held.is_empty());
    let mut expected = 0;
    while expected < next {
        let number: usize = local.next().await.payload.parse().unwrap();
        // First arrivals are in order; what comes again with QoS 1 was there before.
        assert!(number == expected || (number < expected && qos == 1), "{number} instead of {expected}");
        expected = expected.max(number + 1);
    }
    // No link was lost for an acknowledgement that belonged to another.
    assert_eq!(bridge.status().connects, 6);
    if qos == 2 {
        local.gets_only_marker("orders/1", &Client::all(address, "marker").await).await;
    }
    bridge.end().await;
    here.end().await;
}

/// A message the other broker holds until it is acknowledged.
struct Held {
    id: u16,
    qos: u8,
}

/// Kills the program so often, at moments that differ, while the other broker sends retained messages.
async fn kill_and_look(kills: usize) {
    const OF_ONE_LIFE: usize = 30;
    let there = TestBroker::start_with(Manners { session_present: true, ..Manners::default() }).await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let local = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let web = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let mut broker = usual();
    broker["listeners"] = json!([{"address": local.to_string()}]);
    broker["bridges"] = json!([bridge_to(&there.url(), &old(), &orders_in(2))]);
    Serve::init(&data, Some(&json!({"format": "dinrail/1", "mqtt": {"broker": broker}})));
    let mut held: BTreeMap<usize, Held> = BTreeMap::new();
    let (mut arrived, mut next) = (BTreeSet::new(), 0);
    for kill in 0..kills {
        there.forget();
        let mut serve = Serve::start(&data, web).await;
        subscribed(&there, 1).await;
        for (number, Held { id, qos }) in &held {
            there.send_again(*id, &format!("orders/{number}"), number.to_string().as_bytes(), *qos, true).await;
        }
        for number in next..next + OF_ONE_LIFE {
            let qos = 1 + u8::from(number % 2 == 1);
            let id = there.send(&format!("orders/{number}"), number.to_string().as_bytes(), qos, true).await;
            held.insert(number, Held { id, qos });
        }
        next += OF_ONE_LIFE;
        let wanted = kill * 7 % OF_ONE_LIFE;
        eventually(async || (wanted <= acknowledged(&there).len()).then_some(()), "some are acknowledged").await;
        tokio::time::sleep(Duration::from_millis(kill as u64 * 13 % 70)).await;
        serve.kill();
        there
            .wait("the end of the connection", |heard| {
                heard.iter().any(|heard| heard.packet == Packet::Gone).then_some(())
            })
            .await;
        let told: BTreeSet<u16> = acknowledged(&there).into_iter().collect();
        held.retain(|number, message| {
            let done = told.contains(&message.id);
            if done {
                arrived.insert(*number);
            }
            !done
        });
    }
    assert!(kills * OF_ONE_LIFE / 4 < arrived.len(), "{} acknowledged: killed too early", arrived.len());
    let _serve = Serve::start(&data, web).await;
    let mut client = Client::waited_for(local, "late").await;
    assert!(client.subscribe("orders/#", QoS::AtLeastOnce).await);
    let mut found: BTreeSet<usize> = BTreeSet::new();
    let all = async {
        while !arrived.is_subset(&found) {
            found.insert(client.next().await.payload.parse().unwrap());
        }
    };
    drop(tokio::time::timeout(PATIENCE / 2, all).await);
    let lost: Vec<&usize> = arrived.difference(&found).collect();
    assert!(lost.is_empty(), "acknowledged and not there: {lost:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_to_the_other_broker_is_retained_after_kill_9() {
    kill_and_look(20).await;
}
