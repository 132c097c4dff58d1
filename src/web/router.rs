//! Everything behind the door: REST, pages, and what holds for every answer.

use super::api;
use super::guards::pages::PageDoor;
use super::i18n::{self, Lang};
use super::pages;
use super::problem::ApiProblem;
use super::state::WebState;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, Version, header};
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
    let all = Router::new()
        .merge(api::v1::router())
        .method_not_allowed_fallback(async || {
            ApiProblem::new(StatusCode::METHOD_NOT_ALLOWED, "this path has other methods: see `Allow`")
        })
        .with_state(state)
        .merge(pages::router(door))
        .fallback(async || ApiProblem::not_found("there is nothing at this path"));
    dressed(all)
}

/// What holds for every route.
fn dressed(router: Router) -> Router {
    let worth = SizeAbove::new(WORTH_IT).and(NotForContentType::IMAGES).and(NotForContentType::SSE);
    router
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(understood))
        .layer(from_fn(secured))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worth))
}

/// A fault of ours ends one request, with an answer.
fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let text = cause.downcast_ref::<String>().map(String::as_str).or(cause.downcast_ref::<&str>().copied());
    tracing::error!(cause = text.unwrap_or("unknown"), "a request ended in a panic");
    ApiProblem::internal().into_response()
}

/// Every answer is made for its reader: sentences are written out in the language of the request.
async fn understood(request: Request, next: Next) -> Response {
    i18n::reading(Lang::of(request.headers()), next.run(request)).await
}

/// What holds for every answer, unless it says otherwise itself.
async fn secured(request: Request, next: Next) -> Response {
    let mut response = match ambiguous(&request) {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    };
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

/// Refuses what two readers could take in two ways: which host is asked (RFC 9112, 3.2), and who asks.
fn ambiguous(request: &Request) -> Option<ApiProblem> {
    let count = |name: HeaderName| request.headers().get_all(name).iter().count();
    let hosts = count(header::HOST);
    if 1 < hosts || (hosts == 0 && request.version() == Version::HTTP_11) {
        return Some(ApiProblem::new(StatusCode::BAD_REQUEST, "send one `Host` header"));
    }
    let twice = 1 < count(header::AUTHORIZATION);
    twice.then(|| ApiProblem::new(StatusCode::BAD_REQUEST, "send one `Authorization` header"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tower::ServiceExt as _;

    #[tokio::test]
    async fn a_panic_is_an_answer_that_leaks_nothing() {
        let panics = get(async || -> StatusCode { panic!("secret detail") });
        let router = dressed(Router::new().route("/panic", panics).route("/well", get(async || "well")));
        let ask =
            |path: &str| router.clone().oneshot(Request::get(path).header("host", "gw").body(Body::empty()).unwrap());
        let answer = ask("/panic").await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
        let text = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
        assert!(!String::from_utf8_lossy(&text).contains("secret"));
        assert_eq!(ask("/well").await.unwrap().status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn two_hosts_or_two_credentials_are_none() {
        let router = dressed(Router::new().route("/", get(async || "well")));
        for (names, version, expect) in [
            (&["host"][..], Version::HTTP_11, 200),
            (&["host", "authorization"], Version::HTTP_11, 200),
            (&[], Version::HTTP_2, 200),
            (&[], Version::HTTP_11, 400),
            (&["host", "host"], Version::HTTP_11, 400),
            (&["host", "host"], Version::HTTP_2, 400),
            (&["host", "authorization", "authorization"], Version::HTTP_11, 400),
        ] {
            let mut request = Request::get("/").version(version);
            for name in names {
                request = request.header(*name, "x");
            }
            let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(answer.status(), expect, "{names:?} {version:?}");
            assert!(answer.headers().contains_key(header::STRICT_TRANSPORT_SECURITY));
        }
    }
}
