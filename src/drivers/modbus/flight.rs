//! What is under way on a line: one read, or one write with all its steps. Each owns what it needs, so that a change of
//! the configuration neither waits for it nor confuses it; what it brings back is taken in by [`super::land`].

use super::line::{Answer, Ask, Claim, Failure, LineError, LineHandle};
use super::schedule::DeviceKey;
use super::tag::{Tag, words_of};
use super::write::{mask_request, requests};
use crate::config::device::WriteFunction;
use crate::modbus::address::Span;
use crate::modbus::pdu::{decode_reply, read_request};
use crate::platform::clock;
use crate::runtime::commands::{Command, WriteError};
use crate::runtime::lines::{Guest, GuestError};
use crate::tag::reading::Stamp;
use crate::tag::value::Value;
use std::time::Duration;
use tokio::time::Instant;
use tokio_modbus::{ExceptionCode, Response};

/// What came back.
#[derive(Debug)]
pub(super) struct Landed {
    /// None where nobody's device was asked.
    pub(super) device: Option<DeviceKey>,
    /// The opening of the line it went out by.
    pub(super) opened: u64,
    /// When it was due; `None` = since the line was free.
    pub(super) due: Option<Instant>,
    /// When it was handed to the line.
    pub(super) began: Instant,
    pub(super) load: Load,
}

#[derive(Debug)]
pub(super) enum Load {
    /// A poll, or a probe of a silent device.
    Read { job: u32, probe: bool, request: Vec<u8>, answer: Result<Answer, LineError>, claim: Claim },
    /// A write.
    Written(Box<Written>),
    /// A request of others.
    Guest { guest: Guest, answer: Result<Answer, LineError> },
}

/// What became of a write.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) commands: Vec<Command>,
    /// By command.
    pub(super) results: Vec<Result<Value, WriteError>>,
    /// Every transaction it took, in order.
    pub(super) said: Vec<(Vec<u8>, Answer)>,
    /// The line broke.
    pub(super) broken: Option<LineError>,
    /// What was read back.
    pub(super) seen: Vec<Seen>,
    /// What was written and not read back.
    pub(super) unseen: Option<Span>,
    /// Whether the device knows function 22, where that was learnt.
    pub(super) mask: Option<bool>,
}

/// A value that was read outside the polls.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) source: u64,
    pub(super) name: String,
    pub(super) raw: Vec<u16>,
    pub(super) at: Stamp,
}

impl Seen {
    fn of(tag: &Tag, raw: Vec<u16>) -> Self {
        Self { source: tag.source, name: tag.config.identity.name.clone(), raw, at: clock::now() }
    }
}

/// How to speak with the device.
#[derive(Debug)]
pub(super) struct Talk {
    pub(super) device: Option<DeviceKey>,
    pub(super) opened: u64,
    pub(super) due: Option<Instant>,
    pub(super) line: LineHandle,
    pub(super) unit: u8,
    /// Nobody answers.
    pub(super) broadcast: bool,
    pub(super) timeout: Duration,
    pub(super) min_gap: Duration,
    /// Attempts for each request; 1..=11.
    pub(super) attempts: u8,
}

impl Talk {
    fn ask(&self, pdu: Vec<u8>, claim: Claim) -> impl Future<Output = Result<Answer, LineError>> {
        let ask = Ask { unit: self.unit, pdu, timeout: self.timeout, min_gap: self.min_gap };
        let line = self.line.clone();
        async move { line.ask_unless(ask, claim).await }
    }

    fn landed(&self, began: Instant, load: Load) -> Landed {
        Landed { device: self.device, opened: self.opened, due: self.due, began, load }
    }
}

/// One read; a write may take it back before it is sent.
pub(super) async fn read(talk: Talk, job: u32, probe: bool, request: Vec<u8>, claim: Claim) -> Landed {
    let began = Instant::now();
    let answer = talk.ask(request.clone(), claim.clone()).await;
    talk.landed(began, Load::Read { job, probe, request, answer, claim })
}

/// One request of others, as it came and once: whoever asks repeats what was lost.
pub(super) async fn guest(talk: Talk, guest: Guest) -> Landed {
    let began = Instant::now();
    let answer = talk.ask(guest.pdu.clone(), Claim::default()).await;
    talk.landed(began, Load::Guest { guest, answer })
}

