//! MQTT 3.1.1.

use super::{Asked, Ended, FULL, GONE, INVALID, Incoming, NotDone, Outgoing, Polled, Purpose, Receipt, Stage, Untaken};
use crate::config::publication::Qos;
use crate::faces::mqtt::MqttError;
use crate::faces::mqtt::reason::{
    CLEAN_ASKED, NO_ANSWER, NO_BROKER, NO_MORE_DATA, NO_PING, NO_REASON, NOT_AUTHORISED, NOT_CONNACK, NOT_NOW,
    WRONG_LOGIN, broken, client_id_refused, closed, io_cause, is_end, too_large,
};
use crate::faces::mqtt::wire::{BATCH, IN_FLIGHT, LARGEST_IN, LARGEST_OUT, QUEUE, Wire};
use bytes::Bytes;
use rumqttc::{
    AckMode, AsyncClient, Broker, ClientError, ConnectReturnCode, ConnectionError, Event, LastWill, ManualAck,
    MqttOptions, NetworkOptions, Outgoing as Sent, Packet, PubAck, PubRec, PublishNotice, PublishOptions,
    PublishResult, QoS, StateError, SubscribeFilterInput, SubscribeNotice, SubscribeReasonCode, UnsubscribeNotice,
};

#[derive(Debug)]
pub(in crate::faces::mqtt) struct Client(AsyncClient);

pub(in crate::faces::mqtt) struct EventLoop(Box<rumqttc::EventLoop>);

impl Client {
    pub(super) fn new(wire: &Wire, purpose: Purpose) -> Result<(Self, EventLoop), MqttError> {
        let mut options = options(wire);
        if purpose == Purpose::Bridge {
            options.set_ack_mode(AckMode::Manual);
        }
        let built = AsyncClient::builder(options).try_build();
        let (client, mut events) = built.map_err(|error| MqttError::Client(error.to_string()))?;
        let mut network = NetworkOptions::new();
        network.set_connection_timeout(wire.patience().as_secs());
        events.set_network_options(network);
        Ok((Self(client), EventLoop(Box::new(events))))
    }

    pub(super) fn publish(&self, message: Outgoing) -> Result<PublishNotice, Untaken> {
        let Outgoing { topic, payload, qos, retain, .. } = message;
        let options = PublishOptions::new(quality(qos)).retain(retain);
        self.0.try_publish_tracked(topic, payload, options).map_err(|error| untaken(&error))
    }

    pub(super) fn subscribe(&self, filters: &[(String, Qos)]) -> Result<SubscribeNotice, Untaken> {
        let asked = filters.iter().map(|(filter, qos)| SubscribeFilterInput::new(filter.clone(), quality(*qos)));
        self.0.try_subscribe_many_tracked(asked).map_err(|error| untaken(&error))
    }

    pub(super) fn unsubscribe(&self, filters: &[String]) -> Result<(), Untaken> {
        self.0.try_unsubscribe_many(filters.iter().cloned()).map_err(|error| untaken(&error))
    }

    pub(super) fn acknowledge(&self, receipt: Receipt) -> Result<(), Untaken> {
        let ack = match receipt.qos {
            Qos::ExactlyOnce => ManualAck::PubRec(PubRec::new(receipt.id)),
            Qos::AtMostOnce | Qos::AtLeastOnce => ManualAck::PubAck(PubAck::new(receipt.id)),
        };
        self.0.try_manual_ack(ack).map_err(|error| untaken(&error))
    }

    pub(super) fn ask_for_a_sign(&self, filter: &str) -> Result<UnsubscribeNotice, Untaken> {
        self.0.try_unsubscribe_tracked(filter).map_err(|error| untaken(&error))
    }

    pub(super) fn disconnect(&self) -> Result<(), Untaken> {
        self.0.try_disconnect_now().map_err(|error| untaken(&error))
    }
}

impl EventLoop {
    pub(super) async fn poll(&mut self, stage: Stage, wire: &Wire) -> Result<Polled, Ended> {
        match self.0.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(answer))) => Ok(Polled::Connected { resumed: answer.session_present }),
            Ok(Event::Incoming(Packet::Publish(publish))) => {
                let qos = quality_of(publish.qos);
                Ok(Polled::Message(Incoming {
                    topic: publish.topic,
                    payload: publish.payload,
                    qos,
                    retain: publish.retain,
                    asked: Asked::default(),
                    carried: None,
                    receipt: Receipt::of(qos, publish.pkid, publish.dup),
                }))
            }
            Ok(Event::Incoming(Packet::PubRel(release))) => Ok(Polled::Recorded(release.pkid)),
            Ok(Event::Outgoing(Sent::PubRec(id))) => Ok(Polled::Recorded(id)),
            Ok(_) => Ok(Polled::Other),
            Err(ConnectionError::RequestsDone | ConnectionError::DisconnectTimeout) => Err(Ended::Disconnected),
            Err(error) => {
                self.drop_unseen();
                Err(Ended::Lost {
                    sentence: cause(&error, stage, wire),
                    too_large: is_too_large(&error),
                    closed: stage == Stage::Connected && is_closed(&error),
                })
            }
        }
    }

    /// The library would show what it had read on the old connection as if it came on the next. Where the acknowledgement
    /// is ours, messages come again, and only then can they be acknowledged.
    fn drop_unseen(&mut self) {
        if self.0.mqtt_options.ack_mode() == AckMode::Manual {
            let is_owed = |event: &Event| matches!(event, Event::Incoming(Packet::Publish(publish)) if publish.qos != QoS::AtMostOnce);
            self.0.state.events.retain(|event| !is_owed(event));
        }
    }

    pub(super) fn start_clean(&mut self, clean: bool) {
        self.0.mqtt_options.set_clean_session(clean);
    }

    pub(super) fn set_will(&mut self, topic: String, payload: Bytes) {
        self.0.mqtt_options.set_last_will(LastWill::new(topic, payload, QoS::AtLeastOnce, false));
    }

    pub(super) fn drop_session(&mut self) {
        self.0.clean();
        self.drop_unseen();
    }
}

