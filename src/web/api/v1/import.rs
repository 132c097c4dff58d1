//! Files of tags: looked at, put together with a device's own, taken over.

use super::config::change::{Base, ChangeQuery, ChangeView, change, refused};
use super::export::{device, no_device};
use crate::config::problem::Severity;
use crate::modbus::address::Table;
use crate::tables::{Addressing, Column, Encoding, Import, Mode, Options, Separator, TableError, import, merge};
use crate::web::etag::IfMatch;
use crate::web::guards::Admin;
use crate::web::i18n;
use crate::web::input::{ApiPath, ApiQuery, DocumentBody, FileBody, beside};
use crate::web::problem::{ApiProblem, FieldProblem};
use crate::web::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value as JsonValue;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Rows shown of one file; the tags are told in any case.
const SHOWN: usize = 500;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(look)).routes(routes!(together)).routes(routes!(take_over))
}

/// What is known of a file; the rest is found in it.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// `utf-8`, `cp949`, `windows-1252`, `utf-16le`, `utf-16be`
    encoding: Option<String>,
    /// `comma`, `semicolon`, `tab`
    separator: Option<String>,
    /// A sheet of the workbook, or a device of the foreign configuration.
    part: Option<String>,
    /// The line with the titles; 0: there is none.
    header: Option<usize>,
    /// What each column is, separated by commas: `name,address,,type`.
    columns: Option<String>,
    /// `0-based`, `1-based`, `reference`
    addressing: Option<String>,
    /// The table where no cell names one.
    table: Option<String>,
    /// The device the tags are meant for.
    device: Option<String>,
}

impl ImportQuery {
    fn options(&self, document: &JsonValue) -> Result<Options, ApiProblem> {
        let columns = self.columns.as_deref().map(|list| {
            let column = |word: &str| match word.trim() {
                "" => Ok(None),
                word => known("columns", Some(word), Column::parse),
            };
            list.split(',').map(column).collect::<Result<Vec<_>, _>>()
        });
        Ok(Options {
            encoding: known("encoding", self.encoding.as_deref(), Encoding::parse)?,
            separator: known("separator", self.separator.as_deref(), Separator::parse)?,
            part: self.part.clone(),
            header: self.header,
            columns: columns.transpose()?,
            addressing: known("addressing", self.addressing.as_deref(), Addressing::parse)?,
            table: known("table", self.table.as_deref(), Table::parse)?,
            // One that is not stored yet has no limits to judge by.
            device: self.device.as_deref().and_then(|name| device(document, name)).cloned(),
        })
    }
}

