//! `mqtt.connections[]`: brokers we are a client of.

use super::buffer::BufferConfig;
use super::endpoint::Endpoint;
use super::fields::{Fields, Identity, shown_text};
use super::problem::{Pointer, Problems};
use super::publication::{PublicationConfig, Qos, read_qos, read_topic};
use super::secret::Secret;
use super::subscription::SubscriptionConfig;
use super::topic::TopicTemplate;
use serde_json::Value as Json;
use std::fmt;
use std::time::Duration;

/// One MQTT connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionConfig {
    /// Id, name, description, enabled.
    pub identity: Identity,
    /// The broker.
    pub broker: BrokerUrl,
    /// MQTT client id; `None` is the appliance's name.
    pub client_id: Option<String>,
    /// Login name.
    pub username: Option<String>,
    /// Login password.
    pub password: Option<Secret>,
    /// Seconds between signs of life; 1..65535.
    pub keep_alive: Duration,
    /// Whether the broker forgets us when we are away.
    pub clean_session: bool,
    /// Encryption; present exactly for `mqtts`.
    pub tls: Option<TlsConfig>,
    /// What the broker says when we vanish.
    pub last_will: Option<Announcement>,
    /// What we say after each connect.
    pub birth: Option<Announcement>,
    /// What becomes of messages while the broker cannot take them.
    pub buffer: BufferConfig,
    /// What goes out.
    pub publications: Vec<PublicationConfig>,
    /// What comes in.
    pub subscriptions: Vec<SubscriptionConfig>,
}

/// Where a broker is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerUrl {
    /// Name or address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// `mqtts`.
    pub tls: bool,
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "mqtts" } else { "mqtt" };
        write!(f, "{scheme}://{}", Endpoint { host: self.host.clone(), port: self.port })
    }
}

/// Encryption towards a broker.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsConfig {
    /// PEM of the authorities to trust; `None` is the host's own list.
    pub ca: Option<String>,
    /// Only TLS 1.3.
    pub only_tls13: bool,
}

/// A message about ourselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Where; only `{appliance}` is allowed.
    pub topic: TopicTemplate,
    /// What, verbatim.
    pub payload: String,
    /// Delivery.
    pub qos: Qos,
    /// Whether the broker keeps it.
    pub retain: bool,
}

impl ConnectionConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let identity = fields.identity(problems);
        let broker = read_url(&mut fields, problems);
        match fields.text("protocol", 20, problems) {
            None | Some("3.1.1") => (),
            Some("5") => fields.error("protocol", "MQTT 5 is not available in this version of dinrail", problems),
            Some(_) => fields.error("protocol", "`protocol` is `3.1.1` or `5`", problems),
        }
        let client_id = fields.text("client_id", 200, problems).filter(|id| !id.is_empty()).map(str::to_owned);
        let username = fields.text("username", 1000, problems).map(str::to_owned);
        let password = fields.text("password", 10_000, problems).map(Secret::new);
        if password.is_some() && username.is_none() {
            fields.error("password", "a password needs a `username` (MQTT 3.1.1, 3.1.2.9)", problems);
        }
        let keep_alive = Duration::from_secs(fields.integer("keep_alive_s", 1..=65_535, 30, problems));
        let clean_session = fields.flag("clean_session", false, problems);
        let tls = match fields.get("tls") {
            Some(json) => TlsConfig::read(json, at.member("tls"), problems),
            None => Some(TlsConfig::default()),
        };
        if fields.get("tls").is_some() && broker.as_ref().is_some_and(|broker| !broker.tls) {
            fields.error("tls", "`tls` goes with a URL that begins with `mqtts://`", problems);
        }
        let last_will = Announcement::read(&mut fields, "last_will", problems);
        let birth = Announcement::read(&mut fields, "birth", problems);
        let buffer = match fields.get("buffer") {
            Some(json) => BufferConfig::read(json, at.member("buffer"), problems),
            None => Some(BufferConfig::default()),
        };
        let publications = fields.list("publications", problems);
        let subscriptions = fields.list("subscriptions", problems);
        let good = fields.finish(problems);
        let publications =
            super::read_list(publications, &at.member("publications"), problems, PublicationConfig::read);
        let subscriptions =
            super::read_list(subscriptions, &at.member("subscriptions"), problems, SubscriptionConfig::read);
        if !good {
            return None;
        }
        let broker = broker?;
        let tls = tls.filter(|_| broker.tls);
        Some(Self {
            identity: identity?,
            broker,
            client_id,
            username,
            password,
            keep_alive,
            clean_session,
            tls,
            last_will,
            birth,
            buffer: buffer?,
            publications,
            subscriptions,
        })
    }
}

