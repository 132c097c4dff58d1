use super::*;
use crate::config::GatewayConfig;
use crate::config::problem::Problem;
use crate::tag::def::RefusedValue;
use std::time::Duration;

const NOW: Stamp = Stamp { unix_ms: 1_790_000_000_000, mono_us: 0 };

/// Subscriptions of the appliance `a`.
fn orders(subscriptions: Json) -> Orders {
    let (orders, problems) = judged(subscriptions);
    assert_eq!(problems, [], "the test's own document");
    orders
}

fn judged(subscriptions: Json) -> (Orders, Vec<Problem>) {
    let tag = |name: &str, address: u16| json!({"name": name, "table": "holding", "address": address, "type": "i16", "writable": true});
    let document = json!({
        "format": "dinrail/1",
        "appliance": {"name": "a"},
        "ports": [{"name": "p", "kind": "serial", "path": "/dev/ttyS0"}],
        "devices": [{"name": "oven", "port": "p", "unit_id": 1, "tags": [tag("setpoint", 0), tag("limit", 1)]}],
        "mqtt": {"connections": [{"name": "c", "url": "mqtt://127.0.0.1", "subscriptions": subscriptions}]},
    });
    let (config, problems) = GatewayConfig::parse(&document);
    let mut orders = Orders::default();
    orders.configure("a", &config.connections[0].subscriptions);
    (orders, problems)
}

fn standard() -> Orders {
    orders(json!([{"name": "s", "topic": "{appliance}/write/{tag}", "tags": ["oven/*"], "qos": 1,
        "response_topic": "{appliance}/ack/{tag}", "max_age_s": 30}]))
}

fn judge(orders: &mut Orders, topic: &str, payload: &str) -> Verdict {
    orders.judge(topic, &message(payload), Instant::now(), NOW)
}

/// A message with QoS 0 and nothing beside it.
pub(super) fn message(payload: &(impl AsRef<[u8]> + ?Sized)) -> Incoming {
    Incoming {
        topic: Bytes::new(),
        payload: Bytes::copy_from_slice(payload.as_ref()),
        qos: Qos::AtMostOnce,
        retain: false,
        asked: Asked::default(),
        carried: None,
        receipt: None,
    }
}

/// What a verdict comes to, in a line.
fn line(verdict: Verdict) -> String {
    match verdict {
        Verdict::Ignore => "ignored".into(),
        Verdict::Repeat(answer) => format!("repeated {}", answer.map_or(String::new(), |answer| answer.payload)),
        Verdict::Refuse(refusal) => {
            refusal.answer.map_or(refusal.why, |answer| format!("{} {}", answer.topic, answer.payload))
        }
        Verdict::Write(order) => format!("{}/{} = {}", order.tag, order.attribute, order.value),
        Verdict::Several { orders, .. } => format!("{} commands", orders.len()),
    }
}

#[track_caller]
fn check(topic: &str, payload: &str, expect: &str) {
    assert_eq!(line(judge(&mut standard(), topic, payload)), expect, "{topic} {payload}");
}

