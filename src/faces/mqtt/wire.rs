//! The part of the settings that a session is made with: when it changes there must be another session.

use super::dial::{Stream, dial};
use super::web_socket::HANDSHAKE;
use crate::config::broker_url::BrokerUrl;
use crate::config::cloud::{Access, CloudConfig};
use crate::config::mqtt::{Announcement, Protocol};
use crate::config::mqtt_tls::TlsConfig;
use crate::config::publication::Qos;
use crate::config::secret::Secret;
use crate::config::sparkplug::EdgeNodeConfig;
use crate::config::topic::TopicContext;
use crate::platform::clock;
use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;

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

/// How often the clock is looked at while a token is in use, and how far it may be set (ms) before that is made anew.
const CLOCK_LOOK: Duration = Duration::from_secs(10);
const CLOCK_ERROR: i64 = 30_000;

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
    pub(super) cloud: Option<CloudConfig>,
    /// The edge node it is, without what it allows; its will is another at each CONNECT.
    pub(super) edge_node: Option<EdgeNodeConfig>,
    pub(super) reached: Reached,
    /// When it was made, and when what it introduces us with must be made anew; ms since 1970-01-01 UTC.
    made_at: i64,
    renew_at: Option<i64>,
}

impl Wire {
    // The client id is never empty: a name is the appliance's, and an empty setting counts as none.
    pub(super) fn of(config: &super::MqttUnitConfig, now: i64) -> Self {
        let connection = &config.connection;
        let Access { client_id, username, password, renew_at } = connection.access(&config.appliance, now);
        Self {
            broker: connection.broker.clone(),
            tls: connection.tls.clone(),
            client_id,
            protocol: connection.protocol.clone(),
            username,
            password,
            keep_alive: connection.keep_alive,
            clean_session: connection.clean_session,
            edge_node: connection
                .sparkplug
                .clone()
                .map(|edge_node| EdgeNodeConfig { writable: Vec::new(), ..edge_node }),
            reached: Reached::default(),
            will: connection.last_will.as_ref().map(|will| Notice::of(will, &config.appliance)),
            cloud: connection.cloud.clone(),
            made_at: now,
            renew_at,
        }
    }

    /// Whether these settings ask for another session.
    pub(super) fn differs(&self, config: &super::MqttUnitConfig) -> bool {
        let mut other = Self::of(config, self.made_at);
        if self.renew_at.is_some() && other.cloud == self.cloud {
            // Made from the same settings, and never twice alike: some signatures have chance in them.
            other.password.clone_from(&self.password);
        }
        other != *self
    }

    /// What is behind it when the broker refuses us, if that is to be seen from here.
    pub(super) fn doubt(&self) -> &'static str {
        if self.renew_at.is_some() && self.made_at < clock::EARLIEST_SENSIBLE_MS {
            "; the clock of this appliance is not set, so that no token of it holds"
        } else {
            ""
        }
    }

    /// Ends when what it introduces us with must be made anew: in time before it expires, or when the clock it was made by
    /// turns out to have been wrong. Never, if nothing of it expires.
    pub(super) async fn worn_out(&self) {
        let Some(renew_at) = self.renew_at else { return std::future::pending().await };
        let (began, wall) = (Instant::now(), clock::unix_ms());
        loop {
            let now = clock::unix_ms();
            let passed = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
            if renew_at <= now || CLOCK_ERROR < (now - wall - passed).abs() {
                return;
            }
            let left = Duration::from_millis(u64::try_from(renew_at - now).unwrap_or(0));
            tokio::time::sleep(left.min(CLOCK_LOOK)).await;
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

    /// Reaches the broker, as often as it is called, and notes when it did.
    pub(super) fn dialler(&self) -> impl Fn() -> BoxFuture<'static, io::Result<Stream>> + Send + Sync + 'static {
        let (broker, tls, keep_alive) = (self.broker.clone(), self.tls.clone(), self.keep_alive);
        let Reached(reached) = self.reached.clone();
        move || {
            let (dialled, reached) = (dial(broker.clone(), tls.clone(), keep_alive), Arc::clone(&reached));
            dialled.inspect(move |dialled| reached.store(dialled.is_ok(), Ordering::SeqCst)).boxed()
        }
    }
}

/// Whether the broker was reached lately: then CONNECT was sent. No setting, so any two are alike.
#[derive(Debug, Clone, Default)]
pub(super) struct Reached(Arc<AtomicBool>);

impl Reached {
    /// Asked once.
    pub(super) fn take(&self) -> bool {
        self.0.swap(false, Ordering::SeqCst)
    }
}

impl PartialEq for Reached {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Reached {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::GatewayConfig;
    use crate::faces::mqtt::MqttUnitConfig;
    use serde_json::json;

    const NOW: i64 = 1_790_000_000_000;

    fn config(key: &str, keep_alive: u16) -> MqttUnitConfig {
        let cloud = json!({"kind": "azure", "hub": "h", "device_id": "d", "shared_access_key": key});
        let connection = json!({"name": "c", "cloud": cloud, "keep_alive_s": keep_alive});
        let document = json!({"format": "dinrail/1", "mqtt": {"connections": [connection]}});
        let (mut config, problems) = GatewayConfig::parse(&document);
        assert_eq!(problems, []);
        MqttUnitConfig { appliance: "a".into(), connection: config.connections.remove(0) }
    }

    #[test]
    fn the_age_of_a_token_is_no_reason_for_another_session() {
        let wire = Wire::of(&config("a2V5", 30), NOW);
        assert!(!wire.differs(&config("a2V5", 30)));
        assert!(wire.differs(&config("b3RoZXI=", 30)), "another key");
        assert!(wire.differs(&config("a2V5", 60)), "what CONNECT carries beside");
    }

    #[test]
    fn a_token_of_a_clock_that_is_not_set_is_doubted() {
        assert_eq!(Wire::of(&config("a2V5", 30), NOW).doubt(), "");
        assert!(Wire::of(&config("a2V5", 30), 1000).doubt().contains("the clock of this appliance is not set"));
    }
}
