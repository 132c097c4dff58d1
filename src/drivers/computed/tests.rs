use super::*;
use crate::config::GatewayConfig;
use crate::config::tags::definitions;
use crate::runtime::status::Detail;
use crate::tag::id::TagName;
use crate::tag::quality::{Quality, Reason};
use crate::tag::reading::{Raw, Reading, Stamp};
use crate::tag::value::Value;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Registers `a`, `b` and computed tags, with the unit running.
struct Rig {
    image: Image,
    lead: watch::Sender<Vec<ComputedConfig>>,
    stop: CancellationToken,
    task: JoinHandle<Result<(), Infallible>>,
    seen: crate::runtime::image::Reader,
}

fn config(tags: &[(&str, &str, &str)]) -> GatewayConfig {
    let tag = |(name, kind, expression): &(&str, &str, &str)| json!({ "id": name, "name": name, "type": kind, "expression": expression });
    let document = json!({
        "format": "dinrail/1",
        "internal": [
            { "id": "ia", "name": "a", "type": "f64" },
            { "id": "ib", "name": "b", "type": "f64" },
        ],
        "computed": tags.iter().map(tag).collect::<Vec<_>>(),
    });
    let (config, problems) = GatewayConfig::parse(&document);
    assert_eq!(problems, []);
    config
}

fn at(ms: u64) -> Stamp {
    Stamp { unix_ms: i64::try_from(ms).unwrap(), mono_us: ms * 1000 }
}

impl Rig {
    fn start(tags: &[(&str, &str, &str)]) -> Self {
        let config = config(tags);
        let image = Image::new();
        image.declare(definitions(&config));
        let (lead, follow) = watch::channel(config.computed);
        let stop = CancellationToken::new();
        let ctx = UnitContext {
            stop: stop.clone(),
            health: watch::channel(Health::Starting).0,
            detail: watch::channel(Detail::None).0,
        };
        #[allow(clippy::disallowed_methods, reason = "the supervisor's part, in a test")]
        let task = tokio::spawn(Computed::new(follow, &image).run(ctx));
        Self { seen: image.reader(), image, lead, stop, task }
    }

    fn write(&self, register: &str, reading: Reading) {
        let writer = self.image.writer("internal");
        writer.write([(writer.slot(register).unwrap(), reading)]);
    }

    fn set(&self, register: &str, value: f64, ms: u64) {
        self.write(register, Reading::Good { value: Value::F64(value), raw: Raw::new(), at: at(ms) });
    }

