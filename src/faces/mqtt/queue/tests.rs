use super::keeper::Job;
use super::*;
use crate::config::GatewayConfig;
use crate::store::queue::{Commit, KeptPage};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// A file as the queue sees it.
#[derive(Default)]
struct Disk {
    pages: BTreeMap<u64, Vec<QueuedRecord>>,
    resume: u64,
}

impl Disk {
    fn page(records: &[QueuedRecord], resume: u64) -> KeptPage {
        let mut tally = BTreeMap::new();
        for record in records.iter().filter(|record| resume <= record.id) {
            *tally.entry(Arc::clone(&record.source)).or_default() += 1;
        }
        let times = || records.iter().map(|record| record.at_ms);
        KeptPage {
            first: records[0].id,
            last: records[records.len() - 1].id,
            tally,
            newest_ms: times().max().unwrap(),
            oldest_ms: times().min().unwrap(),
            cost: 100 * records.len() as u64,
            raw: records.iter().map(|record| record.payload.len() as u64).sum(),
        }
    }

    fn run(&mut self, job: Job) -> Done {
        match job {
            Job::Commit(Commit { remove, add, resume }, _) => {
                for first in remove {
                    assert!(self.pages.remove(&first).is_some(), "page {first} is removed twice");
                }
                let added = add.iter().map(|records| Self::page(records, 0)).collect();
                for records in add {
                    assert!(records.windows(2).all(|pair| pair[0].id < pair[1].id));
                    assert!(self.pages.insert(records[0].id, records).is_none(), "a page is written twice");
                }
                self.resume = resume;
                Done::Committed(added)
            }
            Job::Read(pages) => Done::Read(pages.iter().flat_map(|first| self.pages[first].clone()).collect()),
            Job::Sync => Done::Synced,
        }
    }

    fn kept(&self) -> Kept {
        let pages = self.pages.values().map(|records| Self::page(records, self.resume)).collect();
        Kept { pages, resume: self.resume }
    }

    fn serials(&self) -> BTreeSet<u64> {
        let waiting = self.pages.values().flatten().filter(|record| self.resume <= record.id);
        waiting.map(|record| serial(&record.payload)).collect()
    }
}

fn serial(payload: &[u8]) -> u64 {
    u64::from_be_bytes(payload.try_into().unwrap())
}

fn connection(buffer: Json, publications: &[&str]) -> ConnectionConfig {
    let publication = |id: &&str| {
        json!({"name": id, "id": id, "topic": format!("{id}/{{tag}}"), "tags": ["internal/a"], "qos": 1,
        "trigger": {"on_change": true}})
    };
    let document = json!({"format": "dinrail/1", "internal": [{"name": "a", "type": "f64"}],
        "mqtt": {"connections": [{"name": "c", "url": "mqtt://127.0.0.1", "buffer": buffer,
            "publications": publications.iter().map(publication).collect::<Vec<_>>()}]}});
    let (mut config, problems) = GatewayConfig::parse(&document);
    assert_eq!(problems, [], "the test's own document");
    config.connections.remove(0)
}

/// A queue, its file, a broker, and what the broker saw.
struct Bench {
    connection: ConnectionConfig,
    queue: Queue,
    disk: Disk,
    job: Option<Job>,
    now: Instant,
    unix_ms: i64,
    next_serial: u64,
    /// Handed to the session and not acknowledged: ticket and serial.
    sent: Vec<(Ticket, u64)>,
    /// As the broker saw them first.
    arrived: Vec<u64>,
    seen: BTreeSet<u64>,
    acknowledged: BTreeSet<u64>,
    marked: BTreeSet<u64>,
}

impl Bench {
    fn new(buffer: Json) -> Self {
        let connection = connection(buffer, &["p", "q"]);
        let now = Instant::now();
        Self {
            queue: Queue::new(&connection, Kept::default(), None, now),
            connection,
            disk: Disk::default(),
            job: None,
            now,
            unix_ms: 1_800_000_000_000,
            next_serial: 0,
            sent: Vec::new(),
            arrived: Vec::new(),
            seen: BTreeSet::new(),
            acknowledged: BTreeSet::new(),
            marked: BTreeSet::new(),
        }
    }

    fn push(&mut self, source: &str) -> Option<u64> {
        let slot = self.queue.slot(source);
        let topic: Arc<str> = source.into();
        let payload = self.next_serial.to_be_bytes();
        self.next_serial += 1;
        let (qos, retain, at_ms) = (Qos::AtLeastOnce, false, self.unix_ms);
        let message = Message { topic: &topic, payload: &payload, qos, retain, at_ms };
        self.queue.push(slot, message, self.now)
    }

