//! What a transaction costs in time of its line, before it is made.

use super::address::Span;
use super::wire::{Parity, Wire};
use std::time::Duration;

/// Our own part of one transaction on a serial line: waking up, handing over, and the part of the reply we learn of
/// late (99.5 % of the wire at 9600 baud, 98.1 % at 115200 were measured).
const OURS_SERIAL: Duration = Duration::from_micros(100);
/// The same on a network connection.
const OURS_TCP: Duration = Duration::from_micros(50);
/// A device without an Ethernet port faster than 10 Mbit/s is the slowest there is.
const TCP_BYTE: Duration = Duration::from_nanos(800);
/// Speed and character a gateway's line is taken to have, where nobody can ask: the defaults of the specification
/// (Modbus over serial line V1.02, 2.4.1 and 2.5.1).
pub const BEHIND_GATEWAY: Wire = Wire { baud: 19_200, data_bits: 8, parity: Parity::Even, stop_bits: 1 };
/// A read can hold no more registers (Modbus application protocol V1.1b3, 6.3).
const WIDEST: u64 = 125;

/// What transactions with one device cost: a fixed time for each, and a time for each byte of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Nanoseconds of a read without its data.
    read: u64,
    /// Nanoseconds of a write without its data.
    write: u64,
    /// Nanoseconds of each byte of data.
    byte: u64,
}

impl Cost {
    /// On a serial line with RTU framing.
    ///
    /// `gap` is the silence we keep before each request. `turnaround` is the time from the end of a request to the
    /// begin of its reply, as measured; the silence a device owes before its reply is part of it.
    pub fn rtu(wire: &Wire, gap: Duration, turnaround: Duration) -> Self {
        let fixed = gap + turnaround + OURS_SERIAL;
        // A read: request 8 characters, reply 5 and its data. A write of several items: request 9 and its data, reply 8.
        Self::new(fixed + wire.chars(13), fixed + wire.chars(17), wire.chars(1))
    }

    /// On a serial line with ASCII framing, which sends two characters for each byte; gap and turnaround as for RTU.
    pub fn ascii(wire: &Wire, gap: Duration, turnaround: Duration) -> Self {
        let fixed = gap + turnaround + OURS_SERIAL;
        // Each frame is a colon, unit, PDU and check sum in hex digits, carriage return and line feed.
        Self::new(fixed + wire.chars(17 + 11), fixed + wire.chars(19 + 17), wire.chars(2))
    }

    /// On a connection of its own; `turnaround` is the whole round trip.
    pub fn tcp(turnaround: Duration) -> Self {
        Self::new(turnaround + OURS_TCP, turnaround + OURS_TCP, TCP_BYTE)
    }

    /// Through a gateway that passes serial frames on; `turnaround` is the whole round trip of a short read. Its line
    /// is taken to have 19200 baud: reading through holes is cheap on the network and dear behind it.
    pub fn rtu_over_tcp(turnaround: Duration) -> Self {
        Self::new(turnaround + OURS_TCP, turnaround + OURS_TCP, BEHIND_GATEWAY.chars(1))
    }

    /// So little for each transaction that no hole is worth reading through.
    pub fn without_holes() -> Self {
        Self { read: 16, write: 16, byte: 8 }
    }

    fn new(read: Duration, write: Duration, byte: Duration) -> Self {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        // At least a nanosecond each: what costs nothing could be done for ever.
        Self { read: nanos(read).max(1), write: nanos(write).max(1), byte: nanos(byte).max(8) }
    }

    /// The time one read takes.
    pub fn read(&self, span: Span) -> Duration {
        self.of(self.read, span)
    }

    /// The time one write takes.
    pub fn write(&self, span: Span) -> Duration {
        self.of(self.write, span)
    }

    fn of(&self, fixed: u64, span: Span) -> Duration {
        let items = u64::from(span.count());
        let bytes = if span.table().is_bits() { items.div_ceil(8) } else { 2 * items };
        Duration::from_nanos(fixed.saturating_add(self.byte.saturating_mul(bytes)))
    }

    /// Nanoseconds of a read without its data.
    pub(super) fn fixed_nanos(&self) -> u64 {
        self.read
    }

    /// Nanoseconds of one more register or bit in a read; whole bytes of bits are rounded off.
    pub(super) fn item_nanos(&self, bits: bool) -> u64 {
        if bits { self.byte / 8 } else { 2 * self.byte }
    }

    /// The widest hole between two registers of one period that is worth reading through, at most 125 registers.
    pub fn widest_hole(&self) -> u64 {
        (self.read / self.item_nanos(false)).min(WIDEST)
    }

