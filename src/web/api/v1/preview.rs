//! What a publication would send now, before it is saved.

use crate::config::GatewayConfig;
use crate::config::cloud::CloudConfig;
use crate::config::document::Document;
use crate::config::problem::{Problem, Severity};
use crate::config::publication::Qos;
use crate::config::secret::MASK;
use crate::platform::clock;
use crate::runtime::image::TagView;
use crate::tag::def::TagDef;
use crate::tag::reading::rfc3339;
use crate::views::json::TagRef;
use crate::views::preview::{PreviewMessage, preview, preview_births};
use crate::web::guards::Admin;
use crate::web::i18n;
use crate::web::input::{JsonBody, beside};
use crate::web::problem::{ApiProblem, FieldProblem};
use crate::web::state::WebState;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as JsonValue, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Messages shown of one publication.
const SHOWN: usize = 20;
/// Where the publication stands in the document that is checked.
const AT: &str = "/mqtt/connections/0/publications/0";

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(publication)).routes(routes!(connection))
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

/// A connection as it is being edited.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConnectionForm {
    #[schema(value_type = Object)]
    connection: JsonValue,
}

/// What follows from its settings; secrets are left out.
#[derive(Debug, Default, Serialize, ToSchema)]
struct ConnectionView {
    /// Where it connects to; null while it could not be saved as it is.
    url: Option<String>,
    /// The name asked for in the TLS handshake, where it is not that of the URL.
    server_name: Option<String>,
    /// Protocols offered in the TLS handshake.
    alpn: Vec<String>,
    client_id: Option<String>,
    username: Option<String>,
    /// When the token it would connect with now is renewed.
    renewed_at: Option<String>,
    /// The topics of publications with a preset.
    publishes: Vec<TopicView>,
    /// The filters of subscriptions with a preset.
    subscribes: Vec<TopicView>,
}

/// A topic, and whose it is.
#[derive(Debug, Serialize, ToSchema)]
struct TopicView {
    name: String,
    topic: String,
}

/// What follows from the settings of a connection: address, login and topics, as its cloud prescribes them.
#[utoipa::path(
    post, path = "/preview/connection", tag = "configuration", request_body = ConnectionForm,
    responses((status = 200, body = ConnectionView)),
    security(("bearer" = ["admin"]), ("cookie" = ["admin"]))
)]
async fn connection(
    _: Admin,
    State(state): State<WebState>,
    JsonBody(form): JsonBody<ConnectionForm>,
) -> Result<Json<ConnectionView>, ApiProblem> {
    let connection = object(form.connection)?;
    beside(move || derived(&state, &connection)).await.map(Json)
}

fn derived(state: &WebState, connection: &Map<String, JsonValue>) -> ConnectionView {
    let (config, _) = alone(state, connection);
    let appliance = config.appliance.name.as_str();
    let Some(connection) = config.connections.first() else { return ConnectionView::default() };
    let access = connection.access(appliance, clock::unix_ms());
    // The token of a device at ThingsBoard stands where others have a name.
    let secret_name = matches!(connection.cloud, Some(CloudConfig::ThingsBoard(_)));
    let publishes = connection.publications.iter().filter(|publication| publication.preset.is_some());
    let subscribes = connection.subscriptions.iter().filter_map(|subscription| {
        let filters = subscription.dialect.cloud()?.filters();
        Some(filters.into_iter().map(|topic| TopicView { name: subscription.identity.name.clone(), topic }))
    });
    ConnectionView {
        url: Some(connection.broker.to_string()),
        server_name: connection.tls.as_ref().and_then(|tls| tls.server_name.clone()),
        alpn: connection.tls.as_ref().map_or_else(Vec::new, |tls| tls.alpn.clone()),
        client_id: Some(access.client_id),
        username: access.username.map(|name| if secret_name { MASK.to_owned() } else { name }),
        renewed_at: access.renew_at.map(rfc3339),
        publishes: publishes
            .map(|publication| TopicView {
                name: publication.identity.name.clone(),
                topic: publication.topic.shown(appliance),
            })
            .collect(),
        subscribes: subscribes.flatten().collect(),
    }
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
    let connection = object(form.connection.unwrap_or_else(|| json!({})))?;
    beside(move || view(&state, connection, form.publication)).await.map(Json)
}

