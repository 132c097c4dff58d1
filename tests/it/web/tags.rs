//! Points by REST.

use super::door::Web;
use crate::support::wait::eventually;
use reqwest::Method;
use serde_json::{Value as Json, json};

async fn with_registers(count: usize) -> Web {
    let web = Web::start().await;
    let mut registers: Vec<Json> =
        (0..count).map(|n| json!({ "name": format!("r{n:03}"), "type": "u16", "initial": n })).collect();
    registers.push(json!({ "name": "label", "type": "string", "initial": "x" }));
    web.admin.change(Method::PUT, "/config/internal/label", Some(json!({ "type": "string" }))).await.expect(201);
    let document = json!({ "format": "dinrail/1", "internal": registers });
    web.admin.change(Method::PUT, "/config", Some(document)).await.expect(200);
    eventually(async || web.gateway.tag("internal/r000")?.state.value, "the registers").await;
    web
}

fn names(list: &Json) -> Vec<String> {
    list["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn tags_are_listed_page_by_page_and_by_name() {
    let web = with_registers(250).await;
    let mut all = Vec::new();
    let mut after = String::new();
    loop {
        let page = web.viewer.get(&format!("/tags?limit=100&fields=name{after}")).await.expect(200);
        all.extend(names(&page));
        assert_eq!(page["tags"][0].as_object().unwrap().len(), 1);
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(all.len(), 251);
    assert_eq!((all[0].as_str(), all[250].as_str()), ("internal/r000", "internal/label"));

    let some = web.viewer.get("/tags?match=internal/r24*,internal/label&match=internal/r001").await.expect(200);
    assert_eq!(names(&some).len(), 12);
    let named = web.viewer.get("/tags?match=internal/r002,internal/none,internal/r001&limit=2").await.expect(200);
    assert_eq!(names(&named), ["internal/r002", "internal/r001"]);
    assert_eq!(named["next"], Json::Null);
    let first = &named["tags"][0];
    assert_eq!((&first["value"], &first["quality"], &first["type"]), (&json!(2), &json!("good"), &json!("u16")));
    // Every attribute, as of one tag alone; its age has gone on.
    let mut whole = web.viewer.get("/tags?match=internal/r002&fields=*").await.expect(200)["tags"][0].clone();
    let mut alone = web.viewer.get("/tags/internal/r002").await.expect(200);
    for one in [&mut whole, &mut alone] {
        assert!(one.as_object_mut().unwrap().remove("age_ms").is_some(), "{one}");
    }
    assert_eq!(whole, alone);
    assert_eq!(names(&web.viewer.get("/tags?match=").await.expect(200)), [""; 0]);
    let behind = web.viewer.get("/tags?match=internal/r00*&limit=3&after=internal/r006").await.expect(200);
    assert_eq!(names(&behind), ["internal/r007", "internal/r008", "internal/r009"]);
    assert_eq!(behind["next"], Json::Null);
    for bad in [
        "limit=0",
        "limit=10001",
        "limit=x",
        "match=nogroup",
        "after=internal/none",
        "match=internal/r00*&after=internal/r200",
    ] {
        web.viewer.get(&format!("/tags?{bad}")).await.expect(400);
    }
    web.stop().await;
}

#[tokio::test]
async fn a_point_is_read_by_attribute_and_written_by_operators() {
    let web = with_registers(3).await;
    let tag = web.viewer.get("/tags/internal/r001").await.expect(200);
    for attribute in ["value", "quality", "reason", "timestamp", "age_ms", "min", "max", "unit", "type", "description"]
    {
        assert!(tag.get(attribute).is_some(), "{attribute} in {tag}");
    }
    let point = web.viewer.get("/tags/internal/r001/max").await.expect(200);
    assert_eq!((&point["attribute"], &point["value"]), (&json!("max"), &json!(1)));
    web.viewer.get("/tags/internal/none").await.expect(404);
    web.viewer.get("/tags/internal/r001/colour").await.expect(404);

    let value = |value: Json| json!({ "value": value });
    let path = "/tags/internal/r001";
    web.viewer.put(path, value(json!(5))).await.expect(403);
    let written = web.operator.put(path, value(json!(5))).await.expect(200);
    assert_eq!((&written["attribute"], &written["value"]), (&json!("value"), &json!(5)));
    eventually(async || (web.viewer.get(path).await.json()["value"] == json!(5)).then_some(()), "the new value").await;
    web.operator.put("/tags/internal/r001/reset_max", value(json!(1))).await.expect(200);
    assert_eq!(web.viewer.get("/tags/internal/r001/max").await.expect(200)["value"], json!(5));

    web.operator.put("/tags/internal/none", value(json!(1))).await.expect(404);
    web.operator.put("/tags/internal/r001/max", value(json!(1))).await.expect(409);
    for wrong in [json!(70_000), json!("five"), json!(null), json!([1]), json!(-1)] {
        let refused = web.operator.put(path, value(wrong.clone())).await.expect(422);
        assert_eq!(refused["errors"][0]["pointer"], json!("/value"), "{wrong}");
    }
    web.operator.put(path, json!({ "valeu": 1 })).await.expect(422);
    web.operator.put("/tags/internal/label", value(json!("온도"))).await.expect(200);
    let told = eventually(
        async || {
            let events = web.viewer.get("/events?category=command&text=internal/r001").await.expect(200);
            (2 <= events["events"].as_array()?.len()).then_some(events)
        },
        "the writes in the log",
    )
    .await;
    assert!(told.to_string().contains("lee (127.0.0.1)"));
    web.stop().await;
}

#[tokio::test]
async fn a_write_to_a_device_that_is_not_there_says_so() {
    let web = Web::start().await;
    let document = json!({
        "format": "dinrail/1",
        "ports": [{ "name": "COM1", "kind": "serial", "path": "/dev/nowhere1" }],
        "devices": [{
            "name": "oven", "port": "COM1", "unit_id": 1,
            "tags": [{ "name": "setpoint", "table": "holding", "address": 0, "type": "u16", "writable": true },
                     { "name": "fixed", "table": "holding", "address": 1, "type": "u16" }],
        }],
    });
    web.admin.change(Method::PUT, "/config", Some(document)).await.expect(200);
    web.operator.put("/tags/oven/fixed", json!({ "value": 1 })).await.expect(409);
    let refused = web.operator.put("/tags/oven/setpoint", json!({ "value": 1 })).await;
    assert!([503, 504].contains(&refused.status), "{}", refused.text);
    web.stop().await;
}
