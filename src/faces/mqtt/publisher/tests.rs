use super::*;
use crate::config::GatewayConfig;
use crate::config::tags::definitions;
use crate::runtime::image::tap::Tap;
use crate::runtime::image::{Image, Writer};
use crate::tag::def::{Origin, TagDef};
use crate::tag::quality::Reason;
use crate::tag::reading::{Raw, Reading};
use crate::tag::value::{Value, ValueType};
use serde_json::{Value as Json, json};
use std::io::Read as _;
use std::time::Duration;

mod batches;
mod edges;
mod triggers;

/// A publisher over an image, with a clock of its own and an outlet that can be narrow.
struct Bench {
    image: Image,
    tap: Tap,
    publisher: Publisher,
    config: GatewayConfig,
    start: Instant,
    now: Instant,
    sent: Vec<(String, Json, Qos, bool)>,
    room: usize,
    /// Whether messages wait for their acknowledgement.
    kept: bool,
}

impl Outlet for (&mut Vec<(String, Json, Qos, bool)>, &mut usize) {
    fn room(&self, _qos: Qos) -> bool {
        0 < *self.1
    }

    fn send(&mut self, _slot: Slot, message: Message<'_>) -> Option<u64> {
        *self.1 -= 1;
        let mut text = String::new();
        let packed = flate2::read::GzDecoder::new(message.payload).read_to_string(&mut text).is_ok();
        let (text, topic) = if packed {
            (text, format!("{} packed", message.topic))
        } else {
            (String::from_utf8(message.payload.to_vec()).unwrap(), message.topic.to_string())
        };
        let payload = serde_json::from_str(&text).unwrap_or(Json::from(text));
        self.0.push((topic, payload, message.qos, message.retain));
        Some(self.0.len() as u64)
    }

    fn lose(&mut self, _slot: Slot, why: Loss, count: u64) {
        self.0.push((format!("{count} {why:?}"), Json::Null, Qos::AtMostOnce, false));
    }

    fn fail(&mut self, _slot: Slot, why: String) {
        self.0.push((why, Json::Null, Qos::AtMostOnce, false));
    }
}

impl Bench {
    /// Connected, all tags read as 0, and the first messages taken away.
    fn new(publications: Json) -> Self {
        let now = Instant::now();
        let image = Image::new();
        let mut bench = Self {
            tap: image.reader().tap(Interest::Matching(Vec::new()), 100),
            image,
            publisher: Publisher::default(),
            config: GatewayConfig::default(),
            start: now,
            now,
            sent: Vec::new(),
            room: usize::MAX,
            kept: false,
        };
        bench.configure(publications, 4);
        for tag in 0..4 {
            bench.write(tag, 0.0);
        }
        bench.publisher.connected(now, |_| false);
        bench.take();
        bench
    }

    /// `count` tags `d/t0`, `d/t1`...; `t0` has a deadband of 5.
    fn configure(&mut self, publications: Json, count: usize) {
        let tag = |n: usize| {
            let mut tag = json!({"name": format!("t{n}"), "id": format!("t{n}"), "table": "holding", "address": n, "type": "f64"});
            if n == 0 {
                tag["deadband"] = json!(5);
            }
            tag
        };
        let tags: Vec<Json> = (0..count).map(tag).collect();
        let document = json!({
            "format": "dinrail/1",
            "appliance": {"name": "a"},
            "ports": [{"name": "p", "kind": "serial", "path": "/dev/ttyS0"}],
            "devices": [{"name": "d", "port": "p", "unit_id": 1, "tags": tags}],
            "mqtt": {"connections": [{"name": "c", "url": "mqtt://127.0.0.1", "publications": publications}]},
        });
        let (config, problems) = GatewayConfig::parse(&document);
        assert_eq!(problems, [], "the test's own document");
        self.image.declare(definitions(&config));
        self.config = config;
        self.reconfigure();
    }

    fn reconfigure(&mut self) {
        let defs = self.image.reader().defs();
        let connection = &self.config.connections[0];
        self.publisher
            .configure(&self.config.appliance.name, &connection.publications, &defs, self.now, |_| (0, self.kept));
        self.publisher.watch(&self.image.reader(), self.now);
        self.tap.set_interest(tapped(&self.config.connections[0].publications));
    }

