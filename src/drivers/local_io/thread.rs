//! The thread of one module: scans, drives edges when they are due, does what it is told, and tells how it is.

use super::keep::Noted;
use super::message::Message;
use super::pace::Pace;
use super::rack::Rack;
use crate::config::module::ModuleConfig;
use crate::platform::clock;
use crate::runtime::modules::{DriverState, ModuleRequest, ModuleStatus};
use crate::runtime::safe_mode::SafeState;
use crate::runtime::status::Detail;
use crate::runtime::unit::{Health, UnitContext};
use crate::tag::reading::Stamp;
use std::num::NonZeroU64;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;
use tokio::sync::watch;

/// How often the status is told, and counts are handed over to be kept; microseconds.
const STATUS_US: u64 = 500_000;
/// Waits between two attempts to open what is missing: from, doubling up to.
const BACKOFF_US: (u64, u64) = (1_000_000, 60_000_000);
/// Messages done between two looks at the clock.
const AT_ONCE: usize = 64;

/// What the thread is made of.
pub(super) struct Worker {
    pub(super) rack: Rack,
    pub(super) config: watch::Receiver<ModuleConfig>,
    pub(super) safe: watch::Receiver<SafeState>,
    pub(super) inbox: Receiver<Message>,
    pub(super) ctx: UnitContext,
    pub(super) noted: Noted,
}

/// Where the thread is on its way.
struct Course {
    pace: Pace,
    /// When what is missing is tried again, and the wait after that.
    retry: Option<u64>,
    wait: u64,
    status: u64,
    /// The status is told at the next opportunity.
    news: bool,
    opened: u64,
    last_error: Option<String>,
}

impl Worker {
    /// Runs until the unit is stopped; then outputs go to their safe values.
    pub(super) fn run(mut self) {
        // The default slack of 50 us would be added to every edge of a pulse. A kernel that refuses costs only that.
        rustix::thread::set_current_timer_slack(NonZeroU64::new(1)).ok();
        let now = clock::now();
        let config = self.config.borrow_and_update().clone();
        let mut course = Course {
            pace: Pace::new(micros(config.scan), now.mono_us),
            retry: None,
            wait: BACKOFF_US.0,
            status: now.mono_us,
            news: true,
            opened: 0,
            last_error: None,
        };
        self.follow_safe_mode(now);
        self.rack.configure(config, now);
        course.opened_or_not(&self.rack, now);
        loop {
            let now = clock::now();
            self.follow(&mut course, now);
            if self.ctx.stop.is_cancelled() {
                break;
            }
            if course.retry.is_some_and(|at| at <= now.mono_us) {
                self.rack.open(now);
                course.opened_or_not(&self.rack, now);
            }
            if course.pace.next() <= now.mono_us {
                course.pace.begin(now.mono_us);
                self.rack.scan(now);
                course.lost_or_not(&self.rack, now);
            } else {
                self.rack.settle(now);
            }
            self.rack.tell(now);
            if course.news || course.status <= now.mono_us {
                course.news = false;
                course.status = now.mono_us + STATUS_US;
                self.noted.note(self.rack.kept());
                self.tell(&course, now);
            }
            if !self.wait(&course) {
                break;
            }
        }
        let now = clock::now();
        self.rack.set_safe(Some("stopping".to_owned()), now);
        self.noted.note(self.rack.kept());
    }

    /// Takes states in that have changed.
    fn follow(&mut self, course: &mut Course, now: Stamp) {
        if self.config.has_changed().unwrap_or(false) {
            let config = self.config.borrow_and_update().clone();
            course.pace.set_period(micros(config.scan), now.mono_us);
            self.rack.configure(config, now);
            course.opened_or_not(&self.rack, now);
            course.news = true;
        }
        if self.safe.has_changed().unwrap_or(false) {
            self.follow_safe_mode(now);
            course.news = true;
        }
    }

    fn follow_safe_mode(&mut self, now: Stamp) {
        let why = self.safe.borrow_and_update().causes.first().map(ToString::to_string);
        self.rack.set_safe(why, now);
    }

