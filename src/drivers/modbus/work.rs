//! The work of one line: open it, keep it busy, take changes in place, tell how it goes.

use super::device::{Device, Phases, Planning};
use super::figures::{Occupation, Ring, Traffic};
use super::flight::{self, Item, Landed, Order, Talk};
use super::guests::Guests;
use super::line::{Claim, Line, OpenError};
use super::memory::{Memory, belongs};
use super::queue::Writes;
use super::schedule::{Choice, DeviceKey, JobKey, Schedule};
use super::unit::LineConfig;
use super::write::{is_bit, joins, words_for};
use crate::config::device::DeviceConfig;
use crate::config::link::LinkConfig;
use crate::runtime::commands::{Batch, Inbox, WriteError};
use crate::runtime::image::Image;
use crate::runtime::lines::{LineInbox, LineName, LineRequest};
use crate::runtime::status::{Detail, LineStatus};
use crate::runtime::unit::{Health, UnitContext};
use crate::tag::quality::Reason;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt as _};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How often the figures are told.
const TELL: Duration = Duration::from_millis(500);
const FIRST_REOPEN: Duration = Duration::from_millis(500);
const LAST_REOPEN: Duration = Duration::from_secs(5);

/// A line at work.
pub(super) struct Work {
    pub(super) config: LineConfig,
    pub(super) devices: HashMap<DeviceKey, Device>,
    /// Their keys in the order of the document.
    order: Vec<DeviceKey>,
    by_name: HashMap<String, DeviceKey>,
    next_device: u32,
    pub(super) schedule: Schedule,
    pub(super) writes: Writes,
    pub(super) guests: Guests,
    phases: Phases,
    memory: Memory,
    pub(super) ctx: UnitContext,
    pub(super) line: Option<Line>,
    opening: Option<BoxFuture<'static, Result<Line, OpenError>>>,
    pub(super) flights: FuturesUnordered<BoxFuture<'static, Landed>>,
    /// Why there is no line.
    trouble: Option<String>,
    reopen_at: Instant,
    reopen_pause: Duration,
    pub(super) opened: u64,
    pub(super) overruns: u64,
    pub(super) traffic: Traffic,
    pub(super) occupation: Occupation,
    pub(super) ring: Ring,
    /// Devices whose reads have to be planned anew.
    pub(super) restless: Vec<DeviceKey>,
    /// When the next thing is due, while nothing is.
    pub(super) idle_until: Option<Instant>,
    /// The read under way on a serial line, as long as it may be taken back.
    unsent: Option<Claim>,
    /// Reads that were taken back and have not landed: they take no time of the line.
    withdrawn: usize,
    pub(super) tell_at: Instant,
}

impl Work {
    pub(super) fn new(config: LineConfig, memory: Memory, images: &Images, ctx: UnitContext) -> Self {
        let now = Instant::now();
        let mut work = Self {
            schedule: Schedule::new(slots(&config), config.port.probe_budget_percent, now),
            config,
            devices: HashMap::new(),
            order: Vec::new(),
            by_name: HashMap::new(),
            next_device: 0,
            writes: Writes::new(),
            guests: Guests::default(),
            phases: Phases::default(),
            memory,
            ctx,
            line: None,
            opening: None,
            flights: FuturesUnordered::new(),
            trouble: None,
            reopen_at: now,
            reopen_pause: FIRST_REOPEN,
            opened: 0,
            overruns: 0,
            traffic: Traffic::default(),
            occupation: Occupation::new(now),
            ring: Ring::default(),
            restless: Vec::new(),
            idle_until: None,
            unsent: None,
            withdrawn: 0,
            tell_at: now,
        };
        work.match_devices(images, now);
        work
    }

    /// Works until asked to stop.
    pub(super) async fn run(&mut self, mut doors: Doors) {
        while self.step(&mut doors).await {}
        self.close().await;
        // Whoever waits for a write under way is told that it ended.
        while let Some(landed) = self.flights.next().await {
            self.land(landed);
        }
        self.writes.refuse_all(WriteError::Stopped);
        self.guests.refuse_all();
        self.tell(Instant::now());
        self.memory.finish().await;
    }

