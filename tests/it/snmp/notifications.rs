//! Traps and informs, received by the library's own receiver.

use super::*;
use crate::support::wait::PATIENCE;
use async_snmp::AuthoritativeEngine;
use async_snmp::notification::{NotificationReceiver, ReceivedNotification};
use std::convert::Infallible;

pub(super) async fn receiver() -> NotificationReceiver {
    let engine = AuthoritativeEngine::install(b"\x80receiver".to_vec(), |_| Ok::<(), Infallible>(())).unwrap();
    NotificationReceiver::builder()
        .bind("127.0.0.1:0")
        .community("told")
        .authoritative_engine(engine)
        .usm_user("nms", |one| {
            let keys = MasterKeys::new(AuthProtocol::Sha1, AUTH.as_bytes())?;
            one.with_master_keys(keys.with_privacy(PrivProtocol::Aes128, PRIV.as_bytes())?)
        })
        .unwrap()
        .accept_all_notifications()
        .build()
        .await
        .unwrap()
}

pub(super) async fn next(receiver: &NotificationReceiver) -> ReceivedNotification {
    tokio::time::timeout(PATIENCE, receiver.recv()).await.expect("a notification in time").unwrap()
}

/// What a notification says: its kind's last arc, and the texts of tag, value, unit.
pub(super) fn said(received: &ReceivedNotification) -> (u32, String, String, String) {
    let notification = &received.notification;
    let kind = *notification.trap_oid().unwrap().arcs().last().unwrap();
    let carried = |arc: u32| {
        let wanted = Oid::new(OURS.into_iter().chain([2, arc, 0]));
        let found = notification.varbinds().iter().find(|varbind| varbind.oid == wanted);
        found.map(|varbind| text(&varbind.value)).unwrap_or_default()
    };
    (kind, carried(2), carried(3), carried(4))
}

pub(super) fn with(receivers: Json, rules: Json) -> Json {
    let mut document = document();
    document["snmp"]["receivers"] = receivers;
    document["snmp"]["rules"] = rules;
    document
}

#[tokio::test]
async fn rules_speak_to_their_receivers_in_every_version() {
    let receiver = receiver().await;
    let at = receiver.local_addr().to_string();
    let receivers = json!([
        { "name": "old", "address": at, "version": "v1", "community": "told" },
        { "name": "plain", "address": at, "version": "v2c", "community": "told" },
        { "name": "sure", "address": at, "version": "v2c", "community": "told", "kind": "inform" },
        { "name": "secret", "address": at, "version": "v3", "user": "nms" },
        { "name": "both", "address": at, "version": "v3", "user": "nms", "kind": "inform" },
    ]);
    let rules = json!([
        { "name": "start", "when": "cold-start", "receivers": ["plain"] },
        { "name": "hot", "tag": "internal/level", "when": "greater", "value": 100, "hysteresis": 10 },
        { "name": "started", "tag": "internal/pump", "when": "off-to-on", "receivers": ["both"] },
        { "name": "changed", "when": "config-change", "receivers": ["sure"] },
    ]);
    let bench = Bench::start_with(with(receivers, rules)).await;
    let first = next(&receiver).await;
    assert_eq!(first.notification.trap_oid().unwrap(), oid("1.3.6.1.6.3.1.1.5.1"));
    let rest = bench.gateway.admin().await;
    rest.write("internal/level", json!(105.5)).await;
    let mut versions = Vec::new();
    for _ in 0..5 {
        let received = next(&receiver).await;
        assert_eq!(said(&received), (4, "internal/level".into(), "105.5".into(), "m".into()));
        versions.push(format!("{:?} {}", received.notification.version(), received.notification.is_confirmed()));
    }
    versions.sort();
    assert_eq!(versions, ["V1 false", "V2c false", "V2c true", "V3 false", "V3 true"]);
    // Within the hysteresis nothing is told; the pump is next.
    rest.write("internal/level", json!(95)).await;
    rest.write("internal/level", json!(110)).await;
    rest.write("internal/pump", json!(true)).await;
    assert_eq!(said(&next(&receiver).await), (3, "internal/pump".into(), "1".into(), String::new()));
    bench.gateway.edit(|document| document["appliance"]["location"] = json!("hall 4")).await.unwrap();
    assert_eq!(said(&next(&receiver).await).0, 9);
    let acknowledged = async || {
        let sure = bench.status().receivers.into_iter().find(|one| one.name == "both")?;
        (sure.acknowledged == 2 && sure.sent == 2).then_some(())
    };
    eventually(acknowledged, "both informs acknowledged").await;
    bench.gateway.stop().await;
}

