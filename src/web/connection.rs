//! One connection: HTTP/1.1 or HTTP/2 as TLS has agreed, until it ends, idles too long or the server stops.

use crate::net::gate::Pass;
use crate::net::listen::{Accepted, Stream};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;

/// The first request is there within this time after the handshake: who connects has something to ask.
const FIRST: Duration = Duration::from_secs(10);
/// The head of a later one takes no longer than this, the wait for it included.
const HEAD: Duration = Duration::from_secs(30);
/// A connection on which nothing moves, in either direction, with no request at work.
const IDLE: Duration = Duration::from_secs(60);
/// Whoever is put out by what they asked for still gets the answer to it, within the first; one that is ready gets out
/// within the second.
const LAST_ANSWER: Duration = Duration::from_secs(1);
const FLUSH: Duration = Duration::from_millis(100);
const MAX_HEAD: usize = 64 * 1024;
const MAX_HEADERS: usize = 64;
/// Requests at once on one HTTP/2 connection.
const MAX_STREAMS: u32 = 32;
/// What one HTTP/2 request, and one connection, may send before it is read; and what an answer may run ahead of its reader.
const STREAM_WINDOW: u32 = 128 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;
const AHEAD: usize = 64 * 1024;

/// What every connection of a server has in common.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) app: Router,
    /// The server is to end: finish what was begun.
    pub(super) stop: CancellationToken,
    /// The grace is over.
    pub(super) cut: CancellationToken,
    /// The tasks of HTTP/2 requests.
    pub(super) tasks: TaskTracker,
}

impl Service {
    /// Serves one connection to its end.
    pub(super) async fn converse(self, accepted: Accepted) {
        let Accepted { stream, peer, permit } = accepted;
        let two = matches!(&stream, Stream::Tls(tls) if tls.get_ref().1.alpn_protocol() == Some(b"h2"));
        let pass = permit.pass().clone();
        let at_work = Arc::new(AtomicUsize::new(0));
        let asked = CancellationToken::new();
        let io = TokioIo::new(Idle::new(stream, Arc::clone(&at_work)));
        let caller = Caller { peer, pass: pass.clone(), at_work: Arc::clone(&at_work), asked: asked.clone() };
        let app = self.app;
        let answer = hyper::service::service_fn(move |request| answer(app.clone(), caller.clone(), request));
        let mut builder = auto::Builder::new(Tasks { tracker: self.tasks, cut: self.cut });
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEAD);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(IDLE / 2)
            .keep_alive_timeout(IDLE / 2)
            .max_concurrent_streams(MAX_STREAMS)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_send_buf_size(AHEAD)
            .max_header_list_size(u32::try_from(MAX_HEAD).unwrap_or(u32::MAX));
        // Agreed in the handshake: no byte is waited for to find out.
        let builder = if two { builder.http2_only() } else { builder.http1_only() };
        let mut connection = std::pin::pin!(builder.serve_connection(io, answer));
        let silent = async {
            if tokio::time::timeout(FIRST, asked.cancelled()).await.is_ok() {
                std::future::pending::<()>().await;
            }
        };
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = pass.put_out() => {
                tracing::debug!(%peer, "a connection gave way to others, or its address is no longer let in");
                if pass.is_vouched() {
                    connection.as_mut().graceful_shutdown();
                    let left = if at_work.load(Ordering::Relaxed) == 0 { FLUSH } else { LAST_ANSWER };
                    // Whatever it comes to: it is closed.
                    drop(tokio::time::timeout(left, connection).await);
                }
                return;
            }
            () = silent => return tracing::debug!(%peer, "a connection asked nothing in time"),
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%peer, error, "a connection ended early");
        }
        drop(permit);
    }
}

/// Who sends the requests of one connection.
#[derive(Clone)]
struct Caller {
    peer: SocketAddr,
    pass: Pass,
    at_work: Arc<AtomicUsize>,
    /// Cancelled by the first request.
    asked: CancellationToken,
}

async fn answer(mut app: Router, caller: Caller, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    caller.asked.cancel();
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(caller.peer));
    request.extensions_mut().insert(caller.pass);
    let _busy = Busy::new(caller.at_work);
    app.call(request).await
}

/// Counts a request while its answer is being made.
struct Busy(Arc<AtomicUsize>);

impl Busy {
    fn new(at_work: Arc<AtomicUsize>) -> Self {
        at_work.fetch_add(1, Ordering::Relaxed);
        Self(at_work)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Runs the tasks of HTTP/2 requests so that they end with the server.
#[derive(Clone)]
struct Tasks {
    tracker: TaskTracker,
    cut: CancellationToken,
}

impl<F> Executor<F> for Tasks
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, task: F) {
        let cut = self.cut.clone();
        self.tracker.spawn(async move {
            tokio::select! {
                _ = task => (),
                () = cut.cancelled() => (),
            }
        });
    }
}

/// A stream that fails when nothing moves for [`IDLE`] and no request is at work: against peers that open a connection and
/// fall silent, or ask for much and do not read it.
struct Idle<S> {
    stream: S,
    sleep: Pin<Box<Sleep>>,
    at_work: Arc<AtomicUsize>,
}

impl<S> Idle<S> {
    fn new(stream: S, at_work: Arc<AtomicUsize>) -> Self {
        Self { stream, sleep: Box::pin(tokio::time::sleep(IDLE)), at_work }
    }

    fn moved(&mut self) {
        self.sleep.as_mut().reset(Instant::now() + IDLE);
    }

    fn still(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            ready!(self.sleep.as_mut().poll(cx));
            if self.at_work.load(Ordering::Relaxed) == 0 {
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            self.moved();
        }
    }

    fn judge<T>(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match outcome {
            Poll::Ready(outcome) => {
                self.moved();
                Poll::Ready(outcome)
            }
            Poll::Pending => self.still(cx).map(Err),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Idle<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.judge(cx, outcome)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Idle<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.judge(cx, outcome)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(cx) {
            // A flush of nothing is no movement.
            Poll::Ready(outcome) => Poll::Ready(outcome),
            Poll::Pending => self.still(cx).map(Err),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_shutdown(cx) {
            Poll::Ready(outcome) => Poll::Ready(outcome),
            Poll::Pending => self.still(cx).map(Err),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.judge(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    fn pair() -> (Idle<tokio::io::DuplexStream>, tokio::io::DuplexStream, Arc<AtomicUsize>) {
        let (ours, theirs) = tokio::io::duplex(16);
        let at_work = Arc::new(AtomicUsize::new(0));
        (Idle::new(ours, Arc::clone(&at_work)), theirs, at_work)
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_connection_ends_and_one_that_moves_or_works_does_not() {
        let (mut idle, mut peer, at_work) = pair();
        let begin = Instant::now();
        let mut byte = [0];
        tokio::time::advance(IDLE * 9 / 10).await;
        peer.write_all(b"x").await.unwrap();
        idle.read_exact(&mut byte).await.unwrap();
        let busy = Busy::new(at_work);
        let quiet = tokio::time::timeout(IDLE * 10, idle.read(&mut byte)).await;
        assert!(quiet.is_err(), "a request at work may take its time");
        drop(busy);
        let ended = idle.read(&mut byte).await.unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::TimedOut);
        assert!(begin.elapsed() <= IDLE * 13);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_does_not_read_what_it_asked_for_is_given_up() {
        let (mut idle, _peer, _) = pair();
        let ended = idle.write_all(&[0; 100]).await.unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::TimedOut);
    }
}
