//! Outputs: what is asked for, what is shown, presets, safe mode, wear.

use super::*;
use crate::channel::signal::Kept;
use crate::tag::scale::Scale;

fn digital() -> ChannelSettings {
    settings(ChannelKind::Do, Mode::Do)
}

fn analog(mode: Mode) -> ChannelSettings {
    settings(ChannelKind::Ao, mode)
}

/// 0..100 % over 4..20 mA.
fn percent() -> ChannelSettings {
    with_ao(analog(Mode::Milliamp4To20), |own| {
        own.scale = Some(Scale::two_point((4.0, 20.0), (0.0, 100.0)).unwrap());
    })
}

#[test]
fn a_value_shows_only_what_the_hardware_took() {
    let mut it = channel(&digital());
    assert_eq!((it.output(), why(&it)), (None, (Quality::Bad, Reason::NotYetRead)));
    it.driven(Output::Level(false), ms(1));
    assert_eq!(write(&mut it, Attribute::Value, Value::Bool(true)), Ok(Value::Bool(true)));
    assert!(!on(&it));
    assert_eq!(obey(&mut it, ms(7)), Some(Output::Level(true)));
    assert!(on(&it));
    assert_eq!((why(&it), state(&it).at), (GOOD, Some(ms(7))));
    it.fail(Reason::NoModule);
    assert_eq!(why(&it), (Quality::Bad, Reason::NoModule));
    assert_eq!(it.output(), Some(Output::Level(true)));
    obey(&mut it, ms(9));
    assert_eq!(why(&it), GOOD);
}

#[test]
fn inverted_outputs_are_off_where_the_line_is_high() {
    let mut it = channel(&with_do(digital(), |own| own.inverted = true));
    it.driven(Output::Level(true), ms(1));
    assert_eq!(value(&it), Some(Value::Bool(false)));
    assert!(write(&mut it, Attribute::Value, Value::Bool(true)).is_ok());
    assert_eq!(it.output(), Some(Output::Level(false)));
}

#[test]
fn power_on_values_are_set_and_hold_leaves_the_hardware_alone() {
    let mut it = channel(&with_do(digital(), |own| own.power_on = Preset::Set(true)));
    it.power_on();
    assert_eq!(it.output(), Some(Output::Level(true)));
    let mut it = channel(&digital());
    it.power_on();
    assert_eq!(it.output(), None);
    let mut it = channel(&with_relay(settings(ChannelKind::Relay, Mode::Relay), |own| {
        own.power_on = Preset::Set(true);
    }));
    it.power_on();
    assert_eq!(it.output(), Some(Output::Level(true)));
    let mut it = channel(&with_ao(percent(), |own| own.power_on = Preset::Set(25.0)));
    it.power_on();
    assert_eq!(it.output(), Some(Output::Field(8.0)));
}

#[test]
fn safe_mode_drives_the_safe_value_refuses_writes_and_leaves_it_there() {
    let mut it = channel(&with_do(digital(), |own| own.safe = Preset::Set(false)));
    assert!(write(&mut it, Attribute::Value, Value::Bool(true)).is_ok());
    obey(&mut it, ms(1));
    it.set_safe(true, ms(2));
    assert_eq!(aspect(&it, Attribute::SafeMode), Value::Bool(true));
    assert_eq!(obey(&mut it, ms(2)), Some(Output::Level(false)));
    assert_eq!(write(&mut it, Attribute::Value, Value::Bool(true)), Err(Refusal::SafeMode));
    it.set_safe(true, ms(3));
    it.set_safe(false, ms(4));
    assert_eq!(aspect(&it, Attribute::SafeMode), Value::Bool(false));
    assert_eq!(it.output(), Some(Output::Level(false)));
    assert!(write(&mut it, Attribute::Value, Value::Bool(true)).is_ok());
    assert_eq!(it.output(), Some(Output::Level(true)));
}

#[test]
fn a_safe_value_goes_before_the_power_on_value() {
    let presets = |own: &mut RelaySettings| (own.power_on, own.safe) = (Preset::Set(true), Preset::Set(false));
    let mut it = channel(&with_relay(settings(ChannelKind::Relay, Mode::Relay), presets));
    it.set_safe(true, ms(1));
    it.power_on();
    assert_eq!(it.output(), Some(Output::Level(false)));
}

#[test]
fn held_in_safe_mode_an_output_stays_and_a_train_ends_off() {
    let mut it = channel(&digital());
    it.driven(Output::Level(true), ms(1));
    it.set_safe(true, ms(2));
    assert_eq!(it.output(), Some(Output::Level(true)));

    let mut it = channel(&settings(ChannelKind::Do, Mode::Pulse));
    assert!(write(&mut it, Attribute::Pulsing, Value::Bool(true)).is_ok());
    obey(&mut it, ms(1));
    it.set_safe(true, ms(2));
    assert_eq!((it.output(), aspect(&it, Attribute::Pulsing)), (Some(Output::Level(false)), Value::Bool(false)));
    for (attribute, value) in [(Attribute::Pulsing, Value::Bool(true)), (Attribute::PulseOn, Value::U64(5))] {
        assert_eq!(write(&mut it, attribute, value), Err(Refusal::SafeMode));
    }
}

