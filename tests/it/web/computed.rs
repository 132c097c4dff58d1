//! Computed tags from the document to every reader.

use super::door::{Web, sent};
use crate::support::wait::eventually;
use reqwest::Method;
use serde_json::{Value as Json, json};

fn document() -> Json {
    json!({
        "format": "dinrail/1",
        "internal": [
            { "name": "volts", "type": "f32", "initial": 230 },
            { "name": "amps", "type": "u16", "initial": 2 },
        ],
        "computed": [
            { "name": "power", "expression": "internal.volts * internal.amps", "unit": "W", "deadband": 0.5 },
            { "name": "heavy", "expression": "computed.power > 1000", "type": "bool" },
        ],
    })
}

#[tokio::test]
async fn a_computed_tag_is_read_like_any_other_and_follows_its_inputs() {
    let web = Web::start().await;
    web.admin.change(Method::PUT, "/config", Some(document())).await.expect(200);
    let tag = async |name: &str| web.viewer.get(&format!("/tags/computed/{name}")).await.expect(200);
    let is = async |name: &str, value: Json| {
        eventually(async || (tag(name).await["value"] == value).then_some(()), "the result follows").await;
    };
    is("power", json!(460.0)).await;
    is("heavy", json!(false)).await;
    let power = tag("power").await;
    assert_eq!((&power["quality"], &power["unit"], &power["type"]), (&json!("good"), &json!("W"), &json!("f64")));
    web.operator.put("/tags/internal/amps", json!({ "value": 10 })).await.expect(200);
    is("power", json!(2300.0)).await;
    is("heavy", json!(true)).await;
    let amps = web.viewer.get("/tags/internal/amps").await.expect(200);
    assert_eq!(tag("power").await["timestamp"], amps["timestamp"], "the time is that of the newest input");
    // Nobody writes a result.
    web.operator.put("/tags/computed/power", json!({ "value": 1 })).await.expect(409);

    let object = web.viewer.get("/config/computed/power").await.expect(200);
    assert_eq!(object["expression"], json!("internal.volts * internal.amps"));
    let edit = json!({ "expression": "internal.volts / (internal.amps - 10)" });
    web.admin.change(Method::PATCH, "/config/computed/power", Some(edit)).await.expect(200);
    let reason = async || (tag("power").await["reason"] == json!("division by zero")).then_some(());
    eventually(reason, "a division by zero is bad").await;
    assert_eq!(tag("heavy").await["reason"], json!("division by zero"), "and so is what needs it");
    let wrong = json!({ "expression": "internal.vols + 1" });
    let refused = web.admin.change(Method::PATCH, "/config/computed/power", Some(wrong)).await.expect(422);
    assert_eq!(refused["errors"][0]["pointer"], json!("/expression"));
    let needed = web.admin.change(Method::DELETE, "/config/computed/power", None).await.expect(422);
    assert_eq!(needed["errors"][0]["document_pointer"], json!("/computed/0/expression"));
    web.admin.change(Method::DELETE, "/config/computed/heavy", None).await.expect(200);
    web.admin.change(Method::DELETE, "/config/computed/power", None).await.expect(200);
    let gone = async || (web.viewer.get("/tags/computed/power").await.status == 404).then_some(());
    eventually(gone, "the tag is gone").await;
    web.stop().await;
}

#[tokio::test]
async fn an_expression_tells_what_it_gives_while_it_is_written() {
    let web = Web::start().await;
    web.admin.change(Method::PUT, "/config", Some(document())).await.expect(200);
    eventually(async || web.gateway.tag("computed/power")?.state.value, "the tags").await;
    let ask = async |text: &str| web.viewer.post("/expressions", json!({ "expression": text })).await.expect(200);
    let view = ask("computed.power > 400 && internal.amps.quality == \"good\"").await;
    assert_eq!((&view["value"], &view["type"], &view["quality"]), (&json!(true), &json!("bool"), &json!("good")));
    assert_eq!(view["error"], Json::Null);
    assert_eq!(
        view["points"],
        json!([
            { "tag": "computed/power", "attribute": "value", "value": 460.0, "quality": "good" },
            { "tag": "internal/amps", "attribute": "quality", "value": "good", "quality": "good" },
        ])
    );
    let error = async |text: &str| {
        let view = ask(text).await;
        format!("{} {}", view["error"]["place"], view["error"]["sentence"].as_str().unwrap())
    };
    assert_eq!(error("internal.amps +").await, "16 something is missing at the end");
    assert_eq!(error("1 + internal.ampere").await, "5 there is no tag `internal/ampere`");
    assert_eq!(error("internal.amps.raw").await, "1 `internal/amps` has no attribute `raw`");
    assert_eq!(error("!internal.amps").await, "2 `!` takes true or false, not a number");
    let division = ask("1 / (internal.amps - 2)").await;
    assert_eq!((&division["quality"], &division["reason"]), (&json!("bad"), &json!("division by zero")));
    assert_eq!((&division["value"], &division["error"]["place"]), (&Json::Null, &json!(3)));
    // The same in Korean, and nothing for strangers.
    let korean = web.viewer.request(Method::POST, "/expressions").header("Accept-Language", "ko");
    let korean = sent(korean.json(&json!({ "expression": "1 +" }))).await.expect(200);
    assert_eq!(korean["error"]["sentence"], json!("끝에 빠진 것이 있습니다"));
    web.stranger().post("/expressions", json!({ "expression": "1" })).await.expect(401);
    web.viewer.post("/expressions", json!({ "text": "1" })).await.expect(422);
    // The dearest of texts is answered at once.
    for dear in ["(".repeat(100_000), vec!["internal.amps"; 20_000].join("+"), "!".repeat(2_000)] {
        assert!(ask(&dear).await["error"].is_object());
    }
    web.stop().await;
}