    fn writer(&self) -> Writer {
        self.image.writer("d")
    }

    fn write(&mut self, tag: usize, value: f64) {
        let unix_ms = i64::try_from((self.now - self.start).as_millis()).unwrap();
        let at = Stamp { unix_ms, mono_us: 0 };
        self.read(tag, Reading::Good { value: Value::F64(value), raw: Raw::new(), at });
    }

    fn read(&mut self, tag: usize, reading: Reading) {
        let slot = self.writer().slot(&format!("t{tag}")).unwrap();
        self.writer().write([(slot, reading)]);
        let name = crate::tag::id::TagName::join("d", &format!("t{tag}")).unwrap();
        let view = self.image.reader().get(&name).unwrap();
        self.publisher.tapped(self.tap.take(), &self.image.reader(), self.now);
        if self.publisher.concerns(view.cell) {
            self.publisher.changed(&[view], self.now);
        }
    }

    fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        self.publisher.tick(self.now);
    }

    fn take(&mut self) -> Vec<(String, Json, Qos, bool)> {
        let reader = self.image.reader();
        self.publisher.flush(&reader, &mut (&mut self.sent, &mut self.room), self.now, Stamp::default());
        std::mem::take(&mut self.sent)
    }

    /// What goes out now, as `topic value`.
    #[track_caller]
    fn sends(&mut self, expect: &[&str]) {
        let lines: Vec<String> =
            self.take().into_iter().map(|(topic, json, ..)| format!("{topic} {}", json["value"])).collect();
        assert_eq!(lines, expect);
    }

    /// What goes out within `ms`, looked at every millisecond, as `ms topic value`.
    fn over(&mut self, ms: u64, mut each: impl FnMut(&mut Self, u64)) -> Vec<String> {
        let mut lines = Vec::new();
        for at in 0..ms {
            each(self, at);
            for (topic, json, ..) in self.take() {
                lines.push(format!("{at} {topic} {}", json["value"]));
            }
            self.pass(1);
        }
        lines
    }
}

fn on_change(more: Json) -> Json {
    let mut publication =
        json!({"name": "p", "id": "p", "topic": "{tag}", "tags": ["d/*"], "trigger": {"on_change": true}});
    for (name, value) in more.as_object().unwrap() {
        publication[name] = value.clone();
    }
    json!([publication])
}

#[test]
fn a_change_goes_out_beyond_the_deadband_against_the_last_published() {
    let mut bench = Bench::new(on_change(json!({})));
    bench.write(0, 4.0);
    bench.write(1, 4.0);
    bench.sends(&["d/t1 4.0"]);
    bench.write(0, 5.0);
    bench.sends(&[]);
    bench.write(0, 5.5);
    bench.sends(&["d/t0 5.5"]);
    bench.write(0, 1.0);
    bench.sends(&[]);
    bench.read(0, Reading::Failed(Reason::NoAnswer));
    bench.sends(&["d/t0 1.0"]);
    bench.read(0, Reading::Failed(Reason::Exception(2)));
    bench.sends(&["d/t0 1.0"]);
    bench.write(0, 1.0);
    bench.sends(&["d/t0 1.0"]);
    bench.write(0, 1.0);
    bench.sends(&[]);
}

#[test]
fn a_tag_that_took_the_cell_of_another_is_not_told_in_its_place() {
    let mut bench = Bench::new(on_change(json!({})));
    bench.write(1, 4.0);
    // `t1` is gone and another tag has its cell before the publications hear of it.
    let mut tags = definitions(&bench.config);
    tags.retain(|tag| tag.id != "t1");
    tags.push(TagDef { id: "new".to_owned(), ..TagDef::plain("d/new", ValueType::F64, Origin::Modbus) });
    bench.image.declare(tags);
    let slot = bench.writer().slot("new").unwrap();
    bench.writer().write([(slot, Reading::Good { value: Value::F64(7.0), raw: Raw::new(), at: Stamp::default() })]);
    bench.sends(&[]);
    bench.reconfigure();
    bench.sends(&["d/new 7.0"]);
}

