//! The REST API's own description, shown by the vendored Swagger UI.

use super::context::{PageState, SignedIn};
use super::shell::{Shell, html};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "api-docs.html")]
struct ApiDocsPage {
    s: Shell,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/api-docs", get(page))
}

async fn page(SignedIn(context): SignedIn) -> Response {
    html(&ApiDocsPage { s: Shell::new(context, "api-docs", m::nav::API_DOCS) })
}
