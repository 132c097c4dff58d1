//! Remote I/O modules: registers of a Modbus device as channels, through the real line and REST.

use crate::support::gateway::TestGateway;
use crate::support::line_rig::{field_of, port};
use crate::support::wait::eventually;
use crate::web::door::Web;
use dinrail::modbus::address::{Span, Table};
use dinrail::sim::bank::Bank;
use dinrail::sim::field::Field;
use dinrail::tag::attribute::Attribute;
use dinrail::tag::value::Value;
use reqwest::Method;
use serde_json::{Value as Json, json};

/// Eight inputs with counters, eight outputs, of a module at unit 1.
fn module() -> Json {
    json!({
        "name": "rio", "slot": 1, "model": "dio-8-8", "scan_ms": 20,
        "driver": {
            "kind": "modbus-io", "port": "COM1", "unit_id": 1,
            "registers": {
                "input": { "table": "discrete", "address": 0 },
                "count": { "table": "input", "address": 100, "type": "u32", "order": "CDAB" },
                "output": { "table": "coil", "address": 16 }
            }
        },
        "channels": [
            { "channel": 0, "name": "door" },
            { "channel": 1, "name": "pulses", "mode": "counter" },
            { "channel": 8, "name": "lamp", "safe": "off" },
            { "channel": 9, "name": "horn", "safe": "on" }
        ]
    })
}

fn document(field: &Field, modules: Json) -> Json {
    json!({ "format": "dinrail/1", "ports": [port(field)], "modules": modules })
}

fn coil(field: &Field, address: u16) -> bool {
    field.get(1, Span::new(Table::Coil, address, 1).unwrap()).unwrap() == [1]
}

async fn shows(web: &Web, point: &str, expect: Json) {
    let look = async || {
        let (tag, attribute) = point.rsplit_once('/').unwrap();
        let shown = web.viewer.get(&format!("/tags/{tag}")).await;
        (shown.status == 200 && shown.json()[attribute] == expect).then_some(())
    };
    eventually(look, &format!("{point} = {expect}")).await;
}

