//! Tags and their attributes: listing, reading, writing.

use crate::platform::clock;
use crate::runtime::commands::{Asker, WriteError};
use crate::runtime::image::TagView;
use crate::tag::attribute::Attribute;
use crate::tag::id::TagName;
use crate::tag::reading::{Stamp, rfc3339};
use crate::tag::value::Value;
use crate::web::filter::TagFilter;
use crate::web::guards::{Operator, Viewer, Who};
use crate::web::input::{ApiPath, ApiQuery, JsonBody};
use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use axum::Json;
use axum::extract::{RawQuery, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as JsonValue, json};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const DEFAULT_LIMIT: usize = 1_000;
const MOST: usize = 10_000;
/// Tags of one group written by one request.
const MOST_WRITTEN: usize = 1_000;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(write_group))
        .routes(routes!(look, write))
        .routes(routes!(look_at, write_at))
}

/// A tag in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct TagItem {
    /// `group/name`
    #[schema(example = "meter1/voltage")]
    name: String,
    /// Present value; while bad the last good one, or null.
    value: JsonValue,
    /// `good`, `uncertain`, `bad`
    quality: &'static str,
    /// Why.
    reason: String,
    /// When the answer that gave the value was received.
    timestamp: Option<String>,
    /// Engineering unit.
    unit: String,
    /// Declared type.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Whether its value can be written.
    writable: bool,
    /// Channels of I/O modules: the attributes that only they have.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    channel: Option<JsonValue>,
}

impl From<&TagView> for TagItem {
    fn from(tag: &TagView) -> Self {
        let state = &tag.state;
        Self {
            name: tag.def.name.to_string(),
            value: state.value.as_ref().map_or(JsonValue::Null, Value::to_json),
            quality: state.quality.as_str(),
            reason: state.reason.to_string(),
            timestamp: state.at.map(|at| rfc3339(at.unix_ms)),
            unit: tag.def.unit.clone(),
            kind: tag.def.kind.as_str(),
            writable: tag.def.writable,
            channel: channel_of(tag),
        }
    }
}

/// What a channel has beyond the attributes of every tag; commands are left out, they always read 0.
pub(super) fn channel_of(tag: &TagView) -> Option<JsonValue> {
    let (kind, _) = tag.def.channel()?;
    let own = tag.def.attributes().filter(|attribute| kind.has(*attribute) && !attribute.is_command());
    let now = Stamp::default();
    Some(own.map(|attribute| (attribute.to_string(), attribute_of(tag, attribute, now))).collect())
}

/// How many tags, and what of them; `match`, which may be repeated, is read by [`TagFilter`].
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// At most so many; 1 to 10,000, usually 1,000.
    limit: Option<usize>,
    /// Begin behind this tag: the `next` of the page before.
    after: Option<String>,
    /// The members wanted, by comma; without it all of them. `*`: every attribute of each tag, as of one tag alone.
    #[param(example = "name")]
    fields: Option<String>,
}

/// One page of tags.
#[derive(Debug, Serialize, ToSchema)]
struct TagList {
    /// In the order of the configuration; named tags in the order of their names in `match`.
    #[schema(value_type = Vec<TagItem>)]
    tags: JsonValue,
    /// Where the next page begins, if there is one.
    next: Option<String>,
}

/// Lists tags.
#[utoipa::path(
    get, path = "/tags", tag = "tags",
    params(
        ("match" = Option<String>, Query, description = "Names and patterns such as `meter1/*`, several by comma or by \
            repetition; without it every tag", example = "meter1/*"),
        ListQuery,
    ),
    responses((status = 200, body = TagList)),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn list(
    _: Viewer,
    State(state): State<WebState>,
    ApiQuery(query): ApiQuery<ListQuery>,
    RawQuery(raw): RawQuery,
) -> Result<Json<TagList>, ApiProblem> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MOST).contains(&limit) {
        return Err(ApiProblem::new(StatusCode::BAD_REQUEST, format!("`limit` is 1 to {MOST}")));
    }
    let after = query.after.as_deref().map(|after| resume(&state, after)).transpose()?;
    let filter = TagFilter::of_query(raw.as_deref().unwrap_or_default())?;
    // One more than asked for tells whether there is another page.
    let mut page = match filter {
        None => state.reader().page(after.as_ref(), limit + 1, |_| true),
        Some(filter) => matching(&state, &filter, after.as_ref(), limit + 1)?,
    };
    let more = limit < page.len();
    page.truncate(limit);
    let next = page.last().filter(|_| more).map(|tag| tag.def.name.to_string());
    let tags = page.iter().map(|tag| item(tag, query.fields.as_deref())).collect();
    Ok(Json(TagList { tags, next }))
}