#[test]
fn a_safe_value_edited_while_it_holds_is_driven_at_once() {
    let before = with_do(digital(), |own| own.safe = Preset::Set(false));
    let mut it = channel(&before);
    it.set_safe(true, ms(1));
    it.configure(&with_do(before.clone(), |own| own.safe = Preset::Set(true)), ms(2));
    assert_eq!(it.output(), Some(Output::Level(true)));
    it.configure(&with_do(before, |own| (own.safe, own.inverted) = (Preset::Set(true), true)), ms(3));
    assert_eq!(it.output(), Some(Output::Level(false)));
    let mut it = channel(&with_ao(percent(), |own| own.safe = Preset::Set(50.0)));
    it.set_safe(true, ms(1));
    assert_eq!(it.output(), Some(Output::Field(12.0)));
    it.configure(&with_ao(analog(Mode::Milliamp4To20), |own| own.safe = Preset::Set(6.0)), ms(2));
    assert_eq!(it.output(), Some(Output::Field(6.0)));
}

#[test]
fn closings_of_a_relay_are_counted_when_its_contact_closed() {
    let kept = Some(Kept { count: 1_000, since_reset: 10 });
    let mut it = Channel::new(&settings(ChannelKind::Relay, Mode::Relay), kept, us(0));
    let worn = |it: &Channel| {
        (aspect(it, Attribute::TotalCount).as_f64().unwrap(), aspect(it, Attribute::CurrentCount).as_f64().unwrap())
    };
    // Found closed after a restart: no closing. Driven twice, or only asked for: none.
    it.driven(Output::Level(true), ms(1));
    it.driven(Output::Level(true), ms(2));
    assert!(write(&mut it, Attribute::Value, Value::Bool(false)).is_ok());
    obey(&mut it, ms(3));
    assert!(write(&mut it, Attribute::Value, Value::Bool(true)).is_ok());
    assert_eq!(worn(&it), (1_000.0, 10.0));
    obey(&mut it, ms(4));
    assert_eq!(worn(&it), (1_001.0, 11.0));
    assert!(write(&mut it, Attribute::ResetCurrentCount, Value::U64(1)).is_ok());
    assert_eq!(worn(&it), (1_001.0, 0.0));
    assert_eq!(it.kept(), Some(Kept { count: 1_001, since_reset: 0 }));
    assert!(on(&it));
}

#[test]
fn analog_outputs_take_scaled_values_and_raw_ones() {
    let mut it = channel(&percent());
    for (attribute, written, field, raw) in [
        (Attribute::Value, Value::F64(0.0), 4.0, 0),
        (Attribute::Value, Value::U64(100), 20.0, 65_535),
        (Attribute::Value, Value::F64(33.3), 9.328, 21_823),
        (Attribute::Raw, Value::U64(0), 4.0, 0),
        (Attribute::Raw, Value::U64(65_535), 20.0, 65_535),
        (Attribute::Raw, Value::U64(13_107), 7.2, 13_107),
    ] {
        assert_eq!(write(&mut it, attribute, written.clone()), Ok(written.clone()));
        let Some(Output::Field(x)) = obey(&mut it, ms(1)) else { panic!("no output") };
        assert!((x - field).abs() < 1e-9, "{x} is not {field}");
        assert_eq!(aspect(&it, Attribute::Raw), Value::U64(raw));
        if attribute == Attribute::Value {
            assert!(value(&it).unwrap().same(&written), "{:?} is not {written}", value(&it));
        }
    }
    for value in [-0.001, 100.001, f64::NAN] {
        assert_eq!(write(&mut it, Attribute::Value, Value::F64(value)), Err(Refusal::Unfit));
    }
}

#[test]
fn a_written_tenth_is_shown_as_it_was_written() {
    for (mode, from, to) in [
        (Mode::Milliamp4To20, (4.0, 20.0), (0.0, 100.0)),
        (Mode::Volt10, (0.0, 10.0), (-50.0, 150.0)),
        (Mode::Milliamp20, (0.0, 20.0), (100.0, 3.0)),
        (Mode::PlusMinus10, (-10.0, 10.0), (-0.3, 0.7)),
    ] {
        let scale = Some(Scale::two_point(from, to).unwrap());
        let mut it = channel(&with_ao(analog(mode), |own| own.scale = scale));
        let (low, high) = (to.0.min(to.1), to.0.max(to.1));
        for written in (-500..=1500).map(|tenth| f64::from(tenth) / 10.0).filter(|x| (low..=high).contains(x)) {
            assert!(write(&mut it, Attribute::Value, Value::F64(written)).is_ok(), "{mode} {written}");
            obey(&mut it, ms(1));
            assert_eq!(number(&it).to_bits(), written.to_bits(), "{mode} {written}: {}", number(&it));
        }
    }
}

#[test]
fn an_open_load_is_a_fault_until_the_output_flows_again() {
    let mut it = channel(&percent());
    assert!(write(&mut it, Attribute::Value, Value::F64(50.0)).is_ok());
    obey(&mut it, ms(1));
    it.sense(Input::Open, ms(2));
    assert_eq!(aspect(&it, Attribute::Status), Value::Text("fault".into()));
    assert_eq!((why(&it), number(&it)), ((Quality::Uncertain, Reason::Fault), 50.0));
    it.sense(Input::Field(12.0), ms(3));
    assert_eq!((why(&it), aspect(&it, Attribute::Status)), (GOOD, Value::Text("normal".into())));
}