    /// Does what can be done now, then waits for something to happen; false to end.
    async fn step(&mut self, doors: &mut Doors) -> bool {
        let Doors { config, images, inbox, registers, requests } = doors;
        if self.ctx.stop.is_cancelled() {
            return false;
        }
        let now = Instant::now();
        if self.line.is_none() && self.opening.is_none() && self.reopen_at <= now {
            self.opening = Some(Box::pin(Line::open(self.config.port.link.clone())));
        }
        let telling = self.tell_at <= now;
        if telling || !self.restless.is_empty() {
            self.replan(images, now, telling);
        }
        if telling {
            self.tell(now);
            self.memory.store_when_due(now);
        }
        let wake = self.launch(now).min(self.tell_at);
        tokio::select! {
            biased;
            () = self.ctx.stop.cancelled() => return false,
            // Cancel-safe: the newest configuration stays in the watch.
            changed = config.changed() => {
                if changed.is_err() {
                    return false;
                }
                let next = config.borrow_and_update().clone();
                inbox.set_names(group_names(&next));
                registers.set_names(module_names(&next));
                requests.set_names(line_names(&next));
                self.update(next, images).await;
            }
            // Cancel-safe: what is under way stays in the set.
            Some(landed) = self.flights.next(), if !self.flights.is_empty() => self.land(landed),
            // Cancel-safe: `next` loses no command when another arm wins.
            batch = inbox.next() => self.take_in(batch),
            // Cancel-safe: as `inbox.next`.
            batch = registers.next() => self.take_in(batch),
            // Cancel-safe: as `inbox.next`.
            request = requests.next() => self.answer(request),
            // Cancel-safe: the opening goes on at the next step.
            opened = opening(&mut self.opening) => self.opened(opened),
            // Cancel-safe: as the opening.
            () = self.memory.stored() => (),
            () = tokio::time::sleep_until(wake) => (),
        }
        true
    }

    /// Sends as much as may be under way; when to look again.
    fn launch(&mut self, now: Instant) -> Instant {
        let far = now + TELL;
        while self.line.is_some() && self.flights.len() < usize::from(slots(&self.config)) + self.withdrawn {
            if !self.writes.is_empty() {
                // A flood of writes leaves a turn to whatever else waits.
                let others_wait = self.schedule.has_work(now) || !self.guests.is_empty();
                let by_name = &self.by_name;
                if let Some(batch) = self.writes.next(others_wait, |group| by_name.get(group).copied()) {
                    self.launch_write(batch);
                    continue;
                }
            }
            if self.launch_guest(now) {
                continue;
            }
            let (devices, port) = (&self.devices, self.config.port.timeout);
            let cost = |key: DeviceKey| devices.get(&key).map_or(Duration::ZERO, |device| device.timeout(port));
            match self.schedule.next(now, cost) {
                Choice::Read(key) => self.launch_read(key, false),
                Choice::Probe(device) => match self.devices.get(&device).and_then(Device::probe_job) {
                    Some(job) => self.launch_read(JobKey { device, job }, true),
                    None => continue,
                },
                Choice::Wait(until) => return self.wait(until),
                Choice::Nothing => return self.wait(far),
            }
            self.writes.read_done();
            self.guests.read_done();
        }
        far
    }

    fn wait(&mut self, until: Instant) -> Instant {
        self.idle_until = self.flights.is_empty().then_some(until);
        until
    }

    fn answer(&mut self, request: LineRequest) {
        match request {
            // Whoever asks may have gone: nothing is lost then.
            LineRequest::Timeline { after, reply } => drop(reply.send(self.ring.behind(after))),
            LineRequest::Retry { device, reply } => {
                let now = Instant::now();
                self.reopen_at = self.reopen_at.min(now);
                let key = self.by_name.get(&device);
                if let Some(device) = key.and_then(|key| self.devices.get_mut(key)) {
                    device.health.ask_now(now);
                    device.show_probe(&mut self.schedule);
                    self.schedule.permit_probe(now);
                }
                reply.send(()).ok();
            }
            LineRequest::Lessons { device, reply } => {
                let device = self.by_name.get(&device).and_then(|key| self.devices.get(key));
                drop(reply.send(device.map(|device| device.lessons(usize::MAX)).unwrap_or_default()));
            }
            LineRequest::Forget { device, reply } => {
                if let Some(device) = self.by_name.get(&device).and_then(|key| self.devices.get_mut(key)) {
                    device.forget();
                    device.remember(&mut self.memory, Instant::now());
                    self.restless.push(device.key);
                }
                reply.send(()).ok();
            }
            LineRequest::Guest(guest) => self.welcome(guest),
        }
    }

