//! Whether whoever makes a change can still come in after it.

use super::{Checked, Configuration};
use crate::config::GatewayConfig;
use crate::config::access::Service;
use crate::config::problem::{Problem, Severity};
use crate::runtime::configure::ChangeError;
use serde_json::{Value, json};
use std::net::IpAddr;

impl<C, F> Configuration<C, F> {
    /// Refuses a change after which `peer` would not reach the web any more.
    pub(super) fn still_reached(&self, checked: Checked<C>, peer: IpAddr) -> Result<Checked<C>, ChangeError> {
        let mut parts = self.revision.borrow().document.parts(&["web"]);
        let web = parts.get_mut("web").map_or_else(|| json!({}), Value::take);
        match locked_out(&web, &checked.config, peer) {
            Some(problem) => Err(ChangeError::Invalid(vec![problem])),
            None => Ok(checked),
        }
    }
}

/// The list does not name the address, or the web would listen where it cannot reach.
fn locked_out(web_before: &Value, config: &GatewayConfig, peer: IpAddr) -> Option<Problem> {
    let peer = peer.to_canonical();
    let problem = |pointer: &str, detail: String| {
        Some(Problem { pointer: pointer.to_owned(), detail, severity: Severity::Error })
    };
    if !config.access.of(Service::Web).admits(peer) {
        let detail = format!(
            "this would lock you out: you are at {peer}, which the list does not name; add it, or give `confirm_within` \
             and keep the change in time"
        );
        return problem("/access/web", detail);
    }
    let (before, _) = GatewayConfig::parse(&json!({ "format": crate::config::FORMAT, "web": web_before }));
    let moved = before.web.address != config.web.address;
    if moved && config.web.address.ip().to_canonical().is_loopback() && !peer.is_loopback() {
        let detail = format!(
            "this would lock you out: you are at {peer}, and only this machine could connect; use another address, or \
             give `confirm_within` and keep the change in time"
        );
        return problem("/web/address", detail);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(document: Value, peer: &str, expect: Option<&str>) {
        let (config, _) = GatewayConfig::parse(&document);
        let before = json!({ "address": "0.0.0.0:8443" });
        let found = locked_out(&before, &config, peer.parse().unwrap()).map(|problem| problem.pointer);
        assert_eq!(found.as_deref(), expect, "{peer} {document}");
    }

    #[test]
    fn whoever_could_not_come_back_is_told_so() {
        let list = |allow: Value| json!({ "format": "dinrail/1", "access": { "web": { "mode": "allow-list", "allow": allow } } });
        check(json!({ "format": "dinrail/1" }), "192.0.2.1", None);
        check(list(json!(["192.0.2.0/24"])), "192.0.2.1", None);
        check(list(json!(["192.0.2.0/24"])), "::ffff:192.0.2.1", None);
        check(list(json!(["192.0.2.0/24"])), "::1", Some("/access/web"));
        check(list(json!([])), "127.0.0.1", Some("/access/web"));
        let others = json!({ "format": "dinrail/1", "access": { "modbus": { "mode": "allow-list" } } });
        check(others, "192.0.2.1", None);
        let at = |address: &str| json!({ "format": "dinrail/1", "web": { "address": address } });
        check(at("127.0.0.1:8443"), "192.0.2.1", Some("/web/address"));
        check(at("127.0.0.1:8443"), "127.0.0.1", None);
        check(at("0.0.0.0:9443"), "192.0.2.1", None);
    }
}
