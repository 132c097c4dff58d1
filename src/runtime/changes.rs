//! Who wants to know of changed tags. Level-triggered: a slow reader gets the newest state of each changed tag once,
//! and never slows a driver.

use crate::tag::id::TagName;
use crate::tag::pattern::TagPattern;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Which tags a reader wants to hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interest {
    /// Every tag, also those to come.
    All,
    /// The tags that match any of these, also those to come.
    Matching(Vec<TagPattern>),
}

impl Interest {
    /// Whether this tag is one of them.
    pub(super) fn wants(&self, name: &TagName) -> bool {
        match self {
            Self::All => true,
            Self::Matching(patterns) => patterns.iter().any(|pattern| pattern.matches(name)),
        }
    }
}

/// What changed since the reader looked last.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Indices into the image, each once, in the order they changed first.
    pub cells: Vec<u32>,
    /// True when tags were added, removed or redefined: look up names anew.
    pub schema: bool,
}

/// One reader's list of changed tags.
#[derive(Debug)]
pub(super) struct Subscriber {
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Debug)]
struct State {
    interest: Interest,
    /// Per cell: wanted, and already in `dirty`.
    wanted: Vec<bool>,
    marked: Vec<bool>,
    dirty: Vec<u32>,
    schema: bool,
}

impl State {
    fn has_news(&self) -> bool {
        !self.dirty.is_empty() || self.schema
    }
}

impl Subscriber {
    pub(super) fn new(interest: Interest) -> Arc<Self> {
        let state = State { interest, wanted: Vec::new(), marked: Vec::new(), dirty: Vec::new(), schema: false };
        Arc::new(Self { state: Mutex::new(state), wake: Notify::new() })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is valid after every statement, so a panic elsewhere while it was held does no harm.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes changed cells; called by writers, so it only marks.
    pub(super) fn mark(&self, cells: &[u32]) {
        let mut state = self.lock();
        let nothing_waited = state.dirty.is_empty();
        for cell in cells {
            let index = *cell as usize;
            if state.wanted.get(index) == Some(&true) && !state.marked[index] {
                state.marked[index] = true;
                state.dirty.push(*cell);
            }
        }
        // Whoever waits has been woken by the first, and looks before he waits again.
        let news = nothing_waited && !state.dirty.is_empty();
        drop(state);
        if news {
            self.wake.notify_one();
        }
    }

    /// Takes the names of all cells in; called when tags were declared, and for a first look or new interest.
    pub(super) fn survey<'a>(&self, names: impl Iterator<Item = Option<&'a TagName>>) {
        let mut state = self.lock();
        let wanted: Vec<bool> = names.map(|name| name.is_some_and(|name| state.interest.wants(name))).collect();
        state.marked.resize(wanted.len(), false);
        state.wanted = wanted;
        state.schema = true;
        drop(state);
        self.wake.notify_one();
    }

    pub(super) fn set_interest(&self, interest: Interest) {
        self.lock().interest = interest;
    }

    /// What changed so far, if anything did.
    pub(super) fn take(&self) -> Option<Changed> {
        self.take_if(State::has_news)
    }

    fn take_if(&self, wanted: impl Fn(&State) -> bool) -> Option<Changed> {
        let mut state = self.lock();
        if !wanted(&state) {
            return None;
        }
        let cells = std::mem::take(&mut state.dirty);
        for cell in &cells {
            state.marked[*cell as usize] = false;
        }
        let schema = std::mem::replace(&mut state.schema, false);
        Some(Changed { cells, schema })
    }

    /// Cancel-safe: nothing is taken unless it is returned.
    pub(super) async fn next(&self) -> Changed {
        self.when(State::has_news).await
    }

    /// Waits for another schema; with it goes whatever changed. Cancel-safe.
    pub(super) async fn next_schema(&self) -> Changed {
        self.when(|state| state.schema).await
    }

    async fn when(&self, wanted: impl Fn(&State) -> bool) -> Changed {
        loop {
            // Registered before the look, so that a mark between look and wait is not missed.
            let woken = self.wake.notified();
            if let Some(changed) = self.take_if(&wanted) {
                return changed;
            }
            woken.await;
        }
    }
}