#[test]
fn a_burst_is_one_message_with_the_newest_value() {
    let mut bench = Bench::new(on_change(json!({})));
    for n in 1..100u32 {
        bench.write(1, f64::from(n));
    }
    bench.sends(&["d/t1 99.0"]);
    assert_eq!(bench.publisher.dropped(), 98);
    bench.write(1, 5.0);
    bench.write(1, 99.0);
    bench.sends(&[]);
}

#[test]
fn each_attribute_is_told_when_it_changes() {
    let mut bench = Bench::new(on_change(
        json!({"topic": "{name}/{attribute}", "tags": ["d/t1"], "attributes": ["value", "max", "timestamp", "unit"]}),
    ));
    bench.pass(7);
    bench.write(1, 3.0);
    bench.sends(&["t1/value 3.0", "t1/max 3.0", "t1/timestamp \"1970-01-01T00:00:00.007Z\""]);
    bench.pass(1);
    bench.write(1, 2.0);
    bench.sends(&["t1/value 2.0", "t1/timestamp \"1970-01-01T00:00:00.008Z\""]);
    bench.pass(1);
    bench.write(1, 2.0);
    bench.sends(&[]);
}

#[test]
fn an_interval_beats_for_all_tags() {
    let mut bench = Bench::new(on_change(json!({"tags": ["d/t1", "d/t2"], "trigger": {"interval_ms": 100}})));
    let lines = bench.over(250, |bench, at| {
        if at == 30 {
            bench.write(1, 7.0);
        }
    });
    assert_eq!(lines, ["100 d/t1 7.0", "100 d/t2 0.0", "200 d/t1 7.0", "200 d/t2 0.0"]);
    bench.pass(1_000_000);
    bench.sends(&["d/t1 7.0", "d/t2 0.0"]);
}

#[test]
fn both_triggers_speak_at_the_latest_after_the_interval_per_tag() {
    let mut bench =
        Bench::new(on_change(json!({"tags": ["d/t1", "d/t2"], "trigger": {"on_change": true, "interval_ms": 100}})));
    let lines = bench.over(250, |bench, at| {
        if at == 40 {
            bench.write(1, 7.0);
        }
    });
    assert_eq!(lines, ["40 d/t1 7.0", "100 d/t2 0.0", "140 d/t1 7.0", "200 d/t2 0.0", "240 d/t1 7.0"]);
}

#[test]
fn changes_within_the_gap_merge_to_the_newest() {
    let mut bench = Bench::new(on_change(json!({"tags": ["d/t1"], "trigger": {"on_change": true, "min_gap_ms": 50}})));
    bench.pass(1000);
    let lines = bench.over(200, |bench, at| {
        if at % 10 == 0 && at <= 100 {
            bench.write(1, f64::from(u32::try_from(at).unwrap()) + 1.0);
        }
    });
    assert_eq!(lines, ["0 d/t1 1.0", "50 d/t1 51.0", "100 d/t1 101.0"]);
    assert_eq!(bench.publisher.dropped(), 0);
}

#[test]
fn an_object_goes_out_whole() {
    let mut bench = Bench::new(on_change(json!({"topic": "{group}", "payload": "object", "retain": true, "qos": 2})));
    bench.write(0, 4.0);
    assert_eq!(bench.take().len(), 0);
    bench.write(2, 1.0);
    let messages = bench.take();
    assert_eq!(messages.len(), 1);
    let (topic, json, qos, retain) = &messages[0];
    assert_eq!((topic.as_str(), *qos, *retain), ("d", Qos::ExactlyOnce, true));
    assert_eq!(json["tags"]["d/t0"]["value"], 4.0);
    assert_eq!(json["tags"].as_object().unwrap().len(), 4);
    bench.write(0, 8.0);
    assert_eq!(bench.take().len(), 0);
}

#[test]
fn after_a_reconnect_the_present_values_go_out_once() {
    let mut bench = Bench::new(on_change(json!({"trigger": {"on_change": true, "min_gap_ms": 60_000}})));
    bench.publisher.disconnected();
    bench.write(1, 1.0);
    bench.write(1, 2.0);
    bench.write(1, 3.0);
    bench.sends(&[]);
    assert_eq!(bench.publisher.dropped(), 2);
    bench.publisher.connected(bench.now, |_| false);
    bench.sends(&["d/t0 0.0", "d/t1 3.0", "d/t2 0.0", "d/t3 0.0"]);
    bench.sends(&[]);
}

