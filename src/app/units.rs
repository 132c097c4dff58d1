//! From a configuration to the units it needs, and from a unit's configuration to the running unit.

use crate::config::GatewayConfig;
use crate::config::access::Service;
#[cfg(feature = "broker")]
use crate::config::broker::BrokerConfig;
use crate::config::certificate::CertificateConfig;
use crate::config::computed::ComputedConfig;
use crate::config::internal::InternalConfig;
use crate::config::module::ModuleConfig;
use crate::config::pem::PemPair;
use crate::config::safe_mode::SafeModeConfig;
use crate::drivers::computed::Computed;
use crate::drivers::internal::Internal;
use crate::drivers::local_io::unit::{self as local_io, Memory, ModuleUnit};
use crate::drivers::modbus::io::{Backstage, RemoteModule};
use crate::drivers::modbus::unit::{LineConfig, SerialUnit};
#[cfg(feature = "broker")]
use crate::faces::broker::Broker;
use crate::faces::modbus_server::{ModbusServer, ModbusServerUnit};
use crate::faces::mqtt::{MqttUnit, MqttUnitConfig};
use crate::faces::snmp::{DeviceRow, PortRow, SnmpAgent, SnmpUnitConfig};
use crate::net::door::Access;
use crate::runtime::commands::Commands;
use crate::runtime::events::{Event, Events};
use crate::runtime::image::Image;
use crate::runtime::lines::Lines;
use crate::runtime::modules::Modules;
use crate::runtime::safe_mode::SafeMode;
use crate::runtime::snmp::Snmp;
use crate::runtime::status::UnitsWatch;
use crate::runtime::unit::{Resource, Started, UnitContext, UnitKey, UnitKind, UnitResult, UnitSpec};
use crate::services::access_watch::AccessWatch;
use crate::services::certificate_watch::{CertificateWatch, Ends};
use crate::services::event_log::EventLog;
use crate::services::health_watch::HealthWatch;
use crate::services::queue_sweep::{Connections, QueueSweep};
use crate::services::watchdog::Watchdog;
use crate::store::Store;
use crate::web::{WebServer, WebState};
use futures::FutureExt as _;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::sync::{Mutex, mpsc, watch};

/// The configuration of any unit.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum UnitConfig {
    /// A serial line with its devices.
    Line(Box<LineConfig>),
    /// A remote I/O module.
    RemoteModule(Box<ModuleConfig>),
    /// An I/O module.
    Module(Box<ModuleConfig>),
    /// The internal registers.
    Internal(Vec<InternalConfig>),
    /// The computed tags.
    Computed(Vec<ComputedConfig>),
    /// One MQTT connection.
    Mqtt(Box<MqttUnitConfig>),
    /// The embedded broker.
    #[cfg(feature = "broker")]
    Broker(BrokerConfig),
    /// The Modbus/TCP server and gateway.
    ModbusServer(Box<ModbusServerUnit>),
    /// The agent for network managers.
    Snmp(Box<SnmpUnitConfig>),
    /// The browser and REST server, at this address, with this certificate instead of its own.
    Web(SocketAddr, Option<Arc<PemPair>>),
    /// Keeps events.
    EventLog,
    /// Tells events of who was refused at the doors.
    AccessWatch,
    /// Tells events of units' health.
    HealthWatch,
    /// Watches that somebody is there, for the outputs.
    Watchdog(SafeModeConfig),
    /// Tells that certificates are about to end.
    CertificateWatch(Ends),
    /// Removes the queues of MQTT connections that are gone.
    QueueSweep(Connections),
}

