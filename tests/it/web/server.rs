//! The server itself: headers, protocols, refusals.

use super::door::{Caller, Web, sent};
use crate::support::field::free_port;
use crate::support::gateway::{ADMIN, PASSWORD};
use crate::support::wait::eventually;
use dinrail::app::{Gateway, Options};
use dinrail::store::{Change, ChangeSource, Store, StoreLimits};
use reqwest::{Method, Version};
use serde_json::json;

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let web = Web::start().await;
    for path in ["/info", "/status", "//login", "//nowhere", "/nowhere"] {
        let answer = web.stranger().get(path).await;
        for (name, part) in [
            ("content-security-policy", "frame-ancestors 'none'"),
            ("strict-transport-security", "max-age="),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            let value = answer.header(name).unwrap_or_else(|| panic!("{path} has no {name}"));
            assert!(value.contains(part), "{path} {name}: {value}");
        }
    }
    web.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_document_too() {
    let web = Web::start().await;
    web.admin.get("/nowhere").await.expect(404);
    web.admin.get("//nowhere").await.expect(404);
    let other = sent(web.admin.request(Method::PATCH, "/status")).await;
    other.expect(405);
    assert!(other.header("allow").unwrap().contains("GET"));
    web.viewer.get("/tags/internal/%ff").await.expect(404);
    let packed = web.stranger().request(Method::POST, "/session").header("content-encoding", "gzip");
    sent(packed.json(&json!({ "username": ADMIN, "password": PASSWORD }))).await.expect(415);
    let twice = web.viewer.request(Method::GET, "/session").header("authorization", "Bearer other");
    sent(twice).await.expect(400);
    let basic = web.stranger().request(Method::GET, "/status").header("authorization", "Basic YTpi");
    let refused = sent(basic).await;
    refused.expect(401);
    assert!(refused.header("www-authenticate").unwrap().starts_with("Bearer"));
    web.stop().await;
}

#[tokio::test]
async fn both_versions_of_http_are_spoken_and_large_answers_are_compressed() {
    let web = Web::start().await;
    let one = Caller::with(web.address, reqwest::ClientBuilder::http1_only).login(ADMIN).await;
    let two = web.stranger().login(ADMIN).await;
    for (caller, version) in [(&one, Version::HTTP_11), (&two, Version::HTTP_2)] {
        let response = caller.request(Method::GET, "/status").send().await.unwrap();
        assert_eq!((response.status().as_u16(), response.version()), (200, version));
    }
    let plain = Caller::with(web.address, reqwest::ClientBuilder::no_gzip).bearing(one.token.as_deref().unwrap());
    let asked = |path: &str| plain.request(Method::GET, path).header("accept-encoding", "gzip");
    let large = asked("/openapi.json").send().await.unwrap();
    assert_eq!(large.headers()["content-encoding"], "gzip");
    let small = asked("/info").send().await.unwrap();
    assert!(!small.headers().contains_key("content-encoding"));
    web.stop().await;
}

#[tokio::test]
async fn figures_are_there_for_prometheus_in_both_places() {
    let web = Web::start().await;
    for path in ["/metrics", "//metrics"] {
        web.stranger().get(path).await.expect(401);
        let answer = web.viewer.get(path).await;
        assert!(answer.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
        assert!(answer.text.contains("dinrail_tags{quality=\"good\"} 0"), "{}", answer.text);
        assert!(answer.text.contains("dinrail_unit_up{kind=\"web\",unit=\"browser and REST server\"} 1"));
    }
    web.stop().await;
}

#[tokio::test]
async fn the_status_shows_every_unit() {
    let web = Web::start().await;
    let status = web.viewer.get("/status").await.expect(200);
    let units = status["units"].as_array().unwrap();
    let door = units.iter().find(|unit| unit["kind"] == "web").unwrap();
    assert_eq!(door["health"], json!("up"));
    assert!(door["since"].as_str().unwrap().ends_with('Z'));
    assert_eq!(door["detail"]["address"], json!(web.address.to_string()));
    assert_eq!(status["tags"], json!({ "good": 0, "uncertain": 0, "bad": 0 }));
    // Whether this machine's clock is synchronised is its own affair; the answer must be the host's.
    let sync = dinrail::platform::clock_sync::clock_sync(true);
    assert_eq!(status["clock"]["synchronised"], json!(sync.synchronised));
    assert_eq!(status["clock"]["source"], json!(sync.source.as_str()));
    let metrics = web.viewer.get("//metrics").await.text;
    let line = sync.synchronised.map(|known| format!("dinrail_clock_synchronised {}", u8::from(known)));
    assert_eq!(metrics.lines().find(|line| line.starts_with("dinrail_clock")).map(str::to_owned), line);
    web.stop().await;
}

#[tokio::test]
async fn the_server_moves_to_another_address_and_sessions_move_along() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (free_port(), free_port());
    let at = |port: u16| json!({ "format": "dinrail/1", "web": { "address": format!("127.0.0.1:{port}") } });
    let store = Store::open(folder.path(), StoreLimits::default()).await.unwrap();
    store.claim(ADMIN, PASSWORD).await.unwrap();
    let by = Change { author: "test".to_owned(), source: ChangeSource::Init };
    store.save(0, at(first), by).await.unwrap();
    store.close().await;
    let gateway = Gateway::start(Options { data: folder.path().to_owned(), web: None }).await.unwrap();
    let address = eventually(async || gateway.web_address().await, "the web listener").await;
    assert_eq!(address.port(), first);
    let admin = Caller::new(address).login(ADMIN).await;

    let moved = admin.change(Method::PUT, "/config", Some(at(second))).await.expect(200);
    assert_eq!(
        moved["plan"]["start"],
        json!(["browser and REST server"]),
        "the answer still comes from the old address"
    );
    let there = Caller::new(([127, 0, 0, 1], second).into()).bearing(admin.token.as_deref().unwrap());
    eventually(async || there.request(Method::GET, "/session").send().await.ok(), "the server at its new address")
        .await;
    there.get("/session").await.expect(200);
    assert!(admin.request(Method::GET, "/session").send().await.is_err(), "nothing listens at the old address");
    assert_eq!(gateway.stop().await, 0);
}
