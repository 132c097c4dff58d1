//! Rules that hold between parts of a document. Each part is good in itself when it gets here.

mod bridges;
mod certificates;
mod computed;
mod expressions;
mod modbus_server;
mod publications;
mod snmp;
mod sparkplug;

use super::GatewayConfig;
use super::link::{LinkConfig, RtuOverTcpConfig, TcpConfig};
use super::module::DriverConfig;
use super::problem::{Pointer, Problems, Severity};
use super::tags::RESERVED;
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet};

/// Notes every broken rule and takes out of `config` what cannot run because of it.
pub(super) fn across(config: &mut GatewayConfig, document: &Json, problems: &mut Problems) {
    names(document, problems);
    certificates::judge(config, document, problems);
    slots(config, document, problems);
    ports_of_devices(config, document, problems);
    ports_of_modules(config, document, problems);
    shared_links(config, document, problems);
    listeners(config, problems);
    bridges::judge(config, document, problems);
    client_ids(config, document, problems);
    watchdogs(config, problems);
    computed::judge(config, document, problems);
    publications::judge(config, document, problems);
    sparkplug::judge(config, document, problems);
    modbus_server::judge(config, document, problems);
    snmp::judge(config, document, problems);
}

/// Names are unique in their list, ignoring case; devices share one namespace with what else makes groups.
fn names(document: &Json, problems: &mut Problems) {
    let root = Pointer::ROOT;
    for list in ["ports", "internal", "computed", "certificates"] {
        unique(document.get(list), &root.member(list), problems);
    }
    let devices: HashSet<String> = elements(document.get("devices"))
        .filter_map(|device| Some(device.get("name")?.as_str()?.to_ascii_lowercase()))
        .collect();
    for (list, tags) in [("devices", "tags"), ("modules", "channels")] {
        let groups = root.member(list);
        unique(document.get(list), &groups, problems);
        for (index, group) in elements(document.get(list)).enumerate() {
            let at = groups.index(index);
            let name = group.get("name").and_then(Json::as_str).unwrap_or_default();
            if RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)) {
                problems.error(&at.member("name"), format!("the name `{name}` is taken by the appliance itself"));
            }
            if list == "modules" && devices.contains(&name.to_ascii_lowercase()) {
                problems.error(&at.member("name"), format!("the name `{name}` is taken by a device"));
            }
            unique(group.get(tags), &at.member(tags), problems);
        }
    }
    if let Some(agent) = document.get("snmp") {
        for list in ["communities", "users", "views", "receivers", "rules"] {
            unique(agent.get(list), &root.member("snmp").member(list), problems);
        }
    }
    let Some(mqtt) = document.get("mqtt") else { return };
    let at = root.member("mqtt");
    let connections = at.member("connections");
    unique(mqtt.get("connections"), &connections, problems);
    for (index, connection) in elements(mqtt.get("connections")).enumerate() {
        let at = connections.index(index);
        for list in ["publications", "subscriptions"] {
            unique(connection.get(list), &at.member(list), problems);
        }
    }
    if let Some(broker) = mqtt.get("broker") {
        let at = at.member("broker");
        unique(broker.get("users"), &at.member("users"), problems);
        unique(broker.get("bridges"), &at.member("bridges"), problems);
    }
}

fn elements(list: Option<&Json>) -> impl Iterator<Item = &Json> {
    list.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default().iter()
}

fn unique(list: Option<&Json>, at: &Pointer<'_>, problems: &mut Problems) {
    let mut seen = HashMap::new();
    for (index, element) in elements(list).enumerate() {
        let Some(name) = element.get("name").and_then(Json::as_str) else { continue };
        if let Some(first) = seen.insert(name.to_ascii_lowercase(), index) {
            let sentence = format!("the name `{name}` is taken by number {} of this list", first + 1);
            problems.error(&at.index(index).member("name"), sentence);
        }
    }
}

/// One module in each slot.
fn slots(config: &mut GatewayConfig, document: &Json, problems: &mut Problems) {
    let mut taken = HashMap::new();
    config.modules.retain(|module| {
        let name = module.identity.name.clone();
        let Some(first) = taken.insert(module.slot, name.clone()) else { return true };
        let sentence = format!("slot {} is taken by module `{first}`", module.slot);
        Place::new(document, "/modules", &name).error("slot", sentence, problems);
        taken.insert(module.slot, first);
        false
    });
}

