//! When which post of which publication goes out. No socket and no clock of its own: times come in, messages leave
//! through an [`Outlet`].
//!
//! Level-triggered like the image: a post that waits, for the connection, for room or for its minimum gap, is one mark,
//! and the newest state is read when it leaves. So nothing here grows with the length of an outage.

mod batch;
mod condition;
mod edges;
mod post;
mod rebuild;
mod request;
mod timers;

use super::queue::Message;
use super::queue::ledger::{Loss, Slot};
use crate::config::payload::Payload;
use crate::config::publication::{PublicationConfig, Qos};
use crate::runtime::changes::Interest;
use crate::runtime::image::{Reader, TagView};
use crate::tag::pattern::TagPattern;
use crate::tag::quality::Reason;
use crate::tag::reading::Stamp;
use crate::views::json::TagRef;
use crate::views::payload::PayloadWriter;
use batch::{Closed, packed};
use condition::Conditions;
use edges::{Happened, Losses};
use post::{Point, Post, Told};
pub(super) use request::request_topics;
use smallvec::SmallVec;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;
use timers::{Grid, Target};
use tokio::time::Instant;

/// Posts whose states are read from the image in one go.
const CHUNK: usize = 128;
/// Beyond this many patterns the image is not asked to tell them apart: it would do so while drivers wait.
const MANY_PATTERNS: usize = 64;

/// Takes messages as long as it has room.
pub(super) trait Outlet {
    /// Whether another message of this quality can be taken now.
    fn room(&self, qos: Qos) -> bool;
    /// Takes one message of the publication with this place in the ledger; answers its id where it waits for its
    /// acknowledgement.
    fn send(&mut self, slot: Slot, message: Message<'_>) -> Option<u64>;
    /// So many messages of that publication were lost before they were made.
    fn lose(&mut self, slot: Slot, why: Loss, count: u64);
    /// A message of that publication could not be made, and why.
    fn fail(&mut self, slot: Slot, why: String);
}

/// The publications of one connection.
#[derive(Debug, Default)]
pub(super) struct Publisher {
    appliance: String,
    publications: Vec<Publication>,
    posts: Vec<Post>,
    /// By cell of the image: where a change of it is looked at.
    by_cell: Vec<SmallVec<[Place; 1]>>,
    /// Cells, with posts that only an interval drives, whose first reading goes out as soon as there is one.
    unread: BTreeSet<(u32, usize)>,
    /// Posts to send, those with QoS 0 apart: they need not wait for acknowledgements of the others.
    ready: [VecDeque<usize>; 2],
    conditions: Conditions,
    timers: BinaryHeap<Reverse<(Instant, Target)>>,
    grid: Grid,
    connected: bool,
    dropped: u64,
    payload: Vec<u8>,
    /// Batches that are whole and wait for room, and bytes of those that are not.
    closed: VecDeque<Closed>,
    /// What is not to be merged and waits for room, by class as `ready`; and what found none.
    happened: [VecDeque<Happened>; 2],
    losses: Losses,
    gathered: usize,
}

#[derive(Debug)]
struct Publication {
    config: PublicationConfig,
    posts: Range<usize>,
    /// The next beat of one that only has an interval.
    beat: Option<Instant>,
    /// Its place in the ledger.
    slot: Slot,
    /// Whether its messages wait for their acknowledgement: then they are made whether there is a session or not.
    kept: bool,
}

/// A post, and the first of its points that lives in the cell.
#[derive(Debug, Clone, Copy)]
struct Place {
    post: usize,
    point: usize,
}

/// The tags that these publications are about.
pub(super) fn interest(publications: &[PublicationConfig]) -> Interest {
    let published = publications.iter().flat_map(|publication| publication.tags.iter().cloned());
    let looked_at = condition::inputs(publications).cloned().map(TagPattern::Literal);
    narrowed(published.chain(looked_at).collect())
}

/// The tags of which nothing may be merged: those of publications with `every`, and the inputs of conditions.
pub(super) fn tapped(publications: &[PublicationConfig]) -> Interest {
    let each = publications.iter().filter(|publication| publication.identity.enabled && publication.trigger.every);
    let published = each.flat_map(|publication| publication.tags.iter().cloned());
    let looked_at = condition::inputs(publications).cloned().map(TagPattern::Literal);
    narrowed(published.chain(looked_at).collect())
}

fn narrowed(patterns: Vec<TagPattern>) -> Interest {
    if MANY_PATTERNS < patterns.len() { Interest::All } else { Interest::Matching(patterns) }
}

impl Publisher {
    /// Whether a change of this cell is to be looked at now. A post that waits for room reads the newest state when it
    /// leaves: the change before is replaced, and looking at it would take the time to send it. One that may leave at once
    /// is made ready: whether it has anything to tell is found when it leaves.
    pub(super) fn concerns(&mut self, cell: u32) -> bool {
        if !self.unread.is_empty() && self.unread.range(posts_of(cell)).next().is_some() {
            return true;
        }
        let Some(places) = self.by_cell.get(cell as usize).cloned() else { return false };
        let mut replaced = 0;
        for place in &places {
            let post = &self.posts[place.post];
            let publication = &self.publications[post.publication];
            if post.queued {
                let trigger = &publication.config.trigger;
                replaced += u64::from(!trigger.every && trigger.min_gap.is_none());
            } else if !(post.plain && (self.connected || publication.kept)) {
                return true;
            }
        }
        self.dropped += replaced;
        for place in places {
            self.enqueue(place.post, false);
        }
        false
    }

