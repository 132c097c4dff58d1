//! Where an object stands in the document, and what editing it makes of the document. Pure.

use serde_json::{Map, Value as Json};

/// A kind of object, named by its path below `/config`: parts in braces are names in the list before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// `/devices/{device}/tags/{tag}`
    pub(super) path: &'static str,
    /// What one is called.
    pub(super) what: &'static str,
    /// There although nobody wrote it: all its members have defaults.
    pub(super) always: bool,
}

/// Certificates have a way in of their own, too.
pub(super) const CERTIFICATES: Kind = Kind { path: "/certificates/{certificate}", what: "certificate", always: false };

/// Every kind of object that can be edited by itself.
pub(super) const KINDS: [Kind; 24] = [
    Kind { path: "/appliance", what: "appliance", always: true },
    Kind { path: "/web", what: "web server", always: true },
    Kind { path: "/access", what: "access lists", always: true },
    Kind { path: "/ports/{port}", what: "port", always: false },
    Kind { path: "/devices/{device}", what: "device", always: false },
    Kind { path: "/devices/{device}/tags/{tag}", what: "tag", always: false },
    Kind { path: "/modules/{module}", what: "module", always: false },
    Kind { path: "/modules/{module}/channels/{channel}", what: "channel", always: false },
    Kind { path: "/internal/{register}", what: "internal register", always: false },
    Kind { path: "/computed/{computed}", what: "computed tag", always: false },
    CERTIFICATES,
    Kind { path: "/mqtt/connections/{connection}", what: "MQTT connection", always: false },
    Kind { path: "/mqtt/connections/{connection}/publications/{publication}", what: "publication", always: false },
    Kind { path: "/mqtt/connections/{connection}/subscriptions/{subscription}", what: "subscription", always: false },
    Kind { path: "/mqtt/broker", what: "embedded broker", always: false },
    Kind { path: "/mqtt/broker/users/{user}", what: "user of the embedded broker", always: false },
    Kind { path: "/mqtt/broker/bridges/{bridge}", what: "bridge of the embedded broker", always: false },
    Kind { path: "/modbus_server", what: "Modbus/TCP server", always: false },
    Kind { path: "/snmp", what: "SNMP agent", always: false },
    Kind { path: "/snmp/communities/{community}", what: "SNMP community", always: false },
    Kind { path: "/snmp/users/{user}", what: "SNMP user", always: false },
    Kind { path: "/snmp/views/{view}", what: "SNMP view", always: false },
    Kind { path: "/snmp/receivers/{receiver}", what: "SNMP receiver", always: false },
    Kind { path: "/snmp/rules/{rule}", what: "SNMP rule", always: false },
];

/// One step from an object to one in it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(&'static str),
    Named(String),
}

/// The way to one object, or to a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    steps: Vec<Step>,
    always: bool,
}

/// Why an edit cannot be made; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EditError {
    /// The object, or one it stands in, is not there.
    Missing,
    /// What was sent does not do: pointer within it, and sentence.
    Unfit(&'static str, String),
}

/// What an edit came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edited {
    /// Where the object stands now; where it stood, if it is gone.
    pub(super) pointer: String,
    /// It was not there before.
    pub(super) created: bool,
}

impl Kind {
    /// The list its objects stand in, as a path; none for what there is one of.
    pub(super) fn list_path(self) -> Option<&'static str> {
        let (list, last) = self.path.rsplit_once('/')?;
        last.starts_with('{').then_some(list)
    }

    /// The place of one object. `name` gives the names in braces; the last may be missing: then it is the list's.
    pub(super) fn place(self, name: impl Fn(&str) -> Option<String>) -> Place {
        let step = |part: &'static str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(given) => name(given).map(Step::Named),
            None => Some(Step::Member(part)),
        };
        Place { steps: self.path.split('/').skip(1).map_while(step).collect(), always: self.always }
    }
}

impl Place {
    /// Where it stands, as a JSON pointer.
    pub(super) fn pointer(&self, root: &Json) -> Option<String> {
        let mut at = root;
        let mut pointer = String::new();
        for step in &self.steps {
            let part;
            (at, part) = match step {
                Step::Member(member) => (at.get(*member)?, (*member).to_owned()),
                Step::Named(name) => {
                    let index = at.as_array()?.iter().position(|element| is_named(element, name))?;
                    (at.get(index)?, index.to_string())
                }
            };
            pointer = format!("{pointer}/{part}");
        }
        Some(pointer)
    }

    /// The object or list as it stands, or what it is when nobody wrote it.
    pub(super) fn read(&self, root: &Json) -> Option<Json> {
        let written = self.pointer(root).and_then(|pointer| root.pointer(&pointer).cloned());
        written.or_else(|| self.always.then(|| Json::Object(Map::new())))
    }

    /// A list that nobody wrote is empty, if what it stands in is there.
    pub(super) fn read_list(&self, root: &Json) -> Option<Json> {
        let empty = || {
            let above = self.steps.iter().rposition(|step| matches!(step, Step::Named(_))).map_or(0, |named| named + 1);
            let parent = Place { steps: self.steps[..above].to_vec(), always: false };
            parent.pointer(root).map(|_| Json::Array(Vec::new()))
        };
        self.pointer(root).and_then(|pointer| root.pointer(&pointer).cloned()).or_else(empty)
    }

