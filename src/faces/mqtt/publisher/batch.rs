//! Samples that wait for each other before they are one message.
//!
//! A batch is no message before it is closed: the ledger knows nothing of it, and a program that is killed loses what it
//! gathered, which its `interval_ms` bounds. Whatever ends in good order, an edit or a stop, closes it first. While there is
//! no session, those of QoS 0 gather nothing and keep what they have.

use super::{Outlet, Publisher, Slot, Target, tag_ref};
use crate::config::publication::{PublicationConfig, Qos};
use crate::faces::mqtt::queue::Message;
use crate::runtime::image::TagView;
use crate::tag::attribute::Attribute;
use crate::tag::reading::Stamp;
use crate::views::payload::PayloadWriter;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::cmp::Reverse;
use std::collections::HashSet;
use std::io::Write as _;
use std::sync::Arc;
use tokio::time::Instant;

/// Bytes of one batch; what reaches it is closed, whatever its settings say.
const BATCH_BYTES: usize = 256 * 1024;
/// Bytes of all open batches of a connection; beyond it each is closed with its next sample.
const OPEN_BYTES: usize = 4 * 1024 * 1024;

/// A batch that is gathered.
#[derive(Debug, Default)]
pub(super) struct Open {
    body: Vec<u8>,
    count: u32,
    /// When its first sample came.
    since: Option<Instant>,
    /// When its last one came, in milliseconds since 1970.
    at_ms: i64,
}

/// One that waits for room.
#[derive(Debug)]
pub(super) struct Closed {
    slot: Slot,
    topic: Arc<str>,
    payload: Vec<u8>,
    qos: Qos,
    retain: bool,
    at_ms: i64,
}

impl Open {
    /// Takes one sample in.
    pub(super) fn add(&mut self, writer: PayloadWriter<'_>, view: &TagView, attribute: Attribute, now: Instant) {
        writer.sample(&mut self.body, self.count == 0, tag_ref(view), attribute);
        self.count += 1;
        self.since.get_or_insert(now);
        self.at_ms = writer.now.unix_ms;
    }

    /// Whether it is to be closed now, at the end of a look at its post.
    pub(super) fn is_full(&self, config: &PublicationConfig, now: Instant) -> bool {
        let Some(batch) = config.shape.batch else { return 0 < self.count };
        let overdue = batch.time.zip(self.since).is_some_and(|(time, since)| since + time <= now);
        0 < self.count && (overdue || self.is_large(config))
    }

    /// Whether it takes no other sample. Where samples do not wait, those of one look go together.
    pub(super) fn is_large(&self, config: &PublicationConfig) -> bool {
        config.shape.batch.is_some_and(|batch| batch.count <= self.count) || BATCH_BYTES <= self.body.len()
    }

    /// The message it is; it begins anew.
    pub(super) fn close(&mut self, writer: PayloadWriter<'_>, topic: &Arc<str>, slot: Slot) -> Closed {
        let Self { mut body, at_ms, .. } = std::mem::take(self);
        writer.end(&mut body);
        let PublicationConfig { shape, qos, retain, .. } = writer.publication;
        let payload = if shape.gzip { packed(&body) } else { body };
        Closed { slot, topic: Arc::clone(topic), payload, qos: *qos, retain: *retain, at_ms }
    }
}

/// As gzip (RFC 1952).
pub(super) fn packed(payload: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(payload.len() / 4 + 32), Compression::default());
    // A vector takes every byte.
    drop(encoder.write_all(payload));
    encoder.finish().unwrap_or_default()
}

impl Publisher {
    /// Adds what is worth telling of a post to its batch, and closes it when it is full.
    pub(super) fn gather(
        &mut self,
        index: usize,
        views: &[TagView],
        (force, news): (bool, bool),
        now: Instant,
        stamp: Stamp,
    ) {
        let (mut open, before) = self.take_open(index);
        let too_much = self.gathers_too_much();
        let post = &mut self.posts[index];
        let publication = &self.publications[post.publication];
        let config = &publication.config;
        let topic = post.object.clone();
        let writer = PayloadWriter { publication: config, appliance: &self.appliance, now: stamp };
        let closed = &mut self.closed;
        let mut shut = |open: &mut Open| {
            closed.extend(topic.as_ref().map(|topic| open.close(writer, topic, publication.slot)));
        };
        let told = news
            && post.tell_samples(views, force, |view, attribute| {
                open.add(writer, view, attribute, now);
                if too_much || open.is_large(config) {
                    shut(&mut open);
                }
            });
        if open.is_full(config, now) {
            shut(&mut open);
        }
        self.keep_open(index, open, before);
        self.await_batch(index);
        self.sent(index, views, told, now);
    }

    /// Whether open batches together take more than they may.
    pub(super) fn gathers_too_much(&self) -> bool {
        OPEN_BYTES < self.gathered
    }

    /// Notes what an open batch takes now; `before` it took so much.
    pub(super) fn keep_open(&mut self, index: usize, open: Open, before: usize) {
        self.gathered = self.gathered - before + open.body.len();
        self.posts[index].batch = (0 < open.count).then(|| Box::new(open));
    }

    /// Takes the open batch of a post out; with what it takes.
    pub(super) fn take_open(&mut self, index: usize) -> (Open, usize) {
        let open = self.posts[index].batch.take().map(|open| *open).unwrap_or_default();
        let bytes = open.body.len();
        (open, bytes)
    }

    /// Sets the time at which an open batch is closed.
    pub(super) fn await_batch(&mut self, index: usize) {
        let post = &mut self.posts[index];
        let time = self.publications[post.publication].config.shape.batch.and_then(|batch| batch.time);
        if let (Some(time), Some(since), false) =
            (time, post.batch.as_ref().and_then(|open| open.since), post.batch_set)
        {
            post.batch_set = true;
            self.timers.push(Reverse((since + time, Target::Batch(index))));
        }
    }

    /// The time of a batch is over, unless another one began since.
    pub(super) fn batch_over(&mut self, index: usize, now: Instant) {
        let post = &mut self.posts[index];
        post.batch_set = false;
        let publication = &self.publications[post.publication];
        let Some(open) = &post.batch else { return };
        if !open.is_full(&publication.config, now) {
            self.await_batch(index);
        } else if self.connected || publication.kept {
            self.enqueue(index, false);
        }
    }

    /// Closes every batch, before an edit or the end.
    pub(in crate::faces::mqtt) fn close_batches(&mut self) {
        for post in &mut self.posts {
            let publication = &self.publications[post.publication];
            if let (Some(mut open), Some(topic)) = (post.batch.take(), &post.object) {
                let writer = PayloadWriter {
                    publication: &publication.config,
                    appliance: &self.appliance,
                    now: Stamp::default(),
                };
                self.closed.push_back(open.close(writer, topic, publication.slot));
            }
        }
        self.gathered = 0;
    }

    /// Forgets what is closed of publications that are gone.
    pub(super) fn forget_closed(&mut self) {
        let slots: HashSet<Slot> = self.publications.iter().map(|publication| publication.slot).collect();
        self.closed.retain(|closed| slots.contains(&closed.slot));
    }

    /// Hands closed batches on while there is room.
    pub(super) fn send_closed(&mut self, outlet: &mut impl Outlet) {
        while let Some(Closed { slot, topic, payload, qos, retain, at_ms }) =
            self.closed.pop_front_if(|closed| outlet.room(closed.qos))
        {
            let message = Message { topic: &topic, payload: &payload, qos, retain, at_ms };
            outlet.send(slot, message);
        }
    }
}
