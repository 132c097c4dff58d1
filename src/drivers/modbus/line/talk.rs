//! One transaction after the other: silence, request, reply.

use super::clock::Instant;
use super::debts::Debts;
use super::manner::Manner;
use super::medium::{Medium, Wake, wait_for_stop};
use super::{Answer, Ask, Claim, Failure, LineError, Seen, Timing};
use crate::modbus::ascii::CHARACTER_TIMEOUT;
use crate::modbus::framing::{Framing, Hearing, Receiver};
use crate::modbus::receive::{Found, Junk, Progress};
use crate::modbus::rtu::MAX_PDU;
use crate::modbus::shape::ReplyShape;
use rustix::event::PollFlags;
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;
use std::time::Duration;

/// The last part of each silence is waited awake: a sleeper wakes up to 100 us late.
const SPIN: Duration = Duration::from_micros(50);
/// Shorter waits are not interrupted.
const LONG: Duration = Duration::from_millis(20);
/// How long a line may be talked on by others before a request fails.
const NEVER_SILENT: Duration = Duration::from_millis(500);
/// The longest time an ASCII frame whose characters trickle may take beyond the time-out.
const TRICKLE: Duration = Duration::from_secs(5);
/// Attempts to get a device's late replies out of the way.
const RESYNCS: u32 = 3;

/// Why the thread ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// The line was closed.
    Stopped,
    /// The device is gone.
    Gone(Errno),
    /// The connection could not be made anew; why.
    Unreachable(String),
    /// Not the line: the request in hand was taken back.
    Withdrawn,
}

impl From<Errno> for End {
    fn from(err: Errno) -> Self {
        Self::Gone(err)
    }
}

/// The line as its thread sees it.
pub(super) struct Talk<'a> {
    manner: &'a Manner,
    medium: Medium,
    stop: &'a OwnedFd,
    /// When the last byte that we know of ended.
    last_byte: Instant,
    /// No request before this, whatever the silence (broadcasts).
    not_before: Instant,
    debts: Debts,
    hearing: Hearing,
    seen: Seen,
    /// Whether the request in hand has left: a new connection must not do a write twice.
    sent: bool,
    claim: Claim,
}

impl<'a> Talk<'a> {
    pub(super) fn new(manner: &'a Manner, medium: Medium, stop: &'a OwnedFd) -> Self {
        let now = Instant::now();
        Self {
            manner,
            medium,
            stop,
            last_byte: now,
            not_before: now,
            debts: Debts::default(),
            hearing: Hearing::Unknown,
            seen: Seen::default(),
            sent: false,
            claim: Claim::default(),
        }
    }

    /// The wait after opening; what came meanwhile is let go.
    pub(super) fn settle(&mut self) -> Result<(), End> {
        self.pause(self.manner.initial_delay)?;
        Ok(self.medium.forget_input()?)
    }

    /// One request and what becomes of it, unless it is taken back before it is sent.
    pub(super) fn exchange(&mut self, ask: &Ask, claim: Claim) -> Result<Answer, End> {
        self.claim = claim;
        self.seen = Seen::default();
        self.sent = false;
        if let Some(socket) = self.medium.socket() {
            self.seen.reconnects += u32::from(socket.renew_if_mute()?);
        }
        let mut timing = Timing::default();
        let reply = match self.attempt(ask, &mut timing) {
            // Device servers close what is idle, perhaps at the very moment we ask. Debts stay: a reply that is still on
            // its way on the line behind may come on the new connection.
            Err(End::Gone(err)) => match self.medium.socket() {
                Some(socket) if !self.sent || is_read(&ask.pdu) => {
                    socket.renew()?;
                    self.seen.reconnects += 1;
                    self.attempt(ask, &mut timing)?
                }
                _ => return Err(End::Gone(err)),
            },
            other => other?,
        };
        if let Some(socket) = self.medium.socket() {
            match reply {
                Err(Failure::NoAnswer)
                    if self.seen == (Seen { reconnects: self.seen.reconnects, ..Seen::default() }) =>
                {
                    socket.mute.missed(1);
                }
                _ => socket.mute.heard(),
            }
        }
        Ok(Answer { reply, timing, seen: self.seen, at: std::time::Instant::now() })
    }

