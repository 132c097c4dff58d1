//! What a template sees of a command that came in.

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use serde_json::Value as Json;
use std::sync::Arc;

/// A message on a subscription.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// Name of the appliance.
    pub appliance: String,
    /// Where it came in.
    pub topic: String,
    /// What it holds; a text where that is no JSON.
    pub payload: Json,
}

/// What became of it, for its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// `group/name`, as far as it is known.
    pub tag: Option<String>,
    /// Which attribute, as far as it is known.
    pub attribute: Option<String>,
    /// As it came; null without one.
    pub id: Json,
    /// The value as read back or accepted, or why there is none.
    pub result: Result<Json, String>,
}

impl Ask {
    /// A message as it came.
    pub fn new(appliance: &str, topic: &str, payload: &[u8]) -> Self {
        let text = || Json::from(String::from_utf8_lossy(payload));
        let payload = serde_json::from_slice(payload).unwrap_or_else(|_| text());
        Self { appliance: appliance.to_owned(), topic: topic.to_owned(), payload }
    }

    pub(super) fn into_value(self, told: Option<Told>) -> Value {
        let levels = self.topic.split('/').map(Json::from).collect();
        Value::from_object(Seen {
            appliance: self.appliance,
            payload: node(&self.payload),
            topic: node(&Json::Array(levels)),
            told,
        })
    }
}

#[derive(Debug)]
struct Seen {
    appliance: String,
    payload: Value,
    topic: Value,
    told: Option<Told>,
}

impl Object for Seen {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let told = self.told.as_ref();
        let text = |text: Option<&String>| Some(text.map_or(Value::from(()), Value::from));
        match key.as_str()? {
            "appliance" => Some(Value::from(&self.appliance)),
            "payload" => Some(self.payload.clone()),
            "topic" => Some(self.topic.clone()),
            "tag" => text(told?.tag.as_ref()),
            "attribute" => text(told?.attribute.as_ref()),
            "id" => Some(node(&told?.id)),
            "ok" => Some(Value::from(told?.result.is_ok())),
            "value" => Some(told?.result.as_ref().map_or(Value::from(()), node)),
            "error" => text(told?.result.as_ref().err()),
            _ => None,
        }
    }
}

/// A list or an object of JSON.
#[derive(Debug)]
struct Node {
    whole: Arc<Json>,
}

fn node(json: &Json) -> Value {
    match json {
        Json::Array(_) | Json::Object(_) => Value::from_object(Node { whole: Arc::new(json.clone()) }),
        single => super::scene::plain(single.clone()),
    }
}

impl Object for Node {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        if self.whole.is_array() { ObjectRepr::Seq } else { ObjectRepr::Map }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let found = match key.as_str() {
            Some(name) => self.whole.get(name),
            None => self.whole.get(key.as_usize()?),
        };
        found.map(node)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match &*self.whole {
            Json::Array(list) => Enumerator::Seq(list.len()),
            // Nothing goes through the members of an object.
            _ => Enumerator::NonEnumerable,
        }
    }
}