fn object(connection: JsonValue) -> Result<Map<String, JsonValue>, ApiProblem> {
    match connection {
        JsonValue::Object(map) => Ok(map),
        _ => Err(ApiProblem::field("/connection", "an object is needed here")),
    }
}

/// The document in force with this connection alone, which takes its secrets from there where they are not told.
fn alone(state: &WebState, connection: &Map<String, JsonValue>) -> (GatewayConfig, Vec<Problem>) {
    let revision = state.revision();
    let mut sent = revision.document.masked();
    if let Some(document) = sent.as_object_mut() {
        document.insert("mqtt".to_owned(), json!({"connections": [connection]}));
    }
    // Nothing of it is kept, so no id matters.
    let mut ids = 0..;
    let (document, _) = Document::adopt(sent, &revision.document.open(), &mut || format!("preview-{:?}", ids.next()));
    document.parse()
}

fn view(state: &WebState, given: Map<String, JsonValue>, publication: JsonValue) -> PreviewView {
    // Of the connection, messages say nothing, unless it is one to a cloud or an edge node.
    let mut connection = Map::new();
    if given.get("cloud").is_some_and(|cloud| !cloud.is_null()) {
        connection
            .extend(given.into_iter().filter(|(member, _)| ["id", "name", "cloud", "tls"].contains(&member.as_str())));
        connection.insert("url".to_owned(), json!("mqtts://127.0.0.1"));
        // Judged where they stand: here they would only be in the way.
        for member in ["username", "password"] {
            let wants = connection.get("cloud").and_then(|cloud| cloud.get("kind")?.as_str());
            if matches!(wants, Some("emqx" | "hivemq")) {
                connection.insert(member.to_owned(), json!("preview"));
            }
        }
    } else {
        connection.insert("name".to_owned(), json!("preview"));
        connection.insert("url".to_owned(), json!("mqtt://127.0.0.1"));
        connection.extend(given.into_iter().filter(|(member, _)| member == "sparkplug"));
    }
    connection.insert("publications".to_owned(), json!([publication]));
    let (config, found) = alone(state, &connection);
    let (mut problems, mut warnings) = (Vec::new(), Vec::new());
    for Problem { pointer, detail, severity } in found {
        let Some(pointer) = pointer.strip_prefix(AT).map(str::to_owned) else { continue };
        match severity {
            Severity::Error => problems.push(FieldProblem { pointer, detail, document_pointer: None }),
            Severity::Warning => warnings.push(detail),
        }
    }
    if config.connections.is_empty() && problems.is_empty() {
        let detail = "the settings of the connection are not complete".to_owned();
        problems.push(FieldProblem { pointer: String::new(), detail, document_pointer: None });
    }
    let Some(publication) = config.connections.first().and_then(|connection| connection.publications.first()) else {
        return PreviewView { messages: Vec::new(), total: 0, warnings, problems };
    };
    let wanted = |tag: &TagDef| publication.tags.iter().any(|pattern| pattern.matches(&tag.name));
    let cells = state.reader().defs().into_iter().filter(|(_, def)| wanted(def)).map(|(cell, _)| cell);
    let tags: Vec<TagView> = state.reader().cells(&cells.collect::<Vec<_>>());
    let refs: Vec<TagRef<'_>> = tags.iter().map(|tag| TagRef { def: &tag.def, state: &tag.state }).collect();
    let (appliance, now) = (config.appliance.name.as_str(), clock::now());
    let (shown, qos) = match config.connections.first().and_then(|connection| connection.sparkplug.as_ref()) {
        // Sparkplug 3.0, 4.3: births go out with QoS 0.
        Some(edge_node) => (preview_births(edge_node, publication, appliance, &refs, now, SHOWN), Qos::AtMostOnce),
        None => (preview(publication, appliance, &refs, now, SHOWN), publication.qos),
    };
    let message = |message: PreviewMessage| MessageView {
        topic: message.topic,
        payload: message.payload,
        qos: qos.number(),
        retain: publication.retain,
    };
    warnings.extend(shown.warnings);
    PreviewView { messages: shown.messages.into_iter().map(message).collect(), total: shown.total, warnings, problems }
}
