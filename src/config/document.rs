//! The document as the user wrote it: member and list order, absent members, all kept. The typed configuration is
//! made from it; ids and kept secrets are put in here.

use super::problem::{Pointer, Problem, Problems};
use super::secret::MASK;
use super::{FORMAT, GatewayConfig, limits};
use serde_json::{Map, Value as Json};
use std::collections::{HashMap, HashSet};

/// Members that hold a secret, wherever they stand.
pub const SECRET_MEMBERS: [&str; 9] = [
    "password",
    "auth_password",
    "priv_password",
    "community",
    "key",
    "token",
    "shared_access_key",
    "device_secret",
    "private_key",
];

/// A document with an id in every named object and every secret in clear. Handle with care: [`Document::masked`] is
/// the form that leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    root: Json,
}

impl Default for Document {
    fn default() -> Self {
        Self { root: serde_json::json!({ "format": FORMAT }) }
    }
}

impl Document {
    /// A document that was stored by us: nothing is added.
    pub fn stored(root: Json) -> Self {
        Self { root }
    }

    /// Takes a document in that somebody sent: objects are matched with those of `previous` by id, else by name; what
    /// has no id gets one from `new_id`, and `***` becomes the stored secret of the same object.
    pub fn adopt(sent: Json, previous: &Self, new_id: &mut dyn FnMut() -> String) -> (Self, Vec<Problem>) {
        let mut root = sent;
        let mut adoption = Adoption { problems: Problems::default(), ids: HashSet::new(), new_id };
        adoption.object(&mut root, Some(&previous.root), &Pointer::ROOT);
        (Self { root }, adoption.problems.into_list())
    }

    /// The JSON itself, secrets in clear.
    pub fn root(&self) -> &Json {
        &self.root
    }

    /// The JSON of a document that nobody needs any more.
    pub fn into_root(self) -> Json {
        self.root
    }

    /// The JSON as it may leave: every secret is `***`.
    pub fn masked(&self) -> Json {
        self.clone().into_masked()
    }

    /// [`Document::masked`] of a document that nobody needs any more.
    pub fn into_masked(mut self) -> Json {
        for_each_secret(&mut self.root, &mut |secret| MASK.clone_into(secret));
        self.root
    }

    /// The typed configuration and what does not fit.
    pub fn parse(&self) -> (GatewayConfig, Vec<Problem>) {
        GatewayConfig::parse(&self.root)
    }
}

/// Calls `visit` with every secret text in the document.
pub fn for_each_secret(json: &mut Json, visit: &mut dyn FnMut(&mut String)) {
    match json {
        Json::Object(map) => {
            for (name, member) in map.iter_mut() {
                match member {
                    Json::String(text) if is_secret(name) => visit(text),
                    other => for_each_secret(other, visit),
                }
            }
        }
        Json::Array(list) => list.iter_mut().for_each(|element| for_each_secret(element, visit)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => (),
    }
}

/// Whether a member of this name holds a secret.
pub fn is_secret(member: &str) -> bool {
    SECRET_MEMBERS.contains(&member)
}

/// The limit (`config::limits`) a document is beyond, if any, as a sentence.
pub fn beyond_limit(root: &Json) -> Option<String> {
    let list = |path: &str| root.pointer(path).and_then(Json::as_array).map_or(0, Vec::len);
    let sum = |path: &str, member: &str| -> usize {
        let objects = root.pointer(path).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        objects.iter().filter_map(|object| object.get(member)?.as_array()).map(Vec::len).sum()
    };
    let found = [
        ("ports", list("/ports"), limits::PORTS),
        ("devices", list("/devices"), limits::DEVICES),
        ("modules", list("/modules"), limits::MODULES),
        (
            "tags",
            sum("/devices", "tags") + sum("/modules", "channels") + list("/internal") + list("/computed"),
            limits::TAGS,
        ),
        ("computed tags", list("/computed"), limits::COMPUTED),
        ("characters of expressions", expressions(root), limits::EXPRESSIONS),
        ("entries of the register map", list("/modbus_server/map/entries"), limits::MAP_ENTRIES),
        ("gateway routes", list("/modbus_server/gateway"), limits::ROUTES),
        ("modules with tables of their own", list("/modbus_server/map/modules"), limits::OWN_TABLES),
        ("MQTT connections", list("/mqtt/connections"), limits::CONNECTIONS),
        ("publications", sum("/mqtt/connections", "publications"), limits::PUBLICATIONS),
        ("bridges", list("/mqtt/broker/bridges"), limits::BRIDGES),
        ("certificates", list("/certificates"), limits::CERTIFICATES),
        ("subscriptions", sum("/mqtt/connections", "subscriptions"), limits::SUBSCRIPTIONS),
    ];
    let (what, count, limit) = found.into_iter().find(|(_, count, limit)| limit < count)?;
    Some(format!("the document has {count} {what}; the limit is {limit}"))
}

/// Bytes of all members that hold an expression.
fn expressions(json: &Json) -> usize {
    let own = |(name, member): (&String, &Json)| match member {
        Json::String(text) if ["expression", "condition", "leave"].contains(&name.as_str()) => text.len(),
        Json::Object(_) | Json::Array(_) => expressions(member),
        _ => 0,
    };
    match json {
        Json::Object(map) => map.iter().map(own).sum(),
        Json::Array(list) => list.iter().map(expressions).sum(),
        _ => 0,
    }
}

struct Adoption<'a> {
    problems: Problems,
    ids: HashSet<String>,
    new_id: &'a mut dyn FnMut() -> String,
}

