use super::*;
use crate::modbus::address::Table::{Coil, Discrete, Holding, Input};
use crate::modbus::wire::{Parity, Wire};
use proptest::prelude::*;
use std::time::{Duration, Instant};

const FULL: Limits = Limits { registers: 125, bits: 2000 };

fn wanted(list: &[(Table, u16, u16, u32)]) -> Vec<Wanted> {
    list.iter()
        .map(|(table, address, count, period_ms)| Wanted {
            span: Span::new(*table, *address, *count).unwrap(),
            period_ms: *period_ms,
        })
        .collect()
}

/// A line where a read costs as much as `hole` registers.
fn costing(hole: u64) -> Cost {
    let wire = Wire { baud: 10_000, data_bits: 8, parity: Parity::None, stop_bits: 1 };
    let bare = Cost::rtu(&wire, Duration::ZERO, Duration::ZERO).read(Span::new(Holding, 0, 1).unwrap());
    let fixed = Duration::from_millis(2 * hole + 2).saturating_sub(bare);
    let cost = Cost::rtu(&wire, fixed, Duration::ZERO);
    assert_eq!(cost.widest_hole(), hole);
    cost
}

fn said(plan: &Plan) -> String {
    let said: Vec<String> = plan.blocks.iter().map(|block| format!("{}@{}", block.span, block.period_ms)).collect();
    said.join(", ")
}

#[track_caller]
fn check(list: &[(Table, u16, u16, u32)], limits: (u16, u16), hole: u64, expect: &str) {
    let limits = Limits { registers: limits.0, bits: limits.1 };
    let plan = plan(&wanted(list), limits, &costing(hole), &Lessons::default());
    assert_eq!(said(&plan), expect);
}

#[test]
fn neighbours_are_read_together() {
    check(&[(Holding, 0, 2, 500), (Holding, 2, 2, 500)], (125, 2000), 10, "holding 0..3@500");
    check(&[(Holding, 2, 2, 500), (Holding, 0, 2, 500)], (125, 2000), 10, "holding 0..3@500");
    check(&[(Holding, 0, 1, 500), (Input, 1, 1, 500)], (125, 2000), 10, "input 1@500, holding 0@500");
    check(&[(Holding, 5, 1, 0), (Holding, 5, 1, 0), (Holding, 5, 2, 0)], (125, 2000), 10, "holding 5..6@0");
    check(&[(Holding, 0, 4, 9), (Holding, 3, 4, 9)], (125, 2000), 10, "holding 0..6@9");
    check(&[(Coil, 0, 1, 9), (Coil, 1, 1, 9), (Coil, 2, 1, 9)], (1, 2), 10, "coil 0..1@9, coil 2@9");
    check(&[(Holding, 65534, 1, 9), (Holding, 65535, 1, 9)], (125, 2000), 10, "holding 65534..65535@9");
}

#[test]
fn a_hole_is_read_through_where_that_is_cheaper() {
    check(&[(Holding, 0, 2, 500), (Holding, 12, 1, 500)], (125, 2000), 11, "holding 0..12@500");
    check(&[(Holding, 0, 2, 500), (Holding, 13, 1, 500)], (125, 2000), 10, "holding 0..1@500, holding 13@500");
    // Bits cost a sixteenth of a register each.
    check(&[(Discrete, 0, 1, 9), (Discrete, 150, 1, 9)], (125, 2000), 10, "discrete 0..150@9");
    check(&[(Discrete, 0, 1, 9), (Discrete, 170, 1, 9)], (125, 2000), 10, "discrete 0@9, discrete 170@9");
}

#[test]
fn the_break_even_follows_the_line() {
    #[track_caller]
    fn check(baud: u32, work_ms: u64, hole: u16) {
        let wire = Wire { baud, data_bits: 8, parity: Parity::Even, stop_bits: 1 };
        let cost = Cost::rtu(&wire, wire.silence(), wire.silence() + Duration::from_millis(work_ms));
        let blocks = |hole: u16| {
            let wanted = wanted(&[(Holding, 0, 1, 1000), (Holding, 1 + hole, 1, 1000)]);
            plan(&wanted, FULL, &cost, &Lessons::default()).blocks.len()
        };
        assert_eq!((blocks(hole), blocks(hole + 1)), (1, 2));
    }
    check(9600, 0, 10);
    check(9600, 10, 14);
    check(115_200, 10, 77);
}

#[test]
fn a_limit_is_spent_where_it_saves_most() {
    // Filling the first read would leave the wide hole to be read through.
    let list: Vec<_> = [0, 1, 2, 7, 8, 9].map(|at| (Holding, at, 1, 9)).into();
    check(&list, (8, 2000), 10, "holding 0..2@9, holding 7..9@9");
    let list: Vec<_> = (0..300).map(|at| (Holding, at, 1, 9)).collect();
    check(&list, (125, 2000), 10, "holding 0..124@9, holding 125..249@9, holding 250..299@9");
}

