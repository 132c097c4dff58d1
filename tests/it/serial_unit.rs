//! The unit of a serial line against a simulated field: what the image says while the field misbehaves, the
//! configuration changes, and people write.

use crate::support::line_rig::{Rig, device, field, register};
use dinrail::modbus::address::Table;
use dinrail::runtime::changes::Interest;
use dinrail::runtime::commands::WriteError;
use dinrail::runtime::unit::Health;
use dinrail::sim::fault::{Fault, Times};
use dinrail::tag::quality::{Quality, Reason};
use dinrail::tag::value::Value;
use serde_json::{Value as Json, json};
use std::time::{Duration, Instant};

#[tokio::test]
async fn values_of_every_kind_arrive_and_are_written() {
    let tags = json!([
        register(3),
        {"name": "f", "table": "holding", "address": 20, "type": "f32", "order": "CDAB", "writable": true},
        {"name": "scaled", "table": "holding", "address": 30, "type": "i16", "scale": {"gain": 0.1, "offset": 0}, "writable": true, "write_max": 100},
        {"name": "bit", "table": "holding", "address": 31, "type": "bool", "bit": 3, "writable": true},
        {"name": "text", "table": "holding", "address": 40, "type": "string", "length": 4, "writable": true},
        {"name": "coil", "table": "coil", "address": 5, "type": "bool", "writable": true},
        {"name": "in", "table": "discrete", "address": 5, "type": "bool"},
        {"name": "input", "table": "input", "address": 7, "type": "u16"}
    ]);
    let rig = Rig::start(field(&[1], None), json!([device(1, 50, tags)]));
    rig.until("the first values", |rig| rig.value("d1/input") == Some(Value::U64(1007))).await;
    rig.until("the coil", |rig| rig.value("d1/coil") == Some(Value::Bool(false))).await;

    let cases = [
        ("d1/r3", Value::U64(777), Value::U64(777)),
        ("d1/f", Value::F64(12.5), Value::F32(12.5)),
        ("d1/scaled", Value::F64(23.45), Value::F64(23.5)),
        ("d1/bit", Value::Bool(true), Value::Bool(true)),
        ("d1/text", Value::Text("OVEN".into()), Value::Text("OVEN".into())),
        ("d1/coil", Value::U64(1), Value::Bool(true)),
    ];
    for (tag, given, accepted) in cases {
        assert_eq!(rig.write(tag, given).await, Ok(accepted.clone()), "{tag}");
        rig.until(tag, |rig| rig.value(tag) == Some(accepted.clone())).await;
    }
    assert_eq!(rig.words(1, Table::Holding, 20, 2), [0, 0x4148]);
    assert_eq!(rig.words(1, Table::Holding, 31, 1), [1031 + 8]);
    assert!(matches!(rig.write("d1/scaled", Value::U64(101)).await, Err(WriteError::Value(_))));
    assert!(matches!(rig.write("d1/r3", Value::U64(65_536)).await, Err(WriteError::Unfit(_) | WriteError::Value(_))));
    assert!(matches!(rig.write("d1/input", Value::U64(1)).await, Err(WriteError::NotWritable(_))));
    rig.field.fault(1, Fault::Exception { code: 4 }, Times(Some(1)));
    // The fault may meet a poll first.
    let refused = rig.write("d1/r3", Value::U64(5)).await;
    assert!(matches!(refused, Err(WriteError::Exception(4)) | Ok(_)), "{refused:?}");
    rig.end().await;
}

#[tokio::test]
async fn the_write_function_and_reading_back_are_the_devices_choice() {
    let tags = json!([register(3), {"name": "f", "table": "holding", "address": 20, "type": "u32", "writable": true},
        {"name": "coil", "table": "coil", "address": 5, "type": "bool", "writable": true}]);
    let mut single = device(1, 5000, tags.clone());
    single["write_function"] = json!("single");
    let mut multiple = device(2, 5000, tags);
    multiple["write_function"] = json!("multiple");
    multiple["verify_writes"] = json!(true);
    let rig = Rig::start(field(&[1, 2], None), json!([single, multiple]));
    rig.until("both are read", |rig| rig.value("d1/f").is_some() && rig.value("d2/f").is_some()).await;
    for unit in ["d1", "d2"] {
        assert_eq!(rig.write(&format!("{unit}/f"), Value::U64(0x1_0002)).await, Ok(Value::U64(0x1_0002)));
        assert_eq!(rig.write(&format!("{unit}/coil"), Value::Bool(true)).await, Ok(Value::Bool(true)));
        assert_eq!(rig.write(&format!("{unit}/r3"), Value::U64(9)).await, Ok(Value::U64(9)));
    }
    let sent = |unit: u8| {
        let log = rig.field.stats().log;
        let writes = log.iter().filter(|request| request.unit == unit && 4 < request.pdu[0]);
        writes.map(|request| request.pdu[0]).collect::<Vec<u8>>()
    };
    assert_eq!((sent(1), sent(2)), (vec![6, 6, 5, 6], vec![16, 15, 16]));
    assert_eq!(rig.value("d2/r3"), Some(Value::U64(9)), "what was read back is shown at once");
    rig.end().await;
}

