//! What a template sees of one message.

use crate::tag::attribute::Attribute;
use crate::tag::def::TagDef;
use crate::tag::id::TagName;
use crate::tag::reading::{Stamp, TagState, rfc3339};
use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// One message.
#[derive(Debug)]
pub struct Scene {
    /// Name of the appliance.
    pub appliance: String,
    /// The moment it is made.
    pub now: Stamp,
    /// Its tags.
    pub tags: Vec<SceneTag>,
    /// Its attribute, where it is about one point.
    pub attribute: Option<Attribute>,
}

/// One of its tags.
#[derive(Debug, Clone)]
pub struct SceneTag {
    /// What is fixed.
    pub def: TagDef,
    /// What is now.
    pub state: TagState,
}

impl Scene {
    pub(super) fn into_value(self) -> Value {
        let tags = self.tags.into_iter().map(|tag| Arc::new(Seen { tag, now: self.now })).collect();
        Value::from_object(Message {
            appliance: self.appliance,
            now: self.now,
            attribute: self.attribute,
            tags: Arc::new(Tags { list: tags, by_name: OnceLock::new() }),
        })
    }
}

#[derive(Debug)]
struct Message {
    appliance: String,
    now: Stamp,
    attribute: Option<Attribute>,
    tags: Arc<Tags>,
}

impl Object for Message {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "appliance" => Some(Value::from(&self.appliance)),
            "now" => Some(Value::from(rfc3339(self.now.unix_ms))),
            "now_ms" => Some(Value::from(self.now.unix_ms)),
            "tags" => Some(Value::from_dyn_object(Arc::clone(&self.tags))),
            "attribute" => Some(Value::from(self.attribute?.as_str())),
            // The value is that of the attribute the message is about, as with payload `value`.
            "value" => self.tags.list.first()?.member(self.attribute?.as_str()),
            own => {
                self.attribute?;
                self.tags.list.first()?.member(own)
            }
        }
    }
}

/// By number, and by full name.
#[derive(Debug)]
struct Tags {
    list: Vec<Arc<Seen>>,
    /// Made when first asked for a name: most templates never do, and to search the list each time costs no fuel.
    by_name: OnceLock<HashMap<TagName, usize>>,
}

impl Tags {
    fn named(&self, name: &str) -> Option<&Arc<Seen>> {
        let place = |(place, seen): (usize, &Arc<Seen>)| (seen.tag.def.name.clone(), place);
        let by_name = self.by_name.get_or_init(|| self.list.iter().enumerate().map(place).collect());
        self.list.get(*by_name.get(&TagName::parse(name).ok()?)?)
    }
}

impl Object for Tags {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let found = match key.as_str() {
            Some(name) => self.named(name),
            None => self.list.get(key.as_usize()?),
        };
        found.map(|seen| Value::from_dyn_object(Arc::clone(seen)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.list.len())
    }
}

#[derive(Debug)]
struct Seen {
    tag: SceneTag,
    now: Stamp,
}

impl Seen {
    fn member(&self, word: &str) -> Option<Value> {
        let SceneTag { def, state } = &self.tag;
        match word {
            "tag" => Some(Value::from(def.name.as_str())),
            "group" => Some(Value::from(def.name.group())),
            "name" => Some(Value::from(def.name.name())),
            "timestamp_ms" => Some(state.at.map_or(Value::from(()), |at| Value::from(at.unix_ms))),
            word => {
                let attribute = Attribute::parse(word).filter(|attribute| def.has(*attribute))?;
                Some(plain(def.attribute_json(attribute, state, self.now)))
            }
        }
    }
}

impl Object for Seen {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.member(key.as_str()?)
    }
}

/// A value of ours as one of the engine; a list, which only `raw` is, as its text.
pub(super) fn plain(json: Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(on) => Value::from(on),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(n), _) => Value::from(n),
            (None, Some(n)) => Value::from(n),
            (None, None) => Value::from(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::from(text),
        other => Value::from(other.to_string()),
    }
}
