//! Every device profile, read from a simulated device by a whole gateway.

use crate::support::gateway::TestGateway;
use crate::support::rest::Rest;
use crate::support::wait::eventually;
use dinrail::modbus::address::Table;
use dinrail::modbus::wire::{Parity, Wire};
use dinrail::sim::bank::Bank;
use dinrail::sim::field::{Field, FieldConfig, SimDevice};
use reqwest::Method;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// A number for the tag at this place, as it lies in the registers: different for each, and never a sentinel.
fn number(index: usize, kind: &str) -> f64 {
    let n = f64::from(u32::try_from(index).unwrap());
    match kind {
        "bool" => f64::from(u8::from(index.is_multiple_of(2))),
        "u16" => 301.0 + n,
        "i16" => -301.0 - n,
        "u32" => 70_001.0 + n,
        "i32" => -70_001.0 - n,
        "u64" | "i64" => 5_000_000_001.0 + n,
        "f32" | "f64" => 12.5 + n,
        other => panic!("no profile has {other}: say here how it lies in the registers"),
    }
}

/// The words of a number, big-endian, then in the device's order; written apart from the code that is tested.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Small whole numbers, by construction.
fn words(number: f64, kind: &str, order: &str) -> Vec<u16> {
    let bytes: Vec<u8> = match kind {
        "u16" => (number as u16).to_be_bytes().to_vec(),
        "i16" => (number as i16).to_be_bytes().to_vec(),
        "u32" => (number as u32).to_be_bytes().to_vec(),
        "i32" => (number as i32).to_be_bytes().to_vec(),
        "u64" => (number as u64).to_be_bytes().to_vec(),
        "i64" => (number as i64).to_be_bytes().to_vec(),
        "f32" => (number as f32).to_be_bytes().to_vec(),
        "f64" => number.to_be_bytes().to_vec(),
        other => panic!("{other}"),
    };
    let mut words: Vec<u16> = bytes.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    match order {
        "ABCD" => (),
        "CDAB" => words.reverse(),
        other => panic!("no profile has {other}: say here what it means"),
    }
    words
}

/// Fills a device's registers; answers what each tag must show.
fn fill(bank: &mut Bank, device: &Json) -> BTreeMap<String, f64> {
    let order = device["order"].as_str().unwrap_or("ABCD");
    let mut bits: BTreeMap<u16, u16> = BTreeMap::new();
    let mut expect = BTreeMap::new();
    for (index, tag) in device["tags"].as_array().unwrap().iter().enumerate() {
        let kind = tag["type"].as_str().unwrap();
        let table = Table::parse(tag["table"].as_str().unwrap()).unwrap();
        let address = u16::try_from(tag["address"].as_u64().unwrap()).unwrap();
        let raw = number(index, kind);
        let lies = match (kind, tag["bit"].as_u64()) {
            ("bool", None) => vec![u16::from(raw != 0.0)],
            ("bool", Some(bit)) => {
                let word = bits.entry(address).or_default();
                *word |= u16::from(raw != 0.0) << bit;
                vec![*word]
            }
            _ => words(raw, kind, tag["order"].as_str().unwrap_or(order)),
        };
        assert!(bank.set(table, address, &lies), "{tag}");
        let gain = tag["scale"]["gain"].as_f64().unwrap_or(1.0);
        let offset = tag["scale"]["offset"].as_f64().unwrap_or(0.0);
        expect.insert(tag["name"].as_str().unwrap().to_owned(), raw * gain + offset);
    }
    expect
}

async fn get(admin: &Rest, path: &str) -> Json {
    let answer = admin.ask(Method::GET, &format!("/api/v1{path}"), None, None).await;
    assert!(answer.status.is_success(), "{path}: {:?}", answer.body);
    answer.body
}