impl UnitSpec for UnitConfig {
    fn name(&self) -> String {
        match self {
            Self::Line(line) => line.port.identity.name.clone(),
            Self::RemoteModule(module) => module.identity.name.clone(),
            Self::Module(module) => module.identity.name.clone(),
            Self::Internal(_) => "internal registers".to_owned(),
            Self::Computed(_) => "computed tags".to_owned(),
            Self::Mqtt(config) => config.connection.identity.name.clone(),
            #[cfg(feature = "broker")]
            Self::Broker(_) => "embedded broker".to_owned(),
            Self::ModbusServer(_) => "Modbus/TCP server".to_owned(),
            Self::Snmp(_) => "SNMP agent".to_owned(),
            Self::Web(..) => "browser and REST server".to_owned(),
            Self::EventLog => "event log".to_owned(),
            Self::AccessWatch => "access watch".to_owned(),
            Self::HealthWatch => "health watch".to_owned(),
            Self::Watchdog(_) => "watchdog".to_owned(),
            Self::CertificateWatch(_) => "certificate watch".to_owned(),
            Self::QueueSweep(_) => "queue sweep".to_owned(),
        }
    }

    fn resources(&self) -> Vec<Resource> {
        match self {
            Self::Line(line) => line.resources(),
            Self::Module(module) => local_io::resources(module),
            #[cfg(feature = "broker")]
            Self::Broker(broker) => {
                let addresses = broker.listeners.iter().map(|listener| listener.address);
                addresses.filter(|at| at.port() != 0).map(Resource::TcpPort).collect()
            }
            Self::ModbusServer(server) => {
                server.addresses().filter(|at| at.port() != 0).map(Resource::TcpPort).collect()
            }
            Self::Snmp(agent) if agent.snmp.address.port() != 0 => vec![Resource::UdpPort(agent.snmp.address)],
            Self::Web(at, _) if at.port() != 0 => vec![Resource::TcpPort(*at)],
            Self::RemoteModule(_)
            | Self::Internal(_)
            | Self::Computed(_)
            | Self::Mqtt(_)
            | Self::Snmp(_)
            | Self::Web(..)
            | Self::EventLog
            | Self::AccessWatch
            | Self::HealthWatch
            | Self::Watchdog(_)
            | Self::CertificateWatch(_)
            | Self::QueueSweep(_) => Vec::new(),
        }
    }

    fn needs_restart(&self, next: &Self) -> bool {
        match self {
            // Each of these takes every change while running and decides itself what it must reopen.
            #[cfg(feature = "broker")]
            Self::Broker(_) => false,
            Self::RemoteModule(_) => !matches!(next, Self::RemoteModule(_)),
            Self::Module(_) => !matches!(next, Self::Module(_)),
            Self::Line(_)
            | Self::Internal(_)
            | Self::Computed(_)
            | Self::Mqtt(_)
            | Self::ModbusServer(_)
            | Self::Snmp(_)
            | Self::EventLog
            | Self::AccessWatch
            | Self::HealthWatch
            | Self::Watchdog(_)
            | Self::CertificateWatch(_)
            | Self::QueueSweep(_) => false,
            // It follows its other settings by itself.
            Self::Web(at, _) => !matches!(next, Self::Web(next, _) if next == at),
        }
    }
}

