//! Lines: their latest transactions, and trying a silent device now.

use crate::platform::clock;
use crate::runtime::events::{Category, Event, Outcome};
use crate::runtime::handle::CallError;
use crate::runtime::lines::{Timeline, Transaction};
use crate::runtime::status::{HoleStatus, LessonsStatus, RefusedStatus};
use crate::web::guards::{Operator, Viewer};
use crate::web::input::{ApiPath, ApiQuery};
use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<WebState> {
    let lines = OpenApiRouter::default().routes(routes!(timeline)).routes(routes!(retry));
    lines.routes(routes!(lessons)).routes(routes!(forget))
}

/// From where.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TimelineQuery {
    /// Only those behind this number: the `last` of the answer before.
    after: Option<u64>,
}

/// The latest transactions of a line, up to 500.
#[derive(Debug, Serialize, ToSchema)]
struct TimelineView {
    /// Oldest first: `number`, `unix_ms` (end), `device`, `unit_id`, `function`, `address`, `count`, `result` (`ok`,
    /// `{"exception": 2}`, `no_answer`, `crc`, `unfit`, `never_silent`, `not_a_request`), and where the time went in
    /// microseconds: `silence_us`, `request_us`, `device_us`, `reply_us`, `ours_us`.
    #[schema(value_type = Vec<Object>)]
    transactions: Vec<Transaction>,
    /// The number of the newest there is.
    last: u64,
}

/// The latest transactions of a line.
#[utoipa::path(
    get, path = "/lines/{name}/timeline", tag = "status", params(("name" = String, Path), TimelineQuery),
    responses(
        (status = 200, body = TimelineView),
        (status = 404, description = "There is no such line, or it is switched off"),
    ),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn timeline(
    _: Viewer,
    State(state): State<WebState>,
    ApiPath(name): ApiPath<String>,
    ApiQuery(query): ApiQuery<TimelineQuery>,
) -> Result<Json<TimelineView>, ApiProblem> {
    let asked = state.lines().timeline(&name, query.after.unwrap_or(0)).await;
    let Timeline { transactions, last } =
        asked.map_err(|err| refused(err, || format!("no line `{}` is running; is it switched on?", short(&name))))?;
    Ok(Json(TimelineView { transactions, last }))
}

/// Asks a silent device now instead of at its next probe; a closed line is opened now.
#[utoipa::path(
    post, path = "/devices/{name}/retry", tag = "status", params(("name" = String, Path)),
    responses(
        (status = 204, description = "It is asked next; its status tells what became of it"),
        (status = 404, description = "There is no such device, or it is switched off"),
    ),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"]))
)]
async fn retry(
    who: Operator,
    State(state): State<WebState>,
    ApiPath(name): ApiPath<String>,
) -> Result<StatusCode, ApiProblem> {
    state.lines().retry(&name).await.map_err(|err| no_device(err, &name))?;
    tell(&state, &who, name, "asked the device now");
    Ok(StatusCode::NO_CONTENT)
}

/// What a device taught about reading it.
#[derive(Debug, Serialize, ToSchema)]
struct LessonsView {
    /// Values it refuses: `table`, `address`, `count`, `exception` (null where it is silent), `retry_s` (seconds between
    /// two attempts to read it).
    #[schema(value_type = Vec<Object>)]
    illegal: Vec<RefusedStatus>,
    /// Tables it does not know at all.
    unknown_tables: Vec<String>,
    /// The most registers it answers in one read, if fewer than allowed.
    max_registers: Option<u16>,
    /// The most bits it answers in one read, if fewer than allowed.
    max_bits: Option<u16>,
    /// Holes that are not read through: `table`, `address`, `count`, with the last register or bit before and the first
    /// one behind.
    #[schema(value_type = Vec<Object>)]
    holes: Vec<HoleStatus>,
}

/// What a device taught about reading it, found out from its refusals: illegal addresses, lengths, holes.
#[utoipa::path(
    get, path = "/devices/{name}/lessons", tag = "status", params(("name" = String, Path)),
    responses(
        (status = 200, body = LessonsView),
        (status = 404, description = "There is no such device, or it is switched off"),
    ),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn lessons(
    _: Viewer,
    State(state): State<WebState>,
    ApiPath(name): ApiPath<String>,
) -> Result<Json<LessonsView>, ApiProblem> {
    let LessonsStatus { illegal, unknown_tables, max_registers, max_bits, holes, .. } =
        state.lines().lessons(&name).await.map_err(|err| no_device(err, &name))?;
    Ok(Json(LessonsView { illegal, unknown_tables, max_registers, max_bits, holes }))
}

/// Forgets what a device taught: all its values are read anew, in reads as long as allowed.
#[utoipa::path(
    post, path = "/devices/{name}/lessons/forget", tag = "status", params(("name" = String, Path)),
    responses(
        (status = 204, description = "It is forgotten; what still holds will be learnt again"),
        (status = 404, description = "There is no such device, or it is switched off"),
    ),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"]))
)]
async fn forget(
    who: Operator,
    State(state): State<WebState>,
    ApiPath(name): ApiPath<String>,
) -> Result<StatusCode, ApiProblem> {
    state.lines().forget(&name).await.map_err(|err| no_device(err, &name))?;
    tell(&state, &who, name, "forgot what the device taught");
    Ok(StatusCode::NO_CONTENT)
}

fn tell(state: &WebState, who: &Operator, device: String, detail: &str) {
    state.events().tell(Event {
        unix_ms: clock::unix_ms(),
        source: "web".to_owned(),
        category: Category::Command,
        subject: device,
        actor: who.actor(),
        result: Outcome::Ok,
        detail: detail.to_owned(),
    });
}

fn no_device(err: CallError, name: &str) -> ApiProblem {
    refused(err, || format!("no device `{}` is running; is it switched on?", short(name)))
}

fn refused(err: CallError, sentence: impl FnOnce() -> String) -> ApiProblem {
    match err {
        CallError::Busy => ApiProblem::busy("the line has too many requests to answer; try again"),
        CallError::Stopped => ApiProblem::not_found(sentence()),
    }
}

fn short(name: &str) -> String {
    name.chars().take(64).collect()
}
