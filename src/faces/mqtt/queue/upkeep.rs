//! What the queue asks of its file, and what it makes of the answers.

use super::keeper::{Done, Job, Keeper};
use super::lanes::Item;
use super::ledger::Loss;
use super::pages::Page;
use super::{AGE_CHECK, Busy, MEMORY, PAGE_BYTES, PAGE_RECORDS, Queue, RETRY, SYNC, WAIT, WINDOW, WINDOW_BYTES};
use crate::config::buffer::Drain;
use crate::store::queue::{Commit, Flush, KeptPage, QueuedRecord};
use std::path::Path;
use tokio::time::Instant;

impl Queue {
    /// The next job for an idle file, if there is one.
    pub(in crate::faces::mqtt) fn work(&mut self, now: Instant) -> Option<Job> {
        if self.busy.is_some() || self.retry.is_some_and(|retry| now < retry) {
            return None;
        }
        if !self.fresh.is_empty() {
            return Some(self.write_fresh(now));
        }
        if self.must_write(now) {
            return self.write(now);
        }
        if let Some(pages) = self.pages_to_read() {
            self.busy = Some(Busy::Reading(pages.clone()));
            return Some(Job::Read(pages));
        }
        if !self.garbage.is_empty() && self.committed.is_none_or(|at| at + WAIT <= now) {
            return Some(self.commit(Vec::new(), self.paged, false, now));
        }
        if self.trouble.is_some() {
            // Nothing waits any more: whether the file can be used again is found out all the same.
            return Some(self.commit(Vec::new(), self.paged, false, now));
        }
        if self.unsynced.is_some_and(|since| since + SYNC <= now) {
            self.busy = Some(Busy::Syncing);
            return Some(Job::Sync);
        }
        None
    }

    /// When [`Queue::work`] or [`Queue::tick`] has something to do next.
    pub(in crate::faces::mqtt) fn due(&self) -> Option<Instant> {
        let check = (!self.is_empty()).then(|| self.checked.map(|at| at + AGE_CHECK)).flatten();
        if self.busy.is_some() {
            return check;
        }
        if self.retry.is_some() {
            return self.retry.into_iter().chain(check).min();
        }
        let waits = self.oldest_loose().map(|item| item.born + WAIT);
        let garbage = (!self.garbage.is_empty()).then(|| self.committed.map_or_else(Instant::now, |at| at + WAIT));
        let sync = self.unsynced.map(|since| since + SYNC);
        waits.into_iter().chain(garbage).chain(sync).chain(check).min()
    }

    /// Gives up what waits too long; `unix_ms` is `None` while the clock cannot be true.
    pub(in crate::faces::mqtt) fn tick(&mut self, now: Instant, unix_ms: Option<i64>) {
        if self.checked.is_some_and(|at| now < at + AGE_CHECK) {
            return;
        }
        self.checked = Some(now);
        let Some(unix_ms) = unix_ms else { return };
        let max = i64::try_from(self.config.max_age.as_millis()).unwrap_or(i64::MAX);
        let limit = unix_ms.saturating_sub(max);
        let mut index = 0;
        while let Some(page) = self.pages.get(index) {
            let before = self.pages.len();
            if page.newest_ms < limit {
                self.drop_page(index, Loss::TooOld);
            }
            // A page with something in flight stays until that is settled.
            index += usize::from(self.pages.len() == before);
        }
        for back in [false, true] {
            while let Some(item) = self.pop_older(back, limit) {
                self.drop_item(&item, Loss::TooOld);
            }
        }
    }

    fn pop_older(&mut self, back: bool, limit: i64) -> Option<Item> {
        let lane = if back { &mut self.back } else { &mut self.front };
        lane.first().is_some_and(|item| item.record.at_ms < limit).then(|| lane.pop()).flatten()
    }

    fn is_empty(&self) -> bool {
        self.pages.first().is_none()
            && [&self.flight, &self.front, &self.back, &self.fresh].iter().all(|lane| lane.is_empty())
    }

    /// Whether everything that waits is in the file: then nothing is lost with the program.
    pub(in crate::faces::mqtt) fn is_written(&self) -> bool {
        self.fresh.is_empty() && self.oldest_loose().is_none() && self.garbage.is_empty()
    }

    /// Writes what waits, before the unit ends: as far as the disk takes it, or why it does not.
    pub(in crate::faces::mqtt) async fn store(&mut self, mut keeper: Keeper) -> Result<(), String> {
        while !keeper.is_idle() {
            let done = keeper.done().await;
            self.complete(done, Instant::now());
        }
        let mut result = Ok(());
        while result.is_ok()
            && let Some(job) = self.last_work(Instant::now())
        {
            keeper.begin(job);
            let done = keeper.done().await;
            self.complete(done, Instant::now());
            result = self.trouble().map_or(Ok(()), |trouble| Err(trouble.to_owned()));
        }
        keeper.close().await;
        result
    }

