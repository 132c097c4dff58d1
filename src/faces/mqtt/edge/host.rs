//! What hosts say: whether the primary one is there, births that are asked for, values that are to be written.

use super::{Edge, Stage};
use crate::tag::attribute::Attribute;
use crate::tag::id::TagName;
use crate::tag::value::Value;
use crate::views::sparkplug::command;
use crate::views::sparkplug::payload::Metric;
use crate::views::sparkplug::state::HostState;
use crate::views::sparkplug::topic::{self, Aim};
use tokio::time::Instant;

/// The primary host application, if there is to be one.
#[derive(Debug)]
pub(super) struct Host {
    topic: Option<String>,
    /// What it said last in this session; an older word than that is none.
    said: Option<HostState>,
}

/// A value that is to be written, or what is wrong with it.
#[derive(Debug, PartialEq)]
pub(in crate::faces::mqtt) struct Asked {
    /// The point, as far as it is known, for the log.
    pub(in crate::faces::mqtt) subject: Option<String>,
    pub(in crate::faces::mqtt) write: Result<(TagName, Attribute, Value), String>,
}

impl Host {
    pub(super) fn new(name: Option<&str>) -> Self {
        Self { topic: name.map(topic::state), said: None }
    }

    pub(super) fn connected(&mut self) {
        self.said = None;
    }

    /// Whether it is there; always where none is asked for.
    pub(super) fn is_online(&self) -> bool {
        self.topic.is_none() || self.said.is_some_and(|said| said.online)
    }
}

impl Edge {
    /// The filters of what hosts say; each with QoS 1 (Sparkplug 3.0, 5.4).
    pub(in crate::faces::mqtt) fn filters(&self) -> impl Iterator<Item = String> {
        self.topics.commands().into_iter().chain(self.host.topic.clone())
    }

    /// Takes the primary host's word on itself, `None` for another topic; true when it left, and the session must end.
    pub(in crate::faces::mqtt) fn hears_host(&mut self, topic: &str, payload: &[u8]) -> Option<bool> {
        if self.host.topic.as_deref() != Some(topic) {
            return None;
        }
        let Some(said) = HostState::parse(payload) else {
            tracing::warn!(topic, "the primary host's state is not one of Sparkplug 3.0; it is ignored");
            return Some(false);
        };
        if self.host.said.is_some_and(|before| said.timestamp < before.timestamp) {
            // The death of a session of before, told late.
            return Some(false);
        }
        self.host.said = Some(said);
        self.begin();
        Some(!said.online && matches!(self.stage, Stage::Due | Stage::Alive))
    }

    /// What a command asks, metric by metric; `None` for a topic that is not ours.
    pub(in crate::faces::mqtt) fn hears_command(
        &mut self,
        topic: &str,
        payload: &[u8],
        now: Instant,
    ) -> Option<Vec<Asked>> {
        // The topic outlives the borrow of ours.
        let topics = self.topics.clone();
        let aim = topics.aim(topic)?;
        let metrics = match command::read(payload) {
            Ok(metrics) => metrics,
            Err(error) => return Some(vec![Asked { subject: None, write: Err(error.to_string()) }]),
        };
        let mut asked = Vec::new();
        for metric in metrics {
            match aim {
                Aim::Node if command::is_rebirth(&metric) => self.ask_births(now),
                Aim::Node => {
                    let why = "an edge node takes `Node Control/Rebirth` with the value true, and nothing else";
                    asked.push(Asked { subject: None, write: Err(why.to_owned()) });
                }
                Aim::Device(device) => asked.push(self.judge(device, &metric)),
            }
        }
        Some(asked)
    }

    fn judge(&self, device: &str, metric: &Metric) -> Asked {
        let index = self.by_name.get(device).copied();
        let by_alias = |alias| {
            let (of, place) = self.by_alias.get(&alias)?;
            (Some(*of) == index).then(|| &self.devices[*of].metrics[*place])
        };
        let by_name = |name: &str| index.and_then(|index| self.devices[index].metric(name));
        let shown = match command::find(metric, by_alias, by_name) {
            Ok(shown) => shown,
            Err(error) => return Asked { subject: None, write: Err(error.to_string()) },
        };
        let (tag, attribute) = shown.point();
        let subject = if attribute == Attribute::Value { tag.to_string() } else { format!("{tag}/{attribute}") };
        let value = command::value(metric, shown.datatype()).map_err(|error| error.to_string());
        let write = value.and_then(|value| {
            if self.config.writable.iter().any(|pattern| pattern.matches(tag)) {
                Ok((tag.clone(), attribute, value))
            } else {
                Err(format!("`{tag}` is none of the tags that hosts may write (`writable` of the edge node)"))
            }
        });
        Asked { subject: Some(subject), write }
    }
}
