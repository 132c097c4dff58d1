//! From a unit's configuration to the running unit.

use super::units::UnitConfig;
use crate::config::access::Service;
#[cfg(feature = "broker")]
use crate::config::broker::BrokerConfig;
use crate::config::module::ModuleConfig;
use crate::config::pem::PemPair;
use crate::config::safe_mode::SafeModeConfig;
use crate::drivers::computed::Computed;
use crate::drivers::internal::Internal;
use crate::drivers::local_io::unit::{Memory, ModuleUnit};
use crate::drivers::modbus::io::{Backstage, RemoteModule};
use crate::drivers::modbus::unit::{LineConfig, SerialUnit};
#[cfg(feature = "broker")]
use crate::faces::broker::Broker;
use crate::faces::modbus_server::{ModbusServer, ModbusServerUnit};
#[cfg(feature = "broker")]
use crate::faces::mqtt::bridge::{BridgeUnit, BridgeUnitConfig};
use crate::faces::mqtt::{MqttUnit, MqttUnitConfig};
use crate::faces::snmp::{SnmpAgent, SnmpUnitConfig};
use crate::net::door::Access;
#[cfg(feature = "broker")]
use crate::runtime::bridges::Bridges;
use crate::runtime::commands::Commands;
use crate::runtime::events::{Event, Events};
use crate::runtime::image::Image;
use crate::runtime::lines::Lines;
use crate::runtime::modules::Modules;
use crate::runtime::safe_mode::SafeMode;
use crate::runtime::snmp::Snmp;
use crate::runtime::status::UnitsWatch;
use crate::runtime::unit::{Started, UnitContext, UnitKey, UnitResult};
use crate::services::access_watch::AccessWatch;
use crate::services::certificate_watch::{CertificateWatch, Ends};
use crate::services::event_log::EventLog;
use crate::services::health_watch::HealthWatch;
use crate::services::queue_sweep::{Connections, QueueSweep};
use crate::services::watchdog::Watchdog;
use crate::store::Store;
use crate::web::{WebServer, WebState};
use futures::FutureExt as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::sync::{Mutex, mpsc, watch};

/// What units are made of.
pub(super) struct Parts {
    pub(super) image: Image,
    pub(super) commands: Commands,
    pub(super) backstage: Backstage,
    #[cfg(feature = "broker")]
    pub(super) bridges: Bridges,
    pub(super) lines: Lines,
    pub(super) modules: Modules,
    pub(super) memory: Memory,
    pub(super) safe_mode: SafeMode,
    pub(super) snmp: Snmp,
    pub(super) access: Access,
    pub(super) cold_start_told: Arc<AtomicBool>,
    pub(super) events: Events,
    pub(super) told: Arc<Mutex<mpsc::Receiver<Event>>>,
    pub(super) store: Store,
    pub(super) units: UnitsWatch,
    pub(super) web: WebState,
}

