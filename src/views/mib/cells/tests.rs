//! What a tag's columns show, and what written ones mean.

use super::*;
use crate::tag::reading::{Raw, Reading};

fn def(origin: crate::tag::def::Origin, kind: ValueType) -> TagDef {
    TagDef {
        id: "id".to_owned(),
        unit: "V".to_owned(),
        description: "전압".to_owned(),
        source: 3,
        scaled: true,
        writable: true,
        ..TagDef::plain("g/n", kind, origin)
    }
}

fn modbus(kind: ValueType) -> TagDef {
    def(crate::tag::def::Origin::Modbus, kind)
}

fn good(value: Value) -> TagState {
    let mut state = TagState::default();
    let at = Stamp { unix_ms: 1_000, mono_us: 1_000_000 };
    state.apply(Reading::Good { value, raw: Raw::from_slice(&[0x0102, 3]), at });
    state
}

#[track_caller]
fn check(cell: TagCell, def: &TagDef, state: &TagState, expect: Option<MibValue>) {
    let now = Stamp { unix_ms: 3_000, mono_us: 3_000_000 };
    assert_eq!(cell.show(def, state, 7, || now), expect, "{cell:?}");
}

#[test]
fn numbers_are_texts_and_thousandths() {
    let (tag, state) = (modbus(ValueType::F32), good(Value::F32(23.4)));
    check(As(A::Value), &tag, &state, Some(MibValue::text("23.4")));
    check(Thousandths(A::Value), &tag, &state, Some(MibValue::Integer(23_400)));
    check(As(A::Raw), &tag, &state, Some(MibValue::Octets(vec![1, 2, 0, 3])));
    check(As(A::AgeMs), &tag, &state, Some(MibValue::Gauge(2_000)));
    check(TagCell::Alias, &tag, &state, Some(MibValue::text("전압")));
    check(Thousandths(A::Value), &tag, &good(Value::F64(-1.0)), Some(MibValue::Integer(-1_000)));
    check(Thousandths(A::Value), &tag, &good(Value::F64(3e6)), None);
    check(As(A::Value), &modbus(ValueType::Bool), &good(Value::Bool(true)), Some(MibValue::text("1")));
    let unread = TagState::default();
    check(As(A::Value), &tag, &unread, Some(MibValue::text("")));
    check(Thousandths(A::Value), &tag, &unread, None);
    check(As(A::Quality), &tag, &unread, Some(MibValue::Integer(2)));
    check(TagCell::ReasonCode, &tag, &unread, Some(MibValue::Integer(1)));
    check(As(A::Timestamp), &tag, &unread, None);
}

#[test]
fn a_channel_has_its_place_and_codes() {
    let origin = crate::tag::def::Origin::Channel { kind: ChannelKind::Di, mode: Mode::Counter };
    let tag = def(origin, ValueType::Bool);
    check(TagCell::Slot, &tag, &TagState::default(), Some(MibValue::Integer(7)));
    check(TagCell::Channel, &tag, &TagState::default(), Some(MibValue::Integer(3)));
    check(As(A::Mode), &tag, &TagState::default(), Some(MibValue::Integer(1)));
    check(As(A::Value), &tag, &good(Value::Bool(true)), Some(MibValue::Integer(1)));
    check(As(A::Value), &tag, &TagState::default(), None);
}

#[track_caller]
fn write(cell: TagCell, tag: &TagDef, value: MibValue, expect: Result<(Attribute, Value), Unwritable>) {
    assert_eq!(cell.written(tag, &value), expect, "{cell:?} {value:?}");
}

#[test]
fn what_is_written_has_its_type_and_range() {
    let tag = modbus(ValueType::F64);
    write(As(A::Value), &tag, MibValue::text(" 1.5"), Ok((A::Value, Value::F64(1.5))));
    write(As(A::Value), &tag, MibValue::text("-3"), Ok((A::Value, Value::I64(-3))));
    write(As(A::Value), &tag, MibValue::text("x"), Err(Unwritable::WrongValue));
    write(As(A::Value), &tag, MibValue::text("inf"), Err(Unwritable::WrongValue));
    write(As(A::Value), &tag, MibValue::Integer(3), Err(Unwritable::WrongType));
    write(Thousandths(A::Value), &tag, MibValue::Integer(1500), Ok((A::Value, Value::F64(1.5))));
    write(As(A::ResetMin), &tag, MibValue::Integer(1), Ok((A::ResetMin, Value::I64(1))));
    write(As(A::ResetMin), &tag, MibValue::Integer(2), Err(Unwritable::WrongValue));
    write(As(A::Quality), &tag, MibValue::Integer(0), Err(Unwritable::NotWritable));
    write(TagCell::Name, &tag, MibValue::text("x"), Err(Unwritable::NotWritable));
    let switch = modbus(ValueType::Bool);
    write(As(A::Value), &switch, MibValue::text("on"), Ok((A::Value, Value::Bool(true))));
    write(As(A::Value), &switch, MibValue::text("0"), Ok((A::Value, Value::U64(0))));
    write(As(A::Value), &modbus(ValueType::String), MibValue::text("온도"), Ok((A::Value, Value::Text("온도".into()))));
    let mut fixed = modbus(ValueType::U16);
    fixed.writable = false;
    write(As(A::Value), &fixed, MibValue::text("1"), Err(Unwritable::NotWritable));
    let origin = crate::tag::def::Origin::Channel { kind: ChannelKind::Do, mode: Mode::Pulse };
    let output = def(origin, ValueType::Bool);
    write(As(A::Value), &output, MibValue::Integer(1), Ok((A::Value, Value::I64(1))));
    write(As(A::Value), &output, MibValue::Integer(2), Err(Unwritable::WrongValue));
    write(As(A::Value), &output, MibValue::text("1"), Err(Unwritable::WrongType));
    write(As(A::PulseOn), &output, MibValue::Gauge(20), Ok((A::PulseOn, Value::U64(20))));
    write(As(A::PulseOn), &output, MibValue::Gauge(70_000), Err(Unwritable::WrongValue));
}

#[test]
fn every_writable_attribute_has_a_column() {
    for kind in ChannelKind::ALL {
        let columns = Table::Channel(kind).columns();
        for attribute in Attribute::ALL.into_iter().filter(|attribute| kind.can_write(*attribute)) {
            let found = columns.iter().any(|column| column.writable && column.cell == Cell::Tag(As(attribute)));
            assert!(found, "{kind} {attribute}");
        }
    }
}
