//! What clouds are asked after a connect: they tell what they want only when it changes, so what was wanted while we were
//! away is not heard otherwise.

use super::Filter;
use crate::config::catalogue::Catalogue;
use crate::config::commands::CloudCommands;
use crate::config::publication::Qos;
use crate::faces::mqtt::wire::Notice;
use crate::tag::attribute::Attribute;
use crate::views::commands::{Point, question};
use std::collections::{HashSet, VecDeque};

/// Points of one question: fewer than the commands that may run at once, for all of them may be wanted otherwise.
const POINTS: usize = 100;

/// What was asked in this session, and what is still to be asked.
#[derive(Debug, Default)]
pub(super) struct Questions {
    /// Topics of questions, and points where they are asked for one by one.
    asked: HashSet<String>,
    waiting: VecDeque<Question>,
    /// Where the answer to the last one comes, until it came: one after the other, so that what they bring can be done.
    awaited: Option<String>,
    /// The number of the last one.
    last: u32,
}

#[derive(Debug)]
struct Question {
    notice: Notice,
    /// Where its answer comes, if the next one waits for it.
    answer: Option<String>,
}

impl Questions {
    /// A session is up, and nothing was asked in it.
    pub(super) fn begin(&mut self) {
        *self = Self { last: self.last, ..Self::default() };
    }

    /// Adds what these subscriptions want to know of these tags and was not asked yet.
    pub(super) fn want(&mut self, filters: &[Filter], tags: &Catalogue<'_>) {
        let mut wanted = HashSet::new();
        for filter in filters {
            let Some(commands) = filter.config.dialect.cloud() else { continue };
            if let Some(topic) = commands.question() {
                wanted.insert(topic.clone());
                self.ask_once(topic, filter.config.qos);
            } else if *commands == CloudCommands::SharedAttributes {
                let points = points(filter, tags);
                wanted.extend(points.iter().map(Point::key));
                self.ask_for(points, filter.config.qos);
            }
        }
        self.asked.retain(|asked| wanted.contains(asked));
    }

    fn ask_once(&mut self, topic: String, qos: Qos) {
        if self.asked.insert(topic.clone()) {
            let notice = Notice { topic, payload: String::new(), qos, retain: false, correlation: None };
            self.waiting.push_back(Question { notice, answer: None });
        }
    }

    fn ask_for(&mut self, mut points: Vec<Point>, qos: Qos) {
        points.retain(|point| self.asked.insert(point.key()));
        for points in points.chunks(POINTS) {
            self.last = self.last.wrapping_add(1);
            let (topic, payload, answer) = question(self.last, points);
            let notice = Notice { topic, payload, qos, retain: false, correlation: None };
            self.waiting.push_back(Question { notice, answer: Some(answer) });
        }
    }

    /// A message came on this topic.
    pub(super) fn heard(&mut self, topic: &str) {
        self.awaited.take_if(|awaited| awaited == topic);
    }

    /// The next question to be sent; none while the answer to one is awaited.
    pub(super) fn next(&mut self) -> Option<Notice> {
        if self.awaited.is_some() {
            return None;
        }
        let Question { notice, answer } = self.waiting.pop_front()?;
        self.awaited = answer;
        Some(notice)
    }
}

