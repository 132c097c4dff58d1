use super::*;
use crate::modbus::address::Table::{Coil, Holding, Input};
use crate::modbus::blocks::{Limits, Plan, Wanted, plan};
use crate::modbus::cost::Cost;
use crate::modbus::wire::{Parity, Wire};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A device with faults of its own, and what was asked of it.
#[derive(Debug, Clone, Default)]
struct Sim {
    illegal: BTreeSet<(Table, u32)>,
    /// Reads may not cross from the address before to this one.
    seams: BTreeSet<(Table, u32)>,
    registers: Option<u16>,
    bits: Option<u16>,
    /// What it answers to too long a read: an exception, or nothing.
    too_long: Option<u8>,
    unknown: BTreeSet<Table>,
    asked: Vec<Span>,
}

impl Sim {
    fn read(&mut self, span: Span) -> Outcome {
        self.asked.push(span);
        let addresses = || u32::from(span.address())..span.end();
        let most = if span.table().is_bits() { self.bits } else { self.registers };
        if self.unknown.contains(&span.table()) {
            Outcome::Exception(1)
        } else if most.is_some_and(|most| most < span.count()) {
            self.too_long.map_or(Outcome::Silence, Outcome::Exception)
        } else if addresses().any(|at| self.illegal.contains(&(span.table(), at)))
            || addresses().skip(1).any(|at| self.seams.contains(&(span.table(), at)))
        {
            Outcome::Exception(2)
        } else {
            Outcome::Good
        }
    }

    fn refuses(&self, span: Span) -> bool {
        self.clone().read(span) != Outcome::Good
    }
}

fn cost() -> Cost {
    let wire = Wire { baud: 9600, data_bits: 8, parity: Parity::Even, stop_bits: 1 };
    Cost::rtu(&wire, wire.silence(), wire.silence())
}

const FULL: Limits = Limits { registers: 125, bits: 2000 };

fn wanted(list: &[(Table, u16, u16)]) -> Vec<Wanted> {
    let one = |(table, address, count): &(Table, u16, u16)| Wanted {
        span: Span::new(*table, *address, *count).unwrap(),
        period_ms: 1000,
    };
    list.iter().map(one).collect()
}

fn run(table: Table, range: std::ops::Range<u16>) -> Vec<(Table, u16, u16)> {
    range.map(|at| (table, at, 1)).collect()
}

/// Reads as a scheduler would: what is new at once, the rest in turn, until all is answered.
#[track_caller]
fn settle(sim: &mut Sim, lessons: &mut Lessons, wanted: &[Wanted]) -> Plan {
    let mut reads = plan(wanted, FULL, &cost(), lessons);
    // When each of them was read last, and whether it was answered.
    let mut last: BTreeMap<Span, (usize, bool)> = BTreeMap::new();
    for turn in 1..20_000 {
        let trials = reads.trials.iter().filter(|trial| trial.at_once).map(|trial| trial.span);
        let all: Vec<Span> = trials.chain(reads.blocks.iter().map(|block| block.span)).collect();
        last.retain(|span, _| all.contains(span));
        if lessons.case.is_none() && all.iter().all(|span| last.get(span).is_some_and(|(_, answered)| *answered)) {
            return reads;
        }
        let Some(span) = all.into_iter().min_by_key(|span| last.get(span).map_or(0, |(turn, _)| *turn)) else {
            return reads;
        };
        let outcome = sim.read(span);
        last.insert(span, (turn, outcome == Outcome::Good));
        if lessons.outcome(wanted, span, outcome) == Verdict::Replan {
            reads = plan(wanted, FULL, &cost(), lessons);
        }
    }
    panic!("no rest after 20000 reads: {lessons:?}");
}

/// What is tried again only after a pause, once.
fn try_again(sim: &mut Sim, lessons: &mut Lessons, wanted: &[Wanted]) -> Plan {
    for trial in plan(wanted, FULL, &cost(), lessons).trials {
        let outcome = sim.read(trial.span);
        lessons.outcome(wanted, trial.span, outcome);
        if outcome != Outcome::Good {
            // Silence is believed the second time.
            lessons.outcome(wanted, trial.span, outcome);
        }
    }
    settle(sim, lessons, wanted)
}

fn spans(plan: &Plan) -> String {
    plan.blocks.iter().map(|block| block.span.to_string()).collect::<Vec<_>>().join(", ")
}

