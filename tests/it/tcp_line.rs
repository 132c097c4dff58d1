//! Modbus/TCP against a simulated server: whose answer is believed, and when the connection is made anew.

use crate::support::line::{TIMEOUT, device, is_well, no_value_is_wrong, read, words, write};
use crate::support::wait::eventually;
use dinrail::config::endpoint::Endpoint;
use dinrail::config::link::{LinkConfig, TcpConfig};
use dinrail::drivers::modbus::client::LineClient;
use dinrail::drivers::modbus::line::{Ask, Failure, Line, LineError, OpenError, Seen};
use dinrail::sim::fault::{Fault, Times};
use dinrail::sim::server::{Server, ServerConfig, Speech};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_modbus::client::{Reader as _, Writer as _};

/// Units 0, 1, 2 and 255.
fn server() -> Server {
    let devices = [0, 1, 2, 255].map(device).to_vec();
    Server::start(ServerConfig { speech: Speech::Tcp, port: 0, devices }).unwrap()
}

fn link(port: u16, in_flight: u8) -> LinkConfig {
    let address = Endpoint { host: "127.0.0.1".to_owned(), port };
    LinkConfig::Tcp(TcpConfig { address, connect_timeout: Duration::from_secs(2), in_flight })
}

async fn open(server: &Server, in_flight: u8) -> Line {
    Line::open(link(server.address().port(), in_flight)).await.unwrap()
}

/// What one fault leads to: the outcome of the request that meets it, what was counted then and by the next requests.
async fn check(fault: Fault, expect: Result<Vec<u16>, Failure>, seen: Seen, then: Seen) {
    let server = server();
    let line = open(&server, 1).await;
    let handle = line.handle();
    server.fault(1, fault.clone(), Times(Some(1)));
    let answer = handle.ask(read(1, 5, 2)).await.unwrap();
    assert_eq!((words(&answer), answer.seen), (expect, seen), "{fault:?}");
    assert_eq!(is_well(&handle).await, then, "after {fault:?}");
    line.close().await;
}

#[tokio::test]
async fn each_fault_has_its_outcome_and_poisons_nothing() {
    let right = || Ok(vec![205, 206]);
    let none = Seen::default();
    let foreign = Seen { foreign: 1, ..none };
    let renewed = Seen { reconnects: 1, ..none };
    check(Fault::Nothing, right(), none, none).await;
    check(Fault::Silence, Err(Failure::NoAnswer), none, none).await;
    check(Fault::Late { delay_ms: 150 }, right(), none, none).await;
    check(Fault::Exception { code: 2 }, Ok(vec![]), none, none).await;
    check(Fault::Fragment { at: 4, pause_ms: 60 }, right(), none, none).await;
    check(Fault::Fragment { at: 10, pause_ms: 60 }, right(), none, none).await;
    check(Fault::OtherUnit { unit: 2 }, Err(Failure::Unfit), foreign, none).await;
    check(Fault::OtherFunction, Err(Failure::Unfit), foreign, none).await;
    check(Fault::Short, Err(Failure::Unfit), foreign, none).await;
    check(Fault::Echo, Err(Failure::Unfit), foreign, foreign).await;
    check(Fault::Twice, right(), none, foreign).await;
    // Another transaction: somebody else's answer, however well it looks.
    check(Fault::Patch { at: 0, bytes: vec![0x77] }, Err(Failure::NoAnswer), foreign, none).await;
    // Another protocol, an impossible length, the connection closed: asked again on a new connection.
    check(Fault::Patch { at: 2, bytes: vec![1] }, right(), renewed, none).await;
    check(Fault::Patch { at: 4, bytes: vec![1] }, right(), renewed, none).await;
    check(Fault::Noise { before: vec![0xFF; 9], after: vec![] }, right(), renewed, none).await;
    check(Fault::HangUp, right(), renewed, none).await;
    // Nothing is believed of bytes that end in nonsense, whatever their beginning looks like.
    check(Fault::Noise { before: vec![], after: vec![9; 12] }, right(), renewed, none).await;
    // What would follow a frame that never ends could not be told from its rest.
    check(Fault::Truncate { bytes: 9 }, Err(Failure::NoAnswer), none, renewed).await;
}

#[tokio::test]
async fn the_server_itself_answers_as_unit_0_and_255() {
    let server = server();
    let line = open(&server, 1).await;
    assert_eq!(words(&line.handle().ask(read(0, 3, 1)).await.unwrap()), Ok(vec![3]));
    assert_eq!(words(&line.handle().ask(read(255, 3, 1)).await.unwrap()), Ok(vec![51_003]));
    assert_eq!(words(&line.handle().ask(read(9, 3, 1)).await.unwrap()), Err(Failure::NoAnswer));
}

