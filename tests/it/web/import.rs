//! Files of tags over REST: looked at, taken over whole or not at all, and given back.

use super::door::{Caller, Web, sent};
use reqwest::Method;
use serde_json::{Value as Json, json};

const CSV: &[u8] = b"name;address;type;gain;unit\nvoltage;40001;u16;0,1;V\ncurrent;40003;f32;;A\n";

async fn with_meter() -> Web {
    let web = Web::start().await;
    let document = json!({
        "format": "dinrail/1",
        "ports": [{ "name": "COM1", "kind": "serial", "path": "/dev/nowhere1", "enabled": false }],
        "devices": [{
            "name": "meter1", "port": "COM1", "unit_id": 1,
            "tags": [
                { "name": "voltage", "table": "input", "address": 7, "type": "i16", "deadband": 0.5, "writable": false },
                { "name": "serial", "description": "=1+1", "table": "holding", "address": 9, "type": "string", "length": 4 },
            ],
        }],
    });
    web.admin.change(Method::PUT, "/config", Some(document)).await.expect(200);
    web
}

async fn upload(caller: &Caller, path: &str, etag: Option<&str>, file: &[u8]) -> super::door::Answer {
    let request = caller.request(Method::POST, path).header("content-type", "application/octet-stream");
    let request = etag.into_iter().fold(request, |request, etag| request.header("if-match", etag));
    sent(request.body(file.to_vec())).await
}

async fn tags(web: &Web) -> Json {
    web.viewer.get("/config/devices/meter1/tags").await.expect(200)
}

#[tokio::test]
async fn a_file_is_looked_at_and_changes_nothing() {
    let web = with_meter().await;
    let seen = upload(&web.admin, "/import/tags?device=meter1", None, CSV).await.expect(200);
    assert_eq!(
        (&seen["format"], &seen["separator"], &seen["addressing"], &seen["header"], &seen["errors"]),
        (&json!("csv"), &json!("semicolon"), &json!("reference"), &json!(1), &json!(0))
    );
    assert_eq!(seen["columns"][1], json!({ "title": "address", "column": "address" }));
    assert_eq!(seen["rows"][1]["cells"], json!(["current", "40003", "f32", "", "A"]));
    let first = json!({"name": "voltage", "table": "holding", "address": 0, "type": "u16", "scale": {"gain": 0.1}, "unit": "V"});
    assert_eq!(seen["tags"][0], first);
    let plain = upload(&web.admin, "/import/tags?addressing=0-based&columns=name,address,type,,unit", None, CSV).await;
    let plain = plain.expect(200);
    assert_eq!((&plain["tags"][0]["address"], &plain["tags"][0]["scale"]), (&json!(40001), &Json::Null));
    assert_eq!(plain["members"], json!(["name", "address", "type", "unit"]));
    let wrong = upload(&web.admin, "/import/tags?encoding=ebcdic", None, CSV).await.expect(422);
    assert_eq!(wrong["errors"][0]["pointer"], json!("/encoding"));
    upload(&web.viewer, "/import/tags", None, CSV).await.expect(403);
    assert_eq!(web.viewer.get("/config").await.header("etag").as_deref(), Some("\"1\""));
    web.stop().await;
}

