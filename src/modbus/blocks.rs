//! Tags become few reads: neighbours of one table and one period are read together.
//!
//! Only what touches or overlaps is joined; a value wider than a register is never split over two reads.

use super::address::Span;

/// What one message to this device may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Registers of one read, 1..=125.
    pub registers: u16,
    /// Bits of one read, 1..=2000.
    pub bits: u16,
}

impl Limits {
    fn of(self, span: Span) -> u16 {
        if span.table().is_bits() { self.bits } else { self.registers }
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
    /// How often, in milliseconds; 0 = as fast as possible.
    pub period_ms: u32,
    /// Indexes into the list of what was wanted; each lies wholly within `span`.
    pub members: Vec<usize>,
}

/// The reads of one device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Sorted by period, table and address.
    pub blocks: Vec<Block>,
    /// Indexes of values wider than one message of this device may be; they are in no block.
    pub too_wide: Vec<usize>,
}

/// Groups what is wanted into reads that keep the limits.
pub fn plan(wanted: &[Wanted], limits: Limits) -> Plan {
    let (mut fitting, too_wide): (Vec<usize>, Vec<usize>) =
        (0..wanted.len()).partition(|at| wanted[*at].span.count() <= limits.of(wanted[*at].span));
    fitting.sort_by_key(|at| (wanted[*at].period_ms, wanted[*at].span));
    let mut blocks: Vec<Block> = Vec::new();
    for at in fitting {
        let Wanted { span, period_ms } = wanted[at];
        let joined = blocks.last().filter(|block| block.period_ms == period_ms).and_then(|block| {
            let grown = join(block.span, span)?;
            (grown.count() <= limits.of(grown)).then_some(grown)
        });
        match (joined, blocks.last_mut()) {
            (Some(grown), Some(block)) => {
                block.span = grown;
                block.members.push(at);
            }
            _ => blocks.push(Block { span, period_ms, members: vec![at] }),
        }
    }
    Plan { blocks, too_wide }
}

/// Both spans as one, if the second begins inside the first or right behind it.
fn join(first: Span, second: Span) -> Option<Span> {
    if first.table() != second.table() || first.end() < u32::from(second.address()) {
        return None;
    }
    let end = first.end().max(second.end());
    let count = u16::try_from(end - u32::from(first.address())).ok()?;
    Span::new(first.table(), first.address(), count).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modbus::address::Table;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn wanted(list: &[(Table, u16, u16, u32)]) -> Vec<Wanted> {
        list.iter()
            .map(|(table, address, count, period_ms)| Wanted {
                span: Span::new(*table, *address, *count).unwrap(),
                period_ms: *period_ms,
            })
            .collect()
    }

    #[track_caller]
    fn check(list: &[(Table, u16, u16, u32)], limits: (u16, u16), expect: &str) {
        let plan = plan(&wanted(list), Limits { registers: limits.0, bits: limits.1 });
        let said: Vec<String> = plan.blocks.iter().map(|block| format!("{}@{}", block.span, block.period_ms)).collect();
        assert_eq!(said.join(", "), expect);
    }

    #[test]
    fn neighbours_are_read_together() {
        use Table::{Coil, Holding, Input};
        check(&[(Holding, 0, 2, 500), (Holding, 2, 2, 500)], (125, 2000), "holding 0..3@500");
        check(&[(Holding, 2, 2, 500), (Holding, 0, 2, 500)], (125, 2000), "holding 0..3@500");
        check(&[(Holding, 0, 2, 500), (Holding, 3, 1, 500)], (125, 2000), "holding 0..1@500, holding 3@500");
        check(&[(Holding, 0, 1, 500), (Input, 1, 1, 500)], (125, 2000), "input 1@500, holding 0@500");
        check(&[(Holding, 0, 1, 500), (Holding, 1, 1, 5000)], (125, 2000), "holding 0@500, holding 1@5000");
        check(&[(Holding, 5, 1, 0), (Holding, 5, 1, 0), (Holding, 5, 2, 0)], (125, 2000), "holding 5..6@0");
        check(&[(Coil, 0, 1, 9), (Coil, 1, 1, 9), (Coil, 2, 1, 9)], (1, 2), "coil 0..1@9, coil 2@9");
        check(&[(Holding, 65534, 1, 9), (Holding, 65535, 1, 9)], (125, 2000), "holding 65534..65535@9");
    }

    #[test]
    fn wide_values_are_never_split() {
        use Table::Holding;
        check(&[(Holding, 0, 2, 9), (Holding, 2, 2, 9)], (3, 2000), "holding 0..1@9, holding 2..3@9");
        let plan = plan(&wanted(&[(Holding, 0, 8, 9), (Holding, 8, 1, 9)]), Limits { registers: 4, bits: 1 });
        assert_eq!((plan.too_wide, plan.blocks.len()), (vec![0], 1));
    }

    prop_compose! {
        /// Disjoint values with random widths and holes.
        fn disjoint()(steps in proptest::collection::vec((0u16..4, 1u16..5, 0usize..4, prop_oneof![Just(0u32), Just(100)]), 0..80)) -> Vec<Wanted> {
            let mut at = 0;
            steps.into_iter().map(|(hole, width, table, period_ms)| {
                let span = Span::new(Table::ALL[table], at + hole, width).unwrap();
                at += hole + width;
                Wanted { span, period_ms }
            }).collect()
        }
    }

    proptest! {
        #[test]
        fn blocks_cover_each_register_once_and_keep_the_limits(wanted in disjoint(), registers in 4u16..20, bits in 4u16..20) {
            let limits = Limits { registers, bits };
            let plan = plan(&wanted, limits);
            prop_assert!(plan.too_wide.is_empty());
            let mut read: BTreeMap<(Table, u32), usize> = BTreeMap::new();
            let mut served = vec![0; wanted.len()];
            for block in &plan.blocks {
                prop_assert!(block.span.count() <= limits.of(block.span));
                for at in u32::from(block.span.address())..block.span.end() {
                    *read.entry((block.span.table(), at)).or_default() += 1;
                }
                for member in &block.members {
                    served[*member] += 1;
                    prop_assert!(block.span.offset_of(&wanted[*member].span).is_some());
                    prop_assert_eq!(block.period_ms, wanted[*member].period_ms);
                }
            }
            prop_assert!(served.iter().all(|times| *times == 1));
            let needed: usize = wanted.iter().map(|one| usize::from(one.span.count())).sum();
            prop_assert_eq!(read.len(), needed);
            prop_assert!(read.values().all(|times| *times == 1));
        }
    }
}
