//! Digital inputs: levels, filters, edges and counts.

use super::*;
use crate::channel::signal::{CountWidth, Kept};
use proptest::prelude::*;

fn counter() -> ChannelSettings {
    settings(ChannelKind::Di, Mode::Counter)
}

/// Feeds levels of one millisecond each, after a first low.
fn feed(channel: &mut Channel, levels: &[u8]) {
    level(channel, false, ms(0));
    for (at, high) in (1..).zip(levels) {
        level(channel, *high == 1, ms(at));
    }
}

#[track_caller]
fn counts(edge: Edge, inverted: bool, levels: &[u8], expect: u32) {
    let mut it = channel(&with_di(counter(), |own| (own.edge, own.inverted) = (edge, inverted)));
    feed(&mut it, levels);
    assert_eq!(count(&it), expect, "{edge:?} {inverted} {levels:?}");
}

#[test]
fn the_edges_that_are_set_are_counted() {
    counts(Edge::Rising, false, &[1, 0, 1, 1, 0, 1], 3);
    counts(Edge::Falling, false, &[1, 0, 1, 1, 0, 1], 2);
    counts(Edge::Both, false, &[1, 0, 1, 1, 0, 1], 5);
    counts(Edge::Rising, true, &[1, 0, 1, 1, 0, 1], 2);
    counts(Edge::Rising, false, &[0, 0], 0);
}

#[test]
fn the_first_level_is_a_beginning_and_no_edge() {
    let mut it = channel(&counter());
    assert_eq!(why(&it), (Quality::Bad, Reason::NotYetRead));
    level(&mut it, true, ms(5));
    assert!(on(&it));
    assert_eq!((why(&it), count(&it)), (GOOD, 0));
    it.fail(Reason::NoModule);
    assert_eq!(why(&it), (Quality::Bad, Reason::NoModule));
    level(&mut it, false, ms(6));
    it.fail(Reason::NoModule);
    level(&mut it, true, ms(7));
    assert_eq!((why(&it), count(&it)), (GOOD, 0));
}

#[test]
fn a_level_counts_once_it_has_lasted_and_a_bounce_restarts_it() {
    let mut it = channel(&with_di(counter(), |own| own.filter = 10));
    level(&mut it, false, us(0));
    level(&mut it, true, us(1_000));
    assert_eq!(it.next_change(), Some(6_000));
    level(&mut it, false, us(5_900));
    assert_eq!(it.next_change(), None);
    level(&mut it, true, us(6_000));
    it.advance(us(10_999));
    assert!(!on(&it));
    it.advance(us(11_000));
    assert!(on(&it));
    assert_eq!((count(&it), it.next_change()), (1, None));
    assert_eq!(state(&it).at, Some(us(11_000)));
}

#[test]
fn a_level_that_had_lasted_counts_though_nobody_looked_meanwhile() {
    let mut it = channel(&with_di(counter(), |own| own.filter = 2));
    level(&mut it, false, us(0));
    for pulse in 0..5 {
        level(&mut it, true, us(10_000 + pulse * 4_000));
        level(&mut it, false, us(12_000 + pulse * 4_000));
    }
    assert_eq!(count(&it), 5);
}

#[test]
fn events_out_of_order_do_not_turn_the_time_back() {
    let mut it = channel(&counter());
    level(&mut it, false, ms(10));
    level(&mut it, true, ms(9));
    assert_eq!((state(&it).at, count(&it)), (Some(ms(10)), 1));
}

#[test]
fn past_the_largest_number_the_count_goes_on_from_0_and_says_so() {
    let mut it = channel(&counter());
    assert!(write(&mut it, Attribute::Count, Value::U64(u32::MAX.into())).is_ok());
    feed(&mut it, &[1]);
    assert_eq!((count(&it), aspect(&it, Attribute::Overflow)), (0, Value::Bool(true)));
    feed(&mut it, &[1]);
    assert_eq!((count(&it), aspect(&it, Attribute::Overflow)), (1, Value::Bool(true)));
    assert!(write(&mut it, Attribute::ClearOverflow, Value::U64(1)).is_ok());
    assert_eq!((count(&it), aspect(&it, Attribute::Overflow)), (1, Value::Bool(false)));
}

#[test]
fn counting_stops_and_starts_while_the_value_stays_live() {
    let mut it = channel(&counter());
    feed(&mut it, &[1, 0]);
    assert!(write(&mut it, Attribute::Counting, Value::Bool(false)).is_ok());
    feed(&mut it, &[1]);
    assert!(on(&it));
    assert_eq!((count(&it), aspect(&it, Attribute::Counting)), (1, Value::Bool(false)));
    assert!(write(&mut it, Attribute::Counting, Value::Bool(true)).is_ok());
    feed(&mut it, &[0, 1]);
    assert_eq!(count(&it), 2);
}