#[tokio::test]
async fn several_requests_are_under_way_at_once_and_answers_come_in_any_order() {
    let server = server();
    let line = open(&server, 4).await;
    for delay_ms in [120, 80, 40, 10] {
        server.fault(1, Fault::Late { delay_ms }, Times(Some(1)));
    }
    let began = Instant::now();
    let mut asking = JoinSet::new();
    for address in [1, 2, 3, 4] {
        let handle = line.handle();
        asking.spawn(async move { (address, words(&handle.ask(read(1, address, 1)).await.unwrap())) });
    }
    let mut order = Vec::new();
    while let Some(answer) = asking.join_next().await {
        let (address, words) = answer.unwrap();
        assert_eq!(words, Ok(vec![200 + u16::from(address)]));
        order.push(address);
    }
    assert!(began.elapsed() < Duration::from_millis(240), "one after the other: {:?}", began.elapsed());
    assert_eq!(order.len(), 4);
    assert_eq!(server.stats().connections, 1);
}

#[tokio::test]
async fn no_more_than_in_flight_requests_are_under_way() {
    let server = server();
    server.set_turnaround(1, Duration::from_millis(40));
    let line = open(&server, 2).await;
    let began = Instant::now();
    let mut asking = JoinSet::new();
    for address in 1..=6 {
        let handle = line.handle();
        asking.spawn(async move { words(&handle.ask(read(1, address, 1)).await.unwrap()) });
    }
    for answer in asking.join_all().await {
        assert!(answer.is_ok());
    }
    assert!(Duration::from_millis(115) <= began.elapsed(), "{:?}", began.elapsed());
    let log = server.stats().log;
    assert!(30_000 <= log[2].at_us - log[0].at_us, "the third waited for an answer: {log:?}");
}

#[tokio::test]
async fn late_answers_are_counted_and_cost_no_reconnect() {
    let server = server();
    let line = open(&server, 4).await;
    let handle = line.handle();
    server.fault(1, Fault::Late { delay_ms: 450 }, Times(Some(3)));
    let mut asking = JoinSet::new();
    for address in 1..=3 {
        let handle = handle.clone();
        asking.spawn(async move { words(&handle.ask(read(1, address, 1)).await.unwrap()) });
    }
    assert_eq!(asking.join_all().await, vec![Err(Failure::NoAnswer); 3]);
    let mut late = 0;
    let until = Instant::now() + Duration::from_secs(10);
    while late < 3 && Instant::now() < until {
        late += is_well(&handle).await.late;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!((late, server.stats().connections), (3, 1));
}

#[tokio::test]
async fn a_peer_that_accepts_and_never_answers_gets_a_new_connection_after_a_while() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let line = Line::open(link(listener.local_addr().unwrap().port(), 1)).await.unwrap();
    let mut accepted = Vec::new();
    for number in 0..4 {
        let ask = Ask { timeout: Duration::from_millis(20), ..read(1, 0, 1) };
        let answer = line.handle().ask(ask).await.unwrap();
        // Each request ends by its own time-out, and the line stays open.
        assert_eq!((answer.reply, answer.seen.reconnects), (Err(Failure::NoAnswer), 0), "request {number}");
    }
    accepted.push(listener.accept().await.unwrap().0);
    // Four in a row with nothing heard: the fifth goes out on a connection of its own, and that one may be answered.
    let asking = line.handle();
    let (answer, ()) = tokio::join!(asking.ask(read(1, 0, 1)), async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 12];
        stream.read_exact(&mut request).await.unwrap();
        stream.write_all(&[request[0], request[1], 0, 0, 0, 5, 1, 3, 2, 0, 42]).await.unwrap();
        accepted.push(stream);
    });
    let answer = answer.unwrap();
    assert_eq!((words(&answer), answer.seen.reconnects), (Ok(vec![42]), 1));
}

#[tokio::test]
async fn a_server_that_closes_each_connection_is_met_by_a_new_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let line = Line::open(link(listener.local_addr().unwrap().port(), 1)).await.unwrap();
    let handle = line.handle();
    for number in 0..4 {
        let (answer, ()) = tokio::join!(handle.ask(read(1, 0, 1)), async {
            // The first attempt of a request may still have met the connection that was closed behind the last answer.
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = [0; 12];
                if stream.read_exact(&mut request).await.is_ok() {
                    stream.write_all(&[request[0], request[1], 0, 0, 0, 5, 1, 3, 2, 0, 42]).await.unwrap();
                    return;
                }
            }
        });
        let answer = answer.unwrap();
        assert_eq!((words(&answer), answer.seen.reconnects), (Ok(vec![42]), u32::from(number != 0)));
    }
}

/// Whatever the server does to some of its answers, and however many are under way: none is taken for another.
#[tokio::test]
async fn no_storm_of_faults_gives_a_wrong_value() {
    let server = server();
    let storm = [
        Fault::Late { delay_ms: 70 },
        Fault::Nothing,
        Fault::OtherUnit { unit: 2 },
        Fault::Twice,
        Fault::Late { delay_ms: 110 },
        Fault::Silence,
        Fault::Short,
        Fault::Patch { at: 0, bytes: vec![0x77] },
        Fault::Fragment { at: 3, pause_ms: 20 },
        Fault::OtherFunction,
        Fault::Echo,
        Fault::Patch { at: 4, bytes: vec![0, 9] },
        Fault::Truncate { bytes: 10 },
        Fault::Exception { code: 6 },
        Fault::Late { delay_ms: 52 },
    ];
    for fault in storm.iter().cycle().take(40 * storm.len()) {
        server.fault(1, fault.clone(), Times(Some(1)));
        server.fault(1, Fault::Nothing, Times(Some(2)));
    }
    let good = no_value_is_wrong(async || open(&server, 8).await, 8, Duration::from_millis(50)).await;
    assert!(250 < good, "only {good} were answered");
}

