//! The frame of Modbus/TCP: transaction, protocol, length, unit, PDU (Modbus messaging on TCP/IP V1.0b, 3.1.3).

use super::rtu::MAX_PDU;

/// Bytes before the PDU: transaction, protocol, length, unit.
pub const HEADER: usize = 7;
/// The longest frame.
pub const MAX_FRAME: usize = HEADER + MAX_PDU;
/// The shortest length field: unit and function.
const LEAST: usize = 2;
/// The longest: unit and PDU.
const MOST: usize = 1 + MAX_PDU;

/// One message of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Chosen by the client, given back by the server.
    pub transaction: u16,
    /// Who is meant, or who answers.
    pub unit: u8,
    /// Function code and data; never empty.
    pub pdu: Vec<u8>,
}

/// The stream is no Modbus/TCP, or no more: where the next message begins cannot be known. Close it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BrokenStream {
    /// The protocol identifier of Modbus is 0.
    #[error("protocol identifier {0}")]
    Protocol(u16),
    /// No message is that short or that long.
    #[error("length {0}")]
    Length(u16),
}

/// The bytes of one message.
pub fn frame(transaction: u16, unit: u8, pdu: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + pdu.len());
    put(&mut bytes, transaction, unit, |out| out.extend_from_slice(pdu));
    bytes
}

/// Appends one message whose PDU `write` appends.
pub fn put(out: &mut Vec<u8>, transaction: u16, unit: u8, write: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(&transaction.to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    let begin = out.len();
    out.push(unit);
    write(out);
    // A PDU beyond the limit makes a frame that every peer refuses, and none that looks like another.
    let length = u16::try_from(out.len() - begin).unwrap_or(u16::MAX);
    out[begin - 2..begin].copy_from_slice(&length.to_be_bytes());
}

/// A whole message at the beginning of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peeked<'a> {
    /// Chosen by the client, given back by the server.
    pub transaction: u16,
    /// Who is meant, or who answers.
    pub unit: u8,
    /// Function code and data; never empty.
    pub pdu: &'a [u8],
    /// Bytes it takes.
    pub length: usize,
}

/// The message that `bytes` begin with; none as long as it is not whole.
pub fn peek(bytes: &[u8]) -> Result<Option<Peeked<'_>>, BrokenStream> {
    let field = |at: usize| bytes.get(at..at + 2).map(|two| u16::from_be_bytes([two[0], two[1]]));
    let Some(protocol) = field(2) else { return Ok(None) };
    if protocol != 0 {
        return Err(BrokenStream::Protocol(protocol));
    }
    let Some(length) = field(4) else { return Ok(None) };
    let whole = usize::from(length);
    if !(LEAST..=MOST).contains(&whole) {
        return Err(BrokenStream::Length(length));
    }
    let (Some(transaction), Some([unit, pdu @ ..])) = (field(0), bytes.get(HEADER - 1..HEADER - 1 + whole)) else {
        return Ok(None);
    };
    Ok(Some(Peeked { transaction, unit: *unit, pdu, length: HEADER - 1 + whole }))
}

/// Takes messages out of a stream, however its bytes arrive.
#[derive(Debug, Default)]
pub struct Decoder {
    bytes: Vec<u8>,
    taken: usize,
}

impl Decoder {
    /// Takes the bytes of one read. They are kept until [`Decoder::next`] has taken their messages.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole message, if one is there. After an error the stream is of no more use.
    #[expect(clippy::should_implement_trait, reason = "an iterator that fails for ever would invite `for`")]
    pub fn next(&mut self) -> Result<Option<Message>, BrokenStream> {
        let Some(found) = peek(self.bytes.get(self.taken..).unwrap_or_default())? else { return Ok(None) };
        let message = Message { transaction: found.transaction, unit: found.unit, pdu: found.pdu.to_vec() };
        self.taken += found.length;
        Ok(Some(message))
    }