    /// Sleeps until something is due, and does what it is told meanwhile; false when the unit is gone.
    fn wait(&mut self, course: &Course) -> bool {
        let due = [self.rack.next_change(), course.retry, Some(course.status)];
        let due = due.into_iter().flatten().fold(course.pace.next(), u64::min);
        let left = Duration::from_micros(due.saturating_sub(clock::now().mono_us));
        let mut message = match self.inbox.recv_timeout(left) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => None,
            // The unit was cut off: nobody would ever tell the end.
            Err(RecvTimeoutError::Disconnected) => return false,
        };
        for _ in 0..AT_ONCE {
            let Some(present) = message.take() else { break };
            self.act(present);
            message = self.inbox.try_recv().ok();
        }
        if let Some(last) = message {
            self.act(last);
        }
        true
    }

    fn act(&mut self, message: Message) {
        let now = clock::now();
        match message {
            Message::Write(batch) => batch.into_iter().for_each(|command| self.rack.write(command, now)),
            // Whoever asked may have given up; nothing is lost then.
            Message::Ask(ModuleRequest::Force { channel, value, reply }) => {
                let done = self.rack.force(&channel, Some(value), now);
                self.tell_forced();
                drop(reply.send(done));
            }
            Message::Ask(ModuleRequest::EndForce { channel, reply }) => {
                let done = self.rack.force(&channel, None, now);
                self.tell_forced();
                drop(reply.send(done));
            }
            Message::Ask(ModuleRequest::EndAll { reply }) => {
                let ended = self.rack.end_forcing(now);
                self.tell_forced();
                reply.send(ended).ok();
            }
            Message::Look => (),
        }
    }

    /// Puts the forcing into the status at once: whoever hears that it holds finds it there.
    fn tell_forced(&self) {
        let channels = self.rack.channels();
        self.ctx.detail.send_modify(|detail| {
            if let Detail::Module(status) = detail {
                status.forced = channels.iter().filter(|channel| channel.forced).count();
                status.channels = channels;
            }
        });
    }

    fn tell(&self, course: &Course, now: Stamp) {
        let (config, trouble) = (self.rack.config(), self.rack.trouble());
        let channels = self.rack.channels();
        let all = !channels.is_empty() && channels.len() == trouble.broken;
        self.ctx.detail.send_replace(Detail::Module(Box::new(ModuleStatus {
            name: config.identity.name.clone(),
            slot: config.slot,
            model: config.model.as_str(),
            driver: config.driver.as_str(),
            state: if all { DriverState::Gone } else { DriverState::Open },
            last_error: course.last_error.clone(),
            retry_in_ms: course.retry.map(|at| at.saturating_sub(now.mono_us) / 1000),
            opened: course.opened,
            scan_ms: micros(config.scan) / 1000,
            scans: course.pace.scans,
            overruns: course.pace.overruns,
            jitter: course.pace.jitter(),
            lost_events: self.rack.lost_events(),
            safe_mode: self.rack.is_safe(),
            forced: channels.iter().filter(|channel| channel.forced).count(),
            channels,
        })));
        self.ctx.set_health(match (trouble.first, trouble.broken) {
            (Some((name, why)), 1) => Health::Degraded(one(&name, &why)),
            (Some((name, why)), broken) => {
                Health::Degraded(format!("{broken} channels have no hardware, the first is `{name}`: {why}"))
            }
            (None, _) => Health::Up,
        });
    }
}

impl Course {
    /// After an attempt to open all hardware.
    fn opened_or_not(&mut self, rack: &Rack, now: Stamp) {
        self.opened += 1;
        self.news = true;
        if let Some((name, why)) = rack.trouble().first {
            self.last_error = Some(one(&name, &why));
            self.retry = Some(now.mono_us + self.wait);
            self.wait = (self.wait * 2).min(BACKOFF_US.1);
        } else {
            (self.retry, self.wait) = (None, BACKOFF_US.0);
        }
    }

    /// After a scan, which may find that something is gone.
    fn lost_or_not(&mut self, rack: &Rack, now: Stamp) {
        if self.retry.is_some() {
            return;
        }
        if let Some((name, why)) = rack.trouble().first {
            self.last_error = Some(one(&name, &why));
            self.retry = Some(now.mono_us + self.wait);
            self.news = true;
        }
    }
}

fn micros(period: Duration) -> u64 {
    u64::try_from(period.as_micros()).unwrap_or(u64::MAX)
}

fn one(channel: &str, why: &str) -> String {
    format!("channel `{channel}`: {why}")
}
