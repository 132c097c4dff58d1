use super::until;
use crate::support::gateway::TestGateway;
use crate::support::rest::{Answer, Rest};
use dinrail::channel::model::Model;
use dinrail::tag::attribute::Attribute;
use dinrail::tag::channel::ChannelKind;
use http::{Method, StatusCode};
use serde_json::{Value as Json, json};

/// Every model, each channel in a mode of its own as far as there are enough.
fn rack() -> Json {
    let modules = Model::ALL.iter().enumerate().map(|(at, model)| {
        let channels: Vec<Json> = (0..model.channels())
            .map(|number| {
                let modes = model.kind(number).unwrap().modes();
                let mode = modes[usize::from(number) % modes.len()].as_str();
                json!({"channel": number, "name": format!("c{number}"), "mode": mode})
            })
            .collect();
        let name = model.as_str().replace('-', "_");
        json!({"name": name, "slot": at + 1, "model": model.as_str(), "scan_ms": 10, "driver": {"kind": "simulated"}, "channels": channels})
    });
    Json::Array(modules.collect())
}

async fn put(rest: &Rest, path: &str, value: Json) -> Answer {
    rest.ask(Method::PUT, &format!("/api/v1{path}"), None, Some(json!({ "value": value }))).await
}

/// A value the attribute takes, if it is ever written.
fn fitting(attribute: Attribute, kind: ChannelKind) -> Json {
    match attribute {
        Attribute::Value if kind.is_digital() => json!(true),
        Attribute::Value => json!(5),
        Attribute::Counting | Attribute::Pulsing => json!(true),
        Attribute::Raw => json!(40_000),
        Attribute::Count => json!(7),
        Attribute::PulseCount | Attribute::PulseOn | Attribute::PulseOff => json!(1000),
        _ => json!(1),
    }
}

/// One that it never takes, and words of the refusal.
fn unfit(attribute: Attribute, kind: ChannelKind) -> (Json, &'static str) {
    match attribute {
        Attribute::Value if kind.is_digital() => (json!(2), "bool"),
        Attribute::Value => (json!(99), "outside"),
        Attribute::Count => (json!(-1), "outside 0..4294967295"),
        Attribute::Counting | Attribute::Pulsing => (json!("x"), "bool"),
        Attribute::PulseCount | Attribute::Raw => (json!(65_536), "outside 0..65535"),
        Attribute::PulseOn | Attribute::PulseOff => (json!(0), "outside 1..65535"),
        _ => (json!(2), "outside 1..1"),
    }
}

#[tokio::test]
async fn every_attribute_of_every_kind_is_read_and_written_as_the_catalogue_says() {
    let gateway = TestGateway::start().await;
    gateway.edit(|document| document["modules"] = rack()).await.unwrap();
    let rest = gateway.admin().await;
    let modules = rack();
    for module in modules.as_array().unwrap() {
        let model = Model::ALL.into_iter().find(|model| model.as_str() == module["model"].as_str().unwrap()).unwrap();
        for channel in module["channels"].as_array().unwrap() {
            let (group, name) = (module["name"].as_str().unwrap(), channel["name"].as_str().unwrap());
            let kind = model.kind(u8::try_from(channel["channel"].as_u64().unwrap()).unwrap()).unwrap();
            let mode = channel["mode"].as_str().unwrap();
            let point = format!("/tags/{group}/{name}");
            if mode != "disabled" {
                until(&gateway, &format!("{group}/{name}"), "quality", json!("good")).await;
            }
            let whole = rest.get(&format!("/api/v1{point}")).await.body;
            let def = gateway.tag(&format!("{group}/{name}")).unwrap().def;
            for attribute in Attribute::ALL {
                let path = format!("{point}/{attribute}");
                let read = rest.get(&format!("/api/v1{path}")).await;
                if !def.has(attribute) {
                    assert_eq!(read.status, StatusCode::NOT_FOUND, "{path}");
                    continue;
                }
                assert_eq!(read.status, StatusCode::OK, "{path}");
                assert!(whole.get(attribute.as_str()).is_some(), "{path} is not in the whole tag");
                let word = read.body["value"].clone();
                let right = match attribute {
                    Attribute::Mode => word == json!(mode),
                    Attribute::Count | Attribute::PulseCount | Attribute::TotalCount | Attribute::Raw => word.is_u64(),
                    Attribute::Counting | Attribute::Pulsing | Attribute::Forced | Attribute::SafeMode => {
                        word.is_boolean()
                    }
                    Attribute::Value if mode != "disabled" => word.is_boolean() == kind.is_digital(),
                    Attribute::Status => word.is_string(),
                    _ => true,
                };
                assert!(right, "{path} is {word}");
                if !def.can_write(attribute) {
                    let refused = put(&rest, &path, json!(1)).await;
                    assert_eq!(refused.status, StatusCode::CONFLICT, "{path}: {:?}", refused.body);
                    continue;
                }
                let (bad, words) = unfit(attribute, kind);
                let refused = put(&rest, &path, bad).await;
                let text = refused.body.to_string();
                if mode != "disabled" {
                    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {text}");
                    assert!(text.contains(words), "{path}: {words} not in {text}");
                }
                let taken = put(&rest, &path, fitting(attribute, kind)).await;
                let pulse = matches!(
                    attribute,
                    Attribute::Pulsing | Attribute::PulseCount | Attribute::PulseOn | Attribute::PulseOff
                );
                let count = matches!(attribute, Attribute::Count | Attribute::Counting | Attribute::ClearOverflow);
                let wrong_mode = pulse && mode != "pulse"
                    || count && mode != "counter"
                    || attribute == Attribute::Value && mode == "pulse"
                    || mode == "disabled" && matches!(attribute, Attribute::Value | Attribute::Raw);
                let expect = if wrong_mode { StatusCode::CONFLICT } else { StatusCode::OK };
                assert_eq!(taken.status, expect, "{path} in mode {mode}: {:?}", taken.body);
                if wrong_mode {
                    assert!(taken.body.to_string().contains(mode), "{path}: {:?}", taken.body);
                } else if !attribute.is_command() && attribute != Attribute::Raw {
                    let shown = rest.get(&format!("/api/v1{path}")).await.body["value"].clone();
                    let same = shown == fitting(attribute, kind) || shown.as_f64() == Some(5.0);
                    assert!(same, "{path} shows {shown}");
                }
            }
        }
    }
    gateway.stop().await;
}

