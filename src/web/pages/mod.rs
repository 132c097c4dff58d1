//! The browser's pages: server-rendered shells; the scripts in them are clients of the REST API.
//!
//! One file per page, each with its own router; URL, file and template carry the same name.

mod access;
mod account;
mod api_docs;
mod assets;
mod broker;
mod certificates;
mod claim;
mod computed;
mod configuration;
pub mod context;
mod devices;
mod events;
mod help;
mod internal;
mod lines;
mod login;
mod modbus_server;
mod modules;
mod mqtt;
mod overview;
mod ports;
mod preferences;
mod register_map;
mod revisions;
mod settings;
mod shell;
mod snmp;
mod tags;
#[cfg(test)]
mod tests;
mod users;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use context::PageState;

pub use context::{PageFacts, PageRole, PageSource, PageViewer};

/// Every page and asset. `source` tells who looks and at which appliance.
pub fn router(source: std::sync::Arc<dyn PageSource>) -> Router {
    Router::new()
        .route("/", get(async || Redirect::to("/overview")))
        .merge(claim::router())
        .merge(login::router())
        .merge(overview::router())
        .merge(tags::router())
        .merge(lines::router())
        .merge(ports::router())
        .merge(devices::router())
        .merge(modules::router())
        .merge(internal::router())
        .merge(computed::router())
        .merge(mqtt::router())
        .merge(broker::router())
        .merge(modbus_server::router())
        .merge(register_map::router())
        .merge(snmp::router())
        .merge(access::router())
        .merge(events::router())
        .merge(revisions::router())
        .merge(configuration::router())
        .merge(certificates::router())
        .merge(settings::router())
        .merge(users::router())
        .merge(account::router())
        .merge(help::router())
        .merge(api_docs::router())
        .merge(preferences::router())
        .merge(assets::router())
        .with_state(PageState::new(source))
}
