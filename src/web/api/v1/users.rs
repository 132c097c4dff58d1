//! Accounts.

use crate::runtime::events::Outcome;
use crate::store::{Role, User, UserError, check_password};
use crate::tag::reading::rfc3339;
use crate::web::guards::{Admin, Credential, Viewer, Who, access, login};
use crate::web::input::{ApiPath, JsonBody};
use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::time::Instant;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default()
        .routes(routes!(list, create))
        .routes(routes!(look, change, remove))
        .routes(routes!(own_password))
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserView {
    /// Unique ignoring case.
    username: String,
    /// What it may do: `viewer`, `operator`, `admin`.
    #[schema(value_type = String)]
    role: Role,
    /// When it was made.
    created: String,
    /// When its password was last set.
    password_changed: String,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        let (created, password_changed) = (rfc3339(user.created_ms), rfc3339(user.password_changed_ms));
        Self { username: user.name, role: user.role, created, password_changed }
    }
}

/// All accounts.
#[derive(Debug, Serialize, ToSchema)]
struct UserList {
    users: Vec<UserView>,
}

/// An account to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewUser {
    username: String,
    #[schema(format = Password)]
    password: String,
    #[schema(value_type = String)]
    role: Role,
}

/// What of an account is to be changed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserChange {
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    #[schema(format = Password)]
    password: Option<String>,
}

/// One's own password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OwnPassword {
    /// The present one.
    #[schema(format = Password)]
    current: String,
    /// The new one, at least 10 characters.
    #[schema(format = Password)]
    password: String,
}

/// Lists the accounts.
#[utoipa::path(
    get, path = "/users", tag = "users", responses((status = 200, body = UserList)),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
async fn list(_: Admin, State(state): State<WebState>) -> Result<Json<UserList>, ApiProblem> {
    let users = state.store().users().await?.into_iter().map(UserView::from).collect();
    Ok(Json(UserList { users }))
}

/// Makes an account.
#[utoipa::path(
    post, path = "/users", tag = "users", request_body = NewUser,
    responses((status = 201, body = UserView), (status = 409, description = "The name is taken")),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
async fn create(
    who: Admin,
    State(state): State<WebState>,
    JsonBody(new): JsonBody<NewUser>,
) -> Result<(StatusCode, Json<UserView>), ApiProblem> {
    let made = state.store().create_user(&new.username, new.role, &new.password).await;
    let word = new.role.as_str();
    let user = told(&state, &who, &new.username, made, &format!("made an account with the role `{word}`"))?;
    Ok((StatusCode::CREATED, Json(user.into())))
}

/// One account.
#[utoipa::path(
    get, path = "/users/{name}", tag = "users", params(("name" = String, Path)),
    responses((status = 200, body = UserView), (status = 404, description = "There is none of this name")),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
async fn look(
    _: Admin,
    State(state): State<WebState>,
    ApiPath(name): ApiPath<String>,
) -> Result<Json<UserView>, ApiProblem> {
    let user = state.store().user(&name).await?.ok_or(UserError::Unknown)?;
    Ok(Json(user.into()))
}

/// Changes role or password. Either ends every session of the account.
#[utoipa::path(
    patch, path = "/users/{name}", tag = "users", params(("name" = String, Path)), request_body = UserChange,
    responses(
        (status = 200, body = UserView),
        (status = 404, description = "There is none of this name"),
        (status = 409, description = "It is the last administrator"),
    ),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
async fn change(
    who: Admin,
    State(state): State<WebState>,
    ApiPath(name): ApiPath<String>,
    JsonBody(change): JsonBody<UserChange>,
) -> Result<Json<UserView>, ApiProblem> {
    // What will not do is refused before anything is changed.
    if let Some(password) = &change.password {
        check_password(&name, password).map_err(UserError::Password)?;
    }
    if let Some(role) = change.role {
        let set = state.store().set_role(&name, role).await;
        told(&state, &who, &name, set, &format!("gave the role `{}`", role.as_str()))?;
    }
    if let Some(password) = &change.password {
        let set = state.store().set_password(&name, password).await;
        told(&state, &who, &name, set, "set the password")?;
    }
    let user = state.store().user(&name).await?.ok_or(UserError::Unknown)?;
    Ok(Json(user.into()))
}

/// Removes an account and ends its sessions. API tokens it made stay.
#[utoipa::path(
    delete, path = "/users/{name}", tag = "users", params(("name" = String, Path)),
    responses(
        (status = 204, description = "Removed"),
        (status = 404, description = "There is none of this name"),
        (status = 409, description = "It is the last administrator"),
    ),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
async fn remove(
    who: Admin,
    State(state): State<WebState>,
    ApiPath(name): ApiPath<String>,
) -> Result<StatusCode, ApiProblem> {
    let removed = state.store().remove_user(&name).await;
    told(&state, &who, &name, removed, "removed the account")?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes one's own password.
///
/// Ends every session of the account, the one that asks too: log in anew.
#[utoipa::path(
    put, path = "/users/me/password", tag = "users", request_body = OwnPassword,
    responses(
        (status = 204, description = "Changed"),
        (status = 403, description = "An API token has no password"),
        (status = 422, description = "The present password is another one, or the new one will not do"),
        (status = 429, description = "Too many attempts: see Retry-After"),
    ),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn own_password(
    who: Viewer,
    State(state): State<WebState>,
    JsonBody(form): JsonBody<OwnPassword>,
) -> Result<StatusCode, ApiProblem> {
    if matches!(who.credential, Credential::Token { .. }) {
        return Err(ApiProblem::new(StatusCode::FORBIDDEN, "an API token has no password"));
    }
    // Before an attempt is counted: a new password that will not do says nothing about the present one.
    if let Err(problem) = check_password(&who.name, &form.password) {
        return Err(ApiProblem::field("/password", problem.to_string()));
    }
    // A stolen session must not serve to guess the password.
    let attempt = login::begin(&state, &who.name, who.peer)?;
    let changed = state.store().change_password(&who.name, &form.current, &form.password).await;
    if let Err(UserError::WrongPassword) = &changed {
        login::failed(&state, &who.name, who.peer, &attempt, "a wrong present password at a change of it");
        return Err(ApiProblem::field("/current", "the present password is another one"));
    }
    if changed.is_ok() {
        state.throttle().succeeded(attempt, Instant::now());
    }
    told(&state, &who, &who.name, changed, "changed the own password")?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells the log, and streams of sessions that may have ended.
fn told<T>(state: &WebState, who: &Who, user: &str, result: Result<T, UserError>, what: &str) -> Result<T, ApiProblem> {
    let (outcome, detail) = match &result {
        Ok(_) => (Outcome::Ok, what.to_owned()),
        Err(UserError::Store(_)) => (Outcome::Failed, format!("wanted: {what}; the store failed")),
        Err(error) => (Outcome::Refused, format!("wanted: {what}; {error}")),
    };
    state.events().tell(access(user, who.actor(), outcome, detail));
    state.ended().tell();
    Ok(result?)
}

impl From<UserError> for ApiProblem {
    fn from(error: UserError) -> Self {
        let sentence = error.to_string();
        match error {
            UserError::Unknown => Self::not_found(sentence),
            UserError::Exists | UserError::LastAdmin | UserError::Claimed => Self::new(StatusCode::CONFLICT, sentence),
            UserError::Name => Self::field("/username", sentence),
            UserError::Password(_) => Self::field("/password", sentence),
            UserError::WrongPassword => Self::field("/current", sentence),
            UserError::Store(error) => error.into(),
        }
    }
}