    /// Puts an object here: in place of the present one, whose id it keeps, or as a new one at the end of its list.
    pub(super) fn put(&self, root: &mut Json, sent: Json) -> Result<Edited, EditError> {
        let Json::Object(mut sent) = sent else { return Err(not_an_object()) };
        if let Some(pointer) = self.pointer(root) {
            let present = root.pointer_mut(&pointer).ok_or(EditError::Missing)?;
            self.complete(&mut sent, Some(&*present))?;
            *present = Json::Object(sent);
            return Ok(Edited { pointer, created: false });
        }
        self.complete(&mut sent, None)?;
        self.append(root, Json::Object(sent))
    }

    /// Merges a patch into the present object (RFC 7396).
    pub(super) fn patch(&self, root: &mut Json, patch: &Json) -> Result<Edited, EditError> {
        if !patch.is_object() {
            return Err(not_an_object());
        }
        let mut merged = self.read(root).ok_or(EditError::Missing)?;
        merge(&mut merged, patch);
        let edited = self.put(root, merged)?;
        Ok(Edited { created: false, ..edited })
    }

    /// Appends an object to the list this is the place of.
    pub(super) fn post(&self, root: &mut Json, sent: Json) -> Result<Edited, EditError> {
        let Json::Object(object) = &sent else { return Err(not_an_object()) };
        let name = object.get("name").and_then(Json::as_str).unwrap_or_default();
        let list = self.read_list(root).unwrap_or_default();
        // Matched by its name, it would be taken for the one that is there.
        if list.as_array().into_iter().flatten().filter_map(name_of).any(|taken| taken.eq_ignore_ascii_case(name)) {
            return Err(EditError::Unfit("/name", format!("the name `{name}` is taken")));
        }
        let mut element = self.clone();
        element.steps.push(Step::Named(String::new()));
        element.append(root, sent)
    }

    /// Takes the object away.
    pub(super) fn delete(&self, root: &mut Json) -> Result<Edited, EditError> {
        let Some(pointer) = self.pointer(root) else {
            let nothing_written = Edited { pointer: String::new(), created: false };
            return if self.always { Ok(nothing_written) } else { Err(EditError::Missing) };
        };
        let (parent, last) = pointer.rsplit_once('/').ok_or(EditError::Missing)?;
        match root.pointer_mut(parent) {
            Some(Json::Object(map)) => drop(map.shift_remove(last)),
            Some(Json::Array(list)) => drop(list.remove(last.parse().map_err(|_| EditError::Missing)?)),
            _ => return Err(EditError::Missing),
        }
        Ok(Edited { pointer, created: false })
    }

    /// A name that is left out is the one in the path; an id that is left out is the present one.
    fn complete(&self, sent: &mut Map<String, Json>, present: Option<&Json>) -> Result<(), EditError> {
        let Some(Step::Named(name)) = self.steps.last() else { return Ok(()) };
        if sent.get("name").is_none_or(Json::is_null) {
            sent.shift_insert(0, "name".to_owned(), Json::String(name.clone()));
        }
        let Some(present) = present else {
            if sent.get("name").and_then(Json::as_str) == Some(name.as_str()) {
                return Ok(());
            }
            let sentence = format!("a new object at this path has the name `{name}`");
            return Err(EditError::Unfit("/name", sentence));
        };
        let Some(id) = present.get("id") else { return Ok(()) };
        match sent.get("id").filter(|sent| !sent.is_null()) {
            None => drop(sent.insert("id".to_owned(), id.clone())),
            Some(sent) if sent == id => (),
            Some(_) => {
                let sentence = "the object at this path has another id; leave `id` out".to_owned();
                return Err(EditError::Unfit("/id", sentence));
            }
        }
        Ok(())
    }

    /// Makes the members on the way that nobody wrote; objects with a name must be there.
    fn append(&self, root: &mut Json, sent: Json) -> Result<Edited, EditError> {
        let (last, way) = self.steps.split_last().ok_or(EditError::Missing)?;
        let mut at = root;
        let mut pointer = String::new();
        for (index, step) in way.iter().enumerate() {
            let part;
            (at, part) = match step {
                Step::Member(member) => {
                    let of_list = matches!(self.steps[index + 1], Step::Named(_));
                    let fresh = || if of_list { Json::Array(Vec::new()) } else { Json::Object(Map::new()) };
                    let map = at.as_object_mut().ok_or(EditError::Missing)?;
                    (map.entry(*member).or_insert_with(fresh), (*member).to_owned())
                }
                Step::Named(name) => {
                    let list = at.as_array_mut().ok_or(EditError::Missing)?;
                    let found = list.iter().position(|element| is_named(element, name)).ok_or(EditError::Missing)?;
                    (&mut list[found], found.to_string())
                }
            };
            pointer = format!("{pointer}/{part}");
        }
        let part = match (last, at) {
            (Step::Member(member), Json::Object(map)) => {
                map.insert((*member).to_owned(), sent);
                (*member).to_owned()
            }
            (Step::Named(_), Json::Array(list)) => {
                list.push(sent);
                (list.len() - 1).to_string()
            }
            _ => return Err(EditError::Missing),
        };
        Ok(Edited { pointer: format!("{pointer}/{part}"), created: !self.always })
    }
}

fn name_of(element: &Json) -> Option<&str> {
    element.get("name")?.as_str()
}

fn is_named(element: &Json, name: &str) -> bool {
    name_of(element) == Some(name)
}

fn not_an_object() -> EditError {
    EditError::Unfit("", "an object is needed here".to_owned())
}

/// RFC 7396.
fn merge(target: &mut Json, patch: &Json) {
    let Json::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Json::Object(Map::new());
    }
    let Json::Object(target) = target else { return };
    for (member, value) in patch {
        if value.is_null() {
            target.shift_remove(member);
        } else {
            merge(target.entry(member.as_str()).or_insert(Json::Null), value);
        }
    }
}

#[cfg(test)]
mod tests;
