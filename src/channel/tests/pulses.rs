//! Trains of pulses.

use super::*;
use proptest::prelude::*;

fn pulses(count: u16, on: u16, off: u16) -> ChannelSettings {
    with_do(settings(ChannelKind::Do, Mode::Pulse), |own| {
        (own.pulse_count, own.pulse_on, own.pulse_off) = (count, on, off);
    })
}

fn start(it: &mut Channel, at: Stamp) {
    assert!(it.write(Attribute::Pulsing, &Value::Bool(true), at).is_ok());
}

fn pulsing(it: &Channel) -> bool {
    aspect(it, Attribute::Pulsing) == Value::Bool(true)
}

/// The edges the hardware showed until the train ended, each `late` after the channel asked; at most `most`.
fn edges(it: &mut Channel, from: u64, mut late: impl FnMut() -> u64, most: usize) -> Vec<(u64, bool)> {
    let (mut edges, mut now, mut shown) = (Vec::new(), from, false);
    while edges.len() < most {
        let Some(Output::Level(level)) = it.output() else { panic!("an output in use wants a level") };
        if level != shown {
            now += late();
            edges.push((now, level));
            shown = level;
        }
        it.driven(Output::Level(level), us(now));
        let Some(due) = it.next_change() else { break };
        now = now.max(due) + late();
        it.advance(us(now));
    }
    edges
}

#[test]
fn a_train_has_the_pulses_and_widths_that_are_set() {
    let mut it = channel(&pulses(3, 4, 2));
    it.driven(Output::Level(false), us(0));
    assert!(!pulsing(&it));
    start(&mut it, us(10_000));
    assert!(pulsing(&it));
    let expect = [(10_000, true), (12_000, false), (13_000, true), (15_000, false), (16_000, true), (18_000, false)];
    assert_eq!(edges(&mut it, 10_000, || 0, 100), expect);
    assert!(!pulsing(&it));
    assert_eq!((it.output(), on(&it)), (Some(Output::Level(false)), false));
}

#[test]
fn a_slightly_late_edge_does_not_shift_the_train_and_a_very_late_one_loses_no_pulse() {
    let mut it = channel(&pulses(3, 4, 4));
    start(&mut it, us(0));
    // Called before each look and before each edge: the first fall is 300 us late and the second 5 ms.
    let mut delays = [0, 300, 0, 0, 0, 5_000].into_iter();
    // The rise between is on time; what follows the second is as wide as set.
    let expect = [(0, true), (2_300, false), (4_000, true), (11_000, false), (13_000, true), (15_000, false)];
    assert_eq!(edges(&mut it, 0, || delays.next().unwrap_or(0), 100), expect);
}

#[test]
fn no_edge_is_due_before_the_hardware_took_the_one_before() {
    let mut it = channel(&pulses(1, 2, 2));
    start(&mut it, us(0));
    it.advance(us(1_000_000));
    assert_eq!((it.next_change(), it.output()), (None, Some(Output::Level(true))));
    it.fail(Reason::NoModule);
    it.advance(us(2_000_000));
    assert_eq!(it.output(), Some(Output::Level(true)));
    it.driven(Output::Level(true), us(3_000_000));
    assert_eq!(it.next_change(), Some(3_001_000));
}

#[test]
fn an_endless_train_runs_until_it_is_stopped() {
    let mut it = channel(&pulses(0, 1, 1));
    start(&mut it, us(0));
    assert_eq!(edges(&mut it, 0, || 0, 200_000).len(), 200_000);
    assert!(pulsing(&it));
    assert!(write(&mut it, Attribute::Pulsing, Value::Bool(false)).is_ok());
    assert_eq!((pulsing(&it), it.output(), it.next_change()), (false, Some(Output::Level(false)), None));
}

#[test]
fn started_twice_a_train_runs_on() {
    let mut it = channel(&pulses(2, 2, 2));
    start(&mut it, us(0));
    obey(&mut it, us(0));
    start(&mut it, us(500));
    assert_eq!((it.output(), it.next_change()), (Some(Output::Level(true)), Some(1_000)));
    it.advance(us(1_000));
    assert_eq!(it.output(), Some(Output::Level(false)));
}