    fn attempt(&mut self, ask: &Ask, timing: &mut Timing) -> Result<Result<Vec<u8>, Failure>, End> {
        let Some(shape) = ReplyShape::of(&ask.pdu).filter(|_| ask.pdu.len() <= MAX_PDU) else {
            return Ok(Err(Failure::NotARequest));
        };
        let mut tries = 0;
        while ask.unit != 0 && tries < RESYNCS && self.debts.confuse(ask.unit, shape, &ask.pdu) {
            let Some((form, pdu)) = self.debts.resync(ask.unit, &ask.pdu) else { break };
            tries += 1;
            self.seen.resyncs += 1;
            let probe = Ask { pdu, ..ask.clone() };
            if let Err(failure) = self.transact(&probe, form, &mut Timing::default())? {
                return Ok(Err(failure));
            }
        }
        if self.hearing == Hearing::Unknown && ask.unit != 0 && shape.accepts(&ask.pdu) {
            self.listen_to_ourselves(ask)?;
        }
        self.transact(ask, shape, timing)
    }

    /// Where the right reply looks like the request, an echo would pass for it: something is asked first whose reply
    /// looks different, and that tells whether we hear ourselves. Whether it is answered does not matter.
    fn listen_to_ourselves(&mut self, ask: &Ask) -> Result<(), End> {
        if let Some((form, pdu)) = self.debts.resync(ask.unit, &ask.pdu) {
            self.seen.resyncs += 1;
            drop(self.transact(&Ask { pdu, ..ask.clone() }, form, &mut Timing::default())?);
        }
        Ok(())
    }

    fn transact(&mut self, ask: &Ask, shape: ReplyShape, timing: &mut Timing) -> Result<Result<Vec<u8>, Failure>, End> {
        let (manner, began) = (self.manner, self.last_byte);
        let gap = manner.gap.max(ask.min_gap);
        if !self.quiet(gap)? {
            return Ok(Err(Failure::NeverSilent));
        }
        if !self.claim.send() {
            return Err(End::Withdrawn);
        }
        let frame = manner.framing.frame(ask.unit, &ask.pdu);
        let sent = self.send(&frame)?;
        timing.silence = sent.since(began).min(gap);
        timing.request = manner.chars(frame.len());
        self.last_byte = sent.plus(timing.request);
        if ask.unit == 0 {
            self.not_before = self.last_byte.plus(manner.broadcast_delay);
            return Ok(Ok(Vec::new()));
        }
        self.debts.sent(ask.unit, shape, &ask.pdu);
        let longest = manner.chars(manner.framing.frame_length(shape.pdu_length().unwrap_or(MAX_PDU)));
        let deadline = self.last_byte.plus(ask.timeout).plus(longest);
        let asked_until = self.last_byte;
        // Much noise may have been an echo that was damaged.
        let most_noise = frame.len() / 2;
        let mut receiver = Receiver::new(manner.framing, ask.unit, shape, &ask.pdu, frame, self.hearing);
        let found = self.receive(&mut receiver, deadline)?;
        let elapsed = Instant::now().since(asked_until);
        let (echoed, told_apart) = (receiver.echoed(), !shape.accepts(&ask.pdu));
        let Some(Found { pdu, frame_length, junk }) = found else {
            timing.device = elapsed;
            let junk = receiver.give_up();
            let deaf = told_apart && self.hearing == Hearing::Unknown && junk.noise < most_noise;
            self.learn_hearing(echoed, deaf);
            return Ok(Err(self.no_reply(ask.unit, shape, &junk)));
        };
        self.learn_hearing(echoed, told_apart && junk.noise < most_noise);
        timing.reply = manner.chars(frame_length);
        timing.device = self.last_byte.since(asked_until).saturating_sub(timing.reply);
        self.count(&junk);
        self.debts.answered(ask.unit, &pdu);
        Ok(Ok(pdu))
    }

