//! What every slave must live through with the gateway, whoever wrote it.

use super::layout::every_type;
use super::site::{Site, json_of};
use super::slave::{Peer, Request};
use dinrail::modbus::address::Table;
use dinrail::tag::attribute::Attribute;
use dinrail::tag::quality::{Quality, Reason};
use serde_json::{Value as Json, json};

/// A device of unit 1 that is polled quickly.
fn device(name: &str, tags: Json) -> Json {
    json!({ "name": name, "port": "COM1", "unit_id": 1, "poll_ms": 50, "tags": tags })
}

/// Every type in every order, as value and as registers; the device's order where the tag has none.
pub(super) async fn every_type_and_order_is_read(peer: Peer) {
    let known = every_type();
    let tags: Vec<Json> = known.iter().map(|known| known.tag.clone()).collect();
    let mut devices = vec![device("all", json!(tags))];
    // The same unit again, in the order of the device: where the 32-bit and 64-bit values of that order lie.
    let orders = [("big-endian", 0, 24), ("word-swap", 2, 28), ("byte-swap", 4, 32), ("little-endian", 6, 36)];
    for (order, narrow, wide) in orders {
        let tags = json!([
            { "name": "f32", "table": "input", "address": narrow, "type": "f32" },
            { "name": "f64", "table": "input", "address": wide, "type": "f64" },
        ]);
        let mut device = device(order, tags);
        device["order"] = json!(order);
        devices.push(device);
    }
    let site = Site::start(peer, json!(devices)).await;
    for known in &known {
        let name = format!("all/{}", known.name);
        site.wait(&name, &format!("{name} is read"), |state| state.reason != Reason::NotYetRead).await;
        let state = site.tag(&name);
        let (quality, reason) =
            if known.value.is_null() { (Quality::Bad, Reason::InvalidValue) } else { (Quality::Good, Reason::Ok) };
        assert_eq!((state.quality, state.reason), (quality, reason), "{name}");
        assert_eq!(json_of(state.value.as_ref()), known.value, "{name}");
        assert_eq!(state.raw.to_vec(), known.raw, "{name}");
    }
    for (order, ..) in orders {
        site.wait_shown(&format!("{order}/f32"), "good 123.456").await;
        site.wait_shown(&format!("{order}/f64"), "good 2.718281828459045").await;
    }
    site.stop().await;
}

/// The smallest and the largest good value, until they are reset.
pub(super) async fn min_and_max_follow(peer: Peer) {
    let tags = json!([
        { "name": "level", "table": "input", "address": 90, "type": "i16", "scale": { "gain": 0.5 }, "invalid": [-1] },
    ]);
    let mut site = Site::start(peer, json!([device("tank", tags)])).await;
    site.wait_shown("tank/level", "good 0.0").await;
    for (word, shown) in [(40, "good 20.0"), (0xFFF0, "good -8.0"), (0xFFFF, "bad invalid value null"), (6, "good 3.0")]
    {
        site.slave().set(1, Table::Input, 90, &[word]).await;
        site.wait_shown("tank/level", shown).await;
    }
    let marks = |site: &Site| {
        let state = site.tag("tank/level");
        (json_of(state.min.as_ref()), json_of(state.max.as_ref()))
    };
    assert_eq!(marks(&site), (json!(-8.0), json!(20.0)));
    site.command("tank/level", Attribute::ResetMin).await;
    assert_eq!(marks(&site), (json!(3.0), json!(20.0)));
    site.command("tank/level", Attribute::ResetMax).await;
    assert_eq!(marks(&site), (json!(3.0), json!(3.0)));
    site.stop().await;
}

