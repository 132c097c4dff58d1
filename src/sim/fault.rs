//! What a device can do wrong on demand.

use crate::modbus::rtu;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// One way to misbehave, applied to one reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Fault {
    /// No reply.
    Silence,
    /// The right reply, this long after the request.
    Late {
        /// From the end of the request to the begin of the reply.
        delay_ms: u64,
    },
    /// One bit of the reply is wrong.
    Crc,
    /// An exception instead.
    Exception {
        /// Its code.
        code: u8,
    },
    /// Bytes that belong to nobody around the right reply.
    Noise {
        /// Sent before it.
        before: Vec<u8>,
        /// Sent behind it.
        after: Vec<u8>,
    },
    /// A pause inside the right reply.
    Fragment {
        /// Bytes before the pause.
        at: usize,
        /// Its length.
        pause_ms: u64,
    },
    /// The right reply under another unit's address.
    OtherUnit {
        /// That address.
        unit: u8,
    },
    /// A well-formed reply with one register (or byte of bits) fewer than asked for.
    Short,
    /// Only the beginning of the right reply.
    Truncate {
        /// Bytes sent.
        bytes: usize,
    },
    /// The right reply of another function.
    OtherFunction,
    /// The request comes back before the right reply, as adapters of two-wire lines that hear themselves do.
    Echo,
    /// The request comes back, and nothing else.
    EchoOnly,
    /// Other bytes somewhere in the frame of the right reply: another transaction, protocol or length, for instance.
    Patch {
        /// The first one, counted from 0.
        at: usize,
        /// What stands there instead.
        bytes: Vec<u8>,
    },
    /// The right reply, two times.
    Twice,
    /// The connection is closed instead of a reply; on a serial line no reply.
    HangUp,
    /// Not a fault: the first eight bytes of the registers are the time its last byte is due, in nanoseconds of the
    /// monotonic clock, which all processes of a host share. So a value carries its own birth.
    Stamp,
    /// Not a fault: the right reply, to let some pass between two faults.
    Nothing,
}

/// How often a fault happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times(
    /// Number of replies; `None` = until cleared.
    pub Option<u32>,
);

/// The faults of one device, taken in order.
#[derive(Debug, Clone, Default)]
pub struct Faults(VecDeque<(Fault, Times)>);

impl Faults {
    /// Adds one behind the others.
    pub fn push(&mut self, fault: Fault, times: Times) {
        self.0.push_back((fault, times));
    }

    /// No more faults.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault of the next reply.
    pub fn take(&mut self) -> Option<Fault> {
        loop {
            let (fault, times) = self.0.front_mut()?;
            match &mut times.0 {
                Some(0) => {
                    self.0.pop_front();
                }
                Some(left) => {
                    *left -= 1;
                    return Some(fault.clone());
                }
                None => return Some(fault.clone()),
            }
        }
    }
}

/// A request and its right reply, on the way to be spoilt.
pub(super) struct Exchange<'a> {
    /// How the way to the master frames a PDU of a unit.
    pub(super) frame: &'a dyn Fn(u8, &[u8]) -> Vec<u8>,
    pub(super) unit: u8,
    pub(super) request: &'a [u8],
    pub(super) reply: &'a [u8],
}

/// The bytes that go out instead of the right reply; each piece with the pause before it.
pub(super) fn spoil(fault: &Fault, exchange: &Exchange<'_>) -> Vec<(u64, Vec<u8>)> {
    let Exchange { frame, unit, request, reply } = *exchange;
    let right = frame(unit, reply);
    match fault {
        Fault::Silence | Fault::HangUp => Vec::new(),
        Fault::Nothing | Fault::Stamp | Fault::Late { .. } => vec![(0, right)],
        Fault::Crc => {
            let mut wrong = right;
            let at = wrong.len() / 2;
            wrong[at] ^= 0x10;
            vec![(0, wrong)]
        }
        Fault::Exception { code } => {
            let function = reply.first().copied().unwrap_or(0) | rtu::EXCEPTION_BIT;
            vec![(0, frame(unit, &[function, *code]))]
        }
        Fault::Noise { before, after } => vec![(0, [before.as_slice(), &right, after].concat())],
        Fault::Fragment { at, pause_ms } => {
            let (first, second) = right.split_at((*at).min(right.len()));
            vec![(0, first.to_vec()), (*pause_ms, second.to_vec())]
        }
        Fault::OtherUnit { unit } => vec![(0, frame(*unit, reply))],
        Fault::Short => vec![(0, frame(unit, &shorter(reply)))],
        Fault::Truncate { bytes } => vec![(0, right.into_iter().take(*bytes).collect())],
        Fault::OtherFunction => {
            let mut other = reply.to_vec();
            if let Some(function) = other.first_mut() {
                *function = if *function == 3 { 4 } else { 3 };
            }
            vec![(0, frame(unit, &other))]
        }
        Fault::Echo => vec![(0, [frame(unit, request), right].concat())],
        Fault::EchoOnly => vec![(0, frame(unit, request))],
        Fault::Patch { at, bytes } => {
            let mut wrong = right;
            if let Some(place) = wrong.get_mut(*at..*at + bytes.len()) {
                place.copy_from_slice(bytes);
            }
            vec![(0, wrong)]
        }
        Fault::Twice => vec![(0, [right.as_slice(), &right].concat())],
    }
}

/// A counted reply with one item less; others as they are.
fn shorter(pdu: &[u8]) -> Vec<u8> {
    match pdu {
        [function @ (1 | 2), count, data @ ..] if 0 < *count => [&[*function, count - 1], &data[1..]].concat(),
        [function @ (3 | 4), count, data @ ..] if 1 < *count => [&[*function, count - 2], &data[2..]].concat(),
        other => other.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_happen_as_often_as_asked() {
        let mut faults = Faults::default();
        faults.push(Fault::Crc, Times(Some(2)));
        faults.push(Fault::Silence, Times(Some(1)));
        let taken: Vec<Option<Fault>> = (0..4).map(|_| faults.take()).collect();
        assert_eq!(taken, [Some(Fault::Crc), Some(Fault::Crc), Some(Fault::Silence), None]);
    }

    #[test]
    fn a_short_reply_is_well_formed() {
        let (request, reply) = (&[3, 0, 0, 0, 2], &[3, 4, 1, 2, 3, 4]);
        let exchange = Exchange { frame: &rtu::frame, unit: 1, request, reply };
        let spoilt = spoil(&Fault::Short, &exchange);
        assert_eq!(rtu::open(&spoilt[0].1), Some((1, &[3, 2, 3, 4][..])));
        let spoilt = spoil(&Fault::Crc, &exchange);
        assert_eq!(rtu::open(&spoilt[0].1), None);
    }
}
