//! AWS IoT Core (AWS IoT Core Developer Guide, "Device communication protocols", "MQTT", "Device Shadow MQTT topics").

use super::{SECURE, read_host, read_id};
use crate::config::fields::Fields;
use crate::config::problem::Problems;

/// On the port of HTTPS the protocol is asked for by ALPN.
const HTTPS: u16 = 443;
/// "Application layer protocols, ports, and authentication": MQTT with a client certificate on port 443.
const ALPN: &str = "x-amzn-mqtt-ca";

/// A thing of AWS IoT Core; it is known by its X.509 certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsConfig {
    /// The account's device data endpoint.
    pub endpoint: String,
    /// 8883 or 443.
    pub port: u16,
    /// Its name, which is the client id too.
    pub thing: String,
    /// Its named shadow; `None` is the classic one.
    pub shadow: Option<String>,
}

impl AwsConfig {
    pub(super) fn read(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Self> {
        let endpoint = read_host(fields, "endpoint", problems);
        let port = match fields.optional_integer("port", 1..=u16::MAX, problems) {
            Some(port) if port != SECURE && port != HTTPS => {
                fields.error("port", "AWS IoT Core answers on port 8883 or 443", problems);
                SECURE
            }
            port => port.unwrap_or(SECURE),
        };
        // Device Shadow and thing names: `[a-zA-Z0-9:_-]+`, 128 and 64 characters.
        let thing = read_id(fields, "thing", 128, ":_-", problems);
        let shadow = match fields.get("shadow") {
            None => None,
            Some(_) => Some(read_id(fields, "shadow", 64, ":_-$", problems)?),
        };
        Some(Self { endpoint: endpoint?, port, thing: thing?, shadow })
    }

    pub(super) fn alpn(&self) -> Vec<String> {
        if self.port == HTTPS { vec![ALPN.to_owned()] } else { Vec::new() }
    }

    /// The beginning of its shadow's topics ("Reserved topics": `ShadowTopicPrefix`).
    pub fn shadow_topic(&self) -> String {
        match &self.shadow {
            None => format!("$aws/things/{}/shadow", self.thing),
            Some(shadow) => format!("$aws/things/{}/shadow/name/{shadow}", self.thing),
        }
    }
}
