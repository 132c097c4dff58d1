use super::*;
use proptest::prelude::*;

fn codec(kind: ValueType, order: &str) -> Codec {
    Codec::new(kind, Order::parse(order, kind).unwrap(), 1)
}

#[track_caller]
#[allow(clippy::needless_pass_by_value)] // Tables read better without ampersands.
fn check(codec: &Codec, words: &[u16], expect: Option<Value>) {
    assert_eq!(codec.decode(words), expect, "{words:04X?}");
}

#[test]
fn the_same_number_in_every_order() {
    for (order, words) in
        [("ABCD", [0x4148, 0x0000]), ("CDAB", [0x0000, 0x4148]), ("BADC", [0x4841, 0x0000]), ("DCBA", [0x0000, 0x4841])]
    {
        check(&codec(ValueType::F32, order), &words, Some(Value::F32(12.5)));
        assert_eq!(codec(ValueType::F32, order).encode(&Value::F64(12.5)).unwrap().as_slice(), words);
    }
    check(&codec(ValueType::U16, "BA"), &[0x0100], Some(Value::U64(1)));
    check(&codec(ValueType::I16, "AB"), &[0xFFFE], Some(Value::I64(-2)));
    check(&codec(ValueType::I32, "CDAB"), &[0xFFFE, 0xFFFF], Some(Value::I64(-2)));
    check(&codec(ValueType::U64, "GHEFCDAB"), &[1, 0, 0, 0], Some(Value::U64(1)));
    check(&codec(ValueType::I64, "ABCDEFGH"), &[0xFFFF; 4], Some(Value::I64(-1)));
    check(&codec(ValueType::U64, "ABCDEFGH"), &[0xFFFF; 4], Some(Value::U64(u64::MAX)));
}

#[test]
fn bcd_has_digits_only() {
    check(&codec(ValueType::Bcd16, "AB"), &[0x1234], Some(Value::U64(1234)));
    check(&codec(ValueType::Bcd16, "AB"), &[0x12A4], None);
    check(&codec(ValueType::Bcd32, "CDAB"), &[0x5678, 0x1234], Some(Value::U64(12_345_678)));
    assert_eq!(codec(ValueType::Bcd32, "ABCD").encode(&Value::U64(98_765_432)).unwrap().as_slice(), [0x9876, 0x5432]);
    assert!(codec(ValueType::Bcd16, "AB").encode(&Value::U64(10_000)).is_err());
}

#[test]
fn a_bit_is_counted_from_the_least_significant() {
    let bit = codec(ValueType::Bool, "AB").with_bit(4);
    check(&bit, &[0b1_0000], Some(Value::Bool(true)));
    check(&bit, &[0b10_1111], Some(Value::Bool(false)));
    assert_eq!(bit.set_bit(0xFFFF, false), 0xFFEF);
    assert_eq!(bit.set_bit(0, true), 0x10);
    let swapped = codec(ValueType::Bool, "BA").with_bit(0);
    check(&swapped, &[0x0100], Some(Value::Bool(true)));
    assert_eq!(swapped.set_bit(0, true), 0x0100);
    check(&Codec::new(ValueType::Bool, Order::BIG_ENDIAN, 1), &[1], Some(Value::Bool(true)));
}

#[test]
fn strings_end_at_nul_and_lose_trailing_blanks() {
    let name = Codec::new(ValueType::String, Order::BIG_ENDIAN, 3);
    let said = |text: &str| Some(Value::Text(text.into()));
    check(&name, &[0x4142, 0x4300, 0x4444], said("ABC"));
    check(&name, &[0x4142, 0x2020, 0x2020], said("AB"));
    check(&name, &[0x2041, 0x2042, 0x2000], said(" A B"));
    check(&name, &[0, 0, 0], said(""));
    check(&name, &[0xEC98, 0xA8EB, 0x8F84], said("온도"));
    check(&name, &[0xEC98, 0x4100, 0], None);
    assert_eq!(name.encode(&Value::Text("AB".into())).unwrap().as_slice(), [0x4142, 0, 0]);
    assert!(name.encode(&Value::Text("ABCDEFG".into())).is_err());
    assert!(name.encode(&Value::Text("A\0B".into())).is_err());
}

#[test]
fn sentinels_and_what_is_no_number_are_invalid() {
    let i16s =
        codec(ValueType::I16, "AB").with_scale(Scale::linear(0.1, 0.0).unwrap()).with_invalid(&[Value::I64(-32768)]);
    check(&i16s, &[0x8000], None);
    check(&i16s, &[0x8001], Some(Value::F64(-3276.7)));
    let f32s = codec(ValueType::F32, "ABCD").with_invalid(&[Value::F64(-9999.9)]);
    let words = |x: f32| [low16(u64::from(x.to_bits() >> 16)), low16(u64::from(x.to_bits() & 0xFFFF))];
    check(&f32s, &words(-9999.9), None);
    check(&f32s, &words(-9999.8), Some(Value::F32(-9999.8)));
    check(&f32s, &words(f32::NAN), None);
    check(&f32s, &words(f32::NEG_INFINITY), None);
    // Neighbours of a large sentinel must not be swallowed by double precision.
    let i64s = codec(ValueType::I64, "ABCDEFGH").with_invalid(&[Value::U64(u64::from(u32::MAX) << 31 | 0x7FFF_FFFF)]);
    check(&i64s, &[0x7FFF, 0xFFFF, 0xFFFF, 0xFFFF], None);
    check(&i64s, &[0x7FFF, 0xFFFF, 0xFFFF, 0xFFFE], Some(Value::I64(i64::MAX - 1)));
    let top = codec(ValueType::U64, "ABCDEFGH").with_invalid(&[Value::F64(18_446_744_073_709_551_615.0)]);
    check(&top, &[0xFFFF; 4], None);
    check(&codec(ValueType::U16, "AB"), &[1, 2], None);
    check(&codec(ValueType::U32, "ABCD"), &[1], None);
}

