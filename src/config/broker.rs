//! `mqtt.broker`: the embedded broker of one site.

use super::appliance::socket_address;
use super::bridge::BridgeConfig;
use super::fields::{Fields, Identity, shown_text};
use super::pem::PemPair;
use super::problem::{Pointer, Problems};
use super::secret::Secret;
use super::topic_filter::is_filter;
use serde_json::Value as Json;
use std::net::SocketAddr;
use std::sync::Arc;

/// The embedded broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerConfig {
    /// Whether it runs.
    pub enabled: bool,
    /// Where it listens; at least one.
    pub listeners: Vec<BrokerListener>,
    /// Who may log in.
    pub users: Vec<BrokerUser>,
    /// Whether clients without a login are let in, with all topics.
    pub anonymous: bool,
    /// Clients at a time; 1..10000.
    pub max_clients: usize,
    /// Bytes of a message; 1024..16777216.
    pub max_message_bytes: usize,
    /// Other brokers it exchanges messages with.
    pub bridges: Vec<BridgeConfig>,
}

/// One address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerListener {
    /// Its number in the document's list, from 0.
    pub position: usize,
    /// Where.
    pub address: SocketAddr,
    /// Encryption; none leaves it plain.
    pub tls: Option<ListenerTls>,
}

/// How a listener encrypts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerTls {
    /// The name of its certificate.
    pub certificate: String,
    /// The certificate itself.
    pub pair: Option<Arc<PemPair>>,
    /// Only TLS 1.3.
    pub only_tls13: bool,
}

/// One login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerUser {
    /// Id, name, description, enabled.
    pub identity: Identity,
    /// Password.
    pub password: Secret,
    /// Topic filters the user may publish to; none: nothing.
    pub publish: Vec<String>,
    /// Topic filters the user may subscribe to; none: nothing.
    pub subscribe: Vec<String>,
}

impl BrokerConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        if !cfg!(feature = "broker") {
            problems.error(&at, "this build of dinrail has no embedded broker (Cargo feature `broker`)");
        }
        let enabled = fields.flag("enabled", true, problems);
        fields.text("description", 2000, problems);
        let listeners = fields.list("listeners", problems);
        let mut position = 0..;
        let listeners = super::read_list(listeners, &at.member("listeners"), problems, |json, at, problems| {
            BrokerListener::read(json, position.next().unwrap_or_default(), at, problems)
        });
        if listeners.is_empty() && enabled {
            fields.error(
                "listeners",
                "a broker needs a listener, such as `{\"address\": \"127.0.0.1:1883\"}`",
                problems,
            );
        }
        let users = fields.list("users", problems);
        let anonymous = fields.flag("anonymous", false, problems);
        let max_clients = fields.integer("max_clients", 1..=10_000, 100, problems);
        let max_message_bytes = fields.integer("max_message_bytes", 1_024..=16_777_216, 1_048_576, problems);
        let bridges = fields.list("bridges", problems);
        let good = fields.finish(problems);
        let users = super::read_list(users, &at.member("users"), problems, BrokerUser::read);
        let bridges = super::read_list(bridges, &at.member("bridges"), problems, BridgeConfig::read);
        good.then_some(Self {
            enabled,
            listeners,
            users,
            anonymous,
            max_clients: usize::try_from(max_clients).unwrap_or(100),
            max_message_bytes: usize::try_from(max_message_bytes).unwrap_or(1_048_576),
            bridges,
        })
    }
}

impl BrokerListener {
    fn read(json: &Json, position: usize, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        if fields.get("address").is_none() {
            fields.error("address", "`address` is missing, such as `127.0.0.1:1883`", problems);
        }
        let address = socket_address(&mut fields, "address", problems);
        let tls = match fields.get("tls") {
            Some(json) => Some(ListenerTls::read(json, at.member("tls"), problems)?),
            None => None,
        };
        fields.finish(problems);
        Some(Self { position, address: address?, tls })
    }
}

impl ListenerTls {
    fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let certificate = fields.required_text("certificate", 63, problems).map(str::to_owned);
        let only_tls13 = read_min_version(&mut fields, problems);
        fields.finish(problems).then_some(())?;
        Some(Self { certificate: certificate?, pair: None, only_tls13 })
    }
}

/// `min_version`: whether it is TLS 1.3.
pub(super) fn read_min_version(fields: &mut Fields<'_>, problems: &mut Problems) -> bool {
    fields.word("min_version", &[("1.2", false), ("1.3", true)], problems).unwrap_or(false)
}

impl BrokerUser {
    fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let identity = fields.identity(problems);
        let password = fields.required_text("password", 1000, problems).map(Secret::new);
        let publish = read_filters(&mut fields, "publish", problems);
        let subscribe = read_filters(&mut fields, "subscribe", problems);
        if !fields.finish(problems) {
            return None;
        }
        Some(Self { identity: identity?, password: password?, publish, subscribe })
    }
}

fn read_filters(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Vec<String> {
    let texts = fields.texts(name, problems);
    let at = fields.at().member(name);
    let mut filters = Vec::with_capacity(texts.len());
    for (index, text) in texts {
        if is_filter(text) {
            filters.push(text.to_owned());
        } else {
            let sentence =
                format!("{} is not a topic filter: `+` fills a level, `#` is the last level", shown_text(text));
            problems.error(&at.index(index), sentence);
        }
    }
    filters
}
