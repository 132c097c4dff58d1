//! mbpoll, a master of others, reads and writes our simulated field: what the field says is right by it too.

use super::slave::BAUD;
use crate::support::wait::PATIENCE;
use dinrail::modbus::address::{Span, Table};
use dinrail::modbus::order::Order;
use dinrail::modbus::wire::{Parity, Wire};
use dinrail::modbus::words::Codec;
use dinrail::sim::bank::Bank;
use dinrail::sim::fault::{Fault, Times};
use dinrail::sim::field::{Field, FieldConfig, SimDevice};
use dinrail::tag::value::{Value, ValueType};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

/// Units 1 and 2 with 100 words in each table.
fn field(baud: u32) -> Field {
    let device = |unit| SimDevice { unit, turnaround: Duration::from_millis(2), bank: Bank::new(100) };
    let wire = Wire { baud, data_bits: 8, parity: Parity::None, stop_bits: 1 };
    let devices = vec![device(1), device(2)];
    Field::start(FieldConfig { wire, devices, strict: true, spin: false, link: None }).unwrap()
}

/// What mbpoll prints: the values it read, and its complaints.
#[derive(Debug, PartialEq)]
struct Said {
    values: Vec<String>,
    troubles: Vec<String>,
}

impl Said {
    fn values(values: impl IntoIterator<Item = impl ToString>) -> Self {
        Self { values: values.into_iter().map(|value| value.to_string()).collect(), troubles: Vec::new() }
    }
}

/// One poll with 0-based addresses; `words` are written if there are any.
async fn mbpoll(field: &Field, baud: &str, options: &[&str], words: &[&str]) -> Said {
    let mut command = Command::new("mbpoll");
    command.args(["-m", "rtu", "-b", baud, "-P", "none", "-0", "-1", "-o", "2"]).args(options);
    command.arg(field.path()).arg("--").args(words);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = match timeout(PATIENCE, command.output()).await.expect("mbpoll ends") {
        Ok(output) => output,
        Err(err) => panic!("mbpoll does not start ({err}): these tests need the Debian package mbpoll"),
    };
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    // `[10]:   50000 (-15536)`: the number, and how it looks with a sign.
    let value = |line: &str| Some(line.strip_prefix('[')?.split_once("]:")?.1.split_whitespace().next()?.to_owned());
    let trouble = |line: &&str| line.contains("failed:");
    Said {
        values: text.lines().filter_map(value).collect(),
        troubles: text.lines().filter(trouble).map(str::to_owned).collect(),
    }
}

fn set(field: &Field, address: u16, kind: ValueType, order: Order, value: &Value) {
    let words = Codec::new(kind, order, 1).encode(value).unwrap();
    assert!(field.set(1, Table::Input, address, &words));
}

#[tokio::test]
async fn mbpoll_reads_what_the_field_holds() {
    let field = field(19_200);
    let words: Vec<u16> = (0..50).map(|n| 1000 * (n % 60) + n).collect();
    let bits: Vec<u16> = (0..50).map(|n| u16::from(n % 3 == 0)).collect();
    assert!(field.set(1, Table::Holding, 10, &words) && field.set(2, Table::Input, 50, &words));
    assert!(field.set(1, Table::Coil, 1, &bits) && field.set(2, Table::Discrete, 50, &bits));
    let check = async |options: &[&str], expect: &[u16]| {
        assert_eq!(mbpoll(&field, BAUD, options, &[]).await, Said::values(expect), "{options:?}");
    };
    check(&["-a", "1", "-t", "4", "-r", "10", "-c", "50"], &words).await;
    check(&["-a", "2", "-t", "3", "-r", "50", "-c", "50"], &words).await;
    check(&["-a", "1", "-t", "0", "-r", "1", "-c", "50"], &bits).await;
    check(&["-a", "2", "-t", "1", "-r", "50", "-c", "50"], &bits).await;
    check(&["-a", "2", "-t", "4", "-r", "99", "-c", "1"], &[0]).await;
    let stats = field.stats();
    assert_eq!((stats.requests, stats.replies, stats.bad_bytes, stats.ignored), (5, 5, 0, 0));
}

