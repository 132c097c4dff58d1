//! One device as its line works on it: its reads, and its tags in the image.

use super::figures::Traffic;
use super::health::{DeviceHealth, GOLDEN};
use super::memory::Memory;
use super::schedule::{Beat, DeviceKey, JobKey, Schedule, Start};
use super::tag::{Tag, period_ms, words_of};
use super::taught::lessons_status;
use crate::config::device::DeviceConfig;
use crate::config::port::{PortConfig, Timeout};
use crate::modbus::address::Span;
use crate::modbus::blocks::{Limits, Wanted, plan};
use crate::modbus::cost::Cost;
use crate::modbus::lessons::{Lessons, Outcome, Refusal, Verdict};
use crate::modbus::pdu::{PduError, decode_reply, read_request};
use crate::runtime::image::{Image, Writer};
use crate::runtime::status::{DeviceStatus, LessonsStatus};
use crate::tag::quality::Reason;
use crate::tag::reading::{Reading, Stamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A device and all that is known of it.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) key: DeviceKey,
    pub(super) config: Arc<DeviceConfig>,
    name: Arc<str>,
    writer: Writer,
    pub(super) tags: Vec<Tag>,
    jobs: BTreeMap<u32, Job>,
    next_job: u32,
    pub(super) health: DeviceHealth,
    pub(super) traffic: Traffic,
    /// Polls that were wanted and not done.
    pub(super) overruns: u64,
    /// Whether it knows function 22; learnt.
    pub(super) mask: Option<bool>,
    /// Why it is not well.
    reason: Option<Reason>,
    /// Reads tried on the silent device; each probe tries another, in case one is refused by silence.
    probes: usize,
    /// The declaration the places of the tags are from.
    declared: Option<u64>,
    /// It stands for all devices of the line: written only, never asked.
    pub(super) broadcast: bool,
    wanted: Vec<Wanted>,
    lessons: Lessons,
    /// What the lessons hold for.
    pub(super) belongs: String,
    /// As of when they are remembered: their own count of changes.
    remembered: u64,
    /// Tags the device refuses to give, and why they are bad.
    refused: Vec<(usize, Reason)>,
    /// What its transactions cost, as the present plan assumes.
    cost: Cost,
    planned_at: Instant,
    /// Reads by when they last brought values.
    ages: BTreeSet<(Instant, u32)>,
}

/// One read, again and again.
#[derive(Debug)]
pub(super) struct Job {
    span: Span,
    /// `None` = flat out.
    period: Option<Duration>,
    pub(super) request: Vec<u8>,
    members: Vec<usize>,
    /// It serves nobody, and is made only to learn.
    trial: bool,
    /// Of those, it is wanted at once.
    urgent: bool,
    /// Attempts of the present poll that failed.
    pub(super) attempts: u8,
    /// When it last brought values, or came to be.
    fresh: Instant,
}

/// A read as planned.
struct Read {
    span: Span,
    period: Option<Duration>,
    members: Vec<usize>,
    /// Of a read that is made only to learn: whether it is made at once.
    trial: Option<bool>,
}

fn reason_of(refusal: Refusal) -> Reason {
    match refusal {
        Refusal::Exception(code) => Reason::Exception(code),
        Refusal::Silence => Reason::NoAnswer,
    }
}

/// What planning needs to know of the line.
pub(super) struct Planning<'a> {
    pub(super) image: &'a Image,
    pub(super) schedule: &'a mut Schedule,
    pub(super) phases: &'a mut Phases,
    pub(super) port: &'a PortConfig,
    pub(super) now: Instant,
}

/// A measured turnaround is trusted after this long, and a plan is kept at least as long.
const SETTLED: Duration = Duration::from_secs(10);

/// Lessons of each kind in the status; whoever asks gets them all.
const SHOWN_LESSONS: usize = 20;

/// Spreads reads over their periods: each number is far from those before it.
#[derive(Debug, Default)]
pub(super) struct Phases(f64);

