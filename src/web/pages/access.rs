//! The lists of who may come in where, with who was refused.

use super::context::{AdminOnly, PageState};
use super::shell::{Shell, html};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "access.html")]
struct AccessPage {
    s: Shell,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/access", get(page))
}

async fn page(AdminOnly(context): AdminOnly) -> Response {
    html(&AccessPage { s: Shell::new(context, "access", m::access::TITLE) })
}