#[tokio::test]
async fn an_exception_is_the_reason_of_its_tags_only() {
    let tags = json!([register(3), {"name": "beyond", "table": "holding", "address": 900, "type": "u16"}]);
    let rig = Rig::start(field(&[1], None), json!([device(1, 50, tags)]));
    rig.until("the exception", |rig| rig.state("d1/beyond").reason == Reason::Exception(2)).await;
    rig.until("the good one", |rig| rig.value("d1/r3") == Some(Value::U64(1003))).await;
    rig.until("the count", |rig| rig.status().devices[0].traffic.exceptions.contains_key("02")).await;
    assert_eq!(rig.state("d1/beyond").exception, 2);
    assert!(rig.status().devices[0].online);
    rig.end().await;
}

#[tokio::test]
async fn a_silent_device_does_not_slow_its_neighbours() {
    let tags = json!([register(0), register(10)]);
    let devices: Vec<Json> = [1, 2, 3].map(|unit| device(unit, 100, tags.clone())).to_vec();
    let rig = Rig::start(field(&[1, 2], None), Json::from(devices));
    rig.until("two speak", |rig| rig.value("d1/r10").is_some() && rig.value("d2/r10").is_some()).await;
    rig.until("the third does not", |rig| rig.state("d3/r0").reason == Reason::NoAnswer).await;
    rig.until("its neighbours know", |rig| !rig.status().devices[2].online).await;
    assert!(matches!(&*rig.health.borrow(), Health::Degraded(why) if why.contains("d3")));
    rig.field.reset_stats();
    let watched = Instant::now();
    let mut changes = rig.reader.subscribe(Interest::All);
    let mut ages = Vec::new();
    while watched.elapsed() < Duration::from_secs(4) {
        // Not what is waited for: only a pace for looking.
        drop(tokio::time::timeout(Duration::from_millis(10), changes.next()).await);
        for tag in ["d1/r0", "d1/r10", "d2/r0", "d2/r10"] {
            let state = rig.state(tag);
            assert_eq!(state.quality, Quality::Good);
            let age = state.age_ms(dinrail::platform::clock::now()).unwrap();
            ages.push(age);
        }
    }
    let log = rig.field.stats().log;
    let probes = log.iter().filter(|request| request.unit == 3).count();
    // Doubling from 1 s: in 4 s there is time for two or three.
    assert!((1..=4).contains(&probes), "{probes} probes");
    // One period, and one time-out of a probe that had to use the budget. Not the worst of all: a busy machine may stop
    // everything for a moment; a silent device that blocked the line would do so most of the time.
    ages.sort_unstable();
    let most = ages[ages.len() * 9 / 10];
    assert!(most < 330, "{most} ms is the age of the oldest tenth");
    rig.end().await;
}

#[tokio::test]
async fn a_device_that_returns_is_good_at_its_first_answer() {
    let rig = Rig::start(field(&[1], None), json!([device(1, 50, json!([register(0), register(10)]))]));
    rig.until("it speaks", |rig| rig.value("d1/r10").is_some()).await;
    rig.field.fault(1, Fault::Silence, Times(None));
    // The figures are told now and then only: those of before its first answer say offline, too.
    let silent = |rig: &Rig| ["d1/r0", "d1/r10"].iter().all(|tag| rig.state(tag).reason == Reason::NoAnswer);
    rig.until("it is silent", |rig| silent(rig) && !rig.status().devices[0].online).await;
    let state = rig.state("d1/r10");
    assert_eq!((state.quality, state.value), (Quality::Bad, Some(Value::U64(1010))), "the last good value stays");
    rig.field.clear_faults(1);
    rig.until("it is back", |rig| rig.value("d1/r0").is_some() && rig.value("d1/r10").is_some()).await;
    rig.until("and well", |rig| *rig.health.borrow() == Health::Up).await;
    rig.end().await;
}

#[tokio::test]
async fn a_tty_that_vanishes_and_returns() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("ttySIM");
    let field = field(&[1], Some(link.clone()));
    let rig = Rig::start(field, json!([device(1, 50, json!([register(0)]))]));
    rig.until("it speaks", |rig| rig.value("d1/r0").is_some()).await;
    let before = std::fs::read_link(&link).unwrap();
    rig.field.unplug();
    rig.until("the port is closed", |rig| rig.state("d1/r0").reason == Reason::PortClosed).await;
    rig.until(
        "the unit says why",
        |rig| matches!(&*rig.health.borrow(), Health::Degraded(why) if why.contains("does not exist")),
    )
    .await;
    assert!(matches!(rig.write("d1/r0", Value::U64(1)).await, Err(WriteError::LineClosed(_))));
    // Someone else takes the number it had, as of a ttyUSB: it returns under another one, and the same stable name.
    let _taken = crate::support::field::take_tty(&before).await;
    rig.field.plug();
    rig.until("it is back", |rig| rig.value("d1/r0").is_some()).await;
    assert_ne!(std::fs::read_link(&link).unwrap(), before);
    rig.until("it was opened twice", |rig| rig.status().opened == 2 && rig.status().open).await;
    rig.end().await;
}