    /// Changes that a newer one of the same tag replaced before they could be sent; while a post waits for room each change
    /// of its tags counts, also one that would not have been told.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Notes changed tags.
    pub(super) fn changed(&mut self, views: &[TagView], now: Instant) {
        for view in views {
            self.first_reading(view);
            let places = self.by_cell.get(view.cell as usize).cloned().unwrap_or_default();
            for place in places {
                let post = &mut self.posts[place.post];
                let own = post.points[place.point..].iter().take_while(|point| point.cell == view.cell);
                let trigger = self.publications[post.publication].config.trigger;
                if trigger.every {
                    // The tap tells each of them.
                    continue;
                }
                let news = |point: &Point| if trigger.on_change { point.changed(view) } else { point.doubted(view) };
                if !own.into_iter().any(news) {
                    continue;
                }
                let gap = trigger.min_gap;
                let free = gap.and_then(|gap| Some(post.sent_at? + gap)).filter(|free| now < *free);
                if !self.connected && !self.publications[post.publication].kept {
                    self.dropped += u64::from(post.pending);
                    post.pending = true;
                } else if post.queued {
                    // With a minimum gap merging is what was asked for.
                    self.dropped += u64::from(gap.is_none());
                } else if let Some(free) = free {
                    post.pending = true;
                    self.await_gap(place.post, free);
                } else {
                    self.enqueue(place.post, false);
                }
            }
        }
    }

    fn first_reading(&mut self, view: &TagView) {
        if view.state.reason == Reason::NotYetRead {
            return;
        }
        while let Some(waiting) = self.unread.range(posts_of(view.cell)).next().copied() {
            self.unread.remove(&waiting);
            self.enqueue(waiting.1, true);
        }
    }

    /// A session is up: the present value of everything goes out once, and the intervals begin. What `waits` says of a
    /// record is whether it is still to be sent: then the present value is among what waits.
    pub(super) fn connected(&mut self, now: Instant, waits: impl Fn(u64) -> bool) {
        self.disconnected();
        self.connected = true;
        for index in 0..self.publications.len() {
            if !self.publications[index].kept {
                self.start_beat(index, now);
            }
        }
        for index in 0..self.posts.len() {
            self.await_batch(index);
            let publication = &self.publications[self.posts[index].publication];
            let (trigger, kept) = (publication.config.trigger, publication.kept);
            let post = &mut self.posts[index];
            if publication.config.condition.is_some() {
                post.pending &= kept;
            } else if kept {
                if trigger.on_connect && !post.record.is_some_and(&waits) {
                    self.enqueue(index, true);
                }
            } else if std::mem::take(&mut post.pending) || trigger.on_connect {
                // Asked to be silent at a connect, it still tells what changed meanwhile.
                self.enqueue(index, trigger.on_connect);
            }
        }
        self.conditions_connected(now, waits);
    }

    /// The session is gone: what waits is read anew after the next connect, unless it is kept.
    pub(super) fn disconnected(&mut self) {
        self.connected = false;
        self.lose_happened(false);
        let (publications, posts, conditions) = (&mut self.publications, &mut self.posts, &self.conditions);
        let kept = |post: usize| publications[posts[post].publication].kept;
        self.timers.retain(|Reverse((_, target))| match target {
            Target::Beat(index) => publications[*index].kept,
            Target::Gap(post) | Target::Silence(post) | Target::Batch(post) => kept(*post),
            Target::Repeat(place) => conditions.owner(*place).is_some_and(|owner| publications[owner].kept),
        });
        self.unread.retain(|(_, post)| kept(*post));
        for queue in &mut self.ready {
            queue.retain(|post| kept(*post));
        }
        for publication in publications.iter_mut().filter(|publication| !publication.kept) {
            publication.beat = None;
        }
        for post in posts.iter_mut().filter(|post| !publications[post.publication].kept) {
            // What had not left yet is a change that waits, so that the next one counts as replacing it.
            post.pending |= post.queued;
            post.queued = false;
            post.gap_set = false;
            post.silence_set = false;
            post.batch_set = false;
        }
    }

    fn enqueue(&mut self, index: usize, force: bool) {
        let post = &mut self.posts[index];
        post.force |= force;
        if !post.queued {
            post.queued = true;
            let qos = self.publications[post.publication].config.qos;
            self.ready[usize::from(qos != Qos::AtMostOnce)].push_back(index);
        }
    }

