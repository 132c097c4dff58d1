//! The part of the settings that a session is made with: when it changes there must be another session.

use super::dial::{Stream, dial};
use super::web_socket::HANDSHAKE;
use crate::config::broker_url::BrokerUrl;
use crate::config::mqtt::{Announcement, Protocol};
use crate::config::mqtt_tls::TlsConfig;
use crate::config::publication::Qos;
use crate::config::secret::Secret;
use crate::config::topic::TopicContext;
use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use std::io;
use std::time::Duration;

/// Publishes of QoS 1 and 2 that may wait for their acknowledgement, birth and answers included: below the 100 that
/// strict brokers allow a client.
pub(super) const IN_FLIGHT: u16 = 96;
/// What the client library may be handed before it has written anything.
pub(super) const QUEUE: usize = 1024;
/// A message larger than this ends the session; commands have a far lower limit of their own, with an answer.
pub(super) const LARGEST_IN: usize = 16 * 1024 * 1024;
/// MQTT 3.1.1, 2.2.3: the longest packet there is.
pub(super) const LARGEST_OUT: usize = 268_435_455;
/// Requests the library writes at once; its own default writes to the socket once per message.
pub(super) const BATCH: usize = 256;
/// See [`Wire::patience`].
const CONNACK: Duration = Duration::from_secs(15);

/// A topic and payload about ourselves, with its placeholder filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) topic: String,
    pub(super) payload: String,
    pub(super) qos: Qos,
    pub(super) retain: bool,
    /// What came with the request that this answers.
    pub(super) correlation: Option<Bytes>,
}

impl Notice {
    pub(super) fn of(announcement: &Announcement, appliance: &str) -> Self {
        let context = TopicContext { appliance, tag: None, attribute: None };
        Self {
            topic: announcement.topic.render(context),
            payload: announcement.payload.clone(),
            qos: announcement.qos,
            retain: announcement.retain,
            correlation: None,
        }
    }
}

/// What a session is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wire {
    pub(super) broker: BrokerUrl,
    pub(super) tls: Option<TlsConfig>,
    pub(super) client_id: String,
    pub(super) protocol: Protocol,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) keep_alive: Duration,
    pub(super) clean_session: bool,
    pub(super) will: Option<Notice>,
}

impl Wire {
    // The client id is never empty: a name is the appliance's, and an empty setting counts as none.
    pub(super) fn of(config: &super::MqttUnitConfig) -> Self {
        let connection = &config.connection;
        Self {
            broker: connection.broker.clone(),
            tls: connection.tls.clone(),
            client_id: connection.client_id.clone().unwrap_or_else(|| config.appliance.clone()),
            protocol: connection.protocol.clone(),
            username: connection.username.clone(),
            password: connection.password.clone(),
            keep_alive: connection.keep_alive,
            clean_session: connection.clean_session,
            will: connection.last_will.as_ref().map(|will| Notice::of(will, &config.appliance)),
        }
    }

    /// Seconds between signs of life.
    pub(super) fn keep_alive_s(&self) -> u16 {
        u16::try_from(self.keep_alive.as_secs()).unwrap_or(u16::MAX)
    }

    /// From the first packet to CONNACK, and the longest a write may take. Longer than reaching the broker.
    pub(super) fn patience(&self) -> Duration {
        if self.broker.scheme.is_web() { CONNACK + HANDSHAKE } else { CONNACK }
    }

    /// Reaches the broker, as often as it is called.
    pub(super) fn dialler(&self) -> impl Fn() -> BoxFuture<'static, io::Result<Stream>> + Send + Sync + 'static {
        let (broker, tls, keep_alive) = (self.broker.clone(), self.tls.clone(), self.keep_alive);
        move || dial(broker.clone(), tls.clone(), keep_alive).boxed()
    }
}
