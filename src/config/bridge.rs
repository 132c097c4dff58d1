//! `mqtt.broker.bridges[]`: other brokers the embedded one exchanges messages with.

use super::fields::{Fields, shown_text};
use super::mqtt::ConnectionConfig;
use super::problem::{Pointer, Problems};
use super::publication::Qos;
use super::topic_filter::{covers, is_filter};
use serde_json::{Map, Value as Json};

/// Rules of one bridge: each message of the broker is compared with all that lead out.
const MAX_RULES: usize = 100;
/// Characters of a filter or prefix.
const MAX_TEXT: usize = 1000;
/// Members of a connection that a bridge does not have: it passes on what others say.
const NOT_OURS: [&str; 6] = ["cloud", "sparkplug", "publications", "subscriptions", "last_will", "birth"];

/// One bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BridgeConfig {
    /// How the other broker is reached; without publications and subscriptions.
    pub connection: ConnectionConfig,
    /// What crosses; for each message and direction the first that fits decides.
    pub rules: Vec<BridgeRule>,
}

/// Which topics cross, and under which names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BridgeRule {
    /// The part of the topics that is alike on both sides.
    pub topic: String,
    /// Which way.
    pub direction: Direction,
    /// The most a message keeps of its quality of service.
    pub qos: Qos,
    /// What stands before it here; empty, or ends with `/`.
    pub local_prefix: String,
    /// What stands before it there; empty, or ends with `/`.
    pub remote_prefix: String,
}

/// Which way messages go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From here to the other broker.
    Out,
    /// From the other broker to here.
    In,
    /// Both ways.
    Both,
}

impl Direction {
    /// Whether messages leave.
    pub fn leads_out(self) -> bool {
        self != Self::In
    }

    /// Whether messages come in.
    pub fn leads_in(self) -> bool {
        self != Self::Out
    }
}

impl BridgeRule {
    /// The filter on this broker.
    pub fn local_filter(&self) -> String {
        format!("{}{}", self.local_prefix, self.topic)
    }

    /// The filter on the other broker.
    pub fn remote_filter(&self) -> String {
        format!("{}{}", self.remote_prefix, self.topic)
    }

    /// The name there of a topic here; none when the rule is not about it.
    pub fn to_remote(&self, local: &str) -> Option<String> {
        let fits = self.direction.leads_out() && covers(&self.local_filter(), local);
        let rest = local.strip_prefix(self.local_prefix.as_str()).filter(|_| fits)?;
        named(&self.remote_prefix, rest)
    }

    /// The name here of a topic there; none when the rule is not about it.
    pub fn to_local(&self, remote: &str) -> Option<String> {
        let fits = self.direction.leads_in() && covers(&self.remote_filter(), remote);
        let rest = remote.strip_prefix(self.remote_prefix.as_str()).filter(|_| fits)?;
        // What begins with `$` is this broker's own (4.7.2), whatever stood before it there.
        named(&self.local_prefix, rest).filter(|topic| !topic.starts_with('$'))
    }
}

/// Topics have at least one character.
fn named(prefix: &str, rest: &str) -> Option<String> {
    let topic = format!("{prefix}{rest}");
    (!topic.is_empty()).then_some(topic)
}

impl BridgeConfig {
    /// The client id at the other broker: never the appliance's own name, which a connection to it may have.
    pub fn client_id(&self, appliance: &str) -> String {
        let connection = &self.connection;
        connection.client_id.clone().unwrap_or_else(|| format!("{appliance}-{}", connection.identity.name))
    }

    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let before = problems.errors();
        let mut settings = json.clone();
        let mut own = Map::new();
        if let Json::Object(map) = &mut settings {
            for name in NOT_OURS {
                if map.remove(name).is_some_and(|member| !member.is_null()) {
                    problems.error(&at.member(name), format!("a bridge has no `{name}`: its rules say what crosses"));
                }
            }
            own.extend(map.remove("rules").map(|rules| ("rules".to_owned(), rules)));
            // Only MQTT 5 tells a broker not to send back what came from here, and keeps `retain` as it was.
            if map.get("protocol").is_none_or(Json::is_null) {
                map.insert("protocol".to_owned(), "5".into());
            }
            let drain = map.get("buffer").and_then(|buffer| buffer.get("drain"));
            if drain.is_some_and(|drain| drain == "live-first") {
                problems.error(&at.member("buffer").member("drain"), "a bridge sends in the order messages came");
            }
        }
        let connection = ConnectionConfig::read(&settings, at, problems);
        let place = at.member("rules");
        let own = Json::Object(own);
        let list = Fields::open(&own, at, problems)?.list("rules", problems);
        if MAX_RULES < list.len() {
            problems.error(&place, format!("a bridge has at most {MAX_RULES} rules"));
        }
        let rules = super::read_list(list, &place, problems, BridgeRule::read);
        if problems.errors() == before && rules.is_empty() {
            problems
                .error(&place, "nothing crosses without a rule, such as `{\"topic\": \"#\", \"direction\": \"out\"}`");
        }
        Some(Self { connection: connection?, rules }).filter(|_| problems.errors() == before)
    }
}