#[test]
fn payloads_are_an_object_or_a_bare_scalar() {
    let topic = "a/write/oven/setpoint";
    check(topic, r#"{"value": 180.5}"#, "oven/setpoint/value = 180.5");
    check(topic, "180.5", "oven/setpoint/value = 180.5");
    check(topic, "true", "oven/setpoint/value = true");
    check(topic, "\"on\"", "oven/setpoint/value = on");
    check(topic, r#"{"value": 1, "note": "unknown members are nobody's business"}"#, "oven/setpoint/value = 1");
    let refused = |why: &str| {
        format!(
            r#"a/ack/oven/setpoint {{"id":null,"tag":"oven/setpoint","attribute":"value","ok":false,"error":"{why}"}}"#
        )
    };
    for (payload, why) in [
        ("{}", "the payload has no `value`"),
        (r#"{"value": null}"#, "`value` is true or false, a number or a text"),
        ("[1]", "`value` is true or false, a number or a text"),
        ("null", "`value` is true or false, a number or a text"),
        ("", "the payload is not JSON: EOF while parsing a value at line 1 column 0"),
        ("NaN", "the payload is not JSON: expected value at line 1 column 1"),
        ("1e999", "the payload is not JSON: number out of range at line 1 column 5"),
        (&"[".repeat(60_000), "the payload is not JSON: recursion limit exceeded at line 1 column 128"),
        (&"1".repeat(1024 * 1024), "the payload has 1048576 bytes; a command has at most 65536"),
        (r#"{"value": 1, "id": ["x"]}"#, "`id` is a text of at most 256 bytes, or a number"),
        (r#"{"value": 1, "timestamp": 5}"#, "`timestamp` is not a time such as `2026-01-02T03:04:05.678Z`"),
    ] {
        check(topic, payload, &refused(why));
    }
}

#[test]
fn only_the_tags_of_the_subscription_are_meant() {
    check("a/write/oven", "1", "ignored");
    check("a/write/oven/setpoint/value", "1", "ignored");
    check("b/write/oven/setpoint", "1", "ignored");
    check(
        "a/write/internal/x",
        "1",
        r#"a/ack/internal/x {"id":null,"tag":"internal/x","attribute":"value","ok":false,"error":"`internal/x` is not one of the tags that can be written here"}"#,
    );
    check("a/write/oven/온도", "1", "`oven/온도` is not the name of a tag");
    let mut attribute = orders(json!([{"name": "s", "topic": "w/{tag}/{attribute}", "tags": ["oven/*"]}]));
    assert_eq!(line(judge(&mut attribute, "w/oven/limit/reset_min", "1")), "oven/limit/reset_min = 1");
    assert_eq!(line(judge(&mut attribute, "w/oven/limit/nix", "1")), "`nix` is not an attribute");
    let mut one = orders(json!([{"name": "s", "topic": "w/{name}/now", "tags": ["oven/limit"]}]));
    assert_eq!(one.wanted(), [("w/+/now".to_owned(), Qos::AtMostOnce)]);
    assert_eq!(line(judge(&mut one, "w/limit/now", "1")), "oven/limit/value = 1");
    assert_eq!(
        line(judge(&mut one, "w/setpoint/now", "1")),
        "`oven/setpoint` is not one of the tags that can be written here"
    );
}

#[test]
fn overlapping_subscriptions_are_one_filter_and_the_one_that_may_takes_the_command() {
    let mut both = orders(json!([
        {"name": "s", "topic": "w/{tag}", "tags": ["oven/limit"]},
        {"name": "t", "topic": "w/{tag}", "tags": ["oven/setpoint"], "qos": 2},
        {"name": "u", "topic": "off/{tag}", "tags": ["oven/*"], "enabled": false},
    ]));
    assert_eq!(both.wanted(), [("w/+/+".to_owned(), Qos::ExactlyOnce)]);
    assert_eq!(line(judge(&mut both, "w/oven/setpoint", "1")), "oven/setpoint/value = 1");
    assert_eq!(line(judge(&mut both, "w/oven/limit", "1")), "oven/limit/value = 1");
    assert_eq!(line(judge(&mut both, "off/oven/limit", "1")), "ignored");
}

#[test]
fn a_retained_command_is_ignored() {
    let verdict =
        standard().judge("a/write/oven/setpoint", &Incoming { retain: true, ..message("1") }, Instant::now(), NOW);
    assert_eq!(line(verdict), "ignored");
}

#[test]
fn age_is_judged_when_the_command_says_it() {
    let aged = |seconds: i64| {
        let at = crate::tag::reading::rfc3339(NOW.unix_ms - seconds * 1000);
        format!(r#"{{"value": 1, "id": 7, "timestamp": "{at}"}}"#)
    };
    let topic = "a/write/oven/setpoint";
    check(topic, &aged(30), "oven/setpoint/value = 1");
    check(topic, &aged(-5), "oven/setpoint/value = 1");
    check(
        topic,
        &aged(31),
        r#"a/ack/oven/setpoint {"id":7,"tag":"oven/setpoint","attribute":"value","ok":false,"error":"the command is 31 s old; here it may be 30 s old"}"#,
    );
    let unset = Stamp { unix_ms: 1000, mono_us: 0 };
    let verdict = standard().judge(topic, &message(&aged(0)), Instant::now(), unset);
    assert!(line(verdict).contains("the clock of this appliance is not set"));
}

#[test]
fn a_command_that_comes_twice_is_carried_out_once() {
    let mut orders = standard();
    let (topic, payload) = ("a/write/oven/setpoint", r#"{"value": 5, "id": "x"}"#);
    let now = Instant::now();
    let Verdict::Write(order) = orders.judge(topic, &message(payload), now, NOW) else { panic!("not written") };
    assert_eq!(line(judge(&mut orders, topic, payload)), "ignored");
    let answer = orders.answer(order, &Ok(Value::F64(5.0)), now).unwrap();
    let told = r#"{"id":"x","tag":"oven/setpoint","attribute":"value","ok":true,"value":5.0}"#;
    assert_eq!((answer.topic.as_str(), answer.payload.as_str()), ("a/ack/oven/setpoint", told));
    assert_eq!((answer.qos, answer.retain), (Qos::AtLeastOnce, false));
    // The id tells, not the value.
    assert_eq!(line(judge(&mut orders, topic, r#"{"value": 6, "id": "x"}"#)), format!("repeated {told}"));
    assert_eq!(line(judge(&mut orders, topic, r#"{"value": 6, "id": "y"}"#)), "oven/setpoint/value = 6");
    assert_eq!(line(judge(&mut orders, "a/write/oven/limit", r#"{"value": 6, "id": "x"}"#)), "oven/limit/value = 6");
    let later = orders.judge(topic, &message(payload), now + Duration::from_secs(301), NOW);
    assert_eq!(line(later), "oven/setpoint/value = 5");
}

#[test]
fn a_failure_is_remembered_unless_it_may_be_tried_again() {
    let mut orders = standard();
    let (topic, payload, now) = ("a/write/oven/setpoint", r#"{"value": 5, "id": 1}"#, Instant::now());
    let mut run = |result: WriteError| {
        let Verdict::Write(order) = judge(&mut orders, topic, payload) else { panic!("not written") };
        orders.answer(order, &Err(result), now).unwrap().payload
    };
    let wrong =
        |why: &str| format!(r#"{{"id":1,"tag":"oven/setpoint","attribute":"value","ok":false,"error":"{why}"}}"#);
    assert_eq!(run(WriteError::Busy), wrong("too many commands are waiting; try again"));
    let range = RefusedValue::Range { given: "5".into(), low: "6".into(), high: "-".into() };
    assert_eq!(run(range.into()), wrong("5 is outside 6..-"));
    assert_eq!(line(judge(&mut orders, topic, payload)), format!("repeated {}", wrong("5 is outside 6..-")));
}

#[test]
fn answers_never_become_commands() {
    let subscription = json!({"name": "s", "topic": "w/{tag}", "tags": ["oven/*"], "response_topic": "w/{tag}"});
    // The document is refused; should one get here all the same, there is no loop either.
    let (mut own, problems) = judged(json!([subscription]));
    assert_eq!(problems[0].pointer, "/mqtt/connections/0/subscriptions/0/response_topic");
    assert_eq!(own.talks_to_itself(), Some("s"));
    let Verdict::Write(order) = judge(&mut own, "w/oven/limit", "1") else { panic!("not written") };
    assert!(own.answer(order, &Ok(Value::U64(1)), Instant::now()).is_none());
    assert_eq!(standard().talks_to_itself(), None);
}

#[test]
fn a_pointer_finds_the_value_in_any_json() {
    let with = |pointer: &str| {
        orders(json!([{"name": "s", "topic": "w", "tags": ["oven/limit"], "pointer": pointer, "response_topic": "r"}]))
    };
    let said = |pointer: &str, payload: &str| line(judge(&mut with(pointer), "w", payload));
    assert_eq!(said("/d/0/v", r#"{"d": [{"v": 4.5}], "id": 1}"#), "oven/limit/value = 4.5");
    assert_eq!(said("/a~1b", r#"{"a/b": true}"#), "oven/limit/value = true");
    assert_eq!(said("", "7"), "oven/limit/value = 7");
    let nothing = said("/d/1/v", r#"{"d": [{"v": 4.5}], "value": 9}"#);
    assert!(nothing.contains(r#""ok":false,"error":"the payload has nothing at `/d/1/v`"#), "{nothing}");
    assert!(said("/d", r#"{"d": {"v": 1}}"#).contains("`value` is true or false, a number or a text"));
    // Of places that look like one, none is: no member behind a value, no index but a plain one, no name but the whole.
    for trap in [
        "/d/-",
        "/d/00",
        "/d/+0",
        "/d/-1",
        "/d/18446744073709551616",
        "/d/0/v/0",
        "/d/0/v/length",
        "/D/0/v",
        "/d/0/",
        "/~01",
    ] {
        let answer = said(trap, r#"{"d": [{"v": 4.5}], "~": 1, "value": 9}"#);
        assert!(answer.contains(&format!(r#""ok":false,"error":"the payload has nothing at `{trap}`"#)), "{answer}");
    }
    // What is said twice counts as it was said last.
    assert_eq!(said("/v", r#"{"v": 1, "v": 2}"#), "oven/limit/value = 2");
    for wrong in ["d", "/~2", "/a~"] {
        let (_, problems) = judged(json!([{"name": "s", "topic": "w", "tags": ["oven/limit"], "pointer": wrong}]));
        assert_eq!(problems[0].pointer, "/mqtt/connections/0/subscriptions/0/pointer", "{wrong}");
    }
}

#[test]
fn the_answer_goes_where_mqtt_5_says_with_what_came_along() {
    let asked = |response_topic: &str, seconds: Option<u64>| Incoming {
        asked: Asked {
            response_topic: Some(response_topic.to_owned()),
            correlation: Some(Bytes::from_static(b"\x00c")),
            expiry: seconds.map(Duration::from_secs),
        },
        ..message("999999")
    };
    let answer = |message: Incoming| {
        let mut orders = standard();
        match orders.judge("a/write/oven/setpoint", &message, Instant::now(), NOW) {
            Verdict::Write(order) => orders.answer(order, &Ok(Value::U64(1)), Instant::now()).unwrap(),
            Verdict::Refuse(refusal) => refusal.answer.unwrap(),
            other => panic!("{other:?}"),
        }
    };
    let told = answer(asked("me/answers", Some(5)));
    assert_eq!((told.topic.as_str(), told.correlation.as_deref()), ("me/answers", Some(&b"\x00c"[..])));
    assert!(told.payload.contains(r#""ok":true"#), "{}", told.payload);
    // What cannot be published to, and what would come back as a command, is not answered there.
    assert_eq!(answer(asked("me/+", None)).topic, "a/ack/oven/setpoint");
    let own = asked("a/write/oven/limit", None);
    let Verdict::Write(order) = standard().judge("a/write/oven/setpoint", &own, Instant::now(), NOW) else { panic!() };
    assert!(standard().answer(order, &Ok(Value::U64(1)), Instant::now()).is_none());
    let expired = answer(asked("me/answers", Some(0)));
    assert!(expired.payload.contains("the command has expired"), "{}", expired.payload);
}

/// A subscription in the form of somebody else's system.
fn foreign() -> Orders {
    orders(json!([{"name": "s", "topic": "{appliance}/cmd/{name}", "tags": ["oven/*"], "qos": 1,
        "response_topic": "{appliance}/done",
        "tag_template": "{{ payload.target.unit }}/{{ payload.target.point }}",
        "template": "{% if payload.op == 'set' %}{{ payload.args[0] }}{% else %}0{% endif %}",
        "answer_template": "{{ topic[2] }} {{ payload.job }} {{ tag }} {% if ok %}ok {{ value }}{% else %}bad {{ error }}{% endif %}"}]))
}

#[test]
fn templates_find_tag_and_value_and_write_the_answer() {
    let mut orders = foreign();
    let ask =
        r#"{"job": "j7", "id": "a", "op": "set", "target": {"unit": "oven", "point": "setpoint"}, "args": [180, 1]}"#;
    let Verdict::Write(order) = judge(&mut orders, "a/cmd/x", ask) else { panic!() };
    assert_eq!((order.tag.as_str(), &order.value), ("oven/setpoint", &Value::U64(180)));
    let answer = orders.answer(order, &Ok(Value::I64(180)), Instant::now()).unwrap();
    assert_eq!((answer.topic.as_str(), answer.payload.as_str()), ("a/done", "x j7 oven/setpoint ok 180"));
    // What another system calls `id` says nothing of repetition.
    assert_eq!(line(judge(&mut orders, "a/cmd/x", ask)), "oven/setpoint/value = 180");
    let ask = ask.replace("\"a\"", "\"b\"").replace("set\",", "reset\",");
    let Verdict::Write(order) = judge(&mut orders, "a/cmd/x", &ask) else { panic!() };
    assert_eq!(order.value, Value::U64(0));
    let answer = orders.answer(order, &Err(WriteError::NoAnswer), Instant::now()).unwrap();
    assert_eq!(answer.payload, "x j7 oven/setpoint bad the device did not answer");
}

#[test]
fn what_a_template_cannot_find_is_refused_with_an_answer() {
    let refused = |payload: &str| line(judge(&mut foreign(), "a/cmd/x", payload));
    let answer = refused(r#"{"op": "set", "target": {"unit": "pump", "point": "speed"}, "args": [1], "job": 1}"#);
    assert_eq!(answer, "a/done x 1 pump/speed bad `pump/speed` is not one of the tags that can be written here");
    // The template of the answer fails too, so it is ours.
    let answer = refused("7");
    assert!(
        answer.starts_with(
            r#"a/done {"id":null,"tag":null,"attribute":null,"ok":false,"error":"the tag cannot be found: "#
        ),
        "{answer}"
    );
    let answer = refused(r#"{"op": "set", "target": {"unit": "oven", "point": "limit"}, "args": [], "job": 1}"#);
    assert!(answer.starts_with("a/done x 1 oven/limit bad the value cannot be found: line 1"), "{answer}");
    let answer = refused(r#"{"op": "set", "target": {"unit": "oven", "point": "limit"}, "args": [[1]], "job": 1}"#);
    assert!(answer.contains("a single value is needed here"), "{answer}");
    let answer = refused(&format!("{{\"x\": \"{}\"}}", "y".repeat(70_000)));
    assert!(answer.contains("a command has at most 65536"), "{answer}");
    // A text that is no JSON is one.
    let mut plain =
        orders(json!([{"name": "s", "topic": "w/{tag}", "tags": ["oven/*"], "template": "{{ payload | trim }}"}]));
    assert_eq!(line(judge(&mut plain, "w/oven/setpoint", " on ")), "oven/setpoint/value = on");
}

#[test]
fn templates_of_commands_are_checked_before_they_run() {
    let told = |more: Json| {
        let mut subscription = json!({"name": "s", "topic": "a/x", "tags": ["oven/*"], "tag_template": "oven/limit"});
        subscription.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (_, problems) = judged(json!([subscription]));
        problems.into_iter().map(|problem| problem.detail).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(told(json!({})), "");
    for (member, template, sentence) in [
        ("template", "{{ value }}", "there is no value `value`; there are `appliance`, `payload`, `topic`"),
        ("template", "{% for x in payload %}{{ x }}{% endfor %}", "`for` goes through `tags` and nothing else"),
        ("template", "{{ payload.a[0:9] }}", "this is not available"),
        ("tag_template", "{{ payload.a.upper() }}", "there is nothing to call"),
        (
            "answer_template",
            "{{ quality }}",
            "there is no value `quality`; there are `appliance`, `payload`, `topic`, `tag`",
        ),
    ] {
        let problems = told(json!({member: template}));
        assert!(problems.contains(sentence), "{template}: {problems}");
    }
    assert!(
        told(json!({"template": "{{ payload }}", "pointer": "/x"}))
            .starts_with("`pointer` and `template` do not go together")
    );
}
