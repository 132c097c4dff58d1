//! One client's connection: checked here, then passed on to the broker behind the front, byte by byte.

use super::hub::{Denial, Hub, Place, Relayed};
use super::packet::{Frames, Head, OTHER_VERSION, Violation, head, no_room, too_large};
use super::proxy;
use super::rate::Bucket;
use crate::net::listen::Accepted;
use arc_swap::ArcSwap;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// A client sends its CONNECT within this time.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A client for which something waits takes a byte within this time, or it is cut off.
const STALL: Duration = Duration::from_secs(2);
/// How long the broker may go on sending after the client has said farewell.
const LINGER: Duration = Duration::from_secs(2);
/// Requests of one client per second; more is slowed down by not reading. Acknowledgements do not count.
const REQUESTS: f64 = 20_000.0;
/// Bytes of one client per second.
const BYTES: f64 = 16.0 * 1024.0 * 1024.0;
/// A wrong password is answered only after this pause: guessing gets slow, mistyping hardly notices.
const FAILED_LOGIN_PAUSE: Duration = Duration::from_secs(1);
const BUFFER: usize = 8 * 1024;

/// What every connection of one listener shares.
#[derive(Debug)]
pub(super) struct Front {
    pub(super) hub: Arc<Hub>,
    /// Where the broker itself listens at present.
    pub(super) inner: Arc<ArcSwap<SocketAddr>>,
    pub(super) listener: SocketAddr,
    pub(super) stop: CancellationToken,
}

