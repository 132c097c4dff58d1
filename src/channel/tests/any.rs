//! Any order of events and commands.

use super::*;
use crate::channel::signal::CountWidth;
use proptest::prelude::*;

/// Something that happens to a channel.
#[derive(Debug, Clone)]
enum Happening {
    Sense(Input),
    Fail,
    Write(Attribute, Value),
    Advance,
    Obey,
    Safe(bool),
    Force(Option<Value>),
    PowerOn,
    Mode(usize),
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        (0u64..70_000).prop_map(Value::U64),
        any::<f64>().prop_map(Value::F64),
        (-20.0..30.0).prop_map(Value::F64),
    ]
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        any::<bool>().prop_map(Input::Level),
        any::<u32>().prop_map(|now| Input::Count { now, width: CountWidth::Bits16 }),
        (-30.0..30.0).prop_map(Input::Field),
        any::<f64>().prop_map(Input::Field),
        any::<f64>().prop_map(Input::Ohm),
        (0.0..400.0).prop_map(Input::Ohm),
        (any::<f64>(), prop::option::of(any::<f64>()))
            .prop_map(|(mv, cold_junction)| Input::Millivolt { mv, cold_junction }),
        any::<f64>().prop_map(Input::Celsius),
        Just(Input::Open),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => input().prop_map(Happening::Sense),
        1 => Just(Happening::Fail),
        3 => (prop::sample::select(Attribute::ALL.to_vec()), value()).prop_map(|(at, value)| Happening::Write(at, value)),
        2 => value().prop_map(|value| Happening::Write(Attribute::Value, value)),
        2 => Just(Happening::Advance),
        3 => Just(Happening::Obey),
        1 => any::<bool>().prop_map(Happening::Safe),
        1 => prop::option::of(value()).prop_map(Happening::Force),
        1 => Just(Happening::PowerOn),
        1 => (0usize..20).prop_map(Happening::Mode),
    ]
}

/// Lets it happen; whether somebody was allowed to say what an output shows.
fn happen(it: &mut Channel, kind: ChannelKind, what: &Happening, at: Stamp) -> bool {
    match what {
        Happening::Sense(input) => it.sense(*input, at),
        Happening::Fail => it.fail(Reason::NoModule),
        // Wear is counted anew whoever holds the contact.
        Happening::Write(attribute, value) => {
            return it.write(*attribute, value, at).is_ok() && *attribute != Attribute::ResetCurrentCount;
        }
        Happening::Advance => it.advance(at),
        Happening::Obey => drop(obey(it, at)),
        Happening::Safe(on) => it.set_safe(*on, at),
        Happening::Force(value) => return it.force(value.clone(), at).is_ok() && value.is_some(),
        Happening::PowerOn => it.power_on(),
        Happening::Mode(index) => {
            let modes = kind.modes();
            it.configure(&safe_off(settings(kind, modes[index % modes.len()])), at);
        }
    }
    false
}

/// The same settings with off, or the low end of the range, as the safe value.
fn safe_off(settings: ChannelSettings) -> ChannelSettings {
    match settings.kind {
        ChannelKind::Do => with_do(settings, |own| own.safe = Preset::Set(false)),
        ChannelKind::Relay => with_relay(settings, |own| own.safe = Preset::Set(false)),
        ChannelKind::Ao => {
            let low = settings.write_limits().map_or(0.0, |(low, _)| low);
            with_ao(settings, |own| own.safe = Preset::Set(low))
        }
        _ => settings,
    }
}

proptest! {
    #[test]
    fn no_order_of_events_and_commands_is_too_strange(
        happenings in prop::collection::vec((happening(), 0u64..3_000), 0..60)
    ) {
        for kind in ChannelKind::ALL {
            let mut it = channel(&safe_off(settings(kind, kind.modes()[0])));
            let mut now = 0;
            for (what, later) in &happenings {
                now += later;
                happen(&mut it, kind, what, us(now));
                let (reading, aspects) = it.report();
                let mut state = TagState::default();
                state.apply(reading);
                // What is good is a number, or on, or off.
                if state.quality == Quality::Good {
                    prop_assert!(state.value.as_ref().and_then(Value::as_f64).is_some_and(f64::is_finite));
                }
                prop_assert_eq!(it.output().is_some() && !kind.is_output(), false);
                prop_assert!(!(aspects.forced && aspects.safe_mode));
            }
        }
    }

    #[test]
    fn in_safe_mode_nothing_moves_an_output_and_after_it_only_a_command_does(
        happenings in prop::collection::vec((happening(), 0u64..3_000), 0..60)
    ) {
        for kind in [ChannelKind::Do, ChannelKind::Relay, ChannelKind::Ao] {
            let mut it = channel(&safe_off(settings(kind, kind.modes()[0])));
            let (mut now, mut still, mut mode) = (0, false, kind.modes()[0]);
            for (what, later) in &happenings {
                now += later;
                let said = happen(&mut it, kind, what, us(now));
                if let Happening::Mode(index) = what {
                    mode = kind.modes()[index % kind.modes().len()];
                }
                still = match what {
                    Happening::Safe(true) => true,
                    // Power comes on at boot; another range may not know the value.
                    Happening::PowerOn | Happening::Mode(_) => still && it.report().1.safe_mode,
                    _ => still && !said,
                };
                if it.report().1.safe_mode {
                    prop_assert!(!said, "{kind} {what:?} was taken in safe mode");
                }
                let safe = match settings(kind, mode).write_limits() {
                    Some((low, _)) => Some(Output::Field(low)),
                    None => (kind != ChannelKind::Ao).then_some(Output::Level(false)),
                };
                if still {
                    prop_assert_eq!(it.output(), safe, "{} {} {:?}", kind, mode, what);
                }
            }
        }
    }

    #[test]
    fn every_raw_number_comes_back_from_every_range(raw in any::<u16>()) {
        for mode in ChannelKind::Ao.modes().iter().filter(|mode| **mode != Mode::Disabled) {
            let mut it = channel(&settings(ChannelKind::Ao, *mode));
            let written = Value::U64(raw.into());
            prop_assert!(write(&mut it, Attribute::Raw, written.clone()).is_ok());
            let Some(Output::Field(x)) = obey(&mut it, ms(1)) else { panic!("no output") };
            prop_assert_eq!(aspect(&it, Attribute::Raw), written.clone());
            // An input of the same range sees the same number.
            let mut seen = channel(&settings(ChannelKind::Ai, *mode));
            seen.sense(Input::Field(x), ms(2));
            prop_assert_eq!(aspect(&seen, Attribute::Raw), written);
        }
    }
}
