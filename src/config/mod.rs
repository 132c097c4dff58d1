//! Floor 0: validated settings, made from one JSON document. A [`GatewayConfig`] in hand is always usable: what was
//! wrong is told beside it and left out.

pub mod access;
pub mod appliance;
pub mod bridge;
pub mod broker;
pub mod broker_url;
pub mod buffer;
pub mod catalogue;
pub mod certificate;
pub mod check;
pub mod cloud;
pub mod commands;
pub mod computed;
pub mod cost;
pub mod device;
pub mod document;
pub mod endpoint;
pub mod envelope;
mod fields;
pub mod internal;
pub mod iothinx;
pub mod json;
pub mod kept;
pub mod link;
pub mod modbus_server;
pub mod module;
pub mod mqtt;
pub mod mqtt5;
pub mod mqtt_tls;
pub mod payload;
pub mod pem;
pub mod port;
pub mod preset;
pub mod problem;
pub mod profile;
pub mod publication;
pub mod safe_mode;
pub mod secret;
pub mod shape;
pub mod snmp;
pub mod sparkplug;
pub mod subscription;
pub mod tags;
pub mod template;
pub mod topic;
pub mod topic_filter;

pub use fields::Identity;

use access::AccessConfig;
use appliance::{ApplianceConfig, WebConfig};
use broker::BrokerConfig;
use certificate::CertificateConfig;
use computed::ComputedConfig;
use device::DeviceConfig;
use fields::Fields;
use internal::InternalConfig;
use modbus_server::ModbusServerConfig;
use module::ModuleConfig;
use mqtt::ConnectionConfig;
use port::PortConfig;
use problem::{Pointer, Problem, Problems};
use safe_mode::SafeModeConfig;
use serde_json::Value as Json;
use snmp::SnmpConfig;
use std::sync::Arc;

/// The only document format there is.
pub const FORMAT: &str = "dinrail/1";

/// Limits of one document; beyond them it is refused, naming the limit.
pub mod limits {
    /// Bytes of a document.
    pub const DOCUMENT_BYTES: usize = 32 * 1024 * 1024;
    /// Tags in all.
    pub const TAGS: usize = 100_000;
    /// Ports.
    pub const PORTS: usize = 64;
    /// Devices.
    pub const DEVICES: usize = 1_000;
    /// I/O modules: one in each slot.
    pub const MODULES: usize = 32;
    /// Computed tags.
    pub const COMPUTED: usize = 5_000;
    /// Characters of all expressions together: they are parsed at each change, about a second's work for so many.
    pub const EXPRESSIONS: usize = 500_000;
    /// Publications in all.
    pub const PUBLICATIONS: usize = 10_000;
    /// Subscriptions in all: each is compared with every publication of its connection.
    pub const SUBSCRIPTIONS: usize = 10_000;
    /// Entries of an edited register map.
    pub const MAP_ENTRIES: usize = 100_000;
    /// Routes of the Modbus gateway: one for each unit id would be 256.
    pub const ROUTES: usize = 256;
    /// Devices and modules with register tables of their own: as many as there are unit ids.
    pub const OWN_TABLES: usize = 247;
    /// MQTT connections.
    pub const CONNECTIONS: usize = 64;
    /// Bridges of the embedded broker.
    pub const BRIDGES: usize = 16;
    /// Certificates: each MQTT connection its own, and some.
    pub const CERTIFICATES: usize = 100;
    /// Published points: tags times attributes, over all publications; five times every value of the most tags. Each
    /// takes about 150 bytes while its connection runs.
    pub const POINTS: usize = 500_000;
    /// Values of a JSON text, whatever they hold: the most tags with every member there is.
    pub const VALUES: usize = 2_500_000;
    /// Lists and objects in each other; a document needs 8.
    pub const DEPTH: usize = 32;
    /// Bytes of a member's name; findings repeat it.
    pub const MEMBER_BYTES: usize = 200;
}

