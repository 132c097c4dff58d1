//! The first account of a new appliance.

use super::users::UserView;
use crate::runtime::events::Outcome;
use crate::web::guards::origin::check_stranger;
use crate::web::guards::{access, login, peer};
use crate::web::input::JsonBody;
use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;
use std::time::Instant;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What all attempts to claim count under; no account can have this name.
const CLAIM: &str = "\nclaim";

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(claim))
}

/// The printed code, and the account to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Claim {
    /// As printed on the console and in the log at the first start; case, blanks and hyphens do not matter.
    #[schema(example = "7K3M-Q0WX-92ZD")]
    code: String,
    /// Name of the first administrator.
    username: String,
    /// Its password, at least 10 characters.
    #[schema(format = Password)]
    password: String,
}

/// Makes the first administrator. Once.
#[utoipa::path(
    post, path = "/claim", tag = "start", request_body = Claim,
    responses(
        (status = 201, body = UserView),
        (status = 403, description = "The code is another one"),
        (status = 409, description = "There is an account already"),
        (status = 422, description = "The name or the password will not do"),
        (status = 429, description = "Too many attempts: see Retry-After"),
    )
)]
async fn claim(State(state): State<WebState>, request: Request) -> Result<Response, ApiProblem> {
    let (parts, body) = request.into_parts();
    check_stranger(&parts)?;
    let peer = peer(&parts.extensions);
    let JsonBody(claim) = JsonBody::<Claim>::from_request(Request::from_parts(parts, body), &state).await?;
    if !state.store().claimable().await? {
        return Err(ApiProblem::new(StatusCode::CONFLICT, "this appliance is claimed already: log in"));
    }
    let attempt = login::begin(&state, CLAIM, peer)?;
    if !state.store().is_claim_code(&claim.code) {
        login::failed(&state, "claim", peer, &attempt, "a wrong claim code");
        return Err(ApiProblem::new(StatusCode::FORBIDDEN, "the claim code is another one"));
    }
    state.throttle().succeeded(attempt, Instant::now());
    let user = state.store().claim(&claim.username, &claim.password).await?;
    let actor = format!("{} ({peer})", user.name);
    state.events().tell(access(&user.name, actor, Outcome::Ok, "claimed the appliance"));
    Ok((StatusCode::CREATED, axum::Json(UserView::from(user))).into_response())
}