impl Parts {
    /// Starts one unit.
    pub(super) fn start(&self, _key: &UnitKey, config: &UnitConfig, ctx: UnitContext) -> Started<UnitConfig> {
        match config {
            UnitConfig::Line(line) => followed(
                LineConfig::clone(line),
                |config| match config {
                    UnitConfig::Line(line) => Some(LineConfig::clone(line)),
                    _ => None,
                },
                |follow| {
                    let lines = self.lines.clone();
                    let unit = SerialUnit::new(follow, self.image.clone(), self.commands.clone(), lines);
                    let unit = unit.with_backstage(self.backstage.clone());
                    unit.with_lessons(self.store.device_lessons()).run(ctx)
                },
            ),
            UnitConfig::RemoteModule(module) => followed(
                ModuleConfig::clone(module),
                |config| match config {
                    UnitConfig::RemoteModule(module) => Some(ModuleConfig::clone(module)),
                    _ => None,
                },
                |config| {
                    let unit = RemoteModule {
                        config,
                        image: self.image.clone(),
                        commands: self.commands.clone(),
                        backstage: self.backstage.clone(),
                        modules: self.modules.clone(),
                        safe_mode: self.safe_mode.clone(),
                        kept: self.store.kept_counts(),
                    };
                    unit.run(ctx)
                },
            ),
            UnitConfig::Module(module) => followed(
                ModuleConfig::clone(module),
                |config| match config {
                    UnitConfig::Module(module) => Some(ModuleConfig::clone(module)),
                    _ => None,
                },
                |follow| {
                    let (modules, safe) = (self.modules.clone(), self.safe_mode.follow());
                    let unit = ModuleUnit::new(follow, self.image.clone(), self.commands.clone(), modules, safe);
                    unit.with_memory(self.memory.clone()).run(ctx)
                },
            ),
            UnitConfig::Internal(registers) => followed(
                registers.clone(),
                |config| match config {
                    UnitConfig::Internal(registers) => Some(registers.clone()),
                    _ => None,
                },
                |follow| {
                    let kept = self.store.kept_values();
                    Internal::new(follow, &self.image, self.commands.clone(), kept).run(ctx)
                },
            ),
            UnitConfig::Computed(tags) => followed(
                tags.clone(),
                |config| match config {
                    UnitConfig::Computed(tags) => Some(tags.clone()),
                    _ => None,
                },
                |follow| Computed::new(follow, &self.image).run(ctx),
            ),
            UnitConfig::Mqtt(unit) => followed(
                MqttUnitConfig::clone(unit),
                |config| match config {
                    UnitConfig::Mqtt(unit) => Some(MqttUnitConfig::clone(unit)),
                    _ => None,
                },
                |config| {
                    let (image, commands) = (self.image.reader(), self.commands.clone());
                    let (events, queues) = (self.events.clone(), self.store.queues());
                    MqttUnit { config, image, commands, events, queues }.run(ctx)
                },
            ),
            #[cfg(feature = "broker")]
            UnitConfig::Broker(broker) => self.broker(broker, ctx),
            #[cfg(feature = "broker")]
            UnitConfig::Bridge(bridge) => self.bridge(bridge, ctx),
            UnitConfig::ModbusServer(server) => self.modbus_server(server, ctx),
            UnitConfig::Snmp(unit) => followed(
                SnmpUnitConfig::clone(unit),
                |config| match config {
                    UnitConfig::Snmp(unit) => Some(SnmpUnitConfig::clone(unit)),
                    _ => None,
                },
                |config| self.snmp_agent(config).run(ctx),
            ),
            UnitConfig::Web(address, pair) => self.web(*address, pair.as_ref(), ctx),
            UnitConfig::EventLog => fixed(EventLog::new(Arc::clone(&self.told), self.store.event_log()).run(ctx)),
            UnitConfig::CertificateWatch(ends) => self.certificate_watch(ends, ctx),
            UnitConfig::QueueSweep(connections) => self.queue_sweep(connections, ctx),
            UnitConfig::AccessWatch => fixed(AccessWatch::new(self.access.clone(), self.events.clone()).run(ctx)),
            UnitConfig::HealthWatch => fixed(HealthWatch::new(self.units.clone(), self.events.clone()).run(ctx)),
            UnitConfig::Watchdog(first) => self.watchdog(*first, ctx),
        }
    }

    #[cfg(feature = "broker")]
    fn broker(&self, first: &BrokerConfig, ctx: UnitContext) -> Started<UnitConfig> {
        followed(
            first.clone(),
            |config| match config {
                UnitConfig::Broker(broker) => Some(broker.clone()),
                _ => None,
            },
            |follow| {
                let door = self.access.door(Service::Broker).clone();
                let broker = Broker::new(follow, self.events.clone(), door);
                broker.with_memory(self.store.retained_messages()).with_bridges(self.bridges.clone()).run(ctx)
            },
        )
    }

    #[cfg(feature = "broker")]
    fn bridge(&self, first: &BridgeUnitConfig, ctx: UnitContext) -> Started<UnitConfig> {
        followed(
            first.clone(),
            |config| match config {
                UnitConfig::Bridge(bridge) => Some(BridgeUnitConfig::clone(bridge)),
                _ => None,
            },
            |config| {
                let (bridges, events, queues) = (self.bridges.clone(), self.events.clone(), self.store.queues());
                BridgeUnit { config, bridges, events, queues }.run(ctx)
            },
        )
    }

