//! The way to a broker: name, TCP, TLS, WebSocket. Each step has its own time limit and its own words when it fails.

use super::web_socket::{WebSocket, WebSocketError};
use crate::config::broker_url::BrokerUrl;
use crate::config::mqtt_tls::TlsConfig;
use crate::config::pem::Identity;
use crate::net::dial::{TcpError, connect};
use crate::net::tls::{ClientTls, MinVersion, TlsError, client_config};
use rustls::{AlertDescription, CertificateError, PeerIncompatible};
use rustls_pki_types::ServerName;
use std::io;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

/// All addresses of a name together, and TLS by itself.
const STEP: Duration = Duration::from_secs(5);

/// TCP or TLS.
pub(super) type Bare = Either<TcpStream, Box<TlsStream<TcpStream>>>;
/// The stream below MQTT.
pub(super) type Stream = Either<Bare, Box<WebSocket>>;

/// Why a broker could not be reached; the user mends the setting the sentence speaks of.
#[derive(Debug, thiserror::Error)]
pub(super) enum DialError {
    #[error(transparent)]
    Tcp(#[from] TcpError),
    #[error(transparent)]
    Settings(#[from] TlsError),
    #[error("the broker accepts the connection and then says nothing: it does not speak TLS, or hangs")]
    TlsSilent,
    #[error("the broker does not speak TLS on this port")]
    NotTls,
    #[error("the broker has no TLS version and cipher in common with us{hint}")]
    TlsVersion { hint: &'static str },
    #[error("the broker's certificate is signed by an authority we do not know: give its CA")]
    UnknownCa,
    #[error("the broker's certificate is not signed by the CA given here, though that one has the same name")]
    OtherCa,
    #[error("the broker's certificate is for {presented}, not for `{host}`")]
    WrongName { host: String, presented: String },
    #[error("the broker's certificate has expired (if it has not, the clock of this machine is wrong)")]
    Expired,
    #[error("the broker's certificate is not valid yet (if it is, the clock of this machine is wrong)")]
    NotYetValid,
    #[error("the broker's certificate cannot be used: {0}")]
    Certificate(String),
    #[error("the broker's key is not the pinned one")]
    OtherKey,
    #[error("the broker asks for a certificate of ours: choose one for this connection")]
    CertificateWanted,
    #[error("the broker refuses our certificate ({0})")]
    CertificateRefused(String),
    #[error("the broker offers none of the protocols asked for by ALPN")]
    Alpn,
    #[error("the broker ended the TLS handshake: {0}")]
    Alert(String),
    #[error("TLS failed: {0}")]
    Tls(String),
    #[error(transparent)]
    WebSocket(#[from] WebSocketError),
}

/// Connects; the error inside is a [`DialError`].
pub(super) async fn dial(broker: BrokerUrl, tls: Option<TlsConfig>, keep_alive: Duration) -> io::Result<Stream> {
    reach(&broker, tls.as_ref(), keep_alive).await.map_err(io::Error::other)
}

async fn reach(broker: &BrokerUrl, tls: Option<&TlsConfig>, keep_alive: Duration) -> Result<Stream, DialError> {
    let tcp = connect(&broker.host, broker.port, STEP).await?;
    prepare(&tcp, keep_alive);
    let bare = match tls {
        None => Either::Left(tcp),
        Some(tls) => Either::Right(Box::new(encrypt(broker, tls, tcp).await?)),
    };
    if !broker.scheme.is_web() {
        return Ok(Either::Left(bare));
    }
    Ok(Either::Right(Box::new(WebSocket::open(broker, bare).await?)))
}

async fn encrypt(broker: &BrokerUrl, tls: &TlsConfig, tcp: TcpStream) -> Result<TlsStream<TcpStream>, DialError> {
    let host = tls.server_name.as_ref().unwrap_or(&broker.host);
    let name = ServerName::try_from(host.clone()).map_err(|_| TlsError::ServerName(host.clone()))?;
    let identity = match &tls.pair {
        Some(pair) => Some(Identity::from_pem(&pair.chain, &pair.key).map_err(TlsError::Identity)?),
        None => None,
    };
    let settings = ClientTls {
        ca: tls.ca.clone(),
        identity,
        alpn: tls.alpn.clone(),
        min_version: if tls.only_tls13 { MinVersion::V13 } else { MinVersion::V12 },
        pinned_key: tls.pinned_key,
        insecure: tls.insecure,
    };
    let handshake = TlsConnector::from(client_config(&settings)?).connect(name, tcp);
    match timeout(STEP, handshake).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(tls_error(host, tls, error)),
        Err(_) => Err(DialError::TlsSilent),
    }
}

/// A socket that cannot be tuned still works: messages leave later, a cut cable is noticed later.
fn prepare(tcp: &TcpStream, keep_alive: Duration) {
    if let Err(error) = tcp.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY");
    }
    // Pings are not sent while we publish, so with QoS 0 alone nobody would miss the broker's silence: the kernel does.
    // MQTT 3.1.1, 3.1.2.10 lets the other side give up after one and a half times the keep-alive; so do we.
    let limit = u32::try_from(keep_alive.as_millis() * 3 / 2).unwrap_or(u32::MAX);
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(tcp, limit) {
        tracing::debug!(%error, "TCP_USER_TIMEOUT");
    }
}

fn tls_error(host: &str, settings: &TlsConfig, error: io::Error) -> DialError {
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        // A server without TLS closes the connection, or answers with something else.
        return match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => DialError::NotTls,
            _ => DialError::Tls(error.to_string()),
        };
    };
    let hint = if settings.only_tls13 { "; here only TLS 1.3 is allowed" } else { "" };
    match tls {
        rustls::Error::InvalidCertificate(certificate) => certificate_error(host, certificate),
        rustls::Error::InvalidMessage(_) => DialError::NotTls,
        rustls::Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::NoCipherSuitesInCommon,
        )
        | rustls::Error::AlertReceived(AlertDescription::ProtocolVersion | AlertDescription::HandshakeFailure) => {
            DialError::TlsVersion { hint }
        }
        rustls::Error::AlertReceived(alert) => alerted(*alert),
        other => DialError::Tls(other.to_string()),
    }
}

