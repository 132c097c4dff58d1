//! Store and forward: the messages of one connection with QoS 1 and 2, from the moment they are produced until the
//! broker has acknowledged them. No socket, no file and no clock of its own: times come in, jobs for the file go out.
//!
//! A message is a [`QueuedRecord`], complete when it is produced: what is sent after an outage is what would have been
//! sent then, with the times of then. Publications with QoS 0 pass by: they are level-triggered and keep nothing.
//!
//! ```text
//! push -> fresh (strict only, until it is written) -> back ----------------------> flight -> acknowledged
//!                                                      | waits a second             ^
//!                                                      v                            |
//!                                              pages in the file -> front ----------+
//! ```
//!
//! * **In memory first.** What is acknowledged within a second of its production never touches the file. What waits
//!   longer, in flight or not, is written together with everything else that waits, a page for some thousand records;
//!   beyond [`WINDOW`] records it leaves memory and is read back page by page.
//! * **`strict`** writes every record before it counts as produced and may be sent, as many in one commit as came during
//!   the commit before, and syncs at most [`SYNC`] later. Those small pages are replaced by large ones when their records
//!   have waited a second.
//! * **A record leaves** only when it is acknowledged or given up, with the reason counted in the ledger. What was in flight in a
//!   session that the broker forgot goes back to where it came from, in its old place.
//! * **Order.** `in-order`: by id, so first arrivals of each topic are in order. `live-first`: what is new goes first; what
//!   waited in the file goes beside it with at most [`BESIDE`] in flight, with the member `"stored":true` at the end of its
//!   payload when that is a JSON object, and never retained, since it would replace a newer value.
//! * **When the file cannot be used** memory goes on, as far as [`MEMORY`] goes, and the file is tried again every
//!   [`RETRY`]. A damaged file is put aside; what memory holds of it is written anew, the rest is counted as lost.

mod figures;
pub(super) mod keeper;
mod lanes;
pub(super) mod ledger;
mod pages;
mod upkeep;

use crate::config::buffer::{BufferConfig, Drain, Durability, Full};
use crate::config::mqtt::ConnectionConfig;
use crate::config::publication::Qos;
use crate::store::queue::{Kept, QueuedRecord};
use bytes::Bytes;
use figures::Rate;
use keeper::Done;
use lanes::{Item, Lane};
use ledger::{Ledger, Loss, Slot, source_of};
use pages::{Page, Pages};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What waits so long is written; a kill -9 loses no more than what is younger, and the write under way.
const WAIT: Duration = Duration::from_millis(1000);
/// Records in memory ahead of those in the file. The tests have a small one, so that few records use every way.
const WINDOW: usize = if cfg!(test) { 40 } else { 4096 };
/// Payload bytes in memory ahead of those in the file; one page always is.
const WINDOW_BYTES: u64 = 4 * 1024 * 1024;
/// Records of one page.
const PAGE_RECORDS: usize = if cfg!(test) { 10 } else { 2000 };
/// Payload bytes of one page; one record always goes.
const PAGE_BYTES: usize = 256 * 1024;
/// Bytes that may wait in memory alone, with what they take beside their text.
const MEMORY: usize = 16 * 1024 * 1024;
/// The longest a commit of `strict` may wait for the disk itself.
const SYNC: Duration = Duration::from_millis(50);
/// Between two tries to use a file that cannot be used.
const RETRY: Duration = Duration::from_secs(5);
/// Stored records in flight beside live ones.
const BESIDE: usize = 40;
/// How often what waits is looked at for its age.
const AGE_CHECK: Duration = Duration::from_secs(5);

/// A record that was handed to the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket {
    id: u64,
    /// Which time: an answer to an earlier one comes too late.
    attempt: u32,
}

/// What became of a record that was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handed {
    /// It is on its way.
    Taken,
    /// It stays where it is, and with it those behind it.
    NotNow,
    /// Another message said the same.
    Told,
    /// It cannot be sent any more.
    Void(Loss),
}

