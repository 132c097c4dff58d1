//! Server-sent events.

use super::door::{Caller, Web};
use crate::support::gateway::ADMIN;
use crate::support::wait::{PATIENCE, eventually};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value as Json, json};
use std::time::{Duration, Instant};

/// The events of one stream, one by one.
pub(super) struct Events {
    chunks: BoxStream<'static, String>,
    rest: String,
}

impl Events {
    async fn open(caller: &Caller, query: &str) -> Self {
        Self::over(caller.request(Method::GET, &format!("/stream{query}"))).await
    }

    pub(super) async fn over(request: RequestBuilder) -> Self {
        let response = request.timeout(Duration::from_secs(600)).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let chunks = response.bytes_stream().take_while(|chunk| futures::future::ready(chunk.is_ok()));
        let chunks = chunks.map(|chunk| String::from_utf8(chunk.unwrap().to_vec()).unwrap()).boxed();
        Self { chunks, rest: String::new() }
    }

    /// The next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<(String, Json)> {
        loop {
            if let Some(end) = self.rest.find("\n\n") {
                let block: String = self.rest.drain(..end + 2).collect();
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim_start);
                if let (Some(name), Some(data)) = (field("event:"), field("data:")) {
                    return Some((name.to_owned(), serde_json::from_str(data).unwrap()));
                }
                continue;
            }
            let chunk =
                tokio::time::timeout(PATIENCE, self.chunks.next()).await.expect("waited too long for an event")?;
            self.rest.push_str(&chunk);
        }
    }

    /// The next event of this name.
    pub(super) async fn of(&mut self, wanted: &str) -> Json {
        loop {
            let (name, data) = self.next().await.expect("the stream ended");
            if name == wanted {
                return data;
            }
        }
    }

    async fn ended(&mut self) {
        while self.next().await.is_some() {}
    }
}

async fn with_registers() -> Web {
    let web = Web::start().await;
    let registers: Vec<Json> =
        ["a", "b", "c"].iter().map(|name| json!({ "name": name, "type": "u16", "initial": 0 })).collect();
    let document = json!({ "format": "dinrail/1", "internal": registers });
    web.admin.change(Method::PUT, "/config", Some(document)).await.expect(200);
    web
}

async fn write(web: &Web, name: &str, value: u32) {
    web.operator.put(&format!("/tags/internal/{name}"), json!({ "value": value })).await.expect(200);
}

#[tokio::test]
async fn first_the_present_state_then_what_changes() {
    let web = with_registers().await;
    let mut events = Events::open(&web.viewer, "?match=internal/a,internal/b&match=internal/none").await;
    let first = events.of("change").await;
    let tags = first["tags"].as_array().unwrap();
    assert_eq!(tags.len(), 2, "{first}");
    assert!(tags[0].get("unit").is_some() && tags[0].get("writable").is_some());
    let status = events.of("status").await;
    assert_eq!((&status["revision"], &status["appliance"]["name"]), (&json!(1), &json!("dinrail")));
    write(&web, "c", 5).await;
    write(&web, "b", 7).await;
    loop {
        let change = events.of("change").await;
        let tags = change["tags"].as_array().unwrap();
        assert!(tags.iter().all(|tag| tag["name"] != "internal/c"), "{change}");
        if tags.iter().any(|tag| tag["name"] == "internal/b" && tag["value"] == json!(7)) {
            break;
        }
    }
    web.stop().await;
}

#[tokio::test]
async fn without_match_every_tag_and_with_an_empty_one_none() {
    let web = with_registers().await;
    let mut all = Events::open(&web.viewer, "").await;
    assert_eq!(all.of("change").await["tags"].as_array().unwrap().len(), 3);
    let mut none = Events::open(&web.viewer, "?match=").await;
    let (name, _) = none.next().await.unwrap();
    assert_eq!(name, "status");
    web.viewer.get("/stream?match=nonsense").await.expect(400);
    web.stop().await;
}

