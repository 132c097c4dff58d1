//! Everything at a glance.

use crate::web::guards::Viewer;
use crate::web::live::StatusView;
use crate::web::state::WebState;
use axum::Json;
use axum::extract::State;
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
async fn status(_: Viewer, State(state): State<WebState>) -> Json<StatusView> {
    Json(state.board().view(&state))
}
