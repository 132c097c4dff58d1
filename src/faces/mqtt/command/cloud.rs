//! Commands of clouds: one message may ask for several tags, and is answered when the last of them has ended.

use super::filter::Filter;
use super::request::{LARGEST, RequestError};
use super::{Order, Orders, Refusal, Verdict};
use crate::config::catalogue::Catalogue;
use crate::config::commands::CloudCommands;
use crate::config::publication::Qos;
use crate::faces::mqtt::client::Incoming;
use crate::faces::mqtt::wire::Notice;
use crate::runtime::commands::WriteError;
use crate::tag::def::TagDef;
use crate::tag::id::TagName;
use crate::tag::value::Value;
use crate::views::commands::{Asked, Misread, Outcome, Point, answer, misread, read, token_of};
use serde_json::Value as Json;
use std::collections::HashMap;

/// The messages whose commands are under way. Each of them holds one at least, so there are never more than run at once.
#[derive(Debug, Default)]
pub(super) struct Joints {
    open: HashMap<u64, Joint>,
    last: u64,
}

#[derive(Debug)]
struct Joint {
    commands: CloudCommands,
    token: Json,
    qos: Qos,
    left: usize,
    outcomes: Vec<Outcome>,
}

/// The place of a command in the message it came with.
#[derive(Debug, Clone)]
pub(super) struct Share {
    joint: u64,
    asked: Json,
}

impl Joint {
    fn notice(&self) -> Notice {
        notice(answer(&self.commands, &self.token, &self.outcomes), self.qos)
    }
}

fn notice((topic, payload): (String, String), qos: Qos) -> Notice {
    Notice { topic, payload, qos, retain: false, correlation: None }
}

impl Orders {
    /// A session is up: clouds are asked anew.
    pub(in crate::faces::mqtt) fn connected(&mut self) {
        self.questions.begin();
    }

