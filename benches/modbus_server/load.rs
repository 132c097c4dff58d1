//! Clients, and what they find.

use anyhow::{Result, ensure};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// FC 3, ten registers from 0, unit 1; and the size of its answer.
pub(crate) const REQUEST: [u8; 12] = [0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 10];
pub(crate) const ANSWER: usize = 29;

/// Waits in a thread of one's own.
#[expect(clippy::disallowed_methods, reason = "no runtime is blocked, and there is nothing to wait for but the time")]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// What clients do, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    /// Requests of each connection under way.
    pub(crate) depth: usize,
    /// Bursts a second of each connection; none: as fast as they are answered. Bursts that are late are sent one after the
    /// other, as timers are no finer than a millisecond; a trip begins when its burst is sent.
    pub(crate) rate: Option<f64>,
    pub(crate) time: Duration,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) rate: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
}

impl Load {
    pub(crate) async fn on(self, address: SocketAddr) -> Result<Found> {
        let end = Instant::now() + self.time;
        let mut clients = JoinSet::new();
        for _ in 0..self.connections {
            clients.spawn(self.client(address, end));
        }
        let mut trips = Vec::new();
        while let Some(done) = clients.join_next().await {
            trips.extend(done??);
        }
        trips.sort_unstable();
        #[allow(clippy::cast_precision_loss)] // Some millions.
        let rate = (trips.len() * self.depth) as f64 / self.time.as_secs_f64();
        Ok(Found { rate, p50_us: at(&trips, 50), p99_us: at(&trips, 99) })
    }

    /// Round trips of bursts; nothing is lost, or it never ends.
    async fn client(self, address: SocketAddr, end: Instant) -> Result<Vec<Duration>> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (burst, mut answers) = (REQUEST.repeat(self.depth), vec![0; ANSWER * self.depth]);
        let mut trips = Vec::new();
        let mut due = Instant::now();
        while Instant::now() < end {
            if let Some(rate) = self.rate {
                due += Duration::from_secs_f64(1.0 / rate);
                if Instant::now() < due {
                    tokio::time::sleep_until(due.into()).await;
                }
            }
            let begin = Instant::now();
            stream.write_all(&burst).await?;
            stream.read_exact(&mut answers).await?;
            trips.push(begin.elapsed());
            ensure!(answers.chunks(ANSWER).all(|answer| answer[7] == 3 || answer[7] == 0), "an exception");
        }
        Ok(trips)
    }
}

/// A percentile of sorted times, in microseconds.
pub(crate) fn at(trips: &[Duration], share: usize) -> f64 {
    trips.get(trips.len() * share / 100).map_or(0.0, |trip| trip.as_secs_f64() * 1e6)
}
