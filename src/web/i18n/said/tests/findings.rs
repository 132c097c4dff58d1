//! Real findings of real documents: not one may keep English words in Korean.

use super::has_hangul;
use crate::config::GatewayConfig;
use crate::config::document::Document;
use crate::web::i18n::{Lang, said};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

const FIRST_LIGHT: &str = include_str!("../../../../../tests/fixtures/first-light-1.json");

/// English that was left: a word of the language itself outside of what is quoted.
pub(super) fn left(korean: &str) -> Option<&str> {
    const WORDS: [&str; 16] =
        ["is", "not", "the", "a", "an", "of", "and", "or", "has", "does", "here", "to", "for", "with", "this", "be"];
    let unquoted = korean.split('`').step_by(2);
    unquoted.flat_map(|part| part.split(' ')).find(|word| WORDS.contains(word))
}

/// The pointers to everything in a document.
fn places(json: &Json, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match json {
        Json::Object(map) => map.iter().for_each(|(name, json)| places(json, &format!("{at}/{name}"), found)),
        Json::Array(list) => {
            list.iter().enumerate().for_each(|(number, json)| places(json, &format!("{at}/{number}"), found));
        }
        _ => (),
    }
}

#[test]
fn no_finding_of_a_spoilt_document_keeps_english_words() {
    let mut whole: Json = serde_json::from_str(FIRST_LIGHT).unwrap();
    whole["computed"] = json!([{ "name": "power", "expression": "meter1.voltage * meter1.current", "type": "f64" }]);
    let mut all = Vec::new();
    places(&whole, "", &mut all);
    let spoilt = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(70_000),
        json!(""),
        json!("***"),
        json!("nothing/*"),
        json!("a/{tag}/{other}"),
        json!("{"),
        json!("meter1.voltag > 1 ? \"a\" : 1"),
        json!("computed.power"),
        json!("#"),
        json!("x".repeat(3000)),
        json!([]),
        json!([1, "a/b", "a/b", "value", "value"]),
        json!({}),
        json!({ "gain": 0 }),
        json!({ "percent": -1, "strange": 1 }),
    ];
    let mut sentences = BTreeSet::new();
    for place in all {
        for value in &spoilt {
            let mut document = whole.clone();
            *document.pointer_mut(&place).unwrap() = value.clone();
            let mut number = 0;
            let mut id = || {
                number += 1;
                format!("id-{number}")
            };
            let (document, adopted) = Document::adopt(document, &Document::default(), &mut id);
            let (_, found) = GatewayConfig::parse(document.root());
            sentences.extend(adopted.into_iter().chain(found).map(|problem| problem.detail));
        }
    }
    assert!(200 < sentences.len(), "only {} kinds of findings", sentences.len());
    for english in sentences {
        let korean = said(&english, Lang::Ko);
        assert!(has_hangul(&korean), "{english}");
        assert_eq!(left(&korean), None, "{english} -> {korean}");
    }
}
