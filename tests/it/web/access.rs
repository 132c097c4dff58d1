//! Claim, login, sessions, tokens, accounts.

use super::door::{Caller, Web, sent};
use crate::support::gateway::{ADMIN, PASSWORD, TestGateway};
use crate::support::wait::eventually;
use reqwest::Method;
use serde_json::{Value as Json, json};
use std::time::Instant;

const OTHER: &str = "green boat 17";

#[tokio::test]
async fn an_appliance_is_claimed_once_with_its_code() {
    let gateway = TestGateway::start().await;
    let address = eventually(async || gateway.gateway.web_address().await, "the web listener").await;
    let caller = Caller::new(address);
    assert_eq!(caller.get("/info").await.expect(200)["claimed"], json!(false));
    let code = gateway.gateway.store.claim_code();
    let claim = |code: &str, password: &str| json!({ "code": code, "username": "kim", "password": password });
    caller.post("/claim", claim("0000-0000-0000", OTHER)).await.expect(403);
    let weak = caller.post("/claim", claim(&code, "short")).await.expect(422);
    assert_eq!(weak["errors"][0]["pointer"], json!("/password"));
    let made = caller.post("/claim", claim(&code.to_lowercase(), OTHER)).await.expect(201);
    assert_eq!((&made["username"], &made["role"]), (&json!("kim"), &json!("admin")));
    caller.post("/claim", claim(&code, OTHER)).await.expect(409);
    let info = caller.get("/info").await.expect(200);
    assert_eq!((&info["claimed"], &info["name"]), (&json!(true), &json!("dinrail")));
    gateway.stop().await;
}