/// What whoever asked hears of it.
pub(super) fn told(answer: &Result<Answer, LineError>) -> Result<Vec<u8>, GuestError> {
    match answer {
        Ok(answer) => answer.reply.clone().map_err(|failure| match failure {
            Failure::NotARequest => GuestError::NotARequest,
            Failure::NoAnswer | Failure::Crc | Failure::Unfit | Failure::NeverSilent => GuestError::NoAnswer,
        }),
        Err(LineError::Busy) => Err(GuestError::Busy),
        Err(LineError::Gone(_) | LineError::Closed | LineError::Withdrawn) => Err(GuestError::Closed),
    }
}

/// A write to neighbouring tags of one device, encoded.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) function: WriteFunction,
    pub(super) verify: bool,
    /// Most registers and bits of one read.
    pub(super) most: (u16, u16),
    pub(super) items: Vec<Item>,
    /// Whether the device knows function 22, if that is known.
    pub(super) mask: Option<bool>,
}

#[derive(Debug)]
pub(super) struct Item {
    pub(super) tag: Tag,
    pub(super) words: Vec<u16>,
    pub(super) command: Command,
}

/// One write, all steps of it.
pub(super) async fn write(talk: Talk, order: Order) -> Landed {
    let began = Instant::now();
    let mut writing = Writing { talk, said: Vec::new(), seen: Vec::new(), unseen: None, mask: None };
    let results = writing.perform(&order).await;
    let commands: Vec<Command> = order.items.into_iter().map(|item| item.command).collect();
    let (results, broken) = match results {
        Ok(results) => (results, None),
        Err(Stop::Refused(error)) => (commands.iter().map(|_| Err(error.clone())).collect(), None),
        Err(Stop::Broken(error)) => {
            let closed = |command: &Command| Err(WriteError::LineClosed(command.tag.to_string()));
            (commands.iter().map(closed).collect(), Some(error))
        }
    };
    let Writing { talk, said, seen, unseen, mask } = writing;
    let written = Written { commands, results, said, broken, seen, unseen, mask };
    talk.landed(began, Load::Written(Box::new(written)))
}

/// Why a write goes no further.
enum Stop {
    Refused(WriteError),
    Broken(LineError),
}

impl From<WriteError> for Stop {
    fn from(error: WriteError) -> Self {
        Self::Refused(error)
    }
}

impl From<LineError> for Stop {
    fn from(error: LineError) -> Self {
        Self::Broken(error)
    }
}

struct Writing {
    talk: Talk,
    said: Vec<(Vec<u8>, Answer)>,
    seen: Vec<Seen>,
    unseen: Option<Span>,
    mask: Option<bool>,
}

impl Writing {
    async fn perform(&mut self, order: &Order) -> Result<Vec<Result<Value, WriteError>>, Stop> {
        let Some(span) = whole(&order.items) else { return Ok(Vec::new()) };
        match &order.items[..] {
            [item] if super::write::is_bit(&item.tag) => self.set_bit(order, item).await?,
            items => {
                let words: Vec<u16> = items.iter().flat_map(|item| item.words.iter().copied()).collect();
                for request in requests(span.table(), span.address(), &words, order.function)? {
                    self.send(request).await?;
                }
            }
        }
        if self.talk.broadcast {
            // What was sent is all that is known.
            let sent = |item: &Item| Seen::of(&item.tag, item.words.clone());
            self.seen = order.items.iter().filter(|item| !super::write::is_bit(&item.tag)).map(sent).collect();
            return Ok(order.items.iter().map(|item| Ok(item.accepted())).collect());
        }
        if !order.verify {
            // Nobody echoes a write: the new value appears when the field says it, so it is asked at once.
            self.unseen = Some(span);
            return Ok(order.items.iter().map(|item| Ok(item.accepted())).collect());
        }
        self.read_back(order, span).await
    }

