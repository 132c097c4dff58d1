//! What is exported comes back as it was, whatever the tags hold; and no bytes at all make the reader fail.

use super::read;
use crate::tables::*;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn number() -> impl Strategy<Value = Json> {
    prop_oneof![
        any::<i32>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        (-1e6f64..1e6).prop_map(Json::from),
        any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(Json::from),
        Just(json!(0.1)),
        Just(json!(1.0)),
    ]
}

/// Any text, with what spreadsheets stumble over. A workbook knows no control characters but tab and line feed.
fn words(control: bool) -> impl Strategy<Value = String> {
    let any = prop::collection::vec(any::<char>(), 0..12).prop_map(move |letters| {
        let kept = letters.into_iter().filter(|c| control || !c.is_control());
        kept.collect::<String>()
    });
    let cases = [
        "=1+1",
        "'=x",
        "''",
        "+49",
        "-",
        "@a",
        "\ttab",
        "보일러, \"온도\"",
        " ",
        " x ",
        "a;b",
        "1",
        "0x10",
        "two\nlines",
        "\u{feff}",
    ];
    prop_oneof![any, prop::sample::select(cases.to_vec()).prop_map(str::to_owned)]
}

fn gain() -> impl Strategy<Value = Json> {
    number().prop_filter("not flat", |x| x.as_f64() != Some(0.0))
}

/// Any tag the document takes, with every member there or not, and in any explicit form.
fn tag(control: bool) -> impl Strategy<Value = Json> {
    let scale = prop_oneof![
        (gain(), prop::option::of(number())).prop_map(|(gain, offset)| match offset {
            Some(offset) => json!({"gain": gain, "offset": offset}),
            None => json!({"gain": gain}),
        }),
        number().prop_map(|offset| json!({"offset": offset})),
        (-1000..1000i32, 1..1000i32, -1e6..1e6f64, 1..1000i32)
            .prop_map(|(low, width, c, rise)| { json!({"from": [low, low + width], "to": [c, c + f64::from(rise)]}) }),
    ];
    let deadband =
        (0.0..1e3f64, any::<bool>()).prop_map(|(x, percent)| if percent { json!({"percent": x}) } else { json!(x) });
    let kinds = ["u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "bcd16", "bcd32", "bool", "string"];
    let some = |strategy: BoxedStrategy<Json>| prop::option::of(strategy).boxed();
    let first = (
        prop::sample::select(kinds.to_vec()),
        0..=1u8,
        0..60_000u16,
        some(words(control).prop_map(Json::from).boxed()),
        some(words(control).prop_map(|text| text.chars().take(30).collect::<String>().into()).boxed()),
        any::<Option<bool>>(),
        any::<Option<bool>>(),
        0..16u8,
        1..120u16,
        0..4usize,
    );
    let second = (
        some(scale.boxed()),
        some(deadband.boxed()),
        some(prop::collection::vec(number(), 0..4).prop_map(Json::Array).boxed()),
        some(prop_oneof![Just(0u32), 10..3_600_000u32].prop_map(Json::from).boxed()),
        some(number().boxed()),
        any::<bool>(),
    );
    (first, second).prop_map(|(first, second)| {
        let (kind, table, address, description, unit, enabled, writable, bit, length, order) = first;
        let (scale, deadband, invalid, poll, limit, nulls) = second;
        let numeric = kind != "bool" && kind != "string";
        let bits = kind == "bool" && bit % 2 == 0;
        let mut tag = json!({"table": match (bits, table) { (true, _) => "coil", (_, 0) => "holding", _ => "input" },
            "address": address, "type": kind});
        let mut put = |name: &str, value: Option<Json>| match value {
            Some(value) => tag[name] = value,
            None if nulls => tag[name] = Json::Null,
            None => (),
        };
        put("description", description);
        put("unit", unit);
        put("enabled", enabled.map(Json::from));
        put("writable", writable.filter(|_| bits || table == 0).map(Json::from));
        put("bit", (kind == "bool" && !bits).then(|| bit.into()));
        put("length", (kind == "string").then(|| length.into()));
        put("scale", scale.filter(|_| numeric));
        put("deadband", deadband.filter(|_| numeric));
        put("invalid", invalid.filter(|_| numeric));
        put("poll_ms", poll);
        put("write_min", limit.clone().filter(|_| numeric));
        put("write_max", limit.filter(|_| numeric));
        let words: &[&str] = match kind {
            "u16" | "i16" | "bcd16" => &["AB", "BA"],
            "u32" | "i32" | "f32" | "bcd32" => &["ABCD", "CDAB", "BADC"],
            "u64" | "i64" | "f64" => &["ABCDEFGH", "GHEFCDAB", "FEHGBADC"],
            _ => &[],
        };
        put("order", words.get(order).map(|word| (*word).into()));
        tag
    })
}

/// Tags of a device: names and ids of their own, in the order the document happens to have.
fn device(control: bool) -> impl Strategy<Value = Vec<Json>> {
    prop::collection::vec(tag(control), 1..6).prop_map(|tags| {
        let named = tags.into_iter().enumerate().map(|(at, mut tag)| {
            tag["name"] = format!("tag-{at}_x").into();
            tag["id"] = format!("00{at}7e5").into();
            tag
        });
        named.collect()
    })
}

#[track_caller]
fn comes_back(tags: &[Json], bytes: &[u8]) {
    let import = read(bytes);
    let imported = import.tags().unwrap_or_else(|| panic!("{:?}", import.problems));
    assert!(import.problems.is_empty(), "{:?}", import.problems);
    for mode in [Mode::Merge, Mode::Replace] {
        let merged = merge(tags, imported.clone(), &import.members, mode);
        assert_eq!(merged.tags, tags);
        assert_eq!((merged.same, merged.added, merged.changed, merged.removed), (tags.len(), 0, 0, 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_csv_that_comes_back_changes_nothing(tags in device(true), separator in prop::sample::select(Separator::ALL.to_vec())) {
        comes_back(&tags, &to_csv(&tags, separator));
    }

    #[test]
    fn a_workbook_that_comes_back_changes_nothing(tags in device(false)) {
        comes_back(&tags, &to_xlsx(&tags).unwrap());
    }

    #[test]
    fn no_bytes_at_all_make_the_reader_fail(bytes in prop::collection::vec(any::<u8>(), 0..400), head in 0..4usize) {
        let heads: [&[u8]; 4] = [b"", b"name,address,type,order,gain,deadband\n", b"[[inputs.modbus]]\n", b"device,a,1\n"];
        let read = import(&[heads[head], &bytes].concat(), &Options::default());
        prop_assert!(read.is_ok() || read.is_err_and(|error| !error.to_string().is_empty()));
    }

    #[test]
    fn no_text_at_all_makes_the_reader_fail(text in "[a-z0-9x%.:=;,\"'\n -]{0,200}", head in 0..3usize) {
        let heads = ["name,address,bit,length,gain,invalid\n", "Tag Name,Address,Data Type,Respect Data Type,Client Access\n", "poll,coil,0,9,x\nref,"];
        let read = import(format!("{}{text}", heads[head]).as_bytes(), &Options::default());
        prop_assert!(read.is_ok() || read.is_err_and(|error| !error.to_string().is_empty()));
    }
}
