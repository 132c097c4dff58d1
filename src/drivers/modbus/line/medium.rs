//! What carries the bytes of a line that a thread serves: a tty, or a TCP connection to a serial device server.

use super::OpenError;
use super::clock::timespec;
use super::socket::{self, Mute};
use super::talk::End;
use super::tty::Tty;
use crate::config::endpoint::Endpoint;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// An open way for bytes; both ends never block.
#[derive(Debug)]
pub(super) enum Medium {
    Tty(Tty),
    Socket(Socket),
}

/// A connection that can be made anew.
#[derive(Debug)]
pub(super) struct Socket {
    fd: OwnedFd,
    address: Endpoint,
    limit: Duration,
    stop: CancellationToken,
    runtime: tokio::runtime::Handle,
    pub(super) mute: Mute,
}

/// What a wait ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wake {
    /// Bytes can be read (or written).
    Ready,
    /// The time is over.
    Timeout,
    /// We are asked to stop.
    Stop,
}

impl Socket {
    /// Connects; `stop` ends that, now and when it is done again later from the line's thread.
    pub(super) async fn open(address: Endpoint, limit: Duration, stop: CancellationToken) -> Result<Self, OpenError> {
        let fd = dial(&address, limit).await?;
        let runtime = tokio::runtime::Handle::current();
        Ok(Self { fd, address, limit, stop, runtime, mute: Mute::new() })
    }

    /// Connects again, from a thread of our own.
    pub(super) fn renew(&mut self) -> Result<(), End> {
        let (stop, address, limit) = (&self.stop, &self.address, self.limit);
        self.fd = self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = stop.cancelled() => Err(End::Stopped),
                // What was being connected is closed when the stop wins.
                dialed = dial(address, limit) => dialed.map_err(|err| End::Unreachable(err.to_string())),
            }
        })?;
        Ok(())
    }

    /// Makes the connection anew when its peer has been mute too long.
    pub(super) fn renew_if_mute(&mut self) -> Result<bool, End> {
        let now = Instant::now();
        let due = self.mute.is_due(now);
        if due {
            self.mute.renewed(now);
            self.renew()?;
        }
        Ok(due)
    }
}

/// A standard socket stays as tokio made it: it never blocks.
async fn dial(address: &Endpoint, limit: Duration) -> Result<OwnedFd, OpenError> {
    let why = |err: std::io::Error| OpenError::Connect { address: address.to_string(), why: err.to_string() };
    Ok(socket::connect(address, limit).await?.into_std().map_err(why)?.into())
}

impl Medium {
    fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tty(tty) => tty.fd(),
            Self::Socket(socket) => socket.fd.as_fd(),
        }
    }

    /// Waits until bytes can be read or written, the time is over, or a stop is asked for.
    pub(super) fn wait(&self, events: PollFlags, stop: BorrowedFd<'_>, time: Duration) -> Result<Wake, Errno> {
        let mut fds = [PollFd::from_borrowed_fd(self.fd(), events), PollFd::from_borrowed_fd(stop, PollFlags::IN)];
        match poll(&mut fds, Some(&timespec(time))) {
            Ok(0) => Ok(Wake::Timeout),
            Ok(_) if !fds[1].revents().is_empty() => Ok(Wake::Stop),
            // A signal looks like bytes that are not there; the caller looks at its clock.
            Ok(_) | Err(Errno::INTR) => Ok(Wake::Ready),
            Err(err) => Err(err),
        }
    }

    /// Reads what is there; 0 when nothing is. A line that hung up is an error.
    pub(super) fn read(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
        match rustix::io::read(self.fd(), buffer) {
            // With VMIN 1 an open line says EAGAIN when empty; nothing at all means that the device is gone, and of a
            // connection that the peer closed it.
            Ok(0) => Err(Errno::NODEV),
            Err(Errno::AGAIN | Errno::INTR) => Ok(0),
            other => other,
        }
    }

    /// Writes what fits; 0 when nothing does.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        match rustix::io::write(self.fd(), bytes) {
            Err(Errno::AGAIN | Errno::INTR) => Ok(0),
            other => other,
        }
    }

    /// Lets go of bytes received and not read, as after opening. A new connection has none.
    pub(super) fn forget_input(&self) -> Result<(), Errno> {
        match self {
            Self::Tty(tty) => tty.forget_input(),
            Self::Socket(_) => Ok(()),
        }
    }

    /// The connection, if it is one.
    pub(super) fn socket(&mut self) -> Option<&mut Socket> {
        match self {
            Self::Tty(_) => None,
            Self::Socket(socket) => Some(socket),
        }
    }

    /// The sentence for a medium that is gone.
    pub(super) fn gone(&self, place: &str, err: Errno) -> String {
        match (self, err) {
            (Self::Tty(_), err) => format!("{place} is gone: {err}"),
            (Self::Socket(_), Errno::NODEV) => format!("{place} closed the connection"),
            (Self::Socket(_), err) => format!("the connection to {place} is lost: {err}"),
        }
    }
}

/// Waits without looking at the line: true when a stop is asked for, false when the time is over or a signal came.
pub(super) fn wait_for_stop(stop: BorrowedFd<'_>, time: Duration) -> Result<bool, Errno> {
    match poll(&mut [PollFd::from_borrowed_fd(stop, PollFlags::IN)], Some(&timespec(time))) {
        Ok(ready) => Ok(ready != 0),
        Err(Errno::INTR) => Ok(false),
        Err(err) => Err(err),
    }
}