    /// The other fifteen bits may belong to others: by function 22 the device itself leaves them alone; where it does
    /// not know that, they are read first, which holds the line meanwhile.
    async fn set_bit(&mut self, order: &Order, item: &Item) -> Result<(), Stop> {
        let on = item.on();
        if self.talk.broadcast && order.function != WriteFunction::Auto {
            let sentence = "one bit is written to all devices by function 22 only: set `write_function` to `auto`";
            return Err(WriteError::Unfit(sentence.to_owned()).into());
        }
        if order.function == WriteFunction::Auto && order.mask != Some(false) {
            let request = mask_request(&item.tag, on)?;
            match self.send(request).await {
                Ok(()) => {
                    self.mask = Some(true);
                    return Ok(());
                }
                Err(Stop::Refused(WriteError::Exception(1))) => self.mask = Some(false),
                // Some devices are silent about what they do not know.
                Err(Stop::Refused(WriteError::NoAnswer)) if order.mask.is_none() => (),
                Err(stop) => return Err(stop),
            }
        }
        let register = self.fetch(item.tag.config.span).await?.first().copied().unwrap_or_default();
        if order.mask.is_none() && order.function == WriteFunction::Auto {
            self.mask = Some(false);
        }
        let word = item.tag.codec.set_bit(register, on);
        let span = item.tag.config.span;
        for request in requests(span.table(), span.address(), &[word], order.function)? {
            self.send(request).await?;
        }
        Ok(())
    }

    /// A request whose answer says no more than that it was done; to all devices at once there is none.
    async fn send(&mut self, request: Vec<u8>) -> Result<(), Stop> {
        if !self.talk.broadcast {
            return self.persist(request).await.map(drop);
        }
        let answer = self.talk.ask(request.clone(), Claim::default()).await?;
        let sent = answer.reply.is_ok();
        self.said.push((request, answer));
        if sent { Ok(()) } else { Err(WriteError::NoAnswer.into()) }
    }

    async fn read_back(&mut self, order: &Order, span: Span) -> Result<Vec<Result<Value, WriteError>>, Stop> {
        let most = if span.table().is_bits() { order.most.1 } else { order.most.0 };
        let at_once = if span.count() <= most { Some(self.fetch(span).await?) } else { None };
        let mut results = Vec::with_capacity(order.items.len());
        for item in &order.items {
            let own = item.tag.config.span;
            let raw = match &at_once {
                Some(words) => {
                    let from = span.offset_of(&own).unwrap_or_default();
                    words.get(from..from + usize::from(own.count())).unwrap_or_default().to_vec()
                }
                None => self.fetch(own).await?,
            };
            let seen = item.tag.codec.decode(&raw);
            // Of a register with a bit only the bit was meant; the others may have moved meanwhile.
            let taken = raw == item.words || (super::write::is_bit(&item.tag) && seen == Some(item.accepted()));
            let said = || seen.as_ref().map_or_else(|| "no valid value".to_owned(), Value::to_string);
            results.push(if taken { Ok(item.accepted()) } else { Err(WriteError::NotTaken(said())) });
            self.seen.push(Seen::of(&item.tag, raw));
        }
        Ok(results)
    }

    /// Reads the words of a span now.
    async fn fetch(&mut self, span: Span) -> Result<Vec<u16>, Stop> {
        let request = read_request(span).map_err(|err| WriteError::Unfit(err.to_string()))?;
        Ok(words_of(self.persist(request).await?))
    }

    /// One request with its attempts.
    async fn persist(&mut self, request: Vec<u8>) -> Result<Response, Stop> {
        for _ in 0..self.talk.attempts {
            let answer = self.talk.ask(request.clone(), Claim::default()).await?;
            let reply = answer.reply.as_ref().ok().and_then(|pdu| decode_reply(&request, pdu).ok());
            self.said.push((request.clone(), answer));
            if let Some(reply) = reply {
                return reply.map_err(|code: ExceptionCode| WriteError::Exception(code.into()).into());
            }
        }
        Err(WriteError::NoAnswer.into())
    }
}

impl Item {
    /// The value the words say: rounded as the register rounds. What cannot be read back as a value (a sentinel was
    /// written) is answered as it was given.
    fn accepted(&self) -> Value {
        self.tag.codec.decode(&self.words).unwrap_or_else(|| self.command.value.clone())
    }

    fn on(&self) -> bool {
        self.command.value.as_f64() == Some(1.0)
    }
}

/// All neighbours as one span.
fn whole(items: &[Item]) -> Option<Span> {
    let (first, last) = (items.first()?.tag.config.span, items.last()?.tag.config.span);
    let count = u16::try_from(last.end() - u32::from(first.address())).ok()?;
    Span::new(first.table(), first.address(), count).ok()
}