    fn push_all(&mut self, count: usize, source: &str) {
        for _ in 0..count {
            self.push(source);
        }
    }

    fn send(&mut self, count: usize) {
        for _ in 0..count {
            let mut sent = None;
            if !self.queue.send_next(|record, ticket, marked| {
                sent = Some((ticket, serial(&record.payload), marked));
                Handed::Taken
            }) {
                return;
            }
            let (ticket, serial, marked) = sent.unwrap();
            if self.seen.insert(serial) {
                self.arrived.push(serial);
            }
            if marked {
                self.marked.insert(serial);
            }
            self.sent.push((ticket, serial));
        }
    }

    fn acknowledge(&mut self, count: usize) {
        for (ticket, serial) in self.sent.drain(..count.min(self.sent.len())) {
            self.queue.settled(ticket, true);
            self.acknowledged.insert(serial);
        }
    }

    /// The session ends; what was in it is told late, or never.
    fn lose(&mut self, late: bool) {
        self.queue.return_all();
        for (ticket, _) in std::mem::take(&mut self.sent) {
            if late {
                self.queue.settled(ticket, false);
            }
        }
    }

    /// Begins a job, or ends the present one.
    fn job(&mut self, fails: bool) -> bool {
        match self.job.take() {
            None => self.job = self.queue.work(self.now),
            Some(_) if fails => self.queue.complete(Done::Failed("the disk is full".into()), self.now),
            Some(job) => {
                let done = self.disk.run(job);
                self.queue.complete(done, self.now);
                return true;
            }
        }
        self.job.is_some()
    }

    fn settle(&mut self) {
        while self.job(false) {}
    }

    fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        self.unix_ms += i64::try_from(ms).unwrap();
        self.queue.tick(self.now, Some(self.unix_ms));
    }

    /// The program ends at once and begins again.
    fn kill(&mut self) {
        self.job = None;
        self.sent.clear();
        self.queue = Queue::new(&self.connection, self.disk.kept(), None, self.now);
    }

    fn drain(&mut self) {
        for _ in 0..100_000 {
            self.send(5);
            self.acknowledge(5);
            self.settle();
            if self.queue.records() == 0 {
                return;
            }
            self.pass(100);
        }
        panic!("{} records never leave", self.queue.records());
    }

    #[track_caller]
    fn row(&self, source: &str) -> (u64, u64, u64, Vec<(&'static str, u64)>) {
        let rows = self.queue.ledger.shown();
        let row = rows.iter().find(|row| *row.id == *source).unwrap();
        (row.produced, row.acknowledged, row.queued, row.dropped.clone().into_iter().collect())
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Push(usize, bool),
    Send(usize),
    Acknowledge(usize),
    Lose(bool),
    Pass(u64),
    Job,
    FailedJob,
    Kill,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..40usize, any::<bool>()).prop_map(|(count, other)| Step::Push(count, other)),
        4 => (1..30usize).prop_map(Step::Send),
        4 => (1..30usize).prop_map(Step::Acknowledge),
        1 => any::<bool>().prop_map(Step::Lose),
        3 => (1..1500u64).prop_map(Step::Pass),
        6 => Just(Step::Job),
        1 => Just(Step::FailedJob),
        1 => Just(Step::Kill),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn nothing_is_lost_and_first_arrivals_are_in_order_whatever_fails(
        steps in proptest::collection::vec(step(), 1..150), strict in any::<bool>(), live_first in any::<bool>(),
    ) {
        let buffer = json!({"durability": if strict { "strict" } else { "fast" },
            "drain": if live_first { "live-first" } else { "in-order" }});
        let mut bench = Bench::new(buffer);
        let mut lost = BTreeSet::new();
        let mut failed = false;
        for step in steps {
            match step {
                Step::Push(count, other) => {
                    (0..count).for_each(|_| assert!(bench.push(if other { "q" } else { "p" }).is_some()));
                }
                Step::Send(count) => bench.send(count),
                Step::Acknowledge(count) => bench.acknowledge(count),
                Step::Lose(late) => bench.lose(late),
                Step::Pass(ms) => bench.pass(ms),
                Step::Job => drop(bench.job(false)),
                Step::FailedJob => {
                    failed |= bench.job.is_some();
                    bench.job(true);
                }
                Step::Kill => {
                    let kept = bench.disk.serials();
                    let waiting: Vec<u64> = (0..bench.next_serial)
                        .filter(|serial| !bench.acknowledged.contains(serial) && !lost.contains(serial)).collect();
                    let gone = waiting.iter().filter(|serial| !kept.contains(serial));
                    lost.extend(gone.copied().collect::<Vec<_>>());
                    if strict && !failed {
                        let lanes = [&bench.queue.flight, &bench.queue.front, &bench.queue.back];
                        for item in lanes.iter().flat_map(|lane| lane.iter()) {
                            prop_assert!(kept.contains(&serial(&item.record.payload)), "it counts and is not written");
                        }
                    }
                    bench.kill();
                    failed = false;
                }
            }
            prop_assert!(bench.queue.balances(), "after {:?}", step);
        }
        bench.drain();
        prop_assert!(bench.queue.balances());
        let expect: BTreeSet<u64> = (0..bench.next_serial).filter(|serial| !lost.contains(serial)).collect();
        let missing: Vec<_> = expect.difference(&bench.acknowledged).collect();
        prop_assert!(missing.is_empty(), "never acknowledged: {:?}", missing);
        bench.pass(6000);
        bench.settle();
        bench.pass(1000);
        bench.settle();
        prop_assert!(bench.disk.pages.is_empty(), "left in the file: {:?}", bench.disk.pages.keys());
        if !live_first {
            prop_assert!(bench.arrived.is_sorted(), "{:?}", bench.arrived);
        }
    }
}

