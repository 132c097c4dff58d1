//! The ASCII frame of a serial line: `:`, two hex digits for each byte of unit and PDU, their check sum, CR LF (Modbus
//! over serial line V1.02, 2.5.2); and how the right reply is found among such frames.

use super::receive::{Found, Junk, Progress};
use super::rtu::{EXCEPTION_BIT, MAX_PDU};
use super::shape::ReplyShape;
use std::time::Duration;

/// The longest frame: colon, unit, 253 bytes of PDU and check sum as two characters each, CR LF.
pub const MAX_FRAME: usize = 1 + 2 * (1 + MAX_PDU + 1) + 2;
/// Two characters of one frame may be this far apart (2.5.2.1).
pub const CHARACTER_TIMEOUT: Duration = Duration::from_secs(1);
/// More than any frame: beyond this a line delivers noise without end, and the oldest bytes are let go.
const KEPT: usize = 4 * MAX_FRAME;

/// The check sum: what makes the sum of all bytes 0.
pub fn lrc(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)).wrapping_neg()
}

/// Characters of a frame whose PDU has so many bytes.
pub fn frame_length(pdu: usize) -> usize {
    1 + 2 * (1 + pdu + 1) + 2
}

/// The characters of one frame.
pub fn frame(unit: u8, pdu: &[u8]) -> Vec<u8> {
    let body: Vec<u8> = [&[unit], pdu].concat();
    let mut text = Vec::with_capacity(frame_length(pdu.len()));
    text.push(b':');
    for byte in body.iter().chain(&[lrc(&body)]) {
        text.extend([byte >> 4, byte & 15].map(digit));
    }
    text.extend_from_slice(b"\r\n");
    text
}

fn digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// Unit and PDU of a whole frame, from its colon to its line feed; `None` if it is none, or its check sum is wrong.
pub fn open(frame: &[u8]) -> Option<(u8, Vec<u8>)> {
    let bytes = bytes(digits(frame)?)?;
    let (sum, body) = bytes.split_last()?;
    let (unit, pdu) = body.split_first()?;
    (lrc(body) == *sum && !pdu.is_empty() && pdu.len() <= MAX_PDU).then(|| (*unit, pdu.to_vec()))
}

/// What stands between the colon and the end of the line.
fn digits(frame: &[u8]) -> Option<&[u8]> {
    frame.strip_prefix(b":")?.strip_suffix(b"\n").map(|inner| inner.strip_suffix(b"\r").unwrap_or(inner))
}

fn bytes(digits: &[u8]) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || MAX_FRAME < digits.len() {
        return None;
    }
    digits.chunks_exact(2).map(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?)).collect()
}

/// Collects characters until the reply to one request is among them.
#[derive(Debug)]
pub struct Receiver {
    unit: u8,
    shape: ReplyShape,
    bytes: Vec<u8>,
    /// Before this stands nothing that could still become the reply.
    looked: usize,
    dropped: usize,
}

impl Receiver {
    /// Waits for the reply of `unit` to a request of this shape.
    pub fn new(unit: u8, shape: ReplyShape) -> Self {
        Self { unit, shape, bytes: Vec::with_capacity(MAX_FRAME), looked: 0, dropped: 0 }
    }