fn known<T>(name: &str, word: Option<&str>, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, ApiProblem> {
    let Some(word) = word else { return Ok(None) };
    let refused = || ApiProblem::field(format!("/{name}"), format!("`{word}` is not a value of `{name}`"));
    parse(word).map(Some).ok_or_else(refused)
}

/// A file as it was read.
#[derive(Debug, Serialize, ToSchema)]
struct ImportView {
    /// `csv`, `xlsx`, `kepware`, `modpoll`, `telegraf`
    format: &'static str,
    /// Of a text file.
    encoding: Option<&'static str>,
    /// Of a text file.
    separator: Option<&'static str>,
    /// Sheets of the workbook, or devices of the configuration.
    parts: Vec<String>,
    /// The one that was read.
    part: Option<String>,
    /// The line with the titles; 0: there is none.
    header: usize,
    /// The columns, with their titles and what they are.
    columns: Vec<ColumnView>,
    /// How plain addresses were read.
    addressing: &'static str,
    /// The table where no cell names one.
    table: &'static str,
    /// Members of a tag the file speaks of; those it does not speak of stay as they are.
    members: Vec<&'static str>,
    /// How many rows there are.
    total: usize,
    /// The first rows, and those something is told about; 500 at most.
    rows: Vec<RowView>,
    /// What is wrong, or was guessed; 1,000 at most.
    problems: Vec<ProblemView>,
    /// How many errors there are in all.
    errors: usize,
    /// The tags of all rows; none when there is an error.
    #[schema(value_type = Vec<Object>)]
    tags: Vec<JsonValue>,
}

/// A column of the file.
#[derive(Debug, Serialize, ToSchema)]
struct ColumnView {
    title: String,
    /// What it is; null: left out.
    column: Option<&'static str>,
}

/// A row of the file.
#[derive(Debug, Serialize, ToSchema)]
struct RowView {
    /// Among all rows, from 0.
    index: usize,
    /// In the file, from 1.
    line: usize,
    /// As they stand in the file.
    cells: Vec<String>,
    /// What became of it; null with an error.
    #[schema(value_type = Option<Object>)]
    tag: Option<JsonValue>,
}

/// Something about a cell, a row or the whole file.
#[derive(Debug, Serialize, ToSchema)]
struct ProblemView {
    /// The row's index; null: the whole file.
    row: Option<usize>,
    /// The column's index; null: the whole row.
    column: Option<usize>,
    #[serde(serialize_with = "i18n::sentence")]
    detail: String,
    /// `error` or `warning`
    #[schema(value_type = String)]
    severity: Severity,
}

impl ImportView {
    fn of(import: Import) -> Self {
        let tags = import.tags().unwrap_or_default();
        let told: std::collections::HashSet<usize> = import.problems.iter().filter_map(|problem| problem.row).collect();
        // Half of the places are for the beginning, half for what a person must look at.
        let shown = |(at, _): &(usize, crate::tables::RowView)| *at < SHOWN / 2 || told.contains(at);
        let columns = import.columns.iter().enumerate().map(|(at, column)| ColumnView {
            title: import.titles.get(at).cloned().unwrap_or_default(),
            column: column.map(Column::as_str),
        });
        Self {
            format: import.format.as_str(),
            encoding: import.encoding.map(Encoding::as_str),
            separator: import.separator.map(Separator::as_str),
            parts: import.parts,
            part: import.part,
            header: import.header,
            columns: columns.collect(),
            addressing: import.addressing.as_str(),
            table: import.table.as_str(),
            members: import.members,
            total: import.rows.len(),
            errors: import.errors,
            tags,
            problems: import.problems.into_iter().map(problem_view).collect(),
            rows: import
                .rows
                .into_iter()
                .enumerate()
                .filter(shown)
                .take(SHOWN)
                .map(|(index, row)| RowView { index, line: row.line, cells: row.cells, tag: row.tag })
                .collect(),
        }
    }
}

fn problem_view(problem: crate::tables::TableProblem) -> ProblemView {
    let crate::tables::TableProblem { row, column, detail, severity } = problem;
    ProblemView { row, column, detail, severity }
}

/// A file that is refused whole.
fn refusal(error: &TableError) -> ApiProblem {
    let status = match error {
        TableError::TooLarge | TableError::Lines | TableError::Unpacked => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    ApiProblem::new(status, error.to_string())
}

/// What a file of tags would bring: CSV, XLSX, Kepware's tag export, modpoll's configuration, Telegraf's `inputs.modbus`.
///
/// The body is the file as it is, of any content type, 10 MiB at most. Nothing is changed: what was found, and what is
/// wrong or was guessed, is told cell by cell.
#[utoipa::path(
    post, path = "/import/tags", tag = "configuration", params(ImportQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 200, body = ImportView),
        (status = 413, description = "Beyond a limit of size"),
        (status = 422, description = "No file of tags, or a value of the query that is none"),
    ),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
async fn look(
    _: Admin,
    State(state): State<WebState>,
    ApiQuery(query): ApiQuery<ImportQuery>,
    FileBody(bytes, _turn): FileBody,
) -> Result<Json<ImportView>, ApiProblem> {
    let revision = state.revision();
    let work = move || {
        // Only a device's limits are wanted of the document, which may be large.
        let document = if query.device.is_some() { revision.document.masked() } else { JsonValue::Null };
        let options = query.options(&document)?;
        import(&bytes, &options).map(ImportView::of).map_err(|error| refusal(&error))
    };
    beside(work).await?.map(Json)
}

/// Tags of a file and tags of a device.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MergeForm {
    /// Those of the device, as they are being edited.
    #[schema(value_type = Vec<Object>)]
    current: Vec<JsonValue>,
    /// Those of the file.
    #[schema(value_type = Vec<Object>)]
    tags: Vec<JsonValue>,
    /// What the file speaks of.
    members: Vec<String>,
    /// `merge` (default): tags the file does not have stay. `replace`: they go.
    mode: Option<String>,
}

/// What a device would have.
#[derive(Debug, Serialize, ToSchema)]
struct MergeView {
    #[schema(value_type = Vec<Object>)]
    tags: Vec<JsonValue>,
    added: usize,
    changed: usize,
    /// Those of the file that are there just so.
    same: usize,
    removed: usize,
}

/// Puts the tags of a file together with those of a device that is being edited. Nothing is changed.
#[utoipa::path(
    post, path = "/import/merge", tag = "configuration", request_body = MergeForm,
    responses((status = 200, body = MergeView)),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
