//! Lines and their devices by REST.

use super::door::Web;
use crate::support::field::{FirstLight, free_port};
use crate::support::wait::eventually;
use dinrail::modbus::address::{Span, Table};
use dinrail::sim::fault::{Fault, Times};
use reqwest::Method;
use serde_json::{Value as Json, json};
use std::time::Duration;

async fn with_line() -> (Web, FirstLight) {
    let field = FirstLight::start(Duration::from_millis(500));
    let web = Web::start().await;
    web.admin.change(Method::PUT, "/config", Some(field.document(free_port()))).await.expect(200);
    eventually(async || web.gateway.tag("spare/level")?.state.value, "a value of the line").await;
    (web, field)
}

fn device<'a>(status: &'a Json, name: &str) -> &'a Json {
    let units = status["units"].as_array().unwrap();
    let line = units.iter().find(|unit| unit["kind"] == "line").unwrap();
    line["detail"]["devices"].as_array().unwrap().iter().find(|device| device["name"] == name).unwrap()
}

#[tokio::test]
async fn the_timeline_tells_every_transaction_and_goes_on_from_a_number() {
    let (web, _field) = with_line().await;
    let first = web.viewer.get("/lines/COM1/timeline").await.expect(200);
    let last = first["last"].as_u64().unwrap();
    let one = first["transactions"].as_array().unwrap().last().unwrap();
    assert_eq!((&one["result"], &one["number"]), (&json!("ok"), &json!(last)));
    assert!(["meter1", "oven", "spare"].contains(&one["device"].as_str().unwrap()), "{one}");
    assert!(0 < one["request_us"].as_u64().unwrap() && 0 < one["device_us"].as_u64().unwrap(), "{one}");
    let more = eventually(
        async || {
            let more = web.viewer.get(&format!("/lines/COM1/timeline?after={last}")).await.expect(200);
            (!more["transactions"].as_array().unwrap().is_empty()).then_some(more)
        },
        "the next transaction",
    )
    .await;
    assert_eq!(more["transactions"][0]["number"], json!(last + 1));
    web.viewer.get("/lines/none/timeline").await.expect(404);
    web.viewer.get("/lines/COM1/timeline?after=x").await.expect(400);
    web.stop().await;
}

#[tokio::test]
async fn a_silent_device_is_asked_when_an_operator_says_so() {
    let (web, line) = with_line().await;
    line.field.fault(3, Fault::Silence, Times(None));
    // After some probes the pauses are long.
    eventually(
        async || {
            let status = web.viewer.get("/status").await.expect(200);
            let spare = device(&status, "spare");
            (4_000 < spare["retry_in_ms"].as_u64().unwrap_or(0)).then_some(())
        },
        "a device that is probed rarely",
    )
    .await;
    let status = web.viewer.get("/status").await.expect(200);
    assert_eq!(device(&status, "spare")["diagnosis"], "gone");
    line.field.clear_faults(3);
    web.operator.post("/devices/none/retry", json!({})).await.expect(404);
    web.operator.post("/devices/spare/retry", json!({})).await.expect(204);
    let asked = std::time::Instant::now();
    eventually(async || (web.gateway.tag("spare/level")?.state.quality.as_str() == "good").then_some(()), "it is back")
        .await;
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    web.stop().await;
}

#[tokio::test]
async fn neighbours_are_written_in_one_message_and_each_has_its_result() {
    let (web, line) = with_line().await;
    line.field.reset_stats();
    let both = json!({ "level": 7, "other": 8 });
    let answer = web.operator.put("/tags/spare", both).await.expect(200);
    assert_eq!(answer["results"]["other"], json!({ "ok": true, "value": 8 }));
    let words = line.field.get(3, Span::new(Table::Holding, 0, 2).unwrap());
    assert_eq!(words, Some(vec![7, 8]));
    let writes = line.field.stats().log.iter().filter(|seen| seen.pdu[0] == 16).count();
    assert_eq!(writes, 1);
    let answer = web.operator.put("/tags/spare", json!({ "level": 9, "other": 70_000 })).await;
    let results = answer.expect(207)["results"].clone();
    assert_eq!(results["level"]["ok"], json!(true));
    assert!(results["other"]["error"].as_str().unwrap().contains("70000"), "{results}");
    web.viewer.put("/tags/spare", json!({ "level": 9 })).await.expect(403);
    web.operator.put("/tags/spare", json!({})).await.expect(422);
    web.operator.put("/tags/spare", json!({ "none": 1 })).await.expect(404);
    let by_lee = |event: &Json| {
        event["subject"] == "spare/other" && event["actor"].as_str().is_some_and(|actor| actor.starts_with("lee"))
    };
    eventually(
        async || {
            let log = web.admin.get("/events?category=command").await.expect(200);
            log["events"].as_array().unwrap().iter().any(by_lee).then_some(())
        },
        "the writes in the log",
    )
    .await;
    web.stop().await;
}
