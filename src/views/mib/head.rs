//! The beginning of a message, looked at before anything else of it: version, and community of SNMPv1 and v2c.

use crate::config::snmp::Version;

/// What a message says of itself in clear.
#[derive(Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// Its version.
    pub version: Version,
    /// None of SNMPv3.
    pub community: Option<&'a [u8]>,
}

/// Why there is no head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoHead {
    /// Not SNMP, or cut off.
    Malformed,
    /// A version nobody knows.
    Version,
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;

/// Reads the head (RFC 1157, 4; RFC 3412, 6). What follows the message in its datagram is of no interest.
pub fn peek(message: &[u8]) -> Result<Head<'_>, NoHead> {
    let (whole, _) = element(SEQUENCE, message)?;
    let (number, rest) = element(INTEGER, whole)?;
    let version = match number.split_last() {
        Some((0, zeros)) if zeros.iter().all(|byte| *byte == 0) => Version::V1,
        Some((1, zeros)) if zeros.iter().all(|byte| *byte == 0) => Version::V2c,
        Some((3, zeros)) if zeros.iter().all(|byte| *byte == 0) => {
            return Ok(Head { version: Version::V3, community: None });
        }
        _ => return Err(NoHead::Version),
    };
    let (community, _) = element(OCTETS, rest)?;
    Ok(Head { version, community: Some(community) })
}

/// The content of one element, and what follows it.
fn element(tag: u8, bytes: &[u8]) -> Result<(&[u8], &[u8]), NoHead> {
    let (first, rest) = bytes.split_first().ok_or(NoHead::Malformed)?;
    let (length, rest) = rest.split_first().ok_or(NoHead::Malformed)?;
    let (length, rest) = if *length < 0x80 {
        (usize::from(*length), rest)
    } else {
        let count = usize::from(length & 0x7F);
        if !(1..=4).contains(&count) || rest.len() < count {
            return Err(NoHead::Malformed);
        }
        let (digits, rest) = rest.split_at(count);
        (digits.iter().fold(0, |length, digit| (length << 8) | usize::from(*digit)), rest)
    };
    if *first != tag || rest.len() < length {
        return Err(NoHead::Malformed);
    }
    Ok(rest.split_at(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn versions_and_communities_are_read() {
        let v2c = [0x30, 0x0B, 2, 1, 1, 4, 6, b'p', b'u', b'b', b'l', b'i', b'c'];
        assert_eq!(peek(&v2c), Ok(Head { version: Version::V2c, community: Some(b"public") }));
        let long = [0x30, 0x82, 0, 0x0B, 2, 1, 0, 4, 6, b'p', b'u', b'b', b'l', b'i', b'c'];
        assert_eq!(peek(&long), Ok(Head { version: Version::V1, community: Some(b"public") }));
        assert_eq!(peek(&[0x30, 3, 2, 1, 3]), Ok(Head { version: Version::V3, community: None }));
        assert_eq!(peek(&[0x30, 3, 2, 1, 2]), Err(NoHead::Version));
        for wrong in
            [&[][..], &[0x30], &[0x30, 4, 2, 1, 1], &[0x31, 3, 2, 1, 3], &[0x30, 0x80, 2, 1, 3], b"GET / HTTP/1.1"]
        {
            assert_eq!(peek(wrong), Err(NoHead::Malformed));
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_it_answers(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            drop(peek(&bytes));
        }
    }
}