/// The units a configuration needs; `web` overrides the stored listener.
pub(super) fn wanted(config: &GatewayConfig, web: Option<SocketAddr>) -> BTreeMap<UnitKey, UnitConfig> {
    let names = config.connections.iter().map(|connection| &connection.identity);
    let connections = names.map(|identity| (identity.id.clone(), identity.name.clone())).collect();
    let certificates = config.certificates.iter().filter(|certificate| certificate.identity.enabled);
    let end = |certificate: &CertificateConfig| {
        let key = (certificate.identity.name.clone(), certificate.facts.fingerprint.clone());
        (key, certificate.facts.not_after)
    };
    let ends: Ends = certificates.map(end).collect();
    let fixed = [
        (UnitKey::new(UnitKind::Service, "certificate-watch"), UnitConfig::CertificateWatch(ends)),
        (UnitKey::new(UnitKind::Service, "queue-sweep"), UnitConfig::QueueSweep(connections)),
        (
            UnitKey::new(UnitKind::Web, "web"),
            UnitConfig::Web(web.unwrap_or(config.web.address), config.web.pair.clone()),
        ),
        (UnitKey::new(UnitKind::Service, "event-log"), UnitConfig::EventLog),
        (UnitKey::new(UnitKind::Service, "access-watch"), UnitConfig::AccessWatch),
        (UnitKey::new(UnitKind::Service, "health-watch"), UnitConfig::HealthWatch),
        (UnitKey::new(UnitKind::Service, "watchdog"), UnitConfig::Watchdog(config.safe_mode)),
        (UnitKey::new(UnitKind::Internal, "internal"), UnitConfig::Internal(config.internal.clone())),
    ];
    let mut units: BTreeMap<UnitKey, UnitConfig> = fixed.into_iter().collect();
    if !config.computed.is_empty() {
        let key = UnitKey::new(UnitKind::Computed, "computed");
        units.insert(key, UnitConfig::Computed(config.computed.clone()));
    }
    for line in LineConfig::of(config) {
        units.insert(UnitKey::new(UnitKind::Line, line.port.identity.id.clone()), UnitConfig::Line(Box::new(line)));
    }
    for module in config.modules.iter().filter(|module| module.device().is_some()) {
        let key = UnitKey::new(UnitKind::Module, module.identity.id.clone());
        units.insert(key, UnitConfig::RemoteModule(Box::new(module.clone())));
    }
    for module in local_io::local(&config.modules) {
        let key = UnitKey::new(UnitKind::Module, module.identity.id.clone());
        units.insert(key, UnitConfig::Module(Box::new(module.clone())));
    }
    for connection in config.connections.iter().filter(|connection| connection.identity.enabled) {
        let appliance = config.appliance.name.clone();
        let unit = MqttUnitConfig { appliance, connection: connection.clone() };
        let key = UnitKey::new(UnitKind::Mqtt, connection.identity.id.clone());
        units.insert(key, UnitConfig::Mqtt(Box::new(unit)));
    }
    if let Some(server) = ModbusServerUnit::of(config) {
        let key = UnitKey::new(UnitKind::ModbusServer, "modbus-server");
        units.insert(key, UnitConfig::ModbusServer(Box::new(server)));
    }
    if let Some(unit) = snmp(config) {
        units.insert(UnitKey::new(UnitKind::Snmp, "snmp"), UnitConfig::Snmp(Box::new(unit)));
    }
    #[cfg(feature = "broker")]
    if let Some(broker) = config.broker.as_ref().filter(|broker| broker.enabled) {
        units.insert(UnitKey::new(UnitKind::Broker, "broker"), UnitConfig::Broker(broker.clone()));
    }
    units
}

/// What the agent lives by, if it is on.
fn snmp(config: &GatewayConfig) -> Option<SnmpUnitConfig> {
    let snmp = config.snmp.clone().filter(|snmp| snmp.enabled)?;
    let ports = config.ports.iter().map(|port| PortRow {
        id: port.identity.id.clone(),
        name: port.identity.name.clone(),
        unit: UnitKey::new(UnitKind::Line, port.identity.id.clone()),
    });
    let devices = config.devices.iter().map(|device| DeviceRow {
        id: device.identity.id.clone(),
        name: device.identity.name.clone(),
        port: device.port.clone(),
        unit_id: device.unit_id,
    });
    let slots = config.modules.iter().map(|module| (module.identity.name.clone(), u32::from(module.slot)));
    let (ports, devices, slots) = (ports.collect(), devices.collect(), slots.collect());
    Some(SnmpUnitConfig { snmp, appliance: config.appliance.clone(), ports, devices, slots })
}

/// What units are made of.
pub(super) struct Parts {
    pub(super) image: Image,
    pub(super) commands: Commands,
    pub(super) backstage: Backstage,
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
                broker.with_memory(self.store.retained_messages()).run(ctx)
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
}

impl Parts {
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