impl Phases {
    fn next(&mut self) -> f64 {
        self.0 = (self.0 + GOLDEN).fract();
        self.0
    }
}

impl Device {
    /// A device, with what was learnt of it before at its place.
    pub(super) fn new(
        key: DeviceKey,
        config: Arc<DeviceConfig>,
        (belongs, lessons): (String, Lessons),
        planning: &mut Planning<'_>,
    ) -> Self {
        let mut device = Self {
            key,
            broadcast: false,
            wanted: Vec::new(),
            remembered: lessons.changes(),
            lessons,
            belongs,
            refused: Vec::new(),
            cost: planning.port.cost(&config, None),
            planned_at: planning.now,
            name: config.identity.name.as_str().into(),
            writer: planning.image.writer(&config.identity.name),
            config,
            tags: Vec::new(),
            jobs: BTreeMap::new(),
            next_job: 0,
            health: DeviceHealth::new(key.0),
            traffic: Traffic::default(),
            overruns: 0,
            mask: None,
            reason: None,
            probes: 0,
            declared: None,
            ages: BTreeSet::new(),
        };
        device.compile(planning);
        device
    }

    /// Takes a changed configuration. Reads of tags that stay keep their times, so nobody notices.
    pub(super) fn update(&mut self, config: Arc<DeviceConfig>, planning: &mut Planning<'_>) {
        if config.unit_id != self.config.unit_id {
            // Another device, of which nothing is known; what is under way to the old one ends unheard.
            self.health = DeviceHealth::new(self.key.0);
            self.mask = None;
            self.retire(planning.schedule);
        }
        self.writer = planning.image.writer(&config.identity.name);
        self.name = config.identity.name.as_str().into();
        self.config = config;
        self.compile(planning);
        if let Some(reason) = self.reason.filter(|_| self.health.probe_at().is_some()) {
            self.fail_all(reason);
        }
    }

    /// Plans its reads anew where it turned out to be so slow, or so fast, that other reads are better; not often, so
    /// that nothing flaps.
    pub(super) fn replan(&mut self, planning: &mut Planning<'_>) {
        let measured = self.health.turnaround().filter(|_| self.planned_at + SETTLED <= planning.now);
        if self.health.is_online()
            && measured.is_some_and(|time| self.cost.is_outdated_by(&planning.port.cost(&self.config, Some(time))))
        {
            self.compile(planning);
        }
    }

    /// It is no more: nothing of it stays in the schedule.
    pub(super) fn retire(&mut self, schedule: &mut Schedule) {
        for job in std::mem::take(&mut self.jobs).into_keys() {
            schedule.remove(self.job_key(job));
        }
        schedule.set_probe(self.key, None);
    }