/// A remote module is reached over a port like a device.
fn ports_of_modules(config: &mut GatewayConfig, document: &Json, problems: &mut Problems) {
    let ports: HashMap<&str, &LinkConfig> =
        config.ports.iter().map(|port| (port.identity.name.as_str(), &port.link)).collect();
    let known: HashSet<&str> =
        elements(document.get("ports")).filter_map(|port| port.get("name").and_then(Json::as_str)).collect();
    config.modules.retain(|module| {
        let DriverConfig::ModbusIo(driver) = &module.driver else { return true };
        let place = || Place::new(document, "/modules", &module.identity.name);
        let Some(link) = ports.get(driver.port.as_str()) else {
            if !known.contains(driver.port.as_str()) {
                place().error("driver/port", format!("there is no port `{}`", driver.port), problems);
            }
            return false;
        };
        let good = driver.unit_id != 0 && link.knows_unit(driver.unit_id);
        if !good {
            place().error("driver/unit_id", "a module has an address of its own: `unit_id` is 1..247", problems);
        }
        good
    });
}

fn ports_of_devices(config: &mut GatewayConfig, document: &Json, problems: &mut Problems) {
    let ports: HashMap<&str, &LinkConfig> =
        config.ports.iter().map(|port| (port.identity.name.as_str(), &port.link)).collect();
    let known: HashSet<&str> =
        elements(document.get("ports")).filter_map(|port| port.get("name").and_then(Json::as_str)).collect();
    config.devices.retain(|device| {
        let place = || Place::new(document, "/devices", &device.identity.name);
        let Some(link) = ports.get(device.port.as_str()) else {
            // A port that is refused itself has its own sentence; its devices need none.
            if !known.contains(device.port.as_str()) {
                place().error("port", format!("there is no port `{}`", device.port), problems);
            }
            return false;
        };
        let good = link.knows_unit(device.unit_id);
        if !good {
            let sentence = match link {
                LinkConfig::Tcp(_) => "on a Modbus/TCP port `unit_id` is 1..247, or 0 or 255 for the server itself",
                LinkConfig::Serial(_) | LinkConfig::RtuOverTcp(_) => {
                    "on this port `unit_id` is 1..247, or 0 to write to all devices at once"
                }
            };
            place().error("unit_id", sentence, problems);
        }
        good
    });
}

/// A line has one owner.
fn shared_links(config: &GatewayConfig, document: &Json, problems: &mut Problems) {
    let mut lines = HashMap::new();
    let mut endpoints = HashMap::new();
    for port in config.ports.iter().filter(|port| port.identity.enabled) {
        let name = port.identity.name.as_str();
        let place = || Place::new(document, "/ports", name);
        match &port.link {
            LinkConfig::Serial(serial) => {
                let path = serial.path.as_str();
                if let Some(first) = lines.insert(path, name) {
                    place().error("path", format!("`{path}` belongs to port `{first}` already"), problems);
                }
            }
            // Legal, as a server takes several connections, but hardly ever meant: many take only one, and a device
            // server that passes two masters to one line mixes their frames.
            LinkConfig::Tcp(TcpConfig { address, .. }) | LinkConfig::RtuOverTcp(RtuOverTcpConfig { address, .. }) => {
                if let Some(first) = endpoints.insert(address, name) {
                    let sentence =
                        format!("port `{first}` connects to {address} too: put the devices there on one port");
                    place().warning("address", sentence, problems);
                }
            }
        }
    }
}

/// Two servers cannot listen at one address.
fn listeners(config: &GatewayConfig, problems: &mut Problems) {
    let mut taken = vec![("the browser and REST server".to_owned(), config.web.address)];
    let broker = config.broker.iter().filter(|broker| broker.enabled).flat_map(|broker| &broker.listeners);
    let broker = broker.map(|listener| {
        let pointer = format!("/mqtt/broker/listeners/{}/address", listener.position);
        (pointer, format!("listener number {} of the broker", listener.position + 1), listener.address)
    });
    let server = config.modbus_server.iter().filter(|server| server.enabled);
    let server = server.flat_map(|server| {
        let secured = server.security.iter().flat_map(|security| &security.addresses);
        let secured = secured.map(|address| ("/modbus_server/security/address", *address));
        server.addresses.iter().map(|address| ("/modbus_server/address", *address)).chain(secured)
    });
    let server = server
        .map(|(pointer, address)| (pointer.to_owned(), "another address of the Modbus/TCP server".to_owned(), address));
    for (pointer, owner_name, address) in broker.chain(server) {
        let clash = taken.iter().find(|(_, other)| {
            other.port() == address.port()
                && address.port() != 0
                && (other.ip() == address.ip() || other.ip().is_unspecified() || address.ip().is_unspecified())
        });
        if let Some((owner, _)) = clash {
            let sentence = format!("port {} is used by {owner} already", address.port());
            problems.add(pointer, sentence, Severity::Error);
        }
        taken.push((owner_name, address));
    }
}

