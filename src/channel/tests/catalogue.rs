//! The whole catalogue: every kind, mode and attribute.

use super::*;
use crate::tag::def::TagDef;

/// An attribute that is written beside `value`, what it takes, and what is refused for its range.
struct Written {
    attribute: Attribute,
    good: &'static [f64],
    refused: &'static [f64],
}

const WRITTEN: &[Written] = &[
    Written { attribute: Attribute::Raw, good: &[0.0, 65_535.0], refused: &[-1.0, 65_536.0, 0.5] },
    Written { attribute: Attribute::Count, good: &[0.0, 4_294_967_295.0], refused: &[-1.0, 4_294_967_296.0, 1.5] },
    Written { attribute: Attribute::Counting, good: &[0.0, 1.0], refused: &[2.0, -1.0] },
    Written { attribute: Attribute::ClearOverflow, good: &[1.0], refused: &[0.0, 2.0] },
    Written { attribute: Attribute::Pulsing, good: &[1.0, 0.0], refused: &[2.0] },
    Written { attribute: Attribute::PulseCount, good: &[0.0, 65_535.0], refused: &[-1.0, 65_536.0] },
    Written { attribute: Attribute::PulseOn, good: &[1.0, 65_535.0], refused: &[0.0, 65_536.0] },
    Written { attribute: Attribute::PulseOff, good: &[1.0, 65_535.0], refused: &[0.0, 65_536.0] },
    Written { attribute: Attribute::ResetCurrentCount, good: &[1.0], refused: &[0.0, 2.0] },
];

fn every(mut check: impl FnMut(ChannelKind, Mode, Channel)) {
    for kind in ChannelKind::ALL {
        for mode in kind.modes() {
            check(kind, *mode, channel(&settings(kind, *mode)));
        }
    }
}

#[test]
fn every_attribute_of_a_kind_is_there_to_be_read_in_every_mode() {
    let elsewhere = [Attribute::Mode, Attribute::ClearOverflow, Attribute::ResetCurrentCount];
    every(|kind, mode, it| {
        for attribute in Attribute::ALL {
            let read = it.report().1.get(attribute).is_some();
            let here = kind.has(attribute) && !elsewhere.contains(&attribute);
            // Safe mode is told of every channel; only outputs have it as an attribute.
            assert_eq!(read, here || attribute == Attribute::SafeMode, "{kind} {mode} {attribute}");
        }
    });
}

#[test]
fn every_writable_attribute_takes_its_range_in_its_mode_and_no_other() {
    let mut pairs = 0;
    every(|kind, mode, mut it| {
        for written in WRITTEN.iter().filter(|written| kind.can_write(written.attribute)) {
            pairs += 1;
            let attribute = written.attribute;
            for x in written.good {
                let value = TagDef::accept_for(attribute, Value::F64(*x)).unwrap();
                let expect = if kind.writes_in(attribute, mode) { Ok(value.clone()) } else { Err(Refusal::WrongMode) };
                assert_eq!(write(&mut it, attribute, value), expect, "{kind} {mode} {attribute} {x}");
            }
            for x in written.refused {
                let refused = TagDef::accept_for(attribute, Value::F64(*x)).map_err(|error| error.to_string());
                let told = refused.expect_err("a value beyond the range");
                assert!(told.contains(&x.to_string()), "{kind} {mode} {attribute} {x}: {told}");
            }
        }
    });
    // DI 2 x 3, DO 2 x 4, relay 1, AO 5.
    assert_eq!(pairs, 20);
}

#[test]
fn what_was_written_is_what_is_read() {
    every(|kind, mode, mut it| {
        for written in WRITTEN.iter().filter(|written| kind.can_write(written.attribute)) {
            let attribute = written.attribute;
            if attribute.is_command() || !kind.writes_in(attribute, mode) {
                continue;
            }
            for x in written.good {
                let value = TagDef::accept_for(attribute, Value::F64(*x)).unwrap();
                write(&mut it, attribute, value.clone()).unwrap();
                obey(&mut it, ms(1));
                assert!(aspect(&it, attribute).same(&value), "{kind} {mode} {attribute} {x}");
            }
        }
    });
}

#[test]
fn values_are_written_to_outputs_alone_and_within_their_range() {
    every(|kind, mode, mut it| {
        let ends = settings(kind, mode).write_limits();
        let (good, refused) = match ends {
            Some((low, high)) => (vec![Value::F64(low), Value::F64(high)], Some(Value::F64(high + 0.01))),
            None if kind.is_digital() => (vec![Value::Bool(false), Value::Bool(true)], Some(Value::F64(0.5))),
            None => (vec![Value::F64(1.0)], None),
        };
        for value in good {
            let expect = match (kind.is_output(), kind.writes_in(Attribute::Value, mode)) {
                (false, _) => Err(Refusal::NotWritable),
                (true, false) => Err(Refusal::WrongMode),
                (true, true) => Ok(value.clone()),
            };
            assert_eq!(write(&mut it, Attribute::Value, value.clone()), expect, "{kind} {mode}");
            if expect.is_ok() {
                assert!(obey(&mut it, ms(1)).is_some());
                assert!(super::value(&it).unwrap().same(&value), "{kind} {mode} {value}");
            }
        }
        if let (true, true, Some(beyond)) = (kind.is_output(), kind.writes_in(Attribute::Value, mode), refused) {
            assert_eq!(write(&mut it, Attribute::Value, beyond), Err(Refusal::Unfit), "{kind} {mode}");
        }
    });
}

#[test]
fn what_a_kind_does_not_have_or_cannot_write_is_refused() {
    every(|kind, mode, mut it| {
        for attribute in Attribute::ALL.into_iter().filter(|attribute| !kind.can_write(*attribute)) {
            let value = if kind.is_digital() { Value::Bool(true) } else { Value::F64(1.0) };
            let refused = write(&mut it, attribute, value);
            let expect = if kind == ChannelKind::Ao && mode == Mode::Disabled {
                Refusal::WrongMode
            } else {
                Refusal::NotWritable
            };
            assert_eq!(refused, Err(expect), "{kind} {mode} {attribute}");
        }
    });
}
