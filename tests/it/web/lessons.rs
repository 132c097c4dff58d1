//! What devices taught, by REST and over a restart.

use super::door::{Caller, Web};
use crate::support::gateway::{ADMIN, TestGateway};
use crate::support::line_rig::{bank, device, field_of, port, register};
use crate::support::wait::eventually;
use dinrail::modbus::address::{Span, Table};
use reqwest::Method;
use serde_json::{Value as Json, json};

/// Whether register 5 is told as refused, and nothing else; how long until it is tried again grows.
fn is_refused(lessons: &Json) -> bool {
    let mut illegal = lessons["illegal"].clone();
    let pause = illegal.get_mut(0).and_then(Json::as_object_mut).and_then(|one| one.remove("retry_s"));
    let expect = json!([{ "table": "holding", "address": 5, "count": 1, "exception": 2 }]);
    illegal == expect && pause.and_then(|pause| pause.as_u64()).is_some_and(|pause| 10 <= pause)
}

#[tokio::test]
async fn lessons_survive_a_restart_and_are_forgotten_by_an_operator() {
    let illegal = Span::new(Table::Holding, 5, 1).unwrap();
    let field = field_of(bank(1).with_illegal(illegal));
    let web = Web::start().await;
    let tags: Vec<Json> = (0..10).map(register).collect();
    let document = json!({ "format": "dinrail/1", "ports": [port(&field)], "devices": [device(1, 100, json!(tags))] });
    web.admin.change(Method::PUT, "/config", Some(document)).await.expect(200);
    let learnt = async |caller: &Caller| is_refused(&caller.get("/devices/d1/lessons").await.expect(200)).then_some(());
    eventually(async || learnt(&web.viewer).await, "the illegal address").await;
    let folder = web.gateway.stop().await;

    field.reset_stats();
    let gateway = TestGateway::start_on(folder).await;
    eventually(async || (gateway.tag("d1/r9")?.state.quality.as_str() == "good").then_some(()), "a value").await;
    assert_eq!(gateway.tag("d1/r5").unwrap().state.reason.to_string(), "exception 02", "it is known from before");
    let address = eventually(async || gateway.gateway.web_address().await, "the web listener").await;
    let stranger = Caller::new(address);
    let (admin, operator, viewer) =
        (stranger.login(ADMIN).await, stranger.login("lee").await, stranger.login("park").await);
    eventually(async || learnt(&viewer).await, "the lesson of before").await;
    let status = admin.get("/status").await.expect(200);
    let lines = status["units"].as_array().unwrap().iter().find(|unit| unit["kind"] == "line").unwrap();
    assert!(is_refused(&lines["detail"]["devices"][0]["lessons"]), "{lines}");
    // First register and number: the blocks are at once those around it, and it is asked alone whether it still holds.
    let known = |pdu: &[u8]| [(0, 5), (5, 1), (6, 4)].contains(&(pdu[2], pdu[4]));
    assert!(field.stats().log.iter().all(|seen| known(&seen.pdu)), "nothing is learnt twice: {:?}", field.stats().log);

    viewer.post("/devices/d1/lessons/forget", json!({})).await.expect(403);
    operator.post("/devices/none/lessons/forget", json!({})).await.expect(404);
    viewer.get("/devices/none/lessons").await.expect(404);
    assert!(field.exchange(1, bank(1)));
    operator.post("/devices/d1/lessons/forget", json!({})).await.expect(204);
    eventually(async || (gateway.tag("d1/r5")?.state.quality.as_str() == "good").then_some(()), "the refused value")
        .await;
    let told = viewer.get("/devices/d1/lessons").await.expect(200);
    let nothing = json!({ "illegal": [], "unknown_tables": [], "max_registers": null, "max_bits": null, "holes": [] });
    assert_eq!(told, nothing);
    let folder = gateway.stop().await;
    field.reset_stats();
    let gateway = TestGateway::start_on(folder).await;
    eventually(async || (gateway.tag("d1/r5")?.state.quality.as_str() == "good").then_some(()), "a value").await;
    assert!(field.stats().log.iter().all(|seen| seen.pdu[4] == 10), "it stays forgotten: {:?}", field.stats().log);
    gateway.stop().await;
}
