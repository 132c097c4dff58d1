//! Commands that come in by MQTT: which tag is meant, whether it may be written, what was asked
//! and whether it was asked before. No socket here; the unit carries the verdicts out.

mod cloud;
mod duplicates;
mod filter;
mod questions;
mod request;
mod template;

use super::client::{Asked, Incoming};
use super::wire::Notice;
use crate::config::publication::Qos;
use crate::config::subscription::SubscriptionConfig;
use crate::config::template::Told;
use crate::config::topic::{MAX_TOPIC, TopicContext, TopicTemplate, overlap};
use crate::runtime::commands::WriteError;
use crate::tag::attribute::Attribute;
use crate::tag::id::TagName;
use crate::tag::reading::Stamp;
use crate::tag::value::Value;
use bytes::Bytes;
use cloud::{Joints, Share};
use duplicates::{Duplicates, Key, Seen};
use filter::{Aim, Filter};
use questions::Questions;
use request::Request;
use serde_json::{Value as Json, json};
use std::time::Duration;
use template::{Answering, Reading};
use tokio::time::Instant;

/// The subscriptions of one connection, and what was answered lately.
#[derive(Debug, Default)]
pub(super) struct Orders {
    appliance: String,
    filters: Vec<Filter>,
    answered: Duplicates,
    joints: Joints,
    questions: Questions,
}

/// What to do with a message.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Nobody's, retained, or asked before and still under way.
    Ignore,
    /// Asked before: the same answer again.
    Repeat(Option<Notice>),
    /// Not done, and why.
    Refuse(Refusal),
    /// Write it, and hand the outcome to [`Orders::answer`].
    Write(Order),
    /// Write these, and hand each outcome to [`Orders::answer`]; the others are not done. With none left to write there is
    /// an answer already.
    Several { orders: Vec<Order>, refusals: Vec<Refusal>, answer: Option<Notice> },
}

/// A command that is not carried out.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The point, as far as it is known, for the log.
    pub(super) subject: String,
    /// The sentence.
    pub(super) why: String,
    /// Where that is told, if anywhere.
    pub(super) answer: Option<Notice>,
}

/// A command to carry out.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) tag: TagName,
    pub(super) attribute: Attribute,
    pub(super) value: Value,
    id: Json,
    key: Option<Key>,
    reply: Option<Reply>,
    /// Its place among others of the same message.
    share: Option<Share>,
}

/// Where an answer goes, and with what.
#[derive(Debug, Clone)]
struct Reply {
    topic: String,
    qos: Qos,
    correlation: Option<Bytes>,
    /// What writes it, if it is not ours.
    answering: Option<Box<Answering>>,
}

impl Order {
    /// One that nobody is told the outcome of.
    pub(super) fn unanswered(tag: TagName, attribute: Attribute, value: Value) -> Self {
        Self { tag, attribute, value, id: Json::Null, key: None, reply: None, share: None }
    }
}

impl Orders {
    /// Takes commands from these subscriptions from now on.
    pub(super) fn configure(&mut self, appliance: &str, subscriptions: &[SubscriptionConfig]) {
        appliance.clone_into(&mut self.appliance);
        let enabled = subscriptions.iter().filter(|subscription| subscription.identity.enabled);
        self.filters = enabled.filter_map(|subscription| Filter::new(subscription.clone(), appliance)).collect();
    }

    /// The topic filters to subscribe to, each once.
    pub(super) fn wanted(&self) -> Vec<(String, Qos)> {
        let mut wanted: Vec<(String, Qos)> = Vec::new();
        let texts = self.filters.iter().flat_map(|filter| filter.texts.iter().map(|text| (text, filter.config.qos)));
        for (text, asked) in texts {
            match wanted.iter_mut().find(|(known, _)| known == text) {
                Some((_, qos)) if rank(*qos) < rank(asked) => *qos = asked,
                Some(_) => (),
                None => wanted.push((text.clone(), asked)),
            }
        }
        wanted
    }

