//! What comes back from the line: counted, shown, answered.

use super::flight::{self, Landed, Load, Written};
use super::line::{Answer, Failure, LineError};
use super::schedule::{DeviceKey, JobKey};
use super::work::{Work, slots};
use crate::modbus::lessons::Outcome;
use crate::modbus::rtu::EXCEPTION_BIT;
use crate::platform::clock;
use crate::runtime::commands::WriteError;
use crate::tag::quality::Reason;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The name in the timeline of what is nobody's device.
const GUEST: &str = "gateway";

impl Work {
    /// Takes in what a read or a write brought back.
    pub(super) fn land(&mut self, landed: Landed) {
        let Landed { device, opened, due, began, load } = landed;
        let now = Instant::now();
        let took = now - began;
        match (load, device) {
            (Load::Guest { guest, answer }, device) => {
                match &answer {
                    Ok(answer) => self.heard(device, guest.unit, &guest.pdu, answer, (due, began), true),
                    Err(error) => self.broken(opened, error),
                }
                self.schedule.spent(took, now);
                let told = flight::told(&answer);
                drop(guest.reply.send(told));
            }
            (Load::Read { .. } | Load::Written(_), None) => (),
            (Load::Read { job, probe, request, answer, claim }, Some(device)) => {
                let key = JobKey { device, job };
                self.read_is_back(&claim);
                match answer {
                    Ok(answer) => {
                        let trial = !probe && self.devices.get(&device).is_some_and(|device| device.is_trial(job));
                        self.heard(Some(device), 0, &request, &answer, (due, began), trial);
                        self.read_landed(key, probe, &answer, took, now);
                    }
                    Err(error) => {
                        self.schedule.retry(key);
                        if let Some(device) = self.devices.get(&device).filter(|_| probe) {
                            device.show_probe(&mut self.schedule);
                        }
                        self.broken(opened, &error);
                    }
                }
            }
            (Load::Written(written), Some(device)) => {
                let (mut due, mut began) = (due, began);
                for (request, answer) in &written.said {
                    self.heard(Some(device), 0, request, answer, (due, began), false);
                    (due, began) = (None, Instant::from_std(answer.at));
                }
                self.write_landed(device, opened, *written, took, now);
            }
        }
    }

    /// The line is gone, unless a read only gave way, and if it is the one that is open: all that was under way says so, one after the other.
    fn broken(&mut self, opened: u64, error: &LineError) {
        if *error != LineError::Withdrawn && self.line.is_some() && self.opened == opened {
            self.lost(error.to_string());
        }
    }

    /// One transaction, counted; with the device of this key, or with nobody's device at this address.
    fn heard(
        &mut self,
        key: Option<DeviceKey>,
        unit: u8,
        request: &[u8],
        answer: &Answer,
        (due, began): (Option<Instant>, Instant),
        trial: bool,
    ) {
        let now = Instant::now();
        let end = Instant::from_std(answer.at);
        self.traffic.count(answer);
        let ours = self.occupation.count(&answer.timing, due, began, end, slots(&self.config));
        let Some((key, device)) = key.and_then(|key| Some((key, self.devices.get_mut(&key)?))) else {
            return self.ring.push(Arc::from(GUEST), unit, request, answer, ours);
        };
        device.traffic.count(answer);
        self.ring.push(device.name(), device.config.unit_id, request, answer, ours);
        match &answer.reply {
            // A gateway speaks for a device that it does not reach.
            Ok(_) if unreached(answer).is_some() => device.health.unreached(),
            Ok(_) => {
                if device.health.answered(answer.timing.device) {
                    // Its first answer brings all of it back.
                    device.hurry(&mut self.schedule, now);
                    if device.relearn() {
                        self.restless.push(key);
                    }
                }
            }
            // Silence about what a trial or a stranger asks for says nothing of the device's presence.
            Err(Failure::NoAnswer) if trial => (),
            Err(Failure::NoAnswer) => device.health.attempt_missed(),
            Err(_) => device.health.garbled(now),
        }
    }

