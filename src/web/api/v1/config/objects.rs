//! One object of the configuration at a time: the same five verbs for every kind, each by `If-Match`.

use super::change::{Base, ChangeQuery, ChangeView, change, refused};
use super::document_answer;
use super::place::{EditError, Edited, KINDS, Kind, Place};
use crate::web::etag::IfMatch;
use crate::web::guards::{Admin, Viewer};
use crate::web::input::{ApiQuery, DocumentBody, beside};
use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use axum::extract::{FromRequestParts, OriginalUri, RawPathParams, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::Value as Json;
use std::convert::Infallible;
use utoipa_axum::router::OpenApiRouter;

/// The routes of every kind, with their descriptions.
pub(super) fn router() -> OpenApiRouter<WebState> {
    KINDS.into_iter().fold(OpenApiRouter::default(), |router, kind| {
        let object = get(move |who, names, state, headers| read(kind, who, names, state, headers))
            .put(move |who, names, state, expected, query, body| {
                edit(Verb::Put, kind, who, names, state, expected, query, body)
            })
            .patch(move |who, names, state, expected, query, body| {
                edit(Verb::Patch, kind, who, names, state, expected, query, body)
            })
            .delete(move |who, names, state, expected, query| delete(kind, who, names, state, expected, query));
        let mut router = router.route(&format!("/config{}", kind.path), object);
        if let Some(list) = kind.list_path() {
            let list_routes = get(move |who, names, state, headers| read_list(kind, who, names, state, headers)).post(
                move |who, names, state, expected, query, body| {
                    edit(Verb::Post, kind, who, names, state, expected, query, body)
                },
            );
            router = router.route(&format!("/config{list}"), list_routes);
        }
        super::describe::add(router.get_openapi_mut(), kind);
        router
    })
}

/// The names in the path.
struct Names(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Names {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let found = RawPathParams::from_request_parts(parts, state).await;
        let pairs = |found: RawPathParams| found.iter().map(|(key, value)| (key.into(), value.into())).collect();
        Ok(Self(found.map(pairs).unwrap_or_default()))
    }
}

impl Names {
    fn place(&self, kind: Kind) -> Place {
        kind.place(|wanted| self.0.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone()))
    }
}

async fn read(
    kind: Kind,
    _: Viewer,
    names: Names,
    State(state): State<WebState>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let place = names.place(kind);
    document_answer(&state, &headers, move |document| place.read(&document)).await
}

async fn read_list(
    kind: Kind,
    _: Viewer,
    names: Names,
    State(state): State<WebState>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let place = names.place(kind);
    document_answer(&state, &headers, move |document| place.read_list(&document)).await
}

#[derive(Debug, Clone, Copy)]
enum Verb {
    Put,
    Patch,
    Post,
}

#[allow(clippy::too_many_arguments, reason = "what axum takes from the request, one by one")]
async fn edit(
    verb: Verb,
    kind: Kind,
    who: Admin,
    names: Names,
    State(state): State<WebState>,
    expected: IfMatch,
    (ApiQuery(query), OriginalUri(uri)): (ApiQuery<ChangeQuery>, OriginalUri),
    DocumentBody(sent, _turn): DocumentBody,
) -> Result<Response, ApiProblem> {
    let place = names.place(kind);
    let name = sent.get("name").and_then(Json::as_str).map(str::to_owned);
    let work = move |document: &mut Json| match verb {
        Verb::Put => place.put(document, sent),
        Verb::Patch => place.patch(document, &sent),
        Verb::Post => place.post(document, sent),
    };
    let (edited, view) = apply(kind, &who, &state, &expected, &query, false, work).await?;
    if !edited.created || query.how()?.dry_run {
        return Ok(view.into_response());
    }
    let path = uri.path().trim_end_matches('/');
    let location = match (verb, name) {
        (Verb::Post, Some(name)) => format!("{path}/{name}"),
        _ => path.to_owned(),
    };
    let location = HeaderValue::from_str(&location).ok().map(|location| (header::LOCATION, location));
    let mut response = (StatusCode::CREATED, view).into_response();
    response.headers_mut().extend(location);
    Ok(response)
}

async fn delete(
    kind: Kind,
    who: Admin,
    names: Names,
    State(state): State<WebState>,
    expected: IfMatch,
    ApiQuery(query): ApiQuery<ChangeQuery>,
) -> Result<Response, ApiProblem> {
    let place = names.place(kind);
    let (_, view) = apply(kind, &who, &state, &expected, &query, true, move |document| place.delete(document)).await?;
    Ok(view.into_response())
}

/// Edits the document in force and asks for the change. Secrets stay masked on the way: the owner knows them.
pub(super) async fn apply(
    kind: Kind,
    who: &Admin,
    state: &WebState,
    expected: &IfMatch,
    query: &ChangeQuery,
    gone: bool,
    edit: impl FnOnce(&mut Json) -> Result<Edited, EditError> + Send + 'static,
) -> Result<(Edited, ChangeView), ApiProblem> {
    let how = query.how()?;
    let revision = state.revision();
    let expected = expected.against(revision.number)?;
    let work = move || {
        let mut document = revision.document.masked();
        edit(&mut document).map(|edited| (document, edited))
    };
    let (document, edited) = beside(work).await?.map_err(|error| match error {
        EditError::Missing => ApiProblem::not_found(format!("there is no such {}", kind.what)),
        EditError::Unfit(pointer, sentence) => ApiProblem::field(pointer, sentence),
    })?;
    let base = Base((!gone).then(|| edited.pointer.clone()));
    let applied = change(state, who, document, expected, how).await?.map_err(|error| refused(error, &base))?;
    Ok((edited, ChangeView::of(applied, Some(&base))))
}
