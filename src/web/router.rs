//! Everything behind the door: REST, pages, and what holds for every answer.

use super::api;
use super::guards::pages::PageDoor;
use super::pages;
use super::problem::ApiProblem;
use super::state::WebState;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use std::any::Any;
use std::sync::Arc;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};

/// Below this, compression costs more than it gains; it keeps a token from being compressed beside what a stranger chose, too.
const WORTH_IT: u64 = 1024;

/// Pages and REST as one service.
pub fn router(state: WebState) -> Router {
    let door = Arc::new(PageDoor::new(state.clone()));
    let worth = SizeAbove::new(WORTH_IT).and(NotForContentType::IMAGES).and(NotForContentType::SSE);
    Router::new()
        .merge(api::v1::router())
        .method_not_allowed_fallback(async || {
            ApiProblem::new(StatusCode::METHOD_NOT_ALLOWED, "this path has other methods: see `Allow`")
        })
        .with_state(state)
        .merge(pages::router(door))
        .fallback(async || ApiProblem::not_found("there is nothing at this path"))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(secured))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worth))
}

/// A fault of ours ends one request, with an answer.
fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let text = cause.downcast_ref::<String>().map(String::as_str).or(cause.downcast_ref::<&str>().copied());
    tracing::error!(cause = text.unwrap_or("unknown"), "a request ended in a panic");
    ApiProblem::internal().into_response()
}

/// What holds for every answer, unless it says otherwise itself.
async fn secured(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let rules: [(HeaderName, &'static str); 6] = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in rules {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