#[tokio::test]
async fn what_waits_outlives_a_restart_once_and_in_order() {
    let free = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let at = free.local_addr().unwrap();
    drop(free);
    let receivers = json!([
        { "name": "late", "address": at.to_string(), "version": "v2c", "community": "told", "kind": "inform",
          "timeout_ms": 100, "retries": 0, "store": 3 },
        { "name": "gone", "address": at.to_string(), "version": "v2c", "community": "told", "kind": "inform",
          "timeout_ms": 100, "retries": 0 },
    ]);
    let rules = json!([{ "name": "any", "tag": "internal/recipe", "when": "change" }]);
    let bench = Bench::start_with(with(receivers, rules)).await;
    let rest = bench.gateway.admin().await;
    let waits = async |name: &str| {
        let kept = bench.gateway.gateway.store.snmp_memory().notes().await.unwrap();
        let id = |kept: &(String, u64, String)| kept.0.clone();
        let receivers = rest.get("/api/v1/config/snmp/receivers").await.body;
        let receivers = receivers.as_array().unwrap().iter().find(|one| one["name"] == name)?["id"].clone();
        Some(kept.iter().filter(|kept| id(kept) == receivers).count())
    };
    for recipe in 1..=5u32 {
        rest.write("internal/recipe", json!(recipe)).await;
        let seen = async || {
            let late = bench.status().receivers.into_iter().find(|one| one.name == "late")?;
            (u64::try_from(late.waiting).unwrap() + late.dropped == u64::from(recipe)).then_some(())
        };
        eventually(seen, "the notification to wait").await;
    }
    // On the disk within a moment, also without an orderly end.
    eventually(async || (waits("late").await? == 3 && waits("gone").await? == 5).then_some(()), "the store").await;
    let folder = bench.gateway.stop().await;

    let gateway = TestGateway::start_on(folder).await;
    let waiting = async || {
        let late = status(&gateway)?.receivers.into_iter().find(|one| one.name == "late")?;
        (late.waiting == 3).then_some(())
    };
    eventually(waiting, "what waited before the restart").await;
    // A receiver that is no more is never told.
    gateway
        .edit(|document| {
            document["snmp"]["receivers"].as_array_mut().unwrap().pop();
        })
        .await
        .unwrap();
    let left = async || {
        let kept = gateway.gateway.store.snmp_memory().notes().await.unwrap();
        (kept.len() == 3).then_some(())
    };
    eventually(left, "the notes of the other to go").await;
    let late = NotificationReceiver::builder().bind(at.to_string()).community("told").accept_all_notifications();
    let late = late.build().await.unwrap();
    let recipes: Vec<String> =
        [said(&next(&late).await).2, said(&next(&late).await).2, said(&next(&late).await).2].to_vec();
    assert_eq!(recipes, ["3", "4", "5"]);
    let empty = async || gateway.gateway.store.snmp_memory().notes().await.unwrap().is_empty().then_some(());
    eventually(empty, "the store to be empty").await;
    let folder = gateway.stop().await;

    // What was delivered is not told again: the next is what happens next.
    let gateway = TestGateway::start_on(folder).await;
    eventually(async || status(&gateway), "the agent").await;
    gateway.admin().await.write("internal/recipe", json!(77)).await;
    assert_eq!(said(&next(&late).await).2, "77");
    gateway.stop().await;
}

#[tokio::test]
async fn what_cannot_be_delivered_is_kept_in_bounds_and_sent_later() {
    let free = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let at = free.local_addr().unwrap();
    drop(free);
    let receivers = json!([{ "name": "late", "address": at.to_string(), "version": "v2c", "community": "told",
                             "kind": "inform", "timeout_ms": 100, "retries": 0, "store": 3 }]);
    let rules = json!([{ "name": "any", "tag": "internal/recipe", "when": "change" }]);
    let bench = Bench::start_with(with(receivers, rules)).await;
    let rest = bench.gateway.admin().await;
    for recipe in 1..=5u32 {
        rest.write("internal/recipe", json!(recipe)).await;
        let seen = async || {
            (bench.gateway.tag("internal/recipe")?.state.value?.to_string() == recipe.to_string()).then_some(())
        };
        eventually(seen, "the recipe").await;
        let waits = async || {
            let status = bench.status().receivers.pop()?;
            (u64::try_from(status.waiting).unwrap() + status.dropped == u64::from(recipe)).then_some(status)
        };
        eventually(waits, "the notification to wait").await;
    }
    let status = bench.status().receivers.pop().unwrap();
    assert_eq!((status.waiting, status.dropped), (3, 2));
    assert!(status.failed > 0 && status.last_error.is_some(), "{status:?}");
    let late = NotificationReceiver::builder().bind(at.to_string()).community("told").accept_all_notifications();
    let late = late.build().await.unwrap();
    let recipes: Vec<String> =
        [said(&next(&late).await).2, said(&next(&late).await).2, said(&next(&late).await).2].to_vec();
    assert_eq!(recipes, ["3", "4", "5"]);
    bench.gateway.stop().await;
}
