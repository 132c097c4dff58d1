//! The stored configurations.

use crate::tag::reading::rfc3339;
use crate::web::guards::Viewer;
use crate::web::input::ApiQuery;
use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const DEFAULT_LIMIT: u32 = 100;
const MOST: u32 = 1_000;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(list))
}

/// Which revisions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Older than this number.
    before: Option<u64>,
    /// At most so many; 1 to 1,000, usually 100.
    limit: Option<u32>,
}

/// A configuration that was stored.
#[derive(Debug, Serialize, ToSchema)]
struct RevisionView {
    /// Counts up from 1.
    number: u64,
    time: String,
    /// The account, token or command that stored it.
    author: String,
    /// `browser`, `api`, `init`, `cli`
    source: &'static str,
}

/// Newest first.
#[derive(Debug, Serialize, ToSchema)]
struct RevisionList {
    revisions: Vec<RevisionView>,
}

/// Lists the kept revisions.
#[utoipa::path(
    get, path = "/revisions", tag = "configuration", params(ListQuery), responses((status = 200, body = RevisionList)),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn list(
    _: Viewer,
    State(state): State<WebState>,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> Result<Json<RevisionList>, ApiProblem> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MOST).contains(&limit) {
        return Err(ApiProblem::new(StatusCode::BAD_REQUEST, format!("`limit` is 1 to {MOST}")));
    }
    let found = state.store().revisions(query.before, limit).await?;
    let revisions = found.into_iter().map(|one| RevisionView {
        number: one.number,
        time: rfc3339(one.at_ms),
        author: one.author,
        source: one.source.as_str(),
    });
    Ok(Json(RevisionList { revisions: revisions.collect() }))
}
