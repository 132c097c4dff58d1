//! Modbus ASCII on a simulated serial line, and what an adapter that hears itself does to both framings.

use crate::support::line::{TIMEOUT, device, is_well, no_value_is_wrong, read, words, write};
use dinrail::config::link::{LinkConfig, SerialConfig, SerialMode};
use dinrail::drivers::modbus::client::LineClient;
use dinrail::drivers::modbus::line::{Ask, Failure, Line, Seen};
use dinrail::modbus::framing::Framing;
use dinrail::modbus::wire::{Parity, Wire};
use dinrail::sim::fault::{Fault, Times};
use dinrail::sim::field::{Field, FieldConfig};
use std::time::Duration;
use tokio_modbus::client::{Reader as _, Writer as _};

const WIRE: Wire = Wire { baud: 115_200, data_bits: 7, parity: Parity::Even, stop_bits: 1 };

fn field(framing: Framing) -> Field {
    let devices = [1, 2].map(device).to_vec();
    let config = FieldConfig { wire: WIRE, devices, strict: false, spin: false, link: None };
    Field::start_framed(config, framing).unwrap()
}

async fn open(field: &Field, framing: Framing) -> Line {
    Line::open(LinkConfig::Serial(SerialConfig {
        framing,
        path: field.path().to_str().unwrap().to_owned(),
        mode: SerialMode::Rs232,
        wire: WIRE,
        // Generous for loaded test machines.
        gap: Some(Duration::from_millis(10)),
        broadcast_delay: Duration::from_millis(50),
        initial_delay: Duration::ZERO,
    }))
    .await
    .unwrap()
}

async fn check(fault: Fault, expect: Result<Vec<u16>, Failure>, seen: Seen, then: Seen) {
    let field = field(Framing::Ascii);
    let line = open(&field, Framing::Ascii).await;
    field.fault(1, fault.clone(), Times(Some(1)));
    let answer = line.handle().ask(read(1, 5, 2)).await.unwrap();
    assert_eq!((words(&answer), answer.seen), (expect, seen), "{fault:?}");
    assert_eq!(is_well(&line.handle()).await, then, "after {fault:?}");
    line.close().await;
}

#[tokio::test]
async fn each_fault_has_its_outcome_and_poisons_nothing() {
    let right = || Ok(vec![205, 206]);
    let none = Seen::default();
    let foreign = Seen { foreign: 1, ..none };
    let resync = Seen { resyncs: 1, ..none };
    check(Fault::Nothing, right(), none, none).await;
    check(Fault::Silence, Err(Failure::NoAnswer), none, resync).await;
    check(Fault::Late { delay_ms: 150 }, right(), none, none).await;
    // Colon, nine bytes in hex, line end.
    check(Fault::Crc, Err(Failure::Crc), Seen { noise: 19, ..none }, none).await;
    check(Fault::Exception { code: 2 }, Ok(vec![]), none, none).await;
    let before = Fault::Noise { before: b"\xFF\x00:01".to_vec(), after: vec![] };
    check(before, right(), Seen { noise: 5, ..none }, none).await;
    let after = Fault::Noise { before: vec![], after: vec![0xAA; 3] };
    check(after, right(), Seen { noise: 3, ..none }, none).await;
    // A second may pass between two characters, whatever the time-out.
    check(Fault::Fragment { at: 6, pause_ms: 600 }, right(), none, none).await;
    check(Fault::OtherUnit { unit: 2 }, Err(Failure::NoAnswer), foreign, resync).await;
    check(Fault::OtherFunction, Err(Failure::Unfit), foreign, resync).await;
    check(Fault::Short, Err(Failure::Unfit), foreign, resync).await;
    check(Fault::Truncate { bytes: 9 }, Err(Failure::Unfit), Seen { noise: 9, ..none }, resync).await;
    check(Fault::Echo, right(), Seen { echo: 1, ..none }, none).await;
}

#[tokio::test]
async fn the_vocabulary_of_tokio_modbus_works_over_ascii() {
    let field = field(Framing::Ascii);
    let line = open(&field, Framing::Ascii).await;
    let mut client = LineClient::new(line.handle(), 2, TIMEOUT).into_context();
    assert_eq!(client.read_holding_registers(10, 3).await.unwrap(), Ok(vec![410, 411, 412]));
    assert_eq!(client.write_multiple_registers(10, &[1, 2]).await.unwrap(), Ok(()));
    assert_eq!(client.read_holding_registers(0, 100).await.unwrap().unwrap()[10..13], [1, 2, 412]);
    let custom = tokio_modbus::Request::Custom(0x41, vec![1, 2, 3].into());
    let backwards = tokio_modbus::client::Client::call(&mut client, custom).await.unwrap();
    assert_eq!(backwards, Ok(tokio_modbus::Response::Custom(0x41, vec![3, 2, 1].into())));
}

