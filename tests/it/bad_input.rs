//! Whatever is wrong is told at its place, and everything else keeps running.

use crate::support::field::{FirstLight, free_port};
use crate::support::gateway::TestGateway;
use crate::support::rest::Rest;
use crate::support::wait::eventually;
use dinrail::modbus::address::{Span, Table};
use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// Makes a document wrong.
type Spoil = fn(&mut Json);

async fn unit(rest: &Rest, name: &str) -> Json {
    let status = rest.get("/api/v1/status").await.body;
    let units = status["units"].as_array().unwrap();
    units.iter().find(|unit| unit["name"] == name).cloned().unwrap_or(Json::Null)
}

/// The document of a running line.
async fn running() -> (FirstLight, TestGateway, Rest, Json) {
    let field = FirstLight::start(Duration::from_millis(200));
    let gateway = TestGateway::start().await;
    let rest = gateway.admin().await;
    let document = field.document(free_port());
    let answer = rest.change(Method::PUT, "/api/v1/config", Some(document.clone())).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
    eventually(async || gateway.tag("oven/setpoint")?.state.value, "the first value").await;
    (field, gateway, rest, document)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_documents_are_refused_at_their_field_and_nothing_changes() {
    let (_field, gateway, rest, document) = running().await;
    let (_, tag) = rest.config().await;
    let cases: [(Spoil, &str, &str); 9] = [
        (|d| d["devices"][0]["tags"][0]["address"] = json!(65_536), "/devices/0/tags/0/address", "0..65535"),
        (|d| d["devices"][0]["tags"][0]["address"] = json!(65_535), "/devices/0/tags/0/address", "65535"),
        (|d| d["devices"][0]["tags"][0]["type"] = json!(7), "/devices/0/tags/0/type", "`bool`"),
        (|d| d["devices"][1]["name"] = json!("Meter1"), "/devices/1/name", "taken"),
        (|d| d["devices"][1]["tags"][1]["name"] = json!("temperature"), "/devices/1/tags/1/name", "taken"),
        (|d| d["ports"][0]["speed"] = json!(9600), "/ports/0/speed", "not a member"),
        (
            |d| d["mqtt"]["connections"][0]["publications"][0]["tags"] = json!(["meter1/none"]),
            "/mqtt/connections/0/publications/0/tags/0",
            "no tag `meter1/none`",
        ),
        (|d| d["mqtt"]["connections"][0]["url"] = json!("http://broker"), "/mqtt/connections/0/url", "not a broker"),
        (|d| *d = json!("dinrail"), "", "an object"),
    ];
    for (spoil, pointer, words) in cases {
        let mut wrong = document.clone();
        spoil(&mut wrong);
        let answer = rest.ask(Method::PUT, "/api/v1/config", Some(&tag), Some(wrong)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{pointer}: {:?}", answer.body);
        let errors = answer.body["errors"].as_array().unwrap();
        let found =
            errors.iter().any(|error| error["pointer"] == pointer && error["detail"].as_str().unwrap().contains(words));
        assert!(found, "wanted {words:?} at {pointer:?}, got {:?}", answer.body);
    }
    assert_eq!(rest.config().await.1, tag, "the revision stands");
    assert_eq!(rest.write("oven/setpoint", json!(99.5)).await.status, StatusCode::OK, "the line works");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_that_does_not_exist_and_a_broker_that_refuses_stay_alone() {
    let (_field, gateway, rest, mut document) = running().await;
    let port = json!({ "name": "COM2", "kind": "serial", "path": "/dev/serial/by-id/none" });
    document["ports"].as_array_mut().unwrap().push(port);
    let device = json!({
        "name": "far", "port": "COM2", "unit_id": 1,
        "tags": [{ "name": "x", "table": "holding", "address": 0, "type": "u16", "writable": true }]
    });
    document["devices"].as_array_mut().unwrap().push(device);
    let nobody = format!("mqtt://127.0.0.1:{}", free_port());
    let connection = json!({ "name": "cloud", "url": nobody, "publications": [] });
    let connections = document["mqtt"]["connections"].as_array_mut().unwrap();
    let mut intruder = connections[0].clone();
    connections.push(connection);
    intruder["name"] = json!("intruder");
    intruder["client_id"] = json!("intruder");
    intruder["password"] = json!("wrong");
    for list in ["publications", "subscriptions"] {
        intruder[list] = json!([]);
    }
    connections.push(intruder);
    let answer = rest.change(Method::PUT, "/api/v1/config", Some(document)).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);

    for (name, words) in [("COM2", "/dev/serial/by-id/none"), ("cloud", "refused"), ("intruder", "password")] {
        eventually(
            async || {
                let unit = unit(&rest, name).await;
                let bad = unit["health"] == "degraded" || unit["health"] == "failed";
                (bad && unit["reason"].as_str()?.contains(words)).then_some(())
            },
            &format!("{name} says {words}"),
        )
        .await;
    }
    eventually(
        async || (rest.get("/api/v1/tags/far/x").await.body["reason"] == "port closed").then_some(()),
        "the tags of the missing port say why",
    )
    .await;
    let refused = rest.write("far/x", json!(1)).await;
    assert!(refused.status.is_server_error(), "{:?}", refused.body);
    assert_eq!(unit(&rest, "COM1").await["health"], "up");
    assert_eq!(unit(&rest, "site").await["health"], "up");
    assert_eq!(rest.write("oven/setpoint", json!(101.5)).await.status, StatusCode::OK);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_answer_with_the_status_that_says_what_to_do() {
    let (field, gateway, rest, _) = running().await;
    for (tag, value, status) in [
        ("oven/setpoint", json!(180.5), StatusCode::OK),
        ("oven/heater", json!(1), StatusCode::OK),
        ("internal/recipe", json!(7), StatusCode::OK),
        ("oven/setpoint", json!("hot"), StatusCode::UNPROCESSABLE_ENTITY),
        ("oven/setpoint", json!(4000), StatusCode::UNPROCESSABLE_ENTITY),
        ("oven/setpoint", json!(null), StatusCode::UNPROCESSABLE_ENTITY),
        ("oven/temperature", json!(1), StatusCode::CONFLICT),
        ("oven/none", json!(1), StatusCode::NOT_FOUND),
    ] {
        let answer = rest.write(tag, value.clone()).await;
        assert_eq!(answer.status, status, "{tag} = {value}: {:?}", answer.body);
    }
    let held = || field.field.get(2, Span::new(Table::Holding, 101, 1).unwrap());
    assert_eq!(held(), Some(vec![1805]), "the device holds what was written");
    eventually(
        async || (rest.get("/api/v1/tags/oven/setpoint").await.body["value"] == 180.5).then_some(()),
        "the new value, reported by the field",
    )
    .await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_at_another_address_never_shows_the_old_value_as_good() {
    let (field, gateway, rest, _) = running().await;
    field.field.set(3, Table::Holding, 0, &[11]);
    field.field.set(3, Table::Holding, 1, &[22]);
    let slow = json!({ "name": "slow", "table": "holding", "address": 0, "type": "u16", "poll_ms": 3_600_000 });
    let added = rest.change(Method::POST, "/api/v1/config/devices/spare/tags", Some(slow)).await;
    assert_eq!(added.status, StatusCode::CREATED, "{:?}", added.body);
    let value = async |wanted: u64| (rest.get("/api/v1/tags/spare/slow").await.body["value"] == wanted).then_some(());
    eventually(async || value(11).await, "the first value of the slow tag").await;
    let moved =
        rest.change(Method::PATCH, "/api/v1/config/devices/spare/tags/slow", Some(json!({ "address": 1 }))).await;
    assert_eq!(moved.status, StatusCode::OK, "{:?}", moved.body);
    let now = rest.get("/api/v1/tags/spare/slow").await.body;
    assert!(now["value"] != 11 || now["quality"] != "good", "{now}");
    eventually(async || value(22).await, "the value at the new address, an hour before its next turn").await;
    gateway.stop().await;
}
