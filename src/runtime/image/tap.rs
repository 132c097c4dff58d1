//! Every reading of some tags, in the order they came, for those to whom the newest is not enough: alarm edges between
//! two looks, and publications of every sample.
//!
//! Readings are copied while the writer holds the image, so that none is merged away. What a tap holds is bounded; what
//! comes beyond it is counted per tag and not kept. Tags that no tap wants cost their writer one look at a list.

use super::{Cells, Reader, TagView};
use crate::runtime::changes::Interest;
use crate::tag::id::TagName;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use tokio::sync::Notify;

/// One reading as it was taken in.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The tag right after the reading.
    pub view: TagView,
    /// Whether value, quality or reason differ from before.
    pub changed: bool,
}

/// What came since the last look.
#[derive(Debug, Default)]
pub struct Tapped {
    /// In order.
    pub samples: VecDeque<Sample>,
    /// By cell: readings there was no room for, all newer than `samples`.
    pub lost: BTreeMap<u32, u64>,
}

/// The readings one reader follows.
#[derive(Debug)]
pub struct Tap {
    shared: Arc<RwLock<Cells>>,
    line: Arc<Line>,
}

/// The part of a tap that writers see.
#[derive(Debug)]
pub(super) struct Line {
    state: Mutex<State>,
    wake: Notify,
    capacity: usize,
}

#[derive(Debug)]
struct State {
    interest: Interest,
    wanted: Vec<bool>,
    tapped: Tapped,
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is valid after every statement, so a panic elsewhere while it was held does no harm.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_some(&self) -> bool {
        let Tapped { samples, lost } = &self.lock().tapped;
        !(samples.is_empty() && lost.is_empty())
    }

    fn take_in(&self, samples: &[Sample]) {
        let mut state = self.lock();
        let mut news = false;
        for sample in samples {
            let cell = sample.view.cell;
            if state.wanted.get(cell as usize) != Some(&true) {
                continue;
            }
            news = true;
            // Once something is lost all is, until the next look: what is kept has no holes.
            if state.tapped.lost.is_empty() && state.tapped.samples.len() < self.capacity {
                state.tapped.samples.push_back(sample.clone());
            } else {
                *state.tapped.lost.entry(cell).or_default() += 1;
            }
        }
        drop(state);
        if news {
            self.wake.notify_one();
        }
    }
}

/// Who taps, and what any of them wants.
#[derive(Debug, Default)]
pub(super) struct Taps {
    lines: Vec<Weak<Line>>,
    /// By cell; empty while nobody taps.
    wanted: Vec<bool>,
}

impl Taps {
    /// Whether readings of this cell are to be told: the whole cost for all others.
    pub(super) fn wants(&self, cell: u32) -> bool {
        self.wanted.get(cell as usize).copied().unwrap_or(false)
    }

    pub(super) fn tell(&self, samples: &[Sample]) {
        if !samples.is_empty() {
            self.lines.iter().filter_map(Weak::upgrade).for_each(|line| line.take_in(samples));
        }
    }

    /// Finds anew who wants what: tags were declared, or somebody's interest is another.
    pub(super) fn survey<'a>(&mut self, names: impl Iterator<Item = Option<&'a TagName>> + Clone) {
        self.lines.retain(|line| 0 < line.strong_count());
        self.wanted.clear();
        for line in self.lines.iter().filter_map(Weak::upgrade) {
            let mut state = line.lock();
            let interest = &state.interest;
            let wanted: Vec<bool> = names.clone().map(|name| name.is_some_and(|name| interest.wants(name))).collect();
            if wanted.contains(&true) {
                self.wanted.resize(wanted.len(), false);
                self.wanted.iter_mut().zip(&wanted).for_each(|(any, wants)| *any |= wants);
            }
            state.wanted = wanted;
        }
    }
}

impl Cells {
    pub(super) fn survey_taps(&mut self) {
        let Self { list, taps, .. } = self;
        taps.survey(list.iter().map(|cell| cell.def.as_ref().map(|def| &def.name)));
    }
}

impl Reader {
    /// Follows every reading of these tags, at most `capacity` between two looks.
    pub fn tap(&self, interest: Interest, capacity: usize) -> Tap {
        let state = State { interest, wanted: Vec::new(), tapped: Tapped::default() };
        let line = Arc::new(Line { state: Mutex::new(state), wake: Notify::new(), capacity });
        let mut cells = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        cells.taps.lines.push(Arc::downgrade(&line));
        cells.survey_taps();
        drop(cells);
        Tap { shared: Arc::clone(&self.shared), line }
    }
}

impl Tap {
    /// Waits until there may be something to take. Cancel-safe: what there is stays.
    pub async fn ready(&self) {
        loop {
            // Registered before the look, so that a reading between look and wait is not missed.
            let woken = self.line.wake.notified();
            if self.line.has_some() {
                return;
            }
            woken.await;
        }
    }

    /// Takes what came since the last look.
    pub fn take(&self) -> Tapped {
        std::mem::take(&mut self.line.lock().tapped)
    }

    /// Follows other tags from now on.
    pub fn set_interest(&self, interest: Interest) {
        let mut cells = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.line.lock();
        if state.interest != interest {
            state.interest = interest;
            drop(state);
            cells.survey_taps();
        }
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        // Nobody wants them any more; the line itself goes with this.
        self.set_interest(Interest::Matching(Vec::new()));
    }
}