#[test]
fn a_level_read_back_from_before_the_edge_does_not_begin_the_phase() {
    let mut it = channel(&pulses(2, 2, 2));
    start(&mut it, us(0));
    level(&mut it, false, us(100));
    assert_eq!((it.next_change(), pulsing(&it)), (None, true));
    level(&mut it, true, us(200));
    assert_eq!(it.next_change(), Some(1_000));
}

#[test]
fn widths_and_counts_may_change_while_the_train_runs() {
    let mut it = channel(&pulses(0, 2, 2));
    start(&mut it, us(0));
    obey(&mut it, us(0));
    assert!(write(&mut it, Attribute::PulseOn, Value::U64(20)).is_ok());
    assert!(write(&mut it, Attribute::PulseOff, Value::U64(10)).is_ok());
    assert!(write(&mut it, Attribute::PulseCount, Value::U64(2)).is_ok());
    // The phase that runs ends as begun; the next ones are of the new widths.
    assert_eq!(edges(&mut it, 0, || 0, 100)[1..], [(1_000, false), (6_000, true), (16_000, false)]);
    assert_eq!(aspect(&it, Attribute::PulseOn), Value::U64(20));
}

#[test]
fn a_count_lowered_in_a_pause_ends_the_train_there() {
    let mut it = channel(&pulses(0, 2, 2));
    start(&mut it, us(0));
    obey(&mut it, us(0));
    it.advance(us(1_000));
    obey(&mut it, us(1_000));
    assert!(write(&mut it, Attribute::PulseCount, Value::U64(1)).is_ok());
    it.advance(us(2_000));
    assert_eq!((pulsing(&it), it.output()), (false, Some(Output::Level(false))));
}

#[test]
fn where_the_output_is_on_the_train_begins_with_a_pause() {
    let mut it = channel(&pulses(1, 2, 4));
    it.driven(Output::Level(true), us(0));
    start(&mut it, us(0));
    obey(&mut it, us(0));
    assert_eq!(it.next_change(), Some(2_000));
    it.advance(us(2_000));
    assert_eq!(obey(&mut it, us(2_000)), Some(Output::Level(true)));
    it.advance(us(3_000));
    assert_eq!(obey(&mut it, us(3_000)), Some(Output::Level(false)));
    assert!(!pulsing(&it));
}

#[test]
fn an_inverted_train_rests_high() {
    let mut it = channel(&with_do(pulses(1, 2, 2), |own| own.inverted = true));
    it.driven(Output::Level(true), us(0));
    assert!(!on(&it));
    start(&mut it, us(0));
    assert_eq!(obey(&mut it, us(0)), Some(Output::Level(false)));
    it.advance(us(1_000));
    assert_eq!(obey(&mut it, us(1_000)), Some(Output::Level(true)));
    assert!(!pulsing(&it));
}

#[test]
fn each_mode_refuses_what_belongs_to_the_other() {
    let mut pulse = channel(&pulses(0, 1, 1));
    assert_eq!(write(&mut pulse, Attribute::Value, Value::Bool(true)), Err(Refusal::WrongMode));
    let mut plain = channel(&settings(ChannelKind::Do, Mode::Do));
    for attribute in [Attribute::PulseCount, Attribute::PulseOn, Attribute::PulseOff] {
        assert_eq!(write(&mut plain, attribute, Value::U64(1)), Err(Refusal::WrongMode));
    }
    assert_eq!(write(&mut plain, Attribute::Pulsing, Value::Bool(true)), Err(Refusal::WrongMode));
}

proptest! {
    #[test]
    fn the_number_of_pulses_is_exact_however_late_the_edges_come(
        count in 1u16..60, on in 1u16..20, off in 1u16..20, delays in prop::collection::vec(0u64..30_000, 1..50)
    ) {
        let mut it = channel(&pulses(count, on, off));
        start(&mut it, us(0));
        let mut delays = delays.into_iter().cycle();
        let edges = edges(&mut it, 0, || delays.next().unwrap_or(0), 1_000);
        prop_assert_eq!(edges.len(), usize::from(count) * 2);
        prop_assert!(!pulsing(&it));
        // No phase is shorter than half of what is set.
        for pair in edges.windows(2) {
            let width = u64::from(if pair[0].1 { on } else { off }) * 500;
            prop_assert!(width / 2 <= pair[1].0 - pair[0].0, "{:?}", pair);
        }
    }
}
