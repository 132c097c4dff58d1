//! What goes in comes out: `config -> store -> load` is the identity.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;
use crate::config::document::Document;

#[tokio::test]
async fn the_example_comes_back_member_for_member() {
    let bench = Bench::new().await;
    let document = example();
    assert_eq!(bench.save(0, &document).await.unwrap(), Saved { revision: 1, changed: true });
    // As text: `Value` ignores the order of members when it compares.
    assert_eq!(bench.document().await.to_string(), document.to_string());

    let bench = bench.reopened().await;
    assert_eq!(bench.document().await.to_string(), document.to_string());
    let (info, kept) = bench.store.revision_document(1).await.unwrap().unwrap();
    assert_eq!((info.author.as_str(), info.source), ("kim", ChangeSource::Api));
    assert_eq!(kept.to_string(), document.to_string());
}

#[tokio::test]
async fn an_empty_store_holds_an_empty_document() {
    let bench = Bench::new().await;
    let loaded = bench.store.load().await.unwrap();
    assert_eq!((loaded.revision, &loaded.document), (0, Document::default().root()));
    assert_eq!(loaded.problems, []);
}

#[tokio::test]
async fn the_example_goes_round_through_the_configuration_too() {
    let bench = Bench::new().await;
    let sent = serde_json::from_str(include_str!("../../../tests/fixtures/first-light-1.json")).unwrap();
    let mut next = 0;
    let mut new_id = || {
        next += 1;
        format!("n{next}")
    };
    let (document, problems) = Document::adopt(sent, &Document::default(), &mut new_id);
    assert_eq!(problems, []);
    bench.save(0, document.root()).await.unwrap();
    let loaded = bench.store.load().await.unwrap();
    assert_eq!(loaded.problems, []);
    let loaded = Document::stored(loaded.document);
    assert_eq!(loaded, document);
    assert_eq!(loaded.parse(), (document.parse().0, vec![]));

    // What leaves with `***` comes back as what is stored.
    let (again, problems) = Document::adopt(loaded.masked(), &loaded, &mut new_id);
    assert_eq!(problems, []);
    assert_eq!(bench.save(1, again.root()).await.unwrap(), Saved { revision: 1, changed: false });
}

#[tokio::test]
async fn what_stands_for_a_secret_is_never_stored() {
    let bench = Bench::new().await;
    let mut document = example();
    document["mqtt"]["broker"]["users"][0]["password"] = json!("***");
    let error = bench.save(0, &document).await.unwrap_err();
    assert!(
        matches!(&error, SaveError::Refused { pointer, .. } if pointer == "/mqtt/broker/users/0/password"),
        "{error}"
    );
}

/// Every document of the shape, one after the other into one store: so every kind of difference is stored too.
#[test]
fn any_document_comes_back_whatever_was_stored_before() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let bench = runtime.block_on(Bench::new());
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) };
    proptest!(config, |(document in document())| {
        let (saved, loaded) = runtime.block_on(async {
            let before = bench.store.revision().await.unwrap();
            (bench.save(before, &document).await.unwrap(), bench.store.load().await.unwrap())
        });
        prop_assert_eq!(loaded.problems, []);
        prop_assert_eq!(loaded.revision, saved.revision);
        prop_assert_eq!(loaded.document.to_string(), document.to_string());
        let again = runtime.block_on(bench.save(saved.revision, &document)).unwrap();
        prop_assert_eq!(again, Saved { revision: saved.revision, changed: false });
    });
}

fn document() -> impl Strategy<Value = Value> {
    let broker = object(vec![
        optional(
            "listeners",
            vec(object(vec![optional("address", text().boxed())]), 0..3).prop_map(Value::Array).boxed(),
        ),
        optional("users", named(vec![optional("password", text().boxed())])),
    ]);
    let connections = named(vec![
        optional("password", text().boxed()),
        optional("publications", named(vec![])),
        optional("subscriptions", named(vec![])),
    ]);
    let allow = vec(prop_oneof![text(), object(vec![optional("network", text().boxed())])], 0..3);
    let list = object(vec![optional("mode", text().boxed()), optional("allow", allow.prop_map(Value::Array).boxed())]);
    let mqtt = object(vec![optional("connections", connections), optional("broker", broker)]);
    object(vec![
        optional("format", Just(json!("dinrail/1")).boxed()),
        optional("appliance", object(vec![optional("name", text().boxed())])),
        optional("ports", named(vec![])),
        optional("devices", named(vec![optional("port", text().boxed()), optional("tags", named(vec![]))])),
        optional("internal", named(vec![])),
        optional("computed", named(vec![])),
        optional("mqtt", mqtt),
        optional("access", object(vec![optional("web", list.clone()), optional("modbus", list)])),
        optional("web", object(vec![])),
    ])
    .prop_map(|mut document| {
        number(&mut document, &mut 0);
        connect(&mut document);
        document
    })
}

type Member = BoxedStrategy<Option<(String, Value)>>;

fn optional(name: &'static str, value: BoxedStrategy<Value>) -> Member {
    proptest::option::weighted(0.8, value.prop_map(move |value| (name.to_owned(), value))).boxed()
}

/// An object with the given members and some others, in any order.
fn object(members: Vec<Member>) -> BoxedStrategy<Value> {
    let others = vec(("x_[a-z]{1,4}", leaf()), 0..3);
    (members, others)
        .prop_map(|(members, others)| members.into_iter().flatten().chain(others).collect::<Vec<_>>())
        .prop_shuffle()
        .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()))
        .boxed()
}

/// A list of objects with names, most of them with ids; both are filled in later.
fn named(mut members: Vec<Member>) -> BoxedStrategy<Value> {
    members.push(optional("id", Just(json!("")).boxed()));
    members.push(Just(Some(("name".to_owned(), json!("")))).boxed());
    vec(object(members), 0..4).prop_map(Value::Array).boxed()
}

fn text() -> impl Strategy<Value = Value> {
    prop_oneof![".{4,12}", Just("sealed:v1:AAAA".to_owned()), Just("**".to_owned())].prop_map(Value::from)
}

fn leaf() -> impl Strategy<Value = Value> {
    let simple = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        proptest::num::f64::NORMAL.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    simple.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::Array),
            vec(("[a-z]{1,3}", inner), 0..3).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Names and ids that are unique in one document and meet again in the next, some of them on another object.
fn number(value: &mut Value, next: &mut usize) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| number(item, next)),
        Value::Object(members) => {
            for (member, value) in members.iter_mut() {
                if !member.starts_with("x_") {
                    number(value, next);
                }
            }
            if members.get("name") == Some(&json!("")) {
                *next += 1;
                let number = *next;
                members.insert(
                    "name".to_owned(),
                    json!(format!("{}{number}", if number.is_multiple_of(2) { "n" } else { "N" })),
                );
                if let Some(id) = members.get_mut("id") {
                    *id = json!(format!("{}", 100 - number));
                }
            }
        }
        _ => (),
    }
}

/// A device names a port that there is.
fn connect(document: &mut Value) {
    let ports: Vec<Value> =
        document["ports"].as_array().into_iter().flatten().map(|port| port["name"].clone()).collect();
    for (index, device) in document.get_mut("devices").and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
        if let Some(port) = device.get_mut("port") {
            *port = ports.get(index % ports.len().max(1)).cloned().unwrap_or_default();
        }
    }
}
