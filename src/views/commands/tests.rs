use super::*;

fn aws() -> CloudCommands {
    CloudCommands::Delta("$aws/things/x/shadow".into())
}

/// What is asked for, in a line; of one that cannot be understood, why.
fn line(commands: &CloudCommands, topic: &str, payload: &str) -> String {
    let only = TagName::parse("oven/setpoint").unwrap();
    match read(commands, topic, payload.as_bytes(), Some(&only)) {
        None => "nothing".into(),
        Some(Err(misread)) => misread.why,
        Some(Ok(asked)) => {
            let wanted = asked.wanted.iter().map(|(point, value)| format!("{} = {value}", point.key()));
            format!("{} [{}]", wanted.collect::<Vec<_>>().join(", "), asked.token)
        }
    }
}

#[track_caller]
fn check(commands: &CloudCommands, topic: &str, payload: &str, expect: &str) {
    assert_eq!(line(commands, topic, payload), expect, "{topic} {payload}");
}

#[test]
fn a_request_names_its_tag_in_any_of_four_ways() {
    let rpc = &CloudCommands::Rpc;
    let topic = "v1/devices/me/rpc/request/7";
    check(rpc, topic, r#"{"method":"x","params":{"tag":"a/b","value":5}}"#, r#"a/b = 5 ["7"]"#);
    check(
        rpc,
        topic,
        r#"{"method":"x","params":{"a/b":true,"a/c/reset_min":1}}"#,
        r#"a/b = true, a/c/reset_min = 1 ["7"]"#,
    );
    check(rpc, topic, r#"{"method":"a/b","params":5}"#, r#"a/b = 5 ["7"]"#);
    // For the only tag of the subscription.
    check(rpc, topic, r#"{"method":"setValue","params":5}"#, r#"oven/setpoint = 5 ["7"]"#);
    check(rpc, topic, r#"{"method":"setValue","params":{"value":5}}"#, r#"oven/setpoint = 5 ["7"]"#);
    let methods = &CloudCommands::Methods;
    check(methods, "$iothub/methods/POST/set/?$rid=a1", "5", r#"oven/setpoint = 5 ["a1"]"#);
    check(methods, "$iothub/methods/POST/set/?$rid=a1", "", r#"oven/setpoint = null ["a1"]"#);
}

#[test]
fn what_is_no_request_is_answered_all_the_same() {
    let rpc = &CloudCommands::Rpc;
    let topic = "v1/devices/me/rpc/request/7";
    let none = "the request names no tag: send `{\"tag\": \"oven/setpoint\", \"value\": 180}`";
    check(rpc, topic, r#"{"method":"x","params":{}}"#, none);
    check(rpc, topic, r#"{"method":"x","params":{"firmware":1}}"#, none);
    check(rpc, topic, r#"{"method":"x","params":{"tag":"nonsense","value":1}}"#, "`nonsense` is not the name of a tag");
    let many: Map<String, Json> = (0..=MOST).map(|n| (format!("a/t{n}"), json!(1))).collect();
    check(rpc, topic, &json!({"params": many}).to_string(), "a message asks for at most 128 tags");
    let Some(Err(wrong)) = read(rpc, topic, b"{", None) else { panic!("that is no JSON") };
    let (topic, payload) = misread(rpc, &wrong).unwrap();
    assert_eq!(topic, "v1/devices/me/rpc/response/7");
    assert!(payload.starts_with(r#"{"error":"the payload is not JSON"#), "{payload}");
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(line(rpc, "v1/devices/me/rpc/request/7", &deep).starts_with("the payload is not JSON: recursion limit"));
}

#[test]
fn states_of_others_and_answers_of_the_cloud_are_no_wishes() {
    check(&aws(), "$aws/things/x/shadow/update/delta", r#"{"state":{"colour":"red"},"version":3}"#, "nothing");
    check(
        &aws(),
        "$aws/things/x/shadow/update/delta",
        r#"{"state":{"a/b":1,"a/b/error":"x"},"version":3}"#,
        "a/b = 1 [3]",
    );
    check(&aws(), "$aws/things/y/shadow/update/delta", r#"{"state":{"a/b":1}}"#, "nothing");
    check(&aws(), "$aws/things/x/shadow/get/accepted", r#"{"state":{"desired":{"a/b":1}},"version":3}"#, "nothing");
    let desired = &CloudCommands::Desired;
    let patch = "$iothub/twin/PATCH/properties/desired/?$version=4";
    check(desired, patch, r#"{"a/b":null,"a/c":2,"$version":4}"#, "a/c = 2 [4]");
    check(desired, "$iothub/twin/res/204/?$rid=answer&$version=5", "", "nothing");
    check(desired, "$iothub/twin/res/400/?$rid=twin", "", "nothing");
    // A report of ours that the twin took as it is counts as reached too.
    let twin = r#"{"desired":{"a/b":1,"a/c":2,"$version":4},"reported":{"a/b":1,"a/c":{"value":2,"ac":400}}}"#;
    check(desired, "$iothub/twin/res/200/?$rid=twin", twin, "a/c = 2 [4]");
    check(
        &CloudCommands::SharedAttributes,
        "v1/devices/me/attributes",
        r#"{"a/b":1,"a/b/written":1}"#,
        "a/b = 1 [null]",
    );
    check(&CloudCommands::SharedAttributes, "v1/devices/me/attributes", r#"{"deleted":["a/b"]}"#, "nothing");
    let answer = r#"{"client":{"a/b/asked":1.0,"a/c/written":2},"shared":{"a/b":1,"a/c":2}}"#;
    check(&CloudCommands::SharedAttributes, "v1/devices/me/attributes/response/3", answer, "a/c = 2 [null]");
}

#[test]
fn an_answer_repeats_the_number_of_its_request_and_nothing_larger() {
    let set = CloudCommands::Properties("/t".into());
    let long = json!("x".repeat(60_000));
    for (id, told) in [
        (json!("41"), json!("41")),
        (json!(41), json!(41)),
        (json!({"deep": [1]}), Json::Null),
        (long.clone(), Json::Null),
    ] {
        let payload = json!({"id": id, "params": {}}).to_string();
        let Some(Err(wrong)) = read(&set, "/t/service/property/set", payload.as_bytes(), None) else { panic!() };
        let (_, answer) = misread(&set, &wrong).unwrap();
        assert_eq!(serde_json::from_str::<Json>(&answer).unwrap()["id"], told);
    }
    for (asked, told) in
        [(json!(5), json!(5)), (json!("on"), json!("on")), (json!([5]), Json::Null), (long, Json::Null)]
    {
        let outcome = Outcome { point: Point::parse("a/b").unwrap(), asked, result: Err("no".into()) };
        let (_, answer) = answer(&CloudCommands::Desired, &json!(3), &[outcome]);
        assert_eq!(serde_json::from_str::<Json>(&answer).unwrap()["a/b"]["value"], told);
    }
}

#[test]
fn what_a_cloud_does_not_take_is_told() {
    let cloud = |json: Json| {
        let connection = json!({"name": "c", "cloud": json});
        let document = json!({"format": "dinrail/1", "mqtt": {"connections": [connection]}});
        crate::config::GatewayConfig::parse(&document).0.connections.remove(0).cloud.unwrap()
    };
    let azure = cloud(json!({"kind": "azure", "hub": "h", "device_id": "d", "shared_access_key": "a2V5"}));
    let alibaba = cloud(
        json!({"kind": "alibaba", "endpoint": "h", "product_key": "p", "device_name": "d", "device_secret": "s"}),
    );
    for (cloud, topic, payload, expect) in [
        (&azure, "$iothub/twin/res/429/?$rid=reported", "", Some("429")),
        (&azure, "$iothub/twin/res/400/?$rid=answer", r#"{"message":"too large"}"#, Some("400 too large")),
        (&azure, "$iothub/twin/res/204/?$rid=reported&$version=7", "", None),
        (&azure, "$iothub/twin/res/404/?$rid=twin", "", None),
        (&azure, "$iothub/twin/PATCH/properties/desired/?$version=1", "{}", None),
        (&alibaba, "/sys/p/d/thing/event/property/post_reply", r#"{"code":200,"data":{}}"#, None),
        (
            &alibaba,
            "/sys/p/d/thing/event/property/post_reply",
            r#"{"code":6813,"message":"tsl: error"}"#,
            Some("6813 tsl: error"),
        ),
        (&alibaba, "/sys/p/d/thing/event/property/post_reply", "nonsense", None),
    ] {
        let sentence = expect.map(|rest| format!("the cloud does not take what is reported: {rest}"));
        assert_eq!(complaint(cloud, topic, payload.as_bytes()), sentence, "{topic} {payload}");
    }
}

proptest::proptest! {
    #[test]
    fn no_message_panics(topic in ".{0,60}", payload in proptest::collection::vec(0u8.., 0..200), rest in "[/?$a-z0-9=]{0,30}") {
        let all = [
            CloudCommands::Rpc,
            CloudCommands::SharedAttributes,
            aws(),
            CloudCommands::Methods,
            CloudCommands::Desired,
            CloudCommands::Properties("/sys/a/b/thing".into()),
            CloudCommands::Commands("/devices/a".into()),
        ];
        for commands in all {
            for topic in [topic.clone(), commands.filters()[0].replace(['+', '#'], &rest)] {
                if let Some(Err(wrong)) = read(&commands, &topic, &payload, None) {
                    drop(misread(&commands, &wrong));
                }
            }
        }
    }
}
