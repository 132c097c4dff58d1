//! What every slave holds at its start, the same values by each program's own means, and the tags that read them.
//!
//! | table | address | holds |
//! |---|---|---|
//! | coil 0..64 | n | on where n is a multiple of 5 |
//! | discrete 0..64 | n | on where n is a multiple of 3 |
//! | holding 0..100 | n | 0 |
//! | input 0..80 | | the values of [`KNOWN`]; 0 up to 100 |

use serde_json::{Value as Json, json};

/// One tag of the table below.
pub(super) struct Known {
    pub(super) name: String,
    /// As the document has it.
    pub(super) tag: Json,
    /// `value` in REST and MQTT; null where the field itself says that there is none.
    pub(super) value: Json,
    /// `raw`: the registers on the wire.
    pub(super) raw: Vec<u16>,
}

fn known(name: &str, rest: Json, value: Json, raw: &[u16]) -> Known {
    let mut tag = json!({ "name": name, "table": "input" });
    tag.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    Known { name: name.to_owned(), tag, value, raw: raw.to_vec() }
}

/// A number of some type in some order.
fn number(address: u16, kind: &str, order: &str, value: Json, raw: &[u16]) -> Known {
    let name = format!("{kind}-{order}");
    known(&name, json!({ "address": address, "type": kind, "order": order }), value, raw)
}

fn bit(name: &str, address: u16, order: &str, bit: u8, on: bool, raw: u16) -> Known {
    let rest = json!({ "address": address, "type": "bool", "order": order, "bit": bit });
    known(name, rest, json!(on), &[raw])
}

fn on_table(table: &str, address: u16, on: bool) -> Known {
    let mut tag = known(&format!("{table}-{address}"), json!({ "address": address, "type": "bool" }), json!(on), &[]);
    tag.tag["table"] = json!(table);
    tag.raw = vec![u16::from(on)];
    tag
}

/// Every type in every order, bits, text, scales and sentinels.
pub(super) fn every_type() -> Vec<Known> {
    let (f32, f64, text) = (json!(123.456), json!(std::f64::consts::E), "Pumpe Süd 한");
    let text_words: Vec<u16> =
        [text.as_bytes(), &[0; 2]].concat().chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    let mut tags = vec![
        number(0, "f32", "ABCD", f32.clone(), &[0x42F6, 0xE979]),
        number(2, "f32", "CDAB", f32.clone(), &[0xE979, 0x42F6]),
        number(4, "f32", "BADC", f32.clone(), &[0xF642, 0x79E9]),
        number(6, "f32", "DCBA", f32, &[0x79E9, 0xF642]),
        number(8, "u32", "ABCD", json!(305_419_896), &[0x1234, 0x5678]),
        number(10, "u32", "CDAB", json!(3_123_456_789_u32), &[0x2B15, 0xBA2C]),
        number(12, "i32", "BADC", json!(-123_456_789), &[0xA4F8, 0xEB32]),
        number(14, "i32", "DCBA", json!(-123_456_789), &[0xEB32, 0xA4F8]),
        number(16, "i64", "ABCDEFGH", json!("-1234567890123456789"), &[0xEEDD, 0xEF0B, 0x8216, 0x7EEB]),
        number(20, "u64", "GHEFCDAB", json!("1311768467463790320"), &[0xDEF0, 0x9ABC, 0x5678, 0x1234]),
        number(24, "f64", "ABCDEFGH", f64.clone(), &[0x4005, 0xBF0A, 0x8B14, 0x5769]),
        number(28, "f64", "GHEFCDAB", f64.clone(), &[0x5769, 0x8B14, 0xBF0A, 0x4005]),
        number(32, "f64", "BADCFEHG", f64.clone(), &[0x0540, 0x0ABF, 0x148B, 0x6957]),
        number(36, "f64", "HGFEDCBA", f64.clone(), &[0x6957, 0x148B, 0x0ABF, 0x0540]),
        number(40, "f64", "CDABGHEF", f64.clone(), &[0xBF0A, 0x4005, 0x5769, 0x8B14]),
        number(44, "f64", "EFGHABCD", f64.clone(), &[0x8B14, 0x5769, 0x4005, 0xBF0A]),
        number(48, "f64", "DCBAHGFE", f64.clone(), &[0x0ABF, 0x0540, 0x6957, 0x148B]),
        number(52, "f64", "FEHGBADC", f64, &[0x148B, 0x6957, 0x0540, 0x0ABF]),
        number(56, "i16", "AB", json!(-12_345), &[0xCFC7]),
        number(57, "i16", "BA", json!(-12_345), &[0xC7CF]),
        number(58, "u16", "AB", json!(54_321), &[0xD431]),
        number(59, "u16", "BA", json!(54_321), &[0x31D4]),
        number(60, "bcd16", "AB", json!(1234), &[0x1234]),
        number(61, "bcd32", "ABCD", json!(12_345_678), &[0x1234, 0x5678]),
        number(63, "bcd32", "CDAB", json!(12_345_678), &[0x5678, 0x1234]),
        known("text", json!({ "address": 65, "type": "string", "length": 8 }), json!(text), &text_words),
        bit("bit-0", 73, "AB", 0, true, 0x8005),
        bit("bit-1", 73, "AB", 1, false, 0x8005),
        bit("bit-15", 73, "AB", 15, true, 0x8005),
        bit("swapped-bit-2", 74, "BA", 2, true, 0x0580),
        bit("swapped-bit-7", 74, "BA", 7, false, 0x0580),
        known("sentinel", json!({ "address": 75, "type": "i16", "invalid": [-32_768] }), json!(null), &[0x8000]),
        known("not-a-number", json!({ "address": 76, "type": "f32" }), json!(null), &[0x7FC0, 0]),
        known("scaled", json!({ "address": 78, "type": "u16", "scale": { "gain": 0.1 } }), json!(21.5), &[215]),
        known(
            "two-points",
            json!({ "address": 79, "type": "u16", "scale": { "from": [0, 20_000], "to": [4, 20] } }),
            json!(12.0),
            &[10_000],
        ),
    ];
    for address in [0, 1, 5, 15, 16, 30, 63] {
        tags.push(on_table("coil", address, address % 5 == 0));
        tags.push(on_table("discrete", address, address % 3 == 0));
    }
    tags
}
