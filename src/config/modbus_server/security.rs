//! Modbus/TCP Security: the server over TLS, to clients with a certificate, whose role says what they may do.

use crate::config::access::Rights;
use crate::config::broker::read_min_version;
use crate::config::fields::Fields;
use crate::config::pem::{self, PemPair};
use crate::config::problem::{Pointer, Problems};
use crate::modbus::server::understand;
use serde_json::Value as Json;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio_modbus::ExceptionCode;

/// The port of Modbus/TCP Security (registered as `mbap-s`).
const PORT: u16 = 802;
/// Characters of the authorities: a dozen certificates.
const AUTHORITIES: usize = 100_000;
/// Characters of a role.
const ROLE: usize = 200;
/// Roles: each request is compared with all of them.
const MOST_ROLES: usize = 64;

/// The encrypted side of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityConfig {
    /// Where it listens; at least one.
    pub addresses: Vec<SocketAddr>,
    /// The name of its certificate.
    pub certificate: String,
    /// The certificate itself.
    pub pair: Option<Arc<PemPair>>,
    /// PEM of the authorities that sign the certificates of clients.
    pub client_ca: Arc<str>,
    /// Only TLS 1.3.
    pub only_tls13: bool,
    /// What holders of a role may do; who has no role of these may do nothing.
    roles: Vec<(String, Rights)>,
}

impl SecurityConfig {
    /// Whether a client whose certificate has this role may make a request.
    ///
    /// # Errors
    ///
    /// What the client hears: 01, "not an allowable action" (Modbus application protocol V1.1b3, section 7), where its role
    /// does not permit it. A request that is wrong in itself gets its own exception.
    pub fn judge(&self, role: Option<&str>, unit: u8, pdu: &[u8]) -> Result<(), ExceptionCode> {
        let rights = self.roles.iter().find(|(name, _)| Some(name.as_str()) == role).map(|(_, rights)| rights);
        let rights = rights.ok_or(ExceptionCode::IllegalFunction)?;
        rights.judge(unit, pdu).map_err(|_| understand(pdu).err().unwrap_or(ExceptionCode::IllegalFunction))
    }

    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        fields.text("description", 2000, problems);
        let usual = SocketAddr::from((Ipv4Addr::UNSPECIFIED, PORT));
        let addresses = super::read_addresses(&mut fields, usual, false, problems);
        let certificate = fields.required_text("certificate", 63, problems).map(str::to_owned);
        let client_ca = fields.required_text("client_ca", AUTHORITIES, problems);
        if let Some(Err(error)) = client_ca.map(pem::certificates) {
            fields.error("client_ca", error.to_string(), problems);
        }
        let only_tls13 = read_min_version(&mut fields, problems);
        let roles = fields.list("roles", problems);
        if MOST_ROLES < roles.len() {
            fields.error("roles", format!("`roles` has at most {MOST_ROLES} entries"), problems);
        }
        let good = fields.finish(problems);
        let roles_at = at.member("roles");
        let mut known: Vec<(String, Rights)> = Vec::new();
        for (index, json) in roles.iter().enumerate().take(MOST_ROLES) {
            let Some((name, rights)) = read_role(json, roles_at.index(index), problems) else { continue };
            if known.iter().any(|(other, _)| *other == name) {
                problems.error(&roles_at.index(index).member("role"), "this role is in the list already");
            }
            known.push((name, rights));
        }
        if roles.is_empty() {
            problems.warning(&roles_at, "there is no role: nobody may do anything");
        }
        let client_ca = client_ca?.into();
        good.then_some(Self { addresses, certificate: certificate?, pair: None, client_ca, only_tls13, roles: known })
    }
}

fn read_role(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<(String, Rights)> {
    let mut fields = Fields::open(json, at, problems)?;
    fields.text("description", 2000, problems);
    let name = fields.required_text("role", ROLE, problems).map(str::to_owned);
    let rights = Rights::read(&mut fields, problems);
    if !fields.finish(problems) {
        return None;
    }
    Some((name?, rights))
}