impl BridgeRule {
    fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let topic = fields.required_text("topic", MAX_TEXT, problems).unwrap_or_default().to_owned();
        if !topic.is_empty() && !is_filter(&topic) {
            let sentence =
                format!("{} is not a topic filter: `+` fills a level, `#` is the last level", shown_text(&topic));
            fields.error("topic", sentence, problems);
        }
        let directions = [("out", Direction::Out), ("in", Direction::In), ("both", Direction::Both)];
        let direction = fields.required_word("direction", &directions, problems);
        let qos = match fields.integer("qos", 0..=2u8, 1, problems) {
            0 => Qos::AtMostOnce,
            1 => Qos::AtLeastOnce,
            _ => Qos::ExactlyOnce,
        };
        let local_prefix = read_prefix(&mut fields, "local_prefix", problems);
        let remote_prefix = read_prefix(&mut fields, "remote_prefix", problems);
        let rule = Self { topic, direction: direction?, qos, local_prefix, remote_prefix };
        rule.check_reserved(&fields, problems);
        fields.finish(problems).then_some(rule)
    }

    /// 4.7.2: what begins with `$` is each broker's own; nobody else publishes there.
    fn check_reserved(&self, fields: &Fields<'_>, problems: &mut Problems) {
        let own = |filter: &str| filter.starts_with('$');
        if own(&self.local_filter()) && self.direction.leads_in() {
            fields.error(
                "local_prefix",
                "topics that begin with `$` belong to this broker: nothing comes in there",
                problems,
            );
        }
        if own(&self.remote_filter()) && self.direction.leads_out() {
            let sentence = "topics that begin with `$` belong to the other broker: give a prefix";
            fields.error("remote_prefix", sentence, problems);
        }
        if [self.local_filter(), self.remote_filter()].iter().any(|filter| filter.starts_with("$share/")) {
            fields.error("topic", "a bridge has no shared subscriptions: every message crosses once", problems);
        }
    }
}

fn read_prefix(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> String {
    let text = fields.text(name, MAX_TEXT, problems).unwrap_or_default();
    if text.contains(['+', '#', '\0']) {
        fields.error(name, "a prefix is a plain text without `+`, `#` and NUL", problems);
    } else if !text.is_empty() && !text.ends_with('/') {
        fields.error(name, format!("a prefix is whole levels and ends with `/`: `{text}/`"), problems);
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(topic: &str, direction: Direction, local_prefix: &str, remote_prefix: &str) -> BridgeRule {
        let (topic, local_prefix, remote_prefix) = (topic.into(), local_prefix.into(), remote_prefix.into());
        BridgeRule { topic, direction, qos: Qos::AtLeastOnce, local_prefix, remote_prefix }
    }

    #[track_caller]
    fn check(rule: &BridgeRule, local: &str, remote: Option<&str>) {
        assert_eq!(rule.to_remote(local).as_deref(), remote, "{local} goes out as");
        if let Some(remote) = remote {
            let back = BridgeRule { direction: Direction::In, ..rule.clone() };
            assert_eq!(back.to_local(remote).as_deref(), Some(local), "{remote} comes in as");
        }
    }

    #[test]
    fn prefixes_are_exchanged_on_the_way() {
        let plain = rule("press/#", Direction::Out, "", "");
        check(&plain, "press/1/speed", Some("press/1/speed"));
        check(&plain, "press", Some("press"));
        check(&plain, "oven/1", None);
        let prefixed = rule("+/speed", Direction::Both, "line-3/", "site-a/line-3/");
        check(&prefixed, "line-3/press/speed", Some("site-a/line-3/press/speed"));
        check(&prefixed, "press/speed", None);
        let all = rule("#", Direction::Out, "line-3/", "");
        check(&all, "line-3/x", Some("x"));
        check(&all, "line-3/", None);
        // Matched by `line-3/#`, and yet without the prefix.
        check(&all, "line-3", None);
        check(&rule("#", Direction::Out, "", "x/"), "$SYS/broker/uptime", None);
        let own = rule("$SYS/#", Direction::Out, "", "x/");
        assert_eq!(own.to_remote("$SYS/broker/uptime").as_deref(), Some("x/$SYS/broker/uptime"));
    }

    #[test]
    fn a_rule_leads_only_its_own_way() {
        assert_eq!(rule("#", Direction::In, "", "").to_remote("a"), None);
        assert_eq!(rule("#", Direction::Out, "", "").to_local("a"), None);
        assert_eq!(rule("#", Direction::Both, "", "").to_local("a").as_deref(), Some("a"));
    }

    #[test]
    fn nothing_comes_in_where_the_broker_speaks_of_itself() {
        let rule = rule("#", Direction::In, "", "site/");
        assert_eq!(rule.to_local("site/$SYS/broker/uptime"), None);
        assert_eq!(rule.to_local("site/a/$b").as_deref(), Some("a/$b"));
    }
}