    /// Whether [`Publisher::flush`] has something to send.
    pub(super) fn has_ready(&self) -> bool {
        !self.closed.is_empty()
            || !self.losses.is_empty()
            || self.happened.iter().any(|queue| !queue.is_empty())
            || self.ready.iter().any(|queue| !queue.is_empty())
    }

    /// Sends what is ready while there is room.
    pub(super) fn flush(&mut self, reader: &Reader, outlet: &mut impl Outlet, now: Instant, stamp: Stamp) {
        self.send_closed(outlet);
        self.send_happened(reader, outlet, now, stamp);
        for (class, qos) in [(0, Qos::AtMostOnce), (1, Qos::AtLeastOnce)] {
            while !self.ready[class].is_empty() && outlet.room(qos) {
                let count = self.ready[class].len().min(CHUNK);
                let chunk: SmallVec<[usize; CHUNK]> = self.ready[class].drain(..count).collect();
                let cells: Vec<u32> = chunk.iter().flat_map(|index| self.posts[*index].cells()).collect();
                let views = reader.cells(&cells);
                let mut rest = views.as_slice();
                for (done, index) in chunk.iter().enumerate() {
                    if !outlet.room(qos) {
                        for index in chunk[done..].iter().rev() {
                            self.ready[class].push_front(*index);
                        }
                        break;
                    }
                    let (mine, mut others) = (rest, false);
                    for (cell, def) in self.posts[*index].tags() {
                        // A tag that is gone by now has no view.
                        if let Some(view) = rest.first().filter(|view| view.cell == cell) {
                            others |= !Arc::ptr_eq(&view.def, def) && view.def.id != def.id;
                            rest = &rest[1..];
                        }
                    }
                    if others {
                        // Another tag has its cell by now: the posts are about to be made anew.
                        self.posts[*index].queued = false;
                        continue;
                    }
                    self.send(*index, &mine[..mine.len() - rest.len()], outlet, now, stamp);
                }
            }
        }
    }

    fn send(&mut self, index: usize, views: &[TagView], outlet: &mut impl Outlet, now: Instant, stamp: Stamp) {
        let post = &mut self.posts[index];
        post.queued = false;
        post.pending = false;
        let force = std::mem::take(&mut post.force);
        // What the tap tells is not told by a look that has another reason: the end of a batch.
        let trigger = self.publications[post.publication].config.trigger;
        let news = force || (trigger.by_change() && !trigger.every);
        self.tell(index, views, force, news, outlet, now, stamp);
    }

    /// Tells of a post what is worth telling of these tags; in a batch only if there is `news`, not when its time is over.
    #[allow(clippy::too_many_arguments, reason = "what, and with what it is told")]
    fn tell(
        &mut self,
        index: usize,
        views: &[TagView],
        force: bool,
        news: bool,
        outlet: &mut impl Outlet,
        now: Instant,
        stamp: Stamp,
    ) {
        let post = &mut self.posts[index];
        let config = &self.publications[post.publication].config;
        if config.shape.batch.is_some() || config.payload == Payload::Sparkplug {
            self.gather(index, views, (force, news), now, stamp);
            return self.send_closed(outlet);
        }
        let (payload, slot, mut record) = (&mut self.payload, self.publications[post.publication].slot, post.record);
        let writer = PayloadWriter { publication: config, appliance: &self.appliance, now: stamp };
        let told = post.tell(views, force, |what| {
            payload.clear();
            let (topic, written) = match what {
                Told::Point(topic, view, attribute) => (topic, writer.point(payload, tag_ref(view), attribute)),
                Told::Object(topic) => (topic, writer.tags(payload, views.iter().map(tag_ref))),
            };
            if let Err(error) = written {
                let name = &config.identity.name;
                return outlet.fail(slot, format!("publication `{name}` has no message for `{topic}`: {error}"));
            }
            if config.shape.gzip {
                *payload = packed(payload);
            }
            let (qos, retain, at_ms) = (config.qos, config.retain, stamp.unix_ms);
            record = outlet.send(slot, Message { topic, payload, qos, retain, at_ms });
        });
        post.record = record;
        self.sent(index, views, told, now);
    }

    /// Notes what follows from a look at a post: what was not read yet is awaited, and the longest silence begins.
    fn sent(&mut self, index: usize, views: &[TagView], told: bool, now: Instant) {
        let post = &mut self.posts[index];
        let config = &self.publications[post.publication].config;
        if config.trigger.interval.is_some() && !config.trigger.by_change() {
            let unread = views.iter().filter(|view| view.state.reason == Reason::NotYetRead);
            self.unread.extend(unread.map(|view| (view.cell, index)));
        }
        if told {
            post.sent_at = Some(now);
            if let (true, Some(interval)) = (config.trigger.by_change(), config.trigger.interval) {
                self.await_silence(index, now + interval);
            }
        }
    }
}

fn posts_of(cell: u32) -> RangeInclusive<(u32, usize)> {
    (cell, 0)..=(cell, usize::MAX)
}

fn tag_ref(view: &TagView) -> TagRef<'_> {
    TagRef { def: &view.def, state: &view.state }
}

#[cfg(test)]
mod tests;