    fn launch_read(&mut self, key: JobKey, probe: bool) {
        let Some(talk) = self.talk(key.device) else { return };
        let Some(job) = self.devices.get_mut(&key.device).and_then(|device| device.job(key.job)) else { return };
        let claim = Claim::default();
        let read = flight::read(talk, key.job, probe, job.request.clone(), claim.clone());
        self.flights.push(Box::pin(read));
        self.unsent = matches!(self.config.port.link, LinkConfig::Serial(_)).then_some(claim);
    }

    /// A read that still waits for the silence before it gives way to a write, if writes have a turn.
    fn give_way(&mut self) {
        if self.writes.may_overtake() && self.unsent.take().is_some_and(|read| read.withdraw()) {
            self.withdrawn += 1;
            self.writes.overtook();
        }
    }

    /// A read is over, was it sent or taken back.
    pub(super) fn read_is_back(&mut self, claim: &Claim) {
        if claim.is_withdrawn() {
            self.withdrawn -= 1;
        } else {
            self.unsent = None;
        }
    }

    /// Sends the beginning of a batch that one message can carry; the rest waits for the next turn.
    fn launch_write(&mut self, batch: Batch) {
        let Some(key) = batch.first().and_then(|command| self.by_name.get(command.tag.group())).copied() else {
            for command in batch {
                let tag = command.tag.to_string();
                command.answer(Err(WriteError::Unknown(tag)));
            }
            return;
        };
        let (Some(talk), Some(device)) = (self.talk(key), self.devices.get(&key)) else { return };
        let mut items: Vec<Item> = Vec::new();
        let mut count = 0;
        let mut rest = batch.into_iter();
        while let Some(command) = rest.next() {
            let Some(tag) = device.tags.iter().find(|tag| tag.config.identity.name == command.tag.name()) else {
                let tag = command.tag.to_string();
                command.answer(Err(WriteError::Unknown(tag)));
                continue;
            };
            if items.last().is_some_and(|last| !joins(&last.tag, tag, count, &device.config)) {
                self.writes.put_back(std::iter::once(command).chain(rest).collect());
                break;
            }
            match words_for(tag, &device.config, &command.value) {
                Ok(words) => {
                    count += words.len();
                    items.push(Item { tag: tag.clone(), words, command });
                    if is_bit(tag) {
                        self.writes.put_back(rest.collect());
                        break;
                    }
                }
                Err(error) => command.answer(Err(error)),
            }
        }
        if items.is_empty() {
            return;
        }
        let order = Order {
            function: device.config.write_function,
            verify: device.config.verify_writes,
            most: (device.config.max_read_registers, device.config.max_read_bits),
            items,
            mask: device.mask,
        };
        self.writes.begins(key);
        self.flights.push(Box::pin(flight::write(talk, order)));
    }

    fn talk(&mut self, key: DeviceKey) -> Option<Talk> {
        let (line, device) = (self.line.as_ref()?, self.devices.get(&key)?);
        // Retries are for lost frames; a device that is known to be silent is asked once.
        let retries = if device.health.probe_at().is_none() { self.config.port.retries } else { 0 };
        let idle_until = self.idle_until.take();
        Some(Talk {
            device: Some(key),
            opened: self.opened,
            due: idle_until.map(|until| until.min(Instant::now())),
            line: line.handle(),
            unit: device.config.unit_id,
            broadcast: device.broadcast,
            timeout: device.timeout(self.config.port.timeout),
            min_gap: device.config.min_gap,
            attempts: 1 + retries,
        })
    }

    fn take_in(&mut self, batch: Batch) {
        if self.line.is_some() {
            self.writes.push(batch);
            self.give_way();
        } else {
            for command in batch {
                let tag = command.tag.to_string();
                command.answer(Err(WriteError::LineClosed(tag)));
            }
        }
    }

