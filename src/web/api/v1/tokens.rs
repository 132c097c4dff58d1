//! API tokens: what programs log in with.

use crate::platform::clock;
use crate::runtime::events::Outcome;
use crate::store::{ApiToken, Role, TokenError};
use crate::tag::reading::rfc3339;
use crate::web::guards::{Admin, access};
use crate::web::input::{ApiPath, JsonBody};
use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(list, create)).routes(routes!(remove))
}

/// A token, without its text.
#[derive(Debug, Serialize, ToSchema)]
struct TokenView {
    id: String,
    /// What its maker calls it.
    name: String,
    #[schema(value_type = String)]
    role: Role,
    /// The account, or token, that made it.
    created_by: String,
    created: String,
    /// Null = never.
    expires_at: Option<String>,
    /// When it was last used, within a minute.
    last_used: Option<String>,
}

/// All tokens.
#[derive(Debug, Serialize, ToSchema)]
struct TokenList {
    tokens: Vec<TokenView>,
}

/// A token to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewToken {
    name: String,
    #[schema(value_type = String)]
    role: Role,
    /// RFC 3339; absent or null = never.
    #[schema(example = "2027-01-01T00:00:00Z")]
    expires_at: Option<String>,
}

/// A token that was just made.
#[derive(Debug, Serialize, ToSchema)]
struct MadeToken {
    /// The text to be sent as `Authorization: Bearer`. Shown now and never again.
    token: String,
    #[serde(flatten)]
    view: TokenView,
}

impl From<ApiToken> for TokenView {
    fn from(token: ApiToken) -> Self {
        Self {
            id: token.id,
            name: token.name,
            role: token.role,
            created_by: token.created_by,
            created: rfc3339(token.created_ms),
            expires_at: token.expires_ms.map(rfc3339),
            last_used: token.used_ms.map(rfc3339),
        }
    }
}

/// Lists the tokens.
#[utoipa::path(
    get, path = "/tokens", tag = "users", responses((status = 200, body = TokenList)),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
async fn list(_: Admin, State(state): State<WebState>) -> Result<Json<TokenList>, ApiProblem> {
    let tokens = state.store().tokens().await?.into_iter().map(TokenView::from).collect();
    Ok(Json(TokenList { tokens }))
}

/// Makes a token. Its text is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/tokens", tag = "users", request_body = NewToken,
    responses((status = 201, body = MadeToken), (status = 409, description = "The name is taken")),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
async fn create(
    who: Admin,
    State(state): State<WebState>,
    JsonBody(new): JsonBody<NewToken>,
) -> Result<(StatusCode, Json<MadeToken>), ApiProblem> {
    let expires_ms = new.expires_at.as_deref().map(end_of).transpose()?;
    let made = state.store().create_token(&new.name, new.role, &who.author(), expires_ms).await?;
    let detail = format!("made an API token with the role `{}`", new.role.as_str());
    state.events().tell(access(&made.token.name, who.actor(), Outcome::Ok, detail));
    Ok((StatusCode::CREATED, Json(MadeToken { token: made.secret, view: made.token.into() })))
}

fn end_of(text: &str) -> Result<i64, ApiProblem> {
    let Ok(end) = text.parse::<jiff::Timestamp>() else {
        return Err(ApiProblem::field("/expires_at", "a time such as `2027-01-01T00:00:00Z` is needed"));
    };
    if end.as_millisecond() <= clock::unix_ms() {
        return Err(ApiProblem::field("/expires_at", "this time has passed"));
    }
    Ok(end.as_millisecond())
}

/// Ends a token.
#[utoipa::path(
    delete, path = "/tokens/{id}", tag = "users", params(("id" = String, Path)),
    responses((status = 204, description = "Ended"), (status = 404, description = "There is none of this id")),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
async fn remove(
    who: Admin,
    State(state): State<WebState>,
    ApiPath(id): ApiPath<String>,
) -> Result<StatusCode, ApiProblem> {
    let known = state.store().tokens().await?.into_iter().find(|token| token.id == id);
    let Some(token) = known else { return Err(ApiProblem::not_found("there is no token of this id")) };
    if !state.store().remove_token(&id).await? {
        return Err(ApiProblem::not_found("there is no token of this id"));
    }
    state.ended().tell();
    state.events().tell(access(&token.name, who.actor(), Outcome::Ok, "removed the API token"));
    Ok(StatusCode::NO_CONTENT)
}

impl From<TokenError> for ApiProblem {
    fn from(error: TokenError) -> Self {
        let sentence = error.to_string();
        match error {
            TokenError::Exists => Self::new(StatusCode::CONFLICT, sentence),
            TokenError::Name => Self::field("/name", sentence),
            TokenError::Store(error) => error.into(),
        }
    }
}
