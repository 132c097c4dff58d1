//! One tag of a device as its line reads it.

use crate::config::device::{ModbusTagConfig, Poll};
use crate::config::tags::source;
use crate::modbus::order::Order;
use crate::modbus::words::Codec;
use crate::platform::clock;
use crate::runtime::image::{Slot, Writer};
use crate::tag::quality::Reason;
use crate::tag::reading::{Raw, Reading, Stamp};
use crate::tag::value::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio_modbus::Response;

#[derive(Debug, Clone)]
pub(super) struct Tag {
    pub(super) config: Arc<ModbusTagConfig>,
    pub(super) codec: Codec,
    pub(super) slot: Option<Slot>,
    /// What of the field it shows, see [`source`].
    pub(super) source: u64,
}

impl Tag {
    pub(super) fn new(config: &Arc<ModbusTagConfig>, unit: u8) -> Self {
        Self { codec: codec(config), slot: None, source: source(unit, config), config: Arc::clone(config) }
    }

    /// Tags come, go and come back in the image while a line is at work: a place is good for one declaration.
    pub(super) fn find_place(&mut self, writer: &Writer) {
        self.slot = writer.slot_of(&self.config.identity.name, self.source);
    }

    /// What these words say.
    pub(super) fn reading(&self, raw: &[u16], at: Stamp) -> Reading {
        let words = Raw::from_slice(raw);
        match self.codec.decode(raw) {
            Some(value) if clock::is_sensible(at) => Reading::Good { value, raw: words, at },
            Some(value) => Reading::Uncertain { value, raw: words, at, reason: Reason::Clock },
            None => Reading::Invalid { raw: words, at },
        }
    }

    /// Its period; `None` = flat out.
    pub(super) fn period(&self) -> Option<Duration> {
        match self.config.poll {
            Poll::FlatOut => None,
            Poll::Every(period) => Some(period),
        }
    }
}

/// Registers as they are, bits as words 0 and 1.
pub(super) fn words_of(response: Response) -> Vec<u16> {
    match response {
        Response::ReadCoils(bits) | Response::ReadDiscreteInputs(bits) => bits.into_iter().map(u16::from).collect(),
        Response::ReadHoldingRegisters(words) | Response::ReadInputRegisters(words) => words,
        _ => Vec::new(),
    }
}

/// As the planner counts; 0 = flat out.
pub(super) fn period_ms(period: Option<Duration>) -> u32 {
    period.map_or(0, |period| u32::try_from(period.as_millis()).unwrap_or(u32::MAX).max(1))
}

fn codec(tag: &ModbusTagConfig) -> Codec {
    let invalid: Vec<Value> = tag.invalid.iter().map(|number| Value::F64(*number)).collect();
    // A coil is one bit: it has no bytes to swap.
    let order = if tag.span.table().is_bits() { Order::BIG_ENDIAN } else { tag.order };
    let mut codec = Codec::new(tag.kind, order, tag.span.count())
        .with_invalid(&invalid)
        .with_write_limits(tag.write_min, tag.write_max);
    if let Some(bit) = tag.bit {
        codec = codec.with_bit(bit);
    }
    if let Some(scale) = tag.scale {
        codec = codec.with_scale(scale);
    }
    codec
}
