//! The packet boundary: one client library for each version of MQTT, with one face. Above it nothing knows the version:
//! queue, ledger and what is in flight are the same for both.

mod v311;
mod v5;

use super::MqttError;
use super::wire::{IN_FLIGHT, Wire};
use crate::config::mqtt::Protocol;
use crate::config::publication::Qos;
use crate::runtime::bridges::Properties;
use bytes::Bytes;
use std::time::Duration;

/// Hands requests to the library; none of them waits.
#[derive(Debug)]
pub(super) enum Client {
    V311(v311::Client),
    V5(v5::Client),
}

/// Does the library's work: socket, packets, acknowledgements.
pub(super) enum EventLoop {
    V311(v311::EventLoop),
    V5(v5::EventLoop),
}

/// A message to be published.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) topic: String,
    pub(super) payload: Bytes,
    pub(super) qos: Qos,
    pub(super) retain: bool,
    /// What came with the request that this answers; MQTT 5 alone has it.
    pub(super) correlation: Option<Bytes>,
    /// Of a publication: it expires as the settings say.
    pub(super) expires: bool,
    /// What somebody else said beside it in MQTT 5.
    pub(super) carried: Option<Box<Properties>>,
}

/// A message on one of our subscriptions.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) topic: Bytes,
    pub(super) payload: Bytes,
    pub(super) qos: Qos,
    pub(super) retain: bool,
    pub(super) asked: Asked,
    /// For those it is passed on to, if anything.
    pub(super) carried: Option<Box<Properties>>,
    /// What the broker waits for; none of QoS 0.
    pub(super) receipt: Option<Receipt>,
}

/// The acknowledgement of a message: PUBACK, or PUBREC of QoS 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Receipt {
    pub(super) qos: Qos,
    /// The packet's number.
    pub(super) id: u16,
    /// The broker has sent it before, and may have sent it to us.
    pub(super) again: bool,
}

impl Receipt {
    pub(super) fn of(qos: Qos, id: u16, again: bool) -> Option<Self> {
        (qos != Qos::AtMostOnce).then_some(Self { qos, id, again })
    }
}

/// What MQTT 5 says beside a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// Where the answer is wanted.
    pub(super) response_topic: Option<String>,
    /// What goes back with it.
    pub(super) correlation: Option<Bytes>,
    /// How much longer it holds: the broker takes off the time it waited there (MQTT 5, 3.3.2.3.3).
    pub(super) expiry: Option<Duration>,
}

/// For whom a client works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// For our own publications and commands. The library acknowledges what comes.
    Ourselves,
    /// For another broker, which gets what it has not said itself, with `retain` as it was. What comes is acknowledged by
    /// [`Client::acknowledge`].
    Bridge,
}

/// Why a message did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotDone {
    /// It was lost with its session; another try may do.
    Lost(String),
    /// The broker does not want it, and would not at another try; why.
    Refused(&'static str),
}

/// What [`EventLoop::poll`] saw.
#[derive(Debug)]
pub(super) enum Polled {
    /// CONNACK came; whether the broker kept an older session.
    Connected {
        resumed: bool,
    },
    Message(Incoming),
    /// PUBREC of this number went out, or PUBREL of it came: the library knows by itself when the message comes again.
    Recorded(u16),
    Other,
}

/// How a session ended, or why there is none.
#[derive(Debug)]
pub(super) enum Ended {
    /// As we asked.
    Disconnected,
    Lost {
        /// Without the broker's name.
        sentence: String,
        /// The broker holds a message beyond all measure for us.
        too_large: bool,
        /// The broker ended a session that was up, and did not say that it was for a reason of its own.
        closed: bool,
    },
}

/// How far a session had come when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// CONNACK had not come.
    Connecting,
    /// The session was up.
    Connected,
}

/// A publish under way.
pub(super) enum PublishNotice {
    V311(rumqttc::PublishNotice),
    V5(rumqttc_v5::PublishNotice),
}

/// A subscribe under way.
pub(super) enum SubscribeNotice {
    V311(rumqttc::SubscribeNotice),
    V5(rumqttc_v5::SubscribeNotice),
}

/// A sign of life asked for.
pub(super) enum SignNotice {
    V311(rumqttc::UnsubscribeNotice),
    V5(rumqttc_v5::UnsubscribeNotice),
}

/// A request that the library did not take, and why.
pub(super) type Untaken = &'static str;

const FULL: Untaken = "the broker takes messages more slowly than they come";
const INVALID: Untaken = "a topic is not valid";
const GONE: Untaken = "the client has ended";

impl PublishNotice {
    /// Answers the number that a message of QoS 2 had.
    pub(super) async fn done(self) -> Result<Option<u16>, NotDone> {
        match self {
            Self::V311(notice) => v311::done(notice).await,
            Self::V5(notice) => v5::done(notice).await,
        }
    }
}

