//! Messages in the words of `tokio_modbus`, and their bytes: functions 1 to 6, 15, 16, 22.
//!
//! Requests are encoded within the limits of the specification, replies decoded against the request they answer.

use super::address::{Span, Table};
use super::shape::ReplyShape;
use std::borrow::Cow;
use tokio_modbus::{ExceptionCode, Request, Response};

/// Most bits of one read (Modbus application protocol V1.1b3, 6.1).
pub const MAX_READ_BITS: u16 = 2000;
/// Most registers of one read (6.3).
pub const MAX_READ_REGISTERS: u16 = 125;
/// Most coils of one write (6.11).
pub const MAX_WRITE_BITS: u16 = 1968;
/// Most registers of one write (6.12).
pub const MAX_WRITE_REGISTERS: u16 = 123;

/// A message that cannot be: the caller sends another one; a peer that sent it speaks no Modbus.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PduError {
    /// A function other than 1 to 6, 15, 16, 22.
    #[error("function {0} is not supported")]
    Function(u8),
    /// Zero items, or more than one message can carry.
    #[error("{0} items do not fit one message")]
    Quantity(usize),
    /// The length, a byte count or a coil's value contradicts the rest.
    #[error("malformed message")]
    Malformed,
    /// A well-formed reply to some other request.
    #[error("the reply does not match its request")]
    Mismatch,
}

/// The request that reads a span; fails when the span is longer than one message can carry.
pub fn read_request(span: Span) -> Result<Vec<u8>, PduError> {
    let (address, count) = (span.address(), span.count());
    encode_request(&match span.table() {
        Table::Coil => Request::ReadCoils(address, count),
        Table::Discrete => Request::ReadDiscreteInputs(address, count),
        Table::Input => Request::ReadInputRegisters(address, count),
        Table::Holding => Request::ReadHoldingRegisters(address, count),
    })
}

/// The bytes of a request PDU.
pub fn encode_request(request: &Request<'_>) -> Result<Vec<u8>, PduError> {
    let head = |function: u8, a: u16, b: u16| {
        let ([a0, a1], [b0, b1]) = (a.to_be_bytes(), b.to_be_bytes());
        vec![function, a0, a1, b0, b1]
    };
    let read = |function, address, quantity, most| {
        if quantity == 0 || most < quantity {
            return Err(PduError::Quantity(usize::from(quantity)));
        }
        Ok(head(function, address, quantity))
    };
    match request {
        Request::ReadCoils(address, quantity) => read(1, *address, *quantity, MAX_READ_BITS),
        Request::ReadDiscreteInputs(address, quantity) => read(2, *address, *quantity, MAX_READ_BITS),
        Request::ReadHoldingRegisters(address, quantity) => read(3, *address, *quantity, MAX_READ_REGISTERS),
        Request::ReadInputRegisters(address, quantity) => read(4, *address, *quantity, MAX_READ_REGISTERS),
        Request::WriteSingleCoil(address, on) => Ok(head(5, *address, if *on { 0xFF00 } else { 0 })),
        Request::WriteSingleRegister(address, word) => Ok(head(6, *address, *word)),
        Request::WriteMultipleCoils(address, coils) => {
            let mut bytes = head(15, *address, limited(coils.len(), MAX_WRITE_BITS)?);
            push_counted(&mut bytes, &pack_bits(coils))?;
            Ok(bytes)
        }
        Request::WriteMultipleRegisters(address, words) => {
            let mut bytes = head(16, *address, limited(words.len(), MAX_WRITE_REGISTERS)?);
            push_counted(&mut bytes, &words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>())?;
            Ok(bytes)
        }
        Request::MaskWriteRegister(address, and, or) => Ok(masks(*address, *and, *or)),
        other => Err(PduError::Function(other.function_code().value())),
    }
}

/// Function 22, the same both ways (6.16).
fn masks(address: u16, and: u16, or: u16) -> Vec<u8> {
    let ([a0, a1], [b0, b1], [c0, c1]) = (address.to_be_bytes(), and.to_be_bytes(), or.to_be_bytes());
    vec![22, a0, a1, b0, b1, c0, c1]
}

