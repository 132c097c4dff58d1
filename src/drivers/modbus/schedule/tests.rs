use super::*;
use proptest::prelude::*;
use std::fmt::Write as _;

const MS: Duration = Duration::from_millis(1);

fn key(device: u32, job: u32) -> JobKey {
    JobKey { device: DeviceKey(device), job }
}

/// A line with one slot, whose transactions take as long as each read's cost says.
struct Bench {
    schedule: Schedule,
    costs: HashMap<JobKey, Duration>,
    began: Instant,
    now: Instant,
    probe_cost: Duration,
    text: String,
    reads: HashMap<JobKey, u32>,
    /// How late each read was done after its stretched deadline.
    late: Vec<Duration>,
    probing: Duration,
}

impl Bench {
    fn new(percent: u8) -> Self {
        let now = Instant::now();
        Self {
            schedule: Schedule::new(1, percent, now),
            costs: HashMap::new(),
            began: now,
            now,
            probe_cost: 100 * MS,
            text: String::new(),
            reads: HashMap::new(),
            late: Vec::new(),
            probing: Duration::ZERO,
        }
    }

    fn add(&mut self, key: JobKey, period_ms: u32, cost: Duration, phase: f64) {
        let period = (period_ms != 0).then(|| period_ms * MS);
        self.costs.insert(key, cost);
        self.schedule.add(key, period, cost, Start::Fresh(phase), self.now);
    }

    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            let probe_cost = self.probe_cost;
            match self.schedule.next(self.now, |_| probe_cost) {
                Choice::Read(key) => {
                    self.say(&format!("{}.{}", key.device.0, key.job));
                    *self.reads.entry(key).or_default() += 1;
                    let cost = self.costs[&key];
                    self.now += cost;
                    let deadline = match self.schedule.entries[&key].state {
                        State::Flying { deadline, .. } => deadline,
                        other => panic!("{other:?} is not under way"),
                    };
                    let beat = self.schedule.advance(self.now);
                    self.late.push(beat.0.saturating_sub(deadline.0).mul_f64(self.schedule.stretch()));
                    self.schedule.done(key, cost, self.now);
                }
                Choice::Probe(device) => {
                    self.say(&format!("probe {}", device.0));
                    self.now += self.probe_cost;
                    self.probing += self.probe_cost;
                    self.schedule.probe_spent(self.probe_cost, self.now);
                    self.schedule.set_probe(device, Some(self.now + 1000 * MS));
                }
                Choice::Wait(until) => {
                    assert!(self.now < until, "waiting for what is due");
                    self.now = until.min(end);
                }
                Choice::Nothing => return,
            }
        }
    }

    fn say(&mut self, what: &str) {
        let at = self.now.duration_since(self.began).as_millis();
        writeln!(self.text, "{at:>5} {what}").unwrap();
    }

    fn rate(&self, key: JobKey, time: Duration) -> f64 {
        f64::from(self.reads.get(&key).copied().unwrap_or(0)) / time.as_secs_f64()
    }
}

#[track_caller]
fn transcript(bench: &Bench, expect: &str) {
    let lines = |text: &str| text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    assert_eq!(lines(&bench.text), lines(expect));
}

#[test]
fn the_earliest_deadline_goes_first_and_reads_spread_over_their_periods() {
    let mut bench = Bench::new(5);
    bench.add(key(0, 0), 300, 10 * MS, 0.5);
    bench.add(key(1, 0), 100, 10 * MS, 0.3);
    bench.add(key(2, 0), 100, 10 * MS, 0.9);
    bench.run(350 * MS);
    transcript(
        &bench,
        "0 1.0
         10 2.0
         20 0.0
         40 1.0
         110 2.0
         140 1.0
         180 0.0
         210 2.0
         240 1.0
         310 2.0
         340 1.0",
    );
}

#[test]
fn twice_the_load_halves_every_rate_alike() {
    // Each period asks for half of the line.
    let periods = [(100, 1), (200, 2), (1000, 10), (10_000, 100)];
    let mut bench = Bench::new(5);
    for ((period, count), device) in periods.into_iter().zip(0..) {
        for job in 0..count {
            bench.add(key(device, job), period, 50 * MS, f64::from(job) / f64::from(count));
        }
    }
    bench.run(Duration::from_secs(60));
    bench.reads.clear();
    let time = Duration::from_secs(200);
    bench.run(time);
    for ((period, count), device) in periods.into_iter().zip(0..) {
        for job in 0..count {
            let share = bench.rate(key(device, job), time) * f64::from(period) / 1e3;
            assert!((0.45..0.55).contains(&share), "{device}.{job} got {share} of its rate");
        }
    }
    assert!((1.9..2.1).contains(&bench.schedule.stretch()), "{}", bench.schedule.stretch());
    assert!((1.99..2.01).contains(&bench.schedule.load()));
}

