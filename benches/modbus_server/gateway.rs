//! The way through to a simulated line of 115200 baud, 8N1, with devices that take 2 ms and ignore frames that come too
//! early.

use crate::load::{ANSWER, REQUEST, at, pause};
use crate::servers::Server;
use crate::sim::Sim;
use anyhow::{Context, Result, anyhow, ensure};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// What the line takes for one read of ten registers: 8 and 25 characters of ten bits, and the device.
fn line_time() -> Duration {
    Duration::from_secs_f64((8.0 + 25.0) * 10.0 / 115_200.0) + Duration::from_millis(2)
}

/// What was found of the gateway.
pub(crate) struct Through {
    /// Over the line's own time, of a client that pauses; p50 and p99, milliseconds.
    pub(crate) over_ms: [f64; 2],
    /// Time of an ideal master over time taken, back to back: one client, four clients.
    pub(crate) efficiency: [f64; 2],
    /// The least served of four clients over the most served.
    pub(crate) fairness: f64,
}

pub(crate) fn through(time: Duration) -> Result<Through> {
    let mut sim = Sim::start(115_200, true)?;
    let server = Server::own(&["gateway", &sim.path])?;
    let over_ms = of_one_that_pauses(&server, time)?;
    let mut efficiency = [0.0; 2];
    let mut fairness = 0.0;
    for (place, clients) in [1, 4].into_iter().enumerate() {
        sim.ask("\"reset\"")?;
        let served = back_to_back(server.address, clients, time)?;
        let report = sim.ask("\"stats\"")?;
        ensure!(report["stats"]["short_gaps"] == 0 && report["stats"]["ignored"] == 0, "gaps were not kept: {report}");
        efficiency[place] = report["efficiency"].as_f64().context("efficiency")?;
        let (least, most) = (served.iter().min().context("clients")?, served.iter().max().context("clients")?);
        fairness = f64::from(*least) / f64::from(*most);
        println!("  {clients} back to back: {served:?} in {} s", time.as_secs());
    }
    Ok(Through { over_ms, efficiency, fairness })
}

/// The same client at a gateway of one thread that does nothing but hand on; p50 and p99 over the line's time, ms.
pub(crate) fn bare(time: Duration) -> Result<[f64; 2]> {
    let sim = Sim::start(115_200, true)?;
    of_one_that_pauses(&Server::own(&["bare", &sim.path])?, time)
}

/// A client that pauses: p50 and p99 of its trips over the line's time, ms.
fn of_one_that_pauses(server: &Server, time: Duration) -> Result<[f64; 2]> {
    let mut one = Client::connect(server.address)?;
    // The line opens a moment later than the listener.
    let end = Instant::now() + Duration::from_secs(10);
    while one.ask().is_err() {
        ensure!(Instant::now() < end, "the line does not open");
        pause(Duration::from_millis(50));
        one = Client::connect(server.address)?;
    }
    let mut over = Vec::new();
    let end = Instant::now() + time;
    while Instant::now() < end {
        // Longer than the silence, and never in step with anything.
        pause(Duration::from_micros(5_000 + 977 * (over.len() as u64 % 11)));
        over.push(one.ask()?.saturating_sub(line_time()));
    }
    over.sort_unstable();
    Ok([at(&over, 50) / 1e3, at(&over, 99) / 1e3])
}

/// How many requests each of so many clients got through.
fn back_to_back(address: SocketAddr, clients: usize, time: Duration) -> Result<Vec<u32>> {
    let end = Instant::now() + time;
    let one = move || {
        let mut client = Client::connect(address)?;
        let mut served = 0u32;
        while Instant::now() < end {
            client.ask()?;
            served += 1;
        }
        anyhow::Ok(served)
    };
    let clients: Vec<_> = (0..clients).map(|_| thread::spawn(one)).collect();
    clients.into_iter().map(|client| client.join().map_err(|_| anyhow!("a client panicked"))?).collect()
}

/// A client of plain blocking calls: what it takes itself is as little as can be.
struct Client(TcpStream);

impl Client {
    fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    /// How long a request took; an exception is a failure, whoever made it.
    fn ask(&mut self) -> Result<Duration> {
        let begin = Instant::now();
        self.0.write_all(&REQUEST)?;
        let mut answer = [0; ANSWER];
        self.0.read_exact(&mut answer[..9])?;
        ensure!(answer[7] == 3, "exception {:02X}", answer[8]);
        self.0.read_exact(&mut answer[9..])?;
        Ok(begin.elapsed())
    }
}
