//! The event log.

use crate::store::{Event, EventFilter, EventLog};
use crate::tag::reading::rfc3339;
use crate::web::guards::Viewer;
use crate::web::i18n::{self, Lang};
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
/// One less than the store answers at most: the one more tells of another page.
const MOST: u32 = 999;
/// So many times as many events are looked at, at most, for a text that the store cannot look for.
const LOOKS: usize = 20;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(list))
}

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Older than the event of this id; newest first.
    before: Option<u64>,
    /// Newer than the event of this id; then oldest first.
    after: Option<u64>,
    /// `access`, `config`, `unit`, `command`, `system`
    category: Option<String>,
    /// What source, subject, actor, result or sentence contains.
    text: Option<String>,
    /// At most so many; 1 to 999, usually 100.
    limit: Option<u32>,
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
struct EventView {
    /// Counts up from 1.
    id: u64,
    time: String,
    /// The part that tells it.
    source: String,
    /// What it is about.
    category: String,
    /// The thing it happened to.
    subject: String,
    /// Who did it; empty when nobody did.
    actor: String,
    /// `ok`, `refused`, `failed`
    result: String,
    /// A sentence.
    #[serde(serialize_with = "i18n::sentence")]
    detail: String,
}

/// One page of events.
#[derive(Debug, Serialize, ToSchema)]
struct EventList {
    events: Vec<EventView>,
    /// The `before` (or `after`, if that was asked for) of the next page, if there is one.
    next: Option<u64>,
}

impl From<Event> for EventView {
    fn from(event: Event) -> Self {
        Self {
            id: event.id,
            time: rfc3339(event.unix_ms),
            source: event.source,
            category: event.category,
            subject: event.subject,
            actor: event.actor,
            result: event.result,
            detail: event.detail,
        }
    }
}

/// Text that cannot be in a stored sentence, which is English: the reader means what they see.
fn foreign(filter: &EventFilter) -> Option<&str> {
    filter.text.as_deref().filter(|text| i18n::reader() != Lang::En && !text.is_ascii())
}

/// Looks for a text in the events as the reader sees them. Answers also where the look ended, if there is more to look at.
async fn look(
    log: &EventLog,
    filter: &EventFilter,
    text: &str,
    lang: Lang,
) -> Result<(Vec<Event>, Option<u64>), ApiProblem> {
    let mut found = Vec::new();
    let mut part = EventFilter { text: None, limit: MOST, ..filter.clone() };
    for _ in 0..LOOKS {
        let events = log.query(&part).await?;
        let last = events.last().map(|event| event.id).filter(|_| events.len() == MOST as usize);
        found.extend(events.into_iter().filter(|event| shows(event, text, lang)));
        let Some(last) = last else { return Ok((found, None)) };
        if filter.limit as usize <= found.len() {
            return Ok((found, Some(last)));
        }
        *(if filter.after.is_some() { &mut part.after } else { &mut part.before }) = Some(last);
    }
    let seen = if filter.after.is_some() { part.after } else { part.before };
    Ok((found, seen))
}

fn shows(event: &Event, text: &str, lang: Lang) -> bool {
    let fields = [&event.source, &event.subject, &event.actor, &event.result];
    fields.iter().any(|field| field.contains(text)) || i18n::said(&event.detail, lang).contains(text)
}

/// Lists events.
#[utoipa::path(
    get, path = "/events", tag = "status", params(ListQuery), responses((status = 200, body = EventList)),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn list(
    _: Viewer,
    State(state): State<WebState>,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> Result<Json<EventList>, ApiProblem> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MOST).contains(&limit) {
        return Err(ApiProblem::new(StatusCode::BAD_REQUEST, format!("`limit` is 1 to {MOST}")));
    }
    let filter = EventFilter {
        before: query.before,
        after: query.after,
        category: query.category.filter(|word| !word.is_empty()),
        text: query.text.filter(|text| !text.is_empty()),
        limit: limit + 1,
    };
    let log = state.store().event_log();
    let (mut found, seen) = match foreign(&filter) {
        Some(text) => look(&log, &filter, text, i18n::reader()).await?,
        None => (log.query(&filter).await?, None),
    };
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = wanted < found.len();
    found.truncate(wanted);
    let next = if more { found.last().map(|event| event.id) } else { seen };
    Ok(Json(EventList { events: found.into_iter().map(EventView::from).collect(), next }))
}
