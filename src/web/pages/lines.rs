//! The lines: where their time goes, how each device is, and the latest transactions.

use super::context::{PageState, SignedIn};
use super::shell::{Shell, html};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "lines.html")]
struct LinesPage {
    s: Shell,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/lines", get(page))
}

async fn page(SignedIn(context): SignedIn) -> Response {
    html(&LinesPage { s: Shell::new(context, "lines", m::line::LINES) })
}
