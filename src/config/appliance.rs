//! The appliance itself, and its browser and REST server.

use super::fields::{Fields, shown_text};
use super::pem::PemPair;
use super::problem::{Pointer, Problems};
use serde_json::Value as Json;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// `appliance`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplianceConfig {
    /// The `{appliance}` of topics; an object name.
    pub name: String,
    /// Any text.
    pub description: String,
    /// Where it stands.
    pub location: String,
    /// Whom to call.
    pub contact: String,
    /// IANA name, for what people read; machines get UTC.
    pub timezone: String,
}

impl Default for ApplianceConfig {
    fn default() -> Self {
        Self {
            name: "dinrail".into(),
            description: String::new(),
            location: String::new(),
            contact: String::new(),
            timezone: "UTC".into(),
        }
    }
}

impl ApplianceConfig {
    pub(super) fn read(json: Option<&Json>, at: Pointer<'_>, problems: &mut Problems) -> Self {
        let mut config = Self::default();
        let Some(mut fields) = json.and_then(|json| Fields::open(json, at, problems)) else { return config };
        if let Some(name) = fields.text("name", 1000, problems) {
            match crate::tag::id::check_name(name) {
                Ok(()) => config.name = name.to_owned(),
                Err(error) => fields.error("name", format!("{} is not a name: {error}", shown_text(name)), problems),
            }
        }
        for (name, place) in [
            ("description", &mut config.description),
            ("location", &mut config.location),
            ("contact", &mut config.contact),
        ] {
            if let Some(text) = fields.text(name, 2000, problems) {
                text.clone_into(place);
            }
        }
        if let Some(zone) = fields.text("timezone", 100, problems) {
            if looks_like_zone(zone) {
                zone.clone_into(&mut config.timezone);
            } else {
                let sentence = format!("{} is not an IANA time zone such as `Asia/Seoul`", shown_text(zone));
                fields.error("timezone", sentence, problems);
            }
        }
        fields.finish(problems);
        config
    }
}

/// The shape of a zone name. Whether the host knows it is asked where a time is shown; an unknown one shows UTC.
fn looks_like_zone(zone: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-+".contains(&byte))
    };
    zone.starts_with(|first: char| first.is_ascii_uppercase()) && zone.split('/').all(part)
}

/// `web`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebConfig {
    /// Where the HTTPS server listens.
    pub address: SocketAddr,
    /// The name of its certificate; none is the one it makes itself.
    pub certificate: Option<String>,
    /// The certificate itself.
    pub pair: Option<Arc<PemPair>>,
    /// Minutes without a request until a session ends; 1..1440.
    pub session_idle_min: u32,
    /// Hours until a session ends in any case; 1..168.
    pub session_max_h: u32,
    /// Shown before login.
    pub banner: String,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8443)),
            certificate: None,
            pair: None,
            session_idle_min: 30,
            session_max_h: 12,
            banner: String::new(),
        }
    }
}

impl WebConfig {
    pub(super) fn read(json: Option<&Json>, at: Pointer<'_>, problems: &mut Problems) -> Self {
        let mut config = Self::default();
        let Some(mut fields) = json.and_then(|json| Fields::open(json, at, problems)) else { return config };
        if let Some(address) = socket_address(&mut fields, "address", problems) {
            config.address = address;
        }
        config.session_idle_min = fields.integer("session_idle_min", 1..=1440, 30, problems);
        config.session_max_h = fields.integer("session_max_h", 1..=168, 12, problems);
        if let Some(banner) = fields.text("banner", 4000, problems) {
            banner.clone_into(&mut config.banner);
        }
        config.certificate =
            fields.text("certificate", 63, problems).filter(|name| !name.is_empty()).map(str::to_owned);
        fields.finish(problems);
        config
    }
}

/// A listening address, `0.0.0.0:8443` or `[::]:8443`.
pub(super) fn socket_address(
    fields: &mut Fields<'_>,
    name: &'static str,
    problems: &mut Problems,
) -> Option<SocketAddr> {
    let text = fields.text(name, 100, problems)?;
    let parsed = text.parse();
    if parsed.is_err() {
        let sentence = format!("{} is not an address and port such as `0.0.0.0:8443`", shown_text(text));
        fields.error(name, sentence, problems);
    }
    parsed.ok()
}