/// Why a conversation ended.
#[derive(Debug, thiserror::Error)]
enum End {
    /// The client closed, or said DISCONNECT.
    #[error("the client left")]
    Left,
    /// The broker closed; it has its reasons in its own log.
    #[error("the broker closed the connection")]
    Closed,
    /// The listener or the broker stops, or the client was thrown out.
    #[error("cut")]
    Cut,
    #[error(transparent)]
    Violation(#[from] Violation),
    #[error("it has not read what was sent to it for {} s", STALL.as_secs())]
    Stalled,
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Serves one connection until it ends.
pub(super) async fn converse(front: Arc<Front>, accepted: Accepted) {
    let Accepted { mut stream, peer, permit } = accepted;
    let (peer, pass) = (proxy::canonical(peer), permit.pass());
    let hub = &front.hub;
    let mut opening = Vec::new();
    let connected = tokio::select! {
        () = front.stop.cancelled() => return,
        () = pass.put_out() => return tracing::debug!(%peer, "a stranger's connection gave way to others"),
        connected = timeout(CONNECT_TIMEOUT, read_connect(&mut stream, &mut opening)) => connected,
    };
    let (level, place) = match connected {
        Err(_elapsed) => {
            return hub.refuse(peer, format_args!("no CONNECT within {} s", CONNECT_TIMEOUT.as_secs()));
        }
        Ok(Err(err)) => return tracing::debug!(%peer, error = %err, "the client left before its CONNECT"),
        Ok(Ok(Err(answer))) => {
            hub.refuse(peer, "this is not MQTT 3.1, 3.1.1 or 5.0, or its CONNECT is too long");
            drop(timeout(STALL, stream.write_all(answer)).await);
            return;
        }
        Ok(Ok(Ok((level, client_id)))) => match hub.enter(peer, level, &client_id, pass) {
            Ok(place) => (level, place),
            Err(why) => {
                hub.refuse(peer, why);
                drop(timeout(STALL, stream.write_all(no_room(level))).await);
                return;
            }
        },
    };
    let end = tokio::select! {
        end = relay(&front, &place, peer, &mut stream, &opening) => end,
        () = pass.put_out() => End::Cut,
    };
    let who = place.relayed.name(peer);
    drop(place);
    match &end {
        End::Left | End::Closed | End::Cut => tracing::debug!(%peer, %end, "the conversation ended"),
        End::Io(err) => tracing::debug!(%peer, error = %err, "the connection broke"),
        End::Stalled => hub.refuse(&who, &end),
        End::Violation(violation) => {
            hub.refuse(&who, violation);
            drop(timeout(STALL, stream.write_all(too_large(level))).await);
        }
    }
    drop(permit);
}

/// Level and client id of the CONNECT, or what is answered when it is none of ours; `opening` is all that was read.
async fn read_connect(
    stream: &mut (impl AsyncRead + Unpin),
    opening: &mut Vec<u8>,
) -> io::Result<Result<(u8, String), &'static [u8]>> {
    loop {
        if stream.read_buf(opening).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match head(opening) {
            Head::Partial => (),
            Head::Foreign => return Ok(Err(b"")),
            Head::OtherVersion => return Ok(Err(OTHER_VERSION)),
            Head::Connect { level, client_id, .. } => return Ok(Ok((level, client_id.to_owned()))),
        }
    }
}

async fn relay(
    front: &Front,
    place: &Place,
    peer: SocketAddr,
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    opening: &[u8],
) -> End {
    let mut frames = Frames::default();
    // The CONNECT, and what a hasty client sent behind it.
    if let (_, Some(violation)) = frames.feed(opening, front.hub.max_message()) {
        return violation.into();
    }
    let broker = async {
        let inner = **front.inner.load();
        let mut broker = TcpStream::connect(inner).await?;
        broker.set_nodelay(true)?;
        // The broker accepts one connection after the other and waits for this header each time: it must follow at once.
        let mut first = proxy::header(peer, front.listener);
        first.extend_from_slice(opening);
        broker.write_all(&first).await?;
        io::Result::Ok(broker)
    };
    let (from_broker, mut to_broker) = match broker.await {
        Ok(broker) => broker.into_split(),
        Err(err) => return End::Io(err),
    };
    let (from_client, to_client) = tokio::io::split(stream);
    let mut inbound = pin!(inbound(&front.hub, from_client, &mut to_broker, frames));
    let mut outbound = pin!(outbound(&place.relayed, from_broker, to_client));
    let end = tokio::select! {
        biased;
        () = place.relayed.cut.cancelled() => End::Cut,
        () = front.stop.cancelled() => End::Cut,
        end = &mut outbound => end,
        end = &mut inbound => end,
    };
    if !matches!(end, End::Left) {
        return end;
    }
    // What the broker still answers goes out, but the client is gone in our books when the time is up.
    tokio::select! {
        biased;
        () = place.relayed.cut.cancelled() => End::Cut,
        () = front.stop.cancelled() => End::Cut,
        _ended = timeout(LINGER, outbound) => End::Left,
    }
}

/// Client to broker: packet sizes, rates.
async fn inbound(
    hub: &Hub,
    mut client: impl AsyncRead + Unpin,
    broker: &mut (impl AsyncWrite + Unpin),
    mut frames: Frames,
) -> End {
    let mut requests = Bucket::new(REQUESTS, Instant::now());
    let mut bytes = Bucket::new(BYTES, Instant::now());
    let mut buffer = vec![0; BUFFER];
    let pump = async {
        loop {
            let count = client.read(&mut buffer).await?;
            if count == 0 {
                return io::Result::Ok(End::Left);
            }
            let (seen, violation) = frames.feed(&buffer[..count], hub.max_message());
            broker.write_all(&buffer[..seen.sound]).await?;
            if let Some(violation) = violation {
                return Ok(violation.into());
            }
            if seen.farewell {
                return Ok(End::Left);
            }
            let now = Instant::now();
            let free = requests.take(f64::from(seen.requests), now).max(bytes.take(precise(count), now));
            if free > now {
                sleep_until(free).await;
            }
        }
    };
    let end = pump.await.unwrap_or_else(End::Io);
    // Tells the broker that nothing more comes; it may be gone already.
    drop(broker.shutdown().await);
    end
}

/// Broker to client: the client must keep reading.
async fn outbound(relayed: &Relayed, mut broker: impl AsyncRead + Unpin, mut client: impl AsyncWrite + Unpin) -> End {
    let mut buffer = vec![0; BUFFER];
    let pump = async {
        loop {
            let mut count = broker.read(&mut buffer).await?;
            if matches!(relayed.denial(), Some(Denial::Wrong | Denial::Held)) {
                sleep(FAILED_LOGIN_PAUSE).await;
            }
            if let Some(answer) = relayed.own_answer() {
                drop(timeout(STALL, client.write_all(answer)).await);
                count = 0;
            }
            if count == 0 {
                drop(timeout(STALL, client.shutdown()).await);
                return io::Result::Ok(End::Closed);
            }
            let mut rest = &buffer[..count];
            while !rest.is_empty() {
                match timeout(STALL, client.write(rest)).await {
                    Err(_elapsed) => return Ok(End::Stalled),
                    Ok(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(written) => rest = &rest[written?..],
                }
            }
            if timeout(STALL, client.flush()).await.is_err() {
                return Ok(End::Stalled);
            }
        }
    };
    pump.await.unwrap_or_else(End::Io)
}

/// A buffer's length as a float; it is far below 2^53.
fn precise(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}