/// Reads a request PDU, as a slave does.
pub fn decode_request(pdu: &[u8]) -> Result<Request<'static>, PduError> {
    let (&function, data) = pdu.split_first().ok_or(PduError::Malformed)?;
    let [a0, a1, b0, b1, rest @ ..] = data else {
        return Err(if matches!(function, 1..=6 | 15 | 16 | 22) {
            PduError::Malformed
        } else {
            PduError::Function(function)
        });
    };
    let (address, second) = (u16::from_be_bytes([*a0, *a1]), u16::from_be_bytes([*b0, *b1]));
    let short = |request| if rest.is_empty() { Ok(request) } else { Err(PduError::Malformed) };
    match function {
        1 => short(Request::ReadCoils(address, second)),
        2 => short(Request::ReadDiscreteInputs(address, second)),
        3 => short(Request::ReadHoldingRegisters(address, second)),
        4 => short(Request::ReadInputRegisters(address, second)),
        5 => match second {
            0xFF00 => short(Request::WriteSingleCoil(address, true)),
            0 => short(Request::WriteSingleCoil(address, false)),
            _ => Err(PduError::Malformed),
        },
        6 => short(Request::WriteSingleRegister(address, second)),
        15 => {
            let bits = counted(rest, usize::from(second.div_ceil(8)))?;
            limited(usize::from(second), MAX_WRITE_BITS)?;
            Ok(Request::WriteMultipleCoils(address, Cow::Owned(unpack_bits(bits, second))))
        }
        16 => {
            let words = counted(rest, 2 * usize::from(second))?;
            limited(usize::from(second), MAX_WRITE_REGISTERS)?;
            Ok(Request::WriteMultipleRegisters(address, Cow::Owned(unpack_words(words))))
        }
        22 => match rest {
            [c0, c1] => Ok(Request::MaskWriteRegister(address, second, u16::from_be_bytes([*c0, *c1]))),
            _ => Err(PduError::Malformed),
        },
        other => Err(PduError::Function(other)),
    }
}

/// The bytes of a reply PDU, as a slave sends them.
pub fn encode_response(response: &Response) -> Result<Vec<u8>, PduError> {
    let echo = |function: u8, a: u16, b: u16| {
        let ([a0, a1], [b0, b1]) = (a.to_be_bytes(), b.to_be_bytes());
        Ok(vec![function, a0, a1, b0, b1])
    };
    let list = |function: u8, data: &[u8]| {
        let mut bytes = vec![function];
        push_counted(&mut bytes, data)?;
        Ok(bytes)
    };
    let registers = |function, words: &[u16]| {
        list(function, &words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>())
    };
    match response {
        Response::ReadCoils(bits) => list(1, &pack_bits(bits)),
        Response::ReadDiscreteInputs(bits) => list(2, &pack_bits(bits)),
        Response::ReadHoldingRegisters(words) => registers(3, words),
        Response::ReadInputRegisters(words) => registers(4, words),
        Response::WriteSingleCoil(address, on) => echo(5, *address, if *on { 0xFF00 } else { 0 }),
        Response::WriteSingleRegister(address, word) => echo(6, *address, *word),
        Response::WriteMultipleCoils(address, quantity) => echo(15, *address, *quantity),
        Response::WriteMultipleRegisters(address, quantity) => echo(16, *address, *quantity),
        Response::MaskWriteRegister(address, and, or) => Ok(masks(*address, *and, *or)),
        other => Err(PduError::Function(other.function_code().value())),
    }
}

/// The bytes of an exception reply.
pub fn encode_exception(function: u8, code: ExceptionCode) -> Vec<u8> {
    vec![function | super::rtu::EXCEPTION_BIT, code.into()]
}