    /// Whether the beginning of a message waits for its end.
    pub fn is_within(&self) -> bool {
        self.taken < self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(decoder: &mut Decoder) -> (Vec<Message>, Option<BrokenStream>) {
        let mut messages = Vec::new();
        loop {
            match decoder.next() {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => return (messages, None),
                Err(broken) => return (messages, Some(broken)),
            }
        }
    }

    #[track_caller]
    fn check(bytes: &[u8], expect: &[(u16, u8, &[u8])], broken: Option<BrokenStream>) {
        let mut decoder = Decoder::default();
        decoder.push(bytes);
        let expect: Vec<Message> = expect
            .iter()
            .map(|(transaction, unit, pdu)| Message { transaction: *transaction, unit: *unit, pdu: pdu.to_vec() })
            .collect();
        assert_eq!(all(&mut decoder), (expect, broken), "{bytes:02X?}");
    }

    #[test]
    fn messages_are_the_specifications_bytes() {
        // The example of 3.1.3: transaction 15 01, unit FF.
        assert_eq!(frame(0x1501, 0xFF, &[3, 0, 4, 0, 1]), [0x15, 1, 0, 0, 0, 6, 0xFF, 3, 0, 4, 0, 1]);
        check(&[0x15, 1, 0, 0, 0, 5, 0xFF, 3, 2, 0, 5], &[(0x1501, 0xFF, &[3, 2, 0, 5])], None);
        let two = [frame(1, 9, &[0x83, 2]), frame(2, 9, &[6, 0, 1, 0, 2])].concat();
        check(&two, &[(1, 9, &[0x83, 2]), (2, 9, &[6, 0, 1, 0, 2])], None);
        check(&two[..two.len() - 1], &[(1, 9, &[0x83, 2])], None);
    }

    #[test]
    fn what_is_no_modbus_is_told_as_early_as_it_shows() {
        check(&[0, 1, 0, 9], &[], Some(BrokenStream::Protocol(9)));
        check(b"HTTP/1.1 400", &[], Some(BrokenStream::Protocol(0x5450)));
        check(&[0, 1, 0, 0, 0, 1], &[], Some(BrokenStream::Length(1)));
        check(&[0, 1, 0, 0, 0, 255], &[], Some(BrokenStream::Length(255)));
        let after = [frame(1, 9, &[0x83, 2]), vec![0, 2, 1, 0]].concat();
        check(&after, &[(1, 9, &[0x83, 2])], Some(BrokenStream::Protocol(256)));
    }

    proptest! {
        #[test]
        fn any_bytes_do_no_harm(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..20)) {
            let mut decoder = Decoder::default();
            for piece in &pieces {
                decoder.push(piece);
                let (messages, broken) = all(&mut decoder);
                prop_assert!(messages.iter().all(|message| !message.pdu.is_empty() && message.pdu.len() <= MAX_PDU));
                prop_assert!(decoder.bytes.len() <= MAX_FRAME + piece.len());
                if broken.is_some() {
                    break;
                }
            }
        }

        #[test]
        fn a_stream_cut_anywhere_gives_the_same_messages(
            sent in proptest::collection::vec((any::<u16>(), any::<u8>(), proptest::collection::vec(any::<u8>(), 1..=MAX_PDU)), 1..6),
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let whole: Vec<u8> = sent.iter().flat_map(|(transaction, unit, pdu)| frame(*transaction, *unit, pdu)).collect();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(whole.len())).collect();
            cuts.push(whole.len());
            cuts.sort_unstable();
            let (mut decoder, mut received, mut from) = (Decoder::default(), Vec::new(), 0);
            for cut in cuts {
                decoder.push(&whole[from..cut]);
                let (messages, broken) = all(&mut decoder);
                prop_assert_eq!(broken, None);
                received.extend(messages.into_iter().map(|message| (message.transaction, message.unit, message.pdu)));
                from = cut;
            }
            prop_assert_eq!(received, sent);
            prop_assert!(!decoder.is_within());
        }
    }
}
