//! Health of every unit, tags by quality, lines, connections and what happened last.

use super::context::{PageState, SignedIn};
use super::shell::{Shell, html};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    s: Shell,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/overview", get(page))
}

async fn page(SignedIn(context): SignedIn) -> Response {
    html(&OverviewPage { s: Shell::new(context, "overview", m::nav::OVERVIEW) })
}