/// Reads the reply to `request`: what was read or confirmed, or the device's exception.
///
/// Bits come back exactly as many as were asked for.
pub fn decode_reply(request: &[u8], reply: &[u8]) -> Result<Result<Response, ExceptionCode>, PduError> {
    let asked = decode_request(request)?;
    let shape = ReplyShape::of(request).ok_or(PduError::Malformed)?;
    if !shape.accepts(reply) {
        return Err(PduError::Mismatch);
    }
    let (&function, data) = reply.split_first().ok_or(PduError::Malformed)?;
    if function != shape.function() {
        let code = data.first().ok_or(PduError::Malformed)?;
        return Ok(Err(ExceptionCode::new(*code)));
    }
    let listed = data.get(1..).unwrap_or_default();
    Ok(Ok(match asked {
        Request::ReadCoils(_, quantity) => Response::ReadCoils(unpack_bits(listed, quantity)),
        Request::ReadDiscreteInputs(_, quantity) => Response::ReadDiscreteInputs(unpack_bits(listed, quantity)),
        Request::ReadHoldingRegisters(..) => Response::ReadHoldingRegisters(unpack_words(listed)),
        Request::ReadInputRegisters(..) => Response::ReadInputRegisters(unpack_words(listed)),
        // The shape has compared the echo with the request already.
        Request::WriteSingleCoil(address, on) => Response::WriteSingleCoil(address, on),
        Request::WriteSingleRegister(address, word) => Response::WriteSingleRegister(address, word),
        Request::WriteMultipleCoils(address, coils) => {
            Response::WriteMultipleCoils(address, limited(coils.len(), MAX_WRITE_BITS)?)
        }
        Request::WriteMultipleRegisters(address, words) => {
            Response::WriteMultipleRegisters(address, limited(words.len(), MAX_WRITE_REGISTERS)?)
        }
        Request::MaskWriteRegister(address, and, or) => Response::MaskWriteRegister(address, and, or),
        other => return Err(PduError::Function(other.function_code().value())),
    }))
}

/// Bits, eight to a byte, the first in the lowest bit.
pub fn pack_bits(bits: &[bool]) -> Vec<u8> {
    bits.chunks(8).map(|eight| eight.iter().rev().fold(0, |byte, on| byte << 1 | u8::from(*on))).collect()
}

/// The first `count` bits; fewer if the bytes end before.
pub fn unpack_bits(bytes: &[u8], count: u16) -> Vec<bool> {
    bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1)).take(usize::from(count)).collect()
}

/// Registers, high byte first; a last odd byte is left out.
pub fn unpack_words(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
}

fn limited(count: usize, most: u16) -> Result<u16, PduError> {
    u16::try_from(count).ok().filter(|n| 0 < *n && *n <= most).ok_or(PduError::Quantity(count))
}

fn push_counted(bytes: &mut Vec<u8>, data: &[u8]) -> Result<(), PduError> {
    bytes.push(u8::try_from(data.len()).map_err(|_| PduError::Quantity(data.len()))?);
    bytes.extend_from_slice(data);
    Ok(())
}

