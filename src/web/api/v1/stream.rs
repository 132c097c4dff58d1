//! Server-sent events: `change` with tags that changed, `status` with the whole status.
//!
//! Level-triggered like the image: a slow reader gets the newest state of each changed tag, never a queue.

use super::tags::{TagItem, channel_of};
use crate::runtime::changes::Interest;
use crate::runtime::image::{Changes, TagView};
use crate::tag::reading::rfc3339;
use crate::tag::value::Value;
use crate::web::filter::TagFilter;
use crate::web::guards::login::still_good;
use crate::web::guards::{Viewer, Who};
use crate::web::i18n::{self, Lang};
use crate::web::live::Told;
use crate::web::places::{NoPlace, Place};
use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use axum::extract::{RawQuery, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::Value as JsonValue;
use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Batches of changes come at least so far apart.
const APART: Duration = Duration::from_millis(100);
/// How often a session is looked at for expiry; its end by people is told at once.
const LOOK: Duration = Duration::from_secs(5);
/// A comment in a silent stream, so that proxies and readers know that it lives.
const ALIVE: Duration = Duration::from_secs(15);
/// Tags in one event; a larger batch is several events.
const PER_EVENT: usize = 1_000;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(stream_of))
}

/// A tag that changed: what can change of it.
#[derive(Debug, Serialize)]
struct Changed {
    name: String,
    value: JsonValue,
    quality: &'static str,
    reason: String,
    timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<JsonValue>,
}

impl From<&TagView> for Changed {
    fn from(tag: &TagView) -> Self {
        let state = &tag.state;
        Self {
            name: tag.def.name.to_string(),
            value: state.value.as_ref().map_or(JsonValue::Null, Value::to_json),
            quality: state.quality.as_str(),
            reason: state.reason.to_string(),
            timestamp: state.at.map(|at| rfc3339(at.unix_ms)),
            channel: channel_of(tag),
        }
    }
}

#[derive(Serialize)]
struct Tags<T> {
    tags: Vec<T>,
}

/// Follows tags and status.
///
/// First a `change` with the present state of every tag meant (as `/tags` lists it), in several events if they are many;
/// then a `change` with what changed (`name`, `value`, `quality`, `reason`, `timestamp`, and of channels `channel`), at most ten times a second, the
/// newest state only. After a change of the configuration the whole state comes again. `status` has what `/status` has, at
/// the beginning and then at most once a second, when it changed. The stream ends with the session or token.
#[utoipa::path(
    get, path = "/stream", tag = "status",
    params(("match" = Option<String>, Query, description = "Names and patterns such as `meter1/*`, several by comma or by \
        repetition; without it every tag, empty for none", example = "meter1/*")),
    responses(
        (status = 200, description = "The events", body = String, content_type = "text/event-stream"),
        (status = 429, description = "This account or token follows 16 streams already"),
        (status = 503, description = "128 streams are open"),
    ),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn stream_of(
    who: Viewer,
    State(state): State<WebState>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiProblem> {
    let filter = TagFilter::of_query(query.as_deref().unwrap_or_default())?;
    let place = state.streams().take(&who.author()).map_err(|why| match why {
        NoPlace::OfOne => ApiProblem::new(StatusCode::TOO_MANY_REQUESTS, why.to_string())
            .with(header::RETRY_AFTER, HeaderValue::from_static("10")),
        NoPlace::Full => ApiProblem::busy(why.to_string()),
    })?;
    let follower = Follower::new(state, who.0, filter, place);
    let events = stream::unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok::<_, Infallible>(event), follower))
    });
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE)).into_response();
    // Some proxies collect what they pass on unless told not to.
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

/// What is to be sent next; written out only when the reader is ready for it, so that it is the newest state.
enum Due {
    /// Cells, with all that a list shows of a tag.
    Whole(Vec<u32>),
    /// Cells that changed.
    Changed(Vec<u32>),
    Status(Arc<Told>),
}

/// One stream.
struct Follower {
    state: WebState,
    who: Who,
    filter: Option<TagFilter>,
    /// The cells of the tags meant, if not all are.
    wanted: HashSet<u32>,
    changes: Changes,
    status: watch::Receiver<Arc<Told>>,
    /// Of the request: the stream is written after it was answered.
    lang: Lang,
    ended: watch::Receiver<()>,
    look: tokio::time::Interval,
    stop: CancellationToken,
    /// Changes are looked at no sooner.
    not_before: Instant,
    due: VecDeque<Due>,
    greeted: bool,
    _place: Place,
}

