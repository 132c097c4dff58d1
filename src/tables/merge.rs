//! Imported tags into those a device has.

use serde_json::{Map, Value as Json};
use std::collections::HashMap;

/// What happens to tags the file does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// They stay.
    #[default]
    Merge,
    /// They go: the device has the tags of the file, in its order.
    Replace,
}

impl Mode {
    /// The mode of this word.
    pub fn parse(word: &str) -> Option<Self> {
        [("merge", Self::Merge), ("replace", Self::Replace)]
            .into_iter()
            .find(|(name, _)| *name == word)
            .map(|(_, mode)| mode)
    }
}

/// The tags a device would have, and what became of each.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// All of them.
    pub tags: Vec<Json>,
    /// New ones.
    pub added: usize,
    /// Changed ones.
    pub changed: usize,
    /// The file's that are there already, just so.
    pub same: usize,
    /// Those that go.
    pub removed: usize,
}

/// Puts imported tags into a device's. A tag is found by its id, else by its name, ignoring case; of one that is found
/// only the `members` the file speaks of change. A file that was exported here and not edited changes nothing, not even
/// the form of a number.
pub fn merge(current: &[Json], imported: Vec<Json>, members: &[&str], mode: Mode) -> Merged {
    let id = |tag: &Json| tag["id"].as_str().filter(|id| !id.is_empty()).map(str::to_owned);
    let name = |tag: &Json| tag["name"].as_str().unwrap_or_default().to_ascii_lowercase();
    let by_id: HashMap<String, usize> =
        current.iter().enumerate().filter_map(|(at, tag)| Some((id(tag)?, at))).collect();
    let by_name: HashMap<String, usize> = current.iter().enumerate().map(|(at, tag)| (name(tag), at)).collect();
    let mut kept: Vec<Option<Json>> = current.iter().cloned().map(Some).collect();
    let mut fresh = Vec::new();
    let mut merged = Merged { tags: Vec::new(), added: 0, changed: 0, same: 0, removed: 0 };
    let mut found = vec![false; current.len()];
    for mut tag in imported {
        let at = id(&tag).and_then(|id| by_id.get(&id)).or_else(|| by_name.get(&name(&tag))).copied();
        // The second row of one tag is told as a double name by the rules of the document, so it must stay in sight.
        let Some(at) = at.filter(|at| !found[*at]) else {
            // An id of another device's tag, or of another appliance's, is none of ours to give.
            tag.as_object_mut().map(|members| members.shift_remove("id"));
            merged.added += 1;
            fresh.push(tag);
            continue;
        };
        found[at] = true;
        let after = overlay(&current[at], &tag, members);
        if after == current[at] {
            merged.same += 1;
        } else {
            merged.changed += 1;
        }
        match mode {
            Mode::Merge => kept[at] = Some(after),
            Mode::Replace => fresh.push(after),
        }
    }
    match mode {
        Mode::Merge => {
            merged.tags = kept.into_iter().flatten().collect();
            merged.tags.append(&mut fresh);
        }
        Mode::Replace => {
            merged.removed = found.iter().filter(|found| !**found).count();
            merged.tags = fresh;
        }
    }
    merged
}

/// `before` with the members the file speaks of as the file has them.
fn overlay(before: &Json, tag: &Json, members: &[&str]) -> Json {
    let mut after = before.as_object().cloned().unwrap_or_else(Map::new);
    for member in members {
        // The id found the tag; a file does not change it.
        if *member == "id" || same(&before[*member], &tag[*member]) {
            continue;
        }
        match &tag[*member] {
            Json::Null => {
                after.shift_remove(*member);
            }
            value => {
                after.insert((*member).to_owned(), value.clone());
            }
        }
    }
    Json::Object(after)
}

/// Whether two members mean the same: nothing, null, an empty text and an empty list do; so do 1 and 1.0.
fn same(a: &Json, b: &Json) -> bool {
    let nothing = |json: &Json| match json {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(list) => list.is_empty(),
        Json::Object(members) => members.is_empty(),
        _ => false,
    };
    match (a, b) {
        (Json::Number(x), Json::Number(y)) => x == y || (x.is_f64() != y.is_f64() && x.as_f64() == y.as_f64()),
        (Json::Array(x), Json::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        (Json::Object(x), Json::Object(y)) => {
            let names = x.keys().chain(y.keys());
            names.into_iter().all(|name| same(x.get(name).unwrap_or(&Json::Null), y.get(name).unwrap_or(&Json::Null)))
        }
        _ => a == b || (nothing(a) && nothing(b)),
    }
}
