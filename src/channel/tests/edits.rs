//! Live edits: what survives each of them.

use super::*;
use crate::tag::scale::Scale;

#[test]
fn no_edit_of_a_digital_input_loses_its_count_or_its_level() {
    let before = settings(ChannelKind::Di, Mode::Counter);
    let edits = [
        settings(ChannelKind::Di, Mode::Di),
        with_di(before.clone(), |own| own.filter = 7),
        with_di(before.clone(), |own| own.edge = Edge::Both),
        with_di(before.clone(), |own| own.initial_count = 500),
        with_di(before.clone(), |own| own.counting = false),
        with_di(before.clone(), |own| own.keep_count = true),
        with_di(before.clone(), |own| own.inverted = true),
    ];
    for after in edits {
        let mut it = channel(&before);
        level(&mut it, false, ms(0));
        level(&mut it, true, ms(1));
        assert!(write(&mut it, Attribute::Count, Value::U64(123)).is_ok());
        it.configure(&after, ms(2));
        let OwnSettings::Di(own) = &after.own else { panic!("another kind") };
        assert_eq!((count(&it), on(&it), why(&it)), (123, !own.inverted, GOOD), "{after:?}");
        it.configure(&before, ms(3));
        level(&mut it, false, ms(4));
        level(&mut it, true, ms(100));
        it.advance(ms(200));
        assert_eq!(count(&it), 124, "{after:?}");
    }
}

#[test]
fn an_edit_of_counting_goes_before_what_was_written_and_others_do_not() {
    let before = settings(ChannelKind::Di, Mode::Counter);
    let mut it = channel(&before);
    assert!(write(&mut it, Attribute::Counting, Value::Bool(false)).is_ok());
    it.configure(&with_di(before.clone(), |own| own.filter = 3), ms(1));
    assert_eq!(aspect(&it, Attribute::Counting), Value::Bool(false));
    it.configure(&with_di(before.clone(), |own| own.counting = false), ms(2));
    it.configure(&before, ms(3));
    assert_eq!(aspect(&it, Attribute::Counting), Value::Bool(true));
}

#[test]
fn no_edit_moves_the_line_of_an_output() {
    let before = settings(ChannelKind::Do, Mode::Do);
    let edits = [
        with_do(before.clone(), |own| own.inverted = true),
        with_do(before.clone(), |own| own.power_on = Preset::Set(false)),
        with_do(before.clone(), |own| own.safe = Preset::Set(false)),
        with_do(before.clone(), |own| own.pulse_on = 9),
        settings(ChannelKind::Do, Mode::Pulse),
    ];
    for after in edits {
        let mut it = channel(&before);
        assert!(write(&mut it, Attribute::Value, Value::Bool(true)).is_ok());
        obey(&mut it, ms(1));
        it.configure(&after, ms(2));
        assert_eq!(it.output(), Some(Output::Level(true)), "{after:?}");
        let OwnSettings::Do(own) = &after.own else { panic!("another kind") };
        assert_eq!(on(&it), !own.inverted);
    }
}

#[test]
fn leaving_the_pulse_mode_ends_the_train_and_written_widths_last_until_they_are_edited() {
    let before = settings(ChannelKind::Do, Mode::Pulse);
    let mut it = channel(&before);
    assert!(write(&mut it, Attribute::PulseOn, Value::U64(77)).is_ok());
    it.configure(&with_do(before.clone(), |own| own.safe = Preset::Set(true)), ms(1));
    assert_eq!(aspect(&it, Attribute::PulseOn), Value::U64(77));
    it.configure(&with_do(before.clone(), |own| own.pulse_off = 5), ms(2));
    assert_eq!(aspect(&it, Attribute::PulseOn), Value::U64(2000));
    assert!(write(&mut it, Attribute::Pulsing, Value::Bool(true)).is_ok());
    obey(&mut it, ms(3));
    it.configure(&settings(ChannelKind::Do, Mode::Do), ms(4));
    assert_eq!((it.output(), it.next_change()), (Some(Output::Level(false)), None));
    assert_eq!(aspect(&it, Attribute::Pulsing), Value::Bool(false));
}

