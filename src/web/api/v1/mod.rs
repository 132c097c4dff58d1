//! REST, version 1: one file per thing, each with its own router and description.

mod access;
mod claim;
mod config;
mod events;
mod export;
mod expressions;
mod feasibility;
mod host;
mod import;
mod info;
mod lines;
mod metrics;
mod modbus_server;
mod modules;
mod openapi;
mod preview;
mod profiles;
mod revisions;
mod safe_mode;
mod session;
mod snmp;
mod status;
mod stream;
mod tags;
mod tokens;
mod users;

use crate::web::state::WebState;
use axum::Router;
use utoipa_axum::router::OpenApiRouter;

/// Everything below `/api/v1`, and `/metrics`.
pub(crate) fn router() -> Router<WebState> {
    described().split_for_parts().0
}

/// Every route with its description; there is no route without one.
fn described() -> OpenApiRouter<WebState> {
    let v1 = OpenApiRouter::default()
        .merge(info::router())
        .merge(access::router())
        .merge(claim::router())
        .merge(session::router())
        .merge(users::router())
        .merge(tokens::router())
        .merge(config::router())
        .merge(tags::router())
        .merge(status::router())
        .merge(lines::router())
        .merge(modules::router())
        .merge(modbus_server::router())
        .merge(safe_mode::router())
        .merge(snmp::router())
        .merge(events::router())
        .merge(host::router())
        .merge(revisions::router())
        .merge(stream::router())
        .merge(metrics::router())
        .merge(preview::router())
        .merge(expressions::router())
        .merge(feasibility::router())
        .merge(import::router())
        .merge(export::router())
        .merge(profiles::router())
        .merge(openapi::router());
    OpenApiRouter::with_openapi(openapi::head()).nest("/api/v1", v1).merge(metrics::at_the_root())
}
