//! The thread of a field: bytes in at the line's speed, requests to their devices, replies out at the line's speed.

use super::clock::{Instant, timespec};
use super::fault::{Exchange, Fault, spoil};
use super::field::FieldConfig;
use super::pty::Pty;
use super::slaves::{Reaction, Slaves};
use super::stats::{RequestSeen, micros};
use crate::modbus::ascii;
use crate::modbus::framing::Framing;
use crate::modbus::rtu::{self, Length};
use crate::modbus::wire::Wire;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{AsFd, OwnedFd};
use std::collections::VecDeque;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Bytes are handed over in lumps of this long, as the FIFO of a UART does.
const LUMP: Duration = Duration::from_millis(1);
/// The last part of a wait for an exact time is waited awake.
const SPIN: Duration = Duration::from_micros(80);

pub(super) struct Wires {
    wire: Wire,
    framing: Framing,
    strict: bool,
    spin: bool,
    link: Option<PathBuf>,
    pty: Option<Pty>,
    slaves: Slaves,
    wake: Arc<OwnedFd>,
    began: Instant,
    /// The bytes of a request that is arriving, when it began, and when its last byte is through.
    arriving: Vec<u8>,
    arriving_since: Instant,
    arrived: Instant,
    /// Silence before it.
    gap: Duration,
    /// When the last byte of anybody was through.
    last_byte: Instant,
    /// Lumps to hand over, each when its last byte is through; in order of time.
    outgoing: VecDeque<(Instant, Vec<u8>)>,
    /// First request since the counters were reset.
    first: Option<Instant>,
    /// Ideal time of the transactions since then.
    ideal: Duration,
}

impl Wires {
    pub(super) fn new(config: &FieldConfig, framing: Framing, pty: Pty, slaves: Slaves, wake: Arc<OwnedFd>) -> Self {
        let now = Instant::now();
        Self {
            wire: config.wire,
            framing,
            strict: config.strict,
            spin: config.spin,
            link: config.link.clone(),
            pty: Some(pty),
            slaves,
            wake,
            began: now,
            arriving: Vec::new(),
            arriving_since: now,
            arrived: now,
            gap: Duration::ZERO,
            // The first frame has had silence enough.
            last_byte: now.minus(config.wire.silence()),
            outgoing: VecDeque::new(),
            first: None,
            ideal: Duration::ZERO,
        }
    }

    pub(super) fn run(mut self) {
        // Without it every wait would end 50 us late; a kernel that refuses makes the field slower, not wrong.
        rustix::thread::set_current_timer_slack(NonZeroU64::new(1)).ok();
        while self.step() {}
    }

    /// Waits for the next thing to happen and does it; false when the field ends.
    fn step(&mut self) -> bool {
        let next = [
            self.outgoing.front().map(|(at, _)| *at),
            (!self.arriving.is_empty()).then(|| self.arrived.plus(self.patience())),
            self.request_due(),
        ];
        let next = next.into_iter().flatten().min();
        let (readable, woken) = self.wait(next);
        if woken && !self.look_at_owner() {
            return false;
        }
        if readable {
            self.receive();
        }
        self.take_request();
        self.hand_over();
        self.forget_garbage();
        true
    }

    /// Until `next`, bytes from the master, or a word from the owner.
    fn wait(&self, next: Option<Instant>) -> (bool, bool) {
        let Some(pty) = &self.pty else {
            let mut fds = [PollFd::new(&*self.wake, PollFlags::IN)];
            return (false, poll(&mut fds, None).is_ok());
        };
        loop {
            let now = Instant::now();
            let left = next.map(|at| at.since(now));
            if left.is_some_and(|left| left.is_zero()) {
                return (false, false);
            }
            let awake = self.spin || left.is_some_and(|left| left < SPIN);
            let time = if awake { Some(Duration::ZERO) } else { left.map(|left| left.saturating_sub(SPIN)) };
            let mut fds = [
                PollFd::from_borrowed_fd(pty.fd().as_fd(), PollFlags::IN),
                PollFd::from_borrowed_fd(self.wake.as_fd(), PollFlags::IN),
            ];
            let time = time.map(timespec);
            if poll(&mut fds, time.as_ref()).is_ok_and(|ready| ready != 0) {
                return (!fds[0].revents().is_empty(), !fds[1].revents().is_empty());
            }
        }
    }

    /// Plug in, plug out, stop, counters; false to end.
    fn look_at_owner(&mut self) -> bool {
        rustix::io::read(&*self.wake, &mut [0u8; 8]).ok();
        let mut shared = self.slaves.lock();
        if shared.stats.requests == 0 {
            self.first = None;
        }
        if shared.plugged != self.pty.is_some() {
            self.arriving.clear();
            self.outgoing.clear();
            self.pty = None;
            if shared.plugged {
                match Pty::open(self.link.as_deref()) {
                    Ok(pty) => {
                        pty.path().clone_into(&mut shared.path);
                        self.pty = Some(pty);
                        shared.error = None;
                    }
                    Err(err) => {
                        shared.error = Some(err.to_string());
                        shared.plugged = false;
                    }
                }
            }
        }
        !shared.stop
    }

