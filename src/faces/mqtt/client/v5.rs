//! MQTT 5.

mod end;

use super::{Asked, Ended, FULL, GONE, INVALID, Incoming, NotDone, Outgoing, Polled, Purpose, Receipt, Stage, Untaken};
use crate::config::mqtt5::Mqtt5Config;
use crate::config::publication::Qos;
use crate::faces::mqtt::MqttError;
use crate::faces::mqtt::wire::{BATCH, IN_FLIGHT, LARGEST_IN, QUEUE, Wire};
use crate::runtime::bridges::Properties;
use bytes::Bytes;
use end::{cause, is_closed, is_too_large};
use futures::FutureExt as _;
use rumqttc_v5::{
    AckMode, AsyncClient, Broker, ClientError, ConnectionError, Event, LastWill, ManualAck, MqttOptions,
    Outgoing as Sent, Packet, PersistedAckMode, PersistedSession, PubAck, PubAckReason, PubCompReason, PubRec,
    PubRecReason, PublishNotice, PublishNoticeError, PublishOptions, PublishProperties, PublishResult, QoS,
    SessionStore, SessionStoreKey, SubscribeFilterInput, SubscribeNotice, SubscribeReasonCode, TopicAliasPolicy,
    UnsubscribeNotice,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;

/// What the library asks a store of sessions for.
type SessionStoreFuture<'a, T> = futures::future::BoxFuture<'a, Result<T, rumqttc_v5::SessionStoreError>>;

/// Bytes of a PUBLISH beside its texts: lengths, the packet's number, and properties of a fixed size (3.3).
const HEADER: usize = 40;
/// Numbers the broker may use for topics of its messages to us; few filters, few topics.
const ALIASES_IN: u16 = 16;

#[derive(Debug)]
pub(in crate::faces::mqtt) struct Client {
    requests: AsyncClient,
    user_properties: Vec<(String, String)>,
    message_expiry: Option<u32>,
    purpose: Purpose,
    largest: Arc<AtomicUsize>,
    highest: Arc<AtomicU16>,
}

pub(in crate::faces::mqtt) struct EventLoop {
    events: Box<rumqttc_v5::EventLoop>,
    /// Bytes of a packet that the broker takes.
    largest: Arc<AtomicUsize>,
    /// Messages on their way to the broker at once.
    highest: Arc<AtomicU16>,
}

impl Client {
    pub(super) fn new(wire: &Wire, config: &Mqtt5Config, purpose: Purpose) -> Result<(Self, EventLoop), MqttError> {
        let built = AsyncClient::builder(options(wire, config, purpose)).try_build();
        let (requests, events) = built.map_err(|error| MqttError::Client(error.to_string()))?;
        let message_expiry = config.message_expiry.map(|span| u32::try_from(span.as_secs()).unwrap_or(u32::MAX));
        let (user_properties, largest) = (config.user_properties.clone(), Arc::new(AtomicUsize::new(usize::MAX)));
        let highest = Arc::new(AtomicU16::new(IN_FLIGHT));
        let shared = (Arc::clone(&largest), Arc::clone(&highest));
        let events = EventLoop { events: Box::new(events), largest: shared.0, highest: shared.1 };
        Ok((Self { requests, user_properties, message_expiry, purpose, largest, highest }, events))
    }

    pub(super) fn takes(&self, message: &Outgoing) -> bool {
        let Outgoing { topic, payload, correlation, carried, .. } = message;
        let user: usize = self.user_properties.iter().map(|(name, value)| 5 + name.len() + value.len()).sum();
        let beside = correlation.as_ref().map_or(0, Bytes::len) + carried.as_ref().map_or(0, |carried| carried.bytes());
        HEADER + topic.len() + payload.len() + user + beside <= self.largest.load(Ordering::Relaxed)
    }

    pub(super) fn highest_number(&self) -> u16 {
        self.highest.load(Ordering::Relaxed)
    }

    pub(super) fn publish(&self, message: Outgoing) -> Result<PublishNotice, Untaken> {
        let Outgoing { topic, payload, qos, retain, correlation, expires, carried } = message;
        let message_expiry = self.message_expiry.filter(|_| expires);
        let mut options = PublishOptions::new(quality(qos)).retain(retain);
        if let Some(carried) = carried {
            options = options.properties(self.passed_on(*carried, message_expiry));
        } else if !self.user_properties.is_empty() || message_expiry.is_some() || correlation.is_some() {
            options = options.properties(PublishProperties {
                message_expiry_interval: message_expiry,
                correlation_data: correlation,
                user_properties: self.user_properties.clone(),
                ..PublishProperties::default()
            });
        }
        self.requests.try_publish_tracked(topic, payload, options).map_err(|error| untaken(&error))
    }

    /// What goes along with a message of somebody else.
    fn passed_on(&self, carried: Properties, message_expiry: Option<u32>) -> PublishProperties {
        let mut user_properties = self.user_properties.clone();
        user_properties.extend(carried.user);
        PublishProperties {
            payload_format_indicator: carried.text.then_some(1),
            message_expiry_interval: carried.expiry_s.or(message_expiry),
            response_topic: carried.response_topic,
            correlation_data: carried.correlation.map(Bytes::from),
            user_properties,
            content_type: carried.content_type,
            ..PublishProperties::default()
        }
    }

    pub(super) fn subscribe(&self, filters: &[(String, Qos)]) -> Result<SubscribeNotice, Untaken> {
        let across = self.purpose == Purpose::Bridge;
        let asked = filters.iter().map(|(filter, qos)| {
            SubscribeFilterInput::new(filter.clone(), quality(*qos)).no_local(across).preserve_retain(across)
        });
        self.requests.try_subscribe_many_tracked(asked).map_err(|error| untaken(&error))
    }

    pub(super) fn unsubscribe(&self, filters: &[String]) -> Result<(), Untaken> {
        self.requests.try_unsubscribe_many(filters.iter().cloned()).map_err(|error| untaken(&error))
    }

    pub(super) fn acknowledge(&self, receipt: Receipt) -> Result<(), Untaken> {
        let ack = match receipt.qos {
            Qos::ExactlyOnce => ManualAck::PubRec(PubRec::new(receipt.id, None)),
            Qos::AtMostOnce | Qos::AtLeastOnce => ManualAck::PubAck(PubAck::new(receipt.id, None)),
        };
        self.requests.try_manual_ack(ack).map_err(|error| untaken(&error))
    }

    pub(super) fn ask_for_a_sign(&self, filter: &str) -> Result<UnsubscribeNotice, Untaken> {
        self.requests.try_unsubscribe_tracked(filter).map_err(|error| untaken(&error))
    }

    pub(super) fn disconnect(&self) -> Result<(), Untaken> {
        self.requests.try_disconnect_now().map_err(|error| untaken(&error))
    }
}

impl EventLoop {
    pub(super) async fn poll(&mut self, stage: Stage, wire: &Wire) -> Result<Polled, Ended> {
        match self.events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(answer))) => {
                // From now on the library knows the session by itself.
                self.events.options.clear_session_store();
                let largest = answer.properties.as_ref().and_then(|properties| properties.max_packet_size);
                let largest = largest.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(usize::MAX);
                self.largest.store(largest, Ordering::Relaxed);
                let most = answer.properties.as_ref().and_then(|properties| properties.receive_max);
                self.highest.store(most.unwrap_or(u16::MAX).min(IN_FLIGHT), Ordering::Relaxed);
                Ok(Polled::Connected { resumed: answer.session_present })
            }
            Ok(Event::Incoming(Packet::Publish(publish))) => {
                let properties = publish.properties.unwrap_or_default();
                let seconds = properties.message_expiry_interval.map(u64::from);
                let carried = Box::new(Properties {
                    user: properties.user_properties,
                    content_type: properties.content_type,
                    response_topic: properties.response_topic.clone(),
                    correlation: properties.correlation_data.as_ref().map(|data| data.to_vec()),
                    expiry_s: properties.message_expiry_interval,
                    text: properties.payload_format_indicator == Some(1),
                });
                let asked = Asked {
                    response_topic: properties.response_topic,
                    correlation: properties.correlation_data,
                    expiry: seconds.map(Duration::from_secs),
                };
                let (topic, payload, retain) = (publish.topic, publish.payload, publish.retain);
                let qos = quality_of(publish.qos);
                let receipt = Receipt::of(qos, publish.pkid, publish.dup);
                Ok(Polled::Message(Incoming { topic, payload, qos, retain, asked, carried: Some(carried), receipt }))
            }
            Ok(Event::Incoming(Packet::PubRel(release))) => Ok(Polled::Recorded(release.pkid)),
            Ok(Event::Outgoing(Sent::PubRec(id))) => Ok(Polled::Recorded(id)),
            Ok(_) => Ok(Polled::Other),
            Err(ConnectionError::RequestsDone | ConnectionError::DisconnectTimeout) => Err(Ended::Disconnected),
            Err(error) => Err(Ended::Lost {
                sentence: cause(&error, stage, wire),
                too_large: is_too_large(&error),
                closed: stage == Stage::Connected && is_closed(&error),
            }),
        }
    }

    pub(super) fn start_clean(&mut self, clean: bool) {
        self.events.options.set_clean_start(clean);
    }

    pub(super) fn set_will(&mut self, topic: String, payload: Bytes) {
        self.events.options.set_last_will(LastWill::new(topic, payload, QoS::AtLeastOnce, false, None));
    }

    pub(super) fn drop_session(&mut self) {
        self.events.clean();
    }
}

