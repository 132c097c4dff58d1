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
/// How often one text is looked up, its parts included: what is made to be looked up for ever is left as it is.
const LOOKS: usize = 200;
/// Of a list of findings in one text; the rest stays as it is.
const MOST_PARTS: usize = 64;
/// A sentence of ours is divided by a joint into at most so many.
const PARTS_WITHIN: usize = 3;
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
        Lang::Ko => Saying { looks: LOOKS }.text(english, 0).map_or(Cow::Borrowed(english), Cow::Owned),
    }
}

/// One text on its way into Korean.
struct Saying {
    looks: usize,
}

impl Saying {
    /// A text of one sentence or several; `None` when nothing of it is ours.
    fn text(&mut self, english: &str, depth: usize) -> Option<String> {
        if depth == DEPTH || !english.bytes().any(|byte| byte.is_ascii_alphabetic()) {
            return None;
        }
        let whole = self.sentence(english, depth);
        whole.or_else(|| JOINTS.iter().find_map(|joint| self.joined(english, joint, depth)))
    }

    fn sentence(&mut self, english: &str, depth: usize) -> Option<String> {
        self.looks = self.looks.checked_sub(1)?;
        let (template, places) = KOREAN.find(english)?;
        Some(template.filled(&places, |place, holds| self.place(place, holds, depth)))
    }

    fn place(&mut self, place: &str, holds: Holds, depth: usize) -> Option<String> {
        let ours = match holds {
            Holds::Sentence => place.contains(' '),
            Holds::Word => true,
            Holds::Data => false,
        };
        if ours { self.text(place, depth + 1) } else { None }
    }

    /// Several texts in one, each for itself; at least one must be ours. A sentence may contain the joint itself.
    fn joined(&mut self, english: &str, joint: &str, depth: usize) -> Option<String> {
        let mut known = false;
        let mut said = Vec::new();
        let parts: Vec<&str> = english.splitn(MOST_PARTS, joint).collect();
        let mut open = parts.as_slice();
        if open.len() < 2 {
            return None;
        }
        while let Some(first) = open.first() {
            let several = (2..=PARTS_WITHIN.min(open.len()))
                .rev()
                .find_map(|number| Some((number, self.sentence(&open.get(..number)?.join(joint), depth)?)));
            let found = several.or_else(|| Some((1, self.place(first, Holds::Sentence, depth)?)));
            known |= found.is_some();
            let number = found.as_ref().map_or(1, |(number, _)| *number);
            said.push(found.map_or(Cow::Borrowed(*first), |(_, text)| Cow::Owned(text)));
            open = open.get(number..).unwrap_or_default();
        }
        known.then(|| said.join(joint))
    }
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
