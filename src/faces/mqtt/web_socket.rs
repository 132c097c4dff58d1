//! MQTT in the binary messages of a WebSocket (MQTT 5, 6; RFC 6455).

use super::dial::Bare;
use crate::config::broker_url::BrokerUrl;
use async_tungstenite::bytes::{ByteReader, ByteWriter};
use async_tungstenite::tokio::{TokioAdapter, client_async_with_config};
use async_tungstenite::tungstenite::client::IntoClientRequest as _;
use async_tungstenite::tungstenite::error::{Error, ProtocolError};
use async_tungstenite::tungstenite::protocol::WebSocketConfig;
use async_tungstenite::{WebSocketReceiver, WebSocketSender};
use http::{HeaderValue, StatusCode, header};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;

/// One request and its answer.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(5);
/// The subprotocol of MQTT, 3.1.1 and 5 alike (MQTT 5, 6.0).
const PROTOCOL: &str = "mqtt";
/// Bytes of one message of the broker; a message of MQTT may be spread over several.
const LARGEST: usize = 16 * 1024 * 1024 + 64 * 1024;

/// Why there is no `WebSocket`; the user mends the URL.
#[derive(Debug, thiserror::Error)]
pub(super) enum WebSocketError {
    #[error("the broker accepts the connection and does not answer the WebSocket's request")]
    Silent,
    #[error("there is no WebSocket at `{0}`: the server answers {1}")]
    Refused(String, StatusCode),
    #[error("the server opens a WebSocket, but not for MQTT")]
    OtherProtocol,
    #[error("what answers is no WebSocket server")]
    NotHttp,
    #[error("the URL cannot be asked for: {0}")]
    Request(String),
    #[error("the WebSocket failed: {0}")]
    Failed(String),
}

/// The bytes of MQTT in a `WebSocket`.
#[derive(Debug)]
pub(super) struct WebSocket {
    reader: ByteReader<WebSocketReceiver<TokioAdapter<Bare>>>,
    writer: ByteWriter<WebSocketSender<TokioAdapter<Bare>>>,
}

impl WebSocket {
    /// Asks for one over this stream.
    pub(super) async fn open(broker: &BrokerUrl, stream: Bare) -> Result<Self, WebSocketError> {
        let mut request =
            broker.to_string().into_client_request().map_err(|error| WebSocketError::Request(error.to_string()))?;
        request.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
        let limits = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
        let shake = client_async_with_config(request, stream, Some(limits));
        let (socket, _) = timeout(HANDSHAKE, shake)
            .await
            .map_err(|_| WebSocketError::Silent)?
            .map_err(|error| failed(broker, error))?;
        let (sender, receiver) = socket.split();
        Ok(Self { reader: ByteReader::new(receiver), writer: ByteWriter::new(sender) })
    }
}

fn failed(broker: &BrokerUrl, error: Error) -> WebSocketError {
    match error {
        Error::Http(answer) => WebSocketError::Refused(broker.path.clone(), answer.status()),
        // It also says so when the server named no protocol at all, which RFC 6455 lets a client refuse.
        Error::Protocol(ProtocolError::SecWebSocketSubProtocolError(_)) => WebSocketError::OtherProtocol,
        Error::Protocol(_) | Error::HttpFormat(_) | Error::ConnectionClosed => WebSocketError::NotHttp,
        Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => WebSocketError::NotHttp,
        other => WebSocketError::Failed(other.to_string()),
    }
}

impl AsyncRead for WebSocket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reader).poll_read(cx, buf)
    }
}

impl AsyncWrite for WebSocket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.writer).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_shutdown(cx)
    }
}