#[test]
fn wide_values_are_never_split() {
    check(&[(Holding, 0, 2, 9), (Holding, 2, 2, 9)], (3, 2000), 10, "holding 0..1@9, holding 2..3@9");
    let wanted = wanted(&[(Holding, 0, 8, 9), (Holding, 8, 1, 9)]);
    let plan = plan(&wanted, Limits { registers: 4, bits: 1 }, &costing(10), &Lessons::default());
    assert_eq!((plan.too_wide, plan.blocks.len()), (vec![0], 1));
}

#[test]
fn a_slow_value_rides_only_where_that_is_cheaper() {
    // Read for itself it costs 12 registers once in ten times: as a neighbour one register each time.
    check(&[(Holding, 0, 1, 500), (Holding, 1, 1, 5000)], (125, 2000), 11, "holding 0..1@500");
    check(&[(Holding, 0, 1, 500), (Holding, 1, 1, 50_000)], (125, 2000), 11, "holding 0@500, holding 1@50000");
    check(&[(Holding, 0, 1, 500), (Holding, 3, 1, 5000)], (125, 2000), 11, "holding 0@500, holding 3@5000");
    // Inside, it costs nothing.
    check(
        &[(Holding, 0, 1, 500), (Holding, 1, 1, 3_600_000), (Holding, 2, 1, 500)],
        (125, 2000),
        11,
        "holding 0..2@500",
    );
    // A slow read passes over a fast one, rather than joining it or being cut by it.
    check(
        &[(Holding, 0, 1, 60_000), (Holding, 5, 1, 100), (Holding, 10, 1, 60_000)],
        (125, 2000),
        11,
        "holding 5@100, holding 0..10@60000",
    );
    // The same place, wanted at two periods, is read once.
    check(&[(Holding, 7, 2, 500), (Holding, 7, 2, 60_000), (Holding, 8, 1, 9000)], (125, 2000), 11, "holding 7..8@500");
    // A fast part of a slow value is read for itself.
    check(&[(Holding, 0, 100, 60_000), (Holding, 50, 1, 100)], (125, 2000), 11, "holding 50@100, holding 0..99@60000");
}

#[test]
fn flat_out_reads_take_along_only_what_lies_inside() {
    check(&[(Holding, 0, 1, 0), (Holding, 2, 1, 0), (Holding, 1, 1, 9000)], (125, 2000), 11, "holding 0..2@0");
    check(&[(Holding, 0, 1, 0), (Holding, 1, 1, 10)], (125, 2000), 11, "holding 0@0, holding 1@10");
}

#[test]
fn a_hundred_thousand_tags_are_planned_in_no_time() {
    let planned = |list: Vec<(Table, u16, u16, u32)>| {
        let wanted = wanted(&list);
        let began = Instant::now();
        let plan = plan(&wanted, FULL, &costing(11), &Lessons::default());
        assert_eq!(plan.blocks.iter().map(|block| block.members.len()).sum::<usize>(), wanted.len());
        began.elapsed()
    };
    let spread = |at: u32| u16::try_from(at * 7919 % 65_536).unwrap();
    let mixed = (0..100_000u32).map(|at| {
        let table = if at % 2 == 0 { Holding } else { Discrete };
        (table, spread(at / 2), 1, [100, 1000, 10_000][at as usize % 3])
    });
    let every_period = (0..100_000u32).map(|at| (if at % 2 == 0 { Holding } else { Coil }, spread(at / 2), 1, 10 + at));
    // Unoptimised and beside other tests; a quadratic plan would take minutes.
    assert!(planned(mixed.collect()) < Duration::from_secs(5));
    assert!(planned(every_period.collect()) < Duration::from_secs(30));
}

prop_compose! {
    /// Values with random widths, holes and overlaps, of several periods.
    fn some_values(most: usize)(
        steps in proptest::collection::vec((-2i32..6, 1u16..5, 0usize..4, prop_oneof![Just(0u32), Just(100), Just(1000), Just(7000)]), 0..most)
    ) -> Vec<Wanted> {
        let mut at: i32 = 0;
        steps.into_iter().map(|(hole, width, table, period_ms)| {
            let table = Table::ALL[table];
            let width = if table.is_bits() { 1 } else { width };
            at = (at + hole).max(0);
            let span = Span::new(table, u16::try_from(at).unwrap(), width).unwrap();
            at += i32::from(width);
            Wanted { span, period_ms }
        }).collect()
    }
}

