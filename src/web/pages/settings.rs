//! Settings of the appliance and of the web server.

use super::context::{AdminOnly, PageState};
use super::shell::{Shell, html};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    s: Shell,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/settings", get(page))
}

async fn page(AdminOnly(context): AdminOnly) -> Response {
    html(&SettingsPage { s: Shell::new(context, "settings", m::nav::SETTINGS) })
}
