//! The unit of one remote I/O module.

use super::Backstage;
use super::bank::Bank;
use crate::channel::signal::{Kept, Output};
use crate::config::module::{DriverConfig, ModbusIoConfig, ModuleConfig, Role, tag_name};
use crate::platform::clock;
use crate::runtime::changes::Interest;
use crate::runtime::commands::{Asker, Commands, WriteError};
use crate::runtime::image::{Image, Writer};
use crate::runtime::modules::{DriverState, ModuleRequest, ModuleStatus, Modules};
use crate::runtime::safe_mode::SafeMode;
use crate::runtime::status::Detail;
use crate::runtime::unit::{Health, UnitContext};
use crate::store::{KeptCounts, StoreError};
use crate::tag::attribute::Attribute;
use crate::tag::id::TagName;
use crate::tag::pattern::TagPattern;
use crate::tag::quality::Reason;
use crate::tag::value::Value;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt as _};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

/// How often the figures are told and counts are kept.
const TELL: Duration = Duration::from_secs(2);
/// How long an orderly stop waits for outputs to take their safe values.
const LAST_WRITES: Duration = Duration::from_secs(2);

/// Why the unit cannot work; tried again by the supervisor.
#[derive(Debug, thiserror::Error)]
pub enum RemoteModuleError {
    /// The kept counts could not be read: without them a restart would begin them anew.
    #[error("the kept counts cannot be read: {0}")]
    Kept(#[source] StoreError),
}

/// What the unit is given.
#[derive(Debug)]
pub struct RemoteModule {
    /// The module, with a driver of kind `modbus-io`; every change comes by the watch.
    pub config: watch::Receiver<ModuleConfig>,
    /// Where its channels are shown.
    pub image: Image,
    /// Where commands to its channels come from.
    pub commands: Commands,
    /// Where its registers live.
    pub backstage: Backstage,
    /// Where requests to force channels come from.
    pub modules: Modules,
    /// When outputs are held.
    pub safe_mode: SafeMode,
    /// Counts that survive.
    pub kept: KeptCounts,
}

/// A write of a register that is over: the channel, and how it went.
type Landing = BoxFuture<'static, (u8, Result<(), WriteError>)>;

/// A module at work.
struct Work {
    module: ModuleConfig,
    driver: ModbusIoConfig,
    bank: Bank,
    writer: Writer,
    backstage: Backstage,
    flights: FuturesUnordered<Landing>,
    /// Its registers in the image.
    cells: Vec<u32>,
    /// Counts as they stand in the store.
    kept: HashMap<String, Kept>,
    /// Why registers cannot be read, of any.
    trouble: Option<Reason>,
    scans: u64,
}

impl RemoteModule {
    /// Runs until asked to stop. A module that does not answer is the field's failure: its channels are bad, and its line
    /// goes on trying.
    pub async fn run(mut self, ctx: UnitContext) -> Result<(), RemoteModuleError> {
        let kept = self.kept.all().await.map_err(RemoteModuleError::Kept)?;
        let module = self.config.borrow_and_update().clone();
        let mut safe = self.safe_mode.follow();
        let safe_now = safe.borrow_and_update().is_active();
        let Some(mut work) = Work::new(module, &self.image, self.backstage.clone(), safe_now, kept) else {
            return Ok(());
        };
        let mut inbox = self.commands.open([work.module.identity.name.clone()]);
        let mut requests = self.modules.open(&work.module.identity.name);
        let mut changes = self.backstage.image.reader().subscribe(work.interest());
        let mut scan = tokio::time::interval(work.module.scan);
        scan.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut tell_at = Instant::now();
        loop {
            work.round();
            if tell_at <= Instant::now() {
                tell_at = Instant::now() + TELL;
                work.tell(&ctx, safe.borrow().is_active());
                work.keep(&self.kept).await;
            }
            let wake = work.wake().min(tell_at);
            tokio::select! {
                biased;
                () = ctx.stop.cancelled() => break,
                // Cancel-safe: the newest configuration stays in the watch.
                changed = self.config.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    let next = self.config.borrow_and_update().clone();
                    inbox.set_names([next.identity.name.clone()]);
                    requests.set_names([next.identity.name.clone()]);
                    scan = tokio::time::interval(next.scan);
                    scan.set_missed_tick_behavior(MissedTickBehavior::Delay);
                    if !work.configure(next, &self.image, safe.borrow().is_active()) {
                        break;
                    }
                    changes.set_interest(work.interest());
                    tell_at = Instant::now();
                }
                // Cancel-safe: the newest state stays in the watch.
                changed = safe.changed() => if changed.is_ok() {
                    work.bank.set_safe(safe.borrow_and_update().is_active(), clock::now());
                },
                // Cancel-safe: what is under way stays in the set.
                Some((channel, result)) = work.flights.next(), if !work.flights.is_empty() => {
                    work.bank.landed(channel, result, clock::now());
                }
                // Cancel-safe: `next` loses no command when another arm wins.
                batch = inbox.next() => for command in batch {
                    work.bank.command(command, clock::now());
                },
                // Cancel-safe: as `inbox.next`.
                request = requests.next() => work.answer(request),
                // Cancel-safe: nothing is taken unless it is returned.
                changed = changes.next() => {
                    if changed.schema {
                        work.find_registers();
                    }
                    work.look(safe.borrow().is_active());
                }
                // Cancel-safe: a tick not taken comes again. Values that stay the same are no change, and samples all the same.
                _ = scan.tick() => {
                    work.scans += 1;
                    work.look(safe.borrow().is_active());
                }
                () = tokio::time::sleep_until(wake) => (),
            }
        }
        work.leave().await;
        work.keep(&self.kept).await;
        Ok(())
    }
}

