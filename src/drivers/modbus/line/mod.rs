//! One line, of whatever kind: it takes PDUs over a bounded channel and tells what became of each.
//!
//! A serial line, and RTU frames over TCP, are served by one plain thread that owns the file, the silence, the framing
//! and the timeouts ([`thread`], [`talk`]): the hop to it hides in the 3.5 characters of silence that a line must keep
//! anyway. Modbus/TCP is a task with several requests under way ([`tcp`]). Nobody else ever reads or writes the medium.

mod claim;
mod clock;
mod debts;
mod manner;
mod medium;
mod socket;
mod talk;
mod tcp;
mod thread;
mod tty;

pub use claim::Claim;
pub use tty::OpenError;

use crate::config::link::{LinkConfig, RtuOverTcpConfig, SerialConfig, TcpConfig};
use crate::platform::serial_ports::{LatencyTimer, SerialHost};
use manner::Manner;
use medium::{Medium, Socket};
use rustix::event::EventfdFlags;
use rustix::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tty::Tty;

/// Requests that may wait for the line; more are refused as busy.
const QUEUE: usize = 32;

/// One request for the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// 1..=247; 0 is a broadcast and gets no reply, but on Modbus/TCP, where 0 and 255 are the server itself.
    pub unit: u8,
    /// Function code and data.
    pub pdu: Vec<u8>,
    /// Most time from the end of the request to the beginning of the reply.
    pub timeout: Duration,
    /// Least silence before this request, where it is longer than the line's.
    pub min_gap: Duration,
}

/// What became of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The reply's PDU, which may be an exception; empty for a broadcast.
    pub reply: Result<Vec<u8>, Failure>,
    /// Where the time went.
    pub timing: Timing,
    /// What else was on the wire.
    pub seen: Seen,
    /// When the last byte was read, or the wait given up.
    pub at: std::time::Instant,
}

/// No usable reply; the line itself is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nothing from this unit before the timeout: ask again, then later.
    #[error("no answer")]
    NoAnswer,
    /// The reply came with a wrong CRC: ask again.
    #[error("wrong CRC")]
    Crc,
    /// The unit answered something else, or only the beginning: ask again.
    #[error("the answer does not fit the request")]
    Unfit,
    /// Somebody talks all the time: look for a second master, or a wire that is open.
    #[error("the line is never silent")]
    NeverSilent,
    /// The bytes to send are no request.
    #[error("not a request")]
    NotARequest,
}

/// Where the time of one transaction went; the sum is the time the line was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timing {
    /// Silence kept before the request.
    pub silence: Duration,
    /// Our bytes on the wire, computed from the speed.
    pub request: Duration,
    /// From the end of the request to the begin of the reply, or to giving up.
    pub device: Duration,
    /// The reply's bytes on the wire, computed from the speed.
    pub reply: Duration,
}

impl Timing {
    /// From our first byte to the last byte of the reply.
    pub fn round_trip(&self) -> Duration {
        self.request + self.device + self.reply
    }
}

/// What was on the wire besides the accepted reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Replies to requests that had been given up.
    pub late: u32,
    /// Whole frames of others.
    pub foreign: u32,
    /// Bytes of no frame.
    pub noise: u32,
    /// Extra requests sent to leave late replies behind.
    pub resyncs: u32,
    /// Own requests that came back before their replies: an adapter hears itself.
    pub echo: u32,
    /// Connections made anew within the line, which stayed open for its users.
    pub reconnects: u32,
}

/// The line takes no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// The device is gone (unplugged, hung up), or its connection; the sentence says which. Open the line anew.
    #[error("{0}")]
    Gone(String),
    /// Too many requests wait already: ask later.
    #[error("the line is busy")]
    Busy,
    /// The line was closed.
    #[error("the line is closed")]
    Closed,
    /// Whoever asked took the request back before it was sent: ask again when there is time.
    #[error("the request was taken back")]
    Withdrawn,
}

pub(super) type Reply = Result<Answer, LineError>;

#[derive(Debug)]
enum Message {
    Ask {
        ask: Ask,
        claim: Claim,
        reply: oneshot::Sender<Reply>,
    },
    /// Wakes a thread that waits for work; one that waits for the wire is woken by the event.
    Stop,
}

/// A line that is open. Dropping it closes the device soon; [`Line::close`] waits until it is closed.
#[derive(Debug)]
pub struct Line {
    handle: LineHandle,
    opened: Opened,
    runs: Runs,
}

/// What is known of a line once it is open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opened {
    /// What the port's driver could not do and the line does without.
    pub note: Option<String>,
    /// How long a USB adapter collects what it receives, where it has such a timer.
    pub latency: Option<LatencyTimer>,
}

/// Who does the work of a line.
#[derive(Debug)]
enum Runs {
    Thread { stop: Arc<OwnedFd>, cancel: CancellationToken, closed: oneshot::Receiver<()> },
    Task { stop: CancellationToken, task: JoinSet<()> },
}

