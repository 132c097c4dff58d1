//! Voltage and current inputs.

use super::*;
use crate::tag::scale::Scale;

fn ai(mode: Mode) -> ChannelSettings {
    settings(ChannelKind::Ai, mode)
}

fn look(it: &mut Channel, x: f64) {
    it.sense(Input::Field(x), ms(1));
}

fn status(it: &Channel) -> String {
    aspect(it, Attribute::Status).to_string()
}

#[track_caller]
fn check(mode: Mode, field: f64, status_word: &str, quality: Quality, raw: u64) {
    let mut it = channel(&ai(mode));
    look(&mut it, field);
    let found = (status(&it), why(&it).0, aspect(&it, Attribute::Raw));
    assert_eq!(found, (status_word.to_owned(), quality, Value::U64(raw)), "{mode} {field}");
    if quality != Quality::Bad {
        assert_eq!(number(&it).to_bits(), field.to_bits());
    }
}

#[test]
fn every_range_has_its_ends_and_its_limits() {
    use Quality::{Good, Uncertain};
    check(Mode::Volt10, 0.0, "normal", Good, 0);
    check(Mode::Volt10, 10.0, "normal", Good, 65_535);
    check(Mode::Volt10, 10.25, "normal", Good, 65_535);
    check(Mode::Volt10, 10.26, "over range", Uncertain, 65_535);
    check(Mode::Volt10, -0.25, "normal", Good, 0);
    check(Mode::Volt10, -0.26, "under range", Uncertain, 0);
    check(Mode::PlusMinus10, 0.0, "normal", Good, 32_768);
    check(Mode::PlusMinus10, -10.3, "under range", Uncertain, 0);
    check(Mode::PlusMinus10, 10.3, "over range", Uncertain, 65_535);
    check(Mode::Milliamp20, 10.0, "normal", Good, 32_768);
    check(Mode::Milliamp20, 20.6, "over range", Uncertain, 65_535);
    check(Mode::Milliamp20, -0.6, "under range", Uncertain, 0);
}

#[test]
fn a_4_to_20_ma_loop_is_judged_by_namur_ne_43() {
    use Quality::{Bad, Good, Uncertain};
    for mode in [Mode::Milliamp4To20, Mode::Milliamp4To20Burnout] {
        check(mode, 3.8, "normal", Good, 0);
        check(mode, 12.0, "normal", Good, 32_768);
        check(mode, 20.5, "normal", Good, 65_535);
        check(mode, 3.79, "under range", Uncertain, 0);
        check(mode, 20.51, "over range", Uncertain, 65_535);
        check(mode, 3.6, "under range", Bad, 0);
        check(mode, 21.0, "over range", Bad, 65_535);
    }
    check(Mode::Milliamp4To20, 0.0, "under range", Bad, 0);
    check(Mode::Milliamp4To20Burnout, 2.0, "under range", Bad, 0);
    check(Mode::Milliamp4To20Burnout, 1.999, "burnout", Bad, 0);
}

#[test]
fn the_burnout_limit_goes_before_the_range() {
    let mut it = channel(&with_ai(ai(Mode::Milliamp4To20Burnout), |own| own.burnout_ma = 3.9));
    look(&mut it, 3.85);
    assert_eq!((status(&it).as_str(), why(&it)), ("burnout", (Quality::Bad, Reason::Burnout)));
    let mut never = channel(&with_ai(ai(Mode::Milliamp4To20Burnout), |own| own.burnout_ma = 0.0));
    look(&mut never, 0.0);
    assert_eq!(status(&never), "under range");
}

#[test]
fn a_broken_wire_shows_what_was_chosen_for_it() {
    for (chosen, shown) in
        [(BurnoutValue::Hold, Some(12.0)), (BurnoutValue::Null, None), (BurnoutValue::Set(-99.0), Some(-99.0))]
    {
        let mut it = channel(&with_ai(ai(Mode::Milliamp4To20Burnout), |own| own.burnout_value = chosen));
        let mut state = TagState::default();
        for input in [Input::Field(12.0), Input::Open] {
            it.sense(input, ms(1));
            state.apply(it.report().0);
        }
        assert_eq!((state.quality, state.reason), (Quality::Bad, Reason::Burnout));
        assert_eq!(state.value.and_then(|value| value.as_f64()), shown);
        look(&mut it, 13.0);
        assert_eq!((why(&it), status(&it).as_str(), number(&it)), (GOOD, "normal", 13.0));
    }
}

#[test]
fn two_points_scale_the_range_and_what_lies_beyond_it() {
    let scale = Some(Scale::two_point((4.0, 20.0), (-50.0, 150.0)).unwrap());
    let mut it = channel(&with_ai(ai(Mode::Milliamp4To20), |own| own.scale = scale));
    for (field, shown) in [(4.0, -50.0), (20.0, 150.0), (12.0, 50.0), (20.4, 155.0), (3.8, -52.5)] {
        look(&mut it, field);
        assert!((number(&it) - shown).abs() < 1e-9, "{field} shows {}", number(&it));
    }
}

#[test]
fn the_mean_is_of_the_last_samples_and_begins_anew_after_a_break() {
    let mut it = channel(&with_ai(ai(Mode::Volt10), |own| own.mean = 3));
    let mut shown = |input: Input| {
        it.sense(input, ms(1));
        value(&it).and_then(|value| value.as_f64())
    };
    let samples = [3.0, 6.0, 9.0, 0.0, 0.0].map(|x| shown(Input::Field(x)));
    assert_eq!(samples, [Some(3.0), Some(4.5), Some(6.0), Some(5.0), Some(3.0)]);
    assert_eq!(shown(Input::Open), None);
    assert_eq!(shown(Input::Field(8.0)), Some(8.0));
}

#[test]
fn no_number_is_no_value() {
    let mut it = channel(&ai(Mode::Volt10));
    for input in [Input::Field(f64::NAN), Input::Field(f64::INFINITY), Input::Level(true), Input::Ohm(100.0)] {
        it.sense(input, ms(1));
        assert_eq!((why(&it), value(&it)), ((Quality::Bad, Reason::InvalidValue), None));
    }
}

#[test]
fn what_is_disabled_has_no_value_whatever_comes() {
    for kind in [ChannelKind::Ai, ChannelKind::Ao, ChannelKind::Rtd, ChannelKind::Tc] {
        let mut it = channel(&settings(kind, Mode::Disabled));
        for input in [Input::Field(5.0), Input::Open, Input::Ohm(100.0), Input::Celsius(20.0)] {
            it.sense(input, ms(1));
        }
        it.fail(Reason::NoModule);
        assert_eq!((why(&it), value(&it)), ((Quality::Bad, Reason::Disabled), None));
        assert_eq!((status(&it).as_str(), it.output()), ("normal", None));
        assert_eq!(it.force(Some(Value::F64(1.0)), ms(2)), Err(Refusal::WrongMode));
    }
    let mut it = channel(&settings(ChannelKind::Ao, Mode::Disabled));
    assert_eq!(write(&mut it, Attribute::Value, Value::F64(1.0)), Err(Refusal::WrongMode));
    assert_eq!(write(&mut it, Attribute::Raw, Value::U64(1)), Err(Refusal::WrongMode));
}
