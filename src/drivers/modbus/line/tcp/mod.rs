//! Modbus/TCP: one connection, up to 16 requests under way, each answer taken only for the request with its number.
//!
//! A request that is given up costs no reconnect: its answer is known by its number when it comes after all. A server
//! that closes an idle connection is met by a new one at the next request; one that loses a connection under way gets
//! reads once more. Whatever cannot be mended by one new connection ends the line, and its owner opens it anew.

mod book;

use super::socket::{Mute, connect};
use super::{LineError, Message};
use crate::config::link::TcpConfig;
use crate::modbus::mbap::{self, BrokenStream, Decoder};
use book::{Book, Request};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// A frame fits any socket's buffer; a peer that does not take it for this long takes nothing any more.
const STUCK: Duration = Duration::from_secs(5);

/// Why a connection is of no more use.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("{0} closed the connection")]
    Closed(String),
    #[error("the connection to {0} is lost: {1}")]
    Broken(String, io::Error),
    #[error("{0} does not speak Modbus/TCP: it sent a message with {1}")]
    Nonsense(String, BrokenStream),
    #[error("{0} began a message and never ended it")]
    Unfinished(String),
    #[error("{0} takes no more requests")]
    Stuck(String),
}

/// The client's end of one connection.
pub(super) struct Client {
    config: TcpConfig,
    inbox: mpsc::Receiver<Message>,
    /// `None` after the peer closed it and before the next request.
    stream: Option<TcpStream>,
    decoder: Decoder,
    book: Book,
    /// Taken from the inbox, not yet sent.
    held: Option<Request>,
    mute: Mute,
}

impl Client {
    pub(super) fn new(config: TcpConfig, inbox: mpsc::Receiver<Message>, stream: TcpStream) -> Self {
        Self {
            config,
            inbox,
            stream: Some(stream),
            decoder: Decoder::default(),
            book: Book::default(),
            held: None,
            mute: Mute::new(),
        }
    }