/// The device refuses one read: its tags are bad with the code, all others go on.
pub(super) async fn an_exception_stays_where_it_is(peer: Peer) {
    let tags = json!([
        { "name": "before", "table": "input", "address": 58, "type": "u16" },
        { "name": "refused", "table": "input", "address": 60, "type": "bcd16" },
        { "name": "after", "table": "input", "address": 78, "type": "u16" },
        { "name": "coil", "table": "coil", "address": 5, "type": "bool" },
        { "name": "refused-coil", "table": "coil", "address": 20, "type": "bool" },
        // No such register in either slave: the library itself refuses.
        { "name": "beyond", "table": "holding", "address": 100, "type": "u16" },
        { "name": "last", "table": "holding", "address": 98, "type": "u16" },
    ]);
    let mut site = Site::start(peer, json!([device("unit", tags)])).await;
    let neighbours = [("before", "good 54321"), ("after", "good 215"), ("coil", "good true"), ("last", "good 0")];
    for (name, shown) in neighbours {
        site.wait_shown(&format!("unit/{name}"), shown).await;
    }
    site.wait_shown("unit/refused", "good 1234").await;
    site.wait_shown("unit/refused-coil", "good true").await;
    site.wait_shown("unit/beyond", "bad exception 02 null").await;

    site.slave().refuse(1, Table::Input, 60, 2).await;
    site.slave().refuse(1, Table::Coil, 20, 4).await;
    site.wait_shown("unit/refused", "bad exception 02 1234").await;
    site.wait_shown("unit/refused-coil", "bad exception 04 true").await;
    assert_eq!(site.tag("unit/refused").exception, 2);
    let stale = site.tag("unit/refused").at.unwrap();
    let fresh = site.tag("unit/after").at.unwrap();
    // What was read together with a refused one is read without it from then on.
    for (name, shown) in neighbours {
        site.wait_shown(&format!("unit/{name}"), shown).await;
    }
    // The refused ones are asked again rarely; their neighbours at their period.
    for _ in 0..5 {
        site.wait_read(1, Table::Input, 58, 1).await;
        for (name, shown) in neighbours {
            assert_eq!(site.shown(&format!("unit/{name}")), shown, "beside the refused one");
        }
    }
    site.wait("unit/after", "the neighbour is read again", |state| fresh.mono_us < state.at.unwrap().mono_us).await;
    assert_eq!(site.tag("unit/refused").at.unwrap(), stale, "a failed read does not move the time");

    site.slave().refuse(1, Table::Input, 60, 0).await;
    site.slave().refuse(1, Table::Coil, 20, 0).await;
    site.wait_shown("unit/refused", "good 1234").await;
    site.wait_shown("unit/refused-coil", "good true").await;
    site.stop().await;
}

/// A value to write, and what must come of it.
struct Written {
    tag: &'static str,
    value: Json,
    /// The answer, and what the tag shows then.
    shown: Json,
    table: Table,
    address: u16,
    /// What the slave holds then.
    words: &'static [u16],
    /// Of a register only this bit is meant.
    bit: Option<u8>,
}