/// A tag that is gone cannot be resumed behind: beginning anew by itself would make a reader go round for ever.
fn resume(state: &WebState, after: &str) -> Result<TagName, ApiProblem> {
    let name = TagName::parse(after).ok().filter(|name| state.reader().def(name).is_some());
    name.ok_or_else(begin_anew)
}

fn begin_anew() -> ApiProblem {
    ApiProblem::new(StatusCode::BAD_REQUEST, "the tag `after` is not among these tags, perhaps no more: begin anew")
}

fn matching(
    state: &WebState,
    filter: &TagFilter,
    after: Option<&TagName>,
    limit: usize,
) -> Result<Vec<TagView>, ApiProblem> {
    let mut cells = filter.cells(state.reader());
    if let Some(after) = after {
        let behind = state.reader().get(after).map(|tag| tag.cell);
        let place = cells.iter().position(|cell| Some(*cell) == behind).ok_or_else(begin_anew)?;
        cells.drain(..=place);
    }
    cells.truncate(limit);
    Ok(state.reader().cells(&cells))
}

fn item(tag: &TagView, fields: Option<&str>) -> JsonValue {
    if fields == Some("*") {
        return every_attribute(tag);
    }
    let whole = json!(TagItem::from(tag));
    let (Some(fields), JsonValue::Object(whole)) = (fields, &whole) else { return whole };
    let wanted = |member: &str| fields.split(',').any(|field| field.trim() == member);
    whole.iter().filter(|(member, _)| wanted(member)).map(|(member, value)| (member.clone(), value.clone())).collect()
}

fn find(state: &WebState, group: &str, name: &str) -> Result<TagView, ApiProblem> {
    let found = TagName::join(group, name).ok().and_then(|name| state.reader().get(&name));
    found.ok_or_else(|| ApiProblem::not_found(format!("there is no tag `{}`", shown(group, name))))
}

fn shown(group: &str, name: &str) -> String {
    format!("{group}/{name}").chars().take(130).collect()
}

/// One tag with every attribute it has.
#[utoipa::path(
    get, path = "/tags/{group}/{name}", tag = "tags", params(("group" = String, Path), ("name" = String, Path)),
    responses((status = 200, body = Object), (status = 404, description = "There is no such tag")),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn look(
    _: Viewer,
    State(state): State<WebState>,
    ApiPath((group, name)): ApiPath<(String, String)>,
) -> Result<Json<JsonValue>, ApiProblem> {
    Ok(Json(every_attribute(&find(&state, &group, &name)?)))
}

fn every_attribute(tag: &TagView) -> JsonValue {
    let now = clock::now();
    let mut all = Map::from_iter([("name".to_owned(), json!(tag.def.name.as_str()))]);
    all.extend(tag.def.attributes().map(|attribute| (attribute.to_string(), attribute_of(tag, attribute, now))));
    all.insert("writable".to_owned(), json!(tag.def.writable));
    JsonValue::Object(all)
}

fn attribute_of(tag: &TagView, attribute: Attribute, now: Stamp) -> JsonValue {
    tag.def.attribute_json(attribute, &tag.state, now)
}

/// One point.
#[derive(Debug, Serialize, ToSchema)]
struct PointView {
    /// The tag.
    name: String,
    /// The aspect of it.
    attribute: &'static str,
    /// What it is now; after a write: as read back or accepted.
    value: JsonValue,
}

/// A value to be written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WriteForm {
    /// True, false, 0, 1, a number, or a text; integers beyond 2^53 as text.
    value: JsonValue,
}

