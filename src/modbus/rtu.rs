//! The frame of a serial line: unit, PDU, CRC; and how long a frame is, from its first bytes.

/// The longest frame: unit, 253 bytes of PDU, CRC (Modbus over serial line V1.02, 2.5.1).
pub const MAX_FRAME: usize = 256;
/// The longest PDU.
pub const MAX_PDU: usize = 253;
/// The shortest frame: unit, function, CRC.
pub const MIN_FRAME: usize = 4;
/// Unit, function + 0x80, exception code, CRC.
pub const EXCEPTION_FRAME: usize = 5;
/// Set in the function code of an exception reply.
pub const EXCEPTION_BIT: u8 = 0x80;

const CRC_TABLE: [u16; 256] = crc_table();

const fn crc_table() -> [u16; 256] {
    let mut table = [0u16; 256];
    let mut index = 0u16;
    while index < 256 {
        let mut crc = index;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xA001 } else { crc >> 1 };
            bit += 1;
        }
        table[index as usize] = crc;
        index += 1;
    }
    table
}

/// CRC-16 of Modbus (polynomial 0xA001 reflected, initial 0xFFFF); sent low byte first.
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| (crc >> 8) ^ CRC_TABLE[usize::from((crc ^ u16::from(*byte)) & 0xFF)])
}

/// The bytes of one frame.
pub fn frame(unit: u8, pdu: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(pdu.len() + 3);
    bytes.push(unit);
    bytes.extend_from_slice(pdu);
    let crc = crc16(&bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    bytes
}

/// Unit and PDU of a whole frame; `None` if it is too short or too long, or its CRC is wrong.
pub fn open(frame: &[u8]) -> Option<(u8, &[u8])> {
    if !(MIN_FRAME..=MAX_FRAME).contains(&frame.len()) {
        return None;
    }
    let (body, crc) = frame.split_at(frame.len() - 2);
    let (unit, pdu) = body.split_first()?;
    (crc16(body).to_le_bytes() == *crc).then_some((*unit, pdu))
}

/// What the first bytes tell of a frame's length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// The byte that says it is still to come.
    NotYet,
    /// Bytes of the whole frame, unit and CRC included.
    Known(usize),
    /// The function has no length field: the frame ends with silence.
    Open,
}

/// The length of a reply that begins with these bytes.
pub fn reply_length(head: &[u8]) -> Length {
    let Some(&function) = head.get(1) else { return Length::NotYet };
    match function {
        0x80.. => Length::Known(EXCEPTION_FRAME),
        1..=4 | 12 | 17 | 20 | 21 | 23 => counted(head, 2, 5),
        5 | 6 | 8 | 11 | 15 | 16 => Length::Known(8),
        7 => Length::Known(5),
        22 => Length::Known(10),
        _ => Length::Open,
    }
}

/// The length of a request that begins with these bytes.
pub fn request_length(head: &[u8]) -> Length {
    let Some(&function) = head.get(1) else { return Length::NotYet };
    match function {
        1..=6 | 8 => Length::Known(8),
        7 | 11 | 12 | 17 => Length::Known(4),
        15 | 16 => counted(head, 6, 9),
        20 | 21 => counted(head, 2, 5),
        22 => Length::Known(10),
        23 => counted(head, 10, 13),
        24 => Length::Known(6),
        _ => Length::Open,
    }
}

/// A frame whose byte at `at` counts what it has beyond `fixed`.
fn counted(head: &[u8], at: usize, fixed: usize) -> Length {
    head.get(at).map_or(Length::NotYet, |count| Length::Known(fixed + usize::from(*count)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(body: &[u8], crc_on_wire: [u8; 2]) {
        assert_eq!(crc16(body).to_le_bytes(), crc_on_wire, "{body:02X?}");
        let whole = frame(body[0], &body[1..]);
        assert_eq!(open(&whole), Some((body[0], &body[1..])));
    }

    #[test]
    fn crc_as_on_the_wire() {
        // Known frames of the field: read of two holding registers, and the specification's appendix example.
        check(&[0x01, 0x03, 0x00, 0x00, 0x00, 0x02], [0xC4, 0x0B]);
        check(&[0x02, 0x07], [0x41, 0x12]);
        check(&[0x11, 0x03, 0x00, 0x6B, 0x00, 0x03], [0x76, 0x87]);
    }

    #[test]
    fn what_is_longer_than_a_frame_is_none() {
        let longest = frame(9, &[0x41; MAX_PDU]);
        assert_eq!(open(&longest), Some((9, &[0x41; MAX_PDU][..])));
        assert_eq!(open(&frame(9, &[0x41; MAX_PDU + 1])), None);
    }

    #[test]
    fn lengths_come_from_the_header() {
        assert_eq!(reply_length(&[1]), Length::NotYet);
        assert_eq!(reply_length(&[1, 3]), Length::NotYet);
        assert_eq!(reply_length(&[1, 3, 4]), Length::Known(9));
        assert_eq!(reply_length(&[1, 0x83]), Length::Known(5));
        assert_eq!(reply_length(&[1, 16]), Length::Known(8));
        assert_eq!(reply_length(&[1, 65]), Length::Open);
        assert_eq!(request_length(&[1, 3]), Length::Known(8));
        assert_eq!(request_length(&[1, 16, 0, 0, 0, 2]), Length::NotYet);
        assert_eq!(request_length(&[1, 16, 0, 0, 0, 2, 4]), Length::Known(13));
    }

    proptest! {
        #[test]
        fn a_frame_opens_to_what_was_put_in(unit: u8, pdu in proptest::collection::vec(any::<u8>(), 1..253)) {
            let whole = frame(unit, &pdu);
            prop_assert_eq!(open(&whole), Some((unit, pdu.as_slice())));
        }

        #[test]
        fn one_wrong_bit_is_seen(pdu in proptest::collection::vec(any::<u8>(), 1..253), at: prop::sample::Index, bit in 0u8..8) {
            let mut whole = frame(7, &pdu);
            let at = at.index(whole.len());
            whole[at] ^= 1 << bit;
            prop_assert_eq!(open(&whole), None);
        }

        #[test]
        fn lengths_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = (reply_length(&bytes), request_length(&bytes), open(&bytes));
        }
    }
}
