//! The server's side of the protocol: what a request asks for, and the bytes of its answer. Functions 1 to 6, 15, 16, 22,
//! 23 and 43/14, with the exceptions of the Modbus application protocol V1.1b3, section 6, in its order of checks.

use super::address::{Span, Table};
use super::pdu::{
    MAX_READ_BITS, MAX_READ_REGISTERS, MAX_WRITE_BITS, MAX_WRITE_REGISTERS, encode_exception, pack_bits, unpack_bits,
    unpack_words,
};
use super::rtu::MAX_PDU;
use tokio_modbus::ExceptionCode;

/// Most registers written by one request that also reads (6.17).
const MAX_BOTH_WRITE: u16 = 121;
/// Function 43 with this type identifies the device (6.21).
const IDENTIFICATION: u8 = 14;
/// Regular identification, as a stream and object by object (6.21, conformity level).
const CONFORMITY: u8 = 0x82;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Functions 1 to 4.
    Read(Span),
    /// Functions 5, 6, 15, 16, 22.
    Write(Written),
    /// Function 23: the write is done first.
    Both(Span, Written),
    /// Function 43/14.
    Identify {
        /// 1 basic, 2 regular, 3 extended, 4 one object.
        code: u8,
        /// Where to begin, or which one.
        object: u8,
    },
}

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Where: coils or holding registers.
    pub span: Span,
    /// What.
    pub what: What,
}

/// The new content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// One word for each register, or 0 and 1 for each coil.
    Words(Vec<u16>),
    /// The register becomes (register and `and`) or (`or` and not `and`).
    Mask {
        /// These bits stay.
        and: u16,
        /// Of the others, these are set.
        or: u16,
    },
}

impl What {
    /// The words, given what the register holds now; `held` is asked for a mask only.
    pub fn words(&self, held: impl FnOnce() -> u16) -> Vec<u16> {
        match self {
            Self::Words(words) => words.clone(),
            Self::Mask { and, or } => vec![(held() & and) | (or & !and)],
        }
    }
}

/// Reads a request.
///
/// # Errors
///
/// 01 for a function that is not served, 03 for a count, byte count, length or value that cannot be, 02 for a range that
/// ends beyond the table.
pub fn understand(pdu: &[u8]) -> Result<Asked, ExceptionCode> {
    const VALUE: ExceptionCode = ExceptionCode::IllegalDataValue;
    let (&function, data) = pdu.split_first().ok_or(ExceptionCode::IllegalFunction)?;
    if !matches!(function, 1..=6 | 15 | 16 | 22 | 23 | 43) {
        return Err(ExceptionCode::IllegalFunction);
    }
    if function == 43 {
        return match data {
            [IDENTIFICATION, code @ 1..=4, object] => Ok(Asked::Identify { code: *code, object: *object }),
            [IDENTIFICATION, ..] | [] => Err(VALUE),
            _ => Err(ExceptionCode::IllegalFunction),
        };
    }
    let [a0, a1, b0, b1, rest @ ..] = data else { return Err(VALUE) };
    let (address, second) = (u16::from_be_bytes([*a0, *a1]), u16::from_be_bytes([*b0, *b1]));
    let read = |table, most| {
        if !rest.is_empty() || !(1..=most).contains(&second) {
            return Err(VALUE);
        }
        Ok(Asked::Read(span(table, address, second)?))
    };
    let one = |table, word| {
        if !rest.is_empty() {
            return Err(VALUE);
        }
        Ok(Asked::Write(Written { span: span(table, address, 1)?, what: What::Words(vec![word]) }))
    };
    match function {
        1 => read(Table::Coil, MAX_READ_BITS),
        2 => read(Table::Discrete, MAX_READ_BITS),
        3 => read(Table::Holding, MAX_READ_REGISTERS),
        4 => read(Table::Input, MAX_READ_REGISTERS),
        5 => one(
            Table::Coil,
            match second {
                0xFF00 => 1,
                0 => 0,
                _ => return Err(VALUE),
            },
        ),
        6 => one(Table::Holding, second),
        15 => {
            let bytes = counted(rest, second, MAX_WRITE_BITS, usize::from(second.div_ceil(8)))?;
            let words = unpack_bits(bytes, second).into_iter().map(u16::from).collect();
            Ok(Asked::Write(Written { span: span(Table::Coil, address, second)?, what: What::Words(words) }))
        }
        16 => {
            let bytes = counted(rest, second, MAX_WRITE_REGISTERS, 2 * usize::from(second))?;
            let what = What::Words(unpack_words(bytes));
            Ok(Asked::Write(Written { span: span(Table::Holding, address, second)?, what }))
        }
        22 => {
            let [c0, c1] = rest else { return Err(VALUE) };
            let what = What::Mask { and: second, or: u16::from_be_bytes([*c0, *c1]) };
            Ok(Asked::Write(Written { span: span(Table::Holding, address, 1)?, what }))
        }
        _ => {
            let [c0, c1, d0, d1, rest @ ..] = rest else { return Err(VALUE) };
            let (to, count) = (u16::from_be_bytes([*c0, *c1]), u16::from_be_bytes([*d0, *d1]));
            let bytes = counted(rest, count, MAX_BOTH_WRITE, 2 * usize::from(count))?;
            if !(1..=MAX_READ_REGISTERS).contains(&second) {
                return Err(VALUE);
            }
            let written = Written { span: span(Table::Holding, to, count)?, what: What::Words(unpack_words(bytes)) };
            Ok(Asked::Both(span(Table::Holding, address, second)?, written))
        }
    }
}