#[test]
fn what_is_acknowledged_within_a_second_asks_nothing_of_the_file() {
    let mut bench = Bench::new(json!({}));
    for _ in 0..100 {
        bench.push("p");
        bench.send(1);
        bench.pass(20);
        bench.acknowledge(1);
        assert!(bench.queue.work(bench.now).is_none());
    }
    assert_eq!(bench.row("p"), (100, 100, 0, vec![]));
}

#[test]
fn strict_sends_and_counts_nothing_before_it_is_written() {
    let mut bench = Bench::new(json!({"durability": "strict"}));
    bench.push("p");
    bench.send(1);
    assert_eq!((bench.sent.len(), bench.row("p").0), (0, 0));
    assert!(bench.job(false), "a commit begins at once");
    bench.push("p");
    bench.job(false);
    bench.send(5);
    assert_eq!((bench.sent.len(), bench.row("p").0), (1, 1), "what came during the commit waits for the next");
    bench.settle();
    bench.send(5);
    assert_eq!((bench.sent.len(), bench.row("p").0), (2, 2));
}

#[test]
fn a_full_queue_gives_up_what_its_setting_says() {
    for (full, first, last) in [("drop-oldest", false, true), ("drop-newest", true, false)] {
        let mut bench = Bench::new(json!({"max_mib": 1, "full": full}));
        let mut refused = 0;
        for _ in 0..200 {
            for _ in 0..100 {
                refused += usize::from(bench.push("p").is_none());
            }
            bench.pass(1100);
            bench.settle();
        }
        let (produced, _, queued, dropped) = bench.row("p");
        assert_eq!(produced, 20_000);
        assert_eq!(dropped, [("full", 20_000 - queued)]);
        assert!(8000 < queued && queued < 11_000, "{queued} of 100 bytes each");
        assert_eq!(0 < refused, full == "drop-newest");
        bench.drain();
        assert_eq!((bench.acknowledged.contains(&0), bench.acknowledged.contains(&19_999)), (first, last), "{full}");
        assert!(bench.disk.pages.is_empty() || bench.queue.work(bench.now + WAIT).is_some());
    }
}

#[test]
fn what_waits_too_long_is_given_up_wherever_it_is() {
    let mut bench = Bench::new(json!({"max_age_h": 1}));
    bench.push_all(100, "p");
    bench.pass(2000);
    bench.settle();
    bench.send(3);
    bench.pass(1_800_000);
    bench.push("q");
    bench.pass(1_801_000);
    bench.settle();
    assert_eq!(bench.row("p"), (100, 0, 3, vec![("too_old", 97)]), "what is in flight is not touched");
    assert_eq!(bench.row("q").2, 1);
    bench.pass(1_801_000);
    assert_eq!(bench.row("q"), (1, 0, 0, vec![("too_old", 1)]));
}

#[test]
fn a_publication_that_goes_takes_its_records_along_and_no_others() {
    let mut bench = Bench::new(json!({}));
    for _ in 0..60 {
        bench.push("p");
        bench.push("q");
    }
    bench.pass(2000);
    bench.settle();
    bench.send(2);
    bench.push("p");
    bench.connection = connection(json!({"max_age_h": 2}), &["q"]);
    bench.queue.configure(&bench.connection);
    assert_eq!(bench.row("p"), (61, 0, 1, vec![("removed", 60)]), "one is in flight");
    assert_eq!(bench.row("q").2, 60);
    bench.lose(true);
    assert_eq!(bench.row("p"), (61, 0, 0, vec![("removed", 61)]));
    bench.drain();
    assert_eq!(bench.row("q"), (60, 60, 0, vec![]));
    // Also one that went while the program was not there.
    bench.push_all(30, "q");
    bench.pass(2000);
    bench.settle();
    bench.connection = connection(json!({}), &["p"]);
    bench.kill();
    assert_eq!(bench.row("q"), (30, 0, 0, vec![("removed", 30)]));
    assert!(bench.queue.balances());
}