/// Every value is served once, whole, often enough, and by a read within the limits that begins and ends with a value.
#[track_caller]
fn check_plan(wanted: &[Wanted], limits: Limits, plan: &Plan) {
    let mut served = vec![0; wanted.len()];
    for block in &plan.blocks {
        let alone = block.members.iter().any(|member| wanted[*member].span == block.span);
        assert!(block.span.count() <= limits.of(block.span.table()) || alone);
        for member in &block.members {
            served[*member] += 1;
            assert!(block.span.offset_of(&wanted[*member].span).is_some());
            assert!(block.period_ms <= wanted[*member].period_ms);
        }
        let inside = || block.members.iter().map(|member| wanted[*member]);
        assert_eq!(inside().map(|one| one.span.address()).min(), Some(block.span.address()));
        assert_eq!(inside().map(|one| one.span.end()).max(), Some(block.span.end()));
        assert_eq!(inside().map(|one| one.period_ms).min(), Some(block.period_ms));
    }
    for (index, _) in &plan.refused {
        served[*index] += 1;
    }
    for index in &plan.too_wide {
        served[*index] += 1;
    }
    assert!(served.iter().all(|times| *times == 1), "{served:?}");
}

proptest! {
    #[test]
    fn every_value_is_served_once_and_whole(wanted in some_values(80), registers in 4u16..20, bits in 4u16..20, hole in 8u64..30) {
        let limits = Limits { registers, bits };
        let plan = plan(&wanted, limits, &costing(hole), &Lessons::default());
        prop_assert!(plan.too_wide.is_empty() && plan.refused.is_empty() && plan.trials.is_empty());
        check_plan(&wanted, limits, &plan);
    }

    /// Against all ways there are, for few values of one period.
    #[test]
    fn one_period_is_read_as_cheaply_as_can_be(
        steps in proptest::collection::vec((0u16..14, 1u16..5), 1..10), registers in 4u16..30, hole in 8u64..16
    ) {
        let mut at = 0;
        let wanted: Vec<Wanted> = steps.into_iter().map(|(gap, width)| {
            let span = Span::new(Holding, at + gap, width).unwrap();
            at += gap + width;
            Wanted { span, period_ms: 1000 }
        }).collect();
        let cost = costing(hole);
        let limits = Limits { registers, bits: 1 };
        let planned: Duration = plan(&wanted, limits, &cost, &Lessons::default()).blocks.iter().map(|block| cost.read(block.span)).sum();
        let mut least = Duration::MAX;
        for cuts in 0..1u32 << (wanted.len() - 1) {
            let mut time = Duration::ZERO;
            let mut begin = 0;
            for end in 1..=wanted.len() {
                if end == wanted.len() || cuts >> (end - 1) & 1 == 1 {
                    let (first, last) = (wanted[begin].span, wanted[end - 1].span);
                    let count = last.end() - u32::from(first.address());
                    if count > u32::from(registers) {
                        time = Duration::MAX;
                        break;
                    }
                    time += cost.read(Span::new(Holding, first.address(), u16::try_from(count).unwrap()).unwrap());
                    begin = end;
                }
            }
            least = least.min(time);
        }
        prop_assert_eq!(planned, least);
    }

    /// Against all ways there are to put few values of two periods into reads.
    #[test]
    fn two_periods_are_read_almost_as_cheaply_as_can_be(
        steps in proptest::collection::vec((0u16..6, prop_oneof![Just(100u32), Just(1000)]), 1..8), hole in 8u64..16
    ) {
        let mut at = 0;
        let wanted: Vec<Wanted> = steps.into_iter().map(|(gap, period_ms)| {
            let span = Span::new(Holding, at + gap, 1).unwrap();
            at += gap + 1;
            Wanted { span, period_ms }
        }).collect();
        let cost = costing(hole);
        let planned = plan(&wanted, FULL, &cost, &Lessons::default()).load(&cost);
        let least = cheapest_partition(&wanted, &cost);
        prop_assert!(planned < 1.1 * least + 1e-9, "{planned} instead of {least}");
    }
}

/// The load of the best of all partitions.
fn cheapest_partition(wanted: &[Wanted], cost: &Cost) -> f64 {
    fn go(rest: &[Wanted], groups: &mut Vec<Vec<Wanted>>, cost: &Cost, least: &mut f64) {
        let Some((first, rest)) = rest.split_first() else {
            let load: f64 = groups
                .iter()
                .map(|group| {
                    let start = group.iter().map(|one| one.span.address()).min().unwrap();
                    let end = group.iter().map(|one| one.span.end()).max().unwrap();
                    let span = Span::new(Holding, start, u16::try_from(end - u32::from(start)).unwrap()).unwrap();
                    let period = group.iter().map(|one| one.period_ms).min().unwrap();
                    cost.read(span).as_secs_f64() * 1e3 / f64::from(period)
                })
                .sum();
            *least = least.min(load);
            return;
        };
        for at in 0..groups.len() {
            groups[at].push(*first);
            go(rest, groups, cost, least);
            groups[at].pop();
        }
        groups.push(vec![*first]);
        go(rest, groups, cost, least);
        groups.pop();
    }
    let mut least = f64::MAX;
    go(wanted, &mut Vec::new(), cost, &mut least);
    least
}