#[tokio::test]
async fn a_late_reply_never_answers_another_request() {
    let field = field(Framing::Ascii);
    let line = open(&field, Framing::Ascii).await;
    field.fault(1, Fault::Late { delay_ms: 380 }, Times(Some(3)));
    let mut late = 0;
    for (unit, address) in [(1, 10), (2, 20), (1, 30), (2, 40), (1, 50), (2, 60), (1, 70), (1, 80), (1, 90)] {
        let answer = line.handle().ask(read(unit, address, 2)).await.unwrap();
        let right = u16::from(unit) * 200 + u16::from(address);
        match words(&answer) {
            Ok(words) => assert_eq!(words, [right, right + 1], "unit {unit} address {address}"),
            Err(failure) => assert_eq!((failure, unit), (Failure::NoAnswer, 1)),
        }
        late += answer.seen.late;
    }
    assert!(0 < late, "the late replies were counted");
}

#[tokio::test]
async fn no_storm_of_faults_gives_a_wrong_value() {
    let field = field(Framing::Ascii);
    let storm = [
        Fault::Late { delay_ms: 90 },
        Fault::Nothing,
        Fault::OtherUnit { unit: 2 },
        Fault::Crc,
        Fault::Twice,
        Fault::Late { delay_ms: 150 },
        Fault::Silence,
        Fault::Short,
        Fault::Echo,
        Fault::Noise { before: b":0103".to_vec(), after: b":01\r\n".to_vec() },
        Fault::Fragment { at: 3, pause_ms: 20 },
        Fault::OtherFunction,
        Fault::Exception { code: 6 },
        Fault::Late { delay_ms: 85 },
    ];
    for fault in storm.iter().cycle().take(10 * storm.len()) {
        field.fault(1, fault.clone(), Times(Some(1)));
        field.fault(1, Fault::Nothing, Times(Some(1)));
    }
    let good = no_value_is_wrong(async || open(&field, Framing::Ascii).await, 1, Duration::from_millis(80)).await;
    assert!(200 < good, "only {good} were answered");
}

#[tokio::test]
async fn the_echo_of_a_write_never_passes_for_its_answer() {
    for framing in [Framing::Rtu, Framing::Ascii] {
        // The adapter hears itself from the first request on, and the device is mute.
        let field = field(framing);
        let line = open(&field, framing).await;
        field.fault(1, Fault::EchoOnly, Times(None));
        let answer = line.handle().ask(write(1, 3, 77)).await.unwrap();
        assert_eq!(answer.reply, Err(Failure::NoAnswer), "{framing:?}");
        assert_eq!((answer.seen.echo, answer.seen.resyncs), (2, 1), "{framing:?}");
        // The device returns: its answer is the second frame of that look.
        field.clear_faults(1);
        field.fault(1, Fault::Echo, Times(None));
        let answer = line.handle().ask(write(1, 3, 78)).await.unwrap();
        assert_eq!((answer.reply, answer.seen.echo), (Ok(write(1, 3, 78).pdu), 1), "{framing:?}");
        // The adapter is changed for one that does not hear itself: known again from the next read on.
        field.clear_faults(1);
        let answer = line.handle().ask(read(1, 3, 1)).await.unwrap();
        assert_eq!((words(&answer), answer.seen.echo), (Ok(vec![78]), 0), "{framing:?}");
        let answer = line.handle().ask(write(1, 3, 79)).await.unwrap();
        assert_eq!(answer.reply, Ok(write(1, 3, 79).pdu), "{framing:?}");
    }
}

#[tokio::test]
async fn a_damaged_echo_does_not_make_a_line_look_as_if_it_heard_nothing() {
    for framing in [Framing::Rtu, Framing::Ascii] {
        let field = field(framing);
        let line = open(&field, framing).await;
        let mut damaged = framing.frame(1, &read(1, 3, 1).pdu);
        let middle = damaged.len() / 2;
        damaged[middle] ^= 1;
        field.fault(1, Fault::Noise { before: damaged, after: vec![] }, Times(Some(1)));
        assert_eq!(words(&line.handle().ask(read(1, 3, 1)).await.unwrap()), Ok(vec![203]), "{framing:?}");
        field.fault(1, Fault::EchoOnly, Times(None));
        let answer = line.handle().ask(write(1, 3, 77)).await.unwrap();
        assert_eq!((answer.reply, answer.seen.echo), (Err(Failure::NoAnswer), 2), "{framing:?}");
    }
}

#[tokio::test]
async fn a_first_write_on_a_line_without_echo_is_answered() {
    let field = field(Framing::Rtu);
    let line = open(&field, Framing::Rtu).await;
    let patient = Ask { timeout: TIMEOUT * 10, ..write(1, 3, 77) };
    let answer = line.handle().ask(patient.clone()).await.unwrap();
    assert_eq!((answer.reply, answer.seen), (Ok(patient.pdu.clone()), Seen { resyncs: 1, ..Seen::default() }));
    let answer = line.handle().ask(patient.clone()).await.unwrap();
    assert_eq!((answer.reply, answer.seen), (Ok(patient.pdu), Seen::default()));
}
