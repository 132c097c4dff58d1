//! What the server says, in the language of whoever asks.

use super::door::{Caller, Web, sent};
use super::stream::Events;
use crate::support::wait::eventually;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value as Json, json};

const MISSING: &str = "/dev/dinrail-no-such-line";

/// The same request from a page whose reader chose Korean.
fn korean(request: RequestBuilder) -> RequestBuilder {
    request.header("cookie", "other=1; dinrail_lang=ko")
}

fn has_hangul(json: &Json) -> bool {
    json.as_str().is_some_and(|text| text.chars().any(|letter| ('\u{ac00}'..='\u{d7a3}').contains(&letter)))
}

/// A line that is not there, and a device on it.
fn document() -> Json {
    json!({
        "format": "dinrail/1",
        "appliance": { "description": "no answer" },
        "ports": [{ "name": "COM1", "kind": "serial", "path": MISSING }],
        "devices": [{
            "name": "meter1", "port": "COM1", "unit_id": 1,
            "tags": [{ "name": "u", "table": "holding", "address": 0, "type": "u16" }],
        }],
    })
}

async fn put(admin: &Caller, query: &str, document: &Json) -> RequestBuilder {
    let etag = admin.get("/config").await.header("etag").unwrap();
    admin.request(Method::PUT, &format!("/config{query}")).header("if-match", etag).json(document)
}

fn line(status: &Json) -> Json {
    let units = status["units"].as_array().unwrap();
    units.iter().find(|unit| unit["name"] == "COM1").cloned().unwrap_or_default()
}

/// Key, kind and health of every unit.
fn words(status: &Json) -> Vec<[Json; 3]> {
    let units = status["units"].as_array().unwrap();
    units.iter().map(|unit| ["key", "kind", "health"].map(|member| unit[member].clone())).collect()
}

#[tokio::test]
async fn a_refusal_is_korean_for_a_korean_reader_and_its_pointers_stay() {
    let web = Web::start().await;
    let mut wrong = document();
    wrong["ports"][0]["baud"] = json!(7);
    wrong["devices"][0]["port"] = json!("COM2");
    let request = put(&web.admin, "", &wrong).await;
    let english = sent(request.try_clone().unwrap()).await;
    let spoken = sent(korean(request)).await;
    assert_eq!(english.header("content-language"), None);
    assert_eq!(spoken.header("content-language").as_deref(), Some("ko"));
    let (english, spoken) = (english.expect(422), spoken.expect(422));
    assert_eq!(english["errors"][0]["detail"], json!("`baud` is a whole number 300..4000000, not 7"));
    assert_eq!(english["title"], json!("Unprocessable Entity"));
    let pointers =
        |body: &Json| body["errors"].as_array().unwrap().iter().map(|one| one["pointer"].clone()).collect::<Vec<_>>();
    assert_eq!(pointers(&spoken), pointers(&english));
    assert!(pointers(&spoken).contains(&json!("/ports/0/baud")), "{spoken}");
    let detail = &spoken["errors"][0]["detail"];
    assert_eq!(*detail, json!("`baud` 항목은 300~4000000 범위의 정수여야 합니다. 입력된 값: 7"));
    assert!(has_hangul(&spoken["title"]) && has_hangul(&spoken["detail"]), "{spoken}");
    assert_eq!(spoken["type"], english["type"]);

    // Each guard, extractor and fallback speaks: before the handler, in it, and where there is none.
    let stranger = web.stranger();
    let refusals = [
        sent(korean(stranger.request(Method::GET, "/config"))).await.expect(401),
        sent(korean(web.viewer.request(Method::PUT, "/config"))).await.expect(403),
        sent(korean(web.viewer.request(Method::GET, "/tags/no/such"))).await.expect(404),
        sent(korean(web.viewer.request(Method::GET, "//nowhere"))).await.expect(404),
        sent(korean(web.viewer.request(Method::DELETE, "/status"))).await.expect(405),
        sent(korean(stranger.request(Method::POST, "/session").json(&json!({ "username": "x" })))).await.expect(422),
    ];
    for refusal in refusals {
        assert!(has_hangul(&refusal["title"]) && has_hangul(&refusal["detail"]), "{refusal}");
    }
    // The browser's own language counts where nothing was chosen; a choice beats it.
    let tags = || web.viewer.request(Method::GET, "/tags/no/such");
    let header = sent(tags().header("accept-language", "ko-KR,ko;q=0.9,en;q=0.8")).await.expect(404);
    assert_eq!(header["detail"], json!("`no/such` 태그가 없습니다"));
    let chosen = tags().header("accept-language", "ko").header("cookie", "dinrail_lang=en");
    assert_eq!(sent(chosen).await.expect(404)["detail"], json!("there is no tag `no/such`"));
    web.stop().await;
}