/// What the broker says in an alert. In TLS 1.3 it judges our certificate after we believe the handshake done.
pub(super) fn alerted(alert: AlertDescription) -> DialError {
    match alert {
        AlertDescription::CertificateRequired => DialError::CertificateWanted,
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied
        | AlertDescription::DecryptError => DialError::CertificateRefused(format!("{alert:?}")),
        AlertDescription::NoApplicationProtocol => DialError::Alpn,
        other => DialError::Alert(format!("{other:?}")),
    }
}

fn certificate_error(host: &str, error: &CertificateError) -> DialError {
    match error {
        CertificateError::UnknownIssuer => DialError::UnknownCa,
        CertificateError::BadSignature => DialError::OtherCa,
        CertificateError::NotValidForName => {
            DialError::WrongName { host: host.to_owned(), presented: "another name".to_owned() }
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<String> = presented.iter().map(|name| format!("`{}`", plain(name))).collect();
            let presented = if names.is_empty() { "no name at all".to_owned() } else { names.join(", ") };
            DialError::WrongName { host: host.to_owned(), presented }
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => DialError::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => DialError::NotYetValid,
        CertificateError::ApplicationVerificationFailure => DialError::OtherKey,
        other => DialError::Certificate(other.to_string()),
    }
}

/// `broker.example` out of `DnsName("broker.example")`, as rustls tells it.
fn plain(name: &str) -> &str {
    name.split_once('(').map_or(name, |(_, rest)| rest.trim_end_matches(')').trim_matches('"'))
}