/// What is written arrives in the slave as each type and order has it, by the function codes that were asked for, and
/// comes back by the next read.
pub(super) async fn writes_arrive(peer: Peer) {
    let tags = json!([
        { "name": "coil", "table": "coil", "address": 7, "type": "bool", "writable": true },
        { "name": "u16", "table": "holding", "address": 0, "type": "u16", "writable": true },
        { "name": "i16", "table": "holding", "address": 1, "type": "i16", "order": "BA", "writable": true },
        { "name": "f32", "table": "holding", "address": 2, "type": "f32", "order": "CDAB", "writable": true },
        { "name": "i64", "table": "holding", "address": 4, "type": "i64", "order": "GHEFCDAB", "writable": true },
        { "name": "bcd32", "table": "holding", "address": 8, "type": "bcd32", "writable": true },
        { "name": "text", "table": "holding", "address": 10, "type": "string", "length": 3, "writable": true },
        { "name": "bit", "table": "holding", "address": 13, "type": "bool", "bit": 9, "writable": true },
        {
            "name": "setpoint", "table": "holding", "address": 14, "type": "i16", "scale": { "gain": 0.1 },
            "writable": true, "write_min": -5, "write_max": 300,
        },
    ]);
    let written = |tag, value: Json, address, words: &'static [u16]| Written {
        tag,
        shown: value.clone(),
        value,
        table: Table::Holding,
        address,
        words,
        bit: None,
    };
    let cases = [
        Written { table: Table::Coil, ..written("coil", json!(true), 7, &[1]) },
        written("u16", json!(54_321), 0, &[54_321]),
        written("i16", json!(-2), 1, &[0xFEFF]),
        written("f32", json!(123.456), 2, &[0xE979, 0x42F6]),
        Written { shown: json!(-2), ..written("i64", json!("-2"), 4, &[0xFFFE, 0xFFFF, 0xFFFF, 0xFFFF]) },
        written("bcd32", json!(12_345_678), 8, &[0x1234, 0x5678]),
        written("text", json!("ab한"), 10, &[0x6162, 0xED95, 0x9C00]),
        Written { bit: Some(9), ..written("bit", json!(true), 13, &[0x8201]) },
        Written { shown: json!(21.5), ..written("setpoint", json!(21.46), 14, &[215]) },
        Written { table: Table::Coil, ..written("coil", json!(false), 7, &[0]) },
        Written { bit: Some(9), ..written("bit", json!(false), 13, &[0x8001]) },
    ];
    for function in ["auto", "single", "multiple"] {
        let mut unit = device("unit", tags.clone());
        unit["write_function"] = json!(function);
        let mut site = Site::start(peer, json!([unit])).await;
        site.slave().set(1, Table::Holding, 13, &[0x8001]).await;
        site.wait("unit/bit", "the other bits are read", |state| state.raw.as_slice() == [0x8001]).await;
        for Written { tag, value, shown, table, address, words, bit } in &cases {
            let before = site.slave().writes().len();
            let tag = format!("unit/{tag}");
            let answered = site.write(&tag, value.clone()).await;
            assert_eq!(answered, Ok(shown.clone()), "{tag} by {function}");
            assert_eq!(&site.slave().get(1, *table, *address, words.len()).await, words, "{tag} by {function}");
            let writes = site.slave().writes().split_off(before);
            let expected = match bit {
                // Both slaves have function 22 (6.16): no other bit can be lost on the way.
                Some(bit) if function == "auto" => {
                    vec![Request { unit: 1, function: 22, address: *address, number: !(1 << bit) }]
                }
                _ => expected_writes(function, *table, *address, words),
            };
            assert_eq!(writes, expected, "{tag} by {function}");
            site.wait_shown(&tag, &format!("good {shown}")).await;
            assert_eq!(site.tag(&tag).raw.as_slice(), *words, "{tag} by {function}");
        }
        // Nothing else was touched: what lies beside the last register is as it was.
        assert_eq!(site.slave().get(1, Table::Holding, 15, 3).await, [0, 0, 0]);
        assert_eq!(site.slave().get(1, Table::Coil, 4, 7).await, [0, 1, 0, 0, 0, 0, 1]);
        site.stop().await;
    }
}

/// Modbus application protocol V1.1b3, sections 6.5, 6.6, 6.11, 6.12.
fn expected_writes(function: &str, table: Table, address: u16, words: &[u16]) -> Vec<Request> {
    let request = |function, address, number| Request { unit: 1, function, address, number };
    let count = u16::try_from(words.len()).unwrap();
    match (table, function) {
        (Table::Coil, "multiple") => vec![request(15, address, 1)],
        (Table::Coil, _) => vec![request(5, address, if words[0] == 0 { 0 } else { 0xFF00 })],
        (_, "auto") if 1 < count => vec![request(16, address, count)],
        (_, "multiple") => vec![request(16, address, count)],
        _ => (address..).zip(words).map(|(address, word)| request(6, address, *word)).collect(),
    }
}