#[tokio::test]
async fn a_large_state_comes_in_parts_and_many_names_are_told_apart() {
    let web = Web::start().await;
    let names: Vec<String> = (0..2_500).map(|n| format!("r{n:04}")).collect();
    let registers: Vec<Json> = names.iter().map(|name| json!({ "name": name, "type": "u16" })).collect();
    let document = json!({ "format": "dinrail/1", "internal": registers });
    web.admin.change(Method::PUT, "/config", Some(document)).await.expect(200);
    let mut all = Events::open(&web.viewer, "").await;
    let mut sizes = Vec::new();
    while sizes.iter().sum::<usize>() < 2_500 {
        sizes.push(all.of("change").await["tags"].as_array().unwrap().len());
    }
    assert_eq!(sizes, [1_000, 1_000, 500]);

    // So many that the image is not asked to tell them apart.
    let some: Vec<String> = names.iter().skip(1).step_by(10).map(|name| format!("internal/{name}")).collect();
    let mut events = Events::open(&web.viewer, &format!("?match={}", some.join(","))).await;
    assert_eq!(events.of("change").await["tags"].as_array().unwrap().len(), 250);
    write(&web, "r0002", 5).await;
    write(&web, "r0011", 7).await;
    loop {
        let change = events.of("change").await;
        let tags = change["tags"].as_array().unwrap();
        assert!(tags.iter().all(|tag| tag["name"] != "internal/r0002"), "{change}");
        if tags.iter().any(|tag| tag["name"] == "internal/r0011" && tag["value"] == json!(7)) {
            break;
        }
    }
    web.stop().await;
}

#[tokio::test]
async fn a_fast_point_is_told_at_most_ten_times_a_second_and_its_newest_value_last() {
    let web = with_registers().await;
    let mut events = Events::open(&web.viewer, "?match=internal/a").await;
    events.of("change").await;
    let begin = Instant::now();
    for value in 1..=60 {
        write(&web, "a", value).await;
    }
    let mut told = 0;
    loop {
        let change = events.of("change").await;
        told += 1;
        if change["tags"][0]["value"] == json!(60) {
            break;
        }
    }
    let most = begin.elapsed().as_millis() / 100 + 2;
    assert!(told <= most, "{told} in {:?}", begin.elapsed());
    web.stop().await;
}

#[tokio::test]
async fn new_tags_and_new_status_are_told() {
    let web = with_registers().await;
    let mut events = Events::open(&web.viewer, "?match=internal/*").await;
    events.of("status").await;
    web.admin.change(Method::POST, "/config/internal", Some(json!({ "name": "d", "type": "u16" }))).await.expect(201);
    loop {
        let change = events.of("change").await;
        if change["tags"].as_array().unwrap().iter().any(|tag| tag["name"] == "internal/d") {
            break;
        }
    }
    while events.of("status").await["revision"] != json!(2) {}
    web.stop().await;
}

#[tokio::test]
async fn one_account_follows_sixteen_streams_and_leaves_room_for_others() {
    let web = with_registers().await;
    // Another session of the same account is no way around.
    let again = web.stranger().login("park").await;
    let mut held = Vec::new();
    for number in 0..16 {
        let caller = if number % 2 == 0 { &web.viewer } else { &again };
        held.push(Events::open(caller, "?match=").await);
    }
    let refused = again.get("/stream?match=").await;
    assert!(refused.expect(429)["detail"].as_str().unwrap().contains("16 streams"), "{}", refused.text);
    assert!(refused.header("retry-after").is_some());
    let _of_operator = Events::open(&web.operator, "?match=").await;
    let _of_token = {
        let made = web.admin.post("/tokens", json!({ "name": "t", "role": "viewer" })).await.expect(201);
        Events::open(&web.stranger().bearing(made["token"].as_str().unwrap()), "?match=").await
    };
    held.pop();
    let free = async || {
        let request = web.viewer.request(Method::GET, "/stream?match=").timeout(Duration::from_secs(600));
        request.send().await.ok().filter(|response| response.status() == 200)
    };
    eventually(free, "the place that was given back").await;
    web.stop().await;
}

#[tokio::test]
async fn a_stream_ends_with_its_session_its_token_and_the_server() {
    let web = with_registers().await;
    let first = web.stranger().login("park").await;
    let mut of_first = Events::open(&first, "?match=").await;
    let mut of_second = Events::open(&web.viewer, "?match=").await;
    let made = web.admin.post("/tokens", json!({ "name": "t", "role": "viewer" })).await.expect(201);
    let mut of_token = Events::open(&web.stranger().bearing(made["token"].as_str().unwrap()), "?match=").await;

    assert_eq!(first.delete("/session").await.status, 204);
    of_first.ended().await;
    let admin = web.stranger().login(ADMIN).await;
    let password = json!({ "password": "another one 42" });
    super::door::sent(admin.request(Method::PATCH, "/users/park").json(&password)).await.expect(200);
    of_second.ended().await;
    admin.delete(&format!("/tokens/{}", made["id"].as_str().unwrap())).await;
    of_token.ended().await;

    let mut last = Events::open(&admin, "").await;
    last.of("change").await;
    let begin = Instant::now();
    web.stop().await;
    last.ended().await;
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
}
