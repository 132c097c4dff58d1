//! Safe mode through the door: by hand, and by a watchdog of REST scripts.

use super::door::Web;
use crate::support::wait::eventually;
use dinrail::runtime::safe_mode::SafeState;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn it_is_entered_and_left_by_hand_and_the_log_says_who() {
    let web = Web::start().await;
    let idle = web.viewer.get("/safe-mode").await.expect(200);
    assert_eq!((&idle["active"], &idle["causes"]), (&json!(false), &json!([])));
    web.viewer.put("/safe-mode", json!({ "active": true })).await.expect(403);
    let is = async |active: bool| (web.viewer.get("/safe-mode").await.expect(200)["active"] == active).then_some(());
    web.operator.put("/safe-mode", json!({ "active": true })).await.expect(202);
    eventually(async || is(true).await, "safe mode").await;
    let status = web.viewer.get("/status").await.expect(200);
    assert_eq!(status["safe_mode"]["reason"], "entered by hand", "{status}");
    web.operator.put("/safe-mode", json!({ "active": false })).await.expect(202);
    eventually(async || is(false).await, "its end").await;
    let told = async || {
        let events = web.viewer.get("/events").await.expect(200)["events"].to_string();
        (events.contains("outputs can be written again") && events.contains("lee")).then_some(())
    };
    eventually(told, "the events").await;
    web.gateway.stop().await;
}

#[tokio::test]
async fn silent_scripts_trip_their_watchdog_and_a_request_clears_it() {
    let web = Web::start().await;
    let document = json!({ "format": "dinrail/1", "safe_mode": { "rest_s": 1 } });
    web.admin.change(Method::PUT, "/config", Some(document)).await.expect(200);
    let state = web.gateway.gateway.safe_mode.clone();
    let mut follow = state.follow();
    // Nobody asks now.
    let tripped = tokio::time::timeout(crate::support::wait::PATIENCE, follow.wait_for(SafeState::is_active)).await;
    assert_eq!(tripped.unwrap().unwrap().causes[0].to_string(), "no REST request for 1 s");
    // The answer may still show it; the request itself ends it.
    web.viewer.get("/status").await.expect(200);
    tokio::time::timeout(crate::support::wait::PATIENCE, follow.wait_for(|safe| !safe.is_active()))
        .await
        .unwrap()
        .unwrap();
    web.gateway.stop().await;
}

#[tokio::test]
async fn a_watchdog_of_nothing_is_warned_of_or_refused() {
    let web = Web::start().await;
    let put = async |safe_mode| {
        let document = json!({ "format": "dinrail/1", "safe_mode": safe_mode });
        web.admin.change(Method::PUT, "/config?dry_run=true", Some(document)).await
    };
    let warned = put(json!({ "mqtt_s": 5 })).await.expect(200);
    assert_eq!(warned["problems"][0]["pointer"], "/safe_mode/mqtt_s");
    put(json!({ "modbus_s": 5 })).await.expect(422);
    put(json!({ "rest_s": 65536 })).await.expect(422);
    put(json!({ "clear": "never" })).await.expect(422);
    web.gateway.stop().await;
}
