//! One transaction after the other: silence, request, reply.

use super::clock::Instant;
use super::debts::Debts;
use super::tty::{Tty, Wake, wait_for_stop};
use super::{Answer, Ask, Failure, Seen, Timing};
use crate::config::link::SerialConfig;
use crate::modbus::receive::{Found, Junk, Progress, Receiver, sort};
use crate::modbus::rtu;
use crate::modbus::shape::ReplyShape;
use rustix::event::PollFlags;
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;
use std::time::Duration;

/// A silence that ends a frame for certain: USB adapters hand over in lumps, up to 16 ms apart.
const FRAME_OVER: Duration = Duration::from_millis(20);
/// The last part of each silence is waited awake: a sleeper wakes up to 100 us late.
const SPIN: Duration = Duration::from_micros(50);
/// How long a line may be talked on by others before a request fails.
const NEVER_SILENT: Duration = Duration::from_millis(500);
/// Attempts to get a device's late replies out of the way.
const RESYNCS: u32 = 3;

/// Why the thread ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The line was closed.
    Stopped,
    /// The device is gone.
    Gone(Errno),
}

impl From<Errno> for End {
    fn from(err: Errno) -> Self {
        Self::Gone(err)
    }
}

/// The line as its thread sees it.
pub(super) struct Talk<'a> {
    config: &'a SerialConfig,
    tty: Tty,
    stop: &'a OwnedFd,
    /// When the last byte that we know of ended.
    last_byte: Instant,
    /// No request before this, whatever the silence (broadcasts).
    not_before: Instant,
    debts: Debts,
    seen: Seen,
}

impl<'a> Talk<'a> {
    pub(super) fn new(config: &'a SerialConfig, tty: Tty, stop: &'a OwnedFd) -> Self {
        let now = Instant::now();
        Self { config, tty, stop, last_byte: now, not_before: now, debts: Debts::default(), seen: Seen::default() }
    }

    /// The wait after opening; what came meanwhile is let go.
    pub(super) fn settle(&mut self) -> Result<(), End> {
        self.pause(self.config.initial_delay)?;
        Ok(self.tty.forget_input()?)
    }

    /// One request and what becomes of it.
    pub(super) fn exchange(&mut self, ask: &Ask) -> Result<Answer, End> {
        self.seen = Seen::default();
        let mut timing = Timing::default();
        let reply = self.attempt(ask, &mut timing)?;
        Ok(Answer { reply, timing, seen: self.seen, at: std::time::Instant::now() })
    }

    fn attempt(&mut self, ask: &Ask, timing: &mut Timing) -> Result<Result<Vec<u8>, Failure>, End> {
        let Some(shape) = ReplyShape::of(&ask.pdu).filter(|_| ask.pdu.len() <= rtu::MAX_PDU) else {
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
        self.transact(ask, shape, timing)
    }

    fn transact(&mut self, ask: &Ask, shape: ReplyShape, timing: &mut Timing) -> Result<Result<Vec<u8>, Failure>, End> {
        let wire = self.config.wire;
        let began = self.last_byte;
        let gap = self.gap().max(ask.min_gap);
        if !self.quiet(gap)? {
            return Ok(Err(Failure::NeverSilent));
        }
        let frame = rtu::frame(ask.unit, &ask.pdu);
        let sent = self.send(&frame)?;
        timing.silence = sent.since(began).min(gap);
        timing.request = wire.chars(frame.len());
        self.last_byte = sent.plus(timing.request);
        if ask.unit == 0 {
            self.not_before = self.last_byte.plus(self.config.broadcast_delay);
            return Ok(Ok(Vec::new()));
        }
        self.debts.sent(ask.unit, shape, &ask.pdu);
        let longest = wire.chars(shape.frame_length().unwrap_or(rtu::MAX_FRAME));
        let deadline = self.last_byte.plus(ask.timeout).plus(longest);
        let asked_until = self.last_byte;
        let mut receiver = Receiver::new(ask.unit, shape);
        let found = self.receive(&mut receiver, shape, deadline)?;
        let elapsed = Instant::now().since(asked_until);
        let Some(Found { pdu, frame_length, junk }) = found else {
            timing.device = elapsed;
            return Ok(Err(self.no_reply(ask.unit, shape, &receiver.give_up())));
        };
        timing.reply = wire.chars(frame_length);
        timing.device = self.last_byte.since(asked_until).saturating_sub(timing.reply);
        self.count(&junk);
        self.debts.answered(ask.unit, &pdu);
        Ok(Ok(pdu))
    }

    /// Reads until the reply is whole, the deadline is over, or a broken reply has ended.
    fn receive(&mut self, receiver: &mut Receiver, shape: ReplyShape, deadline: Instant) -> Result<Option<Found>, End> {
        let mut buffer = [0; rtu::MAX_FRAME];
        loop {
            let now = Instant::now();
            let left = deadline.since(now);
            // A broken frame, or one without a length, is over when the line falls silent.
            let ends_by_silence = !receiver.is_empty() && (shape.is_open() || receiver.is_broken());
            let time = if ends_by_silence { left.min(self.gap().max(FRAME_OVER)) } else { left };
            match self.tty.wait(PollFlags::IN, self.stop.as_fd(), time)? {
                Wake::Stop => return Err(End::Stopped),
                Wake::Timeout if ends_by_silence => return Ok(receiver.silence()),
                Wake::Timeout => return Ok(None),
                Wake::Ready => {
                    let count = self.tty.read(&mut buffer)?;
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
        let mut buffer = [0; rtu::MAX_FRAME];
        // What was received while nobody looked ended we do not know when: as if just now.
        let mut count = self.tty.read(&mut buffer)?;
        let silent = loop {
            if count != 0 {
                self.last_byte = Instant::now();
                strays.extend_from_slice(&buffer[..count]);
                if patience < self.last_byte {
                    break false;
                }
                strays.drain(..strays.len().saturating_sub(4 * rtu::MAX_FRAME));
            }
            let clear = self.last_byte.plus(gap).max(self.not_before);
            let now = Instant::now();
            if clear <= now {
                break true;
            }
            if FRAME_OVER < clear.since(now) {
                // Long waits can be ended by a stop.
                self.pause(clear.since(now).saturating_sub(FRAME_OVER))?;
            } else {
                clear.sleep_until(SPIN);
            }
            count = self.tty.read(&mut buffer)?;
        };
        let junk = sort(&strays);
        self.count(&junk);
        Ok(silent)
    }

    /// Hands the frame to the driver; the time just before.
    fn send(&mut self, frame: &[u8]) -> Result<Instant, End> {
        let sent = Instant::now();
        let mut rest = frame;
        let patience = sent.plus(self.config.wire.chars(4 * rtu::MAX_FRAME)).plus(NEVER_SILENT);
        loop {
            let count = self.tty.write(rest)?;
            rest = rest.get(count..).unwrap_or_default();
            if rest.is_empty() {
                return Ok(sent);
            }
            let left = patience.since(Instant::now());
            // A driver that takes no bytes for that long is stuck (flow control, a dead USB adapter).
            match self.tty.wait(PollFlags::OUT, self.stop.as_fd(), left)? {
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

    fn gap(&self) -> Duration {
        self.config.gap.unwrap_or_else(|| self.config.wire.silence())
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
