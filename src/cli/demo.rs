//! `dinrail demo`: the whole product on one machine, with devices that are simulated at the line's real speed.

use super::{init, serve};
use crate::app::{Gateway, Options};
use crate::config::GatewayConfig;
use crate::config::document::Document;
use crate::config::port::PortConfig;
use crate::platform::clock;
use crate::platform::data_folder::DataFolderLock;
use crate::sim::field::{Field, FieldConfig, SimDevice};
use crate::sim::server::{Server, ServerConfig, Speech};
use crate::store::{ChangeSource, Role, Store, StoreLimits};
use anyhow::{Context as _, anyhow};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Value as Json, json};
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a simulated device thinks before it answers.
const TURNAROUND: Duration = Duration::from_millis(2);
const ADMIN: &str = "demo";
/// Where the demonstration's SNMP agent listens: loopback, and no port that needs rights.
const SNMP: &str = "127.0.0.1:1161";
/// Letters that are not mistaken for one another; the small bias of the remainder does not matter at 10 letters.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// Where its servers listen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listeners {
    pub(super) web: SocketAddr,
    pub(super) broker: SocketAddr,
    pub(super) modbus: SocketAddr,
}

pub(super) fn run(data: Option<PathBuf>, at: Listeners) -> anyhow::Result<()> {
    let web = at.web;
    serve::init_logging("warn");
    let folder = Folder::take(data)?;
    let (login, line) = (password()?, folder.path.join("line-1"));
    let mut document = document(at, &login, &line);
    let field = simulate(&mut document, &line)?;
    serve::runtime()?.block_on(async {
        let token = prepare(&folder.path, document, &login).await?;
        let options = Options { data: folder.path.clone(), web: Some(web) };
        let gateway = Gateway::start(options).await?;
        let address = tokio::time::timeout(Duration::from_secs(5), gateway.web_address()).await.ok().flatten();
        let address = address.with_context(|| format!("{web} cannot be listened on; choose another with --web"))?;
        println!("{}", greeting(Listeners { web: serve::reachable(address), ..at }, &login, &token));
        serve::until_signal(gateway).await
    })?;
    drop(field);
    Ok(())
}

/// The data folder: the user's, or one that goes with the demonstration.
struct Folder {
    path: PathBuf,
    ours: bool,
}

impl Folder {
    fn take(chosen: Option<PathBuf>) -> anyhow::Result<Self> {
        let ours = chosen.is_none();
        let path = chosen.unwrap_or_else(|| std::env::temp_dir().join(format!("dinrail-demo-{}", std::process::id())));
        // Ours must not be there yet: somebody else may have made it, to read along.
        let made = std::fs::DirBuilder::new().mode(0o700).recursive(!ours).create(&path);
        made.with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(Self { path, ours })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.ours {
            // What cannot be removed is a small folder among the system's temporary ones.
            drop(std::fs::remove_dir_all(&self.path));
        }
    }
}

/// Makes account, API token and configuration, new ones in place of those of an earlier demonstration.
async fn prepare(data: &Path, document: Json, login: &str) -> anyhow::Result<String> {
    let _held = DataFolderLock::take(data)?;
    let store = Store::open(data, StoreLimits::default()).await?;
    store.reset_user(ADMIN, login).await?;
    for old in store.tokens().await?.into_iter().filter(|token| token.name == "demo") {
        store.remove_token(&old.id).await?;
    }
    let token = store.create_token("demo", Role::Operator, ADMIN, None).await.context("no API token")?;
    let loaded = store.load().await?;
    let (document, _) = init::judge(document, &Document::stored(loaded.document))?;
    init::save(&store, loaded.revision, &document, ADMIN, ChangeSource::Init).await?;
    store.close().await;
    Ok(token.secret)
}

/// Starts the devices the document asks for, and puts the address of those behind TCP into it.
fn simulate(document: &mut Json, line: &Path) -> anyhow::Result<(Field, Server)> {
    let (config, _) = GatewayConfig::parse(document);
    let [serial, net] = &config.ports[..] else {
        return Err(anyhow!("the demonstration has a line and a network port"));
    };
    let on = |port: &PortConfig| -> Vec<SimDevice> {
        let here = config.devices.iter().filter(|device| device.port == port.identity.name);
        here.map(|device| SimDevice::mirroring(device, TURNAROUND)).collect()
    };
    let wire = serial.link.wire().context("the demonstration's line is no serial one")?;
    let field = FieldConfig { wire, devices: on(serial), strict: true, spin: false, link: Some(line.to_owned()) };
    let field = Field::start(field).context("no pseudo-terminal for the simulated line")?;
    let server = Server::start(ServerConfig { speech: Speech::Tcp, port: 0, devices: on(net) });
    let server = server.context("no port for the simulated Modbus/TCP server")?;
    document["ports"][1]["address"] = json!(server.address().to_string());
    Ok((field, server))
}

