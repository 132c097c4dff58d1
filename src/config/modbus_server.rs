//! `modbus_server`: the image as registers for Modbus/TCP clients, and the way through to the devices on our ports.

mod security;
mod tables;

use super::fields::{Fields, shown_text};
use super::problem::{Pointer, Problems};
use crate::modbus::address::{Span, Table};
use crate::modbus::order::Order;
use crate::modbus::words::Codec;
use crate::tag::attribute::Attribute;
use crate::tag::id::TagName;
use crate::tag::value::ValueType;
use ipnet::IpNet;
use serde_json::Value as Json;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

pub use security::SecurityConfig;
pub(super) use tables::{Room, judge as judge_tables};
pub use tables::{TablesConfig, value_type};

/// The port of Modbus/TCP (Modbus messaging on TCP/IP V1.0b, 4.2.2.1).
const PORT: u16 = 502;
/// Registers of a text where the entry gives no `length`.
pub const TEXT_REGISTERS: u16 = 16;

/// The Modbus/TCP server.
#[derive(Debug, Clone, PartialEq)]
pub struct ModbusServerConfig {
    /// Whether it runs.
    pub enabled: bool,
    /// Where it listens in plain; at least one, unless it listens encrypted.
    pub addresses: Vec<SocketAddr>,
    /// The encrypted side; none: plain alone.
    pub security: Option<SecurityConfig>,
    /// The unit id under which the image is read.
    pub unit: OwnUnit,
    /// Connections at a time; 1..256.
    pub max_connections: usize,
    /// A connection without a whole request for so long is closed; 1..65535 s.
    pub idle_timeout: Duration,
    /// When a write is answered.
    pub answer_writes: AnswerWrites,
    /// The registers.
    pub map: MapConfig,
    /// Ways through to devices, in the order they are looked at.
    pub gateway: Vec<RouteConfig>,
    /// Clients whose requests to devices go before those of others.
    pub priority_clients: Vec<IpNet>,
}

/// Which unit ids mean the appliance itself; 0 and 255 always do, unless a route has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnUnit {
    /// This one.
    One(u8),
    /// All that have no route.
    Any,
}

/// When a write is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AnswerWrites {
    /// When the field has answered, with its exception if it refuses.
    #[default]
    Field,
    /// At once; what becomes of it stands in the event log.
    AtOnce,
}

/// How points become registers.
#[derive(Debug, Clone, PartialEq)]
pub struct MapConfig {
    /// The entries somebody wrote; none: the automatic map.
    pub entries: Option<Vec<EntryConfig>>,
    /// Order of bytes and words of the automatic map, and of entries that have none of their own.
    pub order: Order,
    /// What a value that is bad or too old reads as.
    pub stale: Stale,
    /// A value that is older counts as stale; none: only a bad one does.
    pub max_age: Option<Duration>,
    /// Whether what can be written may be written through the automatic map.
    pub writable: bool,
    /// What a read finds between entries.
    pub gaps: Gaps,
    /// Devices and modules with first addresses, or a unit id, of their own.
    pub modules: Vec<TablesConfig>,
}

impl Default for MapConfig {
    fn default() -> Self {
        Self {
            entries: None,
            order: Order::BIG_ENDIAN,
            stale: Stale::Last,
            max_age: None,
            writable: true,
            gaps: Gaps::Zero,
            modules: Vec::new(),
        }
    }
}

/// What a value that is bad or too old reads as.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Stale {
    /// Its last good value; 0 if there was none.
    #[default]
    Last,
    /// The request gets an exception: 0B when the field does not answer, 04 otherwise.
    Exception,
    /// This number, as near as the type can hold it.
    Fill(f64),
}

/// What a read finds between entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gaps {
    /// Zeros, as long as there is an entry in the range.
    #[default]
    Zero,
    /// Exception 02.
    Exception,
}

/// One entry of an edited map.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryConfig {
    /// Where it stands in the list.
    pub index: usize,
    /// Where it lies.
    pub span: Span,
    /// The tag.
    pub tag: TagName,
    /// Which aspect of it.
    pub attribute: Attribute,
    /// As what; `bool` in the tables of bits.
    pub kind: ValueType,
    /// Its own order of bytes and words.
    pub order: Option<Order>,
    /// Whether clients may write it.
    pub writable: bool,
    /// Its own rule.
    pub stale: Option<Stale>,
}

/// A way through to the devices on a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteConfig {
    /// Where it stands in the list.
    pub index: usize,
    /// Unit ids asked for.
    pub units: RangeInclusive<u8>,
    /// Name of the port.
    pub port: String,
    /// Added to the unit id asked for: the address on the line.
    pub offset: i16,
    /// How long a device may take to begin its answer; none: as the port and its devices have it.
    pub timeout: Option<Duration>,
    /// Its requests go before those of other routes to the port.
    pub priority: bool,
    /// A read of what the image has no older than this costs no time of the line.
    pub cache: Option<Duration>,
}

