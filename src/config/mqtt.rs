//! `mqtt.connections[]`: brokers we are a client of.

use super::broker_url::BrokerUrl;
use super::buffer::BufferConfig;
use super::cloud::{Access, CloudConfig};
use super::fields::{Fields, Identity};
use super::mqtt_tls::TlsConfig;
use super::mqtt5::Mqtt5Config;
use super::preset::Preset;
use super::problem::{Pointer, Problems};
use super::publication::{PublicationConfig, Qos, read_qos, read_topic};
use super::secret::Secret;
use super::sparkplug::EdgeNodeConfig;
use super::subscription::SubscriptionConfig;
use super::topic::TopicTemplate;
use serde_json::Value as Json;
use std::time::Duration;

/// One MQTT connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionConfig {
    /// Id, name, description, enabled.
    pub identity: Identity,
    /// The cloud it is, if it is one whose ways we know.
    pub cloud: Option<CloudConfig>,
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
    /// Whether the broker forgets us when we are away; it does with an edge node.
    pub clean_session: bool,
    /// Encryption; present exactly for `mqtts` and `wss`.
    pub tls: Option<TlsConfig>,
    /// What the broker says when we vanish.
    pub last_will: Option<Announcement>,
    /// What we say after each connect.
    pub birth: Option<Announcement>,
    /// Present when the connection is an edge node: then every publication has payload `sparkplug`, and there is
    /// neither a will nor a birth nor a subscription beside.
    pub sparkplug: Option<EdgeNodeConfig>,
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
        let cloud = match fields.get("cloud") {
            Some(json) => Some(CloudConfig::read(json, at.member("cloud"), problems)?),
            None => None,
        };
        let derived = cloud.as_ref().and_then(CloudConfig::broker);
        let broker = match &derived {
            Some(derived) if fields.get("url").is_none_or(|json| json == "") => Some(derived.clone()),
            _ => BrokerUrl::read(&mut fields, problems),
        };
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
        if let Some(cloud) = &cloud {
            judge_login(&mut fields, cloud, is_five, problems);
        }
        let keep_alive = Duration::from_secs(fields.integer("keep_alive_s", 1..=65_535, 30, problems));
        let edge_node = fields.get("sparkplug");
        let clean_session = fields.flag("clean_session", edge_node.is_some(), problems);
        let tls = match fields.get("tls") {
            Some(json) => TlsConfig::read(json, at.member("tls"), problems),
            None => Some(TlsConfig::default()),
        };
        if fields.get("tls").is_some() && broker.as_ref().is_some_and(|broker| !broker.scheme.is_encrypted()) {
            fields.error("tls", "`tls` goes with a URL that begins with `mqtts://` or `wss://`", problems);
        }
        let tls = tls.map(|tls| to_cloud(tls, cloud.as_ref(), derived.as_ref(), broker.as_ref()));
        if cloud.as_ref().is_some_and(CloudConfig::wants_certificate)
            && tls.as_ref().is_some_and(|tls| tls.certificate.is_none())
        {
            let sentence = "this cloud knows a device by its certificate: choose one in `tls`";
            fields.error("tls", sentence, problems);
        }
        let presence = matches!(cloud, Some(CloudConfig::HomeAssistant(_)));
        let last_will = Announcement::read(&mut fields, "last_will", problems)
            .or_else(|| presence.then(|| Announcement::of_presence("offline")).flatten());
        let birth = Announcement::read(&mut fields, "birth", problems)
            .or_else(|| presence.then(|| Announcement::of_presence("online")).flatten());
        let buffer = match fields.get("buffer") {
            Some(json) => BufferConfig::read(json, at.member("buffer"), problems),
            None => Some(BufferConfig::default()),
        };
        let publications = fields.list("publications", problems);
        let subscriptions = fields.list("subscriptions", problems);
        let sparkplug = edge_node.and_then(|json| EdgeNodeConfig::read(json, at.member("sparkplug"), problems));
        if edge_node.is_some() {
            refuse_beside(&mut fields, clean_session, problems);
        }
        let good = fields.finish(problems);
        let publications =
            super::read_list(publications, &at.member("publications"), problems, |json, at, problems| {
                PublicationConfig::read(json, at, cloud.as_ref(), problems)
            });
        let subscriptions =
            super::read_list(subscriptions, &at.member("subscriptions"), problems, |json, at, problems| {
                SubscriptionConfig::read(json, at, cloud.as_ref(), problems)
            });
        if !good {
            return None;
        }
        let broker = broker?;
        let tls = tls.filter(|_| broker.scheme.is_encrypted());
        Some(Self {
            identity: identity?,
            protocol: if is_five { Protocol::V5(five?) } else { Protocol::V311 },
            cloud,
            broker,
            client_id,
            username,
            password,
            keep_alive,
            clean_session,
            tls,
            last_will,
            birth,
            sparkplug,
            buffer: buffer?,
            publications,
            subscriptions,
        })
    }

    /// Where the cloud complains of what is reported to it, if anything is.
    pub fn complaints(&self) -> Option<String> {
        let reports = |publication: &PublicationConfig| {
            publication.identity.enabled && publication.preset == Some(Preset::Reported)
        };
        self.publications.iter().any(reports).then(|| self.cloud.as_ref()?.complaints())?
    }

    /// How we introduce ourselves at `now`, in ms since 1970-01-01 UTC.
    pub fn access(&self, appliance: &str, now: i64) -> Access {
        let own = Access {
            client_id: self.client_id.clone().unwrap_or_else(|| appliance.to_owned()),
            username: self.username.clone(),
            password: self.password.clone(),
            renew_at: None,
        };
        match &self.cloud {
            None => own,
            Some(cloud) => cloud.access(own, now),
        }
    }
}