#[tokio::test]
async fn health_and_events_are_korean_for_a_korean_reader_and_stored_in_english() {
    let web = Web::start().await;
    sent(put(&web.admin, "", &document()).await).await.expect(200);
    let status = async |reader: fn(RequestBuilder) -> RequestBuilder| {
        sent(reader(web.viewer.request(Method::GET, "/status"))).await.expect(200)
    };
    let failing = async || Some(line(&status(|request| request).await)).filter(|unit| unit["reason"].is_string());
    let unit = eventually(failing, "the reason of the line that is not there").await;
    assert_eq!(unit["reason"], json!(format!("{MISSING} does not exist")));
    let spoken = status(korean).await;
    assert_eq!(line(&spoken)["reason"], json!(format!("{MISSING} 경로가 없습니다")));
    assert_eq!(words(&spoken), words(&status(|request| request).await), "words of the API are in every language alike");
    assert_eq!(spoken["appliance"]["description"], json!("no answer"), "the owner's words are the owner's");

    // A stream keeps the language it was opened in.
    let mut stream = Events::over(korean(web.viewer.request(Method::GET, "/stream?match="))).await;
    assert_eq!(line(&stream.of("status").await)["reason"], json!(format!("{MISSING} 경로가 없습니다")));
    let mut plain = Events::over(web.viewer.request(Method::GET, "/stream?match=")).await;
    assert_eq!(line(&plain.of("status").await)["reason"], unit["reason"]);

    let events = async |reader: fn(RequestBuilder) -> RequestBuilder| -> Json {
        let list = sent(reader(web.viewer.request(Method::GET, "/events?category=unit&text=COM1"))).await.expect(200);
        list["events"].as_array().unwrap().iter().find(|event| event["result"] == "failed").cloned().unwrap_or_default()
    };
    let told = async || Some(events(|request| request).await).filter(Json::is_object);
    let told = eventually(told, "the event of the line").await;
    assert!(told["detail"].as_str().unwrap().ends_with(&format!("{MISSING} does not exist")), "{told}");
    let spoken = events(korean).await;
    assert!(spoken["detail"].as_str().unwrap().ends_with(&format!("{MISSING} 경로가 없습니다")), "{spoken}");
    assert_eq!(spoken["id"], told["id"]);

    // What is looked for is what is seen.
    let found = async |query: &str| {
        let request = web.viewer.request(Method::GET, &format!("/events?{query}"));
        sent(korean(request)).await.expect(200)["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["id"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(found("category=unit&text=경로가 없습니다").await, [told["id"].clone()]);
    assert_eq!(found("after=0&text=경로가 없습니다").await, [told["id"].clone()]);
    assert_eq!(found("text=없는 말").await, [] as [Json; 0]);
    let by_name = found("category=unit&text=COM1").await;
    assert!(by_name.contains(&told["id"]), "{by_name:?}");
    web.stop().await;
}

#[tokio::test]
async fn warnings_and_previews_are_korean_for_a_korean_reader() {
    let web = Web::start().await;
    let publication = json!({
        "name": "p", "topic": "a/{tag}", "tags": ["nothing/*"], "payload": "value", "trigger": { "on_change": true },
    });
    let mut document = document();
    document["mqtt"] =
        json!({ "connections": [{ "name": "m", "url": "mqtt://127.0.0.1:1", "publications": [publication] }] });
    let answer = sent(korean(put(&web.admin, "?dry_run=true", &document).await)).await.expect(200);
    assert_eq!(answer["problems"][0]["detail"], json!("`nothing/*` 패턴에 맞는 태그가 없습니다"), "{answer}");
    assert_eq!(answer["problems"][0]["severity"], json!("warning"));
    let form = json!({ "publication": publication });
    let request = web.admin.request(Method::POST, "/preview/publication").json(&form);
    let preview = sent(korean(request)).await.expect(200);
    assert_eq!(preview["warnings"], json!(["`nothing/*` 패턴에 맞는 태그가 없습니다"]), "{preview}");
    web.stop().await;
}
