//! `cloud` of an MQTT connection: what a cloud prescribes of the way, the login and the topics is made from a few
//! settings of its own. Pure: the time comes in.

mod alibaba;
mod aws;
mod azure;
mod jwt;

use super::broker_url::{BrokerUrl, Scheme};
use super::fields::Fields;
use super::problem::{Pointer, Problems};
use super::publication::Qos;
use super::secret::Secret;
pub use alibaba::AlibabaConfig;
pub use aws::AwsConfig;
pub use azure::AzureConfig;
pub use jwt::JwtConfig;
use serde_json::Value as Json;

/// The port of MQTT over TLS (IANA: `secure-mqtt`).
const SECURE: u16 = 8883;

/// The cloud at the other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloudConfig {
    /// AWS IoT Core.
    Aws(AwsConfig),
    /// Azure IoT Hub.
    Azure(AzureConfig),
    /// Alibaba Cloud IoT Platform.
    Alibaba(AlibabaConfig),
    /// A broker with the topics and tokens Google Cloud IoT Core had, such as ClearBlade IoT Core.
    Jwt(JwtConfig),
    /// ThingsBoard; the access token of the device.
    ThingsBoard(Secret),
    /// EMQX Cloud; the address of the deployment.
    Emqx(String),
    /// HiveMQ Cloud; the address of the cluster.
    HiveMq(String),
    /// Home Assistant behind any broker.
    HomeAssistant(HomeAssistantConfig),
}

/// Home Assistant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeAssistantConfig {
    /// The first level of its discovery topics.
    pub prefix: String,
}

/// How a client introduces itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    /// MQTT client id.
    pub client_id: String,
    /// Login name.
    pub username: Option<String>,
    /// Login password.
    pub password: Option<Secret>,
    /// When another one must have been made, in ms since 1970-01-01 UTC; well before the cloud would end the session.
    pub renew_at: Option<i64>,
}

#[derive(Clone, Copy)]
enum Kind {
    Aws,
    Azure,
    Alibaba,
    Jwt,
    ThingsBoard,
    Emqx,
    HiveMq,
    HomeAssistant,
}

const KINDS: [(&str, Kind); 8] = [
    ("aws", Kind::Aws),
    ("azure", Kind::Azure),
    ("alibaba", Kind::Alibaba),
    ("jwt", Kind::Jwt),
    ("thingsboard", Kind::ThingsBoard),
    ("emqx", Kind::Emqx),
    ("hivemq", Kind::HiveMq),
    ("home-assistant", Kind::HomeAssistant),
];

