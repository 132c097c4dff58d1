//! The bus engine at work: shares of an overloaded line, writes among polls, slow and silent devices, the timeline.

use crate::support::line_rig::{Rig, asker, device, field, register};
use dinrail::modbus::address::Table;
use dinrail::runtime::lines::TransactionResult;
use dinrail::runtime::status::Diagnosis;
use dinrail::sim::fault::{Fault, Times};
use dinrail::tag::id::TagName;
use dinrail::tag::quality::{Quality, Reason};
use dinrail::tag::value::Value;
use serde_json::{Value as Json, json};
use std::time::{Duration, Instant};

fn bit(address: u16, bit: u8) -> Json {
    json!({"name": format!("b{bit}"), "id": format!("b{bit}"), "table": "holding", "address": address, "type": "bool", "bit": bit, "writable": true})
}

/// Each tag in a read of its own.
fn apart(mut device: Json) -> Json {
    device["max_read_registers"] = json!(1);
    device
}

/// The function codes of the writes, and reads of one register, that came to `unit`.
fn spoken(rig: &Rig, unit: u8, address: u8) -> Vec<u8> {
    let log = rig.field.stats().log;
    log.iter().filter(|seen| seen.unit == unit && seen.pdu[2] == address).map(|seen| seen.pdu[0]).collect()
}

#[tokio::test]
async fn the_timeline_and_the_shares_tell_where_the_time_went() {
    let rig = Rig::start(field(&[1], None), json!([apart(device(1, 0, json!([register(3), register(50)])))]));
    rig.until("a value", |rig| rig.value("d1/r50").is_some()).await;
    rig.until("some time", |rig| 200 < rig.status().traffic.transactions).await;
    let timeline = rig.lines.timeline("COM1", 0).await.unwrap();
    let one = timeline.transactions.last().unwrap();
    assert_eq!((one.function, one.count, one.result), (3, Some(1), TransactionResult::Ok));
    assert_eq!((&*one.device, one.unit_id), ("d1", 1));
    // 8 characters of 10 bits at 115200 baud, 7 back, and 2 ms in between.
    assert_eq!((one.request_us, one.reply_us), (694, 607));
    assert!((1_900..40_000).contains(&one.device_us), "{one:?}");
    let status = rig.status();
    let sum = status.utilisation + status.waiting + status.silence + status.ours + status.idle;
    assert!((sum - 1.0).abs() < 1e-6, "{status:?}");
    // The line is never idle, and a gap of 10 ms is kept before each request.
    assert!(status.idle < 0.2 && 0.4 < status.silence && 0.1 < status.waiting, "{status:?}");
    let device = &status.devices[0];
    assert!(device.oldest_ms.is_some_and(|ms| ms < 1000), "{device:?}");
    assert_eq!(device.diagnosis, None);
    rig.end().await;
}

#[tokio::test]
async fn a_bit_of_a_register_is_written_by_function_22_where_the_device_knows_it() {
    let tags = || json!([bit(9, 3), bit(9, 4), register(60)]);
    let rig = Rig::start(field(&[1, 2], None), json!([device(1, 5000, tags()), device(2, 5000, tags())]));
    rig.until("both speak", |rig| rig.value("d1/r60").is_some() && rig.value("d2/r60").is_some()).await;
    rig.field.reset_stats();
    for on in [true, false] {
        assert_eq!(rig.write("d1/b3", Value::Bool(on)).await, Ok(Value::Bool(on)));
        let word = rig.words(1, Table::Holding, 9, 1)[0];
        assert_eq!((word >> 3 & 1 == 1, word | 8), (on, 1017), "only the bit moves");
    }
    let functions: Vec<u8> = spoken(&rig, 1, 9).into_iter().filter(|function| *function != 3).collect();
    assert_eq!(functions, [22, 22]);

    // A device without function 22 says so once.
    rig.field.fault(2, Fault::Exception { code: 1 }, Times(Some(1)));
    assert_eq!(rig.write("d2/b4", Value::Bool(false)).await, Ok(Value::Bool(false)));
    assert_eq!(rig.write("d2/b3", Value::Bool(false)).await, Ok(Value::Bool(false)));
    assert_eq!(rig.words(2, Table::Holding, 9, 1), [2009 - 8 - 16]);
    let functions = spoken(&rig, 2, 9);
    let writes: Vec<u8> = functions.iter().copied().filter(|function| *function != 3).collect();
    assert_eq!(writes, [22, 6, 6], "it is asked once: {functions:?}");
    rig.end().await;
}

