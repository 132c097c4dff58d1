//! Users and API tokens.

use super::context::{AdminOnly, PageState};
use super::shell::{Shell, html};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "users.html")]
struct UsersPage {
    s: Shell,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/users", get(page))
}

async fn page(AdminOnly(context): AdminOnly) -> Response {
    html(&UsersPage { s: Shell::new(context, "users", m::nav::USERS) })
}
