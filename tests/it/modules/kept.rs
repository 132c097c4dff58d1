use super::until;
use crate::support::field::free_port;
use crate::support::gateway::{ADMIN, PASSWORD, TestGateway};
use crate::support::rest::Rest;
use crate::support::serve::Serve;
use crate::support::wait::eventually;
use http::{Method, StatusCode};
use serde_json::{Value as Json, json};
use std::net::{Ipv4Addr, SocketAddr};

/// Rising edges per second of the signal that is counted.
const RATE: u64 = 50;
/// What may be lost when the program is killed.
const LOST_S: u64 = 5;

fn document() -> Json {
    json!({"format": "dinrail/1", "modules": [
        {"name": "di", "slot": 1, "model": "di-16", "scan_ms": 2,
         "driver": {"kind": "simulated", "signals": [
            {"channel": 0, "signal": "square", "period_s": 0.02},
            {"channel": 1, "signal": "square", "period_s": 0.02}]},
         "channels": [{"channel": 0, "name": "kept", "mode": "counter", "keep_count": true},
                      {"channel": 1, "name": "forgotten", "mode": "counter"}]},
        {"name": "relay", "slot": 2, "model": "relay-4", "driver": {"kind": "simulated"},
         "channels": [{"channel": 0, "name": "R0"}]}
    ]})
}

async fn count(rest: &Rest, tag: &str, attribute: &str) -> u64 {
    rest.get(&format!("/api/v1/tags/{tag}/{attribute}")).await.body["value"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_count_loses_at_most_five_seconds_when_the_program_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    Serve::init(&data, Some(&document()));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let mut serve = Serve::start(&data, address).await;
    let rest = Rest::new(address).login(ADMIN, PASSWORD).await;
    let wanted = 2 * LOST_S * RATE;
    let reached = async || (wanted <= count(&rest, "di/kept", "count").await).then_some(());
    eventually(reached, "more counts than may be lost").await;
    let before = count(&rest, "di/kept", "count").await;
    serve.kill();
    let serve = Serve::start(&data, address).await;
    let rest = Rest::new(address).login(ADMIN, PASSWORD).await;
    let open =
        async || rest.get("/api/v1/tags/di/kept").await.body["quality"].as_str().filter(|q| *q == "good").map(drop);
    eventually(open, "the module after the start").await;
    let (kept, forgotten) = (count(&rest, "di/kept", "count").await, count(&rest, "di/forgotten", "count").await);
    // What was counted since the start came to both.
    let kept = kept - forgotten;
    assert!(before <= kept + LOST_S * RATE, "{before} before, {kept} after: more than {LOST_S} s are lost");
    assert!(kept <= before + RATE, "{before} before, {kept} after: it counted what never was");
    drop(serve);
}

#[tokio::test]
async fn an_orderly_stop_loses_no_count_and_no_wear() {
    let gateway = TestGateway::start().await;
    gateway.edit(|all| all["modules"] = document()["modules"].clone()).await.unwrap();
    let rest = gateway.admin().await;
    let put = async |tag: &str, value: Json| {
        let path = format!("/api/v1/tags/{tag}");
        let done = rest.ask(Method::PUT, &path, None, Some(json!({ "value": value }))).await;
        assert_eq!(done.status, StatusCode::OK, "{tag}: {:?}", done.body);
    };
    put("di/kept/counting", json!(false)).await;
    put("di/kept/count", json!(123_456)).await;
    for on in [true, false, true, false, true] {
        put("relay/R0", json!(on)).await;
    }
    put("relay/R0/reset_current_count", json!(1)).await;
    put("relay/R0", json!(false)).await;
    put("relay/R0", json!(true)).await;
    let gateway = TestGateway::start_on(gateway.stop().await).await;
    until(&gateway, "relay/R0", "total_count", json!(4)).await;
    until(&gateway, "relay/R0", "current_count", json!(1)).await;
    let counted = || gateway.tag("di/kept")?.state.aspect(dinrail::tag::attribute::Attribute::Count)?.as_f64();
    // It runs again from the start, as its settings say.
    let count = eventually(async || counted(), "the count after the start").await;
    assert!((123_456.0..125_000.0).contains(&count), "{count}");
    gateway.stop().await;
}
