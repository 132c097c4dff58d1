//! What a device answers to one request. Pure.

use super::bank::Bank;
use crate::modbus::address::{Span, SpanError, Table};
use crate::modbus::pdu::{
    MAX_READ_BITS, MAX_READ_REGISTERS, PduError, decode_request, encode_exception, encode_response,
};
use std::time::Duration;
use tokio_modbus::{ExceptionCode, Request, Response};

/// A function of the maker's own: 65..72 and 100..110 are theirs (Modbus application protocol V1.1b3, 4.1). Its reply, the
/// data backwards, says nowhere how long it is.
const OWN_FUNCTION: u8 = 0x41;

/// The reply PDU: what was asked for, or an exception.
pub fn answer(bank: &mut Bank, pdu: &[u8], time: Duration) -> Vec<u8> {
    if let [OWN_FUNCTION, data @ ..] = pdu
        && !data.is_empty()
    {
        return std::iter::once(OWN_FUNCTION).chain(data.iter().rev().copied()).collect();
    }
    let function = pdu.first().copied().unwrap_or(0);
    let result = decode_request(pdu).map_err(|err| code_of(&err)).and_then(|request| act(bank, request, time));
    match result.and_then(|response| encode_response(&response).map_err(|err| code_of(&err))) {
        Ok(reply) => reply,
        Err(code) => encode_exception(function, code),
    }
}

fn code_of(err: &PduError) -> ExceptionCode {
    match err {
        PduError::Function(_) => ExceptionCode::IllegalFunction,
        PduError::Quantity(_) | PduError::Malformed | PduError::Mismatch => ExceptionCode::IllegalDataValue,
    }
}

fn act(bank: &mut Bank, request: Request<'_>, time: Duration) -> Result<Response, ExceptionCode> {
    let bits = |words: Vec<u16>| words.into_iter().map(|word| word != 0).collect();
    match request {
        Request::ReadCoils(address, count) => {
            read(bank, Table::Coil, address, count, time).map(bits).map(Response::ReadCoils)
        }
        Request::ReadDiscreteInputs(address, count) => {
            read(bank, Table::Discrete, address, count, time).map(bits).map(Response::ReadDiscreteInputs)
        }
        Request::ReadHoldingRegisters(address, count) => {
            read(bank, Table::Holding, address, count, time).map(Response::ReadHoldingRegisters)
        }
        Request::ReadInputRegisters(address, count) => {
            read(bank, Table::Input, address, count, time).map(Response::ReadInputRegisters)
        }
        Request::WriteSingleCoil(address, on) => {
            write(bank, Table::Coil, address, &[u16::from(on)]).map(|_| Response::WriteSingleCoil(address, on))
        }
        Request::WriteSingleRegister(address, word) => {
            write(bank, Table::Holding, address, &[word]).map(|_| Response::WriteSingleRegister(address, word))
        }
        Request::WriteMultipleCoils(address, coils) => {
            let words: Vec<u16> = coils.iter().map(|on| u16::from(*on)).collect();
            write(bank, Table::Coil, address, &words).map(|count| Response::WriteMultipleCoils(address, count))
        }
        Request::WriteMultipleRegisters(address, words) => {
            write(bank, Table::Holding, address, &words).map(|count| Response::WriteMultipleRegisters(address, count))
        }
        Request::MaskWriteRegister(address, and, or) => {
            let old = read(bank, Table::Holding, address, 1, time)?.first().copied().unwrap_or_default();
            write(bank, Table::Holding, address, &[(old & and) | (or & !and)])?;
            Ok(Response::MaskWriteRegister(address, and, or))
        }
        _ => Err(ExceptionCode::IllegalFunction),
    }
}

fn read(bank: &mut Bank, table: Table, address: u16, count: u16, time: Duration) -> Result<Vec<u16>, ExceptionCode> {
    let most = if table.is_bits() { MAX_READ_BITS } else { MAX_READ_REGISTERS };
    if bank.most(table).unwrap_or(most).min(most) < count {
        return Err(ExceptionCode::IllegalDataValue);
    }
    let span = Span::new(table, address, count).map_err(|err| match err {
        SpanError::Empty => ExceptionCode::IllegalDataValue,
        SpanError::Beyond { .. } => ExceptionCode::IllegalDataAddress,
    })?;
    bank.read(span, time).ok_or(ExceptionCode::IllegalDataAddress)
}

/// The number of words written.
fn write(bank: &mut Bank, table: Table, address: u16, words: &[u16]) -> Result<u16, ExceptionCode> {
    let count = u16::try_from(words.len()).map_err(|_| ExceptionCode::IllegalDataValue)?;
    if bank.set(table, address, words) { Ok(count) } else { Err(ExceptionCode::IllegalDataAddress) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(bank: &mut Bank, request: &[u8], expect: &[u8]) {
        assert_eq!(answer(bank, request, Duration::ZERO), expect, "{request:02X?}");
    }

    #[test]
    fn a_slave_reads_writes_and_refuses() {
        let mut bank = Bank::new(10);
        check(&mut bank, &[6, 0, 3, 0x12, 0x34], &[6, 0, 3, 0x12, 0x34]);
        check(&mut bank, &[3, 0, 2, 0, 2], &[3, 4, 0, 0, 0x12, 0x34]);
        check(&mut bank, &[15, 0, 0, 0, 3, 1, 0b101], &[15, 0, 0, 0, 3]);
        check(&mut bank, &[1, 0, 0, 0, 4], &[1, 1, 0b101]);
        check(&mut bank, &[22, 0, 3, 0xFF, 0xF0, 0, 0x0F], &[22, 0, 3, 0xFF, 0xF0, 0, 0x0F]);
        check(&mut bank, &[3, 0, 3, 0, 1], &[3, 2, 0x12, 0x3F]);
        check(&mut bank, &[22, 0, 10, 0, 0, 0, 0], &[0x96, 2]);
        check(&mut bank, &[3, 0, 9, 0, 2], &[0x83, 2]);
        check(&mut bank, &[3, 0, 0, 0, 126], &[0x83, 3]);
        check(&mut bank, &[3, 0, 0, 0, 0], &[0x83, 3]);
        check(&mut bank, &[43, 14, 1, 0], &[0xAB, 1]);
        check(&mut bank, &[0x41, 1, 2, 3], &[0x41, 3, 2, 1]);
        check(&mut bank, &[0x41], &[0xC1, 1]);
    }

    proptest! {
        #[test]
        fn any_request_gets_a_reply(pdu in proptest::collection::vec(any::<u8>(), 0..260)) {
            prop_assert!(2 <= answer(&mut Bank::new(100), &pdu, Duration::ZERO).len());
        }
    }
}
