//! `certificates[]`: certificates with their keys, used by their names.

use super::fields::{Fields, Identity};
use super::pem::{self, PemError, PemPair};
use super::problem::{Pointer, Problems};
use ring::digest;
use rustls_pki_types::CertificateDer;
use serde_json::Value as Json;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use x509_parser::asn1_rs::{Utf8String, oid};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;

/// Characters of a chain: a dozen certificates.
const CHAIN: usize = 100_000;
/// Characters of a key: RSA of 16,384 bits takes 13,000.
const KEY: usize = 20_000;

/// One certificate with its key, checked to belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateConfig {
    /// Id, name, description, enabled.
    pub identity: Identity,
    /// Chain and key.
    pub pair: Arc<PemPair>,
    /// What the first certificate says of itself.
    pub facts: CertificateFacts,
}

/// What a certificate says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Whose it is, `CN=...`.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// Host names and addresses it holds for.
    pub names: Vec<String>,
    /// Seconds since 1970-01-01 UTC.
    pub not_before: i64,
    /// Seconds since 1970-01-01 UTC.
    pub not_after: i64,
    /// SHA-256 as browsers show it.
    pub fingerprint: String,
}

impl CertificateConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let identity = fields.identity(problems);
        let chain = fields.required_text("chain", CHAIN, problems);
        let key = fields.required_text("key", KEY, problems);
        let checked = chain.zip(key).map(|(chain, key)| judge(chain, key));
        if let Some(Err((member, error))) = &checked {
            fields.error(member, error.to_string(), problems);
        }
        if !fields.finish(problems) {
            return None;
        }
        let (pair, facts) = checked?.ok()?;
        Some(Self { identity: identity?, pair: Arc::new(pair), facts })
    }
}

/// The pair and its facts, or the member that is wrong.
fn judge(chain: &str, key: &str) -> Result<(PemPair, CertificateFacts), (&'static str, PemError)> {
    let facts = CertificateFacts::of(chain).map_err(|error| ("chain", error))?;
    pem::Identity::from_pem(chain, key).map_err(|error| ("key", error))?;
    Ok((PemPair { chain: chain.to_owned(), key: key.to_owned() }, facts))
}

impl CertificateFacts {
    /// Those of the first certificate of a PEM text.
    pub fn of(chain: &str) -> Result<Self, PemError> {
        let all = pem::certificates(chain)?;
        let own = all.first().ok_or(PemError::NoCertificate)?;
        let bad = |detail: String| PemError::BadCertificate { position: 1, detail };
        let (_, parsed) = X509Certificate::from_der(own).map_err(|error| bad(error.to_string()))?;
        let names = parsed.subject_alternative_name().map_err(|error| bad(error.to_string()))?;
        let names = names.map_or_else(Vec::new, |names| names.value.general_names.iter().filter_map(shown).collect());
        Ok(Self {
            subject: parsed.subject().to_string(),
            issuer: parsed.issuer().to_string(),
            names,
            not_before: parsed.validity().not_before.timestamp(),
            not_after: parsed.validity().not_after.timestamp(),
            fingerprint: pem::fingerprint(own),
        })
    }

    /// Whole days until it ends, rounded down; below zero when it has ended. `now` in seconds since 1970-01-01 UTC.
    pub fn days_left(&self, now: i64) -> i64 {
        (self.not_after - now).div_euclid(86_400)
    }
}

/// SHA-256 of a certificate's public key (`SubjectPublicKeyInfo`), as RFC 7469 pins it.
pub fn key_pin(certificate: &CertificateDer<'_>) -> Option<[u8; 32]> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    digest::digest(&digest::SHA256, parsed.public_key().raw).as_ref().try_into().ok()
}