/// What a client that begins knows of the session a broker may have kept: nothing is in flight. What was is in the queue of
/// our own and is sent anew. Without a word on it the library takes no message of QoS 1 or 2 in such a session.
#[derive(Debug)]
struct NothingInFlight {
    client_id: String,
    expiry: u32,
    ack_mode: PersistedAckMode,
}

impl SessionStore for NothingInFlight {
    fn load<'a>(&'a self, _key: &'a SessionStoreKey) -> SessionStoreFuture<'a, Option<PersistedSession>> {
        let session = PersistedSession {
            format_version: 1,
            client_id: self.client_id.clone(),
            clean_start: false,
            session_expiry_interval: Some(self.expiry),
            outgoing_inflight_upper_limit: Some(IN_FLIGHT),
            ack_mode: self.ack_mode,
            last_pkid: 0,
            last_puback: 0,
            replay: Vec::new(),
            incoming_qos2: Vec::new(),
        };
        std::future::ready(Ok(Some(session))).boxed()
    }

    fn save<'a>(&'a self, _: &'a SessionStoreKey, _: &'a PersistedSession) -> SessionStoreFuture<'a, ()> {
        std::future::ready(Ok(())).boxed()
    }

    fn clear<'a>(&'a self, _: &'a SessionStoreKey) -> SessionStoreFuture<'a, ()> {
        std::future::ready(Ok(())).boxed()
    }
}