#[test]
fn a_tag_without_a_reading_waits_for_its_first() {
    let mut bench = Bench::new(on_change(json!({})));
    bench.configure(on_change(json!({})), 6);
    bench.sends(&[]);
    bench.write(5, 1.0);
    bench.read(4, Reading::Failed(Reason::NoAnswer));
    bench.sends(&["d/t5 1.0", "d/t4 null"]);
}

#[test]
fn with_only_an_interval_the_first_reading_goes_out_at_once() {
    let beats = || on_change(json!({"trigger": {"interval_ms": 100}}));
    let mut bench = Bench::new(beats());
    bench.configure(beats(), 6);
    bench.sends(&[]);
    bench.pass(10);
    bench.write(4, 1.0);
    bench.write(4, 2.0);
    bench.sends(&["d/t4 2.0"]);
    bench.write(4, 3.0);
    bench.sends(&[]);
    // An edit that makes the posts anew does not lose the one that waits.
    bench.configure(beats(), 7);
    bench.write(5, 5.0);
    bench.sends(&["d/t5 5.0"]);
    // Nor does a new session.
    bench.publisher.disconnected();
    assert!(!bench.publisher.concerns(6));
    bench.publisher.connected(bench.now, |_| false);
    assert_eq!(bench.take().len(), 6);
    bench.write(6, 6.0);
    bench.sends(&["d/t6 6.0"]);
    assert_eq!(bench.publisher.dropped(), 0);
}

#[test]
fn an_object_with_only_an_interval_goes_out_again_with_each_first_reading() {
    let beats = || on_change(json!({"topic": "all", "payload": "object", "trigger": {"interval_ms": 100}}));
    let mut bench = Bench::new(beats());
    bench.configure(beats(), 6);
    assert_eq!(bench.take().len(), 1);
    bench.write(4, 4.0);
    bench.write(0, 9.0);
    let messages = bench.take();
    assert_eq!((messages.len(), &messages[0].1["tags"]["d/t4"]["value"]), (1, &json!(4.0)));
    bench.configure(beats(), 6);
    bench.write(5, 5.0);
    assert_eq!(bench.take()[0].1["tags"]["d/t5"]["value"], 5.0);
    bench.write(5, 6.0);
    assert_eq!(bench.take().len(), 0);
}

#[test]
fn a_tag_switched_on_again_is_told_after_a_reconnect() {
    for trigger in [json!({"on_change": true}), json!({"interval_ms": 60_000})] {
        let mut bench = Bench::new(on_change(json!({"tags": ["d/t1"], "trigger": trigger})));
        bench.read(1, Reading::Failed(Reason::NotYetRead));
        bench.publisher.disconnected();
        bench.publisher.connected(bench.now, |_| false);
        bench.sends(&[]);
        bench.write(1, 0.0);
        bench.sends(&["d/t1 0.0"]);
    }
}

#[test]
fn a_narrow_outlet_gets_the_newest_and_never_the_same_twice() {
    let mut bench = Bench::new(on_change(json!({})));
    bench.room = 1;
    bench.write(1, 1.0);
    bench.write(2, 1.0);
    bench.write(3, 1.0);
    bench.sends(&["d/t1 1.0"]);
    bench.write(2, 2.0);
    bench.write(1, 2.0);
    bench.sends(&[]);
    bench.room = 2;
    bench.sends(&["d/t2 2.0", "d/t3 1.0"]);
    bench.room = 9;
    bench.sends(&["d/t1 2.0"]);
    bench.sends(&[]);
}