    /// Serves requests until the line is closed or there is no connection to be had.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let end = tokio::select! {
            biased;
            () = stop.cancelled() => LineError::Closed,
            // Whatever it was about is told below.
            end = self.work() => end,
        };
        drop(self.stream.take());
        self.inbox.close();
        for request in self.book.take_back().into_iter().chain(self.held.take()) {
            request.tell(Err(end.clone()));
        }
        while let Ok(message) = self.inbox.try_recv() {
            if let Message::Ask { reply, .. } = message {
                drop(reply.send(Err(end.clone())));
            }
        }
    }

    async fn work(&mut self) -> LineError {
        loop {
            let ended = match self.step().await {
                Ok(()) => continue,
                Err(Ended::Line(err)) => err,
                Err(Ended::Connection(lost)) => match self.recover(lost).await {
                    Ok(()) => continue,
                    Err(err) => err,
                },
            };
            return ended;
        }
    }

    /// Sends what is held, or waits for the next thing to happen.
    async fn step(&mut self) -> Result<(), Ended> {
        let mut wake = self.book.deadline();
        if let Some(held) = &self.held {
            let now = Instant::now();
            match self.book.clear_at(&held.ask, now) {
                Some(clear) if clear <= now => return self.send_held().await,
                clear => wake = [wake, clear].into_iter().flatten().min(),
            }
        }
        // A connection that is to be renewed takes nothing more until what is under way has ended.
        let renewing = !self.book.is_empty() && self.mute.is_due(Instant::now().into_std());
        let room = self.held.is_none() && self.book.len() < usize::from(self.config.in_flight) && !renewing;
        let mut buffer = [0; 4 * mbap::MAX_FRAME];
        tokio::select! {
            biased;
            // Cancel-safe: bytes are taken only when it is ready. Before the deadlines: what is here is in time.
            read = read(self.stream.as_mut(), &mut buffer) => self.received(read, &buffer),
            // Cancel-safe: a request stays in the channel when another arm wins.
            message = self.inbox.recv(), if room => match message {
                Some(Message::Ask { ask, reply, .. }) => {
                    self.held = Request::new(ask, reply).filter(Request::is_wanted);
                    Ok(())
                }
                Some(Message::Stop) | None => Err(Ended::Line(LineError::Closed)),
            },
            // Cancel-safe: only time passes. Without a deadline it never ends.
            () = sleep(wake) => {
                let given_up = self.book.expire(Instant::now());
                self.mute.missed(given_up);
                if given_up != 0 && self.decoder.is_within() {
                    // What follows a message without an end could not be told from its rest.
                    return self.lose(Lost::Unfinished(self.config.address.to_string()));
                }
                Ok(())
            }
        }
    }

    async fn send_held(&mut self) -> Result<(), Ended> {
        let renew = self.book.is_empty() && self.mute.is_due(Instant::now().into_std());
        if renew {
            self.mute.renewed(Instant::now().into_std());
        }
        if renew || self.stream.is_none() {
            self.renew().await.map_err(Ended::Line)?;
        }
        if let Some(request) = self.held.take() {
            self.send(request).await.map_err(Ended::Connection)?;
        }
        Ok(())
    }

    async fn send(&mut self, request: Request) -> Result<(), Lost> {
        let frame = self.book.enter(request, Instant::now());
        let address = || self.config.address.to_string();
        let Some(stream) = &mut self.stream else { return Err(Lost::Closed(address())) };
        match timeout(STUCK, stream.write_all(&frame)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(err)) => Err(Lost::Broken(address(), err)),
            Err(_) => Err(Lost::Stuck(address())),
        }
    }

    fn received(&mut self, read: io::Result<usize>, buffer: &[u8]) -> Result<(), Ended> {
        let address = || self.config.address.to_string();
        let lost = match read {
            Ok(0) => Lost::Closed(address()),
            Ok(count) => {
                self.mute.heard();
                self.decoder.push(&buffer[..count]);
                // All before any is believed: the end of one message may be the beginning of another, if the peer lost
                // some bytes, and what follows then makes no sense.
                let (mut messages, now) = (Vec::new(), Instant::now());
                loop {
                    match self.decoder.next() {
                        Ok(Some(message)) => messages.push(message),
                        Ok(None) => {
                            for message in messages {
                                self.book.take(message, now);
                            }
                            return Ok(());
                        }
                        Err(broken) => break Lost::Nonsense(address(), broken),
                    }
                }
            }
            Err(err) => Lost::Broken(address(), err),
        };
        self.lose(lost)
    }

    /// Requests under way need another connection; without any, servers close what is idle, and the next request
    /// connects anew.
    fn lose(&mut self, lost: Lost) -> Result<(), Ended> {
        if self.book.is_empty() {
            tracing::debug!(%lost, "an idle connection ended");
            self.stream = None;
            return Ok(());
        }
        Err(Ended::Connection(lost))
    }

    /// A connection was lost with requests under way. A server may close an idle one at the very moment we ask: reads
    /// get a second chance, writes may have been done already and do not.
    async fn recover(&mut self, lost: Lost) -> Result<(), LineError> {
        let gone = LineError::Gone(lost.to_string());
        self.stream = None;
        let waited = self.book.take_back();
        if !waited.iter().all(|request| request.is_read() && !request.again) {
            for request in waited {
                request.tell(Err(gone.clone()));
            }
            return Err(gone);
        }
        let mut connected = self.renew().await;
        for mut request in waited {
            request.again = true;
            match connected {
                Ok(()) => {
                    if let Err(lost) = self.send(request).await {
                        connected = Err(LineError::Gone(lost.to_string()));
                    }
                }
                Err(ref err) => request.tell(Err(err.clone())),
            }
        }
        connected
    }

    async fn renew(&mut self) -> Result<(), LineError> {
        self.stream = None;
        self.decoder = Decoder::default();
        let stream = connect(&self.config.address, self.config.connect_timeout).await;
        self.stream = Some(stream.map_err(|err| LineError::Gone(err.to_string()))?);
        self.book.seen.reconnects += 1;
        Ok(())
    }
}

/// Why a step was the last one.
enum Ended {
    Connection(Lost),
    Line(LineError),
}

/// Waits for ever where there is no connection.
async fn read(stream: Option<&mut TcpStream>, buffer: &mut [u8]) -> io::Result<usize> {
    match stream {
        Some(stream) => stream.read(buffer).await,
        None => std::future::pending().await,
    }
}

/// Waits for ever where there is no time to wait for.
async fn sleep(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}
