//! One connection: requests in, answers out in the same order, each with its number. Several requests of one read are
//! answered by one write.

use super::clients::{Client, Identity};
use super::gateway::{Asking, forward};
use super::shared::{Served, Shared, Target};
use super::writing;
use crate::config::access::{AccessList, Rights};
use crate::config::certificate::modbus_role;
use crate::modbus::address::Span;
use crate::modbus::mbap::{self, BrokenStream, Peeked};
use crate::modbus::server::{Asked, Written, put_exception, put_read, understand};
use crate::net::listen::{Accepted, Stream};
use crate::platform::clock;
use crate::runtime::safe_mode::Source;
use crate::tag::reading::Stamp;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use futures::stream::{FuturesOrdered, StreamExt as _};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_modbus::ExceptionCode;
use tokio_util::sync::CancellationToken;

/// Bytes of one read: some dozens of short requests, or 15 of the longest.
const INPUT: usize = 4096;
/// Requests of one connection under way: twice what a line takes, so that a client that asks for too much hears 06.
const AHEAD: usize = 64;
/// How soon and how late the silence of a client is looked at: the setting may change meanwhile, and where an answer is
/// under way nothing is to be done yet.
const IDLE_LOOK: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));
/// A client that takes none of its answers for so long is gone.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);

/// How a connection ended.
enum End {
    /// The peer or the network ended it.
    Closed,
    /// What came is no Modbus/TCP.
    Broken,
    /// Nothing came for too long.
    Idle,
    /// Its address is not let in any more.
    PutOut,
    /// We are stopping.
    Stopped,
}

/// The whole conversation with a client.
pub(super) async fn converse(shared: Arc<Shared>, stop: CancellationToken, accepted: Accepted) {
    let Accepted { stream, peer, permit } = accepted;
    let identity = match stream.peer_certificate() {
        Some(certificate) => Identity::Secured { role: modbus_role(certificate) },
        None => Identity::Plain,
    };
    let client = shared.clients.enter(peer, identity);
    let list = shared.door.list();
    let mut connection = Connection {
        shared: Arc::clone(&shared),
        client: Arc::clone(&client),
        limits: list.limits(peer.ip()).cloned(),
        list,
        input: vec![0; INPUT],
        filled: 0,
        output: Vec::new(),
        pending: FuturesOrdered::new(),
        writing: false,
        heard: Instant::now(),
    };
    let end = tokio::select! {
        biased;
        // First: whoever is no longer let in gets no other answer, not even one that is ready.
        () = permit.pass().put_out() => End::PutOut,
        end = connection.run(stream, &stop) => end,
    };
    shared.clients.leave(&client);
    match end {
        End::Broken => {
            shared.counts.broken.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(%peer, "closed: no Modbus/TCP");
        }
        End::Idle => {
            shared.counts.idled.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(%peer, "closed: idle");
        }
        End::PutOut => tracing::debug!(%peer, "closed: its address is no longer let in"),
        End::Closed | End::Stopped => (),
    }
    drop(permit);
}

struct Connection {
    shared: Arc<Shared>,
    client: Arc<Client>,
    /// What the client may do by this list; none: everything.
    limits: Option<Rights>,
    list: Arc<AccessList>,
    input: Vec<u8>,
    filled: usize,
    output: Vec<u8>,
    /// Answers that are not there yet, and those behind them, in the order of their requests.
    pending: FuturesOrdered<BoxFuture<'static, Vec<u8>>>,
    /// A write is among them: what comes behind it must see what it did.
    writing: bool,
    /// When the last whole request came; pieces of one are no sign of life.
    heard: Instant,
}

impl Connection {
    async fn run(&mut self, mut stream: Stream, stop: &CancellationToken) -> End {
        let idle = sleep_until(Instant::now() + IDLE_LOOK.1);
        tokio::pin!(idle);
        loop {
            let served = self.serve();
            if !self.output.is_empty() {
                match timeout(WRITE_PATIENCE, stream.write_all(&self.output)).await {
                    Ok(Ok(())) => self.output.clear(),
                    Ok(Err(_)) | Err(_) => return End::Closed,
                }
            }
            if served.is_err() {
                return End::Broken;
            }
            let room = self.pending.len() < AHEAD && self.filled < INPUT;
            tokio::select! {
                biased;
                () = stop.cancelled() => return End::Stopped,
                // Cancel-safe: what is under way stays in the queue.
                Some(answer) = self.pending.next(), if !self.pending.is_empty() => {
                    self.output.extend_from_slice(&answer);
                    // What is there already leaves by the same write.
                    while let Some(Some(answer)) = self.pending.next().now_or_never() {
                        self.output.extend_from_slice(&answer);
                    }
                }
                // Cancel-safe: bytes not read now are read next time.
                read = stream.read(&mut self.input[self.filled..]), if room => match read {
                    Ok(0) | Err(_) => return End::Closed,
                    Ok(bytes) => self.filled += bytes,
                },
                () = &mut idle => {
                    let (now, until) = (Instant::now(), self.heard + self.shared.served().config.idle_timeout);
                    if until <= now && self.pending.is_empty() {
                        return End::Idle;
                    }
                    idle.as_mut().reset(until.clamp(now + IDLE_LOOK.0, now + IDLE_LOOK.1));
                }
            }
        }
    }

