//! What a host application says of itself (Sparkplug 3.0, 4.3.3). The plain words `ONLINE` and `OFFLINE` on `STATE/...` are of
//! Sparkplug 2.2 and not heard: they have no time, so an old one could not be told from a new one.

use serde_json::Value as Json;

/// The longest payload that is looked into.
const LARGEST: usize = 4096;

/// The state of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostState {
    /// Whether it listens.
    pub online: bool,
    /// When it connected, or left; milliseconds since 1970-01-01 UTC.
    pub timestamp: u64,
}

impl HostState {
    /// Reads `{"online": true, "timestamp": 1668114759262}`; `None` for anything else.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        if LARGEST < payload.len() {
            return None;
        }
        let json: Json = serde_json::from_slice(payload).ok()?;
        Some(Self { online: json.get("online")?.as_bool()?, timestamp: json.get("timestamp")?.as_u64()? })
    }
}
