//! The example document of the contract, through every door.

use crate::support::field::free_port;
use crate::support::gateway::{ADMIN, PASSWORD, TestGateway};
use dinrail::config::GatewayConfig;
use dinrail::config::problem::{Problem, Severity};
use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};
use std::process::{Command, Output};

const EXAMPLE: &str = include_str!("../fixtures/first-light-1.json");

/// The example with ports of this machine that are free.
fn example() -> Json {
    let mut document: Json = serde_json::from_str(EXAMPLE).unwrap();
    let broker = free_port();
    document["mqtt"]["connections"][0]["url"] = json!(format!("mqtt://127.0.0.1:{broker}"));
    document["mqtt"]["broker"]["listeners"][0]["address"] = json!(format!("127.0.0.1:{broker}"));
    document
}

/// What `GET` should answer: the sent document with masks; ids are taken out of both sides before comparing.
fn without_ids(json: &Json) -> Json {
    match json {
        Json::Object(map) => {
            let kept = map.iter().filter(|(name, _)| name.as_str() != "id");
            kept.map(|(name, member)| (name.clone(), without_ids(member))).collect()
        }
        Json::Array(list) => list.iter().map(without_ids).collect(),
        other => other.clone(),
    }
}

fn masked(mut document: Json) -> Json {
    document["mqtt"]["connections"][0]["password"] = json!("***");
    document["mqtt"]["broker"]["users"][0]["password"] = json!("***");
    document
}

#[tokio::test]
async fn put_then_get_is_the_same_document_and_putting_that_changes_nothing() {
    let gateway = TestGateway::start().await;
    let rest = gateway.admin().await;
    let document = example();
    let answer = rest.change(Method::PUT, "/api/v1/config", Some(document.clone())).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
    let (got, tag) = rest.config().await;
    // As text, so that the order of members counts too.
    assert_eq!(without_ids(&got).to_string(), masked(document).to_string());
    for path in ["/ports/0/id", "/devices/1/tags/4/id", "/mqtt/connections/0/publications/1/id", "/internal/0/id"] {
        assert!(got.pointer(path).is_some_and(Json::is_string), "{path}");
    }
    let again = rest.ask(Method::PUT, "/api/v1/config", Some(&tag), Some(got.clone())).await;
    assert_eq!(again.status, StatusCode::OK, "{:?}", again.body);
    assert_eq!(again.body["plan"], json!({ "start": [], "stop": [], "update": [] }));
    assert_eq!(rest.config().await, (got, tag), "nothing changed");
    let secret = gateway.revision().await.document.root()["mqtt"]["connections"][0]["password"].clone();
    assert_eq!(secret, "change-me");
    gateway.stop().await;
}

#[tokio::test]
async fn the_whole_example_goes_in_with_who_may_come_in_and_comes_back() {
    let mut document: Json = serde_json::from_str(include_str!("../fixtures/first-light.json")).unwrap();
    // Whether a payload by template is taken is another page's matter: all else is this one's.
    let template = "/mqtt/connections/0/publications/2/";
    let (_, problems) = GatewayConfig::parse(&document);
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    let (known, others): (Vec<_>, Vec<_>) = errors.partition(|problem| problem.pointer.starts_with(template));
    assert_eq!(others, Vec::<&Problem>::new());
    if !known.is_empty() {
        document["mqtt"]["connections"][0]["publications"].as_array_mut().unwrap().remove(2);
    }
    let (broker, modbus, snmp) = (free_port(), free_port(), free_port());
    document["mqtt"]["connections"][0]["url"] = json!(format!("mqtt://127.0.0.1:{broker}"));
    document["mqtt"]["broker"]["listeners"][0]["address"] = json!(format!("127.0.0.1:{broker}"));
    document["modbus_server"]["address"] = json!(format!("127.0.0.1:{modbus}"));
    document["snmp"]["address"] = json!(format!("127.0.0.1:{snmp}"));
    let gateway = TestGateway::start().await;
    let rest = gateway.admin().await;
    let answer = rest.change(Method::PUT, "/api/v1/config", Some(document.clone())).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
    let (got, _) = rest.config().await;
    let mut expect = masked(document);
    expect["snmp"]["communities"][0]["community"] = json!("***");
    for secret in ["auth_password", "priv_password"] {
        expect["snmp"]["users"][0][secret] = json!("***");
    }
    assert_eq!(without_ids(&got).to_string(), expect.to_string());
    assert!(gateway.gateway.store.load().await.unwrap().problems.is_empty());
    gateway.stop().await;
}