    /// Whether any character has come.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.dropped == 0
    }

    /// Whether a frame has begun and not ended.
    pub fn is_within(&self) -> bool {
        self.bytes[self.looked..].contains(&b':')
    }

    /// Takes the characters of one read, and looks.
    pub fn push(&mut self, bytes: &[u8]) -> Progress {
        self.extend(bytes);
        self.look()
    }

    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if KEPT < self.bytes.len() {
            let excess = self.bytes.len() - KEPT;
            self.bytes.drain(..excess);
            self.looked = self.looked.saturating_sub(excess);
            self.dropped += excess;
        }
    }

    pub(super) fn look(&mut self) -> Progress {
        while let Some(end) = self.bytes[self.looked..].iter().position(|byte| *byte == b'\n') {
            let (from, to) = (self.looked, self.looked + end + 1);
            self.looked = to;
            // A colon begins a frame whatever came before it.
            let Some(colon) = self.bytes[from..to].iter().rposition(|byte| *byte == b':') else { continue };
            let start = from + colon;
            let reply =
                open(&self.bytes[start..to]).filter(|(unit, pdu)| *unit == self.unit && self.shape.accepts(pdu));
            if let Some((_, pdu)) = reply {
                return Progress::Reply(self.accept(start, to, pdu));
            }
        }
        Progress::Missing(1)
    }

    /// Whether our reply has come, whole but with a wrong check sum.
    pub fn is_broken(&self) -> bool {
        lines(&self.bytes).any(|line| {
            open(line).is_none()
                && digits(line).and_then(|inner| bytes(inner.get(..4)?)).is_some_and(|head| self.is_ours(&head))
        })
    }

    /// Takes the first of these characters that stand so out of what came, with all before them; `None` if they are not
    /// there.
    pub(super) fn take_out(&mut self, frame: &[u8]) -> Option<Vec<u8>> {
        let at = self.bytes.windows(frame.len().max(1)).position(|window| window == frame)?;
        let before = self.bytes.drain(..at + frame.len()).take(at).collect();
        self.looked = 0;
        Some(before)
    }

    /// Ends the wait without a reply.
    pub fn give_up(self) -> Junk {
        let mut junk = sort(&self.bytes);
        junk.noise += self.dropped;
        junk.broken = self.is_broken();
        let rest = &self.bytes[self.looked..];
        let begun =
            rest.iter().rposition(|byte| *byte == b':').and_then(|colon| bytes(rest.get(colon + 1..colon + 5)?));
        junk.truncated = !junk.broken && begun.is_some_and(|head| self.is_ours(&head));
        junk
    }

    /// Whether unit and function are those of our reply.
    fn is_ours(&self, head: &[u8]) -> bool {
        let ours = self.shape.function();
        matches!(head, [unit, function, ..] if *unit == self.unit && [ours, ours | EXCEPTION_BIT].contains(function))
    }

    fn accept(&mut self, start: usize, end: usize, pdu: Vec<u8>) -> Found {
        let mut junk = sort(&self.bytes[..start]);
        let after = sort(&self.bytes[end..]);
        junk.absorb(after);
        junk.noise += self.dropped;
        Found { pdu, frame_length: end - start, junk }
    }
}

/// From each colon to its line feed; a colon in between begins anew.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .filter(|line| line.ends_with(b"\n"))
        .filter_map(|line| line.iter().rposition(|byte| *byte == b':').map(|colon| &line[colon..]))
}

