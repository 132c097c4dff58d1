//! One's own password and session.

use super::context::{PageState, SignedIn};
use super::shell::{Shell, html};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    s: Shell,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/account", get(page))
}

async fn page(SignedIn(context): SignedIn) -> Response {
    html(&AccountPage { s: Shell::new(context, "account", m::nav::ACCOUNT) })
}
