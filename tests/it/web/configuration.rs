//! The whole document by REST.

use super::door::{Web, sent};
use reqwest::Method;
use serde_json::json;

const EXAMPLE: &str = include_str!("../../fixtures/first-light-1.json");

#[tokio::test]
async fn the_example_goes_in_comes_back_and_going_in_again_changes_nothing() {
    let web = Web::start().await;
    let example: serde_json::Value = serde_json::from_str(EXAMPLE).unwrap();
    let put = web.admin.change(Method::PUT, "/config", Some(example)).await;
    let applied = put.expect(200);
    assert_eq!((&applied["revision"], put.header("etag").as_deref()), (&json!(1), Some("\"1\"")));
    let read = web.viewer.get("/config").await;
    assert_eq!(read.header("etag").as_deref(), Some("\"1\""));
    let document = read.expect(200);
    assert_eq!(document["mqtt"]["connections"][0]["password"], json!("***"));
    assert!(!read.text.contains("change-me"));
    let mut without_ids = document.clone();
    strip_ids(&mut without_ids);
    let mut expected: serde_json::Value = serde_json::from_str(EXAMPLE).unwrap();
    mask(&mut expected);
    assert_eq!(without_ids.to_string(), expected.to_string(), "order and absent members are kept");

    let again = web.admin.change(Method::PUT, "/config", Some(document.clone())).await.expect(200);
    assert_eq!(again["revision"], json!(1));
    assert_eq!(again["plan"], json!({ "start": [], "stop": [], "update": [] }));
    let stored = web.gateway.revision().await;
    assert_eq!(stored.document.root()["mqtt"]["connections"][0]["password"], json!("change-me"));
    let unread = web.viewer.request(Method::GET, "/config").header("if-none-match", "\"1\"");
    assert_eq!(sent(unread).await.status, 304);
    let revisions = web.viewer.get("/revisions").await.expect(200);
    assert_eq!(
        (&revisions["revisions"][0]["author"], &revisions["revisions"][0]["source"]),
        (&json!("admin"), &json!("api"))
    );
    web.stop().await;
}

fn strip_ids(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::Object(map) => {
            map.shift_remove("id");
            map.values_mut().for_each(strip_ids);
        }
        serde_json::Value::Array(list) => list.iter_mut().for_each(strip_ids),
        _ => (),
    }
}

fn mask(json: &mut serde_json::Value) {
    dinrail::config::document::for_each_secret(json, &mut |secret| "***".clone_into(secret));
}

#[tokio::test]
async fn a_change_needs_the_revision_it_was_made_from() {
    let web = Web::start().await;
    let document = json!({ "format": "dinrail/1", "appliance": { "name": "line-3" } });
    let put = |etag: Option<&str>| {
        let request = web.admin.request(Method::PUT, "/config").json(&document);
        match etag {
            Some(etag) => request.header("if-match", etag),
            None => request,
        }
    };
    sent(put(None)).await.expect(428);
    sent(put(Some("*"))).await.expect(428);
    assert_eq!(sent(put(Some("\"7\""))).await.expect(412)["revision"], json!(0));
    sent(put(Some("\"0\""))).await.expect(200);
    assert_eq!(sent(put(Some("\"0\""))).await.expect(412)["revision"], json!(1));
    assert_eq!(web.stranger().get("/info").await.expect(200)["name"], json!("line-3"));
    web.stop().await;
}

#[tokio::test]
async fn a_dry_run_tells_what_would_happen_and_changes_nothing() {
    let web = Web::start().await;
    let register = json!({ "format": "dinrail/1", "internal": [{ "name": "a", "type": "u16" }] });
    let told = web.admin.change(Method::PUT, "/config?dry_run=true", Some(register)).await.expect(200);
    assert_eq!((&told["revision"], &told["plan"]["update"]), (&json!(0), &json!(["internal registers"])));
    let wrong = json!({ "format": "dinrail/1", "internal": [{ "name": "a", "type": "u17" }] });
    let refused = web.admin.change(Method::PUT, "/config?dry_run=true", Some(wrong)).await.expect(422);
    assert_eq!(refused["errors"][0]["pointer"], json!("/internal/0/type"));
    assert_eq!(web.admin.get("/config").await.header("etag").as_deref(), Some("\"0\""));
    web.stop().await;
}