    /// What did not change is not touched, what is under way goes on, and only other line parameters open it anew.
    async fn update(&mut self, next: LineConfig, images: &Images) {
        let now = Instant::now();
        let reopen = next.port.link != self.config.port.link;
        self.config = next;
        self.schedule.set(slots(&self.config), self.config.port.probe_budget_percent);
        self.match_devices(images, now);
        if reopen {
            self.close().await;
            self.trouble = None;
        }
        if self.line.is_none() {
            // The change may be the cure.
            (self.reopen_at, self.reopen_pause) = (now, FIRST_REOPEN);
            if self.trouble.is_some() {
                self.fail_all();
            }
        }
        self.tell_at = now;
    }

    /// Makes the devices those of the configuration.
    fn match_devices(&mut self, images: &Images, now: Instant) {
        let mut planning = Planning {
            image: &images.tags,
            schedule: &mut self.schedule,
            phases: &mut self.phases,
            port: &self.config.port,
            now,
        };
        let mut old = std::mem::take(&mut self.devices);
        self.order.clear();
        self.by_name.clear();
        let devices = self.config.devices.iter().map(|device| (device, &images.tags));
        let modules = self.config.modules.iter().map(|module| (module, &images.registers));
        for (config, image) in devices.chain(modules) {
            planning.image = image;
            let same = old.values().find(|device| is_same(&device.config, config)).map(|device| device.key);
            let place = belongs(&self.config, config);
            let recall = |memory: &Memory| memory.recall(&config.identity.id, &place);
            let device = if let Some(mut device) = same.and_then(|key| old.remove(&key)) {
                device.remember(&mut self.memory, now);
                let moved = device.belongs != place;
                if moved {
                    device.meet(place.clone(), recall(&self.memory));
                }
                if moved || device.config != *config {
                    device.update(config.clone(), &mut planning);
                }
                device
            } else {
                let key = DeviceKey(self.next_device);
                self.next_device += 1;
                let lessons = recall(&self.memory);
                Device::new(key, config.clone(), (place, lessons), &mut planning)
            };
            self.order.push(device.key);
            self.by_name.insert(config.identity.name.clone(), device.key);
            self.devices.insert(device.key, device);
        }
        for device in old.values_mut() {
            device.remember(&mut self.memory, now);
            device.retire(planning.schedule);
        }
    }

    /// Plans the reads of devices anew that taught something; of all, where they turned out other than assumed.
    fn replan(&mut self, images: &Images, now: Instant, all: bool) {
        let (schedule, phases) = (&mut self.schedule, &mut self.phases);
        let mut planning = Planning { image: &images.tags, schedule, phases, port: &self.config.port, now };
        for key in self.restless.drain(..) {
            if let Some(device) = self.devices.get_mut(&key) {
                device.compile(&mut planning);
            }
        }
        for device in self.devices.values_mut().filter(|_| all) {
            device.replan(&mut planning);
        }
    }

    fn opened(&mut self, line: Result<Line, OpenError>) {
        self.opening = None;
        match line {
            Ok(line) => {
                if let Some(note) = &line.opened().note {
                    tracing::info!(port = %self.config.port.identity.name, note, "opened the line");
                }
                self.line = Some(line);
                self.opened += 1;
                self.trouble = None;
                self.reopen_pause = FIRST_REOPEN;
                let now = Instant::now();
                for device in self.devices.values_mut() {
                    device.health.ask_now(now);
                    device.hurry(&mut self.schedule, now);
                }
            }
            Err(err) => self.lost(err.to_string()),
        }
        self.tell(Instant::now());
    }

    /// There is no line: every tag says so, and it is tried again soon.
    pub(super) fn lost(&mut self, why: String) {
        self.line = None;
        self.reopen_at = Instant::now() + self.reopen_pause;
        self.reopen_pause = (2 * self.reopen_pause).min(LAST_REOPEN);
        if self.trouble.as_ref() != Some(&why) {
            tracing::warn!(port = %self.config.port.identity.name, reason = %why, "the line is closed");
        }
        self.trouble = Some(why);
        self.writes.refuse_all(WriteError::LineClosed);
        self.guests.refuse_all();
        self.fail_all();
        self.tell_at = Instant::now();
    }

    fn fail_all(&mut self) {
        for device in self.devices.values_mut() {
            device.fail_all(Reason::PortClosed);
        }
    }

    async fn close(&mut self) {
        self.opening = None;
        if let Some(line) = self.line.take() {
            line.close().await;
        }
    }

