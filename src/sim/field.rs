//! A simulated line with its devices, in a thread of its own.

use super::bank::Bank;
use super::pty::Pty;
use super::slaves::Slaves;
use super::stats::FieldStats;
use super::wires::Wires;
use crate::config::device::DeviceConfig;
use crate::modbus::framing::Framing;
use crate::modbus::wire::Wire;
use rustix::event::EventfdFlags;
use rustix::fd::OwnedFd;
use std::io;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// A line to simulate.
#[derive(Debug, Clone)]
pub struct FieldConfig {
    /// Speed and character.
    pub wire: Wire,
    /// Who is on it.
    pub devices: Vec<SimDevice>,
    /// Devices ignore RTU frames that begin less than 3.5 characters after the last byte, as many real ones do.
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

/// A running field; ends when dropped. What its devices are told goes by [`Slaves`].
#[derive(Debug)]
pub struct Field {
    slaves: Slaves,
    wake: Arc<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl Field {
    /// A line with RTU frames.
    pub fn start(config: FieldConfig) -> io::Result<Self> {
        Self::start_framed(config, Framing::Rtu)
    }

    /// Opens the pty and starts the thread.
    pub fn start_framed(config: FieldConfig, framing: Framing) -> io::Result<Self> {
        let pty = Pty::open(config.link.as_deref())?;
        let slaves = Slaves::new(config.devices.clone(), pty.path().to_owned());
        let wake = Arc::new(rustix::event::eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let wires = Wires::new(&config, framing, pty, slaves.clone(), Arc::clone(&wake));
        let thread = std::thread::Builder::new().name("sim".to_owned()).spawn(move || wires.run())?;
        Ok(Self { slaves, wake, thread: Some(thread) })
    }

    /// What a master opens; after unplugging and plugging another one, unless a link was asked for.
    pub fn path(&self) -> PathBuf {
        self.slaves.lock().path.clone()
    }

    /// Counts from zero.
    pub fn reset_stats(&self) {
        self.slaves.lock().stats = FieldStats::default();
        self.tell();
    }

    /// Pulls the plug: the pty is closed, its path is gone.
    pub fn unplug(&self) {
        self.slaves.lock().plugged = false;
        self.tell();
    }

    /// Puts it back.
    pub fn plug(&self) {
        self.slaves.lock().plugged = true;
        self.tell();
    }

    fn tell(&self) {
        // The counter of an eventfd that is read now and then cannot overflow by ones.
        rustix::io::write(&self.wake, &1u64.to_ne_bytes()).ok();
    }
}

impl Deref for Field {
    type Target = Slaves;

    fn deref(&self) -> &Slaves {
        &self.slaves
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        self.slaves.lock().stop = true;
        self.tell();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed by itself.
            thread.join().ok();
        }
    }
}