#[tokio::test]
async fn every_profile_reads_a_simulated_device_right() {
    let gateway = TestGateway::start().await;
    let admin = gateway.admin().await;
    let list = get(&admin, "/profiles").await;
    let profiles = list["profiles"].as_array().unwrap();
    assert!(20 <= profiles.len(), "{}", profiles.len());
    // Each variant is a device of its own.
    let wanted = profiles.iter().flat_map(|profile| {
        let id = profile["id"].as_str().unwrap();
        let variants = profile["variants"].as_array().unwrap().iter().map(|variant| variant["name"].as_str().unwrap());
        std::iter::once("").chain(variants).map(move |variant| (id, variant))
    });
    let (mut devices, mut sims, mut expect) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (id, variant)) in wanted.enumerate() {
        let unit = u8::try_from(index + 1).unwrap();
        let variant: String = url_escaped(variant);
        let mut device = get(&admin, &format!("/profiles/{id}/device?variant={variant}")).await;
        let mut bank = Bank::new(65_536);
        let name = format!("d{unit}");
        for (tag, value) in fill(&mut bank, &device) {
            expect.push((format!("{name}/{tag}"), value, device["profile"].clone()));
        }
        for (member, value) in [("name", json!(name)), ("port", json!("COM1")), ("unit_id", json!(unit))] {
            device[member] = value;
        }
        // One look at each value is enough, and leaves time for the others.
        device["poll_ms"] = json!(60_000);
        devices.push(device);
        sims.push(SimDevice { unit, turnaround: Duration::from_millis(1), bank });
    }
    let wire = Wire { baud: 115_200, data_bits: 8, parity: Parity::None, stop_bits: 1 };
    let field = Field::start(FieldConfig { wire, devices: sims, strict: false, spin: false, link: None }).unwrap();
    let port = json!({"name": "COM1", "kind": "serial", "path": field.path(), "mode": "rs232", "baud": 115_200, "parity": "none"});
    gateway
        .edit(|document| {
            document["ports"] = json!([port]);
            document["devices"] = devices.into();
        })
        .await
        .unwrap();
    for (name, value, profile) in &expect {
        let shown = eventually(
            async || {
                let tag = get(&admin, &format!("/tags/{name}")).await;
                (tag["quality"] == json!("good")).then_some(tag)
            },
            name,
        )
        .await;
        let found = match &shown["value"] {
            Json::Bool(on) => f64::from(u8::from(*on)),
            Json::Number(number) => number.as_f64().unwrap(),
            other => panic!("{profile} {name}: {other}"),
        };
        assert!((found - value).abs() <= value.abs() * 1e-6, "{profile} {name} shows {found}, not {value}");
    }
    // The origin is remembered, and no more.
    let stored = get(&admin, "/config/devices/d1").await;
    assert_eq!(stored["profile"], expect[0].2);
    gateway.stop().await;
    drop(field);
}

