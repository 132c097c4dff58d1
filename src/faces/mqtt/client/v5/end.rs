//! How a session of MQTT 5 ended, or why there is none.

use crate::faces::mqtt::client::Stage;
use crate::faces::mqtt::reason::{
    CLEAN_ASKED, NO_ANSWER, NO_BROKER, NO_PING, NO_REASON, NOT_AUTHORISED, NOT_CONNACK, NOT_NOW, WRONG_LOGIN, broken,
    client_id_refused, closed, io_cause, is_end, too_large,
};
use crate::faces::mqtt::wire::Wire;
use rumqttc_v5::{ConnectReturnCode, ConnectionError, DisconnectReasonCode, StateError};

/// Whether the broker holds a message beyond all measure for us.
pub(super) fn is_too_large(error: &ConnectionError) -> bool {
    matches!(
        error,
        ConnectionError::MqttState(
            StateError::Deserialization(rumqttc_v5::Error::PayloadSizeLimitExceeded { .. })
                | StateError::IncomingPacketTooLarge { .. }
        )
    )
}

/// See [`Ended::Lost`](super::super::Ended::Lost).
pub(super) fn is_closed(error: &ConnectionError) -> bool {
    match error {
        ConnectionError::MqttState(StateError::ConnectionAborted) => true,
        ConnectionError::MqttState(StateError::ServerDisconnect { reason_code, .. }) => !is_about_itself(*reason_code),
        ConnectionError::Io(error)
        | ConnectionError::MqttState(
            StateError::Io(error) | StateError::Deserialization(rumqttc_v5::Error::Io(error)),
        ) => is_end(error),
        _ => false,
    }
}

/// MQTT 5, 3.14.2.1: whether the broker ends the session for a reason that no message of ours is.
fn is_about_itself(code: DisconnectReasonCode) -> bool {
    matches!(
        code,
        DisconnectReasonCode::SessionTakenOver
            | DisconnectReasonCode::ServerShuttingDown
            | DisconnectReasonCode::ServerBusy
            | DisconnectReasonCode::KeepAliveTimeout
            | DisconnectReasonCode::AdministrativeAction
            | DisconnectReasonCode::MessageRateTooHigh
            | DisconnectReasonCode::QuotaExceeded
            | DisconnectReasonCode::ConnectionRateExceeded
            | DisconnectReasonCode::MaximumConnectTime
            | DisconnectReasonCode::UseAnotherServer
            | DisconnectReasonCode::ServerMoved
    )
}

/// The sentence.
pub(super) fn cause(error: &ConnectionError, stage: Stage, wire: &Wire) -> String {
    match error {
        ConnectionError::ConnectionRefused(code)
        | ConnectionError::MqttState(StateError::ConnFail { reason: code }) => refusal(*code, wire),
        ConnectionError::Timeout(_) => NO_ANSWER.to_owned(),
        ConnectionError::NotConnAck(_) => NOT_CONNACK.to_owned(),
        ConnectionError::SessionStateMismatch { .. } => CLEAN_ASKED.to_owned(),
        ConnectionError::MqttState(StateError::AwaitPingResp) => NO_PING.to_owned(),
        ConnectionError::MqttState(StateError::ConnectionAborted) => closed(stage, wire),
        ConnectionError::MqttState(StateError::ServerDisconnect { reason_code, .. }) => farewell(*reason_code, wire),
        ConnectionError::Io(error)
        | ConnectionError::MqttState(
            StateError::Io(error) | StateError::Deserialization(rumqttc_v5::Error::Io(error)),
        ) => io_cause(error, stage, wire),
        ConnectionError::MqttState(
            StateError::IncomingPacketTooLarge { pkt_size, .. }
            | StateError::Deserialization(rumqttc_v5::Error::PayloadSizeLimitExceeded { pkt_size, .. }),
        ) => too_large(*pkt_size),
        ConnectionError::MqttState(StateError::Deserialization(_)) if stage == Stage::Connecting => {
            NO_BROKER.to_owned()
        }
        ConnectionError::MqttState(error) => broken(error),
        other => other.to_string(),
    }
}