    /// Asks clouds for what they want of these tags, as far as they were not asked.
    pub(in crate::faces::mqtt) fn ask<'a>(&mut self, defs: impl IntoIterator<Item = &'a TagDef>) {
        if self.filters.iter().any(|filter| filter.config.dialect.cloud().is_some()) {
            self.questions.want(&self.filters, &Catalogue::new(defs));
        }
    }

    /// The next question to be sent; none while what an answer brought is being done.
    pub(in crate::faces::mqtt) fn next_question(&mut self) -> Option<Notice> {
        if self.joints.open.is_empty() { self.questions.next() } else { None }
    }

    /// Judges a message on a topic of a cloud; `None` for any other.
    pub(super) fn judge_cloud(&mut self, topic: &str, message: &Incoming) -> Option<Verdict> {
        let found = self.filters.iter().find_map(|filter| {
            let commands = filter.config.dialect.cloud()?;
            let length = message.payload.len();
            let asked = if LARGEST < length {
                let why = RequestError::TooLarge(length).to_string();
                Err(Misread { why, token: token_of(commands, topic)? })
            } else {
                read(commands, topic, &message.payload, filter.only())?
            };
            Some((filter, commands, asked))
        });
        let (filter, commands, asked) = found?;
        if message.retain {
            return Some(Verdict::Ignore);
        }
        let qos = filter.config.qos;
        Some(match asked {
            Err(wrong) => {
                let answer = misread(commands, &wrong).map(|answer| notice(answer, qos));
                Verdict::Refuse(Refusal { subject: topic.chars().take(200).collect(), why: wrong.why, answer })
            }
            Ok(asked) => {
                let commands = commands.clone();
                self.several(commands, asked, qos)
            }
        })
    }

    fn several(&mut self, commands: CloudCommands, Asked { wanted, token }: Asked, qos: Qos) -> Verdict {
        let number = self.joints.last.wrapping_add(1);
        let mut joint = Joint { commands, token, qos, left: 0, outcomes: Vec::new() };
        let (mut orders, mut refusals) = (Vec::new(), Vec::new());
        for (Point { tag, attribute }, asked) in wanted {
            let allowed = self.allows(&joint.commands, &tag);
            let value = Value::from_json(&asked);
            let (Some(value), true) = (value, allowed) else {
                let why = if allowed {
                    "`value` is true or false, a number or a text".to_owned()
                } else {
                    format!("`{tag}` is not one of the tags that can be written here")
                };
                refusals.push(Refusal { subject: tag.as_str().to_owned(), why: why.clone(), answer: None });
                joint.outcomes.push(Outcome { point: Point { tag, attribute }, asked, result: Err(why) });
                continue;
            };
            joint.left += 1;
            let share = Some(Share { joint: number, asked });
            orders.push(Order { tag, attribute, value, id: Json::Null, key: None, reply: None, share });
        }
        if orders.is_empty() {
            return Verdict::Several { orders, refusals, answer: Some(joint.notice()) };
        }
        self.joints.last = number;
        self.joints.open.insert(number, joint);
        Verdict::Several { orders, refusals, answer: None }
    }

    /// Whether a subscription to these commands allows the tag.
    fn allows(&self, commands: &CloudCommands, tag: &TagName) -> bool {
        let alike = |filter: &&Filter| filter.config.dialect.cloud() == Some(commands);
        self.filters.iter().filter(alike).any(|filter| filter.config.tags.iter().any(|pattern| pattern.matches(tag)))
    }

    /// One command of a message has ended; the answer, when it was the last.
    pub(super) fn joined(&mut self, order: Order, share: Share, result: &Result<Value, WriteError>) -> Option<Notice> {
        let joint = self.joints.open.get_mut(&share.joint)?;
        let point = Point { tag: order.tag, attribute: order.attribute };
        let result = result.as_ref().map(Value::to_json).map_err(ToString::to_string);
        joint.outcomes.push(Outcome { point, asked: share.asked, result });
        joint.left -= 1;
        if 0 < joint.left {
            return None;
        }
        self.joints.open.remove(&share.joint).map(|joint| joint.notice())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::message;
    use super::*;
    use crate::config::GatewayConfig;
    use crate::tag::reading::Stamp;
    use serde_json::json;
    use tokio::time::Instant;

    /// A subscription of a cloud: its settings, its preset, where its commands come in, and what stands around a wish.
    struct Kind {
        cloud: Json,
        preset: &'static str,
        topic: &'static str,
        around: [&'static str; 2],
        /// Where answers go; nothing where the cloud would take it for a state.
        answers: Option<&'static str>,
    }

    fn kinds() -> [Kind; 7] {
        let azure =
            json!({"kind": "azure", "hub": "h.azure-devices.net", "device_id": "d", "shared_access_key": "a2V5"});
        let aws = json!({"kind": "aws", "endpoint": "a-ats.iot.eu-west-1.amazonaws.com", "thing": "line"});
        let alibaba =
            json!({"kind": "alibaba", "endpoint": "h", "product_key": "p", "device_name": "d", "device_secret": "s"});
        let jwt = json!({"kind": "jwt", "host": "h", "project": "p", "region": "r", "registry": "x", "device_id": "d",
            "private_key": rcgen::KeyPair::generate().unwrap().serialize_pem()});
        let thingsboard = json!({"kind": "thingsboard", "token": "t"});
        let kind = |cloud: &Json, preset, topic, around, answers| Kind {
            cloud: cloud.clone(),
            preset,
            topic,
            around,
            answers,
        };
        [
            kind(
                &thingsboard,
                "rpc",
                "v1/devices/me/rpc/request/7",
                [r#"{"method": "set", "params": "#, "}"],
                Some("v1/devices/me/rpc/response/7"),
            ),
            kind(&thingsboard, "attributes", "v1/devices/me/attributes/response/1", [r#"{"shared": "#, "}"], None),
            kind(&aws, "delta", "$aws/things/line/shadow/update/delta", [r#"{"version": 1, "state": "#, "}"], None),
            kind(
                &azure,
                "methods",
                "$iothub/methods/POST/set/?$rid=7",
                ["", ""],
                Some("$iothub/methods/res/400/?$rid=7"),
            ),
            kind(&azure, "desired", "$iothub/twin/PATCH/properties/desired/?$version=4", ["", ""], None),
            kind(
                &alibaba,
                "properties",
                "/sys/p/d/thing/service/property/set",
                [r#"{"id": "7", "params": "#, "}"],
                Some("/sys/p/d/thing/service/property/set_reply"),
            ),
            kind(&jwt, "commands", "/devices/d/commands", ["", ""], Some("/devices/d/events/results")),
        ]
    }

    /// Refusals and the answer to one message; nothing is written.
    #[track_caller]
    fn refused(orders: &mut Orders, kind: &Kind, payload: &[u8]) -> (Vec<String>, Option<Notice>) {
        let shown: String = String::from_utf8_lossy(payload).chars().take(80).collect();
        match orders.judge(kind.topic, &message(payload), Instant::now(), Stamp { unix_ms: 0, mono_us: 0 }) {
            Verdict::Refuse(refusal) => (vec![refusal.why], refusal.answer),
            Verdict::Several { orders, refusals, answer } if orders.is_empty() => {
                (refusals.into_iter().map(|refusal| refusal.why).collect(), answer)
            }
            Verdict::Ignore => (Vec::new(), None),
            other => panic!("{} {shown}: {other:?}", kind.topic),
        }
    }

    #[test]
    fn whatever_a_cloud_sends_is_refused_with_an_answer() {
        let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        for kind in kinds() {
            let subscription = json!({"name": "s", "preset": kind.preset, "tags": ["oven/a", "oven/b"]});
            let mut connection = json!({"name": "c", "cloud": kind.cloud, "subscriptions": [subscription]});
            if kind.cloud["kind"] == "thingsboard" {
                connection["url"] = json!("mqtts://127.0.0.1");
            }
            let mut certificates = json!([]);
            if kind.cloud["kind"] == "aws" {
                let own = rcgen::generate_simple_self_signed(["line".to_owned()]).unwrap();
                certificates =
                    json!([{"name": "own", "chain": own.cert.pem(), "key": own.signing_key.serialize_pem()}]);
                connection["tls"] = json!({"certificate": "own"});
            }
            let mqtt = json!({"connections": [connection]});
            let document = json!({"format": "dinrail/1", "certificates": certificates, "mqtt": mqtt});
            let (config, problems) = GatewayConfig::parse(&document);
            let connection = config.connections.first().unwrap_or_else(|| panic!("{problems:?}"));
            let mut orders = Orders::default();
            orders.configure("a", &connection.subscriptions);
            assert_eq!(orders.filters.len(), 1, "{}", kind.preset);
            // What cannot be understood at all: the answer says why, where there may be one.
            let large = format!("\"{}\"", "x".repeat(1024 * 1024));
            let deepest = [kind.around[0], &deep(20_000), kind.around[1]].concat();
            for payload in
                ["{".as_bytes(), b"NaN", b"{\"oven/a\": 1e999}", &[0xFF; 100], large.as_bytes(), deepest.as_bytes()]
            {
                let (whys, answer) = refused(&mut orders, &kind, payload);
                assert_eq!((whys.len(), answer.as_ref().map(|answer| answer.topic.as_str())), (1, kind.answers));
                assert!(whys[0].len() < 200 && answer.is_none_or(|answer| answer.payload.len() < 400), "{whys:?}");
            }
            // What asks for nothing that can be: refused where a request must have an answer, passed over in a state.
            let many: Json =
                (0..1000).map(|n| (format!("oven/t{n}"), json!(1))).collect::<serde_json::Map<_, _>>().into();
            let many = many.to_string();
            for wish in ["null", "[]", "{}", "[[1]]", "{\"oven\": 1}", "{\"/\": 1}", "{\"oven/a/quality/b\": 1}", &many]
            {
                let payload = [kind.around[0], wish, kind.around[1]].concat();
                let (whys, answer) = refused(&mut orders, &kind, payload.as_bytes());
                assert_eq!(answer.as_ref().map(|answer| answer.topic.as_str()), kind.answers, "{payload}");
                let must = kind.answers.is_some() || wish == many;
                assert_eq!(whys.len(), usize::from(must), "{payload}: {whys:?}");
            }
            // A point that may not be written, and a value that is none, are answered each by its name.
            let name = if kind.preset == "properties" { ["oven:a", "oven:c"] } else { ["oven/a", "oven/c"] };
            for value in [json!({"deep": [1]}), json!([1]), json!([]), json!(["x".repeat(60_000)])] {
                let wish = json!({name[0]: value, name[1]: 1});
                let payload = [kind.around[0], &wish.to_string(), kind.around[1]].concat();
                let (whys, answer) = refused(&mut orders, &kind, payload.as_bytes());
                assert!(whys.iter().any(|why| why == "`value` is true or false, a number or a text"), "{whys:?}");
                assert!(
                    whys.iter().any(|why| why == "`oven/c` is not one of the tags that can be written here"),
                    "{whys:?}"
                );
                let answer = answer.unwrap().payload;
                assert!(answer.contains("`value` is true or false"), "{answer}");
                assert!(answer.len() < 500, "{} bytes back: {}", answer.len(), kind.preset);
            }
        }
    }
}
