//! Counts on their way to the store: the thread notes what changed, the unit writes it.

use crate::channel::signal::Kept;
use crate::store::KeptCounts;
use std::collections::HashMap;

/// What was noted last, so that only news are noted.
pub(super) struct Noted {
    counts: Option<KeptCounts>,
    last: HashMap<String, Kept>,
}

impl Noted {
    /// Notes go to `counts`; what stands there already is `last`.
    pub(super) fn new(counts: Option<KeptCounts>, last: HashMap<String, Kept>) -> Self {
        Self { counts, last }
    }

    /// Notes those that differ from before.
    pub(super) fn note<'a>(&mut self, kept: impl Iterator<Item = (&'a str, Kept)>) {
        let Some(counts) = &self.counts else { return };
        for (channel, kept) in kept {
            if self.last.get(channel) != Some(&kept) {
                self.last.insert(channel.to_owned(), kept);
                counts.note(channel, kept);
            }
        }
    }
}
