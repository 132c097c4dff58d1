//! The load. Its messages are those of a real client, caught on their way to the agent they are for: v3 ones are signed and
//! encrypted for it, and answered like any other, as nothing forbids to send one again within 150 s. So the cryptography
//! of the asking side is no part of the measure.

use super::oid;
use super::servers::{Server, Version, client, values};
use anyhow::{Context, Result, bail, ensure};
use rustix::event::{PollFd, PollFlags, poll};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// Different messages of one kind, sent round and round.
const POOL: usize = 64;
/// An answer not there by then is lost.
const PATIENCE: Duration = Duration::from_millis(500);
/// Bytes by which answers of the same request may differ: request ids and times.
const SLACK: usize = 12;

#[derive(Clone, Copy)]
pub(crate) enum Request {
    /// One value.
    Get,
    /// The next twenty.
    Bulk,
}

impl Request {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Bulk => "GETBULK(20)",
        }
    }
}

/// A request, and how long its answer was.
pub(crate) struct Message {
    id: Vec<u8>,
    request: Vec<u8>,
    answer: usize,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) rate: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) lost: usize,
}

/// Lets a real client ask, and keeps what it sent.
pub(crate) async fn record(server: &Server, version: Version, request: Request) -> Result<Vec<Message>> {
    let between = tokio::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let beyond = tokio::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    beyond.connect(server.address).await?;
    let at = between.local_addr()?;
    let tape = async {
        let mut tape = Vec::new();
        let (mut asked, mut said) = (vec![0; 65_536], vec![0; 65_536]);
        loop {
            let (length, peer) = between.recv_from(&mut asked).await?;
            beyond.send(&asked[..length]).await?;
            let answer = beyond.recv(&mut said).await?;
            between.send_to(&said[..answer], peer).await?;
            tape.push((asked[..length].to_vec(), answer));
            if tape.len() == POOL + 8 {
                return Ok::<_, anyhow::Error>(tape);
            }
        }
    };
    let asking = async {
        let client = client(at, version).await?;
        let (point, column) = (values().child(1), values());
        let system = oid("1.3.6.1.2.1.1")?;
        loop {
            match (request, server.ours) {
                (Request::Get, true) => drop(client.get(&point).await?),
                // The simplest there is.
                (Request::Get, false) => drop(client.get(&oid("1.3.6.1.2.1.1.5.0")?).await?),
                (Request::Bulk, ours) => {
                    let from = if ours { &column } else { &system };
                    let rows = client.get_bulk(std::slice::from_ref(from), 0, 20).await?;
                    ensure!(rows.len() == 20, "{} rows", rows.len());
                }
            }
        }
        #[allow(unreachable_code)]
        Ok(())
    };
    let tape = tokio::select! {
        tape = tape => tape?,
        failed = asking => { failed?; bail!("the client ended") }
    };
    // The first ones of SNMPv3 ask who the agent is.
    let messages = tape.into_iter().skip(8).map(|(request, answer)| {
        let id = id(&request).context("no id in a request")?;
        Ok(Message { id: id.to_vec(), request, answer })
    });
    messages.collect()
}

/// The message id of SNMPv3, or the request id of SNMPv2c.
fn id(message: &[u8]) -> Option<&[u8]> {
    let (_, whole, _) = element(message)?;
    let (_, version, rest) = element(whole)?;
    let inner = if version == [3] {
        element(rest)?.1
    } else {
        let (_, _, pdu) = element(rest)?;
        element(pdu)?.1
    };
    Some(element(inner)?.1)
}

/// Tag, content, and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let digits = if *first < 0x80 { 0 } else { usize::from(first & 0x7F) };
    let length = match digits {
        0 => usize::from(*first),
        _ => rest.get(..digits)?.iter().fold(0, |length, digit| (length << 8) | usize::from(*digit)),
    };
    let rest = rest.get(digits..)?;
    Some((*tag, rest.get(..length)?, rest.get(length..)?))
}

/// One socket with its requests under way: which, and since when.
struct Flow {
    socket: UdpSocket,
    next: usize,
    flying: Vec<(usize, Instant)>,
}

impl Flow {
    fn send(&mut self, messages: &[Message]) -> Result<()> {
        let which = self.next % messages.len();
        self.next += 1;
        self.flying.push((which, Instant::now()));
        self.socket.send(&messages[which].request)?;
        Ok(())
    }
}

/// So many sockets, each with so many requests under way, for some time.
pub(crate) fn load(address: SocketAddr, messages: &[Message], flow: (usize, usize), time: Duration) -> Result<Found> {
    let (sockets, depth) = flow;
    let mut flows = Vec::new();
    for nth in 0..sockets {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.connect(address)?;
        socket.set_nonblocking(true)?;
        let mut flow = Flow { socket, next: nth * messages.len() / sockets, flying: Vec::new() };
        for _ in 0..depth {
            flow.send(messages)?;
        }
        flows.push(flow);
    }
    let begin = Instant::now();
    let (mut trips, mut lost) = (Vec::new(), 0);
    let mut answer = vec![0; 65_536];
    while begin.elapsed() < time {
        let mut polled: Vec<PollFd<'_>> = flows.iter().map(|flow| PollFd::new(&flow.socket, PollFlags::IN)).collect();
        let wait = rustix::time::Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
        poll(&mut polled, Some(&wait))?;
        drop(polled);
        for flow in &mut flows {
            loop {
                let length = match flow.socket.recv(&mut answer) {
                    Ok(length) => length,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error.into()),
                };
                let id = id(&answer[..length]).context("no id in an answer")?;
                let Some(at) = flow.flying.iter().position(|(which, _)| messages[*which].id == id) else { continue };
                let (which, since) = flow.flying.swap_remove(at);
                let expect = messages[which].answer;
                ensure!(length.abs_diff(expect) <= SLACK, "an answer of {length} bytes instead of {expect}");
                trips.push(since.elapsed());
                flow.send(messages)?;
            }
            let late = flow.flying.iter().position(|(_, since)| PATIENCE < since.elapsed());
            if let Some(late) = late {
                flow.flying.swap_remove(late);
                lost += 1;
                flow.send(messages)?;
            }
        }
    }
    let took = begin.elapsed().as_secs_f64();
    trips.sort_unstable();
    let at = |share: usize| trips.get(trips.len() * share / 100).map_or(0.0, |trip| trip.as_secs_f64() * 1e6);
    #[allow(clippy::cast_precision_loss)] // Some hundred thousands.
    let rate = trips.len() as f64 / took;
    Ok(Found { rate, p50_us: at(50), p99_us: at(99), lost })
}
