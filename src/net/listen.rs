//! One accept loop for every service: gate, TLS handshake, then the caller's own conversation.

use super::gate::{Gate, Permit};
use super::tls::{ServerTls, TlsError};
use futures::future::BoxFuture;
use rustls_pki_types::CertificateDer;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

/// Connections the kernel holds for us between two accepts.
const BACKLOG: u32 = 256;
/// How a TLS conversation begins: the kind of a handshake record (RFC 8446, 5.1).
const HANDSHAKE: u8 = 22;
/// Pause after an accept that failed for want of file descriptors or memory, as the next would fail too.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Somebody else listens there.
    #[error("{address} is already in use")]
    InUse {
        /// As asked for.
        address: SocketAddr,
    },
    /// The process lacks the right, mostly for a port below 1024.
    #[error("no permission to listen on {address}: ports below 1024 need the right to bind privileged ports")]
    Denied {
        /// As asked for.
        address: SocketAddr,
    },
    /// No interface of this machine has that address.
    #[error("{address} is no address of this machine")]
    NotOurs {
        /// As asked for.
        address: SocketAddr,
    },
    /// Its certificate cannot be shown.
    #[error("cannot listen on {address}: {source}")]
    Tls {
        /// As asked for.
        address: SocketAddr,
        /// Why.
        source: TlsError,
    },
    /// Anything else.
    #[error("cannot listen on {address}: {source}")]
    Other {
        /// As asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
}

/// A bound socket that listens.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

/// How connections of a listener are treated.
#[derive(Debug, Clone)]
pub struct Serving {
    /// Asked for every connection; may be shared between listeners.
    pub gate: Gate,
    /// Encrypts the connections; none leaves them plain.
    pub tls: Option<ServerTls>,
    /// Answers whoever comes without TLS where TLS is spoken; it says where to go and serves nothing. None closes.
    pub plain: Option<PlainAnswer>,
    /// A TLS handshake, or an answer without TLS, that takes longer is given up.
    pub handshake_timeout: Duration,
    /// Ends the loop; the socket is closed at once.
    pub stop: CancellationToken,
    /// How long conversations may go on after the stop; then they are cut.
    pub grace: Duration,
}

/// The whole conversation with a client that does not speak TLS.
pub type PlainAnswer = fn(TcpStream) -> BoxFuture<'static, ()>;

/// A connection that was let in.
#[derive(Debug)]
pub struct Accepted {
    /// The bytes.
    pub stream: Stream,
    /// Who connected.
    pub peer: SocketAddr,
    /// Its place behind the gate: keep it as long as the connection.
    pub permit: Permit,
}

impl Listener {
    /// Binds and listens. Port 0 lets the system choose. Must be called inside a tokio runtime.
    pub fn bind(address: SocketAddr) -> Result<Self, ListenError> {
        let bound = || -> io::Result<(TcpListener, SocketAddr)> {
            let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
            // A restart must not wait for the old connections' TIME_WAIT.
            socket.set_reuseaddr(true)?;
            // Inherited by accepted sockets: a peer that vanished without a word is noticed some day.
            socket.set_keepalive(true)?;
            socket.bind(address)?;
            let listener = socket.listen(BACKLOG)?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        match bound() {
            Ok((socket, address)) => Ok(Self { socket, address }),
            Err(source) => Err(match source.kind() {
                io::ErrorKind::AddrInUse => ListenError::InUse { address },
                io::ErrorKind::PermissionDenied => ListenError::Denied { address },
                io::ErrorKind::AddrNotAvailable => ListenError::NotOurs { address },
                _ => ListenError::Other { address, source },
            }),
        }
    }

    /// Where it listens, with the real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts until stopped. `converse` is run as a task for each connection; the number of tasks is bounded by the
    /// gate. Conversations learn of the stop by the same token and have the grace period to end.
    pub async fn serve<F, C>(self, serving: Serving, converse: F)
    where
        F: Fn(Accepted) -> C,
        C: Future<Output = ()> + Send + 'static,
        F: Clone + Send + 'static,
    {
        let mut conversations = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                () = serving.stop.cancelled() => break,
                // Cancel-safe: an ended task not collected now is collected next time.
                Some(_ended) = conversations.join_next() => (),
                // Cancel-safe: a connection not accepted stays in the backlog.
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, peer)) => match serving.gate.admit(peer.ip()) {
                        Ok(permit) => {
                            let (serving, converse) = (serving.clone(), converse.clone());
                            conversations.spawn(async move {
                                let opened = tokio::select! {
                                    opened = open(stream, &serving) => opened,
                                    () = permit.pass().put_out() => None,
                                };
                                if let Some(stream) = opened {
                                    converse(Accepted { stream, peer, permit }).await;
                                }
                            });
                        }
                        Err(refusal) => tracing::debug!(%peer, %refusal, "connection refused"),
                    },
                    // The peer gave up between its SYN and our accept.
                    Err(err) if err.kind() == io::ErrorKind::ConnectionAborted => (),
                    Err(err) => {
                        tracing::warn!(address = %self.address, error = %err, "no connection can be accepted");
                        tokio::select! {
                            () = serving.stop.cancelled() => break,
                            () = tokio::time::sleep(EXHAUSTED_PAUSE) => (),
                        }
                    }
                },
            }
        }
        drop(self.socket);
        let all_ended = async { while conversations.join_next().await.is_some() {} };
        if tokio::time::timeout(serving.grace, all_ended).await.is_err() {
            tracing::debug!(address = %self.address, cut = conversations.len(), "conversations outlasted the grace period");
        }
        conversations.shutdown().await;
    }
}

/// The handshake, if any; `None` when it failed, took too long or the service stops.
async fn open(stream: TcpStream, serving: &Serving) -> Option<Stream> {
    if let Err(err) = stream.set_nodelay(true) {
        tracing::debug!(error = %err, "the peer went away at once");
        return None;
    }
    let Some(tls) = &serving.tls else { return Some(Stream::Plain(stream)) };
    let handshake = async {
        if let Some(answer) = serving.plain
            && begins_in_plain(&stream).await?
        {
            answer(stream).await;
            return Ok(None);
        }
        TlsAcceptor::from(tls.config()).accept(stream).await.map(Some)
    };
    let outcome = tokio::select! {
        () = serving.stop.cancelled() => return None,
        outcome = tokio::time::timeout(serving.handshake_timeout, handshake) => outcome,
    };
    match outcome {
        Ok(Ok(stream)) => stream.map(|stream| Stream::Tls(Box::new(stream))),
        Ok(Err(err)) => {
            serving.gate.count_failed_handshake();
            tracing::debug!(error = %err, "the TLS handshake failed");
            None
        }
        Err(_elapsed) => {
            serving.gate.count_failed_handshake();
            tracing::debug!("the TLS handshake took too long");
            None
        }
    }
}

/// Looks at the first byte and leaves it where it is.
async fn begins_in_plain(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [HANDSHAKE];
    stream.peek(&mut first).await?;
    Ok(first[0] != HANDSHAKE)
}

/// An accepted connection, plain or encrypted.
#[derive(Debug)]
pub enum Stream {
    /// As it came.
    Plain(TcpStream),
    /// After the handshake.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// The certificate the peer has shown; none where it was not asked for any.
    pub fn peer_certificate(&self) -> Option<&CertificateDer<'static>> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(stream) => stream.get_ref().1.peer_certificates()?.first(),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
