//! The serial line against a simulated field: who is believed, who is not, and when the next request goes out.

use dinrail::config::link::{LinkConfig, SerialConfig, SerialMode};
use dinrail::drivers::modbus::client::LineClient;
use dinrail::drivers::modbus::line::{Answer, Ask, Claim, Failure, Line, LineError, OpenError, Seen};
use dinrail::modbus::address::Table;
use dinrail::modbus::framing::Framing;
use dinrail::modbus::wire::{Parity, Wire};
use dinrail::sim::bank::Bank;
use dinrail::sim::fault::{Fault, Times};
use dinrail::sim::field::{Field, FieldConfig, SimDevice};
use rustix::fs::Mode;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio_modbus::client::{Reader, Writer};

const TIMEOUT: Duration = Duration::from_millis(200);
/// Far longer than 3.5 characters: a loaded test machine may hold the field up for some milliseconds, and a pause
/// inside a frame must not look like its end.
const GAP: Duration = Duration::from_millis(15);

fn wire(baud: u32) -> Wire {
    Wire { baud, data_bits: 8, parity: Parity::None, stop_bits: 1 }
}

/// Two devices with 100 words per table; holding register n of unit u is u * 1000 + n.
fn field(baud: u32, link: Option<PathBuf>) -> Field {
    let device = |unit: u8| {
        let mut bank = Bank::new(100);
        let words: Vec<u16> = (0..100).map(|n| u16::from(unit) * 1000 + n).collect();
        assert!(bank.set(Table::Holding, 0, &words));
        SimDevice { unit, turnaround: Duration::from_millis(2), bank }
    };
    let devices = vec![device(1), device(2)];
    Field::start(FieldConfig { wire: wire(baud), devices, strict: true, spin: false, link }).unwrap()
}

fn settings(field: &Field, baud: u32) -> SerialConfig {
    SerialConfig {
        framing: Framing::Rtu,
        path: field.path().to_str().unwrap().to_owned(),
        mode: SerialMode::Rs485TwoWire,
        wire: wire(baud),
        gap: Some(GAP),
        broadcast_delay: Duration::from_millis(100),
        initial_delay: Duration::ZERO,
    }
}

fn read(unit: u8, address: u8, count: u8) -> Ask {
    Ask { unit, pdu: vec![3, 0, address, 0, count], timeout: TIMEOUT, min_gap: Duration::ZERO }
}

fn words(answer: &Answer) -> Result<Vec<u16>, Failure> {
    answer.reply.clone().map(|pdu| pdu[2..].chunks(2).map(|two| u16::from_be_bytes([two[0], two[1]])).collect())
}

async fn open(field: &Field, baud: u32) -> Line {
    Line::open(LinkConfig::Serial(settings(field, baud))).await.unwrap()
}

