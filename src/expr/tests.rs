use super::*;
use crate::tag::def::{Origin, TagDef};
use crate::tag::quality::{Quality, Reason};
use crate::tag::reading::{Raw, Reading, Stamp};
use crate::tag::value::{Value, ValueType};
use proptest::prelude::*;
use std::collections::HashMap;

/// A small plant: `bad/...` is bad, `doubt/...` is uncertain.
struct Plant(HashMap<String, (TagDef, TagState)>);

fn plant() -> Plant {
    let mut plant = Plant(HashMap::new());
    plant.add("a/x", Value::F64(6.0), 10);
    plant.add("a/y", Value::I64(-2), 30);
    plant.add("a/on", Value::Bool(true), 20);
    plant.add("a/off", Value::Bool(false), 20);
    plant.add("a/word", Value::Text("hot".into()), 20);
    plant.add("di-1/DI-00", Value::Bool(true), 20);
    plant.add("bad/x", Value::F64(1.0), 5);
    plant.change("bad/x", Reading::Failed(Reason::NoAnswer));
    plant.add("bad/on", Value::Bool(true), 5);
    plant.change("bad/on", Reading::Failed(Reason::PortClosed));
    let doubt = |value: Value| Reading::Uncertain { value, raw: Raw::new(), at: stamp(7), reason: Reason::Clock };
    plant.add("doubt/x", Value::F64(1.0), 5);
    plant.change("doubt/x", doubt(Value::F64(2.0)));
    plant.add("doubt/on", Value::Bool(true), 5);
    plant.change("doubt/on", doubt(Value::Bool(true)));
    plant
}

fn stamp(ms: u64) -> Stamp {
    Stamp { unix_ms: i64::try_from(ms).unwrap(), mono_us: ms * 1000 }
}

fn def(name: &str, kind: ValueType) -> TagDef {
    TagDef { unit: "degC".to_owned(), ..TagDef::plain(name, kind, Origin::Modbus) }
}

impl Plant {
    fn add(&mut self, name: &str, value: Value, ms: u64) {
        let kind = match value {
            Value::Bool(_) => ValueType::Bool,
            Value::Text(_) => ValueType::String,
            Value::F64(_) => ValueType::F64,
            _ => ValueType::I32,
        };
        self.0.insert(name.to_owned(), (def(name, kind), TagState::default()));
        self.change(name, Reading::Good { value, raw: Raw::from_slice(&[7, 9]), at: stamp(ms) });
    }

    fn change(&mut self, name: &str, reading: Reading) {
        self.0.get_mut(name).unwrap().1.apply(reading);
    }

    fn set(&mut self, name: &str, value: f64) {
        self.change(name, Reading::Good { value: Value::F64(value), raw: Raw::new(), at: stamp(40) });
    }

    fn look(&self, point: &Point) -> Option<(&TagDef, &TagState)> {
        self.0.get(point.tag.as_str()).map(|(def, state)| (def, state))
    }

    fn outcome(&self, text: &str) -> Outcome {
        let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        expression.evaluate(|point| self.look(&expression.points()[point]))
    }

    fn kind(&self, text: &str) -> Result<Kind, ExpressionError> {
        Expression::parse(text).unwrap().kind(|point| match self.look(point) {
            Some((def, _)) => Kind::of_attribute(def, point.attribute),
            None => Kind::Any,
        })
    }
}

#[track_caller]
fn gives(text: &str, expect: impl Into<Expect>) {
    let outcome = plant().outcome(text);
    assert_eq!(outcome.value, Ok(expect.into().0), "{text}");
    assert_eq!(outcome.quality(), Quality::Good, "{text}");
}

struct Expect(Value);

impl From<f64> for Expect {
    fn from(x: f64) -> Self {
        Self(Value::F64(x))
    }
}

impl From<bool> for Expect {
    fn from(on: bool) -> Self {
        Self(Value::Bool(on))
    }
}

