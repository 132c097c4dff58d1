use crate::config::GatewayConfig;
use crate::config::tags::definitions;
use crate::tag::attribute::Attribute;
use serde_json::{Value as Json, json};

fn document() -> Json {
    json!({"format": "dinrail/1", "modules": [
        {"name": "di-1", "slot": 1, "model": "di-16", "driver": {"kind": "simulated"}, "channels": [
            {"channel": 0, "name": "DI-00"},
            {"channel": 1, "name": "DI-01", "mode": "counter", "edge": "rising", "keep_count": true, "filter_ms": 2.5}
        ]},
        {"name": "ao-1", "slot": 2, "model": "ao-4", "driver": {"kind": "simulated"}, "channels": [
            {"channel": 0, "name": "valve", "mode": "4-20mA", "scale": {"from": [4, 20], "to": [0, 100]}, "unit": "%", "safe": 0}
        ]}
    ]})
}

#[track_caller]
fn refuses(edit: impl FnOnce(&mut Json), pointer: &str, part: &str) {
    let mut document = document();
    edit(&mut document);
    let (_, problems) = GatewayConfig::parse(&document);
    let found = problems.iter().any(|problem| problem.pointer == pointer && problem.detail.contains(part));
    assert!(found, "{pointer}: {part} not in {problems:?}");
}

#[test]
fn channels_are_tags_with_the_attributes_of_their_kind() {
    let (config, problems) = GatewayConfig::parse(&document());
    assert_eq!(problems, []);
    let tags = definitions(&config);
    let names: Vec<&str> = tags.iter().map(|def| def.name.as_str()).collect();
    assert_eq!(names, ["di-1/DI-00", "di-1/DI-01", "ao-1/valve"]);
    assert!(
        tags[0].has(Attribute::Count) && tags[0].can_write(Attribute::Count) && !tags[0].can_write(Attribute::Value)
    );
    assert_eq!((tags[2].write_min, tags[2].write_max, tags[2].unit.as_str()), (Some(0.0), Some(100.0), "%"));
    assert!(tags[2].can_write(Attribute::Raw) && !tags[2].has(Attribute::Count));
}

#[test]
fn what_does_not_fit_is_refused_at_its_member() {
    refuses(|d| d["modules"][0]["model"] = json!("di-17"), "/modules/0/model", "is one of");
    refuses(|d| d["modules"][0]["slot"] = json!(33), "/modules/0/slot", "1..32");
    refuses(|d| d["modules"][1]["slot"] = json!(1), "/modules/1/slot", "slot 1 is taken by module `di-1`");
    refuses(|d| d["modules"][0]["driver"] = json!(null), "/modules/0/driver", "is missing");
    refuses(|d| d["modules"][0]["name"] = json!("internal"), "/modules/0/name", "taken by the appliance");
    let channel = "/modules/0/channels/1";
    refuses(|d| d["modules"][0]["channels"][1]["channel"] = json!(16), &format!("{channel}/channel"), "0..15");
    refuses(|d| d["modules"][0]["channels"][1]["channel"] = json!(0), &format!("{channel}/channel"), "already");
    refuses(
        |d| d["modules"][0]["channels"][1]["filter_ms"] = json!(0.3),
        &format!("{channel}/filter_ms"),
        "steps of 0.5",
    );
    refuses(|d| d["modules"][0]["channels"][1]["mode"] = json!("pulse"), &format!("{channel}/mode"), "is one of");
    refuses(
        |d| d["modules"][0]["channels"][1]["burnout_ma"] = json!(1),
        &format!("{channel}/burnout_ma"),
        "not a member",
    );
    refuses(|d| d["modules"][1]["channels"][0]["safe"] = json!(101), "/modules/1/channels/0/safe", "0..100");
}