fn url_escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[tokio::test]
async fn own_profiles_are_kept_checked_and_removed() {
    let gateway = TestGateway::start().await;
    let admin = gateway.admin().await;
    let ask = async |method: Method, path: &str, body: Option<Json>| {
        admin.ask(method, &format!("/api/v1{path}"), None, body).await
    };
    gateway
        .edit(|document| {
            document["ports"] = json!([{"name": "COM1", "kind": "serial", "path": "/dev/nowhere1", "enabled": false}]);
            document["devices"] = json!([{"name": "meter1", "port": "COM1", "unit_id": 9, "order": "CDAB", "profile": "eastron-sdm120",
                "tags": [{"name": "u", "table": "input", "address": 0, "type": "f32"}]}]);
        })
        .await
        .unwrap();
    let exported = get(&admin, "/devices/meter1/profile?maker=Acme&product=M1").await;
    assert_eq!((&exported["maker"], &exported["device"]), (&json!("Acme"), &json!({"order": "CDAB"})));
    let kept = ask(Method::PUT, "/profiles/acme-m1", Some(exported.clone())).await;
    assert_eq!((kept.status.as_u16(), &kept.body["own"], &kept.body["tags"]), (200, &json!(true), &json!(1)));
    assert_eq!(get(&admin, "/profiles/acme-m1").await, exported);
    let made = get(&admin, "/profiles/acme-m1/device").await;
    assert_eq!((&made["profile"], &made["order"]), (&json!("acme-m1"), &json!("CDAB")));
    assert!(gateway.folder.path().join("profiles/acme-m1.json").is_file());

    let mut wrong = exported.clone();
    wrong["tags"][0]["address"] = json!(70_000);
    let refused = ask(Method::PUT, "/profiles/acme-m1", Some(wrong)).await;
    assert_eq!((refused.status.as_u16(), &refused.body["errors"][0]["pointer"]), (422, &json!("/tags/0/address")));
    for id in ["..", ".x", "a%20b", "%2e%2e%2fx"] {
        let answer = ask(Method::PUT, &format!("/profiles/{id}"), Some(exported.clone())).await;
        assert!(answer.status.is_client_error(), "{id}: {}", answer.status);
    }
    assert_eq!(std::fs::read_dir(gateway.folder.path().join("profiles")).unwrap().count(), 1);
    assert_eq!(ask(Method::GET, "/profiles/nobodys", None).await.status.as_u16(), 404);
    assert_eq!(ask(Method::GET, "/profiles/acme-m1/device?variant=x", None).await.status.as_u16(), 404);
    assert_eq!(ask(Method::DELETE, "/profiles/acme-m1", None).await.status.as_u16(), 204);
    assert_eq!(ask(Method::DELETE, "/profiles/acme-m1", None).await.status.as_u16(), 404);
    assert_eq!(ask(Method::DELETE, "/profiles/eastron-sdm120", None).await.status.as_u16(), 404);
    gateway.stop().await;
}

#[tokio::test]
async fn every_profile_of_an_io_module_makes_a_module_that_shows_its_channels() {
    let gateway = TestGateway::start().await;
    let admin = gateway.admin().await;
    let list = get(&admin, "/profiles").await;
    let ids = list["profiles"].as_array().unwrap().iter().filter(|profile| !profile["model"].is_null());
    let (mut modules, mut sims) = (Vec::new(), Vec::new());
    for (index, profile) in ids.enumerate() {
        let unit = u8::try_from(index + 1).unwrap();
        let mut module = get(&admin, &format!("/profiles/{}/module", profile["id"].as_str().unwrap())).await;
        let all = || (0..16).map(Json::from).collect();
        let numbers: Vec<Json> = module["channels"].as_array().cloned().unwrap_or_else(all);
        let channel = |number: &Json| json!({"channel": number, "name": format!("c{number}")});
        module["channels"] = numbers.iter().map(channel).collect();
        for (member, value) in [("name", json!(format!("m{unit}"))), ("slot", json!(unit)), ("scan_ms", json!(1000))] {
            module[member] = value;
        }
        (module["driver"]["port"], module["driver"]["unit_id"]) = (json!("COM1"), json!(unit));
        modules.push(module);
        sims.push(SimDevice { unit, turnaround: Duration::from_millis(1), bank: Bank::new(65_536) });
    }
    assert!(6 <= modules.len(), "{}", modules.len());
    let wire = Wire { baud: 115_200, data_bits: 8, parity: Parity::None, stop_bits: 1 };
    let field = Field::start(FieldConfig { wire, devices: sims, strict: false, spin: false, link: None }).unwrap();
    let port = json!({"name": "COM1", "kind": "serial", "path": field.path(), "mode": "rs232", "baud": 115_200, "parity": "none"});
    let wanted: usize = modules.iter().map(|module| module["channels"].as_array().unwrap().len()).sum();
    gateway
        .edit(|document| {
            document["ports"] = json!([port]);
            document["modules"] = modules.into();
        })
        .await
        .unwrap();
    let good = async || {
        let tags = get(&admin, "/tags?match=*/*&limit=1000").await;
        let good = tags["tags"].as_array()?.iter().filter(|tag| tag["quality"] == "good").count();
        (good == wanted).then_some(())
    };
    eventually(good, "every channel to be good").await;
    gateway.stop().await;
}
