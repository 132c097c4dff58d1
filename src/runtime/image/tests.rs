use super::*;
use crate::tag::channel::{ChannelKind, Mode};
use crate::tag::def::Origin;
use crate::tag::pattern::TagPattern;
use crate::tag::quality::{Quality, Reason};
use crate::tag::reading::{Raw, Stamp};
use crate::tag::value::{Value, ValueType};

fn def(id: &str, name: &str) -> TagDef {
    TagDef { id: id.to_owned(), ..TagDef::plain(name, ValueType::U16, Origin::Modbus) }
}

fn good(n: u64) -> Reading {
    Reading::Good { value: Value::U64(n), raw: Raw::new(), at: Stamp::default() }
}

#[tokio::test]
async fn a_reader_hears_of_each_changed_tag_once() {
    let image = Image::new();
    image.declare([def("1", "a/x"), def("2", "a/y"), def("3", "b/x")]);
    let reader = image.reader();
    let mut changes = reader.subscribe(Interest::Matching(vec![TagPattern::parse("a/*").unwrap()]));
    assert!(changes.next().await.schema);
    let writer = image.writer("a");
    let (x, y) = (writer.slot("x").unwrap(), writer.slot("y").unwrap());
    writer.write([(y, good(1)), (x, good(1))]);
    writer.write([(y, good(2)), (x, good(1))]);
    image.writer("b").write([(image.writer("b").slot("x").unwrap(), good(5))]);
    let changed = changes.next().await;
    let names: Vec<String> = reader.cells(&changed.cells).iter().map(|view| view.def.name.to_string()).collect();
    assert_eq!(names, ["a/y", "a/x"]);
    writer.write([(y, good(2))]);
    assert!(futures::poll!(Box::pin(changes.next())).is_pending(), "nothing changed");
}

#[tokio::test]
async fn a_reader_that_waits_for_another_schema_gets_with_it_what_changed_meanwhile() {
    let image = Image::new();
    image.declare([def("1", "a/x")]);
    let mut changes = image.reader().subscribe(Interest::All);
    assert!(changes.try_next().unwrap().schema);
    assert_eq!(changes.try_next(), None);
    let writer = image.writer("a");
    let x = writer.slot("x").unwrap();
    let mut waiting = Box::pin(changes.next_schema());
    assert!(futures::poll!(&mut waiting).is_pending());
    writer.write([(x, good(1))]);
    writer.write([(x, good(2))]);
    assert!(futures::poll!(&mut waiting).is_pending(), "values alone");
    image.declare([def("1", "a/x"), def("2", "a/y")]);
    let changed = waiting.await;
    assert_eq!((changed.cells, changed.schema), (vec![0], true));
    writer.write([(x, good(3))]);
    assert!(futures::poll!(Box::pin(changes.next_schema())).is_pending());
    assert_eq!(changes.next().await.cells, [0], "left where it was");
}

#[test]
fn a_renamed_tag_keeps_its_state_and_a_removed_one_takes_no_late_writes() {
    let image = Image::new();
    image.declare([def("1", "a/x"), def("2", "a/y")]);
    let writer = image.writer("a");
    let (x, y) = (writer.slot("x").unwrap(), writer.slot("y").unwrap());
    writer.write([(x, good(7)), (y, good(8))]);
    image.declare([def("1", "a/renamed"), def("3", "a/new")]);
    let reader = image.reader();
    let renamed = reader.get(&TagName::parse("a/renamed").unwrap()).unwrap();
    assert_eq!(renamed.state.value, Some(Value::U64(7)));
    writer.write([(y, good(9))]);
    let new = reader.get(&TagName::parse("a/new").unwrap()).unwrap();
    assert_eq!((new.state.quality, new.state.reason), (Quality::Bad, Reason::NotYetRead));
    assert!(reader.get(&TagName::parse("a/x").unwrap()).is_none());
}

#[test]
fn pages_follow_the_declared_order() {
    let image = Image::new();
    image.declare((0..10).map(|n| def(&n.to_string(), &format!("g/t{n}"))));
    let reader = image.reader();
    let page = reader.page(Some(&TagName::parse("g/t3").unwrap()), 3, |_| true);
    let names: Vec<&str> = page.iter().map(|view| view.def.name.name()).collect();
    assert_eq!(names, ["t4", "t5", "t6"]);
    assert_eq!(reader.tally(), [0, 0, 10]);
}

#[test]
fn switching_a_tag_off_and_on_is_seen_at_once() {
    let image = Image::new();
    image.declare([def("1", "a/x")]);
    let reader = image.reader();
    let reason = || reader.get(&TagName::parse("a/x").unwrap()).unwrap().state.reason;
    image.writer("a").write([(image.writer("a").slot("x").unwrap(), good(7))]);
    image.declare([TagDef { enabled: false, ..def("1", "a/x") }]);
    assert_eq!(reason(), Reason::Disabled);
    image.declare([def("1", "a/x")]);
    assert_eq!(reason(), Reason::NotYetRead);
}

#[test]
fn a_channel_whose_mode_is_disabled_does_not_blink_when_the_configuration_changes() {
    let image = Image::new();
    let channel = |mode| TagDef { origin: Origin::Channel { kind: ChannelKind::Ai, mode }, ..def("1", "ai/x") };
    image.declare([channel(Mode::Disabled)]);
    let reader = image.reader();
    let reason = || reader.get(&TagName::parse("ai/x").unwrap()).unwrap().state.reason;
    let off = Reading::Bad { value: None, at: Stamp::default(), reason: Reason::Disabled };
    image.writer("ai").write([(image.writer("ai").slot("x").unwrap(), off)]);
    image.declare([channel(Mode::Disabled), def("2", "ai/y")]);
    assert_eq!(reason(), Reason::Disabled);
    image.declare([channel(Mode::Volt10)]);
    assert_eq!(reason(), Reason::NotYetRead);
}

#[tokio::test]
async fn a_tap_tells_every_reading_of_its_tags_in_order_within_its_bound() {
    let image = Image::new();
    image.declare([def("1", "d/a"), def("2", "d/b")]);
    let writer = image.writer("d");
    let (a, b) = (writer.slot("a").unwrap(), writer.slot("b").unwrap());
    let tap = image.reader().tap(Interest::Matching(vec![TagPattern::parse("d/a").unwrap()]), 3);
    writer.write([(b, good(1))]);
    writer.write([(a, good(1)), (a, good(1)), (a, good(0))]);
    tap.ready().await;
    let tapped = tap.take();
    let told: Vec<(Option<f64>, bool)> =
        tapped.samples.iter().map(|s| (s.view.state.value.as_ref().and_then(Value::as_f64), s.changed)).collect();
    assert_eq!(told, [(Some(1.0), true), (Some(1.0), false), (Some(0.0), true)]);
    assert!(tapped.lost.is_empty());
    writer.write((0..5).map(|n| (a, good(n))));
    let tapped = tap.take();
    assert_eq!((tapped.samples.len(), tapped.lost.values().sum::<u64>()), (3, 2));
    // Another interest; and nobody's after it is gone.
    tap.set_interest(Interest::Matching(vec![TagPattern::parse("d/b").unwrap()]));
    writer.write([(a, good(9)), (b, good(2))]);
    assert_eq!(tap.take().samples.len(), 1);
    drop(tap);
    let next = image.reader().tap(Interest::Matching(Vec::new()), 3);
    writer.write([(a, good(8)), (b, good(8))]);
    assert_eq!(next.take().samples.len(), 0);
}
