//! The delivery ledger: of each publication, what was produced and what became of it. At every moment
//! produced = acknowledged + queued + dropped.

use crate::config::publication::PublicationConfig;
use crate::runtime::status::LedgerStatus;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Rows of publications that are gone, shown until the program ends; beyond it the oldest are forgotten.
const GONE: usize = 100;

/// A place in the ledger, good for as long as the connection's unit runs.
pub(in crate::faces::mqtt) type Slot = u32;

/// Why a message was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::faces::mqtt) enum Loss {
    /// There was no more room.
    Full,
    /// It waited too long.
    TooOld,
    /// Its publication was taken out of the configuration.
    Removed,
    /// The disk took nothing, and memory was full.
    Unstored,
    /// It was in a file that was damaged.
    Damaged,
    /// Its session ended before it was written or acknowledged, and nothing waits for another: QoS 0, or no buffer.
    Unsent,
    /// Its template failed on the present values.
    NotMade,
    /// Changes or readings that none may be missing of came faster than they were taken.
    Overrun,
    /// The broker refused it: by its word (MQTT 5), or by closing the connection.
    Refused,
}

const WORDS: [&str; 9] =
    ["full", "too_old", "removed", "unstored", "damaged", "unsent", "not_made", "overrun", "refused"];

/// The ledger of one connection.
#[derive(Debug, Default)]
pub(in crate::faces::mqtt) struct Ledger {
    rows: Vec<Row>,
    by_source: HashMap<Arc<str>, Slot>,
}

#[derive(Debug)]
struct Row {
    source: Arc<str>,
    name: Arc<str>,
    gone: bool,
    produced: u64,
    acknowledged: u64,
    dropped: [u64; WORDS.len()],
    queued: u64,
    /// Of those queued, the ones that only the present session holds.
    loose: u64,
}

/// The id; the name where a document was never given ids.
pub(in crate::faces::mqtt) fn source_of(publication: &PublicationConfig) -> &str {
    let identity = &publication.identity;
    if identity.id.is_empty() { &identity.name } else { &identity.id }
}

impl Ledger {
    /// The sources there are now, with their names; answers the slots of those that are gone since the last time.
    pub(super) fn configure<'a>(&mut self, sources: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Slot> {
        let mut gone: Vec<bool> = vec![true; self.rows.len()];
        for (source, name) in sources {
            let slot = self.slot(source) as usize;
            gone.resize(self.rows.len(), false);
            gone[slot] = false;
            let row = &mut self.rows[slot];
            if *row.name != *name {
                row.name = name.into();
            }
            row.gone = false;
        }
        let mut news = Vec::new();
        for (slot, row) in (0..).zip(&mut self.rows) {
            if gone[slot as usize] && !std::mem::replace(&mut row.gone, true) {
                news.push(slot);
            }
        }
        news
    }

    /// The place of a publication; a new one for a source never heard of.
    pub(super) fn slot(&mut self, source: &str) -> Slot {
        if let Some(slot) = self.by_source.get(source) {
            return *slot;
        }
        let source: Arc<str> = source.into();
        let slot = Slot::try_from(self.rows.len()).unwrap_or(Slot::MAX);
        let name = Arc::clone(&source);
        let (produced, acknowledged, dropped, queued, loose) = (0, 0, [0; WORDS.len()], 0, 0);
        let row =
            Row { source: Arc::clone(&source), name, gone: false, produced, acknowledged, dropped, queued, loose };
        self.rows.push(row);
        self.by_source.insert(source, slot);
        slot
    }

    /// The source of a place.
    pub(super) fn source(&self, slot: Slot) -> Arc<str> {
        Arc::clone(&self.rows[slot as usize].source)
    }

    pub(super) fn is_gone(&self, slot: Slot) -> bool {
        self.rows[slot as usize].gone
    }

    /// So many messages are there.
    pub(in crate::faces::mqtt) fn produce(&mut self, slot: Slot, count: u64) {
        let row = &mut self.rows[slot as usize];
        row.produced += count;
        row.queued += count;
    }

    /// A message is there that only this session holds.
    pub(in crate::faces::mqtt) fn produce_loose(&mut self, slot: Slot) {
        self.produce(slot, 1);
        self.rows[slot as usize].loose += 1;
    }

    pub(super) fn acknowledge(&mut self, slot: Slot) {
        let row = &mut self.rows[slot as usize];
        row.acknowledged += 1;
        row.queued -= 1;
    }

    pub(in crate::faces::mqtt) fn give_up(&mut self, slot: Slot, why: Loss, count: u64) {
        let row = &mut self.rows[slot as usize];
        row.dropped[why as usize] += count;
        row.queued -= count;
    }

    /// What became of a message that only this session held.
    pub(in crate::faces::mqtt) fn settle_loose(&mut self, slot: Slot, delivered: bool) {
        self.rows[slot as usize].loose -= 1;
        if delivered {
            self.acknowledge(slot);
        } else {
            self.give_up(slot, Loss::Unsent, 1);
        }
    }

    /// The broker refused a message that only this session held.
    pub(in crate::faces::mqtt) fn refuse_loose(&mut self, slot: Slot) {
        self.rows[slot as usize].loose -= 1;
        self.give_up(slot, Loss::Refused, 1);
    }

    /// The session is gone with whatever it held.
    pub(in crate::faces::mqtt) fn lose_loose(&mut self) {
        for slot in 0..self.rows.len() {
            let loose = std::mem::take(&mut self.rows[slot].loose);
            if 0 < loose {
                self.give_up(Slot::try_from(slot).unwrap_or(Slot::MAX), Loss::Unsent, loose);
            }
        }
    }

    /// Whether every row balances, and the queue holds, place by place, what the ledger says is queued.
    pub(super) fn balances(&self, held: &HashMap<Slot, u64>) -> bool {
        (0..).zip(&self.rows).all(|(slot, row)| {
            row.produced == row.acknowledged + row.queued + row.dropped.iter().sum::<u64>()
                && row.queued == row.loose + held.get(&slot).copied().unwrap_or(0)
        })
    }

    /// As shown: those that are there, and of those that are gone the newest.
    pub(in crate::faces::mqtt) fn shown(&self) -> Vec<LedgerStatus> {
        let gone = self.rows.iter().filter(|row| row.gone && 0 < row.produced).count();
        let mut hidden = gone.saturating_sub(GONE);
        let mut shown = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            if row.gone && (row.produced == 0 || 0 < hidden) {
                hidden = hidden.saturating_sub(usize::from(0 < row.produced));
                continue;
            }
            let dropped = WORDS.iter().zip(row.dropped).filter(|(_, count)| 0 < *count);
            shown.push(LedgerStatus {
                id: Arc::clone(&row.source),
                name: Arc::clone(&row.name),
                removed: row.gone,
                produced: row.produced,
                acknowledged: row.acknowledged,
                queued: row.queued,
                dropped: dropped.map(|(word, count)| (*word, count)).collect::<BTreeMap<_, _>>(),
            });
        }
        shown
    }
}
