//! The two framings of a serial line behind one face: RTU ([`super::rtu`]) and ASCII ([`super::ascii`]).

use super::receive::{Found, Junk, Progress};
use super::shape::ReplyShape;
use super::{ascii, receive, rtu};

/// How messages are framed on a serial line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Framing {
    /// Bytes, CRC, ended by silence.
    #[default]
    Rtu,
    /// `:`, hex digits, LRC, CR LF.
    Ascii,
}

impl Framing {
    /// The longest frame.
    pub const MAX_FRAME: usize = ascii::MAX_FRAME;

    /// The bytes of one frame.
    pub fn frame(self, unit: u8, pdu: &[u8]) -> Vec<u8> {
        match self {
            Self::Rtu => rtu::frame(unit, pdu),
            Self::Ascii => ascii::frame(unit, pdu),
        }
    }

    /// Characters of a frame that carries so many bytes of PDU.
    pub fn frame_length(self, pdu: usize) -> usize {
        match self {
            Self::Rtu => pdu + 3,
            Self::Ascii => ascii::frame_length(pdu),
        }
    }

    /// Takes whole frames out of bytes that belong to no transaction of ours.
    pub fn sort(self, bytes: &[u8]) -> Junk {
        match self {
            Self::Rtu => receive::sort(bytes),
            Self::Ascii => ascii::sort(bytes),
        }
    }
}

/// How a line treats what we send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hearing {
    /// Nothing was sent yet that would have told.
    #[default]
    Unknown,
    /// We do not hear ourselves.
    Deaf,
    /// Each request comes back before its reply, as two-wire adapters do whose receiver stays on.
    Echo,
}

/// Waits for the reply to one request, and takes the request's own echo out of what comes.
#[derive(Debug)]
pub struct Receiver {
    framing: Framing,
    inner: Inner,
    own: Vec<u8>,
    /// Whether the first frame like ours is certainly no reply.
    expects_echo: bool,
    /// What came before our own request came back; `None` while it has not.
    before: Option<Junk>,
}

#[derive(Debug)]
enum Inner {
    Rtu(receive::Receiver),
    Ascii(ascii::Receiver),
}

impl Receiver {
    /// Waits for the reply of `unit` to the request `pdu`, sent as `own`.
    pub fn new(framing: Framing, unit: u8, shape: ReplyShape, pdu: &[u8], own: Vec<u8>, hearing: Hearing) -> Self {
        let inner = match framing {
            Framing::Rtu => Inner::Rtu(receive::Receiver::new(unit, shape)),
            Framing::Ascii => Inner::Ascii(ascii::Receiver::new(unit, shape)),
        };
        let expects_echo = hearing == Hearing::Echo || !shape.accepts(pdu);
        Self { framing, inner, own, expects_echo, before: None }
    }

    /// Takes the bytes of one read.
    pub fn push(&mut self, bytes: &[u8]) -> Progress {
        match &mut self.inner {
            Inner::Rtu(rtu) => rtu.extend(bytes),
            Inner::Ascii(ascii) => ascii.extend(bytes),
        }
        if self.expects_echo && self.before.is_none() {
            let before = match &mut self.inner {
                Inner::Rtu(rtu) => rtu.take_out(&self.own),
                Inner::Ascii(ascii) => ascii.take_out(&self.own),
            };
            // No reply comes before the echo: bytes from both sides of it must never be joined to one.
            self.before = before.map(|bytes| self.framing.sort(&bytes));
        }
        let progress = match &mut self.inner {
            Inner::Rtu(rtu) => rtu.look(),
            Inner::Ascii(ascii) => ascii.look(),
        };
        match progress {
            Progress::Reply(found) => Progress::Reply(self.whole(found)),
            missing @ Progress::Missing(_) => missing,
        }
    }

    /// Says that the line has been silent for 3.5 characters: a reply without a length field ends here.
    pub fn silence(&mut self) -> Option<Found> {
        let found = match &mut self.inner {
            Inner::Rtu(rtu) => rtu.silence(),
            Inner::Ascii(_) => None,
        };
        found.map(|found| self.whole(found))
    }

    fn whole(&mut self, mut found: Found) -> Found {
        if let Some(before) = &mut self.before {
            found.junk.absorb(std::mem::take(before));
        }
        found
    }