#[tokio::test]
async fn changes_make_nothing_blink_and_reopen_nothing() {
    let tags = json!([register(0), register(1), register(10)]);
    let devices: Vec<Json> = [1, 2].map(|unit| device(unit, 60, tags.clone())).to_vec();
    let mut rig = Rig::start(field(&[1, 2], None), Json::from(devices));
    rig.until("both speak", |rig| rig.value("d1/r10").is_some() && rig.value("d2/r10").is_some()).await;
    rig.field.reset_stats();
    let calm = |rig: &Rig| {
        let state = rig.state("d1/r0");
        let age = state.age_ms(dinrail::platform::clock::now()).unwrap();
        assert!(state.quality == Quality::Good && age < 200, "{state:?} {age}");
    };
    for round in 0..6u16 {
        rig.change(|document| {
            let device = &mut document["devices"][0];
            device["tags"].as_array_mut().unwrap().push(register(2 + round));
            device["tags"][2]["poll_ms"] = json!(40 + round);
        });
        let new = format!("d1/r{}", 2 + round);
        rig.until("the new tag", |rig| {
            calm(rig);
            rig.value(&new) == Some(Value::U64(u64::from(1002 + round)))
        })
        .await;
    }
    rig.change(|document| drop(document["devices"].as_array_mut().unwrap().remove(1)));
    rig.until("the second device is gone", |rig| {
        calm(rig);
        rig.status().devices.len() == 1
    })
    .await;
    assert_eq!(rig.status().opened, 1);
    let log = rig.field.stats().log;
    let reads = log.iter().filter(|request| request.unit == 1 && request.pdu[..3] == [3, 0, 0]);
    let times: Vec<u64> = reads.map(|request| request.at_us).collect();
    let worst = times.windows(2).map(|two| two[1] - two[0]).max().unwrap();
    assert!(worst < 2 * 60_000 + 40_000, "{worst} us between two reads of a block of 60 ms");

    rig.change(|document| document["ports"][0]["retries"] = json!(3));
    rig.change(|document| document["ports"][0]["gap_ms"] = json!(11));
    rig.until("another gap needs the line anew", |rig| rig.status().opened == 2 && rig.status().open).await;
    rig.until("it speaks on", |rig| rig.value("d1/r0").is_some()).await;
    rig.end().await;
}

#[tokio::test]
async fn no_storm_of_faults_shows_a_wrong_value_as_good() {
    let tags = |n: u16| Json::from((0..n).map(|at| register(at * 10)).collect::<Vec<Json>>());
    let devices: Vec<Json> = [1, 2].map(|unit| device(unit, 0, tags(8))).to_vec();
    let rig = Rig::start(field(&[1, 2], None), Json::from(devices));
    rig.until("both speak", |rig| rig.value("d1/r70").is_some() && rig.value("d2/r70").is_some()).await;
    let storm = [
        Fault::Late { delay_ms: 170 },
        Fault::Nothing,
        Fault::OtherUnit { unit: 2 },
        Fault::Crc,
        Fault::Late { delay_ms: 310 },
        Fault::Silence,
        Fault::Short,
        Fault::Nothing,
        Fault::Noise { before: vec![1, 3, 2], after: vec![0xFF; 9] },
        Fault::Fragment { at: 3, pause_ms: 30 },
        Fault::Truncate { bytes: 4 },
        Fault::OtherFunction,
        Fault::Late { delay_ms: 155 },
    ];
    for fault in storm.iter().cycle().take(20 * storm.len()) {
        rig.field.fault(1, fault.clone(), Times(Some(1)));
        rig.field.fault(1, Fault::Nothing, Times(Some(1)));
    }
    let began = Instant::now();
    rig.until("the storm is over", |rig| {
        for unit in [1, 2] {
            for address in (0..80).step_by(10) {
                if let Some(value) = rig.value(&format!("d{unit}/r{address}")) {
                    assert_eq!(value, Value::U64(unit * 1000 + address), "d{unit}/r{address}");
                }
            }
        }
        Duration::from_secs(6) < began.elapsed()
    })
    .await;
    rig.field.clear_faults(1);
    rig.until("all is well", |rig| rig.value("d1/r0").is_some() && *rig.health.borrow() == Health::Up).await;
    let status = rig.status();
    assert!(0 < status.traffic.late && 0 < status.traffic.crc_errors && 0 < status.traffic.foreign, "{status:?}");
    rig.end().await;
}
