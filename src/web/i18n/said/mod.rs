//! What the server says in sentences, in the reader's language: refusals, findings, events, reasons.
//!
//! The house speaks English everywhere behind the web's edge; here is the one place that says it otherwise. The English
//! sentence is the key: [`rooms`] lists each template ("{} does not exist") with its Korean (`{0}` is the first place).
//! A sentence is recognised, what stood in its places is taken over, and a place that holds a sentence itself (`{source}`,
//! a reason within a reason) is translated too. What is not known stays as it is.
//!
//! A new sentence anywhere in the sources must be listed: `tests/sources.rs` reads them and says what is missing.

mod index;
mod rooms;
mod template;

#[cfg(test)]
mod tests;

use super::Lang;
use index::Index;
use serde_json::Value as Json;
use std::borrow::Cow;
use std::sync::LazyLock;
use template::Holds;

/// A longer text is no sentence of ours.
const LONGEST: usize = 4096;
/// A reason in a reason in a reason.
const DEPTH: usize = 6;
/// Of a list of findings in one text; the rest stays as it is.
const MOST_PARTS: usize = 64;
/// A sentence of ours is divided by a joint into at most so many.
const JOINTS_WITHIN: usize = 3;
/// What joins sentences into one text, the widest first.
const JOINTS: [&str; 3] = ["; ", ": ", ", "];

/// One template: English as the sources have it, each place `{}`, and Korean, whose places are numbered.
pub(super) type Sentence = (&'static str, &'static str);

static KOREAN: LazyLock<Index> = LazyLock::new(|| Index::new(rooms::ALL));

/// An English sentence of ours in another language; as it is, as far as it is not known.
pub(crate) fn said(english: &str, lang: Lang) -> Cow<'_, str> {
    match lang {
        Lang::En => Cow::Borrowed(english),
        Lang::Ko if LONGEST < english.len() => Cow::Borrowed(english),
        Lang::Ko => korean(english, 0).map_or(Cow::Borrowed(english), Cow::Owned),
    }
}

fn korean(english: &str, depth: usize) -> Option<String> {
    if depth == DEPTH || !english.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    if let Some((template, places)) = KOREAN.find(english) {
        return Some(template.filled(&places, |place, holds| of_place(place, holds, depth)));
    }
    JOINTS.iter().find_map(|joint| joined(english, joint, depth))
}

fn of_place(place: &str, holds: Holds, depth: usize) -> Option<String> {
    let ours = match holds {
        Holds::Sentence => place.contains(' '),
        Holds::Word => true,
        Holds::Data => false,
    };
    if ours { korean(place, depth + 1) } else { None }
}

/// Several texts in one, each for itself; at least one must be ours. A sentence may contain the joint itself.
fn joined(english: &str, joint: &str, depth: usize) -> Option<String> {
    let mut known = false;
    let mut said = Vec::new();
    let parts: Vec<&str> = english.splitn(MOST_PARTS, joint).collect();
    let mut open = parts.as_slice();
    if open.len() < 2 {
        return None;
    }
    while let Some(first) = open.first() {
        let several = (2..=JOINTS_WITHIN.min(open.len())).rev().find_map(|number| {
            let text = open.get(..number)?.join(joint);
            let (template, places) = KOREAN.find(&text)?;
            Some((number, template.filled(&places, |place, holds| of_place(place, holds, depth))))
        });
        let one = || Some((1, of_place(first, Holds::Sentence, depth)?));
        let (number, text) = several.or_else(one).map_or((1, None), |(number, text)| (number, Some(text)));
        known |= text.is_some();
        said.push(text.map_or(Cow::Borrowed(*first), Cow::Owned));
        open = open.get(number..).unwrap_or_default();
    }
    known.then(|| said.join(joint))
}

/// Says every sentence of a JSON tree in another language, but for the members of these names, which hold names and other
/// people's words. A single word is a word of the API (`up`), which scripts know.
pub(crate) fn said_throughout(json: &mut Json, lang: Lang, not: &[&str]) {
    match json {
        Json::String(text) if text.contains(' ') => {
            if let Cow::Owned(other) = said(text, lang) {
                *text = other;
            }
        }
        Json::Array(list) => list.iter_mut().for_each(|json| said_throughout(json, lang, not)),
        Json::Object(map) => {
            map.iter_mut()
                .filter(|(member, _)| !not.contains(&member.as_str()))
                .for_each(|(_, json)| said_throughout(json, lang, not));
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => (),
    }
}