impl RouteConfig {
    /// The address on the line.
    pub fn unit(&self, asked: u8) -> Option<u8> {
        self.units.contains(&asked).then(|| u8::try_from(i16::from(asked) + self.offset).ok()).flatten()
    }
}

impl ModbusServerConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let enabled = fields.flag("enabled", true, problems);
        fields.text("description", 2000, problems);
        let secured = fields.get("security");
        let usual = SocketAddr::from((Ipv4Addr::UNSPECIFIED, PORT));
        let addresses = read_addresses(&mut fields, usual, secured.is_some(), problems);
        let unit = match fields.get("unit_id") {
            None => OwnUnit::One(1),
            Some(Json::String(word)) if word == "any" => OwnUnit::Any,
            Some(json) => {
                let number = json.as_u64().and_then(|number| u8::try_from(number).ok());
                if number.is_none() {
                    fields.error("unit_id", "`unit_id` is a whole number 0..255, or `any`", problems);
                }
                OwnUnit::One(number.unwrap_or(1))
            }
        };
        let max_connections = fields.integer("max_connections", 1..=256, 32, problems);
        let idle_timeout = Duration::from_secs(fields.integer("idle_timeout_s", 1..=65_535, 60, problems));
        let words = [("field", AnswerWrites::Field), ("at-once", AnswerWrites::AtOnce)];
        let answer_writes = fields.word("answer_writes", &words, problems).unwrap_or_default();
        let map = fields.get("map").map(|json| MapConfig::read(json, at.member("map"), problems));
        let gateway = fields.list("gateway", problems);
        let clients = fields.texts("priority_clients", problems);
        let clients_at = at.member("priority_clients");
        let mut priority_clients = Vec::with_capacity(clients.len());
        for (index, text) in clients {
            if let Ok(network) = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)) {
                priority_clients.push(network);
            } else {
                let sentence = format!("{} is not an address or network such as `10.0.0.0/24`", shown_text(text));
                problems.error(&clients_at.index(index), sentence);
            }
        }
        let good = fields.finish(problems);
        let security = match secured {
            // Without it the server would be left with less protection than asked for.
            Some(json) => Some(SecurityConfig::read(json, at.member("security"), problems)?),
            None => None,
        };
        let mut index = 0..;
        let gateway = super::read_list(gateway, &at.member("gateway"), problems, |json, at, problems| {
            RouteConfig::read(json, at, index.next().unwrap_or_default(), problems)
        });
        good.then_some(Self {
            enabled,
            addresses,
            security,
            unit,
            max_connections: usize::try_from(max_connections).unwrap_or(32),
            idle_timeout,
            answer_writes,
            map: map.unwrap_or_default(),
            gateway,
            priority_clients,
        })
    }
}

/// One address, or a list of them; the usual one where there is nothing.
fn read_addresses(
    fields: &mut Fields<'_>,
    usual: SocketAddr,
    may_be_empty: bool,
    problems: &mut Problems,
) -> Vec<SocketAddr> {
    let parse = |json: &Json| json.as_str().and_then(|text| text.parse().ok());
    let addresses: Option<Vec<SocketAddr>> = match fields.get("address") {
        None => Some(vec![usual]),
        Some(Json::Array(list)) if list.len() <= 16 => list.iter().map(parse).collect(),
        Some(one) => parse(one).map(|address| vec![address]),
    };
    let addresses = addresses.filter(|addresses| may_be_empty || !addresses.is_empty());
    if addresses.is_none() {
        let sentence = "`address` is an address and port such as `0.0.0.0:502`, or a list of up to 16 of them";
        fields.error("address", sentence, problems);
    }
    addresses.unwrap_or_default()
}

impl MapConfig {
    fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Self {
        let mut config = Self::default();
        let Some(mut fields) = Fields::open(json, at, problems) else { return config };
        let edited = fields.word("mode", &[("auto", false), ("edited", true)], problems).unwrap_or_default();
        if let Some(word) = fields.text("order", 20, problems) {
            if let Some(order) = Order::parse_device(word) {
                config.order = order;
            } else {
                let words: Vec<&str> = Order::device_words().collect();
                fields.error("order", format!("`order` is one of {}", words.join(", ")), problems);
            }
        }
        config.stale = read_stale(&mut fields, problems).unwrap_or_default();
        config.max_age = fields.optional_integer("max_age_ms", 1..=86_400_000, problems).map(Duration::from_millis);
        config.writable = fields.flag("writable", true, problems);
        let words = [("zero", Gaps::Zero), ("exception", Gaps::Exception)];
        config.gaps = fields.word("gaps", &words, problems).unwrap_or_default();
        let entries = fields.list("entries", problems);
        let modules = fields.list("modules", problems);
        fields.finish(problems);
        // Entries stay in the document while the map is automatic, so they must be right all the same.
        let mut index = 0..;
        let entries = super::read_list(entries, &at.member("entries"), problems, |json, at, problems| {
            EntryConfig::read(json, at, index.next().unwrap_or_default(), problems)
        });
        config.entries = edited.then_some(entries);
        let mut index = 0..;
        config.modules = super::read_list(modules, &at.member("modules"), problems, |json, at, problems| {
            TablesConfig::read(json, at, index.next().unwrap_or_default(), problems)
        });
        config
    }
}

