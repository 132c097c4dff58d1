//! What the holder of an entry may do over Modbus, request by request.

use crate::modbus::address::{Span, Table};
use crate::modbus::server::{Asked, understand};
use std::ops::RangeInclusive;
use tokio_modbus::ExceptionCode;

/// What may be done over Modbus. The default is everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rights {
    /// Nothing may be written.
    pub read_only: bool,
    /// The unit ids that may be asked for; empty: all.
    pub units: Vec<RangeInclusive<u8>>,
    /// Where may be read and written, one after the other in each table and apart from each other; empty: everywhere.
    pub areas: Vec<Area>,
}

/// A part of a table, both ends included; the whole of one has more addresses than a span can count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Area {
    /// The table.
    pub table: Table,
    /// Its lowest address.
    pub first: u16,
    /// Its highest address.
    pub last: u16,
}

impl Area {
    fn has(self, span: Span) -> bool {
        self.table == span.table() && self.first <= span.address() && span.end() <= u32::from(self.last) + 1
    }
}

impl Rights {
    /// Whether nothing is forbidden.
    pub fn are_full(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a request may be made.
    ///
    /// # Errors
    ///
    /// What the client hears (Modbus application protocol V1.1b3, section 7): 0A for a unit id that it may not ask for, as
    /// for one that is not there; 01, "not an allowable action", for a write where it may only read, and for a function of
    /// which nobody knows what it touches where not everything may be touched; 02, "not an allowable address", for a
    /// range of which it may not touch all. A request that is wrong in itself gets its own exception.
    pub fn judge(&self, unit: u8, pdu: &[u8]) -> Result<(), ExceptionCode> {
        if !self.units.is_empty() && !self.units.iter().any(|units| units.contains(&unit)) {
            return Err(ExceptionCode::GatewayPathUnavailable);
        }
        if !self.read_only && self.areas.is_empty() {
            return Ok(());
        }
        match understand(pdu)? {
            Asked::Read(span) => self.touch(span),
            Asked::Identify { .. } => Ok(()),
            Asked::Write(_) | Asked::Both(..) if self.read_only => Err(ExceptionCode::IllegalFunction),
            Asked::Write(written) => self.touch(written.span),
            Asked::Both(span, written) => self.touch(written.span).and_then(|()| self.touch(span)),
        }
    }

    fn touch(&self, span: Span) -> Result<(), ExceptionCode> {
        let inside = self.areas.is_empty() || self.areas.iter().any(|area| area.has(span));
        inside.then_some(()).ok_or(ExceptionCode::IllegalDataAddress)
    }
}

/// The areas with those that touch or overlap made one, so that a request over the joint of two is inside.
pub(super) fn joined(mut areas: Vec<Area>) -> Vec<Area> {
    areas.sort_unstable();
    let mut joined: Vec<Area> = Vec::with_capacity(areas.len());
    for area in areas {
        match joined.last_mut() {
            Some(before) if before.table == area.table && area.first <= before.last.saturating_add(1) => {
                before.last = before.last.max(area.last);
            }
            _ => joined.push(area),
        }
    }
    joined
}
