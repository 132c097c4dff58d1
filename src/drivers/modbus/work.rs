//! The work of one line, one thing after the other: open it, poll, take changes in place, tell how it goes.

use super::device::{Device, Phases};
use super::figures::{Occupation, Traffic};
use super::line::{Answer, Ask, Failure, Line};
use super::schedule::{Budget, Choice, Rank, Turn, pick};
use super::unit::LineConfig;
use crate::config::device::DeviceConfig;
use crate::platform::clock;
use crate::runtime::commands::Inbox;
use crate::runtime::image::Image;
use crate::runtime::status::{Detail, LineStatus};
use crate::runtime::unit::{Health, UnitContext};
use crate::tag::quality::Reason;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Writes in a row before a read that is due gets its turn: a flood of commands must not stop the polls.
const WRITES_IN_A_ROW: u32 = 8;
/// How often the figures are told.
const TELL: Duration = Duration::from_millis(500);
const FIRST_REOPEN: Duration = Duration::from_millis(500);
const LAST_REOPEN: Duration = Duration::from_secs(5);

/// Why a transaction has no answer.
pub(super) enum Broken {
    /// We are asked to stop.
    Stop,
    /// The line is not there.
    Line,
}

/// A line at work.
pub(super) struct Work {
    pub(super) config: LineConfig,
    pub(super) devices: Vec<Device>,
    phases: Phases,
    budget: Budget,
    ctx: UnitContext,
    line: Option<Line>,
    /// Why there is none.
    trouble: Option<String>,
    reopen_at: Instant,
    reopen_pause: Duration,
    opened: u64,
    overruns: u64,
    traffic: Traffic,
    occupation: Occupation,
    tell_at: Instant,
    writes_in_a_row: u32,
}

impl Work {
    pub(super) fn new(config: LineConfig, image: &Image, ctx: UnitContext) -> Self {
        let now = Instant::now();
        let mut phases = Phases::default();
        let devices =
            config.devices.iter().map(|device| Device::new(device.clone(), image, &mut phases, now)).collect();
        Self {
            budget: Budget::new(config.port.probe_budget_percent, now),
            config,
            devices,
            phases,
            ctx,
            line: None,
            trouble: None,
            reopen_at: now,
            reopen_pause: FIRST_REOPEN,
            opened: 0,
            overruns: 0,
            traffic: Traffic::default(),
            occupation: Occupation::new(now),
            tell_at: now,
            writes_in_a_row: 0,
        }
    }

    /// One thing after the other; false to end.
    pub(super) async fn step(
        &mut self,
        config: &mut watch::Receiver<LineConfig>,
        image: &Image,
        inbox: &mut Inbox,
    ) -> bool {
        if self.ctx.stop.is_cancelled() {
            return false;
        }
        match config.has_changed() {
            Ok(false) => (),
            Ok(true) => {
                let next = config.borrow_and_update().clone();
                inbox.set_groups(group_names(&next));
                self.update(next, image).await;
            }
            Err(_) => return false,
        }
        let now = Instant::now();
        if self.line.is_none() && self.reopen_at <= now {
            self.open().await;
        }
        if self.tell_at <= now {
            self.tell(now);
        }
        let choice = self.choose(now);
        let read_is_due = matches!(choice, Choice::Read(_));
        if (!read_is_due || self.writes_in_a_row < WRITES_IN_A_ROW)
            && let Some(command) = inbox.try_next()
        {
            self.writes_in_a_row += 1;
            return self.command(command).await;
        }
        self.writes_in_a_row = 0;
        let wake = match choice {
            Choice::Read(turn) => return self.read(turn).await,
            Choice::Wait(until) => until.min(self.tell_at),
            Choice::Nothing => self.tell_at,
        };
        tokio::select! {
            biased;
            () = self.ctx.stop.cancelled() => false,
            // Cancel-safe: the newest configuration stays in the watch and is taken at the next step.
            changed = config.changed() => {
                config.mark_changed();
                changed.is_ok()
            }
            // Cancel-safe: `next` loses no command when another arm wins.
            command = inbox.next() => self.command(command).await,
            () = tokio::time::sleep_until(wake) => true,
        }
    }

    fn choose(&self, now: Instant) -> Choice {
        if self.line.is_none() {
            return Choice::Wait(self.reopen_at);
        }
        let turns = self.devices.iter().enumerate();
        pick(turns.flat_map(|(index, device)| device.turns(index, self.config.port.timeout)), self.budget, now)
    }

