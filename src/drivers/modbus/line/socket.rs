//! TCP connections of a line: how they are made and tuned.

use super::OpenError;
use crate::config::endpoint::Endpoint;
use crate::net::dial;
use rustix::net::sockopt;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// A connection that has been quiet this long is probed by the kernel, so that a peer that vanished is noticed ...
const PROBE_AFTER: Duration = Duration::from_secs(30);
/// ... after this many probes ...
const PROBES: u32 = 3;
/// ... this far apart.
const PROBE_EVERY: Duration = Duration::from_secs(10);

/// Requests given up in a row, with nothing heard at all, that make a connection suspect.
const MUTE: u32 = 4;
/// Pause between two new connections to a peer that accepts and stays mute; doubles ...
const FIRST_RENEWAL: Duration = Duration::from_secs(1);
/// ... up to this.
const LAST_RENEWAL: Duration = Duration::from_secs(60);
/// Connects; the name is looked up anew each time.
pub(super) async fn connect(address: &Endpoint, limit: Duration) -> Result<TcpStream, OpenError> {
    let why = |error: dial::TcpError| OpenError::Connect { address: address.to_string(), why: error.to_string() };
    let stream = dial::connect(&address.host, address.port, limit).await.map_err(why)?;
    tune(&stream);
    Ok(stream)
}

/// A socket that cannot be tuned still works: requests leave later, a cut cable is noticed later.
fn tune(stream: &TcpStream) {
    let tuned = stream.set_nodelay(true).and_then(|()| {
        sockopt::set_socket_keepalive(stream, true)?;
        sockopt::set_tcp_keepidle(stream, PROBE_AFTER)?;
        sockopt::set_tcp_keepintvl(stream, PROBE_EVERY)?;
        Ok(sockopt::set_tcp_keepcnt(stream, PROBES)?)
    });
    if let Err(error) = tuned {
        tracing::debug!(%error, "a socket option was refused");
    }
}

/// A peer that accepts and never answers: its connection is made anew, ever more rarely.
#[derive(Debug)]
pub(super) struct Mute {
    missed: u32,
    pause: Duration,
    not_before: Option<Instant>,
}

impl Mute {
    pub(super) fn new() -> Self {
        Self { missed: 0, pause: FIRST_RENEWAL, not_before: None }
    }

    pub(super) fn heard(&mut self) {
        *self = Self::new();
    }

    pub(super) fn missed(&mut self, count: u32) {
        self.missed = self.missed.saturating_add(count);
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        MUTE <= self.missed && self.not_before.is_none_or(|before| before <= now)
    }

    pub(super) fn renewed(&mut self, now: Instant) {
        self.missed = 0;
        self.not_before = Some(now + self.pause);
        self.pause = (2 * self.pause).min(LAST_RENEWAL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mute_peer_gets_new_connections_ever_more_rarely() {
        let mut now = Instant::now();
        let mut mute = Mute::new();
        let mut pauses = Vec::new();
        for _ in 0..8 {
            mute.missed(MUTE - 1);
            assert!(!mute.is_due(now + LAST_RENEWAL));
            mute.missed(1);
            let due = mute.not_before.unwrap_or(now);
            assert!(mute.is_due(due) && (due == now || !mute.is_due(now)));
            pauses.push(due.duration_since(now).as_secs());
            now = due;
            mute.renewed(now);
        }
        assert_eq!(pauses, [0, 1, 2, 4, 8, 16, 32, 60]);
        mute.heard();
        mute.missed(MUTE);
        assert!(mute.is_due(now));
    }
}
