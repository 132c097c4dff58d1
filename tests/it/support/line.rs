//! Asking a line, and devices whose values tell where they were read.

use dinrail::drivers::modbus::line::{Answer, Ask, Failure, Line, LineHandle, Seen};
use dinrail::modbus::address::Table;
use dinrail::sim::bank::Bank;
use dinrail::sim::field::SimDevice;
use std::panic::Location;
use std::time::Duration;

pub(crate) const TIMEOUT: Duration = Duration::from_millis(300);

/// A device with 100 words per table; holding register n of unit u is u * 200 + n.
pub(crate) fn device(unit: u8) -> SimDevice {
    let mut bank = Bank::new(100);
    let words: Vec<u16> = (0..100).map(|n| u16::from(unit) * 200 + n).collect();
    assert!(bank.set(Table::Holding, 0, &words));
    SimDevice { unit, turnaround: Duration::from_millis(1), bank }
}

/// Reads holding registers.
pub(crate) fn read(unit: u8, address: u8, count: u8) -> Ask {
    Ask { unit, pdu: vec![3, 0, address, 0, count], timeout: TIMEOUT, min_gap: Duration::ZERO }
}

/// Writes one holding register.
pub(crate) fn write(unit: u8, address: u8, word: u8) -> Ask {
    Ask { pdu: vec![6, 0, address, 0, word], ..read(unit, address, 1) }
}

/// The words of an answer; none of an exception.
pub(crate) fn words(answer: &Answer) -> Result<Vec<u16>, Failure> {
    answer.reply.clone().map(|pdu| pdu[2..].chunks(2).map(|two| u16::from_be_bytes([two[0], two[1]])).collect())
}

/// Reads something else of unit 1 with each step, and the right values come; what else was seen.
#[track_caller]
pub(crate) fn is_well(handle: &LineHandle) -> impl Future<Output = Seen> + use<> {
    let (handle, at) = (handle.clone(), Location::caller());
    async move {
        let mut seen = Seen::default();
        for address in [7, 9, 11] {
            let answer = handle.ask(read(1, address, 2)).await.unwrap();
            let right = 200 + u16::from(address);
            assert_eq!(words(&answer), Ok(vec![right, right + 1]), "at {at}");
            seen.late += answer.seen.late;
            seen.foreign += answer.seen.foreign;
            seen.noise += answer.seen.noise;
            seen.resyncs += answer.seen.resyncs;
            seen.echo += answer.seen.echo;
            seen.reconnects += answer.seen.reconnects;
        }
        seen
    }
}

/// Asks many times from several sides; whatever the field does, none of the values is wrong. How many of 480 came.
pub(crate) async fn no_value_is_wrong(open: impl AsyncFn() -> Line, sides: u8, timeout: Duration) -> u32 {
    let (mut good, mut asked) = (0, 0);
    while asked < 480 {
        // A line that was lost is opened anew, as its unit does.
        let line = open().await;
        let mut asking = tokio::task::JoinSet::new();
        for side in 0..sides {
            let handle = line.handle();
            asking.spawn(async move {
                let (mut asked, mut good) = (0u32, 0u32);
                for number in 0..480 / u16::from(sides) {
                    let unit = 1 + u8::from(number % 2 == 1);
                    let address = side * 10 + u8::try_from(number % 7).unwrap();
                    let Ok(answer) = handle.ask(Ask { timeout, ..read(unit, address, 2) }).await else { break };
                    asked += 1;
                    if let Ok(words) = words(&answer)
                        && !words.is_empty()
                    {
                        let right = u16::from(unit) * 200 + u16::from(address);
                        assert_eq!(words, [right, right + 1]);
                        good += 1;
                    }
                }
                (asked, good)
            });
        }
        for (more_asked, more_good) in asking.join_all().await {
            asked += more_asked.max(1);
            good += more_good;
        }
        line.close().await;
    }
    good
}
