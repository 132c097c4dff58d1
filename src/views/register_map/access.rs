//! Reading and writing ranges of the map.

use super::{Entry, PACKED, RegisterMap, ages};
use crate::config::modbus_server::{Gaps, Stale};
use crate::modbus::address::{Span, Table};
use crate::modbus::server::{What, Written};
use crate::tag::attribute::Attribute;
use crate::tag::id::TagName;
use crate::tag::quality::{Quality, Reason};
use crate::tag::reading::{Stamp, TagState};
use crate::tag::value::Value;
use tokio_modbus::ExceptionCode;

/// Why a request gets an exception.
pub type Refused = ExceptionCode;

/// One point to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The tag.
    pub tag: TagName,
    /// Which aspect of it.
    pub attribute: Attribute,
    /// The new value.
    pub value: Value,
}

impl RegisterMap {
    /// What a read of this range finds: one word for each register, 0 and 1 for bits. `state` tells what is now of a tag,
    /// by its index; all of one request must come from one moment.
    ///
    /// # Errors
    ///
    /// 02 where there is nothing in the range, or a gap and the map is told to refuse those; 0B and 04 for a stale value
    /// whose rule is the exception.
    pub fn read<'a>(
        &self,
        span: Span,
        now: Stamp,
        state: impl Fn(u32) -> Option<&'a TagState>,
    ) -> Result<Vec<u16>, Refused> {
        let mut words = vec![0; usize::from(span.count())];
        let mut found = 0;
        for entry in self.within(span.table(), span.address().into(), span.end()) {
            let content = self.content(entry, now, state(entry.tag))?;
            let Some(content) = content else { continue };
            for (at, word) in (u32::from(entry.address)..).zip(content) {
                let place = at.checked_sub(span.address().into()).and_then(|place| usize::try_from(place).ok());
                if let Some(place) = place.and_then(|place| words.get_mut(place)) {
                    *place = word;
                    found += 1;
                }
            }
        }
        let packed = if self.has_packed(span) { self.read_packed(span, now, &state, &mut words)? } else { 0 };
        if found + packed == 0 || (self.gaps == Gaps::Exception && found + packed < words.len()) {
            return Err(ExceptionCode::IllegalDataAddress);
        }
        Ok(words)
    }

    /// The words of an entry; none when its tag has just gone.
    fn content(
        &self,
        entry: &Entry,
        now: Stamp,
        state: Option<&TagState>,
    ) -> Result<Option<crate::tag::reading::Raw>, Refused> {
        let Some(state) = state else { return Ok(None) };
        if ages(entry.point.attribute()) && self.is_stale(state, now) {
            match entry.stale {
                Stale::Last => (),
                Stale::Exception => return Err(unreachable_or_failed(state.reason)),
                Stale::Fill(number) => return Ok(Some(entry.point.fill(number))),
            }
        }
        Ok(Some(entry.point.words(self.tag(entry), state, now)))
    }

    fn is_stale(&self, state: &TagState, now: Stamp) -> bool {
        let old = |most: std::time::Duration| state.age_ms(now).is_none_or(|age| most.as_millis() < u128::from(age));
        state.quality == Quality::Bad || self.max_age.is_some_and(old)
    }

    fn has_packed(&self, span: Span) -> bool {
        self.packed && !span.table().is_bits() && u32::from(PACKED) < span.end()
    }

    /// Fills in the registers of packed bits; how many of them hold any.
    fn read_packed<'a>(
        &self,
        span: Span,
        now: Stamp,
        state: &impl Fn(u32) -> Option<&'a TagState>,
        words: &mut [u16],
    ) -> Result<usize, Refused> {
        let mut found = 0;
        for (register, word) in (u32::from(span.address())..).zip(words) {
            let Some(first) = first_bit(register) else { continue };
            let mut any = false;
            for entry in self.within(Table::Coil, first, first + 16) {
                let content = self.content(entry, now, state(entry.tag))?;
                let on = content.is_some_and(|content| content.first().is_some_and(|bit| *bit != 0));
                *word |= u16::from(on) << (u32::from(entry.address) - first);
                any = true;
            }
            found += usize::from(any);
        }
        Ok(found)
    }

    /// The entries that have something of `begin..end`.
    fn within(&self, table: Table, begin: u32, end: u32) -> &[Entry] {
        let entries = self.entries(table);
        let first = entries.partition_point(|entry| entry.end() <= begin);
        let rest = &entries[first..];
        &rest[..rest.partition_point(|entry| u32::from(entry.address) < end)]
    }

    /// What a write means, point by point in the order of addresses. Nothing is written yet.
    ///
    /// A range is written whole or not at all as far as the map goes: each address must belong to an entry that may be
    /// written, and no value be cut in two. Of packed bits those that nobody may write are left alone.
    ///
    /// # Errors
    ///
    /// 02 for an address that cannot be written, 03 for words that say no value.
    pub fn write<'a>(
        &self,
        written: &Written,
        now: Stamp,
        state: impl Fn(u32) -> Option<&'a TagState>,
    ) -> Result<Vec<Step>, Refused> {
        let span = written.span;
        let held = || self.read(span, now, &state).ok().and_then(|words| words.first().copied()).unwrap_or_default();
        let words = written.what.words(held);
        let entries = self.within(span.table(), span.address().into(), span.end());
        let mut steps = Vec::with_capacity(entries.len());
        let mut reach = u32::from(span.address());
        for entry in entries {
            if u32::from(entry.address) != reach || span.end() < entry.end() || !entry.writable {
                return Err(ExceptionCode::IllegalDataAddress);
            }
            let from = usize::from(entry.address - span.address());
            let own = words.get(from..from + usize::from(entry.count)).unwrap_or_default();
            steps.push(self.step(entry, own)?);
            reach = entry.end();
        }
        if self.has_packed(span) && u32::from(PACKED) <= reach {
            let touched = match written.what {
                What::Words(_) => u16::MAX,
                What::Mask { and, .. } => !and,
            };
            for register in reach..span.end() {
                let word = words.get(usize::try_from(register - u32::from(span.address())).unwrap_or(usize::MAX));
                self.write_packed(register, word.copied().unwrap_or_default(), touched, &mut steps)?;
            }
            reach = span.end();
        }
        if reach == span.end() { Ok(steps) } else { Err(ExceptionCode::IllegalDataAddress) }
    }

    fn write_packed(&self, register: u32, word: u16, touched: u16, steps: &mut Vec<Step>) -> Result<(), Refused> {
        let first = first_bit(register).ok_or(ExceptionCode::IllegalDataAddress)?;
        let mut any = false;
        for entry in self.within(Table::Coil, first, first + 16).iter().filter(|entry| entry.writable) {
            any = true;
            let bit = u32::from(entry.address) - first;
            // A command that is not given is none: 0 is what it reads.
            let given = word >> bit & 1;
            if touched >> bit & 1 == 1 && !(given == 0 && entry.point.attribute().is_command()) {
                steps.push(self.step(entry, &[given])?);
            }
        }
        if any { Ok(()) } else { Err(ExceptionCode::IllegalDataAddress) }
    }

    fn step(&self, entry: &Entry, words: &[u16]) -> Result<Step, Refused> {
        let value = entry.point.value(words).ok_or(ExceptionCode::IllegalDataValue)?;
        Ok(Step { tag: self.tag(entry).name.clone(), attribute: entry.point.attribute(), value })
    }
}

/// The first of the bits in a register of packed bits.
fn first_bit(register: u32) -> Option<u32> {
    register.checked_sub(PACKED.into()).map(|place| 16 * place)
}

/// 0B where the way to the field ends in silence, 04 where what is there says nothing usable.
fn unreachable_or_failed(reason: Reason) -> Refused {
    match reason {
        Reason::NoAnswer
        | Reason::BadAnswer
        | Reason::PortClosed
        | Reason::NoModule
        | Reason::Exception(0x0A | 0x0B) => ExceptionCode::GatewayTargetDevice,
        _ => ExceptionCode::ServerDeviceFailure,
    }
}
