//! New settings or other tags: the posts are made anew, and what was told of the points that stay is kept, so that an
//! edit neither repeats nor loses a message.

use super::post::{Point, Post};
use super::{Place, Publication, Publisher};
use crate::config::catalogue::Catalogue;
use crate::config::payload::Payload;
use crate::config::publication::PublicationConfig;
use crate::faces::mqtt::queue::ledger::{Slot, source_of};
use crate::tag::attribute::Attribute;
use crate::tag::def::TagDef;
use crate::views::posts::{Form, posts};
use rumqttc::ValidatedTopic;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::time::Instant;

/// The tags of the image, with their cells.
type Defs = [(u32, Arc<TagDef>)];

impl Publisher {
    /// Publishes these from now on. `defs` are the tags there are; `place` answers the place of a publication in the
    /// ledger, and whether its messages wait for their acknowledgement.
    pub(in crate::faces::mqtt) fn configure(
        &mut self,
        appliance: &str,
        publications: &[PublicationConfig],
        defs: &Defs,
        now: Instant,
        mut place: impl FnMut(&PublicationConfig) -> (Slot, bool),
    ) {
        self.close_batches();
        self.lose_happened(true);
        appliance.clone_into(&mut self.appliance);
        let catalogue = Catalogue::new(defs.iter().map(|(_, def)| def.as_ref()));
        let mut old = Kept::of(std::mem::take(&mut self.publications), std::mem::take(&mut self.posts));
        for queue in &mut self.ready {
            queue.clear();
        }
        self.timers.clear();
        self.unread.clear();
        self.by_cell =
            vec![smallvec::SmallVec::new(); defs.iter().map(|(cell, _)| *cell as usize + 1).max().unwrap_or(0)];
        for config in publications.iter().filter(|publication| publication.identity.enabled) {
            let first = self.posts.len();
            let index = self.publications.len();
            let mut before = old.take(config);
            for post in posts(config, appliance, &catalogue) {
                self.posts.push(make_post(index, post, config, defs));
                let last = self.posts.len() - 1;
                before.fill(&mut self.posts[last]);
                if config.trigger.by_change() {
                    self.register(last);
                }
            }
            let beat = before.beat;
            let (slot, kept) = place(config);
            let posts = first..self.posts.len();
            self.publications.push(Publication { config: config.clone(), posts, beat, slot, kept });
            self.resume(index, now);
        }
        self.posts.shrink_to_fit();
        self.forget_closed();
    }

    fn register(&mut self, post: usize) {
        let points = &self.posts[post].points;
        let mut point = 0;
        for tag in points.chunk_by(|a, b| a.cell == b.cell) {
            if let Some(places) = self.by_cell.get_mut(tag[0].cell as usize) {
                places.push(Place { post, point });
            }
            point += tag.len();
        }
    }

    /// Takes up timers and queues of one publication again.
    fn resume(&mut self, index: usize, now: Instant) {
        let publication = &self.publications[index];
        let trigger = publication.config.trigger;
        // A condition is looked at anew, and speaks for itself.
        if !(self.connected || publication.kept) || publication.config.condition.is_some() {
            return;
        }
        if trigger.by_change() {
            for post in publication.posts.clone() {
                // Whatever the edit made worth telling is found when the queue is worked off.
                let (gap, sent_at) = (trigger.min_gap, self.posts[post].sent_at);
                match gap.and_then(|gap| Some(sent_at? + gap)).filter(|free| now < *free) {
                    Some(free) => {
                        self.posts[post].pending = true;
                        self.await_gap(post, free);
                    }
                    None => self.enqueue(post, false),
                }
                if let (Some(interval), Some(sent)) = (trigger.interval, sent_at) {
                    self.await_silence(post, sent + interval);
                }
            }
        } else if trigger.interval.is_some() {
            match publication.beat {
                Some(beat) => self.timers.push(std::cmp::Reverse((beat, super::Target::Beat(index)))),
                None => self.start_beat(index, now),
            }
            for post in self.publications[index].posts.clone() {
                let waiting =
                    self.posts[post].points.iter().filter(|point| point.waits()).map(|point| (point.cell, post));
                self.unread.extend(waiting);
                let new = |point: &Point| point.last.is_none();
                if self.posts[post].force || self.posts[post].points.iter().any(new) {
                    self.enqueue(post, true);
                }
            }
        }
    }
}