#[test]
fn a_disk_that_takes_nothing_is_said_and_memory_goes_on_within_its_bound() {
    let mut bench = Bench::new(json!({"durability": "strict"}));
    bench.push("p");
    assert!(bench.job(false));
    bench.job(true);
    assert_eq!(bench.queue.trouble(), Some("messages wait in memory alone: the disk is full"));
    assert_eq!(bench.row("p").0, 1, "what cannot be written counts, and is sent from memory");
    let many = MEMORY / 200;
    bench.push_all(many, "p");
    let (produced, _, queued, dropped) = bench.row("p");
    assert_eq!((produced, dropped.as_slice()), (many as u64 + 1, &[("unstored", produced - queued)][..]));
    assert!(MEMORY - 1000 < bench.queue.loose_bytes && bench.queue.loose_bytes <= MEMORY);
    // With room again everything that is left is written, and the trouble is over.
    assert!(!bench.job(false), "not before its time");
    bench.pass(5000);
    bench.settle();
    assert_eq!(bench.queue.trouble(), None);
    assert_eq!(bench.disk.serials().len() as u64, queued);
    assert!(bench.queue.loose_bytes == 0);
}

#[test]
fn trouble_ends_although_nothing_waits_any_more() {
    let mut bench = Bench::new(json!({}));
    bench.push("p");
    bench.pass(1500);
    bench.job(false);
    bench.job(true);
    bench.send(1);
    bench.acknowledge(1);
    bench.pass(5000);
    bench.settle();
    assert_eq!(bench.queue.trouble(), None);
}

#[test]
fn a_damaged_file_costs_what_only_it_held() {
    let mut bench = Bench::new(json!({}));
    bench.push_all(100, "p");
    bench.pass(1500);
    bench.settle();
    let in_memory = bench.queue.front.len() as u64;
    assert!(0 < in_memory && in_memory < 100);
    bench.send(5);
    bench.queue.complete(Done::Aside("/data/queue-c.db.damaged-1".into()), bench.now);
    bench.disk = Disk::default();
    assert!(
        bench.queue.shown(bench.unix_ms, bench.now).notice.unwrap().contains("put aside as /data/queue-c.db.damaged-1")
    );
    assert_eq!(bench.row("p"), (100, 0, in_memory, vec![("damaged", 100 - in_memory)]));
    bench.pass(1500);
    bench.settle();
    assert_eq!(bench.disk.serials().len() as u64, in_memory, "what memory held is written anew");
    bench.drain();
    assert!(bench.arrived.is_sorted());
}

#[test]
fn live_first_sends_what_is_new_at_once_and_marks_what_waited() {
    let mut bench = Bench::new(json!({"drain": "live-first"}));
    bench.push_all(200, "p");
    bench.pass(1500);
    bench.settle();
    bench.push("q");
    bench.send(80);
    assert_eq!(bench.arrived[..3], [200, 0, 1], "the new one, then the old ones");
    assert_eq!(bench.sent.len(), 1 + BESIDE, "stored ones leave room for new ones");
    bench.drain();
    assert_eq!(bench.marked, (0..200).collect());
    assert_eq!(marked(&Bytes::from_static(b"{\"value\":1}")), "{\"value\":1,\"stored\":true}");
    assert_eq!(marked(&Bytes::from_static(b"1,2")), "1,2");
    assert_eq!(marked(&Bytes::from_static(b"{}")), "{}");
}

#[test]
fn the_room_is_told_in_hours_of_the_present_rate() {
    let mut bench = Bench::new(json!({"max_mib": 64}));
    bench.queue.rate.wrote(208, 20);
    bench.queue.shown(bench.unix_ms, bench.now);
    for _ in 0..30 {
        bench.push_all(1000, "p");
        bench.send(1000);
        bench.acknowledge(1000);
        bench.queue.shown(bench.unix_ms, bench.now);
        bench.pass(1000);
    }
    let shown = bench.queue.shown(bench.unix_ms, bench.now);
    // A record of 8 bytes takes 208 in memory and 20 in the file.
    let expect = 64.0 * 1024.0 * 1024.0 / 20_000.0 / 3600.0;
    let hours = shown.hours.unwrap();
    assert!((hours / expect - 1.0).abs() < 0.01, "{hours} and {expect}");
    assert!((shown.rate.unwrap() - 1000.0).abs() < 1.0);
}
