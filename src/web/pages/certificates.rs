//! The page of certificates.

use super::context::{AdminOnly, PageState};
use super::shell::{Shell, html};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "certificates.html")]
struct CertificatesPage {
    s: Shell,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/certificates", get(page))
}

async fn page(AdminOnly(context): AdminOnly) -> Response {
    html(&CertificatesPage { s: Shell::new(context, "certificates", m::certificate::CERTIFICATES) })
}