impl Follower {
    fn new(state: WebState, who: Who, filter: Option<TagFilter>, place: Place) -> Self {
        let tags = state.reader().tally().iter().sum();
        let interest = filter.as_ref().map_or(Interest::All, |filter| filter.interest(tags));
        let mut look = tokio::time::interval_at(Instant::now() + LOOK, LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            changes: state.reader().subscribe(interest),
            status: state.board().subscribe(),
            lang: i18n::reader(),
            ended: state.ended().subscribe(),
            stop: state.stop(),
            not_before: Instant::now(),
            due: VecDeque::new(),
            greeted: false,
            _place: place,
            wanted: HashSet::new(),
            filter,
            look,
            who,
            state,
        }
    }

    /// The next event; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some(due) = self.due.pop_front() {
                if let Some(event) = self.written(due) {
                    return Some(event);
                }
            }
            let (changes, not_before) = (&mut self.changes, self.not_before);
            let changed = async {
                tokio::time::sleep_until(not_before).await;
                changes.next().await
            };
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                // Cancel-safe: a watch remembers what was not seen.
                told = self.ended.changed() => if told.is_err() || !self.lives().await { return None },
                // Cancel-safe: a tick not taken comes again.
                _ = self.look.tick() => if !self.lives().await { return None },
                // Cancel-safe: changes not taken stay marked. The first comes at once and means all.
                changed = changed => {
                    self.not_before = Instant::now() + APART;
                    if changed.schema { self.whole() } else { self.changed(changed.cells) }
                }
                // Cancel-safe: as the watch above.
                told = self.status.changed(), if self.greeted => if told.is_ok() {
                    let told = Arc::clone(&self.status.borrow_and_update());
                    self.due.push_back(Due::Status(told));
                }
            }
        }
    }

    async fn lives(&self) -> bool {
        // A store that fails for a moment ends no stream; the next look says.
        still_good(&self.state, &self.who).await.unwrap_or(true)
    }

    /// Every tag meant, and at the beginning the status.
    fn whole(&mut self) {
        let reader = self.state.reader();
        let cells = match &self.filter {
            Some(filter) => filter.cells(reader),
            None => reader.defs().into_iter().map(|(cell, _)| cell).collect(),
        };
        if self.filter.is_some() {
            self.wanted = cells.iter().copied().collect();
        }
        self.due.extend(cells.chunks(PER_EVENT).map(|part| Due::Whole(part.to_vec())));
        if !self.greeted {
            self.greeted = true;
            let told = Told::new(self.state.board().view(&self.state));
            self.due.push_back(Due::Status(Arc::new(told)));
        }
    }

    fn changed(&mut self, mut cells: Vec<u32>) {
        if self.filter.is_some() {
            cells.retain(|cell| self.wanted.contains(cell));
        }
        if cells.len() <= PER_EVENT {
            self.due.push_back(Due::Changed(cells));
        } else {
            self.due.extend(cells.chunks(PER_EVENT).map(|part| Due::Changed(part.to_vec())));
        }
    }

    fn written(&self, due: Due) -> Option<Event> {
        let json = match due {
            Due::Status(told) => return Some(Event::default().event("status").data(told.json(self.lang)?)),
            Due::Whole(cells) => tags_json(self.present(&cells).iter().map(TagItem::from)),
            Due::Changed(cells) => tags_json(self.present(&cells).iter().map(Changed::from)),
        };
        json.map(|json| Event::default().event("change").data(json))
    }

    /// A cell may have got another tag since it was noted.
    fn present(&self, cells: &[u32]) -> Vec<TagView> {
        let mut tags = self.state.reader().cells(cells);
        if let Some(filter) = &self.filter {
            tags.retain(|tag| filter.wants(&tag.def.name));
        }
        tags
    }
}

fn tags_json<T: Serialize>(tags: impl Iterator<Item = T>) -> Option<String> {
    let tags: Vec<T> = tags.collect();
    if tags.is_empty() {
        return None;
    }
    let json = serde_json::to_string(&Tags { tags });
    json.inspect_err(|error| tracing::error!(%error, "an event could not be written")).ok()
}
