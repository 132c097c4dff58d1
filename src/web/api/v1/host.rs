//! What the host offers to be configured.

use crate::platform::serial_ports::{SerialHost, SerialPort};
use crate::web::guards::Viewer;
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<crate::web::state::WebState> {
    OpenApiRouter::default().routes(routes!(ports))
}

/// The serial ports of this host.
#[derive(Debug, Serialize, ToSchema)]
struct HostPorts {
    /// Stable names first.
    ports: Vec<HostPort>,
}

/// One serial port.
#[derive(Debug, Serialize, ToSchema)]
struct HostPort {
    /// For the `path` of a port.
    path: String,
    /// Where a stable name leads.
    device: Option<String>,
    /// The kernel's driver, e.g. `ftdi_sio`.
    driver: Option<String>,
    /// What the USB adapter calls itself.
    product: Option<String>,
    /// How long the USB adapter collects what it receives, in milliseconds; 1 while a port of ours has it open.
    latency_timer_ms: Option<u32>,
}

/// The serial ports there are now, names that survive replugging first.
#[utoipa::path(
    get, path = "/host/serial-ports", tag = "status", responses((status = 200, body = HostPorts)),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn ports(_: Viewer) -> Json<HostPorts> {
    // A folder of the kernel, and yet files: looked at beside the runtime.
    let found = tokio::task::spawn_blocking(|| SerialHost::new().ports()).await.unwrap_or_default();
    let shown = |SerialPort { path, device, driver, product, latency_timer_ms }| HostPort {
        path,
        device,
        driver,
        product,
        latency_timer_ms,
    };
    Json(HostPorts { ports: found.into_iter().map(shown).collect() })
}