impl From<&str> for Expect {
    fn from(text: &str) -> Self {
        Self(Value::Text(text.into()))
    }
}

#[track_caller]
fn is_bad(text: &str, reason: Reason, place: usize, sentence: &str) {
    let trouble = plant().outcome(text).value.unwrap_err();
    assert_eq!((trouble.reason, trouble.place, trouble.sentence.as_str()), (reason, place, sentence), "{text}");
}

#[track_caller]
fn refused(text: &str, place: usize, sentence: &str) {
    let error = Expression::parse(text).unwrap_err();
    assert_eq!((error.place, error.sentence.as_str()), (place, sentence), "{text}");
}

#[test]
fn numbers_are_doubles_however_they_are_written() {
    gives("180", 180.0);
    gives("a.x > 5", true);
    gives("a.x > 5.0", true);
    gives("a.x + 1", 7.0);
    gives("a.y * 2.5", -5.0);
    gives("a.x / 4", 1.5);
    gives("7 / 2", 3.5);
    gives("0x10 + 1u", 17.0);
    gives("-a.x", -6.0);
    gives("1 - 2 - 3", -4.0);
    gives("1 + 2 * 3 - 4 / 2", 5.0);
    gives("(1 + 2) * 3", 9.0);
    gives("7 % 4 + 0.5", 3.5);
    gives("-7 % 4", -3.0);
    gives("int(-2.7) * 2", -4.0);
    gives("double(a.on) + double(\" 2.5 \")", 3.5);
    gives("size(\"온도\") * 2", 4.0);
}

#[test]
fn points_are_named_in_three_ways() {
    gives("tag(\"a/x\")", 6.0);
    gives("tag('di-1/DI-00')", true);
    gives("tag(\"a/x\", \"quality\")", "good");
    gives("a.x.quality + \"/\" + a.x.unit", "good/degC");
    gives("tag(\"a/x\", \"raw\")[1] + size(a.x.raw)", 11.0);
    gives("a.x.timestamp", "1970-01-01T00:00:00.010Z");
    gives("a.x.min == null || a.x.min <= a.x", true);
    gives("bad.x.device_status == \"no answer\" && bad.x.quality == \"bad\"", true);
    let expression = Expression::parse("a.x + tag(\"a/x\") + a.y.raw[0] > tag(\"di-1/DI-00\", \"min\")").unwrap();
    let points: Vec<String> =
        expression.points().iter().map(|point| format!("{} {} {}", point.tag, point.attribute, point.place)).collect();
    assert_eq!(points, ["a/x value 1", "a/y raw 20", "di-1/DI-00 min 33"]);
}

#[test]
fn truths_texts_and_choices() {
    gives("a.on && !a.off", true);
    gives("a.off || a.x > 5 && a.y < 0", true);
    gives("a.x > 5 ? \"hot\" : \"cold\"", "hot");
    gives("a.word == \"hot\" && a.word != \"cold\"", true);
    gives("\"a\" < \"b\"", true);
    gives("a.x in [1, 6]", true);
    gives("a.word in [\"x\"]", false);
    gives("a.word.contains(\"o\") && a.word.startsWith(\"h\") && a.word.endsWith(\"t\")", true);
    gives("string(a.x) + string(1.5) + string(a.on)", "61.5true");
}

#[test]
fn functions_of_field_values() {
    gives("math.greatest(a.x, 1, 7)", 7.0);
    gives("math.least(a.x, a.y)", -2.0);
    gives("math.greatest(a.x)", 6.0);
    gives("math.abs(a.y) + math.sign(a.y) + math.sign(0)", 1.0);
    gives("math.round(2.5) + math.floor(2.5) + math.ceil(2.5) + math.trunc(-2.5)", 6.0);
    gives("math.sqrt(16) + math.pow(2, 3)", 12.0);
    gives("math.log10(1000) + math.ln(math.exp(2))", 5.0);
    gives("math.bitAnd(6, 3) + math.bitOr(4, 1) + math.bitXor(6, 3)", 12.0);
    gives("math.bitShiftRight(a.x, 1) + math.bitShiftLeft(1, 4)", 19.0);
    gives("math.bitAnd(math.bitShiftRight(6, 2), 1) == 1", true);
}