    /// Reads until the reply is whole, the deadline is over, or a broken reply has ended.
    fn receive(&mut self, receiver: &mut Receiver, deadline: Instant) -> Result<Option<Found>, End> {
        let mut buffer = [0; Framing::MAX_FRAME];
        loop {
            let now = Instant::now();
            let mut left = deadline.since(now);
            if receiver.is_within() {
                // An ASCII frame that has begun may take a second between two characters.
                let next = self.last_byte.plus(CHARACTER_TIMEOUT).since(now);
                left = left.max(next.min(deadline.plus(TRICKLE).since(now)));
            }
            // A broken frame, or one without a length, is over when the line falls silent.
            let ends_by_silence = receiver.ends_by_silence();
            let time = if ends_by_silence { left.min(self.manner.frame_over) } else { left };
            match self.medium.wait(PollFlags::IN, self.stop.as_fd(), time)? {
                Wake::Stop => return Err(End::Stopped),
                Wake::Timeout if ends_by_silence => return Ok(receiver.silence()),
                Wake::Timeout => return Ok(None),
                Wake::Ready => {
                    let count = self.medium.read(&mut buffer)?;
                    if count != 0 {
                        self.last_byte = Instant::now();
                        if let Progress::Reply(found) = receiver.push(&buffer[..count]) {
                            return Ok(Some(found));
                        }
                    }
                    if left.is_zero() {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Waits until the line has been silent long enough to send. False if it never is.
    fn quiet(&mut self, gap: Duration) -> Result<bool, End> {
        let patience = Instant::now().plus(NEVER_SILENT.max(4 * gap));
        let mut strays = Vec::new();
        let mut buffer = [0; Framing::MAX_FRAME];
        // What was received while nobody looked ended we do not know when: as if just now.
        let mut count = self.medium.read(&mut buffer)?;
        let silent = loop {
            if count != 0 {
                self.last_byte = Instant::now();
                strays.extend_from_slice(&buffer[..count]);
                if patience < self.last_byte {
                    break false;
                }
                strays.drain(..strays.len().saturating_sub(4 * Framing::MAX_FRAME));
            }
            let clear = self.last_byte.plus(gap).max(self.not_before);
            let now = Instant::now();
            if clear <= now {
                break true;
            }
            if LONG < clear.since(now) {
                // Long waits can be ended by a stop.
                self.pause(clear.since(now).saturating_sub(LONG))?;
            } else {
                clear.sleep_until(SPIN);
            }
            count = self.medium.read(&mut buffer)?;
        };
        let junk = self.manner.framing.sort(&strays);
        self.count(&junk);
        Ok(silent)
    }

    /// Hands the frame to the driver; the time just before.
    fn send(&mut self, frame: &[u8]) -> Result<Instant, End> {
        let sent = Instant::now();
        let mut rest = frame;
        let patience = sent.plus(self.manner.chars(4 * Framing::MAX_FRAME)).plus(NEVER_SILENT);
        loop {
            let count = self.medium.write(rest)?;
            self.sent |= count != 0;
            rest = rest.get(count..).unwrap_or_default();
            if rest.is_empty() {
                return Ok(sent);
            }
            let left = patience.since(Instant::now());
            // A driver that takes no bytes for that long is stuck (flow control, a dead USB adapter).
            match self.medium.wait(PollFlags::OUT, self.stop.as_fd(), left)? {
                Wake::Stop => return Err(End::Stopped),
                Wake::Timeout => return Err(End::Gone(Errno::TIMEDOUT)),
                Wake::Ready => (),
            }
        }
    }

    /// Waits for a stop only.
    fn pause(&self, time: Duration) -> Result<(), End> {
        let until = Instant::now().plus(time);
        loop {
            let left = until.since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            if wait_for_stop(self.stop.as_fd(), left)? {
                return Err(End::Stopped);
            }
        }
    }

    /// An echo was heard, or one would have been.
    fn learn_hearing(&mut self, echoed: bool, deaf: bool) {
        if echoed {
            self.hearing = Hearing::Echo;
            self.seen.echo += 1;
        } else if deaf {
            self.hearing = Hearing::Deaf;
        }
    }

    /// The sentence for whoever asked.
    pub(super) fn told(&self, end: &End) -> LineError {
        match end {
            End::Stopped => LineError::Closed,
            End::Gone(err) => LineError::Gone(self.medium.gone(&self.manner.place, *err)),
            End::Unreachable(why) => LineError::Gone(why.clone()),
            End::Withdrawn => LineError::Withdrawn,
        }
    }

    fn no_reply(&mut self, from: u8, shape: ReplyShape, junk: &Junk) -> Failure {
        if junk.broken {
            self.debts.broken(from, shape);
        }
        // A whole frame of our unit that nothing owed explains: it answers wrongly.
        let unfit = self.count(junk).contains(&from) || junk.truncated;
        match (junk.broken, unfit) {
            (true, _) => Failure::Crc,
            (false, true) => Failure::Unfit,
            (false, false) => Failure::NoAnswer,
        }
    }

    /// Counts what was on the wire besides; the units of the frames that nothing owed explains.
    fn count(&mut self, junk: &Junk) -> Vec<u8> {
        let mut foreign = Vec::new();
        for (from, pdu) in &junk.frames {
            if self.debts.late(*from, pdu) {
                self.seen.late += 1;
            } else {
                self.seen.foreign += 1;
                foreign.push(*from);
            }
        }
        self.seen.noise = self.seen.noise.saturating_add(u32::try_from(junk.noise).unwrap_or(u32::MAX));
        foreign
    }
}

/// Whether asking twice does no more than asking once.
fn is_read(pdu: &[u8]) -> bool {
    matches!(pdu.first(), Some(1..=4))
}
