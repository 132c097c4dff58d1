//! The way out: a name becomes a TCP connection, within a time limit, and what fails is told in words.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

/// Why there is no connection; the user mends the address, the network, or what should listen there.
#[derive(Debug, thiserror::Error)]
pub enum TcpError {
    /// The name has no address, or the name server is silent.
    #[error("the name `{host}` cannot be resolved: {source}")]
    Name {
        /// The name.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// The host is there, its port is not.
    #[error("the connection is refused: nothing listens there")]
    Refused,
    /// The host, or something on the way, swallows what we send.
    #[error("there is no answer at that address")]
    Silent,
    /// The network knows no way.
    #[error("it cannot be reached: {0}")]
    Unreachable(io::Error),
}

/// Looks the name up and connects to the first of its addresses that answers, all within `limit`.
pub async fn connect(host: &str, port: u16, limit: Duration) -> Result<TcpStream, TcpError> {
    let deadline = Instant::now() + limit;
    let name = |source| TcpError::Name { host: host.to_owned(), source };
    let lookup = tokio::net::lookup_host((host, port));
    let no_answer = |_| name(io::Error::new(io::ErrorKind::TimedOut, "the name server does not answer"));
    let addresses: Vec<SocketAddr> = timeout_at(deadline, lookup).await.map_err(no_answer)?.map_err(name)?.collect();
    let mut failure = name(io::Error::new(io::ErrorKind::NotFound, "it has no address"));
    let mut left = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
    for address in addresses {
        // A dead first address leaves time for the others.
        let share = deadline.saturating_duration_since(Instant::now()) / left.max(1);
        left = left.saturating_sub(1);
        failure = match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => TcpError::Refused,
            Ok(Err(error)) => TcpError::Unreachable(error),
            Err(_) => TcpError::Silent,
        };
    }
    Err(failure)
}