/// The data after a byte count that says exactly `expect`.
fn counted(rest: &[u8], expect: usize) -> Result<&[u8], PduError> {
    let (&count, data) = rest.split_first().ok_or(PduError::Malformed)?;
    if usize::from(count) == expect && data.len() == expect { Ok(data) } else { Err(PduError::Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(request: Request<'static>, bytes: &[u8]) {
        assert_eq!(encode_request(&request).as_deref(), Ok(bytes));
        assert_eq!(decode_request(bytes), Ok(request));
    }

    #[test]
    fn requests_are_the_specifications_bytes() {
        check(Request::ReadCoils(0x13, 0x25), &[1, 0, 0x13, 0, 0x25]);
        check(Request::ReadDiscreteInputs(0xC4, 0x16), &[2, 0, 0xC4, 0, 0x16]);
        check(Request::ReadHoldingRegisters(0x6B, 3), &[3, 0, 0x6B, 0, 3]);
        check(Request::ReadInputRegisters(8, 1), &[4, 0, 8, 0, 1]);
        check(Request::WriteSingleCoil(0xAC, true), &[5, 0, 0xAC, 0xFF, 0]);
        check(Request::WriteSingleRegister(1, 3), &[6, 0, 1, 0, 3]);
        let coils = [true, false, true, true, false, false, true, true, true, false];
        check(Request::WriteMultipleCoils(0x13, coils.to_vec().into()), &[15, 0, 0x13, 0, 10, 2, 0xCD, 1]);
        check(Request::WriteMultipleRegisters(1, vec![10, 0x102].into()), &[16, 0, 1, 0, 2, 4, 0, 10, 1, 2]);
        check(Request::MaskWriteRegister(4, 0xF2, 0x25), &[22, 0, 4, 0, 0xF2, 0, 0x25]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(encode_request(&Request::ReadCoils(0, 2001)), Err(PduError::Quantity(2001)));
        assert_eq!(encode_request(&Request::ReadInputRegisters(0, 0)), Err(PduError::Quantity(0)));
        let words = vec![0; 124];
        assert_eq!(encode_request(&Request::WriteMultipleRegisters(0, words.into())), Err(PduError::Quantity(124)));
        assert_eq!(encode_request(&Request::ReportServerId), Err(PduError::Function(17)));
        assert_eq!(decode_request(&[15, 0, 0, 0, 9, 1, 0xFF]), Err(PduError::Malformed));
        assert_eq!(decode_request(&[5, 0, 0, 0x12, 0x34]), Err(PduError::Malformed));
    }

    #[test]
    fn replies_are_read_against_their_request() {
        let reply = decode_reply(&[1, 0, 0, 0, 3], &[1, 1, 0b101]);
        assert_eq!(reply, Ok(Ok(Response::ReadCoils(vec![true, false, true]))));
        assert_eq!(decode_reply(&[3, 0, 0, 0, 1], &[3, 2, 1, 2]), Ok(Ok(Response::ReadHoldingRegisters(vec![0x102]))));
        assert_eq!(decode_reply(&[3, 0, 0, 0, 1], &[0x83, 2]), Ok(Err(ExceptionCode::IllegalDataAddress)));
        assert_eq!(decode_reply(&[3, 0, 0, 0, 1], &[3, 4, 1, 2, 3, 4]), Err(PduError::Mismatch));
        assert_eq!(decode_reply(&[6, 0, 0, 0, 1], &[6, 0, 0, 0, 2]), Err(PduError::Mismatch));
        let multiple = [16, 0, 1, 0, 2, 4, 0, 10, 1, 2];
        assert_eq!(decode_reply(&multiple, &[16, 0, 1, 0, 2]), Ok(Ok(Response::WriteMultipleRegisters(1, 2))));
        let masked = [22, 0, 4, 0, 0xF2, 0, 0x25];
        assert_eq!(decode_reply(&masked, &masked), Ok(Ok(Response::MaskWriteRegister(4, 0xF2, 0x25))));
        assert_eq!(decode_reply(&masked, &[22, 0, 4, 0, 0xF2, 0, 0x24]), Err(PduError::Mismatch));
    }

    proptest! {
        #[test]
        fn decoders_never_panic(a in proptest::collection::vec(any::<u8>(), 0..260), b in proptest::collection::vec(any::<u8>(), 0..260)) {
            drop((decode_request(&a), decode_reply(&a, &b)));
            if let Some(shape) = ReplyShape::of(&a) {
                prop_assert!(!(shape.accepts(&b) && b.is_empty()));
                prop_assert!(shape.candidate(1, &b).is_none_or(|length| 4 < length));
            }
        }

        #[test]
        fn a_decoded_request_encodes_to_the_same_bytes(function in 1u8..17, rest in proptest::collection::vec(any::<u8>(), 4..40)) {
            let mut pdu = vec![function];
            pdu.extend(rest);
            if let Ok(request) = decode_request(&pdu)
                && let Ok(bytes) = encode_request(&request)
                // Spare bits of the last byte are not kept.
                && function != 15
            {
                prop_assert_eq!(bytes, pdu);
            }
        }

        #[test]
        fn bits_survive_packing(bits in proptest::collection::vec(any::<bool>(), 1..2000)) {
            let count = u16::try_from(bits.len()).unwrap();
            prop_assert_eq!(unpack_bits(&pack_bits(&bits), count), bits);
        }
    }
}
