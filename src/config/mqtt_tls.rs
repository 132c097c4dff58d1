//! `tls` of an MQTT connection.

use super::broker::read_min_version;
use super::fields::Fields;
use super::pem::PemPair;
use super::problem::{Pointer, Problems};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;
use std::sync::Arc;

/// How curl, and what makes pins, begins one.
const PIN: &str = "sha256//";

/// Encryption towards a broker.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsConfig {
    /// PEM of the authorities to trust; `None` is the host's own list.
    pub ca: Option<String>,
    /// The name of the certificate we show (mutual TLS).
    pub certificate: Option<String>,
    /// That certificate.
    pub pair: Option<Arc<PemPair>>,
    /// The name asked for (SNI) and looked for in the broker's certificate; `None` is the host of the URL.
    pub server_name: Option<String>,
    /// Protocols offered (ALPN).
    pub alpn: Vec<String>,
    /// Only TLS 1.3.
    pub only_tls13: bool,
    /// SHA-256 of the only public key (`SubjectPublicKeyInfo`, as RFC 7469 has it) the broker may show.
    pub pinned_key: Option<[u8; 32]>,
    /// The broker's certificate is not checked.
    pub insecure: bool,
}

impl TlsConfig {
    /// Whether anybody can pose as the broker: its certificate is not checked, and its key neither.
    pub fn trusts_anybody(&self) -> bool {
        self.insecure && self.pinned_key.is_none()
    }

    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let ca = fields.text("ca", 1_000_000, problems).filter(|pem| !pem.is_empty()).map(str::to_owned);
        if ca.as_deref().is_some_and(|pem| !pem.contains("-----BEGIN CERTIFICATE-----")) {
            fields.error("ca", "`ca` is a PEM text with `-----BEGIN CERTIFICATE-----`", problems);
        }
        let certificate = fields.text("certificate", 63, problems).filter(|name| !name.is_empty()).map(str::to_owned);
        let server_name = fields.text("server_name", 253, problems).filter(|name| !name.is_empty()).map(str::to_owned);
        if server_name.as_deref().is_some_and(|name| rustls_pki_types::ServerName::try_from(name).is_err()) {
            fields.error("server_name", "`server_name` is a host name or an IP address", problems);
        }
        let alpn: Vec<String> = fields.texts("alpn", problems).into_iter().map(|(_, name)| name.to_owned()).collect();
        // RFC 7301, 3.1.
        if 16 < alpn.len() || alpn.iter().any(|name| !(1..=255).contains(&name.len())) {
            fields.error("alpn", "`alpn` is a list of at most 16 names of protocols, each of 1..255 bytes", problems);
        }
        let only_tls13 = read_min_version(&mut fields, problems);
        let pinned_key = match fields.text("pinned_key", 100, problems).filter(|pin| !pin.is_empty()) {
            Some(text) => {
                let pin = STANDARD.decode(text.strip_prefix(PIN).unwrap_or(text)).ok();
                let pin = pin.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
                if pin.is_none() {
                    let sentence = "`pinned_key` is the SHA-256 of the broker's public key in base64, `sha256//...`";
                    fields.error("pinned_key", sentence, problems);
                }
                pin
            }
            None => None,
        };
        let insecure = fields.flag("insecure", false, problems);
        fields.finish(problems).then_some(())?;
        Some(Self { ca, certificate, pair: None, server_name, alpn, only_tls13, pinned_key, insecure })
    }
}