fn options(wire: &Wire) -> MqttOptions {
    let broker = Broker::tcp(wire.broker.host.clone(), wire.broker.port);
    let mut options = MqttOptions::new(wire.client_id.clone(), broker);
    options
        .set_keep_alive(wire.keep_alive_s())
        .set_clean_session(wire.clean_session)
        .set_inflight(IN_FLIGHT)
        .set_request_channel_capacity(QUEUE)
        .set_max_request_batch(BATCH)
        .set_max_packet_size(LARGEST_IN, LARGEST_OUT);
    match (&wire.username, &wire.password) {
        (Some(name), Some(password)) => {
            options.set_credentials(name.clone(), password.reveal().as_bytes().to_vec());
        }
        (Some(name), None) => {
            options.set_username(name.clone());
        }
        (None, _) => (),
    }
    if let Some(will) = &wire.will {
        let payload = will.payload.as_bytes().to_vec();
        options.set_last_will(LastWill::new(will.topic.clone(), payload, quality(will.qos), will.retain));
    }
    // Our own dialler, since only it knows which part of the way failed.
    let dialler = wire.dialler();
    options.set_socket_connector(move |_address, _options| dialler());
    options
}

pub(super) async fn done(notice: PublishNotice) -> Result<Option<u16>, NotDone> {
    match notice.wait_async().await {
        Ok(PublishResult::Qos2Completed(end)) => Ok(Some(end.pkid)),
        Ok(_) => Ok(None),
        Err(error) => Err(NotDone::Lost(error.to_string())),
    }
}

pub(super) async fn refused(notice: SubscribeNotice) -> Option<Vec<bool>> {
    let codes = notice.wait_async().await.ok()?.return_codes;
    Some(codes.into_iter().map(|code| code == SubscribeReasonCode::Failure).collect())
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

fn is_too_large(error: &ConnectionError) -> bool {
    matches!(
        error,
        ConnectionError::MqttState(StateError::Deserialization(rumqttc::Error::PayloadSizeLimitExceeded(_)))
    )
}

fn is_closed(error: &ConnectionError) -> bool {
    match error {
        ConnectionError::MqttState(StateError::ConnectionAborted) => true,
        ConnectionError::Io(error)
        | ConnectionError::MqttState(StateError::Io(error) | StateError::Deserialization(rumqttc::Error::Io(error))) => {
            is_end(error)
        }
        _ => false,
    }
}

fn cause(error: &ConnectionError, stage: Stage, wire: &Wire) -> String {
    match error {
        ConnectionError::ConnectionRefused(code) => refusal(*code, wire),
        ConnectionError::NetworkTimeout => NO_ANSWER.to_owned(),
        ConnectionError::FlushTimeout => NO_MORE_DATA.to_owned(),
        ConnectionError::NotConnAck(_) => NOT_CONNACK.to_owned(),
        ConnectionError::SessionStateMismatch { .. } => CLEAN_ASKED.to_owned(),
        ConnectionError::MqttState(StateError::AwaitPingResp) => NO_PING.to_owned(),
        ConnectionError::MqttState(StateError::ConnectionAborted) => closed(stage, wire),
        ConnectionError::Io(error)
        | ConnectionError::MqttState(StateError::Io(error) | StateError::Deserialization(rumqttc::Error::Io(error))) => {
            io_cause(error, stage, wire)
        }
        ConnectionError::MqttState(StateError::Deserialization(rumqttc::Error::PayloadSizeLimitExceeded(bytes))) => {
            too_large(*bytes)
        }
        ConnectionError::MqttState(StateError::Deserialization(_)) if stage == Stage::Connecting => {
            NO_BROKER.to_owned()
        }
        ConnectionError::MqttState(error) => broken(error),
        other => other.to_string(),
    }
}

/// MQTT 3.1.1, 3.2.2.3.
fn refusal(code: ConnectReturnCode, wire: &Wire) -> String {
    match code {
        ConnectReturnCode::Success => NO_REASON.into(),
        ConnectReturnCode::RefusedProtocolVersion => "the broker does not speak MQTT 3.1.1".into(),
        ConnectReturnCode::BadClientId => client_id_refused(wire),
        ConnectReturnCode::ServiceUnavailable => NOT_NOW.into(),
        ConnectReturnCode::BadUserNamePassword => WRONG_LOGIN.into(),
        ConnectReturnCode::NotAuthorized => NOT_AUTHORISED.into(),
    }
}