#[test]
fn the_result_is_as_good_as_what_was_looked_at() {
    is_bad("a.x + bad.x", Reason::NoAnswer, 7, "`bad/x` is bad: no answer");
    is_bad("a.x > 5 && bad.on", Reason::PortClosed, 12, "`bad/on` is bad: port closed");
    is_bad("gone.x", Reason::NotYetRead, 1, "`gone/x` is bad: not yet read");
    // What decides alone counts alone, on either side.
    gives("a.on || bad.on", true);
    gives("bad.on || a.on", true);
    gives("bad.on && a.off", false);
    gives("doubt.on || a.on", true);
    gives("a.on ? a.x : bad.x", 6.0);
    gives("tag(\"bad/x\", \"quality\") == \"good\" ? bad.x : a.x", 6.0);
    let plant = plant();
    for (text, value) in [
        ("doubt.x + a.x", Value::F64(8.0)),
        ("doubt.on && a.on", Value::Bool(true)),
        ("doubt.on || a.off", Value::Bool(true)),
        ("doubt.on || bad.on", Value::Bool(true)),
        ("doubt.on ? a.x : 0", Value::F64(6.0)),
        ("math.abs(doubt.x)", Value::F64(2.0)),
        ("2 in [1, doubt.x]", Value::Bool(true)),
    ] {
        let outcome = plant.outcome(text);
        assert_eq!((outcome.value, outcome.doubt), (Ok(value), Some(Reason::Clock)), "{text}");
    }
}

#[test]
fn the_time_is_the_newest_of_all_points() {
    let plant = plant();
    assert_eq!(plant.outcome("a.x + a.y + bad.x").at, Some(stamp(30)));
    assert_eq!(plant.outcome("a.on ? a.x : a.y").at, Some(stamp(30)));
    assert_eq!(plant.outcome("1 + 1").at, None);
}

#[test]
fn what_cannot_be_worked_out_is_bad_with_the_reason() {
    is_bad("1 / (a.x - 6)", Reason::DivisionByZero, 3, "division by zero");
    is_bad("a.x % 0", Reason::DivisionByZero, 5, "division by zero");
    is_bad("1e300 * 1e300", Reason::InvalidValue, 7, "the result is not a number, or too large for one");
    is_bad("math.sqrt(a.y)", Reason::InvalidValue, 1, "the result is not a number, or too large for one");
    is_bad("a.on + 1", Reason::WrongType, 6, "`+` does not work between true or false and a number");
    is_bad("a.on == 1", Reason::WrongType, 6, "`==` does not work between true or false and a number");
    is_bad("double(a.word)", Reason::WrongType, 1, "the text `hot` is not a number");
    is_bad("a.x.raw", Reason::WrongType, 1, "the result is a list of registers");
    is_bad("a.x.raw[5]", Reason::WrongType, 1, "there is no register 5");
    is_bad("math.bitAnd(1.5, 1)", Reason::WrongType, 1, "bits are those of a whole number from 0 to 2^53");
    is_bad("a.word ? 1 : 2", Reason::WrongType, 1, "`?` takes true or false, not a text");
    is_bad("!a.x", Reason::WrongType, 2, "`!` takes true or false, not a number");
    let long = format!("\"{0}\" + \"{0}\"", "x".repeat(600));
    is_bad(&long, Reason::WrongType, 604, "the text becomes longer than 1000 bytes");
}

