//! Bridges of the embedded broker: none leads back to where it begins, and no two of them make a circle.

use super::Place;
use crate::config::GatewayConfig;
use crate::config::bridge::BridgeConfig;
use crate::config::broker::BrokerConfig;
use crate::config::broker_url::BrokerUrl;
use crate::config::problem::Problems;
use crate::config::topic_filter::overlap;
use serde_json::Value as Json;
use std::net::IpAddr;

/// Where they stand in the document.
pub(super) const LIST: &str = "/mqtt/broker/bridges";

/// Notes every broken rule and takes out of `config` what cannot run because of it.
pub(super) fn judge(config: &mut GatewayConfig, document: &Json, problems: &mut Problems) {
    let Some(broker) = &mut config.broker else { return };
    let mut kept: Vec<BridgeConfig> = Vec::with_capacity(broker.bridges.len());
    for bridge in std::mem::take(&mut broker.bridges) {
        let place = Place::new(document, LIST, &bridge.connection.identity.name);
        let finding = if is_own(&bridge.connection.broker, broker) {
            Some(("url".to_owned(), "this is a listener of this very broker: a bridge leads to another one".to_owned()))
        } else {
            twice(&bridge).or_else(|| kept.iter().find_map(|other| circle(&bridge, other)))
        };
        match finding {
            Some((member, sentence)) => place.error(&member, sentence, problems),
            None => kept.push(bridge),
        }
    }
    broker.bridges = kept;
}

/// Whether the URL leads to a listener of the broker itself, as far as it can be seen.
fn is_own(url: &BrokerUrl, broker: &BrokerConfig) -> bool {
    let host = url.host.parse::<IpAddr>().ok().map(|ip| ip.to_canonical());
    let here = url.host.eq_ignore_ascii_case("localhost") || host.is_some_and(|ip| ip.is_loopback());
    broker.listeners.iter().any(|listener| {
        let at = listener.address;
        let reaches = at.ip().is_unspecified() || at.ip().to_canonical().is_loopback();
        at.port() == url.port && ((here && reaches) || host == Some(at.ip().to_canonical()))
    })
}

/// A broker sends a message once for each subscription that matches it, or once for all, as it likes.
fn twice(bridge: &BridgeConfig) -> Option<(String, String)> {
    for (index, rule) in bridge.rules.iter().enumerate().filter(|(_, rule)| rule.direction.leads_in()) {
        let before = bridge.rules.iter().take(index).enumerate().filter(|(_, other)| other.direction.leads_in());
        for (number, other) in before {
            if overlap(&rule.remote_filter(), &other.remote_filter()) {
                let sentence =
                    format!("rule number {} brings some of these topics already: they would come twice", number + 1);
                return Some((format!("rules/{index}/topic"), sentence));
            }
        }
    }
    None
}

