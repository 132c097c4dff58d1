//! `snmp`: the agent for network managers, and what it tells them by itself.

mod notify;
mod people;
mod version;

pub use notify::{Delivery, ReceiverConfig, RuleConfig, Sender, When};
pub use people::{Access, Auth, CommunityConfig, Keys, Priv, SnmpUserConfig, ViewConfig};
pub use version::Version;

use super::appliance::socket_address;
use super::fields::{Fields, shown_text};
use super::problem::{Pointer, Problems};
use serde_json::Value as Json;
use std::net::{Ipv4Addr, SocketAddr};

/// The enterprise number for examples (RFC 5612), and below it the place of ours, until a vendor gives its own.
pub const DEFAULT_ENTERPRISE: [u32; 8] = [1, 3, 6, 1, 4, 1, 32473, 4510];
/// Where private MIBs stand: `iso.org.dod.internet.private.enterprises`.
const ENTERPRISES: [u32; 6] = [1, 3, 6, 1, 4, 1];
/// Arcs of an enterprise OID: what stands below it has six more, and an OID has 128 (RFC 2578, 3.5).
const LONGEST_OID: usize = 32;

/// The protocol versions that are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    /// SNMPv1.
    pub v1: bool,
    /// SNMPv2c.
    pub v2c: bool,
    /// SNMPv3.
    pub v3: bool,
}

/// The words of the document.
pub(super) const VERSIONS: [(&str, Version); 3] = [("v1", Version::V1), ("v2c", Version::V2c), ("v3", Version::V3)];

impl Versions {
    /// Whether this version is answered.
    pub fn has(self, version: Version) -> bool {
        match version {
            Version::V1 => self.v1,
            Version::V2c => self.v2c,
            Version::V3 => self.v3,
        }
    }
}

/// The agent.
#[derive(Debug, Clone, PartialEq)]
pub struct SnmpConfig {
    /// Whether it runs.
    pub enabled: bool,
    /// Where it listens (UDP).
    pub address: SocketAddr,
    /// What it answers.
    pub versions: Versions,
    /// Who may ask by SNMPv1 and v2c.
    pub communities: Vec<CommunityConfig>,
    /// Who may ask by SNMPv3, and in whose name notifications go out.
    pub users: Vec<SnmpUserConfig>,
    /// Parts of the tree that a community or user may be confined to.
    pub views: Vec<ViewConfig>,
    /// Below it stands everything of ours.
    pub enterprise_oid: Vec<u32>,
    /// Who is told.
    pub receivers: Vec<ReceiverConfig>,
    /// Of what.
    pub rules: Vec<RuleConfig>,
}

impl SnmpConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let enabled = fields.flag("enabled", true, problems);
        fields.text("description", 2000, problems);
        let default = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 161));
        let address = socket_address(&mut fields, "address", problems).unwrap_or(default);
        let versions = read_versions(&mut fields, problems);
        let allow_weak = fields.flag("allow_weak", false, problems);
        let communities = fields.list("communities", problems);
        let users = fields.list("users", problems);
        let views = fields.list("views", problems);
        let enterprise_oid = read_enterprise(&mut fields, problems);
        let receivers = fields.list("receivers", problems);
        let rules = fields.list("rules", problems);
        for (name, list, most) in [
            ("communities", communities, 32),
            ("users", users, 64),
            ("views", views, 16),
            ("receivers", receivers, 16),
            ("rules", rules, 1000),
        ] {
            if most < list.len() {
                fields.error(name, format!("`{name}` has at most {most} entries"), problems);
            }
        }
        let good = fields.finish(problems);
        let list = |name| at.member(name);
        let communities = super::read_list(communities, &list("communities"), problems, CommunityConfig::read);
        let mut user = |json: &Json, at: Pointer<'_>, problems: &mut Problems| {
            SnmpUserConfig::read(json, at, allow_weak, problems)
        };
        let users = super::read_list(users, &list("users"), problems, &mut user);
        let views = super::read_list(views, &list("views"), problems, ViewConfig::read);
        let receivers = super::read_list(receivers, &list("receivers"), problems, ReceiverConfig::read);
        let rules = super::read_list(rules, &list("rules"), problems, RuleConfig::read);
        good.then_some(Self { enabled, address, versions, communities, users, views, enterprise_oid, receivers, rules })
    }

    /// The enterprise OID in a document whose other parts do not matter: for the MIB file.
    pub fn enterprise_of(document: &Json) -> Vec<u32> {
        let text = document.pointer("/snmp/enterprise_oid").and_then(Json::as_str);
        text.and_then(parse_enterprise).unwrap_or_else(|| DEFAULT_ENTERPRISE.to_vec())
    }
}

fn read_versions(fields: &mut Fields<'_>, problems: &mut Problems) -> Versions {
    if fields.get("versions").is_none() {
        return Versions { v1: false, v2c: false, v3: true };
    }
    let mut versions = Versions { v1: false, v2c: false, v3: false };
    let texts = fields.texts("versions", problems);
    let at = fields.at().member("versions");
    for (index, text) in texts {
        match VERSIONS.into_iter().find(|(word, _)| *word == text) {
            Some((_, Version::V1)) => versions.v1 = true,
            Some((_, Version::V2c)) => versions.v2c = true,
            Some((_, Version::V3)) => versions.v3 = true,
            None => {
                let sentence = format!("{} is not a version: `v1`, `v2c` or `v3`", shown_text(text));
                problems.error(&at.index(index), sentence);
            }
        }
    }
    versions
}

fn read_enterprise(fields: &mut Fields<'_>, problems: &mut Problems) -> Vec<u32> {
    let Some(text) = fields.text("enterprise_oid", 400, problems) else { return DEFAULT_ENTERPRISE.to_vec() };
    parse_enterprise(text).unwrap_or_else(|| {
        let sentence =
            format!("{} is not an OID below enterprises, such as `1.3.6.1.4.1.32473.4510`", shown_text(text));
        fields.error("enterprise_oid", sentence, problems);
        DEFAULT_ENTERPRISE.to_vec()
    })
}

fn parse_enterprise(text: &str) -> Option<Vec<u32>> {
    let arcs: Vec<u32> = text.split('.').map(|arc| arc.parse().ok()).collect::<Option<_>>()?;
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (plain && arcs.starts_with(&ENTERPRISES) && ENTERPRISES.len() < arcs.len() && arcs.len() <= LONGEST_OID)
        .then_some(arcs)
}

#[cfg(test)]
mod tests;