#[tokio::test]
async fn a_file_is_taken_over_whole_or_not_at_all() {
    let web = with_meter().await;
    let path = "/import/devices/meter1/tags";
    upload(&web.admin, path, None, CSV).await.expect(428);
    upload(&web.admin, path, Some("\"0\""), CSV).await.expect(412);
    upload(&web.admin, "/import/devices/none/tags", Some("\"1\""), CSV).await.expect(404);
    let broken = b"name,address,type\ngood,1,u16\nbad,70000,u16\nworse,2,float16\n";
    let refused = upload(&web.admin, &format!("{path}?addressing=0-based"), Some("\"1\""), broken).await.expect(422);
    let places: Vec<_> =
        refused["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(places, ["/rows/1/cells/1", "/rows/2/cells/2"]);
    assert!(refused["errors"][0]["detail"].as_str().unwrap().starts_with("line 3: "));
    let before = tags(&web).await;
    let tried = upload(&web.admin, &format!("{path}?dry_run=true"), Some("\"1\""), CSV).await.expect(200);
    assert_eq!(tried["revision"], json!(1));
    assert_eq!(tags(&web).await, before);

    let merged = upload(&web.admin, path, Some("\"1\""), CSV).await;
    assert_eq!((merged.expect(200)["revision"].clone(), merged.header("etag").as_deref()), (json!(2), Some("\"2\"")));
    let after = tags(&web).await;
    assert_eq!(after.as_array().unwrap().len(), 3);
    // The id and what the file does not speak of stay.
    assert_eq!(
        (&after[0]["id"], &after[0]["deadband"], &after[0]["address"]),
        (&before[0]["id"], &json!(0.5), &json!(0))
    );
    assert_eq!(after[1], before[1]);
    upload(&web.admin, &format!("{path}?mode=replace"), Some("\"2\""), CSV).await.expect(200);
    let names: Vec<_> = tags(&web).await.as_array().unwrap().iter().map(|tag| tag["name"].clone()).collect();
    assert_eq!(names, ["voltage", "current"]);
    web.stop().await;
}

#[tokio::test]
async fn what_is_exported_comes_back_and_makes_no_revision() {
    let web = with_meter().await;
    let before = web.viewer.get("/config").await;
    for file in ["tags.csv", "tags.csv?separator=semicolon", "tags.csv?separator=tab", "tags.xlsx"] {
        let given = web.viewer.request(Method::GET, &format!("/devices/meter1/{file}")).send().await.unwrap();
        assert_eq!(given.status(), 200, "{file}");
        let disposition = given.headers()["content-disposition"].to_str().unwrap();
        let ending = file.split(['.', '?']).nth(1).unwrap();
        assert_eq!(disposition, format!("attachment; filename=\"meter1-tags.{ending}\""));
        let bytes = given.bytes().await.unwrap();
        if ending == "csv" {
            assert!(String::from_utf8_lossy(&bytes).contains("'=1+1"), "a formula would be run");
        }
        let etag = before.header("etag").unwrap();
        for mode in ["merge", "replace"] {
            let path = format!("/import/devices/meter1/tags?mode={mode}");
            let answer = upload(&web.admin, &path, Some(&etag), &bytes).await.expect(200);
            assert_eq!(answer["plan"], json!({ "start": [], "stop": [], "update": [] }), "{file}");
        }
    }
    assert_eq!(web.viewer.get("/config").await.json(), before.json());
    web.viewer.get("/devices/none/tags.csv").await.expect(404);
    web.viewer.get("/devices/meter1/tags.csv?separator=pipe").await.expect(422);
    web.stop().await;
}

#[tokio::test]
async fn tags_being_edited_are_put_together_with_a_files() {
    let web = with_meter().await;
    let form = json!({
        "current": [{ "name": "a", "table": "holding", "address": 1, "type": "u16", "unit": "V" }],
        "tags": [{ "name": "A", "table": "holding", "address": 2, "type": "u16" }, { "name": "b" }],
        "members": ["name", "table", "address", "type"],
    });
    let merged = web.admin.post("/import/merge", form.clone()).await.expect(200);
    assert_eq!((&merged["added"], &merged["changed"], &merged["removed"]), (&json!(1), &json!(1), &json!(0)));
    assert_eq!(merged["tags"][0], json!({ "name": "A", "table": "holding", "address": 2, "type": "u16", "unit": "V" }));
    let mut odd = form;
    odd["mode"] = json!("sideways");
    assert_eq!(web.admin.post("/import/merge", odd).await.expect(422)["errors"][0]["pointer"], json!("/mode"));
    web.admin.post("/import/merge", json!({ "tags": 1 })).await.expect(422);
    web.stop().await;
}

#[tokio::test]
async fn files_beyond_a_limit_are_refused_in_one_sentence_in_the_readers_language() {
    let web = with_meter().await;
    let large = upload(&web.admin, "/import/tags", None, &vec![b'a'; 10 * 1024 * 1024 + 1]).await.expect(413);
    assert!(large["detail"].as_str().unwrap().contains("10 MiB"), "{large}");
    let long = "a,1\n".repeat(100_200);
    let lines = upload(&web.admin, "/import/tags", None, long.as_bytes()).await.expect(413);
    assert!(lines["detail"].as_str().unwrap().contains("lines"), "{lines}");
    let korean = web.admin.request(Method::POST, "/import/tags").header("accept-language", "ko").body("%PDF-1.7");
    let korean = sent(korean).await.expect(422);
    assert_eq!(korean["detail"], json!("읽을 수 없는 파일입니다: PDF 파일. .xlsx 또는 .csv로 저장하세요"));
    web.stop().await;
}
