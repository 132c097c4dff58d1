//! What was asked and answered in the last five minutes, so that a command that comes twice is carried out once.

use crate::tag::attribute::Attribute;
use crate::tag::id::TagName;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// A sender that repeats a command does so within minutes.
const WINDOW: Duration = Duration::from_secs(300);
/// Commands remembered; beyond it the oldest is forgotten before its time.
const MOST: usize = 8192;
/// Bytes of answers remembered.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// A command, wherever it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) tag: TagName,
    pub(super) attribute: Attribute,
    pub(super) id: String,
}

/// What is known of a command that comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    /// Its answer is still to come.
    Running,
    /// This was the answer.
    Answered(String),
}

/// Commands of the last five minutes.
#[derive(Debug, Default)]
pub(super) struct Duplicates {
    seen: HashMap<Key, Seen>,
    /// Oldest first, by when they came.
    order: VecDeque<(Instant, Key)>,
    bytes: usize,
}

impl Duplicates {
    pub(super) fn look(&mut self, key: &Key, now: Instant) -> Option<&Seen> {
        self.prune(now);
        self.seen.get(key)
    }

    /// A command that is new; its answer follows.
    pub(super) fn begin(&mut self, key: Key, now: Instant) {
        self.order.push_back((now, key.clone()));
        self.seen.insert(key, Seen::Running);
    }

    pub(super) fn finish(&mut self, key: Key, answer: String, now: Instant) {
        // Forgotten meanwhile: a device that takes five minutes to answer.
        if let Some(seen) = self.seen.get_mut(&key) {
            self.bytes += answer.len();
            *seen = Seen::Answered(answer);
        }
        self.prune(now);
    }

    /// A command that certainly was not carried out.
    pub(super) fn forget(&mut self, key: &Key) {
        self.remove(key);
        self.order.retain(|(_, other)| other != key);
    }

    fn prune(&mut self, now: Instant) {
        let old = |at: Instant| WINDOW <= now.saturating_duration_since(at);
        while self.order.front().is_some_and(|(at, _)| old(*at) || MOST < self.order.len() || MOST_BYTES < self.bytes) {
            let Some((_, key)) = self.order.pop_front() else { return };
            self.remove(&key);
        }
    }

    fn remove(&mut self, key: &Key) {
        if let Some(Seen::Answered(answer)) = self.seen.remove(key) {
            self.bytes -= answer.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: usize) -> Key {
        Key { tag: TagName::parse("a/b").unwrap(), attribute: Attribute::Value, id: id.to_string() }
    }

    #[test]
    fn a_command_is_remembered_for_five_minutes() {
        let (mut list, now) = (Duplicates::default(), Instant::now());
        list.begin(key(1), now);
        assert_eq!(list.look(&key(1), now), Some(&Seen::Running));
        list.finish(key(1), "done".into(), now);
        assert_eq!(list.look(&key(1), now + Duration::from_secs(299)), Some(&Seen::Answered("done".into())));
        assert_eq!(list.look(&key(1), now + Duration::from_secs(300)), None);
        assert_eq!((list.bytes, list.order.len()), (0, 0));
    }

    #[test]
    fn memory_is_bounded() {
        let (mut list, now) = (Duplicates::default(), Instant::now());
        for id in 0..2 * MOST {
            list.begin(key(id), now);
            list.finish(key(id), "x".repeat(1000), now);
        }
        assert!(list.seen.len() <= MOST && list.order.len() <= MOST && list.bytes <= MOST_BYTES);
        assert!(list.look(&key(2 * MOST - 1), now).is_some());
    }
}