#[tokio::test]
async fn a_session_is_opened_shown_and_ended() {
    let web = Web::start().await;
    let session = web.operator.get("/session").await.expect(200);
    assert_eq!((&session["user"], &session["role"]), (&json!("lee"), &json!("operator")));
    assert!(session["expires_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(web.operator.delete("/session").await.status, 204);
    web.operator.get("/session").await.expect(401);
    web.viewer.get("/session").await.expect(200);
    web.stop().await;
}

#[tokio::test]
async fn wrong_logins_are_held_back_alike_for_known_and_unknown_names() {
    let web = Web::start().await;
    let stranger = web.stranger();
    let mut seen = Vec::new();
    // `park` has logged in from this address before.
    for name in ["park", "nobody"] {
        let (mut answers, mut times) = (Vec::new(), Vec::new());
        for _ in 0..10 {
            let begin = Instant::now();
            let answer = stranger.post("/session", json!({ "username": name, "password": OTHER })).await;
            times.push(begin.elapsed());
            answer.expect(answer.status);
            let wait = answer.header("retry-after").map(|wait| 1 <= wait.parse::<u32>().unwrap());
            assert_eq!(wait, (answer.status == 429).then_some(true));
            answers.push((answer.status, answer.text.replace(|letter: char| letter.is_ascii_digit(), "")));
        }
        let statuses: Vec<u16> = answers.iter().map(|(status, _)| *status).collect();
        assert_eq!(statuses, [401, 401, 401, 401, 401, 401, 429, 429, 429, 429], "{name}");
        seen.push((answers, times[6..].iter().min().copied().unwrap()));
    }
    assert_eq!(seen[0].0, seen[1].0);
    let (known, unknown) = (seen[0].1, seen[1].1);
    assert!(known < unknown * 8 && unknown < known * 8, "held back: {known:?} known, {unknown:?} unknown");
    // Its owner comes in all the same.
    stranger.login("park").await;

    let told = |subject: &str| {
        let query = format!("/events?category=access&text={subject}");
        let admin = web.admin.clone();
        eventually(
            async move || {
                let events = admin.get(&query).await.expect(200);
                let refused = |event: &&Json| event["result"] == json!("refused");
                let refused: Vec<Json> = events["events"].as_array()?.iter().filter(refused).cloned().collect();
                (6 <= refused.len()).then_some(refused)
            },
            "the events of wrong logins",
        )
    };
    for event in told("park").await.iter().chain(&told("unknown%20name").await) {
        assert!(event["actor"].as_str().unwrap().contains("127.0.0.1"));
    }
    assert!(told("park").await.iter().any(|event| event["detail"].as_str().unwrap().contains("held back for 1 s")));
    // A name that is none may be a password in the wrong field.
    let typed = web.admin.get("/events?text=nobody").await.expect(200);
    assert_eq!(typed["events"], json!([]));
    web.stop().await;
}

#[tokio::test]
async fn a_password_of_the_wrong_type_does_not_come_back() {
    let web = Web::start().await;
    let login = web.stranger().post("/session", json!({ "username": "park", "password": 20_260_131 })).await;
    let own = web.viewer.put("/users/me/password", json!({ "current": 20_260_131, "password": OTHER })).await;
    for answer in [login, own] {
        let refused = answer.expect(422);
        assert!(!answer.text.contains("20260131") && refused["detail"].as_str().unwrap().contains("a string"));
    }
    web.stop().await;
}

#[tokio::test]
async fn a_browser_sends_a_cookie_and_changes_only_from_our_own_pages() {
    let web = Web::start().await;
    let browser = Caller::with(web.address, |client| client.cookie_store(true));
    let login = browser.post("/session", json!({ "username": ADMIN, "password": PASSWORD })).await;
    let cookie = login.header("set-cookie").unwrap();
    for word in ["__Host-", "Path=/", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=43200"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    browser.get("/session").await.expect(200);
    let page = browser.get("//overview").await;
    assert_eq!((page.status, page.text.contains("admin")), (200, true));

    let ours = format!("https://{}", web.address);
    let put = |origin: Option<&str>| {
        let request = browser.request(Method::POST, "/tokens").json(&json!({ "name": "t", "role": "viewer" }));
        match origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        }
    };
    sent(put(None)).await.expect(403);
    sent(put(Some("https://evil.example"))).await.expect(403);
    sent(put(Some(&ours))).await.expect(201);
    let stream = browser.request(Method::GET, "/stream?match=").header("origin", "https://evil.example");
    sent(stream).await.expect(403);
    let foreign = web.stranger().request(Method::POST, "/session").header("sec-fetch-site", "cross-site");
    sent(foreign.json(&json!({ "username": ADMIN, "password": PASSWORD }))).await.expect(403);

    let out = sent(browser.request(Method::DELETE, "/session").header("origin", &ours)).await;
    assert_eq!((out.status, out.header("set-cookie").unwrap().contains("Max-Age=0")), (204, true));
    browser.get("/session").await.expect(401);
    web.stop().await;
}

#[tokio::test]
async fn a_new_password_ends_every_session_of_the_account() {
    let web = Web::start().await;
    let second = web.stranger().login("lee").await;
    let change = |current: &str| json!({ "current": current, "password": OTHER });
    let wrong = web.operator.put("/users/me/password", change("not the one")).await.expect(422);
    assert_eq!(wrong["errors"][0]["pointer"], json!("/current"));
    assert_eq!(web.operator.put("/users/me/password", change(PASSWORD)).await.status, 204);
    web.operator.get("/session").await.expect(401);
    second.get("/session").await.expect(401);
    web.viewer.get("/session").await.expect(200);
    web.stranger().post("/session", json!({ "username": "lee", "password": OTHER })).await.expect(200);
    web.stop().await;
}

#[tokio::test]
async fn accounts_are_made_changed_and_removed_but_the_last_administrator_stays() {
    let web = Web::start().await;
    let admin = &web.admin;
    let kim = json!({ "username": "kim", "password": OTHER, "role": "viewer" });
    admin.post("/users", kim.clone()).await.expect(201);
    admin.post("/users", kim).await.expect(409);
    let odd = admin.post("/users", json!({ "username": "x", "password": OTHER, "role": "king" })).await.expect(422);
    assert!(odd["detail"].as_str().unwrap().contains("king"));
    let names: Vec<String> = admin.get("/users").await.expect(200)["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["username"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["admin", "kim", "lee", "park"]);

    // A role, once changed, holds for what was logged in before: not at all.
    let changed = sent(admin.request(Method::PATCH, "/users/lee").json(&json!({ "role": "viewer" }))).await.expect(200);
    assert_eq!(changed["role"], json!("viewer"));
    web.operator.get("/session").await.expect(401);
    let weak =
        sent(admin.request(Method::PATCH, "/users/park").json(&json!({ "role": "admin", "password": "x" }))).await;
    assert_eq!(weak.expect(422)["errors"][0]["pointer"], json!("/password"));
    assert_eq!(admin.get("/users/park").await.expect(200)["role"], json!("viewer"), "nothing was changed");

    admin.delete("/users/admin").await.expect(409);
    assert_eq!(admin.delete("/users/kim").await.status, 204);
    admin.delete("/users/kim").await.expect(404);
    web.stop().await;
}

#[tokio::test]
async fn a_token_is_shown_once_has_its_role_and_ends() {
    let web = Web::start().await;
    let new = json!({ "name": "scada", "role": "operator", "expires_at": "2999-01-01T00:00:00Z" });
    let made = web.admin.post("/tokens", new.clone()).await.expect(201);
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with("dinrail_"));
    web.admin.post("/tokens", new).await.expect(409);
    let past = json!({ "name": "old", "role": "viewer", "expires_at": "2001-01-01T00:00:00Z" });
    assert_eq!(web.admin.post("/tokens", past).await.expect(422)["errors"][0]["pointer"], json!("/expires_at"));
    let listed = web.admin.get("/tokens").await;
    assert!(!listed.text.contains(token));
    assert_eq!(listed.expect(200)["tokens"][0]["created_by"], json!("admin"));

    let program = web.stranger().bearing(token);
    let who = program.get("/session").await.expect(200);
    assert_eq!((&who["user"], &who["role"]), (&json!("scada"), &json!("operator")));
    program.get("/users").await.expect(403);
    program.delete("/session").await.expect(403);
    program.put("/users/me/password", json!({ "current": "x", "password": OTHER })).await.expect(403);
    assert_eq!(web.admin.delete(&format!("/tokens/{}", made["id"].as_str().unwrap())).await.status, 204);
    program.get("/session").await.expect(401);
    web.stop().await;
}
