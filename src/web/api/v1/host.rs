//! What the host offers to be configured.

use crate::platform::serial_ports::serial_ports;
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
}

/// The serial ports there are now, names that survive replugging first.
#[utoipa::path(
    get, path = "/host/serial-ports", tag = "status", responses((status = 200, body = HostPorts)),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn ports(_: Viewer) -> Json<HostPorts> {
    // A folder of the kernel, and yet files: looked at beside the runtime.
    let found = tokio::task::spawn_blocking(serial_ports).await.unwrap_or_default();
    let ports = found.into_iter().map(|port| HostPort { path: port.path, device: port.device }).collect();
    Json(HostPorts { ports })
}
