//! What a simulated device holds: four tables, and signals that move in them.

use crate::config::device::{DeviceConfig, ModbusTagConfig};
use crate::modbus::address::{Span, Table};
use crate::modbus::order::Order;
use crate::modbus::rtu::EXCEPTION_BIT;
use crate::modbus::words::Codec;
use crate::tag::value::{Value, ValueType};
use std::time::Duration;

/// The tables of one device. Bits are kept as words 0 and 1.
#[derive(Debug, Clone, Default)]
pub struct Bank {
    tables: [Vec<u16>; 4],
    signals: Vec<Signal>,
    /// What it refuses to give.
    illegal: Vec<Span>,
    /// Items of one read, of registers and of bits.
    most: [Option<u16>; 2],
    /// It does not answer longer reads at all.
    mute: bool,
}

/// A value that moves by itself.
#[derive(Debug, Clone)]
pub struct Signal {
    /// Where it shows.
    pub span: Span,
    /// How it lies there.
    pub codec: Codec,
    /// How it moves, before scaling.
    pub wave: Wave,
}

/// How a signal moves.
#[derive(Debug, Clone, PartialEq)]
pub enum Wave {
    /// Around `mean` by `swing`.
    Sine {
        /// The middle.
        mean: f64,
        /// From the middle to the top.
        swing: f64,
        /// One whole turn.
        period: Duration,
    },
    /// From 0, always rising.
    Counter {
        /// Steps per second.
        per_second: f64,
    },
    /// On and off, half the time each.
    Blink {
        /// One whole turn.
        period: Duration,
    },
    /// Does not move.
    Still(Value),
}

impl Wave {
    fn at(&self, time: Duration) -> Value {
        let turns = |period: &Duration| time.as_secs_f64() / period.as_secs_f64().max(1e-3);
        match self {
            Self::Sine { mean, swing, period } => {
                Value::F64(mean + swing * (turns(period) * std::f64::consts::TAU).sin())
            }
            Self::Counter { per_second } => Value::F64((time.as_secs_f64() * per_second).floor()),
            Self::Blink { period } => Value::Bool(turns(period).fract() < 0.5),
            Self::Still(value) => value.clone(),
        }
    }
}

impl Bank {
    /// Four tables of `size` zeros each.
    pub fn new(size: usize) -> Self {
        Self { tables: std::array::from_fn(|_| vec![0; size]), ..Self::default() }
    }

    /// A device that holds exactly what these tags ask for, each moving by its type; writable ones stay as written.
    pub fn mirroring(device: &DeviceConfig) -> Self {
        let mut bank = Self::default();
        for (index, tag) in device.tags.iter().enumerate() {
            bank.reserve(tag.span);
            let mut codec = Codec::new(tag.kind, tag.order, tag.span.count());
            if let Some(bit) = tag.bit {
                codec = codec.with_bit(bit);
            }
            let wave = wave_of(tag, index);
            if tag.writable {
                if let Ok(words) = codec.encode(&wave.at(Duration::ZERO)) {
                    bank.set(tag.span.table(), tag.span.address(), &words);
                }
            } else {
                bank.signals.push(Signal { span: tag.span, codec, wave });
            }
        }
        bank
    }

    /// With addresses it does not have: whatever covers one of them is refused.
    #[must_use]
    pub fn with_illegal(mut self, span: Span) -> Self {
        self.illegal.push(span);
        self
    }

    /// A device that answers at most so many registers, and so many bits, in one read.
    #[must_use]
    pub fn with_limits(mut self, registers: Option<u16>, bits: Option<u16>) -> Self {
        self.most = [registers, bits];
        self
    }

    /// It is silent on what is longer, rather than refusing it.
    #[must_use]
    pub fn mute(self) -> Self {
        Self { mute: true, ..self }
    }

    /// Whether it stays silent rather than giving this reply.
    pub(super) fn swallows(&self, reply: &[u8]) -> bool {
        self.mute && matches!(reply, [function, 3] if function & EXCEPTION_BIT != 0)
    }

    /// The most items of this table it answers in one read.
    pub fn most(&self, table: Table) -> Option<u16> {
        self.most[usize::from(table.is_bits())]
    }

    fn refuses(&self, span: Span) -> bool {
        let meets = |illegal: &Span| {
            illegal.table() == span.table()
                && u32::from(illegal.address()) < span.end()
                && u32::from(span.address()) < illegal.end()
        };
        self.illegal.iter().any(meets)
    }

    /// Adds a moving value.
    #[cfg(test)]
    #[must_use]
    fn with_signal(mut self, signal: Signal) -> Self {
        self.reserve(signal.span);
        self.signals.push(signal);
        self
    }

