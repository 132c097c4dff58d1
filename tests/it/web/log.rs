//! The event log, as those see it who may and those who would rather fill it.

use super::door::Web;
use crate::support::wait::eventually;
use dinrail::store::{EventFilter, Store, StoreLimits};
use reqwest::Method;
use serde_json::{Value as Json, json};

async fn events(web: &Web, query: &str) -> Vec<Json> {
    let page = web.admin.get(&format!("/events?limit=999&{query}")).await.expect(200);
    page["events"].as_array().unwrap().clone()
}

#[tokio::test]
async fn refused_writes_of_a_viewer_are_written_twenty_times_and_then_counted() {
    let web = Web::start().await;
    for _ in 0..60 {
        web.viewer.put("/tags/internal/a", json!({ "value": 1 })).await.expect(403);
    }
    web.operator.put("/users/x", json!({})).await.expect(405);
    web.operator.post("/users", json!({})).await.expect(403);
    eventually(
        async || events(&web, "text=lee").await.iter().find(|event| event["result"] == "refused").cloned(),
        "lee's",
    )
    .await;
    let of_park = |event: &&Json| event["actor"] == json!("park (127.0.0.1)") && event["result"] == json!("refused");
    assert_eq!(events(&web, "category=access").await.iter().filter(of_park).count(), 20);
    let folder = web.gateway.stop().await;

    let store = Store::open(folder.path(), StoreLimits::default()).await.unwrap();
    let filter = EventFilter { text: Some("more refused".to_owned()), ..EventFilter::default() };
    let lines = store.event_log().query(&filter).await.unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!((lines[0].subject.as_str(), lines[0].category.as_str()), ("park", "access"));
    assert_eq!(lines[0].detail, "40 more refused; of one minute the first 20 are written");
    store.close().await;
}

#[tokio::test]
async fn a_stopped_unit_is_told_of_by_its_name() {
    let web = Web::start().await;
    let port =
        json!({ "format": "dinrail/1", "ports": [{ "name": "COM7", "kind": "serial", "path": "/dev/nowhere7" }] });
    web.admin.change(Method::PUT, "/config", Some(port)).await.expect(200);
    let said = |word: &'static str| {
        let web = &web;
        eventually(
            async move || {
                let found = events(web, "category=unit&text=COM7").await;
                found.into_iter().find(|event| event["detail"].as_str().unwrap().contains(word))
            },
            word,
        )
    };
    said("degraded").await;
    web.admin.change(Method::PUT, "/config", Some(json!({ "format": "dinrail/1" }))).await.expect(200);
    let stopped = said("stopped").await;
    assert_eq!((&stopped["subject"], &stopped["source"]), (&json!("COM7"), &json!("line")));
    web.stop().await;
}
