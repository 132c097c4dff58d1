//! Login, and back to where one was.

use super::context::{PageContext, PageState, local_path};
use super::shell::{Shell, html};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

#[derive(Deserialize)]
struct LoginQuery {
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    s: Shell,
    next: String,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/login", get(page))
}

async fn page(context: PageContext, Query(query): Query<LoginQuery>) -> Response {
    let next = local_path(query.next.as_deref().unwrap_or_default()).to_owned();
    if !context.facts.claimed {
        return Redirect::to("/claim").into_response();
    }
    if context.facts.viewer.is_some() {
        return Redirect::to(&next).into_response();
    }
    html(&LoginPage { s: Shell::new(context, "login", m::start::LOGIN_TITLE), next })
}