impl Adoption<'_> {
    fn object(&mut self, json: &mut Json, before: Option<&Json>, at: &Pointer<'_>) {
        let Json::Object(map) = json else { return };
        for (name, member) in map.iter_mut() {
            let at = at.member(name);
            let before = before.and_then(|before| before.get(name));
            match member {
                Json::String(text) if is_secret(name) && text == MASK => match before {
                    Some(Json::String(stored)) => stored.clone_into(text),
                    _ => self.problems.error(&at, "`***` stands for a stored secret, and there is none; give it anew"),
                },
                Json::Object(_) => self.object(member, before, &at),
                Json::Array(list) => self.list(list, before, &at),
                _ => (),
            }
        }
    }

    fn list(&mut self, list: &mut [Json], before: Option<&Json>, at: &Pointer<'_>) {
        let before = before.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let known = Known::of(before);
        // What is claimed by its id is not free to be matched by its name of before.
        let ids = list.iter().filter_map(|element| element.get("id")?.as_str());
        let mut claimed: HashSet<String> = ids.filter(|id| !id.is_empty()).map(str::to_owned).collect();
        for (index, element) in list.iter_mut().enumerate() {
            let at = at.index(index);
            let Json::Object(map) = element else { continue };
            if !map.contains_key("name") {
                let twin = before.get(index);
                self.object(element, twin, &at);
                continue;
            }
            let twin = known.find(map, &claimed);
            // Nor is it free for a second object of that name.
            claimed.extend(twin.and_then(|twin| twin.get("id")).and_then(Json::as_str).map(str::to_owned));
            self.identify(map, twin, &at);
            self.object(element, twin, &at);
        }
    }

    fn identify(&mut self, map: &mut Map<String, Json>, twin: Option<&Json>, at: &Pointer<'_>) {
        let given = map.get("id").and_then(Json::as_str).filter(|id| !id.is_empty()).map(str::to_owned);
        if given.is_none() && map.get("id").is_some_and(|id| !id.is_null() && id.as_str() != Some("")) {
            // Not a text: the typed reading says so at this very place.
            return;
        }
        let id = given.unwrap_or_else(|| {
            let twin = twin.and_then(|twin| twin.get("id")).and_then(Json::as_str);
            twin.map_or_else(|| (self.new_id)(), str::to_owned)
        });
        if !self.ids.insert(id.clone()) {
            let sentence = format!("the id `{id}` stands in the document twice; leave it out for a new object");
            self.problems.error(&at.member("id"), sentence);
        }
        map.insert("id".to_owned(), Json::String(id));
    }
}

/// The objects of a stored list, by id and by name.
struct Known<'a> {
    by_id: HashMap<&'a str, &'a Json>,
    by_name: HashMap<String, &'a Json>,
}

impl<'a> Known<'a> {
    fn of(list: &'a [Json]) -> Self {
        let text = |json: &'a Json, member: &str| json.get(member).and_then(Json::as_str);
        Self {
            by_id: list.iter().filter_map(|json| Some((text(json, "id")?, json))).collect(),
            by_name: list.iter().filter_map(|json| Some((text(json, "name")?.to_ascii_lowercase(), json))).collect(),
        }
    }

    fn find(&self, map: &Map<String, Json>, claimed: &HashSet<String>) -> Option<&'a Json> {
        let free = |twin: &&Json| twin.get("id").and_then(Json::as_str).is_none_or(|id| !claimed.contains(id));
        match map.get("id").and_then(Json::as_str).filter(|id| !id.is_empty()) {
            Some(id) => self.by_id.get(id).copied(),
            None => self.by_name.get(&map.get("name")?.as_str()?.to_ascii_lowercase()).copied().filter(free),
        }
    }
}
