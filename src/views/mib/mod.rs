//! The image as network managers see it: which objects there are, in which order, and the text that describes them.
//!
//! Every object here has instances of one arc: 0 for what there is one of, the row number in tables. So one sorted list of
//! objects and one sorted list of row numbers for each table are the whole tree.

pub mod cells;
pub mod head;
pub mod house;
pub mod schema;
pub mod standard;
pub mod text;
pub mod tree;

/// A value on its way to a manager, or from one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MibValue {
    /// `Integer32`, and every enumeration.
    Integer(i32),
    /// A text in UTF-8, or octets.
    Octets(Vec<u8>),
    /// `OBJECT IDENTIFIER`
    Oid(Vec<u32>),
    /// `Counter32`; wraps.
    Counter(u32),
    /// `Gauge32` and `Unsigned32`; stays at its end.
    Gauge(u32),
    /// `TimeTicks`: hundredths of a second.
    Ticks(u32),
}

/// Bytes of a text, as in `SnmpAdminString` (RFC 3411).
const LONGEST_TEXT: usize = 255;

impl MibValue {
    /// A text, cut at a letter where it is too long.
    pub fn text(text: impl Into<String>) -> Self {
        let mut text = text.into();
        text.truncate(text.floor_char_boundary(LONGEST_TEXT));
        Self::Octets(text.into_bytes())
    }

    /// A counter that wraps at 2^32.
    pub fn counter(count: u64) -> Self {
        Self::Counter(u32::try_from(count & u64::from(u32::MAX)).unwrap_or(0))
    }

    /// A gauge that stays at its end.
    pub fn gauge(number: u64) -> Self {
        Self::Gauge(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// Of two, `yes` is 1.
    pub fn flag(yes: bool) -> Self {
        Self::Integer(i32::from(yes))
    }

    /// A time in `DateAndTime` (RFC 2579), in UTC, to a tenth of a second.
    pub fn time(unix_ms: i64) -> Self {
        let at = jiff::Timestamp::from_millisecond(unix_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let civil = jiff::tz::TimeZone::UTC.to_datetime(at);
        let [high, low] = civil.year().to_be_bytes();
        let small = |number: i8| u8::try_from(number).unwrap_or(0);
        let tenth = u8::try_from(civil.millisecond() / 100).unwrap_or(0);
        let (month, day) = (small(civil.month()), small(civil.day()));
        let (hour, minute, second) = (small(civil.hour()), small(civil.minute()), small(civil.second()));
        Self::Octets(vec![high, low, month, day, hour, minute, second, tenth, b'+', 0, 0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_a_letter() {
        let MibValue::Octets(cut) = MibValue::text("가".repeat(100)) else { panic!("a text") };
        assert_eq!(String::from_utf8(cut).unwrap().chars().count(), 85);
        assert_eq!(MibValue::text("온도"), MibValue::Octets("온도".as_bytes().to_vec()));
    }

    #[test]
    fn times_are_in_utc_to_a_tenth() {
        let expect = [0x07, 0xEA, 1, 2, 3, 4, 5, 6, b'+', 0, 0];
        assert_eq!(MibValue::time(1_767_323_045_678), MibValue::Octets(expect.to_vec()));
    }

    #[test]
    fn counters_wrap_and_gauges_stay() {
        assert_eq!(MibValue::counter(1 << 32), MibValue::Counter(0));
        assert_eq!(MibValue::gauge(1 << 32), MibValue::Gauge(u32::MAX));
    }
}
