//! The document as rows: taken apart for the tables, put together again. Both are pure, and the one undoes the other.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::layout::{DOCUMENT, List, OBJECTS, Object, Table};
use crate::config::FORMAT;
use crate::config::problem::{Problem, Severity};
use crate::store::SaveError;

/// Begins the ids of rows whose object has none in the document.
const ANONYMOUS: char = '@';

/// One row of a table of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) id: String,
    /// The id of the object it belongs to; none for the document itself.
    pub(super) parent: Option<String>,
    pub(super) position: i64,
    pub(super) name: Option<String>,
    pub(super) link: Option<String>,
    pub(super) body: String,
}

impl Row {
    /// The id the object has in the document; none if only its row has one.
    fn document_id(&self) -> Option<&str> {
        (!self.id.starts_with(ANONYMOUS)).then_some(self.id.as_str())
    }
}

/// The rows of each table, by the name of the table.
pub(super) type Rows = HashMap<&'static str, Vec<Row>>;

/// A place in the tables: the table, the id of the row, the pointer within its body.
pub(super) type Place = (&'static str, String, String);

/// Takes a document apart.
pub(super) fn take_apart(document: Value) -> Result<Rows, SaveError> {
    let Value::Object(members) = document else { return Err(refused("", "the document is not an object")) };
    let mut rows = Rows::new();
    take_object(&DOCUMENT, None, "", members, &mut rows)?;
    for (table, rows) in &rows {
        let mut seen = BTreeSet::new();
        if let Some(twice) = rows.iter().find(|row| !seen.insert(row.id.as_str())) {
            return Err(refused("", &format!("the id `{}` is used twice in {table}", twice.id)));
        }
    }
    Ok(rows)
}

fn refused(pointer: &str, detail: &str) -> SaveError {
    SaveError::Refused { pointer: pointer.to_owned(), detail: detail.to_owned() }
}

fn take_object(
    object: &'static Object,
    parent: Option<&str>,
    pointer: &str,
    members: Map<String, Value>,
    rows: &mut Rows,
) -> Result<(), SaveError> {
    let mut body = Map::with_capacity(members.len());
    for (member, value) in members {
        let below = || format!("{pointer}/{member}");
        let kept = match value {
            Value::Object(inner) if let Some(child) = object.objects.iter().find(|child| child.member == member) => {
                take_object(child, Some(object.id), &below(), inner, rows)?;
                Value::Object(Map::new())
            }
            Value::Array(items) if let Some(list) = object.lists.iter().find(|list| list.member == member) => {
                take_list(list, object.id, &below(), items, rows)?;
                Value::Array(Vec::new())
            }
            other => other,
        };
        body.insert(member, kept);
    }
    let row = Row {
        id: object.id.to_owned(),
        parent: parent.map(str::to_owned),
        position: 0,
        name: None,
        link: None,
        body: Value::Object(body).to_string(),
    };
    rows.entry(OBJECTS.name).or_default().push(row);
    Ok(())
}

fn take_list(
    list: &'static List,
    parent: &str,
    pointer: &str,
    items: Vec<Value>,
    rows: &mut Rows,
) -> Result<(), SaveError> {
    let table = list.table;
    for (index, item) in items.into_iter().enumerate() {
        let here = || format!("{pointer}/{index}");
        let Value::Object(members) = item else { return Err(refused(&here(), "is not an object")) };
        let given = members.get("id").and_then(Value::as_str);
        if given.is_some_and(|id| id.is_empty() || id.starts_with(ANONYMOUS)) {
            return Err(refused(&here(), "an id is not empty and does not begin with `@`"));
        }
        let id = row_id(list, parent, index, given);
        let mut row = Row {
            parent: Some(parent.to_owned()),
            position: i64::try_from(index).unwrap_or(i64::MAX),
            name: None,
            link: None,
            body: String::new(),
            id,
        };
        let mut body = Map::with_capacity(members.len());
        for (member, value) in members {
            let kept = match value {
                Value::String(_) if member == "id" => Value::Null,
                Value::String(name) if table.named && member == "name" => {
                    row.name = Some(name);
                    Value::Null
                }
                Value::String(target) if table.link == Some(member.as_str()) => {
                    row.link = Some(target);
                    Value::Null
                }
                Value::Array(items) if let Some(child) = list.lists.iter().find(|child| child.member == member) => {
                    take_list(child, &row.id, &format!("{pointer}/{index}/{member}"), items, rows)?;
                    Value::Array(Vec::new())
                }
                other => other,
            };
            body.insert(member, kept);
        }
        if table.named && row.name.is_none() {
            return Err(refused(&here(), &format!("the {} has no name", table.noun)));
        }
        row.body = Value::Object(body).to_string();
        rows.entry(table.name).or_default().push(row);
    }
    Ok(())
}

fn row_id(list: &List, parent: &str, index: usize, given: Option<&str>) -> String {
    given.map_or_else(|| format!("{ANONYMOUS}{parent}/{}/{index}", list.member), str::to_owned)
}

/// Where in the tables a place in the document is stored.
pub(super) fn row_of(document: &Value, pointer: &str) -> Place {
    let (mut objects, mut lists, mut table) = (DOCUMENT.objects, DOCUMENT.lists, OBJECTS.name);
    let (mut value, mut id, mut within) = (document, DOCUMENT.id.to_owned(), pointer);
    while let Some((step, rest)) = first_step(within) {
        if let Some(object) = objects.iter().find(|object| object.member == step) {
            (objects, lists, table) = (object.objects, object.lists, OBJECTS.name);
            (value, within) = (&value[step], rest);
            object.id.clone_into(&mut id);
        } else if let Some(list) = lists.iter().find(|list| list.member == step)
            && let Some((index, rest)) = first_step(rest)
            && let Ok(index) = index.parse::<usize>()
        {
            (objects, lists, table) = (&[], list.lists, list.table.name);
            (value, within) = (&value[step][index], rest);
            id = row_id(list, &id, index, value["id"].as_str());
        } else {
            break;
        }
    }
    (table, id, within.to_owned())
}

/// The first step of a pointer and what follows it.
fn first_step(pointer: &str) -> Option<(&str, &str)> {
    let steps = pointer.strip_prefix('/')?;
    Some(steps.split_at(steps.find('/').unwrap_or(steps.len())))
}

/// Puts a document together. A row that cannot be used is left out, with what belongs to it, and told.
pub(super) fn put_together(rows: Rows) -> (Value, Vec<Problem>) {
    let mut stock = Stock { children: HashMap::new(), problems: Vec::new() };
    for (table, mut rows) in rows {
        rows.sort_by_key(|row| row.position);
        for row in rows {
            let parent = row.parent.clone().unwrap_or_default();
            stock.children.entry((table, parent)).or_default().push(row);
        }
    }
    let mut document = if let Some(row) = stock.take(OBJECTS.name, "").pop() {
        stock.body(&OBJECTS, &row, "").unwrap_or_else(beginning)
    } else {
        stock.tell("", "the beginning of the stored configuration is missing".to_owned());
        beginning()
    };
    stock.fill_object(&DOCUMENT, &mut document, "");
    stock.tell_orphans();
    (Value::Object(document), stock.problems)
}

/// What a document begins with whatever else is lost, so that the rest of it can be used.
fn beginning() -> Map<String, Value> {
    Map::from_iter([("format".to_owned(), Value::from(FORMAT))])
}

/// The rows not yet used, by table and parent.
struct Stock {
    children: HashMap<(&'static str, String), Vec<Row>>,
    problems: Vec<Problem>,
}

impl Stock {
    fn take(&mut self, table: &'static str, parent: &str) -> Vec<Row> {
        self.children.remove(&(table, parent.to_owned())).unwrap_or_default()
    }

    fn tell(&mut self, pointer: &str, detail: String) {
        self.problems.push(Problem { pointer: pointer.to_owned(), detail, severity: Severity::Error });
    }

    fn body(&mut self, table: &Table, row: &Row, pointer: &str) -> Option<Map<String, Value>> {
        let trouble = match serde_json::from_str(&row.body) {
            Ok(Value::Object(body)) => return Some(body),
            Ok(_) => "is not an object".to_owned(),
            Err(error) => format!("cannot be read: {error}"),
        };
        let name = row.name.as_deref().unwrap_or(&row.id);
        self.tell(pointer, format!("the stored {} `{name}` {trouble}; it was left out", table.noun));
        None
    }

    fn fill_object(&mut self, object: &'static Object, body: &mut Map<String, Value>, pointer: &str) {
        let mut children = self.take(OBJECTS.name, object.id);
        for child in object.objects {
            let Some(at) = children.iter().position(|row| row.id == child.id) else { continue };
            let row = children.swap_remove(at);
            let below = format!("{pointer}/{}", child.member);
            // A settings object that cannot be read still holds lists that can.
            let mut inner = self.body(&OBJECTS, &row, &below).unwrap_or_default();
            self.fill_object(child, &mut inner, &below);
            body.insert(child.member.to_owned(), Value::Object(inner));
        }
        self.fill_lists(object.lists, object.id, body, pointer);
    }

    fn fill_lists(&mut self, lists: &'static [List], owner: &str, body: &mut Map<String, Value>, pointer: &str) {
        for list in lists {
            let rows = self.take(list.table.name, owner);
            if rows.is_empty() {
                continue;
            }
            let below = format!("{pointer}/{}", list.member);
            let items = rows.into_iter().filter_map(|row| self.item(list, row, &below)).collect();
            body.insert(list.member.to_owned(), Value::Array(items));
        }
    }

    fn item(&mut self, list: &'static List, row: Row, pointer: &str) -> Option<Value> {
        let mut body = self.body(list.table, &row, pointer)?;
        self.fill_lists(list.lists, &row.id, &mut body, pointer);
        if let Some(id) = row.document_id() {
            body.insert("id".to_owned(), Value::String(id.to_owned()));
        }
        if let Some(name) = row.name {
            body.insert("name".to_owned(), Value::String(name));
        }
        if let (Some(member), Some(target)) = (list.table.link, row.link) {
            body.insert(member.to_owned(), Value::String(target));
        }
        Some(Value::Object(body))
    }

    /// What is left belongs to a row that was left out or is missing.
    fn tell_orphans(&mut self) {
        let mut left: Vec<_> = std::mem::take(&mut self.children).into_iter().collect();
        left.sort_by(|(a, _), (b, _)| a.cmp(b));
        for ((table, parent), rows) in left {
            self.tell("", format!("{} rows of {table} belong to `{parent}`, which was left out", rows.len()));
        }
    }
}