#[test]
fn an_edit_neither_repeats_nor_loses() {
    let mut bench = Bench::new(on_change(json!({})));
    bench.write(0, 4.0);
    bench.write(1, 1.0);
    // A queued change survives, what was told stays told, also the deadband's reference.
    let mut publications = on_change(json!({"name": "renamed", "trigger": {"on_change": true, "interval_ms": 1000}}));
    bench.configure(publications.clone(), 4);
    bench.sends(&["d/t1 1.0"]);
    bench.write(0, 5.5);
    bench.sends(&["d/t0 5.5"]);
    // Another publication beside it speaks for itself only.
    publications.as_array_mut().unwrap().push(
        json!({"name": "q", "id": "q", "topic": "q/{tag}", "tags": ["d/t0", "d/t1"], "trigger": {"interval_ms": 500}}),
    );
    bench.configure(publications.clone(), 4);
    bench.sends(&["q/d/t0 5.5", "q/d/t1 1.0"]);
    bench.configure(publications.clone(), 4);
    bench.sends(&[]);
    bench.pass(500);
    bench.sends(&["q/d/t0 5.5", "q/d/t1 1.0"]);
    // A new tag is told once it is read; the others are not repeated.
    bench.configure(publications.clone(), 5);
    bench.write(4, 9.0);
    bench.sends(&["d/t4 9.0"]);
    // Another topic is another place: it gets the present values.
    publications[1]["topic"] = json!("r/{tag}");
    bench.configure(publications.clone(), 5);
    bench.sends(&["r/d/t0 5.5", "r/d/t1 1.0"]);
    publications[1]["retain"] = json!(true);
    bench.configure(publications.clone(), 5);
    bench.sends(&["r/d/t0 5.5", "r/d/t1 1.0"]);
    publications[1]["enabled"] = json!(false);
    bench.configure(publications, 5);
    bench.pass(499);
    bench.sends(&[]);
}

#[test]
fn an_object_with_other_tags_is_another_message() {
    let object = on_change(json!({"topic": "all", "payload": "object"}));
    let mut bench = Bench::new(object.clone());
    bench.configure(object, 3);
    let messages = bench.take();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].1["tags"].as_object().unwrap().len(), 3);
}

#[test]
fn thousands_of_tags_cost_two_timers_each_at_most() {
    let mut bench =
        Bench::new(on_change(json!({"trigger": {"on_change": true, "interval_ms": 1000, "min_gap_ms": 10}})));
    for round in 0..1000u32 {
        bench.write(1, f64::from(round));
        bench.pass(1);
        bench.take();
    }
    assert!(bench.publisher.timers.len() <= 2 * 4, "{}", bench.publisher.timers.len());
}

#[test]
fn what_is_kept_is_made_without_a_session_and_not_told_twice_when_there_is_one() {
    let mut bench = Bench::new(on_change(json!({"qos": 1, "tags": ["d/t1", "d/t2"]})));
    bench.kept = true;
    bench.reconfigure();
    bench.sends(&[]);
    bench.publisher.disconnected();
    bench.write(1, 1.0);
    bench.sends(&["d/t1 1.0"]);
    bench.write(1, 2.0);
    bench.sends(&["d/t1 2.0"]);
    bench.write(2, 3.0);
    bench.sends(&["d/t2 3.0"]);
    // Of t1 everything has arrived, t2 still waits to be sent: its present value is there.
    bench.publisher.posts[1].record = Some(77);
    bench.publisher.connected(bench.now, |record| record == 77);
    bench.sends(&["d/t1 2.0"]);
    // Beats go on.
    bench.configure(on_change(json!({"qos": 1, "tags": ["d/t1"], "trigger": {"interval_ms": 100}})), 4);
    bench.take();
    bench.publisher.disconnected();
    let lines = bench.over(250, |_, _| ());
    assert_eq!(lines, ["100 d/t1 2.0", "200 d/t1 2.0"]);
}

#[test]
fn a_template_writes_the_payload_and_a_message_it_cannot_make_is_told() {
    let publication = |template: &str| on_change(json!({"payload": "template", "template": template}));
    let mut bench = Bench::new(publication("{\"value\": {{ 10 // value }}, \"of\": \"{{ tag }} {{ appliance }}\"}"));
    bench.write(1, 3.0);
    let sent = bench.take();
    assert_eq!(sent[0].1, json!({"value": 3.0, "of": "d/t1 a"}));
    bench.write(1, 0.0);
    let [(why, ..)] = &bench.take()[..] else { panic!("one message that was not made") };
    assert!(why.starts_with("publication `p` has no message for `"), "{why}");
    assert!(why.contains("line 1, column "), "{why}");
    bench.write(1, 5.0);
    bench.sends(&["d/t1 2.0"]);
}
