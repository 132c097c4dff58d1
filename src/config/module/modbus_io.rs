//! `driver` of kind `modbus-io`: a remote I/O module reached over any port. Its registers are read and written as those of
//! a device would be; what they say goes through channels like those of a local module.

use super::ModuleConfig;
use crate::channel::model::Model;
use crate::config::device::{DeviceConfig, ModbusTagConfig, Poll, WriteFunction, read_numbers, read_order, read_scale};
use crate::config::fields::{Fields, Identity};
use crate::config::port::{Timeout, read_timeout};
use crate::config::problem::{Pointer, Problems};
use crate::modbus::address::{Span, Table};
use crate::modbus::order::Order;
use crate::tag::channel::ChannelKind;
use crate::tag::scale::Scale;
use crate::tag::value::ValueType;
use serde_json::Value as Json;
use std::sync::Arc;
use std::time::Duration;

/// How often it is read unless set: a line is shared, and 10 ms would fill it.
pub(super) const DEFAULT_SCAN: Duration = Duration::from_millis(200);
/// Shortest period of a read.
const LEAST_SCAN: Duration = Duration::from_millis(10);

/// A remote module: where it is, and where its registers lie.
#[derive(Debug, Clone, PartialEq)]
pub struct ModbusIoConfig {
    /// Name of its port.
    pub port: String,
    /// Address on the line.
    pub unit_id: u8,
    /// Where the registers came from: the id of a device profile. Only remembered.
    pub profile: Option<String>,
    /// Its own time-out, if it differs from the port's.
    pub timeout: Option<Timeout>,
    /// Silence the module needs between two requests, beyond the line's.
    pub min_gap: Duration,
    /// Which function codes write.
    pub write_function: WriteFunction,
    /// What its channels take and give.
    pub registers: Registers,
}

/// Where the channels of a module lie. Of channels of one kind the first lies at `address`, the next `step` behind it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Registers {
    /// Levels of DI, values of AI, RTD and TC.
    pub input: Option<Place>,
    /// Counters that the module keeps of its DI.
    pub count: Option<Place>,
    /// DO, relays and AO; read back from there, too.
    pub output: Option<Place>,
}

/// Where one aspect of the channels lies.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    table: Table,
    address: u16,
    /// Items, or bits where `packed`, from one channel to the next.
    step: u16,
    kind: ValueType,
    order: Order,
    /// Sixteen channels to a register, the first in the lowest bit.
    packed: bool,
    scale: Option<Scale>,
    invalid: Vec<f64>,
    /// What the numbers of analog inputs are.
    pub measures: Measures,
}

/// What the numbers of analog inputs are, after `scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measures {
    /// V or mA, as the channel's mode has it.
    Field,
    /// Degrees Celsius.
    Celsius,
    /// Ohm.
    Ohm,
    /// Compensated millivolts.
    Millivolt,
}

/// What of a channel a register is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Its level or value.
    Input,
    /// Its counter.
    Count,
    /// What it is set to.
    Output,
}

impl Role {
    const ALL: [Self; 3] = [Self::Input, Self::Count, Self::Output];

    fn word(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Count => "count",
            Self::Output => "output",
        }
    }
}

impl ModbusIoConfig {
    pub(super) fn read(
        fields: &mut Fields<'_>,
        at: Pointer<'_>,
        model: Option<Model>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let port = fields.required_text("port", 100, problems).map(str::to_owned);
        let unit_id = fields.required_integer("unit_id", 0..=255, problems);
        let profile = fields.text("profile", 200, problems).map(str::to_owned);
        let timeout = read_timeout(fields, problems);
        let min_gap = Duration::from_millis(fields.integer("min_gap_ms", 0..=10_000, 0, problems));
        let functions =
            [("auto", WriteFunction::Auto), ("single", WriteFunction::Single), ("multiple", WriteFunction::Multiple)];
        let write_function = fields.word("write_function", &functions, problems).unwrap_or_default();
        let registers = if let Some(json) = fields.get("registers") {
            Registers::read(json, at.member("registers"), model, problems)
        } else {
            fields.error(
                "registers",
                "`registers` is missing: pick the module's profile, or say where they lie",
                problems,
            );
            None
        };
        Some(Self { port: port?, unit_id: unit_id?, profile, timeout, min_gap, write_function, registers: registers? })
    }