fn password() -> anyhow::Result<String> {
    let mut bytes = [0; 10];
    SystemRandom::new().fill(&mut bytes).map_err(|_| anyhow!("the system gives no random numbers"))?;
    let letter = |byte: &u8| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]);
    Ok(bytes.iter().map(letter).collect())
}

fn document(at: Listeners, password: &str, line: &Path) -> Json {
    let Listeners { web, broker, modbus } = at;
    let mut document = json!({
        "format": "dinrail/1",
        "appliance": { "name": "demo", "description": "Simulated packing line", "location": "This machine" },
        "ports": [{
            "name": "COM1", "kind": "serial", "path": line, "mode": "rs485-2w",
            "baud": 19200, "parity": "none", "description": "Simulated line at its real speed"
        }, {
            "name": "NET1", "kind": "tcp", "address": "127.0.0.1:502", "in_flight": 4,
            "description": "Simulated Modbus/TCP server"
        }],
        "devices": [
            { "name": "meter1", "port": "COM1", "unit_id": 1, "poll_ms": 500, "description": "Energy meter", "tags": [
                { "name": "voltage", "table": "input", "address": 0, "type": "f32", "unit": "V", "deadband": 0.5 },
                { "name": "current", "table": "input", "address": 2, "type": "f32", "order": "CDAB", "unit": "A" },
                { "name": "frequency", "table": "input", "address": 4, "type": "f32", "unit": "Hz" },
                { "name": "energy", "table": "input", "address": 8, "type": "u32", "unit": "kWh",
                  "scale": { "gain": 0.01, "offset": 0 }, "poll_ms": 5000 },
                { "name": "alarm", "table": "discrete", "address": 3, "type": "bool" },
            ] },
            { "name": "oven", "port": "COM1", "unit_id": 2, "poll_ms": 1000, "description": "Tunnel oven", "tags": [
                { "name": "temperature", "table": "holding", "address": 100, "type": "i16", "unit": "degC",
                  "scale": { "gain": 0.1, "offset": 0 }, "invalid": [-32768] },
                { "name": "setpoint", "table": "holding", "address": 101, "type": "i16", "unit": "degC",
                  "scale": { "gain": 0.1, "offset": 0 }, "writable": true, "write_min": 0, "write_max": 300 },
                { "name": "heater", "table": "coil", "address": 0, "type": "bool", "writable": true },
                { "name": "door-open", "table": "holding", "address": 110, "bit": 4, "type": "bool" },
                { "name": "serial-number", "table": "holding", "address": 200, "type": "string", "length": 8,
                  "poll_ms": 60000 },
            ] },
            { "name": "chiller", "port": "NET1", "unit_id": 1, "poll_ms": 500, "description": "Water chiller", "tags": [
                { "name": "supply", "table": "input", "address": 0, "type": "i16", "unit": "degC",
                  "scale": { "gain": 0.1, "offset": 0 } },
                { "name": "flow", "table": "input", "address": 2, "type": "f32", "unit": "l/min", "deadband": 1 },
                { "name": "hours", "table": "input", "address": 10, "type": "u32", "unit": "h", "poll_ms": 5000 },
                { "name": "running", "table": "coil", "address": 0, "type": "bool", "writable": true },
            ] },
        ],
        "modules": rack(),
        "internal": [{ "name": "recipe", "type": "u16", "initial": 1, "keep": true }],
        "modbus_server": {
            "address": modbus.to_string(),
            "gateway": [{ "units": "11-12", "port": "COM1", "offset": -10, "description": "The meter and the oven" }],
        },
        "snmp": {
            "address": SNMP, "versions": ["v3"],
            "users": [{ "name": "demo", "auth_password": password, "priv_password": password, "access": "read-write" }],
        },
        "web": { "address": web.to_string() },
    });
    if cfg!(feature = "broker") {
        document["mqtt"] = json!({
            "connections": [{
                "name": "site", "url": format!("mqtt://{}", serve::reachable(broker)), "username": "demo", "password": password,
                "last_will": { "topic": "{appliance}/status", "payload": "offline", "qos": 1, "retain": true },
                "birth": { "topic": "{appliance}/status", "payload": "online", "qos": 1, "retain": true },
                "publications": [
                    { "name": "values", "topic": "{appliance}/read/{tag}/{attribute}", "tags": ["meter1/*", "oven/*", "chiller/*", "gates/*", "drives/*", "tank/*"],
                      "payload": "value", "trigger": { "on_change": true, "interval_ms": 60000 }, "qos": 1, "retain": true },
                    { "name": "oven-report", "topic": "plant/{appliance}/oven", "tags": ["oven/*"],
                      "attributes": ["value", "min", "max"], "payload": "object", "trigger": { "interval_ms": 5000 } },
                ],
                "subscriptions": [
                    { "name": "commands", "topic": "{appliance}/write/{tag}", "qos": 1,
                      "tags": ["oven/setpoint", "oven/heater", "internal/recipe", "drives/*", "tank-valve/*"],
                      "response_topic": "{appliance}/written/{tag}", "max_age_s": 10 },
                ],
            }],
            "broker": {
                "listeners": [{ "address": broker.to_string() }],
                "users": [{ "name": "demo", "password": password, "publish": ["#"], "subscribe": ["#"] }],
            },
        });
    }
    document
}

