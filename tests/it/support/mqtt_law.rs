//! What a cloud checks of a client: the test's broker holds clients to it.

use super::mqtt_broker::Connect;
use rustls::ServerConnection;

/// A client that breaks one of these is refused or cut off, as that cloud does it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Law {
    /// What it shows in the TLS handshake; otherwise it is cut off.
    pub(crate) tls: fn(&ServerConnection) -> bool,
    /// CONNECT; otherwise it is "not authorised".
    pub(crate) connect: fn(&Connect) -> bool,
    /// The topic of a message; otherwise it is cut off.
    pub(crate) publish: fn(&str) -> bool,
    /// A filter; otherwise it is cut off.
    pub(crate) subscribe: fn(&str) -> bool,
}

impl Law {
    /// Whether the name asked for by SNI is this one.
    pub(crate) fn asked_for(tls: &ServerConnection, name: &str) -> bool {
        tls.server_name() == Some(name)
    }
}