fn options(wire: &Wire, config: &Mqtt5Config, purpose: Purpose) -> MqttOptions {
    let broker = Broker::tcp(wire.broker.host.clone(), wire.broker.port);
    let mut options = MqttOptions::new(wire.client_id.clone(), broker);
    // A clean session is one that ends with its connection, as in 3.1.1.
    let expiry = if wire.clean_session { 0 } else { config.session_expiry };
    let (ack_mode, persisted) = match purpose {
        Purpose::Ourselves => (AckMode::Automatic, PersistedAckMode::Automatic),
        Purpose::Bridge => (AckMode::Manual, PersistedAckMode::Manual),
    };
    options
        .set_ack_mode(ack_mode)
        .set_keep_alive(wire.keep_alive_s())
        .set_clean_start(wire.clean_session)
        .set_session_expiry_interval(Some(expiry))
        .set_receive_maximum(Some(config.receive_maximum))
        .set_max_packet_size(Some(u32::try_from(LARGEST_IN).unwrap_or(u32::MAX)))
        .set_topic_alias_max(Some(ALIASES_IN))
        .set_topic_alias_policy(if config.topic_alias { TopicAliasPolicy::Lru } else { TopicAliasPolicy::Disabled })
        .set_user_properties(config.user_properties.clone())
        .set_outgoing_inflight_upper_limit(IN_FLIGHT)
        .set_request_channel_capacity(QUEUE)
        .set_max_request_batch(BATCH)
        .set_connect_timeout(wire.patience());
    if !wire.clean_session {
        let client_id = wire.client_id.clone();
        options.set_session_store(NothingInFlight { client_id, expiry, ack_mode: persisted });
    }
    match (&wire.username, wire.password.as_ref().map(|password| password.reveal().as_bytes().to_vec())) {
        (Some(name), Some(password)) => {
            options.set_credentials(name.clone(), password);
        }
        (Some(name), None) => {
            options.set_username(name.clone());
        }
        // MQTT 5, 3.1.2.9: a token alone.
        (None, Some(password)) => {
            options.set_password(password);
        }
        (None, None) => (),
    }
    if let Some(will) = &wire.will {
        let payload = will.payload.as_bytes().to_vec();
        options.set_last_will(LastWill::new(will.topic.clone(), payload, quality(will.qos), will.retain, None));
    }
    let dialler = wire.dialler();
    options.set_socket_connector(move |_address, _options| dialler());
    options
}

