//! The SNMP agent: what names another part names one there is.

use super::Place;
use crate::config::GatewayConfig;
use crate::config::catalogue::Catalogue;
use crate::config::problem::Problems;
use crate::config::snmp::{Sender, SnmpConfig};
use crate::config::tags::definitions;
use crate::tag::pattern::TagPattern;
use serde_json::Value as Json;
use std::collections::HashSet;

/// Notes every broken rule and takes out of `config` what cannot run because of it.
pub(super) fn judge(config: &mut GatewayConfig, document: &Json, problems: &mut Problems) {
    let Some(mut snmp) = config.snmp.take() else { return };
    rights(&mut snmp, document, problems);
    receivers(&mut snmp, document, problems);
    rules(&mut snmp, config, document, problems);
    if snmp.enabled {
        doors(&snmp, problems);
    }
    config.snmp = Some(snmp);
}

/// Who is confined to a view that is not there must not see everything instead.
fn rights(snmp: &mut SnmpConfig, document: &Json, problems: &mut Problems) {
    let views: HashSet<&str> = snmp.views.iter().map(|view| view.identity.name.as_str()).collect();
    let mut known = |list: &str, name: &str, view: Option<&String>| match view {
        Some(view) if !views.contains(view.as_str()) => {
            let place = Place::new(document, list, name);
            place.error("view", format!("there is no view `{view}`"), problems);
            false
        }
        _ => true,
    };
    snmp.communities.retain(|one| known("/snmp/communities", &one.identity.name, one.view.as_ref()));
    snmp.users.retain(|one| known("/snmp/users", &one.identity.name, one.view.as_ref()));
    let mut taken = HashSet::new();
    snmp.communities.retain(|one| {
        let fresh = taken.insert(one.community.reveal().to_owned());
        if !fresh {
            let place = Place::new(document, "/snmp/communities", &one.identity.name);
            place.error("community", "another entry has this community already", problems);
        }
        fresh
    });
}

fn receivers(snmp: &mut SnmpConfig, document: &Json, problems: &mut Problems) {
    let users: HashSet<&str> = snmp.users.iter().map(|user| user.identity.name.as_str()).collect();
    snmp.receivers.retain(|receiver| match &receiver.sender {
        Sender::V3(user) if !users.contains(user.as_str()) => {
            let place = Place::new(document, "/snmp/receivers", &receiver.identity.name);
            place.error("user", format!("there is no user `{user}` among the agent's users"), problems);
            false
        }
        _ => true,
    });
}

fn rules(snmp: &mut SnmpConfig, config: &GatewayConfig, document: &Json, problems: &mut Problems) {
    if snmp.rules.is_empty() {
        return;
    }
    let defs = definitions(config);
    let catalogue = Catalogue::new(&defs);
    let receivers: HashSet<&str> = snmp.receivers.iter().map(|receiver| receiver.identity.name.as_str()).collect();
    for rule in &snmp.rules {
        let place = Place::new(document, "/snmp/rules", &rule.identity.name);
        for (index, name) in rule.receivers.iter().enumerate() {
            if !receivers.contains(name.as_str()) {
                place.error(&format!("receivers/{index}"), format!("there is no receiver `{name}`"), problems);
            }
        }
        let Some(pattern) = rule.when.tags().filter(|pattern| catalogue.matching(pattern).is_empty()) else { continue };
        match pattern {
            TagPattern::Literal(name) => place.error("tag", format!("there is no tag `{name}`"), problems),
            TagPattern::Glob { group, name } => {
                place.warning("tag", format!("`{group}/{name}` matches no tag"), problems);
            }
        }
    }
}

/// A version that nobody can use is most likely a mistake.
fn doors(snmp: &SnmpConfig, problems: &mut Problems) {
    let at = crate::config::problem::Pointer::ROOT;
    let at = at.member("snmp");
    let users = snmp.users.iter().any(|user| user.identity.enabled);
    let communities = snmp.communities.iter().any(|community| community.identity.enabled);
    if snmp.versions.v3 && !users {
        problems.warning(&at.member("users"), "SNMPv3 is on and there is no user: nobody can ask by it");
    }
    if (snmp.versions.v1 || snmp.versions.v2c) && !communities {
        let sentence = "SNMPv1 or v2c is on and there is no community: nobody can ask by them";
        problems.warning(&at.member("communities"), sentence);
    }
    if communities && !snmp.versions.v1 && !snmp.versions.v2c {
        let sentence = "communities are of no use: neither `v1` nor `v2c` is among `versions`";
        problems.warning(&at.member("communities"), sentence);
    }
}
