//! The agent's part of the document.

use super::*;
use crate::config::GatewayConfig;
use crate::config::problem::{Problem, Severity};
use crate::tag::pattern::TagPattern;
use serde_json::json;

fn parse(snmp: &Json) -> (Option<SnmpConfig>, Vec<Problem>) {
    let document = json!({
        "format": "dinrail/1",
        "internal": [{ "name": "level", "type": "f64" }],
        "snmp": snmp,
    });
    let (config, problems) = GatewayConfig::parse(&document);
    (config.snmp, problems)
}

#[track_caller]
fn refused(snmp: Json, pointer: &str, words: &str) {
    let (_, problems) = parse(&snmp);
    let found = problems.iter().any(|problem| {
        problem.severity == Severity::Error && problem.pointer == pointer && problem.detail.contains(words)
    });
    assert!(found, "{pointer} {words}: {problems:#?}");
}

#[track_caller]
fn warned(snmp: Json, pointer: &str, words: &str) {
    let (config, problems) = parse(&snmp);
    assert!(config.is_some());
    let found = problems.iter().any(|problem| {
        problem.severity == Severity::Warning && problem.pointer == pointer && problem.detail.contains(words)
    });
    assert!(found, "{pointer} {words}: {problems:#?}");
}

fn user(name: &str) -> Json {
    json!({ "name": name, "auth_password": "long enough", "priv_password": "long enough too" })
}

#[test]
fn the_example_of_the_contract_is_read() {
    let example = json!({
        "address": "127.0.0.1:1161",
        "versions": ["v2c", "v3"],
        "communities": [{ "name": "plant", "community": "plant-ro", "access": "read" }],
        "users": [{ "name": "nms", "auth": "sha256", "auth_password": "auth-pass-phrase", "priv": "aes128",
                    "priv_password": "priv-pass-phrase", "access": "read-write" }],
        "receivers": [{ "name": "nms-1", "address": "127.0.0.1:1162", "kind": "inform", "version": "v3", "user": "nms" }],
        "rules": [{ "name": "hot", "tag": "internal/level", "when": "greater", "value": 180, "hysteresis": 2,
                    "receivers": ["nms-1"] }],
    });
    let (config, problems) = parse(&example);
    assert_eq!(problems, []);
    let config = config.unwrap();
    assert_eq!(config.versions, Versions { v1: false, v2c: true, v3: true });
    assert_eq!(config.users[0].access, Access::ReadWrite);
    assert_eq!(config.enterprise_oid, DEFAULT_ENTERPRISE);
    assert_eq!(config.receivers[0].delivery, Delivery::Inform);
    let tag = TagPattern::parse("internal/level").unwrap();
    assert_eq!(config.rules[0].when, When::Greater(tag, 180.0, 2.0));
}

#[test]
fn what_nobody_wrote_is_off_and_what_is_on_offers_encryption() {
    let (none, problems) = GatewayConfig::parse(&json!({ "format": "dinrail/1" }));
    assert_eq!((none.snmp, problems), (None, vec![]));
    let (config, problems) = parse(&json!({ "users": [user("a")] }));
    assert_eq!(problems, []);
    let config = config.unwrap();
    assert_eq!(config.address.to_string(), "0.0.0.0:161");
    assert_eq!(config.versions, Versions { v1: false, v2c: false, v3: true });
    let keys = &config.users[0].keys;
    assert_eq!((keys.auth, keys.privacy.as_ref().unwrap().0), (Auth::Sha256, Priv::Aes128));
    assert!(!format!("{config:?}").contains("long enough"), "passwords are not printed");
}

#[test]
fn weak_algorithms_are_refused_unless_they_are_asked_for() {
    let with = |member: &str, word: &str, allow: bool| {
        let mut one = user("a");
        one[member] = json!(word);
        json!({ "users": [one], "allow_weak": allow })
    };
    refused(with("auth", "md5", false), "/snmp/users/0/auth", "MD5 is weak");
    refused(with("priv", "des", false), "/snmp/users/0/priv", "DES is weak");
    warned(with("auth", "md5", true), "/snmp/users/0/auth", "MD5 is weak");
    warned(with("priv", "des", true), "/snmp/users/0/priv", "DES is weak");
    warned(with("priv", "none", false), "/snmp/users/0/priv", "everybody on the way");
    refused(with("auth_password", "short", false), "/snmp/users/0/auth_password", "at least 8");
    warned(
        json!({ "versions": ["v2c"], "communities": [{ "name": "a", "community": "public" }] }),
        "/snmp/communities/0/community",
        "everybody tries",
    );
}

#[test]
fn what_names_another_part_names_one_there_is() {
    let mut confined = user("a");
    confined["view"] = json!("north");
    refused(json!({ "users": [confined] }), "/snmp/users/0/view", "no view `north`");
    let receiver = json!({ "name": "r", "address": "h", "user": "b" });
    refused(json!({ "users": [user("a")], "receivers": [receiver] }), "/snmp/receivers/0/user", "no user `b`");
    let rule = |rule: Json| json!({ "users": [user("a")], "rules": [rule] });
    let hot = json!({ "name": "hot", "when": "change", "tag": "internal/none" });
    refused(rule(hot), "/snmp/rules/0/tag", "no tag `internal/none`");
    let lost = json!({ "name": "hot", "when": "cold-start", "receivers": ["x"] });
    refused(rule(lost), "/snmp/rules/0/receivers/0", "no receiver `x`");
    refused(rule(json!({ "name": "a", "when": "greater", "tag": "*/*" })), "/snmp/rules/0/value", "missing");
    refused(rule(json!({ "name": "a", "when": "change" })), "/snmp/rules/0/tag", "missing");
    refused(rule(json!({ "name": "a", "when": "cold-start", "tag": "*/*" })), "/snmp/rules/0/tag", "about no tag");
    let v1 = json!({ "name": "r", "address": "h", "version": "v1", "community": "c", "kind": "inform" });
    refused(json!({ "receivers": [v1] }), "/snmp/receivers/0/kind", "no informs");
    let twice = json!([{ "name": "a", "community": "same-one" }, { "name": "b", "community": "same-one" }]);
    refused(json!({ "communities": twice }), "/snmp/communities/1/community", "already");
}

#[test]
fn the_enterprise_oid_stands_below_enterprises() {
    for wrong in ["1.3.6.1.4.1", "1.3.6.1.2.1.1", "1.3.6.1.4.1.x", "", "1.3.6.1.4.1.4294967296", ".1.3.6.1.4.1.9"] {
        refused(json!({ "enterprise_oid": wrong }), "/snmp/enterprise_oid", "not an OID");
    }
    let document = json!({ "snmp": { "enterprise_oid": "1.3.6.1.4.1.8691.10" } });
    assert_eq!(SnmpConfig::enterprise_of(&document), [1, 3, 6, 1, 4, 1, 8691, 10]);
    assert_eq!(SnmpConfig::enterprise_of(&json!({})), DEFAULT_ENTERPRISE);
}
