//! The catalogue against the sources that use it.

use super::{ALL, Lang, Msg, module};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn messages() -> impl Iterator<Item = Msg> {
    ALL.iter().copied().flatten().copied()
}

/// All source text below `folder` with this ending, vendored parts left out.
fn sources(folder: &str, ending: &str) -> String {
    fn walk(folder: &Path, ending: &str, text: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("vendor") {
                walk(&path, ending, text);
            } else if path.extension().is_some_and(|found| found == ending) {
                text.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut text = String::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), ending, &mut text);
    text
}

/// The string literals of scripts that look like a message key.
fn quoted(text: &str) -> BTreeSet<&str> {
    text.split('"').skip(1).filter(|part| !part.contains([' ', '\n', '/', '(']) && part.contains('.')).collect()
}

/// The words right after `opening` up to the next quote: `word("health", ...)` -> `health`.
fn families(text: &str) -> BTreeSet<&str> {
    ["word(\"", "maybe(\"", "word(field.words ?? \"", "words: \""]
        .into_iter()
        .flat_map(|opening| text.split(opening).skip(1).filter_map(|rest| rest.split('"').next()))
        .collect()
}

#[test]
fn keys_are_unique() {
    let mut seen = BTreeSet::new();
    for message in messages() {
        assert!(seen.insert(message.key), "{} stands twice", message.key);
    }
}

#[test]
fn both_languages_are_complete_and_differ() {
    for message in messages() {
        let Msg { key, en, ko } = message;
        assert!(!en.trim().is_empty() && !ko.trim().is_empty(), "{key} is empty");
        assert!(en != ko, "{key} is not translated: {en}");
        let hangul = ko.chars().any(|letter| ('\u{ac00}'..='\u{d7a3}').contains(&letter));
        assert!(hangul, "{key} has no Korean in it: {ko}");
    }
}

#[test]
fn places_to_fill_are_the_same_in_both_languages() {
    fn places(text: &str) -> BTreeMap<&str, usize> {
        let mut found = BTreeMap::new();
        for part in text.split('{').skip(1) {
            *found.entry(part.split('}').next().unwrap()).or_default() += 1;
        }
        found
    }
    for Msg { key, en, ko } in messages() {
        assert_eq!(places(en).keys().collect::<Vec<_>>(), places(ko).keys().collect::<Vec<_>>(), "{key}");
    }
}

#[test]
fn every_message_is_used_and_every_key_exists() {
    let scripts = sources("static/js", "js");
    let rust = sources("src/web", "rs") + &sources("templates", "html");
    let catalogue = sources("src/web/i18n", "rs");
    let (literals, families) = (quoted(&scripts), families(&scripts));
    let mut unused = Vec::new();
    for Msg { key, .. } in messages() {
        let (family, value) = key.split_once('.').unwrap();
        // A constant is declared as `NAME = "key":`; templates and pages say `::NAME`.
        let constant = catalogue.lines().find_map(|line| {
            let (name, declared) = line.trim().split_once(" = \"")?;
            declared.starts_with(&format!("{key}\"")).then_some(name)
        });
        let by_name = constant.is_some_and(|name| {
            let path = format!("::{name}");
            rust.split(&path)
                .skip(1)
                .any(|rest| !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_'))
        });
        let by_family = families.contains(family) && (!["field", "hint"].contains(&family) || scripts.contains(value));
        if !(literals.contains(key) || by_name || by_family) {
            unused.push(key);
        }
    }
    assert!(unused.is_empty(), "never used: {unused:?}");
    let known: BTreeSet<&str> = messages().map(|message| message.key).collect();
    let areas: BTreeSet<&str> = known.iter().filter_map(|key| key.split('.').next()).collect();
    for literal in literals {
        let file = Path::new(literal).extension().is_some_and(|ending| ending == "js" || ending == "json");
        if areas.contains(literal.split('.').next().unwrap()) && !file {
            assert!(known.contains(literal), "a script asks for {literal}, which does not exist");
        }
    }
}

#[test]
fn the_scripts_module_is_json_behind_one_word() {
    for lang in Lang::ALL {
        let text = module(lang);
        let json = text.strip_prefix("export default ").unwrap().trim_end().strip_suffix(';').unwrap();
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json).unwrap();
        assert_eq!(object.len(), messages().count());
    }
    assert!(module(Lang::Ko).contains(r#""nav.tags":"태그""#));
}

#[test]
fn a_cookie_beats_the_header_and_nonsense_means_english() {
    assert_eq!(Lang::choose(Some("en"), Some("ko")), Lang::En);
    assert_eq!(Lang::choose(Some("xx"), Some("ko-KR")), Lang::Ko);
    assert_eq!(Lang::choose(None, Some("de")), Lang::En);
    assert_eq!(Lang::choose(None, None), Lang::En);
}