    /// Judges one message.
    pub(super) fn judge(&mut self, topic: &str, message: &Incoming, now: Instant, stamp: Stamp) -> Verdict {
        self.questions.heard(topic);
        if let Some(verdict) = self.judge_cloud(topic, message) {
            return verdict;
        }
        let aims = || self.filters.iter().filter_map(|filter| Some((filter, filter.aim(topic)?)));
        // Where subscriptions overlap, the one that allows the tag takes the command.
        let allowed = aims().find(|(_, aim)| matches!(aim, Aim::Allowed(..) | Aim::InPayload));
        let Some((filter, aim)) = allowed.or_else(|| aims().next()) else { return Verdict::Ignore };
        if message.retain {
            // It was meant for whoever listened then; now it would move an output at every reconnect.
            tracing::info!(topic, "a retained command is ignored");
            return Verdict::Ignore;
        }
        let asked = &message.asked;
        let reading = Reading::of(&filter.config, &self.appliance, topic, &message.payload);
        let by_template = reading.as_ref().and_then(Reading::request);
        let request = by_template.unwrap_or_else(|| Request::parse(&message.payload, filter.config.pointer.as_deref()));
        let aim = match aim {
            Aim::InPayload => filter.found(reading.as_ref().and_then(Reading::place)),
            other => other,
        };
        let answering = reading.as_ref().and_then(Reading::answering);
        let id = request.as_ref().map_or(Json::Null, |request| request.id.clone());
        let (tag, attribute) = match aim {
            // It was found just before.
            Aim::InPayload => return Verdict::Ignore,
            Aim::Allowed(tag, attribute) => (tag, attribute),
            Aim::Refused { tag, attribute, why } => {
                let reply = self.reply_to(&filter.config, asked, tag.as_ref(), attribute, answering);
                let shown = tag.as_ref().map(TagName::as_str);
                return refuse(topic, shown, attribute.map(Attribute::as_str), &id, why, reply);
            }
        };
        let reply = self.reply_to(&filter.config, asked, Some(&tag), Some(attribute), answering);
        let refused = |why: String, reply| refuse(topic, Some(tag.as_str()), Some(attribute.as_str()), &id, why, reply);
        let request = match request {
            Ok(request) => request,
            Err(error) => return refused(error.to_string(), reply),
        };
        if asked.expiry == Some(Duration::ZERO) {
            return refused("the command has expired on its way (MQTT 5 message expiry)".to_owned(), reply);
        }
        if let Some(Err(why)) = filter.config.max_age.map(|limit| request.check_age(limit, stamp)) {
            return refused(why, reply);
        }
        let key = request.key().map(|id| Key { tag: tag.clone(), attribute, id });
        if let Some(key) = &key {
            match self.answered.look(key, now) {
                Some(Seen::Running) => return Verdict::Ignore,
                Some(Seen::Answered(payload)) => {
                    return Verdict::Repeat(reply.map(|reply| reply.notice(payload.clone())));
                }
                None => self.answered.begin(key.clone(), now),
            }
        }
        Verdict::Write(Order { tag, attribute, value: request.value, id, key, reply, share: None })
    }

    /// The answer to a command that was carried out, or failed in the field.
    pub(super) fn answer(
        &mut self,
        mut order: Order,
        result: &Result<Value, WriteError>,
        now: Instant,
    ) -> Option<Notice> {
        if let Some(share) = order.share.take() {
            return self.joined(order, share, result);
        }
        let told = Told {
            tag: Some(order.tag.as_str().to_owned()),
            attribute: Some(order.attribute.as_str().to_owned()),
            id: order.id,
            result: result.as_ref().map(Value::to_json).map_err(ToString::to_string),
        };
        let payload = payload(order.reply.as_ref(), told);
        if let Some(key) = order.key {
            if matches!(result, Err(WriteError::Busy)) {
                // Not carried out for certain, so the same id may try again.
                self.answered.forget(&key);
            } else {
                self.answered.finish(key, payload.clone(), now);
            }
        }
        order.reply.map(|reply| reply.notice(payload))
    }

