//! The event log.

use super::context::{PageState, SignedIn};
use super::shell::{Shell, html};
use crate::web::i18n::Msg;
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "events.html")]
struct EventsPage {
    s: Shell,
    /// What the log can be narrowed to: the API's word and its label.
    categories: &'static [(&'static str, Msg)],
}

const CATEGORIES: &[(&str, Msg)] = &[
    ("access", m::events::ACCESS),
    ("config", m::events::CONFIG),
    ("unit", m::events::UNIT),
    ("command", m::events::COMMAND),
    ("system", m::events::SYSTEM),
];

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/events", get(page))
}

async fn page(SignedIn(context): SignedIn) -> Response {
    html(&EventsPage { s: Shell::new(context, "events", m::nav::EVENTS), categories: CATEGORIES })
}
