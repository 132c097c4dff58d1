//! RTU frames through a TCP connection, against a simulated device server: the faults of a line, and those of a
//! connection.

use crate::support::line::{TIMEOUT, device, is_well, no_value_is_wrong, read, words, write};
use dinrail::config::endpoint::Endpoint;
use dinrail::config::link::{LinkConfig, RtuOverTcpConfig};
use dinrail::drivers::modbus::client::LineClient;
use dinrail::drivers::modbus::line::{Ask, Failure, Line, LineError, OpenError, Seen};
use dinrail::sim::fault::{Fault, Times};
use dinrail::sim::server::{Server, ServerConfig, Speech};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_modbus::client::{Reader as _, Writer as _};

fn server() -> Server {
    let devices = [1, 2].map(device).to_vec();
    Server::start(ServerConfig { speech: Speech::RtuOverTcp, port: 0, devices }).unwrap()
}

fn link(port: u16) -> LinkConfig {
    LinkConfig::RtuOverTcp(RtuOverTcpConfig {
        address: Endpoint { host: "127.0.0.1".to_owned(), port },
        connect_timeout: Duration::from_secs(2),
        gap: None,
        broadcast_delay: Duration::from_millis(50),
    })
}

async fn open(server: &Server) -> Line {
    Line::open(link(server.address().port())).await.unwrap()
}

async fn check(fault: Fault, expect: Result<Vec<u16>, Failure>, seen: Seen, then: Seen) {
    let server = server();
    let line = open(&server).await;
    server.fault(1, fault.clone(), Times(Some(1)));
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
    check(Fault::Nothing, right(), none, none).await;
    check(Fault::Silence, Err(Failure::NoAnswer), none, Seen { resyncs: 1, ..none }).await;
    check(Fault::Late { delay_ms: 150 }, right(), none, none).await;
    check(Fault::Crc, Err(Failure::Crc), Seen { noise: 9, ..none }, none).await;
    check(Fault::Exception { code: 2 }, Ok(vec![]), none, none).await;
    check(Fault::Noise { before: vec![0xFF, 0, 1, 3], after: vec![] }, right(), Seen { noise: 4, ..none }, none).await;
    check(Fault::Noise { before: vec![], after: vec![0xAA; 3] }, right(), Seen { noise: 3, ..none }, none).await;
    check(Fault::Fragment { at: 4, pause_ms: 60 }, right(), none, none).await;
    let unanswered = Seen { resyncs: 1, ..none };
    check(Fault::OtherUnit { unit: 2 }, Err(Failure::NoAnswer), foreign, unanswered).await;
    check(Fault::OtherFunction, Err(Failure::Unfit), foreign, unanswered).await;
    check(Fault::Short, Err(Failure::Unfit), foreign, unanswered).await;
    check(Fault::Truncate { bytes: 5 }, Err(Failure::Unfit), Seen { noise: 5, ..none }, unanswered).await;
    check(Fault::Echo, right(), Seen { echo: 1, ..none }, none).await;
    // A device server hands what its line says to whoever is connected: the first answer may still come.
    check(Fault::HangUp, right(), Seen { reconnects: 1, ..none }, unanswered).await;
}

#[tokio::test]
async fn a_late_reply_never_answers_another_request() {
    let server = server();
    let line = open(&server).await;
    server.fault(1, Fault::Late { delay_ms: 380 }, Times(Some(3)));
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
    assert_eq!(server.stats().connections, 1);
}

#[tokio::test]
async fn a_peer_that_accepts_and_never_answers_gets_a_new_connection_after_a_while() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let line = Line::open(link(listener.local_addr().unwrap().port())).await.unwrap();
    let handle = line.handle();
    let ask = || Ask { timeout: Duration::from_millis(20), ..read(1, 0, 1) };
    for number in 0..4 {
        let answer = handle.ask(ask()).await.unwrap();
        assert_eq!((answer.reply, answer.seen), (Err(Failure::NoAnswer), Seen::default()), "request {number}");
    }
    let (_mute, _) = listener.accept().await.unwrap();
    let (answer, ()) = tokio::join!(handle.ask(read(1, 0, 1)), async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut [0; 8]).await.unwrap();
        stream.write_all(&dinrail::modbus::rtu::frame(1, &[3, 2, 0, 42])).await.unwrap();
    });
    let answer = answer.unwrap();
    assert_eq!((words(&answer), answer.seen.reconnects), (Ok(vec![42]), 1));
}

