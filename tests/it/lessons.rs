//! What devices refuse is learnt from, and costs no other value anything.

use crate::support::line_rig::{Rig, bank, device, field_of, register};
use crate::support::wait::eventually;
use dinrail::modbus::address::{Span, Table};
use dinrail::runtime::status::{HoleStatus, LessonsStatus, RefusedStatus};
use dinrail::sim::fault::{Fault, Times};
use dinrail::tag::quality::{Quality, Reason};
use dinrail::tag::value::Value;
use serde_json::Value as Json;
use std::ops::Range;

fn registers(range: Range<u16>) -> Vec<Json> {
    range.map(register).collect()
}

fn holding(address: u16) -> Span {
    Span::new(Table::Holding, address, 1).unwrap()
}

/// First register and number of every read since the counters were reset.
fn reads(rig: &Rig) -> Vec<(u16, u16)> {
    let two = |pdu: &[u8], at: usize| u16::from_be_bytes([pdu[at], pdu[at + 1]]);
    rig.field
        .stats()
        .log
        .iter()
        .filter(|seen| seen.pdu[0] == 3)
        .map(|seen| (two(&seen.pdu, 1), two(&seen.pdu, 3)))
        .collect()
}

/// Waits until all these have their value and the line is asked for nothing but these reads, over and over.
async fn settles(rig: &Rig, tags: &[u16], expect: &[(u16, u16)]) {
    let good =
        |rig: &Rig| tags.iter().all(|at| rig.value(&format!("d1/r{at}")) == Some(Value::U64(u64::from(1000 + at))));
    rig.until("every value", good).await;
    let same = async || {
        rig.field.reset_stats();
        rig.until("more reads", |rig| 20 < rig.field.stats().requests).await;
        let mut reads = reads(rig);
        reads.sort_unstable();
        reads.dedup();
        (reads == expect).then_some(())
    };
    eventually(same, &format!("only {expect:?}")).await;
    assert!(good(rig), "values stay good: {:?}", rig.status());
}

#[tokio::test]
async fn an_illegal_address_inside_a_block_takes_no_neighbour_along() {
    let field = field_of(bank(1).with_illegal(holding(5)));
    let rig = Rig::start(field, Json::Array(vec![device(1, 50, Json::Array(registers(0..10)))]));
    let others: Vec<u16> = (0..10).filter(|at| *at != 5).collect();
    settles(&rig, &others, &[(0, 5), (6, 4)]).await;
    let refused = rig.state("d1/r5");
    assert_eq!((refused.quality, refused.reason), (Quality::Bad, Reason::Exception(2)));
    let told = rig.lines.lessons("d1").await.unwrap();
    let retry_s = told.illegal[0].retry_s;
    assert!(10 <= retry_s);
    let one = RefusedStatus { table: "holding".to_owned(), address: 5, count: 1, exception: Some(2), retry_s };
    assert_eq!(told, LessonsStatus { refused: 1, illegal: vec![one], ..LessonsStatus::default() });
    rig.end().await;
}

#[tokio::test]
async fn a_hole_that_is_refused_is_not_read_through() {
    let field = field_of(bank(1).with_illegal(holding(4)));
    let tags = [registers(0..3), registers(6..8)].concat();
    let rig = Rig::start(field, Json::Array(vec![device(1, 50, Json::Array(tags))]));
    settles(&rig, &[0, 1, 2, 6, 7], &[(0, 3), (6, 2)]).await;
    let hole = HoleStatus { table: "holding".to_owned(), address: 2, count: 5 };
    assert_eq!(
        rig.lines.lessons("d1").await.unwrap(),
        LessonsStatus { apart: 1, holes: vec![hole], ..LessonsStatus::default() }
    );
    rig.end().await;
}