#[tokio::test]
async fn registers_are_channels_with_levels_counts_and_outputs() {
    let field = field_of(Bank::new(200));
    let web = Web::start().await;
    web.admin.change(Method::PUT, "/config", Some(document(&field, json!([module()])))).await.expect(200);
    shows(&web, "rio/door/value", json!(false)).await;
    assert!(field.set(1, Table::Discrete, 0, &[1]));
    shows(&web, "rio/door/value", json!(true)).await;

    shows(&web, "rio/pulses/quality", json!("good")).await;
    assert!(field.set(1, Table::Input, 102, &[5, 0]));
    shows(&web, "rio/pulses/count", json!(5)).await;
    web.operator.put("/tags/rio/pulses/count", json!({ "value": 100 })).await.expect(200);
    assert!(field.set(1, Table::Input, 102, &[8, 0]));
    shows(&web, "rio/pulses/count", json!(103)).await;

    let wrote = web.operator.put("/tags/rio/lamp", json!({ "value": true })).await.expect(200);
    assert_eq!(wrote["value"], true);
    assert!(coil(&field, 16), "the write is answered when the field has it");
    shows(&web, "rio/lamp/value", json!(true)).await;
    web.operator.put("/tags/rio/door", json!({ "value": true })).await.expect(409);
    web.operator.put("/tags/rio/lamp/pulse_on", json!({ "value": 0 })).await.expect(422);
    let nothing_else = web.viewer.get("/tags?match=*/*").await.expect(200);
    let names: Vec<&str> =
        nothing_else["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["rio/door", "rio/pulses", "rio/lamp", "rio/horn"], "registers are seen by nobody");
    web.gateway.stop().await;
}

#[tokio::test]
async fn outputs_are_safe_in_safe_mode_after_an_outage_and_on_stop() {
    let field = field_of(Bank::new(200));
    let web = Web::start().await;
    web.admin.change(Method::PUT, "/config", Some(document(&field, json!([module()])))).await.expect(200);
    shows(&web, "rio/horn/quality", json!("good")).await;
    web.operator.put("/tags/rio/lamp", json!({ "value": true })).await.expect(200);
    web.operator.put("/tags/rio/horn", json!({ "value": false })).await.expect(200);

    web.operator.put("/safe-mode", json!({ "active": true })).await.expect(202);
    eventually(async || (!coil(&field, 16) && coil(&field, 17)).then_some(()), "safe values in the field").await;
    shows(&web, "rio/horn/safe_mode", json!(true)).await;
    let refused = web.operator.put("/tags/rio/lamp", json!({ "value": true })).await;
    assert_eq!((refused.status, refused.text.contains("by hand")), (409, true), "{}", refused.text);
    web.operator.put("/safe-mode", json!({ "active": false })).await.expect(202);
    shows(&web, "rio/horn/safe_mode", json!(false)).await;
    web.operator.put("/tags/rio/lamp", json!({ "value": true })).await.expect(200);
    web.operator.put("/tags/rio/horn", json!({ "value": false })).await.expect(200);

    field.unplug();
    shows(&web, "rio/lamp/quality", json!("bad")).await;
    field.plug();
    eventually(async || (!coil(&field, 16) && coil(&field, 17)).then_some(()), "safe values after the outage").await;
    shows(&web, "rio/lamp/quality", json!("good")).await;

    web.operator.put("/tags/rio/lamp", json!({ "value": true })).await.expect(200);
    web.gateway.stop().await;
    assert!(!coil(&field, 16) && coil(&field, 17), "an orderly stop leaves safe values");
}

#[tokio::test]
async fn a_channel_is_forced_and_an_edit_of_another_leaves_its_count() {
    let field = field_of(Bank::new(200));
    let web = Web::start().await;
    web.admin.change(Method::PUT, "/config", Some(document(&field, json!([module()])))).await.expect(200);
    shows(&web, "rio/pulses/quality", json!("good")).await;
    assert!(field.set(1, Table::Input, 102, &[7, 0]));
    shows(&web, "rio/pulses/count", json!(7)).await;
    web.operator.put("/modules/rio/channels/door/force", json!({ "value": true })).await;
    shows(&web, "rio/door/forced", json!(true)).await;
    shows(&web, "rio/door/value", json!(true)).await;

    let mut changed = module();
    changed["channels"][0]["filter_ms"] = json!(10);
    web.admin.change(Method::PUT, "/config", Some(document(&field, json!([changed])))).await.expect(200);
    shows(&web, "rio/pulses/count", json!(7)).await;
    web.operator.delete("/modules/rio/channels/door/force").await;
    shows(&web, "rio/door/value", json!(false)).await;
    web.gateway.stop().await;
}

#[tokio::test]
async fn analog_modules_scale_to_the_field_and_say_when_a_wire_is_broken() {
    let field = field_of(Bank::new(200));
    let web = Web::start().await;
    let inputs = json!({
        "name": "ai", "slot": 1, "model": "ai-8", "scan_ms": 20,
        "driver": { "kind": "modbus-io", "port": "COM1", "unit_id": 1, "registers": {
            "input": { "table": "input", "address": 0, "type": "u16", "scale": { "from": [0, 65535], "to": [4, 20] }, "invalid": [65535] }
        } },
        "channels": [{ "channel": 0, "name": "pressure", "mode": "4-20mA", "scale": { "from": [4, 20], "to": [0, 10] }, "unit": "bar" }]
    });
    let outputs = json!({
        "name": "ao", "slot": 2, "model": "ao-4", "scan_ms": 20,
        "driver": { "kind": "modbus-io", "port": "COM1", "unit_id": 1, "registers": {
            "output": { "table": "holding", "address": 10, "type": "u16", "scale": { "from": [0, 4095], "to": [0, 10] } }
        } },
        "channels": [{ "channel": 1, "name": "valve", "mode": "0-10V", "scale": { "from": [0, 10], "to": [0, 100] }, "unit": "%", "safe": 0 }]
    });
    web.admin.change(Method::PUT, "/config", Some(document(&field, json!([inputs, outputs])))).await.expect(200);
    assert!(field.set(1, Table::Input, 0, &[13_107]));
    let near = async || {
        let shown = web.viewer.get("/tags/ai/pressure").await.json();
        (shown["value"].as_f64().is_some_and(|x| (x - 2.0).abs() < 0.001) && shown["quality"] == "good").then_some(())
    };
    eventually(near, "a fifth of the range").await;
    assert!(field.set(1, Table::Input, 0, &[65_535]));
    shows(&web, "ai/pressure/reason", json!("burnout")).await;

    web.operator.put("/tags/ao/valve", json!({ "value": 50 })).await.expect(200);
    let word = field.get(1, Span::new(Table::Holding, 11, 1).unwrap()).unwrap()[0];
    assert!((2047..=2048).contains(&word), "{word}");
    web.operator.put("/tags/ao/valve", json!({ "value": 101 })).await.expect(422);
    web.gateway.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_remote_module_is_told_at_its_member() {
    let web = Web::start().await;
    let field = field_of(Bank::new(200));
    let refused = async |edit: &dyn Fn(&mut Json), pointer: &str| {
        let mut one = module();
        edit(&mut one);
        let answer = web.admin.change(Method::PUT, "/config?dry_run=true", Some(document(&field, json!([one])))).await;
        let errors = answer.json()["errors"].clone();
        let found = errors.as_array().is_some_and(|errors| errors.iter().any(|error| error["pointer"] == pointer));
        assert!(answer.status == 422 && found, "{pointer} not in {}", answer.text);
    };
    refused(&|one| one["driver"]["port"] = json!("COM9"), "/modules/0/driver/port").await;
    refused(&|one| one["driver"]["unit_id"] = json!(0), "/modules/0/driver/unit_id").await;
    refused(&|one| one["driver"]["registers"] = json!(null), "/modules/0/driver/registers").await;
    refused(
        &|one| one["driver"]["registers"]["output"]["table"] = json!("input"),
        "/modules/0/driver/registers/output/table",
    )
    .await;
    refused(
        &|one| one["driver"]["registers"]["count"]["type"] = json!("f32"),
        "/modules/0/driver/registers/count/type",
    )
    .await;
    refused(
        &|one| one["driver"]["registers"]["input"]["address"] = json!(65_535),
        "/modules/0/driver/registers/input/address",
    )
    .await;
    web.gateway.stop().await;
}

#[tokio::test]
async fn a_kept_count_survives_a_restart() {
    let field = field_of(Bank::new(200));
    let web = Web::start().await;
    let mut kept = module();
    kept["channels"][1]["keep_count"] = json!(true);
    web.admin.change(Method::PUT, "/config", Some(document(&field, json!([kept])))).await.expect(200);
    shows(&web, "rio/pulses/quality", json!("good")).await;
    assert!(field.set(1, Table::Input, 102, &[9, 0]));
    shows(&web, "rio/pulses/count", json!(9)).await;
    let folder = web.gateway.stop().await;
    let gateway = TestGateway::start_on(folder).await;
    let count = async || {
        let aspects = gateway.tag("rio/pulses")?.state;
        (aspects.quality.as_str() == "good").then(|| aspects.aspect(Attribute::Count))
    };
    let count = eventually(count, "the channel").await;
    assert_eq!(count, Some(Value::U64(9)));
    gateway.stop().await;
}