    /// The device its line polls: one tag for each register of each channel, named by [`tag_name`].
    pub fn device(&self, module: &ModuleConfig) -> DeviceConfig {
        let poll = Poll::Every(module.scan.max(LEAST_SCAN));
        let mut tags = Vec::new();
        for channel in module.channels.iter().filter(|channel| channel.identity.enabled) {
            let kind = channel.settings.kind;
            for role in Role::ALL {
                let Some(place) = self.place(kind, role) else { continue };
                let Some((span, bit)) = place.at(index_of(module.model, channel.number)) else { continue };
                tags.push(Arc::new(ModbusTagConfig {
                    identity: Identity {
                        id: format!("{}-{}", channel.identity.id, role.word()),
                        name: tag_name(channel.number, role),
                        description: String::new(),
                        enabled: true,
                    },
                    span,
                    kind: place.kind,
                    order: place.order,
                    bit,
                    scale: place.scale,
                    unit: String::new(),
                    deadband: None,
                    invalid: place.invalid.clone(),
                    poll,
                    writable: role == Role::Output,
                    write_min: None,
                    write_max: None,
                }));
            }
        }
        DeviceConfig {
            identity: module.identity.clone(),
            port: self.port.clone(),
            unit_id: self.unit_id,
            poll,
            max_read_registers: 125,
            max_read_bits: 2000,
            max_write_registers: 123,
            write_function: self.write_function,
            verify_writes: false,
            timeout: self.timeout,
            min_gap: self.min_gap,
            profile: self.profile.clone(),
            tags,
        }
    }

    /// Where this aspect of channels of this kind lies.
    pub fn place(&self, kind: ChannelKind, role: Role) -> Option<&Place> {
        match role {
            Role::Input if !kind.is_output() => self.registers.input.as_ref(),
            Role::Count if kind == ChannelKind::Di => self.registers.count.as_ref(),
            Role::Output if kind.is_output() => self.registers.output.as_ref(),
            Role::Input | Role::Count | Role::Output => None,
        }
    }
}

/// The name of a register's tag, on the line only: `3-input`.
pub fn tag_name(channel: u8, role: Role) -> String {
    format!("{channel}-{}", role.word())
}

/// Channel and role of a tag's name.
pub fn parse_tag_name(name: &str) -> Option<(u8, Role)> {
    let (channel, word) = name.split_once('-')?;
    let role = Role::ALL.into_iter().find(|role| role.word() == word)?;
    Some((channel.parse().ok()?, role))
}

/// The place of a channel among those of its own kind.
fn index_of(model: Model, channel: u8) -> u16 {
    let kind = model.kind(channel);
    let before = (0..channel).filter(|number| model.kind(*number) == kind).count();
    u16::try_from(before).unwrap_or(u16::MAX)
}

impl Registers {
    pub(in crate::config) fn read(
        json: &Json,
        at: Pointer<'_>,
        model: Option<Model>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let mut registers = Self::default();
        for (role, place) in [
            (Role::Input, &mut registers.input),
            (Role::Count, &mut registers.count),
            (Role::Output, &mut registers.output),
        ] {
            let kinds: Vec<ChannelKind> =
                model.into_iter().flat_map(|model| (0..model.channels()).filter_map(move |n| model.kind(n))).collect();
            let kind = kinds.iter().copied().find(|kind| match role {
                Role::Input => !kind.is_output(),
                Role::Count => *kind == ChannelKind::Di,
                Role::Output => kind.is_output(),
            });
            match (fields.get(role.word()), kind) {
                (Some(json), Some(kind)) => {
                    let channels = kinds.iter().filter(|other| **other == kind).count();
                    *place = Place::read(json, at.member(role.word()), role, kind, channels, problems);
                }
                (Some(_), None) if model.is_some() => {
                    fields.error(role.word(), "the model has no channel that this is of", problems);
                }
                (None, Some(_)) if role != Role::Count => {
                    fields.error(role.word(), format!("`{}` is missing: where it lies", role.word()), problems);
                }
                _ => (),
            }
        }
        fields.finish(problems).then_some(registers)
    }
}