    /// The master's bytes are here all at once; they pass at the line's speed.
    fn receive(&mut self) {
        let now = Instant::now();
        let Some(pty) = &self.pty else { return };
        let mut buffer = [0; 512];
        let Ok(count) = rustix::io::read(pty.fd(), &mut buffer) else { return };
        if count == 0 {
            return;
        }
        if self.arriving.is_empty() {
            self.arriving_since = now;
            self.gap = now.since(self.last_byte);
            self.arrived = now;
            self.slaves.lock().stats.gap(self.gap, self.wire.silence());
        }
        self.arriving.extend_from_slice(&buffer[..count]);
        self.arrived = self.arrived.max(now).plus(self.wire.chars(count));
        self.last_byte = self.last_byte.max(self.arrived);
    }

    /// Silence after which what has arrived becomes no request any more.
    fn patience(&self) -> Duration {
        match self.framing {
            Framing::Rtu => self.wire.silence(),
            Framing::Ascii => ascii::CHARACTER_TIMEOUT,
        }
    }

    /// The request that has arrived, if it is one.
    fn open(&self) -> Option<(u8, Vec<u8>)> {
        match self.framing {
            Framing::Rtu => rtu::open(&self.arriving).map(|(unit, pdu)| (unit, pdu.to_vec())),
            Framing::Ascii => {
                let colon = self.arriving.iter().rposition(|byte| *byte == b':')?;
                ascii::open(&self.arriving[colon..])
            }
        }
    }

    /// When the request that is arriving is through, if it is one.
    fn request_due(&self) -> Option<Instant> {
        if self.framing == Framing::Ascii {
            return self.open().map(|_| self.arrived);
        }
        let whole = match rtu::request_length(&self.arriving) {
            Length::Known(length) => self.arriving.len() == length,
            Length::Open => 4 <= self.arriving.len(),
            Length::NotYet => false,
        };
        (whole && self.open().is_some()).then_some(self.arrived)
    }

    /// A whole request goes to its device.
    fn take_request(&mut self) {
        let now = Instant::now();
        if self.request_due().is_none_or(|due| now < due) {
            return;
        }
        let Some((unit, pdu)) = self.open() else { return };
        let pdu = pdu.as_slice();
        let frame = std::mem::take(&mut self.arriving);
        let at_us = micros(self.arriving_since.since(self.began));
        let first = *self.first.get_or_insert_with(|| {
            self.ideal = Duration::ZERO;
            self.arriving_since
        });
        let ignored = self.strict && self.framing == Framing::Rtu && self.gap < self.wire.silence();
        {
            let stats = &mut self.slaves.lock().stats;
            stats.request(RequestSeen { at_us, gap_us: micros(self.gap), unit, pdu: pdu.to_vec() });
            // Up to the begin of this request: its own time counts when the next one comes.
            stats.elapsed_us = micros(self.arriving_since.since(first));
            stats.ideal_us = micros(self.ideal);
            stats.ignored += u64::from(ignored);
        }
        if ignored {
            return;
        }
        let time = self.arrived.since(self.began);
        if unit == 0 {
            return self.slaves.broadcast(pdu, time);
        }
        let Some(Reaction { mut reply, fault, turnaround }) = self.slaves.react(unit, pdu, time) else { return };
        let end = self.arrived.plus(turnaround + self.wire.chars(self.framing.frame_length(reply.len())));
        if fault == Fault::Stamp
            && let Some(data) = reply.get_mut(2..10)
        {
            data.copy_from_slice(&end.nanos().to_be_bytes());
        }
        let pieces = spoil(
            &fault,
            &Exchange { frame: &|unit, pdu| self.framing.frame(unit, pdu), unit, request: pdu, reply: &reply },
        );
        self.slaves.lock().stats.replies += u64::from(!pieces.is_empty());
        let characters = frame.len() + pieces.iter().map(|(_, piece)| piece.len()).sum::<usize>();
        self.ideal += self.wire.chars(characters) + turnaround + self.wire.silence();
        // A device that is still busy with an earlier request answers that one first.
        let mut at = self.arrived.plus(turnaround);
        if let Some((last, _)) = self.outgoing.back() {
            at = at.max(*last);
        }
        for (pause_ms, piece) in pieces {
            at = at.plus(Duration::from_millis(pause_ms));
            at = self.schedule(at, &piece);
        }
    }

    fn schedule(&mut self, begin: Instant, bytes: &[u8]) -> Instant {
        let lump = usize::try_from(LUMP.as_nanos() / self.wire.chars(1).as_nanos().max(1)).unwrap_or(1).max(1);
        let mut sent = 0;
        for part in bytes.chunks(lump) {
            sent += part.len();
            self.outgoing.push_back((begin.plus(self.wire.chars(sent)), part.to_vec()));
        }
        begin.plus(self.wire.chars(sent))
    }

    fn hand_over(&mut self) {
        while let Some((_, bytes)) = self.outgoing.pop_front_if(|(at, _)| *at <= Instant::now()) {
            // Before the write, so that a gap measured from here is never shorter than the master's own.
            self.last_byte = self.last_byte.max(Instant::now());
            if let Some(pty) = &self.pty {
                // A pty whose master does not read fills up: the bytes are lost, as on a wire.
                rustix::io::write(pty.fd(), &bytes).ok();
            }
        }
    }

    /// What is no request after 3.5 characters of silence never becomes one.
    fn forget_garbage(&mut self) {
        if !self.arriving.is_empty()
            && self.request_due().is_none()
            && self.arrived.plus(self.patience()) <= Instant::now()
        {
            let count = u64::try_from(self.arriving.len()).unwrap_or(u64::MAX);
            self.slaves.lock().stats.bad_bytes += count;
            self.arriving.clear();
        }
    }
}