impl Work {
    fn new(
        module: ModuleConfig,
        image: &Image,
        backstage: Backstage,
        safe: bool,
        kept: HashMap<String, Kept>,
    ) -> Option<Self> {
        let DriverConfig::ModbusIo(driver) = module.driver.clone() else { return None };
        let mut bank = Bank::default();
        bank.configure(&module, &kept, safe, clock::now());
        let writer = image.writer(&module.identity.name);
        let flights = FuturesUnordered::new();
        Some(Self {
            module,
            driver: *driver,
            bank,
            writer,
            backstage,
            flights,
            cells: Vec::new(),
            kept,
            trouble: None,
            scans: 0,
        })
    }

    fn configure(&mut self, module: ModuleConfig, image: &Image, safe: bool) -> bool {
        let DriverConfig::ModbusIo(driver) = module.driver.clone() else { return false };
        self.bank.configure(&module, &self.kept, safe, clock::now());
        self.writer = image.writer(&module.identity.name);
        (self.module, self.driver) = (module, *driver);
        true
    }

    /// Writes counts that changed; what could not be written stays noted there.
    async fn keep(&mut self, counts: &KeptCounts) {
        for (channel, kept) in self.bank.kept() {
            if self.kept.get(&channel) != Some(&kept) {
                counts.note(&channel, kept);
                self.kept.insert(channel, kept);
            }
        }
        if let Err(error) = counts.flush().await {
            tracing::warn!(module = %self.module.identity.name, %error, "counts could not be kept; tried again");
        }
    }

    /// The registers of this module.
    fn interest(&self) -> Interest {
        let pattern = format!("{}/*", self.module.identity.name);
        Interest::Matching(TagPattern::parse(&pattern).into_iter().collect())
    }

    /// Finds the module's registers among those of all modules; done when any were declared, not at every look.
    fn find_registers(&mut self) {
        let group = &self.module.identity.name;
        let own = self.backstage.image.reader().defs().into_iter().filter(|(_, def)| def.name.group() == group);
        self.cells = own.map(|(cell, _)| cell).collect();
    }