impl CloudConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        // Without it nothing can be said of the others.
        let kind = fields.required_word("kind", &KINDS, problems)?;
        let cloud = match kind {
            Kind::Aws => AwsConfig::read(&mut fields, problems).map(Self::Aws),
            Kind::Azure => AzureConfig::read(&mut fields, problems).map(Self::Azure),
            Kind::Alibaba => AlibabaConfig::read(&mut fields, problems).map(Self::Alibaba),
            Kind::Jwt => JwtConfig::read(&mut fields, problems).map(Self::Jwt),
            Kind::ThingsBoard => read_secret(&mut fields, "token", problems).map(Self::ThingsBoard),
            Kind::Emqx => read_host(&mut fields, "host", problems).map(Self::Emqx),
            Kind::HiveMq => read_host(&mut fields, "host", problems).map(Self::HiveMq),
            Kind::HomeAssistant => {
                let prefix = match fields.get("discovery_prefix") {
                    None => Some("homeassistant".to_owned()),
                    Some(_) => read_id(&mut fields, "discovery_prefix", 100, "-_/", problems),
                };
                prefix.map(|prefix| Self::HomeAssistant(HomeAssistantConfig { prefix }))
            }
        };
        fields.finish(problems).then_some(())?;
        cloud
    }

    /// Its word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Aws(_) => "aws",
            Self::Azure(_) => "azure",
            Self::Alibaba(_) => "alibaba",
            Self::Jwt(_) => "jwt",
            Self::ThingsBoard(_) => "thingsboard",
            Self::Emqx(_) => "emqx",
            Self::HiveMq(_) => "hivemq",
            Self::HomeAssistant(_) => "home-assistant",
        }
    }

    /// Where it is, if its settings say so; otherwise the connection has a `url`.
    pub fn broker(&self) -> Option<BrokerUrl> {
        let (host, port) = match self {
            Self::Aws(aws) => (aws.endpoint.clone(), aws.port),
            Self::Azure(azure) => (azure.hub.clone(), SECURE),
            Self::Alibaba(alibaba) => (alibaba.endpoint.clone(), alibaba::PORT),
            Self::Jwt(jwt) => (jwt.host.clone(), jwt.port),
            Self::Emqx(host) | Self::HiveMq(host) => (host.clone(), SECURE),
            Self::ThingsBoard(_) | Self::HomeAssistant(_) => return None,
        };
        Some(BrokerUrl { scheme: Scheme::Mqtts, host, port, path: String::new() })
    }

    /// Protocols offered in the TLS handshake.
    pub fn alpn(&self) -> Vec<String> {
        match self {
            Self::Aws(aws) => aws.alpn(),
            _ => Vec::new(),
        }
    }

    /// Where it tells that it did not take what was reported; an acknowledgement only says that it came.
    pub fn complaints(&self) -> Option<String> {
        match self {
            Self::Aws(aws) => Some(format!("{}/update/rejected", aws.shadow_topic())),
            Self::Azure(_) => Some("$iothub/twin/res/#".to_owned()),
            Self::Alibaba(alibaba) => Some(format!("{}/event/property/post_reply", alibaba.thing_topic())),
            _ => None,
        }
    }

    /// The highest quality of service it takes.
    pub fn most_qos(&self) -> Qos {
        match self {
            Self::Aws(_) | Self::Azure(_) | Self::Alibaba(_) | Self::Jwt(_) => Qos::AtLeastOnce,
            Self::ThingsBoard(_) | Self::Emqx(_) | Self::HiveMq(_) | Self::HomeAssistant(_) => Qos::ExactlyOnce,
        }
    }

    /// Whether it speaks MQTT 5.
    pub fn speaks_five(&self) -> bool {
        !matches!(self, Self::Azure(_) | Self::Jwt(_))
    }

    /// Whether client id, user name and password follow from its settings.
    pub fn logs_in(&self) -> bool {
        !matches!(self, Self::Emqx(_) | Self::HiveMq(_) | Self::HomeAssistant(_))
    }

    /// Whether the client id follows from its settings.
    pub fn names_client(&self) -> bool {
        self.logs_in() && !matches!(self, Self::ThingsBoard(_))
    }

    /// Whether a user name and a password of the connection's own are needed.
    pub fn wants_login(&self) -> bool {
        matches!(self, Self::Emqx(_) | Self::HiveMq(_))
    }

    /// Whether it knows clients by their certificate, so that there must be one.
    pub fn wants_certificate(&self) -> bool {
        match self {
            Self::Aws(_) => true,
            Self::Azure(azure) => azure.key.is_none(),
            _ => false,
        }
    }

    /// How we introduce ourselves at `now`, in ms since 1970-01-01 UTC; `own` is what the connection's own settings say.
    pub fn access(&self, own: Access, now: i64) -> Access {
        match self {
            Self::Aws(aws) => Access { client_id: aws.thing.clone(), ..Access::default() },
            Self::Azure(azure) => azure.access(now),
            Self::Alibaba(alibaba) => alibaba.access(),
            Self::Jwt(jwt) => jwt.access(now),
            // ThingsBoard, "MQTT Device API Reference", section "MQTT Connect": the token is the user name.
            Self::ThingsBoard(token) => {
                Access { username: Some(token.reveal().to_owned()), client_id: own.client_id, ..Access::default() }
            }
            Self::Emqx(_) | Self::HiveMq(_) | Self::HomeAssistant(_) => own,
        }
    }
}

/// When a token that lives so many seconds from `now` (ms) is replaced: after four fifths of its life, so that a clock
/// that is a little wrong does no harm.
fn renewal(now: i64, life_s: u32) -> i64 {
    now + i64::from(life_s) * 800
}

/// A secret that must be there.
fn read_secret(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<Secret> {
    fields.required_text(name, 10_000, problems).map(Secret::new)
}

/// A host name that must be there.
fn read_host(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<String> {
    let text = fields.required_text(name, 253, problems)?;
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if !text.bytes().all(good) {
        let sentence = format!("`{name}` is a host name such as `broker.example`, without `mqtts://` and port");
        fields.error(name, sentence, problems);
        return None;
    }
    Some(text.to_owned())
}

/// A name of the cloud's that must be there: letters, digits and `also`, which becomes part of topics.
fn read_id(
    fields: &mut Fields<'_>,
    name: &'static str,
    max: usize,
    also: &str,
    problems: &mut Problems,
) -> Option<String> {
    let text = fields.required_text(name, max, problems)?;
    if !text.chars().all(|letter| letter.is_ascii_alphanumeric() || also.contains(letter)) {
        fields.error(name, format!("`{name}` has letters A-Z a-z, digits and `{also}`"), problems);
        return None;
    }
    Some(text.to_owned())
}

#[cfg(test)]
mod tests;