    fn read_landed(&mut self, key: JobKey, probe: bool, answer: &Answer, took: Duration, now: Instant) {
        if probe {
            self.schedule.probe_spent(took, now);
        }
        let (retries, attempts) = (self.config.port.retries, 1 + u32::from(self.config.port.retries));
        let Some(device) = self.devices.get_mut(&key.device) else { return };
        let unreached = unreached(answer);
        let failure = match &answer.reply {
            Ok(_) if unreached.is_some() => Failure::NoAnswer,
            Ok(pdu) => match device.take(key.job, pdu, clock::stamp_of(answer.at), now) {
                Ok(replan) => {
                    if replan {
                        self.restless.push(key.device);
                    }
                    self.finish(key, probe, took, now);
                    return;
                }
                Err(_) => Failure::Unfit,
            },
            Err(failure) => *failure,
        };
        if device.is_trial(key.job) && !probe {
            if failure == Failure::NoAnswer && unreached.is_none() && device.learn(key.job, Outcome::Silence) {
                self.restless.push(key.device);
            }
            self.finish(key, probe, took, now);
            return;
        }
        // A device that was heard gets its retries; the read competes with the others anew.
        let lost = device.health.is_lost(attempts);
        if let Some(job) = device.job(key.job) {
            job.attempts = job.attempts.saturating_add(1);
            let again = job.attempts <= retries && !lost;
            if !again {
                job.attempts = 0;
            }
            if again && !probe && device.health.is_online() {
                self.schedule.retry(key);
                self.schedule.spent(took, now);
                return;
            }
        }
        let silent = failure == Failure::NoAnswer;
        if silent && unreached.is_none() && device.learn(key.job, Outcome::Silence) {
            self.restless.push(key.device);
        }
        let reason = match unreached {
            Some(code) => Reason::Exception(code),
            None if silent => Reason::NoAnswer,
            None => Reason::BadAnswer,
        };
        device.fail(key.job, reason);
        device.probed();
        if silent && device.health.missed(attempts, now) {
            device.fail_all(reason);
            device.silence(&mut self.schedule);
            self.tell_at = now;
        }
        self.finish(key, probe, took, now);
    }

    fn finish(&mut self, key: JobKey, probe: bool, took: Duration, now: Instant) {
        let missed = if probe { 0 } else { self.schedule.done(key, took, now) };
        self.overruns += missed;
        if let Some(device) = self.devices.get_mut(&key.device) {
            device.overruns += missed;
            device.show_probe(&mut self.schedule);
        }
    }

    fn write_landed(&mut self, key: DeviceKey, opened: u64, written: Written, took: Duration, now: Instant) {
        let Written { commands, results, broken, seen, unseen, mask, .. } = written;
        self.schedule.spent(took, now);
        self.writes.ends(key);
        if let Some(device) = self.devices.get_mut(&key) {
            device.mask = mask.or(device.mask);
            for seen in seen {
                device.show(seen.source, &seen.name, &seen.raw, seen.at);
            }
            if let Some(span) = unseen {
                device.rush(span, &mut self.schedule, now);
            }
        }
        if let Some(error) = broken {
            self.broken(opened, &error);
        }
        let stopping = self.ctx.stop.is_cancelled();
        for (command, result) in commands.into_iter().zip(results) {
            let result = match result {
                Err(WriteError::LineClosed(tag)) if stopping => Err(WriteError::Stopped(tag)),
                result => result,
            };
            command.answer(result);
        }
    }
}

/// The exception by which a gateway says that it does not reach the device: 0A path unavailable, 0B no response (Modbus
/// application protocol V1.1b3, section 7). Its own time-out may be long, so such a device is probed like a silent one.
fn unreached(answer: &Answer) -> Option<u8> {
    match answer.reply.as_deref() {
        Ok(&[function, code @ (0x0A | 0x0B)]) if function & EXCEPTION_BIT != 0 => Some(code),
        _ => None,
    }
}
