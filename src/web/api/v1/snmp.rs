//! The SNMP agent: its MIB file, its status, and a test of its notifications.

use crate::config::snmp::SnmpConfig;
use crate::platform::clock;
use crate::runtime::events::{Category, Event, Outcome};
use crate::runtime::handle::CallError;
use crate::runtime::snmp::SnmpStatus;
use crate::runtime::status::{Detail, UnitStatus, snapshot};
use crate::views::mib::text::mib_file;
use crate::web::guards::{Admin, Viewer};
use crate::web::i18n;
use crate::web::input::JsonBody;
use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(look)).routes(routes!(mib)).routes(routes!(test))
}

/// The agent.
#[derive(Debug, Serialize, ToSchema)]
struct SnmpView {
    /// `starting`, `up`, `degraded`, `failed`.
    health: &'static str,
    /// Why it is not simply up.
    reason: Option<String>,
    /// `address`, `engine_id`, `engine_boots`, `rows`, `requests`, `answers`, `refused` (by reason), `managers` (`address`,
    /// `version`, `name`, `request`, `requests`, `answers`, `idle_ms`) and `receivers` (`name`, `address`, `kind`, `sent`,
    /// `acknowledged`, `failed`, `waiting`, `dropped`, `last_error`).
    #[serde(flatten)]
    #[schema(value_type = Object)]
    status: SnmpStatus,
}

impl SnmpView {
    fn of(unit: UnitStatus) -> Option<Self> {
        let Detail::Snmp(status) = unit.detail else { return None };
        let reason = unit.reason.map(|english| i18n::said(&english, i18n::reader()).into_owned());
        Some(Self { health: unit.health, reason, status: *status })
    }
}

/// How the SNMP agent is, who asks it and whom it tells.
#[utoipa::path(
    get, path = "/snmp", tag = "status",
    responses((status = 200, body = SnmpView), (status = 404, description = "The agent is switched off")),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn look(_: Viewer, State(state): State<WebState>) -> Result<Json<SnmpView>, ApiProblem> {
    snapshot(state.units()).into_iter().find_map(SnmpView::of).map(Json).ok_or_else(off)
}

/// The MIB file: what managers need to know the objects by name.
#[utoipa::path(
    get, path = "/snmp/mib", tag = "status",
    responses((status = 200, description = "SMIv2, for the enterprise OID of the settings", content_type = "text/plain")),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn mib(_: Viewer, State(state): State<WebState>) -> Response {
    let enterprise = SnmpConfig::enterprise_of(&state.revision().document.parts(&["snmp"]));
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"DINRAIL-MIB.txt\""),
    ];
    (headers, mib_file(&enterprise)).into_response()
}

/// Whom to send a test.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TestForm {
    /// The name of a receiver.
    receiver: String,
}

/// Sends a test notification to a receiver; its status says what became of it.
#[utoipa::path(
    post, path = "/snmp/test", tag = "status", request_body = TestForm,
    responses(
        (status = 202, description = "It is on its way"),
        (status = 404, description = "The agent is switched off, or there is no such receiver"),
        (status = 503, description = "Too many requests are waiting"),
    ),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
async fn test(
    who: Admin,
    State(state): State<WebState>,
    JsonBody(form): JsonBody<TestForm>,
) -> Result<StatusCode, ApiProblem> {
    let asked = state.snmp().test(&form.receiver).await.map_err(|err| match err {
        CallError::Busy => ApiProblem::busy("the agent has too many requests to answer; try again"),
        CallError::Stopped => off(),
    })?;
    if !asked {
        let name: String = form.receiver.chars().take(63).collect();
        return Err(ApiProblem::not_found(format!("there is no receiver `{name}`, or it is switched off")));
    }
    state.events().tell(Event {
        unix_ms: clock::unix_ms(),
        source: "web".to_owned(),
        category: Category::Command,
        subject: form.receiver,
        actor: who.actor(),
        result: Outcome::Ok,
        detail: "a test notification is sent".to_owned(),
    });
    Ok(StatusCode::ACCEPTED)
}

fn off() -> ApiProblem {
    ApiProblem::not_found("the SNMP agent is switched off")
}