async fn eventually<T>(mut look: impl AsyncFnMut() -> Option<T>, what: &str) -> T {
    let waiting = async {
        loop {
            match look().await {
                Some(found) => return found,
                None => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap_or_else(|_| panic!("waited for: {what}"))
}

/// What one fault leads to: the outcome of the request that meets it, and what was counted.
#[track_caller]
fn check(fault: Fault, expect: Result<Vec<u16>, Failure>, seen: Seen) {
    let at = std::panic::Location::caller();
    runtime().block_on(async {
        let field = field(115_200, None);
        let line = open(&field, 115_200).await;
        let handle = line.handle();
        field.fault(1, fault.clone(), Times(Some(1)));
        let answer = handle.ask(read(1, 5, 2)).await.unwrap();
        assert_eq!((words(&answer), answer.seen), (expect, seen), "{fault:?} at {at}");
        // Whatever happened, the next answers are those asked for.
        for address in [7, 9, 11] {
            let answer = handle.ask(read(1, address, 2)).await.unwrap();
            let right = 1000 + u16::from(address);
            assert_eq!(words(&answer), Ok(vec![right, right + 1]), "after {fault:?} at {at}");
        }
        let stats = field.stats();
        assert_eq!((stats.short_gaps, stats.ignored), (0, 0));
        line.close().await;
    });
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

#[test]
fn each_fault_has_its_outcome_and_poisons_nothing() {
    let right = || Ok(vec![1005, 1006]);
    let none = Seen::default();
    check(Fault::Nothing, right(), none);
    check(Fault::Silence, Err(Failure::NoAnswer), none);
    check(Fault::Late { delay_ms: 60 }, right(), none);
    check(Fault::Crc, Err(Failure::Crc), Seen { noise: 9, ..none });
    check(Fault::Exception { code: 2 }, Ok(vec![]), none);
    check(Fault::Noise { before: vec![0xFF, 0, 1, 3], after: vec![] }, right(), Seen { noise: 4, ..none });
    check(Fault::Fragment { at: 4, pause_ms: 40 }, right(), none);
    check(Fault::OtherUnit { unit: 2 }, Err(Failure::NoAnswer), Seen { foreign: 1, ..none });
    check(Fault::OtherFunction, Err(Failure::Unfit), Seen { foreign: 1, ..none });
    check(Fault::Short, Err(Failure::Unfit), Seen { foreign: 1, ..none });
    check(Fault::Truncate { bytes: 5 }, Err(Failure::Unfit), Seen { noise: 5, ..none });
}

#[tokio::test]
async fn garbage_behind_a_reply_delays_the_next_request_and_nothing_else() {
    let field = field(19_200, None);
    let line = open(&field, 19_200).await;
    field.fault(1, Fault::Noise { before: vec![], after: vec![0xAA; 20] }, Times(Some(5)));
    let mut noise = 0;
    for address in 0..6 {
        let answer = line.handle().ask(read(1, address, 1)).await.unwrap();
        assert_eq!(words(&answer), Ok(vec![1000 + u16::from(address)]));
        noise += answer.seen.noise;
    }
    assert_eq!((noise, field.stats().short_gaps), (100, 0));
}

#[tokio::test]
async fn a_late_reply_never_answers_another_request() {
    let field = field(115_200, None);
    let line = open(&field, 115_200).await;
    let handle = line.handle();
    // Three answers of this device come when the patience for them has ended.
    field.fault(1, Fault::Late { delay_ms: 260 }, Times(Some(3)));
    let mut late = 0;
    for (unit, address) in [(1, 10), (2, 20), (1, 30), (2, 40), (1, 50), (2, 60), (1, 70), (1, 80), (1, 90)] {
        let answer = handle.ask(read(unit, address, 2)).await.unwrap();
        let right = u16::from(unit) * 1000 + u16::from(address);
        match words(&answer) {
            Ok(words) => assert_eq!(words, [right, right + 1], "unit {unit} address {address}"),
            Err(failure) => assert_eq!((failure, unit), (Failure::NoAnswer, 1)),
        }
        late += answer.seen.late;
    }
    assert!(0 < late, "the late replies were counted");
    let answer = handle.ask(read(1, 33, 2)).await.unwrap();
    assert_eq!(words(&answer), Ok(vec![1033, 1034]));
}

#[tokio::test]
async fn after_a_retry_the_line_leaves_the_second_answer_behind() {
    let field = field(115_200, None);
    let line = open(&field, 115_200).await;
    let handle = line.handle();
    field.fault(1, Fault::Late { delay_ms: 280 }, Times(Some(1)));
    field.fault(1, Fault::Late { delay_ms: 150 }, Times(Some(1)));
    assert_eq!(words(&handle.ask(read(1, 1, 1)).await.unwrap()), Err(Failure::NoAnswer));
    // The first answer arrives during the retry; that of the retry is still to come.
    assert_eq!(words(&handle.ask(read(1, 1, 1)).await.unwrap()), Ok(vec![1001]));
    let answer = handle.ask(read(1, 2, 1)).await.unwrap();
    assert_eq!(words(&answer), Ok(vec![1002]));
    // On a busy machine it may have come before the line asked around it.
    assert_eq!(answer.seen.resyncs.max(answer.seen.late), 1, "{:?}", answer.seen);
    let answer = handle.ask(read(1, 3, 1)).await.unwrap();
    assert_eq!((words(&answer), answer.seen), (Ok(vec![1003]), Seen::default()));
}

#[tokio::test]
async fn a_broadcast_reaches_all_and_is_followed_by_its_delay() {
    let field = field(19_200, None);
    let line = open(&field, 19_200).await;
    let handle = line.handle();
    let write = Ask { unit: 0, pdu: vec![6, 0, 3, 0, 77], timeout: TIMEOUT, min_gap: Duration::ZERO };
    assert_eq!(handle.ask(write).await.unwrap().reply, Ok(vec![]));
    for unit in [1, 2] {
        // Patient: a busy machine may keep the simulated field from its work for a while.
        let ask = Ask { timeout: TIMEOUT * 10, ..read(unit, 3, 1) };
        assert_eq!(words(&handle.ask(ask).await.unwrap()), Ok(vec![77]));
    }
    // The field may have seen the broadcast a little later than we sent it.
    assert!(80_000 <= field.stats().log[1].gap_us, "{:?}", field.stats().log);
}

#[tokio::test]
async fn a_device_that_needs_a_longer_gap_gets_it() {
    let field = field(115_200, None);
    let line = open(&field, 115_200).await;
    for _ in 0..3 {
        let ask = Ask { min_gap: Duration::from_millis(40), timeout: TIMEOUT * 10, ..read(1, 0, 1) };
        assert_eq!(words(&line.handle().ask(ask).await.unwrap()), Ok(vec![1000]));
    }
    assert!(field.stats().log.iter().skip(1).all(|request| 40_000 <= request.gap_us), "{:?}", field.stats().log);
}

#[tokio::test]
async fn the_vocabulary_of_tokio_modbus_works_over_the_line() {
    let field = field(115_200, None);
    let line = open(&field, 115_200).await;
    let mut client = LineClient::new(line.handle(), 2, TIMEOUT).into_context();
    assert_eq!(client.read_holding_registers(10, 3).await.unwrap(), Ok(vec![2010, 2011, 2012]));
    assert_eq!(client.write_multiple_registers(10, &[1, 2]).await.unwrap(), Ok(()));
    assert_eq!(client.read_holding_registers(10, 3).await.unwrap(), Ok(vec![1, 2, 2012]));
    assert_eq!(client.write_single_coil(9, true).await.unwrap(), Ok(()));
    assert_eq!(client.read_coils(8, 3).await.unwrap(), Ok(vec![false, true, false]));
    let exception = client.read_input_registers(99, 2).await.unwrap();
    assert_eq!(exception, Err(tokio_modbus::ExceptionCode::IllegalDataAddress));
    for (function, expect) in [
        (0x41, Ok(tokio_modbus::Response::Custom(0x41, vec![3, 2, 1].into()))),
        (0x42, Err(tokio_modbus::ExceptionCode::IllegalFunction)),
    ] {
        let custom = tokio_modbus::Request::Custom(function, vec![1, 2, 3].into());
        assert_eq!(tokio_modbus::client::Client::call(&mut client, custom).await.unwrap(), expect);
    }
}

#[tokio::test]
async fn a_line_that_cannot_be_opened_says_why() {
    let field = field(19_200, None);
    let path = |path: &str| LinkConfig::Serial(SerialConfig { path: path.to_owned(), ..settings(&field, 19_200) });
    let missing = Line::open(path("/dev/no-such-line")).await.unwrap_err();
    assert_eq!(missing, OpenError::Missing("/dev/no-such-line".to_owned()));
    assert!(matches!(Line::open(path("/dev/null")).await.unwrap_err(), OpenError::NotATerminal(_)));
    let first = open(&field, 19_200).await;
    assert!(matches!(Line::open(LinkConfig::Serial(settings(&field, 19_200))).await.unwrap_err(), OpenError::InUse(_)));
    first.close().await;
    open(&field, 19_200).await.close().await;
}

#[tokio::test]
async fn a_port_whose_driver_does_not_turn_the_direction_says_so_and_works() {
    let field = field(115_200, None);
    let names = [
        (SerialMode::Rs232, None),
        (SerialMode::Rs422, Some("RS-422")),
        (SerialMode::Rs485TwoWire, Some("RS-485 (2 wires)")),
        (SerialMode::Rs485FourWire, Some("RS-485 (4 wires)")),
    ];
    for (mode, name) in names {
        let config = SerialConfig { mode, ..settings(&field, 115_200) };
        let line = Line::open(LinkConfig::Serial(config)).await.unwrap();
        let note = line.opened().note.as_deref();
        let told = name.map(|name| format!("the port's driver does not switch to {name} itself ("));
        assert!(
            told.as_deref().map_or(note.is_none(), |told| note.is_some_and(|note| note.starts_with(told))),
            "{note:?}"
        );
        assert_eq!(words(&line.handle().ask(read(1, 5, 1)).await.unwrap()), Ok(vec![1005]), "{mode:?}");
        line.close().await;
    }
}

#[tokio::test]
async fn a_request_that_is_taken_back_in_time_is_never_sent() {
    let field = field(115_200, None);
    let line = open(&field, 115_200).await;
    let handle = line.handle();
    let (first, second) = (Claim::default(), Claim::default());
    assert!(second.withdraw());
    let (one, two) =
        tokio::join!(handle.ask_unless(read(1, 5, 1), first.clone()), handle.ask_unless(read(1, 7, 1), second));
    assert_eq!((words(&one.unwrap()), two), (Ok(vec![1005]), Err(LineError::Withdrawn)));
    assert!(!first.withdraw(), "it was sent");
    assert_eq!(words(&handle.ask(read(1, 9, 1)).await.unwrap()), Ok(vec![1009]));
    assert_eq!(field.stats().requests, 2);
    line.close().await;
}

#[tokio::test]
async fn what_is_no_serial_line_is_not_even_opened() {
    use rustix::fs::inotify;
    let field = field(19_200, None);
    let folder = tempfile::tempdir().unwrap();
    let (file, pipe, link) = (folder.path().join("file"), folder.path().join("pipe"), folder.path().join("link"));
    std::fs::write(&file, "precious").unwrap();
    let node = rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, Mode::RUSR | Mode::WUSR, 0);
    node.unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let watch = inotify::init(inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC).unwrap();
    inotify::add_watch(&watch, folder.path(), inotify::WatchFlags::OPEN | inotify::WatchFlags::MODIFY).unwrap();
    inotify::add_watch(&watch, "/dev/full", inotify::WatchFlags::OPEN).unwrap();
    for path in [&file, &pipe, &link, Path::new("/dev/full"), folder.path()] {
        let path = path.to_str().unwrap().to_owned();
        let link = LinkConfig::Serial(SerialConfig { path: path.clone(), ..settings(&field, 19_200) });
        let refused = Line::open(link).await.unwrap_err();
        assert_eq!(refused, OpenError::NotATerminal(path));
    }
    assert_eq!(rustix::io::read(&watch, &mut [0; 256]).unwrap_err(), rustix::io::Errno::AGAIN, "something was opened");
    std::fs::File::open(&file).unwrap();
    assert!(rustix::io::read(&watch, &mut [0; 256]).is_ok(), "the watch sees what is opened");
}

#[tokio::test]
async fn a_line_that_is_unplugged_says_so_and_opens_again() {
    let folder = tempfile::tempdir().unwrap();
    let field = field(115_200, Some(folder.path().join("ttySIM")));
    let line = open(&field, 115_200).await;
    assert_eq!(words(&line.handle().ask(read(1, 0, 1)).await.unwrap()), Ok(vec![1000]));
    field.unplug();
    let gone = line.handle().ask(read(1, 0, 1)).await;
    assert!(matches!(gone, Err(LineError::Gone(_))), "{gone:?}");
    assert!(matches!(line.handle().ask(read(1, 0, 1)).await, Err(LineError::Closed | LineError::Gone(_))));
    line.close().await;
    assert!(matches!(Line::open(LinkConfig::Serial(settings(&field, 115_200))).await, Err(OpenError::Missing(_))));
    field.plug();
    let line =
        eventually(async || Line::open(LinkConfig::Serial(settings(&field, 115_200))).await.ok(), "the line is back")
            .await;
    assert_eq!(words(&line.handle().ask(read(1, 0, 1)).await.unwrap()), Ok(vec![1000]));
}

#[tokio::test]
async fn closing_ends_a_long_wait_at_once() {
    let field = field(115_200, None);
    let line = open(&field, 115_200).await;
    let handle = line.handle();
    let patient = Ask { timeout: Duration::from_secs(100), ..read(99, 0, 1) };
    let mut asking = tokio::task::JoinSet::new();
    asking.spawn(async move { handle.ask(patient).await });
    eventually(async || (field.stats().requests == 1).then_some(()), "the request is on the wire").await;
    let began = Instant::now();
    line.close().await;
    assert_eq!(asking.join_next().await.unwrap().unwrap(), Err(LineError::Closed));
    assert!(began.elapsed() < Duration::from_secs(1));
}
