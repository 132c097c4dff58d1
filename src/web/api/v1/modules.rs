//! I/O modules: how they are, and holding channels at a value by hand.

use crate::platform::clock;
use crate::runtime::commands::WriteError;
use crate::runtime::events::{Category, Event, Outcome};
use crate::runtime::handle::CallError;
use crate::runtime::modules::ModuleStatus;
use crate::runtime::status::{Detail, UnitStatus, snapshot};
use crate::tag::id::TagName;
use crate::tag::value::Value;
use crate::web::guards::{Operator, Viewer};
use crate::web::i18n;
use crate::web::input::{ApiPath, JsonBody};
use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value as JsonValue;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(look))
        .routes(routes!(force, end_force))
        .routes(routes!(end_all))
}

/// Every module that is switched on.
#[derive(Debug, Serialize, ToSchema)]
struct ModulesView {
    /// In the order of their slots.
    modules: Vec<ModuleView>,
}

/// One module that is switched on.
#[derive(Debug, Serialize, ToSchema)]
struct ModuleView {
    /// `starting`, `up`, `degraded`, `failed`.
    health: &'static str,
    /// Why it is not simply up.
    reason: Option<String>,
    /// `name`, `slot`, `model`, `driver`, `state` (`starting`, `open`, `gone`), `last_error`, `retry_in_ms`, `opened`,
    /// `scan_ms`, `scans`, `overruns`, `jitter` (`p50_us`, `p99_us`, `max_us`), `lost_events`, `safe_mode`, `forced` (how
    /// many) and `channels`: `channel`, `name`, `kind`, `mode`, `forced`, `error`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    status: ModuleStatus,
}

impl ModuleView {
    fn of(unit: UnitStatus) -> Option<Self> {
        let Detail::Module(mut status) = unit.detail else { return None };
        let say = |text: &mut Option<String>| {
            *text = text.take().map(|english| i18n::said(&english, i18n::reader()).into_owned());
        };
        let mut reason = unit.reason;
        say(&mut reason);
        say(&mut status.last_error);
        status.channels.iter_mut().for_each(|channel| say(&mut channel.error));
        Some(Self { health: unit.health, reason, status: *status })
    }
}

/// Every I/O module that is switched on: its driver, scan, forced channels.
#[utoipa::path(
    get, path = "/modules", tag = "status", responses((status = 200, body = ModulesView)),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn list(_: Viewer, State(state): State<WebState>) -> Json<ModulesView> {
    let mut modules: Vec<ModuleView> = snapshot(state.units()).into_iter().filter_map(ModuleView::of).collect();
    modules.sort_by_key(|module| module.status.slot);
    Json(ModulesView { modules })
}

/// One I/O module.
#[utoipa::path(
    get, path = "/modules/{module}", tag = "status", params(("module" = String, Path)),
    responses(
        (status = 200, body = ModuleView),
        (status = 404, description = "There is no such module, or it is switched off"),
    ),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn look(
    _: Viewer,
    State(state): State<WebState>,
    ApiPath(module): ApiPath<String>,
) -> Result<Json<ModuleView>, ApiProblem> {
    let mut all = snapshot(state.units()).into_iter().filter_map(ModuleView::of);
    all.find(|view| view.status.name == module).map(Json).ok_or_else(|| no_module(&module))
}

/// The value a channel is held at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ForceForm {
    /// True, false, 0, 1, or a number in the unit of the channel.
    value: JsonValue,
}

/// What a channel is held at.
#[derive(Debug, Serialize, ToSchema)]
struct ForcedView {
    /// The channel's tag.
    name: String,
    /// The value it is held at.
    value: JsonValue,
}

