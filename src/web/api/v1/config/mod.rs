//! The configuration: the whole document, each object of it, and certificates as they come in.

mod certificates;
pub(super) mod change;
mod confirm;
mod describe;
mod objects;
mod place;

use crate::web::etag::{IfMatch, etag, is_known};
use crate::web::guards::{Admin, Viewer};
use crate::web::input::{ApiQuery, DocumentBody, beside};
use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use change::{ChangeQuery, ChangeView, change};
use http::{HeaderMap, StatusCode, header};
use serde_json::Value as Json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default()
        .routes(routes!(read, replace))
        .merge(confirm::router())
        .merge(objects::router())
        .merge(certificates::router())
}

/// The document in force.
///
/// Every object has its id; secrets are `***`. The `ETag` is its revision.
#[utoipa::path(
    get, path = "/config", tag = "configuration",
    responses(
        (status = 200, description = "The document", body = Object, headers(("ETag" = String, description = "The revision"))),
        (status = 304, description = "The one named in If-None-Match is still in force"),
    ),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn read(_: Viewer, State(state): State<WebState>, headers: HeaderMap) -> Result<Response, ApiProblem> {
    document_answer(&state, &headers, Some).await
}

/// What `part` takes of the masked document, as JSON; 404 if that is nothing.
async fn document_answer(
    state: &WebState,
    headers: &HeaderMap,
    part: impl FnOnce(Json) -> Option<Json> + Send + 'static,
) -> Result<Response, ApiProblem> {
    let revision = state.revision();
    let tag = [(header::ETAG, etag(revision.number))];
    if is_known(headers, revision.number) {
        return Ok((StatusCode::NOT_MODIFIED, tag).into_response());
    }
    // A large document takes milliseconds, and megabytes, to copy and to write.
    let _turn = state.copies().acquire().await.ok();
    let text = beside(move || part(revision.document.masked()).map(|json| json.to_string())).await?;
    let text = text.ok_or_else(|| ApiProblem::not_found("there is no such object in the configuration"))?;
    Ok((tag, [(header::CONTENT_TYPE, "application/json")], text).into_response())
}

/// Replaces the whole document.
///
/// Objects are matched by `id`, else by `name`; `***` keeps the stored secret of the same object. With `dry_run` nothing is
/// changed, and the answer is the same.
#[utoipa::path(
    put, path = "/config", tag = "configuration",
    params(ChangeQuery, ("If-Match" = String, Header, description = "The ETag of the document that was changed")),
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 200, body = ChangeView, headers(("ETag" = String, description = "The revision in force now"))),
        (status = 412, description = "Somebody else changed it meanwhile"),
        (status = 413, description = "Larger than 32 MiB"),
        (status = 422, description = "The document has errors, told place by place"),
        (status = 428, description = "If-Match is missing"),
    ),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
async fn replace(
    who: Admin,
    State(state): State<WebState>,
    expected: IfMatch,
    ApiQuery(query): ApiQuery<ChangeQuery>,
    DocumentBody(document, _turn): DocumentBody,
) -> Result<Response, ApiProblem> {
    let how = query.how()?;
    let expected = expected.against(state.revision().number)?;
    let applied = change(&state, &who, document, expected, how).await?.map_err(ApiProblem::from)?;
    Ok(ChangeView::of(applied, None).into_response())
}