#[tokio::test]
async fn ten_thousand_tags_go_in_and_beyond_a_limit_the_limit_is_named() {
    let gateway = TestGateway::start().await;
    let rest = gateway.admin().await;
    let document = many_tags(10_000);
    assert!(2_000_000 < document.to_string().len());
    let answer = rest.change(Method::PUT, "/api/v1/config", Some(document)).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
    let page = rest.get("/api/v1/tags?match=big-9/*&limit=3").await.body;
    assert_eq!(page["tags"].as_array().unwrap().len(), 3);

    let mut too_many = example();
    too_many["ports"] =
        (0..65).map(|n| json!({ "name": format!("p{n}"), "kind": "serial", "path": format!("/dev/x{n}") })).collect();
    let answer = rest.change(Method::PUT, "/api/v1/config", Some(too_many)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.to_string().contains("65 ports; the limit is 64"), "{:?}", answer.body);

    let blank = " ".repeat(33 * 1024 * 1024);
    let answer = rest.change(Method::PUT, "/api/v1/config", Some(json!({ "x": blank }))).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{:?}", answer.body);
    assert!(answer.body.to_string().contains("32"), "{:?}", answer.body);
    gateway.stop().await;
}

/// A document with this many tags on devices of a line that does not exist.
fn many_tags(count: usize) -> Json {
    let tag = |n: usize| {
        json!({
            "name": format!("measured-value-{n}"), "description": format!("Measured value number {n} of the long list of this device"),
            "table": "holding", "address": n, "type": "i16", "unit": "degC", "deadband": 0.5,
            "scale": { "gain": 0.1, "offset": 0 }, "poll_ms": 5000, "invalid": [-32768]
        })
    };
    let device = |d: usize| {
        let tags: Vec<Json> = (0..1000).map(tag).collect();
        json!({ "name": format!("big-{d}"), "port": "COM1", "unit_id": d + 1, "tags": tags })
    };
    let devices: Vec<Json> = (0..count / 1000).map(device).collect();
    let mut document = example();
    document["devices"] = json!(devices);
    document["mqtt"] = json!({});
    document
}

fn dinrail(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dinrail")).args(arguments).output().unwrap()
}

#[tokio::test]
async fn init_takes_the_document_and_export_and_import_give_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(at("password"), format!("{PASSWORD}\n")).unwrap();
    std::fs::write(at("config.json"), example().to_string()).unwrap();
    let (data, password) = (at("data"), at("password"));
    let init =
        ["init", "--data", &data, "--admin", ADMIN, "--password-file", &password, "--config", &at("config.json")];
    let output = dinrail(&init);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let again = dinrail(&init);
    assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("has an account already"));

    let plain = dinrail(&["config", "export", "--data", &data]);
    let exported: Json = serde_json::from_slice(&plain.stdout).unwrap();
    assert_eq!(exported["mqtt"]["connections"][0]["password"], "***");
    assert_eq!(GatewayConfig::parse(&exported).1, []);
    std::fs::write(at("phrase"), "a long passphrase\n").unwrap();
    let (sealed, phrase) = (at("sealed.json"), at("phrase"));
    let output = dinrail(&["config", "export", "--data", &data, "--passphrase-file", &phrase, "--output", &sealed]);
    assert!(output.status.success());
    assert!(!std::fs::read_to_string(&sealed).unwrap().contains("change-me"));
    assert!(dinrail(&["config", "check", &sealed, "--passphrase-file", &phrase]).status.success());

    let other = at("other");
    let output = dinrail(&["config", "import", "--data", &other, &sealed, "--passphrase-file", &phrase]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let copy = dinrail(&["config", "export", "--data", &other]);
    assert_eq!(serde_json::from_slice::<Json>(&copy.stdout).unwrap(), exported, "ids are kept by export");

    std::fs::write(at("bad.json"), r#"{"format": "dinrail/1", "ports": [{"name": "x", "kind": "serial"}]}"#).unwrap();
    let output = dinrail(&["config", "check", &at("bad.json")]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && text.contains("/ports/0/path: `path` is missing"), "{text}");

    std::fs::write(at("twice.json"), r#"{"format": "dinrail/1", "web": {"banner": "a", "banner": "b"}}"#).unwrap();
    let output = dinrail(&["config", "check", &at("twice.json")]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && text.contains("/web/banner: the member `banner` stands here twice"), "{text}");
}
