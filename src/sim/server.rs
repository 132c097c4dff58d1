//! Simulated devices behind TCP: a Modbus/TCP server, or a serial device server that passes RTU frames.

use super::fault::{Exchange, Fault, spoil};
use super::field::SimDevice;
use super::slaves::{Reaction, Slaves, Wish};
use super::stats::{FieldStats, RequestSeen, micros};
use crate::modbus::mbap::{self, Decoder};
use crate::modbus::rtu::{self, Length};
use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

/// Connections served at the same time; more wait to be accepted.
const CONNECTIONS: usize = 64;
/// Replies that wait for their time, per connection; more requests are read later.
const REPLIES: usize = 256;
/// Bytes that became no whole RTU frame are forgotten after this long.
const FORGET: Duration = Duration::from_millis(100);

/// What the bytes on a connection mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speech {
    /// Modbus/TCP: each request is answered when its device has it ready.
    Tcp,
    /// RTU frames: one after the other, as on the line behind.
    RtuOverTcp,
}

/// Devices to simulate behind TCP.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// What the bytes mean.
    pub speech: Speech,
    /// Where to listen on the loopback address; 0 = anywhere.
    pub port: u16,
    /// Who is behind it.
    pub devices: Vec<SimDevice>,
}

/// A running server on the loopback address; ends when dropped. What its devices are told goes by [`Slaves`].
#[derive(Debug)]
pub struct Server {
    slaves: Slaves,
    address: SocketAddr,
    wake: Arc<Notify>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens and starts the thread.
    pub fn start(config: ServerConfig) -> io::Result<Self> {
        let listener = listen((Ipv4Addr::LOCALHOST, config.port).into())?;
        let address = listener.local_addr()?;
        let slaves = Slaves::new(config.devices, address.to_string().into());
        let wake = Arc::new(Notify::new());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (served, woken) = (slaves.clone(), Arc::clone(&wake));
        let serving = move || runtime.block_on(serve(config.speech, listener, address, &served, &woken));
        let thread = std::thread::Builder::new().name("sim-tcp".to_owned()).spawn(serving)?;
        Ok(Self { slaves, address, wake, thread: Some(thread) })
    }

    /// Where a master connects, also after unplugging and plugging.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Counts from zero.
    pub fn reset_stats(&self) {
        self.slaves.lock().stats = FieldStats::default();
    }

    /// Pulls the plug: connections are closed, new ones refused.
    pub fn unplug(&self) {
        self.slaves.lock().plugged = false;
        self.wake.notify_one();
    }

    /// Puts it back.
    pub fn plug(&self) {
        self.slaves.lock().plugged = true;
        self.wake.notify_one();
    }
}

impl Deref for Server {
    type Target = Slaves;

    fn deref(&self) -> &Slaves {
        &self.slaves
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.slaves.lock().stop = true;
        self.wake.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed by itself.
            thread.join().ok();
        }
    }
}

