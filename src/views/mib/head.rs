//! What a message says in clear: version, and community of SNMPv1 and v2c, before anything else of it is looked at; and of
//! an answer, whether it reports somebody who was not let in.

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

/// Why an SNMPv3 message was not let in, as its report says (RFC 3414, 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwelcome {
    /// `usmStatsUnsupportedSecLevels`.
    Level,
    /// `usmStatsUnknownUserNames`.
    User,
    /// `usmStatsWrongDigests`.
    Digest,
    /// `usmStatsDecryptionErrors`.
    Decryption,
}

const OID: u8 = 0x06;
const REPORT: u8 = 0xA8;
/// The scoped PDU is encrypted.
const PRIVATE: u8 = 2;
/// `usmStats`, 1.3.6.1.6.3.15.1.1.
const USM_STATS: [u8; 8] = [0x2B, 6, 1, 6, 3, 15, 1, 1];

/// What this answer reports, if it is a report of somebody who was not let in. Others (an unknown engine, another time)
/// belong to how a manager makes itself known.
pub fn unwelcome(answer: &[u8]) -> Option<Unwelcome> {
    let counter = reported(answer).ok().flatten()?;
    match counter.strip_prefix(&USM_STATS)? {
        [1, 0] => Some(Unwelcome::Level),
        [3, 0] => Some(Unwelcome::User),
        [5, 0] => Some(Unwelcome::Digest),
        [6, 0] => Some(Unwelcome::Decryption),
        _ => None,
    }
}

/// The OID of a report's first variable, encoded (RFC 3412, 6; RFC 3416, 3).
fn reported(message: &[u8]) -> Result<Option<&[u8]>, NoHead> {
    let (whole, _) = element(SEQUENCE, message)?;
    let (version, rest) = element(INTEGER, whole)?;
    if version != [3] {
        return Ok(None);
    }
    let (global, rest) = element(SEQUENCE, rest)?;
    let (_, global) = element(INTEGER, global)?;
    let (_, global) = element(INTEGER, global)?;
    let (flags, _) = element(OCTETS, global)?;
    if flags.first().is_none_or(|flags| flags & PRIVATE != 0) {
        return Ok(None);
    }
    let (_, rest) = element(OCTETS, rest)?;
    let (scoped, _) = element(SEQUENCE, rest)?;
    let (_, scoped) = element(OCTETS, scoped)?;
    let (_, scoped) = element(OCTETS, scoped)?;
    if scoped.first() != Some(&REPORT) {
        return Ok(None);
    }
    let (mut pdu, _) = element(REPORT, scoped)?;
    for _ in ["request id", "error status", "error index"] {
        (_, pdu) = element(INTEGER, pdu)?;
    }
    let (variables, _) = element(SEQUENCE, pdu)?;
    let (first, _) = element(SEQUENCE, variables)?;
    Ok(Some(element(OID, first)?.0))
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

    /// A report of this counter, with these flags.
    fn report(flags: u8, pdu: u8, counter: u8) -> Vec<u8> {
        let wrap = |tag: u8, parts: &[&[u8]]| {
            let content = parts.concat();
            [&[tag, u8::try_from(content.len()).unwrap()], content.as_slice()].concat()
        };
        let variable = wrap(SEQUENCE, &[&wrap(OID, &[&USM_STATS, &[counter, 0]]), &[0x41, 1, 7]]);
        let pdu = wrap(pdu, &[&[2, 1, 9, 2, 1, 0, 2, 1, 0], &wrap(SEQUENCE, &[&variable])]);
        let scoped = wrap(SEQUENCE, &[&[4, 1, 8, 4, 0], &pdu]);
        let global = wrap(SEQUENCE, &[&[2, 1, 5, 2, 2, 5, 0xDC, 4, 1, flags, 2, 1, 3]]);
        wrap(SEQUENCE, &[&[2, 1, 3], &global, &[4, 2, 0x30, 0], &scoped])
    }

    #[test]
    fn reports_of_those_who_are_not_let_in_are_told_from_all_other_answers() {
        let said: Vec<_> = (1..=6).map(|counter| unwelcome(&report(0, REPORT, counter))).collect();
        let expect = [
            Some(Unwelcome::Level),
            None,
            Some(Unwelcome::User),
            None,
            Some(Unwelcome::Digest),
            Some(Unwelcome::Decryption),
        ];
        assert_eq!(said, expect);
        // Signed, as the report of a decryption error may be.
        assert_eq!(unwelcome(&report(1, REPORT, 6)), Some(Unwelcome::Decryption));
        assert_eq!(unwelcome(&report(3, REPORT, 5)), None, "encrypted");
        assert_eq!(unwelcome(&report(0, 0xA2, 5)), None, "an answer like any other");
        let whole = report(0, REPORT, 5);
        assert!((0..whole.len()).all(|length| unwelcome(&whole[..length]).is_none()));
    }

    proptest! {
        #[test]
        fn whatever_comes_it_answers(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            drop(peek(&bytes));
            unwelcome(&bytes);
        }
    }
}
