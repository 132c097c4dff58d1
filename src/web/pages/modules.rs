//! The rack: I/O modules in their slots, live; for administrators with their editor.

use super::context::{PageState, SignedIn};
use super::shell::{Shell, html};
use crate::channel::model::Model;
use crate::channel::settings::{ChannelSettings, OwnSettings, Preset, RelaySettings};
use crate::config::module::SLOTS;
use crate::tag::attribute::Attribute;
use crate::tag::channel::{ChannelKind, Mode};
use crate::web::i18n::messages as m;
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Map, Value as Json, json};

#[derive(Template)]
#[template(path = "modules.html")]
struct ModulesPage {
    s: Shell,
    /// What modules and channels there can be, as JSON: the scripts have no list of their own.
    catalogue: String,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/modules", get(page))
}

async fn page(SignedIn(context): SignedIn) -> Response {
    html(&ModulesPage { s: Shell::new(context, "modules", m::module::MODULES), catalogue: catalogue().to_string() })
}

fn catalogue() -> Json {
    let models = Model::ALL.map(|model| {
        let channels: Vec<&str> =
            (0..model.channels()).filter_map(|number| model.kind(number)).map(ChannelKind::as_str).collect();
        (model.to_string(), json!({ "scan_ms": model.default_scan().as_millis(), "channels": channels }))
    });
    let kinds = ChannelKind::ALL.map(|kind| {
        let modes: Map<String, Json> =
            kind.modes().iter().map(|mode| (mode.to_string(), json!(range(kind, *mode)))).collect();
        let writes: Vec<&str> =
            Attribute::ALL.into_iter().filter(|attribute| kind.can_write(*attribute)).map(Attribute::as_str).collect();
        let about =
            json!({ "modes": modes, "writes": writes, "digital": kind.is_digital(), "output": kind.is_output() });
        (kind.to_string(), about)
    });
    json!({ "slots": SLOTS, "models": Map::from_iter(models), "kinds": Map::from_iter(kinds) })
}

/// The range of a mode and its unit, which no other setting changes.
fn range(kind: ChannelKind, mode: Mode) -> Option<(f64, f64, &'static str)> {
    let own = OwnSettings::Relay(RelaySettings { power_on: Preset::Hold, safe: Preset::Hold });
    ChannelSettings { kind, mode, own }.range()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_tells_every_model_and_mode_with_its_range() {
        let catalogue = catalogue();
        assert_eq!(catalogue["models"]["dio-8-8"]["channels"][8], json!("do"));
        assert_eq!(catalogue["models"]["ai-8"]["scan_ms"], json!(100));
        assert_eq!(catalogue["kinds"]["ai"]["modes"]["4-20mA"], json!([4.0, 20.0, "mA"]));
        assert_eq!(catalogue["kinds"]["tc"]["modes"]["K"], json!(null));
        let kinds = catalogue["kinds"].as_object().unwrap();
        assert_eq!((kinds.len(), catalogue["models"].as_object().unwrap().len()), (7, 8));
        // The first mode is the one a channel has unless set.
        assert_eq!(kinds["di"]["modes"].as_object().unwrap().keys().next().unwrap(), "di");
        assert!(kinds["do"]["writes"].as_array().unwrap().contains(&json!("pulsing")));
    }
}
