//! What went wrong with a session, in a sentence for whoever has to mend it.

use super::dial::DialError;
use super::wire::Wire;
use rumqttc::{ConnectReturnCode, ConnectionError, StateError};
use std::io;

/// How far a session had come when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// CONNACK had not come.
    Connecting,
    /// The session was up.
    Connected,
}

/// The sentence; it names the broker.
pub(super) fn sentence(error: &ConnectionError, stage: Stage, wire: &Wire) -> String {
    format!("{}: {}", wire.broker, cause(error, stage, wire))
}

fn cause(error: &ConnectionError, stage: Stage, wire: &Wire) -> String {
    match error {
        ConnectionError::ConnectionRefused(code) => refusal(*code, wire),
        ConnectionError::NetworkTimeout => "the broker accepts the connection and does not answer CONNECT".to_owned(),
        ConnectionError::FlushTimeout => "the broker takes no more data".to_owned(),
        ConnectionError::NotConnAck(_) => "the answer to CONNECT is not a CONNACK".to_owned(),
        ConnectionError::SessionStateMismatch { .. } => {
            "the broker kept a session although a clean one was asked for".to_owned()
        }
        ConnectionError::MqttState(StateError::AwaitPingResp) => {
            "the broker did not answer a ping within the keep-alive time".to_owned()
        }
        ConnectionError::MqttState(StateError::ConnectionAborted) => closed(stage, wire),
        ConnectionError::Io(error)
        | ConnectionError::MqttState(StateError::Io(error) | StateError::Deserialization(rumqttc::Error::Io(error))) => {
            io_cause(error, stage, wire)
        }
        ConnectionError::MqttState(StateError::Deserialization(rumqttc::Error::PayloadSizeLimitExceeded(bytes))) => {
            format!(
                "the broker sent a message of {bytes} bytes, which is beyond all measure; what it kept for us is discarded"
            )
        }
        ConnectionError::MqttState(StateError::Deserialization(_)) if stage == Stage::Connecting => {
            "what answers is no MQTT broker, or it speaks TLS on this port".to_owned()
        }
        ConnectionError::MqttState(error) => format!("the broker broke the protocol: {error}"),
        other => other.to_string(),
    }
}

fn io_cause(error: &io::Error, stage: Stage, wire: &Wire) -> String {
    if let Some(dial) = error.get_ref().and_then(|inner| inner.downcast_ref::<DialError>()) {
        return dial.to_string();
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => closed(stage, wire),
        io::ErrorKind::TimedOut => "the broker does not answer any more".to_owned(),
        _ => format!("the connection failed: {error}"),
    }
}

fn closed(stage: Stage, wire: &Wire) -> String {
    match stage {
        Stage::Connecting if wire.tls.is_some() => {
            "the broker closes the connection instead of answering CONNECT".into()
        }
        Stage::Connecting => {
            "the broker closes the connection instead of answering CONNECT; does it want TLS (`mqtts://`)?".into()
        }
        Stage::Connected => format!(
            "the broker closed the connection; when this repeats, another client may use the client id `{}`",
            wire.client_id
        ),
    }
}

/// MQTT 3.1.1, 3.2.2.3.
fn refusal(code: ConnectReturnCode, wire: &Wire) -> String {
    match code {
        ConnectReturnCode::Success => "the broker refuses without a reason".into(),
        ConnectReturnCode::RefusedProtocolVersion => "the broker does not speak MQTT 3.1.1".into(),
        ConnectReturnCode::BadClientId => format!("the broker refuses the client id `{}`", wire.client_id),
        ConnectReturnCode::ServiceUnavailable => "the broker says that it is not available now".into(),
        ConnectReturnCode::BadUserNamePassword => "the broker refuses the user name or password".into(),
        ConnectReturnCode::NotAuthorized => {
            "the broker refuses us: not authorised (user name, password or client id)".into()
        }
    }
}