#[test]
fn another_scale_shows_the_same_field_by_other_numbers() {
    let scale = Some(Scale::two_point((0.0, 10.0), (0.0, 100.0)).unwrap());
    let plain = settings(ChannelKind::Ai, Mode::Volt10);
    let mut it = channel(&with_ai(plain.clone(), |own| own.mean = 4));
    it.sense(Input::Field(2.5), ms(1));
    it.configure(&with_ai(plain, |own| own.scale = scale), ms(2));
    assert_eq!((number(&it), why(&it)), (25.0, GOOD));

    let plain = settings(ChannelKind::Ao, Mode::Volt10);
    let mut it = channel(&plain);
    assert!(write(&mut it, Attribute::Value, Value::F64(2.5)).is_ok());
    obey(&mut it, ms(1));
    it.configure(&with_ao(plain, |own| own.scale = scale), ms(2));
    assert_eq!((number(&it), it.output()), (25.0, Some(Output::Field(2.5))));

    let plain = settings(ChannelKind::Rtd, Mode::Pt100);
    let mut it = channel(&plain);
    it.sense(Input::Celsius(100.0), ms(1));
    it.configure(&with_temperature(plain, |own| (own.degrees, own.offset) = (Degrees::Fahrenheit, 1.0)), ms(2));
    assert_eq!((number(&it), why(&it)), (213.0, GOOD));
}

#[test]
fn another_range_begins_anew_unless_it_holds_the_present_output() {
    let mut it = channel(&settings(ChannelKind::Ai, Mode::Volt10));
    it.sense(Input::Field(5.0), ms(1));
    it.configure(&settings(ChannelKind::Ai, Mode::Milliamp20), ms(2));
    assert_eq!(why(&it), (Quality::Bad, Reason::NotYetRead));

    for (mode, keeps) in
        [(Mode::Milliamp4To20, true), (Mode::Volt10, false), (Mode::PlusMinus10, false), (Mode::Disabled, false)]
    {
        let mut it = channel(&settings(ChannelKind::Ao, Mode::Milliamp20));
        assert!(write(&mut it, Attribute::Value, Value::F64(5.0)).is_ok());
        obey(&mut it, ms(1));
        it.configure(&settings(ChannelKind::Ao, mode), ms(2));
        assert_eq!(it.output(), keeps.then_some(Output::Field(5.0)), "{mode}");
    }
    let mut low = channel(&settings(ChannelKind::Ao, Mode::Milliamp20));
    assert!(write(&mut low, Attribute::Value, Value::F64(1.0)).is_ok());
    low.configure(&settings(ChannelKind::Ao, Mode::Milliamp4To20), ms(2));
    assert_eq!(low.output(), None);
}

#[test]
fn switching_a_channel_off_ends_a_forcing() {
    let mut it = channel(&settings(ChannelKind::Tc, Mode::TypeK));
    assert!(it.force(Some(Value::F64(1.0)), ms(1)).is_ok());
    it.configure(&settings(ChannelKind::Tc, Mode::TypeJ), ms(2));
    assert_eq!(aspect(&it, Attribute::Forced), Value::Bool(true));
    it.configure(&settings(ChannelKind::Tc, Mode::Disabled), ms(3));
    it.configure(&settings(ChannelKind::Tc, Mode::TypeJ), ms(4));
    assert_eq!((aspect(&it, Attribute::Forced), why(&it)), (Value::Bool(false), (Quality::Bad, Reason::NotYetRead)));
}

#[test]
fn wear_outlasts_every_edit_of_a_relay() {
    let before = settings(ChannelKind::Relay, Mode::Relay);
    let mut it = channel(&before);
    it.driven(Output::Level(false), ms(1));
    it.driven(Output::Level(true), ms(2));
    it.configure(&with_relay(before, |own| (own.safe, own.power_on) = (Preset::Set(true), Preset::Set(true))), ms(3));
    assert_eq!((aspect(&it, Attribute::TotalCount), on(&it)), (Value::U64(1), true));
}

#[test]
fn of_another_kind_a_channel_begins_anew() {
    let mut it = channel(&settings(ChannelKind::Rtd, Mode::Pt100));
    it.sense(Input::Celsius(20.0), ms(1));
    it.configure(&settings(ChannelKind::Tc, Mode::TypeK), ms(2));
    assert_eq!(why(&it), (Quality::Bad, Reason::NotYetRead));
    it.configure(&settings(ChannelKind::Di, Mode::Di), ms(3));
    level(&mut it, true, ms(4));
    assert!(on(&it));
    // Safe mode is the module's, not the kind's.
    let mut it = channel(&settings(ChannelKind::Relay, Mode::Relay));
    it.set_safe(true, ms(5));
    it.configure(&with_do(settings(ChannelKind::Do, Mode::Do), |own| own.safe = Preset::Set(false)), ms(6));
    assert_eq!(it.output(), Some(Output::Level(false)));
    assert_eq!(write(&mut it, Attribute::Value, Value::Bool(true)), Err(Refusal::SafeMode));
}