/// A rack of I/O modules without hardware.
fn rack() -> Json {
    json!([
        { "name": "gates", "slot": 1, "model": "di-16", "description": "Light barriers and switches",
          "driver": { "kind": "simulated", "signals": [
              { "channel": 0, "signal": "square", "period_s": 4 }, { "channel": 1, "signal": "square", "period_s": 0.5 },
              { "channel": 2, "signal": "constant", "value": 1 } ] },
          "channels": [
              { "channel": 0, "name": "carton", "description": "Light barrier at the belt" },
              { "channel": 1, "name": "bottles", "mode": "counter", "keep_count": true, "filter_ms": 2 },
              { "channel": 2, "name": "guard-closed" } ] },
        { "name": "drives", "slot": 2, "model": "do-16", "driver": { "kind": "simulated" }, "channels": [
              { "channel": 0, "name": "conveyor", "safe": "off" },
              { "channel": 1, "name": "doser", "mode": "pulse", "pulse_count": 10, "pulse_on_ms": 100, "pulse_off_ms": 400 } ] },
        { "name": "pumps", "slot": 3, "model": "relay-4", "driver": { "kind": "simulated" },
          "channels": [{ "channel": 0, "name": "feed", "safe": "off" }] },
        { "name": "tank", "slot": 4, "model": "ai-8",
          "driver": { "kind": "simulated", "signals": [
              { "channel": 0, "signal": "sine", "low": 6, "high": 18, "period_s": 60 },
              { "channel": 1, "signal": "random-walk", "low": 2, "high": 4 } ] },
          "channels": [
              { "channel": 0, "name": "level", "mode": "4-20mA-burnout", "unit": "%",
                "scale": { "from": [4, 20], "to": [0, 100] }, "deadband": 0.5 },
              { "channel": 1, "name": "pressure", "mode": "0-10V", "unit": "bar", "deadband": 0.05 } ] },
        { "name": "tank-valve", "slot": 5, "model": "ao-4", "driver": { "kind": "simulated" },
          "channels": [{ "channel": 0, "name": "inlet", "mode": "4-20mA", "unit": "%",
                "scale": { "from": [4, 20], "to": [0, 100] }, "safe": 0 }] },
        { "name": "kiln", "slot": 6, "model": "tc-8",
          "driver": { "kind": "simulated", "signals": [
              { "channel": 0, "signal": "sine", "low": 820, "high": 860, "period_s": 120 } ] },
          "channels": [{ "channel": 0, "name": "zone-1", "mode": "K", "deadband": 1 }] },
    ])
}

fn greeting(at: Listeners, password: &str, token: &str) -> String {
    let Listeners { web, broker, modbus } = at;
    let modbus = serve::reachable(modbus);
    let broker = serve::reachable(broker);
    let (host, port) = (broker.ip(), broker.port());
    let mqtt = if cfg!(feature = "broker") {
        format!(
            "\n  MQTT      mosquitto_sub -h {host} -p {port} -u demo -P {password} -t '#' -v\n  \
             command   mosquitto_pub -h {host} -p {port} -u demo -P {password} -t demo/write/oven/setpoint -m 180.5\n"
        )
    } else {
        String::new()
    };
    format!(
        "dinrail {version} demonstration: everything runs on this machine and listens on loopback only.\n\n  \
         browser   https://{web}   user {ADMIN}   password {password}\n            \
         (the certificate is self-signed: the browser asks once)\n{mqtt}\n  \
         Modbus    mbpoll -m tcp -p {modbus_port} -a 1 -0 -r 0 -c 10 -t 4 {modbus_host}   (meter and oven: -a 11, -a 12)\n  \
         SNMP      snmpwalk -v3 -l authPriv -u demo -a SHA-256 -A {password} -x AES -X {password} {SNMP} \
         1.3.6.1.4.1.32473.4510\n\n  \
         REST      curl -sk https://{web}/api/v1/tags -H 'Authorization: Bearer {token}'\n  \
         write     curl -sk -X PUT https://{web}/api/v1/tags/oven/setpoint -H 'Authorization: Bearer {token}' \
         -H 'Content-Type: application/json' -d '{{\"value\": 180.5}}'\n  \
         started   {started}\n\nCtrl-C ends it.",
        version = env!("CARGO_PKG_VERSION"),
        modbus_port = modbus.port(),
        modbus_host = modbus.ip(),
        started = crate::tag::reading::rfc3339(clock::unix_ms()),
    )
}