    /// Tells health and figures.
    pub(super) fn tell(&mut self, now: Instant) {
        self.tell_at = now + TELL;
        let mut devices = Vec::with_capacity(self.order.len());
        for key in &self.order {
            if let Some(device) = self.devices.get_mut(key) {
                device.remember(&mut self.memory, now);
                devices.push(device.status(self.config.port.timeout, &self.schedule, now));
            }
        }
        let devices_in_order = self.order.iter().filter_map(|key| self.devices.get(key));
        let silent: Vec<&str> = devices_in_order
            .filter(|device| device.health.probe_at().is_some())
            .map(|device| device.config.identity.name.as_str())
            .collect();
        self.ctx.set_health(match (&self.trouble, &silent[..]) {
            (Some(why), _) => Health::Degraded(why.clone()),
            (None, []) if self.line.is_some() => Health::Up,
            (None, []) => Health::Starting,
            (None, [one]) => Health::Degraded(format!("{one} does not answer")),
            (None, [first, rest @ ..]) => Health::Degraded(format!("{first} and {} more do not answer", rest.len())),
        });
        let shares = self.occupation.shares(now);
        let link = &self.config.port.link;
        let latency = self.line.as_ref().and_then(|line| line.opened().latency.as_ref());
        let status = LineStatus {
            kind: link.kind(),
            path: link.place(),
            baud: link.wire().map(|wire| wire.baud),
            open: self.line.is_some(),
            opened: self.opened + self.traffic.reconnects(),
            latency_timer_ms: latency.map(|timer| timer.ms),
            advice: latency.and_then(|timer| timer.advice.clone()),
            utilisation: shares.wire,
            waiting: shares.device,
            silence: shares.silence,
            ours: shares.ours,
            idle: (1.0 - shares.wire - shares.device - shares.silence - shares.ours).max(0.0),
            overruns: self.overruns,
            load: self.schedule.load(),
            stretch: self.schedule.stretch(),
            traffic: self.traffic.status(),
            devices,
        };
        self.ctx.detail.send_replace(Detail::Line(Box::new(status)));
    }
}

/// Where values go.
#[derive(Debug)]
pub(super) struct Images {
    /// Of devices: everybody sees them.
    pub(super) tags: Image,
    /// Of remote I/O modules: their channels alone see them.
    pub(super) registers: Image,
}

/// What comes in from outside.
pub(super) struct Doors {
    pub(super) config: watch::Receiver<LineConfig>,
    pub(super) images: Images,
    pub(super) inbox: Inbox,
    /// Writes to registers of remote I/O modules.
    pub(super) registers: Inbox,
    pub(super) requests: LineInbox,
}

/// Ends when the opening does, never when there is none.
async fn opening(opening: &mut Option<BoxFuture<'static, Result<Line, OpenError>>>) -> Result<Line, OpenError> {
    match opening {
        Some(opening) => opening.await,
        None => std::future::pending().await,
    }
}

/// Transactions that may be under way at once.
pub(super) fn slots(config: &LineConfig) -> u8 {
    match &config.port.link {
        LinkConfig::Serial(_) | LinkConfig::RtuOverTcp(_) => 1,
        LinkConfig::Tcp(tcp) => tcp.in_flight.max(1),
    }
}

/// Whether both are the same device, though perhaps changed: by id, or by name where there is none.
fn is_same(a: &DeviceConfig, b: &DeviceConfig) -> bool {
    if a.identity.id.is_empty() { a.identity.name == b.identity.name } else { a.identity.id == b.identity.id }
}

/// The names this line answers requests for.
pub(super) fn line_names(config: &LineConfig) -> Vec<LineName> {
    let devices = group_names(config).into_iter().chain(module_names(config)).map(LineName::Device);
    std::iter::once(LineName::Port(config.port.identity.name.clone())).chain(devices).collect()
}

/// The remote I/O modules whose registers this line writes.
pub(super) fn module_names(config: &LineConfig) -> Vec<String> {
    config.modules.iter().map(|module| module.identity.name.clone()).collect()
}

/// The groups whose commands this line answers.
pub(super) fn group_names(config: &LineConfig) -> Vec<String> {
    config.devices.iter().map(|device| device.identity.name.clone()).collect()
}
