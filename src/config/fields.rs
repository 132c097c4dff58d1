//! Reads the members of one JSON object into typed settings and notes everything that does not fit.

use super::problem::{Pointer, Problems};
use crate::tag::value::shortened;
use serde_json::{Map, Value as Json};
use std::ops::RangeInclusive;

/// A cursor over one object: every getter marks its member as known, [`Fields::finish`] refuses the rest.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    map: &'a Map<String, Json>,
    at: Pointer<'a>,
    known: Vec<&'static str>,
    errors_before: usize,
}

/// The members every named object has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Given by the appliance; survives a rename.
    pub id: String,
    /// Unique in its list, ignoring case.
    pub name: String,
    /// Any text.
    pub description: String,
    /// Switched off parts stay in the document and do nothing.
    pub enabled: bool,
}

impl<'a> Fields<'a> {
    /// Begins to read `json`, which must be an object.
    pub(crate) fn open(json: &'a Json, at: Pointer<'a>, problems: &mut Problems) -> Option<Self> {
        let errors_before = problems.errors();
        match json {
            Json::Object(map) => Some(Self { map, at, known: Vec::with_capacity(16), errors_before }),
            other => {
                problems.error(&at, format!("an object is needed here, not {}", kind(other)));
                None
            }
        }
    }

    /// Where this object stands.
    pub(crate) fn at(&self) -> &Pointer<'a> {
        &self.at
    }

    /// The member, if it is there and not null.
    pub(crate) fn get(&mut self, name: &'static str) -> Option<&'a Json> {
        self.known.push(name);
        self.map.get(name).filter(|json| !json.is_null())
    }

    /// Notes an error at a member.
    pub(crate) fn error(&self, name: &str, detail: impl Into<String>, problems: &mut Problems) {
        problems.error(&self.at.member(name), detail);
    }

    /// A text of at most `max` characters.
    pub(crate) fn text(&mut self, name: &'static str, max: usize, problems: &mut Problems) -> Option<&'a str> {
        match self.get(name)? {
            Json::String(text) if max < text.chars().count() => {
                self.error(name, format!("`{name}` has at most {max} characters"), problems);
                None
            }
            Json::String(text) => Some(text),
            other => {
                self.error(name, format!("`{name}` is a text, not {}", kind(other)), problems);
                None
            }
        }
    }

    /// A text that must be there and not be empty.
    pub(crate) fn required_text(&mut self, name: &'static str, max: usize, problems: &mut Problems) -> Option<&'a str> {
        let absent = self.map.get(name).is_none_or(Json::is_null);
        let text = self.text(name, max, problems);
        if absent || text == Some("") {
            self.error(name, format!("`{name}` is missing"), problems);
            return None;
        }
        text
    }

    /// A whole number in a range; the default when absent or refused (the error is noted).
    pub(crate) fn integer<T>(
        &mut self,
        name: &'static str,
        range: RangeInclusive<T>,
        default: T,
        problems: &mut Problems,
    ) -> T
    where
        T: TryFrom<i64> + PartialOrd + Copy + std::fmt::Display,
    {
        self.optional_integer(name, range, problems).unwrap_or(default)
    }

    /// A whole number in a range, if present.
    pub(crate) fn optional_integer<T>(
        &mut self,
        name: &'static str,
        range: RangeInclusive<T>,
        problems: &mut Problems,
    ) -> Option<T>
    where
        T: TryFrom<i64> + PartialOrd + Copy + std::fmt::Display,
    {
        let json = self.get(name)?;
        let found = json.as_i64().and_then(|n| T::try_from(n).ok()).filter(|n| range.contains(n));
        if found.is_none() {
            let (low, high) = (range.start(), range.end());
            self.error(name, format!("`{name}` is a whole number {low}..{high}, not {}", shown(json)), problems);
        }
        found
    }

    /// A whole number in a range that must be there.
    pub(crate) fn required_integer<T>(
        &mut self,
        name: &'static str,
        range: RangeInclusive<T>,
        problems: &mut Problems,
    ) -> Option<T>
    where
        T: TryFrom<i64> + PartialOrd + Copy + std::fmt::Display,
    {
        if self.map.get(name).is_none_or(Json::is_null) {
            self.known.push(name);
            let (low, high) = (range.start(), range.end());
            self.error(name, format!("`{name}` is missing: a whole number {low}..{high}"), problems);
            return None;
        }
        self.optional_integer(name, range, problems)
    }

    /// A finite number, if present.
    pub(crate) fn float(&mut self, name: &'static str, problems: &mut Problems) -> Option<f64> {
        let json = self.get(name)?;
        let found = json.as_f64().filter(|x| x.is_finite());
        if found.is_none() {
            self.error(name, format!("`{name}` is a number, not {}", shown(json)), problems);
        }
        found
    }

    /// True or false.
    pub(crate) fn flag(&mut self, name: &'static str, default: bool, problems: &mut Problems) -> bool {
        match self.get(name) {
            None => default,
            Some(Json::Bool(on)) => *on,
            Some(other) => {
                self.error(name, format!("`{name}` is true or false, not {}", shown(other)), problems);
                default
            }
        }
    }

    /// One word of a list of words; `None` when absent or refused.
    pub(crate) fn word<T: Copy>(
        &mut self,
        name: &'static str,
        words: &[(&str, T)],
        problems: &mut Problems,
    ) -> Option<T> {
        let json = self.get(name)?;
        let found = json.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text));
        if found.is_none() {
            let all: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            self.error(name, format!("`{name}` is one of {}, not {}", all.join(", "), shown(json)), problems);
        }
        found.map(|(_, value)| *value)
    }

    /// One word of a list of words that must be there.
    pub(crate) fn required_word<T: Copy>(
        &mut self,
        name: &'static str,
        words: &[(&str, T)],
        problems: &mut Problems,
    ) -> Option<T> {
        if self.get(name).is_none() {
            let all: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            self.error(name, format!("`{name}` is missing: one of {}", all.join(", ")), problems);
            return None;
        }
        self.word(name, words, problems)
    }

    /// A list; empty when absent or refused.
    pub(crate) fn list(&mut self, name: &'static str, problems: &mut Problems) -> &'a [Json] {
        match self.get(name) {
            None => &[],
            Some(Json::Array(list)) => list,
            Some(other) => {
                self.error(name, format!("`{name}` is a list, not {}", kind(other)), problems);
                &[]
            }
        }
    }

    /// A list of texts; those that are none are noted and left out.
    pub(crate) fn texts(&mut self, name: &'static str, problems: &mut Problems) -> Vec<(usize, &'a str)> {
        let list = self.list(name, problems);
        let at = self.at.member(name);
        let mut texts = Vec::with_capacity(list.len());
        for (index, json) in list.iter().enumerate() {
            match json {
                Json::String(text) => texts.push((index, text.as_str())),
                other => problems.error(&at.index(index), format!("a text is needed here, not {}", kind(other))),
            }
        }
        texts
    }

    /// The members every named object has; `None` when there is no usable name.
    pub(crate) fn identity(&mut self, problems: &mut Problems) -> Option<Identity> {
        let id = self.text("id", 64, problems).unwrap_or_default().to_owned();
        let description = self.text("description", 2000, problems).unwrap_or_default().to_owned();
        let enabled = self.flag("enabled", true, problems);
        let name = self.required_text("name", 1000, problems)?;
        if let Err(error) = crate::tag::id::check_name(name) {
            self.error("name", format!("{} is not a name: {error}", shown_text(name)), problems);
            return None;
        }
        Some(Identity { id, name: name.to_owned(), description, enabled })
    }

    /// Refuses every member that nobody asked for; true when the object had no error at all.
    pub(crate) fn finish(self, problems: &mut Problems) -> bool {
        if self.map.len() != self.known.len() || self.map.keys().any(|name| !self.known.contains(&name.as_str())) {
            for name in self.map.keys().filter(|name| !self.known.contains(&name.as_str())) {
                // A sentence that nobody will see is not made: a hostile document has a million of them.
                let sentence = if problems.is_full() { String::new() } else { self.unknown(name) };
                problems.error(&self.at.member(name), sentence);
            }
        }
        problems.errors() == self.errors_before
    }

    fn unknown(&self, name: &str) -> String {
        let near = self.known.iter().find(|known| near(known, name));
        let hint = near.map_or(String::new(), |known| format!("; `{known}` is meant, perhaps"));
        format!("{} is not a member here{hint}", shown_text(name))
    }
}

/// Same letters but for case, hyphens and underscores, or one letter more or less.
fn near(known: &str, given: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_', ' '], "");
    let (a, b) = (plain(known), plain(given));
    let (short, long) = if a.len() < b.len() { (&a, &b) } else { (&b, &a) };
    a == b || (long.len() - short.len() == 1 && 3 < short.len() && long.starts_with(short.as_str()))
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

fn shown(json: &Json) -> String {
    match json {
        Json::String(text) => shown_text(text),
        Json::Bool(_) | Json::Number(_) => json.to_string(),
        other => kind(other).to_owned(),
    }
}

/// A user's text in a sentence, cut so that the sentence stays readable.
pub(crate) fn shown_text(text: &str) -> String {
    format!("`{}`", shortened(text))
}