/// The role a certificate gives its holder over Modbus/TCP Security: the text of its extension
/// 1.3.6.1.4.1.50316.802.1. None where there is no such extension, more than one, or one that is no UTF-8 string.
pub fn modbus_role(certificate: &CertificateDer<'_>) -> Option<String> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let role = oid!(1.3.6.1.4.1.50316.802.1);
    let mut found = parsed.extensions().iter().filter(|extension| extension.oid == role);
    let extension = found.next().filter(|_| found.next().is_none())?;
    let (rest, text) = Utf8String::from_der(extension.value).ok()?;
    rest.is_empty().then(|| text.string())
}

fn shown(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|four| Ipv4Addr::from(four).to_string()),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|sixteen| Ipv6Addr::from(sixteen).to_string()),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::GatewayConfig;
    use crate::config::pem::{self_signed, self_signed_for};
    use serde_json::json;
    use std::time::{Duration, SystemTime};

    #[test]
    fn the_facts_are_those_of_the_first_certificate() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 20_000);
        let pair =
            self_signed_for(&["gw.example".to_owned(), "10.1.2.3".to_owned(), "::1".to_owned()], now, 90).unwrap();
        let facts = CertificateFacts::of(&pair.chain).unwrap();
        assert_eq!(facts.names, ["gw.example", "10.1.2.3", "::1"]);
        assert_eq!((facts.subject.as_str(), facts.issuer.as_str()), ("CN=gw.example", "CN=gw.example"));
        let now = 20_000 * 86_400;
        assert_eq!((facts.not_before, facts.not_after), (now - 86_400, now + 90 * 86_400));
        assert_eq!((facts.days_left(now), facts.days_left(now + 90 * 86_400 + 1)), (90, -1));
        assert_eq!(facts.fingerprint, pem::Identity::from_pem(&pair.chain, &pair.key).unwrap().fingerprint());
    }

    fn problems(document: &Json) -> Vec<String> {
        GatewayConfig::parse(document).1.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_certificate_is_used_by_its_name_and_what_names_none_is_told() {
        let pair = self_signed(&["gw.example".to_owned()]).unwrap();
        let certificate = json!({"name": "site", "chain": pair.chain, "key": pair.key});
        let mut document = json!({"format": "dinrail/1", "certificates": [certificate],
        "web": {"certificate": "site"},
        "mqtt": {
            "connections": [{"name": "c", "url": "mqtts://h", "tls": {"certificate": "site"}}],
            "broker": {"listeners": [{"address": "127.0.0.1:8883", "tls": {"certificate": "site"}}]},
        }});
        let (config, found) = GatewayConfig::parse(&document);
        assert_eq!(found, []);
        let pair = &config.certificates[0].pair;
        assert_eq!(config.web.pair.as_ref(), Some(pair));
        assert_eq!(config.connections[0].tls.as_ref().unwrap().pair.as_ref(), Some(pair));
        assert_eq!(config.broker.as_ref().unwrap().listeners[0].tls.as_ref().unwrap().pair.as_ref(), Some(pair));
        document["certificates"][0]["name"] = json!("other");
        let told = [
            "/web/certificate: there is no certificate `site`",
            "/mqtt/connections/0/tls/certificate: there is no certificate `site`",
            "/mqtt/broker/listeners/0/tls/certificate: there is no certificate `site`",
        ];
        assert_eq!(problems(&document), told);
        let (config, _) = GatewayConfig::parse(&document);
        // The door to the settings stays open, and nothing goes out in another way than was asked for.
        assert_eq!((config.web.pair, config.connections.len()), (None, 0));
        assert_eq!(config.broker.unwrap().listeners, []);
        document["certificates"][0]["name"] = json!("site");
        document["certificates"][0]["enabled"] = json!(false);
        assert_eq!(problems(&document)[0], "/web/certificate: the certificate `site` is switched off");
        document["certificates"][0]["enabled"] = json!(true);
        document["certificates"][0]["key"] = json!(self_signed(&["x".to_owned()]).unwrap().key);
        let told = "/certificates/0/key: the private key does not belong to the first certificate of the chain";
        assert_eq!(problems(&document), [told]);
    }
}
