//! The Modbus/TCP server against the tags and ports there are; entries and routes against each other.

use crate::config::GatewayConfig;
use crate::config::catalogue::Catalogue;
use crate::config::modbus_server::{EntryConfig, OwnUnit, Room, RouteConfig, judge_tables};
use crate::config::problem::{Problems, Severity};
use crate::config::tags::definitions;
use crate::modbus::address::Table;
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet};

/// Notes every broken rule and takes out of `config` what cannot be served.
pub(super) fn judge(config: &mut GatewayConfig, document: &Json, problems: &mut Problems) {
    let Some(mut server) = config.modbus_server.take() else { return };
    if let Some(entries) = &mut server.map.entries {
        let defs = definitions(config);
        let catalogue = Catalogue::new(&defs);
        entries.retain(|entry| points_at_something(entry, &catalogue, problems));
        apart(entries, problems);
    }
    let known: HashSet<&str> = names(document, "ports").collect();
    server.gateway.retain(|route| leads_somewhere(route, config, &known, problems));
    for (place, route) in server.gateway.iter().enumerate() {
        let shared =
            |other: &&RouteConfig| other.units.start() <= route.units.end() && route.units.start() <= other.units.end();
        if let Some(first) = server.gateway[..place].iter().find(shared) {
            let sentence = format!("unit ids of this route have number {} of this list already", first.index + 1);
            error(&pointer("gateway", route.index, "units"), sentence, problems);
        }
    }
    let groups: HashSet<&str> = ["devices", "modules"].into_iter().flat_map(|list| names(document, list)).collect();
    let taken = |unit: u8| {
        let route = server.gateway.iter().find(|route| route.units.contains(&unit));
        match (route, server.unit) {
            (Some(route), _) => Some(format!("gateway route {} has unit id {unit} already", route.index + 1)),
            (None, OwnUnit::One(own)) if own == unit => Some(format!("unit id {unit} is that of the appliance")),
            (None, _) => None,
        }
    };
    let mut rooms: HashMap<String, Room> = HashMap::new();
    if !server.map.modules.is_empty() {
        for def in definitions(config) {
            rooms.entry(def.name.group().to_owned()).or_default().add(&def);
        }
    }
    judge_tables(
        &mut server.map.modules,
        |group| groups.contains(group) || ["internal", "computed"].contains(&group),
        taken,
        |group| rooms.get(group).copied().unwrap_or_default(),
        |index, member, sentence| error(&pointer("map/modules", index, member), sentence, problems),
    );
    config.modbus_server = Some(server);
}

/// The names in a list of the document, also of what is refused: that has its own sentence.
fn names<'a>(document: &'a Json, list: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let written = document.get(list).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    written.iter().filter_map(|object| object.get("name")?.as_str())
}

fn pointer(list: &str, index: usize, member: &str) -> String {
    format!("/modbus_server/{list}/{index}/{member}")
}

fn error(pointer: &str, sentence: String, problems: &mut Problems) {
    problems.add(pointer.to_owned(), sentence, Severity::Error);
}

fn points_at_something(entry: &EntryConfig, catalogue: &Catalogue<'_>, problems: &mut Problems) -> bool {
    let at = |member: &str| pointer("map/entries", entry.index, member);
    let Some(def) = catalogue.find(&entry.tag) else {
        error(&at("tag"), format!("there is no tag `{}`", entry.tag), problems);
        return false;
    };
    if !def.has(entry.attribute) {
        error(&at("attribute"), format!("`{}` has no attribute `{}`", entry.tag, entry.attribute), problems);
        return false;
    }
    if entry.writable && !def.can_write(entry.attribute) {
        error(&at("writable"), format!("`{}` cannot be written: it is not `writable`", entry.tag), problems);
        return false;
    }
    true
}

/// Entries of one table do not overlap; the later of the list is told, with both places.
fn apart(entries: &mut Vec<EntryConfig>, problems: &mut Problems) {
    let mut refused = HashSet::new();
    for table in Table::ALL {
        let mut here: Vec<&EntryConfig> = entries.iter().filter(|entry| entry.span.table() == table).collect();
        here.sort_by_key(|entry| (entry.span.address(), entry.index));
        let mut reach: Option<&EntryConfig> = None;
        for entry in here {
            if let Some(before) = reach.filter(|before| u32::from(entry.span.address()) < before.span.end()) {
                let (first, second) = if before.index < entry.index { (before, entry) } else { (entry, before) };
                let sentence = format!(
                    "{} overlaps {}, which is number {} of this list",
                    second.span,
                    first.span,
                    first.index + 1
                );
                error(&pointer("map/entries", second.index, "address"), sentence, problems);
                refused.insert(second.index);
            }
            if reach.is_none_or(|before| before.span.end() < entry.span.end()) {
                reach = Some(entry);
            }
        }
    }
    entries.retain(|entry| !refused.contains(&entry.index));
}

fn leads_somewhere(
    route: &RouteConfig,
    config: &GatewayConfig,
    known: &HashSet<&str>,
    problems: &mut Problems,
) -> bool {
    let at = |member: &str| pointer("gateway", route.index, member);
    let Some(port) = config.ports.iter().find(|port| port.identity.name == route.port) else {
        // A port that is refused itself has its own sentence.
        if !known.contains(route.port.as_str()) {
            error(&at("port"), format!("there is no port `{}`", route.port), problems);
        }
        return false;
    };
    let ends = [*route.units.start(), *route.units.end()];
    let good = ends.iter().all(|asked| route.unit(*asked).is_some_and(|unit| port.link.knows_unit(unit)));
    if !good {
        let sentence = "with this offset the unit ids leave the range of the port".to_owned();
        error(&at("offset"), sentence, problems);
    }
    good
}
