//! What a configuration asks of its lines is told before and after it is applied.

use super::door::{Web, sent};
use reqwest::Method;
use serde_json::{Value as Json, json};

fn document(poll_ms: u32) -> Json {
    let tag = |at: u16| json!({ "name": format!("t{at}"), "table": "holding", "address": 200 * at, "type": "u16" });
    let tags: Vec<Json> = (0..38).map(tag).collect();
    json!({
        "format": "dinrail/1",
        "ports": [
            { "name": "spare", "kind": "serial", "path": "/dev/dinrail-no-such-line-a" },
            { "name": "COM1", "kind": "serial", "path": "/dev/dinrail-no-such-line-b", "baud": 9600 },
        ],
        "devices": [{ "name": "meter3", "port": "COM1", "unit_id": 3, "poll_ms": poll_ms, "tags": tags }],
    })
}

#[tokio::test]
async fn an_overloaded_line_is_told_with_its_remedy_and_works_all_the_same() {
    let web = Web::start().await;
    let sentence = "COM1 needs 134 % of its time: poll meter3 every 1500 ms, or raise the line to 19200 baud";
    for path in ["/config?dry_run=true", "/config"] {
        let told = web.admin.change(Method::PUT, path, Some(document(1000))).await.expect(200);
        let warning = json!({ "pointer": "/ports/1", "detail": sentence, "severity": "warning" });
        assert_eq!(told["problems"], json!([warning]), "{path}");
        assert_eq!(told["feasibility"][0]["needs_percent"], json!(0.0));
        let line = &told["feasibility"][1];
        assert_eq!(
            (&line["port"], &line["needs_percent"], &line["advice"]),
            (&json!("COM1"), &json!(134.2), &json!(sentence))
        );
        assert_eq!(line["assumed_turnaround_ms"], json!(10));
        assert_eq!((&line["devices"][0]["name"], &line["devices"][0]["reads"]), (&json!("meter3"), &json!(38)));
    }
    let stored = web.admin.get("/feasibility").await.expect(200);
    assert_eq!(stored[1]["advice"], json!(sentence));
    let korean = web.admin.request(Method::GET, "/feasibility").header("cookie", "dinrail_lang=ko");
    let korean = sent(korean).await.expect(200);
    let expect = "COM1 포트에 가용 시간의 134 %가 필요합니다. meter3 장치를 1500 ms마다 폴링하세요. 또는 라인 속도를 19200 baud로 올리세요";
    assert_eq!(korean[1]["advice"], json!(expect));
    let mended = web.admin.change(Method::PUT, "/config", Some(document(1500))).await.expect(200);
    assert_eq!((&mended["problems"], &mended["feasibility"][1]["needs_percent"]), (&json!([]), &json!(89.4)));
    assert_eq!(mended["feasibility"][1].get("advice"), None);
    web.stop().await;
}