#[test]
fn errors_are_sentences_with_the_place() {
    refused("", 1, "the expression is empty");
    refused("a.x +", 6, "something is missing at the end");
    refused("a.x > > 3", 7, "`>` is not expected here");
    refused("1 2", 3, "`2` is not expected here");
    refused("a.x = 3", 5, "write `==` to compare");
    refused("a.on and a.off", 6, "write `&&` for and");
    refused("a.on or a.off", 6, "write `||` for or");
    refused("not a.on", 5, "write `!` for not");
    refused("\"abc", 1, "this text has no end");
    refused("온도.x", 1, "`온도` is not expected here");
    refused("\"온도\" == ==", 9, "`==` is not expected here");
    refused(
        "\"온도\" == x",
        9,
        "`x` is not a tag: write `group.name`, or `tag(\"group/name\")` where a name has a hyphen",
    );
    refused("1 +\n  x", 7, "`x` is not a tag: write `group.name`, or `tag(\"group/name\")` where a name has a hyphen");
    refused("di-1.x", 1, "`di` is not a tag: write `group.name`, or `tag(\"group/name\")` where a name has a hyphen");
    refused(
        "package.x > 1",
        1,
        "`package` is a word of the language; write `tag(\"group/name\")` for a tag of that name",
    );
    refused("99999999999999999999", 1, "this is not a number or text that can be used");
    refused("a.b.c", 1, "`c` is not an attribute");
    refused("1 + a.b.value.x", 5, "a point is `group.name` or `group.name.attribute`");
    refused("tag(\"a\")", 5, "a tag is named `group/name`");
    refused("a.x.age_ms", 1, "`age_ms` changes all the time by itself: ask for `quality` or `timestamp`");
    refused("a.x.reset_min", 1, "`reset_min` is a command: it is written, never read");
    refused("abs(a.x)", 1, "there is no function `abs`; `math.abs` is meant, perhaps");
    refused("math.pow(2)", 1, "`math.pow` takes 2 values, not 1");
    refused("contains(a.word)", 1, "`contains` is asked of a text: `text.contains(\"...\")`");
    refused("has(a.x)", 5, "`has` is not available: ask for the attribute `quality`");
    refused(
        "[1].all(x, x > 0)",
        8,
        "`all`, `exists`, `map` and `filter` are not available: an expression has no loops",
    );
    refused("[1, 2]", 1, "a list stands only behind `in`");
    refused("a.x[0]", 1, "`[ ]` takes one register, by its number from 0, of the attribute `raw`");
    refused(&format!("{}1{}", "(".repeat(900), ")".repeat(900)), 1, "it is nested too deeply");
    refused(&"1+".repeat(1500), 2001, "an expression has at most 2000 characters");
}

#[test]
fn kinds_are_judged_before_anything_runs() {
    let plant = plant();
    let fails = |text: &str| plant.kind(text).unwrap_err().to_string();
    assert_eq!(plant.kind("a.x * 2 > 3 && a.on"), Ok(Kind::Bool));
    assert_eq!(plant.kind("a.on ? a.x : 0"), Ok(Kind::Number));
    assert_eq!(plant.kind("a.x.quality + \"!\""), Ok(Kind::Text));
    assert_eq!(plant.kind("a.x.min == null ? 0 : a.x.min + 1"), Ok(Kind::Number));
    assert_eq!(fails("a.on * 2"), "at character 6: `*` does not work between true or false and a number");
    assert_eq!(fails("a.x && a.on"), "at character 1: `&&` takes true or false, not a number");
    assert_eq!(fails("a.on ? a.x : \"x\""), "at character 1: one side of `:` gives a number, the other a text");
    assert_eq!(fails("math.abs(a.word)"), "at character 1: `math.abs` takes a number, not a text");
    assert_eq!(fails("a.x in [1, \"x\"]"), "at character 12: `==` does not work between a number and a text");
    assert_eq!(fails("-a.on"), "at character 2: `-` takes a number, not true or false");
}

