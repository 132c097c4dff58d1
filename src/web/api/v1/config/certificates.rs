//! Certificates: what they say of themselves, who uses them, and how they come in.

use super::change::{ChangeQuery, ChangeView};
use super::objects::apply;
use super::place::{CERTIFICATES, EditError};
use crate::config::certificate::CertificateConfig;
use crate::config::pem::{PemPair, self_signed_for};
use crate::net::pkcs12;
use crate::platform::clock;
use crate::tag::reading::rfc3339;
use crate::web::etag::IfMatch;
use crate::web::guards::{Admin, Viewer};
use crate::web::input::{ApiPath, ApiQuery, JsonBody, beside};
use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value as JsonValue, json};
use std::time::{Duration, SystemTime};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Years a self-signed certificate may last.
const LONGEST_DAYS: u32 = 36_500;
/// Names of one certificate.
const MOST_NAMES: usize = 64;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(list)).routes(routes!(put))
}

/// Every certificate that can be used.
#[derive(Debug, Serialize, ToSchema)]
struct CertificatesView {
    /// In the order of the document.
    certificates: Vec<CertificateView>,
}

/// One certificate; its key is never told.
#[derive(Debug, Serialize, ToSchema)]
struct CertificateView {
    name: String,
    enabled: bool,
    /// `CN=gateway.example`
    subject: String,
    /// Who signed it; itself, if it is the subject.
    issuer: String,
    /// Host names and addresses it holds for.
    names: Vec<String>,
    not_before: String,
    not_after: String,
    /// Whole days; below 0 when it has expired.
    days_left: i64,
    /// SHA-256, as browsers show it.
    fingerprint: String,
    /// JSON pointers to what uses it.
    used_by: Vec<String>,
}

impl CertificateView {
    fn of(certificate: &CertificateConfig, document: &JsonValue, now: i64) -> Self {
        let facts = &certificate.facts;
        Self {
            name: certificate.identity.name.clone(),
            enabled: certificate.identity.enabled,
            subject: facts.subject.clone(),
            issuer: facts.issuer.clone(),
            names: facts.names.clone(),
            not_before: rfc3339(facts.not_before.saturating_mul(1000)),
            not_after: rfc3339(facts.not_after.saturating_mul(1000)),
            days_left: facts.days_left(now),
            fingerprint: facts.fingerprint.clone(),
            used_by: used_by(document, &certificate.identity.name),
        }
    }
}

/// Pointers to the objects that name this certificate.
fn used_by(document: &JsonValue, name: &str) -> Vec<String> {
    let names = |object: &JsonValue, member: &str| object.pointer(member).and_then(JsonValue::as_str) == Some(name);
    let mut found: Vec<String> =
        document.get("web").filter(|web| names(web, "/certificate")).map(|_| "/web".into()).into_iter().collect();
    for list in ["/mqtt/connections", "/mqtt/broker/listeners", "/mqtt/broker/bridges"] {
        let objects = document.pointer(list).and_then(JsonValue::as_array).map(Vec::as_slice).unwrap_or_default();
        let users = objects.iter().enumerate().filter(|(_, object)| names(object, "/tls/certificate"));
        found.extend(users.map(|(index, _)| format!("{list}/{index}")));
    }
    found
}

/// The certificates, how long they last and who uses them.
#[utoipa::path(
    get, path = "/certificates", tag = "configuration", responses((status = 200, body = CertificatesView)),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn list(_: Viewer, State(state): State<WebState>) -> Json<CertificatesView> {
    let (settings, revision, now) = (state.settings(), state.revision(), clock::unix_ms() / 1000);
    let document = revision.document.parts(&["web", "mqtt"]);
    let shown = |certificate: &CertificateConfig| CertificateView::of(certificate, &document, now);
    Json(CertificatesView { certificates: settings.certificates.iter().map(shown).collect() })
}