#[track_caller]
fn check(mut sim: Sim, list: &[(Table, u16, u16)], most_reads: usize, expect: &str, refused: &[usize]) -> Lessons {
    let wanted = wanted(list);
    let mut lessons = Lessons::default();
    let plan = settle(&mut sim, &mut lessons, &wanted);
    assert_eq!(spans(&plan), expect, "{lessons:?}");
    assert_eq!(plan.refused.iter().map(|(index, _)| *index).collect::<Vec<_>>(), refused);
    assert!(sim.asked.len() <= most_reads, "{} reads", sim.asked.len());
    lessons
}

#[test]
fn a_well_device_teaches_nothing() {
    let lessons =
        check(Sim::default(), &run(Holding, 0..300), 3, "holding 0..124, holding 125..249, holding 250..299", &[]);
    assert!(lessons.is_empty());
}

#[test]
fn an_illegal_value_costs_its_neighbours_nothing() {
    let sim = Sim { illegal: [(Holding, 37)].into(), ..Sim::default() };
    check(sim, &run(Holding, 0..100), 20, "holding 0..36, holding 38..99", &[37]);
}

#[test]
fn an_illegal_hole_is_not_read_through() {
    let sim = Sim { illegal: [(Input, 5)].into(), ..Sim::default() };
    let list = [(Input, 0, 2), (Input, 2, 1), (Input, 8, 1), (Input, 11, 2)];
    check(sim, &list, 8, "input 0..2, input 8..12", &[]);
}

#[test]
fn a_limit_is_found_exactly() {
    let sim = Sim { registers: Some(16), too_long: Some(3), ..Sim::default() };
    let blocks =
        "holding 0..15, holding 16..31, holding 32..47, holding 48..63, holding 64..79, holding 80..95, holding 96..99";
    let lessons = check(sim, &run(Holding, 0..100), 30, blocks, &[]);
    assert_eq!((lessons.limit(false), lessons.limit(true)), (Some(16), None));
    let sim = Sim { bits: Some(256), too_long: Some(2), ..Sim::default() };
    let lessons = check(sim, &run(Coil, 0..600), 40, "coil 0..255, coil 256..511, coil 512..599", &[]);
    assert_eq!((lessons.limit(false), lessons.limit(true)), (None, Some(256)));
}

#[test]
fn a_limit_of_one_register_is_no_wall_of_holes() {
    let sim = Sim { registers: Some(1), too_long: Some(2), ..Sim::default() };
    let blocks: Vec<String> = (0..40).map(|at| format!("holding {at}")).collect();
    let lessons = check(sim, &run(Holding, 0..40), 100, &blocks.join(", "), &[]);
    assert_eq!((lessons.limit(false), lessons.keep().holes.len()), (Some(1), 0));
}

#[test]
fn a_device_that_is_silent_on_long_reads_is_heard_again() {
    let sim = Sim { registers: Some(20), too_long: None, ..Sim::default() };
    let lessons = check(sim, &run(Holding, 0..60), 60, "holding 0..19, holding 20..39, holding 40..59", &[]);
    assert_eq!(lessons.limit(false), Some(20));
}

#[test]
fn silence_of_the_whole_device_teaches_nothing() {
    let wanted = wanted(&run(Holding, 0..300));
    let mut lessons = Lessons::default();
    for _ in 0..20 {
        let plan = plan(&wanted, FULL, &cost(), &lessons);
        let trials = plan.trials.iter().map(|trial| trial.span);
        for span in plan.blocks.iter().map(|block| block.span).chain(trials) {
            lessons.outcome(&wanted, span, Outcome::Silence);
        }
    }
    assert!(lessons.is_empty());
    assert_eq!(settle(&mut Sim::default(), &mut lessons, &wanted).blocks.len(), 3);
    assert!(lessons.is_empty());
}

#[test]
fn a_seam_between_two_areas_is_kept_apart() {
    let sim = Sim { seams: [(Holding, 50)].into(), ..Sim::default() };
    let lessons = check(sim, &run(Holding, 0..100), 12, "holding 0..49, holding 50..99", &[]);
    assert_eq!(lessons.keep().holes.len(), 1);
}

