//! The doors: who was refused, who would be let in, and letting somebody in with one click.

use super::config::change::{ChangeView, How, change};
use crate::config::access::{AccessConfig, AccessList, Decision, Service};
use crate::config::{FORMAT, GatewayConfig};
use crate::net::door::{Door, RefusedPeer};
use crate::runtime::configure::{Applied, ChangeError};
use crate::tag::reading::rfc3339;
use crate::web::guards::{Admin, Viewer};
use crate::web::input::{JsonBody, beside};
use crate::web::problem::{ApiProblem, FieldProblem, errors_of};
use crate::web::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as JsonValue, json};
use std::net::IpAddr;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How often somebody else may be faster with a change before the click is given up.
const TRIES: usize = 5;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(look)).routes(routes!(test)).routes(routes!(allow)).routes(routes!(forget))
}

/// One door.
#[derive(Debug, Serialize, ToSchema)]
struct DoorView {
    /// `web`, `modbus`, `snmp`, `broker`
    service: &'static str,
    /// `allow-all`, `allow-list`
    mode: &'static str,
    /// How many entries the list has.
    entries: usize,
    /// Connections, or datagrams, refused since the program started, as no entry names their address.
    refused: u64,
    /// Modbus requests refused that their entry does not permit.
    refused_requests: u64,
    /// Connections closed because a new list does not name their address.
    closed: u64,
    /// Who was refused, those refused last first; 256 at most.
    peers: Vec<PeerView>,
}

/// An address that was refused.
#[derive(Debug, Serialize, ToSchema)]
struct PeerView {
    address: String,
    /// Connections, or datagrams.
    times: u64,
    /// Requests that its entry does not permit.
    requests: u64,
    /// When the first was.
    first: String,
    /// When the last was.
    last: String,
}

impl DoorView {
    fn of(door: &Door) -> Self {
        let (list, counts) = (door.list(), door.counts());
        let peer = |one: RefusedPeer| PeerView {
            address: one.address.to_string(),
            times: one.times,
            requests: one.requests,
            first: rfc3339(one.first_ms),
            last: rfc3339(one.last_ms),
        };
        Self {
            service: door.service().as_str(),
            mode: list.mode().as_str(),
            entries: list.entries().len(),
            refused: counts.addresses,
            refused_requests: counts.requests,
            closed: counts.closed,
            peers: door.refused().into_iter().map(peer).collect(),
        }
    }
}

/// The doors: their lists, and who was refused.
#[utoipa::path(
    get, path = "/access", tag = "status", responses((status = 200, body = Vec<DoorView>)),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn look(_: Viewer, State(state): State<WebState>) -> Json<Vec<DoorView>> {
    Json(state.access().doors().iter().map(DoorView::of).collect())
}

/// Whom to try.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TestForm {
    /// An IPv4 or IPv6 address.
    address: String,
    /// Lists to try instead of those in force, as `access` of the document.
    #[schema(value_type = Option<Object>)]
    access: Option<JsonValue>,
}

/// What a door would say.
#[derive(Debug, Serialize, ToSchema)]
struct TestView {
    /// `web`, `modbus`, `snmp`, `broker`
    service: &'static str,
    /// Whether the address would be let in.
    admitted: bool,
    /// The entry that lets it in, the narrowest that names it; null where everyone may come in, or nobody lets it in.
    entry: Option<EntryView>,
}

/// An entry of a list.
#[derive(Debug, Serialize, ToSchema)]
struct EntryView {
    /// Its place in the list, from 0.
    index: usize,
    network: String,
    note: String,
    /// Whether it permits less than everything.
    limited: bool,
}

impl TestView {
    fn of(service: Service, list: &AccessList, peer: IpAddr) -> Self {
        let decision = list.decide(peer);
        let entry = match decision {
            Decision::Entry(entry) => Some(EntryView {
                index: entry.index,
                network: entry.network.to_string(),
                note: entry.note.clone(),
                limited: !entry.rights.are_full(),
            }),
            Decision::Everyone | Decision::Refused => None,
        };
        Self { service: service.as_str(), admitted: decision != Decision::Refused, entry }
    }
}

