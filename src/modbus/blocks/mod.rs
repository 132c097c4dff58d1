//! Tags become few reads, by what each read costs on this line.
//!
//! The reads of a plan take the least time of the line per second that we know how to find, within what one message of
//! the device may carry and what was learnt of it: a hole is read through where that is cheaper than another request,
//! a value that is wanted rarely rides in a read that is made often where that is cheaper than a read of its own. A
//! value wider than a register is never split over two reads.

mod assemble;
mod cut;
#[cfg(test)]
mod tests;

use super::address::{Span, Table};
use super::cost::Cost;
use super::lessons::{Lessons, Refusal, Trial};
use assemble::{Item, items_of};
use std::collections::HashMap;

/// What one message to this device may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Registers of one read, 1..=125.
    pub registers: u16,
    /// Bits of one read, 1..=2000.
    pub bits: u16,
}

impl Limits {
    /// Items of one read of this table.
    pub fn of(self, table: Table) -> u16 {
        if table.is_bits() { self.bits } else { self.registers }
    }
}

/// One value that is wanted from the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Where it lies.
    pub span: Span,
    /// How often, in milliseconds; 0 = as fast as possible.
    pub period_ms: u32,
}

/// One read, and whom it serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What is read.
    pub span: Span,
    /// How often, in milliseconds: the shortest period of its members; 0 = as fast as possible.
    pub period_ms: u32,
    /// Indexes into the list of what was wanted; each lies wholly within `span`.
    pub members: Vec<usize>,
}

/// The reads of one device. Each index of what was wanted is in one block, or `refused`, or `too_wide`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Sorted by period, table and address.
    pub blocks: Vec<Block>,
    /// Reads that serve nobody and are made only to learn: their outcome is told to the lessons, whatever it is, and
    /// changes no tag and nothing about the device's presence.
    pub trials: Vec<Trial>,
    /// Indexes of values the device refuses to give, and how it does. No block reads them, a trial asks again rarely.
    pub refused: Vec<(usize, Refusal)>,
    /// Indexes of values wider than one message of this device may be; they are in no block.
    pub too_wide: Vec<usize>,
}

impl Plan {
    /// Share of its line's time that the periodic reads need; 1 is all of it. Reads made flat out take what is left
    /// and are not counted.
    pub fn load(&self, cost: &Cost) -> f64 {
        let periodic = self.blocks.iter().filter(|block| block.period_ms != 0);
        periodic.map(|block| cost.read(block.span).as_secs_f64() * 1e3 / f64::from(block.period_ms)).sum()
    }
}

/// Groups what is wanted into the cheapest reads that keep the limits and respect the lessons.
pub fn plan(wanted: &[Wanted], limits: Limits, cost: &Cost, lessons: &Lessons) -> Plan {
    let mut plan = Plan { trials: lessons.trials(wanted), ..Plan::default() };
    plan.trials.retain(|trial| trial.span.count() <= limits.of(trial.span.table()));
    let mut fixed: HashMap<Span, Vec<usize>> = HashMap::new();
    let mut tables: [Vec<usize>; 4] = Default::default();
    let teacher = lessons.reader();
    for (index, one) in wanted.iter().enumerate() {
        if limits.of(one.span.table()) < one.span.count() {
            plan.too_wide.push(index);
        } else if let Some(refusal) = teacher.refusal(one.span) {
            plan.refused.push((index, refusal));
        } else if let Some(part) = teacher.part(one.span) {
            fixed.entry(part).or_default().push(index);
        } else {
            tables[one.span.table() as usize].push(index);
        }
    }
    plan.blocks.extend(fixed.into_iter().map(|(span, members)| {
        let period_ms = members.iter().map(|index| wanted[*index].period_ms).min().unwrap_or(0);
        Block { span, period_ms, members }
    }));
    for (table, indexes) in Table::ALL.into_iter().zip(tables) {
        let bits = table.is_bits();
        let rules = cut::Rules {
            fixed: cost.fixed_nanos(),
            item: cost.item_nanos(bits),
            limit: u32::from(limits.of(table).min(lessons.limit(bits).unwrap_or(u16::MAX))),
            forbidden: &teacher.forbidden(table),
        };
        let (items, riders) = items_of(wanted, indexes);
        let reads = assemble::reads(&items, &rules);
        plan.blocks.extend(reads.into_iter().filter_map(|read| finish(table, &read, &items, &riders, wanted)));
    }
    plan.blocks.sort_by_key(|block| (block.period_ms, block.span));
    plan
}

/// The block of a read: who is served, and no more addresses than those need.
fn finish(
    table: Table,
    read: &assemble::Read,
    items: &[Item],
    riders: &[Vec<usize>],
    wanted: &[Wanted],
) -> Option<Block> {
    let members: Vec<usize> = read.items.iter().flat_map(|item| riders[*item].iter().copied()).collect();
    let start = read.items.iter().map(|item| items[*item].start).min()?;
    let end = read.items.iter().map(|item| items[*item].end).max()?;
    let period_ms = members.iter().map(|index| wanted[*index].period_ms).min()?;
    let span = Span::new(table, u16::try_from(start).ok()?, u16::try_from(end - start).ok()?).ok()?;
    Some(Block { span, period_ms, members })
}
