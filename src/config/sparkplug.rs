//! `mqtt.connections[].sparkplug`: the connection is an edge node of Eclipse Sparkplug 3.0, and speaks nothing else.

use super::fields::Fields;
use super::problem::{Pointer, Problems};
use super::publication::read_patterns_of;
use crate::tag::pattern::TagPattern;
use serde_json::Value as Json;

/// Characters of a group, an edge node, a device or a host: they travel with every message.
const MAX_NAME: usize = 128;
/// The level that hosts tell their state on stands where a group would (Sparkplug 3.0, 4.2).
const STATE: &str = "STATE";

/// An edge node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeNodeConfig {
    /// The group it belongs to.
    pub group: String,
    /// Its name in the group.
    pub edge_node: String,
    /// The host application that must be online before anything is told.
    pub primary_host: Option<String>,
    /// Only these tags can be written by DCMD; none where nothing is said.
    pub writable: Vec<TagPattern>,
}

impl EdgeNodeConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let group = read_required(&mut fields, "group", problems);
        if group.as_deref() == Some(STATE) {
            fields.error("group", "hosts tell their state under `STATE`: give the group another name", problems);
        }
        let edge_node = read_required(&mut fields, "edge_node", problems);
        let primary_host = read_name(&mut fields, "primary_host", problems);
        let writable = read_patterns_of(&mut fields, "writable", problems);
        if !fields.finish(problems) {
            return None;
        }
        Some(Self { group: group?, edge_node: edge_node?, primary_host, writable })
    }
}

fn read_required(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<String> {
    fields.required_text(name, MAX_NAME, problems)?;
    read_name(fields, name, problems)
}

/// A name that is a level of a topic, if it is there (Sparkplug 3.0, 4.1: any text without `+`, `/` and `#`).
pub(super) fn read_name(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<String> {
    let text = fields.text(name, MAX_NAME, problems)?;
    if text.is_empty() || text.contains(['+', '/', '#']) || text.chars().any(char::is_control) {
        let sentence =
            format!("`{name}` is a level of a topic: not empty, and without `+`, `/`, `#` and control characters");
        fields.error(name, sentence, problems);
        return None;
    }
    Some(text.to_owned())
}
