//! Samples that wait for each other.

use super::{Bench, on_change};
use crate::tag::quality::Reason;
use crate::tag::reading::Reading;
use serde_json::{Value as Json, json};

fn batched(batch: Json, more: Json) -> Json {
    let mut members = json!({"topic": "all", "payload": "array", "batch": batch, "timestamps": "ms",
        "members": {"name": "n", "value": "v", "timestamp": "t"}});
    for (name, value) in more.as_object().unwrap() {
        members[name] = value.clone();
    }
    on_change(members)
}

impl Bench {
    /// What goes out now: of each message its samples as `tag=value@time`.
    #[track_caller]
    fn gives(&mut self, expect: &[&str]) {
        let sample = |sample: &Json| format!("{}={}@{}", sample["n"].as_str().unwrap(), sample["v"], sample["t"]);
        let message = |(_, json, ..): (String, Json, _, _)| {
            json.as_array().unwrap().iter().map(sample).collect::<Vec<_>>().join(" ")
        };
        let lines: Vec<String> = self.take().into_iter().map(message).collect();
        assert_eq!(lines, expect);
    }
}

#[test]
fn so_many_samples_are_one_message() {
    let mut bench =
        Bench::new(batched(json!({"count": 3}), json!({"trigger": {"on_change": true, "on_connect": false}})));
    // What changed before the session is there: four tags, of which three fill the first batch.
    bench.pass(10);
    bench.write(1, 1.0);
    bench.gives(&[]);
    bench.pass(10);
    bench.write(2, 2.0);
    bench.gives(&["t3=0.0@0 t1=1.0@10 t2=2.0@20"]);
    bench.write(1, 3.0);
    bench.gives(&[]);
    bench.write(1, 4.0);
    bench.gives(&[]);
    bench.read(1, Reading::Failed(Reason::NoAnswer));
    bench.gives(&["t1=3.0@20 t1=4.0@20 t1=4.0@20"]);
}

#[test]
fn the_time_of_a_batch_begins_with_its_first_sample() {
    let quiet = json!({"tags": ["d/t1", "d/t2"], "trigger": {"on_change": true}});
    let mut bench = Bench::new(batched(json!({"interval_ms": 100}), quiet));
    bench.pass(100);
    bench.gives(&["t1=0.0@0 t2=0.0@0"]);
    bench.pass(500);
    bench.gives(&[]);
    bench.write(1, 1.0);
    bench.gives(&[]);
    bench.pass(60);
    bench.write(1, 2.0);
    bench.gives(&[]);
    bench.pass(39);
    bench.gives(&[]);
    bench.pass(1);
    bench.gives(&["t1=1.0@600 t1=2.0@660"]);
}

#[test]
fn beats_add_all_tags_and_the_end_of_a_batch_adds_none() {
    let beats = json!({"tags": ["d/t1"], "trigger": {"interval_ms": 40, "on_connect": false}});
    let mut bench = Bench::new(batched(json!({"interval_ms": 100}), beats));
    let messages = bench.over(241, |bench, at| {
        if at == 150 {
            bench.write(1, 7.0);
        }
    });
    let sent: Vec<&str> = messages.iter().map(|line| line.split(' ').next().unwrap()).collect();
    // Beats at 40, 80, 120, then 160, 200, 240: each batch ends 100 ms after its first.
    assert_eq!(sent, ["140"]);
    bench.pass(20);
    bench.gives(&["t1=7.0@150 t1=7.0@150 t1=7.0@150"]);
}

#[test]
fn an_edit_or_the_end_closes_what_is_gathered() {
    let mut bench = Bench::new(batched(json!({"count": 100}), json!({"tags": ["d/t1"]})));
    bench.write(1, 1.0);
    bench.gives(&[]);
    bench.configure(batched(json!({"count": 50}), json!({"tags": ["d/t1"]})), 4);
    bench.gives(&["t1=0.0@0 t1=1.0@0"]);
    bench.write(1, 2.0);
    bench.gives(&[]);
    bench.publisher.close_batches();
    let rest = bench.take();
    assert_eq!(rest[0].1.as_array().unwrap().last().unwrap()["v"], 2.0);
    // What is gone tells nothing any more.
    bench.write(1, 3.0);
    bench.gives(&[]);
    bench.configure(json!([]), 4);
    bench.gives(&[]);
}

#[test]
fn a_batch_outlasts_a_session() {
    let mut bench = Bench::new(batched(json!({"interval_ms": 100}), json!({"tags": ["d/t1"]})));
    bench.publisher.disconnected();
    bench.write(1, 1.0);
    bench.pass(500);
    bench.gives(&[]);
    bench.publisher.connected(bench.now, |_| false);
    bench.pass(0);
    bench.gives(&["t1=0.0@0 t1=1.0@0"]);
}

#[test]
fn no_batch_outgrows_its_bytes() {
    let mut bench =
        Bench::new(batched(json!({"count": 10_000}), json!({"tags": ["d/t1"], "members": {"value": "v".repeat(60)}})));
    let mut messages = Vec::new();
    for n in 0..6000u32 {
        bench.write(1, f64::from(n) + 0.5);
        messages.extend(bench.take());
    }
    assert_eq!(messages.len(), 1);
    let samples = messages[0].1.as_array().unwrap().len();
    assert!((3000..5000).contains(&samples), "{samples} samples of some 70 bytes in 256 KiB");
}

#[test]
fn what_is_to_be_compressed_is_with_a_batch_and_without() {
    let mut bench = Bench::new(batched(json!({"count": 2}), json!({"tags": ["d/t1"], "gzip": true})));
    bench.write(1, 1.0);
    let sent = bench.take();
    assert_eq!((sent[0].0.as_str(), &sent[0].1[1]["v"]), ("all packed", &json!(1.0)));
    let mut bench = Bench::new(on_change(json!({"gzip": true})));
    bench.write(1, 1.0);
    bench.sends(&["d/t1 packed 1.0"]);
}
