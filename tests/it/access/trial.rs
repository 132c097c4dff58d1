//! A change that would lock its maker out, and changes on trial: kept, not kept, taken back, over a crash.

use crate::support::field::free_port;
use crate::support::gateway::{ADMIN, PASSWORD, TestGateway};
use crate::support::rest::{Answer, Rest};
use crate::support::serve::Serve;
use crate::support::wait::eventually;
use dinrail::store::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

/// The list of the web without us.
fn elsewhere() -> Json {
    json!({ "mode": "allow-list", "allow": ["192.0.2.0/24"] })
}

async fn put_list(rest: &Rest, query: &str, list: Json) -> Answer {
    let (mut document, revision) = rest.config().await;
    document["access"] = json!({ "web": list });
    rest.ask(Method::PUT, &format!("/api/v1/config{query}"), Some(&revision), Some(document)).await
}

/// The description of the appliance, which tells the configurations apart.
async fn describe(rest: &Rest, query: &str, text: &str) -> Answer {
    rest.change(Method::PATCH, &format!("/api/v1/config/appliance{query}"), Some(json!({ "description": text }))).await
}

async fn described(rest: &Rest) -> Option<Json> {
    Some(rest.try_config().await?.0["appliance"]["description"].clone())
}

async fn trial(rest: &Rest) -> Json {
    rest.get("/api/v1/config/confirm").await.body["trial"].clone()
}

#[tokio::test]
async fn a_change_that_locks_out_its_maker_is_refused_and_on_trial_it_returns() {
    let gateway = TestGateway::start().await;
    let rest = gateway.admin().await;
    describe(&rest, "", "before").await;
    let revision = gateway.revision().await.number;
    for query in ["", "?dry_run=true"] {
        let refused = put_list(&rest, query, elsewhere()).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{:?}", refused.body);
        assert_eq!(refused.body["errors"][0]["pointer"], "/access/web");
        let sentence = refused.body["errors"][0]["detail"].as_str().unwrap();
        assert!(sentence.contains("you are at 127.0.0.1") && sentence.contains("confirm_within"), "{sentence}");
    }
    let patch = json!({ "web": elsewhere() });
    let refused = rest.change(Method::PATCH, "/api/v1/config/access", Some(patch)).await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/web", "object by object too");
    assert_eq!(gateway.revision().await.number, revision);
    let tried = put_list(&rest, "?dry_run=true&confirm_within=5", elsewhere()).await;
    assert_eq!((tried.status, trial(&rest).await), (StatusCode::OK, Json::Null), "{:?}", tried.body);

    let taken = put_list(&rest, "?confirm_within=5", elsewhere()).await;
    assert_eq!(taken.status, StatusCode::OK, "{:?}", taken.body);
    assert!(rest.try_config().await.is_none(), "the door is closed, and so is the connection");
    let document = eventually(async || Some(rest.try_config().await?.0), "the configuration before").await;
    assert_eq!((document.get("access"), &document["appliance"]["description"]), (None, &json!("before")));
    assert_eq!(trial(&rest).await, Json::Null);
    let history = rest.get("/api/v1/revisions").await.body["revisions"].clone();
    let sources: Vec<&Json> = history.as_array().unwrap().iter().map(|one| &one["source"]).take(2).collect();
    assert_eq!((sources, history[0]["author"].as_str()), (vec![&json!("trial"), &json!("api")], Some("dinrail")));
    let told = async || {
        let events = rest.get("/api/v1/events?text=was%20not%20kept").await.body.to_string();
        events.contains("returned, as revision").then_some(())
    };
    eventually(told, "the event of the return").await;
    gateway.stop().await;
}

