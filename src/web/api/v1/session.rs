//! Logging in and out.

use crate::runtime::events::Outcome;
use crate::store::Role;
use crate::tag::reading::rfc3339;
use crate::web::guards::origin::{check_stranger, clear_cookie, set_cookie};
use crate::web::guards::{Credential, Viewer, access, login, peer};
use crate::web::input::JsonBody;
use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(open, look, end))
}

/// Name and password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Login {
    username: String,
    #[schema(format = Password)]
    password: String,
}

/// A session, with the token that is it.
#[derive(Debug, Serialize, ToSchema)]
struct OpenedView {
    /// To be sent as `Authorization: Bearer`. Browsers have it in a cookie as well.
    token: String,
    /// When it ends at the latest.
    expires_at: String,
    /// What it may do.
    #[schema(value_type = String)]
    role: Role,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
struct SessionView {
    /// The account; of an API token its name.
    user: String,
    /// What it may do.
    #[schema(value_type = String)]
    role: Role,
    /// When it ends at the latest; null for a token without end.
    expires_at: Option<String>,
}

/// Logs in.
#[utoipa::path(
    post, path = "/session", tag = "start", request_body = Login,
    responses(
        (status = 200, body = OpenedView),
        (status = 401, description = "The name or the password is wrong"),
        (status = 429, description = "Too many attempts: see Retry-After"),
    )
)]
async fn open(State(state): State<WebState>, request: Request) -> Result<Response, ApiProblem> {
    let (parts, body) = request.into_parts();
    check_stranger(&parts)?;
    let peer = peer(&parts.extensions);
    let JsonBody(form) = JsonBody::<Login>::from_request(Request::from_parts(parts, body), &state).await?;
    let opened = login::log_in(&state, &form.username, &form.password, peer).await?;
    let cookie = set_cookie(&opened.token, state.settings().longest_ms() / 1000);
    let view = OpenedView { token: opened.token, expires_at: rfc3339(opened.expires_ms), role: opened.role };
    let mut response = Json(view).into_response();
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

/// Who one is.
#[utoipa::path(
    get, path = "/session", tag = "start", responses((status = 200, body = SessionView)),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn look(who: Viewer) -> Json<SessionView> {
    let expires_ms = match who.credential {
        Credential::Session { expires_ms, .. } => Some(expires_ms),
        Credential::Token { expires_ms, .. } => expires_ms,
    };
    Json(SessionView { user: who.name.clone(), role: who.role, expires_at: expires_ms.map(rfc3339) })
}

/// Logs out: the token is good no longer, also where it was copied to.
#[utoipa::path(
    delete, path = "/session", tag = "start",
    responses((status = 204, description = "Logged out"), (status = 403, description = "An API token is no session")),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn end(who: Viewer, State(state): State<WebState>) -> Result<Response, ApiProblem> {
    let Credential::Session { jti, .. } = &who.credential else {
        return Err(ApiProblem::new(StatusCode::FORBIDDEN, "an API token is no session: an administrator removes it"));
    };
    state.store().end_session(jti).await?;
    state.ended().tell();
    state.events().tell(access(&who.name, who.actor(), Outcome::Ok, "logged out"));
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, clear_cookie())]).into_response())
}
