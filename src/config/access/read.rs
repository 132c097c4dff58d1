//! Reads the lists out of the document.

use super::rights::{Area, joined};
use super::{AccessConfig, AccessList, Entry, MOST_ENTRIES, Mode, Rights, Service};
use crate::config::fields::{Fields, shown_text};
use crate::config::modbus_server::read_units;
use crate::config::problem::{Pointer, Problems};
use crate::modbus::address::Table;
use ipnet::{IpNet, Ipv4Net};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

/// Bits in front of the IPv4 address in `::ffff:a.b.c.d` (RFC 4291, 2.5.5.2).
const MAPPED: u8 = 96;

impl AccessConfig {
    pub(in crate::config) fn read(json: Option<&Json>, at: Pointer<'_>, problems: &mut Problems) -> Self {
        let mut config = Self::default();
        let Some(mut fields) = json.and_then(|json| Fields::open(json, at, problems)) else { return config };
        for service in Service::ALL {
            let word = service.as_str();
            if let Some(json) = fields.get(word) {
                config.lists[service as usize] = AccessList::read(json, service, at.member(word), problems);
            }
        }
        fields.finish(problems);
        config
    }
}

impl AccessList {
    /// What is wrong is left out, and never lets more in: entries without a readable mode count.
    fn read(json: &Json, service: Service, at: Pointer<'_>, problems: &mut Problems) -> Self {
        let Some(mut fields) = Fields::open(json, at, problems) else { return Self::new(Mode::AllowList, Vec::new()) };
        let words = [Mode::AllowAll, Mode::AllowList].map(|mode| (mode.as_str(), mode));
        let written = fields.word("mode", &words, problems);
        let list = fields.list("allow", problems);
        // Who writes a list and no mode means the list; a mode that cannot be read lets nobody in by mistake.
        let usual = if json.get("allow").is_some() || json.get("mode").is_some_and(|mode| !mode.is_null()) {
            Mode::AllowList
        } else {
            Mode::AllowAll
        };
        let mode = written.unwrap_or(usual);
        if MOST_ENTRIES < list.len() {
            fields.error("allow", format!("`allow` has at most {MOST_ENTRIES} entries"), problems);
        }
        if mode == Mode::AllowList && list.is_empty() {
            problems.warning(fields.at(), "the list is empty: nobody can connect");
        }
        fields.finish(problems);
        let at = at.member("allow");
        let mut seen = HashMap::new();
        let mut entries = Vec::new();
        for (index, json) in list.iter().take(MOST_ENTRIES).enumerate() {
            let at = at.index(index);
            let Some(entry) = Entry::read(json, index, service, at, problems) else { continue };
            if let Some(first) = seen.insert(entry.network, index) {
                let sentence = format!("{} stands in number {} of this list already", entry.network, first + 1);
                problems.error(&place(json, &at, "network"), sentence);
                continue;
            }
            entries.push(entry);
        }
        Self::new(mode, entries)
    }
}

/// The member of an entry that is an object; the entry itself when it is a text.
fn place<'a>(json: &Json, at: &'a Pointer<'a>, member: &'a str) -> Pointer<'a> {
    if json.is_object() { at.member(member) } else { *at }
}

impl Entry {
    fn read(json: &Json, index: usize, service: Service, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        if let Json::String(text) = json {
            let network = told(network(text), &at, problems)?;
            return Some(Self { index, network, note: String::new(), rights: Rights::default() });
        }
        let mut fields = Fields::open(json, at, problems)?;
        let text = fields.required_text("network", 100, problems);
        let network = text.and_then(|text| told(network(text), &at.member("network"), problems));
        let note = fields.text("note", 2000, problems).unwrap_or_default().to_owned();
        let rights = if service == Service::Modbus { Rights::read(&mut fields, problems) } else { Rights::default() };
        let good = fields.finish(problems);
        Some(Self { index, network: network?, note, rights }).filter(|_| good)
    }
}

fn told<T>(read: Result<T, String>, at: &Pointer<'_>, problems: &mut Problems) -> Option<T> {
    read.map_err(|sentence| problems.error(at, sentence)).ok()
}

/// An address, or a network by its first address and the length of its prefix.
fn network(text: &str) -> Result<IpNet, String> {
    let unknown = || format!("{} is not an address or network such as `10.0.0.0/24` or `fd00::/8`", shown_text(text));
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| unknown())?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        None => longest,
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            let beyond = || format!("the prefix of {} is at most {longest} bits long", shown_text(text));
            digits.parse().ok().filter(|prefix| *prefix <= longest).ok_or_else(beyond)?
        }
        Some(_) => return Err(unknown()),
    };
    let found = IpNet::new(address, prefix).map_err(|_| unknown())?;
    if found.network() != address {
        return Err(format!(
            "{} names one address of a network: write `{}` for the network, or `{address}` for the address alone",
            shown_text(text),
            found.trunc()
        ));
    }
    Ok(plain(found))
}

/// `::ffff:10.0.0.0/104` is 10.0.0.0/8: whoever comes from there is known by the IPv4 address.
fn plain(network: IpNet) -> IpNet {
    let IpNet::V6(six) = network else { return network };
    let four = |address: Ipv6Addr| address.to_ipv4_mapped();
    let mapped = six.prefix_len().checked_sub(MAPPED).zip(four(six.network()));
    let mapped = mapped.and_then(|(prefix, address)| Ipv4Net::new(address, prefix).ok());
    mapped.map_or(network, IpNet::V4)
}

impl Rights {
    /// The members `access`, `units` and `areas` of an object.
    pub(in crate::config) fn read(fields: &mut Fields<'_>, problems: &mut Problems) -> Self {
        let words = [("read", true), ("read-write", false)];
        let read_only = fields.word("access", &words, problems).unwrap_or(false);
        let at = *fields.at();
        for member in ["units", "areas"] {
            if fields.get(member).and_then(Json::as_array).is_some_and(Vec::is_empty) {
                fields.error(member, format!("`{member}` is empty: leave it out where all are meant"), problems);
            }
        }
        let units_at = at.member("units");
        let list = fields.list("units", problems).iter().enumerate();
        let units = list.filter_map(|(index, json)| {
            let wrong = || "a unit id 0..255 is needed here, or a range of them such as `10-20`".to_owned();
            told(read_units(json).ok_or_else(wrong), &units_at.index(index), problems)
        });
        let units = units.collect();
        let areas_at = at.member("areas");
        let areas = fields.texts("areas", problems).into_iter();
        let areas = areas.filter_map(|(index, text)| told(area(text), &areas_at.index(index), problems));
        Self { read_only, units, areas: joined(areas.collect()) }
    }
}

/// `holding`, `holding 100` or `holding 100-199`.
fn area(text: &str) -> Result<Area, String> {
    let unknown = || {
        format!(
            "{} is not a table with its addresses, such as `holding`, `coil 5` or `input 100-199`",
            shown_text(text)
        )
    };
    let mut words = text.split_whitespace();
    let table = words.next().and_then(Table::parse).ok_or_else(unknown)?;
    let (first, last) = match words.next() {
        None => (0, u16::MAX),
        Some(range) => {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            (first.parse().map_err(|_| unknown())?, last.parse().map_err(|_| unknown())?)
        }
    };
    if words.next().is_some() || last < first {
        return Err(unknown());
    }
    Ok(Area { table, first, last })
}
