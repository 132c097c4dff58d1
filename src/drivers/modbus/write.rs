//! The messages that write one value. Pure.

use super::device::Tag;
use crate::config::device::{DeviceConfig, WriteFunction};
use crate::modbus::address::Table;
use crate::modbus::pdu::{PduError, encode_request};
use crate::modbus::words::EncodeError;
use crate::runtime::commands::WriteError;
use crate::tag::def::RefusedValue;
use crate::tag::reading::Raw;
use crate::tag::value::Value;
use tokio_modbus::Request;

/// What to send, and what the field then holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Writing {
    /// Requests, in order.
    pub(super) requests: Vec<Vec<u8>>,
    /// The words of the tag after that.
    pub(super) words: Raw,
    /// The value they say: rounded as the register rounds.
    pub(super) accepted: Value,
}

/// A bit of a register can only be written together with the other fifteen: they are read first.
pub(super) fn needs_register(tag: &Tag) -> bool {
    tag.codec.bit().is_some() && tag.config.span.table() == Table::Holding
}

/// The requests that write `value`; `register` is the register as read, where it is needed.
pub(super) fn writing(
    tag: &Tag,
    device: &DeviceConfig,
    value: &Value,
    register: Option<u16>,
) -> Result<Writing, WriteError> {
    let mut words = tag.codec.encode(value).map_err(refused)?;
    if let (Some(register), [on]) = (register, &mut words[..]) {
        *on = tag.codec.set_bit(register, value.as_f64() == Some(1.0));
    }
    let address = tag.config.span.address();
    let multiple = device.write_function == WriteFunction::Multiple;
    let requests: Vec<Request<'_>> = match (tag.config.span.table(), &words[..]) {
        (Table::Coil, [on]) if multiple => vec![Request::WriteMultipleCoils(address, vec![*on != 0].into())],
        (Table::Coil, [on]) => vec![Request::WriteSingleCoil(address, *on != 0)],
        (Table::Holding, [word]) if !multiple => vec![Request::WriteSingleRegister(address, *word)],
        (Table::Holding, several) if device.write_function == WriteFunction::Single => {
            let places = (address..=u16::MAX).zip(several);
            places.map(|(address, word)| Request::WriteSingleRegister(address, *word)).collect()
        }
        (Table::Holding, several) => {
            if usize::from(device.max_write_registers) < several.len() {
                let (needed, most) = (several.len(), device.max_write_registers);
                let sentence = format!("the value takes {needed} registers, the device takes {most} per write");
                return Err(WriteError::Unfit(sentence));
            }
            vec![Request::WriteMultipleRegisters(address, several.to_vec().into())]
        }
        (Table::Coil | Table::Discrete | Table::Input, _) => {
            return Err(WriteError::NotWritable(format!("{}/{}", device.identity.name, tag.config.identity.name)));
        }
    };
    let requests = requests.iter().map(encode_request).collect::<Result<_, PduError>>();
    let requests = requests.map_err(|err| WriteError::Unfit(err.to_string()))?;
    // What cannot be read back as a value (a sentinel was written) is answered as it was given.
    let accepted = tag.codec.decode(&words).unwrap_or_else(|| value.clone());
    Ok(Writing { requests, words, accepted })
}

fn refused(err: EncodeError) -> WriteError {
    match err {
        EncodeError::Type(err) => RefusedValue::Type(err).into(),
        other => WriteError::Unfit(other.to_string()),
    }
}