#[test]
fn lost_turns_are_counted_as_what_is_missing_of_the_wanted_rate() {
    let mut bench = Bench::new(5);
    bench.add(key(0, 0), 100, 90 * MS, 0.0);
    bench.add(key(1, 0), 100, 60 * MS, 0.0);
    let mut lost = 0;
    let end = bench.now + Duration::from_secs(60);
    while bench.now < end {
        match bench.schedule.next(bench.now, |_| MS) {
            Choice::Read(key) => {
                bench.now += bench.costs[&key];
                lost += bench.schedule.done(key, bench.costs[&key], bench.now);
            }
            Choice::Wait(until) => bench.now = until,
            other => panic!("{other:?}"),
        }
    }
    // 600 turns each are wanted, and two thirds of them are to be had.
    assert!((380..=420).contains(&lost), "{lost}");
}

#[test]
fn what_is_read_flat_out_takes_the_rest_and_a_tenth_of_a_full_line() {
    let mut bench = Bench::new(5);
    bench.add(key(0, 0), 100, 20 * MS, 0.1);
    bench.add(key(1, 0), 0, 5 * MS, 0.0);
    bench.add(key(1, 1), 0, 5 * MS, 0.0);
    let time = Duration::from_secs(20);
    bench.run(time);
    let share = bench.rate(key(0, 0), time) / 10.0;
    assert!((0.97..=1.02).contains(&share), "{share}");
    let (a, b) = (bench.rate(key(1, 0), time), bench.rate(key(1, 1), time));
    assert!((78.0..81.0).contains(&a) && (a - b).abs() < 1.0, "{a} {b} take the remaining 80 %");

    let mut bench = Bench::new(5);
    bench.add(key(0, 0), 100, 200 * MS, 0.1);
    bench.add(key(1, 0), 0, 5 * MS, 0.0);
    let time = Duration::from_secs(60);
    bench.run(time);
    let flat = bench.rate(key(1, 0), time) * 0.005;
    assert!((0.08..0.12).contains(&flat), "{flat} of the time");
    assert!((4.2..4.7).contains(&bench.rate(key(0, 0), time)), "{}", bench.rate(key(0, 0), time));
}

#[test]
fn probes_wait_for_a_hole_or_for_their_budget() {
    let mut bench = Bench::new(5);
    bench.probe_cost = 50 * MS;
    bench.add(key(1, 0), 100, 10 * MS, 1.0);
    bench.schedule.set_probe(DeviceKey(9), Some(bench.now));
    bench.schedule.set_probe(DeviceKey(8), Some(bench.now));
    bench.run(300 * MS);
    // The first by the budget, the second in the hole before the next read.
    transcript(&bench, "0 1.0\n10 probe 8\n110 1.0\n120 probe 9\n210 1.0");

    // No hole: the budget alone.
    let mut bench = Bench::new(5);
    bench.add(key(1, 0), 0, 10 * MS, 0.0);
    for device in 2..8 {
        bench.schedule.set_probe(DeviceKey(device), Some(bench.now));
    }
    let time = Duration::from_secs(60);
    bench.run(time);
    let share = bench.probing.as_secs_f64() / time.as_secs_f64();
    assert!((0.04..=0.052).contains(&share), "{share} of the time went into probes");
}

#[test]
fn an_overloaded_line_hears_of_a_device_that_is_back() {
    let mut bench = Bench::new(5);
    for device in 0..4 {
        bench.add(key(device, 0), 100, 90 * MS, 0.0);
    }
    bench.schedule.set_probe(DeviceKey(9), Some(bench.now));
    bench.run(Duration::from_secs(11));
    assert!(bench.text.contains("probe 9"));
    let time = Duration::from_secs(120);
    bench.probing = Duration::ZERO;
    bench.run(time);
    assert!(bench.probing <= time / 19, "{:?} of {time:?} went into probes", bench.probing);
}

#[test]
fn what_is_hurried_keeps_its_place_in_the_grid() {
    let mut bench = Bench::new(5);
    bench.add(key(0, 0), 1000, 10 * MS, 0.5);
    bench.run(100 * MS);
    bench.schedule.rush(key(0, 0), bench.now);
    bench.run(1500 * MS);
    transcript(&bench, "0 0.0\n100 0.0\n510 0.0\n1510 0.0");
}

#[test]
fn what_is_written_all_the_time_stops_no_other_read() {
    let mut bench = Bench::new(5);
    bench.add(key(0, 0), 100, 10 * MS, 0.5);
    bench.add(key(1, 0), 100, 10 * MS, 0.7);
    for _ in 0..500 {
        bench.schedule.rush(key(0, 0), bench.now);
        bench.run(10 * MS);
    }
    let (written, other) = (bench.reads[&key(0, 0)], bench.reads[&key(1, 0)]);
    assert!((48..=52).contains(&other) && 400 < written, "{written} {other}");
}