/// One attribute of one tag.
#[utoipa::path(
    get, path = "/tags/{group}/{name}/{attribute}", tag = "tags",
    params(("group" = String, Path), ("name" = String, Path), ("attribute" = String, Path)),
    responses((status = 200, body = PointView), (status = 404, description = "There is no such point")),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn look_at(
    _: Viewer,
    State(state): State<WebState>,
    ApiPath((group, name, attribute)): ApiPath<(String, String, String)>,
) -> Result<Json<PointView>, ApiProblem> {
    let tag = find(&state, &group, &name)?;
    let attribute = known(&tag, &attribute)?;
    let value = attribute_of(&tag, attribute, clock::now());
    Ok(Json(PointView { name: tag.def.name.to_string(), attribute: attribute.as_str(), value }))
}

fn known(tag: &TagView, word: &str) -> Result<Attribute, ApiProblem> {
    let found = Attribute::parse(word).filter(|attribute| tag.def.has(*attribute));
    found.ok_or_else(|| {
        let word: String = word.chars().take(40).collect();
        ApiProblem::not_found(format!("`{}` has no attribute `{word}`", tag.def.name))
    })
}

/// Writes the value of a tag and waits for the field.
#[utoipa::path(
    put, path = "/tags/{group}/{name}", tag = "tags", params(("group" = String, Path), ("name" = String, Path)),
    request_body = WriteForm,
    responses(
        (status = 200, body = PointView, description = "As read back or accepted"),
        (status = 404, description = "There is no such tag"),
        (status = 409, description = "It cannot be written"),
        (status = 422, description = "Another type, or out of range"),
        (status = 502, description = "The device refused"),
        (status = 503, description = "Too many writes are waiting, or the driver does not run"),
        (status = 504, description = "The device did not answer"),
    ),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"]))
)]
async fn write(
    who: Operator,
    State(state): State<WebState>,
    ApiPath((group, name)): ApiPath<(String, String)>,
    JsonBody(form): JsonBody<WriteForm>,
) -> Result<Json<PointView>, ApiProblem> {
    write_point(&state, &who, &find(&state, &group, &name)?, Attribute::Value, &form).await
}

/// Writes one attribute of a tag: `value`, or 1 to a command such as `reset_min`.
#[utoipa::path(
    put, path = "/tags/{group}/{name}/{attribute}", tag = "tags",
    params(("group" = String, Path), ("name" = String, Path), ("attribute" = String, Path)),
    request_body = WriteForm,
    responses(
        (status = 200, body = PointView, description = "As read back or accepted"),
        (status = 404, description = "There is no such point"),
        (status = 409, description = "It cannot be written"),
        (status = 422, description = "Another type, or out of range"),
        (status = 502, description = "The device refused"),
        (status = 503, description = "Too many writes are waiting, or the driver does not run"),
        (status = 504, description = "The device did not answer"),
    ),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"]))
)]
async fn write_at(
    who: Operator,
    State(state): State<WebState>,
    ApiPath((group, name, attribute)): ApiPath<(String, String, String)>,
    JsonBody(form): JsonBody<WriteForm>,
) -> Result<Json<PointView>, ApiProblem> {
    let tag = find(&state, &group, &name)?;
    let attribute = known(&tag, &attribute)?;
    write_point(&state, &who, &tag, attribute, &form).await
}