/// What a subscription may write, without what is done once and not kept: a reset of yesterday is not wanted today.
fn points(filter: &Filter, tags: &Catalogue<'_>) -> Vec<Point> {
    let defs = tags.all_matching(&filter.config.tags).into_iter().map(|place| tags.def(place));
    let kept = |attribute: &Attribute| !attribute.is_command();
    defs.flat_map(|def| {
        let written = def.attributes().filter(kept).filter(|attribute| def.can_write(*attribute));
        written.map(|attribute| Point { tag: def.name.clone(), attribute })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::message;
    use super::super::{Orders, Verdict};
    use crate::config::GatewayConfig;
    use crate::config::tags::definitions;
    use crate::faces::mqtt::wire::Notice;
    use crate::tag::reading::Stamp;
    use serde_json::{Value as Json, json};
    use std::collections::HashMap;
    use tokio::time::Instant;

    const ANSWER: &str = "v1/devices/me/attributes/response";

    /// A connection to ThingsBoard and so many tags, of which every fifth cannot be written.
    fn site(tags: usize) -> GatewayConfig {
        let tag = |n: usize| json!({"name": format!("t{n}"), "table": "holding", "address": n, "type": "i16", "writable": n % 5 != 4});
        let document = json!({
            "format": "dinrail/1",
            "ports": [{"name": "p", "kind": "serial", "path": "/dev/ttyS0"}],
            "devices": [{"name": "d", "port": "p", "unit_id": 1, "tags": (0..tags).map(tag).collect::<Vec<_>>()}],
            "modules": [{"name": "do", "slot": 1, "model": "do-16", "driver": {"kind": "simulated"},
                "channels": [{"channel": 0, "name": "lamp"}]}],
            "mqtt": {"connections": [{"name": "c", "url": "mqtts://127.0.0.1", "cloud": {"kind": "thingsboard", "token": "t"},
                "subscriptions": [{"name": "s", "preset": "attributes", "tags": ["d/*", "do/lamp"]}]}]},
        });
        let (config, problems) = GatewayConfig::parse(&document);
        assert_eq!(problems, [], "the test's own document");
        config
    }

    fn ask(orders: &mut Orders, config: &GatewayConfig) {
        orders.configure("a", &config.connections[0].subscriptions);
        orders.ask(&definitions(config));
    }

    fn keys(question: &Notice, member: &str) -> Vec<String> {
        let payload: Json = serde_json::from_str(&question.payload).unwrap();
        payload[member].as_str().unwrap().split(',').map(str::to_owned).collect()
    }

    fn answer(orders: &mut Orders, number: u32, shared: Json) -> Verdict {
        let message = message(&json!({"client": {}, "shared": shared}).to_string());
        orders.judge(&format!("{ANSWER}/{number}"), &message, Instant::now(), Stamp { unix_ms: 0, mono_us: 0 })
    }

    #[test]
    fn what_can_be_written_and_stays_is_asked_for_a_hundred_at_a_time() {
        let (mut orders, config) = (Orders::default(), site(300));
        orders.connected();
        ask(&mut orders, &config);
        let first = orders.next_question().unwrap();
        assert_eq!(first.topic, "v1/devices/me/attributes/request/1");
        let shared = keys(&first, "sharedKeys");
        assert_eq!((shared.len(), shared[3].as_str(), shared[4].as_str()), (100, "d/t3", "d/t5"));
        assert_eq!(keys(&first, "clientKeys")[4], "d/t5/asked");
        // The next one waits for the answer, and for what that brought.
        assert!(orders.next_question().is_none());
        assert!(matches!(answer(&mut orders, 7, json!({})), Verdict::Ignore));
        assert!(orders.next_question().is_none(), "that was the answer to another question");
        let wanted: HashMap<&str, u32> = shared.iter().map(|key| (key.as_str(), 1)).collect();
        let Verdict::Several { orders: commands, .. } = answer(&mut orders, 1, json!(wanted)) else { panic!() };
        assert_eq!(commands.len(), 100);
        assert!(orders.next_question().is_none());
        for (left, command) in (0..100).rev().zip(commands) {
            let value = Ok(command.value.clone());
            assert_eq!(orders.answer(command, &value, Instant::now()).is_some(), left == 0);
        }
        assert_eq!(keys(&orders.next_question().unwrap(), "sharedKeys").len(), 100);
        assert!(matches!(answer(&mut orders, 2, json!({})), Verdict::Ignore));
        let last = keys(&orders.next_question().unwrap(), "sharedKeys");
        let lamp = ["do/lamp", "do/lamp/pulsing", "do/lamp/pulse_count", "do/lamp/pulse_on", "do/lamp/pulse_off"];
        assert_eq!(last[40..], lamp, "no command such as `reset_min`, which is done once");
        assert!(matches!(answer(&mut orders, 3, json!({})), Verdict::Ignore));
        assert!(orders.next_question().is_none());
    }

    #[test]
    fn an_edit_asks_for_what_is_new_and_a_session_for_all() {
        let (mut orders, config) = (Orders::default(), site(2));
        orders.connected();
        ask(&mut orders, &config);
        assert_eq!(orders.next_question().unwrap().topic, "v1/devices/me/attributes/request/1");
        assert!(matches!(answer(&mut orders, 1, json!({})), Verdict::Ignore));
        ask(&mut orders, &config);
        assert!(orders.next_question().is_none());
        ask(&mut orders, &site(4));
        let new = orders.next_question().unwrap();
        assert_eq!(
            (new.topic.as_str(), keys(&new, "sharedKeys")),
            ("v1/devices/me/attributes/request/2", vec!["d/t2".to_owned(), "d/t3".to_owned()])
        );
        // What is gone and comes back is new; and an answer that never came holds no other session up.
        ask(&mut orders, &site(1));
        ask(&mut orders, &site(2));
        orders.connected();
        ask(&mut orders, &site(2));
        let all = orders.next_question().unwrap();
        assert_eq!(all.topic, "v1/devices/me/attributes/request/4");
        assert_eq!(keys(&all, "sharedKeys")[..2], ["d/t0", "d/t1"]);
    }
}
