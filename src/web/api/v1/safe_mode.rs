//! Safe mode: how it is, and entering or leaving it by hand.

use crate::platform::clock;
use crate::runtime::events::{Category, Event, Outcome};
use crate::runtime::safe_mode::{SafeState, Source, Wish};
use crate::tag::reading::rfc3339;
use crate::web::guards::{Operator, Viewer};
use crate::web::i18n;
use crate::web::input::JsonBody;
use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(show, change))
}

/// Whether outputs are held at their safe values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SafeModeView {
    /// Outputs are held, writes to them are refused.
    pub(crate) active: bool,
    /// Why, a sentence each.
    #[serde(serialize_with = "i18n::sentences")]
    pub(crate) causes: Vec<String>,
    /// Since when.
    pub(crate) since: Option<String>,
    /// Milliseconds since each source was heard: `modbus`, `mqtt`, `rest`; null = never.
    #[schema(value_type = Object)]
    pub(crate) heard_ms: std::collections::BTreeMap<&'static str, Option<u64>>,
}

impl SafeModeView {
    /// The view now.
    pub(crate) fn of(state: &WebState) -> Self {
        let safe: SafeState = state.safe_mode().follow().borrow().clone();
        let now = clock::now().mono_us;
        let heard = |source: Source| match state.safe_mode().last(source) {
            0 => None,
            at => Some(now.saturating_sub(at) / 1000),
        };
        Self {
            active: safe.is_active(),
            causes: safe.causes.iter().map(ToString::to_string).collect(),
            since: safe.since_ms.map(rfc3339),
            heard_ms: Source::ALL.into_iter().map(|source| (source.as_str(), heard(source))).collect(),
        }
    }
}

/// What is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SafeModeWish {
    /// True enters the safe mode, to see that it works; false leaves it, and watchdogs begin to count anew.
    active: bool,
}

/// Whether outputs are held at their safe values, why and since when.
#[utoipa::path(
    get, path = "/safe-mode", tag = "status", responses((status = 200, body = SafeModeView)),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn show(_: Viewer, State(state): State<WebState>) -> Json<SafeModeView> {
    Json(SafeModeView::of(&state))
}

/// Enters or leaves the safe mode by hand.
#[utoipa::path(
    put, path = "/safe-mode", tag = "status", request_body = SafeModeWish,
    responses((status = 202, description = "It is being done; GET shows it")),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"]))
)]
async fn change(
    who: Operator,
    State(state): State<WebState>,
    JsonBody(wish): JsonBody<SafeModeWish>,
) -> Result<StatusCode, ApiProblem> {
    let (wish, detail) = if wish.active {
        (Wish::Enter, "entered the safe mode by hand")
    } else {
        (Wish::Leave, "left the safe mode by hand")
    };
    state.safe_mode().ask(wish);
    state.events().tell(Event {
        unix_ms: clock::unix_ms(),
        source: "web".to_owned(),
        category: Category::Command,
        subject: "safe mode".to_owned(),
        actor: who.actor(),
        result: Outcome::Ok,
        detail: detail.to_owned(),
    });
    Ok(StatusCode::ACCEPTED)
}