/// Writes several tags of one group: neighbours on a device in one message where that is possible.
///
/// They are written in the given order; each has its own result.
#[utoipa::path(
    put, path = "/tags/{group}", tag = "tags", params(("group" = String, Path)),
    request_body(content = Object, description = "Name and value of each tag, up to 1,000",
        example = json!({ "setpoint": 21.5, "mode": 2 })),
    responses(
        (status = 200, body = GroupView, description = "All were written"),
        (status = 207, body = GroupView, description = "Some were not; each tells why"),
        (status = 422, description = "A value is no value, or there are none or too many"),
    ),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"]))
)]
async fn write_group(
    who: Operator,
    State(state): State<WebState>,
    ApiPath(group): ApiPath<String>,
    JsonBody(form): JsonBody<Map<String, JsonValue>>,
) -> Result<(StatusCode, Json<GroupView>), ApiProblem> {
    if form.is_empty() || MOST_WRITTEN < form.len() {
        return Err(ApiProblem::field("", format!("1 to {MOST_WRITTEN} tags are written at once")));
    }
    let mut wanted = Vec::with_capacity(form.len());
    for (name, json) in &form {
        let tag = find(&state, &group, name)?;
        let value = Value::from_json(json)
            .ok_or_else(|| ApiProblem::field(format!("/{name}"), "a value is true, false, a number or a text"))?;
        wanted.push((tag.def.name.clone(), value));
    }
    let asker = Asker { source: "web".to_owned(), actor: who.actor(), unix_ms: clock::unix_ms() };
    let commands = state.commands().clone();
    let written = to_the_end(&state, async move { commands.write_many(&group, wanted, asker).await }).await?;
    let all = written.iter().all(Result::is_ok);
    let results = form.into_iter().zip(written).map(|((name, _), result)| {
        let view = match result {
            Ok(value) => WrittenView { ok: true, value: Some(value.to_json()), error: None },
            Err(error) => WrittenView { ok: false, value: None, error: Some(error.to_string()) },
        };
        (name, view)
    });
    let status = if all { StatusCode::OK } else { StatusCode::MULTI_STATUS };
    Ok((status, Json(GroupView { results: results.collect() })))
}

/// What became of each write.
#[derive(Debug, Serialize, ToSchema)]
struct GroupView {
    /// By name.
    results: BTreeMap<String, WrittenView>,
}

/// What became of one write.
#[derive(Debug, Serialize, ToSchema)]
struct WrittenView {
    /// Whether it was written.
    ok: bool,
    /// As read back or accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<JsonValue>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Goes on when the asker hangs up: what happens in the field stands in the log.
async fn to_the_end<T: Send + 'static>(
    state: &WebState,
    writing: impl Future<Output = T> + Send + 'static,
) -> Result<T, ApiProblem> {
    let stop = state.stop();
    let work = state.work().spawn(async move {
        tokio::select! {
            written = writing => Some(written),
            () = stop.cancelled() => None,
        }
    });
    work.await.ok().flatten().ok_or_else(|| ApiProblem::busy("the appliance is stopping"))
}

async fn write_point(
    state: &WebState,
    who: &Who,
    tag: &TagView,
    attribute: Attribute,
    form: &WriteForm,
) -> Result<Json<PointView>, ApiProblem> {
    let Some(value) = Value::from_json(&form.value) else {
        return Err(ApiProblem::field("/value", "a value is true, false, a number or a text"));
    };
    let asker = Asker { source: "web".to_owned(), actor: who.actor(), unix_ms: clock::unix_ms() };
    let (commands, name) = (state.commands().clone(), tag.def.name.clone());
    let value = to_the_end(state, async move { commands.write(&name, attribute, value, asker).await }).await??;
    Ok(Json(PointView { name: tag.def.name.to_string(), attribute: attribute.as_str(), value: value.to_json() }))
}

impl From<WriteError> for ApiProblem {
    fn from(error: WriteError) -> Self {
        let sentence = error.to_string();
        match error {
            WriteError::Unknown(_) => Self::not_found(sentence),
            WriteError::NotWritable(_)
            | WriteError::Disabled(_)
            | WriteError::WrongMode { .. }
            | WriteError::SafeMode(_)
            | WriteError::Forced(_) => Self::new(StatusCode::CONFLICT, sentence),
            WriteError::Value(_) | WriteError::Unfit(_) => Self::field("/value", sentence),
            WriteError::Exception(_) | WriteError::NotTaken(_) | WriteError::Module(_) => {
                Self::new(StatusCode::BAD_GATEWAY, sentence)
            }
            WriteError::Busy | WriteError::Stopped(_) | WriteError::LineClosed(_) => Self::busy(sentence),
            WriteError::NoAnswer | WriteError::OutOfReach(_) => Self::new(StatusCode::GATEWAY_TIMEOUT, sentence),
        }
    }
}
