//! The editor of ports.

use super::context::{AdminOnly, PageState};
use super::shell::{Shell, html};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "ports.html")]
struct PortsPage {
    s: Shell,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/ports", get(page))
}

async fn page(AdminOnly(context): AdminOnly) -> Response {
    html(&PortsPage { s: Shell::new(context, "ports", m::nav::PORTS) })
}
