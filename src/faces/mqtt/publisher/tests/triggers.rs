//! Conditions, changes of quality, silence at a connect, beats by the wall clock.

use super::{Bench, on_change};
use crate::tag::quality::Reason;
use crate::tag::reading::Reading;
use serde_json::{Value as Json, json};

/// A publication of `d/t1` by a condition.
fn when(trigger: Json) -> Json {
    on_change(json!({ "tags": ["d/t1"], "trigger": trigger }))
}

impl Bench {
    /// What goes out after each of these values of `d/t1`: the value, or `-`.
    fn told(&mut self, values: &[f64]) -> Vec<String> {
        let mut told = Vec::new();
        for value in values {
            self.write(1, *value);
            let sent = self.take();
            told.push(match sent.as_slice() {
                [] => "-".to_owned(),
                [(_, json, ..)] => json["value"].to_string(),
                more => panic!("{more:?}"),
            });
        }
        told
    }
}

#[test]
fn a_hysteresis_decides_when_a_condition_speaks_again() {
    let trigger = json!({ "condition": "d.t1 > 180", "hysteresis": 2 });
    let mut bench = Bench::new(when(trigger));
    let told = bench.told(&[179.0, 180.5, 182.0, 180.0, 179.0, 181.0, 178.5, 178.0, 180.0, 180.1]);
    assert_eq!(told, ["-", "180.5", "-", "-", "-", "-", "-", "-", "-", "180.1"]);
}

#[test]
fn edges_are_told_as_asked() {
    let values = [10.0, 0.0, 10.0, 20.0, 0.0];
    for (on, expect) in [
        ("enter", ["10.0", "-", "10.0", "-", "-"]),
        ("leave", ["-", "0.0", "-", "-", "0.0"]),
        ("both", ["10.0", "0.0", "10.0", "-", "0.0"]),
    ] {
        let mut bench = Bench::new(when(json!({ "condition": "d.t1 > 5", "on": on })));
        assert_eq!(bench.told(&values), expect, "{on}");
    }
    let trigger = json!({ "condition": "d.t1 > 5", "leave": "d.t1 < d.t2", "on": "both" });
    let mut bench = Bench::new(when(trigger));
    assert_eq!(bench.told(&[10.0, 1.0, 0.0, -1.0]), ["10.0", "-", "-", "-1.0"]);
}

#[test]
fn a_condition_may_be_about_other_tags_than_those_it_tells() {
    let mut bench = Bench::new(on_change(json!({
        "topic": "alarm", "payload": "object", "tags": ["d/t1", "d/t2"],
        "trigger": { "condition": "tag(\"d/t3\") > 5 && d.t2.quality == \"good\"", "on": "both" },
    })));
    bench.write(1, 7.0);
    assert_eq!(bench.take().len(), 0);
    bench.write(3, 6.0);
    let told = bench.take();
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0].1["tags"]["d/t1"]["value"], &told[0].1["tags"]["d/t2"]["value"]), (&json!(7.0), &json!(0.0)));
    bench.read(2, Reading::Failed(Reason::NoAnswer));
    assert_eq!(bench.take().len(), 1, "a change of quality is a change of the condition's input");
}

#[test]
fn what_lasts_is_told_again_and_again_until_it_ends() {
    let mut bench = Bench::new(when(json!({ "condition": "d.t1 > 5", "repeat_ms": 100, "on": "both" })));
    let told = bench.over(600, |bench, at| match at {
        10 => bench.write(1, 6.0),
        150 => bench.write(1, 7.0),
        250 => bench.write(1, 0.0),
        // Entered anew, it counts anew.
        290 => bench.write(1, 8.0),
        _ => (),
    });
    assert_eq!(
        told,
        [
            "10 d/t1 6.0",
            "110 d/t1 6.0",
            "210 d/t1 7.0",
            "250 d/t1 0.0",
            "290 d/t1 8.0",
            "390 d/t1 8.0",
            "490 d/t1 8.0",
            "590 d/t1 8.0"
        ]
    );
}

