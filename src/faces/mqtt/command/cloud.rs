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