#[tokio::test]
async fn mbpoll_understands_the_order_of_wide_values() {
    let field = field(19_200);
    let swapped = Order::parse("CDAB", ValueType::U32).unwrap();
    set(&field, 0, ValueType::F32, Order::BIG_ENDIAN, &Value::F64(-12.5));
    set(&field, 2, ValueType::I32, Order::BIG_ENDIAN, &Value::I64(-123_456_789));
    set(&field, 4, ValueType::F32, swapped, &Value::F64(-12.5));
    set(&field, 6, ValueType::I32, swapped, &Value::I64(-123_456_789));
    let check = async |address: &str, kind: &str, big: &[&str], expect: &str| {
        let options = [&["-a", "1", "-t", kind, "-r", address], big].concat();
        assert_eq!(mbpoll(&field, BAUD, &options, &[]).await, Said::values([expect]), "{options:?}");
    };
    check("0", "3:float", &["-B"], "-12.5").await;
    check("2", "3:int", &["-B"], "-123456789").await;
    check("4", "3:float", &[], "-12.5").await;
    check("6", "3:int", &[], "-123456789").await;
}

#[tokio::test]
async fn what_mbpoll_writes_is_in_the_field() {
    let field = field(19_200);
    let check = async |options: &[&str], words: &[&str], table: Table, address: u16, expect: &[u16]| {
        let said = mbpoll(&field, BAUD, &[&["-a", "2"], options].concat(), words).await;
        assert_eq!(said.troubles, [""; 0], "{options:?}");
        let span = Span::new(table, address, u16::try_from(expect.len()).unwrap()).unwrap();
        assert_eq!(field.get(2, span).unwrap(), expect, "{options:?}");
        field.stats().log.back().unwrap().pdu[0]
    };
    let holding = Table::Holding;
    assert_eq!(check(&["-t", "4", "-r", "20"], &["777"], holding, 19, &[0, 777, 0]).await, 6);
    assert_eq!(check(&["-t", "4", "-r", "30"], &["7", "8", "9"], holding, 29, &[0, 7, 8, 9, 0]).await, 16);
    assert_eq!(check(&["-t", "4:int", "-B", "-r", "40"], &["-2"], holding, 40, &[0xFFFF, 0xFFFE]).await, 16);
    assert_eq!(check(&["-t", "0", "-r", "5"], &["1"], Table::Coil, 4, &[0, 1, 0]).await, 5);
    assert_eq!(check(&["-t", "0", "-r", "9"], &["1", "0", "1"], Table::Coil, 8, &[0, 1, 0, 1, 0]).await, 15);
}

#[tokio::test]
async fn mbpoll_is_told_what_is_wrong() {
    let field = field(19_200);
    let check = async |options: &[&str], trouble: &str| {
        let said = mbpoll(&field, BAUD, options, &[]).await;
        assert!(said.values.is_empty(), "{options:?}: {said:?}");
        assert!(said.troubles.len() == 1 && said.troubles[0].contains(trouble), "{options:?}: {said:?}");
    };
    check(&["-a", "1", "-t", "3", "-r", "99", "-c", "2"], "Illegal data address").await;
    check(&["-a", "3", "-t", "3", "-r", "0"], "Connection timed out").await;
    field.fault(1, Fault::Exception { code: 6 }, Times(Some(1)));
    check(&["-a", "1", "-t", "3", "-r", "0"], "Slave device or server is busy").await;
    field.fault(1, Fault::Crc, Times(Some(1)));
    check(&["-a", "1", "-t", "3", "-r", "0"], "Invalid CRC").await;
    field.fault(1, Fault::Silence, Times(Some(1)));
    check(&["-a", "1", "-t", "3", "-r", "0"], "Connection timed out").await;
    assert_eq!(mbpoll(&field, BAUD, &["-a", "1", "-t", "3", "-r", "0"], &[]).await, Said::values([0]));
}

/// mbpoll sends to the next unit as soon as the last has answered: at 1200 baud 29 ms too early, unless the machine is
/// so loaded that it comes late by accident.
#[tokio::test]
async fn a_strict_field_ignores_a_master_that_does_not_keep_the_silence() {
    let field = field(1200);
    for _ in 0..10 {
        field.reset_stats();
        let said = mbpoll(&field, "1200", &["-a", "1,2", "-t", "3", "-r", "0"], &[]).await;
        let stats = field.stats();
        assert_eq!((stats.requests, stats.ignored + stats.replies), (2, 2), "{said:?}");
        assert_eq!(stats.ignored, stats.short_gaps);
        if stats.ignored == 1 {
            assert_eq!(said.values, ["0"], "{said:?}");
            assert!(said.troubles.len() == 1 && said.troubles[0].contains("timed out"), "{said:?}");
            return;
        }
    }
    panic!("mbpoll kept the silence ten times");
}