/// Takes whole frames, of masters as of slaves, out of characters that belong to no transaction of ours.
pub fn sort(bytes: &[u8]) -> Junk {
    let mut junk = Junk { noise: bytes.len(), ..Junk::default() };
    for line in lines(bytes) {
        if let Some(frame) = open(line) {
            junk.noise -= line.len();
            junk.frames.push(frame);
        }
    }
    junk
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const READ: [u8; 5] = [3, 0, 0, 0, 2];
    const ANSWER: [u8; 6] = [3, 4, 1, 2, 3, 4];

    fn receiver() -> Receiver {
        Receiver::new(9, ReplyShape::of(&READ).unwrap())
    }

    #[track_caller]
    fn check(pieces: &[&[u8]], expect: Option<&[u8]>, frames: usize, noise: usize) {
        let mut receiver = receiver();
        for (at, piece) in pieces.iter().enumerate() {
            if let Progress::Reply(found) = receiver.push(piece) {
                assert_eq!(at, pieces.len() - 1, "accepted too early");
                assert_eq!(Some(found.pdu.as_slice()), expect);
                assert_eq!((found.junk.frames.len(), found.junk.noise), (frames, noise));
                return;
            }
        }
        assert_eq!(expect, None, "not accepted");
        let junk = receiver.give_up();
        assert_eq!((junk.frames.len(), junk.noise), (frames, noise));
    }

    #[test]
    fn a_frame_is_hex_between_colon_and_line_end() {
        assert_eq!(frame(0xF7, &[3, 0x13, 0x89, 0, 0x0A]), b":F7031389000A60\r\n");
        assert_eq!(frame(1, &[3, 0, 0, 0, 1]).len(), frame_length(5));
        assert_eq!(frame(1, &[0; MAX_PDU]).len(), MAX_FRAME);
        assert_eq!(open(b":F7031389000A60\r\n"), Some((0xF7, vec![3, 0x13, 0x89, 0, 0x0A])));
        assert_eq!(open(b":f7031389000a60\n"), Some((0xF7, vec![3, 0x13, 0x89, 0, 0x0A])));
        for wrong in [
            &b":F7031389000A61\r\n"[..],
            b":F7031389000A6\r\n",
            b":F7031389000A60",
            b"F7031389000A60\r\n",
            b":G7\r\n",
            b":\r\n",
            b":FF01\r\n",
        ] {
            assert_eq!(open(wrong), None, "{}", wrong.escape_ascii());
        }
    }

    #[test]
    fn the_right_reply_is_found_in_any_company() {
        let right = frame(9, &ANSWER);
        check(&[&right], Some(&ANSWER), 0, 0);
        check(&[&frame(9, &[0x83, 2])], Some(&[0x83, 2]), 0, 0);
        check(&[&right[..3], &right[3..4], &right[4..]], Some(&ANSWER), 0, 0);
        check(&[b"\xFF\x00:09", &right], Some(&ANSWER), 0, 5);
        check(&[&[&right[..], b"\xFF\xFF"].concat()], Some(&ANSWER), 0, 2);
        check(&[&frame(8, &ANSWER), &right], Some(&ANSWER), 1, 0);
        check(&[&frame(9, &[3, 2, 1, 2]), &right], Some(&ANSWER), 1, 0);
        check(&[&frame(8, &ANSWER)], None, 1, 0);
        check(&[&frame(9, &[3, 2, 1, 2])], None, 1, 0);
        check(&[&right[..8]], None, 0, 8);
    }

    #[test]
    fn a_broken_frame_is_told_from_a_truncated_one() {
        let mut broken = frame(9, &ANSWER);
        broken[8] = if broken[8] == b'0' { b'1' } else { b'0' };
        let mut receiver = receiver();
        receiver.push(&broken[..9]);
        assert!(!receiver.is_broken() && receiver.is_within());
        receiver.push(&broken[9..]);
        assert!(receiver.is_broken() && !receiver.is_within());
        let junk = receiver.give_up();
        assert!(junk.broken && !junk.truncated);

        let mut receiver = self::receiver();
        receiver.push(&broken[..7]);
        let junk = receiver.give_up();
        assert!(junk.truncated && !junk.broken);
    }

    proptest! {
        #[test]
        fn every_message_goes_round(unit in any::<u8>(), pdu in proptest::collection::vec(any::<u8>(), 1..=MAX_PDU)) {
            let text = frame(unit, &pdu);
            prop_assert_eq!(text.len(), frame_length(pdu.len()));
            // 7 data bits carry it.
            prop_assert!(text.iter().all(u8::is_ascii));
            prop_assert_eq!(open(&text), Some((unit, pdu)));
        }

        #[test]
        fn one_wrong_character_is_seen(at in 0usize..14, wrong in any::<u8>()) {
            let mut text = frame(9, &READ);
            prop_assume!(text[at] != wrong && !text[at].eq_ignore_ascii_case(&wrong));
            text[at] = wrong;
            prop_assert_eq!(open(&text), None);
        }

        #[test]
        fn any_bytes_do_no_harm(pieces in proptest::collection::vec(proptest::collection::vec(prop_oneof![any::<u8>(), Just(b':'), Just(b'\n'), Just(b'0')], 0..60), 0..60)) {
            let mut receiver = receiver();
            for piece in &pieces {
                if let Progress::Reply(found) = receiver.push(piece) {
                    prop_assert!(ReplyShape::of(&READ).unwrap().accepts(&found.pdu));
                    return Ok(());
                }
            }
            let received: usize = pieces.iter().map(Vec::len).sum();
            prop_assert!(receiver.bytes.len() <= KEPT);
            prop_assert!(receiver.give_up().noise <= received);
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
