//! A device's tags as a file.

use crate::tables::{Separator, TableError, to_csv, to_xlsx};
use crate::web::etag::etag;
use crate::web::guards::Viewer;
use crate::web::input::{ApiPath, ApiQuery, beside};
use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Deserialize;
use serde_json::Value as Json;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(csv)).routes(routes!(xlsx))
}

/// How the file is to be.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// `comma` (default), `semicolon` or `tab`; with the last two the decimal sign is a comma.
    separator: Option<String>,
}

/// The tags of a device as CSV.
///
/// UTF-8 with byte order mark. Texts that a spreadsheet would take for formulas have `'` in front; import takes it away.
#[utoipa::path(
    get, path = "/devices/{name}/tags.csv", tag = "configuration", params(("name" = String, Path), ExportQuery),
    responses((status = 200, content_type = "text/csv", body = String), (status = 404, description = "There is no such device")),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn csv(
    _: Viewer,
    State(state): State<WebState>,
    ApiPath(name): ApiPath<String>,
    ApiQuery(query): ApiQuery<ExportQuery>,
) -> Result<Response, ApiProblem> {
    let separator = match query.separator.as_deref() {
        None => Separator::Comma,
        Some(word) => Separator::parse(word)
            .ok_or_else(|| ApiProblem::field("/separator", "`separator` is one of comma, semicolon, tab"))?,
    };
    file(&state, name, "csv", "text/csv; charset=utf-8", move |tags| Ok(to_csv(tags, separator))).await
}

/// The tags of a device as a workbook.
#[utoipa::path(
    get, path = "/devices/{name}/tags.xlsx", tag = "configuration", params(("name" = String, Path)),
    responses(
        (status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = Vec<u8>),
        (status = 404, description = "There is no such device"),
    ),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn xlsx(
    _: Viewer,
    State(state): State<WebState>,
    ApiPath(name): ApiPath<String>,
) -> Result<Response, ApiProblem> {
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    file(&state, name, "xlsx", kind, to_xlsx).await
}

async fn file(
    state: &WebState,
    name: String,
    ending: &str,
    kind: &'static str,
    write: impl FnOnce(&[Json]) -> Result<Vec<u8>, TableError> + Send + 'static,
) -> Result<Response, ApiProblem> {
    let revision = state.revision();
    let number = revision.number;
    // Many tags take their time, and megabytes, to write.
    let _turn = state.copies().acquire().await.ok();
    let wanted = name.clone();
    let bytes = beside(move || {
        let document = revision.document.masked();
        let tags = device(&document, &wanted)?.get("tags").and_then(Json::as_array);
        Some(write(tags.map(Vec::as_slice).unwrap_or_default()))
    });
    let bytes =
        bytes.await?.ok_or_else(|| no_device(&name))?.map_err(|error| ApiProblem::field("", error.to_string()))?;
    // Names have letters, digits, `_` and `-` only.
    let disposition = format!("attachment; filename=\"{name}-tags.{ending}\"");
    let headers = [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    Ok(([(header::ETAG, etag(number))], headers, bytes).into_response())
}

/// The device of this name in a document, ignoring case.
pub(super) fn device<'a>(document: &'a Json, name: &str) -> Option<&'a Json> {
    let devices = document.get("devices")?.as_array()?;
    devices.iter().find(|device| device["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name)))
}

pub(super) fn no_device(name: &str) -> ApiProblem {
    ApiProblem::not_found(format!("there is no device `{name}`"))
}
