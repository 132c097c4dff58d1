//! Everything at a glance.

use crate::web::guards::Viewer;
use crate::web::i18n;
use crate::web::live::StatusView;
use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(status))
}

/// Units with their health and figures, tags by quality, clock, revision.
#[utoipa::path(
    get, path = "/status", tag = "status", responses((status = 200, body = StatusView)),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn status(_: Viewer, State(state): State<WebState>) -> Result<Response, ApiProblem> {
    let json = state.board().view(&state).json(i18n::reader()).ok_or_else(ApiProblem::internal)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
}
