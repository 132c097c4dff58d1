//! How to do the common things, offline.

use super::context::{PageState, SignedIn};
use super::shell::{Shell, html};
use crate::web::i18n::Msg;
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "help.html")]
struct HelpPage {
    s: Shell,
    /// Anchor, title and paragraphs.
    sections: &'static [(&'static str, Msg, &'static [Msg])],
}

const MODULES: &[Msg] = &[
    m::module::help::KINDS,
    m::module::help::MODES,
    m::module::help::SAFE,
    m::module::help::POWER_ON,
    m::module::help::FORCE,
    m::module::help::COUNTS,
];

const EXPRESSIONS: &[Msg] = &[m::expression::help::WRITE, m::expression::help::FUNCTIONS, m::expression::help::QUALITY];

const MODBUS: &[Msg] =
    &[m::modbus::help::MAP, m::modbus::help::CODES, m::modbus::help::WRITES, m::modbus::help::GATEWAY];

const SECTIONS: &[(&str, Msg, &[Msg])] = &[
    ("start", m::help::START, &[m::help::START_1, m::help::START_2, m::help::START_3, m::help::START_4]),
    ("files", m::help::FILES, &[m::help::FILES_1, m::help::FILES_2, m::help::FILES_3]),
    ("address", m::help::ADDRESS, &[m::help::ADDRESS_1, m::help::ADDRESS_2]),
    ("quality", m::help::QUALITY, &[m::help::QUALITY_1, m::help::QUALITY_2, m::help::QUALITY_3]),
    ("modules", m::module::help::TITLE, MODULES),
    ("expressions", m::expression::help::TITLE, EXPRESSIONS),
    ("mqtt", m::help::MQTT, &[m::help::MQTT_1, m::help::MQTT_2, m::help::MQTT_3, m::help::MQTT_4, m::help::MQTT_5]),
    ("modbus", m::modbus::help::TITLE, MODBUS),
    ("doors", m::access::help::TITLE, &[m::access::help::LISTS, m::access::help::MODBUS, m::access::help::TRIAL]),
    ("access", m::help::ACCESS, &[m::help::ACCESS_1, m::help::ACCESS_2]),
    ("keys", m::help::KEYS, &[m::help::KEYS_1, m::help::KEYS_2]),
];

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/help", get(page))
}

async fn page(SignedIn(context): SignedIn) -> Response {
    html(&HelpPage { s: Shell::new(context, "help", m::nav::HELP), sections: SECTIONS })
}
