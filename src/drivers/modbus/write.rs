//! The messages that write values. Pure.

use super::tag::Tag;
use crate::config::device::{DeviceConfig, WriteFunction};
use crate::modbus::address::Table;
use crate::modbus::pdu::{MAX_WRITE_BITS, PduError, encode_request};
use crate::modbus::words::EncodeError;
use crate::runtime::commands::WriteError;
use crate::tag::def::RefusedValue;
use crate::tag::value::Value;
use tokio_modbus::Request;

/// A bit of a register can only be written together with the other fifteen.
pub(super) fn is_bit(tag: &Tag) -> bool {
    tag.codec.bit().is_some() && tag.config.span.table() == Table::Holding
}

/// The words that say `value`; of a bit of a register, with the other bits 0.
pub(super) fn words_for(tag: &Tag, device: &DeviceConfig, value: &Value) -> Result<Vec<u16>, WriteError> {
    if !tag.config.span.table().is_writable() {
        return Err(WriteError::NotWritable(format!("{}/{}", device.identity.name, tag.config.identity.name)));
    }
    let words = tag.codec.encode(value).map_err(|err| match err {
        EncodeError::Type(err) => RefusedValue::Type(err).into(),
        other => WriteError::Unfit(other.to_string()),
    })?;
    if is_bit(tag) {
        return Ok(vec![tag.codec.set_bit(0, value.as_f64() == Some(1.0))]);
    }
    let (needed, most) = (words.len(), usize::from(device.max_write_registers));
    let at_once = tag.config.span.table() == Table::Holding && device.write_function != WriteFunction::Single;
    if at_once && most < needed {
        let sentence = format!("the value takes {needed} registers, the device takes {most} per write");
        return Err(WriteError::Unfit(sentence));
    }
    Ok(words.to_vec())
}

/// Whether one message may write `next` together with the `count` words that end with `last`.
pub(super) fn joins(last: &Tag, next: &Tag, count: usize, device: &DeviceConfig) -> bool {
    let (a, b) = (last.config.span, next.config.span);
    let most = if a.table().is_bits() { MAX_WRITE_BITS } else { device.max_write_registers };
    a.table() == b.table()
        && a.end() == u32::from(b.address())
        && device.write_function != WriteFunction::Single
        && !is_bit(last)
        && !is_bit(next)
        && count + usize::from(b.count()) <= usize::from(most)
}

/// The requests, in order, that write these words by the device's functions.
pub(super) fn requests(
    table: Table,
    address: u16,
    words: &[u16],
    function: WriteFunction,
) -> Result<Vec<Vec<u8>>, WriteError> {
    let multiple = function == WriteFunction::Multiple;
    let requests: Vec<Request<'_>> = match (table, words) {
        (Table::Coil, [on]) if !multiple => vec![Request::WriteSingleCoil(address, *on != 0)],
        (Table::Coil, several) => {
            vec![Request::WriteMultipleCoils(address, several.iter().map(|on| *on != 0).collect())]
        }
        (_, [word]) if !multiple => vec![Request::WriteSingleRegister(address, *word)],
        (_, several) if function == WriteFunction::Single => {
            let places = (address..=u16::MAX).zip(several);
            places.map(|(address, word)| Request::WriteSingleRegister(address, *word)).collect()
        }
        (_, several) => vec![Request::WriteMultipleRegisters(address, several.to_vec().into())],
    };
    let requests = requests.iter().map(encode_request).collect::<Result<_, PduError>>();
    requests.map_err(|err| WriteError::Unfit(err.to_string()))
}

/// The request that sets the bit of `tag` and leaves the other fifteen alone (function 22, V1.1b3 section 6.16).
pub(super) fn mask_request(tag: &Tag, on: bool) -> Result<Vec<u8>, WriteError> {
    let and = tag.codec.set_bit(u16::MAX, false);
    let or = tag.codec.set_bit(0, on);
    let request = Request::MaskWriteRegister(tag.config.span.address(), and, or);
    encode_request(&request).map_err(|err| WriteError::Unfit(err.to_string()))
}