#[tokio::test]
async fn a_write_under_way_when_the_connection_goes_is_not_done_twice() {
    let server = server();
    let line = open(&server, 1).await;
    server.fault(1, Fault::HangUp, Times(None));
    let gone = line.handle().ask(write(1, 3, 77)).await.unwrap_err();
    assert_eq!(gone, LineError::Gone(format!("{} closed the connection", server.address())));
    assert_eq!(server.stats().requests, 1);
    assert!(matches!(line.handle().ask(read(1, 0, 1)).await, Err(LineError::Closed | LineError::Gone(_))));
}

#[tokio::test]
async fn a_peer_that_hangs_up_on_every_request_ends_the_line() {
    let server = server();
    let line = open(&server, 1).await;
    server.fault(1, Fault::HangUp, Times(None));
    let gone = line.handle().ask(read(1, 0, 1)).await.unwrap_err();
    assert_eq!(gone, LineError::Gone(format!("{} closed the connection", server.address())));
    assert_eq!(server.stats().requests, 2);
}

#[tokio::test]
async fn a_peer_that_speaks_something_else_is_told_by_name() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let line = Line::open(link(address.port(), 1)).await.unwrap();
    let handle = line.handle();
    let (gone, ()) = tokio::join!(handle.ask(read(1, 0, 1)), async {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_exact(&mut [0; 12]).await.unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        }
    });
    let sentence = format!("{address} does not speak Modbus/TCP: it sent a message with protocol identifier 21584");
    assert_eq!(gone, Err(LineError::Gone(sentence)));
}

#[tokio::test]
async fn a_connection_that_cannot_be_made_says_why() {
    let port = crate::support::field::free_port();
    let refused = Line::open(link(port, 1)).await.unwrap_err();
    let why = "the connection is refused: nothing listens there".to_owned();
    assert_eq!(refused, OpenError::Connect { address: format!("127.0.0.1:{port}"), why });
    let address = Endpoint { host: "no-such-host.invalid".to_owned(), port: 502 };
    let config = TcpConfig { address, connect_timeout: Duration::from_secs(5), in_flight: 1 };
    let unknown = Line::open(LinkConfig::Tcp(config)).await.unwrap_err().to_string();
    assert!(unknown.contains("`no-such-host.invalid` cannot be resolved"), "{unknown}");
}

#[tokio::test]
async fn closing_ends_a_long_wait_at_once() {
    let server = server();
    let line = open(&server, 1).await;
    let handle = line.handle();
    let mut asking = JoinSet::new();
    let patient = Ask { timeout: Duration::from_secs(100), ..read(99, 0, 1) };
    asking.spawn(async move { handle.ask(patient).await });
    eventually(async || (server.stats().requests == 1).then_some(()), "the request is under way").await;
    let began = Instant::now();
    line.close().await;
    assert_eq!(asking.join_next().await.unwrap().unwrap(), Err(LineError::Closed));
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_device_that_needs_a_pause_gets_it() {
    let server = server();
    let line = open(&server, 4).await;
    let mut asking = JoinSet::new();
    for address in 0..3 {
        let handle = line.handle();
        let ask = Ask { min_gap: Duration::from_millis(40), timeout: TIMEOUT * 10, ..read(1, address, 1) };
        asking.spawn(async move { handle.ask(ask).await.unwrap().reply.is_ok() });
    }
    assert_eq!(asking.join_all().await, [true; 3]);
    let log = server.stats().log;
    assert!(log.iter().skip(1).zip(&log).all(|(next, last)| 40_000 <= next.at_us - last.at_us), "{log:?}");
}

#[tokio::test]
async fn the_vocabulary_of_tokio_modbus_works_over_the_connection() {
    let server = server();
    let line = open(&server, 1).await;
    let mut client = LineClient::new(line.handle(), 2, TIMEOUT).into_context();
    assert_eq!(client.read_holding_registers(10, 3).await.unwrap(), Ok(vec![410, 411, 412]));
    assert_eq!(client.write_multiple_registers(10, &[1, 2]).await.unwrap(), Ok(()));
    assert_eq!(client.read_holding_registers(10, 3).await.unwrap(), Ok(vec![1, 2, 412]));
    let exception = client.read_input_registers(99, 2).await.unwrap();
    assert_eq!(exception, Err(tokio_modbus::ExceptionCode::IllegalDataAddress));
    let custom = tokio_modbus::Request::Custom(0x41, vec![1, 2, 3].into());
    let backwards = tokio_modbus::client::Client::call(&mut client, custom).await.unwrap();
    assert_eq!(backwards, Ok(tokio_modbus::Response::Custom(0x41, vec![3, 2, 1].into())));
}