/// MQTT 5, 3.2.2.2.
fn refusal(code: ConnectReturnCode, wire: &Wire) -> String {
    match code {
        ConnectReturnCode::RefusedProtocolVersion | ConnectReturnCode::UnsupportedProtocolVersion => {
            "the broker does not speak MQTT 5: set the protocol to 3.1.1".into()
        }
        ConnectReturnCode::BadClientId | ConnectReturnCode::ClientIdentifierNotValid => client_id_refused(wire),
        ConnectReturnCode::BadUserNamePassword => WRONG_LOGIN.into(),
        ConnectReturnCode::NotAuthorized => NOT_AUTHORISED.into(),
        ConnectReturnCode::ServiceUnavailable | ConnectReturnCode::ServerUnavailable => NOT_NOW.into(),
        ConnectReturnCode::ServerBusy => "the broker says that it is busy".into(),
        ConnectReturnCode::Banned => "the broker has banned this client: its administrator lifts that".into(),
        ConnectReturnCode::BadAuthenticationMethod => "the broker wants another way to log in".into(),
        ConnectReturnCode::TopicNameInvalid => "the broker does not accept the topic of the last will".into(),
        ConnectReturnCode::PayloadFormatInvalid => "the broker does not accept the payload of the last will".into(),
        ConnectReturnCode::RetainNotSupported => {
            "the broker keeps no retained messages: take `retain` from the last will".into()
        }
        ConnectReturnCode::QoSNotSupported => "the broker does not take the QoS of the last will".into(),
        ConnectReturnCode::PacketTooLarge => "the broker finds CONNECT too large: shorten the last will".into(),
        ConnectReturnCode::QuotaExceeded => "the broker says that a quota is used up".into(),
        ConnectReturnCode::ConnectionRateExceeded => "the broker says that we connect too often".into(),
        ConnectReturnCode::UseAnotherServer | ConnectReturnCode::ServerMoved => {
            "the broker sends us to another server: change the URL".into()
        }
        ConnectReturnCode::MalformedPacket | ConnectReturnCode::ProtocolError => {
            "the broker does not understand our CONNECT".into()
        }
        ConnectReturnCode::Success
        | ConnectReturnCode::UnspecifiedError
        | ConnectReturnCode::ImplementationSpecificError => NO_REASON.into(),
    }
}

/// MQTT 5, 3.14.2.1: how the broker ends a session that was up.
fn farewell(code: DisconnectReasonCode, wire: &Wire) -> String {
    match code {
        DisconnectReasonCode::SessionTakenOver => {
            format!("another client took the session over: it uses the client id `{}` too", wire.client_id)
        }
        DisconnectReasonCode::ServerShuttingDown => "the broker is shutting down".into(),
        DisconnectReasonCode::ServerBusy => "the broker says that it is busy".into(),
        DisconnectReasonCode::NotAuthorized => "the broker ended the session: not authorised".into(),
        DisconnectReasonCode::KeepAliveTimeout => "the broker heard nothing from us within the keep-alive time".into(),
        DisconnectReasonCode::AdministrativeAction => "the broker's administrator ended the session".into(),
        DisconnectReasonCode::MessageRateTooHigh => "the broker says that our messages come too fast".into(),
        DisconnectReasonCode::QuotaExceeded => "the broker says that a quota is used up".into(),
        DisconnectReasonCode::PacketTooLarge => "the broker says that a message is too large".into(),
        DisconnectReasonCode::ConnectionRateExceeded => "the broker says that we connect too often".into(),
        DisconnectReasonCode::MaximumConnectTime => "the broker allows no longer session".into(),
        DisconnectReasonCode::UseAnotherServer | DisconnectReasonCode::ServerMoved => {
            "the broker sends us to another server: change the URL".into()
        }
        DisconnectReasonCode::RetainNotSupported => {
            "the broker keeps no retained messages: take `retain` from what is published".into()
        }
        DisconnectReasonCode::QoSNotSupported => "the broker does not take the QoS of a message: lower it".into(),
        DisconnectReasonCode::WildcardSubscriptionsNotSupported => "the broker takes no filters with `+`".into(),
        other => format!("the broker ended the session: {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    fn ended(reason_code: DisconnectReasonCode) -> ConnectionError {
        ConnectionError::MqttState(StateError::ServerDisconnect { reason_code, reason_string: None })
    }

    #[test]
    fn a_session_is_closed_on_us_unless_the_broker_has_a_reason_of_its_own() {
        for code in [DisconnectReasonCode::PacketTooLarge, DisconnectReasonCode::UnspecifiedError] {
            assert!(is_closed(&ended(code)), "{code:?}");
        }
        for code in [DisconnectReasonCode::SessionTakenOver, DisconnectReasonCode::ServerShuttingDown] {
            assert!(!is_closed(&ended(code)), "{code:?}");
        }
        assert!(is_closed(&ConnectionError::Io(io::ErrorKind::ConnectionReset.into())));
        assert!(!is_closed(&ConnectionError::Io(io::ErrorKind::TimedOut.into())));
        assert!(!is_closed(&ConnectionError::MqttState(StateError::AwaitPingResp)));
    }
}
