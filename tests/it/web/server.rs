//! The server itself: headers, protocols, refusals.

use super::door::{Caller, Web, sent};
use crate::support::gateway::ADMIN;
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
    assert_eq!(status["clock"]["synchronised"], json!(true));
    web.stop().await;
}
