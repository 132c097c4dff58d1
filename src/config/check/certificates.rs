//! Certificates that are named by what uses them.

use super::Place;
use crate::config::GatewayConfig;
use crate::config::certificate::CertificateConfig;
use crate::config::mqtt::ConnectionConfig;
use crate::config::pem::PemPair;
use crate::config::problem::{Problems, Severity};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::Arc;

/// Gives every user its certificate. What names one there is not cannot run: it would show another, or none, unnoticed. Only
/// the web goes on with its own, so that the settings can be mended.
pub(super) fn judge(config: &mut GatewayConfig, document: &Json, problems: &mut Problems) {
    let known = Known(config.certificates.iter().map(|one| (one.identity.name.as_str(), one)).collect(), document);
    if let Some(name) = &config.web.certificate {
        match known.find(name) {
            Ok(pair) => config.web.pair = Some(pair),
            Err(Some(sentence)) => problems.add("/web/certificate".to_owned(), sentence, Severity::Error),
            Err(None) => (),
        }
    }
    let mut dresses = |list: &str, connection: &mut ConnectionConfig| {
        let Some(tls) = &mut connection.tls else { return true };
        let Some(name) = &tls.certificate else { return true };
        match known.find(name) {
            Ok(pair) => tls.pair = Some(pair),
            Err(why) => {
                if let Some(sentence) = why {
                    let place = Place::new(document, list, &connection.identity.name);
                    place.error("tls/certificate", sentence, problems);
                }
                return false;
            }
        }
        true
    };
    config.connections.retain_mut(|connection| dresses("/mqtt/connections", connection));
    if let Some(broker) = &mut config.broker {
        broker.bridges.retain_mut(|bridge| dresses(super::bridges::LIST, &mut bridge.connection));
    }
    if let Some(security) = config.modbus_server.as_mut().and_then(|server| server.security.as_mut()) {
        match known.find(&security.certificate) {
            Ok(pair) => security.pair = Some(pair),
            Err(why) => {
                if let Some(sentence) = why {
                    problems.add("/modbus_server/security/certificate".to_owned(), sentence, Severity::Error);
                }
                config.modbus_server = None;
            }
        }
    }
    let Some(broker) = &mut config.broker else { return };
    broker.listeners.retain_mut(|listener| {
        let Some(tls) = &mut listener.tls else { return true };
        match known.find(&tls.certificate) {
            Ok(pair) => tls.pair = Some(pair),
            Err(why) => {
                if let Some(sentence) = why {
                    let pointer = format!("/mqtt/broker/listeners/{}/tls/certificate", listener.position);
                    problems.add(pointer, sentence, Severity::Error);
                }
                return false;
            }
        }
        true
    });
}

struct Known<'a>(HashMap<&'a str, &'a CertificateConfig>, &'a Json);

impl Known<'_> {
    /// The pair of this name, or why there is none; one that is refused itself has its own sentence.
    fn find(&self, name: &str) -> Result<Arc<PemPair>, Option<String>> {
        match self.0.get(name) {
            Some(found) if found.identity.enabled => Ok(Arc::clone(&found.pair)),
            Some(_) => Err(Some(format!("the certificate `{name}` is switched off"))),
            None => {
                let named = |json: &Json| json.get("name").and_then(Json::as_str) == Some(name);
                let refused = super::elements(self.1.get("certificates")).any(named);
                Err((!refused).then(|| format!("there is no certificate `{name}`")))
            }
        }
    }
}
