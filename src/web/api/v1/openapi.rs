//! The description of the API, OpenAPI 3.1.

use crate::web::guards::Viewer;
use crate::web::input::beside;
use crate::web::problem::{ApiProblem, FieldProblem, ProblemDocument};
use crate::web::state::WebState;
use axum::response::{IntoResponse, Response};
use http::header;
use utoipa::openapi::content::Content;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ComponentsBuilder, Info, OpenApi, OpenApiBuilder, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const ABOUT: &str = "The REST interface of dinrail.\n\n\
    Log in with `POST /api/v1/session` and send the token as `Authorization: Bearer`, or send an API token the same way. \
    Browsers send the session in a cookie. The security of each operation names the role it needs: `viewer`, `operator` \
    (writes points) or `admin` (configuration, accounts). Every refusal is a problem document (RFC 9457).";

/// The description without its routes.
pub(super) fn head() -> OpenApi {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("A session token or an API token"));
    let cookie = ApiKeyValue::with_description("__Host-dinrail", "The session token, as browsers send it");
    let mut info = Info::new("dinrail", env!("CARGO_PKG_VERSION"));
    info.description = Some(ABOUT.to_owned());
    let tag = |name: &str, about: &str| TagBuilder::new().name(name).description(Some(about)).build();
    OpenApiBuilder::new()
        .info(info)
        .tags(Some([
            tag("start", "Claim, login, session"),
            tag("tags", "Points: reading and writing"),
            tag("status", "Health, events, live changes, metrics"),
            tag("configuration", "The document and its objects"),
            tag("users", "Accounts and API tokens"),
        ]))
        .components(Some(
            ComponentsBuilder::new()
                .security_scheme("bearer", SecurityScheme::Http(bearer.build()))
                .security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)))
                .schema(ProblemDocument::name(), ProblemDocument::schema())
                .schema(FieldProblem::name(), FieldProblem::schema())
                .build(),
        ))
        .build()
}

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(description))
}

/// This description, OpenAPI 3.1.
#[utoipa::path(
    get, path = "/openapi.json", tag = "status", responses((status = 200, body = Object)),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn description(_: Viewer) -> Result<Response, ApiProblem> {
    // Asked for seldom, so it is made anew rather than kept.
    let text = beside(|| whole().to_json()).await?.map_err(|error| {
        tracing::error!(%error, "the description of the API could not be written");
        ApiProblem::internal()
    })?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

/// The description with every route, and what is alike for all of them.
pub(super) fn whole() -> OpenApi {
    let mut openapi = super::described().into_openapi();
    let problem = Content::new(Some(Ref::from_schema_name(ProblemDocument::name())));
    let refusal = ResponseBuilder::new()
        .description("A refusal: 401 without a valid session or token, 403 without the role, and others by status")
        .content("application/problem+json", problem.clone())
        .build();
    for item in openapi.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete] {
            let Some(operation) = operation else { continue };
            for (status, response) in &mut operation.responses.responses {
                let RefOr::T(response) = response else { continue };
                if status.starts_with(['4', '5']) {
                    response.content.insert("application/problem+json".to_owned(), problem.clone().into());
                }
            }
            operation.responses.responses.insert("default".to_owned(), refusal.clone().into());
        }
    }
    openapi
}