async fn together(_: Admin, DocumentBody(form, _turn): DocumentBody) -> Result<Json<MergeView>, ApiProblem> {
    let form: MergeForm = serde_json::from_value(form).map_err(|error| ApiProblem::field("", error.to_string()))?;
    let mode = known("mode", form.mode.as_deref(), Mode::parse)?.unwrap_or_default();
    let work = move || {
        let members: Vec<&str> = form.members.iter().map(String::as_str).collect();
        let merged = merge(&form.current, form.tags, &members, mode);
        let crate::tables::Merged { tags, added, changed, same, removed } = merged;
        MergeView { tags, added, changed, same, removed }
    };
    beside(work).await.map(Json)
}

/// How a file is taken over.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ModeQuery {
    /// `merge` (default): tags the file does not have stay. `replace`: they go.
    mode: Option<String>,
}

/// Takes the tags of a file over into a device, all or none.
///
/// The query is that of the look at a file, and that of any change; a row with an error refuses the file, and the errors
/// tell row and cell (`/rows/3/cells/2`).
#[utoipa::path(
    post, path = "/import/devices/{name}/tags", tag = "configuration",
    params(
        ("name" = String, Path), ImportQuery, ModeQuery, ChangeQuery,
        ("If-Match" = String, Header, description = "The ETag of the configuration the file is meant for"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 200, body = ChangeView, headers(("ETag" = String, description = "The revision in force now"))),
        (status = 404, description = "There is no such device"),
        (status = 412, description = "Somebody else changed it meanwhile"),
        (status = 413, description = "Beyond a limit of size"),
        (status = 422, description = "The file has errors, told cell by cell"),
        (status = 428, description = "If-Match is missing"),
    ),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
#[allow(clippy::too_many_arguments, reason = "what axum takes from the request, one by one")]
async fn take_over(
    who: Admin,
    State(state): State<WebState>,
    expected: IfMatch,
    ApiPath(name): ApiPath<String>,
    ApiQuery(mut query): ApiQuery<ImportQuery>,
    ApiQuery(mode): ApiQuery<ModeQuery>,
    ApiQuery(how): ApiQuery<ChangeQuery>,
    FileBody(bytes, _turn): FileBody,
) -> Result<Response, ApiProblem> {
    let how = how.how()?;
    let mode = known("mode", mode.mode.as_deref(), Mode::parse)?.unwrap_or_default();
    let revision = state.revision();
    let expected = expected.against(revision.number)?;
    query.device = Some(name.clone());
    let work = move || -> Result<(JsonValue, String), ApiProblem> {
        let mut document = revision.document.masked();
        if device(&document, &name).is_none() {
            return Err(no_device(&name));
        }
        let import = import(&bytes, &query.options(&document)?).map_err(|error| refusal(&error))?;
        let Some(tags) = import.tags() else { return Err(ApiProblem::invalid(errors(import))) };
        let devices = document["devices"].as_array_mut().map(Vec::as_mut_slice).unwrap_or_default();
        let named =
            |device: &&mut JsonValue| device["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(&name));
        let Some((at, device)) = devices.iter_mut().enumerate().find(|(_, device)| named(device)) else {
            return Err(no_device(&name));
        };
        let current = device["tags"].as_array().cloned().unwrap_or_default();
        device["tags"] = merge(&current, tags, &import.members, mode).tags.into();
        Ok((document, format!("/devices/{at}")))
    };
    let (document, place) = beside(work).await??;
    let base = Base(Some(place));
    let applied = change(&state, &who, document, expected, how).await?.map_err(|error| refused(error, &base))?;
    Ok(ChangeView::of(applied, Some(&base)).into_response())
}

/// The errors of a file, each with its line, so that they serve a person who has the file open.
fn errors(import: Import) -> Vec<FieldProblem> {
    let rows = import.rows;
    let errors = import.problems.into_iter().filter(|problem| problem.severity == Severity::Error);
    errors
        .map(|problem| {
            let (row, cell) = (problem.row, problem.column);
            let row = row.map_or(String::new(), |row| format!("/rows/{row}"));
            let pointer = cell.map_or(row.clone(), |cell| format!("{row}/cells/{cell}"));
            let line = problem.row.and_then(|row| rows.get(row)).map(|row| row.line);
            let detail = match line {
                Some(line) => format!("line {line}: {}", problem.detail),
                None => problem.detail,
            };
            FieldProblem { pointer, detail, document_pointer: None }
        })
        .collect()
}