/// Asks an open line; cheap to clone.
#[derive(Debug, Clone)]
pub struct LineHandle(mpsc::Sender<Message>);

impl Line {
    /// Opens the device or the connection.
    pub async fn open(config: LinkConfig) -> Result<Self, OpenError> {
        match config {
            LinkConfig::Serial(serial) => Self::open_serial(serial).await,
            LinkConfig::Tcp(tcp) => Self::open_tcp(tcp).await,
            LinkConfig::RtuOverTcp(tcp) => Self::open_rtu_over_tcp(tcp).await,
        }
    }

    /// Opens the device in a thread of its own.
    async fn open_serial(config: SerialConfig) -> Result<Self, OpenError> {
        let manner = Manner::serial(&config);
        let open = move || {
            Tty::open(&config).map(|(tty, note)| {
                let latency = SerialHost::new().quicken(&config.path);
                (Medium::Tty(tty), Opened { note, latency })
            })
        };
        Self::serve(manner, open, CancellationToken::new()).await
    }

    /// Connects, and serves the connection in a thread of the line's own.
    async fn open_rtu_over_tcp(config: RtuOverTcpConfig) -> Result<Self, OpenError> {
        let stop = CancellationToken::new();
        let manner = Manner::rtu_over_tcp(&config);
        let socket = Socket::open(config.address, config.connect_timeout, stop.clone()).await?;
        Self::serve(manner, move || Ok((Medium::Socket(socket), Opened::default())), stop).await
    }

    async fn serve(
        manner: Manner,
        open: impl FnOnce() -> Result<(Medium, Opened), OpenError> + Send + 'static,
        cancel: CancellationToken,
    ) -> Result<Self, OpenError> {
        let place = manner.place.clone();
        let system = |source| OpenError::System { path: place.clone(), source };
        let stop = rustix::event::eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map_err(system)?;
        let stop = Arc::new(stop);
        let (requests, inbox) = mpsc::channel(QUEUE);
        let (open_tells, opening) = oneshot::channel();
        let (closing, closed) = oneshot::channel();
        let seen = stop.clone();
        // The kernel shows 15 characters of it.
        let name = place.rsplit('/').next().unwrap_or_default().to_owned();
        std::thread::Builder::new()
            .name(name)
            .spawn(move || {
                thread::run(&manner, open, inbox, &seen, open_tells);
                // The device is closed now: whoever waits for that sees this end go.
                drop(closing);
            })
            .map_err(|_| system(rustix::io::Errno::AGAIN))?;
        let opened = opening.await.map_err(|_| system(rustix::io::Errno::CANCELED))??;
        Ok(Self { handle: LineHandle(requests), opened, runs: Runs::Thread { stop, cancel, closed } })
    }

    /// Connects, and serves the connection in a task of the line's own.
    async fn open_tcp(config: TcpConfig) -> Result<Self, OpenError> {
        let stream = socket::connect(&config.address, config.connect_timeout).await?;
        let (requests, inbox) = mpsc::channel(QUEUE);
        let (stop, mut task) = (CancellationToken::new(), JoinSet::new());
        task.spawn(tcp::Client::new(config, inbox, stream).run(stop.clone()));
        Ok(Self { handle: LineHandle(requests), opened: Opened::default(), runs: Runs::Task { stop, task } })
    }

    /// What was found when it was opened.
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    /// A handle to ask it.
    pub fn handle(&self) -> LineHandle {
        self.handle.clone()
    }

    /// Ends a wait in progress and returns when the device is closed and free for its next owner.
    pub async fn close(mut self) {
        self.stop();
        match &mut self.runs {
            // Never sent, only dropped: the error is the news.
            Runs::Thread { closed, .. } => drop(closed.await),
            Runs::Task { task, .. } => while task.join_next().await.is_some() {},
        }
    }

    fn stop(&self) {
        match &self.runs {
            Runs::Thread { stop, cancel, .. } => {
                cancel.cancel();
                // Makes every wait of the thread end. The counter of an eventfd cannot overflow by ones.
                rustix::io::write(stop, &1u64.to_ne_bytes()).ok();
                // A full queue needs no message more: the thread meets the event at the first request.
                self.handle.0.try_send(Message::Stop).ok();
            }
            Runs::Task { stop, .. } => stop.cancel(),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.stop();
    }
}

impl LineHandle {
    /// Sends one request and waits for what becomes of it.
    pub async fn ask(&self, ask: Ask) -> Reply {
        self.ask_unless(ask, Claim::default()).await
    }

    /// The same, unless the request is taken back before it is sent. Only serial lines heed that; elsewhere a request
    /// leaves at once.
    pub async fn ask_unless(&self, ask: Ask, claim: Claim) -> Reply {
        let (reply, answer) = oneshot::channel();
        self.0.try_send(Message::Ask { ask, claim, reply }).map_err(|err| match err {
            mpsc::error::TrySendError::Full(_) => LineError::Busy,
            mpsc::error::TrySendError::Closed(_) => LineError::Closed,
        })?;
        answer.await.map_err(|_| LineError::Closed)?
    }
}