    /// The job that brings everything that waits into the file, before the program ends.
    pub(in crate::faces::mqtt) fn last_work(&mut self, now: Instant) -> Option<Job> {
        if self.busy.is_some() || self.is_written() {
            return None;
        }
        if !self.fresh.is_empty() {
            return Some(self.write_fresh(now));
        }
        self.write(now).or_else(|| Some(self.commit(Vec::new(), self.paged, false, now)))
    }

    /// The oldest record that is in no large page.
    fn oldest_loose(&self) -> Option<&Item> {
        let lanes = [&self.flight, &self.front, &self.back];
        lanes.iter().filter_map(|lane| lane.behind(self.paged).next()).min_by_key(|item| item.record.id)
    }

    fn must_write(&self, now: Instant) -> bool {
        self.oldest_loose().is_some_and(|item| item.born + WAIT <= now || MEMORY / 2 < self.loose_bytes)
    }

    fn write_fresh(&mut self, now: Instant) -> Job {
        let items: Vec<&Item> = self.fresh.iter().collect();
        let last = items.last().map_or(self.paged, |item| item.record.id);
        let pages = cut(&items, |_| false);
        self.commit(pages, last, true, now)
    }

    fn write(&mut self, now: Instant) -> Option<Job> {
        let mut items: Vec<&Item> =
            [&self.flight, &self.front, &self.back].into_iter().flat_map(|lane| lane.behind(self.paged)).collect();
        items.sort_unstable_by_key(|item| item.record.id);
        let last = items.last()?.record.id;
        // What is in flight has a page of its own, since the rest may leave memory.
        let pages = cut(&items, |item| self.flight.has(item.record.id));
        let raw = items.iter().map(|item| item.size()).sum();
        // Should the commit fail they still go with the next, which again writes what they hold.
        self.garbage.extend(self.minor.remove_all());
        self.written_raw = raw;
        Some(self.commit(pages, last, false, now))
    }

    fn commit(&mut self, add: Vec<Vec<QueuedRecord>>, last: u64, minor: bool, now: Instant) -> Job {
        self.busy = Some(Busy::Writing { minor, last, finished: Vec::new() });
        let resume = [&self.flight, &self.front, &self.back, &self.fresh]
            .iter()
            .filter_map(|lane| lane.first().map(|item| item.record.id))
            .chain(self.pages.iter().find(|page| !page.loaded).map(|page| page.first))
            .min()
            .unwrap_or(self.next);
        // Of strict's small commits each waits for the disk only when the one before has waited long enough.
        let flush =
            if minor && self.unsynced.is_none_or(|since| now < since + SYNC) { Flush::Later } else { Flush::Now };
        match flush {
            Flush::Later => self.unsynced = self.unsynced.or(Some(now)),
            Flush::Now => self.unsynced = None,
        }
        self.removing = std::mem::take(&mut self.garbage);
        Job::Commit(Commit { remove: self.removing.clone(), add, resume }, flush)
    }

    /// Pages to bring into memory, while little of what comes first is there.
    fn pages_to_read(&self) -> Option<Vec<u64>> {
        if !self.pages.any_unloaded() || WINDOW / 2 < self.front.len() {
            return None;
        }
        let mut room = WINDOW.saturating_sub(self.front.len());
        let mut bytes = self.pages.loaded_raw();
        if WINDOW_BYTES / 2 < bytes && !self.front.is_empty() {
            return None;
        }
        let mut wanted = Vec::new();
        for page in self.pages.iter().filter(|page| !page.loaded) {
            let count = usize::try_from(page.count()).unwrap_or(usize::MAX);
            bytes += page.raw;
            if (room < count || WINDOW_BYTES < bytes) && !wanted.is_empty() {
                break;
            }
            room = room.saturating_sub(count);
            wanted.push(page.first);
        }
        Some(wanted)
    }

    /// The present job ended.
    pub(in crate::faces::mqtt) fn complete(&mut self, done: Done, now: Instant) {
        let busy = self.busy.take();
        match (done, busy) {
            (Done::Committed(added), Some(Busy::Writing { minor, last, finished })) => {
                self.well(now);
                self.removing.clear();
                if minor {
                    self.wrote_fresh(&added, last);
                } else {
                    self.wrote(&added, last, &finished);
                }
            }
            (Done::Read(records), Some(Busy::Reading(pages))) => {
                self.well(now);
                self.read(records, &pages, now);
            }
            (Done::Synced, _) => {
                self.well(now);
                self.unsynced = None;
            }
            (Done::Aside(path), _) => self.lost_file(&path),
            (Done::Failed(why), _) => {
                // What was to be removed still is.
                self.garbage.append(&mut self.removing);
                self.fail(why, now);
            }
            // An answer to another question than the one asked: the keeper makes none.
            (Done::Committed(_) | Done::Read(_), _) => (),
        }
    }

    fn well(&mut self, now: Instant) {
        self.committed = Some(now);
        self.retry = None;
        if self.trouble.take().is_some() {
            tracing::info!("the queue's file can be used again");
        }
    }