/// A watchdog of something that cannot come would hold the outputs for ever.
fn watchdogs(config: &GatewayConfig, problems: &mut Problems) {
    if config.safe_mode.modbus.is_some() && !config.modbus_server.as_ref().is_some_and(|server| server.enabled) {
        let sentence = "there is no Modbus/TCP server to be watched: leave `modbus_s` at 0";
        problems.add("/safe_mode/modbus_s".to_owned(), sentence.to_owned(), Severity::Error);
    }
    if config.safe_mode.mqtt.is_some() && !config.connections.iter().any(|connection| connection.identity.enabled) {
        let sentence =
            "there is no MQTT connection to be watched: the outputs will go to their safe values and stay there";
        problems.add("/safe_mode/mqtt_s".to_owned(), sentence.to_owned(), Severity::Warning);
    }
}

/// A broker lets only one client of an id in; two of ours would throw each other out for ever.
fn client_ids(config: &GatewayConfig, document: &Json, problems: &mut Problems) {
    let mut taken = HashMap::new();
    let connections = config.connections.iter().map(|connection| {
        let id = connection.client_id.clone().unwrap_or_else(|| config.appliance.name.clone());
        ("/mqtt/connections", connection, id)
    });
    let bridges = config.broker.iter().flat_map(|broker| &broker.bridges);
    let bridges = bridges.map(|bridge| (bridges::LIST, &bridge.connection, bridge.client_id(&config.appliance.name)));
    for (list, connection, id) in connections.chain(bridges).filter(|(_, connection, _)| connection.identity.enabled) {
        let (name, broker) = (&connection.identity.name, &connection.broker);
        let Some((first_list, first)) = taken.insert((&broker.host, broker.port, id.clone()), (list, name)) else {
            continue;
        };
        let sentence = if first_list == bridges::LIST {
            format!("bridge `{first}` has the client id `{id}` at this broker too: give each its own")
        } else {
            format!("connection `{first}` has the client id `{id}` at this broker too: give each its own")
        };
        Place::new(document, list, name).warning("client_id", sentence, problems);
    }
}

/// Finds an object's pointer by name, only when something is wrong with it: parts that were left out shift the
/// typed lists against the document's.
struct Place<'a> {
    document: &'a Json,
    steps: Vec<(String, String)>,
}

impl<'a> Place<'a> {
    fn new(document: &'a Json, list: &str, name: &str) -> Self {
        Self { document, steps: vec![(list.to_owned(), name.to_owned())] }
    }

    fn within(&self, list: &str, name: &str) -> Self {
        let mut steps = self.steps.clone();
        steps.push((format!("/{list}"), name.to_owned()));
        Self { document: self.document, steps }
    }

    fn pointer(&self) -> String {
        let mut path = String::new();
        for (list, name) in &self.steps {
            path.push_str(list);
            let list = self.document.pointer(&path);
            let named = |json: &Json| json.get("name").and_then(Json::as_str) == Some(name);
            let index = elements(list).position(named).unwrap_or_default();
            path = format!("{path}/{index}");
        }
        path
    }

    fn error(&self, member: &str, sentence: impl Into<String>, problems: &mut Problems) {
        self.note(member, sentence.into(), Severity::Error, problems);
    }

    fn warning(&self, member: &str, sentence: impl Into<String>, problems: &mut Problems) {
        self.note(member, sentence.into(), Severity::Warning, problems);
    }

    fn note(&self, member: &str, sentence: String, severity: Severity, problems: &mut Problems) {
        // To find the place takes a look through whole lists; nobody sees it when the list of findings is full.
        let pointer = if problems.is_full() { String::new() } else { format!("{}/{member}", self.pointer()) };
        problems.add(pointer, sentence, severity);
    }
}