    async fn settle(&self) {
        // Nothing here waits for time: when every task has run until it waits, all is done.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }

    fn tag(&self, name: &str) -> crate::runtime::image::TagView {
        self.seen.get(&TagName::join(COMPUTED, name).unwrap()).unwrap()
    }

    #[track_caller]
    fn is(&self, name: &str, value: impl Into<Option<Value>>, quality: Quality, reason: Reason) {
        let state = self.tag(name).state;
        assert_eq!((state.value, state.quality, state.reason), (value.into(), quality, reason), "{name}");
    }

    #[track_caller]
    fn good(&self, name: &str, value: f64, ms: u64) {
        self.is(name, Value::F64(value), Quality::Good, Reason::Ok);
        assert_eq!(self.tag(name).state.at, Some(at(ms)), "{name}");
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn results_follow_their_inputs_with_value_quality_and_time() {
    let rig = Rig::start(&[("sum", "f64", "internal.a + internal.b"), ("hot", "bool", "internal.a > 5")]);
    rig.settle().await;
    rig.is("sum", None, Quality::Bad, Reason::NotYetRead);
    rig.set("a", 2.0, 10);
    rig.set("b", 3.0, 20);
    rig.settle().await;
    rig.good("sum", 5.0, 20);
    rig.is("hot", Value::Bool(false), Quality::Good, Reason::Ok);
    rig.set("a", 7.0, 30);
    rig.settle().await;
    rig.good("sum", 10.0, 30);
    rig.is("hot", Value::Bool(true), Quality::Good, Reason::Ok);
    rig.write("b", Reading::Failed(Reason::NoAnswer));
    rig.settle().await;
    rig.is("sum", Value::F64(10.0), Quality::Bad, Reason::NoAnswer);
    rig.is("hot", Value::Bool(true), Quality::Good, Reason::Ok);
    rig.set("b", 1.0, 40);
    rig.settle().await;
    rig.good("sum", 8.0, 40);
    let sum = rig.tag("sum").state;
    assert_eq!((sum.min, sum.max), (Some(Value::F64(5.0)), Some(Value::F64(10.0))));
    rig.end().await;
}

#[tokio::test]
async fn what_cannot_be_worked_out_is_bad_with_its_reason() {
    let rig =
        Rig::start(&[("ratio", "f64", "internal.a / internal.b"), ("text", "string", "\"n=\" + string(internal.a)")]);
    rig.set("a", 1.0, 1);
    rig.set("b", 0.0, 1);
    rig.settle().await;
    rig.is("ratio", None, Quality::Bad, Reason::DivisionByZero);
    rig.is("text", Value::Text("n=1".into()), Quality::Good, Reason::Ok);
    rig.set("b", 4.0, 2);
    rig.settle().await;
    rig.good("ratio", 0.25, 2);
    rig.end().await;
}

#[tokio::test]
async fn tags_over_computed_tags_are_worked_out_in_one_moment() {
    // In the document's order the readers stand before what they read.
    let rig = Rig::start(&[
        ("diff", "f64", "computed.twice - computed.plain * 2"),
        ("twice", "f64", "computed.plain * 2"),
        ("plain", "f64", "internal.a"),
        ("low", "f64", "computed.plain.min == null ? 0 : computed.plain.min"),
    ]);
    let mut changes = rig.seen.subscribe(Interest::Matching(vec![TagPattern::parse("computed/diff").unwrap()]));
    rig.set("a", 1.0, 1);
    rig.settle().await;
    changes.next().await;
    for round in 2..50_u32 {
        rig.set("a", f64::from(round), u64::from(round));
        rig.settle().await;
        rig.good("twice", f64::from(round) * 2.0, u64::from(round));
        // Were it ever worked out on a mixture of before and after, it would not be zero all the time.
        rig.good("diff", 0.0, u64::from(round));
    }
    rig.good("low", 1.0, 49);
    assert!(futures::FutureExt::now_or_never(changes.next()).is_none(), "`diff` never changed");
    rig.end().await;
}

#[tokio::test]
async fn an_edit_of_one_never_makes_another_blink() {
    let before = [("x", "f64", "internal.a"), ("y", "f64", "computed.x + 1"), ("z", "f64", "internal.b")];
    let after = [("x", "f64", "internal.a * 10"), ("y", "f64", "computed.x + 1"), ("z", "f64", "internal.b")];
    // The image hears of an edit before the unit does, or behind it.
    for image_first in [true, false] {
        let rig = Rig::start(&before);
        rig.set("a", 1.0, 1);
        rig.set("b", 5.0, 2);
        rig.settle().await;
        rig.good("y", 2.0, 1);
        let mut changes = rig.seen.subscribe(Interest::Matching(
            ["computed/y", "computed/z"].map(|name| TagPattern::parse(name).unwrap()).to_vec(),
        ));
        changes.next().await;
        let next = config(&after);
        if image_first {
            rig.image.declare(definitions(&next));
            rig.settle().await;
            rig.good("y", 2.0, 1);
            rig.lead.send_replace(next.computed.clone());
        } else {
            rig.lead.send_replace(next.computed.clone());
            rig.settle().await;
            rig.good("y", 2.0, 1);
            rig.image.declare(definitions(&next));
        }
        rig.settle().await;
        rig.good("x", 10.0, 1);
        rig.good("y", 11.0, 1);
        rig.good("z", 5.0, 2);
        let told = changes.next().await;
        assert_eq!(told.cells, [rig.tag("y").cell], "only `y` changed, once; `z` did not (image first: {image_first})");
        rig.end().await;
    }
}

#[tokio::test]
async fn a_tag_that_is_switched_off_is_bad_for_those_that_need_it() {
    let rig = Rig::start(&[("x", "f64", "internal.a"), ("y", "f64", "computed.x")]);
    rig.set("a", 1.0, 1);
    rig.settle().await;
    let mut next = config(&[("x", "f64", "internal.a"), ("y", "f64", "computed.x")]);
    next.computed[0].identity.enabled = false;
    rig.image.declare(definitions(&next));
    rig.lead.send_replace(next.computed.clone());
    rig.settle().await;
    rig.is("x", Value::F64(1.0), Quality::Bad, Reason::Disabled);
    rig.is("y", Value::F64(1.0), Quality::Bad, Reason::Disabled);
    rig.end().await;
}