    fn web(&self, address: SocketAddr, pair: Option<&Arc<PemPair>>, ctx: UnitContext) -> Started<UnitConfig> {
        followed(
            pair.cloned(),
            |config| match config {
                UnitConfig::Web(_, pair) => Some(pair.clone()),
                _ => None,
            },
            |pair| WebServer::new(address, pair, self.web.clone()).run(ctx),
        )
    }

    fn certificate_watch(&self, ends: &Ends, ctx: UnitContext) -> Started<UnitConfig> {
        followed(
            ends.clone(),
            |config| match config {
                UnitConfig::CertificateWatch(ends) => Some(ends.clone()),
                _ => None,
            },
            |ends| CertificateWatch::new(ends, self.events.clone()).run(ctx),
        )
    }

    fn queue_sweep(&self, connections: &Connections, ctx: UnitContext) -> Started<UnitConfig> {
        followed(
            connections.clone(),
            |config| match config {
                UnitConfig::QueueSweep(connections) => Some(connections.clone()),
                _ => None,
            },
            |follow| {
                let (units, queues) = (self.units.clone(), self.store.queues());
                QueueSweep::new(follow, units, queues, self.events.clone()).run(ctx)
            },
        )
    }

    fn watchdog(&self, first: SafeModeConfig, ctx: UnitContext) -> Started<UnitConfig> {
        followed(
            first,
            |config| match config {
                UnitConfig::Watchdog(config) => Some(*config),
                _ => None,
            },
            |follow| {
                let (units, events) = (self.units.clone(), self.events.clone());
                Watchdog::new(follow, self.safe_mode.clone(), units, events).run(ctx)
            },
        )
    }

    fn modbus_server(&self, server: &ModbusServerUnit, ctx: UnitContext) -> Started<UnitConfig> {
        followed(
            server.clone(),
            |config| match config {
                UnitConfig::ModbusServer(server) => Some(ModbusServerUnit::clone(server)),
                _ => None,
            },
            |config| {
                let server = ModbusServer {
                    config,
                    image: self.image.reader(),
                    commands: self.commands.clone(),
                    lines: self.lines.clone(),
                    safe_mode: self.safe_mode.clone(),
                    door: self.access.door(Service::Modbus).clone(),
                    places: self.store.register_places(),
                };
                server.run(ctx)
            },
        )
    }

    fn snmp_agent(&self, config: watch::Receiver<SnmpUnitConfig>) -> SnmpAgent {
        SnmpAgent {
            config,
            image: self.image.clone(),
            commands: self.commands.clone(),
            units: self.units.clone(),
            events: self.events.clone(),
            safe_mode: self.safe_mode.clone(),
            door: self.access.door(Service::Snmp).clone(),
            memory: self.store.snmp_memory(),
            requests: self.snmp.clone(),
            cold_start_told: Arc::clone(&self.cold_start_told),
        }
    }
}

/// A unit whose configuration never changes.
fn fixed<E>(task: impl Future<Output = Result<(), E>> + Send + 'static) -> Started<UnitConfig>
where
    E: std::error::Error + Send + Sync + 'static,
{
    Started { task: boxed(task), update: Box::new(|_| ()) }
}

/// A unit that follows its configuration on a watch.
fn followed<T, E, R>(
    first: T,
    pick: impl Fn(&UnitConfig) -> Option<T> + Send + Sync + 'static,
    make: impl FnOnce(watch::Receiver<T>) -> R,
) -> Started<UnitConfig>
where
    T: Send + Sync + 'static,
    E: std::error::Error + Send + Sync + 'static,
    R: Future<Output = Result<(), E>> + Send + 'static,
{
    let (lead, follow) = watch::channel(first);
    let update = move |config: &UnitConfig| {
        if let Some(next) = pick(config) {
            lead.send_replace(next);
        }
    };
    Started { task: boxed(make(follow)), update: Box::new(update) }
}

fn boxed<E>(
    task: impl Future<Output = Result<(), E>> + Send + 'static,
) -> futures::future::BoxFuture<'static, UnitResult>
where
    E: std::error::Error + Send + Sync + 'static,
{
    task.map(|result| result.map_err(|error| Box::new(error) as Box<dyn std::error::Error + Send + Sync>)).boxed()
}
