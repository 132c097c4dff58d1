//! Edge nodes of Sparkplug against their publications and against each other.

use super::Place;
use crate::config::GatewayConfig;
use crate::config::mqtt::ConnectionConfig;
use crate::config::payload::Payload;
use crate::config::problem::Problems;
use serde_json::Value as Json;
use std::collections::HashMap;

/// Takes out the publications that do not go with their connection: an edge node speaks Sparkplug alone, and nothing else
/// does.
pub(super) fn fitting(connection: &mut ConnectionConfig, at: &Place<'_>, problems: &mut Problems) {
    let is_edge_node = connection.sparkplug.is_some();
    connection.publications.retain(|publication| {
        let fits = is_edge_node == (publication.payload == Payload::Sparkplug);
        if !fits {
            let sentence = if is_edge_node {
                "an edge node publishes with payload `sparkplug` alone: put this publication in a connection of its own"
            } else {
                "payload `sparkplug` needs a connection that is an edge node: give it `sparkplug` with `group` and `edge_node`"
            };
            at.within("publications", &publication.identity.name).error("payload", sentence, problems);
        }
        fits
    });
}

/// Two edge nodes of one name would end each other's sessions in every host (Sparkplug 3.0, 4.1.3).
pub(super) fn judge(config: &mut GatewayConfig, document: &Json, problems: &mut Problems) {
    let mut taken = HashMap::new();
    for connection in config.connections.iter().filter(|connection| connection.identity.enabled) {
        let Some(edge_node) = &connection.sparkplug else { continue };
        let name = &connection.identity.name;
        if let Some(first) = taken.insert((&edge_node.group, &edge_node.edge_node), name) {
            let sentence = format!(
                "connection `{first}` is edge node `{}` of group `{}` already: give each its own name",
                edge_node.edge_node, edge_node.group
            );
            Place::new(document, "/mqtt/connections", name).error("sparkplug/edge_node", sentence, problems);
        }
    }
}