/// What a cloud says of the login and the protocol.
fn judge_login(fields: &mut Fields<'_>, cloud: &CloudConfig, is_five: bool, problems: &mut Problems) {
    let derived = [("client_id", cloud.names_client()), ("username", cloud.logs_in()), ("password", cloud.logs_in())];
    for member in derived.into_iter().filter_map(|(member, derived)| derived.then_some(member)) {
        if fields.get(member).is_some_and(|json| json != "") {
            fields.error(member, format!("`{member}` follows from `cloud`: leave it out"), problems);
        }
    }
    if cloud.wants_login() {
        for member in ["username", "password"] {
            if fields.get(member).is_none_or(|json| json == "") {
                fields.error(member, format!("`{member}` is missing: this cloud asks for it"), problems);
            }
        }
    }
    if is_five && !cloud.speaks_five() {
        fields.error("protocol", "this cloud speaks MQTT 3.1.1", problems);
    }
}

/// Encryption as the cloud wants it, where nothing else is said. By another way, such as a relay, it is asked for by its
/// own name all the same.
fn to_cloud(
    mut tls: TlsConfig,
    cloud: Option<&CloudConfig>,
    derived: Option<&BrokerUrl>,
    broker: Option<&BrokerUrl>,
) -> TlsConfig {
    if let (Some(derived), Some(broker)) = (derived, broker)
        && derived.host != broker.host
        && tls.server_name.is_none()
    {
        tls.server_name = Some(derived.host.clone());
    }
    if let Some(cloud) = cloud.filter(|_| tls.alpn.is_empty()) {
        tls.alpn = cloud.alpn();
    }
    tls
}

/// What an edge node does itself, or must not do.
fn refuse_beside(fields: &mut Fields<'_>, clean_session: bool, problems: &mut Problems) {
    if !clean_session {
        let sentence = "a Sparkplug session is always clean (Sparkplug 3.0, 2.4): leave `clean_session` out";
        fields.error("clean_session", sentence, problems);
    }
    let beside = [
        ("cloud", "an edge node speaks Sparkplug to any broker: leave `cloud` out, and give address and login here"),
        ("last_will", "the will of an edge node is its NDEATH: leave `last_will` out"),
        ("birth", "the birth of an edge node is its NBIRTH: leave `birth` out"),
        ("subscriptions", "an edge node is commanded by NCMD and DCMD: put subscriptions in a connection of their own"),
    ];
    for (member, sentence) in beside {
        if fields.get(member).is_some_and(|json| json.as_array().is_none_or(|list| !list.is_empty())) {
            fields.error(member, sentence, problems);
        }
    }
}

impl Announcement {
    /// Whether we are there, where the other end wants to know and nothing else is said.
    fn of_presence(payload: &str) -> Option<Self> {
        let topic = TopicTemplate::parse("{appliance}/status").ok()?;
        Some(Self { topic, payload: payload.to_owned(), qos: Qos::AtLeastOnce, retain: true })
    }

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
