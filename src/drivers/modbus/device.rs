//! One device as its line works on it: its reads, their times, and its tags in the image.

use super::figures::Traffic;
use super::health::DeviceHealth;
use super::schedule::{Rank, Turn, again};
use crate::config::device::{DeviceConfig, ModbusTagConfig, Poll};
use crate::config::port::Timeout;
use crate::config::tags::source;
use crate::modbus::address::Span;
use crate::modbus::blocks::{Limits, Wanted, plan};
use crate::modbus::order::Order;
use crate::modbus::pdu::{PduError, decode_reply, read_request};
use crate::modbus::words::Codec;
use crate::platform::clock;
use crate::runtime::image::{Image, Slot, Writer};
use crate::runtime::status::DeviceStatus;
use crate::tag::quality::Reason;
use crate::tag::reading::{Raw, Reading, Stamp};
use crate::tag::value::Value;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;
use tokio_modbus::{ExceptionCode, Response};

/// A device and all that is known of it.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) config: DeviceConfig,
    writer: Writer,
    pub(super) tags: Vec<Tag>,
    pub(super) jobs: Vec<Job>,
    pub(super) health: DeviceHealth,
    pub(super) traffic: Traffic,
    /// Why it is not well.
    reason: Option<Reason>,
    /// Reads tried on the silent device; each probe tries another, in case one is refused by silence.
    probes: usize,
    /// The declaration the places of the tags are from.
    declared: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Tag {
    pub(super) config: ModbusTagConfig,
    pub(super) codec: Codec,
    slot: Option<Slot>,
    source: u64,
}

/// One read, again and again.
#[derive(Debug)]
pub(super) struct Job {
    span: Span,
    /// `None` = flat out.
    period: Option<Duration>,
    pub(super) request: Vec<u8>,
    members: Vec<usize>,
    due: Instant,
    /// Attempts of the present poll that failed.
    pub(super) attempts: u8,
    /// Where in its period it lies, once it was read for the first time; 0..1.
    phase: Option<f64>,
}

/// Period and next time of the reads there were, by id and source of their tags.
type Times = HashMap<(String, u64), (Option<Duration>, Instant)>;

/// Spreads reads over their periods: each number is far from those before it.
#[derive(Debug, Default)]
pub(super) struct Phases(f64);

impl Phases {
    fn next(&mut self) -> f64 {
        // The golden ratio: its multiples never crowd.
        self.0 = (self.0 + 0.618_033_988_749_894_9).fract();
        self.0
    }
}

impl Device {
    pub(super) fn new(config: DeviceConfig, image: &Image, phases: &mut Phases, now: Instant) -> Self {
        let mut device = Self {
            writer: image.writer(&config.identity.name),
            config,
            tags: Vec::new(),
            jobs: Vec::new(),
            health: DeviceHealth::new(),
            traffic: Traffic::default(),
            reason: None,
            probes: 0,
            declared: None,
        };
        device.compile(&HashMap::new(), phases, now);
        device
    }

    /// Takes a changed configuration. Reads of tags that stay keep their times, so nobody notices.
    pub(super) fn update(&mut self, config: DeviceConfig, image: &Image, phases: &mut Phases, now: Instant) {
        if config.unit_id != self.config.unit_id {
            self.health = DeviceHealth::new();
        }
        let mut times = HashMap::new();
        for job in &self.jobs {
            for member in &job.members {
                let tag = &self.tags[*member];
                times.insert((tag.config.identity.id.clone(), tag.source), (job.period, job.due));
            }
        }
        self.writer = image.writer(&config.identity.name);
        self.config = config;
        self.compile(&times, phases, now);
        if let Some(reason) = self.reason.filter(|_| self.health.probe_at().is_some()) {
            self.fail_all(reason);
        }
    }