#[test]
fn an_unknown_table_costs_one_read() {
    let sim = Sim { unknown: [Input].into(), ..Sim::default() };
    let list = [run(Input, 0..50), run(Holding, 0..50)].concat();
    check(sim, &list, 2, "holding 0..49", &(0..50).collect::<Vec<_>>());
}

#[test]
fn a_refusal_that_passes_leaves_nothing() {
    let wanted = wanted(&run(Holding, 0..100));
    for code in [2, 3, 4, 5, 6, 0x0A] {
        let mut lessons = Lessons::default();
        let whole = Span::new(Holding, 0, 100).unwrap();
        for _ in 0..3 {
            lessons.outcome(&wanted, whole, Outcome::Exception(code));
        }
        let plan = settle(&mut Sim::default(), &mut lessons, &wanted);
        assert!(lessons.is_empty());
        assert_eq!(spans(&plan), "holding 0..99");
    }
}

#[test]
fn an_illegal_value_is_asked_for_ever_more_rarely_and_welcomed_back() {
    let wanted = wanted(&run(Holding, 0..10));
    let mut sim = Sim { illegal: [(Holding, 4)].into(), ..Sim::default() };
    let mut lessons = Lessons::default();
    settle(&mut sim, &mut lessons, &wanted);
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let trials = plan(&wanted, FULL, &cost(), &lessons).trials;
        assert_eq!(trials.len(), 1);
        assert!(!trials[0].at_once);
        pauses.push(trials[0].period.as_secs());
        assert_eq!(lessons.outcome(&wanted, trials[0].span, Outcome::Exception(2)), Verdict::Replan);
    }
    assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 600, 600]);
    assert_eq!(lessons.returned(), Verdict::Replan);
    assert_eq!(plan(&wanted, FULL, &cost(), &lessons).trials[0].period.as_secs(), 10);
    sim.illegal.clear();
    assert_eq!(spans(&try_again(&mut sim, &mut lessons, &wanted)), "holding 0..9");
    assert!(lessons.is_empty());
}

#[test]
fn a_mended_device_is_read_in_full_again() {
    let wanted = wanted(&[run(Holding, 0..60), run(Holding, 64..100)].concat());
    let mut sim = Sim {
        illegal: [(Holding, 7), (Holding, 62)].into(),
        seams: [(Holding, 80)].into(),
        registers: Some(16),
        too_long: Some(3),
        ..Sim::default()
    };
    let mut lessons = Lessons::default();
    settle(&mut sim, &mut lessons, &wanted);
    assert!(!lessons.is_empty());
    sim = Sim::default();
    let mut plan = Plan::default();
    for _ in 0..4 {
        plan = try_again(&mut sim, &mut lessons, &wanted);
    }
    assert_eq!(spans(&plan), "holding 0..99");
    assert!(lessons.is_empty());
}

#[test]
fn what_nobody_wants_any_more_is_forgotten() {
    let before = wanted(&[run(Holding, 0..20), run(Holding, 24..40)].concat());
    let mut sim = Sim { illegal: [(Holding, 4), (Holding, 22)].into(), ..Sim::default() };
    let mut lessons = Lessons::default();
    settle(&mut sim, &mut lessons, &before);
    let kept = lessons.keep();
    assert_eq!((kept.illegal.len(), kept.holes.len()), (1, 1));
    lessons.want(&before);
    assert_eq!(lessons.keep(), kept);
    lessons.want(&wanted(&run(Holding, 30..40)));
    assert!(lessons.is_empty());
}

#[test]
fn lessons_are_kept_and_recalled() {
    let wanted = wanted(&[run(Holding, 0..60), run(Holding, 64..100), run(Input, 0..3)].concat());
    let mut sim = Sim {
        illegal: [(Holding, 7), (Holding, 62)].into(),
        registers: Some(20),
        too_long: Some(3),
        unknown: [Input].into(),
        ..Sim::default()
    };
    let mut lessons = Lessons::default();
    let plan = settle(&mut sim, &mut lessons, &wanted);
    let text = serde_json::to_string(&lessons.keep()).unwrap();
    let mut recalled = Lessons::recall(&serde_json::from_str(&text).unwrap());
    assert_eq!(recalled.keep(), lessons.keep());
    sim.asked.clear();
    assert_eq!(settle(&mut sim, &mut recalled, &wanted), plan);
    assert_eq!(sim.asked.len(), plan.blocks.len(), "nothing is learnt twice");
    let newer = text.replace("\"version\":1", "\"version\":2");
    assert!(Lessons::recall(&serde_json::from_str(&newer).unwrap()).is_empty());
}