#[test]
fn a_comparison_with_a_constant_is_recognised() {
    let comparison = |text: &str| Expression::parse(text).unwrap().comparison();
    let is = |above, limit| Some(Comparison { above, limit });
    assert_eq!(comparison("a.x > 180"), is(true, 180.0));
    assert_eq!(comparison("a.x <= -1.5"), is(false, -1.5));
    assert_eq!(comparison("180 < tag(\"a/x\")"), is(true, 180.0));
    for other in ["a.x > a.y", "a.x == 1", "a.x > 1 && a.y > 1", "a.x + 1 > 2", "!(a.x > 1)", "a.on", "1 > 2"] {
        assert_eq!(comparison(other), None, "{other}");
    }
}

#[track_caller]
fn edges(condition: &str, leave: &Leave, values: &[f64]) -> String {
    let condition = Expression::parse(condition).unwrap();
    let mut plant = plant();
    let mut switch = Switch::default();
    let mut told = String::new();
    for value in values {
        if value.is_nan() {
            plant.change("a/x", Reading::Failed(Reason::NoAnswer));
        } else {
            plant.set("a/x", *value);
        }
        let edge = switch.look(&condition, leave, |point| plant.look(point));
        told.push(match edge {
            Some(Edge::Enter) => 'E',
            Some(Edge::Leave) => 'L',
            None => '.',
        });
    }
    told
}

#[test]
fn a_condition_is_entered_and_left() {
    let values = [179.0, 180.5, 181.0, 180.0, 181.0, 178.0, 181.0];
    assert_eq!(edges("a.x > 180", &Leave::Untrue, &values), ".E.LELE");
    assert_eq!(edges("a.x > 180", &Leave::Hysteresis(2.0), &values), ".E...LE");
    assert_eq!(edges("a.x >= 5", &Leave::Hysteresis(1.0), &[5.0, 4.5, 5.0, 4.0, 4.5, 5.0]), "E..L.E");
    assert_eq!(edges("a.x >= 5", &Leave::Hysteresis(0.0), &[5.0, 5.0, 4.9, 5.0]), "E.LE");
    assert_eq!(edges("a.x < 10", &Leave::Hysteresis(1.0), &[10.0, 9.9, 10.5, 11.0, 10.0, 9.0]), ".E.L.E");
    let end = Leave::When(Expression::parse("a.x < 100").unwrap());
    assert_eq!(edges("a.x > 180", &end, &[181.0, 150.0, 181.0, 99.0, 100.0, 181.0]), "E..L.E");
    // While nobody can tell, nothing is entered and nothing left.
    assert_eq!(edges("a.x > 180", &Leave::Untrue, &[181.0, f64::NAN, 181.0, f64::NAN, 10.0]), "E...L");
    // An end that is there already bars the way in.
    let end = Leave::When(Expression::parse("a.x > 0").unwrap());
    assert_eq!(edges("a.x > 180", &end, &[181.0, 182.0]), "..");
}

/// The parser's own interpreter, on the same numbers.
fn by_the_peer(text: &str, x: f64, y: f64) -> Option<cel::Value> {
    let program = cel::Env::stdlib().compile(text).ok()?;
    let mut context = cel::Context::default();
    context.add_variable_from_value("a", HashMap::from([("x", x), ("y", y)]));
    program.execute(&context).ok()
}

/// Expressions of doubles that mean the same in every CEL.
fn numeric() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("a.x".to_owned()),
        Just("a.y".to_owned()),
        (-50i32..50).prop_map(|n| format!("{:.1}", f64::from(n) / 2.0)),
    ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        let truth =
            (inner.clone(), "<|<=|>|>=|==|!=", inner.clone()).prop_map(|(a, op, b)| format!("({a}) {op} ({b})"));
        prop_oneof![
            (inner.clone(), "[+*/-]", inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            (inner.clone(), "[+*/-]", inner.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            inner.clone().prop_map(|a| format!("-({a})")),
            (truth.clone(), inner.clone(), inner.clone()).prop_map(|(t, a, b)| format!("({t} ? {a} : {b})")),
            (truth.clone(), "&&|[|][|]", truth, inner.clone(), inner)
                .prop_map(|(s, op, t, a, b)| format!("({s} {op} !({t}) ? {a} : {b})")),
        ]
    })
}

