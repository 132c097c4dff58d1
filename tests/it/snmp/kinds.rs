//! Rules of every kind, and what their notifications carry.

use super::notifications::{next, receiver, said, with};
use super::*;
use async_snmp::notification::NotificationReceiver;
use reqwest::Method;

/// An agent that follows these rules from where its tags are now.
async fn bench_with(receiver: &NotificationReceiver, rules: Json) -> Bench {
    let mut begin = document();
    begin["computed"] = json!([{ "name": "inverse", "expression": "1.0 / internal.level", "unit": "1/m" }]);
    let bench = Bench::start_with(begin).await;
    let good = async || {
        let states = ["internal/level", "internal/recipe", "computed/inverse"].map(|name| bench.gateway.tag(name));
        states.iter().all(|tag| tag.as_ref().is_some_and(|tag| tag.state.value.is_some())).then_some(())
    };
    eventually(good, "the values").await;
    let at = receiver.local_addr().to_string();
    let receivers = json!([{ "name": "nms", "address": at, "version": "v2c", "community": "told" }]);
    let rules = with(receivers, rules)["snmp"].clone();
    bench
        .gateway
        .edit(|document| {
            document["snmp"]["receivers"] = rules["receivers"].clone();
            document["snmp"]["rules"] = rules["rules"].clone();
        })
        .await
        .unwrap();
    eventually(async || bench.status().receivers.pop(), "the rules to be followed").await;
    bench
}

#[tokio::test]
async fn rules_about_tags_speak_when_they_should_and_only_then() {
    let receiver = receiver().await;
    let rules = json!([
        { "name": "marked", "tag": "internal/recipe", "when": "change" },
        { "name": "started", "tag": "internal/pump", "when": "off-to-on" },
        { "name": "ended", "tag": "internal/pump", "when": "on-to-off" },
        { "name": "high", "tag": "internal/level", "when": "greater", "value": 50, "hysteresis": 5 },
        { "name": "low", "tag": "internal/level", "when": "less", "value": 20, "hysteresis": 5 },
        { "name": "trust", "tag": "computed/inverse", "when": "quality" },
    ]);
    let bench = bench_with(&receiver, rules).await;
    let rest = bench.gateway.admin().await;
    let steps = [
        ("internal/pump", json!(true), Some((3, "internal/pump", "1"))),
        ("internal/pump", json!(true), None),
        ("internal/pump", json!(false), Some((2, "internal/pump", "0"))),
        ("internal/level", json!(50.5), Some((4, "internal/level", "50.5"))),
        ("internal/level", json!(46), None),
        ("internal/level", json!(60), None),
        ("internal/level", json!(45), None),
        ("internal/level", json!(51.5), Some((4, "internal/level", "51.5"))),
        ("internal/level", json!(19.5), Some((5, "internal/level", "19.5"))),
        ("internal/level", json!(24), None),
        ("internal/level", json!(18), None),
        ("internal/level", json!(25), None),
        ("internal/level", json!(18.5), Some((5, "internal/level", "18.5"))),
    ];
    for (mark, (tag, value, expect)) in (100..).zip(steps) {
        rest.write(tag, value.clone()).await;
        if let Some((kind, name, value)) = expect {
            let (told, of, shown, _) = said(&next(&receiver).await);
            assert_eq!((told, of.as_str(), shown.as_str()), (kind, name, value));
        }
        // The mark is looked at together with what was written before it, or later.
        rest.write("internal/recipe", json!(mark)).await;
        let (told, of, shown, _) = said(&next(&receiver).await);
        assert_eq!((told, of.as_str(), shown), (1, "internal/recipe", mark.to_string()), "after {tag} = {value}");
    }
    // What is computed from 0 is no number, and is one again.
    for level in [0.0, 21.5] {
        rest.write("internal/level", json!(level)).await;
        let (told, of, _, _) = said(&next(&receiver).await);
        assert_eq!((told, of.as_str()), (6, "computed/inverse"));
    }
    bench.gateway.stop().await;
}

#[tokio::test]
async fn a_notification_carries_the_rule_the_tag_its_value_unit_time_and_quality() {
    let receiver = receiver().await;
    let bench = bench_with(&receiver, json!([{ "name": "moved", "tag": "internal/level", "when": "change" }])).await;
    bench.gateway.admin().await.write("internal/level", json!(42.25)).await;
    let received = next(&receiver).await;
    let at = bench.gateway.tag("internal/level").unwrap().state.at.unwrap().unix_ms;
    let carried: Vec<(u32, Value)> = received
        .notification
        .varbinds()
        .iter()
        .filter(|one| one.oid.starts_with(&Oid::new(OURS.into_iter().chain([2]))))
        .map(|one| (one.oid.arcs()[OURS.len() + 1], one.value.clone()))
        .collect();
    let dinrail::views::mib::MibValue::Octets(time) = dinrail::views::mib::MibValue::time(at) else { panic!("a time") };
    let text = |text: &'static str| Value::OctetString(text.into());
    let expect = vec![
        (1, text("moved")),
        (2, text("internal/level")),
        (3, text("42.25")),
        (4, text("m")),
        (5, Value::OctetString(time.into())),
        (6, Value::Integer(0)),
        (7, text("ok")),
    ];
    assert_eq!(carried, expect);
    bench.gateway.stop().await;
}

/// The next one of this kind, and whom it is about.
async fn until(receiver: &NotificationReceiver, kind: u32) -> (String, String) {
    loop {
        let received = next(receiver).await;
        // It did not start again: it only got rules.
        assert_ne!(received.notification.trap_oid().unwrap(), oid("1.3.6.1.6.3.1.1.5.1"));
        let (told, name, value, _) = said(&received);
        if told == kind {
            return (name, value);
        }
    }
}

#[tokio::test]
async fn rules_about_the_house_speak_of_units_logins_and_changes() {
    let receiver = receiver().await;
    let rules = json!([
        { "name": "parts", "when": "unit-health" },
        { "name": "doors", "when": "login-failure" },
        { "name": "hands", "when": "config-change" },
        { "name": "start", "when": "cold-start" },
    ]);
    let bench = bench_with(&receiver, rules).await;
    // A port nobody listens on.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let add = |document: &mut Json| {
        document["ports"] = json!([{ "name": "line-9", "kind": "tcp", "address": address }]);
        document["devices"] = json!([{ "name": "plc", "port": "line-9", "unit_id": 1, "poll_ms": 100, "tags": [
            { "name": "speed", "table": "holding", "address": 0, "type": "u16" }] }]);
    };
    bench.gateway.edit(add).await.unwrap();
    assert_eq!(until(&receiver, 9).await.1, "ok");
    let mut part = until(&receiver, 7).await;
    while !part.0.contains("line-9") {
        part = until(&receiver, 7).await;
    }
    let rest = bench.gateway.admin().await;
    let wrong = json!({ "username": "admin", "password": "not the one 7" });
    assert_eq!(rest.ask(Method::POST, "/api/v1/session", None, Some(wrong)).await.status, 401);
    assert_eq!(until(&receiver, 8).await.1, "refused");
    bench.gateway.stop().await;
}