    /// Plans its reads. Those that stay what they are keep their keys, and go on even while they are under way.
    pub(super) fn compile(&mut self, planning: &mut Planning<'_>) {
        self.cost = planning.port.cost(&self.config, self.health.turnaround());
        self.planned_at = planning.now;
        self.broadcast = planning.port.link.is_broadcast(self.config.unit_id);
        let mut times: HashMap<(String, u64), (Option<Duration>, Beat, Instant)> = HashMap::new();
        let mut old: HashMap<(Span, Option<Duration>, bool), (u32, Job)> = HashMap::new();
        for (job_key, job) in std::mem::take(&mut self.jobs) {
            let Some(due) = planning.schedule.due(self.job_key(job_key)) else { continue };
            for member in &job.members {
                let tag = &self.tags[*member];
                times.insert((tag.config.identity.id.clone(), tag.source), (job.period, due, job.fresh));
            }
            old.insert((job.span, job.period, job.trial), (job_key, job));
        }
        let enabled = self.config.tags.iter().filter(|tag| tag.identity.enabled);
        self.tags = enabled.map(|tag| Tag::new(tag, self.config.unit_id)).collect();
        self.declared = None;
        self.find_places();
        for Read { span, period, members, trial } in self.planned() {
            // Blocks keep to the limits of a message, so the request can be made.
            let Ok(request) = read_request(span) else { continue };
            let time = |member: &usize| {
                let tag = &self.tags[*member];
                times.get(&(tag.config.identity.id.clone(), tag.source)).filter(|(old, ..)| *old == period)
            };
            let fresh = members.iter().any(|member| time(member).is_none());
            let trial_start = trial.map(|at_once| if at_once { Start::Fresh(1.0) } else { Start::Later });
            let (trial, urgent) = (trial.is_some(), trial == Some(true));
            let job = if let Some((job, kept)) = old.remove(&(span, period, trial)) {
                self.jobs.insert(job, Job { members, urgent, ..kept });
                if fresh {
                    planning.schedule.revive(self.job_key(job), planning.now);
                }
                job
            } else {
                let start = match members.iter().filter_map(time).map(|(_, due, _)| *due).min() {
                    None => trial_start.unwrap_or_else(|| Start::Fresh(planning.phases.next())),
                    Some(due) if fresh => Start::Joined(due),
                    Some(due) => Start::Kept(due),
                };
                let known = members.iter().filter_map(time).map(|(.., fresh)| *fresh).min().filter(|_| !fresh);
                let job = self.next_job;
                self.next_job += 1;
                self.jobs.insert(
                    job,
                    Job {
                        span,
                        period,
                        request,
                        members,
                        trial,
                        urgent,
                        attempts: 0,
                        fresh: known.unwrap_or(planning.now),
                    },
                );
                let cost = self.cost.read(span);
                planning.schedule.add(self.job_key(job), period, cost, start, planning.now);
                job
            };
            if self.health.probe_at().is_some() {
                planning.schedule.park(self.job_key(job));
            }
        }
        for (job, _) in old.into_values() {
            planning.schedule.remove(self.job_key(job));
        }
        self.show_refused();
        self.ages = self.jobs.iter().filter(|(_, job)| !job.trial).map(|(key, job)| (job.fresh, *key)).collect();
        self.show_probe(planning.schedule);
    }

    pub(super) fn name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    fn planned(&mut self) -> Vec<Read> {
        if self.broadcast {
            self.refused = (0..self.tags.len()).map(|tag| (tag, Reason::WriteOnly)).collect();
            return Vec::new();
        }
        let wanted: Vec<Wanted> =
            self.tags.iter().map(|tag| Wanted { span: tag.config.span, period_ms: period_ms(tag.period()) }).collect();
        let limits = Limits { registers: self.config.max_read_registers, bits: self.config.max_read_bits };
        if wanted != self.wanted {
            self.lessons.want(&wanted);
            self.wanted.clone_from(&wanted);
        }
        let plan = plan(&wanted, limits, &self.cost, &self.lessons);
        for index in plan.too_wide {
            let (device, tag) = (&self.config.identity.name, &self.tags[index].config.identity.name);
            tracing::error!(%device, %tag, "the value is wider than one read of the device may be; it is not read");
        }
        let period = |ms: u32| (ms != 0).then(|| Duration::from_millis(ms.into()));
        self.refused = plan.refused.into_iter().map(|(tag, refusal)| (tag, reason_of(refusal))).collect();
        let trials = plan.trials.into_iter().map(|trial| Read {
            span: trial.span,
            period: Some(trial.period),
            members: Vec::new(),
            trial: Some(trial.at_once),
        });
        let blocks = plan.blocks.into_iter().map(|block| Read {
            span: block.span,
            period: period(block.period_ms),
            members: block.members,
            trial: None,
        });
        blocks.chain(trials).collect()
    }

    /// Tells the lessons what became of a read; true when the reads have to be planned anew.
    pub(super) fn learn(&mut self, key: u32, outcome: Outcome) -> bool {
        let Some(job) = self.jobs.get(&key) else { return false };
        self.lessons.outcome(&self.wanted, job.span, outcome) == Verdict::Replan
    }

    /// It was silent and is back: it may have been mended or exchanged. True when the reads have to be planned anew.
    pub(super) fn relearn(&mut self) -> bool {
        self.lessons.returned() == Verdict::Replan
    }

