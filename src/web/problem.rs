//! The one form of every refusal: an RFC 9457 problem document.

use super::i18n::{self, Lang};
use crate::config::json::ReadError;
use crate::config::problem::{Problem, Problems, Severity};
use crate::runtime::configure::ChangeError;
use crate::runtime::handle::CallError;
use crate::store::{Role, StoreError};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

/// What did not fit, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// JSON pointer (RFC 6901) into what was sent; empty for the whole. Of an object below `/config`, relative to that
    /// object; empty too when the fault lies in another part of the document.
    pub(crate) pointer: String,
    /// What is wrong and what would be right.
    #[serde(serialize_with = "i18n::sentence")]
    pub(crate) detail: String,
    /// Of an object below `/config`: the pointer into the whole document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) document_pointer: Option<String>,
}

/// The body of every answer that is a refusal, `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemDocument {
    /// Always `about:blank`: the status says the kind.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The words of the status.
    #[serde(serialize_with = "i18n::sentence")]
    title: &'static str,
    /// The status again.
    status: u16,
    /// A sentence for people, in their language.
    #[serde(serialize_with = "i18n::sentence")]
    detail: String,
    /// What did not fit, place by place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    /// With 412: the revision in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<u64>,
}

/// A refusal on its way out.
#[derive(Debug, Clone)]
pub(crate) struct ApiProblem {
    status: StatusCode,
    detail: String,
    errors: Vec<FieldProblem>,
    revision: Option<u64>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ApiProblem {
    /// A refusal with its sentence.
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), errors: Vec::new(), revision: None, headers: Vec::new() }
    }

    /// 422 with one fault at one place.
    pub(crate) fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let at = FieldProblem { pointer: pointer.into(), detail: detail.clone(), document_pointer: None };
        Self { errors: vec![at], ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail) }
    }

    /// 401. Says nothing of what was wrong with what was shown.
    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "log in, or send a valid token")
            .with(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"dinrail\""))
    }

    /// 403 for want of a role.
    pub(crate) fn needs(role: Role) -> Self {
        Self::new(StatusCode::FORBIDDEN, format!("this needs the role `{}`", role.as_str()))
    }

    /// 404 with what was looked for.
    pub(crate) fn not_found(what: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, what)
    }

    /// 412: somebody else was faster.
    pub(crate) fn stale(current: u64) -> Self {
        let detail = format!("the configuration is at revision {current} now: read it again");
        Self { revision: Some(current), ..Self::new(StatusCode::PRECONDITION_FAILED, detail) }
    }

    /// 500; the cause is in the log, not in the answer.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "an internal error; the log of the appliance has the cause")
    }

    /// 503, to be tried again soon.
    pub(crate) fn busy(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail).with(header::RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// 422 with every fault of a document.
    pub(crate) fn invalid(errors: Vec<FieldProblem>) -> Self {
        let detail = match errors.as_slice() {
            [only] => only.detail.clone(),
            several if several.len() < Problems::MAX => format!("{} things are wrong", several.len()),
            _ => format!("more is wrong than is told here: these are the first {}", Problems::MAX),
        };
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail) }
    }

    /// Adds a header to the answer.
    #[must_use]
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The status of the answer.
    #[cfg(test)]
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let body = ProblemDocument {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: self.detail,
            errors: self.errors,
            revision: self.revision,
        };
        let mut response = (self.status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if i18n::reader() != Lang::En {
            headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(i18n::reader().tag()));
        }
        headers.extend(self.headers);
        response
    }
}

impl From<StoreError> for ApiProblem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::busy("the database is busy; try again"),
            StoreError::DiskFull => Self::new(StatusCode::INSUFFICIENT_STORAGE, "the disk of the appliance is full"),
            other => {
                tracing::error!(error = &other as &dyn std::error::Error, "the store failed");
                Self::internal()
            }
        }
    }
}

impl From<ReadError> for ApiProblem {
    fn from(error: ReadError) -> Self {
        match &error {
            ReadError::Syntax(_) => Self::new(StatusCode::BAD_REQUEST, error.to_string()),
            ReadError::Refused { pointer, refusal } => Self::field(pointer, refusal.to_string()),
        }
    }
}

impl From<CallError> for ApiProblem {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Busy => Self::busy("the configuration is being changed by many at once; try again"),
            CallError::Stopped => Self::busy("the appliance is stopping"),
        }
    }
}

impl From<ChangeError> for ApiProblem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Stale { current } => Self::stale(current),
            ChangeError::Invalid(problems) => Self::invalid(errors_of(problems).map(FieldProblem::from).collect()),
            ChangeError::OnTrial { .. } | ChangeError::NoTrial => Self::new(StatusCode::CONFLICT, error.to_string()),
            ChangeError::TooLarge(sentence) => Self::field("", sentence),
            ChangeError::Store(_) => Self::new(StatusCode::INSUFFICIENT_STORAGE, error.to_string()),
        }
    }
}

/// The findings that refuse a document.
pub(super) fn errors_of(problems: Vec<Problem>) -> impl Iterator<Item = Problem> {
    problems.into_iter().filter(|problem| problem.severity == Severity::Error)
}

impl From<Problem> for FieldProblem {
    fn from(problem: Problem) -> Self {
        Self { pointer: problem.pointer, detail: problem.detail, document_pointer: None }
    }
}