/// A write that the device refuses, or that cannot be sent, is said to whoever wrote; nothing changes.
pub(super) async fn refused_writes_are_told(peer: Peer) {
    let tags = json!([
        { "name": "locked", "table": "holding", "address": 20, "type": "u16", "writable": true },
        { "name": "beyond", "table": "holding", "address": 100, "type": "u32", "writable": true },
        { "name": "limited", "table": "holding", "address": 40, "type": "u16", "writable": true, "write_max": 10 },
        { "name": "fixed", "table": "holding", "address": 50, "type": "u16" },
    ]);
    let mut site = Site::start(peer, json!([device("unit", tags)])).await;
    site.wait("unit/fixed", "the line is open", |state| state.reason == Reason::Ok).await;
    site.slave().refuse(1, Table::Holding, 20, 3).await;
    let told = |result: Result<Json, _>| result.map_err(|err: dinrail::runtime::commands::WriteError| err.to_string());
    let refused = told(site.write("unit/locked", json!(1)).await);
    assert_eq!(refused, Err("the device answered exception 03 (illegal data value)".to_owned()));
    let beyond = told(site.write("unit/beyond", json!(1)).await);
    assert_eq!(beyond, Err("the device answered exception 02 (illegal data address)".to_owned()));
    let sent = site.slave().writes().len();
    told(site.write("unit/limited", json!(11)).await).expect_err("above the limit");
    told(site.write("unit/limited", json!(70_000)).await).expect_err("beyond the register");
    told(site.write("unit/fixed", json!(1)).await).expect_err("not writable");
    assert_eq!(site.slave().writes().len(), sent, "what is refused here is not sent");
    site.slave().refuse(1, Table::Holding, 20, 0).await;
    assert_eq!(site.slave().get(1, Table::Holding, 20, 31).await, [0; 31]);
    assert_eq!(site.write("unit/locked", json!(1)).await, Ok(json!(1)));
    site.stop().await;
}

/// A write is verified by reading it back, where the device is to be distrusted.
pub(super) async fn writes_are_verified(peer: Peer) {
    let tags = json!([
        // Slow polls: what the image shows soon was read back by the write itself.
        { "name": "speed", "table": "holding", "address": 30, "type": "f32", "poll_ms": 3_600_000, "writable": true },
    ]);
    let mut unit = device("drive", tags);
    unit["verify_writes"] = json!(true);
    let mut site = Site::start(peer, json!([unit])).await;
    site.wait_shown("drive/speed", "good 0.0").await;
    assert_eq!(site.write("drive/speed", json!(1.5)).await, Ok(json!(1.5)));
    assert_eq!(site.shown("drive/speed"), "good 1.5");
    assert_eq!(site.slave().get(1, Table::Holding, 30, 2).await, [0x3FC0, 0]);
    let last: Vec<u16> = site.slave().requests().iter().rev().take(2).map(|request| request.function).collect();
    assert_eq!(last, [3, 16], "written, then read");
    site.stop().await;
}

/// A slave that loses its power is silent; with power again it is read and written again.
pub(super) async fn a_slave_comes_back(peer: Peer) {
    let tags = json!([
        { "name": "known", "table": "input", "address": 58, "type": "u16" },
        { "name": "setpoint", "table": "holding", "address": 3, "type": "u16", "writable": true },
        { "name": "coil", "table": "coil", "address": 5, "type": "bool" },
    ]);
    let mut unit = device("unit", tags);
    unit["timeout_ms"] = json!(300);
    let mut site = Site::start(peer, json!([unit])).await;
    site.wait_shown("unit/known", "good 54321").await;
    assert_eq!(site.write("unit/setpoint", json!(5)).await, Ok(json!(5)));
    for _ in 0..2 {
        site.wait_shown("unit/coil", "good true").await;
        site.kill_slave().await;
        site.wait_shown("unit/known", "bad no answer 54321").await;
        site.wait_shown("unit/coil", "bad no answer true").await;
        let refused = site.write("unit/setpoint", json!(6)).await.map_err(|err| err.to_string());
        assert_eq!(refused, Err("the device did not answer".to_owned()));
        site.start_slave().await;
        site.wait_shown("unit/known", "good 54321").await;
        site.wait_shown("unit/setpoint", "good 0").await;
        assert_eq!(site.write("unit/setpoint", json!(7)).await, Ok(json!(7)));
        assert_eq!(site.slave().get(1, Table::Holding, 3, 1).await, [7]);
        site.wait_shown("unit/setpoint", "good 7").await;
    }
    site.stop().await;
}