    /// Another device stands at its place now, of which this is known.
    pub(super) fn meet(&mut self, belongs: String, lessons: Lessons) {
        self.remembered = lessons.changes();
        self.lessons = lessons;
        self.lessons.want(&self.wanted);
        self.belongs = belongs;
    }

    /// Nothing it taught holds any more: all is tried anew.
    pub(super) fn forget(&mut self) {
        self.lessons.forget();
    }

    /// Hands what it taught to the memory, if that is news.
    pub(super) fn remember(&mut self, memory: &mut Memory, now: Instant) {
        if self.lessons.changes() != self.remembered {
            self.remembered = self.lessons.changes();
            memory.note(&self.config.identity.id, &self.belongs, &self.lessons, now);
        }
    }

    /// What it taught; of each kind at most so many.
    pub(super) fn lessons(&self, most: usize) -> LessonsStatus {
        lessons_status(&self.lessons.keep(), most)
    }

    pub(super) fn is_trial(&self, key: u32) -> bool {
        self.jobs.get(&key).is_some_and(|job| job.trial)
    }

    fn show_refused(&mut self) {
        self.find_places();
        let readings = self.refused.iter().filter_map(|(tag, reason)| {
            let reading = if self.broadcast { Reading::Unknown(*reason) } else { Reading::Failed(*reason) };
            Some((self.tags[*tag].slot?, reading))
        });
        self.writer.write(readings);
    }

    fn job_key(&self, job: u32) -> JobKey {
        JobKey { device: self.key, job }
    }

    pub(super) fn job(&mut self, job: u32) -> Option<&mut Job> {
        self.jobs.get_mut(&job)
    }

    /// The read that asks a silent device this time.
    pub(super) fn probe_job(&self) -> Option<u32> {
        // An urgent trial is one of them: a part of a read may be answered where the whole is not.
        let asks = |job: &Job| !job.trial || job.urgent;
        let mut reads: Vec<u32> = self.jobs.iter().filter(|(_, job)| asks(job)).map(|(key, _)| *key).collect();
        if reads.is_empty() {
            // All that is wanted was refused: there is nothing else to ask.
            reads.extend(self.jobs.keys());
        }
        reads.get(self.probes % reads.len().max(1)).copied()
    }

    /// A probe met silence.
    pub(super) fn probed(&mut self) {
        self.probes = self.probes.wrapping_add(1);
    }

    /// Tells the schedule whether the device is polled or probed.
    pub(super) fn show_probe(&self, schedule: &mut Schedule) {
        schedule.set_probe(self.key, self.health.probe_at().filter(|_| !self.jobs.is_empty()));
    }

    /// It fell silent: it is not polled any more.
    pub(super) fn silence(&self, schedule: &mut Schedule) {
        for job in self.jobs.keys() {
            schedule.park(self.job_key(*job));
        }
        self.show_probe(schedule);
    }

    /// All of it is read soon: it is back, or the line is. A silent one is asked.
    pub(super) fn hurry(&mut self, schedule: &mut Schedule, now: Instant) {
        if self.health.probe_at().is_none() {
            for job in self.jobs.keys() {
                schedule.revive(self.job_key(*job), now);
            }
            self.show_refused();
        }
        self.show_probe(schedule);
    }

    /// What reads this span is read next: it was written.
    pub(super) fn rush(&self, span: Span, schedule: &mut Schedule, now: Instant) {
        for (job, read) in &self.jobs {
            if read.span.offset_of(&span).is_some() {
                schedule.rush(self.job_key(*job), now);
            }
        }
    }

    /// The time-out in force.
    pub(super) fn timeout(&self, port: Timeout) -> Duration {
        self.health.timeout(self.config.timeout.unwrap_or(port))
    }

    /// Places are looked up after each declaration, and only those that are declared as what is read here.
    fn find_places(&mut self) {
        let declared = Some(self.writer.declared());
        if self.declared != declared {
            self.declared = declared;
            for tag in &mut self.tags {
                tag.find_place(&self.writer);
            }
        }
    }