impl Place {
    fn read(
        json: &Json,
        at: Pointer<'_>,
        role: Role,
        kind: ChannelKind,
        channels: usize,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let table = fields.required_word("table", &Table::ALL.map(|table| (table.as_str(), table)), problems);
        if role == Role::Output && table.is_some_and(|table| !table.is_writable()) {
            fields.error("table", "outputs lie in coils or holding registers", problems);
        }
        let address = fields.required_integer("address", 0..=65_535u16, problems);
        let on_or_off = kind.is_digital() && role != Role::Count;
        let numbers = ValueType::ALL.into_iter().filter(|kind| kind.is_numeric());
        let words: Vec<(&str, ValueType)> = numbers.map(|kind| (kind.as_str(), kind)).collect();
        let value =
            if on_or_off { ValueType::Bool } else { fields.word("type", &words, problems).unwrap_or(ValueType::U16) };
        if role == Role::Count && !matches!(value, ValueType::U16 | ValueType::U32) {
            fields.error("type", "a counter is `u16` or `u32`", problems);
        }
        let order = if on_or_off {
            Some(Order::BIG_ENDIAN)
        } else {
            read_order(&mut fields, Some(value), Order::BIG_ENDIAN, problems)
        };
        let packed = on_or_off && fields.flag("packed", false, problems);
        if packed && table.is_some_and(Table::is_bits) {
            fields.error("packed", "only registers hold several channels", problems);
        }
        if !on_or_off && table.is_some_and(Table::is_bits) {
            fields.error("table", "numbers lie in registers", problems);
        }
        let step = fields.optional_integer("step", 1..=1000u16, problems);
        let scale = if on_or_off || role == Role::Count { None } else { read_scale(&mut fields, problems) };
        let invalid = if on_or_off { Vec::new() } else { read_numbers(&mut fields, "invalid", problems) };
        let usual =
            if matches!(kind, ChannelKind::Rtd | ChannelKind::Tc) { Measures::Celsius } else { Measures::Field };
        let measures = if role == Role::Input && !on_or_off {
            let words = [
                ("field", Measures::Field),
                ("celsius", Measures::Celsius),
                ("ohm", Measures::Ohm),
                ("millivolt", Measures::Millivolt),
            ];
            fields.word("measures", &words, problems)
        } else {
            None
        };
        if !fields.finish(problems) {
            return None;
        }
        let place = Self {
            table: table?,
            address: address?,
            step: step.unwrap_or(if packed { 1 } else { width(value) }),
            kind: value,
            order: order?,
            packed,
            scale,
            invalid,
            measures: measures.unwrap_or(usual),
        };
        let last = u16::try_from(channels.saturating_sub(1)).unwrap_or(u16::MAX);
        if place.at(last).is_none() {
            problems.error(&at.member("address"), "the last channel would lie beyond address 65535");
            return None;
        }
        Some(place)
    }

    /// Where the channel with this index lies, and in which bit.
    fn at(&self, index: u16) -> Option<(Span, Option<u8>)> {
        let offset = index.checked_mul(self.step)?;
        if self.packed {
            let span = Span::new(self.table, self.address.checked_add(offset / 16)?, 1).ok()?;
            return Some((span, u8::try_from(offset % 16).ok()));
        }
        let span = Span::new(self.table, self.address.checked_add(offset)?, width(self.kind)).ok()?;
        let whole_register = self.kind == ValueType::Bool && !self.table.is_bits();
        Some((span, whole_register.then_some(0)))
    }

    /// How many bits a counter has.
    pub fn is_wide(&self) -> bool {
        self.kind == ValueType::U32
    }
}

/// Registers of a value.
fn width(kind: ValueType) -> u16 {
    match kind {
        ValueType::U64 | ValueType::I64 | ValueType::F64 => 4,
        ValueType::U32 | ValueType::I32 | ValueType::F32 | ValueType::Bcd32 => 2,
        ValueType::Bool | ValueType::U16 | ValueType::I16 | ValueType::Bcd16 | ValueType::String => 1,
    }
}
