//! Where the messages of an edge node go (Sparkplug 3.0, chapter 4).

use crate::config::sparkplug::EdgeNodeConfig;

/// The namespace of Sparkplug B.
const NAMESPACE: &str = "spBv1.0";

/// The topics of one edge node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    group: String,
    edge_node: String,
}

/// Whom a message of a host is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim<'a> {
    /// The edge node.
    Node,
    /// One of its devices.
    Device(&'a str),
}

impl Topics {
    /// Of this edge node.
    pub fn of(edge_node: &EdgeNodeConfig) -> Self {
        Self { group: edge_node.group.clone(), edge_node: edge_node.edge_node.clone() }
    }

    /// A message of the node: `NBIRTH`, `NDEATH`, `NCMD`.
    pub fn node(&self, kind: &str) -> String {
        format!("{NAMESPACE}/{}/{kind}/{}", self.group, self.edge_node)
    }

    /// A message of a device: `DBIRTH`, `DDATA`, `DDEATH`.
    pub fn device(&self, kind: &str, device: &str) -> String {
        format!("{}/{device}", self.node(kind))
    }

    /// The filters of what hosts ask.
    pub fn commands(&self) -> [String; 2] {
        [self.node("NCMD"), self.device("DCMD", "+")]
    }

    /// Whom a message on this topic is for.
    pub fn aim<'a>(&self, topic: &'a str) -> Option<Aim<'a>> {
        if topic == self.node("NCMD") {
            return Some(Aim::Node);
        }
        let device = topic.strip_prefix(&self.node("DCMD"))?.strip_prefix('/')?;
        (!device.contains('/')).then_some(Aim::Device(device))
    }
}

/// Where a host application tells its state.
pub fn state(host: &str) -> String {
    format!("{NAMESPACE}/STATE/{host}")
}