#[test]
fn an_edge_without_a_session_is_told_once_with_the_next() {
    let mut bench = Bench::new(when(json!({ "condition": "d.t1 > 5" })));
    bench.publisher.connected(bench.now, |_| false);
    assert_eq!(bench.take(), [], "nothing lasts and nothing was missed");
    bench.publisher.disconnected();
    bench.write(1, 6.0);
    bench.write(1, 0.0);
    assert_eq!(bench.take(), []);
    bench.publisher.connected(bench.now, |_| false);
    bench.sends(&["d/t1 0.0"]);
    // What lasts is a present value, which each connect tells; unless it is asked not to.
    bench.write(1, 6.0);
    bench.sends(&["d/t1 6.0"]);
    bench.publisher.disconnected();
    bench.publisher.connected(bench.now, |_| false);
    bench.sends(&["d/t1 6.0"]);
    bench.configure(when(json!({ "condition": "d.t1 > 5", "on_connect": false })), 4);
    bench.publisher.disconnected();
    bench.publisher.connected(bench.now, |_| false);
    bench.sends(&[]);
}

#[test]
fn an_edit_of_something_else_neither_repeats_nor_forgets_a_condition() {
    let with = |more: &str| {
        let mut all = when(json!({ "condition": "d.t1 > 5", "repeat_ms": 100, "on": "both" }));
        let other =
            json!({"name": more, "id": "q", "topic": "q/{tag}", "tags": ["d/t2"], "trigger": {"on_change": true}});
        all.as_array_mut().unwrap().insert(0, other);
        all
    };
    let mut bench = Bench::new(with("q1"));
    bench.write(1, 6.0);
    bench.sends(&["d/t1 6.0"]);
    bench.pass(60);
    bench.configure(with("q2"), 5);
    bench.sends(&[]);
    bench.pass(40);
    bench.sends(&["d/t1 6.0"]);
    bench.write(1, 0.0);
    bench.sends(&["d/t1 0.0"]);
    bench.pass(500);
    bench.sends(&[]);
    // Another condition is looked at anew.
    bench.configure(when(json!({ "condition": "d.t1 < 5" })), 5);
    bench.sends(&["d/t1 0.0"]);
}

#[test]
fn with_on_quality_only_the_quality_speaks() {
    let mut bench = Bench::new(when(json!({ "on_quality": true })));
    assert_eq!(bench.told(&[1.0, 2.0, 3.0]), ["-", "-", "-"]);
    bench.read(1, Reading::Failed(Reason::NoAnswer));
    bench.sends(&["d/t1 3.0"]);
    bench.read(1, Reading::Failed(Reason::NoAnswer));
    bench.sends(&[]);
    bench.read(1, Reading::Failed(Reason::PortClosed));
    bench.sends(&["d/t1 3.0"]);
    assert_eq!(bench.told(&[3.0, 4.0]), ["3.0", "-"]);
}

#[test]
fn asked_to_be_silent_at_a_connect_it_tells_what_changed_meanwhile() {
    let trigger = json!({ "on_change": true, "on_connect": false });
    let mut bench = Bench::new(on_change(json!({ "trigger": trigger })));
    bench.publisher.disconnected();
    bench.write(1, 7.0);
    bench.publisher.connected(bench.now, |_| false);
    bench.sends(&["d/t1 7.0"]);
    let mut bench = Bench::new(when(json!({ "interval_ms": 100, "on_connect": false })));
    bench.publisher.disconnected();
    bench.publisher.connected(bench.now, |_| false);
    bench.sends(&[]);
    bench.pass(100);
    bench.sends(&["d/t1 0.0"]);
}

#[test]
fn aligned_beats_follow_the_wall_clock() {
    let mut bench = Bench::new(when(json!({ "interval_ms": 100, "aligned": true })));
    // 30 ms past a multiple; the clock is set 20 ms forward on the way.
    bench.publisher.wall_clock(bench.now, 1_767_323_045_630);
    bench.publisher.connected(bench.now, |_| false);
    bench.take();
    let told = bench.over(320, |bench, at| {
        if at == 200 {
            bench.publisher.wall_clock(bench.now, 1_767_323_045_850);
        }
    });
    assert_eq!(told, ["70 d/t1 0.0", "170 d/t1 0.0", "270 d/t1 0.0"]);
    let told = bench.over(200, |_, _| ());
    assert_eq!(told, ["30 d/t1 0.0", "130 d/t1 0.0"], "from the next beat on, by the clock as it is now");
}