#[tokio::test]
async fn a_wrong_document_is_refused_place_by_place() {
    let web = Web::start().await;
    let wrong = json!({ "format": "dinrail/1", "prots": [], "certificates": {}, "internal": [{ "name": "a b", "type": "u16" }] });
    let refused = web.admin.change(Method::PUT, "/config", Some(wrong)).await.expect(422);
    let pointers: Vec<&str> =
        refused["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/internal/0/name", "/certificates", "/prots"]);

    let broken = web
        .admin
        .request(Method::PUT, "/config")
        .header("if-match", "\"0\"")
        .header("content-type", "application/json");
    let refused = sent(broken.body("{\n  \"format\": nonsense }")).await.expect(400);
    assert!(refused["detail"].as_str().unwrap().contains("line 2 column"), "{refused}");
    let untyped = web.admin.request(Method::PUT, "/config").header("if-match", "\"0\"").body("{}");
    sent(untyped).await.expect(415);
    web.stop().await;
}

#[tokio::test]
async fn a_member_that_stands_twice_is_refused_at_its_place() {
    let web = Web::start().await;
    let send = |method: Method, path: &str, body: &str| {
        let request = web.admin.request(method, path).header("if-match", "\"0\"");
        sent(request.header("content-type", "application/json").body(body.to_owned()))
    };
    let register = r#"{"name": "a", "type": "u16", "type": "u32"}"#;
    let document = format!(r#"{{"format": "dinrail/1", "internal": [{register}]}}"#);
    for (method, path, body, pointer) in [
        (Method::PUT, "/config", document.as_str(), "/internal/0/type"),
        (Method::PUT, "/config?dry_run=true", document.as_str(), "/internal/0/type"),
        (Method::POST, "/config/internal", register, "/type"),
        (Method::PUT, "/config/internal/a", register, "/type"),
        (Method::PATCH, "/config/appliance", r#"{"location": "x", "location": null}"#, "/location"),
    ] {
        let refused = send(method, path, body).await.expect(422);
        let error = &refused["errors"][0];
        assert_eq!(error["pointer"], json!(pointer), "{path}: {refused}");
        assert!(error["detail"].as_str().unwrap().contains("stands here twice"), "{refused}");
    }
    assert_eq!(web.admin.get("/config").await.header("etag").as_deref(), Some("\"0\""), "nothing was changed");
    web.stop().await;
}

#[tokio::test]
async fn a_document_of_more_values_than_any_can_need_is_refused_before_it_is_built() {
    let web = Web::start().await;
    let put = |body: String| {
        let request = web.admin.request(Method::PUT, "/config").header("if-match", "\"0\"");
        sent(request.header("content-type", "application/json").body(body))
    };
    let refused = put(format!("{{\"x\": [{}0]}}", "0,".repeat(4_000_000))).await.expect(422);
    assert!(refused["detail"].as_str().unwrap().contains("the limit is 2500000"), "{refused}");
    let refused = put("[".repeat(1_000_000)).await.expect(422);
    assert!(refused["detail"].as_str().unwrap().contains("the limit is 32 levels"), "{refused}");
    let members: Vec<String> = (0..100_000).map(|n| format!(", \"m{n}\": 1")).collect();
    let refused = put(format!("{{\"format\": \"dinrail/1\"{}}}", members.concat())).await.expect(422);
    assert_eq!(refused["errors"].as_array().unwrap().len(), 1000);
    assert_eq!(refused["detail"], json!("more is wrong than is told here: these are the first 1000"));
    web.stop().await;
}

#[tokio::test]
async fn what_is_too_large_is_refused_with_the_limit() {
    let web = Web::start().await;
    let request = |path: &str| {
        web.admin.request(Method::PUT, path).header("if-match", "\"0\"").header("content-type", "application/json")
    };
    let large = format!("\"{}\"", "x".repeat(33 * 1024 * 1024));
    let refused = sent(request("/config").body(large)).await.expect(413);
    assert!(refused["detail"].as_str().unwrap().contains("32 MiB"), "{refused}");
    let small = format!("{{\"value\": \"{}\"}}", "x".repeat(1024 * 1024));
    let refused = sent(request("/tags/internal/a/value").body(small.clone())).await.expect(413);
    assert!(refused["detail"].as_str().unwrap().contains("1 MiB"), "{refused}");
    let login = json!({ "username": "x", "password": "x".repeat(5000) });
    let refused = web.stranger().post("/session", login).await.expect(413);
    assert!(refused["detail"].as_str().unwrap().contains("4 KiB"), "{refused}");
    // Of no announced length: found out while it comes.
    let pieces = futures::stream::iter(
        small.into_bytes().chunks(65_536).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect::<Vec<_>>(),
    );
    sent(request("/tags/internal/a/value").body(reqwest::Body::wrap_stream(pieces))).await.expect(413);
    let many: Vec<_> =
        (0..65).map(|n| json!({ "name": format!("p{n}"), "kind": "serial", "path": format!("/dev/p{n}") })).collect();
    let refused = web.admin.change(Method::PUT, "/config", Some(json!({ "format": "dinrail/1", "ports": many }))).await;
    assert!(refused.expect(422)["detail"].as_str().unwrap().contains("the limit is 64"));
    web.stop().await;
}