prop_compose! {
    fn some_sim()(
        illegal in proptest::collection::btree_set((prop_oneof![Just(Coil), Just(Holding)], 0u32..400), 0..12),
        seams in proptest::collection::btree_set((Just(Holding), 1u32..400), 0..4),
        registers in proptest::option::of(4u16..40),
        bits in proptest::option::of(8u16..200),
        too_long in prop_oneof![Just(Some(2)), Just(Some(3)), Just(Some(4)), Just(None)],
    ) -> Sim {
        Sim { illegal, seams, registers, bits, too_long, ..Sim::default() }
    }
}

prop_compose! {
    fn some_values()(
        steps in proptest::collection::vec((prop_oneof![4 => Just(0u16), 2 => 1u16..6, 1 => 6u16..40], prop_oneof![4 => Just(1u16), 2 => Just(2), 1 => Just(4)], any::<bool>()), 1..90),
        periods in prop_oneof![Just([1000, 1000, 1000]), Just([1000, 100, 7000])],
    ) -> Vec<Wanted> {
        let mut at = 0;
        let mut periods = periods.into_iter().cycle();
        steps.into_iter().map(|(hole, width, bit)| {
            let (table, width) = if bit { (Coil, 1) } else { (Holding, width) };
            let span = Span::new(table, at + hole, width).unwrap();
            at += hole + width;
            Wanted { span, period_ms: periods.next().unwrap() }
        }).collect()
    }
}

/// The cheapest reads of one who knows the device.
fn with_hindsight(sim: &Sim, wanted: &[Wanted]) -> f64 {
    let legal: Vec<Wanted> = wanted.iter().filter(|one| !sim.refuses(one.span)).copied().collect();
    let gap = |span: Span| Gap { span, pair: span, pause: FIRST_LONG_PAUSE };
    let illegal = sim.illegal.iter().filter_map(|(table, at)| Span::new(*table, u16::try_from(*at).unwrap(), 1).ok());
    let seams = sim.seams.iter().filter_map(|(table, at)| Span::new(*table, u16::try_from(*at - 1).unwrap(), 2).ok());
    let mut lessons = Lessons { gaps: illegal.chain(seams).map(gap).collect(), ..Lessons::default() };
    let limit = |most: u16| Limit { most, pause: FIRST_LONG_PAUSE, sure: true };
    lessons.limits = [sim.registers.map(limit), sim.bits.map(limit)];
    plan(&legal, FULL, &cost(), &lessons).load(&cost())
}

proptest! {
    #[test]
    fn whatever_the_device_refuses_the_rest_is_read_as_cheaply_as_can_be(mut sim in some_sim(), wanted in some_values()) {
        let mut lessons = Lessons::default();
        let first = plan(&wanted, FULL, &cost(), &lessons).blocks.len();
        let reads = settle(&mut sim, &mut lessons, &wanted);
        // A handful of reads for each thing there is to find and each value; twice that where only the second failure counts.
        let faults = sim.illegal.len() + sim.seams.len() + 2;
        let twice = if matches!(sim.too_long, Some(2 | 3)) { 1 } else { 2 };
        let bound = twice * (2 * first + 20 * faults + 8 * wanted.len());
        prop_assert!(sim.asked.len() <= bound, "{} reads, {} allowed", sim.asked.len(), bound);
        let mut read: BTreeSet<usize> = BTreeSet::new();
        for block in &reads.blocks {
            prop_assert!(!sim.refuses(block.span), "{} is refused", block.span);
            read.extend(&block.members);
        }
        for (index, one) in wanted.iter().enumerate() {
            prop_assert_eq!(read.contains(&index), !sim.refuses(one.span), "{}", one.span);
        }
        // Doubtful lessons are cleared up when they are tried again.
        let mut reads = reads;
        for _ in 0..3 {
            reads = try_again(&mut sim, &mut lessons, &wanted);
        }
        let (load, best) = (reads.load(&cost()), with_hindsight(&sim, &wanted));
        // Of several periods, neither is the very best.
        let slack = if wanted.iter().all(|one| one.period_ms == 1000) { 1.000_001 } else { 1.2 };
        prop_assert!(load <= best * slack, "{load} instead of {best}: {lessons:?}");
    }
}
