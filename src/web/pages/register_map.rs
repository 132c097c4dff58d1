//! The register map of the Modbus/TCP server: a picture and a list, to be looked at and printed.

use super::context::{PageState, SignedIn};
use super::shell::{Shell, html};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "register-map.html")]
struct RegisterMapPage {
    s: Shell,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/register-map", get(page))
}

async fn page(SignedIn(context): SignedIn) -> Response {
    html(&RegisterMapPage { s: Shell::new(context, "register-map", m::modbus::MAP) })
}
