//! The editor of the Modbus/TCP server, with who is connected.

use super::context::{AdminOnly, PageState};
use super::shell::{Shell, html};
use crate::tag::attribute::Attribute;
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "modbus-server.html")]
struct ModbusServerPage {
    s: Shell,
    /// What an entry can show of a tag.
    attributes: Vec<&'static str>,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/modbus-server", get(page))
}

async fn page(AdminOnly(context): AdminOnly) -> Response {
    let attributes = Attribute::ALL.into_iter().map(Attribute::as_str).collect();
    html(&ModbusServerPage { s: Shell::new(context, "modbus-server", m::modbus::SERVER), attributes })
}
