//! The editor of the SNMP agent, with what it tells of itself.

use super::context::{AdminOnly, PageState};
use super::shell::{Shell, html};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "snmp.html")]
struct SnmpPage {
    s: Shell,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/snmp", get(page))
}

async fn page(AdminOnly(context): AdminOnly) -> Response {
    html(&SnmpPage { s: Shell::new(context, "snmp", m::snmp::SNMP) })
}