    /// Takes in every whole request that may be begun now.
    fn serve(&mut self) -> Result<(), BrokenStream> {
        let mut served: Option<(Arc<Served>, Stamp)> = None;
        let mut taken = 0;
        let outcome = loop {
            if self.pending.is_empty() {
                self.writing = false;
            }
            if self.writing || AHEAD <= self.pending.len() {
                break Ok(());
            }
            let input = std::mem::take(&mut self.input);
            let found = mbap::peek(&input[taken..self.filled]);
            let step = match found {
                Ok(Some(request)) => {
                    // What came together is answered by one list, one configuration and one look at the clock.
                    let (served, now) = served.get_or_insert_with(|| {
                        self.look_at_the_list();
                        (self.shared.served(), clock::now())
                    });
                    self.answer(served, request, *now);
                    taken += request.length;
                    None
                }
                Ok(None) => Some(Ok(())),
                Err(broken) => Some(Err(broken)),
            };
            self.input = input;
            if let Some(end) = step {
                break end;
            }
        };
        if let Some((_, now)) = served {
            self.heard = Instant::now();
            self.shared.safe_mode.heard(Source::Modbus, now);
            self.input.copy_within(taken..self.filled, 0);
            self.filled -= taken;
        }
        outcome
    }

    fn look_at_the_list(&mut self) {
        if !self.shared.door.is_in_force(&self.list) {
            self.list = self.shared.door.list();
            self.limits = self.list.limits(self.client.peer.ip()).cloned();
        }
    }

    fn answer(&mut self, served: &Arc<Served>, request: Peeked<'_>, now: Stamp) {
        if let Some(Err(code)) = self.limits.as_ref().map(|limits| limits.judge(request.unit, request.pdu)) {
            // A value that cannot be is no rule's matter.
            if code != ExceptionCode::IllegalDataValue {
                self.shared.door.refuse_request(self.client.peer.ip());
            }
            return self.now(request, |_| Err(code));
        }
        if let Identity::Secured { role } = &self.client.identity {
            let security = served.config.security.as_ref();
            let judged = security.map(|security| security.judge(role.as_deref(), request.unit, request.pdu));
            if let Err(code) = judged.unwrap_or(Err(ExceptionCode::IllegalFunction)) {
                return self.now(request, |_| Err(code));
            }
        }
        let asking = || Asking {
            client: Arc::clone(&self.client),
            transaction: request.transaction,
            unit: request.unit,
            pdu: request.pdu.to_vec(),
        };
        let asked = match served.target(request.unit) {
            Target::Own => understand(request.pdu),
            // What is no request under any unit id is told so: a client in the making learns of its mistake first.
            Target::Nobody => match understand(request.pdu) {
                Err(ExceptionCode::IllegalDataValue) => Err(ExceptionCode::IllegalDataValue),
                _ => Err(ExceptionCode::GatewayPathUnavailable),
            },
            Target::Device(route, unit) => {
                // Behind others it waits for the line: one of them may write what it reads.
                if self.pending.is_empty()
                    && let Some((span, words)) = route.held_answer(&self.shared.image, unit, request.pdu)
                {
                    self.shared.counts.cached.fetch_add(1, Ordering::Relaxed);
                    return self.found(request, span, Ok(words));
                }
                let peer = self.client.peer.ip().to_canonical();
                let priority = served.config.priority_clients.iter().any(|network| network.contains(&peer));
                let answer = forward(Arc::clone(&self.shared), route, unit, priority, asking());
                return self.pending.push_back(answer.boxed());
            }
        };
        match asked {
            Ok(Asked::Read(span)) => {
                self.found(request, span, served.read(&self.shared.image, request.unit, span, now));
            }
            Ok(Asked::Identify { code, object }) => self.now(request, |out| served.identity.put(out, code, object)),
            Err(code) => self.now(request, |_| Err(code)),
            Ok(Asked::Write(written)) => self.write(served, asking(), written, None),
            Ok(Asked::Both(span, written)) => self.write(served, asking(), written, Some(span)),
        }
    }

    fn write(&mut self, served: &Arc<Served>, asking: Asking, written: Written, then: Option<Span>) {
        let write = writing::write(Arc::clone(&self.shared), Arc::clone(served), asking, written, then);
        self.pending.push_back(write.boxed());
        self.writing = true;
    }

    fn found(&mut self, request: Peeked<'_>, span: Span, words: Result<Vec<u16>, ExceptionCode>) {
        let function = request.pdu.first().copied().unwrap_or_default();
        self.now(request, |out| words.map(|words| put_read(out, function, span.table(), &words)));
    }

    /// Answers at once, unless others are to be answered before.
    fn now(&mut self, request: Peeked<'_>, write: impl FnOnce(&mut Vec<u8>) -> Result<(), ExceptionCode>) {
        let mut later = Vec::new();
        let out = if self.pending.is_empty() { &mut self.output } else { &mut later };
        let mut exception = 0;
        mbap::put(out, request.transaction, request.unit, |out| {
            let begin = out.len();
            if let Err(code) = write(out) {
                out.truncate(begin);
                put_exception(out, request.pdu, code);
                exception = code.into();
            }
        });
        self.shared.counts.requests.fetch_add(1, Ordering::Relaxed);
        self.shared.counts.exceptions.fetch_add(u64::from(exception != 0), Ordering::Relaxed);
        self.client.note(request.unit, request.pdu, exception);
        if !later.is_empty() {
            self.pending.push_back(std::future::ready(later).boxed());
        }
    }
}