fn span(table: Table, address: u16, count: u16) -> Result<Span, ExceptionCode> {
    Span::new(table, address, count).map_err(|_| ExceptionCode::IllegalDataAddress)
}

/// The data after a byte count that says exactly `bytes`, of a count within the limit.
fn counted(rest: &[u8], count: u16, most: u16, bytes: usize) -> Result<&[u8], ExceptionCode> {
    let refused = ExceptionCode::IllegalDataValue;
    let (&said, data) = rest.split_first().ok_or(refused)?;
    if (1..=most).contains(&count) && usize::from(said) == bytes && data.len() == bytes {
        Ok(data)
    } else {
        Err(refused)
    }
}

/// Appends the answer to a read: bits packed, or registers.
pub fn put_read(out: &mut Vec<u8>, function: u8, table: Table, words: &[u16]) {
    out.push(function);
    // At most 2000 bits or 125 registers: 250 bytes.
    if table.is_bits() {
        let bits: Vec<bool> = words.iter().map(|word| *word != 0).collect();
        let bytes = pack_bits(&bits);
        out.push(u8::try_from(bytes.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(&bytes);
    } else {
        out.push(u8::try_from(2 * words.len()).unwrap_or(u8::MAX));
        out.extend(words.iter().flat_map(|word| word.to_be_bytes()));
    }
}

/// Appends the answer to a write: the request's address with its value, count or masks.
pub fn put_written(out: &mut Vec<u8>, request: &[u8]) {
    let echoed = if request.first() == Some(&22) { 7 } else { 5 };
    out.extend_from_slice(request.get(..echoed).unwrap_or(request));
}

/// Appends an exception.
pub fn put_exception(out: &mut Vec<u8>, request: &[u8], code: ExceptionCode) {
    out.extend_from_slice(&encode_exception(request.first().copied().unwrap_or_default(), code));
}

/// What the device says of itself (6.21): object ids, rising, with their texts. 0 vendor, 1 product code and 2 version
/// must be there; up to 6 is regular.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity(Vec<(u8, String)>);

impl Identity {
    /// With these objects; of a text only what fits a message of its own is kept.
    pub fn new(objects: impl IntoIterator<Item = (u8, String)>) -> Self {
        let cut = |(id, text): (u8, String)| {
            let end = (0..=OBJECT_BYTES.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
            (id, text[..end.unwrap_or(0)].to_owned())
        };
        Self(objects.into_iter().map(cut).collect())
    }

    /// Appends the answer to function 43/14.
    ///
    /// # Errors
    ///
    /// 02 when the one object that was asked for is not there.
    pub fn put(&self, out: &mut Vec<u8>, code: u8, object: u8) -> Result<(), ExceptionCode> {
        let last = match code {
            1 => 2,
            4 => object,
            // Of the extended objects there are none: what is asked beyond the level is answered at the level.
            _ => 0x7F,
        };
        let known = self.0.iter().any(|(id, _)| *id == object && object <= last);
        if code == 4 && !known {
            return Err(ExceptionCode::IllegalDataAddress);
        }
        let first = if known { object } else { 0 };
        out.extend_from_slice(&[43, IDENTIFICATION, code, CONFORMITY, 0, 0, 0]);
        let begin = out.len();
        let (mut number, mut next) = (0, 0);
        for (id, text) in self.0.iter().filter(|(id, _)| (first..=last).contains(id)) {
            if MAX_PDU < IDENTITY_HEAD + (out.len() - begin) + 2 + text.len() {
                next = *id;
                break;
            }
            number += 1;
            out.extend_from_slice(&[*id, u8::try_from(text.len()).unwrap_or(u8::MAX)]);
            out.extend_from_slice(text.as_bytes());
        }
        let more = if next == 0 { 0 } else { 0xFF };
        out[begin - 3..begin].copy_from_slice(&[more, next, number]);
        Ok(())
    }
}

/// Bytes before the objects.
const IDENTITY_HEAD: usize = 7;
/// Bytes of the longest object that fits a message of its own.
const OBJECT_BYTES: usize = MAX_PDU - IDENTITY_HEAD - 2;

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
