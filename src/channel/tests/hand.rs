//! Values held by a person's hand.

use super::*;

fn relay() -> ChannelSettings {
    with_relay(settings(ChannelKind::Relay, Mode::Relay), |own| own.safe = Preset::Set(false))
}

#[test]
fn a_forced_input_shows_the_value_as_uncertain_and_counts_the_field() {
    let mut it = channel(&settings(ChannelKind::Di, Mode::Counter));
    level(&mut it, false, ms(0));
    assert_eq!(it.force(Some(Value::Bool(true)), ms(1)), Ok(()));
    assert!(on(&it));
    assert_eq!(why(&it), (Quality::Uncertain, Reason::Forced));
    assert_eq!((aspect(&it, Attribute::Forced), count(&it)), (Value::Bool(true), 0));
    for at in 2..6 {
        level(&mut it, at % 2 == 0, ms(at));
    }
    assert!(on(&it));
    assert_eq!(count(&it), 2);
    it.fail(Reason::NoModule);
    assert_eq!(why(&it), (Quality::Uncertain, Reason::Forced));
    level(&mut it, false, ms(7));
    assert_eq!(it.force(None, ms(8)), Ok(()));
    assert!(!on(&it));
    assert_eq!((why(&it), aspect(&it, Attribute::Forced)), (GOOD, Value::Bool(false)));
}

#[test]
fn events_that_waited_while_a_value_was_forced_are_counted_by_their_own_times() {
    let filtered = with_di(settings(ChannelKind::Di, Mode::Counter), |own| own.filter = 2);
    let mut it = channel(&filtered);
    level(&mut it, false, ms(0));
    assert!(it.force(Some(Value::Bool(false)), ms(20)).is_ok());
    for at in [5, 10] {
        level(&mut it, true, ms(at));
        level(&mut it, false, ms(at + 2));
    }
    assert_eq!((count(&it), state(&it).at), (2, Some(ms(20))));
}

#[test]
fn a_forced_measurement_is_in_shown_units() {
    for kind in [ChannelKind::Ai, ChannelKind::Rtd, ChannelKind::Tc] {
        let mut it = channel(&settings(kind, kind.modes()[0]));
        assert_eq!(it.force(Some(Value::U64(42)), ms(1)), Ok(()));
        assert_eq!((number(&it), why(&it)), (42.0, (Quality::Uncertain, Reason::Forced)));
        assert_eq!(it.force(Some(Value::F64(f64::NAN)), ms(1)), Err(Refusal::Unfit));
        assert_eq!(it.force(Some(Value::Text("hot".into())), ms(1)), Err(Refusal::Unfit));
        assert_eq!(state(&it).at, Some(ms(1)));
    }
}

#[test]
fn a_forced_output_is_driven_refuses_writes_and_returns_to_what_was_written() {
    let mut it = channel(&relay());
    it.driven(Output::Level(false), ms(0));
    assert_eq!(it.force(Some(Value::Bool(true)), ms(1)), Ok(()));
    assert_eq!(obey(&mut it, ms(1)), Some(Output::Level(true)));
    assert!(on(&it));
    assert_eq!((why(&it), aspect(&it, Attribute::Forced)), (GOOD, Value::Bool(true)));
    assert_eq!(write(&mut it, Attribute::Value, Value::Bool(false)), Err(Refusal::Forced));
    assert_eq!(it.force(Some(Value::F64(3.0)), ms(1)), Err(Refusal::Unfit));
    // It was found off, and returns there.
    assert_eq!(it.force(None, ms(2)), Ok(()));
    assert_eq!(obey(&mut it, ms(2)), Some(Output::Level(false)));
    assert!(write(&mut it, Attribute::Value, Value::Bool(true)).is_ok());
}

#[test]
fn safe_mode_goes_before_a_persons_hand_and_ends_it() {
    let mut it = channel(&relay());
    assert!(it.force(Some(Value::Bool(true)), ms(1)).is_ok());
    obey(&mut it, ms(1));
    it.set_safe(true, ms(2));
    assert_eq!(obey(&mut it, ms(2)), Some(Output::Level(false)));
    assert_eq!(aspect(&it, Attribute::Forced), Value::Bool(false));
    assert_eq!(it.force(Some(Value::Bool(true)), ms(3)), Err(Refusal::SafeMode));
    it.set_safe(false, ms(4));
    assert_eq!(it.output(), Some(Output::Level(false)));
}

#[test]
fn safe_mode_that_holds_keeps_what_was_forced() {
    let mut it = channel(&settings(ChannelKind::Ao, Mode::Volt10));
    assert!(it.force(Some(Value::F64(7.5)), ms(1)).is_ok());
    obey(&mut it, ms(1));
    it.set_safe(true, ms(2));
    assert_eq!((it.output(), aspect(&it, Attribute::Forced)), (Some(Output::Field(7.5)), Value::Bool(false)));
    let mut it = channel(&settings(ChannelKind::Ao, Mode::Volt10));
    assert_eq!(it.force(Some(Value::F64(10.5)), ms(1)), Err(Refusal::Unfit));
}

#[test]
fn a_forcing_ends_a_train_of_pulses() {
    let mut it = channel(&settings(ChannelKind::Do, Mode::Pulse));
    assert!(write(&mut it, Attribute::Pulsing, Value::Bool(true)).is_ok());
    obey(&mut it, ms(1));
    assert!(it.force(Some(Value::Bool(true)), ms(2)).is_ok());
    assert_eq!((it.output(), it.next_change()), (Some(Output::Level(true)), None));
    assert_eq!(write(&mut it, Attribute::Pulsing, Value::Bool(true)), Err(Refusal::Forced));
    assert!(it.force(None, ms(3)).is_ok());
    assert_eq!(it.output(), Some(Output::Level(false)));
}