/// Every setting of the appliance.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GatewayConfig {
    /// The appliance itself.
    pub appliance: ApplianceConfig,
    /// Ways to the field.
    pub ports: Vec<PortConfig>,
    /// Modbus devices, with their tags; each is held once, whoever works with it.
    pub devices: Vec<Arc<DeviceConfig>>,
    /// I/O modules, with their channels.
    pub modules: Vec<ModuleConfig>,
    /// Internal registers.
    pub internal: Vec<InternalConfig>,
    /// Computed tags.
    pub computed: Vec<ComputedConfig>,
    /// MQTT connections, with publications and subscriptions.
    pub connections: Vec<ConnectionConfig>,
    /// The embedded broker, if it is wanted.
    pub broker: Option<BrokerConfig>,
    /// The Modbus/TCP server, if it is wanted.
    pub modbus_server: Option<ModbusServerConfig>,
    /// The agent for network managers, if it is wanted.
    pub snmp: Option<SnmpConfig>,
    /// When outputs go to their safe values.
    pub safe_mode: SafeModeConfig,
    /// Who may come in where.
    pub access: AccessConfig,
    /// The browser and REST server.
    pub web: WebConfig,
    /// Certificates, used by their names.
    pub certificates: Vec<CertificateConfig>,
}

impl GatewayConfig {
    /// Reads a document. What is wrong is told; what is right is in the configuration all the same, so that a stored
    /// document with one bad part still runs. Whoever takes a new document refuses it on any error.
    pub fn parse(document: &Json) -> (Self, Vec<Problem>) {
        let mut problems = Problems::default();
        let config = Self::read(document, &mut problems).unwrap_or_default();
        (config, problems.into_list())
    }

    fn read(document: &Json, problems: &mut Problems) -> Option<Self> {
        let root = Pointer::ROOT;
        let mut fields = Fields::open(document, root, problems)?;
        match fields.text("format", 40, problems) {
            Some(FORMAT) => (),
            Some(other) => {
                fields.error(
                    "format",
                    format!("`{other}` is not a format this version reads; it is `{FORMAT}`"),
                    problems,
                );
            }
            None => fields.error("format", format!("`format` is missing; it is `{FORMAT}`"), problems),
        }
        let mut config = Self {
            appliance: ApplianceConfig::read(fields.get("appliance"), root.member("appliance"), problems),
            safe_mode: SafeModeConfig::read(fields.get("safe_mode"), root.member("safe_mode"), problems),
            access: AccessConfig::read(fields.get("access"), root.member("access"), problems),
            web: WebConfig::read(fields.get("web"), root.member("web"), problems),
            ..Self::default()
        };
        config.ports = read_list(fields.list("ports", problems), &root.member("ports"), problems, PortConfig::read);
        let at = root.member("devices");
        config.devices = read_list(fields.list("devices", problems), &at, problems, |json, at, problems| {
            DeviceConfig::read(json, at, problems).map(Arc::new)
        });
        config.modules =
            read_list(fields.list("modules", problems), &root.member("modules"), problems, ModuleConfig::read);
        config.internal =
            read_list(fields.list("internal", problems), &root.member("internal"), problems, InternalConfig::read);
        config.computed =
            read_list(fields.list("computed", problems), &root.member("computed"), problems, ComputedConfig::read);
        let at = root.member("certificates");
        config.certificates = read_list(fields.list("certificates", problems), &at, problems, CertificateConfig::read);
        config.snmp = fields.get("snmp").and_then(|json| SnmpConfig::read(json, root.member("snmp"), problems));
        if let Some(json) = fields.get("mqtt") {
            let at = root.member("mqtt");
            if let Some(mut mqtt) = Fields::open(json, at, problems) {
                let list = mqtt.list("connections", problems);
                config.connections = read_list(list, &at.member("connections"), problems, ConnectionConfig::read);
                config.broker =
                    mqtt.get("broker").and_then(|json| BrokerConfig::read(json, at.member("broker"), problems));
                mqtt.finish(problems);
            }
        }
        config.modbus_server = fields
            .get("modbus_server")
            .and_then(|json| ModbusServerConfig::read(json, root.member("modbus_server"), problems));
        fields.finish(problems);
        check::across(&mut config, document, problems);
        Some(config)
    }
}

/// Reads every element; those with an error are told and left out.
pub(crate) fn read_list<T>(
    list: &[Json],
    at: &Pointer<'_>,
    problems: &mut Problems,
    mut read: impl FnMut(&Json, Pointer<'_>, &mut Problems) -> Option<T>,
) -> Vec<T> {
    list.iter().enumerate().filter_map(|(index, json)| read(json, at.index(index), problems)).collect()
}

#[cfg(test)]
mod contract_tests;
#[cfg(test)]
mod publication_tests;
#[cfg(test)]
mod sparkplug_tests;
#[cfg(test)]
mod tests;
