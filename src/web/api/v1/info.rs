//! What anyone may know.

use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(info))
}

/// What this is.
#[derive(Debug, Serialize, ToSchema)]
struct Info {
    /// Whether there is a first account.
    claimed: bool,
    /// The appliance's name.
    name: String,
    /// The notice to be shown before login.
    banner: Option<String>,
    /// Of the program.
    version: &'static str,
}

/// What this is; for login pages.
#[utoipa::path(get, path = "/info", tag = "start", responses((status = 200, body = Info)))]
async fn info(State(state): State<WebState>) -> Result<Json<Info>, ApiProblem> {
    let settings = state.settings();
    let banner = Some(settings.web.banner.clone()).filter(|banner| !banner.is_empty());
    let claimed = !state.store().claimable().await?;
    Ok(Json(Info { claimed, name: settings.appliance.name.clone(), banner, version: env!("CARGO_PKG_VERSION") }))
}
