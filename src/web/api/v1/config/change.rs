//! Asking the owner of the configuration for a change, and what comes of it.

use crate::config::problem::{Problem, Severity};
use crate::runtime::configure::{Applied, Change, ChangeError, ConfigRequest, TRIAL_SECONDS};
use crate::web::api::v1::feasibility::LineNeedsView;
use crate::web::etag::etag;
use crate::web::guards::Who;
use crate::web::problem::{ApiProblem, FieldProblem, errors_of};
use crate::web::state::WebState;
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::Value as JsonValue;
use utoipa::{IntoParams, ToSchema};

/// How a change is to be made.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::web::api::v1) struct ChangeQuery {
    /// `true`: check, tell what would happen, change nothing.
    dry_run: Option<bool>,
    /// Seconds, 5 to 3600: unless somebody keeps the change in this time (`POST /config/confirm`), the configuration before
    /// it returns by itself, also after a crash or power loss. Needed where the change would lock its maker out.
    confirm_within: Option<u32>,
}

/// How a change is to be made, as far as it can be.
#[derive(Debug, Clone, Copy)]
pub(in crate::web::api::v1) struct How {
    pub(in crate::web::api::v1) dry_run: bool,
    confirm_within: Option<u32>,
}

impl How {
    /// Made at once, and to stay.
    pub(in crate::web::api::v1) const AT_ONCE: Self = Self { dry_run: false, confirm_within: None };
}

impl ChangeQuery {
    pub(in crate::web::api::v1) fn how(&self) -> Result<How, ApiProblem> {
        if let Some(seconds) = self.confirm_within.filter(|seconds| !TRIAL_SECONDS.contains(seconds)) {
            let (least, most) = (TRIAL_SECONDS.start(), TRIAL_SECONDS.end());
            let sentence = format!("`confirm_within` is {least} to {most} seconds, not {seconds}");
            return Err(ApiProblem::new(StatusCode::BAD_REQUEST, sentence));
        }
        Ok(How { dry_run: self.dry_run.unwrap_or(false), confirm_within: self.confirm_within })
    }
}

/// What a change did, or would do.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api::v1) struct ChangeView {
    /// In force now.
    revision: u64,
    /// Warnings.
    problems: Vec<Finding>,
    /// The units it touches, by name.
    plan: PlanView,
    /// What it asks of each line.
    feasibility: Vec<LineNeedsView>,
}

/// The units a change touches.
#[derive(Debug, Serialize, ToSchema)]
struct PlanView {
    /// Started, or started again.
    start: Vec<String>,
    /// Stopped; also those that are started again.
    stop: Vec<String>,
    /// Changed while running.
    update: Vec<String>,
}

/// Something to know of a document.
#[derive(Debug, Serialize, ToSchema)]
struct Finding {
    #[serde(flatten)]
    place: FieldProblem,
    /// `warning`
    #[schema(value_type = String)]
    severity: Severity,
}

impl ChangeView {
    /// The answer to a change of the object at `base`; of the whole document without.
    pub(in crate::web::api::v1) fn of(applied: Applied, base: Option<&Base>) -> Self {
        let finding = |problem: Problem| Finding { severity: problem.severity, place: placed(problem, base) };
        let plan = applied.plan;
        Self {
            revision: applied.revision,
            problems: applied.problems.into_iter().map(finding).collect(),
            plan: PlanView { start: plan.start, stop: plan.stop, update: plan.update },
            feasibility: applied.feasibility.iter().map(LineNeedsView::of).collect(),
        }
    }
}

impl IntoResponse for ChangeView {
    fn into_response(self) -> Response {
        ([(header::ETAG, etag(self.revision))], Json(self)).into_response()
    }
}

/// Where the object stands whose faults are told; none when it is gone.
#[derive(Debug)]
pub(in crate::web::api::v1) struct Base(pub(in crate::web::api::v1) Option<String>);

/// The refusal of a change of the object at `base`.
pub(in crate::web::api::v1) fn refused(error: ChangeError, base: &Base) -> ApiProblem {
    match error {
        ChangeError::Invalid(problems) => {
            ApiProblem::invalid(errors_of(problems).map(|problem| placed(problem, Some(base))).collect())
        }
        other => other.into(),
    }
}

fn placed(problem: Problem, base: Option<&Base>) -> FieldProblem {
    let Some(Base(base)) = base else { return problem.into() };
    let within = base.as_ref().and_then(|base| problem.pointer.strip_prefix(base.as_str()));
    let pointer = within.filter(|rest| rest.is_empty() || rest.starts_with('/')).unwrap_or_default().to_owned();
    FieldProblem { pointer, detail: problem.detail, document_pointer: Some(problem.pointer) }
}

/// Asks for a change and waits until it is stored. The outer error is that nobody could be asked.
pub(in crate::web::api::v1) async fn change(
    state: &WebState,
    who: &Who,
    document: JsonValue,
    expected: u64,
    how: How,
) -> Result<Result<Applied, ChangeError>, ApiProblem> {
    let change = Box::new(Change {
        document,
        expected,
        dry_run: how.dry_run,
        author: who.author(),
        source: who.source().to_owned(),
        // Of a request that came over no connection there is nobody to lock out.
        peer: Some(who.peer).filter(|peer| !peer.is_unspecified()),
        confirm_within: how.confirm_within,
    });
    Ok(state.config().call(|reply| ConfigRequest::Change { change, reply }).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(base: Option<&str>, pointer: &str, expect: &str) {
        let problem = Problem { pointer: pointer.into(), detail: "x".into(), severity: Severity::Error };
        let base = Base(base.map(str::to_owned));
        assert_eq!(placed(problem, Some(&base)).pointer, expect, "{base:?} {pointer}");
    }

    #[test]
    fn pointers_are_told_within_the_object() {
        check(Some("/devices/1"), "/devices/1/tags/0/address", "/tags/0/address");
        check(Some("/devices/1"), "/devices/1", "");
        check(Some("/devices/1"), "/devices/10/name", "");
        check(Some("/devices/1"), "/mqtt/connections/0", "");
        check(None, "/devices/1/name", "");
    }
}
