//! The editor of the embedded broker.

use super::context::{AdminOnly, PageState};
use super::shell::{Shell, html};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "broker.html")]
struct BrokerPage {
    s: Shell,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/broker", get(page))
}

async fn page(AdminOnly(context): AdminOnly) -> Response {
    html(&BrokerPage { s: Shell::new(context, "broker", m::nav::BROKER) })
}
