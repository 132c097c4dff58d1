//! The editor of Modbus devices and their tags.

use super::context::{AdminOnly, PageState};
use super::shell::{Shell, html};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "devices.html")]
struct DevicesPage {
    s: Shell,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/devices", get(page))
}

async fn page(AdminOnly(context): AdminOnly) -> Response {
    html(&DevicesPage { s: Shell::new(context, "devices", m::nav::DEVICES) })
}