/// A standard listener: a tokio one can only be made inside its runtime.
fn listen(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn serve(speech: Speech, first: std::net::TcpListener, address: SocketAddr, slaves: &Slaves, wake: &Notify) {
    let began = Instant::now();
    let mut next = Some(first);
    loop {
        let Some(listener) = next.take().and_then(|listener| TcpListener::from_std(listener).ok()) else {
            wake.notified().await;
            match slaves.wish() {
                Wish::Stop => return,
                Wish::Unplugged => (),
                Wish::Plugged => {
                    let listening = listen(address);
                    slaves.lock().error = listening.as_ref().err().map(ToString::to_string);
                    next = listening.ok();
                }
            }
            continue;
        };
        let mut connections = JoinSet::new();
        while slaves.wish() == Wish::Plugged {
            tokio::select! {
                () = wake.notified() => (),
                Some(_) = connections.join_next(), if !connections.is_empty() => (),
                accepted = listener.accept(), if connections.len() < CONNECTIONS => if let Ok((stream, _)) = accepted {
                    slaves.lock().stats.connections += 1;
                    connections.spawn(Connection::new(speech, slaves.clone(), began).talk(stream));
                },
            }
        }
        if slaves.wish() == Wish::Stop {
            return;
        }
    }
}

/// One reply, when it is due: pieces with the pause before each; `None` closes the connection.
type Reply = (Instant, Option<Vec<(u64, Vec<u8>)>>);

struct Connection {
    speech: Speech,
    slaves: Slaves,
    began: Instant,
    decoder: Decoder,
    /// RTU bytes that are no whole frame yet, and since when.
    arriving: Vec<u8>,
    arrived: Instant,
    /// In order of time.
    replies: VecDeque<Reply>,
}

impl Connection {
    fn new(speech: Speech, slaves: Slaves, began: Instant) -> Self {
        let (decoder, arriving, replies) = (Decoder::default(), Vec::new(), VecDeque::new());
        Self { speech, slaves, began, decoder, arriving, arrived: began, replies }
    }

    async fn talk(mut self, mut stream: TcpStream) {
        // Without it a reply would wait for the acknowledgement of the one before.
        stream.set_nodelay(true).ok();
        let mut buffer = [0; 4096];
        loop {
            let due = self.replies.front().map(|(at, _)| *at);
            tokio::select! {
                read = stream.read(&mut buffer), if self.replies.len() < REPLIES => match read {
                    Ok(count) if count != 0 && self.received(&buffer[..count]) => (),
                    _ => return,
                },
                () = sleep_until(due.unwrap_or(self.began)), if due.is_some() => {
                    let Some((_, Some(pieces))) = self.replies.pop_front() else { return };
                    for (pause_ms, piece) in pieces {
                        if pause_ms != 0 {
                            sleep(Duration::from_millis(pause_ms)).await;
                        }
                        if stream.write_all(&piece).await.is_err() {
                            return;
                        }
                    }
                }
            }
        }
    }

    /// False when the bytes are no Modbus/TCP.
    fn received(&mut self, bytes: &[u8]) -> bool {
        match self.speech {
            Speech::Tcp => {
                self.decoder.push(bytes);
                loop {
                    match self.decoder.next() {
                        Ok(Some(mbap::Message { transaction, unit, pdu })) => {
                            self.request(unit, &pdu, &|unit, pdu| mbap::frame(transaction, unit, pdu));
                        }
                        Ok(None) => return true,
                        Err(_) => return false,
                    }
                }
            }
            Speech::RtuOverTcp => {
                self.frames(bytes);
                true
            }
        }
    }

    fn frames(&mut self, bytes: &[u8]) {
        let now = Instant::now();
        if FORGET < now - self.arrived {
            self.slaves.lock().stats.bad_bytes += u64::try_from(self.arriving.len()).unwrap_or(u64::MAX);
            self.arriving.clear();
        }
        self.arrived = now;
        self.arriving.extend_from_slice(bytes);
        loop {
            let length = match rtu::request_length(&self.arriving) {
                Length::Known(length) => length,
                Length::Open => self.arriving.len(),
                Length::NotYet => return,
            };
            let Some(whole) = self.arriving.get(..length) else { return };
            let Some((unit, pdu)) = rtu::open(whole).map(|(unit, pdu)| (unit, pdu.to_vec())) else { return };
            self.arriving.drain(..length);
            self.request(unit, &pdu, &rtu::frame);
        }
    }

    fn request(&mut self, unit: u8, pdu: &[u8], frame: &dyn Fn(u8, &[u8]) -> Vec<u8>) {
        let now = Instant::now();
        let time = now - self.began;
        self.slaves.lock().stats.request(RequestSeen { at_us: micros(time), gap_us: 0, unit, pdu: pdu.to_vec() });
        if unit == 0 && self.speech == Speech::RtuOverTcp {
            return self.slaves.broadcast(pdu, time);
        }
        let Some(Reaction { reply, fault, turnaround }) = self.slaves.react(unit, pdu, time) else { return };
        let pieces = spoil(&fault, &Exchange { frame, unit, request: pdu, reply: &reply });
        if pieces.is_empty() && fault != Fault::HangUp {
            return;
        }
        self.slaves.lock().stats.replies += u64::from(!pieces.is_empty());
        let mut at = now + turnaround;
        if self.speech == Speech::RtuOverTcp {
            // A line that is still busy with an earlier request answers that one first.
            at = self.replies.back().map_or(at, |(last, _)| at.max(*last));
        }
        let place = self.replies.partition_point(|(other, _)| *other <= at);
        self.replies.insert(place, (at, (fault != Fault::HangUp).then_some(pieces)));
    }
}