    /// Whether reads planned at this cost should be planned again at another: only where the widest hole differs by a
    /// quarter and two registers, so that a device whose speed varies keeps its reads.
    pub fn is_outdated_by(&self, now: &Self) -> bool {
        let (planned, now) = (self.widest_hole(), now.widest_hole());
        let moved = planned.abs_diff(now);
        2 <= moved && planned < 4 * moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modbus::address::Table;

    const MS: Duration = Duration::from_millis(1);

    fn wire(baud: u32) -> Wire {
        Wire { baud, data_bits: 8, parity: Parity::Even, stop_bits: 1 }
    }

    /// A device that begins its reply this long after the silence it owes.
    fn rtu(baud: u32, work: Duration) -> Cost {
        let wire = wire(baud);
        Cost::rtu(&wire, wire.silence(), wire.silence() + work)
    }

    fn span(table: Table, count: u16) -> Span {
        Span::new(table, 0, count).unwrap()
    }

    #[test]
    fn the_ceilings_of_the_wire() {
        #[track_caller]
        fn check(baud: u32, one: f64, registers: f64) {
            let cost = rtu(baud, Duration::ZERO);
            let time = |count: u16| cost.read(span(Table::Holding, count)).saturating_sub(OURS_SERIAL);
            let rate = |count: u16| 1.0 / time(count).as_secs_f64();
            assert!((rate(1) / one - 1.0).abs() < 0.005, "{}", rate(1));
            assert!((125.0 * rate(125) / registers - 1.0).abs() < 0.005, "{}", 125.0 * rate(125));
        }
        check(9600, 39.7, 404.0);
        check(19_200, 79.3, 808.0);
        check(115_200, 203.0, 4369.0);
    }

    #[test]
    fn how_far_reading_through_pays() {
        assert_eq!(rtu(9600, Duration::ZERO).widest_hole(), 10);
        assert_eq!(rtu(9600, 10 * MS).widest_hole(), 14);
        assert_eq!(rtu(115_200, 10 * MS).widest_hole(), 77);
        assert_eq!(Cost::tcp(MS).widest_hole(), 125);
        assert_eq!(Cost::rtu_over_tcp(30 * MS).widest_hole(), 26);
    }

    #[test]
    fn frames_are_counted_by_their_characters() {
        #[track_caller]
        fn check(cost: Duration, characters: u32) {
            assert_eq!(cost, OURS_SERIAL + 3 * MS + characters * MS);
        }
        let wire = Wire { baud: 10_000, data_bits: 8, parity: Parity::None, stop_bits: 1 };
        let rtu = Cost::rtu(&wire, MS, 2 * MS);
        check(rtu.read(span(Table::Input, 3)), 8 + 5 + 6);
        check(rtu.read(span(Table::Coil, 9)), 8 + 5 + 2);
        check(rtu.write(span(Table::Holding, 3)), 9 + 6 + 8);
        // `:` 01 03 0000 0003 FC CR LF and `:` 01 03 06 and twelve digits, check sum, CR LF.
        let ascii = Cost::ascii(&wire, MS, 2 * MS);
        check(ascii.read(span(Table::Input, 3)), 17 + 23);
        // `:` 01 10 0000 0003 06, twelve digits, check sum, CR LF and `:` 01 10 0000 0003 EC CR LF.
        check(ascii.write(span(Table::Holding, 3)), 31 + 17);
    }

    #[test]
    fn reads_are_planned_again_only_for_a_real_change() {
        #[track_caller]
        fn check(planned: Cost, now: Cost, expect: bool) {
            assert_eq!(planned.is_outdated_by(&now), expect, "{} {}", planned.widest_hole(), now.widest_hole());
        }
        check(rtu(9600, 10 * MS), rtu(9600, 12 * MS), false);
        check(rtu(9600, 10 * MS), rtu(9600, 30 * MS), true);
        check(rtu(9600, 30 * MS), rtu(9600, 10 * MS), true);
        check(rtu(300, Duration::ZERO), rtu(300, 40 * MS), false);
        check(Cost::tcp(MS), Cost::tcp(500 * MS), false);
    }

    #[test]
    fn no_cost_is_nothing() {
        let cost = Cost::tcp(Duration::ZERO);
        assert!(Duration::ZERO < cost.read(span(Table::Coil, 1)));
        assert!(0 < cost.item_nanos(true));
        let slow = Cost::rtu(&wire(300), Duration::MAX / 4, Duration::MAX / 4);
        assert!(Duration::from_secs(60) < slow.read(span(Table::Holding, 125)));
    }
}
