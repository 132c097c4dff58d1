//! Keeps what Home Assistant is told of our entities as it should be: new ones are announced, those that are gone are taken
//! away, also those that an earlier life left with the broker.

use super::wire::Notice;
use crate::config::catalogue::Catalogue;
use crate::config::mqtt::ConnectionConfig;
use crate::config::publication::Qos;
use crate::tag::def::TagDef;
use crate::views::discovery::{Entity, Place, entities};
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// What was told, and what is still to be told.
#[derive(Debug, Default)]
pub(super) struct Discovery {
    place: Option<Place>,
    /// By topic, the content that was told.
    told: HashMap<String, u64>,
    pending: VecDeque<Notice>,
}

impl Discovery {
    /// The filter of our own announcements, which the broker keeps.
    pub(super) fn filter(&self) -> Option<(String, Qos)> {
        Some((self.place.as_ref()?.filter(), Qos::AtLeastOnce))
    }

    /// Other settings. What has no place any more is taken away with the next [`Discovery::update`].
    pub(super) fn configure(&mut self, connection: &ConnectionConfig, appliance: &str) {
        self.place = Place::of(connection, appliance);
    }

    /// A session is up: the broker may have lost everything.
    pub(super) fn connected(&mut self) {
        // What is to be taken away still is; the rest is told anew.
        self.pending.retain(|notice| notice.payload.is_empty());
        self.told.values_mut().for_each(|content| *content = 0);
    }

    /// Announces what is new or different among the entities of these tags, and takes away what is none any more.
    pub(super) fn update<'a>(
        &mut self,
        connection: &ConnectionConfig,
        appliance: &str,
        defs: impl IntoIterator<Item = &'a TagDef>,
    ) {
        if self.place.is_none() && self.told.is_empty() {
            return;
        }
        let wanted = entities(connection, appliance, &Catalogue::new(defs));
        let topics: HashSet<&str> = wanted.iter().map(|entity| entity.topic.as_str()).collect();
        let gone: Vec<String> = self.told.keys().filter(|topic| !topics.contains(topic.as_str())).cloned().collect();
        for topic in gone {
            self.told.remove(&topic);
            self.pending.push_back(retained(topic, String::new()));
        }
        for Entity { topic, payload } in wanted {
            let mut hasher = DefaultHasher::new();
            payload.hash(&mut hasher);
            // Zero stands for what must be told anew.
            let content = hasher.finish().max(1);
            if self.told.insert(topic.clone(), content) != Some(content) {
                self.pending.push_back(retained(topic, payload));
            }
        }
    }

    /// Something on our filter: an announcement that the broker kept and nobody wants any more is taken away. True when the
    /// topic is one of ours.
    pub(super) fn heard(&mut self, topic: &str, retain: bool, is_empty: bool) -> bool {
        if !self.place.as_ref().is_some_and(|place| place.has(topic)) {
            return false;
        }
        if retain && !is_empty && !self.told.contains_key(topic) {
            self.pending.push_back(retained(topic.to_owned(), String::new()));
        }
        true
    }

    /// The next message to be sent.
    pub(super) fn next(&mut self) -> Option<Notice> {
        self.pending.pop_front()
    }
}

fn retained(topic: String, payload: String) -> Notice {
    Notice { topic, payload, qos: Qos::AtLeastOnce, retain: true, correlation: None }
}