proptest! {
    #[test]
    fn the_results_are_those_of_the_crates_interpreter(text in numeric(), x in -9.0..9.0f64, y in -9.0..9.0f64) {
        let mut plant = plant();
        plant.set("a/x", x);
        plant.add("a/y", Value::F64(y), 1);
        let Ok(expression) = Expression::parse(&text) else {
            // Deeper than we allow.
            return Ok(());
        };
        let ours = expression.evaluate(|point| plant.look(&expression.points()[point]));
        let Some(cel::Value::Float(theirs)) = by_the_peer(&text, x, y) else {
            panic!("{text} is not worked out by the peer");
        };
        match ours.value {
            Ok(Value::F64(ours)) => prop_assert!((ours - theirs).abs() <= 1e-9 * ours.abs().max(1.0), "{} {} {}", text, ours, theirs),
            // Where CEL has an infinity on its way, there is no result.
            Err(trouble) => prop_assert!(matches!(trouble.reason, Reason::DivisionByZero | Reason::InvalidValue), "{} {:?}", text, trouble),
            Ok(other) => panic!("{text} gives {other}"),
        }
    }

    #[test]
    fn no_text_breaks_the_parser(text in "\\PC{0,200}") {
        drop(Expression::parse(&text));
    }

    #[test]
    fn no_heap_of_tokens_breaks_it_or_takes_long(
        tokens in prop::collection::vec(
            prop::sample::select(vec![
                "(", ")", "[", "]", "{", "}", "a.x", "tag(\"a/x\")", "1", "1.5", "\"t\"", "'", "+", "-", "*", "/", "%", "&&", "||",
                "!", "?", ":", ",", ".", "<", "==", " in ", "true", "null", "math.abs(", ".all(x,", "has(", "\n", "//", "온",
            ]),
            0..400,
        ),
    ) {
        let text = tokens.concat();
        let began = std::time::Instant::now();
        let plant = plant();
        if let Ok(expression) = Expression::parse(&text) {
            expression.evaluate(|point| plant.look(&expression.points()[point]));
            drop(expression.kind(|_| Kind::Any));
        }
        // A bound for a debug build on a busy machine; what it guards against takes seconds or for ever.
        prop_assert!(began.elapsed().as_secs() < 2, "{} characters took {:?}", text.len(), began.elapsed());
    }

    #[test]
    fn places_are_within_the_text(text in "[a-c. +()<>=온\"1-9\n]{0,60}") {
        if let Err(error) = Expression::parse(&text) {
            prop_assert!((1..=text.chars().count() + 1).contains(&error.place), "{}: {}", text, error);
        }
    }
}

#[test]
fn the_largest_expressions_are_cheap_and_take_little_stack() {
    let plant = plant();
    let heaps = [
        vec!["a.x"; 500].join("+"),
        vec!["a.x>1"; 285].join("&&"),
        format!("1{}", "<1".repeat(999)),
        format!("a{}", ".b".repeat(999)),
        format!("a.x{}", "[0]".repeat(600)),
        format!("a.word{}", ".x()".repeat(490)),
        format!("{}1", "1?1:".repeat(490)),
        format!("{}1", "!".repeat(1999)),
        format!("{}{}", "[".repeat(999), "]".repeat(999)),
        format!("{}1{}", "math.abs(".repeat(39), ")".repeat(39)),
        "(a.x+[{".repeat(285),
        "\u{1}@#$".repeat(500),
    ];
    // Half of what a thread of the runtime has.
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(move || {
        for heap in heaps {
            if let Ok(expression) = Expression::parse(&heap) {
                expression.evaluate(|point| plant.look(&expression.points()[point]));
                drop(expression.kind(|_| Kind::Any));
            }
        }
    });
    thread.unwrap().join().expect("a stack that is too small ends the whole process");
    assert!(Expression::parse(&vec!["a.x"; 500].join("+")).is_ok(), "a long sum is not deep");
}
