//! What a publication would send now, before it is saved.

use crate::config::GatewayConfig;
use crate::config::problem::{Problem, Severity};
use crate::config::publication::Qos;
use crate::platform::clock;
use crate::runtime::image::TagView;
use crate::tag::def::TagDef;
use crate::views::json::TagRef;
use crate::views::preview::{PreviewMessage, preview};
use crate::web::guards::Admin;
use crate::web::i18n;
use crate::web::input::{JsonBody, beside};
use crate::web::problem::{ApiProblem, FieldProblem};
use crate::web::state::WebState;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value as JsonValue, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Messages shown of one publication.
const SHOWN: usize = 20;
/// Where the publication stands in the document that is checked.
const AT: &str = "/mqtt/connections/0/publications/0";

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(publication))
}

/// A publication as it is being edited.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PreviewForm {
    /// The connection it belongs to, if there is one yet; without its publications and subscriptions.
    #[schema(value_type = Option<Object>)]
    connection: Option<JsonValue>,
    #[schema(value_type = Object)]
    publication: JsonValue,
}

/// What it would send.
#[derive(Debug, Serialize, ToSchema)]
struct PreviewView {
    /// The first of them.
    messages: Vec<MessageView>,
    /// How many there are in all.
    total: usize,
    /// What works and is perhaps not meant.
    #[serde(serialize_with = "i18n::sentences")]
    warnings: Vec<String>,
    /// Why it could not be saved as it is; `pointer` within the publication.
    problems: Vec<FieldProblem>,
}

/// A message.
#[derive(Debug, Serialize, ToSchema)]
struct MessageView {
    topic: String,
    payload: String,
    qos: u8,
    retain: bool,
}

/// What a publication would send now: topics and payloads of the present values, by the code that publishes.
#[utoipa::path(
    post, path = "/preview/publication", tag = "configuration", request_body = PreviewForm,
    responses((status = 200, body = PreviewView)),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
async fn publication(
    _: Admin,
    State(state): State<WebState>,
    JsonBody(form): JsonBody<PreviewForm>,
) -> Result<Json<PreviewView>, ApiProblem> {
    if form.connection.is_some_and(|connection| !connection.is_object()) {
        return Err(ApiProblem::field("/connection", "an object is needed here"));
    }
    beside(move || view(&state, form.publication)).await.map(Json)
}

fn view(state: &WebState, publication: JsonValue) -> PreviewView {
    // Checked as a part of the document in force, alone on a connection: of the connection, messages say nothing.
    let mut document = state.revision().document.masked();
    if let Some(document) = document.as_object_mut() {
        let connection = json!({"name": "preview", "url": "mqtt://127.0.0.1", "publications": [publication]});
        document.insert("mqtt".to_owned(), json!({"connections": [connection]}));
    }
    let (config, found) = GatewayConfig::parse(&document);
    drop(document);
    let (mut problems, mut warnings) = (Vec::new(), Vec::new());
    for Problem { pointer, detail, severity } in found {
        let Some(pointer) = pointer.strip_prefix(AT).map(str::to_owned) else { continue };
        match severity {
            Severity::Error => problems.push(FieldProblem { pointer, detail, document_pointer: None }),
            Severity::Warning => warnings.push(detail),
        }
    }
    let Some(publication) = config.connections.first().and_then(|connection| connection.publications.first()) else {
        return PreviewView { messages: Vec::new(), total: 0, warnings, problems };
    };
    let wanted = |tag: &TagDef| publication.tags.iter().any(|pattern| pattern.matches(&tag.name));
    let cells = state.reader().defs().into_iter().filter(|(_, def)| wanted(def)).map(|(cell, _)| cell);
    let tags: Vec<TagView> = state.reader().cells(&cells.collect::<Vec<_>>());
    let refs: Vec<TagRef<'_>> = tags.iter().map(|tag| TagRef { def: &tag.def, state: &tag.state }).collect();
    let shown = preview(publication, &config.appliance.name, &refs, clock::now(), SHOWN);
    let qos = match publication.qos {
        Qos::AtMostOnce => 0,
        Qos::AtLeastOnce => 1,
        Qos::ExactlyOnce => 2,
    };
    let message = |message: PreviewMessage| MessageView {
        topic: message.topic,
        payload: message.payload,
        qos,
        retain: publication.retain,
    };
    warnings.extend(shown.warnings);
    PreviewView { messages: shown.messages.into_iter().map(message).collect(), total: shown.total, warnings, problems }
}