/// Holds a channel at a value by hand, for commissioning, until it is let go or the program ends.
///
/// An input shows the value, marked `forced`; an output is driven with it and refuses other writes. Safe mode goes before
/// forcing.
#[utoipa::path(
    put, path = "/modules/{module}/channels/{channel}/force", tag = "status",
    params(("module" = String, Path), ("channel" = String, Path)), request_body = ForceForm,
    responses(
        (status = 200, body = ForcedView, description = "It is held"),
        (status = 404, description = "There is no such channel, or it is switched off"),
        (status = 409, description = "Its mode has no value, or outputs are held at their safe values"),
        (status = 422, description = "Another type, or out of range"),
        (status = 503, description = "Too many requests are waiting"),
    ),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"]))
)]
async fn force(
    who: Operator,
    State(state): State<WebState>,
    ApiPath((module, channel)): ApiPath<(String, String)>,
    JsonBody(form): JsonBody<ForceForm>,
) -> Result<Json<ForcedView>, ApiProblem> {
    let value = Value::from_json(&form.value)
        .ok_or_else(|| ApiProblem::field("/value", "a value is true, false, a number or a text"))?;
    let def = TagName::join(&module, &channel).ok().and_then(|name| state.reader().def(&name));
    let def = def.filter(|def| def.channel().is_some()).ok_or_else(|| no_channel(&module, &channel))?;
    let shown = value.to_string();
    let done = match def.accept(value) {
        Ok(value) => {
            let asked = state.modules().force(&module, &channel, value.clone()).await;
            asked.map_err(|err| refused(err, &module))?.map(|()| value)
        }
        Err(error) => Err(WriteError::from(error)),
    };
    let told = cut(&shown);
    tell(&state, &who, def.name.to_string(), done.as_ref(), format!("forced to {told}"), format!("forcing to {told}"));
    let value = done?;
    Ok(Json(ForcedView { name: def.name.to_string(), value: value.to_json() }))
}

/// Lets a channel go that was held by hand: it shows the field again.
#[utoipa::path(
    delete, path = "/modules/{module}/channels/{channel}/force", tag = "status",
    params(("module" = String, Path), ("channel" = String, Path)),
    responses(
        (status = 204, description = "It is not forced any more"),
        (status = 404, description = "There is no such channel, or it is switched off"),
    ),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"]))
)]
async fn end_force(
    who: Operator,
    State(state): State<WebState>,
    ApiPath((module, channel)): ApiPath<(String, String)>,
) -> Result<StatusCode, ApiProblem> {
    let asked = state.modules().end_force(&module, &channel).await;
    let done = asked.map_err(|err| refused(err, &module))?;
    let subject = format!("{module}/{channel}");
    tell(&state, &who, subject, done.as_ref(), "forcing ended".to_owned(), "ending the forcing".to_owned());
    done?;
    Ok(StatusCode::NO_CONTENT)
}

/// How many channels were let go.
#[derive(Debug, Serialize, ToSchema)]
struct EndedView {
    /// Channels that were forced.
    ended: usize,
}

/// Lets all channels of a module go.
#[utoipa::path(
    delete, path = "/modules/{module}/forces", tag = "status", params(("module" = String, Path)),
    responses(
        (status = 200, body = EndedView),
        (status = 404, description = "There is no such module, or it is switched off"),
    ),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"]))
)]
async fn end_all(
    who: Operator,
    State(state): State<WebState>,
    ApiPath(module): ApiPath<String>,
) -> Result<Json<EndedView>, ApiProblem> {
    let ended = state.modules().end_all(&module).await.map_err(|err| refused(err, &module))?;
    let detail = format!("forcing ended on {ended} channels");
    tell(&state, &who, module, Ok::<_, &WriteError>(()), detail, String::new());
    Ok(Json(EndedView { ended }))
}

/// Stands in the event log, whatever came of it.
fn tell<T>(state: &WebState, who: &Operator, subject: String, done: Result<T, &WriteError>, ok: String, tried: String) {
    let (result, detail) = match done {
        Ok(_) => (Outcome::Ok, ok),
        Err(error @ WriteError::Module(_)) => (Outcome::Failed, format!("{tried}: {error}")),
        Err(error) => (Outcome::Refused, format!("{tried}: {error}")),
    };
    state.events().tell(Event {
        unix_ms: clock::unix_ms(),
        source: "web".to_owned(),
        category: Category::Command,
        subject,
        actor: who.actor(),
        result,
        detail,
    });
}

fn refused(err: CallError, module: &str) -> ApiProblem {
    match err {
        CallError::Busy => ApiProblem::busy("the module has too many requests to answer; try again"),
        CallError::Stopped => no_module(module),
    }
}

fn no_module(module: &str) -> ApiProblem {
    ApiProblem::not_found(format!("no module `{}` is running; is it switched on?", cut(module)))
}

fn no_channel(module: &str, channel: &str) -> ApiProblem {
    ApiProblem::not_found(format!("there is no channel `{}`", cut(&format!("{module}/{channel}"))))
}

fn cut(text: &str) -> String {
    text.chars().take(130).collect()
}