    /// Takes every register in as it is now.
    fn look(&mut self, safe: bool) {
        let views = self.backstage.image.reader().cells(&self.cells);
        self.trouble = views.iter().map(|view| view.state.reason).find(|reason| {
            matches!(reason, Reason::NoAnswer | Reason::PortClosed | Reason::BadAnswer | Reason::Exception(_))
        });
        if self.bank.hear(&self.driver, &views) {
            // Nobody knows what it did meanwhile: outputs go to their safe values, and stay there until they are written.
            let now = clock::now();
            self.bank.set_safe(true, now);
            if !safe {
                self.bank.set_safe(false, now);
            }
        }
    }

    /// Writes what is due, and shows what is new.
    fn round(&mut self) {
        for (channel, output) in self.bank.take_off(clock::now()) {
            let landing = self.write(channel, output);
            self.flights.push(landing);
        }
        self.bank.publish(&self.writer);
    }

    fn write(&self, channel: u8, output: Output) -> Landing {
        let name = TagName::join(&self.module.identity.name, &tag_name(channel, Role::Output));
        let commands = self.backstage.commands.clone();
        let value = match output {
            Output::Level(level) => Value::Bool(level),
            Output::Field(x) => Value::F64(x),
        };
        let asker =
            Asker { source: "module".to_owned(), actor: self.module.identity.name.clone(), unix_ms: clock::unix_ms() };
        Box::pin(async move {
            let Ok(name) = name else { return (channel, Err(WriteError::Unknown(channel.to_string()))) };
            (channel, commands.write(&name, Attribute::Value, value, asker).await.map(|_| ()))
        })
    }

    fn answer(&mut self, request: ModuleRequest) {
        let now = clock::now();
        match request {
            // Whoever asks may have gone: nothing is lost then.
            ModuleRequest::Force { channel, value, reply } => {
                drop(reply.send(self.bank.force(&channel, Some(value), now)));
            }
            ModuleRequest::EndForce { channel, reply } => drop(reply.send(self.bank.force(&channel, None, now))),
            ModuleRequest::EndAll { reply } => drop(reply.send(self.bank.end_all(now))),
        }
    }

    /// When a channel changes by itself next.
    fn wake(&self) -> Instant {
        let far = Instant::now() + TELL;
        let now = clock::now().mono_us;
        let next = self.bank.next_change().map(|at| Instant::now() + Duration::from_micros(at.saturating_sub(now)));
        next.map_or(far, |next| next.min(far))
    }

    fn tell(&self, ctx: &UnitContext, safe: bool) {
        ctx.set_health(match self.trouble {
            Some(reason) => Health::Degraded(reason.to_string()),
            None => Health::Up,
        });
        let status = ModuleStatus {
            name: self.module.identity.name.clone(),
            slot: self.module.slot,
            model: self.module.model.as_str(),
            driver: self.module.driver.as_str(),
            state: if self.trouble.is_some() { DriverState::Gone } else { DriverState::Open },
            last_error: self.trouble.map(|reason| reason.to_string()),
            scan_ms: u64::try_from(self.module.scan.as_millis()).unwrap_or(u64::MAX),
            scans: self.scans,
            safe_mode: safe,
            forced: self.bank.forced(),
            channels: self.bank.status(),
            ..ModuleStatus::default()
        };
        ctx.detail.send_replace(Detail::Module(Box::new(status)));
    }

    /// An orderly stop: outputs take their safe values, if the module answers in time.
    async fn leave(&mut self) {
        self.bank.set_safe(true, clock::now());
        let end = Instant::now() + LAST_WRITES;
        loop {
            self.round();
            if self.flights.is_empty() {
                return;
            }
            match tokio::time::timeout_at(end, self.flights.next()).await {
                Ok(Some((channel, result))) => self.bank.landed(channel, result, clock::now()),
                Ok(None) | Err(_) => return,
            }
        }
    }
}