#[test]
fn a_write_during_its_read_leads_to_another_read() {
    let mut bench = Bench::new(5);
    bench.add(key(0, 0), 1000, 10 * MS, 0.5);
    assert_eq!(bench.schedule.next(bench.now, |_| MS), Choice::Read(key(0, 0)));
    bench.schedule.rush(key(0, 0), bench.now);
    bench.schedule.done(key(0, 0), 10 * MS, bench.now + 10 * MS);
    assert_eq!(bench.schedule.next(bench.now + 10 * MS, |_| MS), Choice::Read(key(0, 0)));
}

#[test]
fn a_silent_devices_reads_ask_for_nothing_and_come_back_in_their_places() {
    let mut bench = Bench::new(5);
    bench.add(key(0, 0), 100, 50 * MS, 0.2);
    bench.run(60 * MS);
    bench.schedule.park(key(0, 0));
    assert!(bench.schedule.load() < 1e-9);
    assert_eq!(bench.schedule.next(bench.now, |_| MS), Choice::Nothing);
    bench.now += 1000 * MS;
    bench.schedule.revive(key(0, 0), bench.now);
    bench.run(150 * MS);
    transcript(&bench, "0 0.0\n1060 0.0\n1170 0.0");
    assert!((0.49..0.51).contains(&bench.schedule.load()));
}

#[test]
fn what_was_removed_under_way_ends_unheard() {
    let mut bench = Bench::new(5);
    bench.add(key(0, 0), 100, 50 * MS, 0.2);
    assert_eq!(bench.schedule.next(bench.now, |_| MS), Choice::Read(key(0, 0)));
    bench.schedule.remove(key(0, 0));
    assert_eq!(bench.schedule.done(key(0, 0), MS, bench.now), 0);
    bench.schedule.retry(key(0, 0));
    assert_eq!(bench.schedule.next(bench.now, |_| MS), Choice::Nothing);
    assert!(bench.schedule.load() < 1e-9);
}

#[test]
fn a_late_read_keeps_its_place_in_the_grid() {
    let at = |ms: u64| Beat(Duration::from_millis(ms));
    assert_eq!(again(at(1000), 100 * MS, at(1030)), (at(1100), 0));
    assert_eq!(again(at(1000), 100 * MS, at(1130)), (at(1200), 1));
    assert_eq!(again(at(1000), 100 * MS, at(2010)), (at(2100), 10));
}

#[test]
fn a_line_that_stood_still_goes_on_where_it_was() {
    let mut bench = Bench::new(5);
    for device in 0..10 {
        bench.add(key(device, 0), 100, 5 * MS, f64::from(device) / 10.0);
    }
    bench.run(1000 * MS);
    // The host slept.
    bench.now += Duration::from_secs(3600);
    bench.reads.clear();
    bench.run(1000 * MS);
    assert!(bench.reads.values().all(|reads| (9..=11).contains(reads)), "{:?}", bench.reads);
}

prop_compose! {
    /// Reads with random periods and costs, scaled to a load of 60 to 400 % of the line.
    fn overloaded()(
        percent in 60u32..400,
        jobs in proptest::collection::vec((150f64..8_000.0, 2f64..60.0, 0f64..1.0), 3..60),
    ) -> (f64, Vec<(u32, Duration, f64)>) {
        let sum: f64 = jobs.iter().map(|(period, cost, _)| cost / period).sum();
        let factor = sum / (f64::from(percent) / 100.0);
        // Periods are fitted to the load; none becomes shorter than a few transactions.
        let mut load = 0.0;
        let jobs = jobs.into_iter().map(|(period, cost, phase)| {
            let period = (period * factor).max(150.0);
            load += cost / period.floor();
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            (period as u32, Duration::from_secs_f64(cost / 1e3), phase)
        }).collect();
        (load, jobs)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 50, ..ProptestConfig::default() })]
    #[test]
    fn every_read_gets_the_same_share_of_its_wanted_rate((load, jobs) in overloaded()) {
        let mut bench = Bench::new(5);
        for ((period, cost, phase), job) in jobs.iter().zip(0..) {
            bench.add(key(0, job), *period, *cost, *phase);
        }
        let longest = jobs.iter().map(|job| job.0).max().unwrap_or(0) * MS;
        // Past the first reads, which all come at once, then long enough for the rarest.
        bench.run(longest.mul_f64(2.0 * load.max(1.0)));
        bench.reads.clear();
        bench.late.clear();
        let time = longest.mul_f64(60.0 * load.max(1.0));
        bench.run(time);
        for ((period, ..), job) in jobs.iter().zip(0..) {
            let share = bench.rate(key(0, job), time) * f64::from(*period) / 1e3 * load.max(1.0);
            prop_assert!((0.96..1.04).contains(&share), "{period} ms got {share} of what a load of {load} leaves");
        }
        bench.late.sort_unstable();
        let most = bench.late[bench.late.len() * 99 / 100];
        prop_assert!(most <= 4 * 60 * MS, "{most:?} late at a load of {load}");
    }
}
