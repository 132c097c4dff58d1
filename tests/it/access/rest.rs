//! The doors over REST: refusals, the test, one click, figures.

use super::{HOME, closed, connect, port, start};
use crate::support::gateway::{ADMIN, PASSWORD};
use crate::support::rest::Rest;
use dinrail::config::access::Service;
use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};

#[tokio::test]
async fn who_was_refused_is_shown_tried_and_let_in_by_one_click() {
    let gateway = start(json!([HOME])).await;
    gateway.gateway.store.claim(ADMIN, PASSWORD).await.unwrap();
    let rest = Rest::new(super::at(HOME, port(&gateway, Service::Web).await)).login(ADMIN, PASSWORD).await;
    let modbus = port(&gateway, Service::Modbus).await;
    for _ in 0..14 {
        closed(&mut connect("127.0.0.2", modbus).await).await;
    }
    let door = async |name: &str| {
        let doors = rest.get("/api/v1/access").await.body;
        doors.as_array().unwrap().iter().find(|door| door["service"] == name).cloned().unwrap()
    };
    let shown = door("modbus").await;
    assert_eq!((&shown["mode"], &shown["entries"], &shown["refused"]), (&json!("allow-list"), &json!(1), &json!(14)));
    let peer = &shown["peers"][0];
    assert_eq!((&peer["address"], &peer["times"], &peer["requests"]), (&json!("127.0.0.2"), &json!(14), &json!(0)));
    assert!(peer["last"].as_str().unwrap().ends_with('Z'));

    let test = async |body: Json| rest.ask(Method::POST, "/api/v1/access/test", None, Some(body)).await;
    let tried = test(json!({ "address": "127.0.0.2" })).await.body;
    assert!(tried.as_array().unwrap().iter().all(|door| door["admitted"] == false), "{tried}");
    let lists =
        json!({ "modbus": { "allow": ["127.0.0.0/8", { "network": "127.0.0.2", "access": "read", "note": "x" }] } });
    let tried = test(json!({ "address": "::ffff:127.0.0.2", "access": lists })).await.body;
    let expect = json!({
        "service": "modbus", "admitted": true,
        "entry": { "index": 1, "network": "127.0.0.2/32", "note": "x", "limited": true },
    });
    assert_eq!((&tried[1], &tried[0]["admitted"]), (&expect, &json!(true)));
    assert_eq!(test(json!({ "address": "here" })).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = test(json!({ "address": "::1", "access": { "web": { "allow": ["x"] } } })).await;
    assert_eq!(wrong.body["errors"][0]["pointer"], "/access/web/allow/0");

    let allow = async |body: Json| rest.ask(Method::POST, "/api/v1/access/allow", None, Some(body)).await;
    let click = json!({ "service": "modbus", "address": "127.0.0.2", "note": "the panel" });
    let done = allow(click.clone()).await;
    assert_eq!(done.status, StatusCode::OK, "{:?}", done.body);
    let list = rest.config().await.0["access"]["modbus"]["allow"].clone();
    assert_eq!(list, json!([HOME, { "network": "127.0.0.2", "note": "the panel" }]));
    assert_eq!(door("modbus").await["peers"], json!([]));
    assert_eq!(allow(click).await.status, StatusCode::CONFLICT);
    let odd = allow(json!({ "service": "ftp", "address": "::1" })).await;
    assert_eq!(odd.body["errors"][0]["pointer"], "/service");

    let figures = rest.get("/metrics").await.body.as_str().unwrap().to_owned();
    for line in [
        "dinrail_access_refused_total{service=\"modbus\"} 14",
        "dinrail_access_refused_requests_total{service=\"modbus\"} 0",
        "dinrail_access_closed_total{service=\"web\"} 0",
    ] {
        assert!(figures.lines().any(|seen| seen == line), "{line}");
    }
    closed(&mut connect("::1", modbus).await).await;
    assert_eq!(rest.ask(Method::DELETE, "/api/v1/access/refused", None, None).await.status, StatusCode::NO_CONTENT);
    let shown = door("modbus").await;
    assert_eq!((&shown["peers"], &shown["refused"]), (&json!([]), &json!(15)));
    gateway.stop().await;
}