    /// Between two transactions: what did not change is not touched, and only other line parameters open the tty anew.
    async fn update(&mut self, next: LineConfig, image: &Image) {
        let now = Instant::now();
        let mut old: Vec<Device> = std::mem::take(&mut self.devices);
        for config in &next.devices {
            let same = |device: &Device| is_same(&device.config, config);
            match old.iter().position(same).map(|at| old.swap_remove(at)) {
                Some(mut device) => {
                    if device.config != *config {
                        device.update(config.clone(), image, &mut self.phases, now);
                    }
                    self.devices.push(device);
                }
                None => self.devices.push(Device::new(config.clone(), image, &mut self.phases, now)),
            }
        }
        self.budget.set_percent(next.port.probe_budget_percent);
        let reopen = next.port.link != self.config.port.link;
        self.config = next;
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

    async fn open(&mut self) {
        match Line::open(self.config.port.link.clone()).await {
            Ok(line) => {
                if let Some(note) = line.note() {
                    tracing::info!(port = %self.config.port.identity.name, note, "opened the serial line");
                }
                self.line = Some(line);
                self.opened += 1;
                self.trouble = None;
                self.reopen_pause = FIRST_REOPEN;
                let now = Instant::now();
                for device in &mut self.devices {
                    device.hurry(None, now);
                }
            }
            Err(err) => self.lost(err.to_string()),
        }
        self.tell(Instant::now());
    }

    /// There is no line: every tag says so, and it is tried again soon.
    fn lost(&mut self, why: String) {
        self.line = None;
        self.reopen_at = Instant::now() + self.reopen_pause;
        self.reopen_pause = (2 * self.reopen_pause).min(LAST_REOPEN);
        if self.trouble.as_ref() != Some(&why) {
            tracing::warn!(port = %self.config.port.identity.name, reason = %why, "the serial line is closed");
        }
        self.trouble = Some(why);
        self.fail_all();
        self.tell_at = Instant::now();
    }

    fn fail_all(&mut self) {
        for device in &mut self.devices {
            device.fail_all(Reason::PortClosed);
        }
    }

    pub(super) async fn close(&mut self) {
        if let Some(line) = self.line.take() {
            line.close().await;
        }
    }

    /// One transaction with one device, counted.
    pub(super) async fn ask(&mut self, index: usize, pdu: Vec<u8>) -> Result<Answer, Broken> {
        let (Some(line), Some(device)) = (&self.line, self.devices.get(index)) else { return Err(Broken::Line) };
        let ask = Ask {
            unit: device.config.unit_id,
            pdu,
            timeout: device.timeout(self.config.port.timeout),
            min_gap: device.config.min_gap,
        };
        let handle = line.handle();
        let answer = tokio::select! {
            biased;
            () = self.ctx.stop.cancelled() => return Err(Broken::Stop),
            // Nothing is lost when the stop wins: the line is closed next.
            answer = handle.ask(ask) => answer,
        };
        match answer {
            Ok(answer) => {
                let now = Instant::now();
                self.traffic.count(&answer);
                self.occupation.count(&answer, now);
                if let Some(device) = self.devices.get_mut(index) {
                    device.traffic.count(&answer);
                    match &answer.reply {
                        Ok(_) => {
                            if device.health.answered(answer.timing.device) {
                                // Its first answer brings all of it back.
                                device.hurry(None, now);
                            }
                        }
                        Err(Failure::NoAnswer) => device.health.attempt_missed(),
                        Err(_) => device.health.garbled(now),
                    }
                }
                Ok(answer)
            }
            Err(err) => {
                self.lost(err.to_string());
                Err(Broken::Line)
            }
        }
    }

    /// One poll of one block; false to end.
    async fn read(&mut self, turn: Turn) -> bool {
        let Some(job) = self.devices.get(turn.device).and_then(|device| device.jobs.get(turn.job)) else { return true };
        let (request, attempts) = (job.request.clone(), job.attempts);
        let probe = matches!(turn.rank, Rank::Probe(_));
        let began = Instant::now();
        let answer = match self.ask(turn.device, request).await {
            Ok(answer) => answer,
            Err(Broken::Stop) => return false,
            Err(Broken::Line) => return true,
        };
        let now = Instant::now();
        let Some(device) = self.devices.get_mut(turn.device) else { return true };
        let failure = match answer.reply {
            Ok(pdu) => match device.take(turn.job, &pdu, clock::stamp_of(answer.at)) {
                Ok(()) => {
                    self.overruns += device.done(turn.job, began);
                    return true;
                }
                Err(_) => Failure::Unfit,
            },
            Err(failure) => failure,
        };
        if probe {
            self.budget.spent(now - began, now);
        }
        // A device that was heard gets its retries; the read stays due and competes with the others anew.
        if device.health.is_online() && attempts < self.config.port.retries {
            if let Some(job) = device.jobs.get_mut(turn.job) {
                job.attempts += 1;
            }
            return true;
        }
        let silent = failure == Failure::NoAnswer;
        let reason = if silent { Reason::NoAnswer } else { Reason::BadAnswer };
        device.fail(turn.job, reason);
        if silent && device.health.missed(now) {
            device.fail_all(reason);
            self.tell_at = now;
        }
        device.probed();
        self.overruns += device.done(turn.job, began);
        true
    }

    /// Tells health and figures.
    pub(super) fn tell(&mut self, now: Instant) {
        self.tell_at = now + TELL;
        let silent: Vec<&str> = self
            .devices
            .iter()
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
        let (utilisation, waiting) = self.occupation.shares(now);
        let link = &self.config.port.link;
        let status = LineStatus {
            kind: link.kind(),
            path: link.place(),
            baud: link.wire().map(|wire| wire.baud),
            open: self.line.is_some(),
            opened: self.opened,
            utilisation,
            waiting,
            overruns: self.overruns,
            traffic: self.traffic.status(),
            devices: self.devices.iter().map(|device| device.status(self.config.port.timeout, now)).collect(),
        };
        self.ctx.detail.send_replace(Detail::Line(Box::new(status)));
    }
}

/// Whether both are the same device, though perhaps changed: by id, or by name where there is none.
fn is_same(a: &DeviceConfig, b: &DeviceConfig) -> bool {
    if a.identity.id.is_empty() { a.identity.name == b.identity.name } else { a.identity.id == b.identity.id }
}

/// The groups whose commands this line answers.
pub(super) fn group_names(config: &LineConfig) -> Vec<String> {
    config.devices.iter().map(|device| device.identity.name.clone()).collect()
}
