//! What must not be merged: each change, each reading, each edge of a condition.

use super::{Bench, on_change};
use crate::tag::reading::{Raw, Reading, Stamp};
use crate::tag::value::Value;
use serde_json::{Value as Json, json};

impl Bench {
    /// Readings of `d/t1` that all come before anybody looks.
    fn burst(&mut self, values: &[f64]) {
        let slot = self.writer().slot("t1").unwrap();
        for value in values {
            let reading = Reading::Good { value: Value::F64(*value), raw: Raw::new(), at: Stamp::default() };
            self.writer().write([(slot, reading)]);
        }
        let name = crate::tag::id::TagName::parse("d/t1").unwrap();
        let view = self.image.reader().get(&name).unwrap();
        self.publisher.tapped(self.tap.take(), &self.image.reader(), self.now);
        self.publisher.changed(&[view], self.now);
    }
}

fn every(more: Json) -> Json {
    let mut trigger = json!({"every": true, "on_connect": false});
    for (name, value) in more.as_object().unwrap() {
        trigger[name] = value.clone();
    }
    on_change(json!({"tags": ["d/t1"], "trigger": trigger}))
}

#[test]
fn an_edge_between_two_looks_is_told() {
    let mut bench = Bench::new(every(json!({"on_change": true, "interval_ms": 60000})));
    bench.burst(&[1.0, 0.0, 0.0, 2.0]);
    bench.sends(&["d/t1 1.0", "d/t1 0.0", "d/t1 2.0"]);
    bench.pass(30_000);
    bench.burst(&[3.0, 2.0]);
    bench.sends(&["d/t1 3.0", "d/t1 2.0"]);
    // What is told by itself is the last thing told: the longest silence counts from there.
    bench.pass(59_999);
    bench.sends(&[]);
    bench.pass(1);
    bench.sends(&["d/t1 2.0"]);
}

#[test]
fn without_on_change_every_reading_is_told() {
    let mut bench = Bench::new(every(json!({})));
    bench.take();
    bench.burst(&[1.0, 1.0, 1.0]);
    bench.sends(&["d/t1 1.0", "d/t1 1.0", "d/t1 1.0"]);
}

#[test]
fn others_merge_to_the_newest_as_before() {
    let mut bench = Bench::new(on_change(json!({"tags": ["d/t1"]})));
    bench.burst(&[1.0, 0.0, 5.0]);
    bench.sends(&["d/t1 5.0"]);
    assert_eq!(bench.tap.take().samples.len(), 0, "nobody asked for them");
}

#[test]
fn a_batch_holds_each_of_them() {
    let mut bench = Bench::new(on_change(json!({
        "topic": "all", "payload": "array", "batch": {"count": 4}, "members": {"value": "v"}, "tags": ["d/t1", "d/t2"],
        "trigger": {"on_change": true, "every": true, "on_connect": false},
    })));
    bench.burst(&[1.0, 0.0, 1.0, 0.0, 1.0]);
    let sent: Vec<String> = bench.take().into_iter().map(|(_, json, ..)| json.to_string()).collect();
    assert!(sent.iter().any(|batch| batch.ends_with(r#"{"v":1.0},{"v":0.0}]"#)), "{sent:?}");
    let samples: usize = sent.iter().map(|batch| batch.matches("\"v\"").count()).sum();
    assert_eq!(samples % 4, 0);
}

#[test]
fn an_object_holds_the_state_of_then_and_of_the_others_that_of_now() {
    let mut bench = Bench::new(on_change(json!({
        "topic": "all", "payload": "object", "tags": ["d/t1", "d/t2"], "trigger": {"on_change": true, "every": true},
    })));
    bench.write(2, 7.0);
    bench.take();
    bench.burst(&[1.0, 0.0]);
    let of = |json: &Json, tag: &str| json["tags"][tag]["value"].clone();
    let sent: Vec<_> = bench.take().iter().map(|(_, json, ..)| (of(json, "d/t1"), of(json, "d/t2"))).collect();
    assert_eq!(sent, [(json!(1.0), json!(7.0)), (json!(0.0), json!(7.0))]);
}

#[test]
fn a_condition_sees_the_edge_of_one_reading_and_tells_its_value() {
    let mut bench =
        Bench::new(on_change(json!({"tags": ["d/t1"], "trigger": {"condition": "d.t1 > 100.0", "on": "both"}})));
    bench.burst(&[0.0, 150.0, 20.0]);
    bench.sends(&["d/t1 150.0", "d/t1 20.0"]);
    bench.burst(&[30.0, 160.0, 170.0, 5.0, 180.0]);
    bench.sends(&["d/t1 160.0", "d/t1 5.0", "d/t1 180.0"]);
}

#[test]
fn what_is_beyond_the_bound_or_has_no_session_is_counted() {
    let mut bench = Bench::new(every(json!({"on_change": true})));
    bench.take();
    // The bench's tap holds 100.
    let flood: Vec<f64> = (1..=130).map(f64::from).collect();
    bench.burst(&flood);
    let sent = bench.take();
    assert_eq!(sent[0].0, "30 Overrun");
    assert_eq!(sent.len(), 101);
    assert_eq!(sent[100].1["value"], 100.0);
    // No room at the outlet: they wait, as far as there is place.
    bench.room = 0;
    for _ in 0..100 {
        bench.burst(&flood[..90]);
    }
    let sent = bench.take();
    assert_eq!(sent.iter().map(|(topic, ..)| topic.as_str()).collect::<Vec<_>>(), ["808 Overrun"]);
    bench.publisher.disconnected();
    bench.burst(&[1.0, 2.0, 3.0]);
    bench.room = usize::MAX;
    let sent = bench.take();
    assert_eq!(sent.iter().map(|(topic, ..)| topic.as_str()).collect::<Vec<_>>(), ["8195 Unsent"]);
}