impl SubscribeNotice {
    /// Whether each filter is refused; nothing when the session ended first: the next one asks again.
    pub(super) async fn refused(self) -> Option<Vec<bool>> {
        match self {
            Self::V311(notice) => v311::refused(notice).await,
            Self::V5(notice) => v5::refused(notice).await,
        }
    }
}

impl SignNotice {
    pub(super) async fn came(self) -> bool {
        match self {
            Self::V311(notice) => notice.wait_completion_async().await.is_ok(),
            // An answer is a sign of life, whatever it says.
            Self::V5(notice) => notice.wait_async().await.is_ok(),
        }
    }
}

impl Client {
    pub(super) fn new(wire: &Wire, purpose: Purpose) -> Result<(Self, EventLoop), MqttError> {
        Ok(match &wire.protocol {
            Protocol::V311 => {
                let (client, events) = v311::Client::new(wire, purpose)?;
                (Self::V311(client), EventLoop::V311(events))
            }
            Protocol::V5(config) => {
                let (client, events) = v5::Client::new(wire, config, purpose)?;
                (Self::V5(client), EventLoop::V5(events))
            }
        })
    }

    /// Whether the message can be sent at all: topics have a length of 16 bits (1.5.4), and in MQTT 5 the broker says how
    /// large a packet may be (3.2.2.3.6).
    pub(super) fn takes(&self, message: &Outgoing) -> bool {
        let fits = match self {
            Self::V311(_) => true,
            Self::V5(client) => client.takes(message),
        };
        fits && u16::try_from(message.topic.len()).is_ok()
    }

    /// The highest number that a message gets; after it comes 1.
    pub(super) fn highest_number(&self) -> u16 {
        match self {
            Self::V311(_) => IN_FLIGHT,
            Self::V5(client) => client.highest_number(),
        }
    }

    pub(super) fn publish(&self, message: Outgoing) -> Result<PublishNotice, Untaken> {
        match self {
            Self::V311(client) => client.publish(message).map(PublishNotice::V311),
            Self::V5(client) => client.publish(message).map(PublishNotice::V5),
        }
    }

    pub(super) fn subscribe(&self, filters: &[(String, Qos)]) -> Result<SubscribeNotice, Untaken> {
        match self {
            Self::V311(client) => client.subscribe(filters).map(SubscribeNotice::V311),
            Self::V5(client) => client.subscribe(filters).map(SubscribeNotice::V5),
        }
    }

    pub(super) fn unsubscribe(&self, filters: &[String]) -> Result<(), Untaken> {
        match self {
            Self::V311(client) => client.unsubscribe(filters),
            Self::V5(client) => client.unsubscribe(filters),
        }
    }

    /// Acknowledges a message that came on the present connection, once.
    pub(super) fn acknowledge(&self, receipt: Receipt) -> Result<(), Untaken> {
        match self {
            Self::V311(client) => client.acknowledge(receipt),
            Self::V5(client) => client.acknowledge(receipt),
        }
    }

    /// Asks for something that the broker must answer.
    pub(super) fn ask_for_a_sign(&self, filter: &str) -> Result<SignNotice, Untaken> {
        match self {
            Self::V311(client) => client.ask_for_a_sign(filter).map(SignNotice::V311),
            Self::V5(client) => client.ask_for_a_sign(filter).map(SignNotice::V5),
        }
    }

    /// DISCONNECT, so that the broker forgets the will.
    pub(super) fn disconnect(&self) -> Result<(), Untaken> {
        match self {
            Self::V311(client) => client.disconnect(),
            Self::V5(client) => client.disconnect(),
        }
    }
}

impl EventLoop {
    /// Works until something happened. To be polled again after every answer but [`Ended::Disconnected`].
    pub(super) async fn poll(&mut self, stage: Stage, wire: &Wire) -> Result<Polled, Ended> {
        match self {
            Self::V311(events) => events.poll(stage, wire).await,
            Self::V5(events) => events.poll(stage, wire).await,
        }
    }

    /// Whether the next CONNECT asks the broker to forget what it kept.
    pub(super) fn start_clean(&mut self, clean: bool) {
        match self {
            Self::V311(events) => events.start_clean(clean),
            Self::V5(events) => events.start_clean(clean),
        }
    }

    /// The next CONNECT registers this will, with QoS 1.
    pub(super) fn set_will(&mut self, topic: String, payload: Bytes) {
        match self {
            Self::V311(events) => events.set_will(topic, payload),
            Self::V5(events) => events.set_will(topic, payload),
        }
    }

    /// Leaves the session that is up without a word.
    pub(super) fn drop_session(&mut self) {
        match self {
            Self::V311(events) => events.drop_session(),
            Self::V5(events) => events.drop_session(),
        }
    }
}