fn read_stale(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Stale> {
    let json = fields.get("stale")?;
    let fill = json.as_object().filter(|map| map.len() == 1).and_then(|map| map.get("fill")?.as_f64());
    let stale = match (json.as_str(), fill) {
        (Some("last"), _) => Some(Stale::Last),
        (Some("exception"), _) => Some(Stale::Exception),
        (_, Some(number)) => Some(Stale::Fill(number)),
        _ => None,
    };
    if stale.is_none() {
        let sentence = "`stale` is `last`, `exception`, or a number to read instead, such as `{\"fill\": -999}`";
        fields.error("stale", sentence, problems);
    }
    stale
}

impl EntryConfig {
    fn read(json: &Json, at: Pointer<'_>, index: usize, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        fields.text("description", 2000, problems);
        let tables = Table::ALL.map(|table| (table.as_str(), table));
        let table = fields.required_word("table", &tables, problems);
        let address = fields.required_integer("address", 0..=65_535, problems);
        let tag = fields.required_text("tag", 200, problems).and_then(|text| {
            let parsed = TagName::parse(text);
            if parsed.is_err() {
                fields.error("tag", format!("{} is not a tag: it is `group/name`", shown_text(text)), problems);
            }
            parsed.ok()
        });
        let attributes = Attribute::ALL.map(|attribute| (attribute.as_str(), attribute));
        let attribute = fields.word("attribute", &attributes, problems).unwrap_or(Attribute::Value);
        let kinds = ValueType::ALL.map(|kind| (kind.as_str(), kind));
        let is_bits = table.is_some_and(Table::is_bits);
        let kind = if is_bits {
            Some(fields.word("type", &kinds, problems).unwrap_or(ValueType::Bool))
        } else {
            fields.required_word("type", &kinds, problems)
        };
        if is_bits && kind != Some(ValueType::Bool) {
            fields.error("type", "in a table of bits `type` is `bool`", problems);
        }
        let length = fields.integer("length", 1..=123, TEXT_REGISTERS, problems);
        let order = fields.text("order", 20, problems).zip(kind).and_then(|(word, kind)| {
            let parsed = Order::parse(word, kind);
            if let Err(error) = &parsed {
                fields.error("order", error.to_string(), problems);
            }
            parsed.ok()
        });
        let writable = fields.flag("writable", false, problems);
        if writable && table.is_some_and(|table| !table.is_writable()) {
            fields.error("writable", "only coils and holding registers can be written", problems);
        }
        let stale = read_stale(&mut fields, problems);
        let registers = kind.map_or(1, |kind| Codec::new(kind, Order::BIG_ENDIAN, length).registers());
        let span = table.zip(address).and_then(|(table, address)| {
            let span = Span::new(table, address, if is_bits { 1 } else { registers });
            if let Err(error) = &span {
                fields.error("address", error.to_string(), problems);
            }
            span.ok()
        });
        if !fields.finish(problems) {
            return None;
        }
        Some(Self { index, span: span?, tag: tag?, attribute, kind: kind?, order, writable, stale })
    }
}

impl RouteConfig {
    fn read(json: &Json, at: Pointer<'_>, index: usize, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        fields.text("description", 2000, problems);
        let units = fields.get("units").and_then(read_units);
        if units.is_none() {
            fields.error("units", "`units` is a unit id 0..255 or a range of them, such as `10-20`", problems);
        }
        let port = fields.required_text("port", 200, problems).map(str::to_owned);
        let offset = fields.integer("offset", -255..=255, 0i16, problems);
        let timeout = fields.optional_integer("timeout_ms", 10..=120_000, problems).map(Duration::from_millis);
        let priority = fields.flag("priority", false, problems);
        let cache = fields.optional_integer("cache_ms", 1..=3_600_000, problems).map(Duration::from_millis);
        if !fields.finish(problems) {
            return None;
        }
        Some(Self { index, units: units?, port: port?, offset, timeout, priority, cache })
    }
}

/// A unit id, or a range of them such as `10-20`.
pub(super) fn read_units(json: &Json) -> Option<RangeInclusive<u8>> {
    let text = match json {
        Json::String(text) => text,
        Json::Number(number) => return u8::try_from(number.as_u64()?).ok().map(|unit| unit..=unit),
        _ => return None,
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some(first..=last)
}