    /// Whether the wait is over when the line falls silent: a reply without a length field, or with a wrong check sum.
    pub fn ends_by_silence(&self) -> bool {
        match &self.inner {
            Inner::Rtu(rtu) => !rtu.is_empty() && (rtu.is_open() || rtu.is_broken()),
            Inner::Ascii(ascii) => ascii.is_broken(),
        }
    }

    /// Whether a frame has begun whose characters may come slowly.
    pub fn is_within(&self) -> bool {
        match &self.inner {
            Inner::Rtu(_) => false,
            Inner::Ascii(ascii) => ascii.is_within(),
        }
    }

    /// Whether our own request came back.
    pub fn echoed(&self) -> bool {
        self.before.is_some()
    }

    /// Ends the wait without a reply.
    pub fn give_up(self) -> Junk {
        let mut junk = match self.inner {
            Inner::Rtu(rtu) => rtu.give_up(),
            Inner::Ascii(ascii) => ascii.give_up(),
        };
        junk.absorb(self.before.unwrap_or_default());
        junk
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: [u8; 5] = [3, 0, 0, 0, 1];
    const WRITE: [u8; 5] = [6, 0, 1, 0, 7];
    /// Its echo looks like its reply: three bytes of bits.
    const BITS: [u8; 5] = [1, 3, 0, 0, 20];

    /// What comes back for one request, and what becomes of it.
    #[track_caller]
    fn check(hearing: Hearing, request: &[u8], comes: &[&[u8]], expect: Option<&[u8]>, echoed: bool) {
        for framing in [Framing::Rtu, Framing::Ascii] {
            let shape = ReplyShape::of(request).unwrap();
            let own = framing.frame(9, request);
            let all: Vec<u8> = comes.iter().flat_map(|pdu| framing.frame(9, pdu)).collect();
            for piece in [1, 5, all.len().max(1)] {
                let mut receiver = Receiver::new(framing, 9, shape, request, own.clone(), hearing);
                let mut found = None;
                for bytes in all.chunks(piece) {
                    if let Progress::Reply(reply) = receiver.push(bytes) {
                        found = Some(reply.pdu);
                        break;
                    }
                }
                assert_eq!((found.as_deref(), receiver.echoed()), (expect, echoed), "{framing:?} {request:?} {piece}");
            }
        }
    }

    #[test]
    fn the_echo_of_a_read_is_told_from_its_reply() {
        let reply = [3, 2, 0, 42];
        check(Hearing::Unknown, &READ, &[&READ, &reply], Some(&reply), true);
        check(Hearing::Deaf, &READ, &[&READ, &reply], Some(&reply), true);
        check(Hearing::Echo, &READ, &[&READ, &reply], Some(&reply), true);
        check(Hearing::Echo, &READ, &[&reply], Some(&reply), false);
        check(Hearing::Unknown, &READ, &[&READ], None, true);
    }

    #[test]
    fn bytes_from_both_sides_of_an_echo_are_never_joined() {
        for framing in [Framing::Rtu, Framing::Ascii] {
            let shape = ReplyShape::of(&READ).unwrap();
            let (own, reply) = (framing.frame(9, &READ), framing.frame(9, &[3, 2, 0, 42]));
            let late = framing.frame(9, &[3, 4, 0, 1, 0, 2]);
            let (first, second) = reply.split_at(4);
            let mut receiver = Receiver::new(framing, 9, shape, &READ, own.clone(), Hearing::Echo);
            let comes = [&late, first, &own, second].concat();
            assert!(matches!(receiver.push(&comes), Progress::Missing(_)), "{framing:?}");
            let junk = receiver.give_up();
            // What came before is sorted all the same.
            assert_eq!(junk.frames, [(9, vec![3, 4, 0, 1, 0, 2])], "{framing:?}");
            assert_eq!(junk.noise, reply.len(), "{framing:?}");
        }
    }

    #[test]
    fn the_echo_of_a_write_is_no_answer_where_we_hear_ourselves() {
        check(Hearing::Echo, &WRITE, &[&WRITE], None, true);
        check(Hearing::Echo, &WRITE, &[&WRITE, &WRITE], Some(&WRITE), true);
        check(Hearing::Echo, &WRITE, &[&WRITE, &[0x86, 2]], Some(&[0x86, 2]), true);
        check(Hearing::Deaf, &WRITE, &[&WRITE], Some(&WRITE), false);
        check(Hearing::Echo, &BITS, &[&BITS], None, true);
        check(Hearing::Echo, &BITS, &[&BITS, &[1, 3, 1, 2, 3]], Some(&[1, 3, 1, 2, 3]), true);
    }
}