/// How a certificate comes in: exactly one of the three.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CertificateForm {
    pem: Option<PemForm>,
    pkcs12: Option<Pkcs12Form>,
    self_signed: Option<SelfSignedForm>,
}

/// PEM texts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PemForm {
    /// The chain, the own certificate first.
    chain: String,
    /// The private key, without a passphrase.
    key: String,
}

/// A `.p12` or `.pfx` file.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Pkcs12Form {
    /// Base64.
    data: String,
    /// Of the file.
    #[serde(default)]
    password: String,
}

/// A certificate to be made here, with a new key that never leaves.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SelfSignedForm {
    /// Host names and addresses; the first is the subject.
    names: Vec<String>,
    /// 1..36500
    #[serde(default = "two_years")]
    days: u32,
}

fn two_years() -> u32 {
    730
}

impl CertificateForm {
    fn pair(self) -> Result<PemPair, (&'static str, String)> {
        match self {
            Self { pem: Some(PemForm { chain, key }), pkcs12: None, self_signed: None } => Ok(PemPair { chain, key }),
            Self { pem: None, pkcs12: Some(form), self_signed: None } => {
                let file = STANDARD.decode(&form.data);
                let file = file.map_err(|_| ("/pkcs12/data", "the file is to be sent in base64".to_owned()))?;
                pkcs12::read(&file, &form.password).map_err(|error| ("/pkcs12", error.to_string()))
            }
            Self { pem: None, pkcs12: None, self_signed: Some(SelfSignedForm { names, days }) } => {
                if !(1..=LONGEST_DAYS).contains(&days) {
                    return Err(("/self_signed/days", format!("a certificate lasts 1..{LONGEST_DAYS} days")));
                }
                if names.is_empty() || MOST_NAMES < names.len() || names.iter().any(String::is_empty) {
                    let sentence = format!("a certificate is for 1..{MOST_NAMES} host names or addresses");
                    return Err(("/self_signed/names", sentence));
                }
                let now =
                    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(clock::unix_ms()).unwrap_or_default());
                self_signed_for(&names, now, days).map_err(|error| ("/self_signed/names", error.to_string()))
            }
            _ => Err(("", "give exactly one of `pem`, `pkcs12` and `self_signed`".to_owned())),
        }
    }
}

/// Puts a certificate under a name: a new one, or in place of the present one, which whoever uses it shows from the next
/// handshake on.
#[utoipa::path(
    put, path = "/certificates/{certificate}", tag = "configuration",
    params(
        ("certificate" = String, Path, description = "Its name"), ChangeQuery,
        ("If-Match" = String, Header, description = "The ETag of the configuration"),
    ),
    request_body = CertificateForm,
    responses(
        (status = 200, body = ChangeView, headers(("ETag" = String, description = "The revision in force now"))),
        (status = 412, description = "Somebody else changed the configuration meanwhile"),
        (status = 422, description = "It cannot be used, and why"),
        (status = 428, description = "If-Match is missing"),
    ),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
async fn put(
    who: Admin,
    ApiPath(name): ApiPath<String>,
    State(state): State<WebState>,
    expected: IfMatch,
    ApiQuery(query): ApiQuery<ChangeQuery>,
    JsonBody(form): JsonBody<CertificateForm>,
) -> Result<ChangeView, ApiProblem> {
    // A key takes milliseconds to make, a password to try.
    let made = beside(move || form.pair()).await?;
    let pair = made.map_err(|(pointer, sentence)| ApiProblem::field(pointer, sentence))?;
    let place = CERTIFICATES.place(|_| Some(name.clone()));
    let edit =
        move |document: &mut JsonValue| match place.patch(document, &json!({"chain": pair.chain, "key": pair.key})) {
            Err(EditError::Missing) => place.put(document, json!({"name": name, "chain": pair.chain, "key": pair.key})),
            patched => patched,
        };
    let (_, view) = apply(CERTIFICATES, &who, &state, &expected, &query, false, edit).await?;
    Ok(view)
}