#[tokio::test]
async fn a_write_under_way_when_the_connection_goes_is_not_done_twice() {
    let server = server();
    let line = open(&server).await;
    assert_eq!(is_well(&line.handle()).await, Seen::default());
    server.fault(1, Fault::HangUp, Times(None));
    let before = server.stats().requests;
    let gone = line.handle().ask(write(1, 3, 77)).await.unwrap_err();
    assert_eq!(gone, LineError::Gone(format!("{} closed the connection", server.address())));
    assert_eq!(server.stats().requests, before + 1);
}

#[tokio::test]
async fn a_device_server_that_comes_back_is_met_again_by_the_next_line() {
    let server = server();
    let line = open(&server).await;
    assert_eq!(is_well(&line.handle()).await, Seen::default());
    server.unplug();
    let mut gone = line.handle().ask(read(1, 0, 1)).await;
    while gone.is_ok() {
        gone = line.handle().ask(read(1, 0, 1)).await;
    }
    let sentence = format!("cannot connect to {}: the connection is refused: nothing listens there", server.address());
    assert!(matches!(&gone, Err(LineError::Gone(why)) if *why == sentence || why.contains("lost")), "{gone:?}");
    line.close().await;
    assert!(matches!(Line::open(link(server.address().port())).await, Err(OpenError::Connect { .. })));
    server.plug();
    let line = crate::support::wait::eventually(
        async || Line::open(link(server.address().port())).await.ok(),
        "the device server is back",
    )
    .await;
    assert_eq!(is_well(&line.handle()).await, Seen::default());
}

#[tokio::test]
async fn closing_ends_a_long_wait_at_once() {
    let server = server();
    let line = open(&server).await;
    let handle = line.handle();
    let mut asking = tokio::task::JoinSet::new();
    let patient = Ask { timeout: Duration::from_secs(100), ..read(99, 0, 1) };
    asking.spawn(async move { handle.ask(patient).await });
    crate::support::wait::eventually(async || (server.stats().requests == 1).then_some(()), "the request is under way")
        .await;
    let began = Instant::now();
    line.close().await;
    assert_eq!(asking.join_next().await.unwrap().unwrap(), Err(LineError::Closed));
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn the_vocabulary_of_tokio_modbus_works_over_the_connection() {
    let server = server();
    let line = open(&server).await;
    let mut client = LineClient::new(line.handle(), 2, TIMEOUT).into_context();
    assert_eq!(client.write_multiple_registers(10, &[1, 2]).await.unwrap(), Ok(()));
    assert_eq!(client.read_holding_registers(10, 3).await.unwrap(), Ok(vec![1, 2, 412]));
    let custom = tokio_modbus::Request::Custom(0x41, vec![1, 2, 3].into());
    let backwards = tokio_modbus::client::Client::call(&mut client, custom).await.unwrap();
    assert_eq!(backwards, Ok(tokio_modbus::Response::Custom(0x41, vec![3, 2, 1].into())));
}

#[tokio::test]
async fn no_storm_of_faults_gives_a_wrong_value() {
    let server = server();
    let storm = [
        Fault::Late { delay_ms: 70 },
        Fault::Nothing,
        Fault::OtherUnit { unit: 2 },
        Fault::Crc,
        Fault::Twice,
        Fault::Late { delay_ms: 130 },
        Fault::Silence,
        Fault::Short,
        Fault::Echo,
        Fault::Noise { before: vec![1, 3, 2], after: vec![0xFF; 9] },
        Fault::Fragment { at: 3, pause_ms: 20 },
        Fault::OtherFunction,
        Fault::Truncate { bytes: 4 },
        Fault::HangUp,
        Fault::Exception { code: 6 },
        Fault::Late { delay_ms: 65 },
    ];
    for fault in storm.iter().cycle().take(10 * storm.len()) {
        server.fault(1, fault.clone(), Times(Some(1)));
        server.fault(1, Fault::Nothing, Times(Some(1)));
    }
    let good = no_value_is_wrong(async || open(&server).await, 1, Duration::from_millis(60)).await;
    assert!(200 < good, "only {good} were answered");
}