    /// Makes the tables large enough for this span.
    fn reserve(&mut self, span: Span) {
        let table = &mut self.tables[span.table() as usize];
        let end = usize::try_from(span.end()).unwrap_or(0);
        if table.len() < end {
            table.resize(end, 0);
        }
    }

    /// The words of a span as they are `time` after the start; `None` beyond the tables, and where it is refused.
    pub fn read(&mut self, span: Span, time: Duration) -> Option<Vec<u16>> {
        if self.refuses(span) {
            return None;
        }
        for signal in &self.signals {
            if signal.span.table() != span.table()
                || span.end() <= u32::from(signal.span.address())
                || signal.span.end() <= u32::from(span.address())
            {
                continue;
            }
            let from = usize::from(signal.span.address());
            let Some(place) = self.tables[span.table() as usize].get_mut(from..from + usize::from(signal.span.count()))
            else {
                continue;
            };
            let value = signal.wave.at(time);
            match (signal.codec.bit(), place) {
                (Some(_), [register]) => *register = signal.codec.set_bit(*register, value.as_f64() != Some(0.0)),
                (_, place) => {
                    if let Ok(words) = signal.codec.encode(&value) {
                        place.copy_from_slice(&words);
                    }
                }
            }
        }
        let from = usize::from(span.address());
        self.tables[span.table() as usize].get(from..from + usize::from(span.count())).map(<[u16]>::to_vec)
    }

    /// Overwrites words; false beyond the tables.
    pub fn set(&mut self, table: Table, address: u16, words: &[u16]) -> bool {
        let from = usize::from(address);
        match self.tables[table as usize].get_mut(from..from + words.len()) {
            Some(place) => {
                place.copy_from_slice(words);
                true
            }
            None => false,
        }
    }
}

/// Something to look at for each type; neighbours differ, and what has a unit looks like what it measures.
fn wave_of(tag: &ModbusTagConfig, index: usize) -> Wave {
    let step = f64::from(u8::try_from(index % 10).unwrap_or(0));
    let period = Duration::from_secs(20) + Duration::from_secs(7).mul_f64(step);
    let measured = match tag.unit.as_str() {
        "V" => Some((230.0, 3.0)),
        "A" => Some((12.0, 2.5)),
        "Hz" => Some((50.0, 0.04)),
        "degC" => Some((180.0, 1.5)),
        _ => None,
    };
    if let Some((mean, swing)) = measured.filter(|_| tag.kind.is_numeric() && tag.bit.is_none()) {
        // The field holds what the tag's scale makes the measured value of.
        let raw = |value| tag.scale.as_ref().map_or(value, |scale| scale.invert(value));
        return Wave::Sine { mean: raw(mean), swing: raw(mean + swing) - raw(mean), period };
    }
    match tag.kind {
        ValueType::Bool => Wave::Blink { period },
        ValueType::F32 | ValueType::F64 => Wave::Sine { mean: 230.0 - 10.0 * step, swing: 5.0, period },
        ValueType::U16 | ValueType::I16 | ValueType::Bcd16 => {
            Wave::Sine { mean: 230.0 + 10.0 * step, swing: 50.0, period }
        }
        ValueType::U32 | ValueType::I32 | ValueType::U64 | ValueType::I64 | ValueType::Bcd32 => {
            Wave::Counter { per_second: 1.0 + step }
        }
        ValueType::String => {
            let text: String = format!("SN-{}", tag.identity.name).chars().take(8).collect();
            Wave::Still(Value::Text(text.into()))
        }
    }
}

impl Signal {
    /// A plain value of this type at an address, big-endian.
    pub fn plain(table: Table, address: u16, kind: ValueType, wave: Wave) -> Option<Self> {
        let codec = Codec::new(kind, Order::BIG_ENDIAN, 8);
        let span = Span::new(table, address, codec.registers()).ok()?;
        Some(Self { span, codec, wave })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_move_and_written_words_stay() {
        let wave = Wave::Counter { per_second: 10.0 };
        let signal = Signal::plain(Table::Input, 8, ValueType::U32, wave).unwrap();
        let mut bank = Bank::new(20).with_signal(signal);
        let span = Span::new(Table::Input, 8, 2).unwrap();
        assert_eq!(bank.read(span, Duration::ZERO), Some(vec![0, 0]));
        assert_eq!(bank.read(span, Duration::from_secs(7000)), Some(vec![1, 4464]));
        assert!(bank.set(Table::Holding, 19, &[7]));
        assert_eq!(bank.read(Span::new(Table::Holding, 18, 2).unwrap(), Duration::ZERO), Some(vec![0, 7]));
        assert!(!bank.set(Table::Holding, 19, &[7, 8]));
        assert_eq!(bank.read(Span::new(Table::Holding, 19, 2).unwrap(), Duration::ZERO), None);
    }
}
