//! What comes in: bodies of bounded size in bounded time, paths and queries, each refused with a problem document.

use super::guards::origin::check_stranger;
use super::problem::ApiProblem;
use super::state::WebState;
use crate::config::json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// The largest body of somebody who has shown nothing yet: many may come at once.
const TINY: usize = 4 * 1024;
/// The largest body where no document is taken.
const SMALL: usize = 1024 * 1024;
/// The largest configuration document, or object of one.
const LARGE: usize = crate::config::limits::DOCUMENT_BYTES;
/// The largest file of tags.
const FILE: usize = crate::tables::limits::FILE_BYTES;
/// A body that takes longer to arrive is given up; a document at 300 kB/s comes through.
const SMALL_PATIENCE: Duration = Duration::from_secs(15);
const LARGE_PATIENCE: Duration = Duration::from_secs(120);

/// A small JSON body of a known shape.
#[derive(Debug)]
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiProblem> {
        let bytes = read(request, SMALL, SMALL_PATIENCE).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| bad_json(&error))
    }
}

/// The JSON form of a stranger: a login or a claim, and never one that another site makes a browser send.
#[derive(Debug)]
pub(super) struct StrangerBody<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for StrangerBody<T> {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiProblem> {
        let (parts, body) = request.into_parts();
        check_stranger(&parts)?;
        let bytes = read(Request::from_parts(parts, body), TINY, SMALL_PATIENCE).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| bad_json(&error))
    }
}

/// A configuration document, or an object of one; a large one with its turn, so that few are in memory at once.
#[derive(Debug)]
pub(super) struct DocumentBody(pub(super) Json, pub(super) Option<OwnedSemaphorePermit>);

impl FromRequest<WebState> for DocumentBody {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, state: &WebState) -> Result<Self, ApiProblem> {
        let small = announced(request.headers()).is_some_and(|length| length <= SMALL);
        let turn = if small { None } else { Arc::clone(state.documents()).acquire_owned().await.ok() };
        let bytes = read(request, LARGE, LARGE_PATIENCE).await?;
        let json = beside(move || json::read(&bytes)).await??;
        Ok(Self(json, turn))
    }
}

/// A file of any kind, with its turn: what is made of it may take many times its size.
#[derive(Debug)]
pub(super) struct FileBody(pub(super) axum::body::Bytes, pub(super) Option<OwnedSemaphorePermit>);

impl FromRequest<WebState> for FileBody {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, state: &WebState) -> Result<Self, ApiProblem> {
        let turn = Arc::clone(state.documents()).acquire_owned().await.ok();
        collect(request, FILE, LARGE_PATIENCE).await.map(|bytes| Self(bytes, turn))
    }
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn read(request: Request, limit: usize, patience: Duration) -> Result<axum::body::Bytes, ApiProblem> {
    if !is_json(request.headers()) {
        let sentence = "send JSON, with the header `Content-Type: application/json`";
        return Err(ApiProblem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence));
    }
    collect(request, limit, patience).await
}

async fn collect(request: Request, limit: usize, patience: Duration) -> Result<axum::body::Bytes, ApiProblem> {
    // Never unpacked: a few kilobytes may be gigabytes.
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(ApiProblem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send the body as it is, not compressed"));
    }
    let too_large = || {
        let kib = limit / 1024;
        let shown = if kib < 1024 { format!("{kib} KiB") } else { format!("{} MiB", kib / 1024) };
        let sentence = format!("the body is larger than the limit of {shown}");
        ApiProblem::new(StatusCode::PAYLOAD_TOO_LARGE, sentence)
    };
    if announced(request.headers()).is_some_and(|length| limit < length) {
        return Err(too_large());
    }
    match tokio::time::timeout(patience, axum::body::to_bytes(request.into_body(), limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_limit(&error) => Err(too_large()),
        Ok(Err(_)) => Err(ApiProblem::new(StatusCode::BAD_REQUEST, "the body did not arrive whole")),
        Err(_) => Err(ApiProblem::new(StatusCode::REQUEST_TIMEOUT, "the body took too long to arrive")),
    }
}

fn is_limit(error: &axum::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(one) = cause {
        if one.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        cause = one.source();
    }
    false
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// No JSON at all is 400 with the place; JSON of another shape is 422. `serde_json` ends its sentences with line and column.
fn bad_json(error: &serde_json::Error) -> ApiProblem {
    if error.is_data() {
        ApiProblem::field("", without_value(&error.to_string()))
    } else {
        ApiProblem::new(StatusCode::BAD_REQUEST, format!("this is not JSON: {error}"))
    }
}

/// `serde` quotes a value of the wrong type, and it may be a password: what was expected is enough.
fn without_value(sentence: &str) -> String {
    let quotes = sentence.starts_with("invalid type: ") || sentence.starts_with("invalid value: ");
    match sentence.rsplit_once(", expected ").filter(|_| quotes) {
        Some((_, expected)) => format!("this is needed here: {expected}"),
        None => sentence.to_owned(),
    }
}

/// The parts of the path.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(ApiProblem))]
pub(super) struct ApiPath<T>(pub(super) T);

/// The query behind the path.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(ApiProblem))]
pub(super) struct ApiQuery<T>(pub(super) T);

impl From<PathRejection> for ApiProblem {
    fn from(_: PathRejection) -> Self {
        Self::not_found("there is nothing at this path")
    }
}

impl From<QueryRejection> for ApiProblem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(StatusCode::BAD_REQUEST, rejection.body_text())
    }
}

/// Runs a computation that would hold up a worker of the runtime.
pub(super) async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiProblem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "a computation for an answer was cut off");
        ApiProblem::internal()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        #[serde(rename = "password")]
        _password: String,
    }

    #[track_caller]
    fn check(sent: &str, expect: &str) {
        let error = serde_json::from_str::<Form>(sent).unwrap_err();
        assert_eq!(without_value(&error.to_string()), expect);
    }

    #[test]
    fn a_value_of_the_wrong_type_does_not_come_back() {
        let expect = |column| format!("this is needed here: a string at line 1 column {column}");
        check(r#"{"password": 20260131}"#, &expect(21));
        check(r#"{"password": [1, 2]}"#, &expect(13));
        let error = serde_json::from_str::<Form>(r#""secret, expected mine""#).unwrap_err();
        assert!(!without_value(&error.to_string()).contains("secret"));
        check("{}", "missing field `password` at line 1 column 2");
        check(r#"{"pass": 1}"#, "unknown field `pass`, expected `password` at line 1 column 7");
    }
}