pub(super) async fn refused(notice: SubscribeNotice) -> Option<Vec<bool>> {
    let codes = notice.wait_async().await.ok()?.return_codes;
    Some(codes.into_iter().map(|code| !matches!(code, SubscribeReasonCode::Success(_))).collect())
}

fn quality(qos: Qos) -> QoS {
    match qos {
        Qos::AtMostOnce => QoS::AtMostOnce,
        Qos::AtLeastOnce => QoS::AtLeastOnce,
        Qos::ExactlyOnce => QoS::ExactlyOnce,
    }
}

fn quality_of(qos: QoS) -> Qos {
    match qos {
        QoS::AtMostOnce => Qos::AtMostOnce,
        QoS::AtLeastOnce => Qos::AtLeastOnce,
        QoS::ExactlyOnce => Qos::ExactlyOnce,
    }
}

fn untaken(error: &ClientError) -> Untaken {
    match error {
        ClientError::RequestChannelFull(_) => FULL,
        ClientError::InvalidRequest(_) => INVALID,
        _ => GONE,
    }
}

pub(super) async fn done(notice: PublishNotice) -> Result<Option<u16>, NotDone> {
    let refused = match notice.wait_async().await.map_err(not_done)? {
        PublishResult::Qos0Flushed => return Ok(None),
        PublishResult::Qos1(ack) => match ack.reason {
            PubAckReason::Success | PubAckReason::NoMatchingSubscribers => return Ok(None),
            reason => PublishNoticeError::V5PubAck(reason),
        },
        PublishResult::Qos2Completed(end) if end.reason == PubCompReason::Success => return Ok(Some(end.pkid)),
        PublishResult::Qos2Completed(end) => PublishNoticeError::V5PubComp(end.reason),
        PublishResult::Qos2PubRecRejected(rejected) => PublishNoticeError::V5PubRec(rejected.reason),
    };
    Err(not_done(refused))
}

/// MQTT 5, 3.4.2.1 and 3.5.2.1: what will not be better at another try is refused; the rest may be.
fn not_done(error: PublishNoticeError) -> NotDone {
    const NOT_AUTHORISED: &str = "the broker refuses a message: not authorised for its topic";
    const TOPIC: &str = "the broker refuses a message: its topic is not accepted";
    const FORMAT: &str = "the broker refuses a message: its payload is not of the format it wants";
    const RETAIN: &str = "the broker refuses a message: it keeps no retained messages";
    match error {
        PublishNoticeError::RetainNotSupported => NotDone::Refused(RETAIN),
        PublishNoticeError::V5PubAck(PubAckReason::NotAuthorized)
        | PublishNoticeError::V5PubRec(PubRecReason::NotAuthorized) => NotDone::Refused(NOT_AUTHORISED),
        PublishNoticeError::V5PubAck(PubAckReason::TopicNameInvalid)
        | PublishNoticeError::V5PubRec(PubRecReason::TopicNameInvalid) => NotDone::Refused(TOPIC),
        PublishNoticeError::V5PubAck(PubAckReason::PayloadFormatInvalid)
        | PublishNoticeError::V5PubRec(PubRecReason::PayloadFormatInvalid) => NotDone::Refused(FORMAT),
        PublishNoticeError::V5PubAck(_) | PublishNoticeError::V5PubRec(_) | PublishNoticeError::V5PubComp(_) => {
            NotDone::Refused("the broker refuses a message without saying why")
        }
        other => NotDone::Lost(other.to_string()),
    }
}