/// The queue of one connection.
#[derive(Debug)]
pub(super) struct Queue {
    config: BufferConfig,
    pub(super) ledger: Ledger,
    next: u64,
    /// Produced in `strict` and not written yet.
    fresh: Lane,
    /// From the file, or from before what is in it.
    front: Lane,
    /// Newer than all that is not in memory.
    back: Lane,
    flight: Lane,
    /// Stored records in flight.
    beside: usize,
    pages: Pages,
    /// In `strict`: what was written just now, before it waits long enough for a page of its own.
    minor: Pages,
    /// Everything up to here is in `pages`, or done with.
    paged: u64,
    /// Bytes of the records behind `paged`.
    loose_bytes: usize,
    /// Pages whose records are all done with, and those of them that the present job removes.
    garbage: Vec<u64>,
    removing: Vec<u64>,
    /// What the present job writes takes so many bytes in memory.
    written_raw: usize,
    /// Records in the file before this one were done with in an earlier run.
    resume: u64,
    busy: Option<Busy>,
    committed: Option<Instant>,
    unsynced: Option<Instant>,
    retry: Option<Instant>,
    checked: Option<Instant>,
    attempts: u32,
    rate: Rate,
    /// Why the file cannot be used now.
    trouble: Option<String>,
    /// What happened to a file before.
    notice: Option<String>,
}

/// The job under way.
#[derive(Debug)]
enum Busy {
    /// Records up to `last` are being written; those of them that were done with meanwhile.
    Writing {
        minor: bool,
        last: u64,
        finished: Vec<(u64, Slot)>,
    },
    Reading(Vec<u64>),
    Syncing,
}

impl Queue {
    /// A queue with what an earlier run left.
    pub(super) fn new(connection: &ConnectionConfig, kept: Kept, trouble: Option<Done>, now: Instant) -> Self {
        let mut queue = Self::found(connection.buffer, kept, trouble, now);
        queue.configure(connection);
        queue
    }

    /// The same, before it is told of what may be in it.
    pub(super) fn found(config: BufferConfig, kept: Kept, trouble: Option<Done>, now: Instant) -> Self {
        let mut queue = Self {
            config,
            ledger: Ledger::default(),
            next: kept.resume.max(1),
            fresh: Lane::default(),
            front: Lane::default(),
            back: Lane::default(),
            flight: Lane::default(),
            beside: 0,
            pages: Pages::default(),
            minor: Pages::default(),
            paged: 0,
            loose_bytes: 0,
            garbage: Vec::new(),
            removing: Vec::new(),
            written_raw: 0,
            resume: kept.resume,
            busy: None,
            committed: None,
            unsynced: None,
            retry: None,
            checked: None,
            attempts: 0,
            rate: Rate::default(),
            trouble: None,
            notice: None,
        };
        queue.take_over(kept);
        if let Some(done) = trouble {
            queue.complete(done, now);
        }
        queue
    }

    fn take_over(&mut self, kept: Kept) {
        for found in &kept.pages {
            self.next = self.next.max(found.last + 1);
            self.paged = self.paged.max(found.last);
            if found.last < kept.resume {
                self.garbage.push(found.first);
                continue;
            }
            let page = Page::of(found, |source| self.ledger.slot(source), false);
            for (slot, count) in &page.left {
                self.ledger.produce(*slot, u64::from(*count));
            }
            self.pages.push(page);
        }
    }

    /// Other settings. Records of publications that are gone are given up; everything else stays.
    pub(super) fn configure(&mut self, connection: &ConnectionConfig) {
        let publications = connection.publications.iter();
        let sources = publications.map(|publication| (source_of(publication), publication.identity.name.as_str()));
        self.configure_as(connection.buffer, sources);
    }

