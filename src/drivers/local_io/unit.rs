//! The unit of one module: carries messages to its thread, keeps its counts, ends it in order.

use super::backend::{Make, backend};
use super::keep::Noted;
use super::message::Message;
use super::rack::Rack;
use super::thread::Worker;
use crate::config::module::ModuleConfig;
use crate::config::module::driver::DriverConfig;
use crate::config::module::driver::gpio::GpioLine;
use crate::platform::clock;
use crate::runtime::commands::{Batch, Commands, WriteError};
use crate::runtime::image::Image;
use crate::runtime::modules::{ModuleRequest, Modules};
use crate::runtime::safe_mode::SafeState;
use crate::runtime::unit::{Resource, UnitContext};
use crate::store::{HostBoots, KeptCounts, StoreError};
use crate::tag::channel::ChannelKind;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior};

/// Messages that may wait for the thread.
const WAITING: usize = 64;
/// How often changed counts are written: at most so much of them is lost when the power goes, and what has been counted
/// since the last half second on top.
const KEEP: Duration = Duration::from_secs(2);

/// Why a module cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ModuleError {
    /// The kept counts cannot be read: with others in their place, the true ones would be lost.
    #[error("the kept counts cannot be read: {0}")]
    Kept(#[source] StoreError),
    /// The system gives no thread.
    #[error("no thread for the module: {0}")]
    Thread(#[source] std::io::Error),
    /// A mistake of ours.
    #[error("an internal error (panic)")]
    Panic,
}

/// What outlives a run of the program.
#[derive(Debug, Clone)]
pub struct Memory {
    /// Counts.
    pub counts: KeptCounts,
    /// Which boot of the host each module was in last.
    pub boots: HostBoots,
    /// The present boot; without one, power-on values are never applied.
    pub boot: Option<String>,
}

/// The unit of one module.
pub struct ModuleUnit {
    config: watch::Receiver<ModuleConfig>,
    image: Image,
    commands: Commands,
    modules: Modules,
    safe: watch::Receiver<SafeState>,
    memory: Option<Memory>,
    make: Make,
}

/// The modules of a configuration that are switched on and hang on this host.
pub fn local(modules: &[ModuleConfig]) -> impl Iterator<Item = &ModuleConfig> {
    let remote = |module: &ModuleConfig| matches!(module.driver, DriverConfig::ModbusIo(_));
    modules.iter().filter(move |module| module.identity.enabled && !remote(module))
}

/// The hardware that the module holds alone.
pub fn resources(module: &ModuleConfig) -> Vec<Resource> {
    match &module.driver {
        // What a remote module holds is its line's.
        DriverConfig::Simulated(_) | DriverConfig::ModbusIo(_) => Vec::new(),
        DriverConfig::Gpio(gpio) => gpio.lines.iter().map(GpioLine::place).map(Resource::GpioLine).collect(),
        // Inputs may be read by several.
        DriverConfig::Iio(iio) => {
            let kind = |channel: u8| module.model.kind(channel);
            let outputs =
                iio.channels.iter().filter(|channel| kind(channel.channel).is_some_and(ChannelKind::is_output));
            outputs.map(|output| Resource::Output(format!("{} {}", output.place.device, output.place.input))).collect()
        }
        DriverConfig::Pwm(pwm) => {
            pwm.outputs.iter().map(|output| Resource::Output(format!("{} {}", output.chip, output.line))).collect()
        }
    }
}

impl ModuleUnit {
    /// The unit over this module; every change comes by the watch and needs no restart.
    pub fn new(
        config: watch::Receiver<ModuleConfig>,
        image: Image,
        commands: Commands,
        modules: Modules,
        safe: watch::Receiver<SafeState>,
    ) -> Self {
        Self { config, image, commands, modules, safe, memory: None, make: Arc::new(backend) }
    }

    /// With a place where counts are kept over restarts.
    #[must_use]
    pub fn with_memory(self, memory: Memory) -> Self {
        Self { memory: Some(memory), ..self }
    }

    /// On hardware that a test holds in its hand.
    #[cfg(test)]
    pub(super) fn with_hardware(self, make: Make) -> Self {
        Self { make, ..self }
    }

    /// Runs until asked to stop. Hardware that is missing is the field's failure: its channels are bad, and it is tried
    /// again here.
    pub async fn run(mut self, ctx: UnitContext) -> Result<(), ModuleError> {
        let config = self.config.borrow().clone();
        let mut name = config.identity.name.clone();
        let mut inbox = self.commands.open([name.clone()]);
        let mut requests = self.modules.open(&name);
        let (kept, power_on) = match &self.memory {
            Some(memory) => (memory.counts.all().await.map_err(ModuleError::Kept)?, has_booted(memory, &config).await),
            None => (HashMap::new(), false),
        };
        let counts = self.memory.as_ref().map(|memory| memory.counts.clone());
        let (to_thread, from_unit) = sync_channel(WAITING);
        let worker = Worker {
            rack: Rack::new(config, &self.image, kept.clone(), power_on, self.make.clone()),
            config: self.config.clone(),
            safe: self.safe.clone(),
            inbox: from_unit,
            ctx: ctx.clone(),
            noted: Noted::new(counts.clone(), kept),
        };
        let (ended, mut end) = oneshot::channel();
        let work = move || {
            worker.run();
            // Nobody hears it when the unit was cut off.
            ended.send(()).ok();
        };
        std::thread::Builder::new().name(format!("io-{name}")).spawn(work).map_err(ModuleError::Thread)?;
        // A look wakes the thread at once; it sees the new state by itself.
        let look = |to_thread: &SyncSender<Message>| drop(to_thread.try_send(Message::Look));
        let mut keep = tokio::time::interval_at(next_keep(), KEEP);
        keep.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                biased;
                () = ctx.stop.cancelled() => break,
                // Cancel-safe: it is a oneshot. Before the stop the thread ends by a panic only.
                _ = &mut end => return Err(ModuleError::Panic),
                // Cancel-safe: the newest stays in the watch.
                changed = self.config.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    let present = self.config.borrow_and_update().identity.name.clone();
                    if present != name {
                        inbox.set_names([present.clone()]);
                        requests.set_names([present.clone()]);
                        name = present;
                    }
                    look(&to_thread);
                }
                // Cancel-safe: as above.
                Ok(()) = self.safe.changed() => {
                    self.safe.mark_unchanged();
                    look(&to_thread);
                }
                // Cancel-safe: neither loses a message when another arm wins.
                batch = inbox.next() => hand_over(&to_thread, batch),
                request = requests.next() => ask(&to_thread, request),
                // Cancel-safe: a tick that is not taken stays due.
                _ = keep.tick() => flush(counts.as_ref()).await,
            }
        }
        ctx.stop.cancel();
        look(&to_thread);
        // An error says the same: the thread is at its end.
        end.await.ok();
        flush(counts.as_ref()).await;
        Ok(())
    }
}

