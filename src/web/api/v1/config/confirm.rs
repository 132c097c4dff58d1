//! A configuration on trial: how long yet, keeping it, taking it back.

use crate::runtime::configure::ConfigRequest;
use crate::web::guards::{Admin, Viewer, Who};
use crate::web::live::TrialView;
use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(look, keep, take_back))
}

/// What is on trial.
#[derive(Debug, Serialize, ToSchema)]
struct ConfirmView {
    /// In force now.
    revision: u64,
    /// Null when nothing is on trial.
    trial: Option<TrialView>,
}

/// What is in force after a trial.
#[derive(Debug, Serialize, ToSchema)]
struct ConfirmedView {
    /// In force now.
    revision: u64,
}

/// Whether the configuration is on trial, and how long yet.
#[utoipa::path(
    get, path = "/config/confirm", tag = "configuration", responses((status = 200, body = ConfirmView)),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn look(_: Viewer, State(state): State<WebState>) -> Json<ConfirmView> {
    let revision = state.revision();
    Json(ConfirmView { revision: revision.number, trial: TrialView::of(&revision) })
}

/// Keeps the configuration on trial. Anybody who is logged in may: it shows that the appliance is reached.
#[utoipa::path(
    post, path = "/config/confirm", tag = "configuration",
    responses((status = 200, body = ConfirmedView), (status = 409, description = "Nothing is on trial")),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn keep(who: Viewer, State(state): State<WebState>) -> Result<Json<ConfirmedView>, ApiProblem> {
    end(&state, &who, true).await
}

/// Takes the configuration on trial back at once: the one before it returns.
#[utoipa::path(
    delete, path = "/config/confirm", tag = "configuration",
    responses((status = 200, body = ConfirmedView), (status = 409, description = "Nothing is on trial")),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
async fn take_back(who: Admin, State(state): State<WebState>) -> Result<Json<ConfirmedView>, ApiProblem> {
    end(&state, &who, false).await
}

async fn end(state: &WebState, who: &Who, keep: bool) -> Result<Json<ConfirmedView>, ApiProblem> {
    let actor = who.actor();
    let ended = state.config().call(|reply| ConfigRequest::EndTrial { keep, actor, reply }).await?;
    Ok(Json(ConfirmedView { revision: ended? }))
}