#[tokio::test]
async fn several_tags_are_written_in_one_message_where_they_are_neighbours() {
    let tags = json!([register(3), register(4), register(5), register(40), bit(9, 3)]);
    let rig = Rig::start(field(&[1], None), json!([device(1, 5000, tags)]));
    rig.until("it speaks", |rig| rig.value("d1/r40").is_some()).await;
    rig.field.reset_stats();
    let wanted = ["r3", "r4", "r5", "r40", "b3", "none"].map(|name| {
        let value = if name == "b3" { Value::Bool(true) } else { Value::U64(7) };
        (TagName::join("d1", name).unwrap(), value)
    });
    let results = rig.commands.write_many("d1", wanted.to_vec(), asker("kim")).await;
    let good: Vec<bool> = results.iter().map(Result::is_ok).collect();
    assert_eq!(good, [true, true, true, true, true, false], "{results:?}");
    assert_eq!(rig.words(1, Table::Holding, 3, 3), [7, 7, 7]);
    let writes: Vec<u8> =
        rig.field.stats().log.iter().map(|seen| seen.pdu[0]).filter(|function| *function != 3).collect();
    assert_eq!(writes, [16, 6, 22]);
    rig.end().await;
}

#[tokio::test]
async fn a_write_goes_before_a_read_that_waits_for_the_silence() {
    // A silence that a loaded machine does not miss.
    let silence = |document: &mut Json| document["ports"][0]["gap_ms"] = json!(200);
    let rig = Rig::start_with(field(&[1], None), json!([device(1, 0, json!([register(0)]))]), silence);
    rig.until("it speaks", |rig| rig.value("d1/r0").is_some()).await;
    for round in 0..3 {
        let asked = rig.field.stats().log.len();
        rig.until("the next read", |rig| asked < rig.field.stats().log.len()).await;
        rig.write("d1/r0", Value::U64(round)).await.unwrap();
        let log = rig.field.stats().log;
        let behind: Vec<u8> = log.iter().skip(asked + 1).map(|seen| seen.pdu[0]).take(1).collect();
        assert_eq!(behind, [6], "the read was in the silence already");
    }
    rig.until("the reads go on", |rig| rig.value("d1/r0") == Some(Value::U64(2))).await;
    rig.end().await;
}

#[tokio::test]
async fn a_flood_of_writes_stops_neither_the_polls_nor_another_asker() {
    let rig =
        Rig::start(field(&[1], None), json!([apart(device(1, 50, json!([register(0), register(10), register(20)])))]));
    rig.until("it speaks", |rig| rig.value("d1/r20").is_some()).await;
    rig.field.reset_stats();
    let began = Instant::now();
    let flood = async {
        let mut rounds = 0;
        while began.elapsed() < Duration::from_secs(2) {
            let many = (0..20).map(|_| rig.write_as("flood", "d1/r0", Value::U64(rounds)));
            futures::future::join_all(many).await;
            rounds += 1;
        }
    };
    let other = async {
        let mut waits = Vec::new();
        while began.elapsed() < Duration::from_secs(2) {
            let asked = Instant::now();
            rig.write_as("other", "d1/r10", Value::U64(1)).await.unwrap();
            waits.push(asked.elapsed());
        }
        waits.sort_unstable();
        waits
    };
    let ((), waits) = tokio::join!(flood, other);
    let log = rig.field.stats().log;
    let writes = log.iter().filter(|seen| seen.pdu[0] != 3).count();
    // Of the tag that nobody writes, 40 reads were wanted.
    let reads = log.iter().filter(|seen| seen.pdu[0] == 3 && seen.pdu[2] == 20).count();
    assert!(10 < writes && 15 < reads, "{reads} reads, {writes} writes");
    // Not behind the 20 of the other, which take 20 x 2 transactions of some 15 ms.
    let typical = waits[waits.len() / 2];
    assert!(typical < Duration::from_millis(200), "{typical:?}");
    rig.end().await;
}

