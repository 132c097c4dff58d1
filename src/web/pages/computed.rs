//! The editor of computed tags.

use super::context::{AdminOnly, PageState};
use super::shell::{Shell, html};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "computed.html")]
struct ComputedPage {
    s: Shell,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/computed", get(page))
}

async fn page(AdminOnly(context): AdminOnly) -> Response {
    html(&ComputedPage { s: Shell::new(context, "computed", m::expression::COMPUTED) })
}
