//! `mqtt.connections[]`: brokers we are a client of.

use super::broker_url::BrokerUrl;
use super::buffer::BufferConfig;
use super::fields::{Fields, Identity};
use super::mqtt_tls::TlsConfig;
use super::mqtt5::Mqtt5Config;
use super::problem::{Pointer, Problems};
use super::publication::{PublicationConfig, Qos, read_qos, read_topic};
use super::secret::Secret;
use super::subscription::SubscriptionConfig;
use super::topic::TopicTemplate;
use serde_json::Value as Json;
use std::time::Duration;

/// One MQTT connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionConfig {
    /// Id, name, description, enabled.
    pub identity: Identity,
    /// The broker.
    pub broker: BrokerUrl,
    /// How it is spoken to.
    pub protocol: Protocol,
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
    /// Encryption; present exactly for `mqtts` and `wss`.
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

/// The version of MQTT that is spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protocol {
    /// MQTT 3.1.1.
    V311,
    /// MQTT 5.
    V5(Mqtt5Config),
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
        let broker = BrokerUrl::read(&mut fields, problems);
        let is_five = fields.word("protocol", &[("3.1.1", false), ("5", true)], problems).unwrap_or(false);
        let five = match fields.get("mqtt5") {
            Some(json) => Mqtt5Config::read(json, at.member("mqtt5"), problems),
            None => Some(Mqtt5Config::default()),
        };
        if fields.get("mqtt5").is_some() && !is_five {
            fields.error("mqtt5", "`mqtt5` goes with `\"protocol\": \"5\"`", problems);
        }
        let client_id = fields.text("client_id", 200, problems).filter(|id| !id.is_empty()).map(str::to_owned);
        let username = fields.text("username", 1000, problems).map(str::to_owned);
        let password = fields.text("password", 10_000, problems).map(Secret::new);
        if password.is_some() && username.is_none() && !is_five {
            fields.error("password", "a password needs a `username` (MQTT 3.1.1, 3.1.2.9)", problems);
        }
        let keep_alive = Duration::from_secs(fields.integer("keep_alive_s", 1..=65_535, 30, problems));
        let clean_session = fields.flag("clean_session", false, problems);
        let tls = match fields.get("tls") {
            Some(json) => TlsConfig::read(json, at.member("tls"), problems),
            None => Some(TlsConfig::default()),
        };
        if fields.get("tls").is_some() && broker.as_ref().is_some_and(|broker| !broker.scheme.is_encrypted()) {
            fields.error("tls", "`tls` goes with a URL that begins with `mqtts://` or `wss://`", problems);
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
        let tls = tls.filter(|_| broker.scheme.is_encrypted());
        Some(Self {
            identity: identity?,
            protocol: if is_five { Protocol::V5(five?) } else { Protocol::V311 },
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