#[tokio::test]
async fn an_overloaded_line_gives_every_tag_the_same_share() {
    // A transaction takes some 14 ms with the gap of 10 ms: 40 ms and 120 ms ask for more than twice the line.
    let many = |from: u16, count: u16| Json::from((0..count).map(|n| register(from + 3 * n)).collect::<Vec<Json>>());
    let devices = json!([apart(device(1, 40, many(0, 3))), apart(device(2, 120, many(0, 12)))]);
    let rig = Rig::start(field(&[1, 2], None), devices);
    rig.until("all speak", |rig| rig.value("d1/r6").is_some() && rig.value("d2/r33").is_some()).await;
    rig.until("the load is known", |rig| 1.5 < rig.status().stretch).await;
    rig.field.reset_stats();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let log = rig.field.stats().log;
    let reads = |unit: u8, address: u8| log.iter().filter(|seen| seen.unit == unit && seen.pdu[2] == address).count();
    let (fast, slow) = (reads(1, 3), reads(2, 18));
    // Three times as often as the other, as wanted, though half as often as wanted.
    assert!((2 * slow..=4 * slow).contains(&fast), "{fast} and {slow}");
    assert!(0 < slow && fast < 100, "{fast} and {slow} of 125 and 41");
    let status = rig.status();
    assert!(1.5 < status.stretch && 1.5 < status.load && 20 < status.overruns, "{status:?}");
    rig.end().await;
}

#[tokio::test]
async fn reads_are_planned_by_what_the_device_turned_out_to_cost() {
    // Registers 0 and 100 are read together only where a transaction costs more than 100 registers.
    let field = field(&[1], None);
    let rig = Rig::start_with(field, json!([device(1, 100, json!([register(0), register(100)]))]), |document| {
        document["ports"][0]["gap_ms"] = json!(3);
    });
    rig.until("both speak", |rig| rig.value("d1/r0").is_some() && rig.value("d1/r100").is_some()).await;
    let counts = |rig: &Rig| {
        let log = rig.field.stats().log;
        log.iter().rev().take(2).map(|seen| seen.pdu[4]).collect::<Vec<u8>>()
    };
    rig.until("two reads", |rig| counts(rig) == [1, 1]).await;
    rig.field.set_turnaround(1, Duration::from_millis(40));
    // A plan is kept for 10 s.
    rig.until("one read for both", |rig| counts(rig) == [101, 101]).await;
    assert_eq!(rig.value("d1/r100"), Some(Value::U64(1100)));
    rig.end().await;
}

#[tokio::test]
async fn a_device_slower_than_the_first_wait_is_found() {
    let field = field(&[1], None);
    field.set_turnaround(1, Duration::from_millis(700));
    let rig = Rig::start_with(field, json!([device(1, 100, json!([register(0)]))]), |document| {
        document["ports"][0]["timeout_ms"] = json!("auto");
    });
    rig.until("it is found", |rig| rig.value("d1/r0") == Some(Value::U64(1000))).await;
    rig.until("it is waited for from then on", |rig| 700 < rig.status().devices[0].timeout_ms).await;
    rig.end().await;
}

#[tokio::test]
async fn what_is_under_way_is_neither_waited_for_nor_confused_by_a_change() {
    let field = field(&[1, 2], None);
    let tags = json!([register(0), register(10)]);
    let mut rig = Rig::start_with(field, json!([device(1, 100, tags.clone()), device(2, 100, tags)]), |document| {
        document["ports"][0]["timeout_ms"] = json!(1000);
    });
    rig.until("both speak", |rig| rig.value("d1/r10").is_some() && rig.value("d2/r10").is_some()).await;
    for round in 0..5u16 {
        // While a read of the first is under way it gets another unit id, or its tag another address.
        rig.field.fault(1, Fault::Late { delay_ms: 400 }, Times(Some(1)));
        let sent = |rig: &Rig| rig.field.stats().log.iter().filter(|seen| seen.unit == 1).count();
        let before = sent(&rig);
        rig.until("a late one is under way", |rig| before < sent(rig)).await;
        rig.change(|document| {
            document["devices"][0]["tags"][0]["address"] = json!(20 + round);
            document["devices"][0]["poll_ms"] = json!(100 + round);
        });
        let right = Value::U64(u64::from(1020 + round));
        let old = Value::U64(if round == 0 { 1000 } else { u64::from(1019 + round) });
        rig.until("the new address", |rig| {
            let value = rig.value("d1/r0");
            assert!(value.is_none() || value == Some(right.clone()), "{value:?}, not {old:?}, after the change");
            value.is_some()
        })
        .await;
    }
    let field_sees = rig.field.stats().short_gaps;
    assert_eq!(field_sees, 0);
    rig.end().await;
}

