//! The devices of a field, whatever way leads to them, and what was seen of their master.

use super::bank::Bank;
use super::fault::{Fault, Faults, Times};
use super::field::SimDevice;
use super::slave::answer;
use super::stats::FieldStats;
use crate::modbus::address::{Span, Table};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a field's thread and its owner share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) devices: BTreeMap<u8, Device>,
    pub(super) stats: FieldStats,
    /// False: the pty is closed and the path gone, or nobody listens.
    pub(super) plugged: bool,
    /// Where the pty is now.
    pub(super) path: PathBuf,
    pub(super) stop: bool,
    /// Why the field could not be plugged in again.
    pub(super) error: Option<String>,
}

#[derive(Debug)]
pub(super) struct Device {
    pub(super) turnaround: Duration,
    pub(super) bank: Bank,
    pub(super) faults: Faults,
}

/// How a field should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Plugged,
    Unplugged,
    Stop,
}

/// What a device does with a request.
#[derive(Debug)]
pub(super) struct Reaction {
    /// The right reply.
    pub(super) reply: Vec<u8>,
    /// What becomes of it.
    pub(super) fault: Fault,
    /// From the end of the request to the begin of the reply.
    pub(super) turnaround: Duration,
}

/// The devices of a running field; clones are the same devices.
#[derive(Debug, Clone)]
pub struct Slaves(Arc<Mutex<Shared>>);

impl Slaves {
    /// Puts another device in the place of one; false when there is none.
    pub fn exchange(&self, unit: u8, bank: Bank) -> bool {
        self.with(unit, |device| device.bank = bank).is_some()
    }

    pub(super) fn new(devices: Vec<SimDevice>, path: PathBuf) -> Self {
        let device = |device: SimDevice| {
            (device.unit, Device { turnaround: device.turnaround, bank: device.bank, faults: Faults::default() })
        };
        let devices = devices.into_iter().map(device).collect();
        Self(Arc::new(Mutex::new(Shared { devices, plugged: true, path, ..Shared::default() })))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Shared> {
        // Whole after every statement: a panic elsewhere does no harm.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the owner wants of the field.
    pub(super) fn wish(&self) -> Wish {
        let shared = self.lock();
        match (shared.stop, shared.plugged) {
            (true, _) => Wish::Stop,
            (false, true) => Wish::Plugged,
            (false, false) => Wish::Unplugged,
        }
    }

    /// What was seen so far.
    pub fn stats(&self) -> FieldStats {
        self.lock().stats.clone()
    }

    /// Lets a device misbehave, after the faults it still has to do; false when there is no such device.
    pub fn fault(&self, unit: u8, fault: Fault, times: Times) -> bool {
        self.with(unit, |device| device.faults.push(fault, times)).is_some()
    }

    /// Lets a device behave; false when there is no such device.
    pub fn clear_faults(&self, unit: u8) -> bool {
        self.with(unit, |device| device.faults.clear()).is_some()
    }

    /// Changes how long a device takes to answer.
    pub fn set_turnaround(&self, unit: u8, turnaround: Duration) -> bool {
        self.with(unit, |device| device.turnaround = turnaround).is_some()
    }

    /// Overwrites words of a device; false when it has no such place.
    pub fn set(&self, unit: u8, table: Table, address: u16, words: &[u16]) -> bool {
        self.with(unit, |device| device.bank.set(table, address, words)).unwrap_or(false)
    }

    /// Words a device holds, signals as they are at the start.
    pub fn get(&self, unit: u8, span: Span) -> Option<Vec<u16>> {
        self.with(unit, |device| device.bank.read(span, Duration::ZERO))?
    }

    /// Why the field could not be plugged in again.
    pub fn error(&self) -> Option<String> {
        self.lock().error.clone()
    }

    /// What the addressed device makes of a request that came `time` after the start; `None` when there is none.
    pub(super) fn react(&self, unit: u8, request: &[u8], time: Duration) -> Option<Reaction> {
        self.with(unit, |device| {
            let reply = answer(&mut device.bank, request, time);
            let fault = device.faults.take().unwrap_or(Fault::Nothing);
            let fault = if device.bank.swallows(&reply) { Fault::Silence } else { fault };
            let turnaround = match fault {
                Fault::Late { delay_ms } => Duration::from_millis(delay_ms),
                _ => device.turnaround,
            };
            Reaction { reply, fault, turnaround }
        })
    }

    /// All devices obey, none replies.
    pub(super) fn broadcast(&self, request: &[u8], time: Duration) {
        for device in self.lock().devices.values_mut() {
            answer(&mut device.bank, request, time);
        }
    }

    fn with<R>(&self, unit: u8, act: impl FnOnce(&mut Device) -> R) -> Option<R> {
        self.lock().devices.get_mut(&unit).map(act)
    }
}
