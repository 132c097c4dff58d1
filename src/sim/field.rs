//! A simulated line with its devices, in a thread of its own.

use super::bank::Bank;
use super::fault::{Fault, Faults, Times};
use super::pty::Pty;
use super::stats::FieldStats;
use super::wires::Wires;
use crate::config::device::DeviceConfig;
use crate::modbus::address::{Span, Table};
use crate::modbus::wire::Wire;
use rustix::event::EventfdFlags;
use rustix::fd::OwnedFd;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A line to simulate.
#[derive(Debug, Clone)]
pub struct FieldConfig {
    /// Speed and character.
    pub wire: Wire,
    /// Who is on it.
    pub devices: Vec<SimDevice>,
    /// Devices ignore frames that begin less than 3.5 characters after the last byte, as many real ones do.
    pub strict: bool,
    /// Wait awake, so that times are measured to the microsecond; takes a core.
    pub spin: bool,
    /// A stable name for the pty.
    pub link: Option<PathBuf>,
}

/// One simulated device.
#[derive(Debug, Clone)]
pub struct SimDevice {
    /// Its address.
    pub unit: u8,
    /// From the end of a request to the begin of its reply.
    pub turnaround: Duration,
    /// What it holds.
    pub bank: Bank,
}

impl SimDevice {
    /// A device that holds what the tags of a configured one ask for.
    pub fn mirroring(device: &DeviceConfig, turnaround: Duration) -> Self {
        Self { unit: device.unit_id, turnaround, bank: Bank::mirroring(device) }
    }
}

/// What the thread and its owner share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) devices: BTreeMap<u8, Device>,
    pub(super) stats: FieldStats,
    /// False: the pty is closed and the path gone.
    pub(super) plugged: bool,
    /// Where the pty is now.
    pub(super) path: PathBuf,
    pub(super) stop: bool,
    /// Why the pty could not be opened again.
    pub(super) error: Option<String>,
}

#[derive(Debug)]
pub(super) struct Device {
    pub(super) turnaround: Duration,
    pub(super) bank: Bank,
    pub(super) faults: Faults,
}

/// A running field; ends when dropped.
#[derive(Debug)]
pub struct Field {
    shared: Arc<Mutex<Shared>>,
    wake: Arc<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl Field {
    /// Opens the pty and starts the thread.
    pub fn start(config: FieldConfig) -> io::Result<Self> {
        let pty = Pty::open(config.link.as_deref())?;
        let device = |device: SimDevice| {
            (device.unit, Device { turnaround: device.turnaround, bank: device.bank, faults: Faults::default() })
        };
        let shared = Shared {
            devices: config.devices.iter().cloned().map(device).collect(),
            plugged: true,
            path: pty.path().to_owned(),
            ..Shared::default()
        };
        let shared = Arc::new(Mutex::new(shared));
        let wake = Arc::new(rustix::event::eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let wires = Wires::new(&config, pty, Arc::clone(&shared), Arc::clone(&wake));
        let thread = std::thread::Builder::new().name("sim".to_owned()).spawn(move || wires.run())?;
        Ok(Self { shared, wake, thread: Some(thread) })
    }

    /// What a master opens; after unplugging and plugging another one, unless a link was asked for.
    pub fn path(&self) -> PathBuf {
        self.lock().path.clone()
    }

    /// What was seen so far.
    pub fn stats(&self) -> FieldStats {
        self.lock().stats.clone()
    }

    /// Counts from zero.
    pub fn reset_stats(&self) {
        self.lock().stats = FieldStats::default();
        self.tell();
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

    /// Pulls the plug: the pty is closed, its path is gone.
    pub fn unplug(&self) {
        self.lock().plugged = false;
        self.tell();
    }

    /// Puts it back.
    pub fn plug(&self) {
        self.lock().plugged = true;
        self.tell();
    }

    /// Why the pty could not be opened when it was plugged in again.
    pub fn error(&self) -> Option<String> {
        self.lock().error.clone()
    }

    fn with<R>(&self, unit: u8, act: impl FnOnce(&mut Device) -> R) -> Option<R> {
        self.lock().devices.get_mut(&unit).map(act)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        lock(&self.shared)
    }

    fn tell(&self) {
        // The counter of an eventfd that is read now and then cannot overflow by ones.
        rustix::io::write(&self.wake, &1u64.to_ne_bytes()).ok();
    }
}

pub(super) fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    // Whole after every statement: a panic elsewhere does no harm.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Field {
    fn drop(&mut self) {
        self.lock().stop = true;
        self.tell();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed by itself.
            thread.join().ok();
        }
    }
}