#[tokio::test]
async fn unit_id_0_writes_to_all_devices_of_a_line_and_is_never_asked() {
    let mut all = device(0, 100, json!([register(5), register(6)]));
    all["name"] = json!("all");
    let rig = Rig::start(field(&[1, 2], None), json!([device(1, 100, json!([register(5)])), all]));
    rig.until("the first speaks", |rig| rig.value("d1/r5").is_some()).await;
    let state = rig.state("all/r5");
    assert_eq!((state.value, state.quality, state.reason), (None, Quality::Uncertain, Reason::WriteOnly));
    let both = ["r5", "r6"].map(|name| (TagName::join("all", name).unwrap(), Value::U64(77)));
    let results = rig.commands.write_many("all", both.to_vec(), asker("kim")).await;
    assert_eq!(results, [Ok(Value::U64(77)), Ok(Value::U64(77))]);
    let state = rig.state("all/r6");
    assert_eq!(
        (state.value, state.quality, state.reason),
        (Some(Value::U64(77)), Quality::Uncertain, Reason::WriteOnly)
    );
    rig.until("the device was written", |rig| rig.value("d1/r5") == Some(Value::U64(77))).await;
    rig.until("the other, too", |rig| rig.words(2, Table::Holding, 5, 2) == [77, 77]).await;
    let to_all: Vec<u8> = rig.field.stats().log.iter().filter(|seen| seen.unit == 0).map(|seen| seen.pdu[0]).collect();
    assert_eq!(to_all, [16]);
    assert!(rig.status().devices[1].online);
    rig.end().await;
}

#[tokio::test]
async fn a_device_that_a_gateway_does_not_reach_is_probed_like_a_silent_one() {
    let devices: Vec<Json> = [1, 2].map(|unit| device(unit, 20, json!([register(0)]))).to_vec();
    let rig = Rig::start(field(&[1, 2], None), Json::from(devices));
    rig.until("both speak", |rig| rig.value("d1/r0").is_some() && rig.value("d2/r0").is_some()).await;
    rig.field.fault(2, Fault::Exception { code: 0x0B }, Times(None));
    rig.until("it is probed", |rig| rig.status().devices[1].retry_in_ms.is_some()).await;
    assert_eq!(rig.state("d2/r0").reason, Reason::Exception(0x0B));
    let asked = |rig: &Rig| rig.field.stats().log.iter().filter(|seen| seen.unit == 2).count();
    let before = asked(&rig);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(asked(&rig) - before <= 2, "{} requests", asked(&rig) - before);
    rig.field.clear_faults(2);
    rig.until("it is back", |rig| rig.value("d2/r0").is_some()).await;
    rig.end().await;
}

#[tokio::test]
async fn broken_frames_are_told_as_the_cable_and_foreign_ones_as_a_second_master() {
    let devices: Vec<Json> = [1, 2].map(|unit| device(unit, 0, json!([register(0)]))).to_vec();
    let rig = Rig::start(field(&[1, 2], None), Json::from(devices));
    rig.until("both speak", |rig| rig.value("d1/r0").is_some() && rig.value("d2/r0").is_some()).await;
    for _ in 0..200 {
        rig.field.fault(1, Fault::Crc, Times(Some(1)));
        rig.field.fault(1, Fault::Nothing, Times(Some(9)));
        rig.field.fault(2, Fault::OtherUnit { unit: 77 }, Times(Some(1)));
        rig.field.fault(2, Fault::Nothing, Times(Some(9)));
    }
    let said = |rig: &Rig, at: usize| rig.status().devices[at].diagnosis;
    rig.until("the cable", |rig| said(rig, 0) == Some(Diagnosis::Cabling)).await;
    rig.until("another master", |rig| said(rig, 1) == Some(Diagnosis::Foreign)).await;
    rig.end().await;
}
