//! Finds the one right reply in what a serial line delivers, and sorts the rest.
//!
//! Pure: the line feeds bytes as they arrive and says when it was silent or waited long enough.

use super::rtu::{self, Length, MIN_FRAME};
use super::shape::ReplyShape;

/// More than any frame: beyond this a line delivers noise without end, and the oldest bytes are let go.
const KEPT: usize = 4 * rtu::MAX_FRAME;

/// Collects bytes until the reply to one request is among them.
#[derive(Debug)]
pub struct Receiver {
    unit: u8,
    shape: ReplyShape,
    bytes: Vec<u8>,
    dropped: usize,
}

/// Where the wait for a reply stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Not there yet; at least this many more bytes are needed.
    Missing(usize),
    /// The reply, and what lay around it.
    Reply(Found),
}

/// An accepted reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its PDU; fits the request.
    pub pdu: Vec<u8>,
    /// Bytes of its frame.
    pub frame_length: usize,
    /// What came before and after it in the same breath.
    pub junk: Junk,
}

/// Everything received that is not the reply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Junk {
    /// Whole frames with a right CRC: unit and PDU.
    pub frames: Vec<(u8, Vec<u8>)>,
    /// Bytes that belong to no frame.
    pub noise: usize,
    /// Whether the noise holds a frame of the right length, unit and function with a wrong CRC.
    pub broken: bool,
    /// Whether the noise holds the beginning of a reply that never ended.
    pub truncated: bool,
}

impl Junk {
    /// Whether nothing at all came.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty() && self.noise == 0
    }

    /// Together with what came besides.
    pub(super) fn absorb(&mut self, other: Self) {
        self.frames.extend(other.frames);
        self.noise += other.noise;
        self.broken |= other.broken;
        self.truncated |= other.truncated;
    }
}

impl Receiver {
    /// Waits for the reply of `unit` to a request of this shape.
    pub fn new(unit: u8, shape: ReplyShape) -> Self {
        Self { unit, shape, bytes: Vec::with_capacity(rtu::MAX_FRAME), dropped: 0 }
    }

    /// Whether any byte has come.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.dropped == 0
    }

    /// Whether the reply is told only by the silence after it.
    pub(super) fn is_open(&self) -> bool {
        self.shape.is_open()
    }

    /// Takes the bytes of one read, and looks.
    pub fn push(&mut self, bytes: &[u8]) -> Progress {
        self.extend(bytes);
        self.look()
    }

    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if KEPT < self.bytes.len() {
            let excess = self.bytes.len() - KEPT;
            self.bytes.drain(..excess);
            self.dropped += excess;
        }
    }

    /// Takes the first of these bytes that stand so out of what came, with all before them; `None` if they are not there.
    pub(super) fn take_out(&mut self, frame: &[u8]) -> Option<Vec<u8>> {
        let at = self.bytes.windows(frame.len().max(1)).position(|window| window == frame)?;
        let before = self.bytes.drain(..at + frame.len()).take(at).collect();
        Some(before)
    }

    pub(super) fn look(&mut self) -> Progress {
        let mut missing = None;
        for start in 0..self.bytes.len() {
            let head = &self.bytes[start..];
            let Some(length) = self.shape.candidate(self.unit, head) else { continue };
            match head.get(..length) {
                None => missing = missing.or(Some(length - head.len())),
                Some(whole) => {
                    if let Some((_, pdu)) = rtu::open(whole).filter(|(_, pdu)| self.shape.accepts(pdu)) {
                        let pdu = pdu.to_vec();
                        return Progress::Reply(self.accept(start, length, pdu));
                    }
                }
            }
        }
        Progress::Missing(missing.or(self.shape.frame_length()).unwrap_or(MIN_FRAME).max(1))
    }

    /// Says that the line has been silent for 3.5 characters: a reply without a length field ends here, and a frame
    /// with a wrong CRC is over.
    pub fn silence(&mut self) -> Option<Found> {
        if !self.shape.is_open() {
            return None;
        }
        for start in 0..self.bytes.len() {
            if let Some((unit, pdu)) = rtu::open(&self.bytes[start..])
                && unit == self.unit
                && self.shape.accepts(pdu)
            {
                let pdu = pdu.to_vec();
                return Some(self.accept(start, self.bytes.len() - start, pdu));
            }
        }
        None
    }

    /// Whether our reply has come, whole but with a wrong CRC.
    pub fn is_broken(&self) -> bool {
        (0..self.bytes.len()).any(|start| {
            self.shape
                .candidate(self.unit, &self.bytes[start..])
                .is_some_and(|length| length <= self.bytes.len() - start)
        })
    }

    /// Ends the wait without a reply.
    pub fn give_up(self) -> Junk {
        let mut junk = sort(&self.bytes);
        junk.noise += self.dropped;
        if junk.noise != 0 {
            junk.broken = self.is_broken();
            junk.truncated = !junk.broken
                && (0..self.bytes.len()).any(|start| {
                    let head = &self.bytes[start..];
                    // Unit and function alone may be chance; with one more byte it was a reply.
                    2 < head.len() && self.shape.candidate(self.unit, head).is_some_and(|length| head.len() < length)
                });
        }
        junk
    }

    fn accept(&mut self, start: usize, length: usize, pdu: Vec<u8>) -> Found {
        let mut junk = sort(&self.bytes[..start]);
        let after = sort(&self.bytes[start + length..]);
        junk.absorb(after);
        junk.noise += self.dropped;
        Found { pdu, frame_length: length, junk }
    }
}

