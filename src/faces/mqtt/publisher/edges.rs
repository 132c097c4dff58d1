//! What must not be merged: each change or reading of publications with `every`, and the edges of conditions, told with
//! what was known then. They come from the image's tap, in order, and wait here for room; what finds no place is counted.

use super::{Outlet, Publisher};
use crate::config::publication::Qos;
use crate::faces::mqtt::queue::ledger::{Loss, Slot};
use crate::runtime::image::tap::{Sample, Tapped};
use crate::runtime::image::{Reader, TagView};
use crate::tag::reading::Stamp;
use smallvec::SmallVec;
use std::collections::BTreeMap;
use tokio::time::Instant;

/// Edges that wait for room, of QoS 0 and of the others. A state takes some 200 bytes.
const WAITING: usize = 8192;

/// A moment that is to be told.
#[derive(Debug)]
pub(super) struct Happened {
    post: usize,
    /// The tags as they were; of others the present state is told.
    known: SmallVec<[TagView; 1]>,
    /// Told whatever was told before.
    force: bool,
    /// Of all tags of the post; otherwise of those that are known.
    whole: bool,
}

impl Publisher {
    /// Takes in what the tap caught.
    pub(in crate::faces::mqtt) fn tapped(&mut self, tapped: Tapped, reader: &Reader, now: Instant) {
        for Sample { view, changed } in tapped.samples {
            self.happened(&view, changed);
            self.watch_sample(&view, now);
        }
        if tapped.lost.is_empty() {
            return;
        }
        for (cell, count) in tapped.lost {
            for place in self.by_cell.get(cell as usize).cloned().unwrap_or_default() {
                let publication = &self.publications[self.posts[place.post].publication];
                if publication.config.trigger.every {
                    let slot = publication.slot;
                    self.lose(slot, Loss::Overrun, count);
                }
            }
        }
        self.watch_present(reader, now);
    }

    fn happened(&mut self, view: &TagView, changed: bool) {
        for place in self.by_cell.get(view.cell as usize).cloned().unwrap_or_default() {
            let post = &self.posts[place.post];
            let publication = &self.publications[post.publication];
            let trigger = publication.config.trigger;
            // After an edit the cell may be another tag's, until the posts are made anew.
            let same = post.points[place.point].def.id == view.def.id;
            if trigger.every && same && (changed || !trigger.on_change) {
                let whole = !(publication.config.payload.is_gathered() || publication.config.payload.is_about_one());
                let known = SmallVec::from_elem(view.clone(), 1);
                self.await_room(Happened { post: place.post, known, force: !trigger.on_change, whole });
            }
        }
    }

    /// A condition crossed over, seen with these states of its inputs.
    pub(super) fn crossed_with(&mut self, post: usize, inputs: &[TagView]) {
        let known = inputs.iter().filter(|view| self.posts[post].cells().any(|cell| cell == view.cell)).cloned();
        let known = known.collect();
        self.await_room(Happened { post, known, force: true, whole: true });
    }

    fn await_room(&mut self, happened: Happened) {
        let publication = &self.publications[self.posts[happened.post].publication];
        let (slot, class) = (publication.slot, usize::from(publication.config.qos != Qos::AtMostOnce));
        if !self.connected && !publication.kept {
            self.lose(slot, Loss::Unsent, 1);
        } else if WAITING <= self.happened[class].len() {
            self.lose(slot, Loss::Overrun, 1);
        } else {
            self.happened[class].push_back(happened);
        }
    }

    fn lose(&mut self, slot: Slot, why: Loss, count: u64) {
        *self.losses.entry((slot, why)).or_default() += count;
    }

    /// The session is gone, or the posts are others: what waits without being kept is lost.
    pub(super) fn lose_happened(&mut self, all: bool) {
        for class in 0..self.happened.len() {
            for happened in std::mem::take(&mut self.happened[class]) {
                let publication = &self.publications[self.posts[happened.post].publication];
                if publication.kept && !all {
                    self.happened[class].push_back(happened);
                } else {
                    let slot = publication.slot;
                    self.lose(slot, Loss::Unsent, 1);
                }
            }
        }
    }

    /// Tells what happened, in order, while there is room.
    pub(super) fn send_happened(&mut self, reader: &Reader, outlet: &mut impl Outlet, now: Instant, stamp: Stamp) {
        for ((slot, why), count) in std::mem::take(&mut self.losses) {
            outlet.lose(slot, why, count);
        }
        for (class, qos) in [(0, Qos::AtMostOnce), (1, Qos::AtLeastOnce)] {
            while outlet.room(qos)
                && let Some(Happened { post, known, force, whole }) = self.happened[class].pop_front()
            {
                let views = if whole { self.seen(post, known, reader) } else { known };
                self.tell(post, &views, force, true, outlet, now, stamp);
            }
        }
    }

    /// The tags of a post in its order: as they are known, otherwise as they are now.
    fn seen(&self, post: usize, known: SmallVec<[TagView; 1]>, reader: &Reader) -> SmallVec<[TagView; 1]> {
        let cells: Vec<u32> = self.posts[post].cells().collect();
        if let ([cell], [view]) = (cells.as_slice(), known.as_slice())
            && view.cell == *cell
        {
            return known;
        }
        let mut views: SmallVec<[TagView; 1]> = reader.cells(&cells).into();
        for view in known {
            if let Some(place) = views.iter_mut().find(|now| now.cell == view.cell) {
                *place = view;
            }
        }
        views
    }
}

/// Losses that were not told to the ledger yet.
pub(super) type Losses = BTreeMap<(Slot, Loss), u64>;
