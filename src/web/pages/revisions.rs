//! The list of stored configurations.

use super::context::{AdminOnly, PageState};
use super::shell::{Shell, html};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "revisions.html")]
struct RevisionsPage {
    s: Shell,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/revisions", get(page))
}

async fn page(AdminOnly(context): AdminOnly) -> Response {
    html(&RevisionsPage { s: Shell::new(context, "revisions", m::nav::REVISIONS) })
}
