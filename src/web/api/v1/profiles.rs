//! Device profiles: what products there are, and a device made of one.

use super::export::{device, no_device};
use crate::channel::model::Model;
use crate::config::profile::Profile;
use crate::platform::clock;
use crate::platform::profile_folder::is_id;
use crate::runtime::events::{Category, Event, Outcome};
use crate::web::guards::{Admin, Viewer};
use crate::web::i18n;
use crate::web::input::{ApiPath, ApiQuery, FileBody, beside};
use crate::web::problem::{ApiProblem, FieldProblem};
use crate::web::profiles::{self, Found};
use crate::web::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::Value as JsonValue;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(read, put, remove))
        .routes(routes!(make))
        .routes(routes!(make_module))
        .routes(routes!(of_device))
}

/// Every profile.
#[derive(Debug, Serialize, ToSchema)]
struct ProfilesView {
    profiles: Vec<ProfileView>,
    /// Files in the appliance's own folder that are no profiles.
    broken: Vec<BrokenView>,
}

/// A profile, in short.
#[derive(Debug, Serialize, ToSchema)]
struct ProfileView {
    id: String,
    maker: String,
    product: String,
    /// `meter`, `inverter`, `temperature`, `io`, `drive`, `other`
    kind: &'static str,
    description: String,
    /// The maker's register document.
    document: Option<SourceView>,
    variants: Vec<VariantView>,
    /// How many tags a device of it has.
    tags: usize,
    /// The model it is as a remote I/O module; null when it is none.
    model: Option<&'static str>,
    /// One of the appliance's own; it stands before one of the program with the same id.
    own: bool,
}

/// Where the registers come from.
#[derive(Debug, Serialize, ToSchema)]
struct SourceView {
    title: String,
    revision: String,
    /// By way of what the facts were read.
    read: String,
}

/// A kind of the product.
#[derive(Debug, Serialize, ToSchema)]
struct VariantView {
    name: String,
    description: String,
}

/// A file that is no profile.
#[derive(Debug, Serialize, ToSchema)]
struct BrokenView {
    id: String,
    #[serde(serialize_with = "i18n::sentence")]
    detail: String,
}

impl ProfileView {
    fn of(found: Found) -> Self {
        let tags = found.profile.tags();
        let model = found.profile.model().map(Model::as_str);
        let Profile { maker, product, kind, description, source, variants, .. } = found.profile;
        Self {
            id: found.id,
            maker,
            product,
            kind: kind.as_str(),
            description,
            document: source.map(|source| SourceView {
                title: source.title,
                revision: source.revision,
                read: source.read,
            }),
            variants: variants
                .into_iter()
                .map(|one| VariantView { name: one.name, description: one.description })
                .collect(),
            tags,
            model,
            own: found.own,
        }
    }
}

/// Every device profile: those of the program and the appliance's own.
#[utoipa::path(
    get, path = "/profiles", tag = "configuration", responses((status = 200, body = ProfilesView)),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn list(_: Viewer, State(state): State<WebState>) -> Result<Json<ProfilesView>, ApiProblem> {
    let _turn = state.copies().acquire().await.ok();
    let folder = state.profiles().clone();
    let (found, broken) = beside(move || profiles::all(&folder)).await?;
    let broken = broken.into_iter().map(|one| BrokenView { id: one.id, detail: one.detail });
    Ok(Json(ProfilesView { profiles: found.into_iter().map(ProfileView::of).collect(), broken: broken.collect() }))
}

async fn found(state: &WebState, id: String) -> Result<Found, ApiProblem> {
    let folder = state.profiles().clone();
    let name = id.clone();
    beside(move || profiles::one(&folder, &name)).await?.ok_or_else(|| no_profile(&id))
}

fn no_profile(id: &str) -> ApiProblem {
    ApiProblem::not_found(format!("there is no device profile `{id}`"))
}

/// The product as a remote I/O module: `model`, `driver` without port and unit id, and which channels it has if not all.
#[utoipa::path(
    get, path = "/profiles/{id}/module", tag = "configuration", params(("id" = String, Path)),
    responses((status = 200, body = Object), (status = 404, description = "There is no such profile, or it is no module")),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn make_module(
    _: Viewer,
    State(state): State<WebState>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<JsonValue>, ApiProblem> {
    let made = found(&state, id.clone()).await?.profile.module(&id);
    made.map(Json).ok_or_else(|| ApiProblem::not_found(format!("the product of `{id}` is no I/O module")))
}

/// A profile as its file has it.
#[utoipa::path(
    get, path = "/profiles/{id}", tag = "configuration", params(("id" = String, Path)),
    responses((status = 200, body = Object), (status = 404, description = "There is no such profile")),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn read(
    _: Viewer,
    State(state): State<WebState>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<JsonValue>, ApiProblem> {
    Ok(Json(found(&state, id).await?.profile.json().clone()))
}

/// Which kind of the product is meant.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct VariantQuery {
    /// The name of a variant; none: the product as it is.
    variant: Option<String>,
}

/// The members of a device made from a profile; `name`, `port` and `unit_id` are to be added.
#[utoipa::path(
    get, path = "/profiles/{id}/device", tag = "configuration", params(("id" = String, Path), VariantQuery),
    responses((status = 200, body = Object), (status = 404, description = "There is no such profile or variant")),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn make(
    _: Viewer,
    State(state): State<WebState>,
    ApiPath(id): ApiPath<String>,
    ApiQuery(query): ApiQuery<VariantQuery>,
) -> Result<Json<JsonValue>, ApiProblem> {
    let found = found(&state, id).await?;
    let variant = query.variant.filter(|name| !name.is_empty());
    let device = found.profile.device(&found.id, variant.as_deref());
    device
        .map(Json)
        .ok_or_else(|| ApiProblem::not_found(format!("the device profile `{}` has no such variant", found.id)))
}

/// Keeps a profile of the appliance's own under this id; it stands before one of the program.
#[utoipa::path(
    put, path = "/profiles/{id}", tag = "configuration", params(("id" = String, Path)),
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 200, description = "It is kept", body = ProfileView),
        (status = 422, description = "It is no profile, or the id is none"),
    ),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