#[tokio::test]
async fn a_forced_channel_is_marked_and_let_go_and_the_log_has_it() {
    let gateway = TestGateway::start().await;
    gateway.edit(|document| document["modules"] = rack()).await.unwrap();
    let rest = gateway.admin().await;
    until(&gateway, "di_16/c0", "value", json!(false)).await;
    let force = "/modules/di_16/channels/c0/force";
    let done = put(&rest, force, json!(true)).await;
    assert_eq!(done.status, StatusCode::OK, "{:?}", done.body);
    until(&gateway, "di_16/c0", "value", json!(true)).await;
    until(&gateway, "di_16/c0", "forced", json!(true)).await;
    until(&gateway, "di_16/c0", "quality", json!("uncertain")).await;
    let module = rest.get("/api/v1/modules/di_16").await.body;
    assert_eq!((&module["forced"], &module["channels"][0]["forced"]), (&json!(1), &json!(true)), "{module}");

    assert_eq!(put(&rest, "/modules/do_16/channels/c0/force", json!(true)).await.status, StatusCode::OK);
    until(&gateway, "do_16/c0", "value", json!(true)).await;
    let refused = put(&rest, "/tags/do_16/c0", json!(false)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.to_string().contains("forced by hand"), "{:?}", refused.body);
    assert_eq!(put(&rest, "/modules/ao_4/channels/c0/force", json!(99)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(put(&rest, "/modules/ao_4/channels/c9/force", json!(1)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(put(&rest, "/modules/none/channels/c0/force", json!(1)).await.status, StatusCode::NOT_FOUND);

    let ended = rest.ask(Method::DELETE, &format!("/api/v1{force}"), None, None).await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    until(&gateway, "di_16/c0", "quality", json!("good")).await;
    until(&gateway, "di_16/c0", "value", json!(false)).await;
    let ended = rest.ask(Method::DELETE, "/api/v1/modules/do_16/forces", None, None).await;
    assert_eq!((ended.status, &ended.body["ended"]), (StatusCode::OK, &json!(1)));
    until(&gateway, "do_16/c0", "value", json!(false)).await;
    let told = crate::support::wait::eventually(
        async || {
            let events = rest.get("/api/v1/events?category=command").await.body.to_string();
            let all = ["forced to true", "forcing ended", "forcing ended on 1 channels"];
            all.iter().all(|detail| events.contains(detail)).then_some(events)
        },
        "the forcing in the event log",
    )
    .await;
    assert!(told.contains("admin"), "{told}");
    gateway.stop().await;
}

#[tokio::test]
async fn an_edit_of_one_channel_leaves_values_and_counts_of_the_others_alone() {
    let gateway = TestGateway::start().await;
    gateway.edit(|document| document["modules"] = rack()).await.unwrap();
    let rest = gateway.admin().await;
    for (tag, attribute, value) in [
        ("di_16/c1", "count", json!(41)),
        ("do_16/c0", "value", json!(true)),
        ("do_16/c1", "pulse_count", json!(9)),
        ("ao_4/c0", "value", json!(7.5)),
        ("relay_4/c0", "value", json!(true)),
    ] {
        let written = put(&rest, &format!("/tags/{tag}/{attribute}"), value).await;
        assert_eq!(written.status, StatusCode::OK, "{tag}: {:?}", written.body);
    }
    let before = rest.get("/api/v1/modules/do_16").await.body["opened"].clone();
    gateway
        .edit(|document| {
            for module in document["modules"].as_array_mut().unwrap() {
                let model = module["model"].as_str().unwrap().to_owned();
                match model.as_str() {
                    "di-16" => module["channels"][3]["mode"] = json!("di"),
                    "do-16" => module["channels"][3]["mode"] = json!("do"),
                    "ao-4" => module["channels"][3]["mode"] = json!("0-10V"),
                    "relay-4" => module["channels"][3]["safe"] = json!("on"),
                    _ => (),
                }
                // A mode of its own that is tried and left keeps the count, too.
                if model == "di-16" {
                    module["channels"][1]["mode"] = json!("di");
                }
            }
        })
        .await
        .unwrap();
    until(&gateway, "ao_4/c3", "mode", json!("0-10V")).await;
    until(&gateway, "di_16/c1", "mode", json!("di")).await;
    for (tag, attribute, value) in [
        ("di_16/c1", "count", json!(41)),
        ("do_16/c0", "value", json!(true)),
        ("do_16/c1", "pulse_count", json!(9)),
        ("ao_4/c0", "value", json!(7.5)),
        ("relay_4/c0", "value", json!(true)),
        ("relay_4/c0", "total_count", json!(1)),
    ] {
        let shown = rest.get(&format!("/api/v1/tags/{tag}/{attribute}")).await.body["value"].clone();
        assert!(shown == value || shown.as_f64() == value.as_f64(), "{tag}/{attribute} is {shown}, not {value}");
        assert_eq!(gateway.tag(tag).unwrap().state.quality.as_str(), "good", "{tag}");
    }
    assert!(before.is_u64());
    gateway.stop().await;
}
