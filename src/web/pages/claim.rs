//! The first page of a new appliance: the claim code makes the first administrator.

use super::context::{PageContext, PageState};
use super::shell::{Shell, html};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

#[derive(Template)]
#[template(path = "claim.html")]
struct ClaimPage {
    s: Shell,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/claim", get(page))
}

async fn page(context: PageContext) -> Response {
    if context.facts.claimed {
        return Redirect::to("/login").into_response();
    }
    html(&ClaimPage { s: Shell::new(context, "claim", m::start::CLAIM_TITLE) })
}
