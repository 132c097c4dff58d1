//! Import and export of the configuration document.

use super::context::{AdminOnly, PageState};
use super::shell::{Shell, html};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "configuration.html")]
struct ConfigurationPage {
    s: Shell,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/configuration", get(page))
}

async fn page(AdminOnly(context): AdminOnly) -> Response {
    html(&ConfigurationPage { s: Shell::new(context, "configuration", m::nav::CONFIGURATION) })
}