impl TlsConfig {
    fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let ca = fields.text("ca", 1_000_000, problems).map(str::to_owned);
        if ca.as_deref().is_some_and(|pem| !pem.contains("-----BEGIN CERTIFICATE-----")) {
            fields.error("ca", "`ca` is a PEM text with `-----BEGIN CERTIFICATE-----`", problems);
        }
        let only_tls13 = fields.word("min_version", &[("1.2", false), ("1.3", true)], problems).unwrap_or(false);
        fields.not_yet(&["certificate", "server_name", "alpn", "insecure"], problems);
        fields.finish(problems).then_some(Self { ca, only_tls13 })
    }
}

impl Announcement {
    fn read(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<Self> {
        let json = fields.get(name)?;
        let at = fields.at().member(name);
        let mut inner = Fields::open(json, at, problems)?;
        let topic = read_topic(&mut inner, "topic", problems);
        if topic.as_ref().is_some_and(|topic| topic.uses_tag() || topic.uses_attribute()) {
            inner.error("topic", "only `{appliance}` can stand in this topic", problems);
        }
        let payload = inner.text("payload", 65_536, problems).unwrap_or_default().to_owned();
        let qos = read_qos(&mut inner, problems);
        let retain = inner.flag("retain", false, problems);
        inner.finish(problems).then_some(())?;
        Some(Self { topic: topic?, payload, qos, retain })
    }
}

fn read_url(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<BrokerUrl> {
    let text = fields.required_text("url", 1000, problems)?;
    match parse_url(text) {
        Ok(url) => Some(url),
        Err(sentence) => {
            fields.error("url", sentence, problems);
            None
        }
    }
}

fn parse_url(text: &str) -> Result<BrokerUrl, String> {
    let wrong =
        || format!("{} is not a broker such as `mqtt://10.0.0.5:1883` or `mqtts://broker.example`", shown_text(text));
    let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
    let tls = match scheme {
        "mqtt" => false,
        "mqtts" => true,
        "ws" | "wss" => return Err("MQTT over WebSocket is not available in this version of dinrail".to_owned()),
        _ => return Err(wrong()),
    };
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains('@') {
        return Err("user and password have their own fields, not the URL".to_owned());
    }
    let default = if tls { 8883 } else { 1883 };
    let Endpoint { host, port } = Endpoint::parse(authority, Some(default)).ok_or_else(wrong)?;
    Ok(BrokerUrl { host, port, tls })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<&str>) {
        assert_eq!(parse_url(text).ok().map(|url| url.to_string()).as_deref(), expect, "{text}");
    }

    #[test]
    fn urls_have_scheme_host_and_port() {
        check("mqtt://127.0.0.1", Some("mqtt://127.0.0.1:1883"));
        check("mqtts://broker.example/", Some("mqtts://broker.example:8883"));
        check("mqtt://[::1]:1884", Some("mqtt://[::1]:1884"));
        check("mqtt://[::1]", Some("mqtt://[::1]:1883"));
        check("mqtt://h:0", None);
        check("mqtt://h:70000", None);
        check("mqtt://", None);
        check("http://h", None);
        check("mqtt://user:pass@h", None);
        check("mqtt://h/path", None);
        check("ws://h", None);
    }
}