/// All modules write at the same moments: the first then finds what all have noted, and the disk is written once.
fn next_keep() -> Instant {
    let since = Duration::from_micros(clock::now().mono_us);
    let after = Duration::from_nanos(u64::try_from(since.as_nanos() % KEEP.as_nanos()).unwrap_or(0));
    Instant::now() + KEEP.saturating_sub(after)
}

/// Writes what was noted, of all modules at once.
async fn flush(counts: Option<&KeptCounts>) {
    if let Some(counts) = counts
        && let Err(error) = counts.flush().await
    {
        tracing::error!(%error, "counts cannot be kept; they are tried again");
    }
}

/// Whether the host has booted since the module was there last. A module that was never there has not booted with it.
async fn has_booted(memory: &Memory, config: &ModuleConfig) -> bool {
    let Some(boot) = &memory.boot else { return false };
    match memory.boots.replace(&config.identity.id, boot).await {
        Ok(before) => before.is_some_and(|before| before != *boot),
        Err(error) => {
            tracing::error!(%error, "the boot of the host cannot be noted; power-on values are not applied");
            false
        }
    }
}

/// Gives commands to the thread; when it has too much to do, the askers hear so.
fn hand_over(to_thread: &SyncSender<Message>, batch: Batch) {
    let (refused, busy) = match to_thread.try_send(Message::Write(batch)) {
        Ok(()) => return,
        Err(TrySendError::Full(refused)) => (refused, true),
        Err(TrySendError::Disconnected(refused)) => (refused, false),
    };
    if let Message::Write(batch) = refused {
        for command in batch {
            let error = if busy { WriteError::Busy } else { WriteError::Stopped(command.tag.to_string()) };
            command.answer(Err(error));
        }
    }
}

fn ask(to_thread: &SyncSender<Message>, request: ModuleRequest) {
    let Err(TrySendError::Full(Message::Ask(request))) = to_thread.try_send(Message::Ask(request)) else { return };
    // Whoever asked may have given up.
    match request {
        ModuleRequest::Force { reply, .. } | ModuleRequest::EndForce { reply, .. } => {
            drop(reply.send(Err(WriteError::Busy)));
        }
        ModuleRequest::EndAll { reply } => drop(reply),
    }
}