/// Two bridges to one broker: what one brings, the other must not take back.
fn circle(bridge: &BridgeConfig, other: &BridgeConfig) -> Option<(String, String)> {
    let (here, there) = (&bridge.connection.broker, &other.connection.broker);
    if here.port != there.port || !here.host.eq_ignore_ascii_case(&there.host) {
        return None;
    }
    for (index, rule) in bridge.rules.iter().enumerate() {
        for opposite in &other.rules {
            let both_ways = (rule.direction.leads_in() && opposite.direction.leads_out())
                || (rule.direction.leads_out() && opposite.direction.leads_in());
            let same = overlap(&rule.remote_filter(), &opposite.remote_filter())
                && overlap(&rule.local_filter(), &opposite.local_filter());
            if both_ways && same {
                let name = &other.connection.identity.name;
                let sentence =
                    format!("with bridge `{name}` to the same broker, messages would go round: join the two");
                return Some((format!("rules/{index}/topic"), sentence));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(bridges: &Json) -> (GatewayConfig, Vec<(String, String)>) {
        let broker =
            json!({"listeners": [{"address": "0.0.0.0:1883"}, {"address": "10.0.0.7:8883"}], "bridges": bridges});
        let document = json!({"format": "dinrail/1", "appliance": {"name": "line-3"}, "mqtt": {"broker": broker}});
        let (config, problems) = GatewayConfig::parse(&document);
        (config, problems.into_iter().map(|problem| (problem.pointer, problem.detail)).collect())
    }

    #[track_caller]
    fn check(bridges: Json, pointer: &str, sentence: &str) {
        let (config, problems) = read(&bridges);
        let [(at, detail)] = problems.as_slice() else { panic!("{problems:?}") };
        assert_eq!(at.strip_prefix(LIST), Some(pointer));
        assert!(detail.contains(sentence), "{detail:?} does not say {sentence:?}");
        let left = bridges.as_array().unwrap().len() - 1;
        assert_eq!(config.broker.unwrap().bridges.len(), left, "the other bridges run");
    }

    fn bridge(name: &str, url: &str, rules: Json) -> Json {
        json!({"name": name, "url": url, "rules": rules})
    }

    fn with(member: &str, value: Json) -> Json {
        let mut bridge = bridge("cloud", "mqtt://broker.example", json!([{"topic": "#", "direction": "out"}]));
        bridge[member] = value;
        json!([bridge])
    }

    fn rule(rule: Json) -> Json {
        with("rules", json!([rule]))
    }

    #[test]
    fn a_usual_bridge_is_taken_with_its_defaults() {
        let (config, problems) = read(&with("username", json!("site-a")));
        assert_eq!(problems, []);
        let bridge = &config.broker.unwrap().bridges[0];
        assert!(matches!(bridge.connection.protocol, crate::config::mqtt::Protocol::V5(_)));
        assert_eq!(bridge.client_id("line-3"), "line-3-cloud");
        assert_eq!(bridge.rules[0].qos.number(), 1);
    }

    #[test]
    fn each_fault_is_told_at_its_field() {
        check(with("rules", json!([])), "/0/rules", "nothing crosses without a rule");
        check(with("rules", json!({})), "/0/rules", "`rules` is a list");
        check(with("publications", json!([])), "/0/publications", "a bridge has no `publications`");
        check(with("last_will", json!({"topic": "x"})), "/0/last_will", "a bridge has no `last_will`");
        check(with("sparkplug", json!({})), "/0/sparkplug", "a bridge has no `sparkplug`");
        check(with("buffer", json!({"drain": "live-first"})), "/0/buffer/drain", "in the order messages came");
        check(with("url", json!("http://x")), "/0/url", "mqtt://");
        check(rule(json!({"topic": "a/#/b", "direction": "out"})), "/0/rules/0/topic", "is not a topic filter");
        check(rule(json!({"topic": "#"})), "/0/rules/0/direction", "`out`, `in`, `both`");
        let prefixed = |prefix: &str| rule(json!({"topic": "#", "direction": "out", "remote_prefix": prefix}));
        check(prefixed("a/+/"), "/0/rules/0/remote_prefix", "without `+`, `#` and NUL");
        check(prefixed("a"), "/0/rules/0/remote_prefix", "ends with `/`: `a/`");
        check(rule(json!({"topic": "$SYS/#", "direction": "out"})), "/0/rules/0/remote_prefix", "give a prefix");
        let inward = json!({"topic": "$SYS/#", "direction": "in"});
        check(rule(inward), "/0/rules/0/local_prefix", "belong to this broker");
        let inward = json!({"topic": "$share/g/#", "direction": "in", "local_prefix": "x/"});
        check(rule(inward), "/0/rules/0/topic", "no shared subscriptions");
        let twice = json!([{"topic": "a/#", "direction": "in"}, {"topic": "+/b", "direction": "both"}]);
        check(with("rules", twice), "/0/rules/1/topic", "rule number 1 brings some of these topics already");
    }

    #[test]
    fn a_bridge_does_not_lead_to_its_own_broker() {
        for url in ["mqtt://localhost", "mqtt://127.0.0.2", "mqtt://[::1]", "mqtts://10.0.0.7"] {
            check(with("url", json!(url)), "/0/url", "a listener of this very broker");
        }
        for url in ["mqtt://10.0.0.7:1884", "mqtts://127.0.0.1", "mqtt://broker.example"] {
            assert_eq!(read(&with("url", json!(url))).1, [], "{url}");
        }
    }

    #[test]
    fn two_bridges_make_no_circle_over_one_broker() {
        let of = |name: &str, host: &str, topic: &str, direction: &str| {
            bridge(name, &format!("mqtt://{host}"), json!([{"topic": topic, "direction": direction}]))
        };
        let brings = of("a", "broker.example", "plant/#", "in");
        let circle = json!([brings, of("b", "broker.example", "plant/+", "out")]);
        check(circle, "/1/rules/0/topic", "with bridge `a` to the same broker, messages would go round");
        for other in [
            of("b", "another.example", "plant/#", "out"),
            of("b", "broker.example", "other/#", "out"),
            of("b", "broker.example", "plant/#", "in"),
        ] {
            assert_eq!(read(&json!([brings, other])).1, []);
        }
    }

    #[test]
    fn client_ids_are_compared_with_those_of_connections() {
        let mut document = json!({"format": "dinrail/1", "mqtt": {
            "connections": [{"name": "site", "client_id": "one", "url": "mqtt://broker.example"}],
            "broker": {"listeners": [{"address": "0.0.0.0:1883"}], "bridges": with("client_id", json!("one"))},
        }});
        let (config, problems) = GatewayConfig::parse(&document);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].pointer, format!("{LIST}/0/client_id"));
        assert!(problems[0].detail.contains("connection `site` has the client id `one`"), "{problems:?}");
        assert_eq!(config.broker.unwrap().bridges.len(), 1);
        document["mqtt"]["broker"]["bridges"][0]["client_id"] = Json::Null;
        assert_eq!(GatewayConfig::parse(&document).1, []);
    }
}