fn make_post(index: usize, post: crate::views::posts::Post, config: &PublicationConfig, defs: &Defs) -> Post {
    let point = |place: usize, attribute: Attribute, topic: Option<Arc<str>>| {
        let (cell, def) = &defs[place];
        Point { cell: *cell, def: Arc::clone(def), attribute, topic, last: None }
    };
    // Templates and tag names hold no wildcard and no NUL, so every rendered topic is valid.
    let valid = |topic: String| ValidatedTopic::new(topic.as_str()).is_ok().then(|| Arc::from(topic));
    let (points, object): (Vec<Point>, _) = match post.form {
        Form::Value(messages) => {
            let place = post.tags[0];
            (messages.into_iter().map(|(attribute, topic)| point(place, attribute, valid(topic))).collect(), None)
        }
        Form::Object(topic) => {
            let has = |place: usize| {
                let def = &defs[place].1;
                config.attributes.iter().copied().filter(move |attribute| def.has(*attribute))
            };
            let tag = |place: usize| has(place).map(move |attribute| point(place, attribute, None));
            (post.tags.iter().flat_map(|place| tag(*place)).collect(), valid(topic))
        }
    };
    let plain = object.is_none() && is_plain(config) && points.iter().all(|point| point.def.deadband.is_none());
    Post {
        publication: index,
        points,
        object,
        plain,
        force: false,
        queued: false,
        pending: false,
        record: None,
        sent_at: None,
        batch: None,
        batch_set: false,
        gap_set: false,
        silence_set: false,
    }
}

/// Whether every change is told, as soon as there is room.
fn is_plain(PublicationConfig { trigger, shape, payload, attributes, condition, .. }: &PublicationConfig) -> bool {
    let at_once = trigger.on_change && !trigger.every && trigger.min_gap.is_none() && condition.is_none();
    let is_single = shape.batch.is_none() && *payload != Payload::Sparkplug;
    at_once && is_single && *attributes == [Attribute::Value]
}

/// What publications told so far, by id.
struct Kept {
    by_id: HashMap<String, KeptPublication>,
}

#[derive(Default)]
struct KeptPublication {
    config: Option<PublicationConfig>,
    /// By topic, the only thing that tells two posts of one publication apart for whoever listens.
    posts: HashMap<String, Post>,
    beat: Option<Instant>,
}

impl Kept {
    fn of(publications: Vec<Publication>, posts: Vec<Post>) -> Self {
        let mut by_id: Vec<KeptPublication> =
            publications.iter().map(|old| KeptPublication { beat: old.beat, ..KeptPublication::default() }).collect();
        for post in posts {
            if let Some(topic) = topic_of(&post) {
                by_id[post.publication].posts.insert(topic, post);
            }
        }
        let with_id = |(mut kept, old): (KeptPublication, Publication)| {
            let id = source_of(&old.config).to_owned();
            kept.config = Some(old.config);
            (id, kept)
        };
        Self { by_id: by_id.into_iter().zip(publications).map(with_id).collect() }
    }

    /// What may be kept for the publication that is now `next`.
    fn take(&mut self, next: &PublicationConfig) -> KeptPublication {
        let mut kept = self.by_id.remove(source_of(next)).unwrap_or_default();
        let Some(old) = &kept.config else { return kept };
        if (&old.payload, &old.shape, old.qos, old.retain) != (&next.payload, &next.shape, next.qos, next.retain) {
            // Whoever turns `retain` on wants a retained message now, not after the next change.
            return KeptPublication::default();
        }
        if old.trigger != next.trigger {
            kept.beat = None;
        }
        kept
    }
}

impl KeptPublication {
    fn fill(&mut self, post: &mut Post) {
        let Some(mut old) = topic_of(post).and_then(|topic| self.posts.remove(&topic)) else { return };
        post.sent_at = old.sent_at;
        post.record = old.record;
        // The content of an object is its tags: with others it is another message.
        post.force = old.force || (post.object.is_some() && old.points.len() != post.points.len());
        let mut last: HashMap<(&str, Attribute), _> = HashMap::new();
        for point in &mut old.points {
            if let Some(told) = point.last.take() {
                last.insert((point.def.id.as_str(), point.attribute), (told, point.topic.clone()));
            }
        }
        for point in &mut post.points {
            point.last = last
                .remove(&(point.def.id.as_str(), point.attribute))
                .filter(|(_, topic)| *topic == point.topic)
                .map(|(told, _)| told);
        }
    }
}

fn topic_of(post: &Post) -> Option<String> {
    let topic = post.object.as_ref().or(post.points.first()?.topic.as_ref());
    topic.map(ToString::to_string)
}
