//! The part of the settings that a session is made with: when it changes there must be another session.

use super::dial::dial;
use crate::config::broker_url::BrokerUrl;
use crate::config::mqtt::Announcement;
use crate::config::mqtt_tls::TlsConfig;
use crate::config::publication::Qos;
use crate::config::secret::Secret;
use crate::config::topic::TopicContext;
use rumqttc::{Broker, LastWill, MqttOptions, NetworkOptions, QoS};
use std::time::Duration;

/// Publishes of QoS 1 and 2 that may wait for their acknowledgement, birth and answers included: below the 100 that
/// strict brokers allow a client.
pub(super) const IN_FLIGHT: u16 = 96;
/// What the client library may be handed before it has written anything.
pub(super) const QUEUE: usize = 1024;
/// A message larger than this ends the session; commands have a far lower limit of their own, with an answer.
const LARGEST_IN: usize = 16 * 1024 * 1024;
/// MQTT 3.1.1, 2.2.3: the longest packet there is.
const LARGEST_OUT: usize = 268_435_455;
/// From the first packet to CONNACK, and the longest a write may take. Longer than reaching the broker by TCP and TLS.
pub(super) const CONNACK: Duration = Duration::from_secs(15);

/// A topic and payload about ourselves, with its placeholder filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) topic: String,
    pub(super) payload: String,
    pub(super) qos: Qos,
    pub(super) retain: bool,
}

impl Notice {
    pub(super) fn of(announcement: &Announcement, appliance: &str) -> Self {
        let context = TopicContext { appliance, tag: None, attribute: None };
        Self {
            topic: announcement.topic.render(context),
            payload: announcement.payload.clone(),
            qos: announcement.qos,
            retain: announcement.retain,
        }
    }
}

/// What a session is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wire {
    pub(super) broker: BrokerUrl,
    pub(super) tls: Option<TlsConfig>,
    pub(super) client_id: String,
    username: Option<String>,
    password: Option<Secret>,
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
            username: connection.username.clone(),
            password: connection.password.clone(),
            keep_alive: connection.keep_alive,
            clean_session: connection.clean_session,
            will: connection.last_will.as_ref().map(|will| Notice::of(will, &config.appliance)),
        }
    }

    /// Options of the client library.
    pub(super) fn options(&self) -> MqttOptions {
        let broker = Broker::tcp(self.broker.host.clone(), self.broker.port);
        let mut options = MqttOptions::new(self.client_id.clone(), broker);
        options
            .set_keep_alive(u16::try_from(self.keep_alive.as_secs()).unwrap_or(u16::MAX))
            .set_clean_session(self.clean_session)
            .set_inflight(IN_FLIGHT)
            .set_request_channel_capacity(QUEUE)
            // The library's own default writes to the socket once per message.
            .set_max_request_batch(256)
            .set_max_packet_size(LARGEST_IN, LARGEST_OUT);
        match (&self.username, &self.password) {
            (Some(name), Some(password)) => {
                options.set_credentials(name.clone(), password.reveal().as_bytes().to_vec());
            }
            (Some(name), None) => {
                options.set_username(name.clone());
            }
            (None, _) => (),
        }
        if let Some(will) = &self.will {
            let payload = will.payload.as_bytes().to_vec();
            options.set_last_will(LastWill::new(will.topic.clone(), payload, qos(will.qos), will.retain));
        }
        // Our own dialler, since only it knows which part of the way failed.
        let (broker, tls, keep_alive) = (self.broker.clone(), self.tls.clone(), self.keep_alive);
        options.set_socket_connector(move |_address, _options| dial(broker.clone(), tls.clone(), keep_alive));
        options
    }

    /// Time limits of the client library.
    pub(super) fn network_options() -> NetworkOptions {
        let mut options = NetworkOptions::new();
        options.set_connection_timeout(CONNACK.as_secs());
        options
    }
}

/// The library's word for a quality of service.
pub(super) fn qos(qos: Qos) -> QoS {
    match qos {
        Qos::AtMostOnce => QoS::AtMostOnce,
        Qos::AtLeastOnce => QoS::AtLeastOnce,
        Qos::ExactlyOnce => QoS::ExactlyOnce,
    }
}
