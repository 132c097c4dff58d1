//! The editor of internal registers.

use super::context::{AdminOnly, PageState};
use super::shell::{Shell, html};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "internal.html")]
struct InternalPage {
    s: Shell,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/internal", get(page))
}

async fn page(AdminOnly(context): AdminOnly) -> Response {
    html(&InternalPage { s: Shell::new(context, "internal", m::nav::INTERNAL) })
}