#[track_caller]
#[allow(clippy::needless_pass_by_value)] // As above.
fn writes(codec: &Codec, given: Value, expect: Option<&[u16]>) {
    let words = codec.encode(&given);
    assert_eq!(words.as_deref().ok(), expect, "{given:?}: {words:?}");
}

#[test]
fn a_write_inverts_the_scale_rounds_and_refuses() {
    let tenth = codec(ValueType::I16, "AB").with_scale(Scale::linear(0.1, 0.0).unwrap());
    writes(&tenth, Value::F64(23.4), Some(&[234]));
    writes(&tenth, Value::F64(0.25), Some(&[3]));
    writes(&tenth, Value::F64(-0.25), Some(&[0xFFFD]));
    writes(&tenth, Value::F64(3276.7), Some(&[0x7FFF]));
    writes(&tenth, Value::F64(3276.8), None);
    writes(&tenth, Value::F64(f64::NAN), None);
    let limited = tenth.clone().with_write_limits(Some(0.0), Some(100.0));
    writes(&limited, Value::U64(100), Some(&[1000]));
    writes(&limited, Value::F64(100.1), None);
    writes(&limited, Value::I64(-1), None);
    let u64s = codec(ValueType::U64, "ABCDEFGH");
    writes(&u64s, Value::Text("18446744073709551615".into()), Some(&[0xFFFF; 4]));
    writes(&u64s, Value::F64(18_446_744_073_709_551_616.0), None);
    writes(&u64s, Value::I64(-1), None);
    writes(&codec(ValueType::U16, "AB"), Value::F64(2.5), Some(&[3]));
    writes(&codec(ValueType::U16, "AB"), Value::Bool(true), None);
    writes(&codec(ValueType::F32, "ABCD"), Value::F64(1e39), None);
    writes(&Codec::new(ValueType::Bool, Order::BIG_ENDIAN, 1), Value::U64(1), Some(&[1]));
}

fn any_value() -> impl Strategy<Value = (ValueType, Value)> {
    prop_oneof![
        any::<bool>().prop_map(|on| (ValueType::Bool, Value::Bool(on))),
        any::<u16>().prop_map(|n| (ValueType::U16, Value::U64(n.into()))),
        any::<i16>().prop_map(|n| (ValueType::I16, Value::I64(n.into()))),
        any::<u32>().prop_map(|n| (ValueType::U32, Value::U64(n.into()))),
        any::<i32>().prop_map(|n| (ValueType::I32, Value::I64(n.into()))),
        any::<u64>().prop_map(|n| (ValueType::U64, Value::U64(n))),
        any::<i64>().prop_map(|n| (ValueType::I64, Value::I64(n))),
        prop::num::f32::NORMAL.prop_map(|x| (ValueType::F32, Value::F32(x))),
        prop::num::f64::NORMAL.prop_map(|x| (ValueType::F64, Value::F64(x))),
        (0u64..10_000).prop_map(|n| (ValueType::Bcd16, Value::U64(n))),
        (0u64..100_000_000).prop_map(|n| (ValueType::Bcd32, Value::U64(n))),
        "[a-zA-Z0-9가-힣]{0,5}".prop_map(|text| (ValueType::String, Value::Text(text.into()))),
    ]
}

proptest! {
    #[test]
    fn words_round_trip_for_every_type_and_order((kind, value) in any_value(), letters in 0usize..8, bit in 0u8..16) {
        let orders: Vec<Order> = ["ABCDEFGH", "GHEFCDAB", "BADCFEHG", "HGFEDCBA", "CDABGHEF", "EFGHABCD", "DCBAHGFE", "FEHGBADC"]
            .iter()
            .map(|word| Order::parse(word, ValueType::U64).unwrap())
            .collect();
        let codec = Codec::new(kind, orders[letters], 8);
        let words = codec.encode(&value).unwrap();
        prop_assert_eq!(words.len(), usize::from(codec.registers()));
        prop_assert_eq!(codec.decode(&words), Some(value));
        let flag = Codec::new(ValueType::Bool, orders[letters], 1).with_bit(bit);
        prop_assert_eq!(flag.decode(&[flag.set_bit(0xA5A5, true)]), Some(Value::Bool(true)));
        prop_assert_eq!(flag.decode(&[flag.set_bit(0xA5A5, false)]), Some(Value::Bool(false)));
    }

    #[test]
    fn decoding_never_panics(words in proptest::collection::vec(any::<u16>(), 0..9), at in 0usize..12, length in 0u16..9) {
        let codec = Codec::new(ValueType::ALL[at], Order::parse_device("little-endian").unwrap(), length)
            .with_scale(Scale::linear(1e300, 1.0).unwrap());
        if let Some(Value::F64(x)) = codec.decode(&words) {
            prop_assert!(x.is_finite());
        }
    }

    #[test]
    fn a_scaled_write_reads_back(raw in any::<i16>(), gain in prop_oneof![Just(0.1), Just(0.01), Just(-0.5), Just(3.0)], offset in -100i32..100) {
        let codec = codec(ValueType::I16, "AB").with_scale(Scale::linear(gain, f64::from(offset)).unwrap());
        let word = [raw.cast_unsigned()];
        let value = codec.decode(&word).unwrap();
        let back = codec.encode(&value).unwrap();
        prop_assert_eq!(back.as_slice(), word);
    }
}
