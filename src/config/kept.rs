//! The document in force as it is kept: as its text. A tree of 5,000 tags takes ten times the memory, and is needed only
//! while somebody looks at it or changes it.

use super::GatewayConfig;
use super::document::Document;
use super::problem::Problem;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value as Json};
use std::fmt;

/// A [`Document`], folded up. Secrets are in clear, as there.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptDocument {
    text: Box<str>,
}

impl From<&Document> for KeptDocument {
    fn from(document: &Document) -> Self {
        Self { text: document.root().to_string().into() }
    }
}

impl fmt::Debug for KeptDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptDocument").field("bytes", &self.text.len()).finish()
    }
}

impl KeptDocument {
    /// The document itself.
    pub fn open(&self) -> Document {
        Document::stored(self.root())
    }

    /// The JSON, secrets in clear.
    pub fn root(&self) -> Json {
        // It was written from a tree, so it is one.
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The JSON as it may leave: every secret is `***`.
    pub fn masked(&self) -> Json {
        self.open().into_masked()
    }

    /// The typed configuration and what does not fit.
    pub fn parse(&self) -> (GatewayConfig, Vec<Problem>) {
        self.open().parse()
    }

    /// An object with these members of the document alone, secrets in clear: the others are passed over, which of 100,000
    /// tags takes a tenth of the time.
    pub fn parts(&self, wanted: &[&str]) -> Json {
        let mut reader = serde_json::Deserializer::from_str(&self.text);
        Json::Object(Parts(wanted).deserialize(&mut reader).unwrap_or_default())
    }
}

/// Reads some members of an object.
struct Parts<'a>(&'a [&'a str]);

impl<'de> DeserializeSeed<'de> for Parts<'_> {
    type Value = Map<String, Json>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Parts<'_> {
    type Value = Map<String, Json>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut found = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if self.0.contains(&name.as_str()) {
                found.insert(name, members.next_value()?);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document() -> Document {
        Document::stored(json!({
            "format": "dinrail/1",
            "web": {"address": "127.0.0.1:443"},
            "devices": [{"name": "a \"quoted\" \u{1f600}", "tags": [1, -0.1, 1e300, u64::MAX]}],
            "mqtt": {"connections": [{"name": "site", "password": "secret"}]},
        }))
    }

    #[test]
    fn what_was_folded_up_is_what_is_opened() {
        let kept = KeptDocument::from(&document());
        assert_eq!(kept.open(), document());
        assert_eq!(kept.root().to_string(), document().root().to_string(), "in the same order");
        assert_eq!(kept.masked()["mqtt"]["connections"][0]["password"], "***");
    }

    #[test]
    fn parts_are_the_members_that_were_asked_for() {
        let kept = KeptDocument::from(&document());
        assert_eq!(
            kept.parts(&["web", "format", "snmp"]),
            json!({"format": "dinrail/1", "web": {"address": "127.0.0.1:443"}})
        );
        assert_eq!(kept.parts(&[]), json!({}));
    }

    #[test]
    fn no_secret_is_shown_to_a_developer() {
        assert!(!format!("{:?}", KeptDocument::from(&document())).contains("secret"));
    }
}