    /// Hands what one reply says to the image; true when the reads have to be planned anew.
    pub(super) fn take(&mut self, key: u32, reply: &[u8], at: Stamp, now: Instant) -> Result<bool, PduError> {
        self.find_places();
        let Some(job) = self.jobs.get_mut(&key) else { return Ok(false) };
        let words = match decode_reply(&job.request, reply)? {
            Ok(response) => words_of(response),
            Err(exception) => {
                job.attempts = 0;
                self.reason = None;
                let members = job.members.clone();
                let replan = self.learn(key, Outcome::Exception(exception.into()));
                // While it is found out which of several is refused, none is told to be: they are read again at once.
                if !replan || members.len() == 1 {
                    self.fail_tags(&members, Reason::Exception(exception.into()));
                }
                return Ok(replan);
            }
        };
        self.reason = None;
        job.attempts = 0;
        if !job.trial {
            self.ages.remove(&(job.fresh, key));
            job.fresh = now;
            self.ages.insert((now, key));
        }
        let mut batch = Vec::with_capacity(job.members.len());
        for member in &job.members {
            let tag = &self.tags[*member];
            let range = job.span.offset_of(&tag.config.span).map(|at| at..at + usize::from(tag.config.span.count()));
            if let (Some(slot), Some(raw)) = (tag.slot, range.and_then(|range| words.get(range))) {
                batch.push((slot, tag.reading(raw, at)));
            }
        }
        self.writer.write(batch);
        Ok(self.learn(key, Outcome::Good))
    }

    /// Shows a value that was read outside the polls.
    pub(super) fn show(&mut self, source: u64, name: &str, raw: &[u16], at: Stamp) {
        self.find_places();
        let tag = self.tags.iter().find(|tag| tag.source == source && tag.config.identity.name == name);
        if let Some((tag, slot)) = tag.and_then(|tag| Some((tag, tag.slot?))) {
            let reading = match tag.reading(raw, at) {
                Reading::Good { value, raw, at } if self.broadcast => {
                    Reading::Uncertain { value, raw, at, reason: Reason::WriteOnly }
                }
                reading => reading,
            };
            self.writer.write([(slot, reading)]);
        }
    }

    fn fail_tags(&self, members: &[usize], reason: Reason) {
        let slots = members.iter().filter_map(|at| self.tags[*at].slot);
        self.writer.write(slots.map(|slot| (slot, Reading::Failed(reason))));
    }

    /// The tags of one read are bad.
    pub(super) fn fail(&mut self, job: u32, reason: Reason) {
        self.reason = Some(reason);
        self.find_places();
        if let Some(job) = self.jobs.get(&job) {
            self.fail_tags(&job.members, reason);
        }
    }

    /// All tags are bad.
    pub(super) fn fail_all(&mut self, reason: Reason) {
        self.reason = Some(reason);
        self.find_places();
        self.writer.write(self.tags.iter().filter_map(|tag| Some((tag.slot?, Reading::Failed(reason)))));
    }

    pub(super) fn status(&mut self, port: Timeout, schedule: &Schedule, now: Instant) -> DeviceStatus {
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        DeviceStatus {
            name: self.config.identity.name.clone(),
            unit_id: self.config.unit_id,
            online: (self.broadcast || self.health.is_online()) && self.reason != Some(Reason::PortClosed),
            reason: self.reason.map(|reason| reason.to_string()),
            retry_in_ms: self.health.probe_at().map(|at| ms(at.saturating_duration_since(now))),
            timeout_ms: ms(self.timeout(port)),
            oldest_ms: self.ages.first().map(|(at, _)| ms(now.saturating_duration_since(*at))),
            diagnosis: self.traffic.diagnosis(self.health.probe_at().is_some(), now),
            next_due_ms: schedule.next_due(self.key, now).map(ms),
            overruns: self.overruns,
            lessons: (!self.lessons.is_empty()).then(|| self.lessons(SHOWN_LESSONS)),
            traffic: self.traffic.status(),
        }
    }
}
