//! The live tag table.

use super::context::{PageState, SignedIn};
use super::shell::{Shell, html};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "tags.html")]
struct TagsPage {
    s: Shell,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/tags", get(page))
}

async fn page(SignedIn(context): SignedIn) -> Response {
    html(&TagsPage { s: Shell::new(context, "tags", m::nav::TAGS) })
}
