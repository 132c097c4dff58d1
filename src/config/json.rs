//! JSON text to a tree: what would pass silently (a member that stands twice) or build without end is refused here, at
//! its place, before the tree grows.

use super::limits;
use super::problem::Pointer;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value as Json};
use std::cell::{Cell, RefCell};
use std::fmt;

/// Why a text is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Not JSON; the sentence ends with line and column.
    #[error("this is not JSON: {0}")]
    Syntax(#[source] serde_json::Error),
    /// JSON that means two things, or more of it than a document can need.
    #[error("{refusal}")]
    Refused {
        /// JSON pointer to where it was noticed; empty for the whole.
        pointer: String,
        /// Why.
        refusal: Refusal,
    },
}

/// What of a JSON text is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// One member of an object, twice.
    #[error("the member `{0}` stands here twice: keep one of them")]
    Twice(String),
    /// Beyond [`limits::VALUES`].
    #[error("there are too many values; the limit is {} numbers, texts, lists and objects in all", limits::VALUES)]
    Values,
    /// Beyond [`limits::DEPTH`].
    #[error("lists and objects are too deep in each other; the limit is {} levels", limits::DEPTH)]
    Depth,
    /// Beyond [`limits::MEMBER_BYTES`].
    #[error("a member has too long a name; the limit is {} bytes", limits::MEMBER_BYTES)]
    Member,
}

impl ReadError {
    /// Where it was noticed.
    pub fn pointer(&self) -> &str {
        match self {
            Self::Syntax(_) => "",
            Self::Refused { pointer, .. } => pointer,
        }
    }
}

/// Reads one JSON text whole; members keep their order.
pub fn read(text: &[u8]) -> Result<Json, ReadError> {
    let count = Count { left: Cell::new(limits::VALUES), refused: RefCell::new(None) };
    let mut reader = serde_json::Deserializer::from_slice(text);
    let place = Place { at: Pointer::ROOT, depth: 0, count: &count };
    let found = place.deserialize(&mut reader).and_then(|json| reader.end().map(|()| json));
    found.map_err(|error| count.refused.take().unwrap_or(ReadError::Syntax(error)))
}

/// What was read so far, and why no more is.
struct Count {
    left: Cell<usize>,
    /// An error of the deserializer is a text only; the place and the reason wait here.
    refused: RefCell<Option<ReadError>>,
}

/// Where the next value stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    at: Pointer<'a>,
    depth: usize,
    count: &'a Count,
}

impl Place<'_> {
    fn refuse<T, E: de::Error>(&self, at: &Pointer<'_>, refusal: Refusal) -> Result<T, E> {
        *self.count.refused.borrow_mut() = Some(ReadError::Refused { pointer: at.to_string(), refusal });
        Err(E::custom("refused"))
    }

    /// One level deeper, if there may be one.
    fn deeper<E: de::Error>(&self) -> Result<usize, E> {
        if self.depth < limits::DEPTH { Ok(self.depth + 1) } else { self.refuse(&self.at, Refusal::Depth) }
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        match self.count.left.get().checked_sub(1) {
            Some(left) => self.count.left.set(left),
            None => return self.refuse(&Pointer::ROOT, Refusal::Values),
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        // JSON has no NaN and no infinity; a number beyond f64 is a syntax error before it comes here.
        Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let depth = self.deeper()?;
        let mut elements = Vec::new();
        while let Some(element) =
            list.next_element_seed(Place { at: self.at.index(elements.len()), depth, count: self.count })?
        {
            elements.push(element);
        }
        Ok(Json::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json, A::Error> {
        let depth = self.deeper()?;
        let mut members = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            if limits::MEMBER_BYTES < name.len() {
                return self.refuse(&self.at, Refusal::Member);
            }
            let value = object.next_value_seed(Place { at: self.at.member(&name), depth, count: self.count })?;
            match members.entry(name) {
                Entry::Vacant(free) => drop(free.insert(value)),
                Entry::Occupied(taken) => {
                    return self.refuse(&self.at.member(taken.key()), Refusal::Twice(taken.key().clone()));
                }
            }
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn refused(text: &str, pointer: &str, words: &str) {
        let error = read(text.as_bytes()).unwrap_err();
        assert_eq!(error.pointer(), pointer, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }

    #[test]
    fn a_member_stands_once() {
        refused(r#"{"a": 1, "b": 2, "a": 1}"#, "/a", "the member `a` stands here twice");
        refused(r#"{"x": [{"t/a~g": 1, "t\u002fa~g": 2}]}"#, "/x/0/t~1a~0g", "`t/a~g`");
        assert_eq!(read(br#"{"a": {"a": 1}, "b": {"a": 2}}"#).unwrap()["b"]["a"], 2);
    }

    #[test]
    fn what_is_no_json_says_where() {
        refused("{\n  \"format\": nonsense }", "", "line 2 column");
        refused(r#"{"a": 1} x"#, "", "trailing characters");
        refused("", "", "EOF");
        refused("1e999", "", "number out of range");
        refused("\"\u{1}\"", "", "control character");
    }

    #[test]
    fn each_limit_is_kept_and_named() {
        let lists = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(lists(limits::DEPTH).as_bytes()).is_ok());
        refused(&lists(limits::DEPTH + 1), &"/0".repeat(limits::DEPTH), "the limit is 32 levels");
        refused(&"[".repeat(1_000_000), &"/0".repeat(limits::DEPTH), "the limit is 32 levels");
        let member = |bytes: usize| format!(r#"{{"x": {{"{}": 1}}}}"#, "k".repeat(bytes));
        assert!(read(member(limits::MEMBER_BYTES).as_bytes()).is_ok());
        refused(&member(limits::MEMBER_BYTES + 1), "/x", "the limit is 200 bytes");
        let numbers = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
        assert!(read(numbers(limits::VALUES - 1).as_bytes()).is_ok());
        refused(&numbers(limits::VALUES), "", "the limit is 2500000 numbers");
    }

    fn any_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            any::<u64>().prop_map(Json::from),
            any::<f64>().prop_map(Json::from),
            ".*".prop_map(Json::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Json::from),
                prop::collection::vec((".{0,20}", inner), 0..8).prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_in_the_same_order(json in any_json()) {
            let text = json.to_string();
            prop_assert_eq!(read(text.as_bytes()).unwrap().to_string(), text);
        }

        #[test]
        fn whatever_bytes_come_it_answers_as_serde_json_does(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let known: Result<Json, _> = serde_json::from_slice(&bytes);
            match read(&bytes) {
                Ok(json) => prop_assert_eq!(json, known.unwrap()),
                Err(ReadError::Syntax(_)) => prop_assert!(known.is_err()),
                Err(ReadError::Refused { .. }) => (),
            }
        }
    }
}
