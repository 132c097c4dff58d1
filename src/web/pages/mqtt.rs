//! The editor of MQTT connections, publications and subscriptions.

use super::context::{AdminOnly, PageState};
use super::shell::{Shell, html};
use crate::tag::attribute::Attribute;
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "mqtt.html")]
struct MqttPage {
    s: Shell,
    /// What can be published of a tag.
    attributes: Vec<&'static str>,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/mqtt", get(page))
}

async fn page(AdminOnly(context): AdminOnly) -> Response {
    // Commands read 0 and tell nothing.
    let attributes = Attribute::ALL.into_iter().filter(|attribute| !attribute.is_command()).map(Attribute::as_str);
    html(&MqttPage { s: Shell::new(context, "mqtt", m::nav::MQTT), attributes: attributes.collect() })
}
