//! From a configuration to the units it needs.

use crate::config::GatewayConfig;
#[cfg(feature = "broker")]
use crate::config::broker::BrokerConfig;
use crate::config::certificate::CertificateConfig;
use crate::config::computed::ComputedConfig;
use crate::config::internal::InternalConfig;
use crate::config::module::ModuleConfig;
use crate::config::pem::PemPair;
use crate::config::safe_mode::SafeModeConfig;
use crate::drivers::local_io::unit as local_io;
use crate::drivers::modbus::unit::LineConfig;
use crate::faces::modbus_server::ModbusServerUnit;
use crate::faces::mqtt::MqttUnitConfig;
#[cfg(feature = "broker")]
use crate::faces::mqtt::bridge::BridgeUnitConfig;
use crate::faces::snmp::{DeviceRow, PortRow, SnmpUnitConfig};
use crate::runtime::unit::{Resource, UnitKey, UnitKind, UnitSpec};
use crate::services::certificate_watch::Ends;
use crate::services::queue_sweep::Connections;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

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
    /// One of its bridges.
    #[cfg(feature = "broker")]
    Bridge(Box<BridgeUnitConfig>),
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
            #[cfg(feature = "broker")]
            Self::Bridge(config) => config.bridge.connection.identity.name.clone(),
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
            #[cfg(feature = "broker")]
            Self::Bridge(_) => Vec::new(),
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
            Self::Broker(_) | Self::Bridge(_) => false,
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
    let bridges = config.broker.iter().flat_map(|broker| &broker.bridges).map(|bridge| &bridge.connection);
    let names = config.connections.iter().chain(bridges).map(|connection| &connection.identity);
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
        for bridge in broker.bridges.iter().filter(|bridge| bridge.connection.identity.enabled) {
            let key = UnitKey::new(UnitKind::Bridge, bridge.connection.identity.id.clone());
            let unit = BridgeUnitConfig { appliance: config.appliance.name.clone(), bridge: bridge.clone() };
            units.insert(key, UnitConfig::Bridge(Box::new(unit)));
        }
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