    /// Where the answer goes: where MQTT 5 says it is wanted, else to the configured topic. Never into a subscription of our
    /// own: it would come back as a command, for ever.
    fn reply_to(
        &self,
        config: &SubscriptionConfig,
        asked: &Asked,
        tag: Option<&TagName>,
        attribute: Option<Attribute>,
        answering: Option<Answering>,
    ) -> Option<Reply> {
        let wanted = asked.response_topic.as_deref().filter(|topic| is_topic(topic)).map(str::to_owned);
        let topic = wanted.or_else(|| {
            let template = config.response_topic.as_ref()?;
            let unknown = (tag.is_none() && template.uses_tag()) || (attribute.is_none() && template.uses_attribute());
            let topic = template.render(TopicContext { appliance: &self.appliance, tag, attribute });
            (!unknown).then_some(topic)
        })?;
        let own = self.filters.iter().any(|filter| filter.aim(&topic).is_some());
        let (correlation, answering) = (asked.correlation.clone(), answering.map(Box::new));
        (!own).then_some(Reply { topic, qos: config.qos, correlation, answering })
    }

    /// A subscription whose answers are not sent because of that.
    pub(super) fn talks_to_itself(&self) -> Option<&str> {
        let into_own = |template: &TopicTemplate| {
            let levels = template.levels(&self.appliance);
            self.filters.iter().any(|filter| overlap(&levels, &filter.levels))
        };
        let loops = |filter: &&Filter| filter.config.response_topic.as_ref().is_some_and(into_own);
        self.filters.iter().find(loops).map(|filter| filter.config.identity.name.as_str())
    }
}

fn rank(qos: Qos) -> u8 {
    match qos {
        Qos::AtMostOnce => 0,
        Qos::AtLeastOnce => 1,
        Qos::ExactlyOnce => 2,
    }
}

fn refuse(
    topic: &str,
    tag: Option<&str>,
    attribute: Option<&str>,
    id: &Json,
    why: String,
    reply: Option<Reply>,
) -> Verdict {
    let subject = match (tag, attribute) {
        (Some(tag), Some("value") | None) => tag.to_owned(),
        (Some(tag), Some(attribute)) => format!("{tag}/{attribute}"),
        (None, _) => topic.chars().take(200).collect(),
    };
    let owned = |text: &str| text.to_owned();
    let told = Told { tag: tag.map(owned), attribute: attribute.map(owned), id: id.clone(), result: Err(why.clone()) };
    let payload = payload(reply.as_ref(), told);
    Verdict::Refuse(Refusal { subject, why, answer: reply.map(|reply| reply.notice(payload)) })
}

/// An answer in the form that is asked for, otherwise in ours.
fn payload(reply: Option<&Reply>, told: Told) -> String {
    let by_template = reply.and_then(|reply| reply.answering.as_ref()?.write(told.clone()));
    by_template.unwrap_or_else(|| {
        let Told { tag, attribute, id, result } = told;
        match result {
            Ok(value) => json!({"id": id, "tag": tag, "attribute": attribute, "ok": true, "value": value}),
            Err(why) => json!({"id": id, "tag": tag, "attribute": attribute, "ok": false, "error": why}),
        }
        .to_string()
    })
}

impl Reply {
    fn notice(self, payload: String) -> Notice {
        let Self { topic, qos, correlation, answering: _ } = self;
        Notice { topic, payload, qos, retain: false, correlation }
    }
}

/// Whether a topic can be published to: the broker would end the session for one that cannot (MQTT 5, 3.3.2.3.5).
fn is_topic(topic: &str) -> bool {
    !topic.is_empty() && topic.len() <= MAX_TOPIC && !topic.contains(['+', '#', '\0'])
}

#[cfg(test)]
mod tests;