/// Takes whole frames, of masters as of slaves, out of bytes that belong to no transaction of ours.
pub fn sort(bytes: &[u8]) -> Junk {
    let mut junk = Junk::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        let whole = [rtu::reply_length(rest), rtu::request_length(rest)].into_iter().find_map(|length| match length {
            Length::Known(length) => rtu::open(rest.get(..length)?).map(|(unit, pdu)| (length, unit, pdu.to_vec())),
            // A frame without a length field can only be told when nothing follows it.
            Length::Open => rtu::open(rest).map(|(unit, pdu)| (rest.len(), unit, pdu.to_vec())),
            Length::NotYet => None,
        });
        let used = if let Some((length, unit, pdu)) = whole {
            junk.frames.push((unit, pdu));
            length
        } else {
            junk.noise += 1;
            1
        };
        rest = &rest[used..];
    }
    junk
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modbus::rtu::frame;
    use proptest::prelude::*;

    const READ: [u8; 5] = [3, 0, 0, 0, 2];
    const ANSWER: [u8; 6] = [3, 4, 1, 2, 3, 4];

    fn receiver() -> Receiver {
        Receiver::new(9, ReplyShape::of(&READ).unwrap())
    }

    /// A transcript: pieces as they arrive, the accepted PDU, other frames, noise.
    #[track_caller]
    fn check(pieces: &[&[u8]], expect: Option<&[u8]>, frames: usize, noise: usize) {
        let mut receiver = receiver();
        for (at, piece) in pieces.iter().enumerate() {
            match receiver.push(piece) {
                Progress::Reply(found) => {
                    assert_eq!(at, pieces.len() - 1, "accepted too early");
                    assert_eq!(Some(found.pdu.as_slice()), expect);
                    assert_eq!((found.junk.frames.len(), found.junk.noise), (frames, noise));
                    return;
                }
                Progress::Missing(missing) => assert!(0 < missing),
            }
        }
        assert_eq!(expect, None, "not accepted");
        let junk = receiver.give_up();
        assert_eq!((junk.frames.len(), junk.noise), (frames, noise));
    }

    #[test]
    fn the_right_reply_is_found_in_any_company() {
        let right = frame(9, &ANSWER);
        let other_unit = frame(8, &ANSWER);
        let short = frame(9, &[3, 2, 1, 2]);
        let exception = frame(9, &[0x83, 2]);
        check(&[&right], Some(&ANSWER), 0, 0);
        check(&[&exception], Some(&[0x83, 2]), 0, 0);
        check(&[&right[..3], &right[3..4], &right[4..]], Some(&ANSWER), 0, 0);
        check(&[&[0xFF, 0x00, 9], &right], Some(&ANSWER), 0, 3);
        check(&[&[&right[..], &[0xFF, 0xFF]].concat()], Some(&ANSWER), 0, 2);
        check(&[&other_unit, &right], Some(&ANSWER), 1, 0);
        check(&[&short, &right], Some(&ANSWER), 1, 0);
        check(&[&frame(9, &READ), &right], Some(&ANSWER), 1, 0);
        check(&[&other_unit], None, 1, 0);
        check(&[&short], None, 1, 0);
        check(&[&frame(9, &[4, 4, 1, 2, 3, 4])], None, 1, 0);
        check(&[&right[..8]], None, 0, 8);
    }

    #[test]
    fn a_broken_frame_is_told_from_a_truncated_one() {
        let mut broken = frame(9, &ANSWER);
        broken[4] ^= 1;
        let mut receiver = receiver();
        assert!(matches!(receiver.push(&broken[..8]), Progress::Missing(1)));
        assert!(!receiver.is_broken());
        receiver.push(&broken[8..]);
        assert!(receiver.is_broken());
        let junk = receiver.give_up();
        assert!(junk.broken && !junk.truncated);

        let mut receiver = self::receiver();
        receiver.push(&broken[..5]);
        let junk = receiver.give_up();
        assert!(junk.truncated && !junk.broken);
    }

    #[test]
    fn a_function_without_length_ends_with_silence() {
        let mut receiver = Receiver::new(9, ReplyShape::of(&[0x41, 1]).unwrap());
        let answer = frame(9, &[0x41, 1, 2, 3]);
        receiver.push(&answer[..5]);
        assert_eq!(receiver.silence(), None);
        receiver.push(&answer[5..]);
        assert_eq!(receiver.silence().unwrap().pdu, [0x41, 1, 2, 3]);
    }

    proptest! {
        #[test]
        fn any_bytes_do_no_harm(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..60)) {
            let mut receiver = receiver();
            for piece in &pieces {
                if let Progress::Reply(found) = receiver.push(piece) {
                    prop_assert!(ReplyShape::of(&READ).unwrap().accepts(&found.pdu));
                    return Ok(());
                }
            }
            let _ = receiver.silence();
            let received: usize = pieces.iter().map(Vec::len).sum();
            let junk = receiver.give_up();
            prop_assert!(junk.noise <= received);
        }

        #[test]
        fn a_reply_cut_anywhere_is_accepted(before in proptest::collection::vec(0x80u8.., 0..20), cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..4)) {
            let whole = [before.clone(), frame(9, &ANSWER)].concat();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(whole.len())).collect();
            cuts.sort_unstable();
            let mut receiver = receiver();
            let mut from = 0;
            for cut in cuts {
                prop_assert!(matches!(receiver.push(&whole[from..cut]), Progress::Missing(_)));
                from = cut;
            }
            match receiver.push(&whole[from..]) {
                Progress::Reply(found) => prop_assert_eq!(found.pdu, ANSWER),
                Progress::Missing(_) => prop_assert!(false),
            }
        }
    }
}
