//! What the broker tells of itself under `$SYS/broker/`, by the names mosquitto has for it (mosquitto(8), "Broker status").

use super::engine::Engine;
use super::hub::Hub;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Publishes every figure, retained. Whoever may subscribe to `$SYS/#` sees them; `#` does not match them (MQTT 5, 4.7.2).
pub(super) async fn tell(engine: &Engine, hub: &Hub, uptime: Duration) {
    let (online, absent) = hub.sessions();
    let of = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed).to_string();
    let retained = engine.retained().await.to_string();
    for (name, text) in [
        ("version", format!("dinrail {}", env!("CARGO_PKG_VERSION"))),
        ("uptime", format!("{} seconds", uptime.as_secs())),
        ("clients/connected", online.to_string()),
        ("clients/disconnected", absent.to_string()),
        ("clients/total", (online + absent).to_string()),
        ("clients/maximum", hub.max_clients().to_string()),
        ("publish/messages/received", of(&hub.counts.messages_in)),
        ("publish/messages/sent", of(&hub.counts.messages_out)),
        ("publish/messages/dropped", of(&hub.counts.dropped)),
        ("retained messages/count", retained),
        ("store/messages/bytes", hub.gauge.total().to_string()),
    ] {
        engine.tell(&format!("$SYS/broker/{name}"), text).await;
    }
}