    /// The same for any sources, each with its name.
    pub(super) fn configure_as<'a>(&mut self, config: BufferConfig, sources: impl Iterator<Item = (&'a str, &'a str)>) {
        self.config = config;
        for slot in self.ledger.configure(sources) {
            self.forget(slot);
        }
    }

    /// Whether messages of this quality wait here.
    pub(super) fn keeps(&self, qos: Qos) -> bool {
        qos != Qos::AtMostOnce && self.config.is_on()
    }

    /// The place of a publication in the ledger.
    pub(super) fn slot(&mut self, source: &str) -> Slot {
        self.ledger.slot(source)
    }

    /// Whether another record can be taken now. Whoever produces faster than a disk writes waits for it.
    pub(super) fn room(&self) -> bool {
        self.loose_bytes < MEMORY || self.trouble.is_some()
    }

    /// Takes one message; answers its id, or nothing when it was given up at once.
    pub(super) fn push(&mut self, slot: Slot, message: Message<'_>, now: Instant) -> Option<u64> {
        let id = self.next;
        self.next += 1;
        let source = self.ledger.source(slot);
        let Message { topic, payload, qos, retain, at_ms } = message;
        let payload = Bytes::copy_from_slice(payload);
        let record = QueuedRecord { id, source, topic: Arc::clone(topic), payload, qos, retain, at_ms };
        let item = Item { record, slot, born: now, attempt: 0, stored: false };
        let size = item.size();
        self.rate.count(size);
        if let Some(why) = self.full(size) {
            match self.config.full {
                Full::DropNewest => {
                    self.ledger.produce(slot, 1);
                    self.ledger.give_up(slot, why, 1);
                    return None;
                }
                Full::DropOldest => while self.full(size).is_some() && self.drop_oldest(why) {},
            }
        }
        self.loose_bytes += size;
        if self.config.durability == Durability::Strict && self.trouble.is_none() {
            self.fresh.insert(item);
        } else {
            self.ledger.produce(slot, 1);
            self.back.insert(item);
        }
        Some(id)
    }

    /// Why there is no room for so many bytes more.
    fn full(&self, size: usize) -> Option<Loss> {
        if self.trouble.is_some() && MEMORY < self.loose_bytes + size {
            return Some(Loss::Unstored);
        }
        (self.config.max_bytes() < self.bytes() + size as u64).then_some(Loss::Full)
    }

    /// Bytes that wait, in the file and in memory alone.
    fn bytes(&self) -> u64 {
        // What is in small pages is counted as what it takes in memory, until it is in large ones.
        self.pages.cost() + self.loose_bytes as u64
    }

    /// Whether this record, pushed before, still waits.
    pub(super) fn is_open(&self, id: u64) -> bool {
        [&self.flight, &self.back, &self.front, &self.fresh].iter().any(|lane| lane.has(id))
            || self.pages.find(id).is_some_and(|page| !page.loaded)
    }

    /// The id of the next record.
    pub(super) fn next_id(&self) -> u64 {
        self.next
    }

    /// No record that still is to be handed over has a lower id; `None` when there is none.
    pub(super) fn oldest_waiting(&self) -> Option<u64> {
        let lanes = [&self.fresh, &self.front, &self.back].into_iter().filter_map(|lane| lane.first());
        let page = self.pages.iter().find(|page| !page.loaded).map(|page| page.first);
        lanes.map(|item| item.record.id).chain(page).min()
    }

    /// Hands the next record that may be sent to `send`; false when there is none, or it is not taken now.
    pub(super) fn send_next(&mut self, send: impl FnOnce(&QueuedRecord, Ticket, bool) -> Handed) -> bool {
        let Some(mut item) = self.take_next() else { return false };
        self.attempts = self.attempts.wrapping_add(1);
        item.attempt = self.attempts;
        let marked = item.stored && self.config.drain == Drain::LiveFirst;
        match send(&item.record, Ticket { id: item.record.id, attempt: item.attempt }, marked) {
            Handed::Taken => {
                self.beside += usize::from(item.stored);
                self.flight.insert(item);
            }
            Handed::NotNow => {
                self.give_back(item);
                return false;
            }
            Handed::Told => {
                self.ledger.acknowledge(item.slot);
                self.finished(&item);
            }
            Handed::Void(why) => self.drop_item(&item, why),
        }
        true
    }

    fn take_next(&mut self) -> Option<Item> {
        match self.config.drain {
            Drain::InOrder => match self.front.pop() {
                None if !self.pages.any_unloaded() => self.back.pop(),
                next => next,
            },
            Drain::LiveFirst => match self.back.pop() {
                None if self.beside < BESIDE => self.front.pop(),
                next => next,
            },
        }
    }

    fn give_back(&mut self, item: Item) {
        if item.stored { self.front.insert(item) } else { self.back.insert(item) }
    }

    /// The first record that was handed over and has not ended, and which time it was.
    pub(super) fn first_in_flight(&self) -> Option<(Ticket, &QueuedRecord)> {
        let item = self.flight.first()?;
        Some((Ticket { id: item.record.id, attempt: item.attempt }, &item.record))
    }

    /// What became of a record that was sent.
    pub(super) fn settled(&mut self, ticket: Ticket, delivered: bool) {
        let same = self.flight.get(ticket.id).is_some_and(|item| item.attempt == ticket.attempt);
        let Some(item) = self.flight.take(ticket.id).filter(|_| same) else { return };
        self.beside -= usize::from(item.stored);
        if delivered {
            self.ledger.acknowledge(item.slot);
            self.finished(&item);
        } else {
            self.again(item);
        }
    }

    /// A record that was handed out is given up: another try would be in vain.
    pub(super) fn give_up(&mut self, ticket: Ticket, why: Loss) {
        let same = self.flight.get(ticket.id).is_some_and(|item| item.attempt == ticket.attempt);
        let Some(item) = self.flight.take(ticket.id).filter(|_| same) else { return };
        self.beside -= usize::from(item.stored);
        self.ledger.give_up(item.slot, why, 1);
        self.finished(&item);
    }

    /// The session is gone: what was in flight takes its old place.
    pub(super) fn return_all(&mut self) {
        while let Some(item) = self.flight.pop() {
            self.again(item);
        }
        self.beside = 0;
    }

    fn again(&mut self, item: Item) {
        if self.ledger.is_gone(item.slot) {
            self.ledger.give_up(item.slot, Loss::Removed, 1);
            self.finished(&item);
        } else {
            self.give_back(item);
        }
    }

    /// A record is done with: wherever it is written it can go.
    fn finished(&mut self, item: &Item) {
        let (id, slot) = (item.record.id, item.slot);
        if let Some(Busy::Writing { last, finished, .. }) = &mut self.busy
            && id <= *last
        {
            finished.push((id, slot));
        }
        if id <= self.paged {
            self.garbage.extend(self.pages.finish(id, slot));
        } else {
            self.loose_bytes -= item.size();
            self.garbage.extend(self.minor.finish(id, slot));
        }
    }

    /// Gives up what waited longest; false when nothing waits but what is in flight.
    fn drop_oldest(&mut self, why: Loss) -> bool {
        let waits = |page: &Page| {
            !page.loaded || self.front.has_in(page.first, page.last) || self.back.has_in(page.first, page.last)
        };
        let place = self.pages.iter().position(waits);
        match place {
            Some(index) => self.drop_page(index, why),
            None => match self.front.pop().or_else(|| self.back.pop()) {
                Some(item) => self.drop_item(&item, why),
                None => return false,
            },
        }
        true
    }

    fn drop_item(&mut self, item: &Item, why: Loss) {
        self.ledger.give_up(item.slot, why, 1);
        self.finished(item);
    }

    fn drop_page(&mut self, index: usize, why: Loss) {
        let Some(page) = self.pages.get(index) else { return };
        let (first, last) = (page.first, page.last);
        if page.loaded {
            let mut items = self.front.take_in(first, last);
            items.extend(self.back.take_in(first, last));
            for item in &items {
                self.drop_item(item, why);
            }
        } else if let Some(page) = self.pages.remove(index) {
            for (slot, count) in page.left {
                self.ledger.give_up(slot, why, u64::from(count));
            }
            self.garbage.push(page.first);
        }
    }

    /// A publication is gone: nothing of it is sent any more.
    fn forget(&mut self, slot: Slot) {
        for item in self.fresh.take_of(slot) {
            // It never counted as produced: it does now, and as given up.
            self.ledger.produce(slot, 1);
            self.drop_item(&item, Loss::Removed);
        }
        for item in self.front.take_of(slot).into_iter().chain(self.back.take_of(slot)).collect::<Vec<_>>() {
            self.drop_item(&item, Loss::Removed);
        }
        let (count, emptied) = self.pages.forget(slot);
        self.ledger.give_up(slot, Loss::Removed, count);
        self.garbage.extend(emptied);
    }
}

/// A message as a publication makes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message<'a> {
    pub(super) topic: &'a Arc<str>,
    pub(super) payload: &'a [u8],
    pub(super) qos: Qos,
    pub(super) retain: bool,
    pub(super) at_ms: i64,
}

/// A stored payload that is sent beside live ones, marked as such if it is a JSON object.
pub(super) fn marked(payload: &Bytes) -> Bytes {
    match payload.strip_suffix(b"}") {
        Some(front) if front.starts_with(b"{\"") => [front, b",\"stored\":true}"].concat().into(),
        _ => payload.clone(),
    }
}

#[cfg(test)]
mod tests;
