//! Revisions as entity tags: who changes the configuration says which one they changed.

use super::problem::ApiProblem;
use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};

/// The tag of a revision.
pub(super) fn etag(revision: u64) -> HeaderValue {
    // Digits in quotes are always a header.
    HeaderValue::from_str(&format!("\"{revision}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// Whether the reader has this revision already.
pub(super) fn is_known(headers: &HeaderMap, revision: u64) -> bool {
    revisions(headers, &header::IF_NONE_MATCH).contains(&revision)
}

/// The revisions a change may be made from. `*` is not taken: it would undo what others do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IfMatch(Vec<u64>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiProblem> {
        let needed = "send `If-Match` with the `ETag` of the configuration that was changed, such as \"12\"";
        let any = |value: &HeaderValue| value.as_bytes() == b"*";
        if !parts.headers.contains_key(header::IF_MATCH) || parts.headers.get_all(header::IF_MATCH).iter().any(any) {
            return Err(ApiProblem::new(StatusCode::PRECONDITION_REQUIRED, needed));
        }
        Ok(Self(revisions(&parts.headers, &header::IF_MATCH)))
    }
}

impl IfMatch {
    /// The revision in force, if it is one of those; else 412.
    pub(super) fn against(&self, current: u64) -> Result<u64, ApiProblem> {
        if self.0.contains(&current) { Ok(current) } else { Err(ApiProblem::stale(current)) }
    }
}

/// Tags that are none of ours match nothing. A proxy that compresses makes them weak; the number says all the same.
fn revisions(headers: &HeaderMap, name: &header::HeaderName) -> Vec<u64> {
    let texts = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let tags = texts.flat_map(|text| text.split(',')).map(str::trim);
    tags.filter_map(|tag| tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    async fn sent(values: &[&str]) -> Result<IfMatch, StatusCode> {
        let mut request = Request::builder();
        for value in values {
            request = request.header(header::IF_MATCH, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        IfMatch::from_request_parts(&mut parts, &()).await.map_err(|problem| problem.status())
    }

    #[tokio::test]
    async fn only_the_revision_in_force_matches() {
        assert_eq!(sent(&["\"12\""]).await.unwrap().against(12).unwrap(), 12);
        assert_eq!(sent(&["\"11\", W/\"12\""]).await.unwrap().against(12).unwrap(), 12);
        assert_eq!(sent(&["\"11\"", "\"12\""]).await.unwrap().against(12).unwrap(), 12);
        for other in ["\"11\"", "12", "\"twelve\"", ""] {
            let refused = sent(&[other]).await.unwrap().against(12).unwrap_err();
            assert_eq!(refused.status(), StatusCode::PRECONDITION_FAILED, "{other}");
        }
        assert_eq!(sent(&[]).await.unwrap_err(), StatusCode::PRECONDITION_REQUIRED);
        assert_eq!(sent(&["*"]).await.unwrap_err(), StatusCode::PRECONDITION_REQUIRED);
    }
}
