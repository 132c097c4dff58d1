//! Whether the lines can do what the configuration asks of them.

use crate::views::feasibility::{DeviceNeeds, LineNeeds};
use crate::web::guards::Viewer;
use crate::web::i18n;
use crate::web::state::WebState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(feasibility))
}

/// What one line is asked to do, judged before anything is measured.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api::v1) struct LineNeedsView {
    /// Name of the port.
    port: String,
    /// The share of its time that the periodic reads need, in percent; more than 100 is more than there is.
    needs_percent: f64,
    /// Reads per second.
    reads_per_s: f64,
    /// The time to make every read once, in milliseconds.
    scan_ms: f64,
    /// Whether something is read flat out: that takes what the rest leaves.
    flat_out: bool,
    /// How long each device is taken to need before its answer, in milliseconds.
    assumed_turnaround_ms: u64,
    /// Its devices.
    devices: Vec<DeviceNeedsView>,
    /// What would mend a line that is asked too much.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

/// What one device is asked to do.
#[derive(Debug, Serialize, ToSchema)]
struct DeviceNeedsView {
    /// Name of the device.
    name: String,
    /// The share of its line's time that its periodic reads need, in percent.
    needs_percent: f64,
    /// Different reads.
    reads: usize,
    /// The time to make each of them once, in milliseconds.
    scan_ms: f64,
}

impl LineNeedsView {
    /// In the reader's language.
    pub(in crate::web::api::v1) fn of(needs: &LineNeeds) -> Self {
        Self {
            port: needs.port.clone(),
            needs_percent: needs.needs_percent,
            reads_per_s: needs.reads_per_s,
            scan_ms: needs.scan_ms,
            flat_out: needs.flat_out,
            assumed_turnaround_ms: needs.assumed_turnaround_ms,
            devices: needs.devices.iter().map(DeviceNeedsView::of).collect(),
            advice: needs.advice.as_ref().map(|advice| i18n::said(advice, i18n::reader()).into_owned()),
        }
    }
}

impl DeviceNeedsView {
    fn of(needs: &DeviceNeeds) -> Self {
        let DeviceNeeds { name, needs_percent, reads, scan_ms } = needs.clone();
        Self { name, needs_percent, reads, scan_ms }
    }
}

/// What the configuration in force asks of each line, by arithmetic alone.
#[utoipa::path(
    get, path = "/feasibility", tag = "configuration", responses((status = 200, body = Vec<LineNeedsView>)),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn feasibility(_: Viewer, State(state): State<WebState>) -> Json<Vec<LineNeedsView>> {
    Json(state.revision().feasibility.iter().map(LineNeedsView::of).collect())
}
