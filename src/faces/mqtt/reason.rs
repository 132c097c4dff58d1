//! What went wrong with a session, in a sentence for whoever has to mend it: what is alike in every version of MQTT.

use super::client::Stage;
use super::dial::{DialError, alerted};
use super::wire::Wire;
use std::{fmt, io};

pub(super) const NO_ANSWER: &str = "the broker accepts the connection and does not answer CONNECT";
pub(super) const NO_MORE_DATA: &str = "the broker takes no more data";
pub(super) const NOT_CONNACK: &str = "the answer to CONNECT is not a CONNACK";
pub(super) const CLEAN_ASKED: &str = "the broker kept a session although a clean one was asked for";
pub(super) const NO_PING: &str = "the broker did not answer a ping within the keep-alive time";
pub(super) const NO_BROKER: &str = "what answers is no MQTT broker, or it speaks TLS on this port";
pub(super) const NO_REASON: &str = "the broker refuses without a reason";
pub(super) const NOT_NOW: &str = "the broker says that it is not available now";
pub(super) const WRONG_LOGIN: &str = "the broker refuses the user name or password";
pub(super) const NOT_AUTHORISED: &str = "the broker refuses us: not authorised (user name, password or client id)";

/// CONNACK names the client id.
pub(super) fn client_id_refused(wire: &Wire) -> String {
    format!("the broker refuses the client id `{}`", wire.client_id)
}

/// What came is not MQTT as it should be.
pub(super) fn broken(error: &dyn fmt::Display) -> String {
    format!("the broker broke the protocol: {error}")
}

/// A message of so many bytes waits for us.
pub(super) fn too_large(bytes: usize) -> String {
    format!("the broker sent a message of {bytes} bytes, which is beyond all measure; what it kept for us is discarded")
}

/// What the socket, or the way to it, says.
pub(super) fn io_cause(error: &io::Error, stage: Stage, wire: &Wire) -> String {
    if let Some(dial) = error.get_ref().and_then(|inner| inner.downcast_ref::<DialError>()) {
        return dial.to_string();
    }
    if let Some(rustls::Error::AlertReceived(alert)) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        return alerted(*alert).to_string();
    }
    match error.kind() {
        _ if is_end(error) => closed(stage, wire),
        io::ErrorKind::TimedOut => "the broker does not answer any more".to_owned(),
        _ => format!("the connection failed: {error}"),
    }
}

/// Whether the other side closed the connection.
pub(super) fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
    )
}

/// The broker closed.
pub(super) fn closed(stage: Stage, wire: &Wire) -> String {
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