#[test]
fn the_count_begins_as_set_or_as_kept() {
    let kept = Some(Kept { count: 99, since_reset: 0 });
    let plain = with_di(counter(), |own| own.initial_count = 7);
    let keeping = with_di(plain.clone(), |own| own.keep_count = true);
    for (settings, kept, begins, keeps) in
        [(&plain, None, 7, false), (&plain, kept, 7, false), (&keeping, None, 7, true), (&keeping, kept, 99, true)]
    {
        let it = Channel::new(settings, kept, us(0));
        assert_eq!((count(&it), it.kept().map(|kept| kept.count)), (begins, keeps.then_some(begins)));
    }
}

/// Looks of a counter of the hardware; `None` is an outage.
#[track_caller]
fn hardware(width: CountWidth, looks: &[Option<u32>], expect: u32) {
    let mut it = channel(&counter());
    for (at, look) in (0..).zip(looks) {
        match look {
            Some(now) => it.sense(Input::Count { now: *now, width }, ms(at)),
            None => it.fail(Reason::NoModule),
        }
    }
    assert_eq!(count(&it), expect, "{looks:?}");
}

#[test]
fn a_counter_of_the_hardware_adds_its_steps_and_no_nonsense() {
    use CountWidth::{Bits16, Bits32};
    hardware(Bits32, &[Some(5_000)], 0);
    hardware(Bits32, &[Some(5_000), Some(5_003), Some(5_003)], 3);
    hardware(Bits16, &[Some(65_530), Some(4)], 10);
    hardware(Bits32, &[Some(u32::MAX), Some(0)], 1);
    // Fast steps make a large wrap plausible.
    hardware(Bits16, &[Some(40_000), Some(60_000), Some(14_464)], 40_000);
    // Began anew: a new base.
    hardware(Bits16, &[Some(40_000), Some(40_010), Some(0), Some(5)], 15);
    hardware(Bits32, &[Some(1_000), Some(1_010), Some(0), Some(5)], 15);
    // Counted on over an outage; began anew in one.
    hardware(Bits16, &[Some(100), None, Some(900)], 800);
    hardware(Bits16, &[Some(65_530), None, Some(4), Some(6)], 2);
}

#[test]
fn where_the_hardware_counts_levels_are_not_counted_again() {
    let mut it = channel(&counter());
    for at in 0..10u32 {
        level(&mut it, at % 2 == 1, ms(at.into()));
        it.sense(Input::Count { now: at, width: CountWidth::Bits32 }, ms(at.into()));
    }
    assert!(on(&it));
    assert_eq!(count(&it), 9);
}

#[test]
fn what_a_digital_input_cannot_be_is_told() {
    let mut it = channel(&counter());
    it.sense(Input::Field(3.0), ms(1));
    assert_eq!(why(&it), (Quality::Bad, Reason::InvalidValue));
    it.sense(Input::Open, ms(2));
    assert_eq!(why(&it), (Quality::Bad, Reason::Burnout));
    level(&mut it, false, ms(3));
    assert_eq!(why(&it), GOOD);
}

proptest! {
    #[test]
    fn every_pulse_longer_than_the_filter_counts_and_no_shorter_one(
        widths in prop::collection::vec((1u64..20_000, 1u64..20_000), 0..40), filter in 0u16..20, look in any::<bool>()
    ) {
        let filter_us = u64::from(filter) * 500;
        let mut it = channel(&with_di(counter(), |own| (own.filter, own.edge) = (filter, Edge::Both)));
        level(&mut it, false, us(0));
        let (mut now, mut stable, mut expect) = (100_000, false, 0);
        let mut high = false;
        for width in widths.into_iter().flat_map(|(high, low)| [high, low]) {
            high = !high;
            level(&mut it, high, us(now));
            if look {
                it.advance(us(now + width / 2));
            }
            now += width;
            if filter_us <= width && stable != high {
                stable = high;
                expect += 1;
            }
        }
        level(&mut it, high, us(now));
        prop_assert_eq!((count(&it), on(&it)), (expect, stable));
    }

    #[test]
    fn a_wrapping_counter_of_small_steps_loses_nothing(
        start in any::<u16>(), steps in prop::collection::vec(0u32..64, 0..3000)
    ) {
        let mut it = channel(&counter());
        let mut now = u32::from(start);
        it.sense(Input::Count { now, width: CountWidth::Bits16 }, us(0));
        for step in &steps {
            now = (now + step) & 0xFFFF;
            it.sense(Input::Count { now, width: CountWidth::Bits16 }, us(0));
        }
        prop_assert_eq!(count(&it), steps.iter().sum::<u32>());
    }
}