async fn put(
    who: Admin,
    State(state): State<WebState>,
    ApiPath(id): ApiPath<String>,
    FileBody(bytes, _turn): FileBody,
) -> Result<Json<ProfileView>, ApiProblem> {
    if !is_id(&id) {
        let sentence =
            "an id has letters A-Z a-z, digits, `-`, `_` and `.`, does not begin with `.`, and has at most 80 of them";
        return Err(ApiProblem::field("", sentence));
    }
    let folder = state.profiles().clone();
    let kept = id.clone();
    let work = move || -> Result<ProfileView, ApiProblem> {
        let profile = profiles::read(&bytes)
            .map_err(|problems| ApiProblem::invalid(problems.into_iter().map(FieldProblem::from).collect()))?;
        folder.write(&id, &bytes).map_err(|error| not_kept(&error))?;
        Ok(ProfileView::of(Found { id, profile, own: true }))
    };
    let view = beside(work).await??;
    tell(&state, &who, &kept, "kept a device profile");
    Ok(Json(view))
}

/// Own profiles are part of what the appliance is set up with: who changed them stands in the log.
fn tell(state: &WebState, who: &Admin, id: &str, detail: &str) {
    state.events().tell(Event {
        unix_ms: clock::unix_ms(),
        source: "web".to_owned(),
        category: Category::Config,
        subject: format!("profile {id}"),
        actor: who.actor(),
        result: Outcome::Ok,
        detail: detail.to_owned(),
    });
}

fn not_kept(error: &std::io::Error) -> ApiProblem {
    tracing::error!(%error, "a device profile could not be kept");
    ApiProblem::new(StatusCode::INSUFFICIENT_STORAGE, format!("the device profile could not be kept: {error}"))
}

/// Removes a profile of the appliance's own; one of the program with its id shows again.
#[utoipa::path(
    delete, path = "/profiles/{id}", tag = "configuration", params(("id" = String, Path)),
    responses((status = 204, description = "It is gone"), (status = 404, description = "The appliance has no such profile of its own")),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
async fn remove(
    who: Admin,
    State(state): State<WebState>,
    ApiPath(id): ApiPath<String>,
) -> Result<StatusCode, ApiProblem> {
    let folder = state.profiles().clone();
    let name = id.clone();
    beside(move || folder.remove(&name)).await?.map_err(|_| no_profile(&id))?;
    tell(&state, &who, &id, "removed a device profile");
    Ok(StatusCode::NO_CONTENT)
}

/// Who makes the product, for a profile of a device.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ProductQuery {
    /// The maker; `-` when it is not said.
    maker: Option<String>,
    /// The product; the device's name when it is not said.
    product: Option<String>,
}

/// A profile of a stored device, for others of its kind.
#[utoipa::path(
    get, path = "/devices/{name}/profile", tag = "configuration", params(("name" = String, Path), ProductQuery),
    responses((status = 200, body = Object), (status = 404, description = "There is no such device")),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn of_device(
    _: Viewer,
    State(state): State<WebState>,
    ApiPath(name): ApiPath<String>,
    ApiQuery(query): ApiQuery<ProductQuery>,
) -> Result<Response, ApiProblem> {
    let revision = state.revision();
    let _turn = state.copies().acquire().await.ok();
    let wanted = name.clone();
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (maker, product) = (given(query.maker).unwrap_or("-".into()), given(query.product).unwrap_or(name.clone()));
    let work = move || {
        let document = revision.document.masked();
        let json = Profile::of_device(device(&document, &wanted)?, &maker, &product);
        serde_json::to_string_pretty(&json).ok()
    };
    let text = beside(work).await?.ok_or_else(|| no_device(&name))?;
    let disposition = format!("attachment; filename=\"{name}-profile.json\"");
    Ok(([(header::CONTENT_TYPE, "application/json".to_owned()), (header::CONTENT_DISPOSITION, disposition)], text)
        .into_response())
}
