//! The register map of the Modbus/TCP server: as a list, as a picture, as a file.

use crate::config::modbus_server::MapConfig;
use crate::tables::guarded;
use crate::tag::pattern::TagPattern;
use crate::views::register_map::RegisterMap;
use crate::views::register_map::assign::assign;
use crate::views::register_map::list::{Block, Line, blocks};
use crate::web::etag::etag;
use crate::web::guards::Viewer;
use crate::web::input::{ApiQuery, beside};
use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Entries of one answer.
const PAGE: usize = 1_000;
const LONGEST_PAGE: usize = 10_000;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(map)).routes(routes!(csv))
}

/// Which part.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MapQuery {
    /// Only tags of this name or glob, such as `meter1/*`.
    r#match: Option<String>,
    /// Only entries of this attribute.
    attribute: Option<String>,
    /// The map under a unit id that devices or modules have for themselves; that of the appliance unless given.
    unit: Option<u8>,
    /// Entries to pass over: the `next` of the answer before.
    after: Option<usize>,
    /// Entries at most, 1..10000; 1000 unless given.
    limit: Option<usize>,
}

/// Of which unit id.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FileQuery {
    /// The map under a unit id that devices or modules have for themselves; that of the appliance unless given.
    unit: Option<u8>,
}

/// The register map.
#[derive(Debug, Serialize, ToSchema)]
struct MapView {
    /// `auto` or `edited`.
    mode: &'static str,
    /// Points for which the automatic map has no room.
    left_out: usize,
    /// Unit ids that devices or modules have for themselves: ask for their maps with `unit`.
    units: Vec<u8>,
    /// How many entries there are that match.
    total: usize,
    /// `tables`, `address` (0-based), `reference` (such as `40001`), `count`, `tag`, `attribute`, `type`, `order`, `unit`,
    /// `writable`, and of a bit in the automatic map `packed`: register and bit where it is once more.
    #[schema(value_type = Vec<Object>)]
    entries: Vec<Line>,
    /// Ask for those behind with `after`; null at the end.
    next: Option<usize>,
    /// The picture of all that match: runs of entries that are alike, `tables`, `address`, `count`, `entries`, `group`,
    /// `attribute`. Only in the first answer.
    #[schema(value_type = Vec<Object>)]
    blocks: Vec<Block>,
}

/// The register map of the Modbus/TCP server in force; the automatic one where there is no server.
#[utoipa::path(
    get, path = "/modbus-server/map", tag = "configuration", params(MapQuery),
    responses((status = 200, body = MapView), (status = 422, description = "The query cannot be")),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn map(
    _: Viewer,
    State(state): State<WebState>,
    ApiQuery(query): ApiQuery<MapQuery>,
) -> Result<Json<MapView>, ApiProblem> {
    let pattern = query.r#match.as_deref().map(TagPattern::parse).transpose();
    let pattern = pattern.map_err(|error| ApiProblem::field("/match", error.to_string()))?;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE);
    let after = query.after.unwrap_or(0);
    let (map, units) = whole(&state, query.unit).await?;
    beside(move || {
        let wanted = |line: &Line| {
            let tag = pattern.as_ref().is_none_or(|pattern| {
                crate::tag::id::TagName::parse(&line.tag).is_ok_and(|name| pattern.matches(&name))
            });
            tag && query.attribute.as_deref().is_none_or(|attribute| line.attribute == attribute)
        };
        let lines: Vec<Line> = map.lines().into_iter().filter(wanted).collect();
        let total = lines.len();
        let blocks = if after == 0 { blocks(&lines) } else { Vec::new() };
        let entries: Vec<Line> = lines.into_iter().skip(after).take(limit).collect();
        let behind = after + entries.len();
        Json(MapView {
            mode: if map.is_automatic() { "auto" } else { "edited" },
            left_out: map.left_out(),
            units: units.into_iter().collect(),
            total,
            entries,
            next: (behind < total).then_some(behind),
            blocks,
        })
    })
    .await
}

/// The register map as CSV, for the other side's engineering.
#[utoipa::path(
    get, path = "/modbus-server/map.csv", tag = "configuration", params(FileQuery),
    responses((status = 200, content_type = "text/csv", body = String)),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn csv(
    _: Viewer,
    State(state): State<WebState>,
    ApiQuery(query): ApiQuery<FileQuery>,
) -> Result<Response, ApiProblem> {
    let number = state.revision().number;
    let (map, _) = whole(&state, query.unit).await?;
    let bytes = beside(move || write(&map.lines())).await?.map_err(|error| {
        tracing::error!(%error, "the register map could not be written as CSV");
        ApiProblem::internal()
    })?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"register-map.csv\""),
    ];
    Ok(([(header::ETAG, etag(number))], headers, bytes).into_response())
}

fn write(lines: &[Line]) -> Result<Vec<u8>, csv::Error> {
    // A byte order mark: spreadsheets take the file for another encoding without it.
    let mut writer = csv::Writer::from_writer(vec![0xEF, 0xBB, 0xBF]);
    writer.write_record([
        "tables",
        "address",
        "reference",
        "count",
        "tag",
        "attribute",
        "type",
        "order",
        "unit",
        "writable",
        "packed",
    ])?;
    for line in lines {
        let cells: [Cow<'_, str>; 11] = [
            line.tables.join(" ").into(),
            line.address.to_string().into(),
            line.reference.as_str().into(),
            line.count.to_string().into(),
            line.tag.as_str().into(),
            line.attribute.into(),
            line.kind.into(),
            line.order.into(),
            guarded(line.unit.clone()).into(),
            if line.writable { "yes" } else { "no" }.into(),
            line.packed.as_deref().unwrap_or_default().into(),
        ];
        writer.write_record(cells.iter().map(|cell| cell.as_bytes()))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// The map in force, as the server has it: that of the appliance, or under a unit id of devices or modules; and which unit
/// ids they have.
async fn whole(state: &WebState, unit: Option<u8>) -> Result<(RegisterMap, BTreeSet<u8>), ApiProblem> {
    let mut places = state.store().register_places().all().await.map_err(|error| {
        tracing::error!(%error, "the places of the register map cannot be read");
        ApiProblem::internal()
    })?;
    let (revision, reader) = (state.revision(), state.reader().clone());
    let _turn = state.copies().acquire().await.ok();
    beside(move || {
        let (config, _) = revision.document.parse();
        let map = config.modbus_server.map_or_else(MapConfig::default, |server| server.map);
        let tags: Vec<_> = reader.defs().into_iter().map(|(_, def)| def).collect();
        // Where no server ran yet, the places are those it will give.
        places.extend(assign(&places, &tags, &map));
        let whole = RegisterMap::new(&map, tags, &places);
        let units = map.modules.iter().filter_map(|tables| tables.unit).collect();
        let wanted = match unit {
            Some(unit) => whole.for_unit(&map, unit, &places),
            None => whole,
        };
        (wanted, units)
    })
    .await
}
