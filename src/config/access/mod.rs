//! `access`: who may come in at which door, and over Modbus what for. The decision is pure; every door asks it.

mod read;
mod rights;

pub use rights::{Area, Rights};

use ipnet::IpNet;
use std::fmt;
use std::net::IpAddr;

/// Entries of one list: each connection is compared with all of them.
pub const MOST_ENTRIES: usize = 1_000;

/// A service with an allow-list of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Browser and REST.
    Web,
    /// The Modbus/TCP server and gateway.
    Modbus,
    /// The SNMP agent.
    Snmp,
    /// The embedded MQTT broker.
    Broker,
}

impl Service {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Web, Self::Modbus, Self::Snmp, Self::Broker];

    /// The word of the document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Modbus => "modbus",
            Self::Snmp => "snmp",
            Self::Broker => "broker",
        }
    }

    /// The service of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.as_str() == word)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The lists of all services.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessConfig {
    lists: [AccessList; Service::ALL.len()],
}

impl AccessConfig {
    /// The list of a service.
    pub fn of(&self, service: Service) -> &AccessList {
        &self.lists[service as usize]
    }
}

/// Who may come in at one door.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessList {
    mode: Mode,
    /// The narrowest first.
    entries: Vec<Entry>,
}

/// Whether the entries count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Everyone may come in; entries wait for the other mode.
    #[default]
    AllowAll,
    /// Only whom an entry names.
    AllowList,
}

impl Mode {
    /// The word of the document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllowAll => "allow-all",
            Self::AllowList => "allow-list",
        }
    }
}

/// One network, or one address, that may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands in the list.
    pub index: usize,
    /// Who.
    pub network: IpNet,
    /// The owner's words.
    pub note: String,
    /// What they may do; everything, but over Modbus.
    pub rights: Rights,
}

/// What a list says of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision<'a> {
    /// Everyone may come in.
    Everyone,
    /// This entry lets it in: of those that name the address, the narrowest.
    Entry(&'a Entry),
    /// No entry names it.
    Refused,
}

impl AccessList {
    /// A list of these entries.
    pub fn new(mode: Mode, mut entries: Vec<Entry>) -> Self {
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.network.prefix_len()));
        Self { mode, entries }
    }

    /// A list that lets in these networks alone, for everything.
    pub fn only(networks: impl IntoIterator<Item = IpNet>) -> Self {
        let entry = |(index, network)| Entry { index, network, note: String::new(), rights: Rights::default() };
        Self::new(Mode::AllowList, networks.into_iter().enumerate().map(entry).collect())
    }

    /// Whether the entries count.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The entries, the narrowest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What the list says of an address. An IPv4 address that comes as `::ffff:a.b.c.d` is taken for what it is.
    pub fn decide(&self, peer: IpAddr) -> Decision<'_> {
        if self.mode == Mode::AllowAll {
            return Decision::Everyone;
        }
        let peer = peer.to_canonical();
        let found = self.entries.iter().find(|entry| entry.network.contains(&peer));
        found.map_or(Decision::Refused, Decision::Entry)
    }

    /// Whether an address may come in.
    pub fn admits(&self, peer: IpAddr) -> bool {
        self.decide(peer) != Decision::Refused
    }

    /// What an address may do; none where it may not come in, or may do everything.
    pub fn limits(&self, peer: IpAddr) -> Option<&Rights> {
        match self.decide(peer) {
            Decision::Entry(entry) => Some(&entry.rights).filter(|rights| !rights.are_full()),
            Decision::Everyone | Decision::Refused => None,
        }
    }
}

#[cfg(test)]
mod tests;