    fn compile(&mut self, times: &Times, phases: &mut Phases, now: Instant) {
        let enabled = self.config.tags.iter().filter(|tag| tag.identity.enabled);
        self.tags = enabled
            .map(|tag| Tag {
                codec: codec(tag),
                slot: None,
                source: source(self.config.unit_id, tag),
                config: tag.clone(),
            })
            .collect();
        self.declared = None;
        self.find_places();
        let wanted: Vec<Wanted> = self
            .tags
            .iter()
            .map(|tag| Wanted { span: tag.config.span, period_ms: period_ms(tag.config.poll) })
            .collect();
        let limits = Limits { registers: self.config.max_read_registers, bits: self.config.max_read_bits };
        let blocks = plan(&wanted, limits);
        for index in blocks.too_wide {
            let (device, tag) = (&self.config.identity.name, &self.tags[index].config.identity.name);
            tracing::error!(%device, %tag, "the value is wider than one read of the device may be; it is not read");
        }
        self.jobs = Vec::with_capacity(blocks.blocks.len());
        for block in blocks.blocks {
            // Blocks keep to the limits of a message, so the request can be made.
            let Ok(request) = read_request(block.span) else { continue };
            let period = (block.period_ms != 0).then(|| Duration::from_millis(block.period_ms.into()));
            let time = |member: &usize| {
                let tag = &self.tags[*member];
                times.get(&(tag.config.identity.id.clone(), tag.source)).filter(|(old, _)| *old == period)
            };
            let fresh = block.members.iter().any(|member| time(member).is_none());
            let due = block.members.iter().filter_map(time).map(|(_, due)| *due).min();
            // A read that is new begins at once and is then spread; one that a new tag joins keeps its place afterwards.
            let phase = match (due, period) {
                (None, _) => Some(phases.next()),
                (Some(due), Some(period)) if fresh => {
                    Some((due.saturating_duration_since(now).as_secs_f64() / period.as_secs_f64()).min(1.0))
                }
                _ => None,
            };
            let due = due.filter(|_| !fresh).unwrap_or(now);
            self.jobs.push(Job { span: block.span, period, request, members: block.members, due, attempts: 0, phase });
        }
    }

    /// The time-out in force.
    pub(super) fn timeout(&self, port: Timeout) -> Duration {
        self.health.timeout(self.config.timeout.unwrap_or(port))
    }

    /// What could be read next.
    pub(super) fn turns(&self, index: usize, port: Timeout) -> impl Iterator<Item = Turn> + '_ {
        let probe = self.health.probe_at().filter(|_| !self.jobs.is_empty()).map(|due| Turn {
            device: index,
            job: self.probes % self.jobs.len().max(1),
            due,
            rank: Rank::Probe(self.timeout(port)),
        });
        let polled = if self.health.probe_at().is_none() { self.jobs.as_slice() } else { &[] };
        let reads = polled.iter().enumerate().map(move |(job, read)| Turn {
            device: index,
            job,
            due: read.due,
            rank: read.period.map_or(Rank::FlatOut, |period| Rank::Deadline(read.due + period)),
        });
        reads.chain(probe)
    }

    /// The read is over, well or not; the missed turns.
    pub(super) fn done(&mut self, job: usize, now: Instant) -> u64 {
        let Some(job) = self.jobs.get_mut(job) else { return 0 };
        job.attempts = 0;
        let Some(period) = job.period else {
            job.due = now;
            return 0;
        };
        if let Some(phase) = job.phase.take() {
            job.due = now + period.mul_f64(phase);
            return 0;
        }
        let missed;
        (job.due, missed) = again(job.due, period, now);
        missed
    }

    /// Reads these tags as soon as possible: they were written, or the device is back.
    pub(super) fn hurry(&mut self, span: Option<Span>, now: Instant) {
        for job in &mut self.jobs {
            if now < job.due && span.is_none_or(|span| job.span.offset_of(&span).is_some()) {
                // Its place in the period stays, or all that were hurried would crowd from now on.
                let left = job.due - now;
                job.phase = job.period.map(|period| (left.as_secs_f64() / period.as_secs_f64()).min(1.0));
                job.due = now;
            }
        }
    }

    /// A probe met silence.
    pub(super) fn probed(&mut self) {
        self.probes = self.probes.wrapping_add(1);
    }

    /// Tags come, go and come back in the image while a line is at work: their places are looked up after each
    /// declaration, and only those that are declared as what is read here.
    fn find_places(&mut self) {
        let declared = Some(self.writer.declared());
        if self.declared != declared {
            self.declared = declared;
            for tag in &mut self.tags {
                tag.slot = self.writer.slot_of(&tag.config.identity.name, tag.source);
            }
        }
    }

    /// Hands what one reply says to the image.
    pub(super) fn take(&mut self, job: usize, reply: &[u8], at: Stamp) -> Result<(), PduError> {
        self.find_places();
        let Some(job) = self.jobs.get(job) else { return Ok(()) };
        self.reason = None;
        let words = match decode_reply(&job.request, reply)? {
            Ok(response) => words_of(response),
            Err(exception) => {
                self.fail_job_with(&job.members.clone(), exception);
                return Ok(());
            }
        };
        let mut batch = Vec::with_capacity(job.members.len());
        for member in &job.members {
            let tag = &self.tags[*member];
            let range = job.span.offset_of(&tag.config.span).map(|at| at..at + usize::from(tag.config.span.count()));
            if let (Some(slot), Some(raw)) = (tag.slot, range.and_then(|range| words.get(range))) {
                batch.push((slot, reading(&tag.codec, raw, at)));
            }
        }
        self.writer.write(batch);
        Ok(())
    }

    /// Shows a value that was read outside the polls.
    pub(super) fn show(&mut self, tag: usize, raw: &[u16], at: Stamp) {
        self.find_places();
        let Some(tag) = self.tags.get(tag) else { return };
        if let Some(slot) = tag.slot {
            self.writer.write([(slot, reading(&tag.codec, raw, at))]);
        }
    }

    fn fail_job_with(&self, members: &[usize], exception: ExceptionCode) {
        let reason = Reason::Exception(exception.into());
        self.writer.write(members.iter().filter_map(|at| Some((self.tags[*at].slot?, Reading::Failed(reason)))));
    }

    /// The tags of one read are bad.
    pub(super) fn fail(&mut self, job: usize, reason: Reason) {
        self.reason = Some(reason);
        self.find_places();
        if let Some(job) = self.jobs.get(job) {
            let slots = job.members.iter().filter_map(|at| self.tags[*at].slot);
            self.writer.write(slots.map(|slot| (slot, Reading::Failed(reason))));
        }
    }

    /// All tags are bad.
    pub(super) fn fail_all(&mut self, reason: Reason) {
        self.reason = Some(reason);
        self.find_places();
        self.writer.write(self.tags.iter().filter_map(|tag| Some((tag.slot?, Reading::Failed(reason)))));
    }

    pub(super) fn status(&self, port: Timeout, now: Instant) -> DeviceStatus {
        let retry = self.health.probe_at().map(|at| at.saturating_duration_since(now).as_millis());
        DeviceStatus {
            name: self.config.identity.name.clone(),
            unit_id: self.config.unit_id,
            online: self.health.is_online() && self.reason != Some(Reason::PortClosed),
            reason: self.reason.map(|reason| reason.to_string()),
            retry_in_ms: retry.and_then(|ms| u64::try_from(ms).ok()),
            timeout_ms: u64::try_from(self.timeout(port).as_millis()).unwrap_or(u64::MAX),
            traffic: self.traffic.status(),
        }
    }
}