    fn fail(&mut self, why: String, now: Instant) {
        self.retry = Some(now + RETRY);
        if self.trouble.is_none() {
            tracing::warn!("messages wait in memory alone: {why}");
        }
        self.trouble = Some(format!("messages wait in memory alone: {why}"));
        // Waiting for a disk that takes nothing helps nobody: from now on memory counts.
        self.release_fresh(u64::MAX);
    }

    fn release_fresh(&mut self, last: u64) {
        while self.fresh.first().is_some_and(|item| item.record.id <= last)
            && let Some(item) = self.fresh.pop()
        {
            self.ledger.produce(item.slot, 1);
            self.back.insert(item);
        }
    }

    fn wrote_fresh(&mut self, added: &[KeptPage], last: u64) {
        for kept in added {
            let mut page = Page::of(kept, |source| self.ledger.slot(source), true);
            // Only a publication that was removed meanwhile can have taken some out.
            page.left.retain(|(slot, _)| !self.ledger.is_gone(*slot));
            if page.left.is_empty() {
                self.garbage.push(page.first);
            } else {
                self.minor.push(page);
            }
        }
        self.release_fresh(last);
    }

    fn wrote(&mut self, added: &[KeptPage], last: u64, finished: &[(u64, u32)]) {
        if !added.is_empty() {
            self.rate.wrote(self.written_raw, added.iter().map(|page| page.cost).sum());
        }
        self.paged = self.paged.max(last);
        for kept in added {
            let (first, last) = (kept.first, kept.last);
            let mut page = Page::of(kept, |source| self.ledger.slot(source), true);
            let mut touched = self.flight.has_in(first, last) || self.front.has_in(first, last);
            for (_, slot) in finished.iter().filter(|(id, _)| (first..=last).contains(id)) {
                page.finish(*slot);
                touched = true;
            }
            if page.left.is_empty() {
                self.garbage.push(first);
                continue;
            }
            if touched && self.config.drain == Drain::LiveFirst {
                // Some of it is live still: so is the rest.
                self.pages.push(page);
                continue;
            }
            self.flight.in_mut(first, last).for_each(|item| {
                self.beside += usize::from(!std::mem::replace(&mut item.stored, true));
            });
            let waiting = self.back.take_in(first, last);
            page.loaded = touched
                || (!self.pages.any_unloaded()
                    && self.front.len() + waiting.len() <= WINDOW
                    && self.pages.loaded_raw() + page.raw <= WINDOW_BYTES);
            if page.loaded {
                for mut item in waiting {
                    item.stored = true;
                    self.front.insert(item);
                }
            }
            self.pages.push(page);
        }
        self.loose_bytes = [&self.flight, &self.front, &self.back, &self.fresh]
            .iter()
            .flat_map(|lane| lane.behind(self.paged))
            .map(Item::size)
            .sum();
    }

    fn read(&mut self, records: Vec<QueuedRecord>, pages: &[u64], now: Instant) {
        for record in records {
            // The page may have been given up meanwhile, and of its publications some.
            if self.pages.find(record.id).is_none_or(|page| page.loaded) || record.id < self.resume {
                continue;
            }
            let slot = self.ledger.slot(&record.source);
            if !self.ledger.is_gone(slot) {
                self.front.insert(Item { record, slot, born: now, attempt: 0, stored: true });
            }
        }
        for first in pages {
            self.pages.load(*first);
        }
    }

    /// The file is put aside. What memory holds of it is written anew; the rest is lost.
    fn lost_file(&mut self, aside: &Path) {
        let sentence = format!(
            "the queue's file was damaged; it is put aside as {}, and what only it held is lost to the broker",
            aside.display()
        );
        tracing::warn!("{sentence}");
        self.notice = Some(sentence);
        while let Some(page) = self.pages.remove(0) {
            for (slot, count) in page.left.iter().filter(|_| !page.loaded) {
                self.ledger.give_up(*slot, Loss::Damaged, u64::from(*count));
            }
        }
        self.minor.remove_all();
        self.garbage.clear();
        self.removing.clear();
        self.paged = 0;
        self.unsynced = None;
        self.loose_bytes = [&self.flight, &self.front, &self.back, &self.fresh]
            .iter()
            .flat_map(|lane| lane.iter())
            .map(Item::size)
            .sum();
    }
}

/// Cuts records into pages; where `apart` changes, a new one begins.
fn cut(items: &[&Item], apart: impl Fn(&Item) -> bool) -> Vec<Vec<QueuedRecord>> {
    let mut pages: Vec<Vec<QueuedRecord>> = Vec::new();
    let (mut bytes, mut side) = (0, None);
    for item in items {
        let now = Some(apart(item));
        let full = pages.last().is_none_or(|page| PAGE_RECORDS <= page.len());
        if full || side != now || PAGE_BYTES < bytes + item.record.payload.len() {
            pages.push(Vec::new());
            bytes = 0;
        }
        side = now;
        bytes += item.record.payload.len();
        if let Some(page) = pages.last_mut() {
            page.push(item.record.clone());
        }
    }
    pages
}