#[tokio::test]
async fn a_device_that_answers_16_registers_is_asked_for_16() {
    let rig = Rig::start(
        field_of(bank(1).with_limits(Some(16), None)),
        Json::Array(vec![device(1, 50, Json::Array(registers(0..40)))]),
    );
    let all: Vec<u16> = (0..40).collect();
    settles(&rig, &all, &[(0, 16), (16, 16), (32, 8)]).await;
    assert_eq!(rig.lines.lessons("d1").await.unwrap().max_registers, Some(16));
    rig.end().await;
}

#[tokio::test]
async fn a_device_that_is_silent_on_long_reads_is_found_by_shorter_ones() {
    let rig = Rig::start(
        field_of(bank(1).with_limits(Some(16), None).mute()),
        Json::Array(vec![device(1, 50, Json::Array(registers(0..20)))]),
    );
    let all: Vec<u16> = (0..20).collect();
    settles(&rig, &all, &[(0, 16), (16, 4)]).await;
    assert_eq!(rig.lines.lessons("d1").await.unwrap().max_registers, Some(16));
    rig.end().await;
}

#[tokio::test]
async fn exceptions_that_pass_leave_nothing_behind() {
    let rig = Rig::start(field_of(bank(1)), Json::Array(vec![device(1, 50, Json::Array(registers(0..10)))]));
    rig.until("a value", |rig| rig.value("d1/r9").is_some()).await;
    for code in [2, 3, 4, 6] {
        rig.field.fault(1, Fault::Exception { code }, Times(Some(2)));
    }
    rig.until("the last fault", |rig| rig.status().devices[0].traffic.exceptions.get("06") == Some(&2)).await;
    rig.until("one read again", |rig| rig.status().devices[0].lessons.is_none() && rig.value("d1/r9").is_some()).await;
    rig.field.reset_stats();
    rig.until("more reads", |rig| 10 < rig.field.stats().requests).await;
    let last = reads(&rig).last().copied();
    assert_eq!(last, Some((0, 10)));
    rig.end().await;
}

#[tokio::test]
async fn what_was_forgotten_is_learnt_anew_or_read_again() {
    let field = field_of(bank(1).with_illegal(holding(5)));
    let rig = Rig::start(field, Json::Array(vec![device(1, 50, Json::Array(registers(0..10)))]));
    let others: Vec<u16> = (0..10).filter(|at| *at != 5).collect();
    let split = [(0, 5), (6, 4)];
    settles(&rig, &others, &split).await;
    rig.lines.forget("d1").await.unwrap();
    rig.until("all of it read in one again", |rig| reads(rig).contains(&(0, 10))).await;
    settles(&rig, &others, &split).await;
    assert!(rig.field.exchange(1, bank(1)));
    rig.lines.forget("d1").await.unwrap();
    rig.until("the value that was refused", |rig| rig.value("d1/r5") == Some(Value::U64(1005))).await;
    rig.until("no lesson", |rig| rig.status().devices[0].lessons.is_none()).await;
    rig.field.reset_stats();
    rig.until("more reads", |rig| 3 < rig.field.stats().requests).await;
    assert!(reads(&rig).iter().all(|read| *read == (0, 10)), "{:?}", reads(&rig));
    assert!(rig.lines.forget("nobody").await.is_err());
    rig.end().await;
}

#[tokio::test]
async fn what_one_device_taught_is_not_held_against_another() {
    let field = field_of(bank(1).with_illegal(holding(5)));
    let mut rig = Rig::start(field, Json::Array(vec![device(1, 50, Json::Array(registers(0..10)))]));
    let others: Vec<u16> = (0..10).filter(|at| *at != 5).collect();
    settles(&rig, &others, &[(0, 5), (6, 4)]).await;
    rig.change(|document| document["devices"][0]["unit_id"] = Json::from(2));
    let asked = |rig: &Rig| rig.field.stats().log.iter().find(|seen| seen.unit == 2).map(|seen| seen.pdu.clone());
    rig.until("the other device is asked", |rig| asked(rig).is_some()).await;
    assert_eq!(asked(&rig), Some(vec![3, 0, 0, 0, 10]), "all in one");
    assert_eq!(rig.lines.lessons("d1").await.unwrap(), LessonsStatus::default());
    rig.end().await;
}