fn reading(codec: &Codec, raw: &[u16], at: Stamp) -> Reading {
    let words = Raw::from_slice(raw);
    match codec.decode(raw) {
        Some(value) if clock::is_sensible(at) => Reading::Good { value, raw: words, at },
        Some(value) => Reading::Uncertain { value, raw: words, at, reason: Reason::Clock },
        None => Reading::Invalid { raw: words, at },
    }
}

/// Registers as they are, bits as words 0 and 1.
pub(super) fn words_of(response: Response) -> Vec<u16> {
    match response {
        Response::ReadCoils(bits) | Response::ReadDiscreteInputs(bits) => bits.into_iter().map(u16::from).collect(),
        Response::ReadHoldingRegisters(words) | Response::ReadInputRegisters(words) => words,
        _ => Vec::new(),
    }
}

fn period_ms(poll: Poll) -> u32 {
    match poll {
        Poll::FlatOut => 0,
        Poll::Every(period) => u32::try_from(period.as_millis()).unwrap_or(u32::MAX).max(1),
    }
}

fn codec(tag: &ModbusTagConfig) -> Codec {
    let invalid: Vec<Value> = tag.invalid.iter().map(|number| Value::F64(*number)).collect();
    // A coil is one bit: it has no bytes to swap.
    let order = if tag.span.table().is_bits() { Order::BIG_ENDIAN } else { tag.order };
    let mut codec = Codec::new(tag.kind, order, tag.span.count())
        .with_invalid(&invalid)
        .with_write_limits(tag.write_min, tag.write_max);
    if let Some(bit) = tag.bit {
        codec = codec.with_bit(bit);
    }
    if let Some(scale) = tag.scale {
        codec = codec.with_scale(scale);
    }
    codec
}