/// Whether an address would be let in, at each door; by the lists in force, or by others that are tried out.
#[utoipa::path(
    post, path = "/access/test", tag = "configuration", request_body = TestForm,
    responses(
        (status = 200, body = Vec<TestView>),
        (status = 422, description = "This is no address, or the lists have errors"),
    ),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn test(
    _: Viewer,
    State(state): State<WebState>,
    JsonBody(form): JsonBody<TestForm>,
) -> Result<Json<Vec<TestView>>, ApiProblem> {
    let peer = address(&form.address)?;
    let views = match form.access {
        None => {
            let view = |door: &Door| TestView::of(door.service(), &door.list(), peer);
            state.access().doors().iter().map(view).collect()
        }
        Some(lists) => {
            let lists = beside(move || parsed(lists)).await??;
            Service::ALL.map(|service| TestView::of(service, lists.of(service), peer)).into()
        }
    };
    Ok(Json(views))
}

fn parsed(lists: JsonValue) -> Result<AccessConfig, ApiProblem> {
    let (config, problems) = GatewayConfig::parse(&json!({ "format": FORMAT, "access": lists }));
    let errors: Vec<FieldProblem> = errors_of(problems).map(FieldProblem::from).collect();
    if errors.is_empty() { Ok(config.access) } else { Err(ApiProblem::invalid(errors)) }
}

fn address(text: &str) -> Result<IpAddr, ApiProblem> {
    let parsed = text.trim().parse::<IpAddr>().map(|address| address.to_canonical());
    parsed.map_err(|_| ApiProblem::field("/address", "this is not an address such as `10.0.3.7` or `fd00::7`"))
}

/// Whom to let in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AllowForm {
    /// `web`, `modbus`, `snmp`, `broker`
    service: String,
    /// An IPv4 or IPv6 address.
    address: String,
    /// Words for the entry.
    note: Option<String>,
}

/// Lets an address in: adds it to the list of a service, as the newest revision.
#[utoipa::path(
    post, path = "/access/allow", tag = "configuration", request_body = AllowForm,
    responses(
        (status = 200, body = ChangeView),
        (status = 409, description = "It is let in already, or another configuration is on trial"),
        (status = 422, description = "This is no service, or no address"),
    ),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
async fn allow(
    who: Admin,
    State(state): State<WebState>,
    JsonBody(form): JsonBody<AllowForm>,
) -> Result<Response, ApiProblem> {
    let unknown = || ApiProblem::field("/service", "`service` is one of `web`, `modbus`, `snmp`, `broker`");
    let service = Service::parse(&form.service).ok_or_else(unknown)?;
    let peer = address(&form.address)?;
    let mut current = Err(ChangeError::Stale { current: 0 });
    for _ in 0..TRIES {
        if state.access().door(service).list().admits(peer) {
            return Err(ApiProblem::new(StatusCode::CONFLICT, format!("{peer} is let in already")));
        }
        current = add(&state, &who, service, peer, form.note.as_deref()).await?;
        // Somebody else was faster: their document is the one to add to.
        if !matches!(current, Err(ChangeError::Stale { .. })) {
            break;
        }
    }
    Ok(ChangeView::of(current.map_err(ApiProblem::from)?, None).into_response())
}

async fn add(
    state: &WebState,
    who: &Admin,
    service: Service,
    peer: IpAddr,
    note: Option<&str>,
) -> Result<Result<Applied, ChangeError>, ApiProblem> {
    let revision = state.revision();
    let expected = revision.number;
    let entry = match note {
        Some(note) => json!({ "network": peer.to_string(), "note": note }),
        None => json!(peer.to_string()),
    };
    let document = beside(move || {
        let mut document = revision.document.masked();
        put(&mut document, service, entry);
        document
    });
    change(state, who, document.await?, expected, How::AT_ONCE).await
}

/// Appends an entry to a list that refused somebody, so it is there.
fn put(document: &mut JsonValue, service: Service, entry: JsonValue) {
    let list = member(member(document, "access"), service.as_str());
    if let Some(list) = list.as_object_mut() {
        let allow = list.entry("allow").or_insert_with(|| json!([]));
        if allow.is_null() {
            *allow = json!([]);
        }
        allow.as_array_mut().into_iter().for_each(|allow| allow.push(entry.clone()));
    }
}

fn member<'a>(object: &'a mut JsonValue, name: &str) -> &'a mut JsonValue {
    if !object.is_object() {
        *object = JsonValue::Object(Map::new());
    }
    &mut object[name]
}

/// Forgets who was refused; the counts go on.
#[utoipa::path(
    delete, path = "/access/refused", tag = "status", responses((status = 204, description = "Forgotten")),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
async fn forget(_: Admin, State(state): State<WebState>) -> StatusCode {
    state.access().doors().iter().for_each(Door::forget);
    StatusCode::NO_CONTENT
}