#[tokio::test]
async fn whoever_is_logged_in_keeps_a_change_and_meanwhile_there_is_no_other() {
    let gateway = TestGateway::start().await;
    let rest = gateway.admin().await;
    gateway.gateway.store.create_user("park", Role::Viewer, PASSWORD).await.unwrap();
    let viewer = Rest::new(gateway.gateway.web_address().await.unwrap()).login("park", PASSWORD).await;
    for seconds in ["4", "3601", "-1", "soon"] {
        let wrong = describe(&rest, &format!("?confirm_within={seconds}"), "never").await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{seconds}");
    }
    describe(&rest, "", "before").await;
    let taken = describe(&rest, "?confirm_within=3600", "after").await;
    assert_eq!(taken.status, StatusCode::OK, "{:?}", taken.body);
    let waiting = trial(&viewer).await;
    assert_eq!((&waiting["before"], &waiting["author"]), (&json!(1), &json!(ADMIN)));
    assert_eq!(viewer.get("/api/v1/status").await.body["trial"], waiting);
    let second = describe(&rest, "", "second").await;
    assert_eq!(second.status, StatusCode::CONFLICT, "{:?}", second.body);
    assert_eq!(viewer.ask(Method::DELETE, "/api/v1/config/confirm", None, None).await.status, StatusCode::FORBIDDEN);

    let kept = viewer.ask(Method::POST, "/api/v1/config/confirm", None, None).await;
    assert_eq!((kept.status, &kept.body["revision"]), (StatusCode::OK, &json!(2)));
    assert_eq!(trial(&rest).await, Json::Null);
    let again = viewer.ask(Method::POST, "/api/v1/config/confirm", None, None).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert_eq!(gateway.gateway.store.trial().await.unwrap(), None);

    describe(&rest, "?confirm_within=3600", "third").await;
    let back = rest.ask(Method::DELETE, "/api/v1/config/confirm", None, None).await;
    assert_eq!((back.status, &back.body["revision"]), (StatusCode::OK, &json!(4)));
    assert_eq!(described(&rest).await, Some(json!("after")));
    let same = describe(&rest, "?confirm_within=3600", "after").await;
    assert_eq!((same.status, trial(&rest).await), (StatusCode::OK, Json::Null), "nothing changed, nothing to keep");
    gateway.stop().await;
}

#[tokio::test]
async fn a_change_before_which_there_was_nothing_returns_to_nothing() {
    let gateway = TestGateway::start().await;
    let rest = gateway.admin().await;
    describe(&rest, "?confirm_within=3600", "first").await;
    let back = rest.ask(Method::DELETE, "/api/v1/config/confirm", None, None).await;
    assert_eq!(back.status, StatusCode::OK, "{:?}", back.body);
    assert_eq!(rest.config().await.0, json!({ "format": "dinrail/1" }));
    gateway.stop().await;
}

#[tokio::test]
async fn killed_during_a_trial_it_returns_in_time_and_killed_until_after_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let document = json!({ "format": "dinrail/1", "appliance": { "name": "a", "description": "before" } });
    Serve::init(&data, Some(&document));
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let login = async || Rest::new(at).login(ADMIN, PASSWORD).await;

    // Back before the time is over: what is on trial goes on being so, and we are out.
    let mut serve = Serve::start(&data, at).await;
    let rest = login().await;
    describe(&rest, "", "kept").await;
    let begin = Instant::now();
    let taken = put_list(&rest, "?confirm_within=12", elsewhere()).await;
    assert_eq!(taken.status, StatusCode::OK, "{:?}", taken.body);
    serve.kill();
    drop(serve);
    let mut serve = Serve::start(&data, at).await;
    if begin.elapsed() < Duration::from_secs(10) {
        assert!(rest.try_config().await.is_none(), "the trial goes on");
    }
    let document = eventually(async || Some(rest.try_config().await?.0), "the configuration before").await;
    assert_eq!((document.get("access"), &document["appliance"]["description"]), (None, &json!("kept")));

    // Down until after it.
    let begin = Instant::now();
    let taken = put_list(&rest, "?confirm_within=5", elsewhere()).await;
    assert_eq!(taken.status, StatusCode::OK, "{:?}", taken.body);
    serve.kill();
    drop(serve);
    eventually(async || (Duration::from_secs(5) < begin.elapsed()).then_some(()), "the end of the trial").await;
    let mut serve = Serve::start(&data, at).await;
    let document = eventually(async || Some(rest.try_config().await?.0), "the web").await;
    assert_eq!(document.get("access"), None);

    // Kept, it stays over a crash.
    describe(&rest, "?confirm_within=5", "confirmed").await;
    let begin = Instant::now();
    assert_eq!(rest.ask(Method::POST, "/api/v1/config/confirm", None, None).await.status, StatusCode::OK);
    serve.kill();
    drop(serve);
    eventually(async || (Duration::from_secs(5) < begin.elapsed()).then_some(()), "the end of the trial").await;
    let _serve = Serve::start(&data, at).await;
    let text = eventually(async || described(&rest).await, "the web").await;
    assert_eq!(text, "confirmed");
}
